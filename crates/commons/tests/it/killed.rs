//! A service that is killed at any moment, while entries are added, opinions given and indexes merged, loses nothing that
//! it has acknowledged.

use crate::setup::{another_process, contribution, entry, founded, hash, opened, sample};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;
use writ_commons::{Asked, Memory};
use writ_hashbank::{Coin, Command, EntryId, MemberId, Verdict};

/// How often it is killed; `WRIT_KILLS` says another number.
const KILLS: u64 = 12;
/// The variable that tells a process its home and its run.
const HOME: &str = "WRIT_KILLED_HOME";
const RUN: &str = "WRIT_KILLED_RUN";

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_entry_and_opinion_is_there_after_each_kill() {
    let home = tempfile::tempdir().unwrap();
    founded(home.path()).await.close().await.unwrap();
    let kills = std::env::var("WRIT_KILLS").map_or(KILLS, |text| text.parse().unwrap());
    let (mut entries, mut disputed) = (Vec::new(), Vec::new());
    for run in 0..kills {
        for said in acknowledged_before_death(home.path(), run) {
            match said.split_once(' ').unwrap() {
                ("entry", rest) => entries.push(pair(rest)),
                (_, rest) => disputed.push(pair(rest).0),
            }
        }
        let memory = opened(home.path()).await;
        assert_all_there(&memory, &entries, &disputed, run);
        // Half of the starts end cleanly, so that saved states and merged indexes meet kills too.
        if run % 2 == 0 {
            memory.close().await.unwrap();
        } else {
            drop(memory);
            tokio::time::sleep(Duration::from_millis(20)).await;
            wait_until_free(home.path()).await;
        }
    }
    println!(
        "{kills} kills, {} entries and {} opinions acknowledged, none lost",
        entries.len(),
        disputed.len()
    );
}

fn pair(text: &str) -> (EntryId, u64) {
    let (entry, number) = text.split_once(' ').unwrap();
    (EntryId(entry.parse().unwrap()), number.parse().unwrap())
}

fn assert_all_there(memory: &Memory, entries: &[(EntryId, u64)], disputed: &[EntryId], run: u64) {
    for (id, number) in entries {
        let samples = [sample("pdq", &hash(*number))];
        let asked =
            Asked { samples: &samples, member: None, banks: None, coin: Coin::Bypass, limit: 1 };
        let found = memory.look_up(&asked).unwrap().matches;
        assert_eq!(found.first().map(|found| found.entry), Some(*id), "lost by kill {run}");
    }
    let by: MemberId = "harbour-social".parse().unwrap();
    memory.read(|state, now| {
        for id in disputed {
            let entry = state.entry(*id, now).unwrap();
            let own = entry.own(&by).and_then(|opinion| opinion.verdict);
            assert_eq!(own, Some(Verdict::Dispute), "the opinion on {id} is lost by kill {run}");
        }
    });
}

async fn wait_until_free(home: &Path) {
    for _ in 0..500 {
        match std::fs::File::open(home.join("lock")).unwrap().try_lock() {
            Ok(()) => return,
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
    panic!("the memory that was let go is still open");
}

/// Lets the test below run in a process, kills it some moments after it acknowledged something, and gives what it said.
fn acknowledged_before_death(home: &Path, run: u64) -> Vec<String> {
    let mut process = another_process("killed::adds_until_it_is_killed")
        .env(HOME, home)
        .env(RUN, run.to_string())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut said = Vec::new();
    let enough = 1 + run * 17 % 140;
    while (said.len() as u64) < enough {
        let line = lines.next().expect("the process goes on until it is killed").unwrap();
        said.extend(line.strip_prefix("done ").map(str::to_owned));
    }
    std::thread::sleep(Duration::from_micros(run * 7_919 % 30_000));
    process.kill().unwrap();
    process.wait().unwrap();
    said.extend(lines.map_while(Result::ok).filter_map(|line| {
        // A line cut off by the kill was not heard.
        line.strip_prefix("done ").filter(|rest| rest.ends_with('.')).map(str::to_owned)
    }));
    said.into_iter().map(|line| line.trim_end_matches('.').to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by the test above, in a process of its own"]
async fn adds_until_it_is_killed() {
    let (Ok(home), Ok(run)) = (std::env::var(HOME), std::env::var(RUN)) else { return };
    let run: u64 = run.parse().unwrap();
    let memory = opened(Path::new(&home)).await;
    let adders = (0..4u64).map(|adder| {
        let memory = memory.clone();
        tokio::spawn(async move {
            for n in 0.. {
                let number = run * 1_000_000 + adder * 100_000 + n;
                let made = memory.command(contribution("pdq", &hash(number))).await.unwrap();
                let id = entry(&made);
                println!("done entry {id} {number}.");
                if n % 3 == 0 {
                    let by = "harbour-social".parse().unwrap();
                    let (labels, reason) = (None, None);
                    let told =
                        Command::Opine { entry: id, by, verdict: Verdict::Dispute, labels, reason };
                    memory.command(told).await.unwrap();
                    println!("done opinion {id} {number}.");
                }
            }
        })
    });
    for adder in adders.collect::<Vec<_>>() {
        adder.await.unwrap();
    }
}
