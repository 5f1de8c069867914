//! From a block's coefficients to its pixels at 8, 4, 2 or 1 a side.
//!
//! Full size by the factorisation of Arai, Agui and Nakajima (1988), its factors folded into the quantisation table;
//! smaller sizes by the transform of that many points over the lowest coefficients.
#![allow(
    clippy::indexing_slicing,
    reason = "arrays whose length each index is counted or masked to"
)]

use super::scan::ZIGZAG;
use std::f32::consts::SQRT_2;

/// Coefficients, the first index the column, and the transform to `N` by `N` pixels, row after row.
pub trait Transform<const N: usize> {
    /// The pixels; `last` is the place in the zigzag behind which all coefficients are zero.
    fn pixels(&self, last: u32) -> [[u8; N]; N];
}

/// Up to this place in the zigzag all coefficients lie in the upper left quarter's first four rows and columns.
const CORNER: u32 = 9;

impl Transform<8> for [[f32; 8]; 8] {
    fn pixels(&self, last: u32) -> [[u8; 8]; 8] {
        match last {
            0 => [[byte(self[0][0]); 8]; 8],
            1..=CORNER => bytes(&eight_of_four(&turned(&eight_of_four(self)))),
            _ => bytes(&eight(&turned(&eight(self)))),
        }
    }
}

impl Transform<4> for [[f32; 4]; 4] {
    fn pixels(&self, last: u32) -> [[u8; 4]; 4] {
        match last {
            0 => [[byte(self[0][0]); 4]; 4],
            _ => bytes(&four(&turned(&four(self)))),
        }
    }
}

impl Transform<2> for [[f32; 2]; 2] {
    fn pixels(&self, _: u32) -> [[u8; 2]; 2] {
        let [[a, c], [b, d]] = *self;
        let (left, right, up, down) = (a + b, a - b, c + d, c - d);
        [[byte(left + up), byte(right + down)], [byte(left - up), byte(right - down)]]
    }
}

impl Transform<1> for [[f32; 1]; 1] {
    fn pixels(&self, _: u32) -> [[u8; 1]; 1] {
        [[byte(self[0][0])]]
    }
}

/// The factors by which the fast transform wants its coefficients multiplied.
const FACTORS: [f32; 8] =
    [1.0, 1.387_039_8, 1.306_563, 1.175_875_6, 1.0, 0.785_694_96, 0.541_196_1, 0.275_899_38];

/// What to multiply the coefficient at this row and column by, besides its quantisation step.
fn factor(side: usize, row: usize, column: usize) -> f32 {
    let of = |at: usize| if side == 8 { FACTORS.get(at).copied().unwrap_or(0.0) } else { 1.0 };
    of(row) * of(column) / 8.0
}

/// Levels about the middle grey as bytes: rounded to the nearest, up from a half.
#[inline(never)]
fn bytes<const N: usize>(levels: &[[f32; N]; N]) -> [[u8; N]; N] {
    let mut bytes = [[0; N]; N];
    for (to, level) in bytes.as_flattened_mut().iter_mut().zip(levels.as_flattened()) {
        *to = byte(*level);
    }
    bytes
}

#[inline(always)]
fn byte(level: f32) -> u8 {
    // An addition and comparisons become vector instructions where a cast, which minds every number, does not: above
    // 2²³ single precision has whole numbers only, in its lowest bits. It rounds a half to even: hence the thousandth.
    const ZERO: f32 = 8_388_608.0;
    const MOST: f32 = ZERO + 255.0;
    let level = (level + 0.001) + (ZERO + 128.0);
    let level = if level > ZERO { level } else { ZERO };
    let level = if level < MOST { level } else { MOST };
    level.to_bits() as u8
}

/// Rows become columns.
#[inline(never)]
fn turned<const N: usize>(block: &[[f32; N]; N]) -> [[f32; N]; N] {
    let mut out = [[0.0; N]; N];
    for (at, line) in block.iter().enumerate() {
        for (to, value) in out.iter_mut().zip(line) {
            to[at % N] = *value;
        }
    }
    out
}

/// Eight points along the first index, at each place of the second. Kept apart, the compiler makes vectors of it.
#[inline(never)]
fn eight(block: &[[f32; 8]; 8]) -> [[f32; 8]; 8] {
    let mut out = [[0.0; 8]; 8];
    for at in 0..8 {
        let [c0, c1, c2, c3, c4, c5, c6, c7] = block.each_ref().map(|line| line[at]);
        let (sum, difference, both) = (c0 + c4, c0 - c4, c2 + c6);
        let other = (c2 - c6) * SQRT_2 - both;
        let even = [sum + both, difference + other, difference - other, sum - both];
        let (z13, z10, z11, z12) = (c5 + c3, c5 - c3, c1 + c7, c1 - c7);
        let points = with_odd(even, z10, z11 + z13, z11 - z13, z12);
        for (line, point) in out.iter_mut().zip(points) {
            line[at] = point;
        }
    }
    out
}

/// The same where the last four coefficients are zero.
#[inline(never)]
fn eight_of_four(block: &[[f32; 8]; 8]) -> [[f32; 8]; 8] {
    let mut out = [[0.0; 8]; 8];
    for at in 0..8 {
        let [c0, c1, c2, c3, ..] = block.each_ref().map(|line| line[at]);
        let other = c2 * SQRT_2 - c2;
        let even = [c0 + c2, c0 + other, c0 - other, c0 - c2];
        let points = with_odd(even, -c3, c1 + c3, c1 - c3, c1);
        for (line, point) in out.iter_mut().zip(points) {
            line[at] = point;
        }
    }
    out
}

#[inline(always)]
fn with_odd([e0, e1, e2, e3]: [f32; 4], z10: f32, first: f32, apart: f32, z12: f32) -> [f32; 8] {
    let z5 = (z10 + z12) * 1.847_759;
    let second = z5 - z10 * 2.613_126 - first;
    let third = apart * SQRT_2 - second;
    let fourth = z5 - z12 * 1.082_392_2 - third;
    let [p0, p1, p2, p3] = [e0 + first, e1 + second, e2 + third, e3 + fourth];
    [p0, p1, p2, p3, e3 - fourth, e2 - third, e1 - second, e0 - first]
}

/// Four points along the first index, at each place of the second.
#[inline(always)]
fn four(block: &[[f32; 4]; 4]) -> [[f32; 4]; 4] {
    // √2 times the cosines of π/8 and 3π/8.
    const WIDE: f32 = 1.306_563;
    const NARROW: f32 = 0.541_196_1;
    let mut out = [[0.0; 4]; 4];
    for at in 0..4 {
        let [c0, c1, c2, c3] = block.each_ref().map(|line| line[at]);
        let (sum, difference) = (c0 + c2, c0 - c2);
        let (outer, inner) = (c1 * WIDE + c3 * NARROW, c1 * NARROW - c3 * WIDE);
        let points = [sum + outer, difference + inner, difference - inner, sum - outer];
        for (line, point) in out.iter_mut().zip(points) {
            line[at] = point;
        }
    }
    out
}

/// What decoding does with the coefficient at one place of the zigzag.
#[derive(Clone, Copy, Default)]
pub struct Place {
    /// Where it goes, column by column.
    at: u8,
    /// What it is multiplied by; nothing where this size leaves it out.
    pub by: f32,
}

/// What decoding to `N` by `N` pixels does with each coefficient, in zigzag order.
pub fn places<const N: usize>(steps: &[u16; 64]) -> [Place; 64] {
    let mut places = [Place::default(); 64];
    for ((place, step), (row, column)) in places.iter_mut().zip(steps).zip(ZIGZAG) {
        let (row, column) = (usize::from(row), usize::from(column));
        if row.max(column) < N {
            let by = f32::from(*step) * factor(N, row, column);
            *place = Place { at: (column * N + row) as u8, by };
        }
    }
    places
}

impl Place {
    /// Puts a coefficient there: each comes once, and what is left out adds nothing.
    #[inline(always)]
    pub fn add<const N: usize>(&self, block: &mut [[f32; N]; N], value: i32) {
        block.as_flattened_mut()[usize::from(self.at) & (N * N - 1)] += value as f32 * self.by;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    /// T.81, A.3.3, over `side` points.
    fn plain(coefficients: &[[f64; 8]; 8], side: usize) -> Vec<f64> {
        let norm = |at: usize| if at == 0 { std::f64::consts::FRAC_1_SQRT_2 } else { 1.0 };
        let wave =
            |at: usize, u: usize| ((2 * at + 1) as f64 * u as f64 * PI / (2 * side) as f64).cos();
        let mut out = Vec::new();
        for y in 0..side {
            for x in 0..side {
                let mut sum = 0.0;
                for (v, row) in coefficients.iter().take(side).enumerate() {
                    for (u, value) in row.iter().take(side).enumerate() {
                        sum += norm(u) * norm(v) * value * wave(x, u) * wave(y, v);
                    }
                }
                out.push(sum / 4.0 + 128.0);
            }
        }
        out
    }

    /// The same pixels by ours and by the plain transform, with coefficients up to `last` in the zigzag.
    fn compare<const N: usize>(last: u32)
    where
        [[f32; N]; N]: Transform<N>,
    {
        let mut state = 7u32 + last;
        let (mut coefficients, mut block) = ([[0.0; 8]; 8], [[0.0; N]; N]);
        for (row, column) in ZIGZAG.into_iter().take(last as usize + 1) {
            let (row, column) = (usize::from(row), usize::from(column));
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            coefficients[row][column] = f64::from(state >> 27) - 16.0;
            if row.max(column) < N {
                block[column][row] = coefficients[row][column] as f32 * factor(N, row, column);
            }
        }
        let ours = block.pixels(last);
        for (ours, theirs) in ours.as_flattened().iter().zip(plain(&coefficients, N)) {
            assert!((f64::from(*ours) - theirs).abs() <= 0.51, "{N} {last}: {ours} {theirs}");
        }
    }

    #[test]
    fn each_size_is_the_plain_transform() {
        for last in 0..64 {
            compare::<8>(last);
            compare::<4>(last);
            compare::<2>(last);
            compare::<1>(last);
        }
    }

    #[test]
    fn levels_are_rounded_and_kept_within_a_byte() {
        let levels = [-1e30, -128.6, -127.5, -0.4, 0.5, 126.4, 127.4, 128.0, 1e30];
        assert_eq!(levels.map(byte), [0, 0, 1, 128, 129, 254, 255, 255, 255]);
    }
}
