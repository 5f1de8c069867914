//! The yearly transparency report on terrorist content: Regulation (EU) 2021/784 Art 7(2) and (3), due before 1 March.
//!
//! What events count is counted. What only a person can say, or what other desks hold (complaints, courts, reinstatement),
//! are named blanks: a report with blanks says so and is not complete.

use crate::cases::Cases;
use crate::statistics::Times;
use crate::{Outcome, ReportingPeriod, table};
use serde::Serialize;
use std::collections::BTreeMap;

/// The report of one calendar year.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tco {
    /// The year.
    pub period: ReportingPeriod,
    /// The items of Art 7(3), in its order, and some that make them clearer.
    pub items: Vec<Item>,
}

/// One item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Its name, under which a person fills it.
    pub id: &'static str,
    /// The point of Art 7(3).
    pub point: &'static str,
    /// What is asked.
    pub asked: &'static str,
    /// What is said.
    pub said: Said,
}

/// What is said to an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// Counted from events.
    Counted(u64),
    /// Written by a person.
    Written(String),
    /// Nothing yet: a person must fill it.
    Blank,
}

/// What was filled is no item that a person fills, or the period is no year.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TcoError {
    /// No such item.
    #[error("`{0}` is no item that a person fills; those are {known}", known = BLANKS.map(|(id, ..)| id).join(", "))]
    NoItem(String),
    /// The report covers a calendar year.
    #[error(
        "`{0}` is no calendar year: the report of Regulation (EU) 2021/784 Art 7(2) covers one"
    )]
    NoYear(String),
}

/// What a person fills: id, point, and what is asked, in our words.
const BLANKS: [(&str, &str, &str); 7] = [
    (
        "measures",
        "(a)",
        "measures to identify terrorist content and to remove it or disable access to it",
    ),
    (
        "reappearance",
        "(b)",
        "measures against the reappearance of removed content, automated tools in particular",
    ),
    ("specific-measures", "(c)", "items removed or disabled under specific measures (Art 5)"),
    ("complaints", "(d)", "complaints handled under Art 10: their number and outcome"),
    (
        "reviews",
        "(e)",
        "administrative or judicial review brought by the provider: number and outcome",
    ),
    ("reinstated-by-review", "(f)", "cases in which review required that content be reinstated"),
    ("reinstated-by-complaint", "(g)", "cases in which content was reinstated after a complaint"),
];

#[derive(Default)]
struct Sums {
    orders: u64,
    items: u64,
    acted: u64,
    late: u64,
    impossible: u64,
    unclear: u64,
    pending: u64,
    withdrawn: u64,
    minutes: Vec<u64>,
}

impl Tco {
    /// The report of the calendar year `period`, with what people wrote by item.
    ///
    /// # Errors
    /// [`TcoError`] where the period is no year, or an item is filled that no person fills.
    pub fn of(
        cases: &Cases,
        period: ReportingPeriod,
        written: &BTreeMap<String, String>,
    ) -> Result<Self, TcoError> {
        if period.year().is_none() {
            return Err(TcoError::NoYear(period.to_string()));
        }
        if let Some(id) = written.keys().find(|id| !BLANKS.iter().any(|(blank, ..)| blank == id)) {
            return Err(TcoError::NoItem(id.chars().take(80).collect()));
        }
        let sums = sums(&cases.within(&period));
        let mut items = counted(&sums);
        items.extend(BLANKS.map(|(id, point, asked)| {
            let said = written.get(id).map_or(Said::Blank, |text| Said::Written(text.clone()));
            Item { id, point, asked, said }
        }));
        items.sort_by_key(|item| item.point);
        Ok(Self { period, items })
    }

    /// The items that a person has yet to fill.
    pub fn blanks(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| item.said == Said::Blank)
    }

    /// As CSV, a line for each item.
    pub fn to_csv(&self) -> String {
        let rows = self.items.iter().map(|item| {
            let (by, said) = match &item.said {
                Said::Counted(count) => ("counted", count.to_string()),
                Said::Written(text) => ("written", table::plain(text)),
                Said::Blank => ("blank: a person fills it", String::new()),
            };
            [
                self.period.to_string(),
                item.point.to_owned(),
                item.id.to_owned(),
                item.asked.to_owned(),
                by.to_owned(),
                said,
            ]
        });
        table::csv(&["year", "point", "item", "asked", "said_by", "said"], rows)
    }

    /// As JSON.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

fn sums(cases: &Cases) -> Sums {
    let mut sums = Sums::default();
    for case in cases.iter().filter(|case| case.class.tco) {
        sums.orders += 1;
        *match case.outcome {
            Outcome::ActedOn => &mut sums.acted,
            // Art 3(8): the order has manifest errors or too little to be carried out, and clarification was asked.
            Outcome::CureAsked => &mut sums.unclear,
            Outcome::Withdrawn => &mut sums.withdrawn,
            Outcome::Pending | Outcome::Held if !case.closed => &mut sums.pending,
            _ => &mut sums.impossible,
        } += 1;
        if case.outcome == Outcome::ActedOn {
            sums.items += case.accounts;
            let late =
                |at: writ_vocabulary::Instant| at.duration_since(case.received).as_secs() > 3600;
            sums.late += u64::from(case.acted.is_some_and(late));
            sums.minutes.extend(case.acted.map(|at| crate::case::minutes(case.received, at)));
        }
    }
    sums
}

fn counted(sums: &Sums) -> Vec<Item> {
    let mut items = vec![
        ("orders", "removal orders received", sums.orders),
        ("removed", "items removed or disabled following removal orders", sums.items),
        ("acted", "removal orders carried out", sums.acted),
        ("late", "of them, later than one hour after receipt (Art 3(3))", sums.late),
        (
            "not-removed-3-7",
            "removal orders not carried out: impossible (Art 3(7)) or refused; a person gives the grounds",
            sums.impossible,
        ),
        (
            "not-removed-3-8",
            "removal orders not carried out: clarification asked (Art 3(8))",
            sums.unclear,
        ),
        ("withdrawn", "removal orders taken back", sums.withdrawn),
        ("pending", "removal orders not answered yet", sums.pending),
    ];
    if let Some(times) = Times::of(sums.minutes.iter().copied()) {
        items.push(("median-minutes", "minutes from receipt to removal, the median", times.median));
    }
    let item = |(id, asked, count)| Item { id, point: "(c)", asked, said: Said::Counted(count) };
    items.into_iter().map(item).collect()
}
