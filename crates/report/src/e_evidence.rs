//! The statistics that a service provider may send to the Commission: Regulation (EU) 2023/1543 Art 28(4).
//!
//! For each preceding calendar year, by 31 March: (a) EPOCs and EPOC-PRs received, (b) fulfilled and not, (c) for fulfilled
//! EPOCs the average time from receipt to the data, each by type of data, issuing State, and emergency or not. (d) asks the
//! average time from the issue of an EPOC-PR to the request that follows it: a case's events hold neither, so it stays a
//! named blank.
//!
//! An order that asks several types counts once, under the most intrusive. Counsel: is an order under which nothing was
//! held fulfilled (Art 10(7) speaks of impossibility)? Here it is not.

use crate::cases::{Case, Cases};
use crate::counting::EEvidence;
use crate::statistics::mean;
use crate::{Outcome, ReportingPeriod, country, table};
use serde::Serialize;
use std::collections::BTreeMap;
use writ_vocabulary::{Category, Jurisdiction};

/// The statistics of one period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Statistics {
    /// The period; the Regulation asks for calendar years.
    pub period: ReportingPeriod,
    /// By certificate, type of data, State and emergency.
    pub rows: Vec<Row>,
    /// What Art 28(4) asks and no event holds.
    pub blanks: [&'static str; 1],
}

/// One kind of order from one State.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// EPOC or EPOC-PR.
    pub certificate: EEvidence,
    /// The most intrusive type asked; `unclassified` where the law book classes none of what was asked.
    pub data_type: &'static str,
    /// The issuing State.
    pub state: Jurisdiction,
    /// Whether an emergency was claimed.
    pub emergency: bool,
    /// (a)
    pub received: u64,
    /// (b)
    pub fulfilled: u64,
    /// (b)
    pub not_fulfilled: u64,
    /// Received and not concluded yet.
    pub pending: u64,
    /// (c), in minutes.
    pub average_minutes: Option<u64>,
}

/// The types of the Regulation's Art 3(9) to (12), the most intrusive first.
const TYPES: [(Category, &str); 5] = [
    (Category::Realtime, "content"),
    (Category::Content, "content"),
    (Category::Traffic, "traffic"),
    (Category::Identification, "identification"),
    (Category::Subscriber, "subscriber"),
];

#[derive(Default)]
struct Sums {
    received: u64,
    fulfilled: u64,
    not_fulfilled: u64,
    pending: u64,
    minutes: Vec<u64>,
}

impl Sums {
    fn count(&mut self, case: &Case, certificate: EEvidence) {
        self.received += 1;
        *match (certificate, case.outcome) {
            (_, Outcome::Pending) => &mut self.pending,
            (_, Outcome::CureAsked | Outcome::Held) if !case.closed => &mut self.pending,
            (EEvidence::Production, outcome) if outcome.gives_data() => &mut self.fulfilled,
            (EEvidence::Preservation, _) if case.preserved > 0 => &mut self.fulfilled,
            _ => &mut self.not_fulfilled,
        } += 1;
        if certificate == EEvidence::Production && case.outcome.gives_data() {
            let produced = case.produced.map(|at| crate::case::minutes(case.received, at));
            self.minutes.extend(produced);
        }
    }
}

impl Statistics {
    /// The statistics of `period`.
    pub fn of(cases: &Cases, period: ReportingPeriod) -> Self {
        let mut rows: BTreeMap<(EEvidence, &str, Jurisdiction, bool), Sums> = BTreeMap::new();
        for case in cases.within(&period).countable() {
            let Some(certificate) = case.class.e_evidence else { continue };
            let key = (certificate, data_type(case), case.state, case.is_emergency());
            rows.entry(key).or_default().count(case, certificate);
        }
        let row = |((certificate, data_type, state, emergency), sums): (_, Sums)| Row {
            certificate,
            data_type,
            state,
            emergency,
            received: sums.received,
            fulfilled: sums.fulfilled,
            not_fulfilled: sums.not_fulfilled,
            pending: sums.pending,
            average_minutes: mean(&sums.minutes),
        };
        let rows = rows.into_iter().map(row).collect();
        Self {
            period,
            rows,
            blanks: [
                "(d) average time from the issue of an EPOC-PR to the subsequent request for production",
            ],
        }
    }

    /// As CSV, a line for each row.
    pub fn to_csv(&self) -> String {
        let rows = self.rows.iter().map(|row| {
            let certificate = match row.certificate {
                EEvidence::Production => "EPOC",
                EEvidence::Preservation => "EPOC-PR",
            };
            [
                self.period.to_string(),
                certificate.to_owned(),
                row.data_type.to_owned(),
                row.state.to_string(),
                country::cell(row.state),
                if row.emergency { "yes" } else { "no" }.to_owned(),
                row.received.to_string(),
                row.fulfilled.to_string(),
                row.not_fulfilled.to_string(),
                row.pending.to_string(),
                table::number(row.average_minutes),
            ]
        });
        table::csv(&HEADER, rows)
    }

    /// As JSON.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

const HEADER: [&str; 11] = [
    "period",
    "certificate",
    "data_type",
    "issuing_state",
    "issuing_state_name",
    "emergency",
    "received",
    "fulfilled",
    "not_fulfilled",
    "pending",
    "average_minutes_receipt_to_data",
];

fn data_type(case: &Case) -> &'static str {
    let asked = TYPES.iter().find(|(category, _)| case.categories.contains(category));
    asked.map_or("unclassified", |(_, name)| name)
}
