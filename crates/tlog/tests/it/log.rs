//! A log in memory, whose tiles are made as a writer makes them.

use std::collections::HashMap;
use writ_tlog::{Frontier, Hash, Signer, Tile, new_tiles, root_of};

#[derive(Default)]
pub struct Log {
    pub leaves: Vec<Hash>,
    pub frontier: Frontier,
    pub tiles: HashMap<Tile, Vec<u8>>,
}

pub fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

pub fn signer(name: &str, seed: u8) -> Signer {
    Signer::from_seed(name.parse().unwrap(), &[seed; 32])
}

impl Log {
    pub fn of(size: u64) -> Self {
        let mut log = Self::default();
        log.grow(size);
        log
    }

    /// Appends entries until there are so many, and adds the tiles that come with them.
    pub fn grow(&mut self, size: u64) {
        let old = self.leaves.len() as u64;
        for index in old..size {
            let leaf = Hash::of_leaf(&entry(index));
            self.leaves.push(leaf);
            self.frontier.append(leaf);
        }
        for tile in new_tiles(old, size) {
            let first = tile.index() * 256;
            let hash = |place: u64| match tile.level() {
                0 => self.leaves[place as usize],
                level => {
                    let below = Tile::new(level - 1, place, 256).unwrap();
                    root_of(&below.hashes(&self.tiles[&below]).unwrap())
                }
            };
            let bytes = (first..first + u64::from(tile.width())).flat_map(|p| hash(p).0).collect();
            self.tiles.insert(tile, bytes);
        }
    }

    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The tiles, as a source for [`writ_tlog::Tree`].
    pub fn source(&self) -> impl FnMut(Tile) -> Result<Vec<u8>, String> + '_ {
        |tile| self.tiles.get(&tile).cloned().ok_or_else(|| format!("no {tile}"))
    }
}
