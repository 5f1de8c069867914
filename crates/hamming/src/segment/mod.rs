//! A segment: an immutable run of entries in one file, mapped into memory, and how it is searched.
//!
//! The file holds, each part beginning at a multiple of 64 bytes, all numbers little-endian:
//!
//! | part | contents |
//! |---|---|
//! | header | `writham1`, then as u32 or u64: entries, chunks, prefix bits, and the CRC-32 of each part and of the header |
//! | codes | 32 bytes each, in order of id, code, group |
//! | ids | u64 each |
//! | groups | u16 each |
//! | directory | u32 each: where each bucket of each chunk begins among the tags, and after the last where it ends |
//! | tags | u16 each: the bits that follow the bucket's; above them bits 24 and up of the code's position |
//! | lows | 3 bytes each: bits 0 to 23 of the code's position |
//!
//! Tags and lows are written for every chunk, one after the other, in order of bucket and then position.

mod build;
mod layout;
mod open;
mod search;

pub(crate) use build::{BuildError, write};
pub use layout::MAX_ENTRIES;
pub use open::SegmentFault;
pub(crate) use search::Scratch;

use crate::code::{Code, Entry};
use crate::kernel::Vectors;
use crate::ring::Ring;
use layout::{Layout, Part};
use memmap2::Mmap;

/// A segment, mapped into memory. Its file is not changed as long as anybody has it.
#[derive(Debug)]
pub(crate) struct Segment {
    map: Mmap,
    layout: Layout,
    ring: Ring,
    vectors: Vectors,
    /// The CRC-32 of the header, and thereby of all: what a manifest knows the file by.
    checksum: u32,
}

// The file is little-endian and is read in place.
#[cfg(target_endian = "big")]
compile_error!("segments are mapped as little-endian numbers");

impl Segment {
    /// How many entries it has, the withdrawn included.
    pub fn entries(&self) -> usize {
        self.layout.entries
    }

    pub fn checksum(&self) -> u32 {
        self.checksum
    }

    pub fn codes(&self) -> &[Code] {
        self.part(Part::Codes)
    }

    pub fn ids(&self) -> &[u64] {
        self.part(Part::Ids)
    }

    pub fn groups(&self) -> &[u16] {
        self.part(Part::Groups)
    }

    pub fn entry(&self, at: usize) -> Option<Entry> {
        let (id, code) = (*self.ids().get(at)?, *self.codes().get(at)?);
        Some(Entry { id, code, group: *self.groups().get(at)? })
    }

    /// The positions of an id's entries.
    pub fn positions(&self, id: u64) -> std::ops::Range<usize> {
        let ids = self.ids();
        let start = ids.partition_point(|other| *other < id);
        let count = ids.get(start..).unwrap_or_default().partition_point(|other| *other == id);
        start..start + count
    }

    /// A part as an array. Opening has found it to be as long as the layout says and to begin at a multiple of 64.
    fn part<T: bytemuck::AnyBitPattern>(&self, part: Part) -> &[T] {
        let bytes = self.map.get(self.layout.range(part)).unwrap_or_default();
        bytemuck::try_cast_slice(bytes).unwrap_or_default()
    }
}
