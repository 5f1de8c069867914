//! The other signals against the client, the table of all types, and every parser before any text.

use crate::table;
use proptest::prelude::*;
use writ_signals::{
    Content, Distance, Md5, NoTlsh, Pdq, Sha256, Signal, SignalError, SignalType, TYPES, Threshold,
    Tlsh,
};

const FILES: &str = include_str!("../../../../vectors/signals/files.tsv");
const NAMES: &str = include_str!("../../../../vectors/signals/names.tsv");
const TEXTS: &str = include_str!("../../../../vectors/signals/tlsh.tsv");
const DISTANCES: &str = include_str!("../../../../vectors/signals/tlsh-distances.tsv");

#[test]
fn tlsh_of_a_text_is_the_clients_and_absent_where_the_client_has_none() {
    for cells in table(TEXTS) {
        match Tlsh::of(cells[0]) {
            Ok(hash) => assert_eq!(hash.to_string(), cells[1]),
            Err(error) => assert_eq!((error, ""), (NoTlsh::TooPlain, cells[1]), "{}", cells[0]),
        }
    }
}

#[test]
fn tlsh_distances_and_verdicts_are_the_clients() {
    let kind = SignalType::named("text_tlsh").unwrap();
    let mut matched = 0;
    for cells in table(DISTANCES) {
        let (a, b) = (kind.parse(cells[0]).unwrap(), kind.parse(cells[1]).unwrap());
        let found = a.compare(&b, None).unwrap();
        assert_eq!(found.distance, Distance::Number(cells[2].parse().unwrap()));
        assert_eq!(u8::from(found.matches).to_string(), cells[3]);
        matched += usize::from(found.matches && cells[0] != cells[1]);
    }
    assert!(matched > 0, "some text is found again though edited");
}

#[test]
fn file_digests_are_the_clients() {
    for cells in table(FILES) {
        assert_eq!(Md5::of([cells[0]]).to_string(), cells[1]);
        assert_eq!(Sha256::of([cells[0]]).to_string(), cells[2]);
        let (start, end) = cells[0].split_at(cells[0].len() / 2);
        assert_eq!(Sha256::of([start, end]), Sha256::of([cells[0]]));
    }
}

#[test]
fn types_are_called_as_the_client_calls_them_and_its_examples_are_read() {
    for cells in table(NAMES) {
        let kind = SignalType::named(cells[0]).unwrap();
        let content = serde_json::to_value(kind.content).unwrap();
        assert_eq!(content, cells[1]);
        let example = kind.parse(cells[2]).unwrap();
        if cells[0] != "vpdq" {
            assert_eq!(example.text(), cells[2]);
        }
    }
}

#[test]
fn every_type_has_examples_in_canonical_form_that_match_themselves() {
    for kind in TYPES {
        assert!(!kind.examples.is_empty() && !kind.about.is_empty());
        for example in kind.examples {
            let signal = kind.parse(example).unwrap();
            assert_eq!(signal.text(), *example, "{}", kind.name);
            assert!(signal.compare(&signal, None).unwrap().matches);
            let stored = serde_json::to_string(&signal).unwrap();
            assert_eq!(serde_json::from_str::<Signal>(&stored).unwrap(), signal);
        }
        assert_eq!(TYPES.iter().filter(|other| other.name == kind.name).count(), 1);
    }
    assert_eq!(SignalType::named("photo_md5").unwrap().content, Content::Photo);
}

#[test]
fn what_cannot_be_read_or_compared_is_said_in_the_callers_words() {
    let named = |name: &str| SignalType::named(name);
    let error = named("phash").unwrap_err().to_string();
    assert!(error.starts_with("there is no signal type `phash`: known are pdq, vpdq,"), "{error}");
    let short = named("pdq").unwrap().parse("00ff").unwrap_err();
    assert_eq!(short.to_string(), "`00ff` is not a PDQ hash: give 64 hexadecimal characters");
    let pdq = named("pdq").unwrap().parse(&"0f".repeat(32)).unwrap();
    let file = named("video_sha256").unwrap().parse(&"0f".repeat(32)).unwrap();
    assert_eq!(pdq.compare(&file, None), Err(SignalError::Types("pdq", "video_sha256")));
    assert!(matches!(
        pdq.compare(&pdq, Some(&Threshold::Equal)),
        Err(SignalError::Threshold("pdq", _))
    ));
    let near = named("pdq").unwrap().parse(&format!("{}00", "0f".repeat(31))).unwrap();
    assert!(near.compare(&pdq, Some(&Threshold::AtMost(4))).unwrap().matches);
    assert!(!near.compare(&pdq, Some(&Threshold::AtMost(3))).unwrap().matches);
    let long = named("pdq").unwrap().parse(&"z".repeat(100_000)).unwrap_err().to_string();
    assert!(long.len() < 200, "{}", long.len());
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_by_every_type(text in ".*", hexadecimal in "(T1)?[0-9A-Fa-f]{30,73}") {
        for kind in TYPES {
            for text in [&text, &hexadecimal] {
                if let Ok(signal) = kind.parse(text) {
                    prop_assert_eq!(kind.parse(signal.text()).unwrap(), signal);
                }
            }
        }
    }

    #[test]
    fn digests_are_read_back_in_either_case(digest in any::<[u8; 16]>(), hash in any::<[u8; 32]>()) {
        let written: String = digest.iter().map(|byte| format!("{byte:02X}")).collect();
        prop_assert_eq!(*written.parse::<Md5>().unwrap().as_bytes(), digest);
        let written = Pdq::from_bytes(hash).to_string();
        let spaced = format!("\t{written}\r\n");
        prop_assert_eq!(*spaced.parse::<Sha256>().unwrap().as_bytes(), hash);
        let spaced = format!(" {written}");
        prop_assert!(spaced.parse::<Pdq>().is_err());
    }
}
