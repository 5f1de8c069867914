//! Measures a restart: fills a home, and opens it in a process of its own until a look-up is answered.
//! `cargo run --release -p writ-commons --example restart -- fill 10000000 FOLDER`, then as often as wanted
//! `cargo run --release -p writ-commons --example restart -- open FOLDER`.

use std::path::Path;
use std::time::Instant as Clock;
use writ_commons::{Asked, Memory, Sample, Settings};
use writ_hashbank::{Bank, Coin, Command, Contribution, Rules, Signal, Taxonomy, Voice};
use writ_signals::SignalType;

/// How many contributions are told at once, and how many such lots wait.
const LOT: u32 = 1_000;
const AHEAD: usize = 4;
const BANK: &str = "MEASURED";
const MEMBER: &str = "measured";

#[tokio::main]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["fill", entries, home] => fill(Path::new(home), entries.parse().unwrap()).await,
        ["open", home] => open(Path::new(home)).await,
        _ => eprintln!("say `fill ENTRIES FOLDER` or `open FOLDER`"),
    }
    println!("peak memory: {}", status("VmHWM"));
}

async fn fill(home: &Path, entries: u32) {
    let settings = Settings { save_after: u64::MAX, merge_after: 500_000, ..Settings::default() };
    let memory = Memory::open(home, settings, &mut |_| {}).await.unwrap();
    begin(&memory).await;
    let held = memory.status().entries as u32;
    let clock = Clock::now();
    let mut waiting = std::collections::VecDeque::new();
    for lot in (held..entries).step_by(LOT as usize) {
        let commands = (lot..entries.min(lot + LOT)).map(contribution).collect();
        let memory = memory.clone();
        waiting.push_back(tokio::spawn(async move { memory.commands(commands).await }));
        if waiting.len() > AHEAD {
            waiting
                .pop_front()
                .unwrap()
                .await
                .unwrap()
                .into_iter()
                .for_each(|one| drop(one.unwrap()));
        }
    }
    for lot in waiting {
        lot.await.unwrap().into_iter().for_each(|one| drop(one.unwrap()));
    }
    let seconds = clock.elapsed().as_secs_f64();
    println!(
        "filled: {:.0} s, {:.0}/s, {}",
        seconds,
        f64::from(entries - held) / seconds,
        status("VmHWM")
    );
    let clock = Clock::now();
    memory.close().await.unwrap();
    println!("merged and saved: {:.2} s", clock.elapsed().as_secs_f64());
}

/// Rules, labels, a member and a bank, where they are not there yet.
async fn begin(memory: &Memory) {
    let rules = Rules::parse(include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../taxonomy/rules.toml"
    )))
    .unwrap();
    let labels = Taxonomy::parse(include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../taxonomy/labels.toml"
    )))
    .unwrap();
    let member = MEMBER.parse().unwrap();
    let commands = vec![
        Command::AdoptRules(rules),
        Command::AdoptTaxonomy(labels),
        Command::AdmitMember { member, voice: Voice::Full },
        Command::CreateBank(Bank::new(BANK.parse().unwrap())),
    ];
    if memory.status().head == 0 {
        memory.commands(commands).await.into_iter().for_each(|one| drop(one.unwrap()));
    }
}

async fn open(home: &Path) {
    let clock = Clock::now();
    let memory = Memory::open(home, Settings::default(), &mut |_| {}).await.unwrap();
    let opened = clock.elapsed();
    let number = memory.status().entries as u32 / 2;
    let signal = SignalType::named("pdq").unwrap().parse(&hash(number)).unwrap();
    let samples = [Sample { signal, quality: Some(100), page: None }];
    let asked =
        Asked { samples: &samples, member: None, banks: None, coin: Coin::Bypass, limit: 10 };
    let found = memory.look_up(&asked).unwrap().matches.len();
    println!(
        "open: {:.3} s; first look-up answered after {:.3} s, {found} found; {} entries; resident {}",
        opened.as_secs_f64(),
        clock.elapsed().as_secs_f64(),
        memory.status().entries,
        status("VmRSS")
    );
    // A number that no fill has, another each time.
    let added = contribution(u32::MAX - memory.status().entries as u32);
    let clock = Clock::now();
    memory.command(added).await.unwrap();
    println!("first add: {:.1} ms", clock.elapsed().as_secs_f64() * 1e3);
    let clock = Clock::now();
    memory.close().await.unwrap();
    println!("closed: {:.2} s", clock.elapsed().as_secs_f64());
}

fn contribution(number: u32) -> Command {
    let signal = Signal {
        kind: "pdq".parse().unwrap(),
        hash: hash(number),
        quality: Some(100),
        nearest_benign: None,
    };
    let (bank, by) = (BANK.parse().unwrap(), MEMBER.parse().unwrap());
    Command::Contribute(Contribution::new(bank, by, vec![signal]))
}

/// The hash of a number: splitmix64, four times.
fn hash(number: u32) -> String {
    let word = |n: u64| {
        let word = (u64::from(number) * 4 + n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    };
    format!("{:016x}{:016x}{:016x}{:016x}", word(0), word(1), word(2), word(3))
}

fn status(what: &str) -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(what));
    line.and_then(|line| line.split_once(':')).map_or("unknown", |(_, rest)| rest.trim()).to_owned()
}
