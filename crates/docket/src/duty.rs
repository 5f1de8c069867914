//! `duty`: what a case owes, from when, and by when.

use crate::case::Answer;
use crate::decide::{ending, matters};
use crate::{AnswerKind, Case, Confirmation, NoticeState, Stage};
use serde::{Deserialize, Serialize};
use writ_vocabulary::{Instant, Outcome};

/// What is owed next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Duty {
    /// Take the factors together.
    Authenticate,
    /// Obtain a ruling.
    Assess,
    /// Carry out the ruling that a machine may carry out: answer, preserve, grant.
    Proceed,
    /// A person, or two, decide.
    Decide,
    /// Carry out the plan.
    Collect,
    /// Seal the production.
    Seal,
    /// Tell the customer.
    Notify,
    /// Hand the parcel or the answer over.
    Deliver,
    /// The confirmation of an emergency grant has not come.
    MissConfirmation,
    /// A preservation runs out.
    EndPreservation,
    /// A gag without a known end: find its end, or ask the court with counsel.
    SeeToGag,
    /// Close the case.
    Close,
}

impl Duty {
    /// Whether the desk can perform it; the rest waits for people.
    pub fn is_machines(self) -> bool {
        !matches!(self, Self::Decide | Self::SeeToGag)
    }

    /// The word used on screens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Authenticate => "authenticate",
            Self::Assess => "assess",
            Self::Proceed => "proceed",
            Self::Decide => "decide",
            Self::Collect => "collect",
            Self::Seal => "seal",
            Self::Notify => "notify",
            Self::Deliver => "deliver",
            Self::MissConfirmation => "note a missed confirmation",
            Self::EndPreservation => "end the preservation",
            Self::SeeToGag => "see to the gag",
            Self::Close => "close",
        }
    }
}

/// Something owed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owed {
    /// From when it can be performed.
    pub from: Instant,
    /// What.
    pub duty: Duty,
    /// By when, where a clock runs.
    pub by: Option<Instant>,
}

/// Everything the case owes, the soonest first. Empty: the case is closed, or waits for the outside.
pub fn duty(case: &Case, now: Instant) -> Vec<Owed> {
    if case.is_closed() {
        return Vec::new();
    }
    let deadline =
        case.ruled().and_then(|ruled| ruled.deadline.as_ref()).map(|deadline| deadline.due);
    let on_line = along(case, now).map(|duty| Owed { from: now, duty, by: deadline });
    let mut owed: Vec<_> = on_line.into_iter().chain(beside(case, now)).collect();
    owed.sort();
    owed
}

fn along(case: &Case, now: Instant) -> Option<Duty> {
    if case.suspended {
        return None;
    }
    match &case.stage {
        Stage::Lodged => Some(Duty::Authenticate),
        Stage::NotAuthenticated | Stage::Authenticated(_) => Some(Duty::Assess),
        Stage::Assessed(assessed) => {
            Some(match (assessed.ruled.outcome, assessed.ruled.approvers) {
                (Outcome::Escalate | Outcome::Act, _) => Duty::Decide,
                (Outcome::Disclose | Outcome::Narrow, 1..) => Duty::Decide,
                _ => Duty::Proceed,
            })
        }
        Stage::Answered(Answer { sent: false, .. }) => Some(Duty::Deliver),
        Stage::Granted(_) => Some(Duty::Collect),
        Stage::Collected(..) => Some(Duty::Seal),
        Stage::Sealed(..)
            if matches!(case.notice, NoticeState::Owed { before_delivery: true, .. }) =>
        {
            None
        }
        Stage::Sealed(..) => Some(Duty::Deliver),
        _ => ending(case, now).is_ok().then_some(Duty::Close),
    }
}

fn beside(case: &Case, now: Instant) -> Vec<Owed> {
    let at = |from, duty| Owed { from, duty, by: None };
    let done = matters(&case.stage);
    let ready = done || matches!(case.stage, Stage::Sealed(..));
    let notice = match &case.notice {
        NoticeState::Owed { from, before_delivery } if done || (*before_delivery && ready) => {
            Some(at(*from, Duty::Notify))
        }
        NoticeState::Barred if ready => Some(at(now, Duty::SeeToGag)),
        _ => None,
    };
    let confirmation = match case.confirmation {
        Confirmation::Owed(by) => Some(at(by, Duty::MissConfirmation)),
        _ => None,
    };
    let preservation =
        case.preservation.as_ref().map(|standing| at(standing.until, Duty::EndPreservation));
    // A question that waits for the outside is closed when its time is over.
    let lapse = match &case.stage {
        Stage::Answered(Answer {
            kind: AnswerKind::AskCure | AnswerKind::Hold,
            sent: true,
            since,
            ..
        }) if ending(case, now).is_err() && case.preservation.is_none() => since
            .checked_add(jiff::SignedDuration::from_hours(30 * 24))
            .ok()
            .map(|from| at(from, Duty::Close)),
        _ => None,
    };
    let beside = [notice, confirmation, preservation, lapse].into_iter().flatten();
    // A stop by a court holds the rest too: nothing is told, closed or released meanwhile.
    beside.filter(|owed| !case.suspended || owed.duty == Duty::MissConfirmation).collect()
}
