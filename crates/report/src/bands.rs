//! National security process of the United States in bands: 50 U.S.C. 1874.
//!
//! (a) lets a person report in one of four structures, each with the width of its bands; (b) says which days a report may
//! cover and how long it must wait; (c) lets the Government and a person agree on another form, which this crate does not
//! write. A number leaves here only as a [`Band`], and a [`Band`] is legal by its type.
//!
//! Counsel must check: that a half-year of 181 or 184 days may stand for "180 days", as published reports take it; that the
//! 540 days, which the text gives for (a)(1) and (2), do not bind (3); whether an order that is refused is one "with which
//! the person was required to comply" (here every order received counts).

use crate::cases::Cases;
use crate::counting::BandLine;
use crate::{ReportingPeriod, table};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::fmt;

/// The four structures of 50 U.S.C. 1874(a).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Structure {
    /// (a)(1): half-yearly, six lines, bands of 1000 from 0–999.
    Thousand,
    /// (a)(2): half-yearly, six lines, bands of 500 from 0–499.
    FiveHundred,
    /// (a)(3): half-yearly, all process together, bands of 250 from 0–249.
    TwoHundredFifty,
    /// (a)(4): yearly, all process together, bands of 100 from 0–99.
    Hundred,
}

impl Structure {
    /// The width of its bands.
    pub fn width(self) -> u64 {
        match self {
            Self::Thousand => 1000,
            Self::FiveHundred => 500,
            Self::TwoHundredFifty => 250,
            Self::Hundred => 100,
        }
    }

    /// The paragraph.
    pub fn cite(self) -> &'static str {
        match self {
            Self::Thousand => "50 U.S.C. 1874(a)(1)",
            Self::FiveHundred => "50 U.S.C. 1874(a)(2)",
            Self::TwoHundredFifty => "50 U.S.C. 1874(a)(3)",
            Self::Hundred => "50 U.S.C. 1874(a)(4)",
        }
    }

    /// Whether it gives letters, contents and noncontents apart.
    fn is_apart(self) -> bool {
        matches!(self, Self::Thousand | Self::FiveHundred)
    }
}

/// A band of a structure: its lower end is a multiple of the width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Band {
    low: u64,
    high: u64,
}

/// What may not be published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BandError {
    /// Not a band at all.
    #[error("`{0}` is not a band: give its two ends, as `0-499`")]
    NotABand(String),
    /// A band of another structure.
    #[error(
        "`{given}` is no band of {cite}, whose bands are {width} wide from 0: `{legal}` is the one that begins there"
    )]
    Illegal {
        /// What was given.
        given: String,
        /// The structure.
        cite: &'static str,
        /// The width of its bands.
        width: u64,
        /// The band of the structure that holds the lower end.
        legal: String,
    },
    /// Too early.
    #[error("{what} may be published from {from} on ({cite}), and this is {published}")]
    TooEarly {
        /// Of what.
        what: &'static str,
        /// The first day.
        from: Date,
        /// The day on which it would be published.
        published: Date,
        /// The law.
        cite: &'static str,
    },
    /// The period is not of the structure's length.
    #[error("`{period}` is {days} days long; {cite} covers {covers}")]
    Length {
        /// The period.
        period: ReportingPeriod,
        /// Its days.
        days: i32,
        /// The law.
        cite: &'static str,
        /// What it covers.
        covers: &'static str,
    },
    /// A structure of six lines needs a period for letters and one for orders.
    #[error("{0} covers letters and orders over two periods: give both")]
    TwoPeriods(&'static str),
    /// The last day of the calendar was passed.
    #[error("the dates lie beyond the calendar")]
    Calendar,
}

impl Band {
    /// The band of `structure` that holds `count`.
    pub fn of(count: u64, structure: Structure) -> Self {
        let width = structure.width();
        let low = count - count % width;
        Self { low, high: low.saturating_add(width - 1) }
    }

    /// Reads a band as reports write it, `24,000–24,999`, and refuses one that is not of `structure`.
    ///
    /// # Errors
    /// [`BandError`] where it is no band, or one of another width or start.
    ///
    /// ```
    /// use writ_report::bands::{Band, Structure};
    /// assert!(Band::parse("20,500-20,999", Structure::FiveHundred).is_ok());
    /// assert!(Band::parse("24,000-24,999", Structure::FiveHundred).is_err(), "a thousand wide");
    /// ```
    pub fn parse(text: &str, structure: Structure) -> Result<Self, BandError> {
        let short = || text.chars().take(80).collect::<String>();
        let end = |text: &str| {
            let digits: String = text.trim().chars().filter(|one| *one != ',').collect();
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            if plain { digits.parse::<u64>().ok() } else { None }
        };
        let ends =
            text.split_once(['-', '–']).and_then(|(low, high)| Some((end(low)?, end(high)?)));
        let (low, high) = ends.ok_or_else(|| BandError::NotABand(short()))?;
        let legal = Self::of(low, structure);
        if legal == (Self { low, high }) {
            return Ok(legal);
        }
        Err(BandError::Illegal {
            given: short(),
            cite: structure.cite(),
            width: structure.width(),
            legal: legal.to_string(),
        })
    }

    /// Its two ends.
    pub fn ends(&self) -> (u64, u64) {
        (self.low, self.high)
    }
}

impl fmt::Display for Band {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}–{}", grouped(self.low), grouped(self.high))
    }
}

/// A number with a comma before each three digits.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// One order, directive or letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its line.
    pub line: BandLine,
    /// The day of receipt.
    pub received: Date,
    /// How many customer selectors it targets.
    pub selectors: u64,
    /// Whether it is the first on a platform, product or service for which none was received before. A person says so.
    pub first_on_platform: bool,
}

/// The process among `cases`: what the table of how instruments count has a line for.
pub fn process(cases: &Cases) -> Vec<Process> {
    let process = cases.iter().filter_map(|case| {
        Some(Process {
            line: case.class.band?,
            received: case.received.to_zoned(TimeZone::UTC).date(),
            selectors: case.accounts,
            first_on_platform: false,
        })
    });
    process.collect()
}

/// Which days a report covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Covers {
    /// The days of letters; of all process in (a)(3) and (4).
    pub letters: ReportingPeriod,
    /// The days of orders and directives, in (a)(1) and (2).
    pub orders: Option<ReportingPeriod>,
}

/// A report that may be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The structure.
    pub structure: Structure,
    /// The days.
    pub covers: Covers,
    /// The lines.
    pub lines: Vec<Line>,
}

/// One line of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What is counted.
    pub what: &'static str,
    /// Its band.
    pub band: Band,
}

/// Days of a first order on a new platform: 50 U.S.C. 1874(b)(1)(B).
const NEW_PLATFORM_DAYS: i32 = 540;

impl Report {
    /// The report in `structure` that may be published on `published`.
    ///
    /// # Errors
    /// [`BandError`] where the days are not those of the structure, or the delay of subsection (b) is not over.
    pub fn of(
        process: &[Process],
        structure: Structure,
        covers: Covers,
        published: Date,
    ) -> Result<Self, BandError> {
        check_days(structure, covers, published)?;
        let new_until =
            published.checked_sub(NEW_PLATFORM_DAYS.days()).map_err(|_| BandError::Calendar)?;
        let counts = |line: Option<BandLine>| {
            let orders = covers.orders.unwrap_or(covers.letters);
            let mut counts = (0_u64, 0_u64);
            for one in process.iter().filter(|one| line.is_none_or(|line| line == one.line)) {
                let letter = one.line == BandLine::Letters;
                let period = if letter { covers.letters } else { orders };
                let inside = period.first() <= one.received && one.received <= period.last();
                let too_new = structure.is_apart()
                    && !letter
                    && one.first_on_platform
                    && one.received > new_until;
                if inside && !too_new {
                    counts = (counts.0 + 1, counts.1.saturating_add(one.selectors));
                }
            }
            counts
        };
        let mut lines = Vec::new();
        let mut line = |what: [&'static str; 2], (orders, selectors)| {
            let [of_orders, of_selectors] = what;
            lines.push(Line { what: of_orders, band: Band::of(orders, structure) });
            lines.push(Line { what: of_selectors, band: Band::of(selectors, structure) });
        };
        if structure.is_apart() {
            line(
                ["national security letters received", "customer selectors targeted by them"],
                counts(Some(BandLine::Letters)),
            );
            line(
                [
                    "orders and directives for contents received",
                    "customer selectors targeted under them",
                ],
                counts(Some(BandLine::Content)),
            );
            line(
                [
                    "orders for noncontents received",
                    "customer selectors targeted under orders for noncontents",
                ],
                counts(Some(BandLine::NonContent)),
            );
        } else {
            line(
                ["all national security process received", "customer selectors targeted under it"],
                counts(None),
            );
        }
        Ok(Self { structure, covers, lines })
    }

    /// As CSV, a line for each line.
    pub fn to_csv(&self) -> String {
        let rows = self.lines.iter().map(|line| {
            let letters = line.what.contains("letters") || line.what.ends_with("by them");
            let period = if letters {
                self.covers.letters
            } else {
                self.covers.orders.unwrap_or(self.covers.letters)
            };
            [
                self.structure.cite().to_owned(),
                period.iso(),
                line.what.to_owned(),
                line.band.low.to_string(),
                line.band.high.to_string(),
            ]
        });
        table::csv(&["structure", "period", "line", "from", "to"], rows)
    }

    /// As JSON.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// Subsection (b): the length of what is covered, and the delay.
fn check_days(structure: Structure, covers: Covers, published: Date) -> Result<(), BandError> {
    let cite = structure.cite();
    let (shortest, longest, words) = match structure {
        Structure::Hundred => (365, 366, "one year"),
        _ => (180, 184, "180 days, or the half-year that stands for them"),
    };
    for period in [Some(covers.letters), covers.orders].into_iter().flatten() {
        let days = period.len_days();
        if !(shortest..=longest).contains(&days) {
            return Err(BandError::Length { period, days, cite, covers: words });
        }
    }
    let wait = |what, period: ReportingPeriod, span: jiff::Span, cite| {
        let from = period.last().checked_add(span).map_err(|_| BandError::Calendar)?;
        if from > published {
            Err(BandError::TooEarly { what, from, published, cite })
        } else {
            Ok(())
        }
    };
    match (structure.is_apart(), covers.orders) {
        (true, Some(orders)) => {
            wait("letters", covers.letters, 1.day(), "50 U.S.C. 1874(b)(1)(A)")?;
            wait("orders and directives", orders, 180.days(), "50 U.S.C. 1874(b)(1)(B)")
        }
        (true, None) => Err(BandError::TwoPeriods(cite)),
        (false, _) if structure == Structure::Hundred => {
            wait("all process", covers.letters, 1.year(), "50 U.S.C. 1874(b)(3)")
        }
        (false, _) => wait("all process", covers.letters, 1.day(), "50 U.S.C. 1874(b)(2)"),
    }
}
