//! Promises: who signed them, and whether they were kept.

use crate::provider::{ORIGIN, key, policy, witness};
use crate::world::{World, YEAR};
use writ_audit::{Kept, KeptError, Promise, PromiseError, PromiseRefusal, SignedPromise};
use writ_tally::{Body, Digest};
use writ_tlog::{Checkpoint, Hash, SignedCheckpoint, Signer};

fn promise(body: Digest, deadline: u64) -> SignedPromise {
    Promise { origin: ORIGIN.to_owned(), body, deadline }.sign(&key()).unwrap()
}

fn body_of(world: &World, stream: &str) -> Digest {
    Body::seal(&world.bases, &world.events[stream].2).unwrap().digest()
}

fn kept(promise: &SignedPromise, now: Option<u64>) -> Kept {
    promise.kept(&YEAR.folder, &policy([1, 2]), &YEAR.bases, now, 2).unwrap()
}

#[test]
fn a_promise_is_four_lines_signed_by_the_record() {
    let signed = promise([0xab; 32].into(), 1_800_000_000);
    let text = signed.to_string();
    let expected =
        format!("writ-record-promise/1\n{ORIGIN}\n{}\n1800000000\n\n— {ORIGIN} ", "ab".repeat(32));
    assert!(text.starts_with(&expected), "{text}");
    let read = SignedPromise::parse(text.as_bytes()).unwrap();
    assert_eq!(read, signed);
    read.verify(&[key().key().clone()]).unwrap();
}

#[test]
fn a_promise_that_the_record_did_not_sign_is_not_believed() {
    let signed = promise([1; 32].into(), 9);
    let other = Signer::from_seed(ORIGIN.parse().unwrap(), &[8; 32]);
    let error = signed.verify(&[other.key().clone()]).unwrap_err();
    assert!(matches!(error, PromiseRefusal::Verify(_)), "{error}");
    // Neither another's key nor a witness's is asked.
    let named_so = writ_tlog::Cosigner::from_seed(ORIGIN.parse().unwrap(), &[7; 32]);
    for keys in [vec![], vec![witness(1).key().clone(), named_so.key().clone()]] {
        let error = signed.verify(&keys).unwrap_err();
        assert!(matches!(error, PromiseRefusal::NoKey(_)), "{error}");
    }
    let text = signed.to_string().replace("\n9\n", "\n10\n");
    let later = SignedPromise::parse(text.as_bytes()).unwrap();
    assert!(later.verify(&[key().key().clone()]).is_err(), "the deadline was put off");
    let wrong = Promise { origin: "other.example".to_owned(), body: [1; 32].into(), deadline: 9 };
    assert!(matches!(wrong.sign(&key()), Err(PromiseError::OtherKey { .. })));
}

#[test]
fn a_promise_is_no_checkpoint_and_a_checkpoint_no_promise() {
    let signed = promise([1; 32].into(), 9).to_string();
    assert!(SignedCheckpoint::parse(signed.as_bytes()).is_err());
    assert!(policy([1, 2]).evaluate(signed.as_bytes()).is_err());
    // Even a record whose name is a number.
    let numbered = Signer::from_seed("5".parse().unwrap(), &[7; 32]);
    let promise = Promise { origin: "5".to_owned(), body: [1; 32].into(), deadline: 9 };
    let signed = promise.sign(&numbered).unwrap().to_string();
    assert!(SignedCheckpoint::parse(signed.as_bytes()).is_err());
    // Even a log named as promises begin.
    let named = Signer::from_seed("writ-record-promise/1".parse().unwrap(), &[7; 32]);
    let checkpoint = Checkpoint::new("writ-record-promise/1", 3, Hash([1; 32])).unwrap();
    let signed = checkpoint.sign(&named).unwrap().note().to_string();
    assert!(SignedPromise::parse(signed.as_bytes()).is_err());
    let promise =
        Promise { origin: "writ-record-promise/1".to_owned(), body: [1; 32].into(), deadline: 9 };
    assert!(promise.sign(&named).is_err(), "no record is named so");
}

#[test]
fn a_promise_has_one_spelling() {
    let good = promise([0xab; 32].into(), 9).to_string();
    let hex = "ab".repeat(32);
    for (from, to) in [
        ("writ-record-promise/1", "writ-record-promise/2"),
        (ORIGIN, ""),
        (hex.as_str(), &*hex.to_uppercase()),
        (hex.as_str(), &hex[2..]),
        ("\n9\n", "\n09\n"),
        ("\n9\n", "\n+9\n"),
        ("\n9\n", "\n-9\n"),
        ("\n9\n", "\n99999999999999999999\n"),
        ("\n9\n", "\n9\nmore\n"),
        ("\n9\n", "\n"),
    ] {
        let other = good.replacen(from, to, 1);
        assert!(SignedPromise::parse(other.as_bytes()).is_err(), "{other}");
    }
}

#[test]
fn a_promise_is_kept_when_its_leaf_is_in_the_record() {
    let (index, epoch, _) = YEAR.events["C-5-0"];
    let signed = promise(body_of(&YEAR, "C-5-0"), 9);
    for now in [None, Some(u64::MAX)] {
        assert_eq!(kept(&signed, now), Kept::Logged { index, epoch, time: Some(YEAR.end) });
    }
}

#[test]
fn a_promise_is_broken_once_its_time_is_over_and_open_before() {
    let body = [3; 32].into();
    assert_eq!(kept(&promise(body, YEAR.end - 1), None), Kept::Broken { time: YEAR.end });
    assert_eq!(kept(&promise(body, YEAR.end), None), Kept::Open);
    assert_eq!(
        kept(&promise(body, YEAR.end), Some(YEAR.end + 1)),
        Kept::Broken { time: YEAR.end + 1 }
    );
}

#[test]
fn nothing_is_said_of_a_promise_by_a_record_that_is_at_fault_or_anothers() {
    let mut folder = YEAR.folder.clone();
    folder.flip("tile/entries/000", 2000);
    let signed = promise([3; 32].into(), 9);
    let error = signed.kept(&folder, &policy([1, 2]), &YEAR.bases, None, 2).unwrap_err();
    assert!(matches!(error, KeptError::Fault(_)), "{error}");

    let lonely = YEAR.folder.clone().with_log(&YEAR.folder.entries(), YEAR.end, &[1]);
    let error = signed.kept(&lonely, &policy([1, 2]), &YEAR.bases, None, 2).unwrap_err();
    assert!(error.to_string().contains("lacks witnesses"), "{error}");

    let other = Signer::from_seed("other.example".parse().unwrap(), &[8; 32]);
    let signed = Promise { origin: "other.example".to_owned(), body: [3; 32].into(), deadline: 9 };
    let signed = signed.sign(&other).unwrap();
    let both = policy([1, 2]).with_log(other.key().clone());
    let error = signed.kept(&YEAR.folder, &both, &YEAR.bases, None, 2).unwrap_err();
    assert!(matches!(error, KeptError::OtherRecord { .. }), "{error}");
}
