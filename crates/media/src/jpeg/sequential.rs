//! Files of one scan: each block from bits to pixels at once.

use super::header::{Header, Scan};
use super::huffman::{Bits, Skips, Values};
use super::idct::{self, Place, Transform};
use super::scan::{Plane, Size, Walk};

/// The codes of one component in the scan.
struct Codes<'a> {
    luma: bool,
    dc: Values<'a>,
    ac: Values<'a>,
    /// None where every coefficient counts.
    skips: Option<Skips>,
    before: i32,
}

/// Draws the luma of a scan with `N` pixels to a block's side: so many blocks, from the coefficients up to `last` in the
/// zigzag.
pub fn draw<const N: usize>(
    header: &Header,
    scan: &Scan,
    steps: &[u16; 64],
    (blocks, last): (Size, u32),
    walk: Walk<'_>,
) -> Option<Plane>
where
    [[f32; N]; N]: Transform<N>,
{
    let mut plane = Plane::new(blocks, N as u32);
    let places = idct::places::<N>(steps);
    let mut codes = Vec::new();
    for part in &scan.parts {
        let (dc, ac) = (header.dc.get(part.dc)?.as_ref()?, header.ac.get(part.ac)?.as_ref()?);
        let luma = part.component == 0;
        let skips = (!luma || last < 63).then(|| Skips::of((!luma).then_some(dc), ac));
        codes.push(Codes { luma, dc: Values::of_dc(dc), ac: Values::of_ac(ac), skips, before: 0 });
    }
    walk.blocks(|bits, met| {
        if met.afresh {
            codes.iter_mut().for_each(|codes| codes.before = 0);
        }
        let codes = codes.get_mut(met.part)?;
        if !codes.luma {
            return codes.skips.as_ref()?.pass_whole(&codes.dc, &codes.ac, bits);
        }
        let pixels = codes.pixels::<N>(bits, &places, last)?;
        plane.put(&pixels, met.across, met.down)
    })?;
    Some(plane)
}

impl Codes<'_> {
    #[inline(always)]
    fn pixels<const N: usize>(
        &mut self,
        bits: &mut Bits<'_>,
        places: &[Place; 64],
        last: u32,
    ) -> Option<[[u8; N]; N]>
    where
        [[f32; N]; N]: Transform<N>,
    {
        let mut block = [[0.0; N]; N];
        bits.refill();
        self.before = self.before.wrapping_add(self.dc.next(bits)?.1);
        places[0].add(&mut block, self.before);
        let (mut at, mut reached) = (1, 0);
        'block: while at <= last {
            // What a refill gives is enough for the DC value and three more.
            for _ in 0..3 {
                let (run, value) = self.ac.next(bits)?;
                at += run;
                if at > 63 {
                    return Some(block.pixels(reached));
                }
                places.get(at as usize)?.add(&mut block, value);
                reached = at;
                at += 1;
                if at > last {
                    break 'block;
                }
            }
            bits.refill();
        }
        if let Some(skips) = self.skips.as_ref().filter(|_| at < 64) {
            skips.pass(&self.ac, bits, at)?;
        }
        Some(block.pixels(reached))
    }
}
