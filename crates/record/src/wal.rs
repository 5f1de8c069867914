//! The write-ahead file: batches of entries, each durable before anybody is told of it. Everything that is published can
//! be made from it again.
//!
//! ```text
//! file    = header batch* 0*
//! header  = "writ-record-wal/1\n" SHA-256(origin)
//! batch   = length:u32 digest:32 payload                    digest = SHA-256(digest before || payload)
//! payload = first:u64 at:u64 count:u32 note:u32+bytes (entry:u16+bytes)*     at = seconds since 1970
//! ```
//!
//! Numbers are big-endian. A batch that was being written when the machine stopped is the last, and its digest does not
//! hold: it was never acknowledged, and is cut off. A digest that does not hold below the last signed checkpoint, or that
//! a good batch follows, is damage. Zeros at the end are room for what comes: a batch written over them changes neither
//! the file's length nor where its blocks lie, and is durable without a commit of the file system's own journal.

use crate::disk::{Disk, DiskError, File, above};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

const MAGIC: &[u8] = b"writ-record-wal/1\n";
const HEADER: u64 = MAGIC.len() as u64 + 32;
/// The most bytes of one batch: 65,535 entries of 1 KiB, so that a damaged length asks for no more memory than that.
pub(crate) const MAX_BATCH: usize = 64 << 20;

/// The least and the most zeros that are written ahead at once; between, as many as there are bytes before them.
const ROOM: (u64, u64) = (64 << 10, 4 << 20);

/// The write-ahead file, held by this process and not read yet.
pub(crate) struct Held {
    path: PathBuf,
    file: Box<dyn File>,
}

/// The write-ahead file, held by this process.
pub(crate) struct Wal {
    path: PathBuf,
    file: Box<dyn File>,
    end: u64,
    /// Up to where zeros were written.
    room: u64,
    digest: [u8; 32],
    entries: u64,
}

/// A batch as it was appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch<'a> {
    /// The index of its first entry.
    pub first: u64,
    /// When it was appended, in seconds since 1970.
    pub at: u64,
    /// What the writer of the batch wanted to know of it later. Never published.
    pub note: &'a [u8],
    /// Its entries.
    pub entries: Vec<&'a [u8]>,
}

/// The batches that a write-ahead file was found to have.
pub(crate) struct Batches {
    file: Vec<u8>,
    end: usize,
}

impl Batches {
    /// Each of them, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Batch<'_>> {
        let mut rest = self.file.get(HEADER as usize..self.end).unwrap_or_default();
        std::iter::from_fn(move || {
            let (_, payload, length) = framed(rest)?;
            rest = rest.get(length..)?;
            read(payload)
        })
    }
}

/// Why a write-ahead file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WalError {
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// Another process holds it.
    #[error("`{}` is held by another process: one writer at a time; end the other first", .0.display())]
    Held(PathBuf),
    /// It is another file, or that of another record.
    #[error("`{}` is not the write-ahead file of `{origin}`: correct the path or the origin", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The record that was to be opened.
        origin: String,
    },
    /// It is damaged before its end.
    #[error(
        "`{}` is damaged or cut off at byte {at}: entry {entry} cannot be read, and {signed} were promised by a signed checkpoint; restore the file from a copy, never sign without it",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        at: u64,
        /// The first entry that cannot be read.
        entry: u64,
        /// How many entries the last signed checkpoint has.
        signed: u64,
    },
}

impl Held {
    /// Holds the file; an empty one is made where there is none.
    pub(crate) fn take<D: Disk>(disk: &D, path: &Path) -> Result<Self, WalError> {
        let mut file = disk.open(path).map_err(DiskError::of(path))?;
        match file.hold().map_err(DiskError::of(path))? {
            true => Ok(Self { path: path.to_owned(), file }),
            false => Err(WalError::Held(path.to_owned())),
        }
    }

    /// Gives the batches in it. A torn batch at its end is cut off, unless it is among the `signed` entries that a
    /// checkpoint promised.
    pub(crate) fn read<D: Disk>(
        mut self,
        disk: &D,
        origin: &str,
        signed: u64,
    ) -> Result<(Wal, Batches), WalError> {
        let mut bytes =
            disk.read(&self.path).map_err(DiskError::of(&self.path))?.unwrap_or_default();
        let header = header(origin);
        if header.starts_with(&bytes) {
            self.file.write_at(0, &header).map_err(DiskError::of(&self.path))?;
            bytes = header.clone();
        }
        if !bytes.starts_with(&header) {
            return Err(WalError::Foreign { path: self.path, origin: origin.to_owned() });
        }
        let Self { path, file } = self;
        let mut wal = Wal { path, file, end: HEADER, room: 0, digest: [0; 32], entries: 0 };
        let vouched = wal.pass_all(&bytes, signed);
        let (whole, torn) = bytes.split_at(wal.end as usize);
        if wal.entries < signed || wal.goes_on(torn) {
            return Err(WalError::Damaged {
                path: wal.path,
                at: wal.end,
                entry: wal.entries,
                signed,
            });
        }
        wal.settle(disk, vouched as u64, whole.get(vouched..).unwrap_or_default())?;
        Ok((wal, Batches { end: whole.len(), file: bytes }))
    }
}

impl Wal {
    /// Passes over the batches that hold, and says where those end that are `signed`.
    fn pass_all(&mut self, file: &[u8], signed: u64) -> usize {
        let mut vouched = self.end as usize;
        while let Some((stored, payload, length)) = file.get(self.end as usize..).and_then(framed) {
            let holds = stored == chained(&self.digest, payload);
            let Some(batch) = read(payload).filter(|batch| holds && batch.first == self.entries)
            else {
                break;
            };
            self.pass(length, stored, batch.entries.len());
            if self.entries <= signed {
                vouched = self.end as usize;
            }
        }
        vouched
    }

    /// How many entries it holds.
    pub(crate) fn entries(&self) -> u64 {
        self.entries
    }

    /// Appends a batch. When this returns it is durable. After an error nobody can say whether it is: read the file again.
    pub(crate) fn append(
        &mut self,
        at: u64,
        note: &[u8],
        entries: &[Vec<u8>],
    ) -> Result<(), DiskError> {
        let payload = payload(self.entries, at, note, entries);
        let digest = chained(&self.digest, &payload);
        // It fits: `admit` was asked before.
        let mut bytes = (payload.len() as u32).to_be_bytes().to_vec();
        bytes.extend(digest);
        bytes.extend(payload);
        let length = bytes.len();
        let end = self.end + length as u64;
        if end > self.room {
            let more = end.clamp(ROOM.0, ROOM.1);
            bytes.resize(length + more as usize, 0);
            self.room = end + more;
        }
        let file = &mut *self.file;
        let written = file.write_at(self.end, &bytes).and_then(|()| file.sync());
        written.map_err(DiskError::of(&self.path))?;
        self.pass(length, digest, entries.len());
        Ok(())
    }

    fn pass(&mut self, length: usize, digest: [u8; 32], entries: usize) {
        self.end += length as u64;
        self.digest = digest;
        self.entries += entries as u64;
    }

    /// Makes durable what was read. A sync that failed may have left bytes in memory that the disk never got and that
    /// another sync passes over: so what no checkpoint vouches for is written again.
    fn settle<D: Disk>(&mut self, disk: &D, from: u64, tail: &[u8]) -> Result<(), DiskError> {
        let file = &mut *self.file;
        let settled = file
            .set_len(self.end)
            .and_then(|()| file.write_at(from, tail))
            .and_then(|()| file.sync());
        settled.map_err(DiskError::of(&self.path))?;
        let folder = above(&self.path);
        disk.sync_folder(folder).map_err(DiskError::of(folder))
    }

    /// Whether a good batch stands behind the bad one at the start of `rest`: then that is no torn end.
    fn goes_on(&self, rest: &[u8]) -> bool {
        let Some((stored, payload, length)) = framed(rest) else { return false };
        let behind = rest.get(length..).unwrap_or_default();
        let computed = chained(&self.digest, payload);
        [stored, computed].iter().any(|digest| {
            framed(behind).is_some_and(|(stored, payload, _)| stored == chained(digest, payload))
        })
    }
}

/// The digest and the payload of the batch at the start of `rest`, and how many bytes it takes.
fn framed(rest: &[u8]) -> Option<([u8; 32], &[u8], usize)> {
    let mut reader = Reader(rest);
    let length = reader.u32()? as usize;
    let digest = reader.take(32)?.try_into().ok()?;
    let payload = reader.take(length).filter(|payload| payload.len() <= MAX_BATCH)?;
    Some((digest, payload, length + 36))
}

fn header(origin: &str) -> Vec<u8> {
    let mut header = MAGIC.to_vec();
    header.extend(Sha256::digest(origin.as_bytes()));
    header
}

fn chained(before: &[u8; 32], payload: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(before).chain_update(payload).finalize().into()
}

fn payload(first: u64, at: u64, note: &[u8], entries: &[Vec<u8>]) -> Vec<u8> {
    let mut payload = [first.to_be_bytes(), at.to_be_bytes()].concat();
    // The lengths fit: `admit` was asked before.
    payload.extend((entries.len() as u32).to_be_bytes());
    payload.extend((note.len() as u32).to_be_bytes());
    payload.extend(note);
    for entry in entries {
        payload.extend((entry.len() as u16).to_be_bytes());
        payload.extend(entry);
    }
    payload
}

fn read(payload: &[u8]) -> Option<Batch<'_>> {
    let mut reader = Reader(payload);
    let first = reader.u64()?;
    let at = reader.u64()?;
    let count = reader.u32()?;
    let length = reader.u32()? as usize;
    let note = reader.take(length)?;
    let mut entries = Vec::new();
    for _ in 0..count {
        let length = u16::from_be_bytes(reader.take(2)?.try_into().ok()?);
        entries.push(reader.take(usize::from(length))?);
    }
    reader.0.is_empty().then_some(Batch { first, at, note, entries })
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_be_bytes(self.take(8)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }
}
