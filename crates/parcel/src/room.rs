//! Places beside the goal where work is done out of sight, and from which it is moved only when it is whole.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
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
    /// While this is open, no other opening takes the folder.
    _held: File,
}

impl NewFolder {
    /// `AlreadyExists` when the goal is there and not empty, or another opening is at work on it.
    pub(crate) fn beside(goal: &Path) -> io::Result<Self> {
        if fs::symlink_metadata(goal).is_ok() && !is_empty_folder(goal)? {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "it exists and is not empty"));
        }
        let temporary = sibling(goal, "opening")?;
        let held = held_alone(&temporary)?;
        Ok(Self { temporary, goal: goal.to_owned(), kept: false, _held: held })
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

/// Makes a folder that its owner alone can read, and holds it. What an opening that was killed left there is removed.
fn held_alone(path: &Path) -> io::Result<File> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let left = match builder.create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => true,
        other => other.map(|()| false)?,
    };
    let held = File::open(path)?;
    let at_work = || {
        let what = format!("another opening is at work in `{}`", path.display());
        io::Error::new(io::ErrorKind::AlreadyExists, what)
    };
    match held.try_lock() {
        Ok(()) if is_at(&held, path)? => {}
        Ok(()) | Err(TryLockError::WouldBlock) => return Err(at_work()),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    if left {
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            match entry.file_type()?.is_dir() {
                true => fs::remove_dir_all(entry.path())?,
                false => fs::remove_file(entry.path())?,
            }
        }
    }
    Ok(held)
}

/// Whether the folder that is held is the one that stands there: not a link's goal, nor one that was removed meanwhile.
#[cfg(unix)]
fn is_at(held: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let (held, there) = (held.metadata()?, fs::symlink_metadata(path)?);
    Ok(there.is_dir() && held.dev() == there.dev() && held.ino() == there.ino())
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> io::Result<bool> {
    Ok(fs::symlink_metadata(path)?.is_dir())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_opening_left_is_removed_and_one_at_work_is_left_alone() {
        let temp = tempfile::tempdir().unwrap();
        let goal = temp.path().join("opened");
        let left = temp.path().join(".opened.opening");
        fs::create_dir_all(left.join("files")).unwrap();
        fs::write(left.join("files/half.csv"), "half").unwrap();
        let opening = NewFolder::beside(&goal).unwrap();
        assert!(is_empty_folder(opening.path()).unwrap());
        let error = NewFolder::beside(&goal).err().unwrap();
        assert!(error.to_string().contains("another opening is at work"), "{error}");
        drop(opening);
        NewFolder::beside(&goal).unwrap().keep().unwrap();
        assert!(goal.is_dir());
    }

    #[test]
    #[cfg(unix)]
    fn a_link_in_its_place_is_not_followed() {
        let temp = tempfile::tempdir().unwrap();
        let elsewhere = temp.path().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        fs::write(elsewhere.join("kept"), "kept").unwrap();
        std::os::unix::fs::symlink(&elsewhere, temp.path().join(".opened.opening")).unwrap();
        assert!(NewFolder::beside(&temp.path().join("opened")).is_err());
        assert!(elsewhere.join("kept").exists());
    }
}
