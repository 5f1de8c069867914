//! The disk as a writer sees it: a few calls, each of which may fail, so that each failure can be tried.

use std::collections::BTreeSet;
use std::fs::{File as StdFile, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

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
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        Ok(Box::new(file))
    }

    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        match std::fs::read(path) {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound) => Ok(None),
            other => other.map(Some),
        }
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

impl File for StdFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.write_all_at(bytes, offset)
    }

    fn set_len(&mut self, length: u64) -> io::Result<()> {
        StdFile::set_len(self, length)
    }

    fn sync(&mut self) -> io::Result<()> {
        // The length changes with each batch, and has to be durable with it: not only the data.
        self.sync_all()
    }

    fn hold(&mut self) -> io::Result<bool> {
        match self.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

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
        if self.durable.contains(folder) {
            return Ok(());
        }
        if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            // What stood there before this process came is taken to be durable above the first folder that is missing.
            if !matches!(self.disk.create_folder(folder), Ok(())) {
                self.folder(parent)?;
                self.disk.create_folder(folder).map_err(DiskError::of(folder))?;
            }
            self.disk.sync_folder(parent).map_err(DiskError::of(parent))?;
        }
        self.durable.insert(folder.to_owned());
        Ok(())
    }

    /// Puts a whole file in the place of another, durably: whoever reads sees the one or the other, never a part.
    pub(crate) fn replace(&mut self, path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
        let folder = path.parent().unwrap_or(Path::new(""));
        self.put(path, bytes)?;
        self.disk.sync_folder(folder).map_err(DiskError::of(folder))
    }

    /// As [`replace`](Self::replace), but the name is durable only when the caller has synced the folder, which it gives.
    pub(crate) fn put(&mut self, path: &Path, bytes: &[u8]) -> Result<PathBuf, DiskError> {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        self.folder(&folder)?;
        let beside = beside(path);
        let write = |shelf: &Self| {
            let mut file = shelf.disk.open(&beside)?;
            file.set_len(0)?;
            file.write_at(0, bytes)?;
            file.sync()
        };
        write(self).map_err(DiskError::of(&beside))?;
        self.disk.rename(&beside, path).map_err(DiskError::of(path))?;
        Ok(folder)
    }

    pub(crate) fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, DiskError> {
        self.disk.read(path).map_err(DiskError::of(path))
    }
}

/// The name under which a file is written before it takes its place.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
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
        ErrorKind::PermissionDenied => "; give the user that runs this the right to write there",
        ErrorKind::ReadOnlyFilesystem => "; mount the disk for writing and open the record again",
        _ => "",
    }
}
