//! What holds of every fold, and of every file.

use crate::made::{Demand, End, LAW, cases, period};
use proptest::prelude::*;
use writ_docket::{AnswerKind, ClosedAs, Event};
use writ_report::apple::Apple;
use writ_report::google::Google;
use writ_report::import::import;
use writ_report::microsoft::Microsoft;
use writ_report::{Cases, Figures, Section};

const INSTRUMENTS: [&str; 12] = [
    "us/search-warrant",
    "us/emergency-2702",
    "us/nsl-2709",
    "us/civil-subpoena",
    "us/preservation-2703f",
    "eu/epoc-pr",
    "eu/epoc-subscriber",
    "eu/tco-removal-order",
    "eu/dsa-10-order-to-inform",
    "gb/ipa-part-3",
    "xx/letter",
    "us/fisa-unheard-of",
];

fn ends() -> impl Strategy<Value = End> {
    let answers = prop::sample::select(vec![
        AnswerKind::Refuse,
        AnswerKind::AskCure,
        AnswerKind::Redirect,
        AnswerKind::Hold,
        AnswerKind::Preserved,
        AnswerKind::Act,
    ]);
    let closed = prop::sample::select(vec![
        None,
        Some(ClosedAs::Refused),
        Some(ClosedAs::NotCured),
        Some(ClosedAs::NotProven),
        Some(ClosedAs::Withdrawn),
        Some(ClosedAs::Content),
    ]);
    prop_oneof![
        (0..3_u64, 0..3_u64, any::<bool>()).prop_map(|(rows, content, closed)| End::Given {
            rows,
            content,
            closed
        }),
        any::<bool>().prop_map(|confirmed| End::Emergency { confirmed }),
        (answers, closed).prop_map(|(answer, closed)| End::Told(answer, closed)),
        prop::sample::select(vec![
            End::Overridden,
            End::Preserved,
            End::Gagged,
            End::Withdrawn,
            End::Nothing
        ]),
    ]
}

type History = crate::made::History;

/// Histories, some with their events in an order that no docket would write.
fn histories() -> impl Strategy<Value = Vec<History>> {
    let one = (
        prop::sample::select(INSTRUMENTS.to_vec()),
        prop::sample::select(vec!["US", "DE", "FR", "BR", "ZZ"]),
        0..50_u32,
        any::<bool>(),
        ends(),
        0..500_000_i64,
        any::<bool>(),
    );
    let one = one.prop_map(|(instrument, state, accounts, emergency, end, minutes, mixed)| {
        let demand = Demand {
            accounts,
            emergency,
            keeps: &["name"],
            ..Demand::of("2025-08-01T00:00:00Z", instrument, state)
        };
        let mut history = demand.ended(end, minutes);
        if mixed {
            history[1..].reverse();
        }
        history
    });
    prop::collection::vec(one, 0..60)
}

proptest! {
    #[test]
    fn every_case_is_in_exactly_one_section_and_one_outcome(histories in histories()) {
        let cases = cases(&histories);
        prop_assert_eq!(cases.len(), histories.len() as u64);
        prop_assert_eq!(cases.by_section().values().sum::<u64>(), cases.len());
        let events: Vec<Vec<Event>> = histories
            .iter()
            .map(|history| history.iter().map(|(_, event)| event.clone()).collect())
            .collect();
        let total = Figures::of(events.iter().map(Vec::as_slice), None, None).total();
        prop_assert_eq!(total.received, cases.len());
        prop_assert_eq!(total.outcomes(), total.received);
    }

    #[test]
    fn the_published_tables_sum_to_what_may_be_published(histories in histories()) {
        let (cases, half) = (cases(&histories), period("2025-H2"));
        let countable = cases.countable().count() as u64;
        prop_assert_eq!(countable + cases.by_section()[&Section::NationalSecurity], cases.len());
        let microsoft = Microsoft::of(&cases, half);
        let mut requests = 0;
        for row in &microsoft.rows {
            prop_assert!(row.counts.balanced("one").is_ok(), "{:?}", row);
            requests += row.counts.requests;
        }
        prop_assert_eq!(requests + microsoft.elsewhere.values().sum::<u64>(), countable);
        let removals = microsoft.elsewhere.get("removal").copied().unwrap_or(0);
        let google = Google::of(&cases, half);
        prop_assert_eq!(google.rows.iter().map(|row| row.requests).sum::<u64>(), countable - removals);
        let apple = Apple::of(&cases, half);
        let received = apple.rows.iter().map(|row| row.measures.requests_received);
        prop_assert_eq!(received.sum::<u64>(), countable - removals);
    }

    #[test]
    fn a_fold_does_not_depend_on_the_order_of_cases(histories in histories()) {
        let half = period("2025-H2");
        let mut turned = histories.clone();
        turned.reverse();
        let table = |histories: &[History]| Microsoft::of(&cases(histories), half);
        prop_assert_eq!(table(&histories), table(&turned));
    }

    #[test]
    fn no_bytes_bring_the_import_down(bytes in prop::collection::vec(any::<u8>(), 0..400), timed: bool) {
        let _ = import(&bytes, timed.then(|| period("2025-H1")));
    }

    #[test]
    fn no_table_brings_the_import_down(
        columns in prop::collection::vec("(country|section|period|metric|value|requests|rejected|Scope|Category of illegal content|[a-z]{0,3})", 0..6),
        cells in prop::collection::vec("[-0-9.,%/a-zA-Zé\" ;]{0,12}", 0..40),
        json: bool,
    ) {
        let text = if json {
            let rows: Vec<_> = cells.chunks(3).collect();
            serde_json::json!({ "columns": columns, "measures": columns, "rows": rows, "ns_rows": [[1.5, 0, null], [0]], "periods": cells }).to_string()
        } else {
            let lines: Vec<_> = cells.chunks(columns.len().max(1)).map(|row| row.join(",")).collect();
            format!("{}\n{}", columns.join(","), lines.join("\n"))
        };
        let _ = import(text.as_bytes(), Some(period("2025-H1")));
    }

    #[test]
    fn no_text_brings_bands_periods_or_countries_down(text in "\\PC{0,40}") {
        let _ = text.parse::<writ_report::ReportingPeriod>();
        let _ = writ_report::country(&text);
        let _ = writ_report::bands::Band::parse(&text, writ_report::bands::Structure::Hundred);
    }
}

#[test]
fn no_cases_are_no_figures() {
    let none = Cases::of([], &LAW);
    assert!(none.is_empty());
    assert_eq!(Microsoft::of(&none, period("2026-H1")).rows, []);
}
