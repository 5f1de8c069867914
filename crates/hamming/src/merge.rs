//! Merging: blocks and small segments become one larger segment, on the disk, while look-ups and changes go on.

use crate::block::Block;
use crate::code::Entry;
use crate::dead::Dead;
use crate::index::Index;
use crate::manifest::{Line, Manifest, put_in_place, segment_path, unfinished};
use crate::segment::{BuildError, MAX_ENTRIES, Segment, SegmentFault, write};
use crate::snapshot::{Living, Snapshot};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

/// What a merge did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Merged {
    /// How many entries were written anew.
    pub entries: u64,
    /// How many segments they came from, beside the blocks.
    pub segments: usize,
    /// The number of the last change that the folder now holds: the caller's log is not needed up to it.
    pub mark: u64,
}

/// Why entries could not be put on the disk. What look-ups see is as it was, and so is the folder after opening it again.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file cannot be written: the disk is full, say.
    #[error("`{}` cannot be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// What was written does not read back as it should: a fault of the disk or of memory.
    #[error("`{}` was not read back as it was written", path.display())]
    ReadBack {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: SegmentFault,
    },
    /// Entries were loaded into an index that has some.
    #[error("entries can be loaded only into an empty index: add them instead")]
    NotEmpty,
    /// More or fewer entries came than were announced.
    #[error("{said} entries were announced, and another number came")]
    Count {
        /// How many were announced.
        said: u64,
    },
    /// Entries did not come in ascending order.
    #[error("entry {at} does not come after the one before it in order of id, code and group")]
    Order {
        /// Which, counted from 0.
        at: u64,
    },
}

impl Index {
    /// Puts on the disk everything that was applied before this was called, and joins small segments so that a look-up
    /// passes over few. To be called again and again, on a thread of the caller's: each call is one step.
    ///
    /// Look-ups and changes go on meanwhile; they wait for a moment when it begins and when it ends, never for the disk.
    ///
    /// When it returns, the folder holds all changes up to `mark`, by files whose contents and names were synced in
    /// that order. A crash at any time leaves the folder as it was before or as it is after.
    ///
    /// # Errors
    ///
    /// See [`StoreError`]. What was to be merged is still there to be merged.
    pub fn merge(&self) -> Result<Merged, StoreError> {
        let _one = self.merging.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = self.begin();
        match begun.write(self).and_then(|made| begun.record(self, made)) {
            Ok(made) => {
                self.end(&begun, &made);
                begun.remove_files(&self.folder);
                Ok(begun.report(&made))
            }
            Err(error) => {
                self.writer().late = None;
                Err(error)
            }
        }
    }

    /// Fills an empty index at once: `count` entries, in order of id, code and group, each once. Much quicker than
    /// applying them, and no more is held in memory than what sorting one of the tables takes, 14 bytes for each entry and
    /// thread.
    ///
    /// # Errors
    ///
    /// See [`StoreError`]. The index is then as empty as it was.
    pub fn load(
        &self,
        count: u64,
        entries: impl IntoIterator<Item = Entry>,
        mark: u64,
    ) -> Result<(), StoreError> {
        let _one = self.merging.lock().unwrap_or_else(PoisonError::into_inner);
        let mut writer = self.writer();
        let before = self.snapshot();
        if !before.segments.is_empty() || before.unmerged() > 0 {
            return Err(StoreError::NotEmpty);
        }
        let segments = store(self, writer.next, count, entries.into_iter())?;
        writer.next += segments.len() as u64;
        record(self, &segments, mark, writer.next)?;
        writer.saved = mark;
        writer.mark = mark;
        self.publish(Snapshot { segments: segments.into(), ..before });
        Ok(())
    }

    /// Draws the line: what came until now is merged, what comes from now on is not.
    fn begin(&self) -> Begun {
        let mut writer = self.writer();
        let mut now = self.snapshot();
        if now.last.entries() > 0 {
            Arc::make_mut(&mut now.blocks).push(Arc::clone(&now.last));
            now.last = Arc::new(Block::empty(now.last.end()));
            self.publish(now.clone());
        }
        let mut fresh = std::mem::take(&mut writer.fresh);
        writer.frozen.append(&mut fresh);
        writer.late = Some(Vec::new());
        let (joined, kept) = choose(&now);
        Begun { joined, kept, blocks: now.blocks, mark: writer.mark, next: writer.next }
    }

    /// Withdraws from the new segments what was withdrawn while they were written, until little is left to do: the
    /// rest is done with the writer stopped.
    fn catch_up(&self, made: &[Arc<Living>]) {
        loop {
            let late = self.writer().late.as_mut().map(std::mem::take).unwrap_or_default();
            withdraw_late(made, &late);
            if late.len() < 64 {
                return;
            }
        }
    }

    /// Puts the new segments in the place of what they were made from.
    fn end(&self, begun: &Begun, made: &[Arc<Living>]) {
        self.catch_up(made);
        let mut writer = self.writer();
        withdraw_late(made, &writer.late.take().unwrap_or_default());
        let merged = std::mem::take(&mut writer.frozen);
        writer.next = begun.next + made.len() as u64;
        writer.saved = begun.mark;
        let now = self.snapshot();
        let blocks = now.blocks.get(begun.blocks.len()..).unwrap_or_default().to_vec();
        let segments = begun.segments_after(made).into();
        self.publish(Snapshot { segments, blocks: Arc::new(blocks), last: now.last });
        drop(writer);
        drop(merged);
    }
}

/// A merge under way.
struct Begun {
    /// The segments that are merged, and those left as they are.
    joined: Vec<Arc<Living>>,
    kept: Vec<Arc<Living>>,
    /// The blocks that are merged.
    blocks: Arc<Vec<Arc<Block>>>,
    mark: u64,
    /// The number of the new segment's file.
    next: u64,
}

/// How much larger than all that is merged a segment must be to be left alone. Segments then grow fourfold from one to the
/// next, so that there are few, and an entry is written anew a few times for each.
const LARGER: usize = 4;

/// One withdrawn entry in so many makes a segment worth writing anew.
const WITHDRAWN: usize = 32;

/// Which segments to merge with the blocks, and which to keep.
fn choose(now: &Snapshot) -> (Vec<Arc<Living>>, Vec<Arc<Living>>) {
    let mut segments = now.segments.to_vec();
    segments.sort_by_key(|living| living.count());
    let mut taken: usize = now.unmerged() as usize;
    segments.into_iter().partition(|living| {
        let (count, dead) = (living.count(), living.dead.count());
        let small = taken > 0 && count <= LARGER * taken && count + taken <= MAX_ENTRIES;
        let worn = dead * WITHDRAWN > living.segment.entries() && count + taken <= MAX_ENTRIES;
        if small || worn {
            taken += count;
        }
        small || worn
    })
}

impl Begun {
    /// Writes and opens the new segments: one, unless there are more entries than it takes; none when none are left.
    fn write(&self, index: &Index) -> Result<Vec<Arc<Living>>, StoreError> {
        // Copied once, so that what is counted is what is written. Withdrawals from now on are applied at the end.
        let dead: Vec<Dead> = self.joined.iter().map(|living| living.dead.clone()).collect();
        let mut fresh: Vec<Entry> = self.blocks.iter().flat_map(|block| block.living()).collect();
        fresh.sort_unstable();
        let mut count = fresh.len();
        let mut runs: Vec<Run<'_>> = vec![Box::new(fresh.into_iter())];
        for (Living { segment, .. }, dead) in self.joined.iter().map(|living| &**living).zip(&dead)
        {
            count += segment.entries() - dead.count();
            let living = (0..segment.entries()).filter(|at| !dead.has(*at));
            runs.push(Box::new(living.filter_map(|at| segment.entry(at))));
        }
        store(index, self.next, count as u64, InOrder::of(runs))
    }

    /// Writes the manifest that names the new segments.
    fn record(
        &self,
        index: &Index,
        made: Vec<Arc<Living>>,
    ) -> Result<Vec<Arc<Living>>, StoreError> {
        if self.blocks.is_empty() && self.joined.is_empty() && index.writer().saved == self.mark {
            return Ok(made);
        }
        index.catch_up(&made);
        let next = self.next + made.len() as u64;
        record(index, &self.segments_after(&made), self.mark, next).map(|()| made)
    }

    fn segments_after(&self, made: &[Arc<Living>]) -> Vec<Arc<Living>> {
        self.kept.iter().chain(made).cloned().collect()
    }

    /// Removes the files that no manifest names any more. One that stays is removed when the folder is opened.
    fn remove_files(&self, folder: &Path) {
        for living in &self.joined {
            let _ = std::fs::remove_file(segment_path(folder, living.number));
        }
    }

    fn report(&self, made: &[Arc<Living>]) -> Merged {
        let entries = made.iter().map(|living| living.segment.entries() as u64).sum();
        Merged { entries, segments: self.joined.len(), mark: self.mark }
    }
}

/// Withdraws these ids from the new segments, all of whose entries are older than the withdrawals.
fn withdraw_late(made: &[Arc<Living>], late: &[u64]) {
    for living in made {
        for at in late.iter().flat_map(|id| living.segment.positions(*id)) {
            living.dead.set(at);
        }
    }
}

fn record(index: &Index, segments: &[Arc<Living>], mark: u64, next: u64) -> Result<(), StoreError> {
    let lines = segments.iter().map(|living| Line {
        number: living.number,
        entries: living.segment.entries() as u64,
        checksum: living.segment.checksum(),
        dead: living.dead.positions().collect(),
    });
    let manifest = Manifest { mark, next, segments: lines.collect() };
    manifest.write(&index.folder).map_err(|source| {
        let path = index.folder.join("manifest");
        StoreError::Write { path, source }
    })
}

/// Writes `count` entries as segments whose files are numbered from `number` on.
fn store(
    index: &Index,
    number: u64,
    count: u64,
    mut entries: impl Iterator<Item = Entry>,
) -> Result<Vec<Arc<Living>>, StoreError> {
    let (mut made, mut before, mut last) = (Vec::new(), 0, None);
    while before < count {
        let now = (count - before).min(MAX_ENTRIES as u64);
        let after = last;
        // The order is looked at across segments too: one that begins too low is cut short and found out.
        let part = entries.by_ref().take(now as usize).skip_while(|entry| after >= Some(*entry));
        let part = part.inspect(|entry| last = Some(*entry));
        let number = number + made.len() as u64;
        let living = store_one(index, number, now as usize, part);
        made.push(living.map_err(|error| error.among(before, count))?);
        before += now;
    }
    if entries.next().is_some() { Err(StoreError::Count { said: count }) } else { Ok(made) }
}

/// Writes one segment, puts it in place and opens it.
fn store_one(
    index: &Index,
    number: u64,
    count: usize,
    entries: impl Iterator<Item = Entry>,
) -> Result<Arc<Living>, StoreError> {
    let path = segment_path(&index.folder, number);
    let part = unfinished(&path);
    let written = write(&part, count, entries, index.threads)
        .and_then(|()| put_in_place(&path).map_err(BuildError::Write));
    if let Err(error) = written {
        // A disk that is full should not stay so because of this; what cannot be removed now is when opening.
        let _ = std::fs::remove_file(&part);
        return Err(match error {
            BuildError::Write(source) => StoreError::Write { path, source },
            BuildError::Count => StoreError::Count { said: count as u64 },
            BuildError::Order(at) => StoreError::Order { at: at as u64 },
        });
    }
    match Segment::open(&path, index.threads) {
        Ok(segment) => {
            let dead = Dead::none(segment.entries());
            Ok(Arc::new(Living { segment, dead, number }))
        }
        Err(source) => Err(StoreError::ReadBack { path, source }),
    }
}

impl StoreError {
    /// The same, said of all entries instead of one segment's.
    fn among(self, before: u64, count: u64) -> Self {
        match self {
            Self::Count { .. } => Self::Count { said: count },
            Self::Order { at } => Self::Order { at: before + at },
            other => other,
        }
    }
}

/// Entries in order.
type Run<'a> = Box<dyn Iterator<Item = Entry> + 'a>;

/// Several runs made into one, in order.
struct InOrder<'a> {
    runs: Vec<Run<'a>>,
    /// The next entry of each run that is not at its end, the lowest first.
    next: BinaryHeap<Reverse<(Entry, usize)>>,
}

impl<'a> InOrder<'a> {
    fn of(mut runs: Vec<Run<'a>>) -> Self {
        let first = runs.iter_mut().enumerate();
        let next =
            first.filter_map(|(run, entries)| Some(Reverse((entries.next()?, run)))).collect();
        Self { runs, next }
    }
}

impl Iterator for InOrder<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        let mut lowest = self.next.peek_mut()?;
        let Reverse((entry, run)) = *lowest;
        match self.runs.get_mut(run).and_then(Iterator::next) {
            Some(following) => *lowest = Reverse((following, run)),
            None => {
                std::collections::binary_heap::PeekMut::pop(lowest);
            }
        }
        Some(entry)
    }
}
