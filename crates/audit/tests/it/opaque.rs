//! Any log in tiles can be audited, whatever its entries are.

use crate::provider::{Folder, log, policy};
use std::sync::LazyLock;
use writ_audit::{Entries, Expected, Kind, Verdict, audit};

/// Three levels of tiles.
static LARGE: LazyLock<Folder> = LazyLock::new(|| {
    let entries: Vec<Vec<u8>> = (0..70_000_u32).map(|n| n.to_be_bytes().to_vec()).collect();
    Folder(log(&entries, 1, &[1, 2]))
});

fn verdict(folder: &Folder, since: Option<&[u8]>) -> Verdict {
    let policy = policy([1, 2]);
    let expected = Expected { policy: &policy, entries: Entries::Opaque, since, now: None };
    audit(folder, &expected, 2, |_| ()).unwrap()
}

#[test]
fn a_log_of_any_entries_is_whole() {
    for size in [0, 1, 2, 255, 256, 257, 511, 512, 513] {
        let entries: Vec<Vec<u8>> = (0..size).map(|n: u32| vec![7; n as usize % 300]).collect();
        let folder = Folder(log(&entries, 1, &[1, 2]));
        assert!(verdict(&folder, None).is_whole(), "{size} entries");
        let earlier = Folder(log(&entries[..entries.len() / 2], 1, &[]));
        assert!(
            verdict(&folder, Some(&earlier.0["checkpoint"])).is_whole(),
            "{size} entries, seen before"
        );
    }
    assert_eq!(
        verdict(&LARGE, None).to_string(),
        "the log `record.meridian.example/1` is whole: 70000 entries; confirmed by `witness-1.example`, \
         `witness-2.example`, as of 1970-01-01T00:00:01Z"
    );
}

#[test]
fn a_changed_byte_on_any_level_of_tiles_is_found_in_its_tile() {
    for (path, byte) in [
        ("tile/0/000", 0),
        ("tile/0/272", 8191),
        ("tile/0/273.p/112", 111 * 32),
        ("tile/1/000", 5000),
        ("tile/1/001.p/17", 16 * 32),
        ("tile/2/000.p/1", 31),
    ] {
        let mut folder = LARGE.clone();
        folder.flip(path, byte);
        let verdict = verdict(&folder, None);
        let found: Vec<_> =
            verdict.faults().iter().map(|fault| (fault.kind, fault.file.as_str())).collect();
        assert_eq!(found, [(Kind::TileChanged, path)]);
    }
}

#[test]
fn several_changed_entries_are_all_named() {
    let mut folder = LARGE.clone();
    for (path, byte) in
        [("tile/entries/000", 2), ("tile/entries/100", 8), ("tile/entries/273.p/112", 14)]
    {
        folder.flip(path, byte);
    }
    let verdict = verdict(&folder, None);
    let found: Vec<_> = verdict.faults().iter().map(|fault| (fault.entry, fault.byte)).collect();
    assert_eq!(found, [(Some(0), Some(0)), (Some(25_601), Some(6)), (Some(69_890), Some(12))]);
}

#[test]
fn a_cut_tile_and_an_empty_file_are_faults() {
    for (path, kind) in [
        ("tile/0/001", Kind::TileChanged),
        ("tile/1/000", Kind::TileChanged),
        ("tile/2/000.p/1", Kind::TileChanged),
        ("tile/entries/001", Kind::EntryChanged),
        ("checkpoint", Kind::CheckpointWrong),
    ] {
        for length in [0, 1, 31] {
            let mut folder = LARGE.clone();
            folder.0.get_mut(path).unwrap().truncate(length);
            assert_eq!(verdict(&folder, None).faults()[0].kind, kind, "{path} of {length} bytes");
        }
    }
}
