//! Periods: half-open spans of time, open at an end where nothing bounds it.

use crate::Instant;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// From `from` (included) until `until` (excluded). A missing end is unbounded: all that is held.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(try_from = "Ends", into = "Ends")]
#[schemars(with = "Ends")]
pub struct Period {
    from: Option<Instant>,
    until: Option<Instant>,
}

/// A period that ends before it begins.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the period ends at `{until}`, which is not after its start `{from}`; check the two dates")]
pub struct PeriodError {
    from: Instant,
    until: Instant,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Ends {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<Instant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Instant>,
}

impl Period {
    /// No bound at either end.
    pub const ALL: Self = Self { from: None, until: None };

    /// The period between two instants, either of which may be missing.
    pub fn new(from: Option<Instant>, until: Option<Instant>) -> Result<Self, PeriodError> {
        match (from, until) {
            (Some(from), Some(until)) if until <= from => Err(PeriodError { from, until }),
            _ => Ok(Self { from, until }),
        }
    }

    /// The first instant inside, if there is a bound.
    pub fn from(&self) -> Option<Instant> {
        self.from
    }

    /// The first instant after, if there is a bound.
    pub fn until(&self) -> Option<Instant> {
        self.until
    }

    /// Whether both ends are bounded.
    pub fn is_bounded(&self) -> bool {
        self.from.is_some() && self.until.is_some()
    }

    /// Whether `instant` lies inside.
    pub fn contains(&self, instant: Instant) -> bool {
        self.from.is_none_or(|from| from <= instant)
            && self.until.is_none_or(|until| instant < until)
    }

    /// Whether every instant of this period lies inside `other`.
    pub fn is_within(&self, other: &Self) -> bool {
        self.intersection(other) == Some(*self)
    }

    /// What both periods share, if anything.
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        let from = self.from.max(other.from);
        let until = match (self.until, other.until) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Self::new(from, until).ok()
    }

    /// The two as one, where they overlap or touch.
    pub(crate) fn joined(&self, other: &Self) -> Option<Self> {
        let (first, second) = if self.from <= other.from { (self, other) } else { (other, self) };
        let apart = match (first.until, second.from) {
            (Some(end), Some(start)) => end < start,
            _ => false,
        };
        let until = match (first.until, second.until) {
            (Some(a), Some(b)) => Some(a.max(b)),
            _ => None,
        };
        (!apart).then_some(Self { from: first.from, until })
    }
}

impl TryFrom<Ends> for Period {
    type Error = PeriodError;
    fn try_from(ends: Ends) -> Result<Self, PeriodError> {
        Self::new(ends.from, ends.until)
    }
}

impl From<Period> for Ends {
    fn from(period: Period) -> Ends {
        Ends { from: period.from, until: period.until }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.until) {
            (None, None) => f.write_str("all that is held"),
            (Some(from), None) => write!(f, "from {from}"),
            (None, Some(until)) => write!(f, "until {until}"),
            (Some(from), Some(until)) => write!(f, "{from} to {until}"),
        }
    }
}
