//! Places beside the goal where work is done out of sight, and from which it is moved only when it is whole.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A new file that takes its name only when it is complete and on the disk; dropped before, it is removed.
pub(crate) struct NewFile {
    temporary: PathBuf,
    goal: PathBuf,
    kept: bool,
}

impl NewFile {
    pub(crate) fn beside(goal: &Path) -> io::Result<(Self, File)> {
        // Two sealings of one process, or of two, never share a name; a sealing that was killed leaves ciphertext only.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let temporary = sibling(goal, &format!("{}-{number}.sealing", std::process::id()))?;
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(&temporary)?;
        Ok((Self { temporary, goal: goal.to_owned(), kept: false }, file))
    }

    /// After this returns, the file stands under its name and will after a power failure.
    pub(crate) fn keep(mut self, file: &File) -> io::Result<()> {
        file.sync_all()?;
        fs::rename(&self.temporary, &self.goal)?;
        self.kept = true;
        sync_folder(folder(&self.goal))
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.kept {
            // What cannot be removed is ciphertext without a reader.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// A new folder, readable by its owner only, that takes its name when all in it is verified; dropped before, it is
/// removed with all it holds.
pub(crate) struct NewFolder {
    temporary: PathBuf,
    goal: PathBuf,
    kept: bool,
}

impl NewFolder {
    /// `AlreadyExists` when the goal is there and not empty, or another opening is at work on it.
    pub(crate) fn beside(goal: &Path) -> io::Result<Self> {
        if fs::symlink_metadata(goal).is_ok() && !is_empty_folder(goal)? {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "it exists and is not empty"));
        }
        let temporary = sibling(goal, "opening")?;
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&temporary).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => io::Error::new(
                error.kind(),
                format!(
                    "`{}` is left from an opening that was interrupted, or one is at work",
                    temporary.display()
                ),
            ),
            _ => error,
        })?;
        Ok(Self { temporary, goal: goal.to_owned(), kept: false })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.temporary
    }

    pub(crate) fn create(&self, path: &str) -> io::Result<File> {
        let path = self.temporary.join(path);
        fs::create_dir_all(folder(&path))?;
        OpenOptions::new().write(true).create_new(true).open(path)
    }

    pub(crate) fn keep(mut self) -> io::Result<()> {
        if fs::symlink_metadata(&self.goal).is_ok() {
            fs::remove_dir(&self.goal)?;
        }
        fs::rename(&self.temporary, &self.goal)?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        if !self.kept {
            // The next opening names what could not be removed.
            let _ = fs::remove_dir_all(&self.temporary);
        }
    }
}

fn is_empty_folder(path: &Path) -> io::Result<bool> {
    Ok(fs::symlink_metadata(path)?.is_dir() && fs::read_dir(path)?.next().is_none())
}

fn sibling(goal: &Path, ending: &str) -> io::Result<PathBuf> {
    let name = goal
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it has no name"))?;
    Ok(goal.with_file_name(format!(".{}.{ending}", name.to_string_lossy())))
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

// Other systems do not open folders; the rename is durable when the file system says so.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
