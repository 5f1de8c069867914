//! What is told is kept, found at once, and there again after a restart, however it came about.

use crate::setup::{BANK, contribution, entry, founded, hash, near, opened, sample};
use writ_commons::{Asked, CommandError, Found, Memory, OpenError, Sample, Settings};
use writ_hashbank::{Coin, Command, Refused, Verdict};

fn look_up(memory: &Memory, samples: &[Sample]) -> Vec<Found> {
    let asked = Asked { samples, member: None, banks: None, coin: Coin::Bypass, limit: 10 };
    memory.look_up(&asked).unwrap().matches
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_is_found_as_soon_as_it_is_acknowledged_and_no_more_once_withdrawn() {
    let home = tempfile::tempdir().unwrap();
    let memory = founded(home.path()).await;
    let id = entry(&memory.command(contribution("pdq", &hash(1))).await.unwrap());
    let found = look_up(&memory, &[sample("pdq", &near(1, 9))]);
    assert_eq!(
        found.iter().map(|found| (found.entry, found.distance)).collect::<Vec<_>>(),
        [(id, 9)]
    );
    assert_eq!((found[0].bank.as_str(), found[0].hash.as_str()), (BANK, hash(1).as_str()));
    assert!(look_up(&memory, &[sample("pdq", &near(1, 32))]).is_empty());
    let by = "meridian-video".parse().unwrap();
    memory.command(Command::WithdrawContribution { entry: id, by, reason: None }).await.unwrap();
    assert!(look_up(&memory, &[sample("pdq", &near(1, 9))]).is_empty());
    assert!(memory.near(&sample("pdq", &hash(1)).signal, None, 10).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_of_signal_is_found() {
    let home = tempfile::tempdir().unwrap();
    let memory = founded(home.path()).await;
    let frame = |n| format!("\"{},90,{n}\"", hash(n));
    let video = format!("[{},{},{}]", frame(5), frame(6), frame(7));
    let clip = format!("[{},{}]", frame(6), frame(7));
    let text = writ_signals::tlsh::TEXT.examples[0];
    let told = [
        ("vpdq", video.as_str(), clip.as_str()),
        ("video_sha256", &hash(9), &hash(9)),
        ("video_md5", &hash(9)[..32], &hash(9)[..32]),
        ("text_tlsh", text, text),
    ];
    for (kind, known, asked) in told {
        let id = entry(&memory.command(contribution(kind, known)).await.unwrap());
        let found = look_up(&memory, &[sample(kind, asked)]);
        assert_eq!(found.iter().map(|found| found.entry).collect::<Vec<_>>(), [id], "{kind}");
    }
    let other = format!("[{},{},{}]", frame(7), frame(70), frame(71));
    assert!(look_up(&memory, &[sample("vpdq", &other)]).is_empty(), "a third of it is no match");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_acknowledged_is_there_after_a_restart_with_or_without_a_saved_state() {
    let home = tempfile::tempdir().unwrap();
    let memory = founded(home.path()).await;
    let commands = (0..300).map(|n| contribution("pdq", &hash(n))).collect();
    let ids: Vec<_> = memory
        .commands(commands)
        .await
        .into_iter()
        .map(|decided| entry(&decided.unwrap()))
        .collect();
    let member: writ_hashbank::MemberId = "harbour-social".parse().unwrap();
    for (entry, verdict) in [(ids[3], Verdict::Confirm), (ids[4], Verdict::Dispute)] {
        let by = member.clone();
        let told = Command::Opine { entry, by, verdict, labels: None, reason: None };
        memory.command(told).await.unwrap();
    }
    let before = memory.read(|state, _| state.clone());
    memory.close().await.unwrap();

    for harm in ["nothing", "state", "index", "both"] {
        if ["state", "both"].contains(&harm) {
            std::fs::write(home.path().join("hashes.state"), b"not a state").unwrap();
        }
        if ["index", "both"].contains(&harm) {
            std::fs::write(home.path().join("index/pdq/manifest"), b"not a manifest").unwrap();
        }
        let memory = opened(home.path()).await;
        assert!(memory.read(|state, _| *state == before), "after harm to {harm}");
        for (n, id) in ids.iter().enumerate() {
            let found = look_up(&memory, &[sample("pdq", &near(n as u64, 5))]);
            assert_eq!(found.len(), 1, "entry {id} after harm to {harm}");
            assert_eq!(found[0].entry, *id);
        }
        drop(memory);
        // Its threads end a moment after it: then it can be opened, and is closed in order.
        loop {
            match Memory::open(home.path(), Settings::default(), &mut |_| {}).await {
                Ok(memory) => break memory.close().await.unwrap(),
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_command_changes_nothing_and_says_why() {
    let home = tempfile::tempdir().unwrap();
    let memory = founded(home.path()).await;
    let before = memory.read(|state, _| state.clone());
    let refused = memory.command(contribution("pdq", "not a hash")).await.unwrap_err();
    assert!(refused.to_string().contains("64 hexadecimal characters"), "{refused}");
    let refused = memory.command(contribution("photodna", "00")).await.unwrap_err();
    assert!(refused.to_string().contains("there is no signal type `photodna`"), "{refused}");
    let banks = ["NOWHERE".parse().unwrap()];
    let asked =
        Asked { samples: &[], member: None, banks: Some(&banks), coin: Coin::Bypass, limit: 1 };
    assert_eq!(
        memory.look_up(&asked).unwrap_err().to_string(),
        "there is no bank `NOWHERE`: ask for the list of banks"
    );
    assert!(memory.read(|state, _| *state == before));
    let bank = writ_hashbank::Bank::new(BANK.parse().unwrap());
    let refused = memory.command(Command::CreateBank(bank)).await.unwrap_err();
    assert!(matches!(refused, CommandError::Refused(Refused::BankExists(_))), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_home_is_open_once_and_until_it_is_closed() {
    let home = tempfile::tempdir().unwrap();
    let memory = founded(home.path()).await;
    assert!(memory.commands(Vec::new()).await.is_empty());
    memory.command(contribution("pdq", &hash(2))).await.unwrap();
    let second = Memory::open(home.path(), Settings::default(), &mut |_| {}).await;
    assert!(matches!(second.unwrap_err(), OpenError::InUse(_)));
    memory.clone().close().await.unwrap();
    let late = memory.command(contribution("pdq", &hash(1))).await.unwrap_err();
    assert!(matches!(late, CommandError::Closed), "{late}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_and_merges_at_once_lose_nothing() {
    let home = tempfile::tempdir().unwrap();
    let memory = founded(home.path()).await;
    let writers = (0..8u64).map(|writer| {
        let memory = memory.clone();
        tokio::spawn(async move {
            for n in 0..100 {
                let n = writer * 1_000 + n;
                memory.command(contribution("pdq", &hash(n))).await.unwrap();
                assert_eq!(look_up(&memory, &[sample("pdq", &hash(n))]).len(), 1);
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    assert_eq!(memory.status().entries, 800);
    assert_eq!(memory.status().indexed["pdq"], 800);
}
