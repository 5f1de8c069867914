//! Where each part of a segment's file lies: a function of how many entries it has and of their ring's shape.

use crate::ring::{Ring, Shape};
use std::ops::Range;

/// The most entries that one segment takes: 2^27. More are spread over several.
pub const MAX_ENTRIES: usize = 1 << 27;

/// Every part begins at a multiple of this: a line of cache.
const ALIGN: u64 = 64;
pub(super) const HEADER: u64 = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Codes,
    Ids,
    Groups,
    Directory,
    Tags,
    Lows,
}

impl Part {
    pub const ALL: [Self; 6] =
        [Self::Codes, Self::Ids, Self::Groups, Self::Directory, Self::Tags, Self::Lows];

    pub fn name(self) -> &'static str {
        match self {
            Self::Codes => "codes",
            Self::Ids => "ids",
            Self::Groups => "groups",
            Self::Directory => "directory",
            Self::Tags => "tags",
            Self::Lows => "lows",
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub entries: usize,
    pub shape: Shape,
    /// Where each part begins, in order, and how many bytes it has.
    parts: [(u64, u64); 6],
}

impl Layout {
    /// `None` for what cannot be a segment.
    pub fn of(entries: usize, shape: Shape) -> Option<Self> {
        if !(1..=MAX_ENTRIES).contains(&entries) {
            return None;
        }
        let ring = Ring::new(shape, entries)?;
        let (count, buckets) = (entries as u64, ring.buckets() as u64);
        let listed = count * u64::from(shape.chunks);
        // What a bucket's place among the tags is written in.
        u32::try_from(listed).ok()?;
        let bytes = [count * 32, count * 8, count * 2, (buckets + 1) * 4, listed * 2, listed * 3];
        let mut start = HEADER;
        let parts = bytes.map(|bytes| {
            let part = (start, bytes);
            start = (start + bytes).next_multiple_of(ALIGN);
            part
        });
        Some(Self { entries, shape, parts })
    }

    /// How long a part is, and where it begins.
    pub fn place(&self, part: Part) -> (u64, u64) {
        let [codes, ids, groups, directory, tags, lows] = self.parts;
        match part {
            Part::Codes => codes,
            Part::Ids => ids,
            Part::Groups => groups,
            Part::Directory => directory,
            Part::Tags => tags,
            Part::Lows => lows,
        }
    }

    pub fn range(&self, part: Part) -> Range<usize> {
        let (start, bytes) = self.place(part);
        start as usize..(start + bytes) as usize
    }

    /// How long the file is.
    pub fn bytes(&self) -> u64 {
        let (start, bytes) = self.place(Part::Lows);
        start + bytes
    }
}

/// The header: 64 bytes.
///
/// ```text
/// 0   writham1
/// 8   entries, u64
/// 16  chunks, u32
/// 20  prefix bits, u32
/// 24  CRC-32 of codes, ids, groups, directory, tags, lows, u32 each
/// 48  zeros
/// 60  CRC-32 of bytes 0 to 59
/// ```
pub(super) const MAGIC: [u8; 8] = *b"writham1";

pub(super) fn header(layout: &Layout, checksums: [u32; 6]) -> [u8; HEADER as usize] {
    let mut bytes = Vec::with_capacity(HEADER as usize);
    bytes.extend(MAGIC);
    bytes.extend((layout.entries as u64).to_le_bytes());
    bytes.extend(layout.shape.chunks.to_le_bytes());
    bytes.extend(layout.shape.prefix.to_le_bytes());
    bytes.extend(checksums.iter().flat_map(|checksum| checksum.to_le_bytes()));
    bytes.resize(60, 0);
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    let mut header = [0; HEADER as usize];
    header.copy_from_slice(&bytes);
    header
}
