//! Tiles and entry bundles: which there are, where they are served, and what is in them (C2SP tlog-tiles).

use crate::frontier::fold;
use crate::proof::perfect_subtrees;
use crate::{Hash, text};
use std::fmt;
use std::str::FromStr;

/// How many hashes a full tile has, and how many entries a full bundle.
pub const FULL: u16 = 256;
/// The highest level that a path may name.
pub const MAX_LEVEL: u8 = 63;

/// Up to 256 consecutive hashes of one level of a tree. Hash `i` of tile `n` at level `l` is the root of the
/// leaves from `(n * 256 + i) * 256^l` to before `(n * 256 + i + 1) * 256^l`.
///
/// Its text form is its path: `tile/0/x001/x234/067`, and `tile/0/273.p/112` of a partial one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    level: u8,
    index: u64,
    width: u16,
}

/// Up to 256 consecutive entries of a log, those whose leaf hashes are in the level-0 tile of the same index and width.
///
/// Its text form is its path: `tile/entries/x001/x234/067`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bundle {
    index: u64,
    width: u16,
}

/// A path that names no tile or bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` is not the path of a tile: {wrong}")]
pub struct PathError {
    /// The path, cut.
    pub path: String,
    /// What is wrong, and what would be right.
    pub wrong: &'static str,
}

/// Bytes that are not what a tile of some width has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{tile}` has {found} bytes, not {wanted}: fetch it again, or from another copy")]
pub struct TileError {
    /// The tile.
    pub tile: Tile,
    /// How many bytes it has.
    pub wanted: usize,
    /// How many there are.
    pub found: usize,
}

impl Tile {
    /// The tile with so many hashes, if there can be one: level 0 to 63, width 1 to 256.
    pub fn new(level: u8, index: u64, width: u16) -> Option<Self> {
        let possible = level <= MAX_LEVEL && (1..=FULL).contains(&width);
        possible.then_some(Self { level, index, width })
    }

    /// The tile at this place as a tree of `size` leaves has it, full or partial, if it does.
    pub fn in_tree(level: u8, index: u64, size: u64) -> Option<Self> {
        let hashes = hashes_at(level, size).checked_sub(index.checked_mul(256)?)?;
        Self::new(level, index, hashes.min(256) as u16)
    }

    /// The level: 0 holds leaf hashes.
    pub fn level(&self) -> u8 {
        self.level
    }

    /// The index within the level.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// How many hashes it has, 1 to 256.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Whether it has all 256 hashes, and will never change.
    pub fn is_full(&self) -> bool {
        self.width == FULL
    }

    /// How many bytes it has.
    pub fn bytes(&self) -> usize {
        usize::from(self.width) * 32
    }

    /// The same tile with all 256 hashes, for when the partial one is no longer kept.
    pub fn full(&self) -> Self {
        Self { width: FULL, ..*self }
    }

    /// The hashes in a tile's bytes.
    pub fn hashes(&self, bytes: &[u8]) -> Result<Vec<Hash>, TileError> {
        if bytes.len() != self.bytes() {
            return Err(TileError { tile: *self, wanted: self.bytes(), found: bytes.len() });
        }
        Ok(bytes.chunks_exact(32).filter_map(Hash::from_bytes).collect())
    }
}

/// The tiles that a tree has at `size` and did not have at `old_size`, level by level from 0, in order of index.
///
/// A partial tile that was there and has more hashes now is among them, with its new width.
pub fn new_tiles(old_size: u64, size: u64) -> impl Iterator<Item = Tile> {
    (0..8).flat_map(move |level| {
        widths(hashes_at(level, old_size), hashes_at(level, size)).map(move |(index, width)| Tile {
            level,
            index,
            width,
        })
    })
}

/// The entry bundles that a log has at `size` and did not have at `old_size`, in order of index.
pub fn new_bundles(old_size: u64, size: u64) -> impl Iterator<Item = Bundle> {
    widths(old_size, size).map(|(index, width)| Bundle { index, width })
}

/// The partial tiles of a tree of this size, from level 0: what lies at its right edge and is in no tile above.
pub fn edge(size: u64) -> impl Iterator<Item = Tile> {
    (0..8).filter_map(move |level| {
        let hashes = hashes_at(level, size);
        Tile::new(level, hashes / 256, (hashes % 256) as u16)
    })
}

/// The root of the perfect subtree over the 256 hashes of a full tile, or over any other number of them: what
/// the level above holds of it.
pub fn root_of(hashes: &[Hash]) -> Hash {
    let mut level = hashes.to_vec();
    while level.len() > 1 && level.len().is_power_of_two() {
        level = level.chunks_exact(2).filter_map(pair).collect();
    }
    match level.as_slice() {
        [root] => *root,
        ragged => {
            let subtrees = perfect_subtrees(0..ragged.len() as u64);
            let root = |(height, index): (u32, u64)| {
                let (start, width) = ((index << height) as usize, 1 << height);
                ragged.get(start..start + width).map(root_of)
            };
            fold(&subtrees.filter_map(root).collect::<Vec<_>>())
        }
    }
}

fn pair(two: &[Hash]) -> Option<Hash> {
    match two {
        [left, right] => Some(Hash::of_node(left, right)),
        _ => None,
    }
}

/// How many hashes a tree of this size has at this level.
fn hashes_at(level: u8, size: u64) -> u64 {
    size.checked_shr(u32::from(level) * 8).unwrap_or(0)
}

/// Index and width of what holds the things from `old` to before `new`, 256 each.
fn widths(old: u64, new: u64) -> impl Iterator<Item = (u64, u16)> {
    let end = if old < new { new.div_ceil(256) } else { 0 };
    (old / 256..end).map(move |index| (index, (new - index * 256).min(256) as u16))
}

impl Bundle {
    /// The bundle with so many entries, if there can be one: 1 to 256.
    pub fn new(index: u64, width: u16) -> Option<Self> {
        (1..=FULL).contains(&width).then_some(Self { index, width })
    }

    /// The bundle at this place as a log of `size` entries has it, full or partial, if it does.
    pub fn in_log(index: u64, size: u64) -> Option<Self> {
        Tile::in_tree(0, index, size).map(|tile| Self { index, width: tile.width })
    }

    /// The index among the log's bundles.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// How many entries it has, 1 to 256.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Whether it has all 256 entries, and will never change.
    pub fn is_full(&self) -> bool {
        self.width == FULL
    }

    /// The same bundle with all 256 entries, for when the partial one is no longer kept.
    pub fn full(&self) -> Self {
        Self { width: FULL, ..*self }
    }

    /// The tile with the hashes of its entries.
    pub fn tile(&self) -> Tile {
        Tile { level: 0, index: self.index, width: self.width }
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/{}/", self.level)?;
        write_place(f, self.index, self.width)
    }
}

impl fmt::Display for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tile/entries/")?;
        write_place(f, self.index, self.width)
    }
}

impl FromStr for Tile {
    type Err = PathError;
    fn from_str(path: &str) -> Result<Self, PathError> {
        let wrong = |wrong| PathError { path: text::shown(path), wrong };
        let rest = path.strip_prefix("tile/").ok_or_else(|| wrong("it must begin with `tile/`"))?;
        let level =
            rest.split_once('/').and_then(|(level, place)| Some((text::decimal(level)?, place)));
        let (level, place) =
            level.ok_or_else(|| wrong("after `tile/` must come a level, 0 to 63"))?;
        let (index, width) = read_place(place).map_err(wrong)?;
        let level = u8::try_from(level).ok().filter(|level| *level <= MAX_LEVEL);
        level
            .map(|level| Self { level, index, width })
            .ok_or_else(|| wrong("its level is above 63, and there are none"))
    }
}

impl FromStr for Bundle {
    type Err = PathError;
    fn from_str(path: &str) -> Result<Self, PathError> {
        let wrong = |wrong| PathError { path: text::shown(path), wrong };
        let place = path.strip_prefix("tile/entries/");
        let place =
            place.ok_or_else(|| wrong("that of a bundle must begin with `tile/entries/`"))?;
        let (index, width) = read_place(place).map_err(wrong)?;
        Ok(Self { index, width })
    }
}

fn write_place(f: &mut fmt::Formatter<'_>, index: u64, width: u16) -> fmt::Result {
    let thousands = std::iter::successors(Some(index), |rest| Some(rest / 1000).filter(|r| *r > 0));
    let groups: Vec<u64> = thousands.map(|rest| rest % 1000).collect();
    for (place, group) in groups.iter().enumerate().rev() {
        match place {
            0 => write!(f, "{group:03}")?,
            _ => write!(f, "x{group:03}/")?,
        }
    }
    if width < FULL { write!(f, ".p/{width}") } else { Ok(()) }
}

/// `x001/x234/067`, and with `.p/112` behind it if it is partial.
fn read_place(place: &str) -> Result<(u64, u16), &'static str> {
    let (index, width) = match place.split_once(".p/") {
        Some((index, width)) => (index, read_width(width)?),
        None => (place, FULL),
    };
    let shape = "its index must be groups of three digits, all but the last after an `x`, as in `x001/x234/067`";
    let mut number: u64 = 0;
    let mut groups = index.split('/').peekable();
    let longer = index.contains('/');
    let mut first = true;
    while let Some(group) = groups.next() {
        let digits = if groups.peek().is_some() { group.strip_prefix('x') } else { Some(group) };
        let digits = digits.filter(|d| d.len() == 3 && d.bytes().all(|b| b.is_ascii_digit()));
        let value: u64 = digits.and_then(|digits| digits.parse().ok()).ok_or(shape)?;
        if first && longer && value == 0 {
            return Err("its index begins with `x000`, which must be left out");
        }
        first = false;
        let next = number.checked_mul(1000).and_then(|number| number.checked_add(value));
        number = next.ok_or("its index is above 2^64, and no log is so large")?;
    }
    Ok((number, width))
}

fn read_width(width: &str) -> Result<u16, &'static str> {
    let width = text::decimal(width).and_then(|width| u16::try_from(width).ok());
    width
        .filter(|width| (1..FULL).contains(width))
        .ok_or("its width, after `.p/`, must be 1 to 255; a full tile has none")
}
