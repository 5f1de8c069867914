//! The scans of a JPEG file: which of them matter, and the walk over the blocks of one.

use super::header::{Frame, Header, Scan, segments};
use super::huffman::{Bits, Interval};
use super::idct::Transform;
use super::progressive::Kept;
use super::sequential;

/// The most scans of one file: real ones have about ten, and each costs a walk over all blocks.
const MAX_SCANS: usize = 64;

/// Where the coefficient at each place of the zigzag lies: row and column.
pub const ZIGZAG: [(u8, u8); 64] = zigzag();

// Worked out while compiling: a wrong index would not compile.
#[allow(clippy::indexing_slicing)]
const fn zigzag() -> [(u8, u8); 64] {
    let mut order = [(0, 0); 64];
    let (mut at, mut diagonal) = (0, 0u8);
    while diagonal < 15 {
        let mut step = 0;
        while step <= diagonal {
            // Even diagonals run upwards.
            let row = if diagonal % 2 == 0 { diagonal - step } else { step };
            let column = diagonal - row;
            if row < 8 && column < 8 {
                order[at] = (row, column);
                at += 1;
            }
            step += 1;
        }
        diagonal += 1;
    }
    order
}

/// So many across and down.
pub type Size = (u32, u32);

/// Pixels of whole blocks.
pub struct Plane {
    samples: Vec<u8>,
    stride: usize,
}

impl Plane {
    /// Room for so many blocks of this side across and down.
    pub fn new(blocks: Size, side: u32) -> Self {
        let stride = (blocks.0 * side) as usize;
        Self { samples: vec![0; stride * (blocks.1 * side) as usize], stride }
    }

    /// Puts a block's pixels to its place, counted in blocks.
    #[inline(always)]
    pub fn put<const N: usize>(
        &mut self,
        pixels: &[[u8; N]; N],
        across: u32,
        down: u32,
    ) -> Option<()> {
        let mut from = down as usize * N * self.stride + across as usize * N;
        for row in pixels {
            *self.samples.get_mut(from..)?.first_chunk_mut()? = *row;
            from += self.stride;
        }
        Some(())
    }

    /// The upper left part of this size.
    pub fn cropped(mut self, width: u32, height: u32) -> Option<Vec<u8>> {
        let (width, height) = (width as usize, height as usize);
        for row in 1..height {
            let from = row * self.stride;
            if from + width > self.samples.len() {
                return None;
            }
            self.samples.copy_within(from..from + width, row * width);
        }
        self.samples.truncate(width * height);
        (self.samples.len() == width * height).then_some(self.samples)
    }
}

/// Decodes the luma at one part in `scale` a side, from the first scan's header on.
pub fn decode(header: Header, bytes: &[u8], at: usize, scale: u32) -> Option<Plane> {
    match scale {
        8 => decode_by::<1>(header, bytes, at),
        4 => decode_by::<2>(header, bytes, at),
        2 => decode_by::<4>(header, bytes, at),
        _ => decode_by::<8>(header, bytes, at),
    }
}

/// With `N` pixels to a block's side.
fn decode_by<const N: usize>(mut header: Header, bytes: &[u8], at: usize) -> Option<Plane>
where
    [[f32; N]; N]: Transform<N>,
{
    let frame = header.frame.clone()?;
    let blocks = blocks(&frame)?;
    let mut kept = frame.progressive.then(|| Kept::<N>::new(blocks));
    let within = |place: &(u8, u8)| usize::from(place.0.max(place.1)) < N;
    let last = ZIGZAG.iter().rposition(within)? as u32;
    let mut steps = None;
    for Found { tables, scan, data, matters } in scans(&header, bytes, at, last)? {
        header.advance(bytes, tables)?;
        if matters {
            steps = header.steps.get(usize::from(frame.components.first()?.steps))?.or(steps);
            let walk =
                Walk::new(&frame, blocks, header.restart, &scan, Interval::from(bytes, data))?;
            let Some(kept) = &mut kept else {
                return sequential::draw(&header, &scan, &steps?, (blocks, last), walk);
            };
            kept.scan(&header, &scan, walk)?;
        }
    }
    kept?.draw(&steps?)
}

/// A scan of the file.
struct Found {
    /// Where the segments before it begin.
    tables: usize,
    scan: Scan,
    /// Where its data begin.
    data: usize,
    /// Whether it has to be read.
    matters: bool,
}

/// The scans from the first one's header on; in a file whose scans do not refine each other, up to the one with luma.
fn scans(header: &Header, bytes: &[u8], mut at: usize, mut last: u32) -> Option<Vec<Found>> {
    let progressive = header.frame.as_ref()?.progressive;
    let (mut found, mut tables) = (Vec::new(), at.checked_sub(2)?);
    for _ in 0..MAX_SCANS {
        let (scan, data) = header.scan(bytes, at)?;
        let matters = scan.parts.iter().any(|part| part.component == 0);
        found.push(Found { tables, scan, data, matters });
        if matters && !progressive {
            return Some(found);
        }
        tables = next_marker(bytes, data)?;
        let Some(next) = segments(bytes, tables, |_, _| Some(()))? else {
            // A scan can only be read by what is known of all its coefficients, those included that do not matter.
            for Found { scan, matters, .. } in found.iter_mut().rev() {
                *matters &= scan.band.0 <= last;
                last = last.max(if *matters { scan.band.1 } else { 0 });
            }
            return progressive.then_some(found);
        };
        at = next;
    }
    None
}

/// Luma's blocks across and down, of whole units.
fn blocks(frame: &Frame) -> Option<Size> {
    let (across, down) = frame.components.first()?.sampling;
    let whole = |pixels: u32, step: u32| pixels.div_ceil(8 * step) * step;
    Some((whole(frame.width, across), whole(frame.height, down)))
}

/// Where the data of a scan end: at the first marker that is neither a stuffed byte nor a restart.
fn next_marker(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        match bytes.get(at + 1)? {
            0 | 0xd0..=0xd7 => at += 2,
            _ => return Some(at),
        }
    }
}

/// A walk over the blocks of a scan.
pub struct Walk<'a> {
    /// Units across and down.
    units: Size,
    /// How many blocks of each component are in a unit.
    sizes: Vec<Size>,
    /// Units between restart markers; 0 where there are none.
    restart: u32,
    interval: Interval<'a>,
}

/// A block that is met on a walk.
pub struct Met {
    /// Its component's place in the scan.
    pub part: usize,
    /// Its place in the component, in blocks.
    pub across: u32,
    /// Its place in the component, in blocks.
    pub down: u32,
    /// Whether what was known from blocks before it is to be forgotten.
    pub afresh: bool,
}

impl<'a> Walk<'a> {
    /// In a scan of one component the units are its blocks, as many as hold its pixels.
    fn new(
        frame: &Frame,
        blocks: Size,
        restart: u32,
        scan: &Scan,
        interval: Interval<'a>,
    ) -> Option<Self> {
        let full = frame.components.first()?.sampling;
        let sampled = |component: usize| Some(frame.components.get(component)?.sampling);
        let (units, sizes) = match scan.parts.as_slice() {
            [_] => ((frame.width.div_ceil(8), frame.height.div_ceil(8)), vec![(1, 1)]),
            parts => (
                (blocks.0 / full.0, blocks.1 / full.1),
                parts.iter().map(|part| sampled(part.component)).collect::<Option<_>>()?,
            ),
        };
        Some(Self { units, sizes, restart, interval })
    }

    /// Shows each block with the bits from where it begins.
    #[inline(always)]
    pub fn blocks(mut self, mut show: impl FnMut(&mut Bits<'_>, Met) -> Option<()>) -> Option<()> {
        let mut bits = self.interval.bits();
        let (mut left, mut afresh) = (self.restart, true);
        for row in 0..self.units.1 {
            for column in 0..self.units.0 {
                if self.restart > 0 && left == 0 {
                    if bits.overran() {
                        return None;
                    }
                    self.interval.restart()?;
                    bits = self.interval.bits();
                    (left, afresh) = (self.restart, true);
                }
                left = left.wrapping_sub(1);
                for (part, (wide, high)) in self.sizes.iter().enumerate() {
                    for y in row * high..(row + 1) * high {
                        for x in column * wide..(column + 1) * wide {
                            show(&mut bits, Met { part, across: x, down: y, afresh })?;
                            afresh = false;
                        }
                    }
                }
            }
            if bits.overran() {
                return None;
            }
        }
        Some(())
    }
}
