//! Every call to the disk fails in turn, and in pairs; the power goes at each of them. Nothing promised is lost, and no
//! two checkpoints disagree.

use crate::disk::{MemoryDisk, Unsynced};
use crate::setup::{checkpoint, entries, open, places, stranger_reads};
use std::io::ErrorKind;
use writ_record::{Broken, Refusal, Writer};
use writ_tlog::SignedCheckpoint;

/// What the outside was told.
#[derive(Default)]
struct Told {
    promised: Vec<Vec<u8>>,
    checkpoints: Vec<SignedCheckpoint>,
}

/// Three batches, the second over the border of a tile, each signed and published.
const BATCHES: [u64; 3] = [3, 256, 5];

fn write(disk: &MemoryDisk, told: &mut Told) -> Result<(), String> {
    write_all(disk, told, &BATCHES)
}

fn write_all(disk: &MemoryDisk, told: &mut Told, batches: &[u64]) -> Result<(), String> {
    let mut writer = open(disk).map_err(|error| error.to_string())?.writer;
    for &batch in batches {
        let from = writer.size();
        let admitted = writer
            .admit(from, Vec::new(), entries(from, batch))
            .map_err(|error| error.to_string())?;
        writer = writer.append(admitted).map_err(|error| error.to_string())?;
        // Each entry tells its index: what an earlier try left, promised or not, is before it.
        told.promised = entries(0, from + batch);
        writer = publish(writer, told).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn publish(writer: Writer<MemoryDisk>, told: &mut Told) -> Result<Writer<MemoryDisk>, Broken> {
    let writer = writer.sign()?;
    let signed = writer.signed().unwrap().clone();
    told.checkpoints.push(signed.clone());
    writer.publish(&signed)
}

/// After everything: what was promised is there, what is published holds, and every checkpoint is of the same tree.
fn holds(disk: &MemoryDisk, told: &mut Told, what: &str) {
    told.checkpoints.extend(checkpoint(disk, &places().lock));
    told.checkpoints.extend(checkpoint(disk, &places().published.join("checkpoint")));
    let opened = open(disk).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(opened.writer.size() >= told.promised.len() as u64, "{what}: a promise is lost");
    publish(opened.writer, told).unwrap_or_else(|error| panic!("{what}: {error}"));
    let sizes: Vec<_> = told.checkpoints.iter().map(|signed| signed.checkpoint().size()).collect();
    let (found, roots) = stranger_reads(disk, &sizes).expect("something is published");
    assert!(found.starts_with(&told.promised), "{what}: other entries than were promised");
    for (signed, root) in told.checkpoints.iter().zip(roots) {
        assert_eq!(signed.checkpoint().root(), root, "{what}: two checkpoints disagree");
    }
}

/// How many calls an undisturbed run makes.
fn calls() -> u64 {
    let disk = MemoryDisk::default();
    write(&disk, &mut Told::default()).unwrap();
    disk.calls()
}

#[test]
fn each_call_fails_in_turn_and_the_power_goes_after_it() {
    let all = calls();
    let mut failed = 0;
    for call in 0..all {
        for unsynced in [Unsynced::Lost, Unsynced::Torn, Unsynced::Kept] {
            for fault in [ErrorKind::Other, ErrorKind::StorageFull] {
                let (disk, mut told) = (MemoryDisk::default(), Told::default());
                disk.fail([call], fault);
                failed += usize::from(write(&disk, &mut told).is_err());
                disk.power_cut(unsynced);
                holds(&disk, &mut told, &format!("call {call} of {all} failed, {unsynced:?}"));
            }
        }
    }
    assert!(failed as u64 > all * 5, "only {failed} of {} runs failed", all * 6);
}

#[test]
fn each_pair_of_calls_fails_with_the_log_opened_again_in_between() {
    let all = calls();
    // All pairs near each other, and a grid of those further apart.
    let far = (0..all).step_by(7).flat_map(|one| (one..all).step_by(11).map(move |two| (one, two)));
    let near = (0..all).flat_map(|one| (one + 1..one + 12).map(move |two| (one, two)));
    for (one, two) in near.chain(far) {
        let (disk, mut told) = (MemoryDisk::default(), Told::default());
        disk.fail([one, two], ErrorKind::Other);
        // Whoever runs this tries again once, without a power cut.
        if write(&disk, &mut told).is_err() {
            let _ = write(&disk, &mut told);
        }
        disk.power_cut(Unsynced::Lost);
        holds(&disk, &mut told, &format!("calls {one} and {two} failed"));
    }
}

#[test]
fn the_power_goes_at_each_call() {
    for call in 0..calls() {
        for unsynced in [Unsynced::Lost, Unsynced::Torn, Unsynced::Kept] {
            let (disk, mut told) = (MemoryDisk::default(), Told::default());
            // From this call on nothing works any more.
            disk.fail(call..call + 10_000, ErrorKind::Other);
            let _ = write(&disk, &mut told);
            disk.power_cut(unsynced);
            holds(&disk, &mut told, &format!("power cut at call {call}, {unsynced:?}"));
        }
    }
}

#[test]
fn calls_fail_while_many_files_are_written_at_the_same_time() {
    // Nine tiles and as many bundles: several threads write them.
    let batches = [200, 2_200];
    let disk = MemoryDisk::default();
    write_all(&disk, &mut Told::default(), &batches).unwrap();
    for call in (0..disk.calls()).step_by(9) {
        let (disk, mut told) = (MemoryDisk::default(), Told::default());
        disk.fail([call, call + 9], ErrorKind::Other);
        if write_all(&disk, &mut told, &batches).is_err() {
            let _ = write_all(&disk, &mut told, &batches);
        }
        disk.power_cut(Unsynced::Lost);
        holds(&disk, &mut told, &format!("calls {call} and {} failed", call + 9));
    }
}

#[test]
fn a_full_disk_is_seen_before_anything_is_promised() {
    let (disk, mut told) = (MemoryDisk::default(), Told::default());
    write(&disk, &mut told).unwrap();
    disk.fill(true);
    let writer = open(&disk).unwrap().writer;
    let refused = writer.admit(9_999, Vec::new(), entries(0, 1)).err().unwrap();
    assert!(matches!(refused, Refusal::NoRoom { .. }), "{refused}");
    assert!(refused.to_string().contains("free some space"), "{refused}");
    disk.fill(false);
    assert!(writer.admit(9_999, Vec::new(), entries(0, 1)).is_ok());
}
