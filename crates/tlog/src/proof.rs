//! Proofs: that an entry is in a tree, and that a tree begins with an earlier one (RFC 6962 sections 2.1.1 and 2.1.2).
//!
//! Checking follows the algorithms of RFC 9162 sections 2.1.3.2 and 2.1.4.2, which check the same proofs.

use crate::Hash;
use std::ops::Range;

/// The most hashes that a proof may have.
pub const MAX_PROOF: usize = 63;

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The entry lies beyond the tree.
    #[error("entry {index} is not in a tree of size {size}: take a checkpoint that covers it")]
    Beyond {
        /// The index of the entry.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
    /// The earlier tree is the larger one.
    #[error("a tree of size {size} cannot begin with one of size {old}: the log went back")]
    Shrunk {
        /// The size that comes first.
        old: u64,
        /// The size that comes later.
        size: u64,
    },
    /// It has too many or too few hashes for these sizes.
    #[error("a proof of {found} hashes is too long or too short for these sizes: ask for it again")]
    Length {
        /// How many hashes it has.
        found: usize,
    },
    /// The hashes do not lead to the root of the tree.
    #[error(
        "the proof leads to the root `{computed}`, not to `{root}`: what it is to prove is not so"
    )]
    Root {
        /// The root that it leads to.
        computed: Hash,
        /// The root of the tree.
        root: Hash,
    },
    /// The hashes do not lead to the root of the earlier tree.
    #[error(
        "the proof leads to the earlier root `{computed}`, not to `{root}`: the log has rewritten what it had, or the proof is another's"
    )]
    OldRoot {
        /// The root that it leads to.
        computed: Hash,
        /// The root of the earlier tree.
        root: Hash,
    },
}

/// Checks that the leaf hash `leaf` is entry `index` of the tree with this `size` and `root`.
///
/// The proof begins with the leaf's sibling and ends with a child of the root.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::Beyond { index, size });
    }
    let wrong_length = ProofError::Length { found: proof.len() };
    if proof.len() > MAX_PROOF {
        return Err(wrong_length);
    }
    let (mut node, mut last, mut computed) = (index, size - 1, *leaf);
    for sibling in proof {
        if last == 0 {
            return Err(wrong_length);
        }
        if node & 1 == 1 || node == last {
            computed = Hash::of_node(sibling, &computed);
            climb_to_right_child(&mut node, &mut last);
        } else {
            computed = Hash::of_node(&computed, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    match (last, computed == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::Root { computed, root: *root }),
        _ => Err(wrong_length),
    }
}

/// Checks that the tree with this `size` and `root` begins with the one of `old_size` and `old_root`.
///
/// Every tree begins with the empty one, and with itself; the proof of that is empty.
pub fn verify_consistency(
    old_size: u64,
    old_root: &Hash,
    size: u64,
    root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if old_size > size {
        return Err(ProofError::Shrunk { old: old_size, size });
    }
    let wrong_length = ProofError::Length { found: proof.len() };
    if old_size == 0 && *old_root != Hash::EMPTY {
        return Err(ProofError::OldRoot { computed: Hash::EMPTY, root: *old_root });
    }
    if old_size == 0 || old_size == size {
        return match (proof.is_empty(), old_size == size && old_root != root) {
            (true, false) => Ok(()),
            (true, true) => Err(ProofError::Root { computed: *old_root, root: *root }),
            (false, _) => Err(wrong_length),
        };
    }
    if proof.len() > MAX_PROOF {
        return Err(wrong_length);
    }
    // An old tree that is perfect is itself the first node of the path, and left out of the proof.
    let first = if old_size.is_power_of_two() { Some(old_root) } else { None };
    let mut path = first.into_iter().chain(proof);
    let mut node = old_size - 1;
    let mut last = size - 1;
    let ones = node.trailing_ones();
    (node, last) = (shift(node, ones), shift(last, ones));
    let start = *path.next().ok_or(wrong_length)?;
    let (mut old_computed, mut computed) = (start, start);
    for sibling in path {
        if last == 0 {
            return Err(wrong_length);
        }
        if node & 1 == 1 || node == last {
            old_computed = Hash::of_node(sibling, &old_computed);
            computed = Hash::of_node(sibling, &computed);
            climb_to_right_child(&mut node, &mut last);
        } else {
            computed = Hash::of_node(&computed, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if last != 0 {
        return Err(wrong_length);
    }
    if old_computed != *old_root {
        return Err(ProofError::OldRoot { computed: old_computed, root: *old_root });
    }
    if computed != *root {
        return Err(ProofError::Root { computed, root: *root });
    }
    Ok(())
}

/// The last node of a level has no sibling there: it climbs until it is a right child, or the root.
fn climb_to_right_child(node: &mut u64, last: &mut u64) {
    let zeros = if *node == 0 { 0 } else { node.trailing_zeros() };
    (*node, *last) = (shift(*node, zeros), shift(*last, zeros));
}

fn shift(number: u64, by: u32) -> u64 {
    number.checked_shr(by).unwrap_or(0)
}

/// The ranges of leaves whose roots, in this order, prove that entry `index` is in a tree of `size`.
pub(crate) fn inclusion_ranges(index: u64, size: u64) -> Vec<Range<u64>> {
    let mut ranges = Vec::new();
    let mut tree = 0..size;
    while tree.end - tree.start > 1 {
        let middle = tree.start + split(tree.end - tree.start);
        if index < middle {
            ranges.push(middle..tree.end);
            tree.end = middle;
        } else {
            ranges.push(tree.start..middle);
            tree.start = middle;
        }
    }
    ranges.reverse();
    ranges
}

/// The ranges of leaves whose roots, in this order, prove that a tree of `size` begins with one of `old_size`.
pub(crate) fn consistency_ranges(old_size: u64, size: u64) -> Vec<Range<u64>> {
    let mut ranges = Vec::new();
    if old_size == 0 {
        return ranges;
    }
    let mut tree = 0..size;
    while old_size < tree.end {
        let middle = tree.start + split(tree.end - tree.start);
        if old_size <= middle {
            ranges.push(middle..tree.end);
            tree.end = middle;
        } else {
            ranges.push(tree.start..middle);
            tree.start = middle;
        }
    }
    // A left edge that begins at 0 is the old tree itself, whose root the verifier has.
    if tree.start > 0 {
        ranges.push(tree);
    }
    ranges.reverse();
    ranges
}

/// The largest power of two below `size`, which is at least 2.
fn split(size: u64) -> u64 {
    1 << (63 - (size - 1).leading_zeros())
}

/// The perfect subtrees that make up a range which begins where a subtree of at least its size may begin: each as its
/// height and its index among those of that height.
pub(crate) fn perfect_subtrees(range: Range<u64>) -> impl Iterator<Item = (u32, u64)> {
    let mut start = range.start;
    std::iter::from_fn(move || {
        let height = (range.end - start).checked_ilog2()?;
        let subtree = (height, start >> height);
        start += 1 << height;
        Some(subtree)
    })
}
