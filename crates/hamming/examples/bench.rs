//! Measures the index: `bench SPREAD COUNT FOLDER [QUERIES] [CODES QUERIES TOTALS]`; `bench/hamming.py` runs it beside its peers.
//!
//! SPREAD is `even`; `scenes`, clusters as the frames of still scenes make them, with half of the bits leaning to one side; or
//! a file of codes, 32 bytes each (`bench/skewed.py` makes one). With files named, the codes and queries are written there
//! as 32 bytes each, for the peers to be asked the same, and how many matches each query has as 8.

use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use writ_hamming::{Change, Code, Entry, Index, Limits, Query, Radius, Snapshot};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let count: u64 = arguments[2].parse().unwrap();
    let folder = Path::new(&arguments[3]);
    let asked: u64 = arguments.get(4).map_or(20_000, |text| text.parse().unwrap());
    let codes = Codes::of(&arguments[1], count);
    let planted: Vec<(u64, u64)> = (0..asked).map(|at| (mixed(!at) % count, at % 32)).collect();
    // Every other query is a code held, moved by 0 to 31 bits; the rest are far from all.
    let sought = |((id, bits), at): (&(u64, u64), u64)| {
        if at % 2 == 0 { moved(codes.of_id(*id), *bits, at) } else { even(!at) }
    };
    let sought: Vec<Code> = planted.iter().zip(0..).map(sought).collect();
    let limits = Limits::all(Radius::DEFAULT);
    let queries: Vec<Query<'_>> =
        sought.iter().map(|code| Query { code: *code, limits: &limits }).collect();

    load(folder, &codes);
    let before = resident();
    let index = open(folder, &queries[0]);
    let snapshot = index.snapshot();
    let totals = one_by_one(&snapshot, &queries, &planted);
    println!("resident MB {} (before opening {before})", resident());
    many_at_once(&snapshot, &queries);
    against_brute_force(&codes, &queries, &totals);
    if let [codes_file, queries_file, totals_file] = arguments.get(5..8).unwrap_or_default() {
        dump(codes_file, (0..count).map(|id| codes.of_id(id).to_bytes()));
        dump(queries_file, sought.iter().map(Code::to_bytes));
        dump(totals_file, totals.iter().map(|total| total.to_le_bytes()));
    }
    drop(snapshot);
    changes_while_looking_up(&index, count, &queries);
    adds_in_one_call_and_their_merge(&index, count, &queries);
}

/// What the index is filled with.
enum Codes {
    Made(fn(u64) -> Code, u64),
    Read(Vec<Code>),
}

impl Codes {
    fn of(spread: &str, count: u64) -> Self {
        match spread {
            "even" => Self::Made(even, count),
            "scenes" => Self::Made(scenes, count),
            file => {
                let bytes = std::fs::read(file).unwrap();
                let codes = bytes.as_chunks::<32>().0.iter().map(Code::from_bytes);
                let codes: Vec<_> = codes.take(count as usize).collect();
                assert_eq!(codes.len() as u64, count, "`{file}` has fewer codes");
                Self::Read(codes)
            }
        }
    }

    fn count(&self) -> u64 {
        match self {
            Self::Made(_, count) => *count,
            Self::Read(codes) => codes.len() as u64,
        }
    }

    fn of_id(&self, id: u64) -> Code {
        match self {
            Self::Made(make, _) => make(id),
            Self::Read(codes) => codes[id as usize],
        }
    }
}

/// Builds the index, unless the folder holds it from an earlier run.
fn load(folder: &Path, codes: &Codes) {
    let index = Index::open(folder, 2).unwrap();
    if index.snapshot().entries() == 0 {
        let entry = |id| Entry { id, code: codes.of_id(id), group: (id % 7) as u16 };
        let (begun, taken) = (Instant::now(), processor());
        index.load(codes.count(), (0..codes.count()).map(entry), 1).unwrap();
        let taken = processor() - taken;
        println!("build s {:.2}, processor s {taken:.2}", begun.elapsed().as_secs_f64());
    }
    drop(index);
    let files = std::fs::read_dir(folder).unwrap();
    let bytes: u64 = files.map(|file| file.unwrap().metadata().unwrap().len()).sum();
    println!("on disk MB {}", bytes / 1_000_000);
}

/// Opens the index, every byte of it checked, and looks something up.
fn open(folder: &Path, query: &Query<'_>) -> Index {
    let begun = Instant::now();
    let index = Index::open(folder, 2).unwrap();
    black_box(index.snapshot().search(query, 10));
    println!("open to first look-up s {:.3}", begun.elapsed().as_secs_f64());
    index
}

/// Each look-up by itself, on one thread: how long, how many of the planted codes are found. Gives each one's matches.
fn one_by_one(snapshot: &Snapshot, queries: &[Query<'_>], planted: &[(u64, u64)]) -> Vec<u64> {
    // A first round warms; where queries are few, there would be too little of it.
    if queries.len() > 5_000 {
        round(snapshot, queries, planted);
    }
    let taken = processor();
    let Round { few, many, totals, missed } = round(snapshot, queries, planted);
    println!("1 thread per processor second {:.0}", queries.len() as f64 / (processor() - taken));
    let all: Duration = few.iter().chain(&many).sum();
    println!("1 thread q/s {:.0}", queries.len() as f64 / all.as_secs_f64());
    say_times("look-up of up to 1,000 matches", few);
    say_times("look-up of more than 1,000 matches", many);
    println!("most matches of a query {}", totals.iter().max().unwrap_or(&0));
    let sought = queries.len().div_ceil(2);
    println!("planted found {} of {sought}", sought - missed);
    totals
}

/// What one pass over the queries gave.
struct Round {
    few: Vec<Duration>,
    many: Vec<Duration>,
    totals: Vec<u64>,
    missed: usize,
}

fn round(snapshot: &Snapshot, queries: &[Query<'_>], planted: &[(u64, u64)]) -> Round {
    let mut round = Round { few: Vec::new(), many: Vec::new(), totals: Vec::new(), missed: 0 };
    for ((query, (id, _)), at) in queries.iter().zip(planted).zip(0..) {
        let begun = Instant::now();
        let answer = snapshot.search(query, 1000);
        let took = begun.elapsed();
        let times = if answer.total > 1000 { &mut round.many } else { &mut round.few };
        times.push(took);
        let there = answer.total > 1000 || answer.hits.iter().any(|hit| hit.id == *id);
        round.missed += usize::from(at % 2 == 0 && !there);
        round.totals.push(answer.total);
    }
    round
}

/// All look-ups in one call.
fn many_at_once(snapshot: &Snapshot, queries: &[Query<'_>]) {
    for threads in [1, 2] {
        let (begun, taken) = (Instant::now(), processor());
        black_box(snapshot.search_many(queries, 10, threads));
        let (wall, taken) = (begun.elapsed().as_secs_f64(), processor() - taken);
        let (count, threads) = (queries.len() as f64, format!("search_many on {threads}"));
        println!("{threads} q/s {:.0}, per processor second {:.0}", count / wall, count / taken);
    }
}

/// Some answers against a scan of all codes.
fn against_brute_force(codes: &Codes, queries: &[Query<'_>], totals: &[u64]) {
    let sample = 24.min(queries.len());
    let agrees = |(query, total): &(&Query<'_>, &u64)| {
        let near = |id: &u64| codes.of_id(*id).distance(&query.code) <= 31;
        (0..codes.count()).filter(near).count() as u64 == **total
    };
    let agreed = queries[..sample].iter().zip(totals).filter(agrees).count();
    println!("brute force agrees on {agreed} of {sample}");
}

/// Adds and withdraws, each seen by the next look-up, while two threads look up.
fn changes_while_looking_up(index: &Index, count: u64, queries: &[Query<'_>]) {
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
        let limits = Limits::all(Radius::DEFAULT);
        let total = |code| index.snapshot().search(&Query { code, limits: &limits }, 0).total;
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
    say_times("add visible", adds);
    say_times("withdrawal visible", withdrawals);
}

/// Many adds in one call, look-ups while they are not merged, the merge, and look-ups after it.
fn adds_in_one_call_and_their_merge(index: &Index, count: u64, queries: &[Query<'_>]) {
    let entry = |at| Entry { id: count + 1000 + at, code: even(count * 11 + at), group: 0 };
    let fresh: Vec<Change> = (0..16_384).map(|at| Change::Add(entry(at))).collect();
    let begun = Instant::now();
    index.apply(&fresh, 1_000);
    println!("16,384 adds in one call ms {:.1}", begun.elapsed().as_secs_f64() * 1e3);
    let look_up = |when: &str| {
        let begun = Instant::now();
        black_box(index.snapshot().search_many(queries, 10, 2));
        let rate = queries.len() as f64 / begun.elapsed().as_secs_f64();
        println!("search_many on 2 {when} q/s {rate:.0}");
    };
    look_up("with them unmerged");
    let begun = Instant::now();
    let merged = index.merge().unwrap();
    println!("merged {} s {:.3}", merged.entries, begun.elapsed().as_secs_f64());
    look_up("after the merge");
}

fn say_times(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |of_hundred: usize| {
        let time = times.get(times.len().saturating_sub(1) * of_hundred / 100);
        time.map_or(0.0, |time| time.as_secs_f64() * 1e6)
    };
    println!("{what}: {} times, p50 us {:.1}, p99 us {:.1}", times.len(), at(50), at(99));
}

/// Codes whose bits are independent of each other.
fn even(id: u64) -> Code {
    Code::from_words([0, 1, 2, 3].map(|word| mixed(id * 4 + word)))
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

fn mixed(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x632b_e59b_d9b4_e019);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

fn dump<const N: usize>(file: &str, pieces: impl Iterator<Item = [u8; N]>) {
    let mut out = std::io::BufWriter::new(std::fs::File::create(file).unwrap());
    pieces.for_each(|piece| out.write_all(&piece).unwrap());
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
