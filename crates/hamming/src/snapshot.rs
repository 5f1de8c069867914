//! A snapshot: the index as it was at one moment, to look things up in.

use crate::answer::{Answer, Hit, Nearest};
use crate::block::Block;
use crate::code::Entry;
use crate::dead::Dead;
use crate::kernel::Vectors;
use crate::query::{Query, Radius};
use crate::segment::{Scratch, Segment};
use std::cell::Cell;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The index as it was when the snapshot was taken. Entries withdrawn since may be missing already; entries added since
/// are never there. Cheap to take and to hold; what has been merged meanwhile stays in memory until it is let go.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub(crate) segments: Arc<[Arc<Living>]>,
    /// In order of their entries' numbers; all full.
    pub(crate) blocks: Arc<Vec<Arc<Block>>>,
    pub(crate) last: Arc<Block>,
}

/// A segment and which of its entries were withdrawn.
#[derive(Debug)]
pub(crate) struct Living {
    pub segment: Segment,
    pub dead: Dead,
    /// The number in the file's name.
    pub number: u64,
}

impl Living {
    /// How many entries are not withdrawn.
    pub fn count(&self) -> usize {
        self.segment.entries().saturating_sub(self.dead.count())
    }
}

/// How many queries pass over a tile of codes together.
const BATCH: usize = 64;

impl Snapshot {
    /// How many entries there are.
    #[must_use]
    pub fn entries(&self) -> u64 {
        let segments: usize = self.segments.iter().map(|living| living.count()).sum();
        let blocks = self.all_blocks().map(|block| block.entries() - block.dead.count());
        (segments + blocks.sum::<usize>()) as u64
    }

    /// How many entries lie in blocks, which every look-up scans: what [`Index::merge`](crate::Index::merge) will put in
    /// order.
    #[must_use]
    pub fn unmerged(&self) -> u64 {
        self.all_blocks().map(|block| block.entries() as u64).sum()
    }

    /// The nearest matches, `limit` at most, and how many there are in truth.
    #[must_use]
    pub fn search(&self, query: &Query<'_>, limit: usize) -> Answer {
        let mut nearest = Nearest::of(limit);
        let _ = self.visit(query, |hit| {
            nearest.take(hit);
            ControlFlow::Continue(())
        });
        nearest.answer()
    }

    /// Hands over every match, each once and in no order, as long as `visitor` says so. Returns what it said last.
    ///
    /// However many matches there are, memory stays below half a byte for each entry of the largest segment.
    pub fn visit(
        &self,
        query: &Query<'_>,
        mut visitor: impl FnMut(Hit) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Some(widest) = query.limits.widest() else { return ControlFlow::Continue(()) };
        with_scratch(|scratch| {
            for living in self.segments.iter() {
                let mut matches = |at, distance| {
                    living.hit(at, distance, query).map_or(ControlFlow::Continue(()), &mut visitor)
                };
                let (segment, radius) = (&living.segment, widest.bits());
                match segment.look_up(&query.code, radius, scratch, &mut matches) {
                    Some(said) => said?,
                    None => segment.scan(&[(query.code, radius)], scratch, |_, at, distance| {
                        matches(at, distance)
                    })?,
                }
            }
            self.visit_blocks(std::slice::from_ref(query), scratch, |_, hit| visitor(hit))
        })
    }

    /// The answers to many queries, in their order, worked out on so many threads.
    ///
    /// Queries that end in scanning share the reading: this is the form for matching one set of codes against another.
    #[must_use]
    pub fn search_many(&self, queries: &[Query<'_>], limit: usize, threads: usize) -> Vec<Answer> {
        let batches: Vec<&[Query<'_>]> = queries.chunks(BATCH).collect();
        let next = AtomicUsize::new(0);
        let work = || {
            let mut done = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(batch) = batches.get(number) else { return done };
                done.push((number, self.search_batch(batch, limit)));
            }
        };
        let mut batches = std::thread::scope(|scope| {
            let others = 1..threads.clamp(1, batches.len().max(1));
            let others: Vec<_> = others.map(|_| scope.spawn(work)).collect();
            let mut done = work();
            for other in others {
                match other.join() {
                    Ok(more) => done.extend(more),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            done
        });
        batches.sort_by_key(|(number, _)| *number);
        batches.into_iter().flat_map(|(_, answers)| answers).collect()
    }

    fn search_batch(&self, queries: &[Query<'_>], limit: usize) -> Vec<Answer> {
        let mut nearest: Vec<Nearest> = queries.iter().map(|_| Nearest::of(limit)).collect();
        let mut take = |number: usize, hit: Option<Hit>| {
            if let (Some(nearest), Some(hit)) = (nearest.get_mut(number), hit) {
                nearest.take(hit);
            }
            ControlFlow::Continue(())
        };
        with_scratch(|scratch| {
            for living in self.segments.iter() {
                let mut wide = Vec::new();
                for (number, query) in queries.iter().enumerate() {
                    let Some(widest) = query.limits.widest().map(Radius::bits) else { continue };
                    let matches = |at, distance| take(number, living.hit(at, distance, query));
                    if living.segment.look_up(&query.code, widest, scratch, matches).is_none() {
                        wide.push((number, query, (query.code, widest)));
                    }
                }
                if !wide.is_empty() {
                    let codes: Vec<_> = wide.iter().map(|(_, _, code)| *code).collect();
                    let _ = living.segment.scan(&codes, scratch, |wide_number, at, distance| {
                        let Some((number, query, _)) = wide.get(wide_number) else {
                            return ControlFlow::Continue(());
                        };
                        take(*number, living.hit(at, distance, query))
                    });
                }
            }
            let _ = self.visit_blocks(queries, scratch, |number, hit| take(number, Some(hit)));
        });
        nearest.into_iter().map(Nearest::answer).collect()
    }

    /// Scans the blocks for all queries, block by block.
    fn visit_blocks(
        &self,
        queries: &[Query<'_>],
        scratch: &mut Scratch,
        mut visitor: impl FnMut(usize, Hit) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let (vectors, near) = (Vectors::here(), &mut scratch.near);
        let widest = queries.iter().map(|query| query.limits.widest());
        let queries = queries.iter().zip(widest).enumerate();
        let asked: Vec<_> = queries
            .filter_map(|(number, (query, widest))| Some((number, query, widest?)))
            .collect();
        for block in self.all_blocks() {
            for (number, query, widest) in &asked {
                near.clear();
                vectors.near(&block.tile, &query.code, widest.bits(), near);
                for (at, distance) in &*near {
                    if let Some(hit) = block.hit(usize::from(*at), *distance, query) {
                        visitor(*number, hit)?;
                    }
                }
            }
        }
        ControlFlow::Continue(())
    }

    pub(crate) fn all_blocks(&self) -> impl Iterator<Item = &Arc<Block>> {
        self.blocks.iter().chain([&self.last])
    }
}

impl Living {
    fn hit(&self, at: usize, distance: u8, query: &Query<'_>) -> Option<Hit> {
        hit(self.segment.entry(at)?, distance, query).filter(|_| !self.dead.has(at))
    }
}

impl Block {
    fn hit(&self, at: usize, distance: u8, query: &Query<'_>) -> Option<Hit> {
        hit(self.entry(at)?, distance, query).filter(|_| !self.dead.has(at))
    }
}

/// The match, when it lies within its group's own limit.
fn hit(entry: Entry, distance: u8, query: &Query<'_>) -> Option<Hit> {
    let limit = query.limits.of(entry.group)?;
    let Entry { id, code, group } = entry;
    (distance <= limit.bits()).then_some(Hit { distance, id, group, code })
}

thread_local! {
    /// Taken while a search runs, so that a visitor that searches itself finds none and makes its own.
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

fn with_scratch<T>(work: impl FnOnce(&mut Scratch) -> T) -> T {
    let mut scratch = SCRATCH.take().unwrap_or_default();
    let done = work(&mut scratch);
    scratch.shrink();
    SCRATCH.set(Some(scratch));
    done
}
