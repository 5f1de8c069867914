//! What of a growing tree is still open: its right edge, and the files that growing it completes.

use writ_tlog::{Bundle, Frontier, Hash, Tile, append_entry, root_of};

/// The right edge of a log: the hashes and entries of the tiles and the bundle that are not full yet.
#[derive(Default)]
pub(crate) struct Edge {
    frontier: Frontier,
    /// By level, the hashes of the partial tile there.
    levels: Vec<Vec<Hash>>,
    /// The bytes of the partial bundle.
    bundle: Vec<u8>,
}

/// A file of the published log: its path, and what it holds.
pub(crate) struct Derived {
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
}

impl Edge {
    pub(crate) fn size(&self) -> u64 {
        self.frontier.size()
    }

    pub(crate) fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// Appends an entry, and gives the tiles and the bundle that are full with it.
    pub(crate) fn append(&mut self, entry: &[u8]) -> Vec<Derived> {
        let leaf = Hash::of_leaf(entry);
        self.frontier.append(leaf);
        // An entry that is too long was refused before it came here.
        let _ = append_entry(&mut self.bundle, entry);
        let mut full = Vec::new();
        let mut carried = Some(leaf);
        let mut level = 0;
        while let Some(hash) = carried {
            carried = self.carry(level, hash, &mut full);
            level += 1;
        }
        full
    }

    /// Adds a hash to a level. Where that fills its tile, the tile's root goes one level up.
    fn carry(&mut self, level: usize, hash: Hash, full: &mut Vec<Derived>) -> Option<Hash> {
        if self.levels.len() <= level {
            self.levels.push(Vec::new());
        }
        let hashes = self.levels.get_mut(level)?;
        hashes.push(hash);
        if hashes.len() < 256 {
            return None;
        }
        let hashes = std::mem::take(hashes);
        full.extend(tile(level, self.frontier.size(), &hashes));
        if level == 0 {
            full.extend(bundle(self.frontier.size(), std::mem::take(&mut self.bundle)));
        }
        Some(root_of(&hashes))
    }

    /// The partial tiles and the partial bundle of the log as it is.
    pub(crate) fn partial(&self) -> Vec<Derived> {
        let size = self.frontier.size();
        let tiles = self.levels.iter().enumerate();
        let tiles = tiles.filter_map(|(level, hashes)| tile(level, size, hashes));
        let bundle = bundle(size, self.bundle.clone()).filter(|_| !size.is_multiple_of(256));
        tiles.chain(bundle).collect()
    }
}

/// The last tile of a level that has these hashes, in a tree of this size; nothing where it has none.
fn tile(level: usize, size: u64, hashes: &[Hash]) -> Option<Derived> {
    let level = u8::try_from(level).ok()?;
    let at_level = size.checked_shr(u32::from(level) * 8)?;
    let width = u16::try_from(hashes.len()).ok()?;
    let tile = Tile::new(level, at_level.checked_sub(1)? / 256, width)?;
    Some(Derived { path: tile.to_string(), bytes: hashes.iter().flat_map(|hash| hash.0).collect() })
}

fn bundle(size: u64, bytes: Vec<u8>) -> Option<Derived> {
    let last = size.checked_sub(1)?;
    let width = u16::try_from(last % 256 + 1).ok()?;
    Some(Derived { path: Bundle::new(last / 256, width)?.to_string(), bytes })
}
