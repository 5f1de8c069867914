//! A single changed byte in any file that a record publishes is found.

use crate::provider::{Asked, Folder};
use crate::world::{SMALL, World, YEAR};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Mutex;
use writ_audit::{Entries, Expected, audit};

/// The files that an audit reads: those that the newest checkpoint stands for.
fn read_of(world: &World) -> Vec<String> {
    let seen = Mutex::new(BTreeSet::new());
    let read = |path: &str, _: usize| {
        seen.lock().unwrap().insert(path.to_owned());
        Ok::<_, Infallible>(world.folder.0.get(path).cloned())
    };
    let policy = Asked::default().policy;
    let entries = Entries::Record { bases: &world.bases, proofs: true, report: None };
    let expected = Expected { policy: &policy, entries, since: None, now: None };
    assert!(audit(&read, &expected, 1, |_| ()).unwrap().is_whole());
    seen.into_inner().unwrap().into_iter().collect()
}

fn is_found(world: &World, folder: &mut Folder, path: &str, byte: usize, bit: u8) -> bool {
    folder.0.get_mut(path).unwrap()[byte] ^= bit;
    let asked = Asked { now: Some(world.end), ..Asked::default() };
    let found = !folder.audit(&world.bases, &asked).is_whole();
    folder.0.get_mut(path).unwrap()[byte] ^= bit;
    found
}

#[test]
fn nothing_lies_in_the_folder_that_an_audit_does_not_read() {
    // Both records were signed once: there are no partial tiles of earlier checkpoints.
    for world in [&*SMALL, &*YEAR] {
        assert_eq!(read_of(world), world.folder.0.keys().cloned().collect::<Vec<_>>());
    }
}

#[test]
fn every_byte_of_a_small_record_matters() {
    let mut folder = SMALL.folder.clone();
    for path in read_of(&SMALL) {
        for byte in 0..folder.0[&path].len() {
            let bit = 1 << (byte % 8);
            assert!(is_found(&SMALL, &mut folder, &path, byte, bit), "{path}, byte {byte}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_byte_of_a_larger_record_matters(
        file in any::<prop::sample::Index>(),
        byte in any::<prop::sample::Index>(),
        bit in 0..8_u32,
    ) {
        let mut folder = YEAR.folder.clone();
        let files: Vec<String> = folder.0.keys().cloned().collect();
        let path = file.get(&files);
        let byte = byte.index(folder.0[path].len());
        prop_assert!(is_found(&YEAR, &mut folder, path, byte, 1 << bit), "{path}, byte {byte}, bit {bit}");
    }
}
