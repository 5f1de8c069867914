//! The writer of a public log. Whoever holds a [`Writer`] may append; after any failure of the disk nobody does, until
//! everything has been read again and found whole.

use crate::disk::{Disk, DiskError, NEW, Shelf, TRIED, above, beside};
use crate::edge::{Derived, Edge};
use crate::wal::{Batch, Batches, Held, MAX_BATCH, Wal, WalError};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use writ_tlog::{Checkpoint, Hash, MAX_ENTRY, SignedCheckpoint, Signer, Tile, Tree, new_bundles};

/// Where a log keeps what.
#[derive(Debug, Clone)]
pub struct Places {
    /// The write-ahead file: private, as it says which entry is whose.
    pub write_ahead: PathBuf,
    /// The last signed checkpoint: best on another disk than the rest, so that one loss does not take both.
    pub lock: PathBuf,
    /// The folder that is published: static files, for any web server.
    pub published: PathBuf,
}

/// A log that may be appended to.
///
/// The commit point is the write-ahead file: an entry is promised when [`append`](Self::append) returns. Tiles, bundles
/// and the published checkpoint are made from it, and made again when a log is opened. A checkpoint is signed only over
/// what was read back from the disk, and only if the lock still holds the checkpoint that this writer signed last.
pub struct Writer<D> {
    shelf: Shelf<D>,
    places: Places,
    key: Signer,
    wal: Wal,
    edge: Edge,
    /// When the last batch was appended.
    at: u64,
    /// What the lock holds.
    signed: Option<SignedCheckpoint>,
    /// Files that are complete and not yet written.
    due: Vec<Derived>,
    /// How many bytes of entries are promised and not yet written there.
    owed: u64,
}

/// A log that was opened.
pub struct Opened<D> {
    /// Its writer.
    pub writer: Writer<D>,
    /// The published files that were missing or wrong, and were made again.
    pub repaired: Vec<String>,
}

/// Entries that this log, as it stands, takes.
pub struct Admitted {
    at: u64,
    note: Vec<u8>,
    entries: Vec<Vec<u8>>,
}

/// Why a log cannot be opened for writing. Nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The write-ahead file cannot be used.
    #[error(transparent)]
    Wal(#[from] WalError),
    /// Two of the places are one.
    #[error(
        "`{}` cannot be the {what}: `{}` is published, or is the lock, which is written there or under a name beside it; choose another path",
        path.display(), taken.display()
    )]
    SamePlace {
        /// Which of the places.
        what: &'static str,
        /// The path.
        path: PathBuf,
        /// What is there.
        taken: PathBuf,
    },
    /// A checkpoint cannot be read, or is not signed by this log's key.
    #[error("`{}` cannot be used: {source}; restore it from a copy, never sign without it", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<writ_tlog::OpenError>,
    },
    /// The lock is not there, though a checkpoint was published.
    #[error(
        "`{}` is not there, but checkpoints were published: restore it from a copy, or put the newest published checkpoint there",
        .0.display()
    )]
    NoLock(PathBuf),
    /// The stored entries are not those that were signed.
    #[error(
        "the first {size} entries of `{}` have the root {computed}, the checkpoint in `{}` says {signed}: one of the two is from another time or was changed; restore the right one, never sign without it",
        write_ahead.display(), checkpoint.display()
    )]
    Differs {
        /// The write-ahead file.
        write_ahead: PathBuf,
        /// The checkpoint's file.
        checkpoint: PathBuf,
        /// How many entries the checkpoint has.
        size: u64,
        /// The root of so many entries as stored.
        computed: Hash,
        /// The root that was signed.
        signed: Hash,
    },
    /// The lock is older than what was published.
    #[error(
        "the lock `{}` has {locked} entries, but a checkpoint of {published} was published: restore the newer lock",
        lock.display()
    )]
    LockOlder {
        /// The lock.
        lock: PathBuf,
        /// How many entries its checkpoint has.
        locked: u64,
        /// How many the published one has.
        published: u64,
    },
}

/// Why entries were not taken. Nothing has changed, and the writer can go on.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// An entry, or all of them, are too large.
    #[error(
        "a batch of {bytes} bytes, the longest entry of {longest}, cannot be appended: at most {MAX_ENTRY} bytes an entry, {MAX_BATCH} a batch, its note and a little for each entry counted"
    )]
    TooLarge {
        /// All of them.
        bytes: usize,
        /// The longest.
        longest: usize,
    },
    /// The disk is nearly full.
    #[error("{available} bytes are left on the disk of `{}`, and {needed} have to stay free: nothing was promised; free some space", path.display())]
    NoRoom {
        /// The folder.
        path: PathBuf,
        /// What is left.
        available: u64,
        /// What has to be.
        needed: u64,
    },
    /// The clock runs backwards.
    #[error(
        "the clock says {now}, and the last entries were appended at {last} (seconds since 1970): set the clock right"
    )]
    ClockBack {
        /// The last batch's time.
        last: u64,
        /// The time given.
        now: u64,
    },
    /// How much room there is cannot be found out.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// What is left of a writer after a failure. Open the log again: that reads everything and checks it.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The disk failed: nobody can say what of the last step is on it.
    #[error("{0}; open the record again, which checks all of it")]
    Disk(#[from] DiskError),
    /// Another writer has signed since, or somebody changed the lock.
    #[error("the lock `{}` no longer holds what this writer signed last: another writer has it; end one of the two", .0.display())]
    LockMoved(PathBuf),
    /// What was written is not what is read.
    #[error("`{}` does not read as it was written: {what}; nothing was signed, check the disk and the memory", path.display())]
    ReadBack {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The checkpoint cannot be signed.
    #[error("{0}; nothing was signed")]
    Checkpoint(#[from] writ_tlog::CheckpointError),
}

/// Bytes that have to stay free on the disk, so that what was promised can always be published.
const RESERVE: u64 = 64 << 20;
/// The same of the disk on which the lock is alone.
const RESERVE_LOCK: u64 = 1 << 20;

impl Places {
    /// None of the files stands where another does, and the two that are private are not among those published.
    fn are_apart(&self) -> Result<(), OpenError> {
        let same = |what, path: &Path, taken: &Path| OpenError::SamePlace {
            what,
            path: path.to_owned(),
            taken: taken.to_owned(),
        };
        let Self { write_ahead, lock, published } = self;
        for (what, path) in [("write-ahead file", write_ahead), ("lock", lock)] {
            if path.starts_with(published) {
                return Err(same(what, path, published));
            }
        }
        match [lock.clone(), beside(lock, NEW), beside(lock, TRIED)].contains(write_ahead) {
            true => Err(same("write-ahead file", write_ahead, lock)),
            false => Ok(()),
        }
    }
}

impl<D: Disk> Writer<D> {
    /// Opens the log, or begins it where there is none. Everything stored is read and checked; what of the published
    /// files is missing or wrong is made again. `each` is given every batch, in order.
    ///
    /// # Errors
    /// When anything stored contradicts what was signed. Nothing was changed then but a torn end of the write-ahead file.
    pub fn open(
        disk: D,
        places: Places,
        key: Signer,
        each: impl FnMut(&Batch<'_>),
    ) -> Result<Opened<D>, OpenError> {
        places.are_apart()?;
        let mut shelf = Shelf::new(disk);
        for file in [&places.write_ahead, &places.lock] {
            shelf.folder(above(file))?;
        }
        shelf.folder(&places.published)?;
        // Before anything is read: another writer could move it meanwhile.
        let held = Held::take(&shelf.disk, &places.write_ahead)?;
        // What cannot be published later is better not promised.
        shelf.can_put(&places.lock)?;
        shelf.can_put(&places.published.join(CHECKPOINT))?;
        let signed = signed_in(&shelf, &places.lock, &key)?;
        let published = signed_in(&shelf, &places.published.join(CHECKPOINT), &key)?;
        let promised = [&signed, &published].map(|signed| signed.as_ref().map_or(0, size_of));
        let origin = key.key().name().as_str().to_owned();
        let largest = promised.into_iter().max().unwrap_or_default();
        let (wal, batches) = held.read(&shelf.disk, &origin, largest)?;
        let mut writer = Self {
            shelf,
            places,
            key,
            wal,
            edge: Edge::default(),
            at: 0,
            signed: None,
            due: Vec::new(),
            owed: 0,
        };
        let roots = roots_at(batches.iter(), promised);
        writer.agrees(&signed, &published, roots)?;
        writer.signed = signed;
        let repaired = writer.rebuild(&batches, promised, each)?;
        Ok(Opened { writer, repaired })
    }

    /// How many entries are promised.
    pub fn size(&self) -> u64 {
        self.wal.entries()
    }

    /// When the last batch was appended, in seconds since 1970; 0 where there is none.
    pub fn last(&self) -> u64 {
        self.at
    }

    /// The public key by which it is signed.
    pub fn key(&self) -> &writ_tlog::VerifierKey {
        self.key.key()
    }

    /// The checkpoint that was signed last.
    pub fn signed(&self) -> Option<&SignedCheckpoint> {
        self.signed.as_ref()
    }

    /// Whether there are entries that no signed checkpoint covers.
    pub fn owes_checkpoint(&self) -> bool {
        self.signed.as_ref().is_none_or(|signed| size_of(signed) < self.size())
    }

    /// Whether the log takes these entries now, with a note that is kept beside them and never published.
    ///
    /// # Errors
    /// [`Refusal`]; nothing has changed then.
    pub fn admit(
        &self,
        at: u64,
        note: Vec<u8>,
        entries: Vec<Vec<u8>>,
    ) -> Result<Admitted, Refusal> {
        let longest = entries.iter().map(Vec::len).max().unwrap_or_default();
        let bytes = entries.iter().map(|entry| entry.len() + 2).sum::<usize>() + note.len() + 64;
        if longest > MAX_ENTRY || bytes > MAX_BATCH {
            return Err(Refusal::TooLarge { bytes, longest });
        }
        if at < self.at {
            return Err(Refusal::ClockBack { last: self.at, now: at });
        }
        // Once in the write-ahead file, once in the bundles, and the tiles over them; and what is still to be written there.
        let needed = RESERVE + 3 * bytes as u64 + 2 * self.owed;
        let Places { write_ahead, lock, published } = &self.places;
        self.has_room(above(write_ahead), needed)?;
        self.has_room(published, needed)?;
        self.has_room(above(lock), RESERVE_LOCK)?;
        Ok(Admitted { at, note, entries })
    }

    fn has_room(&self, folder: &Path, needed: u64) -> Result<(), Refusal> {
        let available = self.shelf.disk.available(folder).map_err(DiskError::of(folder))?;
        if available < needed {
            return Err(Refusal::NoRoom { path: folder.to_owned(), available, needed });
        }
        Ok(())
    }

    /// Appends entries. When this returns they are promised: they survive the death of the process and of the machine.
    ///
    /// # Errors
    /// [`Broken`]: whether they are on the disk is then found out by opening the log again.
    pub fn append(mut self, admitted: Admitted) -> Result<Self, Broken> {
        self.wal.append(admitted.at, &admitted.note, &admitted.entries)?;
        self.at = admitted.at;
        for entry in &admitted.entries {
            self.owed += entry.len() as u64 + 2;
            let full = self.edge.append(entry);
            self.due.extend(full);
        }
        Ok(self)
    }

    /// Signs a checkpoint over all that is promised. Tiles and bundles are on the disk, and read back, before; the lock
    /// holds the checkpoint when this returns. It is not published yet: witnesses are asked first.
    ///
    /// # Errors
    /// [`Broken`]; nothing was signed then, or the lock holds what was.
    pub fn sign(mut self) -> Result<Self, Broken> {
        if !self.owes_checkpoint() {
            return Ok(self);
        }
        let old = self.signed.as_ref().map_or(0, size_of);
        self.write_due()?;
        let (size, root) = (self.edge.size(), self.edge.root());
        self.read_back(old, size, root)?;
        let origin = self.key.key().name().as_str().to_owned();
        let held = self.shelf.read(&self.places.lock)?;
        if held != self.signed.as_ref().map(text_of) {
            return Err(Broken::LockMoved(self.places.lock));
        }
        let signed = Checkpoint::new(&origin, size, root)?.sign(&self.key)?;
        self.shelf.replace(&self.places.lock, &text_of(&signed))?;
        self.signed = Some(signed);
        Ok(self)
    }

    /// Publishes the checkpoint that was signed last, with the cosignatures that were added to it.
    ///
    /// # Errors
    /// [`Broken`] when the disk fails.
    pub fn publish(mut self, cosigned: &SignedCheckpoint) -> Result<Self, Broken> {
        let what = "the checkpoint to be published is not the one that was signed last";
        let path = self.places.published.join(CHECKPOINT);
        if self.signed.as_ref().map(SignedCheckpoint::checkpoint) != Some(cosigned.checkpoint()) {
            return Err(Broken::ReadBack { path, what: what.to_owned() });
        }
        self.shelf.replace(&path, &text_of(cosigned))?;
        Ok(self)
    }

    /// The tree that was signed last, read from the published files and checked against its root.
    ///
    /// # Errors
    /// When a tile is missing or wrong.
    pub fn tree(&self) -> Result<Option<Published<'_, D>>, writ_tlog::TreeError<DiskError>> {
        let Some(signed) = &self.signed else { return Ok(None) };
        let checkpoint = signed.checkpoint();
        let source = Tiles { shelf: &self.shelf, published: &self.places.published };
        Tree::open(checkpoint.size(), checkpoint.root(), source).map(Some)
    }

    /// Puts a further file among the published ones, durably: proofs, reports.
    ///
    /// # Errors
    /// [`Broken`] when the disk fails.
    pub fn put(mut self, path: &str, bytes: &[u8]) -> Result<Self, Broken> {
        self.shelf.replace(&self.places.published.join(path), bytes)?;
        Ok(self)
    }

    /// As [`put`](Self::put), where the file is not there yet as it should be.
    ///
    /// # Errors
    /// [`Broken`] when the disk fails.
    pub fn put_once(self, path: &str, bytes: &[u8]) -> Result<Self, Broken> {
        match self.read(path)?.as_deref() == Some(bytes) {
            true => Ok(self),
            false => self.put(path, bytes),
        }
    }

    /// How many entries the published checkpoint has; 0 where none is published.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn published_size(&self) -> Result<u64, OpenError> {
        let path = self.places.published.join(CHECKPOINT);
        Ok(signed_in(&self.shelf, &path, &self.key)?.as_ref().map_or(0, size_of))
    }

    /// A published file; nothing where there is none.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, DiskError> {
        self.shelf.read(&self.places.published.join(path))
    }

    /// The lock has to cover what was published, and the stored entries have to be those that were signed.
    fn agrees(
        &self,
        signed: &Option<SignedCheckpoint>,
        published: &Option<SignedCheckpoint>,
        roots: [Hash; 2],
    ) -> Result<(), OpenError> {
        let file = self.places.published.join(CHECKPOINT);
        let [at_signed, at_published] = roots;
        self.is_of(signed, &self.places.lock, at_signed)?;
        self.is_of(published, &file, at_published)?;
        match (signed, published) {
            (None, Some(_)) => Err(OpenError::NoLock(self.places.lock.clone())),
            (Some(signed), Some(published)) if size_of(signed) < size_of(published) => {
                Err(OpenError::LockOlder {
                    lock: self.places.lock.clone(),
                    locked: size_of(signed),
                    published: size_of(published),
                })
            }
            _ => Ok(()),
        }
    }

    fn is_of(
        &self,
        signed: &Option<SignedCheckpoint>,
        checkpoint: &Path,
        computed: Hash,
    ) -> Result<(), OpenError> {
        match signed.as_ref().map(SignedCheckpoint::checkpoint) {
            Some(signed) if signed.root() != computed => Err(OpenError::Differs {
                write_ahead: self.places.write_ahead.clone(),
                checkpoint: checkpoint.to_owned(),
                size: signed.size(),
                computed,
                signed: signed.root(),
            }),
            _ => Ok(()),
        }
    }

    /// Grows the right edge from the stored batches, makes the published files again that are missing or wrong, and says
    /// which.
    fn rebuild(
        &mut self,
        batches: &Batches,
        promised: [u64; 2],
        mut each: impl FnMut(&Batch<'_>),
    ) -> Result<Vec<String>, DiskError> {
        let mut repair = Repair::default();
        for batch in batches.iter() {
            self.at = batch.at;
            for entry in &batch.entries {
                let mut files = self.edge.append(entry);
                if promised.contains(&self.edge.size()) {
                    files.extend(self.edge.partial());
                }
                repair.check(&mut self.shelf, &self.places.published, files)?;
            }
            each(&batch);
        }
        repair.write(&mut self.shelf)?;
        // What is read may have a name that is not durable yet.
        repair
            .folders
            .extend([above(&self.places.lock), &self.places.published].map(Path::to_owned));
        self.sync_folders(repair.folders)?;
        Ok(repair.repaired)
    }

    fn sync_folders(&self, folders: BTreeSet<PathBuf>) -> Result<(), DiskError> {
        let sync =
            |folder: PathBuf| self.shelf.disk.sync_folder(&folder).map_err(DiskError::of(&folder));
        folders.into_iter().try_for_each(sync)
    }

    /// Writes the tiles and bundles of all that is promised.
    fn write_due(&mut self) -> Result<(), DiskError> {
        let full = std::mem::take(&mut self.due).into_iter();
        let at = |file: Derived| (self.places.published.join(&file.path), file.bytes);
        let files: Vec<_> = full.chain(self.edge.partial()).map(at).collect();
        let folders = self.shelf.put_all(&files)?;
        self.sync_folders(folders)?;
        self.owed = 0;
        Ok(())
    }

    /// Reads the new tiles and bundles from the disk, hashes what they hold, and compares with the root computed before.
    fn read_back(&self, old: u64, size: u64, root: Hash) -> Result<(), Broken> {
        let published = &self.places.published;
        let wrong = |what: String| Broken::ReadBack { path: published.clone(), what };
        let source = Tiles { shelf: &self.shelf, published };
        let mut tree = Tree::open(size, root, source).map_err(|error| wrong(error.to_string()))?;
        for bundle in new_bundles(old, size) {
            let bytes = self.shelf.read(&published.join(bundle.to_string()))?.unwrap_or_default();
            let entries = bundle.entries(&bytes).map_err(|error| wrong(error.to_string()))?;
            let hashes = tree.hashes(bundle.tile()).map_err(|error| wrong(error.to_string()))?;
            bundle.check(&entries, &hashes).map_err(|error| wrong(error.to_string()))?;
        }
        Ok(())
    }
}

/// The published files that are missing or wrong, found while a log is opened.
#[derive(Default)]
struct Repair {
    waiting: BTreeMap<PathBuf, Vec<u8>>,
    folders: BTreeSet<PathBuf>,
    repaired: Vec<String>,
}

impl Repair {
    fn check<D: Disk>(
        &mut self,
        shelf: &mut Shelf<D>,
        published: &Path,
        files: Vec<Derived>,
    ) -> Result<(), DiskError> {
        for Derived { path, bytes } in files {
            let place = published.join(&path);
            self.folders.insert(above(&place).to_owned());
            if shelf.read(&place)?.as_ref() != Some(&bytes) {
                // Two checkpoints may have a partial tile in common.
                let another = self.waiting.insert(place, bytes).is_none();
                self.repaired.extend(another.then_some(path));
            }
        }
        if self.waiting.len() < REPAIRED_AT_ONCE { Ok(()) } else { self.write(shelf) }
    }

    fn write<D: Disk>(&mut self, shelf: &mut Shelf<D>) -> Result<(), DiskError> {
        let files: Vec<_> = std::mem::take(&mut self.waiting).into_iter().collect();
        shelf.put_all(&files).map(drop)
    }
}

/// How many files that are made again wait in memory.
const REPAIRED_AT_ONCE: usize = 512;

/// The published tree of a log.
pub type Published<'a, D> = Tree<Tiles<'a, D>>;

/// The published tiles of a log.
pub struct Tiles<'a, D> {
    shelf: &'a Shelf<D>,
    published: &'a Path,
}

impl<D: Disk> writ_tlog::TileSource for Tiles<'_, D> {
    type Error = DiskError;

    fn tile(&mut self, tile: Tile) -> Result<Vec<u8>, DiskError> {
        Ok(self.shelf.read(&self.published.join(tile.to_string()))?.unwrap_or_default())
    }
}

/// The name of the published checkpoint (C2SP tlog-tiles).
const CHECKPOINT: &str = "checkpoint";

fn signed_in<D: Disk>(
    shelf: &Shelf<D>,
    path: &Path,
    key: &Signer,
) -> Result<Option<SignedCheckpoint>, OpenError> {
    let Some(bytes) = shelf.read(path)? else { return Ok(None) };
    let (origin, keys) = (key.key().name().as_str(), std::slice::from_ref(key.key()));
    SignedCheckpoint::open(&bytes, origin, keys)
        .map(Some)
        .map_err(|source| OpenError::Checkpoint { path: path.to_owned(), source: Box::new(source) })
}

fn size_of(signed: &SignedCheckpoint) -> u64 {
    signed.checkpoint().size()
}

fn text_of(signed: &SignedCheckpoint) -> Vec<u8> {
    signed.note().to_string().into_bytes()
}

/// The roots that the entries had at these sizes.
fn roots_at<'a>(batches: impl Iterator<Item = Batch<'a>>, sizes: [u64; 2]) -> [Hash; 2] {
    let mut roots = [Hash::EMPTY; 2];
    let mut tree = writ_tlog::Frontier::default();
    for entry in batches.flat_map(|batch| batch.entries) {
        tree.append(Hash::of_leaf(entry));
        for (root, size) in roots.iter_mut().zip(sizes) {
            if tree.size() == size {
                *root = tree.root();
            }
        }
    }
    roots
}
