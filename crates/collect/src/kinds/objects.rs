//! A folder with one folder of objects for each account. Objects are copied byte for byte, never loaded whole.

use super::Opening;
use crate::error::CollectError;
use std::io;
use std::path::{Path, PathBuf};
use writ_vocabulary::Instant;

pub(crate) fn open(opening: &Opening<'_>) -> Result<(), CollectError> {
    opening.folder().map(|_| ())
}

/// One object of an account.
#[derive(Debug)]
pub(crate) struct Object {
    /// Its path inside the account's folder.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) modified: Instant,
    pub(crate) size: u64,
}

/// The objects of an account, by name. Links are not followed: they may lead into another account's folder.
pub(crate) fn list(root: &Path, account: &str) -> io::Result<Vec<Object>> {
    let Some(top) = account_folder(root, account)? else { return Ok(Vec::new()) };
    let mut objects = Vec::new();
    let mut folders = vec![top.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                objects.push(object(&top, entry.path())?);
            }
        }
    }
    objects.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(objects)
}

fn object(top: &Path, path: PathBuf) -> io::Result<Object> {
    let facts = std::fs::symlink_metadata(&path)?;
    let name = path.strip_prefix(top).unwrap_or(&path).to_string_lossy().into_owned();
    let modified = Instant::try_from(facts.modified()?).map_err(io::Error::other)?;
    Ok(Object { name, path, modified, size: facts.len() })
}

/// The folder of an account: a real folder right under `root`, named as the account.
pub(crate) fn account_folder(root: &Path, account: &str) -> io::Result<Option<PathBuf>> {
    let plain = !account.is_empty()
        && !matches!(account, "." | "..")
        && !account.contains(['/', '\\', '\0']);
    if !plain {
        return Ok(None);
    }
    let folder = root.join(account);
    match std::fs::symlink_metadata(&folder) {
        Ok(facts) => Ok(facts.is_dir().then_some(folder)),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidFilename) =>
        {
            // The account has no folder. A root that is gone is another matter.
            std::fs::metadata(root).map(|_| None)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_never_leads_out_of_its_own_folder() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("files");
        std::fs::create_dir_all(root.join("c-1/sub")).unwrap();
        std::fs::create_dir_all(root.join("c-2")).unwrap();
        std::fs::write(home.path().join("secret"), "x").unwrap();
        std::fs::write(root.join("c-1/sub/a.txt"), "a").unwrap();
        std::fs::write(root.join("c-2/b.txt"), "b").unwrap();
        std::os::unix::fs::symlink(root.join("c-2"), root.join("c-3")).unwrap();
        std::os::unix::fs::symlink(root.join("c-2/b.txt"), root.join("c-1/b.txt")).unwrap();
        let names = |account| {
            list(&root, account).unwrap().into_iter().map(|object| object.name).collect::<Vec<_>>()
        };
        assert_eq!(names("c-1"), ["sub/a.txt"]);
        for elsewhere in ["..", ".", "", "c-1/../c-2", "c-3", "c-9", "../files/c-2"] {
            assert!(names(elsewhere).is_empty(), "{elsewhere}");
        }
        assert!(list(&home.path().join("gone"), "c-1").is_err());
    }
}
