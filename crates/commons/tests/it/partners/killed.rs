//! A service that is killed at any moment while it fetches from a partner that changes all the time: what it has taken stays,
//! and the next fetch brings the shared memory to exactly what the partner holds.

use super::{Home, name, shared};
use crate::partners::server::{Server, Shares};
use crate::setup::{another_process, hash, opened};
use serde_json::json;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use writ_hashbank::EntryState;

/// How often it is killed; `WRIT_KILLS` says another number.
const KILLS: u64 = 6;
const HOME: &str = "WRIT_KILLED_FETCHING";
/// Entries of the partner that change all the time, and the hashes that they may hold.
const CHANGING: u64 = 60;
const HASHES: u64 = 90;

#[tokio::test(flavor = "multi_thread")]
async fn after_each_kill_a_fetch_brings_the_memory_to_what_the_partner_holds() {
    let (home, server) = (tempfile::tempdir().unwrap(), Server::start().await);
    let here = Home::following(home.path(), &server).await;
    server.shares.lock().unwrap().page = 25;
    close(here).await;
    let kills = std::env::var("WRIT_KILLS").map_or(KILLS, |text| text.parse().unwrap());
    let mut fetches = 0;
    for run in 0..kills {
        for n in 0..20 {
            let number = 1_000 + run * 20 + n;
            server.share(number, shared(&[hash(number)]));
        }
        fetches += fetched_before_death(home.path(), &server, run);
        let here = Home::of(opened(home.path()).await, home.path()).await;
        for number in 1_000..1_000 + (run + 1) * 20 {
            assert!(here.found(&hash(number)).is_some(), "{number} is lost by kill {run}");
        }
        // As it was left, or from the start.
        if run % 3 == 2 {
            here.fetch_anew().await
        } else {
            here.fetch().await
        };
        assert_same(&here, &server, run);
        close(here).await;
    }
    println!("{kills} kills in {fetches} fetches: nothing lost, nothing left over");
}

async fn close(here: Home) {
    drop(here.partners);
    here.memory.close().await.unwrap();
}

/// Every hash that the partner ever shared is found exactly if it shares it now, and disputed exactly if one is against.
fn assert_same(here: &Home, server: &Server, run: u64) {
    let held = server.shares.lock().unwrap().held();
    let (mut hashes, mut disputed) = (BTreeSet::new(), BTreeSet::new());
    for entry in &held {
        for signal in entry["signals"].as_array().unwrap() {
            hashes.insert(signal["hash"].as_str().unwrap().to_owned());
            if entry["opinions"].is_array() {
                disputed.insert(here.entry(signal["hash"].as_str().unwrap()));
            }
        }
    }
    assert_eq!(here.partners.list()[0].held, held.len());
    for number in 0..HASHES {
        let hash = hash(number);
        assert_eq!(here.found(&hash).is_some(), hashes.contains(&hash), "{number} after {run}");
        if hashes.contains(&hash) {
            let is_disputed = here.state(&hash) == EntryState::Disputed;
            let wanted = disputed.contains(&here.entry(&hash));
            assert_eq!(is_disputed, wanted, "{number} after {run}: {:?}", here.said(&hash));
        }
    }
}

/// Lets the test below run in a process while the partner changes, and kills it. Gives how many fetches it told of.
fn fetched_before_death(home: &Path, server: &Server, run: u64) -> u64 {
    let mut process = another_process("partners::killed::fetches_until_it_is_killed")
        .env(HOME, home)
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let stop = Arc::new(Mutex::new(false));
    let churning = std::thread::spawn({
        let (shares, stop) = (Arc::clone(&server.shares), Arc::clone(&stop));
        move || churn(&shares, &stop, run)
    });
    // The first fetch has brought what does not change. The kill comes some moments later.
    let mut fetches = 0;
    for line in lines.map_while(Result::ok).filter(|line| line.starts_with("done")) {
        fetches += u64::from(line == "done.");
        if fetches > run % 4 {
            break;
        }
    }
    std::thread::sleep(Duration::from_micros(run * 7_919 % 60_000));
    process.kill().unwrap();
    process.wait().unwrap();
    *stop.lock().unwrap() = true;
    churning.join().unwrap();
    assert!(fetches > 0, "the process ended before it had fetched");
    fetches
}

/// Changes what the partner shares, again and again, by a fixed row of numbers.
fn churn(shares: &Mutex<Shares>, stop: &Mutex<bool>, run: u64) {
    let mut draw = 0x9e37_79b9_7f4a_7c15_u64 ^ run << 32;
    let mut next = |below: u64| {
        draw ^= draw << 13;
        draw ^= draw >> 7;
        draw ^= draw << 17;
        draw % below
    };
    while !*stop.lock().unwrap() {
        let number = next(CHANGING);
        let many = next(4);
        let hashes: BTreeSet<String> = (0..many).map(|_| hash(next(HASHES))).collect();
        let mut entry = shared(&hashes.into_iter().collect::<Vec<_>>());
        if many == 0 {
            entry = json!({ "state": "withdrawn" });
        } else if next(5) == 0 {
            entry["opinions"] = json!([{ "member": "quay-chat", "verdict": "dispute" }]);
        }
        shares.lock().unwrap().share(number, entry);
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by the test above, in a process of its own"]
async fn fetches_until_it_is_killed() {
    let Ok(home) = std::env::var(HOME) else { return };
    let here = Home::of(opened(Path::new(&home)).await, Path::new(&home)).await;
    for n in 1.. {
        here.partners.fetch(&name(), n % 5 == 0, &mut |_| {}).await.unwrap();
        println!("done.");
    }
}
