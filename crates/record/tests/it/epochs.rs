//! A record: so many leaves in each epoch whatever happened, each event in it once, and totals that are its sum.

use crate::disk::{MemoryDisk, Unsynced};
use crate::setup::{ORIGIN, key, places, stranger_reads};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::sync::Arc;
use writ_audit::proof_path;
use writ_record::{Event, Record, RecordError, Sealer};
use writ_tally::{Bases, Body, Content, Entry, Genesis, Leaf, Schema, Width};

const START: u64 = 1_767_225_600;
const DAY: u64 = 86_400;

fn genesis() -> Genesis {
    Genesis {
        epoch_seconds: DAY as u32,
        leaves_per_epoch: 8,
        origin: ORIGIN.to_owned(),
        schema: Schema::v1().unwrap().digest(),
        start: START,
    }
}

fn open(disk: &MemoryDisk) -> Result<Record<MemoryDisk>, RecordError> {
    Ok(Record::open(disk.clone(), places(), key(), sealer(genesis()))?.0)
}

fn sealer(genesis: Genesis) -> Arc<Sealer> {
    Arc::new(Sealer::new([9; 32], Bases::new(Schema::v1().unwrap()), genesis))
}

fn event(number: u64) -> Event {
    let schema = Schema::v1().unwrap();
    let row = schema.row("received", "eu/traffic").unwrap();
    Event {
        stream: format!("C-{number}"),
        sequence: 1,
        text: format!(r#"{{"case":"C-{number}"}}"#),
        rows: vec![row, 0, 0],
    }
}

/// Closes the next epoch with these events.
fn close(record: Record<MemoryDisk>, events: &[Event], cursor: u64) -> Record<MemoryDisk> {
    let end = record.sealer().end_of(record.next_epoch());
    let closing = record.fill(end, events, cursor).unwrap();
    let record = record.close(closing).unwrap();
    record
        .with(|writer| {
            let writer = writer.sign()?;
            let signed = writer.signed().unwrap().clone();
            writer.publish(&signed)
        })
        .unwrap()
}

fn leaves(disk: &MemoryDisk) -> Vec<Leaf> {
    let schema = Schema::v1().unwrap();
    let (entries, _) = stranger_reads(disk, &[]).unwrap();
    entries.iter().map(|entry| Leaf::parse(&schema, entry).unwrap()).collect()
}

fn sealed(leaf: &Leaf) -> Option<&Body> {
    match &leaf.content {
        Content::Sealed(body) => Some(body),
        _ => None,
    }
}

#[test]
fn an_epoch_has_its_number_of_leaves_whatever_happened() {
    let disk = MemoryDisk::default();
    let mut record = open(&disk).unwrap();
    for events in [vec![], (0..3).map(event).collect(), (3..11).map(event).collect::<Vec<_>>()] {
        record = close(record, &events, 0);
    }
    let leaves = leaves(&disk);
    assert_eq!(leaves.len(), 1 + 3 * 8);
    assert!(matches!(&leaves[0].content, Content::Genesis(begun) if *begun == genesis()));
    for epoch in 0..3 {
        assert_eq!(
            leaves.iter().filter(|leaf| leaf.epoch == epoch && sealed(leaf).is_some()).count(),
            8
        );
    }
    let bodies: BTreeSet<_> = leaves.iter().filter_map(sealed).map(Body::digest).collect();
    assert_eq!(bodies.len(), 24);
}

#[test]
fn more_events_than_an_epoch_takes_wait_for_the_next() {
    let disk = MemoryDisk::default();
    let record = open(&disk).unwrap();
    let events: Vec<_> = (0..10).map(event).collect();
    let record = close(record, &events, 8);
    assert_eq!(record.cursor(), 8);
    assert!(record.place("C-7", 1).is_some());
    assert!(record.place("C-8", 1).is_none());
}

#[test]
fn the_body_promised_is_the_body_logged_and_its_place_survives() {
    let disk = MemoryDisk::default();
    let record = open(&disk).unwrap();
    let promised = record.sealer().body(&event(1)).unwrap();
    drop(close(record, &[event(0), event(1)], 5));
    let record = open(&disk).unwrap();
    assert_eq!((record.cursor(), record.next_epoch()), (5, 1));
    let index = record.place("C-1", 1).unwrap();
    assert_eq!(sealed(&leaves(&disk)[index as usize]), Some(&promised));
    assert_eq!(record.event_at(index), Some((0, &event(1))));
    assert_eq!(record.event_at(0), None);
}

#[test]
fn the_order_in_an_epoch_does_not_follow_the_order_of_events() {
    let disk = MemoryDisk::default();
    let mut record = open(&disk).unwrap();
    let mut first_places = BTreeSet::new();
    for epoch in 0..12 {
        record = close(record, &[event(epoch)], epoch);
        first_places.insert((record.place(&format!("C-{epoch}"), 1).unwrap() - 1) % 8);
    }
    assert!(first_places.len() > 3, "the first event of an epoch is always at {first_places:?}");
}

#[test]
fn every_leaf_is_proven_to_count_once_and_the_totals_are_the_sum() {
    let disk = MemoryDisk::default();
    let record = close(open(&disk).unwrap(), &[event(0), event(1), event(2)], 0);
    let record = close(record, &[event(3)], 0);
    let (totals, _) = record.totals(0, 2, Width::TwoHundredFifty).unwrap();
    let bases = Bases::new(Schema::v1().unwrap());
    let mut proofs = Vec::new();
    for epoch in 0..2 {
        proofs.extend(disk.get(&places().published.join(proof_path(epoch))).unwrap());
    }
    let proofs = proofs.chunks_exact(bases.proof_len());
    let leaves = leaves(&disk);
    let sealed =
        (0..).zip(&leaves).filter_map(|(index, leaf)| Some((index, sealed(leaf)?.clone())));
    let entries = sealed.zip(proofs).map(|((index, body), proof)| Entry {
        index,
        body,
        proof: proof.to_vec(),
    });
    let sum = bases.verify_all(ORIGIN, entries).unwrap();
    assert_eq!(sum.leaves(), 16);
    totals.verify(&bases, ORIGIN, totals.period(), &sum).unwrap();
    assert_eq!(totals.exact("received", "eu/traffic"), Some(4));
}

#[test]
fn proofs_that_are_gone_are_made_again() {
    let disk = MemoryDisk::default();
    drop(close(open(&disk).unwrap(), &[event(0)], 0));
    let path = places().published.join(proof_path(0));
    let before = disk.take(&path).unwrap();
    open(&disk).unwrap();
    assert_eq!(disk.get(&path).unwrap(), before);
}

#[test]
fn a_record_keeps_the_terms_it_was_begun_with() {
    let disk = MemoryDisk::default();
    drop(open(&disk).unwrap());
    let other = Genesis { leaves_per_epoch: 9, ..genesis() };
    let error = Record::open(disk, places(), key(), sealer(other)).err().unwrap();
    assert!(matches!(error, RecordError::OtherTerms { .. }), "{error}");
    assert!(error.to_string().contains("8 leaves"), "{error}");
}

#[test]
fn a_deadline_follows_from_what_waits_and_too_much_gets_none() {
    let sealer = sealer(genesis());
    assert_eq!(sealer.deadline(START + 5, 0, 0).unwrap(), START + 2 * DAY);
    assert_eq!(sealer.deadline(START + 5, 0, 8).unwrap(), START + 3 * DAY);
    assert_eq!(sealer.deadline(START + 3 * DAY, 0, 0).unwrap(), START + 5 * DAY);
    assert_eq!(sealer.deadline(START, 2, 0).unwrap(), START + 4 * DAY);
    let error = sealer.deadline(START, 0, 8 * 7).unwrap_err();
    assert!(error.to_string().contains("nothing is promised"), "{error}");
}

#[test]
fn a_failure_at_any_call_of_closing_loses_no_event_and_doubles_none() {
    let calls = |fail: Option<u64>| {
        let disk = MemoryDisk::default();
        let record = close(open(&disk).unwrap(), &[event(0)], 1);
        let closing = record.fill(START + 2 * DAY, &[event(1), event(2)], 3).unwrap();
        let before = disk.calls();
        disk.fail(fail, ErrorKind::Other);
        let closed = record.close(closing).and_then(|record| record.with(|writer| writer.sign()));
        let calls = disk.calls() - before;
        drop(closed);
        disk.power_cut(Unsynced::Lost);
        (disk, calls)
    };
    for call in 0..calls(None).1 {
        let disk = calls(Some(call)).0;
        let mut record = open(&disk).unwrap();
        if record.cursor() < 3 {
            record = close(record, &[event(1), event(2)], 3);
        }
        let places: BTreeSet<_> =
            (0..3).map(|number| record.place(&format!("C-{number}"), 1).unwrap()).collect();
        assert_eq!((places.len(), record.writer().size()), (3, 17), "call {call}");
    }
}

#[test]
fn totals_are_published_once_for_each_epoch_and_only_when_it_is_over() {
    let disk = MemoryDisk::default();
    let record = close(close(open(&disk).unwrap(), &[event(0)], 0), &[], 0);
    let error = record.totals(0, 3, Width::FiveHundred).err().unwrap();
    assert!(error.to_string().contains("0 to before 2 are closed"), "{error}");
    let now = START + 3 * DAY;
    let (record, totals) = record.publish_totals(now, 0, 1, Width::FiveHundred).unwrap();
    assert_eq!(totals.exact("received", "eu/traffic"), Some(1));
    drop(record);
    let record = open(&disk).unwrap();
    let error = record.totals(0, 2, Width::FiveHundred).err().unwrap();
    assert!(error.to_string().contains("choose a period that begins at 1"), "{error}");
    assert!(record.totals(1, 2, Width::FiveHundred).is_ok());
}

#[test]
fn a_leaf_is_revealed_and_that_is_not_forgotten() {
    let disk = MemoryDisk::default();
    let record = close(open(&disk).unwrap(), &[event(0)], 0);
    let index = record.place("C-0", 1).unwrap();
    let record = record.reveal(START + 2 * DAY, "C-0", 1).unwrap();
    assert!(record.is_revealed("C-0", 1) && !record.is_revealed("C-1", 1));
    drop(close(record, &[], 0));
    assert!(open(&disk).unwrap().is_revealed("C-0", 1));
    let revealed = leaves(&disk).into_iter().find_map(|leaf| match leaf.content {
        Content::Reveal(reveal) => Some((reveal.index, reveal.opening.event().to_owned())),
        _ => None,
    });
    assert_eq!(revealed, Some((index, event(0).text)));
    let error = open(&disk).unwrap().reveal(START + 9 * DAY, "C-7", 1).err().unwrap();
    assert!(error.to_string().contains("is not in the record"), "{error}");
}
