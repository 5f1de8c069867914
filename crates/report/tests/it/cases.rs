//! What single cases are counted as.

use crate::made::{Demand, End, LAW, cases, digest};
use writ_docket::{AnswerKind, ClosedAs, Event};
use writ_report::{Act, Case, CaseFacts, Gag, Outcome, Section};
use writ_vocabulary::{Category, Instant};

const AT: &str = "2026-02-01T10:00:00Z";

fn one(demand: &Demand, end: End) -> Case {
    let history = demand.ended(end, 40);
    cases(&[history]).iter().next().unwrap().clone()
}

fn section(instrument: &'static str) -> Section {
    one(&Demand::of(AT, instrument, "US"), End::Nothing).class.section
}

#[test]
fn the_law_book_says_in_which_section_a_case_counts() {
    assert_eq!(section("us/search-warrant"), Section::Criminal);
    assert_eq!(section("us/emergency-2702"), Section::Emergency);
    assert_eq!(section("eu/epoc-emergency"), Section::Emergency);
    assert_eq!(section("us/fisa-702"), Section::NationalSecurity);
    assert_eq!(section("gb/ipa-part-3-national-security"), Section::NationalSecurity);
    assert_eq!(section("eu/tco-removal-order"), Section::Removal);
}

#[test]
fn an_instrument_that_nobody_knows_is_shown_as_unclassified() {
    assert_eq!(section("xx/letter"), Section::Unclassified);
    assert_eq!(section("xx/translation-order"), Section::Unclassified);
}

#[test]
fn an_unknown_instrument_whose_name_speaks_of_national_security_is_withheld() {
    assert_eq!(section("us/fisa-pen-trap"), Section::NationalSecurity);
    assert_eq!(section("gb/national-security-order"), Section::NationalSecurity);
}

#[test]
fn every_instrument_in_the_table_that_the_law_book_lacks_is_named_here() {
    let beside = LAW.class(&"us/civil-subpoena".parse().unwrap());
    assert_eq!((beside.section, beside.act), (Section::Civil, Act::Disclose));
}

#[test]
fn what_was_asked_is_classed_by_the_law_of_its_instrument() {
    let asks: &[&str] = &["session_times"];
    let us = Demand { asks, ..Demand::of(AT, "us/subpoena", "US") };
    let eu = Demand { asks, ..Demand::of(AT, "eu/epoc-traffic-content", "FR") };
    assert!(one(&us, End::Nothing).categories.contains(&Category::Subscriber));
    assert!(one(&eu, End::Nothing).categories.contains(&Category::Traffic));
}

#[test]
fn an_answer_counts_from_receipt_to_its_handing_over() {
    let refused = End::Told(AnswerKind::Refuse, None);
    let case = one(&Demand::of(AT, "us/subpoena", "US"), refused);
    assert_eq!((case.outcome, case.minutes_to_answer()), (Outcome::Refused, Some(40)));
    assert_eq!(case.acknowledged, Some(AT.parse().unwrap()));
}

#[test]
fn that_verification_is_under_way_is_no_answer() {
    let case = one(&Demand::of(AT, "us/subpoena", "US"), End::Told(AnswerKind::Hold, None));
    assert_eq!((case.outcome, case.minutes_to_answer()), (Outcome::Held, None));
}

#[test]
fn an_emergency_grant_is_counted_apart_and_so_is_its_missing_confirmation() {
    let demand = Demand { emergency: true, ..Demand::of(AT, "us/emergency-2702", "US") };
    let case = one(&demand, End::Emergency { confirmed: false });
    assert!(case.granted_in_emergency.is_some() && case.unconfirmed);
    assert!(!one(&demand, End::Emergency { confirmed: true }).unconfirmed);
}

#[test]
fn a_gag_is_known_with_its_end() {
    let case = one(&Demand::of(AT, "us/search-warrant", "US"), End::Gagged);
    assert!(matches!(case.gag, Gag::Until(_)), "{:?}", case.gag);
}

#[test]
fn a_removal_order_is_acted_on_when_it_is_answered_so() {
    let case = one(&Demand::of(AT, "eu/tco-removal-order", "FR"), End::Told(AnswerKind::Act, None));
    assert_eq!(case.outcome, Outcome::ActedOn);
    assert!(case.acted.is_some());
}

#[test]
fn what_was_handed_over_cannot_be_withdrawn() {
    let demand = Demand::of(AT, "us/subpoena", "US");
    let mut history = demand.ended(End::Given { rows: 3, content: 0, closed: false }, 40);
    history.push((AT.parse().unwrap(), Event::Withdrawn));
    assert_eq!(cases(&[history]).iter().next().unwrap().outcome, Outcome::NonContent);
}

#[test]
fn a_case_judged_again_is_pending_until_it_is_answered_again() {
    let demand = Demand::of(AT, "us/subpoena", "US");
    let mut history = demand.ended(End::Told(AnswerKind::AskCure, None), 40);
    let later: Instant = "2026-03-01T10:00:00Z".parse().unwrap();
    let Event::Lodged(lodging) = history[0].1.clone() else { panic!("a demand comes first") };
    history.push((later, Event::Supplemented { lodging }));
    let facts = |history: &[(Instant, Event)]| {
        CaseFacts::of(history.iter().map(|(at, event)| (*at, event))).unwrap()
    };
    assert_eq!(facts(&history).outcome, Outcome::Pending);
    history.push((later, Event::Closed { outcome: ClosedAs::NotCured }));
    assert_eq!(facts(&history).outcome, Outcome::CureAsked);
}

#[test]
fn a_history_that_does_not_begin_with_a_demand_is_no_case() {
    let delivered = Event::Delivered { door: "native".to_owned(), receipt: digest() };
    assert_eq!(CaseFacts::of([(AT.parse().unwrap(), &delivered)]), None);
}
