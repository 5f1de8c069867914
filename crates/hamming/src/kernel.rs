//! The two loops that all time goes into, each for the widest vectors that this processor has.
//!
//! The bodies are plain Rust. They are compiled three times, with AVX-512, with AVX2 and as they are, and chosen
//! by what the processor says of itself. Sifting with AVX-512 has a body of its own.
//!
//! `unsafe` stands here for three things: calling code compiled for vectors after having asked whether they are
//! there; loading part of a vector; and telling the processor what will be read soon. Measured on 10 million codes, one
//! core: without AVX-512 half of the look-ups remain, with no vectors a fifth, and without the last two thirds.
#![allow(unsafe_code)]

use crate::code::Code;

/// How many codes a tile holds: 16 KiB, so that it stays in the nearest cache while many queries pass over it.
pub(crate) const TILE: usize = 512;

/// Up to [`TILE`] codes, word by word.
#[derive(Debug, Clone)]
pub(crate) struct Tile {
    words: [[u64; TILE]; 4],
    codes: usize,
}

impl Tile {
    pub const fn empty() -> Self {
        Self { words: [[0; TILE]; 4], codes: 0 }
    }

    pub fn codes(&self) -> usize {
        self.codes
    }

    /// Adds a code. A full tile takes no more: `false`.
    pub fn push(&mut self, code: &Code) -> bool {
        for (column, word) in self.words.iter_mut().zip(code.words()) {
            let Some(place) = column.get_mut(self.codes) else { return false };
            *place = word;
        }
        self.codes += 1;
        true
    }

    /// Holds these codes instead, as many as there is room for.
    pub fn fill(&mut self, codes: &[Code]) {
        let [a, b, c, d] = &mut self.words;
        let places = a.iter_mut().zip(b).zip(c).zip(d);
        for (code, (((a, b), c), d)) in codes.iter().zip(places) {
            [*a, *b, *c, *d] = code.words();
        }
        self.codes = codes.len().min(TILE);
    }

    pub fn code(&self, at: usize) -> Option<Code> {
        let [a, b, c, d] = &self.words;
        let at = (at < self.codes).then_some(at)?;
        Some(Code::from_words([*a.get(at)?, *b.get(at)?, *c.get(at)?, *d.get(at)?]))
    }
}

/// A run of tags of which those near a wanted tag are candidates.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    /// Where it begins among all tags.
    pub start: u32,
    /// How long it is.
    pub tags: u32,
    /// The query's tag.
    pub wanted: u16,
    /// The bits of a tag that belong to the same chunk.
    pub same_mask: u16,
    /// In how many of those a candidate may differ.
    pub same: u8,
    /// In how many bits of the tag it may differ in all.
    pub all: u8,
    /// Under which chunk.
    pub chunk: u8,
}

/// A position among all tags, and under which chunk it was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub at: u32,
    pub chunk: u8,
}

/// What this processor has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Vectors {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Plain,
}

impl Vectors {
    /// The widest there are.
    pub fn here() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vpopcntdq")
                && is_x86_feature_detected!("avx512bitalg")
                && is_x86_feature_detected!("popcnt")
            {
                return Self::Avx512;
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("popcnt") {
                return Self::Avx2;
            }
        }
        Self::Plain
    }

    /// Adds to `found` the place and distance of every code of the tile within `radius` of the query.
    pub fn near(self, tile: &Tile, query: &Code, radius: u8, found: &mut Vec<(u16, u8)>) {
        match self {
            // SAFETY: this variant exists only where `here` found the features.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => unsafe { x86::near_avx512(tile, query, radius, found) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { x86::near_avx2(tile, query, radius, found) },
            Self::Plain => near(tile, query, radius, found),
        }
    }

    /// Adds to `found` every tag of the spans that its bounds let through. `false` when they are more than `most`: what
    /// was found until then is of no use.
    pub fn sift(
        self,
        tags: &[u16],
        mask: u16,
        spans: &[Span],
        most: usize,
        found: &mut Vec<Candidate>,
    ) -> bool {
        match self {
            // SAFETY: this variant exists only where `here` found the features.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => unsafe { x86::sift_avx512(tags, mask, spans, most, found) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { x86::sift_avx2(tags, mask, spans, most, found) },
            Self::Plain => sift(tags, mask, spans, most, found),
        }
    }
}

/// Tells the processor that `items[at]` will be read soon.
#[inline(always)]
pub(crate) fn soon<T>(items: &[T], at: usize) {
    // SAFETY: a prefetch reads nothing into the program and cannot fault, wherever the address points.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(items.as_ptr().wrapping_add(at).cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (items, at);
}

/// How many spans ahead their tags are asked for: enough for the memory to keep all its lines busy.
const AHEAD: usize = 16;

#[inline(always)]
fn soon_span(tags: &[u16], spans: &[Span], at: usize) {
    if let Some(span) = spans.get(at + AHEAD) {
        let start = span.start as usize;
        for line in (0..span.tags.min(128) as usize).step_by(32) {
            soon(tags, start + line);
        }
        soon(tags, start + (span.tags as usize).min(128).saturating_sub(1));
    }
}

/// How many codes are looked at together. Half of their bits decide for nearly all that they are far.
const LANES: usize = 16;

#[inline(always)]
fn near(tile: &Tile, query: &Code, radius: u8, found: &mut Vec<(u16, u8)>) {
    let [a, b, ..] = query.words();
    let [first, second, ..] = &tile.words;
    let radius = u64::from(radius);
    let groups = first.as_chunks::<LANES>().0.iter().zip(second.as_chunks::<LANES>().0);
    for (group, (first, second)) in groups.enumerate().take(tile.codes.div_ceil(LANES)) {
        let mut any = 0;
        for (first, second) in first.iter().zip(second) {
            let apart = u64::from((first ^ a).count_ones() + (second ^ b).count_ones());
            any |= u64::from(apart <= radius);
        }
        if any != 0 {
            near_each(tile, group * LANES, query, radius as u32, found);
        }
    }
}

#[inline(never)]
fn near_each(tile: &Tile, from: usize, query: &Code, radius: u32, found: &mut Vec<(u16, u8)>) {
    for at in from..(from + LANES).min(tile.codes) {
        if let Some(distance) = tile.code(at).map(|code| code.distance(query))
            && distance <= radius
        {
            found.push((at as u16, distance as u8));
        }
    }
}

#[inline(always)]
fn sift(tags: &[u16], mask: u16, spans: &[Span], most: usize, found: &mut Vec<Candidate>) -> bool {
    for (number, span) in spans.iter().enumerate() {
        soon_span(tags, spans, number);
        let start = span.start as usize;
        let run = tags.get(start..start + span.tags as usize).unwrap_or_default();
        let far = |tag: u16| {
            let apart = (tag ^ span.wanted) & mask;
            u16::from(apart.count_ones() > u32::from(span.all))
                | u16::from((apart & span.same_mask).count_ones() > u32::from(span.same))
        };
        for (group, lanes) in run.chunks(LANES).enumerate() {
            let all_far = match lanes.as_array::<LANES>() {
                Some(lanes) => lanes.iter().fold(1, |all, tag| all & far(*tag)),
                None => 0,
            };
            if all_far == 1 {
                continue;
            }
            for (place, tag) in lanes.iter().enumerate() {
                if far(*tag) == 0 {
                    let at = span.start + (group * LANES + place) as u32;
                    found.push(Candidate { at, chunk: span.chunk });
                }
            }
        }
        if found.len() > most {
            return false;
        }
    }
    true
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    //! The same for processors of the x86-64 family with vectors.

    use super::{Candidate, Code, Span, Tile};
    use std::arch::x86_64::{
        _mm512_and_si512, _mm512_cmple_epu16_mask, _mm512_mask_cmple_epu16_mask,
        _mm512_maskz_loadu_epi16, _mm512_popcnt_epi16, _mm512_set1_epi16, _mm512_xor_si512,
    };

    #[target_feature(enable = "avx2,popcnt")]
    pub fn near_avx2(tile: &Tile, query: &Code, radius: u8, found: &mut Vec<(u16, u8)>) {
        super::near(tile, query, radius, found);
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vpopcntdq,popcnt")]
    pub fn near_avx512(tile: &Tile, query: &Code, radius: u8, found: &mut Vec<(u16, u8)>) {
        super::near(tile, query, radius, found);
    }

    #[target_feature(enable = "avx2,popcnt")]
    pub fn sift_avx2(
        tags: &[u16],
        mask: u16,
        spans: &[Span],
        most: usize,
        found: &mut Vec<Candidate>,
    ) -> bool {
        super::sift(tags, mask, spans, most, found)
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512bitalg,popcnt")]
    pub fn sift_avx512(
        tags: &[u16],
        mask: u16,
        spans: &[Span],
        most: usize,
        found: &mut Vec<Candidate>,
    ) -> bool {
        let mask = _mm512_set1_epi16(mask as i16);
        for (number, span) in spans.iter().enumerate() {
            super::soon_span(tags, spans, number);
            let start = span.start as usize;
            let run = tags.get(start..start + span.tags as usize).unwrap_or_default();
            let wanted = _mm512_set1_epi16(span.wanted as i16);
            let same_mask = _mm512_set1_epi16(span.same_mask as i16);
            let all = _mm512_set1_epi16(i16::from(span.all));
            let same = _mm512_set1_epi16(i16::from(span.same));
            let mut at = span.start;
            for lanes in run.chunks(32) {
                let there = u32::MAX >> (32 - lanes.len() as u32);
                // SAFETY: only the lanes that `there` names are read: as many as the slice has.
                let loaded = unsafe { _mm512_maskz_loadu_epi16(there, lanes.as_ptr().cast()) };
                let apart = _mm512_and_si512(_mm512_xor_si512(loaded, wanted), mask);
                let near = _mm512_mask_cmple_epu16_mask(there, _mm512_popcnt_epi16(apart), all);
                let apart = _mm512_and_si512(apart, same_mask);
                let mut near = near & _mm512_cmple_epu16_mask(_mm512_popcnt_epi16(apart), same);
                while near != 0 {
                    found.push(Candidate { at: at + near.trailing_zeros(), chunk: span.chunk });
                    near &= near - 1;
                }
                at += 32;
            }
            if found.len() > most {
                return false;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all_vectors() -> Vec<Vectors> {
        let mut all = vec![Vectors::Plain];
        #[cfg(target_arch = "x86_64")]
        match Vectors::here() {
            Vectors::Avx512 => all.extend([Vectors::Avx2, Vectors::Avx512]),
            Vectors::Avx2 => all.push(Vectors::Avx2),
            Vectors::Plain => {}
        }
        all
    }

    proptest! {
        #[test]
        fn a_tile_is_scanned_alike_with_all_vectors(
            codes in prop::collection::vec(prop::array::uniform4(0_u64..1 << 20), 0..=TILE),
            query in prop::array::uniform4(0_u64..1 << 20),
            radius in 0_u8..=63,
        ) {
            let codes: Vec<Code> = codes.into_iter().map(Code::from_words).collect();
            let query = Code::from_words(query);
            let mut tile = Box::new(Tile::empty());
            tile.fill(&codes);
            let truth: Vec<(u16, u8)> = codes.iter().zip(0..)
                .map(|(code, at)| (at, code.distance(&query) as u8))
                .filter(|(_, distance)| *distance <= radius)
                .collect();
            for vectors in all_vectors() {
                let mut found = Vec::new();
                vectors.near(&tile, &query, radius, &mut found);
                prop_assert_eq!(&found, &truth, "{:?}", vectors);
            }
        }

        #[test]
        fn tags_are_sifted_alike_with_all_vectors(
            tags in prop::collection::vec(any::<u16>(), 1..400),
            cuts in prop::collection::vec((0_usize..400, 1_usize..200), 1..40),
            wanted: u16,
            mask_bits in 8_u32..=16,
            same_bits in 0_u32..8,
            same in 0_u8..4,
            all in prop_oneof![0_u8..12, Just(u8::MAX)],
        ) {
            let mask = (1_u32 << mask_bits).wrapping_sub(1) as u16;
            let same_mask = (1_u16 << same_bits) - 1;
            let spans: Vec<Span> = cuts.iter()
                .map(|(start, length)| (start % tags.len(), *length))
                .map(|(start, length)| Span {
                    start: start as u32,
                    tags: length.min(tags.len() - start) as u32,
                    wanted, same_mask, same, all, chunk: (start % 16) as u8,
                })
                .collect();
            let truth: Vec<Candidate> = spans.iter()
                .flat_map(|span| (span.start..span.start + span.tags).map(move |at| (at, span)))
                .filter(|(at, _)| {
                    let apart = (tags[*at as usize] ^ wanted) & mask;
                    apart.count_ones() <= u32::from(all)
                        && (apart & same_mask).count_ones() <= u32::from(same)
                })
                .map(|(at, span)| Candidate { at, chunk: span.chunk })
                .collect();
            for vectors in all_vectors() {
                let mut found = Vec::new();
                prop_assert!(vectors.sift(&tags, mask, &spans, usize::MAX, &mut found));
                prop_assert_eq!(&found, &truth, "{:?}", vectors);
                found.clear();
                let most = truth.len().saturating_sub(1);
                let enough = vectors.sift(&tags, mask, &spans, most, &mut found);
                prop_assert_eq!(enough, truth.len() <= most, "{:?}", vectors);
            }
        }
    }
}
