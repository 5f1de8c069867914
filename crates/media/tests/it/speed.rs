//! How long decoding takes: run by `bench/media`.

use crate::made::{self, Jpeg, PLAIN, scene};
use crate::settings;
use std::hint::black_box;
use std::time::{Duration, Instant};
use writ_media::{Decoder, Limits, Scale, Still};
use writ_signals::Spectrum;

/// Prints, for each picture, the median and the least milliseconds from bytes to hash through the worker, and what of
/// the processor both had; writes the pictures to the folder `WRIT_PICTURES` for a peer.
#[test]
#[ignore = "a measurement: bench/media"]
fn milliseconds_from_bytes_to_hash() {
    // The test's name stands at the start of this line.
    println!();
    let decoder = Decoder::start(settings()).unwrap();
    let folder = std::env::var("WRIT_PICTURES").unwrap_or_else(|_| "/tmp".into());
    for (width, height) in [(576, 434), (1000, 1000), (1024, 1024), (2000, 1500), (4000, 3000)] {
        for progressive in [false, true] {
            let picture = made::jpeg(&scene(width, height), Jpeg { progressive, ..PLAIN });
            let kind = if progressive { "progressive" } else { "sequential" };
            let path = format!("{folder}/{width}x{height}-{kind}.jpg");
            std::fs::write(&path, &picture).unwrap();
            let still = |scale| decoder.still(&picture, Limits::default(), scale).unwrap();
            let look = |still: Still| Spectrum::of(&still.picture().unwrap());
            let fast = look(still(Scale::Fast));
            let full = look(still(Scale::Full));
            let decoding = milliseconds(|| still(Scale::Fast));
            let whole = milliseconds(|| look(still(Scale::Fast)));
            let slow = milliseconds(|| look(still(Scale::Full)));
            println!(
                "writ\t{path}\t{}\t{decoding}\t{whole}\t{slow}\t{}\t{}\t{}",
                picture.len() / 1000,
                fast.hash().distance(&full.hash()),
                full.hash(),
                full.quality()
            );
        }
    }
}

/// Median and least of some runs, and the processor's time of each on average.
fn milliseconds<T>(mut run: impl FnMut() -> T) -> String {
    let used = processor();
    let mut times: Vec<_> = (0..15)
        .map(|_| {
            let began = Instant::now();
            black_box(run());
            began.elapsed()
        })
        .collect();
    times.sort();
    let shown = |time: Duration| time.as_secs_f64() * 1000.0;
    let used = (processor() - used) / 15.0;
    format!("{:.2}\t{:.2}\t{used:.2}", shown(times[7]), shown(times[0]))
}

/// What this thread and the processes that it started have had of the processor, in milliseconds.
fn processor() -> f64 {
    let children = std::fs::read_to_string("/proc/thread-self/children").unwrap();
    let all = children.split_whitespace().map(|child| format!("/proc/{child}/schedstat"));
    let all = all.chain(["/proc/thread-self/schedstat".into()]);
    all.map(|path| std::fs::read_to_string(path).unwrap())
        .map(|figures| figures.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e6)
        .sum()
}
