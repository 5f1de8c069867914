//! Objects as files in a folder.

use super::{ObjectName, ObjectStore, Stored};
use crate::{StorageError, StreamId};
use async_trait::async_trait;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A folder of objects: `<folder>/<stream>/<name>`, with `=` for each `/` of the stream's name.
///
/// A file is written under `<folder>/.incoming`, flushed, and only then linked to its name, which is flushed too: a crash
/// leaves the whole object or none. The file system must know hard links.
#[derive(Debug, Clone)]
pub struct Folder {
    root: Arc<Path>,
    /// Numbers the files being written by this process.
    next: Arc<AtomicU64>,
}

/// Under this name are files that are still being written. No object's name begins with a dot.
const INCOMING: &str = ".incoming";

impl Folder {
    /// The objects in the folder `root`, which is made if it is not there. Clears away what a crash left half written.
    pub fn open(root: &Path) -> Result<Self, StorageError> {
        let parent = root.parent().filter(|parent| !parent.as_os_str().is_empty());
        let prepared = fs::create_dir_all(root)
            .and_then(|()| flush_folder(parent.unwrap_or(Path::new("."))))
            .and_then(|()| make_durable(root, Path::new(INCOMING)))
            .and_then(|()| sweep(&root.join(INCOMING)));
        prepared.map_err(|error| failed(root, error))?;
        Ok(Self { root: root.into(), next: Arc::default() })
    }

    /// Does blocking work away from the threads that serve everybody.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> io::Result<T> + Send + 'static,
    ) -> Result<T, StorageError> {
        let folder = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&folder)).await;
        done.map_err(io::Error::other).flatten().map_err(|error| failed(&self.root, error))
    }

    /// Writes the bytes where no reader looks, and gives the file a name when they are on the disk.
    fn write(&self, object: &Path, bytes: &[u8]) -> io::Result<Stored> {
        let path = self.root.join(object);
        if path.exists() {
            return Ok(Stored::AlreadyThere);
        }
        let folder = object.parent().unwrap_or(Path::new(""));
        make_durable(&self.root, folder)?;
        let incoming = self.incoming()?;
        let stored =
            incoming.write(bytes).and_then(|()| match fs::hard_link(&incoming.path, &path) {
                Ok(()) => flush_folder(&self.root.join(folder)).map(|()| Stored::New),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Stored::AlreadyThere),
                Err(error) => Err(error),
            });
        // What stays here, should this fail, is swept away at the next start.
        let _ = fs::remove_file(&incoming.path);
        stored
    }

    /// A new file for an object on its way in, locked so that no sweep takes it.
    fn incoming(&self) -> io::Result<Incoming> {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let path = self.root.join(INCOMING).join(format!("{}-{number}", std::process::id()));
            let file = match options().open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            };
            file.lock()?;
            // A sweep may have come between making the file and locking it.
            if path.exists() {
                return Ok(Incoming { path, file });
            }
        }
    }

    fn object(stream: &StreamId, name: &ObjectName) -> PathBuf {
        stream_folder(stream).join(name.as_str())
    }
}

#[async_trait]
impl ObjectStore for Folder {
    async fn put(
        &self,
        stream: &StreamId,
        name: &ObjectName,
        bytes: &[u8],
    ) -> Result<Stored, StorageError> {
        let (object, bytes) = (Self::object(stream, name), bytes.to_vec());
        self.blocking(move |folder| folder.write(&object, &bytes)).await
    }

    async fn get(
        &self,
        stream: &StreamId,
        name: &ObjectName,
    ) -> Result<Option<Vec<u8>>, StorageError> {
        let object = Self::object(stream, name);
        self.blocking(move |folder| absent_is_none(fs::read(folder.root.join(object)))).await
    }

    async fn delete(&self, stream: &StreamId, name: &ObjectName) -> Result<(), StorageError> {
        let object = Self::object(stream, name);
        self.blocking(move |folder| {
            let path = folder.root.join(object);
            match absent_is_none(fs::remove_file(&path))? {
                Some(()) => path.parent().map_or(Ok(()), flush_folder),
                None => Ok(()),
            }
        })
        .await
    }

    async fn list(&self, stream: &StreamId) -> Result<Vec<ObjectName>, StorageError> {
        let stream = stream_folder(stream);
        self.blocking(move |folder| {
            let mut names = Vec::new();
            collect(&folder.root.join(stream), "", &mut names)?;
            Ok(names)
        })
        .await
    }
}

/// A file on its way in.
struct Incoming {
    path: PathBuf,
    file: File,
}

impl Incoming {
    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        (&self.file).write_all(bytes)?;
        self.file.sync_all()
    }
}

/// `=` occurs in no stream's name, so that no two streams share a folder and none lies in another's.
fn stream_folder(stream: &StreamId) -> PathBuf {
    PathBuf::from(stream.as_str().replace('/', "="))
}

fn absent_is_none<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn collect(folder: &Path, prefix: &str, names: &mut Vec<ObjectName>) -> io::Result<()> {
    let Some(entries) = absent_is_none(fs::read_dir(folder))? else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let Ok(part) = entry.file_name().into_string() else { continue };
        let name = format!("{prefix}{part}");
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{name}/"), names)?;
        } else if let Ok(name) = name.parse() {
            names.push(name);
        }
    }
    Ok(())
}

/// Makes the folders of `inner` below `root`, each flushed into the one that holds it.
fn make_durable(root: &Path, inner: &Path) -> io::Result<()> {
    let mut made = root.to_owned();
    for part in inner.components() {
        let parent = made.clone();
        made.push(part);
        match fs::create_dir(&made) {
            Ok(()) => flush_folder(&parent)?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// On Linux a name is durable only when the folder that holds it is flushed.
fn flush_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Removes what nobody is writing any more: a writer holds a lock, which ends with its process.
fn sweep(incoming: &Path) -> io::Result<()> {
    for entry in fs::read_dir(incoming)? {
        let path = entry?.path();
        let Some(file) = absent_is_none(File::open(&path))? else { continue };
        if file.try_lock().is_ok() {
            absent_is_none(fs::remove_file(&path))?;
        }
    }
    Ok(())
}

/// Writes a new file, flushed, that only its owner can read.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = options().open(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    flush_folder(folder.unwrap_or(Path::new(".")))
}

fn options() -> fs::OpenOptions {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn failed(root: &Path, error: io::Error) -> StorageError {
    let place = root.display().to_string();
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StorageError::Full { place },
        _ => StorageError::Failed { place, source: Box::new(error) },
    }
}
