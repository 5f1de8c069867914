//! Files that were cut, changed or exchanged are refused in words; nothing panics.

use crate::made::{Home, Spread, codes, entries};
use std::fs;
use std::path::{Path, PathBuf};
use writ_hamming::{Index, OpenError};

fn home() -> Home {
    Home::loaded(&entries(&codes(Spread::Even, 700, 1)))
}

fn segment(folder: &Path) -> PathBuf {
    folder.join("segment-00000000")
}

/// Opens the folder with this file's bytes changed, then puts them back.
fn changed(file: &Path, change: impl FnOnce(&mut Vec<u8>)) -> Result<Index, OpenError> {
    let before = fs::read(file).unwrap();
    let mut bytes = before.clone();
    change(&mut bytes);
    fs::write(file, bytes).unwrap();
    let opened = Index::open(file.parent().unwrap(), 2);
    fs::write(file, before).unwrap();
    opened
}

fn why(error: &OpenError) -> String {
    let source = std::error::Error::source(error).map(|source| format!(": {source}"));
    format!("{error}{}", source.unwrap_or_default())
}

#[test]
fn a_flipped_bit_anywhere_in_a_segment_is_noticed_unless_it_is_padding() {
    let Home { folder, index } = home();
    drop(index);
    let file = segment(folder.path());
    let length = fs::read(&file).unwrap().len();
    let (mut unseen, mut reasons) = (0, std::collections::BTreeSet::new());
    let all = (0..100).chain((100..length).step_by(149)).chain(length - 40..length);
    for at in all {
        match changed(&file, |bytes| bytes[at] ^= 1 << (at % 8)) {
            Ok(_) => unseen += 1,
            Err(OpenError::Segment { source, .. }) => {
                reasons.insert(source.to_string());
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert!(unseen < 20, "only the few bytes between parts may be anything: {unseen}");
    let parts = ["codes", "ids", "groups", "directory", "tags", "lows"];
    for reason in parts.map(|part| format!("its {part} are damaged")) {
        assert!(reasons.contains(&reason), "{reason}: {reasons:?}");
    }
}

#[test]
fn a_segment_cut_or_lengthened_anywhere_is_refused() {
    let Home { folder, index } = home();
    drop(index);
    let file = segment(folder.path());
    let length = fs::read(&file).unwrap().len();
    for at in (0..200).chain((200..length).step_by(997)).chain([length - 1]) {
        let error = changed(&file, |bytes| bytes.truncate(at)).unwrap_err();
        assert!(matches!(error, OpenError::Segment { .. }), "{at}");
    }
    let error = changed(&file, |bytes| bytes.push(0)).unwrap_err();
    assert!(why(&error).contains("bytes and should have"), "{}", why(&error));
}

#[test]
fn a_header_that_claims_the_impossible_is_refused_even_with_a_right_checksum() {
    let Home { folder, index } = home();
    drop(index);
    let file = segment(folder.path());
    for at in (8..60).step_by(4) {
        for value in [0, 1, 17, 0x7fff_ffff, u32::MAX] {
            let mut same = false;
            let opened = changed(&file, |bytes| {
                same = bytes[at..at + 4] == value.to_le_bytes();
                bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
                let sum = crc32(&bytes[..60]).to_le_bytes();
                bytes[60..64].copy_from_slice(&sum);
            });
            assert!(same || opened.is_err(), "byte {at}: {value}");
        }
    }
}

/// The CRC-32 of ISO 3309, bit by bit, to forge headers with.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 };
    let add = |sum: u32, byte: &u8| (0..8).fold(sum ^ u32::from(*byte), |sum, _| step(sum));
    !bytes.iter().fold(u32::MAX, add)
}

#[test]
fn a_file_with_forged_checksums_and_wild_numbers_gives_answers_or_an_error_and_no_panic() {
    use crate::made::radius;
    use writ_hamming::{Limits, Query};
    let Home { folder, index } = home();
    drop(index);
    let file = segment(folder.path());
    let bytes = fs::read(&file).unwrap();
    let entries = 700_usize;
    // Where the parts lie: codes, ids, groups, directory, tags, lows.
    let buckets = 16 << 5;
    let lengths =
        [entries * 32, entries * 8, entries * 2, (buckets + 1) * 4, entries * 32, entries * 48];
    let mut start = 64_usize;
    let places = lengths.map(|length| {
        let place = start..start + length;
        start = (start + length).next_multiple_of(64);
        place
    });
    assert_eq!(places[5].end, bytes.len());
    for (number, place) in places.iter().enumerate() {
        for fill in [0x00, 0x7f, 0xff] {
            let folder = tempfile::tempdir().unwrap();
            let mut bytes = bytes.clone();
            bytes[place.clone()].fill(fill);
            let sum = crc32(&bytes[place.clone()]).to_le_bytes();
            bytes[24 + number * 4..28 + number * 4].copy_from_slice(&sum);
            let sum = crc32(&bytes[..60]);
            bytes[60..64].copy_from_slice(&sum.to_le_bytes());
            fs::write(segment(folder.path()), &bytes).unwrap();
            let mut manifest = b"writman1".to_vec();
            for number in [1_u64, 1, 1, 0, entries as u64] {
                manifest.extend(number.to_le_bytes());
            }
            manifest.extend(sum.to_le_bytes());
            manifest.extend(0_u32.to_le_bytes());
            manifest.extend(crc32(&manifest).to_le_bytes());
            fs::write(folder.path().join("manifest"), manifest).unwrap();
            match Index::open(folder.path(), 1) {
                Ok(index) => {
                    for (code, bits) in
                        codes(Spread::Even, 20, 1).into_iter().zip([0, 31, 63].into_iter().cycle())
                    {
                        let limits = Limits::all(radius(bits));
                        let _ = index.snapshot().search(&Query { code, limits: &limits }, 10);
                    }
                    index.withdraw(3, 2);
                }
                Err(error) => assert!(number == 3, "{}", why(&error)),
            }
        }
    }
}

#[test]
fn a_missing_or_exchanged_segment_a_damaged_manifest_and_a_folder_in_use_are_told_apart() {
    let Home { folder, index } = home();
    let path = folder.path();
    assert!(matches!(Index::open(path, 1), Err(OpenError::InUse(_))));
    drop(index);
    let error = changed(&path.join("manifest"), |bytes| bytes[9] ^= 1).unwrap_err();
    assert!(why(&error).contains("empty the folder and load the entries again"), "{}", why(&error));
    let other = Home::loaded(&entries(&codes(Spread::Even, 700, 2)));
    let theirs = fs::read(segment(other.folder.path())).unwrap();
    let exchanged = changed(&segment(path), |bytes| *bytes = theirs);
    assert!(matches!(exchanged, Err(OpenError::Stranger(_))));
    fs::remove_file(segment(path)).unwrap();
    assert!(why(&Index::open(path, 1).unwrap_err()).contains("cannot be read"));
}

#[test]
fn what_a_crash_left_half_written_is_removed_and_changes_nothing() {
    let Home { folder, index } = home();
    drop(index);
    for name in ["segment-00000001.part", "segment-00000001", "manifest.part"] {
        fs::write(folder.path().join(name), b"half").unwrap();
    }
    fs::write(folder.path().join("somebody's notes"), b"kept").unwrap();
    let index = Index::open(folder.path(), 1).unwrap();
    assert_eq!(index.snapshot().entries(), 700);
    let mut names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["lock", "manifest", "segment-00000000", "somebody's notes"]);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = Index::open(&file.path().join("below"), 1).unwrap_err();
    assert!(why(&error).contains("cannot be used as an index's folder"), "{}", why(&error));
}
