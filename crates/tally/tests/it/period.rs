//! A small record to try things on: two tables of one size without bands, and one with a banded row.

use sha2::{Digest, Sha256};
use writ_tally::{
    Bases, Body, Counted, Entry, Opening, Period, Schema, Sum, Totals, TotalsError, Width,
};

pub const ORIGIN: &str = "log.example/record";
pub const WIDTH: Width = Width::TwoHundredFifty;

pub const SCHEMA: &str = r#"
name = "small"
version = 1
[[table]]
name = "left"
rows = ["nothing", "a", "b", "c"]
[[table]]
name = "right"
rows = ["nothing", "a", "b", "c"]
[[table]]
name = "secret"
rows = ["nothing", "open", "banded"]
banded = ["banded"]
"#;

pub fn bases() -> Bases {
    Bases::new(Schema::parse(SCHEMA).unwrap())
}

/// 32 bytes that stand for random ones.
pub fn secret(n: u64) -> [u8; 32] {
    Sha256::digest(n.to_le_bytes()).into()
}

pub fn opening(bases: &Bases, n: u64, rows: &[u8]) -> Opening {
    Opening::new(bases.schema(), &format!(r#"{{"case":{n}}}"#), rows, &secret(n)).unwrap()
}

pub fn entry(bases: &Bases, index: u64, opening: &Opening) -> Entry {
    let body = Body::seal(bases, opening).unwrap();
    let proof = bases.prove(ORIGIN, &body, opening, &secret(index + 1_000_000)).unwrap();
    Entry { index, body, proof }
}

/// Leaves of these rows, logged from index 0.
pub struct Logged {
    pub bases: Bases,
    pub openings: Vec<Opening>,
    pub entries: Vec<Entry>,
}

impl Logged {
    pub fn new(rows: &[[u8; 3]]) -> Logged {
        let bases = bases();
        let openings: Vec<Opening> =
            (0..).zip(rows).map(|(n, rows)| opening(&bases, n, rows)).collect();
        let entries = (0..).zip(&openings).map(|(n, o)| entry(&bases, n, o)).collect();
        Logged { bases, openings, entries }
    }

    pub fn period(&self) -> Period {
        Period { from: 0, to: self.entries.len() as u64 }
    }

    pub fn sum(&self) -> Sum {
        let mut sum = Sum::new(self.bases.schema());
        self.entries.iter().for_each(|entry| sum.add(&entry.body).unwrap());
        sum
    }

    pub fn counted(&self) -> Counted {
        let mut counted = Counted::new(self.bases.schema());
        self.openings.iter().for_each(|opening| counted.add(opening).unwrap());
        counted
    }

    pub fn totals(&self) -> Totals {
        Totals::prove(&self.bases, ORIGIN, self.period(), WIDTH, &self.counted(), &secret(99))
            .unwrap()
    }

    pub fn verify(&self, totals: &Totals) -> Result<(), TotalsError> {
        totals.verify(&self.bases, ORIGIN, self.period(), &self.sum())
    }
}

/// A handful of leaves of every kind, decoys among them.
pub fn usual() -> Logged {
    Logged::new(&[[1, 0, 0], [0, 1, 1], [2, 0, 2], [0, 0, 0], [3, 0, 2], [0, 2, 0], [1, 3, 1]])
}
