//! The structure of Microsoft's Law Enforcement Requests Report: country, accounts, and four outcomes that sum to the requests.
//!
//! Source: the report's download, 2013-H1 to 2025-H1. Sections are kept apart: criminal, emergencies, civil. National
//! security is published in bands alone ([`crate::bands`]); removal orders and mere preservation are no requests for data
//! and stand in other tables, whose sums [`Microsoft::elsewhere`] names.

use crate::case::Outcome;
use crate::cases::{Case, Cases};
use crate::counting::{Act, Section};
use crate::published::Published;
use crate::{ReportingPeriod, country, table};
use serde::Serialize;
use std::collections::BTreeMap;
use writ_vocabulary::Jurisdiction;

/// The table of one period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Microsoft {
    /// The period.
    pub period: ReportingPeriod,
    /// By section, then by falling number of requests.
    pub rows: Vec<Row>,
    /// What was received and stands in another table, by why: preservation, removal. National security is not in it.
    pub elsewhere: BTreeMap<&'static str, u64>,
}

/// One section of one country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// `criminal`, `emergencies`, `civil` or `unclassified`.
    pub section: Section,
    /// The state.
    pub country: Jurisdiction,
    /// Its figures.
    #[serde(flatten)]
    pub counts: Counts,
}

/// Counts of requests: each in exactly one of the four outcomes, or not concluded yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Accounts or users that the requests name.
    pub accounts_specified: u64,
    /// Content was disclosed, perhaps with other data.
    pub disclosed_content: u64,
    /// Only other data were disclosed.
    pub disclosed_noncontent: u64,
    /// No data were found.
    pub no_data_found: u64,
    /// Rejected: refused, redirected, never mended, never proven, or withdrawn before anything was given.
    pub rejected: u64,
    /// Not concluded when the report was made.
    pub pending: u64,
    /// All of them.
    pub requests: u64,
}

/// A row whose outcomes do not sum to its requests.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{country}: the outcomes sum to {sum}, and {requests} requests are given")]
pub struct Unbalanced {
    /// The state, as the table names it.
    pub country: String,
    /// What the outcomes sum to.
    pub sum: u64,
    /// What the table gives.
    pub requests: u64,
}

impl Counts {
    /// Checks that each request is in exactly one outcome.
    ///
    /// # Errors
    /// [`Unbalanced`] where the outcomes do not sum to the requests.
    pub fn balanced(&self, country: &str) -> Result<(), Unbalanced> {
        let outcomes = [
            self.disclosed_content,
            self.disclosed_noncontent,
            self.no_data_found,
            self.rejected,
            self.pending,
        ];
        let sum = outcomes.into_iter().fold(0, u64::saturating_add);
        if sum == self.requests {
            return Ok(());
        }
        Err(Unbalanced { country: country.to_owned(), sum, requests: self.requests })
    }

    fn count(&mut self, case: &Case) {
        self.requests += 1;
        self.accounts_specified += case.accounts;
        *match case.outcome {
            Outcome::Content => &mut self.disclosed_content,
            Outcome::NonContent => &mut self.disclosed_noncontent,
            Outcome::NothingHeld => &mut self.no_data_found,
            Outcome::Refused | Outcome::Redirected | Outcome::Withdrawn => &mut self.rejected,
            // Asked to be mended or proven: rejected once nobody waits for it any more.
            Outcome::CureAsked | Outcome::Held if case.closed => &mut self.rejected,
            // Under an instrument for data nothing was given and nothing refused: it was kept, or its content removed.
            Outcome::Preserved | Outcome::ActedOn if case.closed => &mut self.rejected,
            _ => &mut self.pending,
        } += 1;
    }

    /// The columns, named as in the original.
    pub fn columns(&self) -> [(&'static str, u64); 7] {
        [
            ("accounts_specified", self.accounts_specified),
            ("disclosed_content", self.disclosed_content),
            ("disclosed_noncontent", self.disclosed_noncontent),
            ("no_data_found", self.no_data_found),
            ("rejected", self.rejected),
            ("pending", self.pending),
            ("requests", self.requests),
        ]
    }
}

impl Microsoft {
    /// The table of `period`.
    pub fn of(cases: &Cases, period: ReportingPeriod) -> Self {
        let mut rows: BTreeMap<(Section, Jurisdiction), Counts> = BTreeMap::new();
        let mut elsewhere = BTreeMap::new();
        for case in cases.within(&period).countable() {
            match case.class.act {
                Act::Disclose => {
                    rows.entry((case.class.section, case.state)).or_default().count(case)
                }
                Act::Preserve => *elsewhere.entry("preservation").or_default() += 1,
                Act::Remove => *elsewhere.entry("removal").or_default() += 1,
            }
        }
        let row = |((section, country), counts)| Row { section, country, counts };
        let mut rows: Vec<_> = rows.into_iter().map(row).collect();
        rows.sort_by_key(|row| (row.section, u64::MAX - row.counts.requests, row.country));
        Self { period, rows, elsewhere }
    }

    /// The sum of a section.
    pub fn total(&self, section: Section) -> Counts {
        let mut total = Counts::default();
        for row in self.rows.iter().filter(|row| row.section == section) {
            let theirs = row.counts;
            total.accounts_specified += theirs.accounts_specified;
            total.disclosed_content += theirs.disclosed_content;
            total.disclosed_noncontent += theirs.disclosed_noncontent;
            total.no_data_found += theirs.no_data_found;
            total.rejected += theirs.rejected;
            total.pending += theirs.pending;
            total.requests += theirs.requests;
        }
        total
    }

    /// The figures one by one.
    pub fn published(&self) -> Vec<Published> {
        let figures = self.rows.iter().flat_map(|row| {
            self.shown(&row.counts).into_iter().map(|(metric, value)| Published {
                period: self.period,
                section: row.section.as_str().to_owned(),
                country: Some(row.country),
                country_as_published: country::name(row.country),
                metric: metric.to_owned(),
                value: value as f64,
            })
        });
        figures.collect()
    }

    /// As CSV, a line for each section and country.
    pub fn to_csv(&self) -> String {
        let columns: Vec<_> =
            self.shown(&Counts::default()).into_iter().map(|(name, _)| name).collect();
        let header: Vec<_> = ["section", "country"].into_iter().chain(columns).collect();
        let rows = self.rows.iter().map(|row| {
            let counts = self.shown(&row.counts).into_iter().map(|(_, count)| count.to_string());
            let named = [row.section.as_str().to_owned(), country::cell(row.country)];
            named.into_iter().chain(counts).collect::<Vec<_>>()
        });
        table::csv(&header, rows)
    }

    /// As JSON in the long form of the machine-readable copies: columns, and a row for each figure.
    pub fn to_json(&self) -> serde_json::Value {
        let rows = self.published().into_iter().map(|one| {
            let value = one.value as u64;
            serde_json::json!([
                self.period,
                one.section,
                one.country_as_published,
                one.metric,
                "count",
                value
            ])
        });
        serde_json::json!({
            "coverage": self.period,
            "columns": ["period", "section", "country", "metric", "unit", "value"],
            "rows": rows.collect::<Vec<_>>(),
            "elsewhere": self.elsewhere,
        })
    }

    /// The columns that this table shows: the original has none for what is pending, which stands here while something is.
    fn shown(&self, counts: &Counts) -> Vec<(&'static str, u64)> {
        let pending = self.rows.iter().any(|row| row.counts.pending > 0);
        counts.columns().into_iter().filter(|(name, _)| pending || *name != "pending").collect()
    }
}
