//! The index: opening a folder, changing what is in it, and taking snapshots to search.

use crate::block::Block;
use crate::code::Entry;
use crate::dead::Dead;
use crate::manifest::{Line, Manifest, segment_path, unfinished};
use crate::segment::{Segment, SegmentFault};
use crate::snapshot::{Living, Snapshot};
use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// One change to the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Holds this entry from now on. Nothing happens when it is held already.
    Add(Entry),
    /// Holds none of the entries with this id any more. Nothing happens when there are none.
    Withdraw(u64),
}

/// An index in a folder of its own.
#[derive(Debug)]
pub struct Index {
    pub(crate) folder: PathBuf,
    pub(crate) threads: usize,
    /// What look-ups see. The lock is held for as long as it takes to copy three pointers: a look-up takes a
    /// thousand times longer, so a lock from the standard library does as well as anything finer.
    current: RwLock<Snapshot>,
    /// One writer at a time; a merge takes it twice, for a moment each. Taken before `current`, never after.
    pub(crate) writer: Mutex<Writer>,
    /// One merge at a time.
    pub(crate) merging: Mutex<()>,
    /// Locked as long as the index is open.
    _lock: File,
}

/// What a writer keeps to itself.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    /// The number of the last change applied.
    pub mark: u64,
    /// Id and number of every entry in blocks that came since the last merge began, and of those that it merges.
    pub fresh: BTreeSet<(u64, u64)>,
    pub frozen: BTreeSet<(u64, u64)>,
    /// The ids withdrawn since the merge that is under way began.
    pub late: Option<Vec<u64>>,
    /// The number that the next segment's file will have.
    pub next: u64,
    /// The mark that the manifest on the disk has.
    pub saved: u64,
}

impl Writer {
    /// The numbers of an id's entries in blocks.
    fn numbers(&self, id: u64) -> impl Iterator<Item = u64> {
        let range = (id, 0)..=(id, u64::MAX);
        self.frozen.range(range.clone()).chain(self.fresh.range(range)).map(|(_, number)| *number)
    }
}

/// Why a folder cannot be opened as an index.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be made or read.
    #[error("`{}` cannot be used as an index's folder", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Somebody has it open.
    #[error("the index in `{}` is open already: close it there first", .0.display())]
    InUse(PathBuf),
    /// The list of segments is damaged.
    #[error("the manifest in `{}` is damaged: empty the folder and load the entries again", .0.display())]
    Manifest(PathBuf),
    /// A segment's file is damaged, or another than the manifest says.
    #[error("the segment `{}` is unusable: empty its folder and load the entries again", path.display())]
    Segment {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: SegmentFault,
    },
    /// A sound segment, but not the one that was there.
    #[error("`{}` is not the segment that the manifest names: empty the folder and load the entries again", .0.display())]
    Stranger(PathBuf),
}

impl Index {
    /// Opens the index in this folder, which is made when it is not there, and checks every byte of it. `threads` is how
    /// many may work at opening and merging.
    ///
    /// Files that a crash left half written are removed. The folder is the index's own: nothing else may write in it,
    /// and it is locked against a second opening as long as the index lives.
    ///
    /// # Errors
    ///
    /// See [`OpenError`]. Everything in the folder can be made again from the caller's own log.
    pub fn open(folder: &Path, threads: usize) -> Result<Self, OpenError> {
        let unusable = |source| OpenError::Folder { folder: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(unusable)?;
        let lock = File::create(folder.join("lock")).map_err(unusable)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => OpenError::InUse(folder.to_owned()),
            TryLockError::Error(source) => unusable(source),
        })?;
        let manifest = Manifest::read(folder).map_err(unusable)?;
        let manifest = manifest.ok_or_else(|| OpenError::Manifest(folder.to_owned()))?;
        sweep(folder, &manifest).map_err(unusable)?;
        let segments: Result<_, _> =
            manifest.segments.iter().map(|line| open_segment(folder, line, threads)).collect();
        let first = Snapshot {
            segments: segments?,
            blocks: Arc::default(),
            last: Arc::new(Block::empty(0)),
        };
        let Manifest { mark, next, .. } = manifest;
        Ok(Self {
            folder: folder.to_owned(),
            threads: threads.max(1),
            current: RwLock::new(first),
            writer: Mutex::new(Writer { mark, next, saved: mark, ..Writer::default() }),
            merging: Mutex::new(()),
            _lock: lock,
        })
    }

    /// The number of the last change applied: after opening, of the last one that the folder is known to hold. The caller
    /// applies those that came after it again, in their order.
    #[must_use]
    pub fn mark(&self) -> u64 {
        self.writer().mark
    }

    /// The index as it is now. Every change whose call returned before is in it.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes these changes, in their order. `mark` is the number of the last of them in the caller's log, where
    /// numbers only grow.
    ///
    /// When this returns, every look-up that begins sees all of them. One that runs meanwhile may see
    /// withdrawals before additions of the same call. Nothing is on the disk until [`Index::merge`].
    pub fn apply(&self, changes: &[Change], mark: u64) {
        let mut writer = self.writer();
        let mut editing = Editing { snapshot: self.snapshot(), growing: None };
        for change in changes {
            match change {
                Change::Add(entry) => editing.add(&mut writer, entry),
                Change::Withdraw(id) => editing.withdraw(&mut writer, *id),
            }
        }
        writer.mark = writer.mark.max(mark);
        if let Some(changed) = editing.finish() {
            self.publish(changed);
        }
    }

    /// Adds one entry: [`Index::apply`] for one.
    pub fn add(&self, entry: Entry, mark: u64) {
        self.apply(&[Change::Add(entry)], mark);
    }

    /// Withdraws all entries with this id: [`Index::apply`] for one.
    pub fn withdraw(&self, id: u64, mark: u64) {
        self.apply(&[Change::Withdraw(id)], mark);
    }

    pub(crate) fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What look-ups see from now on. Whoever calls this holds the writer.
    pub(crate) fn publish(&self, snapshot: Snapshot) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let former = std::mem::replace(&mut *current, snapshot);
        drop(current);
        // After the lock: the last one to let go of a segment unmaps it.
        drop(former);
    }
}

/// A snapshot that is being changed.
struct Editing {
    snapshot: Snapshot,
    /// The last block, once it differs from the snapshot's.
    growing: Option<Block>,
}

impl Editing {
    fn add(&mut self, writer: &mut Writer, entry: &Entry) {
        if self.holds(writer, entry) {
            return;
        }
        let growing = self.growing.get_or_insert_with(|| Block::clone(&self.snapshot.last));
        if growing.is_full() {
            let full = std::mem::replace(growing, Block::empty(growing.end()));
            Arc::make_mut(&mut self.snapshot.blocks).push(Arc::new(full));
        }
        writer.fresh.insert((entry.id, growing.end()));
        growing.push(entry);
    }

    fn withdraw(&self, writer: &mut Writer, id: u64) {
        for living in self.snapshot.segments.iter() {
            for at in living.segment.positions(id) {
                living.dead.set(at);
            }
        }
        for number in writer.numbers(id) {
            if let Some((block, at)) = self.place(number) {
                block.dead.set(at);
            }
        }
        if let Some(late) = &mut writer.late {
            late.push(id);
        }
        // Those in the blocks being merged stay listed: the merge drops them all at once.
        let gone: Vec<_> = writer.fresh.range((id, 0)..=(id, u64::MAX)).copied().collect();
        for one in gone {
            writer.fresh.remove(&one);
        }
    }

    fn holds(&self, writer: &Writer, entry: &Entry) -> bool {
        let in_segments = self.snapshot.segments.iter().any(|living| {
            let mut positions = living.segment.positions(entry.id);
            positions.any(|at| living.segment.entry(at) == Some(*entry) && !living.dead.has(at))
        });
        in_segments
            || writer
                .numbers(entry.id)
                .filter_map(|number| self.place(number))
                .any(|(block, at)| block.entry(at).as_ref() == Some(entry) && !block.dead.has(at))
    }

    /// The block that an entry is in, and where.
    fn place(&self, number: u64) -> Option<(&Block, usize)> {
        let last = self.growing.as_ref().unwrap_or(&self.snapshot.last);
        let block = if number >= last.first {
            last
        } else {
            let after = self.snapshot.blocks.partition_point(|block| block.first <= number);
            self.snapshot.blocks.get(after.checked_sub(1)?)?
        };
        Some((block, usize::try_from(number.checked_sub(block.first)?).ok()?))
    }

    /// What is to be published; `None` when nothing was added.
    fn finish(self) -> Option<Snapshot> {
        let last = Arc::new(self.growing?);
        Some(Snapshot { last, ..self.snapshot })
    }
}

fn open_segment(folder: &Path, line: &Line, threads: usize) -> Result<Arc<Living>, OpenError> {
    let path = segment_path(folder, line.number);
    let segment = match Segment::open(&path, threads) {
        Ok(segment) => segment,
        Err(source) => return Err(OpenError::Segment { path, source }),
    };
    if (segment.entries() as u64, segment.checksum()) != (line.entries, line.checksum) {
        return Err(OpenError::Stranger(path));
    }
    let dead = Dead::none(segment.entries());
    for at in &line.dead {
        dead.set(*at as usize);
    }
    Ok(Arc::new(Living { segment, dead, number: line.number }))
}

/// Removes what no manifest names: files half written, and segments that were merged into others.
fn sweep(folder: &Path, manifest: &Manifest) -> io::Result<()> {
    let mut named: BTreeSet<PathBuf> =
        manifest.segments.iter().map(|line| segment_path(folder, line.number)).collect();
    named.extend(["manifest", "lock"].map(|name| folder.join(name)));
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let ours = path.file_name().is_some_and(|name| {
            let name = name.to_string_lossy();
            name.starts_with("segment-") || name == "manifest.part"
        });
        if ours && !named.contains(&path) {
            fs::remove_file(&path)?;
        }
    }
    debug_assert_eq!(unfinished(&folder.join("manifest")), folder.join("manifest.part"));
    Ok(())
}
