//! A log that was changed, rewound, forked or opened twice is not written any more, and what is wrong is said.

use crate::disk::MemoryDisk;
use crate::setup::{checkpoint, entries, key, open, places, stranger_reads, writer};
use std::path::PathBuf;
use writ_record::{Broken, OpenError, Refusal, WalError, Writer};
use writ_tlog::Signer;

fn with(disk: &MemoryDisk, batches: &[u64]) {
    let mut writer = writer(disk);
    for count in batches {
        let from = writer.size();
        let admitted = writer.admit(from, b"note".to_vec(), entries(from, *count)).unwrap();
        writer = writer.append(admitted).unwrap().sign().unwrap();
        let signed = writer.signed().unwrap().clone();
        writer = writer.publish(&signed).unwrap();
    }
}

fn refused(disk: &MemoryDisk) -> OpenError {
    match open(disk) {
        Err(error) => error,
        Ok(_) => panic!("it opened"),
    }
}

fn published(path: &str) -> PathBuf {
    places().published.join(path)
}

#[test]
fn a_log_grows_over_all_borders_of_tiles_and_reads_as_written() {
    let disk = MemoryDisk::default();
    let batches = [1, 254, 1, 1, 255, 257, 65_300, 300];
    with(&disk, &batches);
    let (found, _) = stranger_reads(&disk, &[]).unwrap();
    assert_eq!(found, entries(0, batches.iter().sum()));
    assert_eq!(open(&disk).unwrap().repaired, Vec::<String>::new());
}

#[test]
fn every_batch_is_given_with_its_note_when_a_log_is_opened() {
    let disk = MemoryDisk::default();
    with(&disk, &[2, 3]);
    let mut seen = Vec::new();
    let each = |batch: &writ_record::Batch<'_>| {
        seen.push((batch.first, batch.note.to_vec(), batch.entries.len()))
    };
    Writer::open(disk, places(), key(), each).unwrap();
    assert_eq!(seen, [(0, b"note".to_vec(), 2), (2, b"note".to_vec(), 3)]);
}

#[test]
fn published_files_that_are_missing_or_wrong_are_made_again() {
    let disk = MemoryDisk::default();
    with(&disk, &[300]);
    disk.take(&published("tile/0/000")).unwrap();
    disk.plant(&published("tile/entries/001.p/44"), b"\0\x01x");
    let opened = open(&disk).unwrap();
    assert_eq!(opened.repaired, ["tile/0/000", "tile/entries/001.p/44"]);
    stranger_reads(&disk, &[]).unwrap();
}

#[test]
fn an_entry_changed_in_the_write_ahead_file_is_found() {
    let disk = MemoryDisk::default();
    with(&disk, &[3, 3]);
    let mut bytes = disk.get(&places().write_ahead).unwrap();
    // Zeros written ahead are behind it.
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    for place in (50..end).step_by(3) {
        bytes[place] ^= 1;
        disk.plant(&places().write_ahead, &bytes);
        let error = refused(&disk);
        assert!(matches!(error, OpenError::Wal(WalError::Damaged { .. })), "byte {place}: {error}");
        bytes[place] ^= 1;
    }
}

#[test]
fn a_log_rewound_behind_its_lock_is_not_written() {
    let disk = MemoryDisk::default();
    with(&disk, &[3]);
    let old = disk.get(&places().write_ahead).unwrap();
    with(&disk, &[4]);
    disk.plant(&places().write_ahead, &old);
    let error = refused(&disk);
    assert!(error.to_string().contains("never sign without it"), "{error}");
}

#[test]
fn a_log_forked_behind_its_lock_is_not_written() {
    let (disk, other) = (MemoryDisk::default(), MemoryDisk::default());
    with(&disk, &[3]);
    let admitted = writer(&other).admit(0, Vec::new(), entries(100, 3)).unwrap();
    writer(&other).append(admitted).unwrap();
    disk.plant(&places().write_ahead, &other.get(&places().write_ahead).unwrap());
    let error = refused(&disk);
    assert!(matches!(error, OpenError::Differs { size: 3, .. }), "{error}");
}

#[test]
fn a_lock_that_is_gone_or_older_than_what_was_published_stops_the_writer() {
    let disk = MemoryDisk::default();
    with(&disk, &[3]);
    let old = disk.take(&places().lock).unwrap();
    assert!(matches!(refused(&disk), OpenError::NoLock(_)));
    disk.plant(&places().lock, &old);
    with(&disk, &[1]);
    disk.plant(&places().lock, &old);
    let error = refused(&disk);
    assert!(matches!(error, OpenError::LockOlder { locked: 3, published: 4, .. }), "{error}");
}

#[test]
fn a_checkpoint_that_another_key_signed_is_not_built_on() {
    let disk = MemoryDisk::default();
    with(&disk, &[3]);
    let other = Signer::from_seed(key().key().name().clone(), &[8; 32]);
    let error = Writer::open(disk, places(), other, |_| ()).err().unwrap();
    assert!(matches!(error, OpenError::Checkpoint { .. }), "{error}");
}

#[test]
fn two_writers_are_never_at_one_log() {
    let disk = MemoryDisk::default();
    let first = writer(&disk);
    let error = refused(&disk);
    assert!(matches!(error, OpenError::Wal(WalError::Held(_))), "{error}");
    drop(first);
    open(&disk).unwrap();
}

#[test]
fn a_lock_that_another_moved_stops_the_signature() {
    let disk = MemoryDisk::default();
    with(&disk, &[3]);
    let writer = writer(&disk);
    let admitted = writer.admit(9, Vec::new(), entries(3, 1)).unwrap();
    let writer = writer.append(admitted).unwrap();
    disk.plant(&places().lock, b"another's");
    let error = writer.sign().err().unwrap();
    assert!(matches!(error, Broken::LockMoved(_)), "{error}");
}

#[test]
fn a_clock_that_runs_backwards_stops_the_log_until_it_is_right() {
    let disk = MemoryDisk::default();
    with(&disk, &[3, 1]);
    let writer = writer(&disk);
    let error = writer.admit(2, Vec::new(), entries(4, 1)).err().unwrap();
    assert!(matches!(error, Refusal::ClockBack { last: 3, now: 2 }), "{error}");
    assert!(writer.admit(3, Vec::new(), entries(4, 1)).is_ok());
}

#[test]
fn what_does_not_fit_a_bundle_is_refused_before_it_is_written() {
    let disk = MemoryDisk::default();
    let writer = writer(&disk);
    let error = writer.admit(0, Vec::new(), vec![vec![0; 65_536]]).err().unwrap();
    assert!(matches!(error, Refusal::TooLarge { longest: 65_536, .. }), "{error}");
    assert_eq!(checkpoint(&disk, &places().lock), None);
}

#[test]
fn another_origins_file_is_not_taken_for_this_ones() {
    let disk = MemoryDisk::default();
    with(&disk, &[]);
    let other = Signer::from_seed("other.example".parse().unwrap(), &[7; 32]);
    let error = Writer::open(disk, places(), other, |_| ()).err().unwrap();
    assert!(matches!(error, OpenError::Wal(WalError::Foreign { .. })), "{error}");
}
