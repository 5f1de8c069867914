//! What a partner shares, takes back, changes and says, and what becomes of it here.

use super::{BANK, Home, NAME, config, name, shared};
use crate::partners::server::Server;
use crate::setup::{contribution, entry, hash};
use serde_json::json;
use std::time::Duration;
use writ_commons::{Brought, PartnerError};
use writ_exchange::{ConfigError, FetchError};
use writ_hashbank::{Command, Contribution, EntryState, MemberId, Signal, Verdict, Voice};

fn hashes(numbers: impl IntoIterator<Item = u64>) -> Vec<String> {
    numbers.into_iter().map(hash).collect()
}

fn list(numbers: impl IntoIterator<Item = u64>) -> String {
    hashes(numbers).join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_partner_shares_is_found_and_the_next_fetch_asks_for_what_changed_only() {
    let (home, server) = (tempfile::tempdir().unwrap(), Server::start().await);
    let here = Home::following(home.path(), &server).await;
    for n in 1..=25 {
        server.share(n, shared(&hashes([n])));
    }
    server.shares.lock().unwrap().page = 10;
    let mut told = Vec::new();
    let mut hear = |so_far: &Brought| told.push(so_far.records);
    let brought = here.partners.fetch(&name(), false, &mut hear).await.unwrap();
    assert_eq!((brought.records, brought.pages, brought.up_to_date), (25, 3, true));
    assert_eq!(told, [10, 20, 25]);
    let found = here.found(&hash(7)).unwrap();
    here.memory.read(|state, now| {
        let entry = state.entry(found, now).unwrap();
        let own = entry.own(&"partner-north-coast".parse().unwrap()).unwrap();
        assert_eq!(entry.bank.name.as_str(), BANK);
        assert_eq!(entry.bank.source.as_deref(), Some(NAME));
        assert_eq!(entry.content.unwrap().content_id.as_deref(), Some("7"));
        assert_eq!(own.labels[0].as_str(), "media/image");
        assert_eq!(own.note, Some("bank THEIRS"));
    });
    server.asked();
    server.share(26, shared(&hashes([26])));
    let head = here.memory.status().head;
    assert_eq!(here.fetch().await.records, 1);
    assert_eq!(server.asked(), ["GET /v1/feed?since=25.25&limit=1000"]);
    assert_eq!(here.memory.status().head, head + 1);
    let status = here.partners.list().remove(0);
    assert_eq!((status.held, status.up_to_date, status.fetching), (26, true, false));
    assert!(status.checkpoint.is_some() && status.last.unwrap().succeeded());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_partner_withdraws_or_changes_is_found_no_longer_unless_others_stand_by_it() {
    let (home, server) = (tempfile::tempdir().unwrap(), Server::start().await);
    let here = Home::following(home.path(), &server).await;
    server.share(1, shared(&hashes([1])));
    server.share(2, shared(&hashes([20, 21])));
    server.share(3, shared(&hashes([3])));
    here.fetch().await;
    // Another member stands by the third too.
    let signals = vec![Signal {
        kind: "pdq".parse().unwrap(),
        hash: hash(3),
        quality: None,
        nearest_benign: None,
    }];
    let Command::Contribute(theirs) = contribution("pdq", &hash(3)) else { unreachable!() };
    let theirs = Contribution { bank: BANK.parse().unwrap(), signals, ..theirs };
    here.memory.command(Command::Contribute(theirs)).await.unwrap();
    server.withdraw(1);
    server.withdraw(3);
    server.share(2, shared(&hashes([21, 22])));
    let brought = here.fetch().await;
    assert_eq!((brought.records, brought.gone), (3, 2));
    assert_eq!((here.found(&hash(1)), here.state(&hash(1))), (None, EntryState::Withdrawn));
    assert!(here.found(&hash(3)).is_some());
    assert!(here.found(&hash(20)).is_none());
    assert!(here.found(&hash(21)).is_some() && here.found(&hash(22)).is_some());
    server.share(1, shared(&hashes([1])));
    here.fetch().await;
    assert!(here.found(&hash(1)).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_under_two_keys_stays_until_both_are_gone() {
    let (home, server) = (tempfile::tempdir().unwrap(), Server::start().await);
    let here = Home::following(home.path(), &server).await;
    server.share(1, shared(&hashes([1, 2])));
    server.share(2, shared(&hashes([2])));
    here.fetch().await;
    server.withdraw(1);
    here.fetch().await;
    assert!(here.found(&hash(1)).is_none() && here.found(&hash(2)).is_some());
    server.withdraw(2);
    here.fetch().await;
    assert!(here.found(&hash(2)).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_place_begins_anew_and_lets_go_of_what_is_no_longer_named() {
    let (home, server) = (tempfile::tempdir().unwrap(), Server::start().await);
    let here = Home::following(home.path(), &server).await;
    for n in 1..=1_200 {
        server.share(n, shared(&hashes([n])));
    }
    here.fetch().await;
    server.forget(700);
    let brought = here.fetch().await;
    assert_eq!((brought.anew, brought.gone, brought.left_standing), (true, 1, 0));
    assert!(here.found(&hash(700)).is_none() && here.found(&hash(701)).is_some());
    // Read anew because it was asked for, with one that cannot be read and one that is gone.
    server.share(5, json!({ "bank": "THEIRS", "state": 5 }));
    server.forget(6);
    let brought = here.fetch_anew().await;
    assert_eq!((brought.gone, brought.malformed.count), (1, 1));
    assert!(here.found(&hash(5)).is_some() && here.found(&hash(6)).is_none());
    // One that does not even tell its number might be any: nothing is let go of.
    server.forget(8);
    server.share(2_000, json!({ "entry": "nameless" }));
    let brought = here.fetch_anew().await;
    assert_eq!((brought.left_standing, brought.malformed.count), (1, 2));
    assert!(here.found(&hash(8)).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_shrinks_takes_away_what_it_no_longer_names_and_a_malformed_line_nothing() {
    let (home, server) = (tempfile::tempdir().unwrap(), Server::start().await);
    let here = Home::listing(home.path(), &server).await;
    server.list(&list(1..=1_500));
    assert_eq!(here.fetch().await.records, 1_500);
    server.list(&format!("{}\npdq 0123\n", list(1..=20)));
    let brought = here.fetch().await;
    assert_eq!((brought.malformed.count, brought.gone), (1, 0));
    assert!(brought.malformed.last[0].contains("line 21"), "{:?}", brought.malformed);
    assert!(here.found(&hash(1_500)).is_some());
    server.list(&list(1..=20));
    assert_eq!(here.fetch().await.gone, 1_480);
    assert!(here.found(&hash(21)).is_none() && here.found(&hash(20)).is_some());
    // The same list again changes nothing.
    let head = here.memory.status().head;
    here.fetch_anew().await;
    assert_eq!(here.memory.status().head, head);
    assert_eq!(here.partners.list()[0].held, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_bank_does_not_take_is_counted_and_the_rest_comes_in() {
    let (home, server) = (tempfile::tempdir().unwrap(), Server::start().await);
    let here = Home::following(home.path(), &server).await;
    let mut poor = shared(&hashes([1, 2]));
    poor["signals"][0]["quality"] = json!(10);
    server.share(1, poor);
    let mut labelled = shared(&hashes([3]));
    labelled["labels"] = json!(["media/video", "media/image", "unheard/of", "media/video"]);
    server.share(2, labelled);
    let mut ended = shared(&hashes([4]));
    ended["expires"] = json!("2001-01-01T00:00:00Z");
    ended["review_by"] = json!("2001-01-01T00:00:00Z");
    server.share(3, ended);
    let mut far = shared(&hashes([5]));
    far["expires"] = json!("9000-01-01T00:00:00Z");
    far["review_by"] = json!("2001-01-01T00:00:00Z");
    server.share(4, far);
    server.share(5, json!({ "state": "active", "signals": [{ "type": "pdq", "hash": "zz" }] }));
    let brought = here.fetch().await;
    assert_eq!((brought.refused.count, brought.labels_left_out), (1, 2));
    assert_eq!(brought.malformed.count, 1);
    let found: Vec<bool> = (1..=5).map(|n| here.found(&hash(n)).is_some()).collect();
    assert_eq!(found, [false, true, true, false, true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn members_of_a_partner_are_heard_and_one_against_lets_it_match_for_review_only() {
    let (home, server) = (tempfile::tempdir().unwrap(), Server::start().await);
    let here = Home::following(home.path(), &server).await;
    let said = |opinions: &[(&str, &str)]| {
        let mut entry = shared(&hashes([1]));
        let said = opinions.iter().map(|(m, v)| json!({ "member": m, "verdict": v }));
        entry["opinions"] = said.collect();
        entry
    };
    server.share(1, said(&[("harbour-social", "confirm"), ("Quay Chat", "not-terrorist")]));
    here.fetch().await;
    assert_eq!(here.state(&hash(1)), EntryState::Disputed);
    assert!(here.found(&hash(1)).is_some());
    let words = here.said(&hash(1));
    assert_eq!(words.len(), 3);
    assert_eq!(words[0], "partner-north-coast--against dispute");
    assert_eq!(words[1], "partner-north-coast--harbour-social confirm");
    assert!(words[2].starts_with("partner-north-coast--quay-c"), "{words:?}");
    here.memory.read(|state, _| {
        let of_them = |m: &&writ_hashbank::Member| m.id.as_str().contains("--quay");
        assert_eq!(state.members().iter().find(of_them).unwrap().voice, Voice::Observer);
    });
    // One key that is against and one that is not: it stays disputed until the first changes its mind.
    server.share(2, shared(&hashes([1])));
    here.fetch().await;
    assert_eq!(here.state(&hash(1)), EntryState::Disputed);
    server.withdraw(2);
    server.share(1, said(&[("harbour-social", "confirm")]));
    here.fetch().await;
    assert_eq!(here.state(&hash(1)), EntryState::Active);
    assert_eq!(here.said(&hash(1)), ["partner-north-coast--harbour-social confirm"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_brought_forward_is_brought_forward() {
    let (home, server) = (tempfile::tempdir().unwrap(), Server::start().await);
    let here = Home::following(home.path(), &server).await;
    let ends = |at: &str| {
        let mut entry = shared(&hashes([1]));
        entry["expires"] = json!(at);
        entry
    };
    for at in ["2090-01-01T00:00:00Z", "2080-01-01T00:00:00Z", "2085-01-01T00:00:00Z"] {
        server.share(1, ends(at));
        here.fetch().await;
        let id = here.entry(&hash(1));
        let end = here.memory.read(|state, now| state.entry(id, now).unwrap().expires);
        assert_eq!(end.unwrap().to_string(), at);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_where_one_was_and_keeps_credentials_out_of_the_journal() {
    let (home, server) = (tempfile::tempdir().unwrap(), Server::start().await);
    let here = Home::following(home.path(), &server).await;
    let secret = "invented-and-long-enough-to-be-found";
    here.partners.set_credentials("writ", Some([("key".into(), secret.into())].into())).unwrap();
    server.share(1, shared(&hashes([1])));
    here.fetch().await;
    let before = here.partners.list();
    let here = here.again(home.path()).await;
    assert_eq!(here.partners.list(), before);
    assert!(here.partners.has_credentials("writ").unwrap());
    server.withdraw(1);
    server.share(2, shared(&hashes([2])));
    server.asked();
    here.fetch().await;
    assert_eq!(server.asked(), ["GET /v1/feed?since=1.1&limit=1000"]);
    assert!(here.found(&hash(1)).is_none() && here.found(&hash(2)).is_some());
    for file in std::fs::read_dir(home.path()).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let there = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert_eq!(there, path.ends_with("partner-keys.toml"), "{}", path.display());
        if there {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
    here.partners.set_credentials("writ", None).unwrap();
    assert!(!here.partners.has_credentials("writ").unwrap());
    let error = here.partners.fetch(&name(), false, &mut |_| {}).await.unwrap_err();
    assert!(matches!(error, PartnerError::Config(ConfigError::Credential { .. })), "{error}");
    let last = here.partners.list().remove(0).last.unwrap();
    assert!(last.error.unwrap().contains("is missing"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_partner_leaves_only_what_others_stand_by() {
    let (home, server) = (tempfile::tempdir().unwrap(), Server::start().await);
    let here = Home::listing(home.path(), &server).await;
    server.list(&list(1..=700));
    here.fetch().await;
    let Command::Contribute(ours) = contribution("pdq", &hash(5)) else { unreachable!() };
    let ours = Contribution { bank: BANK.parse().unwrap(), ..ours };
    here.memory.command(Command::Contribute(ours)).await.unwrap();
    here.partners.remove(&name()).await.unwrap();
    assert!(here.partners.list().is_empty());
    assert!(here.found(&hash(5)).is_some());
    assert!((1..=700).filter(|n| *n != 5).all(|n| here.found(&hash(n)).is_none()));
    let again = here.partners.remove(&name()).await.unwrap_err();
    assert!(matches!(again, PartnerError::Unknown(_)));
    let here = here.again(home.path()).await;
    assert!(here.partners.list().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_given_another_bank_moves_there() {
    let (home, server) = (tempfile::tempdir().unwrap(), Server::start().await);
    let here = Home::following(home.path(), &server).await;
    server.share(1, shared(&hashes([1])));
    here.fetch().await;
    let first = here.entry(&hash(1));
    let same = config(json!({ "protocol": "writ", "url": server.base }));
    here.partners.set(name(), "ELSEWHERE".parse().unwrap(), same, true).await.unwrap();
    here.fetch().await;
    assert_eq!(here.state(&hash(1)), EntryState::Withdrawn);
    let now = here.found(&hash(1)).unwrap();
    assert_ne!(now, first);
    let bank = here.memory.read(|state, at| state.entry(now, at).unwrap().bank.name.to_string());
    assert_eq!(bank, "ELSEWHERE");
    // A bank that was removed is made again, and filled.
    let removed = Command::RemoveBank { name: "ELSEWHERE".parse().unwrap() };
    here.memory.command(removed).await.unwrap();
    assert!(here.found(&hash(1)).is_none());
    here.fetch().await;
    assert!(here.found(&hash(1)).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn our_word_on_an_entry_goes_back_to_the_partner_that_shares_it() {
    let (home, server) = (tempfile::tempdir().unwrap(), Server::start().await);
    let here = Home::following(home.path(), &server).await;
    server.share(17, shared(&hashes([1])));
    here.fetch().await;
    server.asked();
    let ours = entry(&here.memory.command(contribution("pdq", &hash(9))).await.unwrap());
    let (reason, theirs) = (Some("a news report".to_owned()), here.entry(&hash(1)));
    let told = here.partners.feedback(&name(), theirs, Verdict::NotTerrorist, reason).await;
    told.unwrap();
    assert_eq!(
        server.asked(),
        [r#"POST /v1/entries/17/opinion {"verdict":"not-terrorist","reason":"a news report"}"#]
    );
    let error = here.partners.feedback(&name(), ours, Verdict::Confirm, None).await.unwrap_err();
    assert!(matches!(error, PartnerError::NotTheirs { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_cannot_be_used_are_refused_before_they_are_kept() {
    let (home, server) = (tempfile::tempdir().unwrap(), Server::start().await);
    let here = Home::following(home.path(), &server).await;
    let before = here.partners.list();
    for wrong in [
        json!({ "protocol": "carrier-pigeon" }),
        json!({ "protocol": "writ" }),
        json!({ "protocol": "writ", "url": "ftp://partner.example" }),
        json!({ "protocol": "writ", "url": "https://partner.example", "colour": "red" }),
    ] {
        let set = here.partners.set(name(), BANK.parse().unwrap(), config(wrong), true).await;
        assert!(matches!(set, Err(PartnerError::Config(_))), "{set:?}");
    }
    let unknown = [("colour".to_owned(), "red".to_owned())].into();
    assert!(here.partners.set_credentials("writ", Some(unknown)).is_err());
    assert_eq!(here.partners.list(), before);
    let barred: MemberId = "partner-north-coast".parse().unwrap();
    let command = Command::SetVoice { member: barred, voice: Voice::Barred };
    here.memory.command(command).await.unwrap();
    let error = here.partners.fetch(&name(), false, &mut |_| {}).await.unwrap_err();
    assert!(matches!(error, PartnerError::Refused(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_fetches_enabled_partners_and_waits_as_they_ask() {
    let (home, server) = (tempfile::tempdir().unwrap(), Server::start().await);
    let here = Home::following(home.path(), &server).await;
    server.share(1, shared(&hashes([1])));
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let partners = here.partners.clone();
    let every = Duration::from_millis(50);
    let service = tokio::spawn(async move { partners.run(every, stopped).await });
    until(|| here.found(&hash(1)).is_some()).await;
    server.share(2, shared(&hashes([2])));
    until(|| here.found(&hash(2)).is_some()).await;
    server.shares.lock().unwrap().fails = Some((503, "retry-after: 3600"));
    let failed = || here.partners.list()[0].last.as_ref().is_some_and(|last| !last.succeeded());
    until(failed).await;
    server.shares.lock().unwrap().fails = None;
    server.share(3, shared(&hashes([3])));
    server.asked();
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert!(server.asked().is_empty(), "it asked before the partner wanted it to");
    // Who looks after it may fetch at any time; setting it up lets the service try again.
    here.partners.enable(&name(), true).await.unwrap();
    until(|| here.found(&hash(3)).is_some()).await;
    here.partners.enable(&name(), false).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    server.asked();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(server.asked().is_empty());
    stop.send(true).unwrap();
    tokio::time::timeout(Duration::from_secs(5), service).await.unwrap().unwrap();
    server.shares.lock().unwrap().fails = Some((401, "x-a: b"));
    let error = here.partners.fetch(&name(), false, &mut |_| {}).await.unwrap_err();
    assert!(matches!(error, PartnerError::Fetch(FetchError::Refused { status: 401, .. })));
}

async fn until(is_so: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not become so within ten seconds");
}
