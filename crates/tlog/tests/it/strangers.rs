//! Bytes of strangers: no parser panics, and what one reads it prints as it was.

use proptest::prelude::*;
use std::fmt::Display;
use writ_tlog::{
    AddCheckpoint, Bundle, Checkpoint, Frontier, Hash, KeyName, Note, NoteSignature, Policy, Reply,
    SignedCheckpoint, Signer, Tile, TlogProof, VerifierKey, verify_consistency, verify_inclusion,
};

/// What looks like the formats: their words, lines and alphabets in any order.
fn shaped() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just("old ".to_owned()),
        Just("index ".to_owned()),
        Just("extra ".to_owned()),
        Just("c2sp.org/tlog-proof@v1\n".to_owned()),
        Just("— ".to_owned()),
        Just("\n".to_owned()),
        Just("\n\n".to_owned()),
        Just("group g any ".to_owned()),
        Just("quorum none\n".to_owned()),
        Just("witness w ".to_owned()),
        Just("log ".to_owned()),
        Just("tile/".to_owned()),
        Just("x001/".to_owned()),
        Just(".p/".to_owned()),
        Just("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k".to_owned()),
        Just("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n".to_owned()),
        "[0-9]{1,20}".prop_map(|digits| digits),
        "[A-Za-z0-9+/]{0,12}={0,2}".prop_map(|base64| base64),
        ".{0,6}".prop_map(|any| any),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat().into_bytes())
}

fn strange() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![3 => shaped(), 1 => prop::collection::vec(any::<u8>(), 0..300)]
}

fn printed<T: Display, E>(read: Result<T, E>, text: &str) {
    if let Ok(value) = read {
        assert_eq!(value.to_string(), text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn no_parser_panics_and_each_prints_what_it_read(bytes in strange()) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        printed(Note::parse(text.as_bytes()), &text);
        printed(SignedCheckpoint::parse(text.as_bytes()), &text);
        printed(AddCheckpoint::parse(text.as_bytes()), &text);
        printed(TlogProof::parse(text.as_bytes()), &text);
        printed(text.parse::<Checkpoint>(), &text);
        printed(text.parse::<VerifierKey>(), &text);
        printed(text.parse::<KeyName>(), &text);
        printed(text.parse::<Tile>(), &text);
        printed(text.parse::<Bundle>(), &text);
        printed(text.parse::<Hash>(), &text);
        printed(NoteSignature::parse_lines(text.as_bytes()).map(|lines| lines.iter().map(ToString::to_string).collect::<String>()), &text);
        let _ = (Note::parse(&bytes), AddCheckpoint::parse(&bytes), TlogProof::parse(&bytes));
        let _ = (Policy::parse(&bytes), Signer::from_skey(&text), Reply::read(200, &bytes), Reply::read(409, &bytes));
        if let Ok(frontier) = Frontier::from_bytes(&bytes) {
            assert_eq!(frontier.to_bytes(), bytes);
        }
    }

    #[test]
    fn any_bytes_are_a_bundle_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..600), width in 1_u16..=256) {
        let _ = Bundle::new(0, width).unwrap().entries(&bytes);
    }

    #[test]
    fn any_path_of_a_tile_is_printed_and_read_again(level in 0_u8..=63, index: u64, width in 1_u16..=256) {
        let tile = Tile::new(level, index, width).unwrap();
        prop_assert_eq!(tile.to_string().parse::<Tile>().unwrap(), tile);
        let bundle = Bundle::new(index, width).unwrap();
        prop_assert_eq!(bundle.to_string().parse::<Bundle>().unwrap(), bundle);
    }

    #[test]
    fn any_numbers_are_judged(
        one: u64, other: u64, proof in prop::collection::vec(any::<[u8; 32]>().prop_map(Hash), 0..70)
    ) {
        let hash = Hash([9; 32]);
        prop_assert!(verify_inclusion(&hash, one, other, &hash, &proof).is_err() || other == 1);
        prop_assert!(verify_consistency(one, &hash, other, &hash, &proof).is_err() || one == other);
    }
}
