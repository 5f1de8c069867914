//! Writing a production: files are digested as they are written, and gone unless all of them are whole.

mod mail;
mod object;
mod rows;

pub(crate) use mail::MailFile;
pub(crate) use object::ObjectFiles;
pub(crate) use rows::RowFiles;

use crate::error::CollectError;
use crate::plan::Step;
use sha2::{Digest as _, Sha256};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use writ_vocabulary::{Digest, FileEntry, FileForm, SourceId};

/// The folder of a production. Dropped before it is kept, it takes its files with it.
pub(crate) struct Folder {
    path: PathBuf,
    kept: bool,
}

impl Folder {
    pub(crate) fn create(path: &Path) -> Result<Self, CollectError> {
        let disk = |error| CollectError::Disk { path: path.to_owned(), error };
        if std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(CollectError::NotEmpty(path.to_owned()));
        }
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(disk)?;
        Ok(Self { path: path.to_owned(), kept: false })
    }

    pub(crate) fn keep(mut self) -> PathBuf {
        self.kept = true;
        self.path.clone()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.kept {
            // Data that nobody may use should not lie about; if the disk refuses, the error is already on its way.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// The bytes that a whole production may still take.
pub(crate) struct Spent {
    bytes: AtomicU64,
    most: u64,
}

impl Spent {
    pub(crate) fn new(most: u64) -> Self {
        Self { bytes: AtomicU64::new(0), most }
    }

    fn take(&self, bytes: u64, source_id: &SourceId) -> Result<(), CollectError> {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) <= self.most {
            return Ok(());
        }
        let bound = format!("the {} bytes of a production", self.most);
        Err(CollectError::TooMuch { source_id: source_id.clone(), bound, setting: "bytes" })
    }
}

/// One file in the making.
pub(crate) struct Output<'a> {
    name: String,
    path: PathBuf,
    file: BufWriter<File>,
    hasher: Sha256,
    bytes: u64,
    spent: &'a Spent,
    step: &'a Step,
}

impl<'a> Output<'a> {
    /// Creates `name`, relative to the folder, `/` between parts.
    pub(crate) fn create(
        folder: &Folder,
        spent: &'a Spent,
        step: &'a Step,
        name: String,
    ) -> Result<Self, CollectError> {
        let path = folder.path.join(&name);
        let disk = |error| CollectError::Disk { path: path.clone(), error };
        if let Some(parent) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(parent).map_err(disk)?;
        }
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(disk)?;
        let file = BufWriter::with_capacity(256 << 10, file);
        Ok(Self { name, path, file, hasher: Sha256::new(), bytes: 0, spent, step })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), CollectError> {
        let count = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.spent.take(count, &self.step.source)?;
        self.hasher.update(bytes);
        self.bytes += count;
        self.file
            .write_all(bytes)
            .map_err(|error| CollectError::Disk { path: self.path.clone(), error })
    }

    /// Closes the file and says what it is.
    pub(crate) fn finish(mut self, form: FileForm, rows: u64) -> Result<FileEntry, CollectError> {
        self.file.flush().map_err(|error| CollectError::Disk { path: self.path.clone(), error })?;
        Ok(FileEntry {
            path: self.name,
            form,
            bytes: self.bytes,
            sha256: Digest::from_bytes(self.hasher.finalize().into()),
            rows,
            source: self.step.source.clone(),
            query: self.step.query.clone(),
            account: self.step.account.clone(),
            elements: self.step.elements.clone(),
            period: self.step.period,
        })
    }

    pub(crate) fn digest(&self) -> Digest {
        Digest::from_bytes(self.hasher.clone().finalize().into())
    }
}
