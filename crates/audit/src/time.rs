//! Times as people read them: seconds since 1970 as a date, and the half-years of reports. All in UTC.

use serde::{Serialize, Serializer};
use std::fmt;

const DAY: u64 = 86_400;

/// Half a calendar year, as reports have them: `2026-H1` is January to June 2026.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct HalfYear(u64);

impl HalfYear {
    /// The half-year in which this second since 1970 lies.
    pub fn of(seconds: u64) -> Self {
        let (year, month, _) = date(seconds / DAY);
        Self(year * 2 + u64::from(month > 6))
    }

    /// So many half-years later.
    pub fn later(self, by: u64) -> Self {
        Self(self.0.saturating_add(by))
    }
}

impl fmt::Display for HalfYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-H{}", self.0 / 2, self.0 % 2 + 1)
    }
}

impl Serialize for HalfYear {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `2026-11-22T17:41:54Z`.
pub(crate) fn instant(seconds: u64) -> String {
    let (year, month, day) = date(seconds / DAY);
    let (hour, minute, second) = (seconds % DAY / 3600, seconds % 3600 / 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Year, month and day of a day since 1 January 1970 (Gregorian). Counted in years that begin in March, so that the leap
/// day is the last; 400 of them have 146,097 days.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_shown_as_dates() {
        for (seconds, shown, half) in [
            (0, "1970-01-01T00:00:00Z", "1970-H1"),
            (951_782_400, "2000-02-29T00:00:00Z", "2000-H1"),
            (1_782_863_999, "2026-06-30T23:59:59Z", "2026-H1"),
            (1_782_864_000, "2026-07-01T00:00:00Z", "2026-H2"),
            (4_107_542_399, "2100-02-28T23:59:59Z", "2100-H1"),
            (4_107_542_400, "2100-03-01T00:00:00Z", "2100-H1"),
        ] {
            assert_eq!(instant(seconds), shown);
            assert_eq!(HalfYear::of(seconds).to_string(), half);
        }
        instant(u64::MAX);
        assert_eq!(HalfYear::of(0).later(3).to_string(), "1971-H2");
    }
}
