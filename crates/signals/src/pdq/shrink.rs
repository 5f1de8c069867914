//! The tent filter that shrinks a picture to 64 by 64: two box filters along each axis, in one walk down the rows.
//!
//! Every number that the reference reads is computed by the same additions, subtractions and divisions in single
//! precision, in the same order, so that each bit of the hash is the reference's, on every picture. What is saved is
//! work that nobody looks at: nothing of the picture's size is stored, the last two filters are divided at 64 columns
//! and 64 rows only, and rows are filtered side by side, since the sums along one row wait for each other and rows do not.

use crate::picture::{Picture, Samples};

/// The side of the shrunk picture.
pub(super) const SIDE: usize = 64;

/// The shrunk picture, row after row.
pub(super) type Small = [[f32; SIDE]; SIDE];

/// How many rows are filtered side by side.
const LANES: usize = 8;

/// The picture at 64 by 64: as it is where it has that size.
pub(super) fn shrink(picture: &Picture<'_>) -> Small {
    if (picture.width(), picture.height()) == (SIDE, SIDE) {
        let mut small = [[0.0; SIDE]; SIDE];
        for (y, row) in small.iter_mut().enumerate() {
            picture.row(y).luma_into(row);
        }
        return small;
    }
    let down = Window::new(picture.height());
    let mut narrow = Vec::with_capacity(picture.height().next_multiple_of(LANES));
    Walk::new(picture, down).narrow_into(&mut narrow);
    narrow.truncate(picture.height());
    kept(down, &narrow)
}

/// One box filter's window along one axis.
#[derive(Clone, Copy)]
pub(super) struct Window {
    /// Samples along the axis.
    pub(super) len: usize,
    /// Samples in the window where it is not cut off by an edge: half of a 64th of the axis, rounded up.
    full: usize,
    /// How many of them lie at the output's place and after it.
    half: usize,
}

impl Window {
    pub(super) fn new(len: usize) -> Self {
        let full = len.div_ceil(2 * SIDE);
        Self { len, full, half: full.midpoint(2) }
    }

    /// The first sample of the window around `at`, and the first after it.
    pub(super) fn range(&self, at: usize) -> (usize, usize) {
        ((at + self.half).saturating_sub(self.full), (at + self.half).min(self.len))
    }

    /// How many samples the window around `at` has.
    fn count(&self, at: usize) -> f32 {
        let (from, to) = self.range(at);
        (to - from) as f32
    }

    /// The 64 places that are kept: the middles of as many equal parts.
    pub(super) fn kept(&self) -> [usize; SIDE] {
        std::array::from_fn(|part| (2 * part + 1) * self.len / (2 * SIDE))
    }
}

/// A walk down a picture through the first three filters: along rows, along columns, along rows again.
struct Walk<'p> {
    picture: &'p Picture<'p>,
    across: Window,
    down: Window,
    /// Rows after the first filter, those that the window down can still meet.
    once: Rows,
    /// The second filter's running sum at each column.
    sums: Vec<f32>,
    /// Rows after the second filter, as many as are filtered side by side.
    twice: Rows,
    first: First,
    lanes: Vec<Lane>,
}

/// One column of the rows that are filtered side by side.
type Lane = [f32; LANES];

impl<'p> Walk<'p> {
    fn new(picture: &'p Picture<'p>, down: Window) -> Self {
        let width = picture.width();
        let across = Window::new(width);
        Self {
            picture,
            across,
            down,
            once: Rows::new(width, (down.full + LANES).next_multiple_of(LANES)),
            sums: vec![0.0; width],
            twice: Rows::new(width, LANES),
            first: First::new(across),
            lanes: vec![[0.0; LANES]; width],
        }
    }

    /// Appends every row, at the 64 columns that are kept, and rows without meaning up to a multiple of [`LANES`].
    fn narrow_into(mut self, narrow: &mut Vec<[f32; SIDE]>) {
        let height = self.picture.height();
        let mut filtered = 0;
        for from in (0..height).step_by(LANES) {
            for y in from..(from + LANES).min(height) {
                while filtered < self.down.range(y).1 {
                    self.first.filter(self.picture, filtered, &mut self.once);
                    filtered += LANES;
                }
                self.filter_down(y);
            }
            side_by_side(self.twice.band(0), &mut self.lanes);
            narrow.extend(transposed(&kept(self.across, &self.lanes)));
        }
    }

    /// Row `y` of the second filter: its running sums move one row down.
    fn filter_down(&mut self, y: usize) {
        let Self { down, once, sums, twice, .. } = self;
        let count = down.count(y);
        let out = twice.row_mut(y);
        let before = y.checked_sub(1).map_or((0, 0), |above| down.range(above));
        let now = down.range(y);
        if (now.0 - before.0, now.1 - before.1) == (1, 1) {
            let (new, old) = (once.row(before.1), once.row(before.0));
            return match factor(count) {
                Some(factor) => step_down(sums, new, old, out, |sum| sum * factor),
                None => step_down(sums, new, old, out, |sum| sum / count),
            };
        }
        for row in before.1..now.1 {
            sums.iter_mut().zip(once.row(row)).for_each(|(sum, new)| *sum += new);
        }
        for row in before.0..now.0 {
            sums.iter_mut().zip(once.row(row)).for_each(|(sum, old)| *sum -= old);
        }
        sums.iter().zip(out).for_each(|(sum, out)| *out = sum / count);
    }
}

/// What to multiply by in place of dividing by `count`, where both give the same number: for powers of two.
fn factor(count: f32) -> Option<f32> {
    (count as u32).is_power_of_two().then(|| 1.0 / count)
}

fn step_down(
    sums: &mut [f32],
    new: &[f32],
    old: &[f32],
    out: &mut [f32],
    divided: impl Fn(f32) -> f32,
) {
    for (((sum, new), old), out) in sums.iter_mut().zip(new).zip(old).zip(out) {
        *sum += new;
        *sum -= old;
        *out = divided(*sum);
    }
}

/// The first filter, and the room it works in.
struct First {
    across: Window,
    /// How many samples the window has, at each column.
    counts: Vec<f32>,
    /// Sums of bytes are whole numbers: exact in any order, and quicker one row at a time.
    doubling: Doubling,
    /// The same for windows whose sums need more than 16 bits.
    whole: Vec<i32>,
    rows: Rows,
    lanes: Vec<Lane>,
    sums: Vec<Lane>,
}

impl First {
    fn new(across: Window) -> Self {
        Self {
            across,
            counts: (0..across.len).map(|x| across.count(x)).collect(),
            doubling: Doubling::default(),
            whole: Vec::new(),
            rows: Rows::new(across.len, LANES),
            lanes: Vec::new(),
            sums: Vec::new(),
        }
    }

    /// Filters [`LANES`] rows of the picture, from row `from`, a multiple of [`LANES`].
    fn filter(&mut self, picture: &Picture<'_>, from: usize, out: &mut Rows) {
        if let Samples::Grey8(_) = picture.row(from) {
            for y in from..from + LANES {
                self.filter_grey(picture.row(y), out.row_mut(y));
            }
            return;
        }
        for y in from..from + LANES {
            picture.row(y).luma_into(self.rows.row_mut(y));
        }
        self.lanes.resize(self.across.len, [0.0; LANES]);
        self.sums.resize(self.across.len, [0.0; LANES]);
        side_by_side(self.rows.band(0), &mut self.lanes);
        let add = |sum: Lane, new: Lane| each(sum, new, |sum, new| sum + new);
        let subtract = |sum: Lane, old: Lane| each(sum, old, |sum, old| sum - old);
        running(self.across, &self.lanes, &mut self.sums, [0.0; LANES], add, subtract);
        one_below_the_other(&self.sums, &self.counts, out.band_mut(from));
    }

    fn filter_grey(&mut self, row: Samples<'_>, out: &mut [f32]) {
        let Samples::Grey8(row) = row else { return };
        if row.is_empty() {
            return;
        }
        let Self { across, counts, doubling, .. } = self;
        let Some(sums) = doubling.sums(*across, row) else { return self.filter_wide(row, out) };
        let divided =
            |(out, (sum, count)): (&mut f32, (&u16, &f32))| *out = f32::from(*sum) / count;
        let all = out.iter_mut().zip(sums.iter().zip(&*counts));
        let Some(factor) = factor(across.full as f32) else { return all.for_each(divided) };
        all.for_each(|(out, (sum, _))| *out = f32::from(*sum) * factor);
        // Windows that an edge cuts off have fewer samples.
        let all = out.iter_mut().zip(sums.iter().zip(&*counts));
        all.take(across.full).for_each(divided);
        let all = out.iter_mut().zip(sums.iter().zip(&*counts));
        all.skip(across.len.saturating_sub(across.full)).for_each(divided);
    }

    /// The same where a window's sum needs more than 16 bits.
    fn filter_wide(&mut self, row: &[u8], out: &mut [f32]) {
        self.whole.resize(self.across.len, 0);
        let add = |sum: i32, new: u8| sum + i32::from(new);
        let subtract = |sum: i32, old: u8| sum - i32::from(old);
        running(self.across, row, &mut self.whole, 0, add, subtract);
        for ((out, sum), count) in out.iter_mut().zip(&self.whole).zip(&self.counts) {
            *out = *sum as f32 / count;
        }
    }
}

/// The sums of windows along a row of bytes, from those of half as many samples.
#[derive(Default)]
struct Doubling {
    /// The sums of 1, 2, 4, … samples from each place on.
    power: Vec<u16>,
    next: Vec<u16>,
    /// The sums of as many as the window's length has of those.
    sums: Vec<u16>,
}

impl Doubling {
    /// The sum of the window around each place; none where it may need more than 16 bits.
    fn sums(&mut self, window: Window, row: &[u8]) -> Option<&[u16]> {
        const MOST: usize = (u16::MAX / u8::MAX as u16) as usize;
        let Window { full, half, .. } = window;
        // Beyond the edges lie zeros.
        self.power.clear();
        self.power.resize((full <= MOST).then_some(full - half)?, 0);
        self.power.extend(row.iter().map(|sample| u16::from(*sample)));
        self.power.resize(row.len() + full - 1, 0);
        let (mut size, mut summed) = (1, 0);
        loop {
            if full & size != 0 {
                let more = self.power.get(summed..).unwrap_or_default();
                match summed {
                    0 => self.sums.clone_from(&self.power),
                    _ => self.sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more),
                }
                summed += size;
            }
            if summed == full {
                return Some(&self.sums);
            }
            let later = self.power.get(size..).unwrap_or_default();
            self.next.clear();
            self.next.extend(self.power.iter().zip(later).map(|(sum, later)| sum + later));
            std::mem::swap(&mut self.power, &mut self.next);
            size *= 2;
        }
    }
}

/// The sum of each place's window, kept by adding what enters and subtracting what leaves.
fn running<I: Copy, S: Copy>(
    window: Window,
    input: &[I],
    out: &mut [S],
    mut sum: S,
    add: impl Fn(S, I) -> S,
    subtract: impl Fn(S, I) -> S,
) {
    let Window { len, full, half } = window;
    let (growing, moving) = input.split_at(full.min(input.len()));
    let (leaving, last) = input.split_at(len.saturating_sub(full).min(input.len()));
    let mut out = out.iter_mut();
    for (place, new) in growing.iter().enumerate() {
        sum = add(sum, *new);
        if place + 1 >= half
            && let Some(out) = out.next()
        {
            *out = sum;
        }
    }
    let out = out.into_slice();
    let (within, beyond) = out.split_at_mut(moving.len().min(out.len()));
    for ((new, old), out) in moving.iter().zip(leaving).zip(within) {
        sum = subtract(add(sum, *new), *old);
        *out = sum;
    }
    for (old, out) in last.iter().zip(beyond) {
        sum = subtract(sum, *old);
        *out = sum;
    }
}

/// The filtered value at the 64 places that are kept, for each of `N` signals side by side.
fn kept<const N: usize>(window: Window, input: &[[f32; N]]) -> [[f32; N]; SIDE] {
    let (mut entered, mut left, mut sum) = (0, 0, [0.0; N]);
    window.kept().map(|place| {
        let (from, to) = window.range(place);
        let alone = to.min(window.full).max(entered);
        for new in input.get(entered..alone).unwrap_or_default() {
            sum = each(sum, *new, |sum, new| sum + new);
        }
        let moving = input.get(alone..to.max(alone)).unwrap_or_default();
        for (new, old) in moving.iter().zip(input.get(left..).unwrap_or_default()) {
            sum = each(each(sum, *new, |sum, new| sum + new), *old, |sum, old| sum - old);
        }
        left += moving.len();
        for old in input.get(left..from).unwrap_or_default() {
            sum = each(sum, *old, |sum, old| sum - old);
        }
        (entered, left) = (to, from);
        sum.map(|sum| sum / window.count(place))
    })
}

/// Rows of one length, in a ring.
struct Rows {
    samples: Vec<f32>,
    width: usize,
    rows: usize,
}

impl Rows {
    fn new(width: usize, rows: usize) -> Self {
        Self { samples: vec![0.0; width * rows], width, rows }
    }

    fn row(&self, y: usize) -> &[f32] {
        self.samples.chunks_exact(self.width).nth(y % self.rows).unwrap_or_default()
    }

    fn row_mut(&mut self, y: usize) -> &mut [f32] {
        self.samples.chunks_exact_mut(self.width).nth(y % self.rows).unwrap_or_default()
    }

    /// [`LANES`] rows from row `y`, a multiple of [`LANES`] as is the ring.
    fn band(&self, y: usize) -> [&[f32]; LANES] {
        let mut rows = self.samples.chunks_exact(self.width).skip(y % self.rows);
        std::array::from_fn(|_| rows.next().unwrap_or_default())
    }

    /// The same, to write.
    fn band_mut(&mut self, y: usize) -> [&mut [f32]; LANES] {
        let mut rows = self.samples.chunks_exact_mut(self.width).skip(y % self.rows);
        std::array::from_fn(|_| rows.next().unwrap_or_default())
    }
}

fn each<const N: usize>(a: [f32; N], b: [f32; N], of: impl Fn(f32, f32) -> f32) -> [f32; N] {
    let mut out = a;
    out.iter_mut().zip(b).for_each(|(out, b)| *out = of(*out, b));
    out
}

fn side_by_side(rows: [&[f32]; LANES], lanes: &mut [Lane]) {
    let [a, b, c, d, e, f, g, h] = rows;
    let rows = a.iter().zip(b).zip(c).zip(d).zip(e).zip(f).zip(g).zip(h);
    for (lane, (((((((a, b), c), d), e), f), g), h)) in lanes.iter_mut().zip(rows) {
        *lane = [*a, *b, *c, *d, *e, *f, *g, *h];
    }
}

fn one_below_the_other(sums: &[Lane], counts: &[f32], rows: [&mut [f32]; LANES]) {
    let [a, b, c, d, e, f, g, h] = rows;
    let rows = a.iter_mut().zip(b).zip(c).zip(d).zip(e).zip(f).zip(g).zip(h);
    for ((sum, count), (((((((a, b), c), d), e), f), g), h)) in sums.iter().zip(counts).zip(rows) {
        [*a, *b, *c, *d, *e, *f, *g, *h] = sum.map(|sum| sum / count);
    }
}

pub(super) fn transposed<const A: usize, const B: usize>(matrix: &[[f32; A]; B]) -> [[f32; B]; A] {
    let mut turned = [[0.0; B]; A];
    for (b, row) in matrix.iter().enumerate() {
        for (value, line) in row.iter().zip(&mut turned) {
            if let Some(slot) = line.get_mut(b) {
                *slot = *value;
            }
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubled_sums_are_those_of_every_window() {
        let row: Vec<u8> = (0..40_000u32).map(|at| (at * at / 7 % 256) as u8).collect();
        let white = [255; 40_000];
        for len in (65..3_000).step_by(61).chain([32_896]) {
            let window = Window::new(len);
            for row in [&row[..len], &white[..len]] {
                let sum = |at: usize| -> u32 {
                    let (from, to) = window.range(at);
                    row[from..to].iter().map(|sample| u32::from(*sample)).sum()
                };
                let mut doubling = Doubling::default();
                let sums = doubling.sums(window, row).unwrap();
                assert!(sums.len() >= len);
                for at in (0..len).step_by(if len > 3_000 { 97 } else { 1 }) {
                    assert_eq!(u32::from(sums[at]), sum(at), "{len} {at}");
                }
            }
        }
        assert!(Doubling::default().sums(Window::new(32_897), &row[..32_897]).is_none());
    }
}
