//! The structure of Meta's report on government requests for user data: legal process and emergencies by country,
//! preservation, and the share of requests from the United States that came with an order not to tell.
//!
//! Source: the published tables, from memory of their columns; their exact headings are to be checked against the download.

use crate::case::Gag;
use crate::cases::Cases;
use crate::counting::{Act, Section};
use crate::google::Share;
use crate::statistics::percent;
use crate::{ReportingPeriod, country, table};
use serde::Serialize;
use std::collections::BTreeMap;
use writ_vocabulary::Jurisdiction;

/// The table of one period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Meta {
    /// The period.
    pub period: ReportingPeriod,
    /// By country.
    pub rows: Vec<Row>,
    /// Of the requests under legal process from the United States, in a hundred, those with an order not to tell the user.
    pub us_nondisclosure_pct: Option<u64>,
}

/// One country.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its code.
    pub country: String,
    /// Its name.
    pub name: String,
    /// Under legal process.
    pub legal_process: Requests,
    /// In an emergency.
    pub emergency: Requests,
    /// Requests to keep data.
    pub preservations: u64,
    /// Accounts of which data were kept.
    pub accounts_preserved: u64,
}

/// Requests of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Requests {
    /// Received.
    pub requests: u64,
    /// Users or accounts they name.
    pub accounts: u64,
    /// Of those concluded, in a hundred, those with some data.
    pub some_data_pct: Option<u64>,
}

#[derive(Default)]
struct Sums {
    legal: Share,
    emergency: Share,
    preservations: u64,
    accounts_preserved: u64,
}

impl Meta {
    /// The table of `period`.
    pub fn of(cases: &Cases, period: ReportingPeriod) -> Self {
        let mut rows: BTreeMap<(String, Jurisdiction), Sums> = BTreeMap::new();
        let (mut us, mut silenced) = (0, 0);
        for case in cases.within(&period).countable() {
            let sums = rows.entry((country::name(case.state), case.state));
            match (case.class.act, case.class.section) {
                (Act::Remove, _) => {}
                (Act::Preserve, _) => {
                    let sums = sums.or_default();
                    sums.preservations += 1;
                    sums.accounts_preserved += if case.preserved > 0 { case.accounts } else { 0 };
                }
                (Act::Disclose, Section::Emergency) => sums.or_default().emergency.count(case),
                (Act::Disclose, _) => {
                    sums.or_default().legal.count(case);
                    if case.state.as_str() == "US" {
                        us += 1;
                        silenced += u64::from(case.gag != Gag::Nothing);
                    }
                }
            }
        }
        let rows = rows.into_iter().map(|((name, state), sums)| Row {
            country: state.to_string(),
            name,
            legal_process: sums.legal.into(),
            emergency: sums.emergency.into(),
            preservations: sums.preservations,
            accounts_preserved: sums.accounts_preserved,
        });
        Self { period, rows: rows.collect(), us_nondisclosure_pct: percent(silenced, us) }
    }

    /// As CSV, a line for each country.
    pub fn to_csv(&self) -> String {
        let kinds = |of: &Requests| {
            [of.requests.to_string(), of.accounts.to_string(), table::number(of.some_data_pct)]
        };
        let rows = self.rows.iter().map(|row| {
            let named = [self.period.to_string(), table::plain(&row.name), row.country.clone()];
            let kept = [row.preservations.to_string(), row.accounts_preserved.to_string()];
            let counts = kinds(&row.legal_process).into_iter().chain(kinds(&row.emergency));
            named.into_iter().chain(counts).chain(kept).collect::<Vec<_>>()
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
    "country",
    "iso2",
    "legal_process_requests",
    "legal_process_accounts",
    "legal_process_pct_some_data",
    "emergency_requests",
    "emergency_accounts",
    "emergency_pct_some_data",
    "preservation_requests",
    "preservation_accounts",
];

impl From<Share> for Requests {
    fn from(share: Share) -> Self {
        Self { requests: share.requests, accounts: share.accounts, some_data_pct: share.percent() }
    }
}
