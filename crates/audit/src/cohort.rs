//! Gags by the half-year in which they began: how many there were, how many should be over, how many were opened.

use crate::time::HalfYear;
use crate::verdict::Published;
use serde::Serialize;
use std::collections::BTreeMap;
use writ_tally::{Genesis, Schema, Total};

/// The table that says when a leaf's gag ends, in half-years after its own.
const TABLE: &str = "sealed";

/// The sealed leaves of one published period that have one end of gag. A leaf in row `extension` prolongs another's gag;
/// which one is not public, so what is over and unopened may have been prolonged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cohort {
    /// The half-year of the period's first epoch.
    pub from: HalfYear,
    /// The half-year of its last epoch; mostly the same.
    pub until: HalfYear,
    /// The row of the table `sealed`.
    pub row: String,
    /// The half-year in which the last of these gags ends; nothing where the row names none.
    pub ends: Option<HalfYear>,
    /// Whether that half-year is over.
    pub over: bool,
    /// How many leaves there are, by the published totals.
    pub leaves: u64,
    /// How many of them were revealed.
    pub opened: u64,
}

impl Cohort {
    /// How many gags are over though nobody was told: what somebody should ask about.
    pub fn unopened(&self) -> u64 {
        if self.over { self.leaves.saturating_sub(self.opened) } else { 0 }
    }
}

/// What the published totals and the reveals tell of gags. Rows that are published in a band tell nothing exact, and are
/// left out. Without a time, the end of the last published epoch is taken for now.
pub(crate) fn cohorts(
    schema: &Schema,
    genesis: &Genesis,
    periods: &[Published],
    revealed: &BTreeMap<u64, Vec<u8>>,
    now: Option<u64>,
) -> Vec<Cohort> {
    let Some(place) = schema.tables().iter().position(|table| table.name() == TABLE) else {
        return Vec::new();
    };
    let start_of = |epoch: u32| {
        let length = u64::from(genesis.epoch_seconds);
        genesis.start.saturating_add(u64::from(epoch).saturating_mul(length))
    };
    let latest = periods.iter().map(|period| start_of(period.epochs.1.saturating_add(1))).max();
    let now = HalfYear::of(now.or(latest).unwrap_or_default());
    let mut cohorts = Vec::new();
    for period in periods {
        let from = HalfYear::of(start_of(period.epochs.0));
        let until = HalfYear::of(start_of(period.epochs.1));
        let rows = period.totals.tables().get(place).map(|table| table.rows()).unwrap_or_default();
        for (number, row) in rows.iter().enumerate().skip(1) {
            let Total::Exact(leaves) = *row.total() else { continue };
            let opened = revealed.range(period.from..period.to);
            let opened = opened
                .filter(|(_, rows)| rows.get(place).map(|row| usize::from(*row)) == Some(number));
            let ends = row.row().parse().ok().map(|halves| until.later(halves));
            cohorts.push(Cohort {
                from,
                until,
                row: row.row().to_owned(),
                ends,
                over: ends.is_some_and(|ends| ends < now),
                leaves: u64::from(leaves),
                opened: opened.count() as u64,
            });
        }
    }
    cohorts
}
