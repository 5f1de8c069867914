//! A block: up to 512 entries in the order in which they came, which look-ups scan.

use crate::code::Entry;
use crate::dead::Dead;
use crate::kernel::{TILE, Tile};

/// The entries. Full blocks are never changed; the last one is copied when it grows, so that look-ups
/// that hold it see it as it was.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    /// The number of its first entry among all that ever came.
    pub first: u64,
    pub tile: Box<Tile>,
    ids: Vec<u64>,
    groups: Vec<u16>,
    pub dead: Dead,
}

impl Block {
    pub fn empty(first: u64) -> Self {
        let (ids, groups) = (Vec::new(), Vec::new());
        Self { first, tile: Box::new(Tile::empty()), ids, groups, dead: Dead::none(TILE) }
    }

    pub fn entries(&self) -> usize {
        self.tile.codes()
    }

    /// The number that the next entry will have.
    pub fn end(&self) -> u64 {
        self.first + self.entries() as u64
    }

    pub fn is_full(&self) -> bool {
        self.entries() == TILE
    }

    /// Adds an entry to a block that is not full.
    pub fn push(&mut self, entry: &Entry) {
        if self.tile.push(&entry.code) {
            self.ids.push(entry.id);
            self.groups.push(entry.group);
        }
    }

    pub fn entry(&self, at: usize) -> Option<Entry> {
        let (id, group) = (*self.ids.get(at)?, *self.groups.get(at)?);
        Some(Entry { id, code: self.tile.code(at)?, group })
    }

    /// The entries not withdrawn.
    pub fn living(&self) -> impl Iterator<Item = Entry> {
        (0..self.entries()).filter(|at| !self.dead.has(*at)).filter_map(|at| self.entry(at))
    }
}
