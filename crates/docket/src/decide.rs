//! `decide`: a command, the case and the instant give events, or a refusal.

use crate::case::{Answer, Assessed};
use crate::{
    AnswerKind, Approvers, Case, ClosedAs, Collected, Command, Confirmation, Decider, Event,
    FourEyes, Lodging, NoticeState, Proven, Ruled, Stage,
};
use writ_vocabulary::{
    AuthorityId, CaseId, Digest, Factor, Instant, Outcome, PersonId, Scope, StatementId,
};

/// How long a request to mend a demand, or a hold, waits before the case may be closed.
const PATIENCE: jiff::SignedDuration = jiff::SignedDuration::from_hours(30 * 24);

/// Why a command does not become an event. Nothing has happened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The case already exists.
    #[error("case {0} already exists; to add to it, use a supplement")]
    AlreadyLodged(CaseId),
    /// No such case.
    #[error("no such case; lodge a demand first")]
    NoCase,
    /// The command does not fit the stage.
    #[error("the case is {stage}: {what} is not possible now{hint}")]
    Stage {
        /// Where the case stands.
        stage: &'static str,
        /// What was wanted.
        what: &'static str,
        /// What to do instead, or nothing.
        hint: &'static str,
    },
    /// The case stands still.
    #[error("the case is suspended; resume it first, with the document that lifts the stop")]
    Suspended,
    /// The sender is not proven.
    #[error(
        "the sender is not proven; add factors (a call-back to the registry's number is one) and authenticate"
    )]
    NotProven,
    /// The authority has no key.
    #[error(
        "the authority has no enrolled key to seal to; enrol one with the authority, then authenticate again"
    )]
    NoKey,
    /// Wider than ruled.
    #[error("the grant is wider than its ruling; the part outside is {0}")]
    WiderThanRuling(String),
    /// Nothing would be granted.
    #[error("the grant is empty; to give nothing, refuse, narrow or redirect instead")]
    Empty,
    /// The machine may not.
    #[error("policy asks for {0} to agree; the machine may not decide this")]
    NeedsPeople(&'static str),
    /// The same person twice.
    #[error("`{0}` already agreed; a second person must")]
    SamePerson(PersonId),
    /// The one who typed the demand in.
    #[error("`{0}` entered this demand and cannot also decide it or prove its sender")]
    OwnIntake(PersonId),
    /// Both wanted different things.
    #[error("the two scopes agreed to have nothing in common; settle it and grant again")]
    NothingInCommon,
    /// A fixed rule says no.
    #[error("a fixed rule of the policy forbids {0}; no override reaches it")]
    Fixed(String),
    /// Beyond what was asked.
    #[error("that was not asked: {0}")]
    NotAsked(String),
    /// Nothing is to be removed.
    #[error("the ruling lets nothing be removed: refuse, or ask for a cure")]
    NothingToRemove,
    /// Nothing was removed.
    #[error("nothing was removed in this case, so there are no hashes of it to contribute")]
    NothingRemoved,
    /// The machine answers only as ruled.
    #[error("the ruling is `{ruled}`; the machine cannot answer `{answer}`, a person can")]
    NotAsRuled {
        /// The ruling.
        ruled: Outcome,
        /// The answer.
        answer: &'static str,
    },
    /// The wrong manifest, parcel or key.
    #[error("this {what} is not this case's; nothing was recorded")]
    NotThisCase {
        /// What does not fit.
        what: &'static str,
    },
    /// Notice comes first.
    #[error("the customer must be told before anything is delivered")]
    NoticeFirst,
    /// No notice is owed.
    #[error("no notice is owed now")]
    NoNotice,
    /// An end that has passed, or is none.
    #[error("`{0}` is not later than now; name an end that lies ahead")]
    PastEnd(Instant),
    /// Nothing is preserved.
    #[error("nothing is preserved in this case")]
    NotPreserved,
    /// Nothing is to confirm.
    #[error("this case owes no confirmation")]
    NothingToConfirm,
    /// Something is still owed.
    #[error("the case cannot be closed: {0}")]
    StillOwed(&'static str),
}

/// Decides. Pure: the same command, case and instant give the same answer.
///
/// # Errors
/// A [`Refusal`] in words for the person who gave the command; nothing has happened then.
pub fn decide(command: Command, case: Option<&Case>, now: Instant) -> Result<Vec<Event>, Refusal> {
    match (command, case) {
        (Command::Lodge(lodging), None) => Ok(vec![Event::Lodged(lodging)]),
        (Command::Lodge(_), Some(case)) => Err(Refusal::AlreadyLodged(case.id.clone())),
        (_, None) => Err(Refusal::NoCase),
        (command, Some(case)) => on(command, case, now),
    }
}

fn on(command: Command, case: &Case, now: Instant) -> Result<Vec<Event>, Refusal> {
    if case.is_closed() && !matches!(command, Command::RecordHashesContributed { .. }) {
        return Err(misfit(case, "anything", "; a new demand opens a new case"));
    }
    if case.suspended && !goes_on_while_suspended(&command) {
        return Err(Refusal::Suspended);
    }
    match command {
        Command::Lodge(_) => Err(Refusal::AlreadyLodged(case.id.clone())),
        Command::AddFactor { factor } => add_factor(case, factor),
        Command::Establish { by, statement, holds } => establish(case, by, statement, holds),
        Command::Authenticate { authority, recipient } => authenticate(case, authority, recipient),
        Command::Assess { ruled } => assess(case, ruled),
        Command::Grant { by, scope } => grant(case, by, scope),
        Command::Answer { by, answer } => respond(case, by, answer),
        Command::RecordHashesContributed { by, bank, entries } => {
            contributed(case, by, bank, entries)
        }
        Command::Preserve { by, until } => preserve(case, by, until, now),
        Command::Supplement { lodging } => supplement(case, lodging),
        Command::Override { by, scope, reason } => override_ruling(case, by, scope, reason),
        Command::RecordCollected(collected) => collected_under(case, collected),
        Command::RecordCollectionFailed { why } => collection_failed(case, why),
        Command::RecordSealed { manifest, parcel, recipient } => {
            sealed(case, manifest, parcel, recipient)
        }
        Command::RecordDelivered { door, receipt } => delivered(case, door, receipt),
        Command::RecordNotice { message } => notice_given(case, message, now),
        Command::DeferNotice { until, order } => defer_notice(case, until, order, now),
        Command::Confirm { by, document } => confirm(case, by, document),
        Command::MissConfirmation => miss_confirmation(case, now),
        Command::Withdraw => withdraw(case),
        Command::Suspend { document } => suspend(case, document),
        Command::Resume { document } => resume(case, document),
        Command::ExtendPreservation { by, until } => extend_preservation(case, by, until, now),
        Command::EndPreservation => end_preservation(case, now),
        Command::Close => close(case, now),
    }
}

/// A stop by a court holds the line; what protects people and data goes on.
fn goes_on_while_suspended(command: &Command) -> bool {
    matches!(
        command,
        Command::Resume { .. }
            | Command::Withdraw
            | Command::DeferNotice { .. }
            | Command::ExtendPreservation { .. }
            | Command::Confirm { .. }
            | Command::MissConfirmation
    )
}

fn misfit(case: &Case, what: &'static str, hint: &'static str) -> Refusal {
    Refusal::Stage { stage: case.stage_name(), what, hint }
}

fn add_factor(case: &Case, factor: Factor) -> Result<Vec<Event>, Refusal> {
    if let Some(by) = &factor.by {
        not_own_intake(case, by)?;
    }
    match case.stage.is_open_question() {
        true => Ok(vec![Event::FactorAdded { factor }]),
        false => Err(misfit(case, "a further factor", "")),
    }
}

fn establish(
    case: &Case,
    by: PersonId,
    statement: StatementId,
    holds: bool,
) -> Result<Vec<Event>, Refusal> {
    not_own_intake(case, &by)?;
    match &case.stage {
        Stage::Lodged
        | Stage::NotAuthenticated
        | Stage::Authenticated(_)
        | Stage::Assessed(_)
        | Stage::Answered(Answer { kind: AnswerKind::AskCure | AnswerKind::Hold, .. }) => {
            Ok(vec![Event::Established { by, statement, holds }])
        }
        _ => Err(misfit(case, "what the provider establishes", ": it is decided")),
    }
}

fn authenticate(
    case: &Case,
    authority: AuthorityId,
    recipient: Option<Digest>,
) -> Result<Vec<Event>, Refusal> {
    match &case.stage {
        Stage::Lodged | Stage::Authenticated(_) | Stage::Assessed(_) => {}
        // A key that was enrolled anew: the same authority, and nothing sealed yet.
        Stage::Granted(granted) | Stage::Collected(granted, _)
            if granted.proven.authority == authority => {}
        Stage::NotAuthenticated => {
            return Err(misfit(case, "authentication", ": add a factor first"));
        }
        _ => return Err(misfit(case, "authentication", "")),
    }
    if Factor::prove(&case.factors) {
        Ok(vec![Event::Authenticated { authority, recipient }])
    } else {
        Ok(vec![Event::NotAuthenticated { authority }])
    }
}

fn assess(case: &Case, ruled: Ruled) -> Result<Vec<Event>, Refusal> {
    let asked = case.lodging.asked.clone();
    let outside = ruled.allowed().narrowed(|item| !Scope::of([item.clone()]).is_within(&asked));
    match &case.stage {
        Stage::NotAuthenticated | Stage::Authenticated(_) | Stage::Assessed(_)
            if outside.is_empty() =>
        {
            Ok(vec![Event::Assessed { ruled }])
        }
        Stage::NotAuthenticated | Stage::Authenticated(_) | Stage::Assessed(_) => {
            Err(Refusal::NotAsked(listed(&outside)))
        }
        Stage::Lodged => Err(misfit(case, "a ruling", ": authenticate first")),
        _ => Err(misfit(case, "a ruling", "; a supplement reopens the question")),
    }
}

fn grant(case: &Case, by: Decider, scope: Scope) -> Result<Vec<Event>, Refusal> {
    let Stage::Assessed(assessed) = &case.stage else {
        return Err(misfit(case, "a grant", ""));
    };
    sealable(assessed.proven.as_ref())?;
    within(&scope, &assessed.ruled.allowed()).map_err(Refusal::WiderThanRuling)?;
    let granted =
        |by, scope| vec![Event::Granted { by, scope, confirm_by: assessed.ruled.confirm_by }];
    match (by, assessed.ruled.approvers, &assessed.approved) {
        _ if scope.is_empty() => Err(Refusal::Empty),
        (Decider::Machine, 0, _) => Ok(granted(Approvers::Machine, scope)),
        (Decider::Machine, 1, _) => Err(Refusal::NeedsPeople("a person")),
        (Decider::Machine, _, _) => Err(Refusal::NeedsPeople("two people")),
        (Decider::Person(person), needed, first) => {
            not_own_intake(case, &person)?;
            match (needed, first) {
                (0 | 1, _) => Ok(granted(Approvers::One(person), scope)),
                (_, None) => Ok(vec![Event::Approved { by: person, scope }]),
                (_, Some((other, theirs))) => {
                    let both = scope.intersection(theirs);
                    let eyes = FourEyes::of(other.clone(), person.clone())
                        .ok_or(Refusal::SamePerson(person))?;
                    if both.is_empty() {
                        Err(Refusal::NothingInCommon)
                    } else {
                        Ok(granted(Approvers::Two(eyes), both))
                    }
                }
            }
        }
    }
}

fn respond(case: &Case, by: Decider, answer: AnswerKind) -> Result<Vec<Event>, Refusal> {
    let assessed = answerable(case)?;
    if answer == AnswerKind::Act {
        may_act(assessed)?;
    }
    if let Decider::Person(person) = &by {
        not_own_intake(case, person)?;
    } else if !as_ruled(assessed.ruled.outcome, answer) {
        return Err(Refusal::NotAsRuled { ruled: assessed.ruled.outcome, answer: answer.as_str() });
    }
    Ok(vec![Event::Answered { by, answer }])
}

/// Removing is a person's doing, and only on the order of a proven sender.
fn may_act(assessed: &Assessed) -> Result<(), Refusal> {
    match (&assessed.proven, assessed.ruled.removable().is_empty()) {
        (None, _) => Err(Refusal::NotProven),
        (_, true) => Err(Refusal::NothingToRemove),
        _ => Ok(()),
    }
}

fn contributed(
    case: &Case,
    by: PersonId,
    bank: String,
    entries: Vec<u32>,
) -> Result<Vec<Event>, Refusal> {
    not_own_intake(case, &by)?;
    match case.has_acted() && !entries.is_empty() {
        true => Ok(vec![Event::HashesContributed { by, bank, entries }]),
        false => Err(Refusal::NothingRemoved),
    }
}

fn as_ruled(ruled: Outcome, answer: AnswerKind) -> bool {
    matches!(
        (ruled, answer),
        (Outcome::Refuse, AnswerKind::Refuse)
            | (Outcome::Cure, AnswerKind::AskCure)
            | (Outcome::Redirect, AnswerKind::Redirect)
            | (Outcome::Hold, AnswerKind::Hold)
            | (Outcome::Preserve, AnswerKind::Preserved)
    )
}

fn answerable(case: &Case) -> Result<&Assessed, Refusal> {
    match &case.stage {
        Stage::Assessed(assessed) => Ok(assessed),
        Stage::Lodged | Stage::NotAuthenticated | Stage::Authenticated(_) => {
            Err(misfit(case, "an answer", ": it has no ruling yet"))
        }
        _ => Err(misfit(case, "an answer without data", "")),
    }
}

fn preserve(case: &Case, by: Decider, until: Instant, now: Instant) -> Result<Vec<Event>, Refusal> {
    ahead(until, now)?;
    let assessed = match &case.stage {
        Stage::Assessed(assessed) => assessed,
        Stage::Answered(answer) => &answer.assessed,
        _ => return Err(misfit(case, "preservation", "")),
    };
    if case.preservation.is_some() {
        return Err(misfit(case, "a second preservation", ": extend the one that stands"));
    }
    let ruled = assessed.ruled.preserved();
    // Freezing what was asked for disclosure, while it is verified, cured or redirected, gives nothing away.
    let scope = if ruled.is_empty() { case.lodging.asked.clone() } else { ruled };
    if scope.is_empty() {
        return Err(Refusal::Empty);
    }
    let answers =
        assessed.ruled.outcome == Outcome::Preserve && matches!(case.stage, Stage::Assessed(_));
    let answered =
        answers.then(|| Event::Answered { by: by.clone(), answer: AnswerKind::Preserved });
    Ok(std::iter::once(Event::Preserved { by, scope, until }).chain(answered).collect())
}

fn supplement(case: &Case, lodging: Lodging) -> Result<Vec<Event>, Refusal> {
    match case.stage.is_open_question() {
        true => Ok(vec![Event::Supplemented { lodging }]),
        false => Err(misfit(case, "a supplement", "; lodge it as a new demand")),
    }
}

fn override_ruling(
    case: &Case,
    by: FourEyes,
    scope: Scope,
    reason: Digest,
) -> Result<Vec<Event>, Refusal> {
    let undelivered = !matches!(case.stage, Stage::Delivered(..));
    let Some(ruled) = case.ruled().filter(|_| undelivered) else {
        return Err(misfit(case, "an override", ""));
    };
    sealable(case.proven())?;
    for person in by.people() {
        not_own_intake(case, person)?;
    }
    within(&scope, &case.lodging.asked).map_err(Refusal::NotAsked)?;
    let fixed = scope.intersection(&ruled.fixed());
    match (scope.is_empty(), fixed.is_empty()) {
        (true, _) => Err(Refusal::Empty),
        (_, false) => Err(Refusal::Fixed(listed(&fixed))),
        _ => Ok(vec![Event::Overridden { by, scope, reason }]),
    }
}

fn collected_under(case: &Case, collected: Collected) -> Result<Vec<Event>, Refusal> {
    match &case.stage {
        Stage::Granted(_) => Ok(vec![Event::Collected(collected)]),
        _ => Err(misfit(case, "collecting", "")),
    }
}

fn collection_failed(case: &Case, why: String) -> Result<Vec<Event>, Refusal> {
    match &case.stage {
        Stage::Granted(_) => Ok(vec![Event::CollectionFailed { why }]),
        _ => Err(misfit(case, "collecting", "")),
    }
}

fn sealed(
    case: &Case,
    manifest: Digest,
    parcel: Digest,
    recipient: Digest,
) -> Result<Vec<Event>, Refusal> {
    match &case.stage {
        Stage::Collected(_, collected) if collected.manifest != manifest => {
            Err(Refusal::NotThisCase { what: "manifest" })
        }
        Stage::Collected(granted, _) if granted.proven.recipient != Some(recipient) => {
            Err(Refusal::NotThisCase { what: "key" })
        }
        Stage::Collected(..) => Ok(vec![Event::Sealed { parcel, recipient }]),
        _ => Err(misfit(case, "sealing", "")),
    }
}

fn delivered(case: &Case, door: String, receipt: Digest) -> Result<Vec<Event>, Refusal> {
    let first = matches!(case.notice, NoticeState::Owed { before_delivery: true, .. });
    match &case.stage {
        Stage::Sealed(..) if first => Err(Refusal::NoticeFirst),
        Stage::Sealed(..) | Stage::Answered(Answer { sent: false, .. }) => {
            Ok(vec![Event::Delivered { door, receipt }])
        }
        _ => Err(misfit(case, "delivery", "")),
    }
}

fn notice_given(case: &Case, message: Digest, now: Instant) -> Result<Vec<Event>, Refusal> {
    match &case.notice {
        NoticeState::Owed { from, .. } if *from <= now => Ok(vec![Event::NoticeGiven { message }]),
        _ => Err(Refusal::NoNotice),
    }
}

fn defer_notice(
    case: &Case,
    until: Instant,
    order: Digest,
    now: Instant,
) -> Result<Vec<Event>, Refusal> {
    ahead(until, now)?;
    match &case.notice {
        NoticeState::Owed { .. } | NoticeState::Barred => {
            Ok(vec![Event::NoticeDeferred { until, order }])
        }
        _ => Err(Refusal::NoNotice),
    }
}

fn confirm(case: &Case, by: PersonId, document: Digest) -> Result<Vec<Event>, Refusal> {
    match case.confirmation {
        Confirmation::Owed(_) | Confirmation::Missed => Ok(vec![Event::Confirmed { by, document }]),
        _ => Err(Refusal::NothingToConfirm),
    }
}

fn miss_confirmation(case: &Case, now: Instant) -> Result<Vec<Event>, Refusal> {
    match case.confirmation {
        Confirmation::Owed(by) if by <= now => Ok(vec![Event::ConfirmationMissed]),
        _ => Err(Refusal::NothingToConfirm),
    }
}

fn withdraw(case: &Case) -> Result<Vec<Event>, Refusal> {
    match &case.stage {
        Stage::Withdrawn => Err(misfit(case, "withdrawing again", "")),
        _ => Ok(vec![Event::Withdrawn]),
    }
}

fn suspend(case: &Case, document: Digest) -> Result<Vec<Event>, Refusal> {
    match &case.stage {
        Stage::Withdrawn => Err(misfit(case, "suspending", "")),
        _ => Ok(vec![Event::Suspended { document }]),
    }
}

fn resume(case: &Case, document: Digest) -> Result<Vec<Event>, Refusal> {
    if case.suspended {
        Ok(vec![Event::Resumed { document }])
    } else {
        Err(misfit(case, "resuming", ": it is not suspended"))
    }
}

fn extend_preservation(
    case: &Case,
    by: Decider,
    until: Instant,
    now: Instant,
) -> Result<Vec<Event>, Refusal> {
    ahead(until, now)?;
    match (&case.preservation, &by) {
        (None, _) => Err(Refusal::NotPreserved),
        (Some(standing), _) if until <= standing.until => Err(Refusal::PastEnd(until)),
        // A third period in a row is nobody's routine (18 U.S.C. 2703(f)(2) names one renewal).
        (Some(standing), Decider::Machine) if standing.extensions >= 1 => {
            Err(Refusal::NeedsPeople("a person"))
        }
        (Some(_), _) => Ok(vec![Event::PreservationExtended { by, until }]),
    }
}

fn end_preservation(case: &Case, now: Instant) -> Result<Vec<Event>, Refusal> {
    match &case.preservation {
        Some(standing) if standing.until <= now => Ok(vec![Event::PreservationEnded]),
        Some(_) => Err(Refusal::StillOwed("the preservation has not run out")),
        None => Err(Refusal::NotPreserved),
    }
}

fn close(case: &Case, now: Instant) -> Result<Vec<Event>, Refusal> {
    let outcome = ending(case, now).map_err(Refusal::StillOwed)?;
    Ok(vec![Event::Closed { outcome }])
}

/// How the case ends if it may close now, or what is still owed.
pub(crate) fn ending(case: &Case, now: Instant) -> Result<ClosedAs, &'static str> {
    if case.suspended {
        return Err("it is suspended");
    }
    if matches!(case.notice, NoticeState::Owed { .. }) && matters(&case.stage) {
        return Err("the customer's notice is owed");
    }
    if matches!(case.notice, NoticeState::Barred) && matters(&case.stage) {
        return Err("a gag without an end bars the notice; a person must see to it");
    }
    if matches!(case.confirmation, Confirmation::Owed(_)) && matters(&case.stage) {
        return Err("an emergency's confirmation is owed");
    }
    if case.preservation.is_some() && !matches!(case.stage, Stage::Withdrawn) {
        return Err("a preservation stands");
    }
    match &case.stage {
        Stage::Delivered(_, collected) => Ok(delivered_as(collected)),
        Stage::Withdrawn => Ok(ClosedAs::Withdrawn),
        Stage::Answered(answer) if !answer.sent => Err("the answer has not been sent"),
        Stage::Answered(answer) => answered_as(answer, now),
        _ => Err("it has no answer yet"),
    }
}

/// Notice and confirmation matter once something was disclosed or removed.
pub(crate) fn matters(stage: &Stage) -> bool {
    matches!(stage, Stage::Delivered(..) | Stage::Answered(Answer { kind: AnswerKind::Act, .. }))
}

fn delivered_as(collected: &Collected) -> ClosedAs {
    match (collected.rows, collected.content_rows) {
        (0, _) => ClosedAs::NothingHeld,
        (_, 0) => ClosedAs::NonContent,
        _ => ClosedAs::Content,
    }
}

fn answered_as(answer: &Answer, now: Instant) -> Result<ClosedAs, &'static str> {
    let patient = now.duration_since(answer.since) < PATIENCE;
    match answer.kind {
        AnswerKind::Refuse => Ok(ClosedAs::Refused),
        AnswerKind::Redirect => Ok(ClosedAs::Redirected),
        AnswerKind::Preserved => Ok(ClosedAs::Preserved),
        AnswerKind::Act => Ok(ClosedAs::Acted),
        AnswerKind::AskCure if patient => Err("the authority has 30 days to mend its demand"),
        AnswerKind::AskCure => Ok(ClosedAs::NotCured),
        AnswerKind::Hold if patient => Err("the sender has 30 days to be proven"),
        AnswerKind::Hold => Ok(ClosedAs::NotProven),
    }
}

fn sealable(proven: Option<&Proven>) -> Result<(), Refusal> {
    match proven {
        None => Err(Refusal::NotProven),
        Some(Proven { recipient: None, .. }) => Err(Refusal::NoKey),
        Some(_) => Ok(()),
    }
}

fn not_own_intake(case: &Case, person: &PersonId) -> Result<(), Refusal> {
    if case.lodging.entered_by.as_ref() == Some(person) {
        Err(Refusal::OwnIntake(person.clone()))
    } else {
        Ok(())
    }
}

fn within(scope: &Scope, bound: &Scope) -> Result<(), String> {
    let outside = scope.narrowed(|item| !Scope::of([item.clone()]).is_within(bound));
    if outside.is_empty() { Ok(()) } else { Err(listed(&outside)) }
}

fn listed(scope: &Scope) -> String {
    let items: Vec<_> =
        scope.items().map(|item| format!("`{}` of {}", item.element, item.account)).collect();
    items.join(", ")
}

fn ahead(until: Instant, now: Instant) -> Result<(), Refusal> {
    if now < until { Ok(()) } else { Err(Refusal::PastEnd(until)) }
}
