//! The same by others: roots, proofs and tiles at every size from 0 to 1,025 and around 65,536, against three crates.

use crate::log::{Log, entry, signer};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use signed_note::{StandardVerifier, VerifierList};
use tlog_tiles::tlog;
use writ_tlog::{
    Checkpoint, Hash, Note, Signer, Tree, new_tiles, verify_consistency, verify_inclusion,
};

/// The log as `tlog_tiles` and `ct-merkle` hold it.
#[derive(Default)]
struct Oracles {
    stored: Stored,
    tree: MemoryBackedTree<sha2_0_11::Sha256, Vec<u8>>,
}

#[derive(Default)]
struct Stored(Vec<tlog::Hash>);

impl tlog::HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        Ok(indexes.iter().map(|index| self.0[*index as usize]).collect())
    }
}

impl Oracles {
    fn append(&mut self, index: u64) {
        let hashes = tlog::stored_hashes(index, &entry(index), &self.stored).unwrap();
        self.stored.0.extend(hashes);
        self.tree.push(entry(index));
    }
}

fn joined(proof: &[Hash]) -> Vec<u8> {
    proof.iter().flat_map(|hash| hash.0).collect()
}

/// Compares the root, and the proofs of these indexes and old sizes, at the log's present size.
fn compare(log: &Log, oracles: &Oracles, indexes: &[u64], old_sizes: &[u64]) {
    let (size, root) = (log.size(), log.frontier.root());
    assert_eq!(root.0[..], oracles.tree.root().as_bytes()[..], "root at {size}");
    let theirs = tlog::tree_hash(size, &oracles.stored).unwrap();
    assert_eq!(root.0, theirs.0, "root at {size}");
    let mut tree = Tree::open(size, root, log.source()).unwrap();
    assert_eq!(tree.frontier().unwrap(), log.frontier);
    for &index in indexes.iter().filter(|index| **index < size) {
        let proof = tree.prove_inclusion(index, size).unwrap();
        let theirs = tlog::prove_record(size, index, &oracles.stored).unwrap();
        assert!(
            proof.iter().map(|hash| hash.0).eq(theirs.iter().map(|hash| hash.0)),
            "{index} in {size}"
        );
        assert_eq!(joined(&proof), oracles.tree.prove_inclusion(index as usize).as_bytes());
        verify_inclusion(&log.leaves[index as usize], index, size, &root, &proof).unwrap();
    }
    for &old in old_sizes.iter().filter(|old| (1..=size).contains(*old)) {
        let proof = tree.prove_consistency(old, size).unwrap();
        let theirs = tlog::prove_tree(size, old, &oracles.stored).unwrap();
        assert!(
            proof.iter().map(|hash| hash.0).eq(theirs.iter().map(|hash| hash.0)),
            "{old} in {size}"
        );
        let additions = (size - old) as usize;
        assert_eq!(joined(&proof), oracles.tree.prove_consistency(additions).as_bytes());
        let old_root = tree.root_at(old).unwrap();
        verify_consistency(old, &old_root, size, &root, &proof).unwrap();
    }
}

/// A few places in a range: its ends, its middle, powers of two and their neighbours, and some that wander with the size.
fn places(size: u64) -> Vec<u64> {
    let powers =
        (0..17).flat_map(|bit| [(1 << bit) - 1, 1_u64 << bit]).filter(|p| p % 7 == size % 7);
    let wander = (1..4).map(|k| size.wrapping_mul(2_654_435_761).wrapping_mul(k) % size.max(1));
    let mut places: Vec<u64> =
        powers.chain(wander).chain([0, size / 2, size.saturating_sub(1), size]).collect();
    places.sort_unstable();
    places.dedup();
    places
}

#[test]
fn all_sizes_to_1025_agree_with_two_other_crates() {
    let (mut log, mut oracles) = (Log::default(), Oracles::default());
    for size in 0..=1025 {
        if size > 0 {
            log.grow(size);
            oracles.append(size - 1);
        }
        if size <= 80 {
            let all: Vec<u64> = (0..=size).collect();
            compare(&log, &oracles, &all, &all);
        } else {
            compare(&log, &oracles, &places(size), &places(size));
        }
    }
}

#[test]
fn sizes_around_65536_agree_with_two_other_crates() {
    let (mut log, mut oracles) = (Log::default(), Oracles::default());
    for size in [65_535, 65_536, 65_537, 65_791, 65_792, 65_793] {
        (log.size()..size).for_each(|index| oracles.append(index));
        log.grow(size);
        compare(&log, &oracles, &places(size), &places(size));
        for tile in new_tiles(0, size) {
            let theirs =
                tlog_tiles::Tile::new(8, tile.level(), tile.index(), tile.width().into(), false);
            assert_eq!(log.tiles[&tile], theirs.read_data(&oracles.stored).unwrap(), "{tile}");
        }
    }
}

#[test]
fn a_growing_log_has_the_new_tiles_that_another_crate_lists() {
    let sizes = [
        0, 1, 2, 255, 256, 257, 511, 512, 1_025, 65_535, 65_536, 65_537, 70_000, 16_777_216,
        16_777_217,
    ];
    for (place, old) in sizes.into_iter().enumerate() {
        for size in sizes.into_iter().skip(place).filter(|size| size - old <= 70_000) {
            let ours =
                new_tiles(old, size).map(|tile| (tile.level(), tile.index(), tile.width().into()));
            let theirs = tlog_tiles::Tile::new_tiles(8, old, size);
            let theirs = theirs.iter().map(|tile| (tile.level(), tile.level_index(), tile.width()));
            assert!(ours.eq(theirs), "from {old} to {size}");
        }
    }
}

#[test]
fn checkpoints_signed_here_are_read_and_verified_by_two_other_crates() {
    let signer: Signer = signer("example.com/log", 3);
    for size in [0, 1, 70_000, u64::MAX] {
        let checkpoint = Checkpoint::new("example.com/log", size, Hash([size as u8; 32])).unwrap();
        let signed = checkpoint.sign(&signer).unwrap().to_string();
        let note = signed_note::Note::from_bytes(signed.as_bytes()).unwrap();
        let verifier = StandardVerifier::new(&signer.key().to_string()).unwrap();
        note.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
        let read = tlog_tiles::Checkpoint::from_bytes(note.text()).unwrap();
        assert_eq!(
            (read.origin(), read.size(), read.hash().0),
            ("example.com/log", size, [size as u8; 32])
        );
    }
    let skey = signer.to_skey();
    assert_eq!(signed_note::StandardSigner::new(&skey).map(|_| ()).ok(), Some(()));
}

proptest! {
    /// Where the other crate takes a note, so do we, and the other way round, but for what we are known to read more strictly.
    #[test]
    fn notes_are_read_as_another_crate_reads_them(
        text in "[ -~é\n]{0,20}\n{1,3}(— [a-z +]{0,3} [A-Za-z0-9+/]{8}={0,2}\n?){0,3}\n{0,2}"
    ) {
        let ours = Note::parse(text.as_bytes());
        let theirs = signed_note::Note::from_bytes(text.as_bytes());
        prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{:?}", ours);
        if let (Ok(ours), Ok(theirs)) = (ours, theirs) {
            prop_assert_eq!(ours.to_string().into_bytes(), theirs.to_bytes());
            prop_assert_eq!(ours.text().as_bytes(), theirs.text());
        }
    }
}
