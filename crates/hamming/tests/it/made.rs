//! Codes made for the tests: spread evenly, in clusters as the frames of a still scene are, and worse.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use writ_hamming::{Answer, Code, Entry, Hit, Index, Limits, Query, Radius, Snapshot};

/// Numbers that look random and are the same in every run (SplitMix64).
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub fn code(&mut self) -> Code {
        Code::from_words([(); 4].map(|()| self.next()))
    }

    /// The code with so many bits turned over, all different.
    pub fn moved(&mut self, code: Code, bits: u64) -> Code {
        let mut turned = BTreeSet::new();
        while (turned.len() as u64) < bits {
            turned.insert(self.below(256) as usize);
        }
        let mut words = code.words();
        turned.iter().for_each(|bit| words[bit / 64] ^= 1 << (bit % 64));
        Code::from_words(words)
    }
}

/// How codes are spread.
#[derive(Debug, Clone, Copy)]
pub enum Spread {
    Even,
    /// Scenes of many frames, each a few bits from the scene's first.
    Scenes,
    /// Half of the bits are the same in all codes.
    HalfConstant,
    /// Only few bits differ at all.
    FewBits,
    AllEqual,
}

pub const SPREADS: [Spread; 5] =
    [Spread::Even, Spread::Scenes, Spread::HalfConstant, Spread::FewBits, Spread::AllEqual];

pub fn codes(spread: Spread, count: usize, seed: u64) -> Vec<Code> {
    let mut numbers = Numbers(seed);
    let mut scene = numbers.code();
    let code = |at: usize| match spread {
        Spread::Even => numbers.code(),
        Spread::Scenes => {
            if at.is_multiple_of(300) {
                scene = numbers.code();
            }
            let bits = numbers.below(9);
            numbers.moved(scene, bits)
        }
        Spread::HalfConstant => {
            let [a, b, c, d] = numbers.code().words();
            Code::from_words([a | u64::MAX << 32, b & 0xffff_ffff, c, d >> 32 << 32])
        }
        Spread::FewBits => Code::from_words([numbers.next() & 0xff, 0, numbers.next() >> 60, 7]),
        Spread::AllEqual => Code::from_words([5, 6, 7, 8]),
    };
    (0..count).map(code).collect()
}

pub fn entries(codes: &[Code]) -> Vec<Entry> {
    codes
        .iter()
        .zip(0..)
        .map(|(code, id)| Entry { id, code: *code, group: (id % 3) as u16 })
        .collect()
}

/// An index in a folder that goes when it does.
pub struct Home {
    pub folder: tempfile::TempDir,
    pub index: Index,
}

impl Home {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let index = Index::open(folder.path(), 2).unwrap();
        Self { folder, index }
    }

    pub fn loaded(entries: &[Entry]) -> Self {
        let home = Self::new();
        home.index.load(entries.len() as u64, entries.iter().copied(), 1).unwrap();
        home
    }

    pub fn reopened(self) -> Self {
        let Self { folder, index } = self;
        drop(index);
        let index = Index::open(folder.path(), 2).unwrap();
        Self { folder, index }
    }
}

pub fn radius(bits: u8) -> Radius {
    Radius::new(bits).unwrap()
}

/// What the answer must be: by looking at every entry.
pub fn brute<'a>(
    entries: impl IntoIterator<Item = &'a Entry>,
    code: Code,
    limits: &Limits,
    limit: usize,
) -> Answer {
    let hits = entries.into_iter().filter_map(|entry| {
        let distance = entry.code.distance(&code);
        let most = limits.of(entry.group)?;
        (distance <= u32::from(most.bits())).then_some(Hit {
            distance: distance as u8,
            id: entry.id,
            group: entry.group,
            code: entry.code,
        })
    });
    let mut hits: Vec<Hit> = hits.collect();
    hits.sort_unstable();
    let total = hits.len() as u64;
    hits.truncate(limit);
    Answer { hits, total }
}

/// Asks in every form and expects the same of each.
pub fn ask(snapshot: &Snapshot, code: Code, limits: &Limits, limit: usize) -> Answer {
    let query = Query { code, limits };
    let answer = snapshot.search(&query, limit);
    let mut all = Vec::new();
    assert!(
        snapshot
            .visit(&query, |hit| {
                all.push(hit);
                ControlFlow::Continue(())
            })
            .is_continue()
    );
    all.sort_unstable();
    assert_eq!(all.len() as u64, answer.total, "visited and counted");
    all.truncate(limit);
    assert_eq!(all, answer.hits, "visited and answered");
    answer
}
