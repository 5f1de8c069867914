//! Opening a segment's file: everything is checked before anything is believed.

use super::layout::{HEADER, Layout, MAGIC, Part};
use super::{Segment, layout};
use crate::kernel::Vectors;
use crate::ring::{Ring, Shape};
use memmap2::{Advice, Mmap};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What is wrong with a segment's file.
#[derive(Debug, thiserror::Error)]
pub enum SegmentFault {
    /// The file cannot be read.
    #[error("it cannot be read")]
    Unreadable(#[source] io::Error),
    /// Another kind of file, or a form that a later version writes.
    #[error("it does not begin as a segment of this version does")]
    Foreign,
    /// The header's checksum is wrong, or what it says cannot be.
    #[error("its header is damaged")]
    Header,
    /// The file is longer or shorter than its header says.
    #[error("it has {is} bytes and should have {should}")]
    Length {
        /// How long it is.
        is: u64,
        /// How long it should be.
        should: u64,
    },
    /// The checksum of a part is wrong.
    #[error("its {0} are damaged")]
    Part(&'static str),
    /// The directory's numbers go down, or beyond the tags.
    #[error("its directory is out of order")]
    Directory,
}

impl Segment {
    /// Opens the file and checks all of it on so many threads.
    pub fn open(path: &Path, threads: usize) -> Result<Self, SegmentFault> {
        let file = File::open(path).map_err(SegmentFault::Unreadable)?;
        let map = map(&file).map_err(SegmentFault::Unreadable)?;
        let (layout, checksums, checksum) = read_header(&map)?;
        let (is, should) = (map.len() as u64, layout.bytes());
        if is != should {
            return Err(SegmentFault::Length { is, should });
        }
        let ring = Ring::new(layout.shape, layout.entries).ok_or(SegmentFault::Header)?;
        let segment = Self { map, layout, ring, vectors: Vectors::here(), checksum };
        segment.check(checksums, threads)?;
        segment.check_directory()?;
        // What comes next are reads all over the file.
        let _ = segment.map.advise(Advice::Random);
        Ok(segment)
    }

    /// Compares the checksum of every part, piece by piece, on so many threads.
    fn check(&self, expected: [u32; 6], threads: usize) -> Result<(), SegmentFault> {
        let mut pieces: Vec<(usize, &[u8])> = Vec::new();
        for (number, part) in Part::ALL.into_iter().enumerate() {
            let bytes = self.map.get(self.layout.range(part)).unwrap_or_default();
            pieces.extend(bytes.chunks(PIECE).map(|piece| (number, piece)));
        }
        let mut sums = [(); 6].map(|()| crc32fast::Hasher::new());
        for ((number, _), sum) in pieces.iter().zip(&checksums(&pieces, threads)) {
            if let Some(whole) = sums.get_mut(*number) {
                whole.combine(sum);
            }
        }
        for ((part, sum), expected) in Part::ALL.into_iter().zip(sums).zip(expected) {
            if sum.finalize() != expected {
                return Err(SegmentFault::Part(part.name()));
            }
        }
        Ok(())
    }

    /// Whether every bucket of a chunk ends where the next begins, and each chunk lists as many as there are entries.
    fn check_directory(&self) -> Result<(), SegmentFault> {
        let directory: &[u32] = self.part(Part::Directory);
        let ascending = directory
            .windows(2)
            .fold(true, |ascending, pair| ascending & matches!(pair, [this, next] if this <= next));
        let begins =
            self.ring.chunks().iter().map(|chunk| chunk.buckets).chain([self.ring.buckets()]);
        let mut begins = begins.zip((0_u64..).step_by(self.layout.entries));
        let in_place = begins.all(|(bucket, entries)| {
            directory.get(bucket).is_some_and(|start| u64::from(*start) == entries)
        });
        if ascending && in_place { Ok(()) } else { Err(SegmentFault::Directory) }
    }
}

/// What one thread sums at a time.
const PIECE: usize = 16 << 20;

fn checksums(pieces: &[(usize, &[u8])], threads: usize) -> Vec<crc32fast::Hasher> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let number = next.fetch_add(1, Ordering::Relaxed)
            && let Some((_, piece)) = pieces.get(number)
        {
            let mut sum = crc32fast::Hasher::new();
            sum.update(piece);
            done.push((number, sum));
        }
        done
    };
    let mut all = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut all = work();
        for other in others {
            // A thread that only sums does not panic; were one lost, its pieces would be missing and the file refused.
            all.extend(other.join().unwrap_or_default());
        }
        all
    });
    all.sort_by_key(|(number, _)| *number);
    all.into_iter().map(|(_, sum)| sum).collect()
}

/// Maps a file for reading.
#[allow(unsafe_code)]
pub(super) fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: the map is sound as long as nobody changes the file. Segments are written under another name, never
    // changed after they have theirs, and only unlinked, which leaves the map as it is; the folder is locked against
    // a second process of this kind. `unsafe` is the price of opening 10 GB without reading them into memory twice.
    unsafe { Mmap::map(file) }
}

type Header = (Layout, [u32; 6], u32);

fn read_header(bytes: &[u8]) -> Result<Header, SegmentFault> {
    let header = bytes.first_chunk::<{ HEADER as usize }>().ok_or(SegmentFault::Foreign)?;
    if !header.starts_with(&MAGIC) {
        return Err(SegmentFault::Foreign);
    }
    let words: Vec<u32> =
        header.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect();
    let &[_, _, low, high, chunks, prefix, a, b, c, d, e, f, _, _, _, checksum] = &*words else {
        return Err(SegmentFault::Header);
    };
    let entries = u64::from(high) << 32 | u64::from(low);
    let entries = usize::try_from(entries).map_err(|_| SegmentFault::Header)?;
    let layout = Layout::of(entries, Shape { chunks, prefix }).ok_or(SegmentFault::Header)?;
    let checksums = [a, b, c, d, e, f];
    // Written anew from what was understood, it must come out the same: nothing in it is left over.
    if layout::header(&layout, checksums) != *header {
        return Err(SegmentFault::Header);
    }
    Ok((layout, checksums, checksum))
}
