//! The period of a report: whole days, in Greenwich time.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use std::fmt;
use std::str::FromStr;
use writ_vocabulary::Instant;

/// Whole days from a first to a last, both included.
///
/// ```
/// use writ_report::ReportingPeriod;
/// let half: ReportingPeriod = "2026-H1".parse()?;
/// assert_eq!(half.iso(), "2026-01-01/2026-06-30");
/// assert!("2025-07-01/2025-12-60".parse::<ReportingPeriod>().is_err(), "no such day");
/// # Ok::<(), writ_report::PeriodError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReportingPeriod {
    first: Date,
    last: Date,
}

/// Text that is not a reporting period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a reporting period: give a half-year (`2026-H1`), a year (`2026`), or a first and last day (`2026-01-01/2026-03-31`)"
)]
pub struct PeriodError(String);

impl ReportingPeriod {
    /// From `first` to `last`, both included.
    ///
    /// # Errors
    /// [`PeriodError`] where `last` lies before `first`.
    pub fn days(first: Date, last: Date) -> Result<Self, PeriodError> {
        if last < first {
            return Err(PeriodError(format!("{first}/{last}")));
        }
        Ok(Self { first, last })
    }

    /// The first day.
    pub fn first(&self) -> Date {
        self.first
    }

    /// The last day.
    pub fn last(&self) -> Date {
        self.last
    }

    /// How many days it has.
    pub fn len_days(&self) -> i32 {
        self.first.until(self.last).map_or(0, |span| span.get_days()) + 1
    }

    /// Whether `at` lies in it.
    pub fn contains(&self, at: Instant) -> bool {
        let day = at.to_zoned(TimeZone::UTC).date();
        self.first <= day && day <= self.last
    }

    /// Its two days as an interval of ISO 8601.
    pub fn iso(&self) -> String {
        format!("{}/{}", self.first, self.last)
    }

    /// The calendar year that it is, if it is one.
    pub fn year(&self) -> Option<i16> {
        let year = self.first.year();
        (*self == Self { first: date(year, 1, 1), last: date(year, 12, 31) }).then_some(year)
    }

    /// The half-year that it is, if it is one: year, and 1 or 2.
    pub fn half(&self) -> Option<(i16, u8)> {
        let year = self.first.year();
        [1, 2].into_iter().map(|half| (year, half)).find(|&(year, half)| {
            let (first, last) = ends(year, half);
            *self == Self { first, last }
        })
    }

    /// The period of the same kind before it, for comparison.
    pub fn before(&self) -> Option<Self> {
        match (self.half(), self.year()) {
            (Some((year, 2)), _) => Some(half(year, 1)),
            (Some((year, _)), _) if year > 1 => Some(half(year - 1, 2)),
            (_, Some(year)) => format!("{:04}", year.checked_sub(1)?).parse().ok(),
            _ => {
                let last = self.first.checked_sub(1.day()).ok()?;
                let first = last.checked_sub((self.len_days() - 1).days()).ok()?;
                Some(Self { first, last })
            }
        }
    }
}

impl FromStr for ReportingPeriod {
    type Err = PeriodError;
    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let wrong = || PeriodError(text.chars().take(80).collect());
        let year = |text: &str| {
            let plain = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
            if plain { text.parse::<i16>().ok().filter(|year| *year > 0) } else { None }
        };
        let parsed = match text.split_once('/') {
            Some((first, last)) => {
                let day = |text: &str| text.parse::<Date>().map_err(|_| wrong());
                return Self::days(day(first)?, day(last)?);
            }
            None => match text.split_once(['-', ' ']) {
                Some((first, "H1")) => year(first).map(|year| half(year, 1)),
                Some((first, "H2")) => year(first).map(|year| half(year, 2)),
                Some(_) => None,
                None => year(text)
                    .map(|year| Self { first: date(year, 1, 1), last: date(year, 12, 31) }),
            },
        };
        parsed.ok_or_else(wrong)
    }
}

impl fmt::Display for ReportingPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.half(), self.year()) {
            (Some((year, half)), _) => write!(f, "{year:04}-H{half}"),
            (_, Some(year)) => write!(f, "{year:04}"),
            _ => f.write_str(&self.iso()),
        }
    }
}

impl serde::Serialize for ReportingPeriod {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for ReportingPeriod {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

fn half(year: i16, half: u8) -> ReportingPeriod {
    let (first, last) = ends(year, half);
    ReportingPeriod { first, last }
}

fn ends(year: i16, half: u8) -> (Date, Date) {
    if half == 1 {
        (date(year, 1, 1), date(year, 6, 30))
    } else {
        (date(year, 7, 1), date(year, 12, 31))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_reads_back_as_it_is_written() {
        for text in ["2026-H1", "2026-H2", "2026", "2026-02-03/2026-02-04"] {
            let period: ReportingPeriod = text.parse().unwrap();
            assert_eq!(period.to_string(), text);
        }
    }

    #[test]
    fn a_period_knows_the_one_before_it() {
        let before = |text: &str| text.parse::<ReportingPeriod>().unwrap().before().unwrap();
        assert_eq!(before("2026-H2").to_string(), "2026-H1");
        assert_eq!(before("2026-H1").to_string(), "2025-H2");
        assert_eq!(before("2026").to_string(), "2025");
        assert_eq!(before("2026-01-11/2026-01-20").to_string(), "2026-01-01/2026-01-10");
    }

    #[test]
    fn what_is_no_period_is_refused() {
        for text in ["", "2026-H3", "26", "2026-12-31/2026-01-01", "2025-07-01/2025-12-60", "H1"] {
            assert!(text.parse::<ReportingPeriod>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_last_day_belongs_to_it_whole() {
        let half: ReportingPeriod = "2026-H1".parse().unwrap();
        assert!(half.contains("2026-06-30T23:59:59Z".parse().unwrap()));
        assert!(!half.contains("2026-07-01T00:00:00Z".parse().unwrap()));
    }
}
