//! Conflicts of laws: which person, which order and which establishment open a way to object.

use crate::{assessed, book, changed, example, lines};
use writ_lawbook::Lawbook;
use writ_vocabulary::{AccountFacts, CaseFile, FindingState};

/// The example with one account of a person who lives and belongs there.
fn of_person(path: &str, residence: &str, nationality: &[&str]) -> CaseFile {
    let mut case = example(&book(), path);
    let facts = case.facts.as_mut().unwrap();
    let line = case.demand.accounts.first().unwrap();
    let mut person = AccountFacts::unremarkable(line.reference.clone());
    person.residence = (!residence.is_empty()).then(|| residence.parse().unwrap());
    person.nationality = nationality.iter().map(|state| state.parse().unwrap()).collect();
    facts.accounts = vec![person];
    case
}

fn conflict(case: &CaseFile) -> FindingState {
    assessed(&book(), case).state("conflict-of-laws")
}

const WARRANT: &str = "us/search-warrant/examples/fits.toml";
const UNION: &str = "eu/epoc-traffic-content/examples/fits.toml";

#[test]
fn the_matrix_says_who_may_object() {
    use FindingState::{Fails, Holds, Unknown};
    let table: [(&str, &str, &[&str], FindingState); 14] = [
        // Everyday cases: nothing is known, the person lives at home, or where no agreement is.
        (WARRANT, "", &[], Holds),
        (WARRANT, "US", &["US"], Holds),
        (WARRANT, "FR", &["FR"], Holds),
        (WARRANT, "", &["GB"], Holds),
        // A state with an agreement.
        (WARRANT, "GB", &["GB"], Fails),
        (WARRANT, "AU", &["AU", "IE"], Fails),
        (WARRANT, "GB", &["GB", "US"], Holds),
        (WARRANT, "GB", &[], Unknown),
        // No content, no conflict.
        ("us/court-order-2703d/examples/fits.toml", "GB", &["GB"], Holds),
        ("us/subpoena/examples/asks-content.toml", "GB", &["GB"], Holds),
        // An order of the Union for what the law of the United States keeps.
        (UNION, "US", &["US"], Fails),
        (UNION, "US", &[], Unknown),
        (UNION, "GB", &["GB"], Holds),
        (UNION, "", &[], Holds),
    ];
    for (path, residence, nationality, state) in table {
        let case = of_person(path, residence, nationality);
        assert_eq!(conflict(&case), state, "{path}: {residence} {nationality:?}");
    }
}

#[test]
fn an_open_way_has_its_name_its_judge_its_clock_and_its_law() {
    let found = assessed(&book(), &of_person(WARRANT, "GB", &["GB"]));
    let [objection] = found.objections.as_slice() else { panic!("one objection") };
    assert_eq!(
        (objection.id.as_str(), objection.cite.as_str()),
        ("us-comity", "18 U.S.C. 2703(h)")
    );
    let deadline = objection.deadline.clone().unwrap();
    assert_eq!(deadline.due.to_string(), "2026-11-28T05:00:00Z");
    assert_eq!(deadline.clock, "14 days from service");
    let finding = found.finding("conflict-of-laws").unwrap();
    for part in ["motion", "2026-11-28", "the court that issued", "a1"] {
        assert!(finding.text.contains(part), "{part} in {}", finding.text);
    }
    let union = assessed(&book(), &of_person(UNION, "US", &["US"]));
    let due = union.objections.first().and_then(|one| one.deadline.clone()).unwrap().due;
    assert_eq!(due.to_string(), "2026-11-24T00:00:00Z");
}

#[test]
fn before_the_agreement_is_in_force_its_state_is_no_qualifying_one() {
    let later =
        changed("agreements.toml", "in_force = \"2022-10-03\"", "in_force = \"2026-11-14\"");
    let book = Lawbook::load(later).unwrap();
    let found = assessed(&book, &of_person(WARRANT, "GB", &["GB"]));
    assert_eq!(found.state("conflict-of-laws"), FindingState::Holds);
    assert_eq!(found.objections, []);
}

#[test]
fn where_the_provider_is_established_must_be_known() {
    let mut case = of_person(WARRANT, "GB", &["GB"]);
    case.facts.as_mut().unwrap().provider.entities.clear();
    assert_eq!(conflict(&case), FindingState::Unknown);
    let mut ireland = of_person(UNION, "US", &["US"]);
    let provider = &mut ireland.facts.as_mut().unwrap().provider;
    provider.entities.retain(|entity| entity.jurisdiction.as_str() == "IE");
    assert_eq!(conflict(&ireland), FindingState::Holds);
}

#[test]
fn a_fault_in_the_matrix_is_named_with_its_line() {
    let table = [
        ("\"us/search-warrant\"", "\"us/serch-warrant\"", "did you mean `us/search-warrant`?"),
        ("residence = [\"GB\", \"AU\"]", "residence = [\"UK\"]", "UK"),
        ("within = { days = 14 }", "within = { fortnights = 1 }", "fortnights"),
        ("id = \"agreement-national-of-the-united-states\"", "id = \"us-comity\"", "two conflicts"),
        ("nationality = [\"US\"]\npath = \"an", "path = \"an", "about nobody"),
    ];
    for (from, to, what) in table {
        let faults = Lawbook::load(changed("conflicts.toml", from, to)).unwrap_err();
        let said = faults.iter().any(|fault| {
            fault.file == "conflicts.toml" && fault.line.is_some() && fault.what.contains(what)
        });
        assert!(said, "{to}: {}", lines(&faults));
    }
}
