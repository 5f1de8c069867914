//! Part 3 of the template of Implementing Regulation (EU) 2024/2835: orders from Member States' authorities, strictly.
//!
//! Source: Regulation (EU) 2022/2065 Art 15(1)(a) asks for all orders of Member States' authorities, those under its Art 9
//! and 10 included; the columns are those of the Commission's CSV template, part `3_member_states_orders`. What the template
//! does not allow is refused: a period that is not one of Art 2 of the Implementing Regulation, a row of two Member States, a
//! category outside the lists, a median without orders.
//!
//! Counsel must check, since Annex II was not before whoever wrote this: the unit of the medians ([`Unit`] is an argument,
//! and each median's contextual cell names it); the word of the column `Applicability` (an argument too); whether orders
//! under Regulation (EU) 2021/784 and 2023/1543 belong here; whether a Member State without orders needs rows.

use crate::case::minutes;
use crate::cases::{Case, Cases};
use crate::counting::Act;
use crate::statistics::median;
use crate::{ReportingPeriod, table};
use std::collections::BTreeMap;
use writ_vocabulary::Jurisdiction;

/// What the template asks of the provider beside the counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The column `Applicability`, as the template words it for this kind of provider.
    pub applicability: String,
    /// The service that is reported on.
    pub service: String,
    /// The unit of the medians.
    pub unit: Unit,
}

/// The unit of a median.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Hours.
    Hours,
    /// Days.
    Days,
}

impl Unit {
    fn of(self, minutes: u64) -> f64 {
        let minutes = minutes as f64;
        match self {
            Self::Hours => minutes / 60.0,
            Self::Days => minutes / 1440.0,
        }
    }

    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hours => "hours",
            Self::Days => "days",
        }
    }
}

/// Part 3, complete.
#[derive(Debug, Clone, PartialEq)]
pub struct Dsa {
    about: About,
    period: ReportingPeriod,
    rows: Vec<Row>,
}

/// One category in one scope.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// `TOTAL`, or a word of the template's lists.
    pub category: String,
    /// One Member State; nothing for `TOTAL`.
    pub scope: Option<Jurisdiction>,
    /// Orders to act against illegal content received.
    pub to_act: Orders,
    /// Addresses that they name.
    pub items: u64,
    /// Orders to provide information received.
    pub to_inform: Orders,
}

/// Orders of one kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Orders {
    /// How many.
    pub count: u64,
    /// Minutes from receipt to its acknowledgement, of those whose acknowledgement is known: the median.
    pub informed: Option<u64>,
    /// Minutes from receipt to effect, of those given effect to: the median.
    pub effected: Option<u64>,
}

/// What the template does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DsaError {
    /// The period is none that may be reported on.
    #[error(
        "`{0}` is no reporting period of Implementing Regulation (EU) 2024/2835: give a calendar year, or a half-year for a very large service"
    )]
    Period(String),
    /// The period lies before the templates.
    #[error("`{0}` begins before 1 July 2025, from when the templates are used")]
    TooEarly(String),
    /// A category that the template does not have.
    #[error("`{0}` is no category of the template: mend the table of how instruments count")]
    Category(String),
    /// A cell of text that is empty or could be taken for something else.
    #[error("`{0}` cannot stand in the column `{1}`: give plain text")]
    Text(String, &'static str),
}

/// The columns, word for word.
pub const COLUMNS: [&str; 20] = [
    "Applicability",
    "Service",
    "Reporting period",
    "Category of illegal content",
    "Description of the sub-category \"Other\"",
    "Scope",
    "Number of orders to act against illegal content received",
    "Number of specific items of information included in the total number of orders to act against illegal content",
    "Median time to inform the authority of the receipt of the order to act against illegal content",
    "Median time to give effect to the order to act against illegal content",
    "Number of orders to provide information",
    "Median time to inform the authority of the receipt of the order to provide information",
    "Median time to give effect to the order to provide information",
    "Contextual information on number of orders to act against illegal content received",
    "Contextual information on number of specific items of information included in the total number of orders to act against illegal content",
    "Contextual information on Median time to inform the authority of the receipt of the order to act against illegal content",
    "Contextual information on Median time to give effect to the order to act against illegal content",
    "Contextual information on Number of orders to provide information",
    "Contextual information on Median time to inform the authority of the receipt of the order to provide information",
    "Contextual information on Median time to give effect to the order to provide information",
];

/// The words of the column for the category that this crate writes: the total, kinds of illegal content, and keywords.
const CATEGORIES: [&str; 21] = [
    "TOTAL",
    "STATEMENT_CATEGORY_ANIMAL_WELFARE",
    "STATEMENT_CATEGORY_CONSUMER_INFORMATION",
    "STATEMENT_CATEGORY_CYBER_VIOLENCE",
    "STATEMENT_CATEGORY_CYBER_VIOLENCE_AGAINST_WOMEN",
    "STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
    "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH",
    "STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS",
    "STATEMENT_CATEGORY_NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS",
    "STATEMENT_CATEGORY_NOT_SPECIFIED_ORDER",
    "STATEMENT_CATEGORY_OTHER_ILLEGAL",
    "STATEMENT_CATEGORY_PROTECTION_OF_MINORS",
    "STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY",
    "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
    "STATEMENT_CATEGORY_SELF_HARM",
    "STATEMENT_CATEGORY_UNSAFE_AND_PROHIBITED_PRODUCTS",
    "STATEMENT_CATEGORY_VIOLENCE",
    "KEYWORD_CHILD_SEXUAL_ABUSE_MATERIAL",
    "KEYWORD_HATE_SPEECH",
    "KEYWORD_ILLEGAL_ORGANIZATIONS",
    "KEYWORD_TERRORIST_CONTENT",
];

/// The category under which a keyword's orders count too.
fn parent(category: &str) -> Option<&'static str> {
    Some(match category {
        "KEYWORD_CHILD_SEXUAL_ABUSE_MATERIAL" => "STATEMENT_CATEGORY_PROTECTION_OF_MINORS",
        "KEYWORD_HATE_SPEECH" => "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH",
        "KEYWORD_ILLEGAL_ORGANIZATIONS" | "KEYWORD_TERRORIST_CONTENT" => {
            "STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY"
        }
        _ => return None,
    })
}

#[derive(Default)]
struct Sums {
    to_act: Raw,
    items: u64,
    to_inform: Raw,
}

#[derive(Default)]
struct Raw {
    count: u64,
    informed: Vec<u64>,
    effected: Vec<u64>,
}

impl Raw {
    fn count(&mut self, case: &Case) {
        self.count += 1;
        self.informed.extend(case.acknowledged.map(|at| minutes(case.received, at)));
        // An order is given effect to when the content is gone, or the data are handed over.
        self.effected.extend(case.acted.or(case.produced).map(|at| minutes(case.received, at)));
    }

    fn orders(mut self) -> Orders {
        self.informed.sort_unstable();
        self.effected.sort_unstable();
        Orders {
            count: self.count,
            informed: median(&self.informed),
            effected: median(&self.effected),
        }
    }
}

impl Dsa {
    /// Part 3 for `period`.
    ///
    /// # Errors
    /// [`DsaError`] where the template does not allow what would be written.
    pub fn of(cases: &Cases, period: ReportingPeriod, about: About) -> Result<Self, DsaError> {
        allowed(&period)?;
        text(&about.applicability, "Applicability")?;
        text(&about.service, "Service")?;
        let mut sums: BTreeMap<(String, Option<Jurisdiction>), Sums> = BTreeMap::new();
        sums.entry(("TOTAL".to_owned(), None)).or_default();
        for case in cases.within(&period).countable().filter(|case| is_order(case)) {
            let category = case.class.dsa.as_str();
            if !CATEGORIES.contains(&category) {
                return Err(DsaError::Category(category.to_owned()));
            }
            for category in ["TOTAL"].into_iter().chain(parent(category)).chain([category]) {
                for scope in [None, Some(case.state)] {
                    sums.entry((category.to_owned(), scope)).or_default().count(case);
                }
            }
        }
        let row = |((category, scope), sums): (_, Sums)| Row {
            category,
            scope,
            to_act: sums.to_act.orders(),
            items: sums.items,
            to_inform: sums.to_inform.orders(),
        };
        let mut rows: Vec<_> = sums.into_iter().map(row).collect();
        rows.sort_by_key(|row| {
            (CATEGORIES.iter().position(|word| *word == row.category), row.scope)
        });
        Ok(Self { about, period, rows })
    }

    /// The rows: the total first; a category before its Member States.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// As CSV (RFC 4180, UTF-8), the template's columns word for word.
    pub fn to_csv(&self) -> String {
        table::csv(&COLUMNS, self.rows.iter().map(|row| self.line(row)))
    }

    fn line(&self, row: &Row) -> Vec<String> {
        let scope = row.scope.map_or_else(|| "TOTAL".to_owned(), |state| state.to_string());
        let median = |minutes: Option<u64>| {
            minutes.map(|minutes| format!("{:.2}", self.about.unit.of(minutes))).unwrap_or_default()
        };
        let unit = |minutes: Option<u64>| match minutes {
            Some(_) => format!("in {}", self.about.unit.as_str()),
            None => "no order whose time is known".to_owned(),
        };
        let (act, inform) = (&row.to_act, &row.to_inform);
        vec![
            self.about.applicability.clone(),
            self.about.service.clone(),
            self.period.iso(),
            row.category.clone(),
            String::new(),
            scope,
            act.count.to_string(),
            row.items.to_string(),
            median(act.informed),
            median(act.effected),
            inform.count.to_string(),
            median(inform.informed),
            median(inform.effected),
            String::new(),
            String::new(),
            unit(act.informed),
            unit(act.effected),
            String::new(),
            unit(inform.informed),
            unit(inform.effected),
        ]
    }
}

impl Sums {
    fn count(&mut self, case: &Case) {
        if case.class.act == Act::Remove {
            self.to_act.count(case);
            self.items += case.accounts;
        } else {
            self.to_inform.count(case);
        }
    }
}

/// An order of a Member State's authority, to act or to provide information. What compels nothing is no order, and an order
/// to keep data is neither.
fn is_order(case: &Case) -> bool {
    case.state.is_member_state() && !case.class.voluntary && case.class.act != Act::Preserve
}

/// Art 2(1), (2) and (4) of the Implementing Regulation.
fn allowed(period: &ReportingPeriod) -> Result<(), DsaError> {
    let year = period.year().is_some();
    if !year && period.half().is_none() {
        return Err(DsaError::Period(period.to_string()));
    }
    // The cycle of 2025 began before the templates and ends with them (recital 9).
    let from = if year { jiff::civil::date(2025, 1, 1) } else { jiff::civil::date(2025, 7, 1) };
    if period.first() < from { Err(DsaError::TooEarly(period.to_string())) } else { Ok(()) }
}

fn text(given: &str, column: &'static str) -> Result<(), DsaError> {
    if given.trim().is_empty() || table::plain(given) != given {
        return Err(DsaError::Text(given.chars().take(80).collect(), column));
    }
    Ok(())
}
