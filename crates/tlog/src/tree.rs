//! Reading a log through its tiles: hashes and proofs, of which nothing is believed that the trusted root does not cover.

use crate::frontier::{Frontier, fold};
use crate::proof::{consistency_ranges, inclusion_ranges, perfect_subtrees};
use crate::tile::{TileError, edge, root_of};
use crate::{Hash, Tile};
use std::collections::BTreeMap;
use std::ops::Range;

/// Where tiles come from: a folder, a web server, memory.
pub trait TileSource {
    /// Why a tile cannot be had.
    type Error;

    /// The bytes of the tile, as many as [`Tile::bytes`] says. Nothing is believed of them unchecked. Where a partial
    /// tile is no longer kept, the first bytes of the full one are the same.
    fn tile(&mut self, tile: Tile) -> Result<Vec<u8>, Self::Error>;
}

impl<E, F: FnMut(Tile) -> Result<Vec<u8>, E>> TileSource for F {
    type Error = E;
    fn tile(&mut self, tile: Tile) -> Result<Vec<u8>, E> {
        self(tile)
    }
}

/// A tree of a known size and root, read through its tiles.
///
/// Each tile is checked before it is used: those at the right edge together against the root, every other against the
/// tile above it. What was checked is kept, up to 1,024 tiles (8 MiB).
pub struct Tree<S> {
    size: u64,
    source: S,
    edge: BTreeMap<u8, Vec<Hash>>,
    read: BTreeMap<(u8, u64), Vec<Hash>>,
}

/// The most full tiles that a tree keeps.
const KEPT: usize = 1024;

/// Why a tree cannot answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError<E> {
    /// A tile cannot be had.
    #[error("`{tile}` cannot be read: fetch it again, or from another copy")]
    Source {
        /// The tile.
        tile: Tile,
        /// Why.
        source: E,
    },
    /// A tile is of another size.
    #[error(transparent)]
    Tile(#[from] TileError),
    /// A tile is not the one under the root.
    #[error(
        "`{tile}` is not what the log committed to: its hashes give `{computed}`, the tile above it has `{committed}`"
    )]
    Tampered {
        /// The tile.
        tile: Tile,
        /// The root of its hashes.
        computed: Hash,
        /// What the tile above holds of it.
        committed: Hash,
    },
    /// The tiles at the right edge do not give the root. Where there are several, any may be the wrong one.
    #[error(
        "the tiles at the right edge, {}, give the root `{computed}`, not `{root}`: one of them was changed, or is of another tree",
        names(tiles)
    )]
    Edge {
        /// The tiles, from level 0.
        tiles: Vec<Tile>,
        /// The root that they give.
        computed: Hash,
        /// The trusted root.
        root: Hash,
    },
    /// What is asked lies beyond the tree.
    #[error("the tree has {size} leaves, and {asked} is beyond it: take a newer checkpoint")]
    Beyond {
        /// The size of the tree.
        size: u64,
        /// The size or index that was asked for.
        asked: u64,
    },
}

fn names(tiles: &[Tile]) -> String {
    tiles.iter().map(|tile| format!("`{tile}`")).collect::<Vec<_>>().join(", ")
}

impl<S: TileSource> Tree<S> {
    /// The tree with this `size` and `root`, which the caller trusts. Reads the tiles at its right edge, at most eight,
    /// and checks them against the root.
    pub fn open(size: u64, root: Hash, mut source: S) -> Result<Self, TreeError<S::Error>> {
        let mut read = BTreeMap::new();
        for tile in edge(size) {
            read.insert(tile.level(), fetch(&mut source, tile)?);
        }
        let mut tree = Self { size, source, edge: read, read: BTreeMap::new() };
        let computed = tree.root_at(size)?;
        if computed != root {
            return Err(TreeError::Edge { tiles: edge(size).collect(), computed, root });
        }
        Ok(tree)
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The hash of the leaf at `index`.
    pub fn leaf(&mut self, index: u64) -> Result<Hash, TreeError<S::Error>> {
        self.within(index.checked_add(1), index)?;
        self.subtree(0, index)
    }

    /// The root that the tree had when it had `size` leaves.
    pub fn root_at(&mut self, size: u64) -> Result<Hash, TreeError<S::Error>> {
        self.range(0..size)
    }

    /// The proof that entry `index` is in the tree as it was at `size`.
    pub fn prove_inclusion(
        &mut self,
        index: u64,
        size: u64,
    ) -> Result<Vec<Hash>, TreeError<S::Error>> {
        if index >= size {
            return Err(TreeError::Beyond { size, asked: index });
        }
        self.within(Some(size), size)?;
        inclusion_ranges(index, size).into_iter().map(|range| self.range(range)).collect()
    }

    /// The proof that the tree as it was at `size` begins with the one as it was at `old_size`.
    pub fn prove_consistency(
        &mut self,
        old_size: u64,
        size: u64,
    ) -> Result<Vec<Hash>, TreeError<S::Error>> {
        if old_size > size {
            return Err(TreeError::Beyond { size, asked: old_size });
        }
        self.within(Some(size), size)?;
        consistency_ranges(old_size, size).into_iter().map(|range| self.range(range)).collect()
    }

    /// What must be kept to append to the tree.
    pub fn frontier(&mut self) -> Result<Frontier, TreeError<S::Error>> {
        let roots = self.roots(0..self.size)?;
        Ok(Frontier::from_roots(self.size, roots))
    }

    /// The hashes of a tile that the tree has, checked.
    pub fn hashes(&mut self, tile: Tile) -> Result<Vec<Hash>, TreeError<S::Error>> {
        let beyond = TreeError::Beyond { size: self.size, asked: tile.index() };
        let own = Tile::in_tree(tile.level(), tile.index(), self.size);
        let own = own.filter(|own| own.width() >= tile.width()).ok_or(beyond)?;
        let hashes = self.checked(own)?;
        Ok(hashes.iter().take(usize::from(tile.width())).copied().collect())
    }

    fn within(&self, end: Option<u64>, asked: u64) -> Result<(), TreeError<S::Error>> {
        let inside = end.is_some_and(|end| end <= self.size);
        if inside { Ok(()) } else { Err(TreeError::Beyond { size: self.size, asked }) }
    }

    fn range(&mut self, range: Range<u64>) -> Result<Hash, TreeError<S::Error>> {
        Ok(fold(&self.roots(range)?))
    }

    fn roots(&mut self, range: Range<u64>) -> Result<Vec<Hash>, TreeError<S::Error>> {
        self.within(Some(range.end), range.end)?;
        perfect_subtrees(range).map(|(height, index)| self.subtree(height, index)).collect()
    }

    /// The root of the perfect subtree of this height and index, from the lowest tile whose hashes make it up.
    fn subtree(&mut self, height: u32, index: u64) -> Result<Hash, TreeError<S::Error>> {
        let (level, within) = ((height / 8) as u8, height % 8);
        let (first, width) = (index << within, 1_usize << within);
        let size = self.size;
        let beyond = || TreeError::Beyond { size, asked: index };
        let tile = Tile::in_tree(level, first / 256, size).ok_or_else(beyond)?;
        let start = (first % 256) as usize;
        let hashes = self.checked(tile)?.get(start..start + width);
        hashes.map(root_of).ok_or_else(beyond)
    }

    /// The hashes of a tile as this tree has it. At most eight tiles deep.
    fn checked(&mut self, tile: Tile) -> Result<&[Hash], TreeError<S::Error>> {
        let (size, place) = (self.size, (tile.level(), tile.index()));
        let beyond = || TreeError::Beyond { size, asked: tile.index() };
        if tile.is_full() && !self.read.contains_key(&place) {
            let above = Tile::in_tree(tile.level() + 1, tile.index() / 256, size);
            let above = self.checked(above.ok_or_else(beyond)?)?;
            let committed = above.get((tile.index() % 256) as usize).copied().ok_or_else(beyond)?;
            let hashes = fetch(&mut self.source, tile)?;
            let computed = root_of(&hashes);
            if computed != committed {
                return Err(TreeError::Tampered { tile, computed, committed });
            }
            if self.read.len() >= KEPT {
                self.read.clear();
            }
            self.read.insert(place, hashes);
        }
        let found = match tile.is_full() {
            true => self.read.get(&place),
            false => self.edge.get(&tile.level()),
        };
        found.map(Vec::as_slice).ok_or_else(beyond)
    }
}

fn fetch<S: TileSource>(source: &mut S, tile: Tile) -> Result<Vec<Hash>, TreeError<S::Error>> {
    let bytes = source.tile(tile).map_err(|source| TreeError::Source { tile, source })?;
    Ok(tile.hashes(&bytes)?)
}
