//! The disk as a writer sees it: a few calls, each of which may fail, so that each failure can be tried.

use rustix::fs::OFlags;
use std::collections::BTreeSet;
use std::fs::{File as StdFile, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

/// A disk. What is written is durable only after `sync` of the file, and its name only after `sync_folder` of the folder
/// it stands in.
pub trait Disk: Send + Sync {
    /// Opens a file for reading and writing; an empty one is made where there is none.
    fn open(&self, path: &Path) -> io::Result<Box<dyn File>>;
    /// The bytes of a file; nothing where there is none.
    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>>;
    /// Gives a file another name, in the place of what bore it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Makes a folder, whose parent is there; nothing happens where it is there already.
    fn create_folder(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in a folder durable.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
    /// The bytes that can still be written to the disk on which this folder stands.
    fn available(&self, folder: &Path) -> io::Result<u64>;
}

/// An open file.
pub trait File: Send {
    /// Writes all of `bytes` at `offset`.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Cuts it off, or lengthens it with zeros.
    fn set_len(&mut self, length: u64) -> io::Result<()>;
    /// Makes what was written durable.
    fn sync(&mut self) -> io::Result<()>;
    /// Holds it for this process alone until it is closed. `false`: another holds it.
    fn hold(&mut self) -> io::Result<bool>;
}

/// The machine's own disk.
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalDisk;

impl Disk for LocalDisk {
    fn open(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let mut how = OpenOptions::new();
        how.read(true).write(true).create(true).truncate(false);
        // What is written beside takes its place among what everybody may read; what is opened in its own place, the
        // write-ahead file, says which entry is whose.
        let name = path.to_string_lossy();
        let public = name.ends_with(NEW) || name.ends_with(TRIED);
        how.mode(if public { 0o644 } else { 0o600 });
        Ok(Box::new(LocalFile { file: plain_file(&mut how, path)?, held: false }))
    }

    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        let mut file = match plain_file(OpenOptions::new().read(true), path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        match std::fs::create_dir(path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
            other => other,
        }
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        StdFile::open(path)?.sync_all()
    }

    fn available(&self, folder: &Path) -> io::Result<u64> {
        let disk = rustix::fs::statvfs(folder)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
}

/// Opens a file, and nothing else that may bear its name: a pipe would let the writer wait for ever.
fn plain_file(how: &mut OpenOptions, path: &Path) -> io::Result<StdFile> {
    let file = how.custom_flags(OFlags::NONBLOCK.bits() as i32).open(path)?;
    match file.metadata()?.file_type() {
        kind if kind.is_file() => Ok(file),
        kind if kind.is_dir() => Err(ErrorKind::IsADirectory.into()),
        _ => Err(io::Error::new(ErrorKind::InvalidInput, "it is a device or a pipe, not a file")),
    }
}

/// A file on the machine's own disk.
struct LocalFile {
    file: StdFile,
    held: bool,
}

impl File for LocalFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    fn set_len(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)
    }

    fn sync(&mut self) -> io::Result<()> {
        // A changed length is made durable too, as what was written could not be read without it; times are not.
        self.file.sync_data()
    }

    fn hold(&mut self) -> io::Result<bool> {
        match self.file.try_lock() {
            Err(TryLockError::Error(error)) => return Err(error),
            tried => self.held = tried.is_ok(),
        }
        Ok(self.held)
    }
}

impl Drop for LocalFile {
    fn drop(&mut self) {
        // Closing alone would not let go of it, while a program that this process is about to start still has a copy.
        if self.held {
            let _ = self.file.unlock();
        }
    }
}

/// How many threads write files at most, and how many files are worth a thread.
const AT_ONCE: usize = 16;
const LOT: usize = 8;

/// A disk, and the folders on it that are known to be durable.
pub(crate) struct Shelf<D> {
    pub(crate) disk: D,
    durable: BTreeSet<PathBuf>,
}

impl<D: Disk> Shelf<D> {
    pub(crate) fn new(disk: D) -> Self {
        Self { disk, durable: BTreeSet::new() }
    }

    /// Makes a folder and all above it, each durable in its parent.
    pub(crate) fn folder(&mut self, folder: &Path) -> Result<(), DiskError> {
        if self.durable.contains(folder) || above(folder) == folder {
            return Ok(());
        }
        // What stood there before this process came is taken to be durable above the first folder that is missing.
        if self.disk.create_folder(folder).is_err() {
            self.folder(above(folder))?;
            self.disk.create_folder(folder).map_err(DiskError::of(folder))?;
        }
        self.disk.sync_folder(above(folder)).map_err(DiskError::of(above(folder)))?;
        self.durable.insert(folder.to_owned());
        Ok(())
    }

    /// Puts a whole file in the place of another, durably: whoever reads sees the one or the other, never a part.
    pub(crate) fn replace(&mut self, path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
        self.folder(above(path))?;
        write(&self.disk, path, bytes)?;
        self.disk.sync_folder(above(path)).map_err(DiskError::of(above(path)))
    }

    /// Puts many files, durable but for their names, and gives the folders in which these stand. Many that are synced at
    /// the same time are durable sooner than one after another.
    pub(crate) fn put_all(
        &mut self,
        files: &[(PathBuf, Vec<u8>)],
    ) -> Result<BTreeSet<PathBuf>, DiskError> {
        let folders: BTreeSet<_> = files.iter().map(|(path, _)| above(path).to_owned()).collect();
        folders.iter().try_for_each(|folder| self.folder(folder))?;
        let disk = &self.disk;
        let lots = files.chunks(files.len().div_ceil(AT_ONCE).max(LOT));
        let write_all = |lot: &[(PathBuf, Vec<u8>)]| {
            lot.iter().try_for_each(|(path, bytes)| write(disk, path, bytes))
        };
        thread::scope(|scope| {
            let mut lots = lots.map(|lot| (lot, move || write_all(lot)));
            let own = lots.next();
            let others: Vec<_> = lots
                .map(|(lot, work)| {
                    thread::Builder::new().spawn_scoped(scope, work).map_err(|_| lot)
                })
                .collect();
            own.map_or(Ok(()), |(_, work)| work())?;
            // Where the system gives no further thread, this one does the work.
            others.into_iter().try_for_each(|other| match other {
                Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
                Err(lot) => write_all(lot),
            })
        })?;
        Ok(folders)
    }

    /// Says now whether a file can be put there later: makes an empty one beside it and gives it another name.
    pub(crate) fn can_put(&self, path: &Path) -> Result<(), DiskError> {
        let (first, second) = (beside(path, TRIED), beside(path, NEW));
        let tried = self.disk.open(&first).and_then(|_| self.disk.rename(&first, &second));
        tried.map_err(DiskError::of(&first))
    }

    pub(crate) fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, DiskError> {
        self.disk.read(path).map_err(DiskError::of(path))
    }
}

/// Writes a file beside its place, makes it durable, and lets it take its place.
fn write<D: Disk>(disk: &D, path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    let beside = beside(path, NEW);
    let written = disk.open(&beside).and_then(|mut file| {
        file.set_len(0)?;
        file.write_at(0, bytes)?;
        file.sync()
    });
    written.map_err(DiskError::of(&beside))?;
    disk.rename(&beside, path).map_err(DiskError::of(path))
}

/// The folder in which a path lies: of `name` the one in which the process runs, of `/` itself.
pub(crate) fn above(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) => Path::new("."),
        None => path,
    }
}

/// What the names of files end in that are beside those whose place they take.
pub(crate) const NEW: &str = ".new";
pub(crate) const TRIED: &str = ".try";

/// The name of a file beside another.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    path.with_file_name(name)
}

/// A disk said no.
#[derive(Debug, thiserror::Error)]
#[error("`{}` failed: {source}{}", path.display(), advice(source))]
pub struct DiskError {
    /// The file or folder.
    pub path: PathBuf,
    /// What it said.
    pub source: io::Error,
}

impl DiskError {
    pub(crate) fn of(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self { path: path.to_owned(), source }
    }
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "; free some space and open the record again"
        }
        ErrorKind::PermissionDenied => {
            "; give the user that runs this the right to read and write there"
        }
        ErrorKind::ReadOnlyFilesystem => "; mount the disk for writing and open the record again",
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory => {
            "; something that is no folder has the name of one: move it away"
        }
        ErrorKind::IsADirectory => "; a folder has the name of a file: move it away",
        _ => "",
    }
}
