//! Measures the index: `bench SPREAD COUNT FOLDER [QUERIES] [CODES-FILE QUERIES-FILE]`; `bench/hamming.py` runs it beside its peers.
//!
//! SPREAD is `even`, or `scenes`: clusters as the frames of still scenes make them, with half of the bits leaning to one side. With
//! files named, the codes and queries are written there as 32 bytes each, for the peers to be asked the same.

use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use writ_hamming::{Change, Code, Entry, Index, Limits, Query, Radius};

fn mixed(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x632b_e59b_d9b4_e019);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

fn even(id: u64) -> Code {
    Code::from_words([0, 1, 2, 3].map(|word| mixed(id * 4 + word)))
}

fn moved(code: Code, bits: u64, seed: u64) -> Code {
    let (mut words, mut turned, mut draw) = (code.words(), 0, mixed(seed));
    while turned < bits {
        draw = mixed(draw);
        let (word, bit) = (((draw >> 6) & 3) as usize, 1 << (draw & 63));
        if (words[word] ^ code.words()[word]) & bit == 0 {
            words[word] ^= bit;
            turned += 1;
        }
    }
    Code::from_words(words)
}

/// Frames of scenes of 50 to 3,000 frames, each 0 to 10 bits from the scene's first; a third of the scenes' bits lean.
fn scenes(id: u64) -> Code {
    let (minute, frame) = (id / 3_000, id % 3_000);
    let length = 50 + mixed(minute) % 2_950;
    let scene = mixed(minute ^ ((frame / length) << 40));
    let (first, other) = (even(scene).words(), even(scene ^ 1).words());
    let code = [first[0], first[1] & other[1], first[2] | other[2], first[3]];
    moved(Code::from_words(code), mixed(id) % 11, id)
}

/// The process's own memory, files mapped and read included, in MB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1000
}

/// Seconds of processor time that the process has taken, all threads together, in steps of 10 ms.
fn processor() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> =
        stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks =
        |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn percentile(times: &mut [Duration], of_hundred: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() - 1) * of_hundred / 100]
}

fn dump(file: &str, codes: impl Iterator<Item = Code>) {
    let mut out = std::io::BufWriter::new(std::fs::File::create(file).unwrap());
    codes.for_each(|code| out.write_all(&code.to_bytes()).unwrap());
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let make: fn(u64) -> Code = if arguments[1] == "scenes" { scenes } else { even };
    let count: u64 = arguments[2].parse().unwrap();
    let folder = Path::new(&arguments[3]);
    let asked: u64 = arguments.get(4).map_or(20_000, |text| text.parse().unwrap());
    let planted: Vec<(u64, u64)> = (0..asked).map(|at| (mixed(!at) % count, at % 32)).collect();
    let codes: Vec<Code> = planted
        .iter()
        .zip(0..)
        .map(|((id, bits), at)| if at % 2 == 0 { moved(make(*id), *bits, at) } else { even(!at) })
        .collect();
    if let [codes_file, queries_file] = arguments.get(5..7).unwrap_or_default() {
        dump(codes_file, (0..count).map(make));
        dump(queries_file, codes.iter().copied());
    }

    let index = Index::open(folder, 2).unwrap();
    if index.snapshot().entries() == 0 {
        let entries = (0..count).map(|id| Entry { id, code: make(id), group: (id % 7) as u16 });
        let (begun, taken) = (Instant::now(), processor());
        index.load(count, entries, 1).unwrap();
        let taken = processor() - taken;
        println!("build s {:.2}, processor s {taken:.2}", begun.elapsed().as_secs_f64());
    }
    drop(index);
    let bytes: u64 =
        std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().metadata().unwrap().len()).sum();
    println!("on disk MB {}", bytes / 1_000_000);

    let limits = Limits::all(Radius::DEFAULT);
    let queries: Vec<Query<'_>> =
        codes.iter().map(|code| Query { code: *code, limits: &limits }).collect();
    let before = resident();
    let begun = Instant::now();
    let index = Index::open(folder, 2).unwrap();
    let first = index.snapshot().search(&queries[0], 10);
    println!("open to first look-up s {:.3}", begun.elapsed().as_secs_f64());
    black_box(first);
    let snapshot = index.snapshot();

    let (mut times, mut many, mut found, mut missed) = (Vec::new(), Vec::new(), 0_u64, 0_u64);
    for round in 0..2 {
        (found, missed) = (0, 0);
        times.clear();
        many.clear();
        let taken = processor();
        for ((query, (id, _)), at) in queries.iter().zip(&planted).zip(0..) {
            let begun = Instant::now();
            let answer = snapshot.search(query, 1000);
            let took = begun.elapsed();
            if answer.total > 1000 {
                many.push(took)
            } else {
                times.push(took)
            }
            if at % 2 == 0 {
                found += 1;
                let there = answer.total > 1000 || answer.hits.iter().any(|hit| hit.id == *id);
                missed += u64::from(!there);
            }
        }
        println!("1 thread per processor second {:.0}", asked as f64 / (processor() - taken));
        if round == 0 && asked <= 5_000 {
            break;
        }
    }
    let sum: Duration = times.iter().sum();
    println!("1 thread q/s {:.0}", times.len() as f64 / sum.as_secs_f64());
    println!("p50 us {:.1}", percentile(&mut times, 50).as_secs_f64() * 1e6);
    println!("p99 us {:.1}", percentile(&mut times, 99).as_secs_f64() * 1e6);
    if !many.is_empty() {
        println!(
            "over 1,000 matches: {} queries, p50 us {:.1}",
            many.len(),
            percentile(&mut many, 50).as_secs_f64() * 1e6
        );
    }
    println!("planted found {} of {found}", found - missed);
    println!("resident MB {} (before opening {before})", resident());
    for threads in [1, 2] {
        let (begun, taken) = (Instant::now(), processor());
        black_box(snapshot.search_many(&queries, 10, threads));
        let (wall, taken) = (begun.elapsed().as_secs_f64(), processor() - taken);
        let (count, threads) = (queries.len() as f64, format!("search_many on {threads}"));
        println!("{threads} q/s {:.0}, per processor second {:.0}", count / wall, count / taken);
    }

    // Against a scan of all codes.
    let sample = 24.min(queries.len());
    let truth: Vec<u64> = queries[..sample]
        .iter()
        .map(|query| (0..count).filter(|id| make(*id).distance(&query.code) <= 31).count() as u64)
        .collect();
    let answered: Vec<u64> =
        queries[..sample].iter().map(|query| snapshot.search(query, 0).total).collect();
    println!(
        "brute force agrees on {} of {sample}",
        truth.iter().zip(&answered).filter(|(a, b)| a == b).count()
    );
    drop(snapshot);
    changes(&index, count, &queries, &limits);
}

/// Adds and withdraws while two threads look up and a third merges now and then.
fn changes(index: &Index, count: u64, queries: &[Query<'_>], limits: &Limits) {
    let stop = AtomicBool::new(false);
    let (mut adds, mut withdrawals) = (Vec::new(), Vec::new());
    std::thread::scope(|scope| {
        for half in queries.chunks(queries.len().div_ceil(2)) {
            let stop = &stop;
            scope.spawn(move || {
                for query in half.iter().cycle() {
                    black_box(index.snapshot().search(query, 10));
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                }
            });
        }
        let total = |code: Code| index.snapshot().search(&Query { code, limits }, 0).total;
        for at in 0..400 {
            let (id, code) = (count + at, even(count * 9 + at));
            let begun = Instant::now();
            index.add(Entry { id, code, group: 0 }, 2 + at);
            assert_eq!(total(code), 1);
            adds.push(begun.elapsed());
            if at % 4 == 3 {
                let begun = Instant::now();
                index.withdraw(id, 2 + at);
                assert_eq!(total(code), 0);
                withdrawals.push(begun.elapsed());
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    for (name, mut times) in [("add", adds), ("withdraw", withdrawals)] {
        let (p50, p99) = (percentile(&mut times, 50), percentile(&mut times, 99));
        println!(
            "{name} visible p50 ms {:.3}, p99 ms {:.3}",
            p50.as_secs_f64() * 1e3,
            p99.as_secs_f64() * 1e3
        );
    }
    let fresh: Vec<Change> = (0..16_384)
        .map(|at| {
            Change::Add(Entry { id: count + 1000 + at, code: even(count * 11 + at), group: 0 })
        })
        .collect();
    let begun = Instant::now();
    index.apply(&fresh, 1_000);
    println!("16,384 adds in one call ms {:.1}", begun.elapsed().as_secs_f64() * 1e3);
    let begun = Instant::now();
    black_box(index.snapshot().search_many(queries, 10, 2));
    println!(
        "search_many on 2 with them unmerged q/s {:.0}",
        queries.len() as f64 / begun.elapsed().as_secs_f64()
    );
    let begun = Instant::now();
    let merged = index.merge().unwrap();
    println!("merged {} s {:.3}", merged.entries, begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    black_box(index.snapshot().search_many(queries, 10, 2));
    println!(
        "search_many on 2 after the merge q/s {:.0}",
        queries.len() as f64 / begun.elapsed().as_secs_f64()
    );
}
