//! Look-ups, changes and merges at the same time.

use crate::made::{Home, Numbers};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use writ_hamming::{Change, Entry, Limits, Query, Radius};

fn entry(id: u64) -> Entry {
    Entry { id, code: Numbers(id).code(), group: 0 }
}

#[test]
fn a_look_up_sees_what_was_added_and_withdrawn_before_it_began_while_merges_go_on() {
    const LAST: u64 = 6_000;
    let home = Home::new();
    let index = &home.index;
    // Below `added` all are there, except those below `withdrawn`.
    let (added, withdrawn) = (AtomicU64::new(0), AtomicU64::new(0));
    let done = AtomicBool::new(false);
    let limits = Limits::all(Radius::DEFAULT);
    let there = |id: u64| {
        let query = Query { code: entry(id).code, limits: &limits };
        index.snapshot().search(&query, 4).hits.iter().any(|hit| hit.id == id)
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for id in 0..LAST {
                index.add(entry(id), id);
                added.store(id + 1, Ordering::Release);
                if id % 3 == 2 {
                    index.withdraw(id / 3, id);
                    withdrawn.store(id / 3 + 1, Ordering::Release);
                }
            }
            done.store(true, Ordering::Release);
        });
        scope.spawn(|| {
            while !done.load(Ordering::Acquire) {
                index.merge().unwrap();
            }
        });
        for seed in 0..2 {
            let (there, added, withdrawn, done) = (&there, &added, &withdrawn, &done);
            scope.spawn(move || {
                let mut numbers = Numbers(seed);
                while !done.load(Ordering::Acquire) {
                    let gone = withdrawn.load(Ordering::Acquire);
                    if gone > 0 {
                        let id = numbers.below(gone);
                        assert!(!there(id), "{id} was withdrawn");
                    }
                    let until = added.load(Ordering::Acquire);
                    let id = until.saturating_sub(1 + numbers.below(until.max(1) / 2 + 1));
                    // It may be withdrawn while it is looked for: only then may it be missing.
                    let found = there(id);
                    assert!(
                        found || until == 0 || withdrawn.load(Ordering::Acquire) + 1 >= id,
                        "{id}"
                    );
                }
            });
        }
    });
    index.merge().unwrap();
    assert_eq!(index.snapshot().entries(), LAST - LAST / 3);
    assert!(!there(3) && there(LAST - 1));
}

#[test]
fn a_snapshot_outlives_the_merge_of_what_it_holds() {
    let home = Home::new();
    home.index.apply(&(0..3_000).map(|id| Change::Add(entry(id))).collect::<Vec<_>>(), 1);
    home.index.merge().unwrap();
    let before = home.index.snapshot();
    home.index.apply(&(3_000..9_000).map(|id| Change::Add(entry(id))).collect::<Vec<_>>(), 2);
    home.index.merge().unwrap();
    let limits = Limits::all(Radius::DEFAULT);
    let found = |id: u64| before.search(&Query { code: entry(id).code, limits: &limits }, 1).total;
    assert_eq!((before.entries(), found(2_999), found(3_000)), (3_000, 1, 0));
}
