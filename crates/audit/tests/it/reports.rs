//! A published report against the record that it rests on.

use crate::provider::Asked;
use crate::world::YEAR;
use serde_json::{Value, json};
use writ_audit::Verdict;

/// A report of both half-years: its own columns, and what of the record they rest on.
fn report() -> Value {
    let quoted = |number: usize| {
        let totals = &YEAR.totals[number];
        let (from, to) = (totals.period().from, totals.period().to);
        json!({ "from": from, "to": to, "digest": totals.digest().to_string(), "tables": match number {
            0 => json!({
                "received": { "us/content": 18, "eu/traffic": 18, "us/national-security": "0–249", "elsewhere/national-security": "0-249" },
                "concluded": { "content": 18, "refused": 0, "national-security": "0-249" },
            }),
            _ => json!({ "concluded": { "refused": 18, "national-security": "0-249" } }),
        } })
    };
    json!({
        "title": "Requests for customer data in 2026",
        "countries": [
            { "country": "US", "content": 10, "rejected": 11 },
            { "country": "GB", "content": 8, "rejected": 7 },
        ],
        "all": { "content": 18 },
        "record": {
            "origin": "record.meridian.example/1",
            "totals": [quoted(0), quoted(1)],
            "sums": [
                { "figures": ["/countries/*/content"], "rows": ["concluded/content"] },
                { "figures": ["/countries/*/rejected", "/all/content"], "rows": ["concluded/refused", "concluded/content", "concluded/emergency/refused"] },
            ],
        },
    })
}

fn verdict(report: &Value) -> Verdict {
    let report = Some(serde_json::to_vec(report).unwrap());
    YEAR.folder.audit(&YEAR.bases, &Asked { report, proofs: false, ..Asked::default() })
}

#[test]
fn a_report_that_says_what_the_record_says_is_confirmed() {
    match verdict(&report()) {
        Verdict::Whole(figures) => assert_eq!(figures.report, Some(9 + 2 + 3)),
        Verdict::Faulty(faults) => panic!("{faults:#?}"),
    }
}

#[test]
fn a_report_that_says_something_else_is_refused() {
    let totals = "/record/totals/0";
    let received = format!("{totals}/tables/received");
    let cases = [
        (
            "/record/origin".to_owned(),
            json!("other.example"),
            "report-differs: it rests on the record `other.example`",
        ),
        (
            format!("{totals}/to"),
            json!(100),
            "report-differs: the record has no totals of the entries 1 to before 100",
        ),
        (format!("{totals}/digest"), json!("00"), "report-differs: it says that the totals"),
        (
            format!("{received}/us~1content"),
            json!(17),
            "report-differs: row `us/content` of table `received` is 17, by the record 18",
        ),
        (
            format!("{received}/us~1content"),
            json!("18"),
            "report-differs: row `us/content` of table `received` is \"18\"",
        ),
        (
            format!("{received}/us~1national-security"),
            json!("250-499"),
            "report-differs: row `us/national-security`",
        ),
        (
            format!("{received}/us~1national-security"),
            json!(18),
            "report-differs: row `us/national-security`",
        ),
        (
            received.clone(),
            json!({"us/content": 18}),
            "report-differs: row `eu/traffic` of table `received` is left out",
        ),
        (
            received.clone(),
            json!({"nothing": 90}),
            "report-differs: the record publishes no row `nothing`",
        ),
        (
            received.clone(),
            json!({"nobody": 1}),
            "report-differs: the record publishes no row `nobody`",
        ),
        (
            format!("{totals}/tables"),
            json!({"other": {}}),
            "report-differs: the record has no table `other`",
        ),
        (
            format!("{totals}/tables"),
            json!({"received": 1}),
            "report-unreadable: table `received` has no rows",
        ),
        (
            "/countries/0/content".to_owned(),
            json!(9),
            "report-differs: `/countries/*/content` come to 17; in the record `concluded/content` come to 18",
        ),
        (
            "/countries/0/content".to_owned(),
            json!("10"),
            "report-unreadable: `/countries/*/content` is \"10\", no count",
        ),
        (
            "/countries".to_owned(),
            json!([]),
            "report-unreadable: there is nothing at `/countries/*/content`",
        ),
        (
            "/record/sums/0/figures/0".to_owned(),
            json!("countries"),
            "report-unreadable: `countries` is no JSON pointer",
        ),
        (
            "/record/sums/0/rows/0".to_owned(),
            json!("received/us/national-security"),
            "report-unreadable: `received/us/national-security` has no count",
        ),
        ("/record".to_owned(), json!(null), "report-unreadable: `record`"),
        (String::new(), json!({}), "report-unreadable: it has no member `record`"),
    ];
    for (place, value, expected) in cases {
        let mut report = report();
        *report.pointer_mut(&place).unwrap_or_else(|| panic!("nothing at {place}")) = value;
        let verdict = verdict(&report);
        let [fault] = verdict.faults() else { panic!("{place}: {verdict}") };
        let told = format!("{}: {}", fault.kind.name(), fault.what);
        assert!(told.starts_with(expected), "{told}\n{expected}");
    }
}

#[test]
fn a_report_that_counts_a_half_year_twice_is_refused() {
    let mut report = report();
    let totals = report["record"]["totals"].as_array_mut().unwrap();
    let first = totals[0].clone();
    totals.push(first);
    assert!(verdict(&report).faults()[0].what.contains("twice"));
}

#[test]
fn a_report_that_is_no_json_is_named() {
    let asked = Asked { report: Some(b"<html>".to_vec()), proofs: false, ..Asked::default() };
    let verdict = YEAR.folder.audit(&YEAR.bases, &asked);
    assert_eq!(verdict.faults()[0].kind.name(), "report-unreadable");
}
