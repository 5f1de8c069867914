//! What committing, proving, checking and adding up cost, in processor time. `cargo run --release -p writ-tally --example counted`

#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "a measurement reads the processor's clock and may stop at a fault"
)]

use writ_tally::{Bases, Body, Counted, Entry, Opening, Period, Schema, Sum, Totals, Width};

const ORIGIN: &str = "log.example/record";

fn main() {
    println!("processor time of one thread");
    println!();
    println!("| rows | commit | prove | verify one | verify in batch of 512 | proof bytes |");
    println!("|---|---|---|---|---|---|");
    for rows in [8, 16, 32] {
        one_table(&Bases::new(schema(rows)), rows);
    }
    println!();
    let bases = Bases::new(Schema::v1().expect("the first schema"));
    first_schema(&bases);
    many_commitments(&Bases::new(schema(32)));
    for banded in [1, 31] {
        totals(banded);
    }
}

fn one_table(bases: &Bases, rows: u8) {
    let openings: Vec<Opening> = (0..512u64)
        .map(|n| {
            let row = (n % u64::from(rows)) as u8;
            Opening::new(bases.schema(), "{}", &[row], &secret(n)).expect("an opening")
        })
        .collect();
    let (commit, bodies) = timed(|| seal(bases, &openings));
    let (prove, entries) = timed(|| prove(bases, &openings, &bodies));
    let (one, ()) = timed(|| {
        for entry in &entries {
            bases.verify(ORIGIN, &entry.body, &entry.proof).expect("a proof that holds");
        }
    });
    let (batch, ()) = timed(|| bases.verify_chunk(ORIGIN, &entries).expect("proofs that hold"));
    println!(
        "| {rows} | {:.1} µs | {:.3} ms | {:.3} ms | {:.3} ms | {} |",
        commit / 512.0 * 1e6,
        prove / 512.0 * 1e3,
        one / 512.0 * 1e3,
        batch / 512.0 * 1e3,
        bases.proof_len()
    );
}

fn first_schema(bases: &Bases) {
    let openings: Vec<Opening> = (0..512u64)
        .map(|n| {
            let rows = [(n % 31) as u8, (n % 15) as u8, (n % 11) as u8];
            Opening::new(bases.schema(), "{}", &rows, &secret(n)).expect("an opening")
        })
        .collect();
    let (commit, bodies) = timed(|| seal(bases, &openings));
    let (prove, entries) = timed(|| prove(bases, &openings, &bodies));
    let (batch, ()) = timed(|| bases.verify_chunk(ORIGIN, &entries).expect("proofs that hold"));
    println!(
        "first schema (31, 15 and 11 rows), a leaf: seal {:.3} ms, prove {:.3} ms, verify in batch {:.3} ms; \
         leaf {} bytes, proof {} bytes",
        commit / 512.0 * 1e3,
        prove / 512.0 * 1e3,
        batch / 512.0 * 1e3,
        writ_tally::Leaf::sealed_len(bases.schema()),
        bases.proof_len()
    );
}

fn many_commitments(bases: &Bases) {
    let openings: Vec<Opening> =
        (0..1000).map(|n| Opening::decoy(bases.schema(), &secret(n))).collect();
    let stored: Vec<Vec<u8>> = seal(bases, &openings).iter().map(Body::to_bytes).collect();
    let (time, sum) = timed(|| {
        let mut sum = Sum::new(bases.schema());
        for n in 0..100_000 {
            let body = Body::parse(bases.schema(), &stored[n % 1000]).expect("a body");
            sum.add(&body).expect("one schema");
        }
        sum
    });
    println!("reading and adding {} bodies of one table: {time:.3} s", sum.leaves());
}

fn totals(banded: usize) {
    let rows: Vec<String> = (1..32).map(|n| format!("r{n}")).collect();
    let text = format!(
        "name = \"m\"\nversion = 1\n[[table]]\nname = \"t\"\nrows = [\"nothing\", {}]\nbanded = [{}]",
        quoted(&rows),
        quoted(&rows[..banded])
    );
    let bases = Bases::new(Schema::parse(&text).expect("a schema"));
    let openings: Vec<Opening> = (0..320u64)
        .map(|n| {
            Opening::new(bases.schema(), "", &[(n % 32) as u8], &secret(n)).expect("an opening")
        })
        .collect();
    let (mut counted, mut sum) = (Counted::new(bases.schema()), Sum::new(bases.schema()));
    for (opening, body) in openings.iter().zip(seal(&bases, &openings)) {
        counted.add(opening).expect("one schema");
        sum.add(&body).expect("one schema");
    }
    let period = Period { from: 0, to: 320 };
    let (prove, totals) = timed(|| {
        Totals::prove(&bases, ORIGIN, period, Width::FiveHundred, &counted, &secret(0))
            .expect("totals")
    });
    let (verify, ()) = timed(|| totals.verify(&bases, ORIGIN, period, &sum).expect("right totals"));
    println!(
        "totals of 32 rows, {banded} banded and row 0 hidden: prove {:.0} ms, verify {:.0} ms, {} bytes of JSON",
        prove * 1e3,
        verify * 1e3,
        totals.to_json().len()
    );
}

fn seal(bases: &Bases, openings: &[Opening]) -> Vec<Body> {
    openings.iter().map(|opening| Body::seal(bases, opening).expect("one schema")).collect()
}

fn prove(bases: &Bases, openings: &[Opening], bodies: &[Body]) -> Vec<Entry> {
    (0..)
        .zip(openings.iter().zip(bodies))
        .map(|(index, (opening, body))| {
            let proof = bases.prove(ORIGIN, body, opening, &secret(index)).expect("a proof");
            Entry { index, body: body.clone(), proof }
        })
        .collect()
}

fn schema(rows: u8) -> Schema {
    let names: Vec<String> = (1..rows).map(|n| format!("r{n}")).collect();
    let text = format!(
        "name = \"m\"\nversion = 1\n[[table]]\nname = \"t\"\nrows = [\"nothing\", {}]",
        quoted(&names)
    );
    Schema::parse(&text).expect("a schema")
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

fn secret(n: u64) -> [u8; 32] {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&n.to_le_bytes());
    bytes
}

/// Seconds of processor time that `work` took, and what it gave.
fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let before = on_processor();
    let result = work();
    (on_processor() - before, result)
}

/// Seconds that this thread has been on a processor (Linux; nanoseconds in the first field).
fn on_processor() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    let nanoseconds: f64 = stat.split(' ').next().and_then(|n| n.parse().ok()).expect("a number");
    nanoseconds / 1e9
}
