//! Each published format and its golden file.

use crate::golden;
use crate::made::{Demand, End, History, cases, house, period};
use std::collections::BTreeMap;
use writ_docket::{AnswerKind, ClosedAs};
use writ_report::apple::Apple;
use writ_report::bands::{self, Covers, Structure};
use writ_report::dsa::{About, COLUMNS, Dsa, DsaError, Unit};
use writ_report::e_evidence::Statistics;
use writ_report::google::Google;
use writ_report::import::import;
use writ_report::meta::Meta;
use writ_report::microsoft::Microsoft;
use writ_report::tco::{Said, Tco};
use writ_report::{Cases, Section, differences, html};

const HALF: &str = "2025-H2";

fn json(value: &serde_json::Value) -> String {
    serde_json::to_string_pretty(value).unwrap() + "\n"
}

fn about() -> About {
    About {
        applicability: "all".to_owned(),
        service: "Meridian Films".to_owned(),
        unit: Unit::Hours,
    }
}

#[test]
fn microsofts_table_keeps_its_form() {
    let table = Microsoft::of(&cases(&house()), period(HALF));
    golden("microsoft.csv", &table.to_csv());
    golden("microsoft.json", &json(&table.to_json()));
    for row in &table.rows {
        row.counts.balanced(row.country.as_str()).unwrap();
    }
}

#[test]
fn microsofts_table_reads_back_as_it_was_written() {
    let table = Microsoft::of(&cases(&house()), period(HALF));
    let ours = table.published();
    let csv = import(table.to_csv().as_bytes(), Some(period(HALF))).unwrap();
    assert_eq!(differences(&ours, &csv.figures), []);
    let long = import(table.to_json().to_string().as_bytes(), None).unwrap();
    assert_eq!(differences(&ours, &long.figures), []);
}

/// A published half-year, turned into demands with those outcomes.
fn replayed(published: &str) -> Vec<History> {
    let mut histories = Vec::new();
    for line in published.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let counts: Vec<u64> = cells[2..].iter().map(|cell| cell.parse().unwrap()).collect();
        let [accounts, content, other, none, rejected, requests] = counts[..] else {
            panic!("{line}")
        };
        let state = writ_report::country(cells[1]).jurisdiction().unwrap().to_string();
        let ends = [
            (content, End::Given { rows: 2, content: 1, closed: true }),
            (other, End::Given { rows: 2, content: 0, closed: true }),
            (none, End::Given { rows: 0, content: 0, closed: true }),
            (rejected, End::Told(AnswerKind::Refuse, Some(ClosedAs::Refused))),
        ];
        let (share, first) = (accounts / requests, accounts % requests);
        let ends = ends.into_iter().flat_map(|(count, end)| (0..count).map(move |_| end));
        for (index, end) in (0_u64..).zip(ends) {
            let mut demand = Demand::of("2025-03-01T08:00:00Z", "us/mlat", &state);
            demand.accounts = u32::try_from(share + if index == 0 { first } else { 0 }).unwrap();
            histories.push(demand.ended(end, 600));
        }
    }
    histories
}

#[test]
fn a_published_half_year_is_reproduced_cell_by_cell() {
    let published = include_str!("../data/published-2025-h1.csv");
    let table = Microsoft::of(&cases(&replayed(published)), period("2025-H1"));
    let theirs = import(published.as_bytes(), Some(period("2025-H1"))).unwrap();
    assert_eq!(differences(&table.published(), &theirs.figures), []);
    assert!(table.total(Section::Criminal).requests > 20_000);
}

#[test]
fn googles_apples_and_metas_tables_keep_their_form() {
    let (cases, half) = (cases(&house()), period(HALF));
    let google = Google::of(&cases, half);
    golden("google.csv", &google.to_csv());
    golden("google.json", &json(&google.to_json()));
    let apple = Apple::of(&cases, half);
    golden("apple.csv", &apple.to_csv());
    golden("apple.json", &json(&apple.to_json()));
    let meta = Meta::of(&cases, half);
    golden("meta.csv", &meta.to_csv());
    golden("meta.json", &json(&meta.to_json()));
}

#[test]
fn googles_and_apples_json_read_back() {
    let (cases, half) = (cases(&house()), period(HALF));
    let google = Google::of(&cases, half);
    let read = import(google.to_json().to_string().as_bytes(), None).unwrap();
    assert_eq!(read.warnings, []);
    let requests = |metric: &str| {
        read.figures.iter().filter(|one| one.metric == metric).map(|one| one.value).sum::<f64>()
    };
    assert_eq!(
        requests("requests"),
        google.rows.iter().map(|row| row.requests as f64).sum::<f64>()
    );
    let apple = Apple::of(&cases, half);
    let read = import(apple.to_json().to_string().as_bytes(), None).unwrap();
    assert_eq!(read.warnings, []);
    let ours: u64 = apple.rows.iter().map(|row| row.measures.items_specified).sum();
    let theirs = read.figures.iter().filter(|one| one.metric == "items_specified");
    assert_eq!(theirs.map(|one| one.value).sum::<f64>(), ours as f64);
}

#[test]
fn the_dsa_part_keeps_its_form_and_reads_back_without_a_warning() {
    let part = Dsa::of(&cases(&house()), period(HALF), about()).unwrap();
    golden("dsa-3-member-states-orders.csv", &part.to_csv());
    let read = import(part.to_csv().as_bytes(), None).unwrap();
    assert_eq!(read.warnings, []);
    assert_eq!(part.to_csv().lines().next().unwrap().matches(',').count(), COLUMNS.len() - 1);
}

#[test]
fn a_dsa_row_is_the_total_or_one_member_state_and_the_total_is_their_sum() {
    let part = Dsa::of(&cases(&house()), period(HALF), about()).unwrap();
    let total = part.rows().first().unwrap();
    assert_eq!((total.category.as_str(), total.scope), ("TOTAL", None));
    let of_states = part.rows().iter().filter(|row| row.category == "TOTAL" && row.scope.is_some());
    let (act, inform) = of_states.fold((0, 0), |(act, inform), row| {
        assert!(row.scope.unwrap().is_member_state());
        (act + row.to_act.count, inform + row.to_inform.count)
    });
    assert_eq!((act, inform), (total.to_act.count, total.to_inform.count));
    assert!(act > 0 && inform > 0);
}

#[test]
fn what_the_dsa_template_does_not_allow_is_refused() {
    let none = Cases::default();
    let of = |period_of: &str, about| Dsa::of(&none, period(period_of), about).unwrap_err();
    assert!(matches!(of("2025-07-01/2025-09-30", about()), DsaError::Period(_)));
    assert!(matches!(of("2024", about()), DsaError::TooEarly(_)));
    assert!(matches!(of("2025-H1", about()), DsaError::TooEarly(_)));
    let formula = About { service: "=cmd()".to_owned(), ..about() };
    assert!(matches!(of(HALF, formula), DsaError::Text(_, "Service")));
    let empty = About { applicability: " ".to_owned(), ..about() };
    assert!(matches!(of(HALF, empty), DsaError::Text(_, "Applicability")));
}

#[test]
fn the_e_evidence_statistics_keep_their_form_and_each_order_counts_once() {
    let cases = cases(&house());
    let statistics = Statistics::of(&cases, period("2025"));
    golden("e-evidence.csv", &statistics.to_csv());
    golden("e-evidence.json", &json(&statistics.to_json()));
    let received: u64 = statistics.rows.iter().map(|row| row.received).sum();
    let orders =
        cases.within(&period("2025")).iter().filter(|case| case.class.e_evidence.is_some()).count();
    assert_eq!(received, orders as u64);
    for row in &statistics.rows {
        assert_eq!(row.fulfilled + row.not_fulfilled + row.pending, row.received, "{row:?}");
    }
}

#[test]
fn the_tco_report_keeps_its_form_and_says_what_a_person_must_fill() {
    let cases = cases(&house());
    let blank = Tco::of(&cases, period("2025"), &BTreeMap::new()).unwrap();
    golden("tco.csv", &blank.to_csv());
    golden("tco.json", &json(&blank.to_json()));
    assert_eq!(blank.blanks().count(), 7);
    let written = BTreeMap::from([("complaints".to_owned(), "none".to_owned())]);
    let filled = Tco::of(&cases, period("2025"), &written).unwrap();
    assert_eq!(filled.blanks().count(), 6);
    let complaints = filled.items.iter().find(|item| item.id == "complaints").unwrap();
    assert_eq!(complaints.said, Said::Written("none".to_owned()));
}

#[test]
fn the_tco_report_covers_a_year_and_takes_no_count_from_a_person() {
    let none = Cases::default();
    assert!(Tco::of(&none, period(HALF), &BTreeMap::new()).is_err());
    let counted = BTreeMap::from([("removed".to_owned(), "7".to_owned())]);
    let error = Tco::of(&none, period("2025"), &counted).unwrap_err().to_string();
    assert!(
        error.starts_with("`removed` is no item that a person fills; those are measures,"),
        "{error}"
    );
}

#[test]
fn the_page_keeps_its_form() {
    let cases = cases(&house());
    let covers = Covers { letters: period(HALF), orders: Some(period("2025-H1")) };
    let process = bands::process(&cases);
    let day = "2026-02-15".parse().unwrap();
    let about = html::About {
        provider: "Meridian (invented)".to_owned(),
        bands: Some(bands::Report::of(&process, Structure::FiveHundred, covers, day).unwrap()),
        record: Some("https://record.meridian.example/".to_owned()),
        checkpoint: Some(
            "record.meridian.example\n4096\nu3sm1J0bO1wWQ6lC4n1pYxX8S2m7b9rJ0mT5hVd3k2Y="
                .to_owned(),
        ),
    };
    let page = html::page(&cases, period(HALF), &about).unwrap();
    golden("report.html", &page);
    assert!(!page.contains("<script"), "the page has no script");
}

#[test]
fn a_page_without_cases_is_a_page() {
    let about = html::About { provider: "<Meridian>".to_owned(), ..html::About::default() };
    let page = html::page(&Cases::default(), period("2026-H1"), &about).unwrap();
    assert!(page.contains("&#60;Meridian&#62;") || page.contains("&lt;Meridian&gt;"));
    assert!(!page.contains("<Meridian>") && !page.contains("NaN"));
}

#[test]
fn no_published_format_tells_how_many_demands_are_of_national_security() {
    let mut with = house();
    let without: Vec<History> = {
        let cases = cases(&with);
        let keep: Vec<bool> = cases.iter().map(writ_report::Case::is_countable).collect();
        let kept = with.iter().zip(keep).filter(|(_, keep)| *keep);
        kept.map(|(history, _)| history.clone()).collect()
    };
    assert!(with.len() > without.len());
    let extra = Demand::of("2025-08-01T00:00:00Z", "us/fisa-702", "US");
    with.push(extra.ended(End::Gagged, 60));
    let all = |histories: &[History]| {
        let (cases, half) = (cases(histories), period(HALF));
        let about = html::About::default();
        [
            Microsoft::of(&cases, half).to_json().to_string(),
            Google::of(&cases, half).to_csv(),
            Apple::of(&cases, half).to_csv(),
            Meta::of(&cases, half).to_csv(),
            Dsa::of(&cases, half, self::about()).unwrap().to_csv(),
            html::page(&cases, half, &about).unwrap(),
        ]
    };
    assert_eq!(all(&with), all(&without));
}
