//! Files whose scans refine each other: coefficients are kept until the last.

use super::header::{Header, Part, Scan};
use super::huffman::{Bits, END, Values};
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
    /// Where the value at each place of the zigzag lies; beyond the block where this size leaves it out.
    // Worked out while compiling: a wrong index would not compile.
    #[allow(clippy::indexing_slicing)]
    const PLACES: [u8; 64] = {
        let mut places = [u8::MAX; 64];
        let mut at = 0;
        while at < 64 {
            let (row, column) = ZIGZAG[at];
            if (row as usize) < N && (column as usize) < N {
                places[at] = column * N as u8 + row;
            }
            at += 1;
        }
        places
    };

    /// The value at a place of the zigzag; none where this size leaves it out.
    #[inline(always)]
    fn value(&mut self, at: u32) -> Option<&mut i16> {
        let place = Self::PLACES.get(at as usize)?;
        self.values.as_flattened_mut().get_mut(usize::from(*place))
    }

    /// Makes a value known; nothing beyond the last.
    #[inline(always)]
    fn set(&mut self, at: u32, value: i32) {
        if at < 64 {
            *self.known |= u64::from(value != 0) << at;
        }
        if let Some(to) = self.value(at) {
            *to = value as i16;
        }
    }

    /// Gives a known value its next bit.
    #[inline(always)]
    fn refine(&mut self, at: u32, bit: i16) {
        if let Some(value) = self.value(at) {
            *value = value.wrapping_add(value.signum() * (bit & !*value));
        }
    }
}

/// The state of one component's entropy coding within a scan.
struct Coder<'a> {
    luma: bool,
    /// The first and last coefficient, and which bits of them.
    band: (u32, u32),
    bits: (u32, u32),
    /// None where the scan gives DC values their next bit: those have no codes.
    codes: Option<Values<'a>>,
    /// The last DC value.
    before: i32,
    /// How many blocks from here on have no further values.
    ends: u32,
}

impl<'a> Coder<'a> {
    fn new(header: &'a Header, scan: &Scan, part: &Part) -> Option<Self> {
        let codes = match (scan.band.0, scan.bits.0) {
            (0, 0) => Some(Values::of_dc(header.dc.get(part.dc)?.as_ref()?)),
            (0, _) => None,
            _ => Some(Values::of_ac(header.ac.get(part.ac)?.as_ref()?)),
        };
        let (band, bits, luma) = (scan.band, scan.bits, part.component == 0);
        Some(Self { luma, band, bits, codes, before: 0, ends: 0 })
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
                bits.refill();
                self.before = self.before.wrapping_add(self.codes.as_ref()?.next(bits)?.1);
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
        let codes = self.codes.as_ref()?;
        let (mut at, last) = self.band;
        while at <= last {
            bits.refill();
            let (run, value) = codes.next(bits)?;
            if run >= END {
                self.ends = (1 << (run - END)) - 1 + bits.number(run - END);
                break;
            }
            at += run;
            block.set(at, value << low);
            at += 1;
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
            let codes = self.codes.as_ref()?;
            while at <= last {
                bits.refill();
                let (run, value) = codes.next(bits)?;
                if run >= END {
                    self.ends = (1 << (run - END)) + bits.number(run - END);
                    break;
                }
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
    (at, last): (u32, u32),
    low: u32,
    zeros: Option<u32>,
) -> u32 {
    if at > last {
        return at;
    }
    let ahead = u64::MAX << at & u64::MAX >> (63 - last);
    let end = zeros.map_or(0, |zeros| {
        let mut free = ahead & !*block.known;
        (0..zeros).for_each(|_| free &= free.wrapping_sub(1));
        free & free.wrapping_neg()
    });
    // Those before the zero at the end, or all where there is none.
    let mut known = ahead & *block.known & end.wrapping_sub(1);
    while known != 0 {
        let count = known.count_ones().min(16);
        let mut ones = bits.number(count) << (16 - count);
        for _ in 0..count {
            block.refine(known.trailing_zeros(), ((ones >> 15 & 1) as i16) << low);
            known &= known - 1;
            ones <<= 1;
        }
    }
    if end == 0 { last + 1 } else { end.trailing_zeros() }
}
