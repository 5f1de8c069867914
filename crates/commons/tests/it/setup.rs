//! A shared memory with rules, labels, two members and a bank; hashes that are not anybody's; and another process.

use std::path::Path;
use std::process::{Command as Process, Stdio};
use writ_commons::{Memory, Sample, Settings};
use writ_hashbank::{Bank, Command, Contribution, EntryId, Event, Rules, Signal, Taxonomy, Voice};
use writ_signals::SignalType;

pub const BANK: &str = "RECRUITMENT_VIDEO";

pub async fn opened(home: &Path) -> Memory {
    let settings = Settings { threads: 1, save_after: 3, merge_after: 50 };
    Memory::open(home, settings, &mut |_| {}).await.unwrap()
}

/// A memory in which `meridian-video` and `harbour-social` share one bank.
pub async fn founded(home: &Path) -> Memory {
    let memory = opened(home).await;
    let rules = Rules::parse(include_str!("../../../../taxonomy/rules.toml")).unwrap();
    let labels = Taxonomy::parse(include_str!("../../../../taxonomy/labels.toml")).unwrap();
    let mut bank = Bank::new(BANK.parse().unwrap());
    bank.action = writ_hashbank::Action::Auto;
    let commands = vec![
        Command::AdoptRules(rules),
        Command::AdoptTaxonomy(labels),
        Command::AdmitMember { member: "meridian-video".parse().unwrap(), voice: Voice::Full },
        Command::AdmitMember { member: "harbour-social".parse().unwrap(), voice: Voice::Full },
        Command::CreateBank(bank),
    ];
    for decided in memory.commands(commands).await {
        decided.unwrap();
    }
    memory
}

/// The hash of number `n`, far from that of every other.
pub fn hash(n: u64) -> String {
    let mut text = String::new();
    let mut word = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5555;
    for _ in 0..4 {
        word = (word ^ (word >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9).rotate_left(31);
        text.push_str(&format!("{word:016x}"));
    }
    text
}

/// The same hash with `bits` of it turned.
pub fn near(n: u64, bits: u32) -> String {
    let first = u64::from_str_radix(&hash(n)[..16], 16).unwrap();
    format!("{:016x}{}", first ^ ((1 << bits) - 1), &hash(n)[16..])
}

pub fn contribution(kind: &str, hash: &str) -> Command {
    let signal = Signal {
        kind: kind.parse().unwrap(),
        hash: hash.to_owned(),
        quality: Some(100),
        nearest_benign: None,
    };
    let (bank, by) = (BANK.parse().unwrap(), "meridian-video".parse().unwrap());
    Command::Contribute(Contribution::new(bank, by, vec![signal]))
}

pub fn entry(events: &[Event]) -> EntryId {
    match events {
        [Event::Contributed(contributed), ..] => contributed.entry,
        other => panic!("{other:?} is no contribution"),
    }
}

pub fn sample(kind: &str, text: &str) -> Sample {
    let signal = SignalType::named(kind).unwrap().parse(text).unwrap();
    Sample { signal, quality: Some(100), page: None }
}

/// A process that runs the ignored test `test` alone, and is heard on its standard output.
pub fn another_process(test: &str) -> Process {
    let mut process = Process::new(std::env::current_exe().unwrap());
    process.args([test, "--exact", "--ignored", "--nocapture"]);
    process.stdout(Stdio::piped()).stderr(Stdio::null());
    process
}
