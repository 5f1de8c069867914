//! How long hashing takes: run by `bench/signals`, which puts the Python client beside it.
#![allow(clippy::disallowed_types, reason = "a measurement reads the clock")]

use crate::pictures::Drawn;
use std::hint::black_box;
use std::time::Instant;
use writ_signals::Spectrum;

#[test]
#[ignore = "a measurement: bench/signals runs it"]
fn milliseconds_for_each_picture() {
    for (width, height) in [(512, 512), (1000, 1000), (2000, 1500), (4000, 3000)] {
        for colour in [false, true] {
            let drawn = Drawn::new("rings", 1, width, height, colour);
            let mut times: Vec<f64> = (0..15).map(|_| milliseconds(&drawn)).collect();
            times.sort_by(f64::total_cmp);
            let spectrum = Spectrum::of(&drawn.picture());
            let channels = if colour { 3 } else { 1 };
            println!(
                "writ\t{width}\t{height}\t{channels}\t{:.3}\t{:.3}\t{}",
                times[7],
                times[0],
                spectrum.hash()
            );
        }
    }
}

fn milliseconds(drawn: &Drawn) -> f64 {
    let start = Instant::now();
    black_box(Spectrum::of(black_box(&drawn.picture())).hash());
    start.elapsed().as_secs_f64() * 1000.0
}
