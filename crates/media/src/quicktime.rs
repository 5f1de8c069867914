//! MP4 and QuickTime files as a pipe can carry them: with the table of contents before what it points at.
//!
//! Cameras write the table (`moov`) last, and `ffmpeg` would have to go back in a pipe. So it is sent first, and the
//! places it names, counted from the file's start, are moved by its length (ISO/IEC 14496-12, 8.7.5).

use std::ops::Range;

/// The longest table that is moved.
const MAX_TABLE: usize = 64 << 20;

/// What holds the lists of places, from the outside in.
const WAY: [&[u8; 4]; 5] = [b"moov", b"trak", b"mdia", b"minf", b"stbl"];

/// Where the table lies last: the table to send first, with its places moved, and where it lay. None where the file
/// can be sent as it is, or is broken in a way that `ffmpeg` will tell.
pub fn table_first(bytes: &[u8]) -> Option<(Vec<u8>, Range<usize>)> {
    let boxes = Boxes { bytes, at: 0 };
    let mut content = false;
    for (kind, whole) in boxes {
        match &kind {
            b"mdat" => content = true,
            b"moov" if content && whole.len() <= MAX_TABLE => {
                let mut table = bytes.get(whole.clone())?.to_vec();
                let by = u64::try_from(table.len()).ok()?;
                shift(&mut table, 0, by)?;
                return Some((table, whole));
            }
            b"moov" => return None,
            _ => {}
        }
    }
    None
}

/// The boxes that follow each other in some bytes, as long as they are whole; the last may run to the end.
struct Boxes<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Iterator for Boxes<'_> {
    type Item = ([u8; 4], Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.bytes.get(self.at..)?;
        let kind = *rest.get(4..)?.first_chunk()?;
        let (length, head) = match u32::from_be_bytes(*rest.first_chunk()?) {
            0 => (rest.len(), 8),
            1 => (usize::try_from(u64::from_be_bytes(*rest.get(8..)?.first_chunk()?)).ok()?, 16),
            length => (usize::try_from(length).ok()?, 8),
        };
        if length < head || length > rest.len() {
            return None;
        }
        let whole = self.at..self.at + length;
        self.at = whole.end;
        Some((kind, whole))
    }
}

/// Moves the places in a table that lies `depth` steps down the way. None where a place would overflow.
fn shift(table: &mut [u8], depth: usize, by: u64) -> Option<()> {
    let found: Vec<_> = Boxes { bytes: table, at: 0 }.collect();
    for (kind, whole) in found {
        let part = table.get_mut(whole)?;
        match &kind {
            b"stco" if depth == WAY.len() => shift_each::<4>(part, by)?,
            b"co64" if depth == WAY.len() => shift_each::<8>(part, by)?,
            _ if WAY.get(depth) == Some(&&kind) => shift(part.get_mut(8..)?, depth + 1, by)?,
            _ => {}
        }
    }
    Some(())
}

/// A list of places: head (8), version and flags (4), count (4), then places of `N` bytes each.
fn shift_each<const N: usize>(list: &mut [u8], by: u64) -> Option<()> {
    for place in list.get_mut(16..)?.as_chunks_mut::<N>().0 {
        let old = place.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        let new = old.checked_add(by).filter(|new| N == 8 || *new <= u64::from(u32::MAX))?;
        for (to, from) in place.iter_mut().rev().zip(new.to_le_bytes()) {
            *to = from;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(kind: &[u8; 4], inside: &[u8]) -> Vec<u8> {
        [&(inside.len() as u32 + 8).to_be_bytes()[..], kind, inside].concat()
    }

    #[test]
    fn the_table_goes_first_and_its_places_move_by_its_length() {
        let list = boxed(b"stco", &[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 16]);
        let table = WAY.iter().rev().fold(list, |inside, kind| boxed(kind, &inside));
        let file = [boxed(b"ftyp", b""), boxed(b"mdat", b"abc"), table.clone()].concat();
        let (moved, place) = table_first(&file).unwrap();
        assert_eq!(place, 19..file.len());
        assert_eq!(moved.len(), table.len());
        assert!(moved.ends_with(&(16 + table.len() as u32).to_be_bytes()));
    }

    #[test]
    fn broken_lengths_and_endless_nests_are_left_to_the_decoder() {
        assert_eq!(table_first(b""), None);
        assert_eq!(table_first(&boxed(b"moov", b"")), None);
        assert_eq!(table_first(b"\xff\xff\xff\xffmdat"), None);
        assert_eq!(table_first(b"\0\0\0\x01mdat\xff\xff\xff\xff\xff\xff\xff\xff"), None);
        let list = boxed(b"stco", &[0, 0, 0, 0, 0, 0, 0, 1, 255, 255, 255, 255]);
        let table = WAY.iter().rev().fold(list, |inside, kind| boxed(kind, &inside));
        assert_eq!(table_first(&[boxed(b"mdat", b""), table].concat()), None);
    }
}
