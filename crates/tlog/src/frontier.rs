//! The frontier: the least that must be kept of a tree to append to it and to know its root.

use crate::{Hash, MAX_SIZE};

/// The roots of the perfect subtrees that a tree of this size consists of, the largest and leftmost first: one for each
/// 1 in the size's binary digits.
///
/// ```
/// use writ_tlog::{Frontier, Hash};
///
/// let mut tree = Frontier::default();
/// for entry in ["first", "second", "third"] {
///     tree.append(Hash::of_leaf(entry.as_bytes()));
/// }
/// assert_eq!(tree.size(), 3);
/// assert_eq!(Frontier::from_bytes(&tree.to_bytes())?.root(), tree.root());
/// # Ok::<(), writ_tlog::FrontierError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

/// Why bytes are no frontier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrontierError {
    /// There is not even a size.
    #[error("a frontier of {bytes} bytes has no size: rebuild it from the level-0 tiles")]
    NoSize {
        /// How many bytes there are.
        bytes: usize,
    },
    /// No log is so large.
    #[error("a frontier of size {size} is above {MAX_SIZE}: rebuild it from the level-0 tiles")]
    TooLarge {
        /// The size.
        size: u64,
    },
    /// The hashes are not those of such a size.
    #[error(
        "a frontier of size {size} has {wanted} bytes, not {found}: rebuild it from the level-0 tiles"
    )]
    Hashes {
        /// The size.
        size: u64,
        /// How many bytes such a frontier has.
        wanted: usize,
        /// How many there are.
        found: usize,
    },
}

impl Frontier {
    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        fold(&self.roots)
    }

    /// The roots of the perfect subtrees, the largest first.
    pub fn roots(&self) -> &[Hash] {
        &self.roots
    }

    /// Appends a leaf by its hash.
    pub fn append(&mut self, leaf: Hash) {
        let mut node = leaf;
        // Each 1 at the size's end is a perfect subtree that the new one completes to one twice as large.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.roots.pop() {
                node = Hash::of_node(&left, &node);
            }
        }
        self.roots.push(node);
        self.size += 1;
    }

    /// The size as 8 bytes, big-endian, then the roots.
    pub fn to_bytes(&self) -> Vec<u8> {
        let roots = self.roots.iter().flat_map(|root| root.0);
        self.size.to_be_bytes().into_iter().chain(roots).collect()
    }

    /// What [`Frontier::to_bytes`] wrote. Whether the hashes are right, only [`Frontier::root`] can tell.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FrontierError> {
        let no_size = FrontierError::NoSize { bytes: bytes.len() };
        let (size, hashes) = bytes.split_first_chunk::<8>().ok_or(no_size)?;
        let size = u64::from_be_bytes(*size);
        if size > MAX_SIZE {
            return Err(FrontierError::TooLarge { size });
        }
        let wanted = 8 + 32 * size.count_ones() as usize;
        if bytes.len() != wanted {
            return Err(FrontierError::Hashes { size, wanted, found: bytes.len() });
        }
        Ok(Self::from_roots(size, hashes.chunks_exact(32).filter_map(Hash::from_bytes).collect()))
    }

    /// `roots` has as many hashes as `size` has ones.
    pub(crate) fn from_roots(size: u64, roots: Vec<Hash>) -> Self {
        Self { size, roots }
    }
}

/// The root over perfect subtrees, each smaller than the one before.
pub(crate) fn fold(roots: &[Hash]) -> Hash {
    let over = |right: Hash, left: &Hash| Hash::of_node(left, &right);
    match roots.split_last() {
        Some((last, rest)) => rest.iter().rev().fold(*last, over),
        None => Hash::EMPTY,
    }
}
