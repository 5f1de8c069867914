//! The law book's own folder: it loads whole, its examples come out as they expect, a new folder is a new instrument.

use crate::{book, changed, files, lines, with};
use writ_lawbook::{FINDINGS, Fault, Lawbook};
use writ_vocabulary::{CaseFile, Category, FindingState};

#[test]
fn the_folder_loads_whole() {
    let book = book();
    assert!(book.instruments().count() >= 16);
    assert!(book.elements().len() >= 35);
}

#[test]
fn every_example_comes_out_as_it_expects() {
    let mut said = String::new();
    for disagreement in book().check_examples() {
        for difference in &disagreement.differences {
            said.push_str(&format!("{}: {difference}\n", disagreement.path));
        }
    }
    assert!(said.is_empty(), "{said}");
}

#[test]
fn every_instrument_has_at_least_three_examples() {
    let book = book();
    for row in book.instruments() {
        let count =
            book.examples().iter().filter(|example| &example.instrument == row.id()).count();
        assert!(count >= 3, "`{}` has {count}", row.id());
    }
}

#[test]
fn every_assessment_answers_every_question_once_and_in_order() {
    let book = book();
    for example in book.examples() {
        let found =
            book.assess(&example.case.demand, example.case.facts.as_ref().unwrap()).unwrap();
        let ids: Vec<&str> = found.findings.iter().map(|finding| finding.id.as_str()).collect();
        assert_eq!(ids.get(..FINDINGS.len()), Some(&FINDINGS[..]), "{}", example.path);
        assert!(ids.iter().skip(FINDINGS.len()).all(|id| id.starts_with("requires:")));
        assert_eq!(found.items.len(), example.case.demand.asked().len());
    }
}

const NEW_ROW: &str = r#"
title = "Order of the Harbour Court"
jurisdiction = "ZZ"
regime = "us"
cite = "Harbour Act (invented) s. 1"
confidence = "read"
valid_from = "2026-01-01"
review_by = "2027-01-01"
purposes = ["disclose"]
judge_level = true
text = "An invented instrument."
[issue]
alone = ["court"]
text = "the Harbour Court issues it"
cite = "Harbour Act (invented) s. 1"
[reach]
categories = ["subscriber"]
[notice]
rule = "provider-before"
cite = "Harbour Act (invented) s. 2"
"#;

const NEW_DEMAND: &str = r#"
format = "writ-case/1"
[demand]
reference = "H-1"
instrument = "zz/harbour-order"
issued = "2026-11-13"
signed = true
issuer = { name = "Harbour Court (invented)", class = "court", jurisdiction = "ZZ" }
accounts = [{ ref = "a1", mail = "lena@meridian.example" }]
items = [{ elements = ["name", "message_body"] }]
[facts]
received = "2026-11-13T21:40:00Z"
[expect]
outcome = "hold"
"#;

#[test]
fn a_new_folder_is_a_new_instrument_without_a_line_of_code() {
    let mut files = with("zz/harbour-order/instrument.toml", NEW_ROW);
    files.push(("zz/harbour-order/examples/fits.toml".to_owned(), NEW_DEMAND.to_owned()));
    let new = Lawbook::load(files).unwrap_or_else(|faults| panic!("{}", lines(&faults)));
    let case = CaseFile::parse(NEW_DEMAND).unwrap();
    let found = new.assess(&case.demand, &case.facts.unwrap()).unwrap();
    assert_eq!(found.state("instrument-in-force"), FindingState::Holds);
    assert_eq!(found.state("issuer-competent"), FindingState::Holds);
    assert!(found.judge_level);
    let reached: Vec<_> = found.items.iter().map(|item| item.compelled.state).collect();
    assert_eq!(reached, [FindingState::Holds, FindingState::Fails]);
    assert_ne!(new.digest(), book().digest());
}

#[test]
fn examples_are_no_part_of_the_digest_and_rows_are() {
    let example = files().into_iter().filter(|(path, _)| path != "us/subpoena/examples/fits.toml");
    assert_eq!(Lawbook::load(example).unwrap().digest(), book().digest());
    let row = changed(
        "us/subpoena/instrument.toml",
        "review_by = \"2027-06-30\"",
        "review_by = \"2027-06-29\"",
    );
    assert_ne!(Lawbook::load(row).unwrap().digest(), book().digest());
}

#[test]
fn a_fault_in_one_row_names_file_and_line_and_nothing_is_loaded() {
    let row = "us/subpoena/instrument.toml";
    let requirement = "all = [{ statement = \"legal_basis\", present = true }]";
    // What stands in the file, what stands there instead, and what is said of that line.
    let table = [
        ("title = \"Subpoena", "titel = \"Subpoena", "unknown field `titel`"),
        ("regime = \"us\"", "regime = \"usa\"", "no regime is called `usa`"),
        ("cite = \"18 U.S.C. 2703(c)(2)\"", "cite = \" \"", "name the law"),
        ("valid_from = \"2026-01-01\"", "valid_from = \"2026-13-01\"", "`2026-13-01`"),
        (
            "valid_from = \"2026-01-01\"",
            "valid_from = \"2026-01-01\"\nvalid_to = \"2025-01-01\"",
            "`valid_to` lies before",
        ),
        ("\"us-grand-jury\"", "\"us-grand-juri\"", "did you mean `us-grand-jury`?"),
        ("\"postal_address\"", "\"postal_adress\"", "did you mean `postal_address`?"),
        ("[\"us/gag-2705b\"]", "[\"us/subpoena\"]", "`[silence]`"),
        (
            "[{ statement = \"legal_basis\"",
            "[{ statement = \"legal_basi\"",
            "no statement is called `legal_basi`",
        ),
        ("present = true }]", "at_least = 3 }]", "is no number"),
        ("present = true }]", "present = true, at_least = 3 }]", "exactly one test"),
        (requirement, "# nothing is tested", "tests nothing"),
    ];
    for (from, to, what) in table {
        let files = changed(row, from, to);
        let (_, text) = files.iter().find(|(path, _)| path == row).unwrap();
        let at = if to.starts_with('#') { "[[requires]]" } else { to };
        let line = text[..text.find(at).unwrap()].matches('\n').count() + 1;
        let faults = Lawbook::load(files.clone()).unwrap_err();
        let said = |fault: &Fault| {
            fault.file == row && fault.line == Some(line) && fault.what.contains(what)
        };
        assert!(faults.iter().all(said), "line {line}, {to}: {}", lines(&faults));
    }
}

#[test]
fn two_rows_of_one_instrument_may_follow_each_other_and_not_overlap() {
    let mut files = changed(
        "us/subpoena/instrument.toml",
        "valid_from = \"2026-01-01\"",
        "valid_from = \"2026-06-01\"",
    );
    let text = book_text("us/subpoena/instrument.toml");
    let older = text.replace(
        "valid_from = \"2026-01-01\"",
        "valid_from = \"2024-01-01\"\nvalid_to = \"2026-05-31\"",
    );
    files.push(("us/subpoena/instrument@2024-01-01.toml".to_owned(), older.clone()));
    let book = Lawbook::load(files.clone()).unwrap_or_else(|faults| panic!("{}", lines(&faults)));
    let id = "us/subpoena".parse().unwrap();
    assert_eq!(book.versions(&id).len(), 2);
    assert_eq!(
        book.in_force(&id, "2026-05-31".parse().unwrap()).unwrap().valid_from,
        "2024-01-01".parse().unwrap()
    );
    assert!(book.in_force(&id, "2023-01-01".parse().unwrap()).is_none());
    files.pop();
    let late = older.replace("2026-05-31", "2026-06-01");
    files.push(("us/subpoena/instrument@2024-01-01.toml".to_owned(), late));
    let faults = Lawbook::load(files).unwrap_err();
    let said = |fault: &Fault| fault.what.contains("law at once") && fault.line.is_some();
    assert!(faults.iter().all(said), "{}", lines(&faults));
}

#[test]
fn before_its_first_day_and_after_its_last_an_instrument_is_unknown_and_says_when_it_was_law() {
    let row = "us/subpoena/instrument.toml";
    let (from, to) =
        ("valid_from = \"2026-01-01\"", "valid_from = \"2026-01-01\"\nvalid_to = \"2026-06-12\"");
    let book =
        Lawbook::load(changed(row, from, to)).unwrap_or_else(|faults| panic!("{}", lines(&faults)));
    let mut case = crate::example(&book, "us/subpoena/examples/fits.toml");
    for (received, state) in [
        ("2025-12-31T12:00:00Z", FindingState::Fails),
        // The clock of the instrument's own state: it is still 2025 in Washington, and still 12 June.
        ("2026-01-01T04:00:00Z", FindingState::Fails),
        ("2026-01-01T12:00:00Z", FindingState::Holds),
        ("2026-06-13T03:00:00Z", FindingState::Holds),
        ("2026-06-13T12:00:00Z", FindingState::Fails),
    ] {
        case.facts.as_mut().unwrap().received = received.parse().unwrap();
        let found = crate::assessed(&book, &case);
        let finding = found.finding("instrument-in-force").unwrap();
        assert_eq!(finding.state, state, "{received}");
        let lapsed = state == FindingState::Fails;
        assert_eq!(finding.text.contains("from 2026-01-01 to 2026-06-12"), lapsed);
        assert_eq!(found.instrument.is_none(), lapsed);
        let reached = found.items.iter().any(|item| item.compelled.state == FindingState::Holds);
        assert!(!(lapsed && reached), "{received}");
    }
}

fn book_text(path: &str) -> String {
    files().into_iter().find(|(name, _)| name == path).unwrap().1
}

#[test]
fn an_unknown_word_of_a_demand_is_an_error_with_its_place_and_the_nearest_word() {
    let wrong = NEW_DEMAND
        .replace("\"message_body\"", "\"mesage_body\"")
        .replace("class = \"court\"", "class = \"cuort\"")
        .replace("accounts = [", "states = { \"offence.max_years\" = \"three\", \"offence.color\" = true }\naccounts = [");
    let case = CaseFile::parse(&wrong).unwrap();
    let said = book().assess(&case.demand, &case.facts.unwrap()).unwrap_err().to_string();
    for part in [
        "items[0].elements[1]: unknown element `mesage_body`; did you mean `message_body`?",
        "issuer.class: unknown authority class `cuort`",
        "states.offence.max_years: statement `offence.max_years` is a whole number",
        "states.offence.color: unknown statement `offence.color`",
    ] {
        assert!(said.contains(part), "{part} in:\n{said}");
    }
}

#[test]
fn an_unknown_instrument_is_a_finding_and_compels_nothing() {
    let case = CaseFile::parse(&NEW_DEMAND.replace("zz/harbour-order", "us/subpena")).unwrap();
    let found = book().assess(&case.demand, &case.facts.unwrap()).unwrap();
    assert_eq!(found.instrument, None);
    let finding = found.finding("instrument-in-force").unwrap();
    assert_eq!(finding.state, FindingState::Fails);
    assert!(finding.text.contains("did you mean `us/subpoena`?"));
    assert!(found.items.iter().all(|item| item.compelled.state == FindingState::Fails));
    assert_eq!(found.state("issuer-competent"), FindingState::Unknown);
}

#[test]
fn an_uncertain_row_is_for_a_person() {
    let book = Lawbook::load(changed(
        "us/mlat/instrument.toml",
        "confidence = \"memory\"",
        "confidence = \"uncertain\"",
    ))
    .unwrap();
    let example = book
        .examples()
        .iter()
        .find(|example| example.path == "us/mlat/examples/fits.toml")
        .unwrap();
    let found = book.assess(&example.case.demand, example.case.facts.as_ref().unwrap()).unwrap();
    assert_eq!(found.state("row-certain"), FindingState::Unknown);
}

#[test]
fn what_must_follow_an_emergency_has_its_date() {
    let book = book();
    let owed = |path: &str| -> Vec<(String, String)> {
        let example = book.examples().iter().find(|example| example.path == path).unwrap();
        let found =
            book.assess(&example.case.demand, example.case.facts.as_ref().unwrap()).unwrap();
        found.follow_ups.into_iter().map(|owed| (owed.id, owed.due.to_string())).collect()
    };
    let one = |id: &str, due: &str| vec![(id.to_owned(), due.to_owned())];
    assert_eq!(
        owed("eu/epoc-emergency/examples/fits.toml"),
        one("validation-after", "2026-11-15T21:40:00Z")
    );
    assert_eq!(
        owed("eu/epoc-traffic-content/examples/emergency.toml"),
        one("objection-after", "2026-11-17T21:40:00Z")
    );
    assert_eq!(owed("us/subpoena/examples/fits.toml"), []);
}

#[test]
fn nothing_reaches_a_credential_or_help_under_any_row() {
    let book = book();
    for row in book.instruments() {
        for (id, reach) in &row.reach {
            let everywhere = book.elements()[id].everywhere.as_ref();
            let barred = everywhere.is_some_and(|classified| {
                matches!(classified.category, Category::Credential | Category::Assistance)
            });
            assert!(
                !barred || reach.reached.state == FindingState::Fails,
                "`{}` reaches `{id}`",
                row.id()
            );
        }
    }
}
