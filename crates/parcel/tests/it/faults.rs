//! Every fault has its own error and message: damage on the way, and an attacker who can encrypt to the authority.

use crate::bench::{Bench, SECRET, content, forger_seed, provider_seed, restate, sign, statement};
use proptest::prelude::*;
use std::fs;
use writ_parcel::{Expect, Identity, OpenError, canonical_json};

/// A parcel of more than one age chunk.
fn large() -> Bench {
    let bytes = (0..200_000u32).map(|n| (n % 251) as u8).collect();
    Bench::with(&[("large", bytes)])
}

#[test]
fn what_is_no_age_file_is_named_so() {
    let bench = Bench::new();
    for bytes in [b"".as_slice(), b"PK\x03\x04", b"-----BEGIN AGE ENCRYPTED FILE-----\n"] {
        fs::write(bench.parcel(), bytes).unwrap();
        assert!(matches!(bench.refused(), OpenError::NotAge(_)));
    }
    fs::write(bench.parcel(), b"age-encryption.org/v2\n").unwrap();
    assert!(matches!(bench.refused(), OpenError::NewerAge(_)));
    let endless = [b"age-encryption.org/v1\n".as_slice(), &vec![b'x'; 200_000]].concat();
    fs::write(bench.parcel(), endless).unwrap();
    assert!(matches!(bench.refused(), OpenError::NotAge(_)));
    fs::remove_file(bench.parcel()).unwrap();
    assert!(matches!(bench.refused(), OpenError::Read { .. }));
}

#[test]
fn an_age_file_that_is_no_parcel_is_named_so() {
    let bench = Bench::new();
    let me = bench.identity.recipient();
    bench.encrypt(b"hello", &me);
    assert!(matches!(bench.refused(), OpenError::Broken(_)));
    bench.encrypt(&[0; 1024], &me);
    assert!(matches!(bench.refused(), OpenError::NotAParcel(_)));
    bench.forge(&[("letter.txt".into(), b"hello".to_vec())], &me);
    assert!(matches!(bench.refused(), OpenError::NotAParcel(_)));
    for text in ["{}", "not json", r#"{"format":"other/1"}"#] {
        let files = [("statement.json".into(), text.into()), ("statement.sig".into(), vec![])];
        bench.forge(&files, &me);
        assert!(matches!(bench.refused(), OpenError::NotAParcel(_)), "{text}");
    }
}

#[test]
fn a_flipped_byte_breaks_the_seal() {
    let bench = large();
    bench.seal().unwrap();
    let parcel = fs::read(bench.parcel()).unwrap();
    for from_end in [1, 100, 70_000, 150_000] {
        let mut changed = parcel.clone();
        let at = changed.len() - from_end;
        changed[at] ^= 1;
        fs::write(bench.parcel(), changed).unwrap();
        assert!(matches!(bench.refused(), OpenError::Damaged(_)), "{from_end}");
    }
    fs::write(bench.parcel(), [parcel.as_slice(), b"more"].concat()).unwrap();
    assert!(matches!(bench.refused(), OpenError::Damaged(_)));
}

#[test]
fn a_cut_parcel_is_told_from_a_changed_one_once_its_statement_can_be_read() {
    let bench = large();
    bench.seal().unwrap();
    let parcel = fs::read(bench.parcel()).unwrap();
    let header = parcel.windows(4).position(|at| at == b"\n---").unwrap() + 49;
    let chunk = 65536 + 16;
    for length in [
        30,
        header,
        header + 16 + chunk,
        header + 16 + 2 * chunk,
        parcel.len() - 1,
        parcel.len() - 60_000,
    ] {
        fs::write(bench.parcel(), &parcel[..length]).unwrap();
        let error = bench.refused();
        assert!(
            matches!(error, OpenError::Truncated { .. }),
            "{length} of {}: {error}",
            parcel.len()
        );
    }
    fs::write(bench.parcel(), &parcel[..header + 5000]).unwrap();
    let error = bench.refused();
    assert!(
        matches!(error, OpenError::Damaged(_)) && error.to_string().contains("cut short"),
        "{error}"
    );
}

#[test]
fn every_flipped_byte_of_the_header_is_refused() {
    let bench = Bench::new();
    bench.seal().unwrap();
    let parcel = fs::read(bench.parcel()).unwrap();
    let header = parcel.windows(4).position(|at| at == b"\n---").unwrap() + 49 + 16;
    for at in 0..header {
        for bit in [0x01, 0x20, 0x80] {
            let mut changed = parcel.clone();
            changed[at] ^= bit;
            fs::write(bench.parcel(), changed).unwrap();
            bench.refused();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_flipped_byte_is_refused(flips in prop::collection::vec((any::<prop::sample::Index>(), 1u8..), 40)) {
        let bench = large();
        bench.seal().unwrap();
        let parcel = fs::read(bench.parcel()).unwrap();
        for (at, mask) in flips {
            let mut changed = parcel.clone();
            changed[at.index(parcel.len())] ^= mask;
            fs::write(bench.parcel(), changed).unwrap();
            bench.refused();
        }
    }

    #[test]
    fn any_cut_is_refused(cuts in prop::collection::vec(any::<prop::sample::Index>(), 40)) {
        let bench = large();
        bench.seal().unwrap();
        let parcel = fs::read(bench.parcel()).unwrap();
        for cut in cuts {
            fs::write(bench.parcel(), &parcel[..cut.index(parcel.len())]).unwrap();
            bench.refused();
        }
    }
}

#[test]
fn a_removed_file_is_missed_by_name() {
    let bench = Bench::new();
    let error = bench.tamper(|files| files.retain(|(path, _)| path != "production/profile/a1.csv"));
    assert!(
        matches!(&error, OpenError::Missing(path) if path == "production/profile/a1.csv"),
        "{error}"
    );
    let error = bench.tamper(|files| drop(files.pop()));
    assert!(
        matches!(&error, OpenError::Missing(path) if path == "production/sign-ins/a1.ndjson"),
        "{error}"
    );
    let error = bench.tamper(|files| files.swap(7, 8));
    assert!(
        matches!(&error, OpenError::Missing(path) if path == "production/profile/a1.csv"),
        "{error}"
    );
    let error = bench.tamper(|files| drop(files.remove(1)));
    assert!(matches!(error, OpenError::Unsigned), "{error}");
}

#[test]
fn an_added_or_renamed_file_is_named() {
    let bench = Bench::new();
    for at in [2, 7, 9] {
        let error =
            bench.tamper(|files| files.insert(at, ("production/planted".into(), b"x".to_vec())));
        assert!(
            matches!(&error, OpenError::Added(path) if path == "production/planted"),
            "{error}"
        );
    }
    let error = bench.tamper(|files| files[8].0 = "production/renamed".into());
    assert!(matches!(&error, OpenError::Added(path) if path == "production/renamed"), "{error}");
    for at in [3, 9] {
        let error = bench.tamper(|files| files.insert(at, files[2].clone()));
        assert!(matches!(&error, OpenError::Twice(path) if path == "manifest.json"), "{error}");
    }
    let error = bench.tamper(|files| files.push(files[0].clone()));
    assert!(matches!(error, OpenError::Twice(_)), "{error}");
}

#[test]
fn a_changed_file_is_named_with_what_was_signed() {
    let bench = Bench::new();
    let path = "production/sign-ins/a1.ndjson";
    let error = bench.tamper(|files| content(files, path)[20] ^= 1);
    assert!(
        matches!(&error, OpenError::FileChanged { path: named, .. } if named == path),
        "{error}"
    );
    let error = bench.tamper(|files| content(files, path).push(b'\n'));
    assert!(error.to_string().contains("48 bytes"), "{error}");
}

#[test]
fn a_swapped_manifest_is_found() {
    let bench = Bench::new();
    let error = bench.tamper(|files| {
        let mut manifest = bench.manifest.clone();
        manifest.files.pop();
        *content(files, "manifest.json") = canonical_json(&manifest).unwrap();
    });
    assert!(matches!(error, OpenError::ManifestSwapped), "{error}");
}

#[test]
fn a_swapped_statement_is_found() {
    let bench = Bench::new();
    let error = bench.tamper(|files| {
        let mut statement = statement(files);
        statement.made_at = crate::bench::at("2026-11-21T00:00:00Z");
        files[0].1 = canonical_json(&statement).unwrap();
    });
    assert!(matches!(error, OpenError::StatementSwapped), "{error}");
}

#[test]
fn a_wrong_signature_is_found() {
    let bench = Bench::new();
    let error = bench.tamper(|files| files[1].1 = sign(&forger_seed(), &files[0].1));
    assert!(matches!(error, OpenError::SignatureWrong(_)), "{error}");
    let error = bench.tamper(|files| {
        let last = files[1].1.iter_mut().rev().nth(1).unwrap();
        *last = if *last == b'0' { b'1' } else { b'0' };
    });
    assert!(matches!(error, OpenError::SignatureWrong(_)), "{error}");
    let error = bench.tamper(|files| files[1].1 = b"trust me\n".to_vec());
    assert!(matches!(error, OpenError::Unsigned), "{error}");
}

#[test]
fn a_parcel_signed_by_somebody_else_is_refused_where_the_providers_key_is_known() {
    let bench = Bench::new();
    bench.seal().unwrap();
    let mut files = bench.files();
    let forger: writ_parcel::ProviderKey = forger_seed().parse().unwrap();
    restate(&mut files, &forger_seed(), |statement| {
        statement["provider"]["key"] = forger.public().to_string().into();
        statement["provider"]["fingerprint"] = forger.fingerprint().to_string().into();
    });
    bench.forge(&files, &bench.identity.recipient());
    let error = bench.refused();
    assert!(matches!(error, OpenError::UnknownProvider { .. }), "{error}");
    assert!(!bench.open_as(&bench.identity, &Expect::default()).unwrap().provider_known);
}

#[test]
fn a_parcel_passed_on_to_another_authority_is_found_out() {
    let bench = Bench::new();
    bench.seal().unwrap();
    let other = Identity::generate();
    bench.forge(&bench.files(), &other.recipient());
    let error = bench.refused_as(&other, &bench.expect());
    assert!(matches!(error, OpenError::OtherRecipient { .. }), "{error}");
    assert!(error.to_string().contains("not an answer to you"), "{error}");
}

#[test]
fn a_parcel_of_another_case_is_refused_where_a_case_is_expected() {
    let bench = Bench::new();
    bench.seal().unwrap();
    let expect = Expect { case: Some("C-0000-0000".parse().unwrap()), ..bench.expect() };
    let error = bench.refused_as(&bench.identity, &expect);
    assert_eq!(
        error.to_string(),
        "the parcel is of case `C-7K3M-Q2XD`, not of `C-0000-0000`: take the parcel of your case"
    );
}

#[test]
fn a_newer_version_is_named() {
    let bench = Bench::new();
    let error = bench.tamper(|files| {
        restate(files, &provider_seed(), |it| it["format"] = "writ-parcel/2".into())
    });
    assert!(
        matches!(&error, OpenError::NewerFormat(format) if format == "writ-parcel/2"),
        "{error}"
    );
}

#[test]
fn a_statement_that_two_readers_could_read_differently_is_refused() {
    let bench = Bench::new();
    let error = bench.tamper(|files| {
        files[0].1.push(b'\n');
        files[1].1 = sign(&provider_seed(), &files[0].1);
    });
    assert!(matches!(error, OpenError::NotCanonical), "{error}");
    let error =
        bench.tamper(|files| restate(files, &provider_seed(), |it| it["note"] = "see over".into()));
    assert!(matches!(error, OpenError::Statement(_)), "{error}");
}

/// Even a provider cannot sign these: each is refused although the signature holds.
#[test]
fn a_signed_statement_that_contradicts_itself_is_refused() {
    type Change = fn(&mut serde_json::Value);
    let says: [(&str, Change); 8] = [
        ("provider's fingerprint", |it| it["provider"]["fingerprint"] = "00".repeat(32).into()),
        ("recipient's fingerprint", |it| it["recipient"]["fingerprint"] = "00".repeat(32).into()),
        ("digest of `manifest.json`", |it| it["manifest"] = "00".repeat(32).into()),
        ("not listed in its place", |it| it["files"][0]["path"] = "production/x".into()),
        ("leaves its folder", |it| it["files"][5]["path"] = "production/../../x".into()),
        ("neither a paper", |it| it["files"][5]["path"] = "elsewhere/x".into()),
        ("out of order", |it| it["files"][5]["path"] = "production/z".into()),
        ("more than", |it| it["files"][5]["bytes"] = (1u64 << 40).into()),
    ];
    for (what, change) in says {
        let bench = Bench::new();
        let error = bench.tamper(|files| restate(files, &provider_seed(), change));
        assert!(
            matches!(error, OpenError::Statement(_)) && error.to_string().contains(what),
            "{what}: {error}"
        );
    }
}

#[test]
fn a_manifest_that_does_not_speak_of_the_production_is_refused() {
    let with_manifest = |change: fn(&mut writ_vocabulary::Manifest)| {
        let bench = Bench::new();
        bench.tamper(|files| {
            let mut manifest = bench.manifest.clone();
            change(&mut manifest);
            let bytes = canonical_json(&manifest).unwrap();
            let digest = writ_vocabulary::Digest::of(&bytes).to_string();
            restate(files, &provider_seed(), |it| {
                it["manifest"] = digest.clone().into();
                it["files"][0]["sha256"] = digest.into();
                it["files"][0]["bytes"] = bytes.len().into();
            });
            *content(files, "manifest.json") = bytes;
        })
    };
    let error = with_manifest(|manifest| drop(manifest.files.pop()));
    assert!(error.to_string().contains("in the production, not in the manifest"), "{error}");
    let error = with_manifest(|manifest| {
        let mut more = manifest.files[0].clone();
        more.path = "more".into();
        manifest.files.push(more);
    });
    assert!(error.to_string().contains("in the manifest, not in the production"), "{error}");
    let error = with_manifest(|manifest| manifest.files[0].bytes += 1);
    assert!(error.to_string().contains("different sizes"), "{error}");
    let error = with_manifest(|manifest| manifest.files.push(manifest.files[0].clone()));
    assert!(error.to_string().contains("twice"), "{error}");
    let error = with_manifest(|manifest| manifest.case = "C-0000-0000".parse().unwrap());
    assert!(matches!(error, OpenError::Manifest(_)), "{error}");
}

#[test]
fn the_bench_signs_as_the_provider_does() {
    let bench = Bench::new();
    bench.seal().unwrap();
    let mut files = bench.files();
    let signature = files[1].1.clone();
    restate(&mut files, &provider_seed(), |_| {});
    assert_eq!(files[1].1, signature);
    assert_eq!(SECRET.parse::<Identity>().unwrap().recipient(), bench.identity.recipient());
}
