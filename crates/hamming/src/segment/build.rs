//! Writing a segment: the entries as they come, then one table after the other, on several threads.

use super::layout::{HEADER, Layout, Part, header};
use super::open::map;
use crate::code::{Code, Entry};
use crate::ring::{Chunk, Ring, Shape};
use crc32fast::Hasher;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Why a segment could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BuildError {
    #[error(transparent)]
    Write(#[from] io::Error),
    #[error("more or fewer entries came than were announced")]
    Count,
    #[error("entry {0} does not come after the one before it in order of id, code and group")]
    Order(usize),
}

/// Writes a segment of `count` entries, which come in order of id, code and group, each once. The file and its contents are
/// on the disk when this returns; its name is not yet.
pub(crate) fn write(
    path: &Path,
    count: usize,
    entries: impl Iterator<Item = Entry>,
    threads: usize,
) -> Result<(), BuildError> {
    let shape = Shape::for_entries(count);
    let (Some(layout), Some(ring)) = (Layout::of(count, shape), Ring::new(shape, count)) else {
        return Err(BuildError::Count);
    };
    let file = File::options().read(true).write(true).create(true).truncate(true).open(path)?;
    file.set_len(layout.bytes())?;
    let mut sums = [(); 6].map(|()| Hasher::new());
    {
        let [codes, ids, groups, ..] = &mut sums;
        write_entries(&file, &layout, entries, [codes, ids, groups])?;
    }
    let map = map(&file)?;
    let codes = map.get(layout.range(Part::Codes)).unwrap_or_default();
    let codes = bytemuck::try_cast_slice(codes).unwrap_or_default();
    for table in write_tables(&file, &layout, &ring, codes, threads)? {
        let [_, _, _, sums @ ..] = &mut sums;
        sums.iter_mut().zip(&table).for_each(|(whole, sum)| whole.combine(sum));
    }
    let sums = sums.map(Hasher::finalize);
    file.write_all_at(&header(&layout, sums), 0)?;
    debug_assert_eq!(HEADER, 64);
    Ok(file.sync_all()?)
}

/// How many entries are written at a time.
const BATCH: usize = 1 << 16;

fn write_entries(
    file: &File,
    layout: &Layout,
    entries: impl Iterator<Item = Entry>,
    sums: [&mut Hasher; 3],
) -> Result<(), BuildError> {
    let [code_sum, id_sum, group_sum] = sums;
    let mut codes = Column::of(file, layout, Part::Codes, code_sum);
    let mut ids = Column::of(file, layout, Part::Ids, id_sum);
    let mut groups = Column::of(file, layout, Part::Groups, group_sum);
    let (mut came, mut last) = (0, None);
    for entry in entries {
        if last >= Some(entry) {
            return Err(BuildError::Order(came));
        }
        if came == layout.entries {
            return Err(BuildError::Count);
        }
        last = Some(entry);
        codes.put(entry.code)?;
        ids.put(entry.id)?;
        groups.put(entry.group)?;
        came += 1;
    }
    codes.flush()?;
    ids.flush()?;
    groups.flush()?;
    if came == layout.entries { Ok(()) } else { Err(BuildError::Count) }
}

/// A part that is written from its beginning to its end.
struct Column<'a, T> {
    file: &'a File,
    at: u64,
    waiting: Vec<T>,
    sum: &'a mut Hasher,
}

impl<'a, T: bytemuck::NoUninit> Column<'a, T> {
    fn of(file: &'a File, layout: &Layout, part: Part, sum: &'a mut Hasher) -> Self {
        Self { file, at: layout.place(part).0, waiting: Vec::with_capacity(BATCH), sum }
    }

    fn put(&mut self, value: T) -> io::Result<()> {
        self.waiting.push(value);
        if self.waiting.len() == BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        let bytes: &[u8] = bytemuck::cast_slice(&self.waiting);
        self.sum.update(bytes);
        self.file.write_all_at(bytes, self.at)?;
        self.at += bytes.len() as u64;
        self.waiting.clear();
        Ok(())
    }
}

/// The checksums of what a chunk's table added to the directory, the tags and the lows.
type TableSums = [Hasher; 3];

fn write_tables(
    file: &File,
    layout: &Layout,
    ring: &Ring,
    codes: &[Code],
    threads: usize,
) -> io::Result<Vec<TableSums>> {
    let next = AtomicUsize::new(0);
    let work = || -> io::Result<Vec<(usize, TableSums)>> {
        let mut done = Vec::new();
        while let number = next.fetch_add(1, Ordering::Relaxed)
            && let Some(chunk) = ring.chunks().get(number)
        {
            let table = Table::sorted(ring, *chunk, number * codes.len(), codes);
            done.push((number, table.write(file, layout, *chunk, number)?));
        }
        Ok(done)
    };
    let mut tables = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.max(1)).map(|_| scope.spawn(work)).collect();
        let mut tables = work()?;
        for other in others {
            tables.extend(other.join().map_err(|_| io::Error::other("a thread was lost"))??);
        }
        Ok::<_, io::Error>(tables)
    })?;
    tables.sort_by_key(|(number, _)| *number);
    // The end of the last bucket.
    let end = ((ring.chunks().len() * codes.len()) as u32).to_le_bytes();
    file.write_all_at(&end, layout.place(Part::Directory).0 + 4 * ring.buckets() as u64)?;
    let mut tables: Vec<TableSums> = tables.into_iter().map(|(_, sums)| sums).collect();
    if let Some([directory, ..]) = tables.last_mut() {
        directory.update(&end);
    }
    Ok(tables)
}

/// One chunk's table, in order of bucket and then position.
struct Table {
    /// Where each bucket begins among all tags.
    directory: Vec<u32>,
    tags: Vec<u16>,
    lows: Vec<[u8; 3]>,
}

impl Table {
    /// Sorts by counting: how many go into each bucket, where each begins, and then every code to its place. It goes
    /// there in two moves, first to its bucket's neighbourhood, so that each move writes to what the cache holds:
    /// in one move, most writes would wait for memory.
    fn sorted(ring: &Ring, chunk: Chunk, base: usize, codes: &[Code]) -> Self {
        // One place more than there are buckets, so that counting one bucket on leaves where each begins.
        let mut begins = vec![0_u32; (1 << chunk.prefix) + 1];
        for code in codes {
            let (bucket, _) = ring.place(chunk, code);
            if let Some(count) = begins.get_mut(bucket as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for begin in &mut begins {
            sum += *begin;
            *begin = sum;
        }
        let near = Near::of(chunk.prefix, codes.len());
        let gathered = near.gather(ring, chunk, codes, &begins);
        let (mut tags, mut lows) = (vec![0; codes.len()], vec![[0; 3]; codes.len()]);
        for (number, keys) in gathered.iter().enumerate() {
            for key in keys {
                let (bucket, tag, position) = near.apart(number, *key);
                let Some(free) = begins.get_mut(bucket) else { continue };
                let [a, b, c, top] = position.to_le_bytes();
                if let (Some(in_tags), Some(in_lows)) =
                    (tags.get_mut(*free as usize), lows.get_mut(*free as usize))
                {
                    *in_tags = tag | (u32::from(top) << ring.tag_bits()) as u16;
                    *in_lows = [a, b, c];
                }
                *free += 1;
            }
        }
        // By now each bucket's place says where it ends, which is where the next begins.
        begins.rotate_right(1);
        begins.truncate(1 << chunk.prefix);
        if let Some(first) = begins.first_mut() {
            *first = 0;
        }
        begins.iter_mut().for_each(|begin| *begin += base as u32);
        Self { directory: begins, tags, lows }
    }

    fn write(
        &self,
        file: &File,
        layout: &Layout,
        chunk: Chunk,
        number: usize,
    ) -> io::Result<TableSums> {
        let before = (number * self.tags.len()) as u64;
        let put = |bytes: &[u8], part: Part, before: u64| {
            let mut sum = Hasher::new();
            sum.update(bytes);
            file.write_all_at(bytes, layout.place(part).0 + before).map(|()| sum)
        };
        let directory = bytemuck::cast_slice(&self.directory);
        Ok([
            put(directory, Part::Directory, 4 * chunk.buckets as u64)?,
            put(bytemuck::cast_slice(&self.tags), Part::Tags, 2 * before)?,
            put(self.lows.as_flattened(), Part::Lows, 3 * before)?,
        ])
    }
}

/// Neighbourhoods of buckets: those whose numbers begin alike.
struct Near {
    /// By how many bits buckets of one neighbourhood differ.
    bits: u32,
}

impl Near {
    /// Neighbourhoods of about 2^16 codes: half a megabyte.
    fn of(prefix: u32, codes: usize) -> Self {
        let neighbourhoods = codes.max(1).ilog2().saturating_sub(16).clamp(1, 10).min(prefix);
        Self { bits: prefix - neighbourhoods }
    }

    /// Each code as a key in its bucket's neighbourhood: what is left of the bucket's number (21 bits at most), the tag
    /// (16) and the position (27).
    fn gather(&self, ring: &Ring, chunk: Chunk, codes: &[Code], begins: &[u32]) -> Vec<Vec<u64>> {
        let count = 1 << (chunk.prefix - self.bits);
        let begin = |number: usize| begins.get(number << self.bits).copied().unwrap_or_default();
        let rooms = (0..count).map(|number| (begin(number + 1) - begin(number)) as usize);
        let mut gathered: Vec<Vec<u64>> = rooms.map(Vec::with_capacity).collect();
        for (position, code) in codes.iter().enumerate() {
            let (bucket, tag) = ring.place(chunk, code);
            let rest = u64::from(bucket) & ((1 << self.bits) - 1);
            if let Some(keys) = gathered.get_mut((bucket >> self.bits) as usize) {
                keys.push(rest << 43 | u64::from(tag) << 27 | position as u64);
            }
        }
        gathered
    }

    /// A key's bucket, tag and position.
    fn apart(&self, number: usize, key: u64) -> (usize, u16, u32) {
        let bucket = number << self.bits | (key >> 43) as usize;
        (bucket, (key >> 27) as u16, key as u32 & ((1 << 27) - 1))
    }
}
