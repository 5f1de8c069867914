//! Nothing is missed and nothing is made up, however codes are spread.

use crate::made::{Home, Numbers, SPREADS, Spread, ask, brute, codes, entries, radius};
use std::ops::ControlFlow;
use writ_hamming::{Change, Code, Entry, Limits, Query, Radius};

/// Codes to ask for: some held, some moved by 0 to 70 bits, some far from all.
fn asked(held: &[Code], count: u64, seed: u64) -> Vec<Code> {
    let mut numbers = Numbers(seed);
    let one = |at: u64| {
        let near = held[numbers.below(held.len() as u64) as usize];
        if at % 9 == 8 { numbers.code() } else { numbers.moved(near, at * 7 % 71) }
    };
    (0..count).map(one).collect()
}

#[test]
fn every_spread_radius_and_size_is_answered_as_by_brute_force() {
    for spread in SPREADS {
        for (count, questions) in [(1, 9), (70, 40), (6_000, 120), (40_000, 60)] {
            let held = codes(spread, count, 1);
            let entries = entries(&held);
            let home = Home::loaded(&entries);
            let snapshot = home.index.snapshot();
            let wide = [0, 1, 7, 16, 31, 32, 40, 63];
            for (code, bits) in asked(&held, questions, 2).into_iter().zip(wide.into_iter().cycle())
            {
                let limits = Limits::all(radius(bits));
                let truth = brute(&entries, code, &limits, 50);
                let answer = ask(&snapshot, code, &limits, 50);
                assert_eq!(answer, truth, "{spread:?}, {count} codes, radius {bits}");
            }
        }
    }
}

#[test]
fn each_distance_up_to_the_radius_is_found_and_none_beyond() {
    let mut entries = entries(&codes(Spread::Even, 30_000, 3));
    let mut numbers = Numbers(4);
    let code = numbers.code();
    for bits in 0..=64 {
        for (entry, _) in entries[bits * 400..].iter_mut().zip(0..20) {
            entry.code = numbers.moved(code, bits as u64);
        }
    }
    let home = Home::loaded(&entries);
    let snapshot = home.index.snapshot();
    for bits in 0..=63 {
        let limits = Limits::all(radius(bits));
        let answer = ask(&snapshot, code, &limits, 5_000);
        assert_eq!(answer.total, 20 * (u64::from(bits) + 1));
        assert_eq!(answer, brute(&entries, code, &limits, 5_000));
    }
}

#[test]
fn each_group_has_its_own_limit() {
    let held = codes(Spread::Scenes, 9_000, 5);
    let entries = entries(&held);
    let home = Home::loaded(&entries);
    let snapshot = home.index.snapshot();
    let limits = [
        Limits::none(),
        Limits::none().with(1, radius(0)),
        Limits::all(radius(6)).without(2).with(0, radius(14)),
        Limits::all(radius(50)).with(1, radius(3)).with(9, radius(63)),
    ];
    for limits in limits {
        for code in asked(&held, 30, 6) {
            assert_eq!(ask(&snapshot, code, &limits, 7), brute(&entries, code, &limits, 7));
        }
    }
}

#[test]
fn an_id_with_many_codes_and_a_code_with_many_ids_are_all_told() {
    let home = Home::new();
    let code = Numbers(7).code();
    let near = Numbers(8).moved(code, 3);
    let all = [(4, near, 0), (4, code, 0), (4, code, 1), (9, code, 0)];
    let all = all.map(|(id, code, group)| Entry { id, code, group });
    let changes: Vec<Change> = all.iter().chain(&all).map(|entry| Change::Add(*entry)).collect();
    home.index.apply(&changes, 1);
    let limits = Limits::all(Radius::DEFAULT);
    for _ in 0..2 {
        let answer = ask(&home.index.snapshot(), code, &limits, 10);
        assert_eq!(answer, brute(&all, code, &limits, 10));
        assert_eq!(answer.total, 4, "the same entry is held once");
        home.index.merge().unwrap();
        home.index.apply(&changes, 2);
    }
}

#[test]
fn a_hundred_thousand_near_duplicates_are_counted_and_streamed() {
    let mut held = codes(Spread::Even, 150_000, 9);
    let mut numbers = Numbers(10);
    let code = numbers.code();
    for one in &mut held[20_000..120_000] {
        let bits = numbers.below(12);
        *one = numbers.moved(code, bits);
    }
    let entries = entries(&held);
    let home = Home::loaded(&entries);
    let limits = Limits::all(Radius::DEFAULT);
    let answer = ask(&home.index.snapshot(), code, &limits, 100);
    assert_eq!(answer, brute(&entries, code, &limits, 100));
    assert_eq!((answer.total, answer.hits.len()), (100_000, 100));
    let mut seen = 0;
    let stopped = home.index.snapshot().visit(&Query { code, limits: &limits }, |_| {
        seen += 1;
        if seen == 10 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(stopped.is_break() && seen == 10, "the visitor says when it is enough");
}

#[test]
fn many_queries_at_once_are_answered_as_one_by_one() {
    for spread in SPREADS {
        let held = codes(spread, 20_000, 11);
        let home = Home::loaded(&entries(&held[..19_000]));
        let later = held[19_000..].iter().zip(50_000..);
        let later = later.map(|(code, id)| Change::Add(Entry { id, code: *code, group: 0 }));
        home.index.apply(&later.collect::<Vec<_>>(), 2);
        let limits =
            [Limits::all(Radius::DEFAULT), Limits::none(), Limits::all(radius(9)).without(1)];
        let codes = asked(&held, 300, 12);
        let queries = codes.iter().zip(limits.iter().cycle());
        let queries: Vec<Query<'_>> =
            queries.map(|(code, limits)| Query { code: *code, limits }).collect();
        let snapshot = home.index.snapshot();
        let one_by_one: Vec<_> = queries.iter().map(|query| snapshot.search(query, 20)).collect();
        for threads in [0, 1, 2, 5] {
            assert_eq!(snapshot.search_many(&queries, 20, threads), one_by_one, "{spread:?}");
        }
        assert!(snapshot.search_many(&[], 20, 2).is_empty());
    }
}
