//! The structure of Apple's transparency report: types of request, and their measures.
//!
//! Source: the report's tables, 2013-H1 to 2025-H1 (types and measures as in their machine-readable copy). Of its ten types
//! three are asked here: `account`, `account_preservation`, `emergency`. Devices, financial identifiers and push tokens are
//! not named apart by a demand's events, and apps are not sold here.

use crate::cases::{Case, Cases};
use crate::counting::{Act, Section};
use crate::statistics::percent;
use crate::{Outcome, ReportingPeriod, country, table};
use serde::Serialize;
use std::collections::BTreeMap;
use writ_vocabulary::Jurisdiction;

/// The table of one period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Apple {
    /// The period.
    pub period: ReportingPeriod,
    /// By type of request, then by country.
    pub rows: Vec<Row>,
}

/// The types of request that are counted here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestType {
    /// For data of accounts.
    Account,
    /// To keep data of accounts.
    AccountPreservation,
    /// For data in an emergency.
    Emergency,
}

impl RequestType {
    /// All of them, in reading order.
    pub const ALL: [Self; 3] = [Self::Account, Self::AccountPreservation, Self::Emergency];

    /// The word of the machine-readable copy.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::AccountPreservation => "account_preservation",
            Self::Emergency => "emergency",
        }
    }

    fn of(case: &Case) -> Option<Self> {
        match (case.class.act, case.class.section) {
            (Act::Remove, _) => None,
            (Act::Preserve, _) => Some(Self::AccountPreservation),
            (Act::Disclose, Section::Emergency) => Some(Self::Emergency),
            (Act::Disclose, _) => Some(Self::Account),
        }
    }
}

/// One type of request of one country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The type.
    pub request_type: RequestType,
    /// The state.
    pub country: Jurisdiction,
    /// The measures.
    #[serde(flatten)]
    pub measures: Measures,
}

/// The measures of a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Measures {
    /// Requests received.
    pub requests_received: u64,
    /// Accounts they name.
    pub items_specified: u64,
    /// Requests with some data.
    pub requests_data_provided: u64,
    /// Requests challenged in part or rejected in full.
    pub requests_challenged_rejected: u64,
    /// Requests for which nothing was held.
    pub requests_no_data: u64,
    /// Requests with content.
    pub content_provided: u64,
    /// Requests with other data only.
    pub noncontent_provided: u64,
    /// Accounts of which data were kept.
    pub accounts_preserved: u64,
}

/// The measures of the machine-readable copy, in its order, of which a row has a value or none.
const MEASURES: [&str; 9] = [
    "requests_received",
    "items_specified",
    "requests_data_provided",
    "pct_data_provided",
    "requests_challenged_rejected",
    "requests_no_data",
    "content_provided",
    "noncontent_provided",
    "accounts_preserved",
];

impl Measures {
    fn count(&mut self, case: &Case) {
        self.requests_received += 1;
        self.items_specified += case.accounts;
        match case.outcome {
            Outcome::Content => self.content_provided += 1,
            Outcome::NonContent => self.noncontent_provided += 1,
            Outcome::NothingHeld => self.requests_no_data += 1,
            Outcome::Refused | Outcome::Redirected | Outcome::CureAsked | Outcome::Held => {
                self.requests_challenged_rejected += 1;
            }
            Outcome::Preserved | Outcome::ActedOn | Outcome::Withdrawn | Outcome::Pending => {}
        }
        self.requests_data_provided += u64::from(case.outcome.gives_data());
        if case.preserved > 0 {
            self.accounts_preserved += case.accounts;
        }
    }

    /// In the order of [`MEASURES`]; what a type does not measure has no value.
    fn values(&self, of: RequestType) -> [Option<u64>; 9] {
        let keeps = of == RequestType::AccountPreservation;
        let gives = |value| (!keeps).then_some(value);
        [
            Some(self.requests_received),
            Some(self.items_specified),
            gives(self.requests_data_provided),
            percent(self.requests_data_provided, self.requests_received).filter(|_| !keeps),
            Some(self.requests_challenged_rejected),
            gives(self.requests_no_data),
            gives(self.content_provided),
            gives(self.noncontent_provided),
            keeps.then_some(self.accounts_preserved),
        ]
    }
}

impl Apple {
    /// The table of `period`.
    pub fn of(cases: &Cases, period: ReportingPeriod) -> Self {
        let mut rows: BTreeMap<(RequestType, String, Jurisdiction), Measures> = BTreeMap::new();
        for case in cases.within(&period).countable() {
            let Some(request_type) = RequestType::of(case) else { continue };
            let key = (request_type, country::name(case.state), case.state);
            rows.entry(key).or_default().count(case);
        }
        let row = |((request_type, _, country), measures)| Row { request_type, country, measures };
        Self { period, rows: rows.into_iter().map(row).collect() }
    }

    /// As CSV, a line for each type and country.
    pub fn to_csv(&self) -> String {
        let header: Vec<_> =
            ["period", "request_type", "country"].into_iter().chain(MEASURES).collect();
        let rows = self.rows.iter().map(|row| {
            let named = [
                self.period.to_string(),
                row.request_type.as_str().to_owned(),
                country::cell(row.country),
            ];
            let values = row.measures.values(row.request_type).map(table::number);
            named.into_iter().chain(values).collect::<Vec<_>>()
        });
        table::csv(&header, rows)
    }

    /// As JSON in the form of the machine-readable copy: lists of periods, countries and types, and rows that point into them.
    pub fn to_json(&self) -> serde_json::Value {
        let mut countries: Vec<_> =
            self.rows.iter().map(|row| country::name(row.country)).collect();
        countries.sort();
        countries.dedup();
        let types = RequestType::ALL.map(RequestType::as_str);
        let period = match self.period.half() {
            Some((year, half)) => format!("{year} H{half}"),
            None => self.period.to_string(),
        };
        let rows = self.rows.iter().map(|row| {
            let country = countries.binary_search(&country::name(row.country)).unwrap_or_default();
            let of = RequestType::ALL.iter().position(|one| *one == row.request_type);
            let named =
                [Some(0), u64::try_from(country).ok(), of.and_then(|of| u64::try_from(of).ok())];
            named.into_iter().chain(row.measures.values(row.request_type)).collect::<Vec<_>>()
        });
        let rows: Vec<_> = rows.collect();
        serde_json::json!({
            "coverage": period,
            "measures": MEASURES,
            "periods": [period],
            "countries": countries,
            "request_types": types,
            "rows": rows,
        })
    }
}
