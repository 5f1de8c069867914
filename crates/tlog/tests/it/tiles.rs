//! Tiles, bundles and frontiers: their places, and that nothing tampered is believed.

use crate::log::{Log, entry};
use writ_tlog::{
    Bundle, BundleError, Frontier, FrontierError, Hash, Tile, Tree, TreeError, append_entry, edge,
    new_bundles, new_tiles, verify_inclusion,
};

#[test]
fn a_tree_of_70_000_has_the_tiles_of_the_specification() {
    let count = |level: u8, full: bool| {
        let of = move |tile: &Tile| tile.level() == level && tile.is_full() == full;
        new_tiles(0, 70_000).filter(of).count()
    };
    assert_eq!([count(0, true), count(1, true), count(2, true)], [273, 1, 0]);
    let partial: Vec<String> = edge(70_000).map(|tile| tile.to_string()).collect();
    assert_eq!(partial, ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]);
    assert_eq!(new_tiles(0, 70_000).count(), 273 + 1 + 1 + 1 + 1);
    let at_256: Vec<String> = new_tiles(0, 256).map(|tile| tile.to_string()).collect();
    assert_eq!(at_256, ["tile/0/000", "tile/1/000.p/1"]);
    let bundles: Vec<String> = new_bundles(250, 520).map(|bundle| bundle.to_string()).collect();
    assert_eq!(bundles, ["tile/entries/000", "tile/entries/001", "tile/entries/002.p/8"]);
    assert_eq!(new_tiles(7, 7).count() + new_tiles(7, 6).count() + new_bundles(9, 9).count(), 0);
}

#[test]
fn places_are_bounded_at_the_largest_sizes() {
    assert_eq!(edge(u64::MAX).count(), 8);
    assert_eq!(edge(u64::MAX).last().unwrap().to_string(), "tile/7/000.p/255");
    assert_eq!(new_tiles(u64::MAX - 1, u64::MAX).count(), 1);
    let last = new_bundles(u64::MAX - 1, u64::MAX).next().unwrap();
    assert_eq!(last.to_string(), "tile/entries/x072/x057/x594/x037/x927/935.p/255");
    assert_eq!(Tile::in_tree(8, 0, u64::MAX), None);
    assert_eq!(Tile::in_tree(0, u64::MAX, u64::MAX), None);
    assert_eq!((Tile::new(64, 0, 1), Tile::new(0, 0, 0), Tile::new(0, 0, 257)), (None, None, None));
}

#[test]
fn paths_are_read_in_one_form_only() {
    for path in ["tile/0/000", "tile/0/x001/x234/067", "tile/63/999.p/255", "tile/1/x001/000.p/1"] {
        assert_eq!(path.parse::<Tile>().unwrap().to_string(), path);
    }
    assert_eq!("tile/0/x001/x234/067".parse::<Tile>().unwrap().index(), 1_234_067);
    let entries = "tile/entries/x001/x234/067.p/8";
    assert_eq!(entries.parse::<Bundle>().unwrap().to_string(), entries);
    let longest = "tile/0/x018/x446/x744/x073/x709/x551/615";
    assert_eq!(longest.parse::<Tile>().unwrap().index(), u64::MAX);
    let wrong = "tile/64/000 tile/00/000 tile/-1/000 tile/256/000 tile//000 tile/0/ tile/0/0 tile/0/0000 \
        tile/0/001/234 tile/0/x001/x234 tile/0/x000/001 tile/0/x1/001 tile/0/+01 tile/0/000/ tile/0//000 \
        tile/0/000.p/0 tile/0/000.p/256 tile/0/000.p/01 tile/0/000.p/ tile/0/000.p tile/0/000.p/1.p/1 \
        tile/0/000.p/1/ tile/0/../000 /tile/0/000 tile/8/0/000 tile/data/000 tile/entries/000 tile/0/٠٠٠ \
        tile/0/x018/x446/x744/x073/x709/x551/616 tile/0/x999/x018/x446/x744/x073/x709/x551/615";
    for path in wrong.split_whitespace() {
        assert!(path.parse::<Tile>().is_err(), "{path}");
    }
    for path in ["tile/0/000", "tile/entries/000.p/256", "tile/entries/x000/000", "entries/000"] {
        assert!(path.parse::<Bundle>().is_err(), "{path}");
    }
    let error = "tile/0/x000/001".parse::<Tile>().unwrap_err().to_string();
    assert_eq!(
        error,
        "`tile/0/x000/001` is not the path of a tile: its index begins with `x000`, which must be left out"
    );
}

#[test]
fn a_tampered_tile_is_found_and_named() {
    let log = Log::of(70_000);
    let (size, root) = (log.size(), log.frontier.root());
    // Each of the tiles that a proof of entry 4,711 reads, and a byte at its start, in its middle and at its end.
    for tile in
        ["tile/0/018", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1", "tile/0/273.p/112"]
    {
        let tile: Tile = tile.parse().unwrap();
        for place in [0, tile.bytes() / 2, tile.bytes() - 1] {
            let mut source = log.source();
            let mut tampered = |asked: Tile| {
                let mut bytes = source(asked)?;
                if asked == tile {
                    bytes[place] ^= 1;
                }
                Ok::<_, String>(bytes)
            };
            let proven = Tree::open(size, root, &mut tampered)
                .and_then(|mut tree| tree.prove_inclusion(4_711, size));
            match proven.unwrap_err() {
                TreeError::Tampered { tile: named, .. } => assert_eq!(named, tile),
                TreeError::Edge { tiles, .. } => {
                    assert!(!tile.is_full());
                    assert_eq!(tiles, edge(size).collect::<Vec<_>>());
                }
                other => panic!("{other}"),
            }
        }
    }
}

#[test]
fn a_tile_that_is_missing_short_or_long_is_named() {
    let log = Log::of(600);
    let with = |change: fn(Vec<u8>) -> Option<Vec<u8>>| {
        let mut source = log.source();
        let tile: Tile = "tile/0/001".parse().unwrap();
        let changed = move |asked: Tile| {
            let bytes = source(asked)?;
            if asked == tile { change(bytes).ok_or("gone".to_owned()) } else { Ok(bytes) }
        };
        let mut tree = Tree::open(600, log.frontier.root(), changed).unwrap();
        tree.prove_inclusion(300, 600).unwrap_err().to_string()
    };
    assert_eq!(with(|_| None), "`tile/0/001` cannot be read: fetch it again, or from another copy");
    let short = with(|mut bytes| bytes.pop().map(|_| bytes));
    assert_eq!(
        short,
        "`tile/0/001` has 8191 bytes, not 8192: fetch it again, or from another copy"
    );
    assert!(with(|bytes| Some([bytes, vec![0]].concat())).contains("has 8193 bytes"));
}

#[test]
fn another_root_or_size_is_refused_at_once() {
    let log = Log::of(600);
    assert!(matches!(Tree::open(600, Hash::EMPTY, log.source()), Err(TreeError::Edge { .. })));
    assert!(Tree::open(599, log.frontier.root(), log.source()).is_err());
    let empty = Tree::open(0, Hash::EMPTY, |_: Tile| Err::<Vec<u8>, _>("asked"));
    assert!(empty.is_ok());
    assert!(Tree::open(0, log.frontier.root(), |_: Tile| Err::<Vec<u8>, _>("asked")).is_err());
}

#[test]
fn what_lies_beyond_the_tree_is_refused() {
    let log = Log::of(600);
    let mut tree = Tree::open(600, log.frontier.root(), log.source()).unwrap();
    assert_eq!(tree.leaf(599).unwrap(), log.leaves[599]);
    assert!(tree.leaf(600).is_err() && tree.leaf(u64::MAX).is_err());
    assert!(tree.root_at(601).is_err());
    assert!(tree.prove_inclusion(5, 601).is_err() && tree.prove_inclusion(5, 5).is_err());
    assert!(tree.prove_consistency(6, 5).is_err() && tree.prove_consistency(5, 601).is_err());
    assert_eq!(tree.prove_consistency(0, 600).unwrap(), []);
    let tile = |path: &str| path.parse::<Tile>().unwrap();
    assert_eq!(tree.hashes(tile("tile/0/002.p/80")).unwrap(), &log.leaves[512..592]);
    assert!(
        tree.hashes(tile("tile/0/002.p/89")).is_err() && tree.hashes(tile("tile/0/003")).is_err()
    );
    assert!(tree.hashes(tile("tile/9/000")).is_err());
}

#[test]
fn a_proof_with_any_bit_flipped_proves_nothing() {
    let log = Log::of(1000);
    let root = log.frontier.root();
    let mut tree = Tree::open(1000, root, log.source()).unwrap();
    let proof = tree.prove_inclusion(777, 1000).unwrap();
    for place in 0..proof.len() * 32 {
        let mut forged = proof.clone();
        forged[place / 32].0[place % 32] ^= 0x10;
        assert!(verify_inclusion(&log.leaves[777], 777, 1000, &root, &forged).is_err());
    }
    for (index, size) in [(776, 1000), (777, 600), (777, 2000), (0, 1000), (u64::MAX, 1000)] {
        assert!(verify_inclusion(&log.leaves[777], index, size, &root, &proof).is_err());
    }
    let long = vec![Hash::EMPTY; 64];
    assert!(verify_inclusion(&log.leaves[777], 777, u64::MAX, &root, &long).is_err());
}

#[test]
fn a_frontier_is_read_as_it_was_written() {
    for size in [0, 1, 2, 3, 255, 256, 1000] {
        let frontier = Log::of(size).frontier;
        let bytes = frontier.to_bytes();
        assert_eq!(Frontier::from_bytes(&bytes).unwrap(), frontier);
        if size > 0 {
            assert!(Frontier::from_bytes(&bytes[..bytes.len() - 1]).is_err());
        }
        assert!(Frontier::from_bytes(&[&bytes[..], &[0]].concat()).is_err());
    }
    let huge = Frontier::from_bytes(&u64::MAX.to_be_bytes());
    assert_eq!(huge, Err(FrontierError::TooLarge { size: u64::MAX }));
}

#[test]
fn a_bundle_holds_exactly_its_entries() {
    let log = Log::of(260);
    let bundle = Bundle::in_log(1, 260).unwrap();
    assert_eq!(bundle.to_string(), "tile/entries/001.p/4");
    let mut bytes = Vec::new();
    (256..260).for_each(|index| append_entry(&mut bytes, &entry(index)).unwrap());
    let entries = bundle.entries(&bytes).unwrap();
    assert_eq!(entries[3], entry(259));
    bundle.check(&entries, &log.leaves[256..]).unwrap();
    let cut = bundle.entries(&bytes[..bytes.len() - 1]).unwrap_err();
    assert_eq!(cut, BundleError::Cut { bundle, place: 3, width: 4 });
    let longer = bundle.entries(&[&bytes[..], b"x"].concat()).unwrap_err();
    assert_eq!(longer, BundleError::Longer { bundle, width: 4, bytes: 1 });
    for place in 0..bytes.len() {
        let mut forged = bytes.clone();
        forged[place] ^= 1;
        let found = bundle.entries(&forged).and_then(|e| bundle.check(&e, &log.leaves[256..]));
        assert!(found.is_err(), "byte {place}");
    }
    let changed = bundle.check(&[b"x", entries[1], entries[2], entries[3]], &log.leaves[256..]);
    assert_eq!(changed, Err(BundleError::Changed { bundle, index: 256 }));
    assert!(append_entry(&mut bytes, &vec![0; 65_535]).is_ok());
    assert!(append_entry(&mut bytes, &vec![0; 65_536]).is_err());
}
