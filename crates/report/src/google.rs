//! The structure of Google's report on requests for user information: country, half-year, legal process, and the share of
//! requests with some data.
//!
//! Source: the data set "Global requests for user information" (columns and processes as in its machine-readable copies,
//! 2009-H1 to 2025-H2). Preservation has no share. Removal orders stand in another of its reports.

use crate::cases::{Case, Cases};
use crate::counting::Act;
use crate::statistics::percent;
use crate::{Outcome, ReportingPeriod, country, table};
use serde::Serialize;
use std::collections::BTreeMap;
use writ_vocabulary::Jurisdiction;

/// The table of one period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Google {
    /// The period.
    pub period: ReportingPeriod,
    /// By country, then by process.
    pub rows: Vec<Row>,
}

/// One process of one country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The state.
    pub country: Jurisdiction,
    /// The legal process.
    pub legal_process: String,
    /// Requests received.
    pub requests: u64,
    /// Accounts they name.
    pub accounts: u64,
    /// Of the requests that are concluded, in a hundred, those with some data; nothing for preservation.
    pub pct_disclosed: Option<u64>,
}

/// The counts of a row, before shares are taken.
#[derive(Default)]
pub(crate) struct Share {
    pub requests: u64,
    pub accounts: u64,
    pub concluded: u64,
    pub with_data: u64,
}

impl Share {
    pub fn count(&mut self, case: &Case) {
        self.requests += 1;
        self.accounts += case.accounts;
        self.concluded += u64::from(case.outcome != Outcome::Pending);
        self.with_data += u64::from(case.outcome.gives_data());
    }

    pub fn percent(&self) -> Option<u64> {
        percent(self.with_data, self.concluded)
    }
}

impl Google {
    /// The table of `period`.
    pub fn of(cases: &Cases, period: ReportingPeriod) -> Self {
        let mut rows: BTreeMap<(String, Jurisdiction, String, bool), Share> = BTreeMap::new();
        let within = cases.within(&period);
        for case in within.countable().filter(|case| case.class.act != Act::Remove) {
            let (process, data) = (case.class.google.clone(), case.asks_data());
            let key = (country::name(case.state), case.state, process, data);
            rows.entry(key).or_default().count(case);
        }
        let row = |((_, country, legal_process, data), share): (_, Share)| Row {
            country,
            legal_process,
            requests: share.requests,
            accounts: share.accounts,
            pct_disclosed: share.percent().filter(|_| data),
        };
        Self { period, rows: rows.into_iter().map(row).collect() }
    }

    /// As CSV, a line for each country and process.
    pub fn to_csv(&self) -> String {
        let rows = self.rows.iter().map(|row| {
            [
                self.period.to_string(),
                country::cell(row.country),
                row.country.to_string(),
                row.legal_process.clone(),
                row.requests.to_string(),
                row.accounts.to_string(),
                table::number(row.pct_disclosed),
            ]
        });
        let header =
            ["period", "country", "iso2", "legal_process", "requests", "accounts", "pct_disclosed"];
        table::csv(&header, rows)
    }

    /// As JSON in the long form of the machine-readable copies: columns, and a row for each figure with its lower and upper
    /// value, which are the same where no band is given.
    pub fn to_json(&self) -> serde_json::Value {
        let mut rows = Vec::new();
        for row in &self.rows {
            let figures = [
                ("requests", "count", Some(row.requests)),
                ("accounts", "count", Some(row.accounts)),
                ("pct_disclosed", "percent", row.pct_disclosed),
            ];
            for (metric, unit, value) in figures {
                let Some(value) = value else { continue };
                rows.push(serde_json::json!([
                    "global",
                    self.period,
                    country::name(row.country),
                    row.country,
                    "",
                    row.legal_process,
                    "",
                    metric,
                    unit,
                    value,
                    value
                ]));
            }
        }
        serde_json::json!({ "coverage": self.period, "columns": COLUMNS, "rows": rows })
    }
}

const COLUMNS: [&str; 11] = [
    "dataset",
    "period",
    "country",
    "iso2",
    "product",
    "legal_process",
    "assisting_country",
    "metric",
    "unit",
    "value_low",
    "value_high",
];
