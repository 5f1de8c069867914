//! Measures the writer of a log on a real disk. `bench/record` builds and runs it.
//!
//! `throughput append FOLDER WINDOWS BATCH...` measures durable entries a second by batch, with a checkpoint signed and
//! published once a second, and in turns with it with one after every batch; `throughput fill FOLDER ENTRIES` writes a log,
//! and `throughput open FOLDER` opens it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement may stop at a fault"
)]

use std::path::Path;
use std::time::{Duration, Instant as Clock};
use writ_record::{LocalDisk, Opened, Places, Writer};
use writ_tlog::Signer;

/// The bytes of one entry, and how long one window takes.
const ENTRY: usize = 200;
const WINDOW: Duration = Duration::from_secs(3);

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["append", folder, windows, ref batches @ ..] => {
            let batches: Vec<u64> = batches.iter().map(|batch| batch.parse().unwrap()).collect();
            append(Path::new(folder), windows.parse().unwrap(), &batches);
        }
        ["fill", folder, entries] => fill(Path::new(folder), entries.parse().unwrap()),
        ["open", folder] => open_once(Path::new(folder)),
        _ => eprintln!(
            "say `append FOLDER WINDOWS BATCH...`, `fill FOLDER ENTRIES` or `open FOLDER`"
        ),
    }
}

/// When a checkpoint is signed and published.
#[derive(Clone, Copy)]
enum Signed {
    EachSecond,
    EachBatch,
}

/// What one window gave.
struct Window {
    /// Durable entries a second.
    rate: f64,
    /// The same, had this process not had to wait for a processor.
    unhindered: f64,
    /// Microseconds of processor time for each entry.
    processor: f64,
}

fn append(folder: &Path, windows: usize, batches: &[u64]) {
    println!(
        "| batch | checkpoint | entries/s | least to most | without waiting for a processor | processor time an entry |"
    );
    println!("|---|---|---|---|---|---|");
    for &batch in batches {
        let ways = [("once a second", Signed::EachSecond), ("each batch", Signed::EachBatch)];
        let mut logs: Vec<_> = ways
            .iter()
            .map(|(name, _)| Some(opened(&folder.join(format!("{batch} {name}"))).writer))
            .collect();
        let mut measured = [Vec::new(), Vec::new()];
        // In turns, so that what else the machine does meets both.
        for _ in 0..windows {
            for ((log, (_, signed)), measured) in logs.iter_mut().zip(ways).zip(&mut measured) {
                let (writer, window) = one_window(log.take().unwrap(), batch, signed);
                *log = Some(writer);
                measured.push(window);
            }
        }
        for ((name, _), measured) in ways.iter().zip(&measured) {
            row(batch, name, measured);
        }
    }
}

fn row(batch: u64, name: &str, windows: &[Window]) {
    let of = |figure: fn(&Window) -> f64| {
        let mut all: Vec<_> = windows.iter().map(figure).collect();
        all.sort_by(f64::total_cmp);
        all
    };
    let (rates, unhindered) = (of(|window| window.rate), of(|window| window.unhindered));
    let processor = of(|window| window.processor);
    let middle = windows.len() / 2;
    println!(
        "| {batch} | {name} | {:.0} | {:.0} to {:.0} | {:.0} | {:.1} µs |",
        rates[middle],
        rates[0],
        rates[windows.len() - 1],
        unhindered[middle],
        processor[middle]
    );
}

fn one_window(
    mut writer: Writer<LocalDisk>,
    batch: u64,
    signed: Signed,
) -> (Writer<LocalDisk>, Window) {
    let (clock, ran, waited) = (Clock::now(), processor_time(), waiting_time());
    let (from, mut last) = (writer.size(), Duration::ZERO);
    while clock.elapsed() < WINDOW {
        let first = writer.size();
        let admitted = writer.admit(first, Vec::new(), entries(first, batch)).unwrap();
        writer = writer.append(admitted).unwrap();
        let due = match signed {
            Signed::EachBatch => true,
            Signed::EachSecond => clock.elapsed() - last >= Duration::from_secs(1),
        };
        if due {
            last = clock.elapsed();
            writer = published(writer);
        }
    }
    // What was promised and not signed is work that is still owed.
    writer = published(writer);
    let took = clock.elapsed().as_secs_f64();
    let (ran, waited) = (processor_time() - ran, waiting_time() - waited);
    let count = (writer.size() - from) as f64;
    let window = Window {
        rate: count / took,
        unhindered: count / (took - waited).max(0.001),
        processor: ran / count * 1e6,
    };
    (writer, window)
}

fn fill(folder: &Path, entries_in_all: u64) {
    let mut writer = opened(folder).writer;
    while writer.size() < entries_in_all {
        let first = writer.size();
        let count = (entries_in_all - first).min(1_024);
        let admitted = writer.admit(first, Vec::new(), entries(first, count)).unwrap();
        writer = writer.append(admitted).unwrap();
        if first / 100_000 != writer.size() / 100_000 {
            writer = published(writer);
        }
    }
    drop(published(writer));
    // What opening it cuts off are the zeros written ahead.
    drop(opened(folder));
    let bytes = std::fs::metadata(folder.join("private/wal")).unwrap().len();
    println!(
        "{entries_in_all} entries of {ENTRY} bytes: write-ahead file {bytes} bytes, {:.2} an entry",
        bytes as f64 / entries_in_all as f64
    );
}

fn open_once(folder: &Path) {
    let (clock, ran) = (Clock::now(), processor_time());
    let opened = opened(folder);
    println!(
        "{} entries opened in {:.2} s, {:.2} s of processor time, {} files repaired, peak memory {}",
        opened.writer.size(),
        clock.elapsed().as_secs_f64(),
        processor_time() - ran,
        opened.repaired.len(),
        peak_memory()
    );
}

fn opened(folder: &Path) -> Opened<LocalDisk> {
    let key = Signer::from_seed("record.meridian.example/1".parse().unwrap(), &[7; 32]);
    let places = Places {
        write_ahead: folder.join("private/wal"),
        lock: folder.join("lock/checkpoint"),
        published: folder.join("published"),
    };
    Writer::open(LocalDisk, places, key, |_| ()).unwrap()
}

fn published(writer: Writer<LocalDisk>) -> Writer<LocalDisk> {
    let writer = writer.sign().unwrap();
    let signed = writer.signed().unwrap().clone();
    writer.publish(&signed).unwrap()
}

fn entries(from: u64, count: u64) -> Vec<Vec<u8>> {
    (from..from + count)
        .map(|number| {
            let mut word = number;
            let mut entry = Vec::with_capacity(ENTRY);
            while entry.len() < ENTRY {
                word = word.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29) ^ number;
                entry.extend(word.to_le_bytes());
            }
            entry
        })
        .collect()
}

/// Seconds of processor time that this process has had, all its threads counted.
fn processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    // The name may hold spaces; times are in hundredths of a second.
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks = |field: usize| fields[field].parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) / 100.0
}

/// Seconds that this thread was ready to run and had no processor (Linux; nanoseconds in the second field).
fn waiting_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split(' ').nth(1).unwrap().parse::<f64>().unwrap() / 1e9
}

fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.unwrap().trim().to_owned()
}
