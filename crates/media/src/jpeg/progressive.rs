//! Files whose scans refine each other: all coefficients are kept until the last.

use super::header::{Header, Part, Scan};
use super::huffman::{Bits, Step, Table};
use super::idct::{self, Transform};
use super::scan::{Plane, Size, Walk};

/// All coefficients of luma, 64 a block.
#[derive(Default)]
pub struct Kept {
    blocks: Size,
    values: Vec<i16>,
}

impl Kept {
    /// All zero.
    pub fn new(blocks: Size) -> Self {
        Self { blocks, values: vec![0; 64 * blocks.0 as usize * blocks.1 as usize] }
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
                return coder.block(bits, &mut [0; 64]);
            }
            let at = 64 * (met.down as usize * self.blocks.0 as usize + met.across as usize);
            coder.block(bits, self.values.get_mut(at..)?.first_chunk_mut()?)
        })
    }

    /// Draws them with `N` pixels to a block's side, from the coefficients up to `last` in the zigzag.
    pub fn draw<const N: usize>(&self, steps: &[u16; 64], last: u32) -> Option<Plane>
    where
        [[f32; N]; N]: Transform<N>,
    {
        let mut plane = Plane::new(self.blocks, N as u32);
        let places = idct::places::<N>(steps);
        for (at, values) in (0u32..).zip(self.values.as_chunks::<64>().0) {
            let (mut block, mut reached) = ([[0.0; N]; N], 0);
            let known = (0..=last).zip(values.iter().zip(&places));
            for (at, (value, place)) in known.filter(|(_, (value, _))| **value != 0) {
                place.add(&mut block, i32::from(*value));
                reached = at;
            }
            plane.put(&block.pixels(reached), at % self.blocks.0, at / self.blocks.0)?;
        }
        Some(plane)
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
    fn block(&mut self, bits: &mut Bits<'_>, block: &mut [i16; 64]) -> Option<()> {
        match (self.band.0, self.bits) {
            (0, (0, low)) => {
                self.before = self.before.wrapping_add(self.table?.difference(bits)?);
                block[0] = (self.before << low) as i16;
                Some(())
            }
            (0, (_, low)) => {
                block[0] |= i16::from(bits.bit()) << low;
                Some(())
            }
            (_, (0, low)) => self.first(bits, low, block),
            (_, (_, low)) => self.refinement(bits, low, block),
        }
    }

    /// The first scan of a band.
    fn first(&mut self, bits: &mut Bits<'_>, low: u32, block: &mut [i16; 64]) -> Option<()> {
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
                    if let Some(to) = block.get_mut(at as usize) {
                        *to = (value << low) as i16;
                    }
                    at += 1;
                }
            }
        }
        Some(())
    }

    /// A later scan of a band: one more bit of values known, and values that now become known.
    fn refinement(&mut self, bits: &mut Bits<'_>, low: u32, block: &mut [i16; 64]) -> Option<()> {
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
                if value != 0
                    && let Some(to) = block.get_mut(at as usize)
                {
                    *to = (value.signum() << low) as i16;
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
fn refined(
    bits: &mut Bits<'_>,
    block: &mut [i16; 64],
    (mut at, last): (u32, u32),
    low: u32,
    zeros: Option<u32>,
) -> u32 {
    let mut left = zeros;
    while at <= last {
        let Some(value) = block.get_mut(at as usize) else { break };
        if *value == 0 {
            match left {
                Some(0) => break,
                Some(more) => left = Some(more - 1),
                None => {}
            }
        } else if bits.bit() && *value & (1 << low) == 0 {
            *value = value.wrapping_add(value.signum() << low);
        }
        at += 1;
    }
    at
}
