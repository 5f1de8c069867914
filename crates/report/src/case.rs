//! The facts of one case: the fold of its events that every published figure rests on.

use std::collections::{BTreeMap, BTreeSet};
use writ_docket::{AnswerKind, ClosedAs, Collected, Event, Lodging};
use writ_vocabulary::{
    Category, ElementId, Instant, InstrumentId, Jurisdiction, NoticeRule, Scope,
};

/// What one case was and became: a fold of its events, nothing else.
///
/// State, instrument, accounts and what was asked are those of the demand as it was received: the public record commits to
/// them at intake, and a better order that follows moves the outcome, not the row.
///
/// ```
/// use writ_report::CaseFacts;
/// assert!(CaseFacts::of([]).is_none(), "no events, no case");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CaseFacts {
    /// When the demand was received: by it a case belongs to a period.
    pub received: Instant,
    /// The state of the claimed issuer.
    pub state: Jurisdiction,
    /// The claimed instrument.
    pub instrument: InstrumentId,
    /// How many accounts it names; in a removal order, how many addresses.
    pub accounts: u64,
    /// The elements asked for, to be given or kept.
    pub asked: BTreeSet<ElementId>,
    /// What the ruling held each element to be: the fallback where the law book no longer has the row.
    pub ruled: BTreeMap<ElementId, Category>,
    /// Whether an emergency was claimed.
    pub emergency_claimed: bool,
    /// When it was granted in an emergency, before every factor was in.
    pub granted_in_emergency: Option<Instant>,
    /// Whether the confirmation that an emergency grant owes did not come in time, and has not come since.
    pub unconfirmed: bool,
    /// Whether two people decided against the ruling.
    pub overridden: bool,
    /// Its outcome: exactly one.
    pub outcome: Outcome,
    /// Whether nothing is owed any more: a request to mend it that is closed was never mended.
    pub closed: bool,
    /// When receipt was acknowledged: the instant the demand was put on the docket, where its door answers by itself.
    /// Unknown where staff typed it in from paper or a telephone call.
    pub acknowledged: Option<Instant>,
    /// When the first answer was handed over: a production, or an answer other than that verification is under way.
    pub answered: Option<Instant>,
    /// When the production was handed over.
    pub produced: Option<Instant>,
    /// How many items were frozen.
    pub preserved: u64,
    /// When what was ordered removed was removed, or access to it disabled.
    pub acted: Option<Instant>,
    /// What keeps the customer from being told.
    pub gag: Gag,
}

/// What keeps a customer from being told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gag {
    /// Nothing.
    Nothing,
    /// An order with this end.
    Until(Instant),
    /// An order whose end is not known.
    WithoutEnd,
}

/// How a case stands for the figures. Every case is in exactly one.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Content was disclosed.
    Content,
    /// Only other data were disclosed.
    NonContent,
    /// Nothing of what was granted is held.
    NothingHeld,
    /// Refused.
    Refused,
    /// Sent to whom the data belong.
    Redirected,
    /// Asked to be mended, and not mended yet, or never.
    CureAsked,
    /// The sender is not proven.
    Held,
    /// Preserved only.
    Preserved,
    /// What was ordered to be removed is removed.
    ActedOn,
    /// Taken back.
    Withdrawn,
    /// Not yet answered.
    Pending,
}

impl Outcome {
    /// All of them, in reading order.
    pub const ALL: [Self; 11] = [
        Self::Content,
        Self::NonContent,
        Self::NothingHeld,
        Self::Refused,
        Self::Redirected,
        Self::CureAsked,
        Self::Held,
        Self::Preserved,
        Self::ActedOn,
        Self::Withdrawn,
        Self::Pending,
    ];

    /// Whether data were given.
    pub fn gives_data(self) -> bool {
        matches!(self, Self::Content | Self::NonContent)
    }

    fn delivered(what: Collected) -> Self {
        match what {
            Collected { rows: 0, .. } => Self::NothingHeld,
            Collected { content_rows: 0, .. } => Self::NonContent,
            _ => Self::Content,
        }
    }
}

impl From<AnswerKind> for Outcome {
    fn from(answer: AnswerKind) -> Self {
        match answer {
            AnswerKind::Refuse => Self::Refused,
            AnswerKind::AskCure => Self::CureAsked,
            AnswerKind::Redirect => Self::Redirected,
            AnswerKind::Hold => Self::Held,
            AnswerKind::Preserved => Self::Preserved,
            AnswerKind::Act => Self::ActedOn,
        }
    }
}

impl From<ClosedAs> for Outcome {
    fn from(closed: ClosedAs) -> Self {
        match closed {
            ClosedAs::Content => Self::Content,
            ClosedAs::NonContent => Self::NonContent,
            ClosedAs::NothingHeld => Self::NothingHeld,
            ClosedAs::Refused => Self::Refused,
            ClosedAs::Redirected => Self::Redirected,
            ClosedAs::NotCured => Self::CureAsked,
            ClosedAs::NotProven => Self::Held,
            ClosedAs::Preserved => Self::Preserved,
            ClosedAs::Acted => Self::ActedOn,
            ClosedAs::Withdrawn => Self::Withdrawn,
        }
    }
}

impl CaseFacts {
    /// The facts of the case that these events made, in the order in which they happened; nothing where they do not begin
    /// with a demand. Events that contradict each other are no error here: the journal's own check finds those.
    pub fn of<'a>(events: impl IntoIterator<Item = (Instant, &'a Event)>) -> Option<Self> {
        let mut events = events.into_iter();
        let (at, Event::Lodged(lodging)) = events.next()? else { return None };
        let mut fold = Fold::lodged(at, lodging);
        events.for_each(|(at, event)| fold.see(at, event));
        Some(fold.facts)
    }

    /// Minutes from receipt to the first answer; nothing where it is owed still.
    pub fn minutes_to_answer(&self) -> Option<u64> {
        self.answered.map(|at| minutes(self.received, at))
    }
}

/// Whole minutes from one instant to another; none where the clock ran backwards.
pub(crate) fn minutes(from: Instant, until: Instant) -> u64 {
    u64::try_from(until.duration_since(from).as_secs().max(0) / 60).unwrap_or(0)
}

/// The facts so far, and what the next event needs to know.
struct Fold {
    facts: CaseFacts,
    collected: Option<Collected>,
    /// Whether the ruling's grant would be one before every factor is in.
    confirmable: bool,
    /// The answer that waits to be handed over.
    standing: Option<AnswerKind>,
}

impl Fold {
    fn lodged(at: Instant, lodging: &Lodging) -> Self {
        let facts = CaseFacts {
            received: lodging.received,
            state: lodging.jurisdiction,
            instrument: lodging.instrument.clone(),
            accounts: u64::from(lodging.accounts),
            asked: elements(lodging),
            ruled: BTreeMap::new(),
            emergency_claimed: lodging.emergency,
            granted_in_emergency: None,
            unconfirmed: false,
            overridden: false,
            outcome: Outcome::Pending,
            closed: false,
            acknowledged: lodging.entered_by.is_none().then_some(at),
            answered: None,
            produced: None,
            preserved: 0,
            acted: None,
            gag: Gag::Nothing,
        };
        Self { facts, collected: None, confirmable: false, standing: None }
    }

    fn see(&mut self, at: Instant, event: &Event) {
        let facts = &mut self.facts;
        match event {
            Event::Supplemented { .. } => self.judged_again(),
            Event::FactorAdded { .. } if self.standing == Some(AnswerKind::Hold) => {
                self.judged_again();
            }
            Event::Assessed { ruled } => {
                let categories = ruled.items.iter();
                facts.ruled = categories
                    .filter_map(|ruled| Some((ruled.item.element.clone(), ruled.category?)))
                    .collect();
                facts.gag = gag(&ruled.notice);
                self.confirmable = ruled.confirm_by.is_some();
                self.judged_again();
            }
            Event::Granted { confirm_by, .. } => self.granted(at, confirm_by.is_some()),
            Event::Overridden { .. } => {
                facts.overridden = true;
                self.granted(at, self.confirmable);
            }
            Event::Answered { answer, .. } => {
                facts.outcome = (*answer).into();
                if *answer == AnswerKind::Act {
                    facts.acted.get_or_insert(at);
                }
                self.standing = Some(*answer);
            }
            Event::Preserved { scope, .. } => facts.preserved = count(scope),
            Event::Collected(what) => self.collected = Some(*what),
            Event::Delivered { .. } => self.delivered(at),
            Event::NoticeDeferred { until, .. } => facts.gag = Gag::Until(*until),
            Event::NoticeGiven { .. } => facts.gag = Gag::Nothing,
            Event::Confirmed { .. } => facts.unconfirmed = false,
            Event::ConfirmationMissed => facts.unconfirmed = true,
            // What was handed over cannot be taken back.
            Event::Withdrawn if facts.produced.is_none() => facts.outcome = Outcome::Withdrawn,
            Event::Closed { outcome } => {
                facts.outcome = (*outcome).into();
                facts.closed = true;
            }
            _ => {}
        }
    }

    fn judged_again(&mut self) {
        self.facts.outcome = Outcome::Pending;
        self.standing = None;
    }

    fn granted(&mut self, at: Instant, in_emergency: bool) {
        self.judged_again();
        if in_emergency {
            self.facts.granted_in_emergency.get_or_insert(at);
        }
    }

    fn delivered(&mut self, at: Instant) {
        match (self.standing, self.collected) {
            (Some(AnswerKind::Hold), _) => {}
            (Some(_), _) => {
                self.facts.answered.get_or_insert(at);
            }
            (None, Some(what)) => {
                self.facts.outcome = Outcome::delivered(what);
                self.facts.produced.get_or_insert(at);
                self.facts.answered.get_or_insert(at);
            }
            (None, None) => {}
        }
    }
}

fn elements(lodging: &Lodging) -> BTreeSet<ElementId> {
    lodging.asked.items().chain(lodging.preserve.items()).map(|item| item.element).collect()
}

fn count(scope: &Scope) -> u64 {
    u64::try_from(scope.len()).unwrap_or(u64::MAX)
}

fn gag(rule: &NoticeRule) -> Gag {
    match rule {
        NoticeRule::Deferred { until } => Gag::Until(*until),
        NoticeRule::Barred => Gag::WithoutEnd,
        _ => Gag::Nothing,
    }
}
