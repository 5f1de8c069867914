//! What must hold for all rows, secrets and bytes.

use crate::period::{Logged, ORIGIN, bases, entry, usual};
use proptest::collection::vec;
use proptest::prelude::*;
use writ_tally::{Band, Bases, Body, Leaf, Opening, Schema, Totals, Width};

fn small() -> Bases {
    bases()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

    #[test]
    fn any_rows_and_secrets_verify_and_open(
        leaves in vec(((0u8..4, 0u8..4, 0u8..3), any::<[u8; 32]>(), ".{0,40}"), 1..6),
    ) {
        let bases = small();
        let mut entries = Vec::new();
        for (index, ((left, right, third), secret, event)) in (0..).zip(&leaves) {
            let opening = Opening::new(bases.schema(), event, &[*left, *right, *third], secret).unwrap();
            let entry = entry(&bases, index, &opening);
            prop_assert_eq!(bases.verify(ORIGIN, &entry.body, &entry.proof), Ok(()));
            let stored = Opening::parse(bases.schema(), &opening.to_json()).unwrap();
            prop_assert!(stored == opening);
            stored.check(&bases, &entry.body).unwrap();
            entries.push(entry);
        }
        prop_assert_eq!(bases.verify_all(ORIGIN, entries).unwrap().leaves(), leaves.len() as u64);
    }

    #[test]
    fn any_period_has_totals_that_verify(
        rows in vec((0u8..4, 0u8..4, 0u8..3), 1..8),
    ) {
        let rows: Vec<[u8; 3]> = rows.into_iter().map(|(a, b, c)| [a, b, c]).collect();
        let logged = Logged::new(&rows);
        let totals = logged.totals();
        logged.verify(&totals).unwrap();
        let counted = rows.iter().filter(|rows| rows[0] == 2).count();
        prop_assert_eq!(totals.exact("left", "b"), u32::try_from(counted).ok());
    }

    #[test]
    fn a_batch_says_what_each_proof_says(broken in vec(any::<bool>(), 7), at in 0usize..736) {
        let logged = usual();
        let mut entries = logged.entries;
        for (entry, broken) in entries.iter_mut().zip(&broken) {
            entry.proof[at] ^= u8::from(*broken);
        }
        let alone = entries.iter().find(|e| logged.bases.verify(ORIGIN, &e.body, &e.proof).is_err());
        let alone = alone.map(|e| e.index);
        let together = logged.bases.verify_all(ORIGIN, entries.clone()).err().map(|bad| bad.index);
        prop_assert_eq!(alone, together);
        prop_assert_eq!(alone, broken.iter().position(|b| *b).map(|p| p as u64));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn no_bytes_make_a_parser_stop(bytes in vec(any::<u8>(), 0..300), kind in 0u8..6) {
        let schema = Schema::v1().unwrap();
        let mut leaf = vec![1, kind, 0, 0, 0, 0, 1];
        leaf.extend(&bytes);
        let _ = Leaf::parse(&schema, &leaf);
        let _ = Leaf::parse(&schema, &bytes);
        let _ = Body::parse(&schema, &bytes);
        let _ = Opening::parse(&schema, &bytes);
        let _ = Totals::parse(&bytes);
    }

    #[test]
    fn no_text_makes_a_parser_stop(text in "\\PC{0,60}", near in "[0-9,–-]{0,14}") {
        for text in [&text, &near] {
            let _ = Schema::parse(text);
            let _ = Band::parse(Width::Thousand, text);
        }
    }

    #[test]
    fn a_count_lies_in_its_band(count in 0u64..(1 << 33)) {
        for width in [Width::Hundred, Width::TwoHundredFifty, Width::FiveHundred, Width::Thousand] {
            match Band::around(width, count) {
                Ok(band) => {
                    prop_assert!(band.contains(count));
                    prop_assert_eq!(band.from() % width.counts(), 0);
                    prop_assert_eq!(Band::parse(width, &band.to_string()).unwrap(), band);
                }
                Err(_) => prop_assert!(count > u64::from(u32::MAX) - 1000),
            }
        }
    }
}

#[test]
fn no_proof_of_the_right_size_makes_the_check_stop() {
    let logged = usual();
    let body = &logged.entries[0].body;
    for fill in [0, 1, 2, 127, 128, 255] {
        let proof = vec![fill; logged.bases.proof_len()];
        assert!(logged.bases.verify(ORIGIN, body, &proof).is_err());
    }
}
