//! Searching a segment: through its tables where few candidates are to be expected, by a scan where there are many.
//!
//! A search goes in steps, each over all the places at once, so that the memory answers many reads side by side: the
//! buckets to look at, then their tags, then the positions of what is left, then the codes.

use super::Segment;
use super::layout::Part;
use crate::code::Code;
use crate::kernel::{Candidate, Span, TILE, Tile, soon};
use crate::ring::{Quotas, with_ones};
use std::ops::ControlFlow;

/// What a search works with, kept from one to the next.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    spans: Vec<Span>,
    candidates: Vec<Candidate>,
    positions: Vec<u32>,
    pub near: Vec<(u16, u8)>,
    tile: Option<Box<Tile>>,
}

impl Scratch {
    /// Gives back what one large search took.
    pub fn shrink(&mut self) {
        const KEPT: usize = 1 << 16;
        self.spans.clear();
        self.candidates.clear();
        self.positions.clear();
        self.spans.shrink_to(KEPT);
        self.candidates.shrink_to(KEPT);
        self.positions.shrink_to(KEPT);
    }
}

/// Costs in parts of what sifting one tag takes (about 0.1 ns): finding one more bucket, and scanning one code.
const BUCKET: usize = 40;
const SCANNED: usize = 30;

/// What a scan is preferred to: more candidates than one in so many codes. Reading a code out of turn takes
/// up to ten times as long as reading it in turn.
const CANDIDATE: usize = 16;

/// Where matches go: the entry's position and its distance.
pub(crate) trait Matches: FnMut(usize, u8) -> ControlFlow<()> {}
impl<F: FnMut(usize, u8) -> ControlFlow<()>> Matches for F {}

impl Segment {
    /// Hands over every entry within `radius` of the code, each once, in no order. `None`: nothing was handed over, since
    /// a scan costs less.
    pub fn look_up(
        &self,
        code: &Code,
        radius: u8,
        scratch: &mut Scratch,
        matches: impl Matches,
    ) -> Option<ControlFlow<()>> {
        let quotas = self.plan(code, radius, scratch)?;
        let Scratch { spans, candidates, positions, .. } = scratch;
        let (tags, mask) = (self.part::<u16>(Part::Tags), self.ring.tag_mask());
        candidates.clear();
        let most = self.entries() / CANDIDATE;
        if !self.vectors.sift(tags, mask, spans, most, candidates) {
            return None;
        }
        self.locate(candidates, positions);
        Some(self.verify(code, radius, &quotas, scratch, matches))
    }

    /// Hands over every entry within its radius of each of these codes, each once, by reading all codes: the
    /// number of the query, the entry's position, its distance.
    pub fn scan(
        &self,
        queries: &[(Code, u8)],
        scratch: &mut Scratch,
        mut matches: impl FnMut(usize, usize, u8) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Scratch { near, tile, .. } = scratch;
        let tile = tile.get_or_insert_with(|| Box::new(Tile::empty()));
        for (codes, first) in self.codes().chunks(TILE).zip((0..).step_by(TILE)) {
            tile.fill(codes);
            for (number, (code, radius)) in queries.iter().enumerate() {
                near.clear();
                self.vectors.near(tile, code, *radius, near);
                for (at, distance) in &*near {
                    matches(number, first + usize::from(*at), *distance)?;
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Shares out the radius and lists the buckets to look at. Evenly first; where that leads into crowded buckets, by
    /// how crowded the buckets near this code are. `None` when a scan costs less.
    fn plan(&self, code: &Code, radius: u8, scratch: &mut Scratch) -> Option<Quotas> {
        let scan = self.entries() * SCANNED;
        let even = self.ring.even(radius);
        let (buckets, tags) = self.size(&even);
        if tags / 4 + buckets * BUCKET > scan {
            return None;
        }
        let tags_found = self.list(code, &even, &mut scratch.spans);
        let crowded = tags * 4 + 1024;
        if tags_found <= crowded {
            return Some(even);
        }
        let (quotas, cost) = self.share(code, radius, tags_found / BUCKET)?;
        // Crowded buckets hold what is near: far more of it than one in a hundred gets past its tag.
        if cost > scan / 2 {
            return None;
        }
        self.list(code, &quotas, &mut scratch.spans);
        Some(quotas)
    }

    /// How many buckets these quotas look at, and how many tags are in them when codes are spread evenly.
    fn size(&self, quotas: &Quotas) -> (usize, usize) {
        let (mut all, mut tags) = (0, 0);
        for (chunk, quota) in self.ring.chunks().iter().zip(quotas) {
            let buckets: usize = (0..*quota).map(|apart| choose(chunk.prefix, apart)).sum();
            all += buckets;
            tags += (buckets * self.entries()) >> chunk.prefix;
        }
        (all, tags)
    }

    /// Lists the buckets that these quotas look at. Returns how many tags are in them.
    fn list(&self, code: &Code, quotas: &Quotas, spans: &mut Vec<Span>) -> usize {
        spans.clear();
        let directory: &[u32] = self.part(Part::Directory);
        let mut all = 0;
        for (number, (chunk, quota)) in self.ring.chunks().iter().zip(quotas).enumerate() {
            let (bucket, wanted) = self.ring.place(*chunk, code);
            let same_mask = self.ring.same_mask(*chunk);
            let begins = directory.get(chunk.buckets..).unwrap_or_default();
            for apart in 0..*quota {
                let Some(bounds) = self.ring.bounds(quotas, number, apart) else { continue };
                let (same, most) = (bounds.same, bounds.all);
                for change in with_ones(chunk.prefix, u32::from(apart)) {
                    let [start, end] = ends(begins, bucket ^ change);
                    let tags = end.saturating_sub(start);
                    if tags > 0 {
                        all += tags as usize;
                        let chunk = number as u8;
                        spans.push(Span { start, tags, wanted, same_mask, same, all: most, chunk });
                    }
                }
            }
        }
        all
    }

    /// Shares out the radius so that the fewest tags are looked at (the allocation of GPH), and says what that
    /// costs. Looks at no more than about `effort` buckets to find out.
    fn share(&self, code: &Code, radius: u8, effort: usize) -> Option<(Quotas, usize)> {
        let chunks = self.ring.chunks();
        let wanted = usize::from(radius) + 1;
        // cheapest[k]: how to give out k in all among the chunks so far, and at what cost.
        let mut cheapest: Vec<Option<(usize, Quotas)>> = vec![None; wanted + 1];
        *cheapest.first_mut()? = Some((0, [0; 16]));
        for number in 0..chunks.len() {
            let costs = self.costs(code, number, effort / chunks.len());
            let mut next: Vec<Option<(usize, Quotas)>> = vec![None; wanted + 1];
            for (given, (before, quotas)) in cheapest
                .iter()
                .enumerate()
                .filter_map(|(given, best)| best.map(|best| (given, best)))
            {
                for (quota, cost) in costs.iter().enumerate() {
                    let Some(best) = next.get_mut(given + quota) else { break };
                    let cost = before + cost;
                    if best.is_none_or(|(other, _)| cost < other) {
                        let mut quotas = quotas;
                        *quotas.get_mut(number)? = quota as u8;
                        *best = Some((cost, quotas));
                    }
                }
            }
            cheapest = next;
        }
        cheapest.pop()?.map(|(cost, quotas)| (quotas, cost))
    }

    /// What each quota would cost a chunk, from 0 on, for as many as can be found out by looking at so many buckets.
    fn costs(&self, code: &Code, number: usize, effort: usize) -> Vec<usize> {
        let Some(chunk) = self.ring.chunks().get(number) else { return Vec::new() };
        let directory: &[u32] = self.part(Part::Directory);
        let begins = directory.get(chunk.buckets..).unwrap_or_default();
        let (bucket, _) = self.ring.place(*chunk, code);
        let (mut costs, mut sum, mut looked_at) = (vec![0], 0, 0);
        for apart in 0..=chunk.prefix.min(7) {
            let buckets = choose(chunk.prefix, apart as u8);
            looked_at += buckets;
            if apart > 1 && looked_at > effort {
                break;
            }
            sum += buckets * BUCKET;
            for change in with_ones(chunk.prefix, apart) {
                let [start, end] = ends(begins, bucket ^ change);
                sum += end.saturating_sub(start) as usize;
            }
            costs.push(sum);
        }
        costs
    }

    /// Where the codes of the candidates stand. Each is asked for from memory at once.
    fn locate(&self, candidates: &[Candidate], positions: &mut Vec<u32>) {
        let (lows, _) = self.part::<u8>(Part::Lows).as_chunks::<3>();
        let (tags, codes) = (self.part::<u16>(Part::Tags), self.codes());
        let above = self.ring.tag_bits();
        positions.clear();
        for (number, candidate) in candidates.iter().enumerate() {
            if let Some(later) = candidates.get(number + 8) {
                soon(lows, later.at as usize);
            }
            let at = candidate.at as usize;
            let [a, b, c] = lows.get(at).copied().unwrap_or_default();
            let top = tags.get(at).map_or(0, |tag| u32::from(*tag) >> above);
            let position = u32::from_le_bytes([a, b, c, top as u8]);
            soon(codes, position as usize);
            positions.push(position);
        }
    }

    /// Compares the whole codes. An entry met under several chunks is handed over under the first.
    fn verify(
        &self,
        code: &Code,
        radius: u8,
        quotas: &Quotas,
        scratch: &Scratch,
        mut matches: impl Matches,
    ) -> ControlFlow<()> {
        let codes = self.codes();
        for (candidate, position) in scratch.candidates.iter().zip(&scratch.positions) {
            let position = *position as usize;
            // A position beyond the codes is in no file that this crate wrote.
            let Some(found) = codes.get(position) else { continue };
            let distance = found.distance(code);
            if distance <= u32::from(radius)
                && self.ring.first(quotas, &found.apart(code)) == Some(usize::from(candidate.chunk))
            {
                matches(position, distance as u8)?;
            }
        }
        ControlFlow::Continue(())
    }
}

/// Where a bucket begins and ends.
#[inline]
fn ends(begins: &[u32], bucket: u32) -> [u32; 2] {
    let from = begins.get(bucket as usize..).and_then(|from| from.first_chunk::<2>());
    from.copied().unwrap_or_default()
}

/// How many numbers of `bits` bits have `ones` set.
fn choose(bits: u32, ones: u8) -> usize {
    (0..u64::from(ones))
        .fold(1_u64, |ways, one| ways * u64::from(bits).saturating_sub(one) / (one + 1))
        as usize
}
