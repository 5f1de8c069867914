//! `evolve`: the case and an event give the case after it.

use crate::case::{Answer, Assessed, Granted, Preservation, Proven};
use crate::{AnswerKind, Case, Confirmation, Event, Grant, NoticeState, Ruled, Stage};
use std::collections::BTreeMap;
use writ_vocabulary::{CaseId, Instant, NoticeRule, Scope};

/// An event that cannot have happened to this case: the journal was not written by `decide`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event `{event}` contradicts a case that is {stage}; verify the journal")]
pub struct Contradiction {
    /// The event's kind.
    pub event: &'static str,
    /// Where the case stood.
    pub stage: &'static str,
}

/// The case that these events made.
///
/// # Errors
/// [`Contradiction`] at the first event that cannot have happened.
pub fn replay<'a>(
    id: &CaseId,
    events: impl IntoIterator<Item = (Instant, &'a Event)>,
) -> Result<Option<Case>, Contradiction> {
    let mut case = None;
    for (at, event) in events {
        case = Some(evolve(id, case, at, event)?);
    }
    Ok(case)
}

/// The case after `event`, which happened at `at`.
///
/// # Errors
/// [`Contradiction`] when the event cannot have happened to this case.
pub fn evolve(
    id: &CaseId,
    case: Option<Case>,
    at: Instant,
    event: &Event,
) -> Result<Case, Contradiction> {
    match (case, event) {
        (None, Event::Lodged(lodging)) => Ok(Case {
            id: id.clone(),
            lodging: lodging.clone(),
            factors: Vec::new(),
            established: BTreeMap::new(),
            stage: Stage::Lodged,
            suspended: false,
            notice: NoticeState::Nothing,
            preservation: None,
            confirmation: Confirmation::Nothing,
        }),
        (None, event) => Err(Contradiction { event: event.kind(), stage: "not lodged" }),
        (Some(case), event) => after(case, at, event),
    }
}

fn after(mut case: Case, at: Instant, event: &Event) -> Result<Case, Contradiction> {
    let stage = case.stage_name();
    let contradiction = || Contradiction { event: event.kind(), stage };
    if beside(&mut case, event) {
        return Ok(case);
    }
    let before = std::mem::replace(&mut case.stage, Stage::Lodged);
    case.stage = along(&mut case, before, at, event).ok_or_else(contradiction)?;
    Ok(case)
}

/// What happens beside the line and leaves the stage as it is.
fn beside(case: &mut Case, event: &Event) -> bool {
    match (event, &mut case.preservation) {
        (Event::NoticeGiven { .. }, _) => case.notice = NoticeState::Given,
        (Event::NoticeDeferred { until, .. }, _) => {
            case.notice = NoticeState::Owed { from: *until, before_delivery: false };
        }
        (Event::Confirmed { .. }, _) => case.confirmation = Confirmation::Given,
        (Event::ConfirmationMissed, _) => case.confirmation = Confirmation::Missed,
        (Event::Suspended { .. }, _) => case.suspended = true,
        (Event::Resumed { .. }, _) => case.suspended = false,
        (Event::Preserved { scope, until, .. }, preservation @ None) => {
            *preservation =
                Some(Preservation { scope: scope.clone(), until: *until, extensions: 0 });
        }
        (Event::PreservationExtended { until, .. }, Some(standing)) => {
            standing.until = *until;
            standing.extensions = standing.extensions.saturating_add(1);
        }
        (Event::PreservationEnded, preservation @ Some(_)) => *preservation = None,
        (Event::CollectionFailed { .. }, _) => return matches!(case.stage, Stage::Granted(_)),
        (Event::HashesContributed { .. }, _) => return case.has_acted(),
        _ => return false,
    }
    !case.is_closed()
}

/// The stage after an event on the line; nothing where the event cannot have happened.
fn along(case: &mut Case, before: Stage, at: Instant, event: &Event) -> Option<Stage> {
    match (before, event) {
        (before, Event::FactorAdded { factor }) => {
            case.factors.push(factor.clone());
            with_factor(before)
        }
        (before, Event::Established { statement, holds, .. }) => {
            case.established.insert(statement.clone(), *holds);
            judged_again(before)
        }
        (before, Event::Authenticated { authority, recipient }) => {
            authenticated(before, Proven { authority: authority.clone(), recipient: *recipient })
        }
        (
            Stage::Lodged | Stage::Authenticated(_) | Stage::Assessed(_),
            Event::NotAuthenticated { .. },
        ) => Some(Stage::NotAuthenticated),
        (before, Event::Assessed { ruled }) => {
            let proven = proven_when_assessed(before)?;
            Some(Stage::Assessed(Assessed { proven, ruled: ruled.clone(), approved: None }))
        }
        (Stage::Assessed(assessed), Event::Approved { by, scope }) => {
            Some(Stage::Assessed(Assessed {
                approved: Some((by.clone(), scope.clone())),
                ..assessed
            }))
        }
        (Stage::Assessed(assessed), Event::Granted { scope, confirm_by, .. }) => {
            granted(case, assessed.proven?, assessed.ruled, scope, *confirm_by, at)
        }
        (before, Event::Overridden { scope, .. }) => {
            let (proven, ruled) = overridable(before)?;
            let confirm_by = ruled.confirm_by;
            granted(case, proven, ruled, scope, confirm_by, at)
        }
        (Stage::Assessed(assessed), Event::Answered { answer, .. }) => {
            if *answer == AnswerKind::Act && case.notice == NoticeState::Nothing {
                case.notice = notice_after(&assessed.ruled.notice, at);
            }
            Some(Stage::Answered(Answer { assessed, kind: *answer, since: at, sent: false }))
        }
        (before, Event::Supplemented { lodging }) => {
            case.lodging = lodging.clone();
            case.factors.clear();
            case.established.clear();
            before.is_open_question().then_some(Stage::Lodged)
        }
        (Stage::Granted(granted), Event::Collected(collected)) => {
            Some(Stage::Collected(granted, *collected))
        }
        (Stage::Collected(granted, collected), Event::Sealed { parcel, .. }) => {
            Some(Stage::Sealed(granted, collected, *parcel))
        }
        (Stage::Sealed(granted, collected, _), Event::Delivered { .. }) => {
            Some(Stage::Delivered(granted, collected))
        }
        (Stage::Answered(answer), Event::Delivered { .. }) => {
            Some(Stage::Answered(Answer { sent: true, ..answer }))
        }
        // What was delivered cannot be taken back; the withdrawal stands in the history.
        (delivered @ Stage::Delivered(..), Event::Withdrawn) => Some(delivered),
        (Stage::Closed(_) | Stage::Withdrawn, Event::Withdrawn) => None,
        (_, Event::Withdrawn) => Some(Stage::Withdrawn),
        (
            Stage::Delivered(..) | Stage::Answered(_) | Stage::Withdrawn,
            Event::Closed { outcome },
        ) => Some(Stage::Closed(*outcome)),
        _ => None,
    }
}

/// The sender is proven, at first or again with another key.
fn authenticated(before: Stage, proven: Proven) -> Option<Stage> {
    match before {
        Stage::Lodged | Stage::Authenticated(_) => Some(Stage::Authenticated(proven)),
        Stage::Assessed(assessed) => {
            Some(Stage::Assessed(Assessed { proven: Some(proven), ..assessed }))
        }
        Stage::Granted(granted) => Some(Stage::Granted(granted.sealed_to(proven.recipient))),
        Stage::Collected(granted, collected) => {
            Some(Stage::Collected(granted.sealed_to(proven.recipient), collected))
        }
        _ => None,
    }
}

/// Who is proven to ask when a ruling comes; nothing where none can come.
fn proven_when_assessed(before: Stage) -> Option<Option<Proven>> {
    match before {
        Stage::NotAuthenticated => Some(None),
        Stage::Authenticated(proven) => Some(Some(proven)),
        Stage::Assessed(assessed) => Some(assessed.proven),
        _ => None,
    }
}

/// A new factor opens the question of who sent it again, where that question stood in the way.
fn with_factor(before: Stage) -> Option<Stage> {
    match before {
        Stage::NotAuthenticated | Stage::Answered(Answer { kind: AnswerKind::Hold, .. }) => {
            Some(Stage::Lodged)
        }
        other if other.is_open_question() => Some(other),
        _ => None,
    }
}

/// What is established anew may change the ruling: where there is one, or an answer that waits, the policy is asked again.
fn judged_again(before: Stage) -> Option<Stage> {
    let ruled = match before {
        Stage::Assessed(assessed) => assessed,
        Stage::Answered(Answer {
            kind: AnswerKind::AskCure | AnswerKind::Hold, assessed, ..
        }) => assessed,
        before @ (Stage::Lodged | Stage::NotAuthenticated | Stage::Authenticated(_)) => {
            return Some(before);
        }
        _ => return None,
    };
    Some(ruled.proven.map_or(Stage::NotAuthenticated, Stage::Authenticated))
}

fn overridable(before: Stage) -> Option<(Proven, Ruled)> {
    match before {
        Stage::Assessed(assessed) => Some((assessed.proven?, assessed.ruled)),
        Stage::Answered(answer) => Some((answer.assessed.proven?, answer.assessed.ruled)),
        Stage::Granted(granted) | Stage::Collected(granted, _) | Stage::Sealed(granted, ..) => {
            Some((granted.proven, granted.ruled))
        }
        _ => None,
    }
}

fn granted(
    case: &mut Case,
    proven: Proven,
    ruled: Ruled,
    scope: &Scope,
    confirm_by: Option<Instant>,
    at: Instant,
) -> Option<Stage> {
    if case.notice == NoticeState::Nothing {
        case.notice = notice_after(&ruled.notice, at);
    }
    if let (Confirmation::Nothing, Some(by)) = (case.confirmation, confirm_by) {
        case.confirmation = Confirmation::Owed(by);
    }
    let grant = Grant::new(case.id.clone(), scope.clone(), ruled.ruling);
    Some(Stage::Granted(Granted { proven, ruled, grant }))
}

fn notice_after(rule: &NoticeRule, at: Instant) -> NoticeState {
    match rule {
        NoticeRule::Before => NoticeState::Owed { from: at, before_delivery: true },
        NoticeRule::After { due } => NoticeState::Owed { from: *due, before_delivery: false },
        NoticeRule::Deferred { until } => {
            NoticeState::Owed { from: *until, before_delivery: false }
        }
        NoticeRule::Barred => NoticeState::Barred,
        NoticeRule::ByAuthority => NoticeState::ByAuthority,
        NoticeRule::Nothing => NoticeState::Nothing,
    }
}
