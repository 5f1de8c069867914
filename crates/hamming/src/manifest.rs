//! The manifest: which segments a folder has, which of their entries were withdrawn, and up to where the caller's log is
//! in them.
//!
//! ```text
//! writman1
//! u64  mark: the number of the caller's last change that is in the folder
//! u64  the number that the next segment's file will have
//! u64  how many segments; for each:
//!        u64  the number in its file's name
//!        u64  how many entries it has, and the CRC-32 of its header as u32
//!        u32  how many were withdrawn, and the position of each as u32
//! u32  CRC-32 of all of this
//! ```
//!
//! It is written under another name, put on the disk, and then renamed: a crash leaves the former one or this one.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Manifest {
    pub mark: u64,
    pub next: u64,
    pub segments: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub number: u64,
    pub entries: u64,
    pub checksum: u32,
    pub dead: Vec<u32>,
}

const MAGIC: &[u8; 8] = b"writman1";

/// Where a segment's file lies.
pub(crate) fn segment_path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("segment-{number:08}"))
}

fn path(folder: &Path) -> PathBuf {
    folder.join("manifest")
}

/// The name that a file has while it is being written.
pub(crate) fn unfinished(path: &Path) -> PathBuf {
    path.with_extension("part")
}

/// Gives a finished file its name, for good.
pub(crate) fn put_in_place(path: &Path) -> io::Result<()> {
    fs::rename(unfinished(path), path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

impl Manifest {
    /// The folder's manifest; an empty one where there is none. `Ok(None)`: there is one, and it is damaged.
    pub fn read(folder: &Path) -> io::Result<Option<Self>> {
        match fs::read(path(folder)) {
            Ok(bytes) => Ok(Self::from_bytes(&bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(Self::default())),
            Err(error) => Err(error),
        }
    }

    /// Puts it on the disk in place of the former.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        let path = path(folder);
        let mut file = File::create(unfinished(&path))?;
        file.write_all(&self.to_bytes())?;
        file.sync_all()?;
        put_in_place(&path)
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(self.mark.to_le_bytes());
        bytes.extend(self.next.to_le_bytes());
        bytes.extend((self.segments.len() as u64).to_le_bytes());
        for line in &self.segments {
            bytes.extend(line.number.to_le_bytes());
            bytes.extend(line.entries.to_le_bytes());
            bytes.extend(line.checksum.to_le_bytes());
            bytes.extend((line.dead.len() as u32).to_le_bytes());
            bytes.extend(line.dead.iter().flat_map(|at| at.to_le_bytes()));
        }
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (bytes, checksum) = bytes.split_last_chunk::<4>()?;
        if crc32fast::hash(bytes) != u32::from_le_bytes(*checksum) {
            return None;
        }
        let mut rest = bytes.strip_prefix(MAGIC)?;
        let (mark, next, count) = (long(&mut rest)?, long(&mut rest)?, long(&mut rest)?);
        let mut segments = Vec::new();
        for _ in 0..count {
            let (number, entries) = (long(&mut rest)?, long(&mut rest)?);
            let (checksum, dead) = (short(&mut rest)?, short(&mut rest)? as usize);
            let (positions, after) = rest.split_at_checked(dead.checked_mul(4)?)?;
            let positions = positions.as_chunks::<4>().0.iter().copied();
            let dead: Vec<u32> = positions.map(u32::from_le_bytes).collect();
            if number >= next || dead.iter().any(|at| u64::from(*at) >= entries) {
                return None;
            }
            rest = after;
            segments.push(Line { number, entries, checksum, dead });
        }
        rest.is_empty().then_some(Self { mark, next, segments })
    }
}

fn long(rest: &mut &[u8]) -> Option<u64> {
    rest.split_off(..8).and_then(|bytes| bytes.try_into().ok()).map(u64::from_le_bytes)
}

fn short(rest: &mut &[u8]) -> Option<u32> {
    rest.split_off(..4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_read_as_written_and_no_flipped_bit_or_cut_goes_unseen() {
        let line = Line { number: 3, entries: 9, checksum: 7, dead: vec![1, 8] };
        let other = Line { number: 4, entries: 1, checksum: 8, dead: vec![] };
        let manifest = Manifest { mark: 42, next: 5, segments: vec![line, other] };
        let bytes = manifest.to_bytes();
        assert_eq!(Manifest::from_bytes(&bytes), Some(manifest));
        for at in 0..bytes.len() {
            assert_eq!(Manifest::from_bytes(&bytes[..at]), None, "cut at {at}");
            for bit in 0..8 {
                let mut bytes = bytes.clone();
                bytes[at] ^= 1 << bit;
                assert_eq!(Manifest::from_bytes(&bytes), None, "byte {at}");
            }
        }
    }

    #[test]
    fn numbers_that_cannot_be_are_refused_even_with_a_right_checksum() {
        for at in (8..44).step_by(4) {
            let line = Line { number: 0, entries: 9, checksum: 7, dead: vec![1] };
            let manifest = Manifest { mark: 1, next: 1, segments: vec![line] };
            let mut bytes = manifest.to_bytes();
            bytes.truncate(bytes.len() - 4);
            bytes[at..at + 4].fill(0xff);
            bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
            // The mark, the next number and how many entries a segment has may be large.
            assert_eq!(Manifest::from_bytes(&bytes).is_some(), at < 24 || at == 40, "{at}");
        }
    }
}
