//! What hashing costs: run by `bench/signals`, which puts the Python client beside it.
#![allow(clippy::disallowed_methods, reason = "a measurement asks the system what was used")]

use crate::pictures::Drawn;
use std::hint::black_box;
use writ_signals::Spectrum;

#[test]
#[ignore = "a measurement: bench/signals runs it"]
fn milliseconds_for_each_picture() {
    for (width, height) in [(512, 512), (1000, 1000), (2000, 1500), (4000, 3000)] {
        for colour in [false, true] {
            let drawn = Drawn::new("rings", 1, width, height, colour);
            let mut times: Vec<f64> = (0..5).map(|_| milliseconds(&drawn)).collect();
            times.sort_by(f64::total_cmp);
            let hash = Spectrum::of(&drawn.picture()).hash();
            let channels = if colour { 3 } else { 1 };
            println!(
                "writ\t{width}\t{height}\t{channels}\t{:.2}\t{:.2}\t{hash}",
                times[2], times[0]
            );
        }
    }
}

/// Processor time, so that others at work on the machine do not count; over enough pictures for the system's clock.
fn milliseconds(drawn: &Drawn) -> f64 {
    let times = 36_000_000 / (drawn.width * drawn.height);
    let start = used();
    for _ in 0..times {
        black_box(Spectrum::of(black_box(&drawn.picture())).hash());
    }
    (used() - start) / f64::from(times)
}

/// What this thread has had of the processor, in milliseconds.
fn used() -> f64 {
    let all = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    all.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e6
}
