//! Measures an audit: `measure opaque 1000000`, or `measure record 100000`; the log is made in memory first.
//!
//! A record has 64 leaves an epoch under the first schema, and totals of every hundred epochs.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "an example that measures, not a part of Writ"
)]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::error::Error;
use std::time::Instant;
use writ_audit::{Entries, Expected, audit, proof_path, totals_path};
use writ_tally::{
    Bases, Body, Content, Counted, Genesis, Leaf, Opening, Period, Published, Schema, Totals, Width,
};
use writ_tlog::{
    Checkpoint, Frontier, Hash, Policy, Signer, append_entry, new_bundles, new_tiles, root_of,
};

const ORIGIN: &str = "record.meridian.example/1";
const LEAVES: u32 = 64;

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;
type Files = BTreeMap<String, Vec<u8>>;

fn main() -> Fallible<()> {
    let mut args = std::env::args().skip(1);
    let kind = args.next().unwrap_or_default();
    let count: u64 = args.next().unwrap_or_default().parse()?;
    let bases = Bases::new(Schema::v1()?);
    let mut files = Files::new();
    let entries: Vec<Vec<u8>> = match kind.as_str() {
        "opaque" => (0..count).map(|n| n.to_be_bytes().repeat(16)).collect(),
        "record" => record(&bases, count, &mut files)?,
        _ => return Err("say `opaque` or `record`, and how many".into()),
    };
    let signer = Signer::from_seed(ORIGIN.parse()?, &[7; 32]);
    log(&entries, &signer, &mut files)?;
    let bytes: usize = files.values().map(Vec::len).sum();
    println!("{} entries, {} files, {bytes} bytes", entries.len(), files.len());
    drop(entries);
    let policy = Policy::parse(format!("log {}\nquorum none\n", signer.key()).as_bytes())?;
    let mut modes = vec![("tiles and entries", Entries::Opaque)];
    if kind == "record" {
        modes.push((
            "without proofs",
            Entries::Record { bases: &bases, proofs: false, report: None },
        ));
        modes.push(("with proofs", Entries::Record { bases: &bases, proofs: true, report: None }));
    }
    for (name, entries) in modes {
        for threads in [1, 2] {
            let (since, now) = (None, None);
            let expected = Expected { policy: &policy, entries, since, now };
            let read = |path: &str, _: usize| Ok::<_, Infallible>(files.get(path).cloned());
            let (start, used) = (Instant::now(), processor_seconds());
            let verdict = audit(&read, &expected, threads, |_| ())?;
            let (wall, used) = (start.elapsed().as_secs_f64(), processor_seconds() - used);
            println!("{name}, {threads} threads: {wall:.2} s, {used:.2} s of processor; {verdict}");
        }
    }
    Ok(())
}

/// What this process has used; 0 where the system does not tell.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks =
        after_name.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

fn record(bases: &Bases, sealed: u64, files: &mut Files) -> Fallible<Vec<Vec<u8>>> {
    let schema = bases.schema();
    let genesis = Genesis {
        epoch_seconds: 86_400,
        leaves_per_epoch: LEAVES,
        origin: ORIGIN.to_owned(),
        schema: schema.digest(),
        start: 0,
    };
    let mut entries = vec![Leaf { epoch: 0, content: Content::Genesis(genesis) }.to_bytes()?];
    let (mut counted, mut from) = (Counted::new(schema), 1);
    let epochs = u32::try_from(sealed / u64::from(LEAVES))?;
    for first in (0..epochs).step_by(100) {
        let numbers: Vec<u32> = (first..epochs.min(first + 100)).collect();
        for (number, (leaves, proofs, openings)) in numbers.iter().zip(made(bases, &numbers)?) {
            entries.extend(leaves);
            files.insert(proof_path(*number), proofs);
            openings.iter().try_for_each(|opening| counted.add(opening))?;
        }
        let period = Period { from, to: entries.len() as u64 };
        let totals = Totals::prove(bases, ORIGIN, period, Width::FiveHundred, &counted, &[1; 32])?;
        files.insert(totals_path(period), totals.to_json());
        let published = Published { digest: totals.digest(), from, to: period.to };
        let epoch = numbers.last().copied().unwrap_or_default();
        entries.push(Leaf { epoch, content: Content::Published(published) }.to_bytes()?);
        (counted, from) = (Counted::new(schema), period.to + 1);
        eprintln!("{} of {epochs} epochs are made", epoch + 1);
    }
    Ok(entries)
}

/// The leaves of an epoch, their proofs and their openings.
type Epoch = (Vec<Vec<u8>>, Vec<u8>, Vec<Opening>);

/// These epochs, made by two threads.
fn made(bases: &Bases, numbers: &[u32]) -> Fallible<Vec<Epoch>> {
    let (first, second) = numbers.split_at(numbers.len() / 2);
    let make = |numbers: &[u32]| -> Fallible<Vec<Epoch>> {
        numbers.iter().map(|number| epoch(bases, *number)).collect()
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(move || make(first));
        let second = make(second)?;
        let first = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok(first.into_iter().chain(second).collect())
    })
}

fn epoch(bases: &Bases, epoch: u32) -> Fallible<Epoch> {
    let (mut leaves, mut proofs, mut openings) = (Vec::new(), Vec::new(), Vec::new());
    for place in 0..LEAVES {
        let number = (u64::from(epoch) << 32 | u64::from(place)).to_be_bytes();
        let secret: [u8; 32] = std::array::from_fn(|at| number[at % 8]);
        let opening = match u8::try_from(place) {
            Ok(row @ 1..=8) => Opening::new(bases.schema(), "{}", &[row, 0, 1], &secret)?,
            _ => Opening::decoy(bases.schema(), &secret),
        };
        let body = Body::seal(bases, &opening)?;
        proofs.extend(bases.prove(ORIGIN, &body, &opening, &secret)?);
        leaves.push(Leaf { epoch, content: Content::Sealed(body) }.to_bytes()?);
        openings.push(opening);
    }
    Ok((leaves, proofs, openings))
}

fn log(entries: &[Vec<u8>], signer: &Signer, files: &mut Files) -> Fallible<()> {
    let size = entries.len() as u64;
    let mut levels: Vec<Vec<Hash>> =
        vec![entries.iter().map(|entry| Hash::of_leaf(entry)).collect()];
    let mut tree = Frontier::default();
    levels.iter().flatten().for_each(|leaf| tree.append(*leaf));
    while let Some(last) = levels.last().filter(|last| last.len() >= 256) {
        levels.push(last.chunks_exact(256).map(root_of).collect());
    }
    for tile in new_tiles(0, size) {
        let start = tile.index() as usize * 256;
        let level = levels.get(usize::from(tile.level())).ok_or("no such level")?;
        let hashes = level.get(start..start + usize::from(tile.width())).ok_or("no such tile")?;
        files.insert(tile.to_string(), hashes.iter().flat_map(|hash| hash.0).collect());
    }
    for bundle in new_bundles(0, size) {
        let start = bundle.index() as usize * 256;
        let mut bytes = Vec::new();
        for entry in entries.iter().skip(start).take(usize::from(bundle.width())) {
            append_entry(&mut bytes, entry)?;
        }
        files.insert(bundle.to_string(), bytes);
    }
    let signed = Checkpoint::new(ORIGIN, size, tree.root())?.sign(signer)?;
    files.insert("checkpoint".to_owned(), signed.note().to_string().into_bytes());
    Ok(())
}
