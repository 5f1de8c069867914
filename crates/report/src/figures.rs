//! The house's own figures: every case by state and instrument, national security included. Not for publication as they are.

use crate::case::{CaseFacts, Outcome};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::AddAssign;
use writ_docket::Event;
use writ_vocabulary::{Instant, InstrumentId, Jurisdiction};

/// The figures of a period: a row for each state and instrument.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// The rows.
    pub rows: Vec<Row>,
}

/// The figures of one state and instrument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The state of the claimed issuer.
    pub jurisdiction: Jurisdiction,
    /// The claimed instrument.
    pub instrument: InstrumentId,
    /// Its counts.
    #[serde(flatten)]
    pub counts: Counts,
}

/// Counts of cases. Each case that was answered stands in exactly one of the outcome columns; one that is not yet
/// answered stands in `pending`, so that `received` is always their sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Demands received.
    pub received: u64,
    /// Accounts they named.
    pub accounts: u64,
    /// Of them, claimed as emergencies.
    pub emergencies: u64,
    /// Content was disclosed.
    pub content: u64,
    /// Only other data were disclosed.
    pub non_content: u64,
    /// Nothing of what was granted is held.
    pub nothing_held: u64,
    /// Refused.
    pub refused: u64,
    /// Sent to whom the data belong.
    pub redirected: u64,
    /// Asked to be mended, and not mended yet.
    pub cure_asked: u64,
    /// The sender is not proven.
    pub held: u64,
    /// Preserved only.
    pub preserved: u64,
    /// What was ordered to be removed is removed.
    pub acted_on: u64,
    /// Taken back.
    pub withdrawn: u64,
    /// Not yet answered.
    pub pending: u64,
    /// Of all, decided by two people against the ruling.
    pub overridden: u64,
    /// Of all, granted in an emergency whose confirmation did not come in time.
    pub unconfirmed: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        for (mine, theirs) in self.columns_mut().into_iter().zip(other.columns()) {
            *mine = mine.saturating_add(theirs.1);
        }
    }
}

impl Counts {
    /// The columns, named, in reading order.
    pub fn columns(&self) -> [(&'static str, u64); 16] {
        [
            ("received", self.received),
            ("accounts", self.accounts),
            ("emergencies", self.emergencies),
            ("content", self.content),
            ("non-content", self.non_content),
            ("nothing held", self.nothing_held),
            ("refused", self.refused),
            ("redirected", self.redirected),
            ("cure asked", self.cure_asked),
            ("held", self.held),
            ("preserved", self.preserved),
            ("acted on", self.acted_on),
            ("withdrawn", self.withdrawn),
            ("pending", self.pending),
            ("overridden", self.overridden),
            ("unconfirmed", self.unconfirmed),
        ]
    }

    fn columns_mut(&mut self) -> [&mut u64; 16] {
        [
            &mut self.received,
            &mut self.accounts,
            &mut self.emergencies,
            &mut self.content,
            &mut self.non_content,
            &mut self.nothing_held,
            &mut self.refused,
            &mut self.redirected,
            &mut self.cure_asked,
            &mut self.held,
            &mut self.preserved,
            &mut self.acted_on,
            &mut self.withdrawn,
            &mut self.pending,
            &mut self.overridden,
            &mut self.unconfirmed,
        ]
    }

    /// The column of an outcome.
    fn outcome_mut(&mut self, outcome: Outcome) -> &mut u64 {
        match outcome {
            Outcome::Content => &mut self.content,
            Outcome::NonContent => &mut self.non_content,
            Outcome::NothingHeld => &mut self.nothing_held,
            Outcome::Refused => &mut self.refused,
            Outcome::Redirected => &mut self.redirected,
            Outcome::CureAsked => &mut self.cure_asked,
            Outcome::Held => &mut self.held,
            Outcome::Preserved => &mut self.preserved,
            Outcome::ActedOn => &mut self.acted_on,
            Outcome::Withdrawn => &mut self.withdrawn,
            Outcome::Pending => &mut self.pending,
        }
    }

    /// The outcome columns: their sum is `received`.
    pub fn outcomes(&self) -> u64 {
        self.content
            + self.non_content
            + self.nothing_held
            + self.refused
            + self.redirected
            + self.cure_asked
            + self.held
            + self.preserved
            + self.acted_on
            + self.withdrawn
            + self.pending
    }
}

impl Figures {
    /// The sum of all rows.
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        self.rows.iter().for_each(|row| total += row.counts);
        total
    }

    /// The figures of all cases whose demand was received in `[from, until)`.
    pub fn of<'a>(
        cases: impl IntoIterator<Item = &'a [Event]>,
        from: Option<Instant>,
        until: Option<Instant>,
    ) -> Self {
        let mut rows: BTreeMap<(Jurisdiction, InstrumentId), Counts> = BTreeMap::new();
        for events in cases {
            let Some(Event::Lodged(lodging)) = events.first() else { continue };
            let inside = from.is_none_or(|from| from <= lodging.received)
                && until.is_none_or(|until| lodging.received < until);
            // These counts ask of no event when it happened, so the instant of receipt stands for all.
            let at = lodging.received;
            if let Some(facts) = CaseFacts::of(events.iter().map(|event| (at, event)))
                && inside
            {
                *rows.entry((facts.state, facts.instrument.clone())).or_default() +=
                    counted(&facts);
            }
        }
        let row = |((jurisdiction, instrument), counts)| Row { jurisdiction, instrument, counts };
        Self { rows: rows.into_iter().map(row).collect() }
    }

    /// The figures as CSV (RFC 4180), a header line first.
    pub fn to_csv(&self) -> String {
        let names: Vec<_> = Counts::default()
            .columns()
            .iter()
            .map(|(name, _)| name.replace([' ', '-'], "_"))
            .collect();
        let mut csv = format!("jurisdiction,instrument,{}\r\n", names.join(","));
        for row in &self.rows {
            let counts: Vec<_> =
                row.counts.columns().iter().map(|(_, count)| count.to_string()).collect();
            csv.push_str(&format!(
                "{},{},{}\r\n",
                row.jurisdiction,
                row.instrument,
                counts.join(",")
            ));
        }
        csv
    }
}

/// What one case adds.
fn counted(facts: &CaseFacts) -> Counts {
    let mut counts = Counts {
        received: 1,
        accounts: facts.accounts,
        emergencies: u64::from(facts.emergency_claimed),
        overridden: u64::from(facts.overridden),
        unconfirmed: u64::from(facts.unconfirmed),
        ..Counts::default()
    };
    *counts.outcome_mut(facts.outcome) = 1;
    counts
}
