//! Adding, withdrawing, merging, crashing and opening again, against a model.

use crate::made::{Home, Numbers, ask, brute, radius};
use proptest::prelude::*;
use std::collections::BTreeSet;
use writ_hamming::{Change, Code, Entry, Index, Limits, Radius, StoreError};

#[derive(Debug, Clone)]
enum Step {
    Apply(Vec<Change>),
    Merge,
    /// The process ends without a word, and the caller applies its log again from the mark on.
    Crash,
    Ask(Code, u8),
}

/// Few bits, ids and groups, so that steps meet.
fn code() -> impl Strategy<Value = Code> {
    (0_u64..16, 0_u64..4, any::<bool>())
        .prop_map(|(a, b, far)| Code::from_words([a << 50, b, 0, if far { u64::MAX } else { 0 }]))
}

fn change() -> impl Strategy<Value = Change> {
    let entry =
        (0_u64..40, code(), 0_u16..3).prop_map(|(id, code, group)| Entry { id, code, group });
    prop_oneof![4 => entry.prop_map(Change::Add), 1 => (0_u64..40).prop_map(Change::Withdraw)]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => prop::collection::vec(change(), 1..30).prop_map(Step::Apply),
        1 => prop::collection::vec(change(), 500..1200).prop_map(Step::Apply),
        3 => Just(Step::Merge),
        1 => Just(Step::Crash),
        6 => (code(), 0_u8..=63).prop_map(|(code, radius)| Step::Ask(code, radius)),
    ]
}

fn apply_to_model(model: &mut BTreeSet<Entry>, changes: &[Change]) {
    for change in changes {
        match change {
            Change::Add(entry) => {
                model.insert(*entry);
            }
            Change::Withdraw(id) => model.retain(|entry| entry.id != *id),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_index_holds_what_the_model_holds(
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let mut home = Home::new();
        let mut model = BTreeSet::new();
        let mut log: Vec<Vec<Change>> = Vec::new();
        for step in steps {
            match step {
                Step::Apply(changes) => {
                    apply_to_model(&mut model, &changes);
                    log.push(changes);
                    home.index.apply(&log[log.len() - 1], log.len() as u64);
                }
                Step::Merge => {
                    let merged = home.index.merge().unwrap();
                    prop_assert_eq!(merged.mark, log.len() as u64);
                    prop_assert_eq!(home.index.snapshot().unmerged(), 0);
                }
                Step::Crash => {
                    home = home.reopened();
                    let mark = home.index.mark();
                    for (changes, number) in log.iter().zip(1..).skip(mark as usize) {
                        home.index.apply(changes, number);
                    }
                }
                Step::Ask(code, bits) => {
                    let limits = Limits::all(radius(bits)).without(2);
                    let answer = ask(&home.index.snapshot(), code, &limits, 12);
                    prop_assert_eq!(answer, brute(&model, code, &limits, 12));
                }
            }
            prop_assert_eq!(home.index.snapshot().entries(), model.len() as u64);
        }
    }
}

fn entry(id: u64) -> Entry {
    Entry { id, code: Numbers(id).code(), group: 0 }
}

fn holds(index: &Index, id: u64) -> bool {
    let limits = Limits::all(Radius::DEFAULT);
    let answer = ask(&index.snapshot(), entry(id).code, &limits, 9);
    answer.hits.iter().any(|hit| hit.id == id)
}

#[test]
fn what_was_merged_is_there_after_opening_and_what_was_not_is_not() {
    let home = Home::new();
    for id in 1..=40 {
        home.index.add(entry(id), id);
    }
    home.index.merge().unwrap();
    home.index.withdraw(7, 41);
    home.index.merge().unwrap();
    home.index.withdraw(8, 42);
    home.index.add(entry(43), 43);
    let home = home.reopened();
    assert_eq!(home.index.mark(), 41);
    assert_eq!([6, 7, 8, 43].map(|id| holds(&home.index, id)), [true, false, true, false]);
}

#[test]
fn what_is_withdrawn_and_added_again_is_there_once() {
    let home = Home::new();
    for round in 0..4 {
        home.index.add(entry(5), 1);
        assert!(holds(&home.index, 5), "{round}");
        if round % 2 == 0 {
            home.index.merge().unwrap();
        }
        home.index.withdraw(5, 2);
        assert!(!holds(&home.index, 5), "{round}");
        assert_eq!(home.index.snapshot().entries(), 0);
    }
    home.index.merge().unwrap();
    assert_eq!(home.index.snapshot().unmerged(), 0);
    home.index.add(entry(5), 3);
    assert_eq!(home.reopened().index.snapshot().entries(), 0);
}

#[test]
fn segments_stay_few() {
    let home = Home::new();
    for round in 0..60_u64 {
        let ids = round * 100..(round + 1) * 100;
        home.index.apply(&ids.map(|id| Change::Add(entry(id))).collect::<Vec<_>>(), round);
        home.index.merge().unwrap();
    }
    let files = std::fs::read_dir(home.folder.path()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let segments = names.filter(|name| name.starts_with("segment-")).count();
    assert!(segments <= 6, "{segments}");
    assert_eq!(home.index.snapshot().entries(), 6_000);
}

#[test]
fn only_ordered_entries_as_many_as_said_are_loaded_and_only_into_an_empty_index() {
    let load = |said, ids: &[u64]| {
        let home = Home::new();
        let done = home.index.load(said, ids.iter().map(|id| entry(*id)), 9);
        let entries = home.index.snapshot().entries();
        (done.map_err(|error| error.to_string()), entries, home.reopened().index.mark())
    };
    assert_eq!(load(3, &[1, 2, 5]), (Ok(()), 3, 9));
    assert_eq!(load(0, &[]), (Ok(()), 0, 9));
    let order = "entry 2 does not come after the one before it in order of id, code and group";
    assert_eq!(load(3, &[1, 2, 2]), (Err(order.to_owned()), 0, 0));
    for ids in [&[1, 2][..], &[1, 2, 3, 4]] {
        let count = "3 entries were announced, and another number came";
        assert_eq!(load(3, ids), (Err(count.to_owned()), 0, 0));
    }
    let home = Home::loaded(&[entry(1)]);
    let again = home.index.load(1, [entry(2)], 2);
    assert!(matches!(again, Err(StoreError::NotEmpty)));
}
