//! Counsel's sign-off: what it lifts, what it cannot, and which text it is for.

use crate::{assessed, book, changed, example, lines};
use writ_lawbook::{Lawbook, sign_offs};
use writ_vocabulary::{CaseFile, Digest, FindingState, SignOff};

const ROW: &str = "be/46bis/instrument.toml";

fn case(book: &Lawbook, sign_offs: Vec<SignOff>) -> CaseFile {
    let mut case = example(book, "be/46bis/examples/fits.toml");
    case.facts.as_mut().unwrap().sign_offs = sign_offs;
    case
}

fn signed(instrument: &str, on: &str, digest: Option<Digest>) -> SignOff {
    SignOff {
        instrument: instrument.parse().unwrap(),
        by: "Ottoline Fairweather (invented)".to_owned(),
        on: on.parse().unwrap(),
        digest,
        note: String::new(),
    }
}

fn certain(book: &Lawbook, sign_offs: Vec<SignOff>) -> (FindingState, String) {
    let found = assessed(book, &case(book, sign_offs));
    let finding = found.finding("row-certain").unwrap();
    (finding.state, finding.text.clone())
}

#[test]
fn a_row_from_memory_waits_for_counsel_and_says_what_counsel_must_do() {
    let (state, text) = certain(&book(), Vec::new());
    assert_eq!(state, FindingState::Unknown);
    assert!(
        text.contains("writ lawbook show be/46bis") && text.contains("sign-off.toml"),
        "{text}"
    );
}

#[test]
fn a_sign_off_of_the_rows_text_lifts_the_doubt_and_is_kept_with_name_and_day() {
    let book = book();
    let row = book.versions(&"be/46bis".parse().unwrap()).last().unwrap();
    let sign_off = signed("be/46bis", "2026-09-01", Some(row.digest));
    let found = assessed(&book, &case(&book, vec![sign_off.clone()]));
    assert_eq!(found.state("row-certain"), FindingState::Holds);
    assert_eq!(found.sign_off, Some(sign_off));
    let (_, text) = certain(&book, vec![signed("be/46bis", "2026-09-01", None)]);
    assert!(
        text.contains("Ottoline Fairweather (invented)") && text.contains("2026-09-01"),
        "{text}"
    );
}

#[test]
fn a_sign_off_of_another_row_or_another_text_signs_nothing() {
    let unsigned = [
        signed("be/88bis", "2026-09-01", None),
        signed("be/46bis", "2026-09-01", Some(Digest::of("another text"))),
    ];
    for sign_off in unsigned {
        assert_eq!(certain(&book(), vec![sign_off]).0, FindingState::Unknown);
    }
    let stale = signed("be/46bis", "2026-09-01", Some(Digest::of("another text")));
    assert!(certain(&book(), vec![stale]).1.contains("it has changed since"));
}

#[test]
fn a_word_changed_in_the_row_voids_its_sign_off() {
    let old = book();
    let digest = old.versions(&"be/46bis".parse().unwrap()).last().unwrap().digest;
    let new = Lawbook::load(changed(ROW, "title = \"", "title = \"New ")).unwrap();
    let sign_off = vec![signed("be/46bis", "2026-09-01", Some(digest))];
    assert_eq!(certain(&old, sign_off.clone()).0, FindingState::Holds);
    assert_eq!(certain(&new, sign_off).0, FindingState::Unknown);
}

#[test]
fn no_sign_off_lifts_an_uncertain_law_and_a_row_that_was_read_needs_none() {
    let sign_off = || vec![signed("be/46bis", "2026-09-01", None)];
    for (confidence, sign_offs, state) in [
        ("uncertain", sign_off(), FindingState::Unknown),
        ("read", Vec::new(), FindingState::Holds),
    ] {
        let to = format!("confidence = \"{confidence}\"");
        let book = Lawbook::load(changed(ROW, "confidence = \"memory\"", &to)).unwrap();
        let found = assessed(&book, &case(&book, sign_offs));
        assert_eq!(found.state("row-certain"), state, "{confidence}");
        assert_eq!(found.sign_off, None, "{confidence}");
    }
}

#[test]
fn a_fault_in_counsels_list_is_named_with_its_line_and_nothing_of_it_counts() {
    let digest = Digest::of("x");
    let good = format!(
        "[[sign_off]]\ninstrument = \"be/46bis\"\nby = \"O. F.\"\non = \"2026-09-01\"\ndigest = \"{digest}\"\n"
    );
    assert_eq!(sign_offs("sign-off.toml", &good).unwrap().len(), 1);
    let table = [
        ("on = \"2026-09-01\"", "on = \"yesterday\"", 4, "yesterday"),
        ("by = \"O. F.\"", "by = \" \"", 1, "no name"),
        ("by = \"O. F.\"", "name = \"O. F.\"", 3, "unknown field `name`"),
        ("be/46bis", "46bis", 2, "46bis"),
        (&format!("digest = \"{digest}\"\n"), "", 1, "`writ lawbook show be/46bis` prints"),
    ];
    for (from, to, line, what) in table {
        let faults = sign_offs("sign-off.toml", &good.replace(from, to)).unwrap_err();
        let said = faults.iter().any(|fault| {
            fault.line == Some(line) && fault.what.contains(what) && fault.file == "sign-off.toml"
        });
        assert!(said, "{to}: {}", lines(&faults));
    }
}
