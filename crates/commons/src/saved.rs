//! The saved state: what the events up to one of them had made, so that a start need not read them all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use writ_hashbank::{Kept, State};

/// The first bytes of the file: what it is, and the version of its form.
const MAGIC: &[u8; 20] = b"writ hashes state 1\n";
/// Bytes before the state: the mark, the event's sequence, the checksum of what follows.
const HEAD: usize = MAGIC.len() + 8 + 4;

/// Why a state could not be saved. The one saved before is still there.
#[derive(Debug, thiserror::Error)]
#[error("`{}` cannot be written; the state can always be made from the journal again", path.display())]
pub struct SavedError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// The state in this file, and the sequence of the last event in it. Nothing where there is no such file, or one that is
/// damaged or of another version: the journal has everything.
pub(crate) fn read(path: &Path, key: u64) -> Option<(State, u64)> {
    let bytes = fs::read(path).ok()?;
    let (head, body) = bytes.split_at_checked(HEAD)?;
    let (magic, head) = head.split_at_checked(MAGIC.len())?;
    let (sequence, sum) = head.split_at_checked(8)?;
    let sequence = u64::from_le_bytes(sequence.try_into().ok()?);
    let sum = u32::from_le_bytes(sum.try_into().ok()?);
    if magic != MAGIC || crc32fast::hash(body) != sum {
        tracing::warn!(path = %path.display(), "the saved state is damaged or of another version: reading all events");
        return None;
    }
    let kept: Kept = postcard::from_bytes(body).ok()?;
    drop(bytes);
    State::restore(kept, key).ok().map(|state| (state, sequence))
}

/// Puts the state after event `sequence` in place of the one saved before.
///
/// # Errors
/// [`SavedError`] when the disk does not take it.
pub(crate) fn write(path: &Path, state: &State, sequence: u64) -> Result<(), SavedError> {
    let unwritable = |source| SavedError { path: path.to_owned(), source };
    let body = postcard::to_stdvec(state.kept())
        .map_err(|error| unwritable(io::Error::other(error.to_string())))?;
    put(path, &body, sequence).map_err(unwritable)
}

fn put(path: &Path, body: &[u8], sequence: u64) -> io::Result<()> {
    let part = path.with_extension("part");
    let mut file = BufWriter::new(File::create(&part)?);
    file.write_all(MAGIC)?;
    file.write_all(&sequence.to_le_bytes())?;
    file.write_all(&crc32fast::hash(body).to_le_bytes())?;
    file.write_all(body)?;
    file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    fs::rename(&part, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_read_back_and_a_damaged_file_is_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        assert!(read(&path, 1).is_none());
        let state = State::new(1);
        write(&path, &state, 17).unwrap();
        let (again, sequence) = read(&path, 2).unwrap();
        assert!(again == state && sequence == 17);
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut harmed = whole.clone();
            harmed[at] ^= 1;
            fs::write(&path, &harmed).unwrap();
            // The sequence alone is not under the checksum of the state: a wrong one is found by the journal.
            assert!(read(&path, 1).is_none() || (MAGIC.len()..MAGIC.len() + 8).contains(&at));
            fs::write(&path, &whole[..at]).unwrap();
            assert!(read(&path, 1).is_none());
        }
    }
}
