//! Records that are what they claim to be, and what is said of them.

use crate::provider::{Asked, Folder, policy};
use crate::world::{EPOCH, LEAVES, SMALL, START, YEAR};
use std::sync::Mutex;
use writ_audit::{Entries, Expected, Progress, Verdict, audit};

fn whole(verdict: Verdict) -> Box<writ_audit::Figures> {
    match verdict {
        Verdict::Whole(figures) => figures,
        Verdict::Faulty(faults) => panic!("{faults:#?}"),
    }
}

#[test]
fn a_record_as_it_was_written_is_whole_and_is_counted() {
    let figures = whole(YEAR.folder.audit(&YEAR.bases, &Asked::default()));
    let record = figures.record.as_ref().unwrap();
    assert_eq!((record.epochs, record.sealed, record.proofs), (37, 37 * 8, 37 * 8));
    assert_eq!((record.reveals, record.periods.len(), record.unpublished), (2, 2, 8));
    assert_eq!(record.periods[1].epochs, (18, 35));
    assert_eq!(record.periods[0].totals.exact("received", "us/content"), Some(18));
    assert_eq!(record.genesis.leaves_per_epoch, LEAVES);
    assert_eq!(
        figures.to_string(),
        "the log `record.meridian.example/1` is whole: 301 entries, 296 of them sealed in 37 epochs and each proven to \
         count exactly once, 2 published totals that are their sum, 2 revealed; confirmed by `witness-1.example`, \
         `witness-2.example`, as of 2027-01-08T01:20:00Z"
    );
    whole(SMALL.folder.audit(&SMALL.bases, &Asked::default()));
}

#[test]
fn gags_are_counted_by_the_half_year_in_which_they_began() {
    let now = START + 800 * 86_400;
    let cohorts = |now| {
        let figures = whole(YEAR.folder.audit(&YEAR.bases, &Asked { now, ..Asked::default() }));
        figures.record.unwrap().cohorts
    };
    let of = |row: &str, now| {
        let found = cohorts(now).into_iter().find(|cohort| cohort.row == row && cohort.leaves > 0);
        let found = found.unwrap();
        (
            found.from.to_string(),
            found.ends.unwrap().to_string(),
            found.over,
            found.leaves,
            found.opened,
            found.unopened(),
        )
    };
    let first = || "2026-H1".to_owned();
    // What is known when the last totals end, in December 2026, and in January 2027.
    assert_eq!(of("0", None), (first(), first(), true, 18, 2, 16));
    assert_eq!(of("1", None), (first(), "2026-H2".to_owned(), false, 18, 0, 0));
    assert_eq!(of("1", Some(YEAR.end)), (first(), "2026-H2".to_owned(), true, 18, 0, 18));
    assert!(
        cohorts(None).iter().all(|cohort| cohort.row != "national-security"),
        "bands tell nothing exact"
    );
    // A present long after is a record that has stopped.
    let verdict = YEAR.folder.audit(&YEAR.bases, &Asked { now: Some(now), ..Asked::default() });
    assert_eq!(verdict.faults()[0].kind.name(), "stale");
}

#[test]
fn a_record_is_up_to_date_until_an_epoch_after_the_one_that_is_due() {
    for (late, expected) in [(0, true), (2 * EPOCH - 1, true), (2 * EPOCH, false)] {
        let asked = Asked { now: Some(YEAR.end + late), ..Asked::default() };
        assert_eq!(
            YEAR.folder.audit(&YEAR.bases, &asked).is_whole(),
            expected,
            "{late} seconds later"
        );
    }
}

#[test]
fn without_proofs_it_is_said_that_they_were_not_checked() {
    let mut folder = YEAR.folder.clone();
    folder.0.retain(|path, _| !path.starts_with("proof/"));
    let asked = Asked { proofs: false, ..Asked::default() };
    let figures = whole(folder.audit(&YEAR.bases, &asked));
    assert_eq!(figures.record.as_ref().unwrap().proofs, 0);
    assert!(figures.to_string().contains("(that each counts once was not checked)"));
}

#[test]
fn a_record_goes_on_from_each_checkpoint_seen_before() {
    let entries = YEAR.folder.entries();
    for size in [1, 9, 256, 257, 300] {
        let since =
            Folder::default().with_log(&entries[..size], YEAR.end, &[]).0.remove("checkpoint");
        let figures = whole(YEAR.folder.audit(&YEAR.bases, &Asked { since, ..Asked::default() }));
        assert_eq!(figures.since, Some(size as u64));
    }
}

#[test]
fn a_witness_that_the_policy_does_not_know_counts_for_nothing_and_is_named() {
    let folder = YEAR.folder.clone().with_log(&YEAR.folder.entries(), YEAR.end, &[1, 2, 3]);
    let figures = whole(folder.audit(&YEAR.bases, &Asked::default()));
    assert_eq!(figures.strangers, ["witness-3.example"]);
}

#[test]
fn partial_tiles_that_are_no_longer_kept_are_read_from_the_full_ones() {
    let (old, new) = (&YEAR.folder.entries()[..298], YEAR.folder.entries());
    let mut padded = new.clone();
    padded.extend((0..300).map(|n: u32| n.to_be_bytes().to_vec()));
    // A server that has more than the checkpoint covers, and has pruned.
    let mut folder = YEAR.folder.clone().with_log(&padded, YEAR.end, &[1, 2]);
    let small = Folder::default().with_log(old, YEAR.end, &[1, 2]);
    folder.0.insert("checkpoint".to_owned(), small.0["checkpoint"].clone());
    assert!(!folder.0.contains_key("tile/entries/001.p/42"));
    assert!(folder.0.contains_key("tile/entries/001"));
    folder.0.insert("tile/1/000.p/1".to_owned(), small.0["tile/1/000.p/1"].clone());
    whole(folder.audit(&YEAR.bases, &Asked::default()));
}

#[test]
fn progress_is_told_up_to_the_last_entry() {
    let told = Mutex::new(Vec::new());
    let policy = policy([1, 2]);
    let expected = Expected { policy: &policy, entries: Entries::Opaque, since: None, now: None };
    audit(&YEAR.folder, &expected, 1, |progress| told.lock().unwrap().push(progress)).unwrap();
    assert_eq!(told.into_inner().unwrap().last(), Some(&Progress { entries: 301, of: 301 }));
}

#[test]
fn a_file_that_cannot_be_read_is_no_fault_of_the_record() {
    let policy = policy([1, 2]);
    let expected = Expected { policy: &policy, entries: Entries::Opaque, since: None, now: None };
    let read = |path: &str, _: usize| match path {
        "tile/entries/001.p/45" => Err(std::io::Error::other("the network is down")),
        path => Ok(YEAR.folder.0.get(path).cloned()),
    };
    let error = audit(&read, &expected, 2, |_| ()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`tile/entries/001.p/45` cannot be read: try again, or take another copy of the record"
    );
}
