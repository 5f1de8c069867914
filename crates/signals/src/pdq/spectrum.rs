//! The 16 by 16 lowest frequencies of a shrunk picture, without the constant ones: what PDQ's bits are taken from.

use super::shrink::{SIDE, Small};
use std::sync::LazyLock;

/// How many frequencies are kept along each axis.
pub(super) const LOW: usize = 16;

/// Frequencies down, each with the frequencies across.
pub(super) type Low = [[f32; LOW]; LOW];

/// Rows of the cosine transform: frequency 1 to 16 at each of the 64 samples.
static COSINES: LazyLock<[[f32; SIDE]; LOW]> = LazyLock::new(|| {
    let scale = (2.0 / SIDE as f64).sqrt() as f32;
    let step = std::f64::consts::PI / 2.0 / SIDE as f64;
    std::array::from_fn(|frequency| {
        std::array::from_fn(|sample| {
            let angle = step * (frequency + 1) as f64 * (2 * sample + 1) as f64;
            (f64::from(scale) * angle.cos()) as f32
        })
    })
});

/// The low frequencies, each sum in single precision from the first sample to the last, as the reference adds them.
pub(super) fn low_frequencies(small: &Small) -> Low {
    COSINES.each_ref().map(|down| {
        let mut row = [0.0; SIDE];
        for (cosine, samples) in down.iter().zip(small) {
            for (sum, sample) in row.iter_mut().zip(samples) {
                *sum += cosine * sample;
            }
        }
        COSINES.each_ref().map(|across| {
            row.iter().zip(across).fold(0.0, |sum, (value, cosine)| sum + value * cosine)
        })
    })
}

/// How much there is to see, 0 to 100: the differences between neighbours, in whole hundredths of the full range.
pub(super) fn quality(small: &Small) -> u8 {
    let hundredths = |a: &f32, b: &f32| ((a - b) * 100.0 / 255.0).abs() as u32;
    let across = small.iter().flat_map(|row| row.iter().zip(row.iter().skip(1)));
    let down = small.iter().zip(small.iter().skip(1)).flat_map(|(row, next)| row.iter().zip(next));
    let differences: u32 = across.chain(down).map(|(a, b)| hundredths(a, b)).sum();
    u8::try_from((differences / 90).min(100)).unwrap_or(100)
}
