//! From a block's coefficients to its pixels at 8, 4, 2 or 1 a side.
//!
//! Full size by the factorisation of Arai, Agui and Nakajima (1988), its factors folded into the quantisation table;
//! smaller sizes by the transform of that many points over the lowest coefficients.

use std::f32::consts::SQRT_2;
use std::ops::{Add, Mul, Sub};

/// Coefficients, the first index the column.
pub type Block = [[f32; 8]; 8];

/// A row of values on which one works at once.
#[derive(Clone, Copy)]
struct Row<const N: usize>([f32; N]);

impl<const N: usize> Row<N> {
    fn with(mut self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        for (to, from) in self.0.iter_mut().zip(other.0) {
            *to = f(*to, from);
        }
        self
    }
}

impl<const N: usize> Add for Row<N> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.with(other, |a, b| a + b)
    }
}

impl<const N: usize> Sub for Row<N> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.with(other, |a, b| a - b)
    }
}

impl<const N: usize> Mul<f32> for Row<N> {
    type Output = Self;
    fn mul(self, factor: f32) -> Self {
        Self(self.0.map(|value| value * factor))
    }
}

/// What the middle grey adds, and a half to round by.
const LEVEL: f32 = 128.5;

/// The factors by which the fast transform wants its coefficients multiplied.
const FACTORS: [f32; 8] =
    [1.0, 1.387_039_8, 1.306_563, 1.175_875_6, 1.0, 0.785_694_96, 0.541_196_1, 0.275_899_38];

/// What to multiply the coefficient at this row and column by, besides its quantisation step.
pub fn factor(side: usize, row: usize, column: usize) -> f32 {
    let of = |at: usize| if side == 8 { FACTORS.get(at).copied().unwrap_or(0.0) } else { 1.0 };
    of(row) * of(column) / 8.0
}

/// Writes a block's pixels, `side` by `side`.
pub fn pixels(block: &Block, side: usize, into: &mut [u8], stride: usize) {
    match side {
        8 => write(eight(turned(eight(block.map(Row)))), into, stride),
        4 => write(four(turned(four(low(block)))), into, stride),
        2 => write(two(turned(two(low(block)))), into, stride),
        _ => write([Row([block[0][0]])], into, stride),
    }
}

fn write<const N: usize>(rows: [Row<N>; N], into: &mut [u8], stride: usize) {
    for (row, to) in rows.iter().zip(into.chunks_mut(stride)) {
        let Some(to) = to.first_chunk_mut::<N>() else { continue };
        *to = row.0.map(|value| (value + LEVEL) as u8);
    }
}

fn low<const N: usize>(block: &Block) -> [Row<N>; N] {
    let mut low = [Row([0.0; N]); N];
    for (to, from) in low.iter_mut().zip(block) {
        to.0 = *from.first_chunk().unwrap_or(&[0.0; N]);
    }
    low
}

fn turned<const N: usize>(rows: [Row<N>; N]) -> [Row<N>; N] {
    let mut out = [Row([0.0; N]); N];
    for (at, row) in rows.iter().enumerate() {
        for (to, from) in out.iter_mut().zip(row.0) {
            if let Some(to) = to.0.get_mut(at) {
                *to = from;
            }
        }
    }
    out
}

/// Eight points along the first index.
fn eight([c0, c1, c2, c3, c4, c5, c6, c7]: [Row<8>; 8]) -> [Row<8>; 8] {
    let (sum, difference, both) = (c0 + c4, c0 - c4, c2 + c6);
    let other = (c2 - c6) * SQRT_2 - both;
    let even = [sum + both, difference + other, difference - other, sum - both];

    let (z13, z10, z11, z12) = (c5 + c3, c5 - c3, c1 + c7, c1 - c7);
    let first = z11 + z13;
    let z5 = (z10 + z12) * 1.847_759;
    let second = z5 - z10 * 2.613_126 - first;
    let third = (z11 - z13) * SQRT_2 - second;
    let fourth = z5 - z12 * 1.082_392_2 - third;

    let [e0, e1, e2, e3] = even;
    let upper = [e0 + first, e1 + second, e2 + third, e3 + fourth];
    let [p0, p1, p2, p3] = upper;
    [p0, p1, p2, p3, e3 - fourth, e2 - third, e1 - second, e0 - first]
}

/// Four points along the first index.
fn four([c0, c1, c2, c3]: [Row<4>; 4]) -> [Row<4>; 4] {
    // √2 times the cosines of π/8 and 3π/8.
    const WIDE: f32 = 1.306_563;
    const NARROW: f32 = 0.541_196_1;
    let (sum, difference) = (c0 + c2, c0 - c2);
    let (outer, inner) = (c1 * WIDE + c3 * NARROW, c1 * NARROW - c3 * WIDE);
    [sum + outer, difference + inner, difference - inner, sum - outer]
}

/// Two points along the first index.
fn two([c0, c1]: [Row<2>; 2]) -> [Row<2>; 2] {
    [c0 + c1, c0 - c1]
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

    #[test]
    fn each_size_is_the_plain_transform() {
        let mut state = 7u32;
        let mut coefficients = [[0.0; 8]; 8];
        for value in coefficients.as_flattened_mut() {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *value = f64::from(state >> 27) - 16.0;
        }
        for side in [1, 2, 4, 8] {
            let mut block = [[0.0; 8]; 8];
            for row in 0..8 {
                for column in 0..8 {
                    block[column][row] =
                        coefficients[row][column] as f32 * factor(side, row, column);
                }
            }
            let mut out = vec![0; side * side];
            pixels(&block, side, &mut out, side);
            for (ours, theirs) in out.iter().zip(plain(&coefficients, side)) {
                assert!((f64::from(*ours) - theirs).abs() <= 0.51, "{side}: {ours} {theirs}");
            }
        }
    }
}
