//! The hash service alone, over one folder and without keys: for tests, for trying clients, for measurements.
//!
//! Use: hash_service HOME ADDRESS [ENTRIES]
//!
//! A new home gets the shipped rules and labels, the member `meridian-video` and, where ENTRIES are wanted, a bank
//! `MEASURED` with so many PDQ hashes. It prints where it listens, and serves until its input ends. It fetches files from
//! this machine too. As `hash_service media-worker ...` it is its own decoder.

use std::error::Error;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use writ_commons::{Fetcher, Hasher, Keys, Memory, Reach};
use writ_hashbank::{Bank, Command, Contribution, Rules, Signal, Taxonomy, Voice};
use writ_server::{NoExchanges, Server, Services, Settings};

const MEMBER: &str = "meridian-video";
const BANK: &str = "MEASURED";
/// How many contributions are told at once.
const AT_ONCE: u64 = 2_000;
/// The largest file that is fetched or uploaded, small enough to be exceeded in a test.
const LARGEST: usize = 4 << 20;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "media-worker") {
        return writ_media::worker_main(arguments.into_iter().skip(1));
    }
    let arguments: Vec<_> =
        arguments.iter().map(|one| one.to_string_lossy().into_owned()).collect();
    let served = tokio::runtime::Runtime::new().map_err(Into::into).and_then(|runtime| {
        match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [home, listen] => runtime.block_on(serve(Path::new(home), listen, "0")),
            [home, listen, entries] => runtime.block_on(serve(Path::new(home), listen, entries)),
            _ => Err("use: hash_service HOME ADDRESS [ENTRIES]".into()),
        }
    });
    if let Err(error) = served {
        eprintln!("hash_service: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

async fn serve(home: &Path, listen: &str, entries: &str) -> Result<(), Box<dyn Error>> {
    let (listen, entries): (SocketAddr, u64) = (listen.parse()?, entries.parse()?);
    let memory = Memory::open(home, writ_commons::Settings::default(), &mut |_| {}).await?;
    if memory.read(|state, _| state.rules().is_none()) {
        found(&memory, entries).await?;
    }
    let decoder = writ_media::Settings::new(std::env::current_exe()?, ["media-worker"]);
    let services = Services {
        keys: Arc::new(Keys::open(memory.journal()).await?),
        memory: memory.clone(),
        hasher: Some(Hasher::start(decoder)?),
        fetcher: Some(Fetcher::new(Reach::Everywhere, None, LARGEST, Duration::from_secs(30))?),
        exchanges: Arc::new(NoExchanges),
    };
    let mut settings = Settings::new(listen, MEMBER.parse()?, home.join("audit.jsonl"));
    settings.keyless = true;
    settings.lookups_per_minute = 0;
    settings.max_upload = LARGEST;
    let server = Server::bind(settings, services).await?;
    println!("http://{}", server.address());
    std::io::stdout().flush()?;
    server.run(input_ends()).await;
    memory.close().await?;
    Ok(())
}

async fn input_ends() {
    let (ended, end) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        let copied = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        drop((copied, ended));
    });
    drop(end.await);
}

async fn found(memory: &Memory, entries: u64) -> Result<(), Box<dyn Error>> {
    let rules = Rules::parse(include_str!("../../../../taxonomy/rules.toml"))?;
    let labels = Taxonomy::parse(include_str!("../../../../taxonomy/labels.toml"))?;
    let mut commands = vec![
        Command::AdoptRules(rules),
        Command::AdoptTaxonomy(labels),
        Command::AdmitMember { member: MEMBER.parse()?, voice: Voice::Full },
    ];
    if entries > 0 {
        commands.push(Command::CreateBank(Bank::new(BANK.parse()?)));
    }
    for decided in memory.commands(commands).await {
        decided?;
    }
    for first in (0..entries).step_by(AT_ONCE as usize) {
        let many =
            (first..entries.min(first + AT_ONCE)).map(contribution).collect::<Result<_, _>>()?;
        for decided in memory.commands(many).await {
            decided?;
        }
    }
    Ok(())
}

fn contribution(n: u64) -> Result<Command, Box<dyn Error>> {
    let hash = (0..4).map(|part| format!("{:016x}", mixed(n * 4 + part))).collect();
    let signal = Signal { kind: "pdq".parse()?, hash, quality: Some(100), nearest_benign: None };
    Ok(Command::Contribute(Contribution::new(BANK.parse()?, MEMBER.parse()?, vec![signal])))
}

/// A number that looks drawn, the same each time (SplitMix64).
fn mixed(n: u64) -> u64 {
    let n = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}
