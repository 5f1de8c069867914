//! The ring of chunks: which nearby values must be looked up so that no code within the radius is missed.
//!
//! The 256 bits are cut into chunks 0 to m-1, laid in a ring. For a radius r each chunk i is given a *quota* q_i, a
//! whole number from 0 up, so that the quotas add up to r + 1. Let b_i be the number of bits in which two codes differ
//! within chunk i.
//!
//! **What holds.** If two codes differ in at most r bits, there is a chunk i such that for every k from 1 to m,
//! `b_i + ... + b_(i+k-1) <= q_i + ... + q_(i+k-1) - 1`, indices taken around the ring.
//!
//! **Why.** Let x_i = b_i - q_i. All x together are at most r - (r + 1) = -1. Walk around the ring adding up x and
//! start again right behind the last place where the sum was at its greatest. From there every sum is below 0: before
//! the walk's end since that place was the last greatest, and after it since a full turn has lost at least 1. Sums of
//! whole numbers below 0 are at most -1. ∎
//!
//! So it is enough to look, for each chunk i, at the codes whose chunk i differs in at most q_i - 1 bits (k = 1: the general
//! pigeonhole principle of Norouzi, Punjani and Fleet, and of Qin et al., GPH), and of those only at the ones that
//! also keep within q_i + q_(i+1) - 1 over this chunk and the next (k = 2: the pigeonring of Qin and Xiao). A table
//! stores beside each position a *tag*: the bits that follow those it is ordered by. That rejects almost all
//! candidates without touching their codes. Looking at fewer of a chunk's bits, or of the next one's, only ever
//! lets more through.

use crate::code::Code;

/// How a segment is laid out: chunks, and how many bits of each a table is ordered by at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub chunks: u32,
    pub prefix: u32,
}

impl Shape {
    /// For so many entries. Buckets of 16 to 32 tags fill one line of cache. More chunks mean fewer look-ups and more
    /// memory, 5 bytes for each code and chunk: 15 keep 10 million codes within 1.2 GB, 11 keep 100 million
    /// within 10 GB.
    pub fn for_entries(entries: usize) -> Self {
        let chunks = match entries {
            0..=4_000_000 => 16,
            4_000_001..=16_777_216 => 15,
            _ => 11,
        };
        let prefix = entries.max(1).ilog2().saturating_sub(4).clamp(4, 22);
        Self { chunks, prefix }
    }
}

/// The chunks of one segment.
#[derive(Debug, Clone)]
pub(crate) struct Ring {
    chunks: Vec<Chunk>,
    /// How many bits a tag has.
    tag: u32,
}

/// One chunk: `width` bits from bit `start` on, of which the first `prefix` number its buckets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chunk {
    start: u32,
    width: u32,
    pub prefix: u32,
    /// Where its buckets begin in the directory, which lists those of all chunks one after the other.
    pub buckets: usize,
}

/// How many of its bits each chunk may differ in, and one more; 0: it is not looked at.
pub(crate) type Quotas = [u8; 16];

/// What a candidate's tag may differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// In the bits that belong to the same chunk.
    pub same: u8,
    /// In all.
    pub all: u8,
}

impl Ring {
    /// The ring of this shape for a segment of so many entries; `None` for a shape that cannot be.
    ///
    /// A tag shares its 16 bits with the part of a position above 2^24, so chunks of 16 bits or more hold the
    /// claim that a tag never reaches beyond the next chunk.
    pub fn new(shape: Shape, entries: usize) -> Option<Self> {
        let Shape { chunks: count @ 1..=16, prefix: most @ 1..=24 } = shape else { return None };
        let above = entries.saturating_sub(1) >> 24;
        let tag =
            16_u32.checked_sub(usize::BITS - above.leading_zeros()).filter(|tag| *tag >= 8)?;
        let (mut start, mut buckets) = (0, 0);
        let mut chunks = Vec::new();
        for at in 0..count {
            let width = Code::BITS / count + u32::from(at < Code::BITS % count);
            let prefix = width.min(most);
            chunks.push(Chunk { start, width, prefix, buckets });
            start += width;
            buckets += 1 << prefix;
        }
        Some(Self { chunks, tag })
    }

    pub fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }

    /// How many buckets all chunks have together.
    pub fn buckets(&self) -> usize {
        self.chunks.iter().map(|chunk| 1 << chunk.prefix).sum()
    }

    /// How many bits a tag has.
    pub fn tag_bits(&self) -> u32 {
        self.tag
    }

    /// The bits of a tag.
    pub fn tag_mask(&self) -> u16 {
        low_bits(self.tag) as u16
    }

    /// The bits of a tag that belong to the same chunk as the bucket's number.
    pub fn same_mask(&self, chunk: Chunk) -> u16 {
        low_bits((chunk.width - chunk.prefix).min(self.tag)) as u16
    }

    /// A code's bucket and tag in a chunk.
    pub fn place(&self, chunk: Chunk, code: &Code) -> (u32, u16) {
        let window = chunk.window(code);
        let bucket = window & low_bits(chunk.prefix);
        (bucket as u32, (window >> chunk.prefix) as u16 & self.tag_mask())
    }

    /// A radius shared out as evenly as can be.
    pub fn even(&self, radius: u8) -> Quotas {
        let (all, count) = (usize::from(radius) + 1, self.chunks.len());
        let mut quotas = [0; 16];
        for (at, quota) in quotas.iter_mut().take(count).enumerate() {
            *quota = (all / count + usize::from(at < all % count)) as u8;
        }
        quotas
    }

    /// What tags in a bucket whose number differs in `apart` bits may differ in; `None` when such a bucket is not
    /// looked at.
    pub fn bounds(&self, quotas: &Quotas, chunk: usize, apart: u8) -> Option<Bounds> {
        let next = if chunk + 1 == self.chunks.len() { 0 } else { chunk + 1 };
        let (quota, next) = (*quotas.get(chunk)?, *quotas.get(next)?);
        let same = quota.checked_sub(apart + 1)?;
        // A ring of one chunk has itself as the next: no bound over both can be said.
        Some(Bounds { same, all: if self.chunks.len() == 1 { u8::MAX } else { same + next } })
    }

    /// The first chunk under which a code is looked at whose bits differ from the query's in `apart`. A code may be met
    /// under several: it counts where it is met first.
    pub fn first(&self, quotas: &Quotas, apart: &Code) -> Option<usize> {
        self.chunks.iter().enumerate().position(|(at, chunk)| {
            let (bucket, tag) = self.place(*chunk, apart);
            self.bounds(quotas, at, bucket.count_ones() as u8).is_some_and(|bounds| {
                (tag & self.same_mask(*chunk)).count_ones() <= u32::from(bounds.same)
                    && tag.count_ones() <= u32::from(bounds.all)
            })
        })
    }
}

impl Chunk {
    /// The 64 bits from the chunk's first on, around the ring.
    #[inline]
    fn window(self, code: &Code) -> u64 {
        let [a, b, c, d] = code.words();
        let (low, high) = match self.start / 64 {
            0 => (a, b),
            1 => (b, c),
            2 => (c, d),
            _ => (d, a),
        };
        let both = u128::from(high) << 64 | u128::from(low);
        (both >> (self.start % 64)) as u64
    }
}

const fn low_bits(bits: u32) -> u64 {
    (1 << bits) - 1
}

/// All numbers of `bits` bits of which `ones` are set, ascending (Gosper's step).
pub(crate) fn with_ones(bits: u32, ones: u32) -> impl Iterator<Item = u32> {
    let mut next = if ones <= bits { Some(low_bits(ones) as u32) } else { None };
    std::iter::from_fn(move || {
        let this = next?;
        let lowest = this & this.wrapping_neg();
        let risen = this + lowest;
        let following = risen | (this ^ risen) >> (2 + this.trailing_zeros()).min(31);
        next = (this != 0 && u64::from(following) <= low_bits(bits)).then_some(following);
        Some(this)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_with_so_many_ones_are_all_there() {
        for bits in 1..=12_u32 {
            for ones in 0..=bits + 1 {
                let all: Vec<u32> =
                    (0..1 << bits).filter(|number: &u32| number.count_ones() == ones).collect();
                assert_eq!(with_ones(bits, ones).collect::<Vec<_>>(), all, "{bits} {ones}");
            }
        }
        assert_eq!(with_ones(24, 3).count(), 2024);
    }

    #[test]
    fn chunks_cover_every_bit_once() {
        for chunks in 1..=16 {
            let ring = Ring::new(Shape { chunks, prefix: 22 }, 1000).unwrap();
            let mut seen = 0;
            for chunk in ring.chunks() {
                assert_eq!(chunk.start, seen);
                seen += chunk.width;
            }
            assert_eq!(seen, 256);
        }
        assert!(Ring::new(Shape { chunks: 17, prefix: 9 }, 9).is_none());
        assert!(Ring::new(Shape { chunks: 0, prefix: 9 }, 9).is_none());
        assert!(Ring::new(Shape { chunks: 4, prefix: 25 }, 9).is_none());
    }

    proptest! {
        #[test]
        fn what_lies_within_the_radius_is_met_under_some_chunk(
            chunks in 1_u32..=16,
            prefix in 1_u32..=24,
            radius in 0_u8..=63,
            bits in prop::collection::vec(0_usize..256, 0..64),
            moves in prop::collection::vec((0_usize..16, 0_usize..16), 0..20),
        ) {
            let ring = Ring::new(Shape { chunks, prefix }, 1 << 27).unwrap();
            let mut quotas = ring.even(radius);
            for (from, to) in moves {
                let (from, to) = (from % chunks as usize, to % chunks as usize);
                if quotas[from] > 0 {
                    quotas[from] -= 1;
                    quotas[to] += 1;
                }
            }
            let mut apart = [0_u64; 4];
            for bit in bits.into_iter().take(usize::from(radius)) {
                apart[bit / 64] |= 1 << (bit % 64);
            }
            prop_assert!(ring.first(&quotas, &Code::from_words(apart)).is_some());
        }
    }
}
