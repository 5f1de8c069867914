//! The inner archive: plain ustar files in a fixed order, nothing that varies, nothing that only some readers see.

use crate::digesting::Digesting;
use crate::path::EntryPath;
use std::io::{self, Read, Write};
use tar::{EntryType, Header};
use writ_vocabulary::Digest;

const BLOCK: usize = 512;
const BUFFER: usize = 64 * 1024;
/// The latest time that eleven octal digits can say.
const LATEST: u64 = 0o77_777_777_777;

/// The one header that a parcel has for this file. A header that differs in any byte is refused on opening.
pub(crate) fn header(path: &EntryPath, bytes: u64, mtime: u64) -> [u8; BLOCK] {
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(bytes);
    header.set_mtime(mtime.min(LATEST));
    let (prefix, name) = path.split();
    if let Some(ustar) = header.as_ustar_mut() {
        fill(&mut ustar.name, name);
        fill(&mut ustar.prefix, prefix);
    }
    header.set_cksum();
    *header.as_bytes()
}

fn fill(field: &mut [u8], text: &str) {
    field.iter_mut().zip(text.bytes()).for_each(|(slot, byte)| *slot = byte);
}

/// How many bytes a file of this size takes in the archive.
pub(crate) fn room_for(bytes: u64) -> u64 {
    (BLOCK as u64).saturating_add(bytes).saturating_add(padding(bytes))
}

/// The two empty blocks that close an archive.
pub(crate) const CLOSING: u64 = 2 * BLOCK as u64;

fn padding(bytes: u64) -> u64 {
    bytes.wrapping_neg() % BLOCK as u64
}

/// Writes the archive, file by file.
pub(crate) struct ArchiveWriter<W> {
    out: W,
    mtime: u64,
}

impl<W: Write> ArchiveWriter<W> {
    pub(crate) fn new(out: W, mtime: u64) -> Self {
        Self { out, mtime }
    }

    /// Appends a file that is to have `bytes` bytes; gives the digest and the size of what was there to read.
    pub(crate) fn append(
        &mut self,
        path: &EntryPath,
        bytes: u64,
        data: impl Read,
    ) -> io::Result<(Digest, u64)> {
        self.out.write_all(&header(path, bytes, self.mtime))?;
        let mut data = Digesting::new(data.take(bytes));
        io::copy(&mut data, &mut self.out)?;
        io::copy(&mut io::repeat(0).take(padding(bytes)), &mut self.out)?;
        let (_, digest, read) = data.finish();
        Ok((digest, read))
    }

    pub(crate) fn finish(mut self) -> io::Result<W> {
        io::copy(&mut io::repeat(0).take(CLOSING), &mut self.out)?;
        Ok(self.out)
    }
}

/// Reads an archive that a stranger may have made.
pub(crate) struct ArchiveReader<R> {
    input: R,
    buffer: Vec<u8>,
}

/// One file of the archive, before its content.
pub(crate) struct Entry {
    pub(crate) header: [u8; BLOCK],
    pub(crate) path: EntryPath,
    pub(crate) bytes: u64,
}

/// Why an archive cannot be read on.
#[derive(Debug)]
pub(crate) enum ArchiveFault {
    /// Reading failed: the layer below says why.
    Read(io::Error),
    /// Writing what was read failed.
    Write(io::Error),
    /// It is not the archive of a parcel.
    Broken(&'static str),
    /// It holds something that a parcel never holds.
    Hostile { entry: String, what: &'static str },
}

impl<R: Read> ArchiveReader<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input, buffer: vec![0; BUFFER] }
    }

    pub(crate) fn into_input(self) -> R {
        self.input
    }

    /// The next file, or `None` after the last, when the closing blocks are there and nothing follows them.
    pub(crate) fn next(&mut self) -> Result<Option<Entry>, ArchiveFault> {
        let block = self.block()?;
        if block.iter().any(|byte| *byte != 0) {
            return Entry::read(block).map(Some);
        }
        if self.block()?.iter().any(|byte| *byte != 0) {
            return Err(ArchiveFault::Broken("has a file after its closing block"));
        }
        match self.input.read(&mut [0]).map_err(ArchiveFault::Read)? {
            0 => Ok(None),
            _ => Err(ArchiveFault::Broken("goes on after its closing blocks")),
        }
    }

    /// Copies the content of a file out, and checks that nothing hides in what fills its last block.
    pub(crate) fn content(&mut self, bytes: u64, out: impl Write) -> Result<Digest, ArchiveFault> {
        let mut out = Digesting::new(out);
        self.pass(bytes, |part| out.write_all(part).map_err(ArchiveFault::Write))?;
        self.pass(padding(bytes), |part| match part.iter().all(|byte| *byte == 0) {
            true => Ok(()),
            false => Err(ArchiveFault::Broken("hides bytes between its files")),
        })?;
        Ok(out.finish().1)
    }

    fn pass(
        &mut self,
        bytes: u64,
        mut to: impl FnMut(&[u8]) -> Result<(), ArchiveFault>,
    ) -> Result<(), ArchiveFault> {
        let mut left = bytes;
        while left > 0 {
            let count =
                (&mut self.input).take(left).read(&mut self.buffer).map_err(ArchiveFault::Read)?;
            if count == 0 {
                return Err(ArchiveFault::Broken("ends in the middle of a file"));
            }
            to(self.buffer.get(..count).unwrap_or_default())?;
            left -= count as u64;
        }
        Ok(())
    }

    fn block(&mut self) -> Result<[u8; BLOCK], ArchiveFault> {
        let mut block = [0; BLOCK];
        let mut left = block.as_mut_slice();
        while !left.is_empty() {
            let count = self.input.read(left).map_err(ArchiveFault::Read)?;
            if count == 0 {
                return Err(ArchiveFault::Broken("ends without its closing blocks"));
            }
            left = left.get_mut(count..).unwrap_or_default();
        }
        Ok(block)
    }
}

impl Entry {
    fn read(block: [u8; BLOCK]) -> Result<Self, ArchiveFault> {
        let header = Header::from_byte_slice(&block);
        let name = header.path_bytes();
        let entry = || shown(&name);
        if header.as_ustar().is_none() || !header.cksum().is_ok_and(|sum| sum == checksum(&block)) {
            return Err(ArchiveFault::Broken("has a header that is not plain ustar"));
        }
        if let Some(what) = other_than_file(header.entry_type()) {
            return Err(ArchiveFault::Hostile { entry: entry(), what });
        }
        let text = std::str::from_utf8(&name).map_err(|_| "a path that is not text");
        let path = text
            .and_then(EntryPath::parse)
            .map_err(|what| ArchiveFault::Hostile { entry: entry(), what })?;
        let bytes =
            header.entry_size().map_err(|_| ArchiveFault::Broken("has a header without a size"))?;
        Ok(Self { header: block, path, bytes })
    }
}

/// The sum of the header's bytes, its own field counted as blanks.
fn checksum(block: &[u8; BLOCK]) -> u32 {
    block
        .iter()
        .enumerate()
        .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) })
        .sum()
}

fn other_than_file(kind: EntryType) -> Option<&'static str> {
    Some(match kind {
        EntryType::Regular => return None,
        EntryType::Link => "a hard link",
        EntryType::Symlink => "a symbolic link",
        EntryType::Char | EntryType::Block => "a device",
        EntryType::Directory => "a folder of its own",
        EntryType::Fifo => "a pipe",
        EntryType::GNUSparse => "a sparse file",
        EntryType::GNULongName | EntryType::GNULongLink => "a name outside its header",
        EntryType::XHeader | EntryType::XGlobalHeader => "an extended header",
        _ => "of an unknown kind",
    })
}

/// What a stranger wrote, cut and escaped for a message.
pub(crate) fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().take(120).flat_map(char::escape_debug).collect()
}
