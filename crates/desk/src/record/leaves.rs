//! What of a case's history the record commits to: that a demand came, how it ended, until when the customer is not told.

use crate::DeskError;
use serde_json::json;
use writ_docket::{Case, ClosedAs, Collected, Event, Lodging, NoticeState, evolve};
use writ_record::Event as Leaf;
use writ_tally::Schema;
use writ_vocabulary::{CaseId, Instant};

/// Every leaf that a case has made so far, in order: at most one for each of its events.
///
/// # Errors
/// When the history is none, or the schema lacks a row.
pub(crate) fn leaves(
    schema: &Schema,
    id: &CaseId,
    events: &[(Instant, Event)],
) -> Result<Vec<(Instant, Leaf)>, DeskError> {
    let mut told = Telling { schema, id, case: None, collected: None, concluded: false };
    let mut leaves = Vec::new();
    for (sequence, (at, event)) in (1_u64..).zip(events) {
        if let Some((what, rows)) = told.after(*at, event)? {
            let text = format!("{what}");
            leaves.push((*at, Leaf { stream: id.to_string(), sequence, text, rows }));
        }
    }
    Ok(leaves)
}

/// Whether the customer of a case was told: then its sealed leaves may be revealed.
pub(crate) fn is_told(events: &[(Instant, Event)]) -> bool {
    events.iter().any(|(_, event)| matches!(event, Event::NoticeGiven { .. }))
}

/// A case as the record sees it go on.
struct Telling<'a> {
    schema: &'a Schema,
    id: &'a CaseId,
    case: Option<Case>,
    collected: Option<Collected>,
    concluded: bool,
}

type Told = Option<(serde_json::Value, Vec<u8>)>;

impl Telling<'_> {
    /// What the record is told of this event, and where that counts.
    fn after(&mut self, at: Instant, event: &Event) -> Result<Told, DeskError> {
        let contradiction = |source| DeskError::Contradiction { case: self.id.clone(), source };
        let case = evolve(self.id, self.case.take(), at, event).map_err(contradiction)?;
        let lodging = case.lodging.clone();
        let notice = case.notice.clone();
        self.case = Some(case);
        match event {
            Event::Lodged(lodging) => self.received(lodging).map(Some),
            Event::Collected(what) => {
                self.collected = Some(*what);
                Ok(None)
            }
            Event::Delivered { .. } => match self.collected {
                Some(what) => self.conclude(at, &lodging, &notice, given(what)),
                None => Ok(None),
            },
            Event::Closed { outcome } => self.conclude(at, &lodging, &notice, closed(*outcome)),
            Event::NoticeDeferred { until, .. } if self.concluded => {
                self.extended(&lodging, *until).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn received(&self, lodging: &Lodging) -> Result<(serde_json::Value, Vec<u8>), DeskError> {
        let what = json!({
            "case": self.id,
            "demand": lodging.demand,
            "instrument": lodging.instrument,
            "of": lodging.jurisdiction,
            "received": lodging.received,
            "what": "received",
        });
        Ok((what, self.rows(&received_row(lodging), "nothing", "nothing")?))
    }

    fn conclude(
        &mut self,
        at: Instant,
        lodging: &Lodging,
        notice: &NoticeState,
        outcome: &str,
    ) -> Result<Told, DeskError> {
        if std::mem::replace(&mut self.concluded, true) {
            return Ok(None);
        }
        let withheld = is_withheld(lodging);
        let until = sealed_until(at, notice);
        let what = json!({
            "at": at,
            "case": self.id,
            "demand": lodging.demand,
            "outcome": outcome,
            "sealed_until": until.as_ref().map(|(_, until)| until),
            "what": "concluded",
        });
        let concluded = match withheld {
            true => "national-security".to_owned(),
            false => concluded_row(lodging, outcome),
        };
        let sealed = match until {
            _ if withheld => "national-security",
            Some((row, _)) => row,
            None => "nothing",
        };
        Ok(Some((what, self.rows("nothing", &concluded, sealed)?)))
    }

    /// A gag that was extended after the case was concluded.
    fn extended(
        &self,
        lodging: &Lodging,
        until: Instant,
    ) -> Result<(serde_json::Value, Vec<u8>), DeskError> {
        let what = json!({ "case": self.id, "sealed_until": until, "what": "extended" });
        let row = if is_withheld(lodging) { "national-security" } else { "extension" };
        Ok((what, self.rows("nothing", "nothing", row)?))
    }

    fn rows(&self, received: &str, concluded: &str, sealed: &str) -> Result<Vec<u8>, DeskError> {
        [("received", received), ("concluded", concluded), ("sealed", sealed)]
            .iter()
            .map(|(table, row)| self.schema.row(table, row).map_err(DeskError::from))
            .collect()
    }
}

/// The row that was settled when the demand came. Demands of before have none.
fn received_row(lodging: &Lodging) -> String {
    lodging.counted_as.clone().unwrap_or_else(|| "elsewhere/other".to_owned())
}

/// Whether only bands of it may be published.
fn is_withheld(lodging: &Lodging) -> bool {
    received_row(lodging).ends_with("/national-security")
}

fn concluded_row(lodging: &Lodging, outcome: &str) -> String {
    let apart = ["content", "non-content", "nothing-held", "refused", "withdrawn"];
    match lodging.emergency && apart.contains(&outcome) {
        true => format!("emergency/{outcome}"),
        false => outcome.to_owned(),
    }
}

fn given(what: Collected) -> &'static str {
    match what {
        Collected { rows: 0, .. } => "nothing-held",
        Collected { content_rows: 0, .. } => "non-content",
        _ => "content",
    }
}

fn closed(outcome: ClosedAs) -> &'static str {
    match outcome {
        ClosedAs::Content => "content",
        ClosedAs::NonContent => "non-content",
        ClosedAs::NothingHeld => "nothing-held",
        ClosedAs::Refused | ClosedAs::NotCured | ClosedAs::NotProven => "refused",
        ClosedAs::Redirected => "redirected",
        ClosedAs::Preserved => "preserved",
        ClosedAs::Acted => "acted",
        ClosedAs::Withdrawn => "withdrawn",
    }
}

/// Until when the customer may not be told, and the row of that: in how many half-years after this one it ends, rounded up
/// to a row that there is.
fn sealed_until(at: Instant, notice: &NoticeState) -> Option<(&'static str, Option<Instant>)> {
    match notice {
        NoticeState::Barred => Some(("open-ended", None)),
        NoticeState::Owed { from, before_delivery: false } if *from > at => {
            let further = half_year(*from).saturating_sub(half_year(at));
            let row = match further {
                ..=0 => "0",
                1 => "1",
                2 => "2",
                3 => "3",
                4 => "4",
                5..=6 => "6",
                7..=10 => "10",
                _ => "open-ended",
            };
            Some((row, Some(*from)))
        }
        _ => None,
    }
}

fn half_year(at: Instant) -> i32 {
    let date = at.to_zoned(jiff::tz::TimeZone::UTC).date();
    i32::from(date.year()) * 2 + i32::from(date.month() > 6)
}
