//! Files whose scans refine each other: coefficients are kept until the last.

use super::header::{Header, Part, Scan};
use super::huffman::{Bits, Step, Table};
use super::idct::{self, Transform};
use super::scan::{Plane, Size, Walk, ZIGZAG};

/// What is known of luma's coefficients.
pub struct Kept<const N: usize> {
    blocks: Size,
    /// A bit for each coefficient that is not zero, in zigzag order: without them later scans cannot be read.
    known: Vec<u64>,
    /// Those that matter at this size, column by column.
    values: Vec<[[i16; N]; N]>,
}

impl<const N: usize> Kept<N> {
    /// All zero.
    pub fn new(blocks: Size) -> Self {
        let count = blocks.0 as usize * blocks.1 as usize;
        Self { blocks, known: vec![0; count], values: vec![[[0; N]; N]; count] }
    }

    /// Takes in what a scan says of luma.
    pub fn scan(&mut self, header: &Header, scan: &Scan, walk: Walk<'_>) -> Option<()> {
        let mut coders = Vec::new();
        for part in &scan.parts {
            coders.push(Coder::new(header, scan, part)?);
        }
        walk.blocks(|bits, met| {
            if met.afresh {
                coders.iter_mut().for_each(Coder::forget);
            }
            let coder = coders.get_mut(met.part)?;
            if !coder.luma {
                let mut passed = Block { known: &mut 0, values: &mut [[0; N]; N] };
                return coder.block(bits, &mut passed);
            }
            let at = met.down as usize * self.blocks.0 as usize + met.across as usize;
            let (known, values) = (self.known.get_mut(at)?, self.values.get_mut(at)?);
            coder.block(bits, &mut Block { known, values })
        })
    }

    /// Draws them with `N` pixels to a block's side.
    pub fn draw(&self, steps: &[u16; 64]) -> Option<Plane>
    where
        [[f32; N]; N]: Transform<N>,
    {
        let mut plane = Plane::new(self.blocks, N as u32);
        let mut factors = [[0.0; N]; N];
        idct::places::<N>(steps).iter().for_each(|place| place.add(&mut factors, 1));
        for (at, (known, values)) in (0u32..).zip(self.known.iter().zip(&self.values)) {
            let mut block = factors;
            let flat = block.as_flattened_mut().iter_mut().zip(values.as_flattened());
            flat.for_each(|(value, kept)| *value *= f32::from(*kept));
            let last = 63 - (known | 1).leading_zeros();
            plane.put(&block.pixels(last), at % self.blocks.0, at / self.blocks.0)?;
        }
        Some(plane)
    }
}

/// What is known of one block's coefficients.
struct Block<'a, const N: usize> {
    known: &'a mut u64,
    values: &'a mut [[i16; N]; N],
}

impl<const N: usize> Block<'_, N> {
    /// The value at a place of the zigzag; none where this size leaves it out.
    fn value(&mut self, at: u32) -> Option<&mut i16> {
        let (row, column) = ZIGZAG.get(at as usize)?;
        self.values.get_mut(usize::from(*column))?.get_mut(usize::from(*row))
    }

    fn is_known(&self, at: u32) -> bool {
        *self.known >> (at & 63) & 1 == 1
    }

    /// Makes a value known; nothing beyond the last.
    fn set(&mut self, at: u32, value: i32) {
        if at < 64 {
            *self.known |= u64::from(value != 0) << at;
        }
        if let Some(to) = self.value(at) {
            *to = value as i16;
        }
    }

    /// Gives a known value its next bit.
    fn refine(&mut self, at: u32, low: u32) {
        if let Some(value) = self.value(at).filter(|value| **value & (1 << low) == 0) {
            *value = value.wrapping_add(value.signum() << low);
        }
    }
}

/// The state of one component's entropy coding within a scan.
struct Coder<'a> {
    luma: bool,
    /// The first and last coefficient, and which bits of them.
    band: (u32, u32),
    bits: (u32, u32),
    table: Option<&'a Table>,
    /// The last DC value.
    before: i32,
    /// How many blocks from here on have no further values.
    ends: u32,
}

impl<'a> Coder<'a> {
    fn new(header: &'a Header, scan: &Scan, part: &Part) -> Option<Self> {
        let table = match scan.band.0 {
            0 => header.dc.get(part.dc)?,
            _ => header.ac.get(part.ac)?,
        };
        let (band, bits, luma) = (scan.band, scan.bits, part.component == 0);
        Some(Self { luma, band, bits, table: table.as_ref(), before: 0, ends: 0 })
    }

    fn forget(&mut self) {
        self.before = 0;
        self.ends = 0;
    }

    /// The scan's share of a block (T.81, G.1.2).
    #[inline(always)]
    fn block<const N: usize>(
        &mut self,
        bits: &mut Bits<'_>,
        block: &mut Block<'_, N>,
    ) -> Option<()> {
        match (self.band.0, self.bits) {
            (0, (0, low)) => {
                self.before = self.before.wrapping_add(self.table?.difference(bits)?);
                block.set(0, self.before << low);
                Some(())
            }
            (0, (_, low)) => {
                block.values[0][0] |= i16::from(bits.bit()) << low;
                Some(())
            }
            (_, (0, low)) => self.first(bits, low, block),
            (_, (_, low)) => self.refinement(bits, low, block),
        }
    }

    /// The first scan of a band.
    fn first<const N: usize>(
        &mut self,
        bits: &mut Bits<'_>,
        low: u32,
        block: &mut Block<'_, N>,
    ) -> Option<()> {
        if self.ends > 0 {
            self.ends -= 1;
            return Some(());
        }
        let ac = self.table?;
        let (mut at, last) = self.band;
        while at <= last {
            bits.refill();
            match ac.step(bits)? {
                Step::End(run) => {
                    self.ends = (1 << run) - 1 + bits.number(run);
                    return Some(());
                }
                Step::Value(run, value) => {
                    at += run;
                    block.set(at, value << low);
                    at += 1;
                }
            }
        }
        Some(())
    }

    /// A later scan of a band: one more bit of values known, and values that now become known.
    fn refinement<const N: usize>(
        &mut self,
        bits: &mut Bits<'_>,
        low: u32,
        block: &mut Block<'_, N>,
    ) -> Option<()> {
        let (mut at, last) = self.band;
        if self.ends == 0 {
            let ac = self.table?;
            while at <= last {
                bits.refill();
                let (run, value) = match ac.step(bits)? {
                    Step::End(run) => {
                        self.ends = (1 << run) + bits.number(run);
                        break;
                    }
                    Step::Value(run, value) => (run, value),
                };
                at = refined(bits, block, (at, last), low, Some(run));
                if value != 0 {
                    block.set(at, value.signum() << low);
                }
                at += 1;
            }
        }
        if self.ends > 0 {
            refined(bits, block, (at, last), low, None);
            self.ends -= 1;
        }
        Some(())
    }
}

/// Gives known values their next bit, up to the zero after `zeros` zeros or to the band's end; where that is.
fn refined<const N: usize>(
    bits: &mut Bits<'_>,
    block: &mut Block<'_, N>,
    (mut at, last): (u32, u32),
    low: u32,
    zeros: Option<u32>,
) -> u32 {
    let mut left = zeros;
    while at <= last {
        if !block.is_known(at) {
            match left {
                Some(0) => break,
                Some(more) => left = Some(more - 1),
                None => {}
            }
        } else if bits.bit() {
            block.refine(at, low);
        }
        at += 1;
    }
    at
}
