//! Silence and notice: what gag stands in the way, and so how the customer is told.

use crate::GagState;
use crate::assess::{Reading, finding};
use crate::instrument::{Instrument, NoticeWord, Silence};
use writ_vocabulary::{Finding, FindingState, InstrumentId, NoticeRule, Purpose, Then};

pub(crate) fn gag(reading: &Reading<'_>) -> GagState {
    let sealed = reading.row.is_some_and(|row| row.notice.rule == NoticeWord::Sealed);
    let Some(claim) = &reading.demand.gag else {
        return if sealed { GagState::ByLaw } else { GagState::None };
    };
    let Some(instrument) = claim.instrument.clone() else {
        return if sealed { GagState::ByLaw } else { GagState::SentenceOnly };
    };
    let Some(silence) = imposed(reading, &instrument) else {
        return GagState::Unrecognised { instrument };
    };
    let received = reading.facts.received;
    let latest = silence.most_days.and_then(|days| reading.after_days(days));
    match (claim.until, latest) {
        (None, _) if silence.must_end => GagState::NoEnd { instrument },
        (None, _) => GagState::Endless { instrument },
        (Some(until), _) if until <= received => GagState::Past { instrument, until },
        (Some(until), Some(latest)) if latest < until => {
            GagState::TooLong { instrument, until, latest }
        }
        (Some(until), _) => GagState::Named { instrument, until },
    }
}

/// What the named instrument says about silence, where it may impose any on this demand.
fn imposed<'a>(reading: &Reading<'a>, gag: &InstrumentId) -> Option<&'a Silence> {
    let row = reading.row?;
    let may = row.gags.contains(gag) || row.id() == gag;
    let today = reading.zone.to_datetime(reading.facts.received).date();
    reading.book.in_force(gag, today).filter(|_| may)?.silence.as_ref()
}

pub(crate) fn findings(gag: &GagState) -> Vec<Finding> {
    let cite = Some("Collective policy P7");
    let (named, named_text) = named(gag);
    let (ends, then, ends_text) = ends(gag);
    vec![
        finding("gag-named", named, named_text, cite, None),
        finding("gag-ends", ends, ends_text, cite, Some(then)),
    ]
}

/// Whether something that can impose silence is named, and how it is told.
fn named(gag: &GagState) -> (FindingState, String) {
    match gag {
        GagState::None => (FindingState::Holds, "no silence is asked".to_owned()),
        GagState::ByLaw => {
            (FindingState::Holds, "the instrument's own law imposes silence".to_owned())
        }
        GagState::SentenceOnly => (
            FindingState::Fails,
            "a sentence in a letter binds nobody: silence needs a named instrument with an end"
                .to_owned(),
        ),
        GagState::Unrecognised { instrument } => (
            FindingState::Unknown,
            format!(
                "`{instrument}` is no instrument that can impose silence on this demand, as far as the law book knows"
            ),
        ),
        GagState::Named { instrument, .. }
        | GagState::Endless { instrument }
        | GagState::NoEnd { instrument }
        | GagState::TooLong { instrument, .. }
        | GagState::Past { instrument, .. } => {
            (FindingState::Holds, format!("`{instrument}` imposes it"))
        }
    }
}

/// Whether it ends as its law wants, what follows if not, and how it is told.
fn ends(gag: &GagState) -> (FindingState, Then, String) {
    match gag {
        GagState::NoEnd { instrument } => (
            FindingState::Fails,
            Then::Escalate,
            format!(
                "`{instrument}` names no end: the court is asked for one, and a person watches over it until then"
            ),
        ),
        GagState::Past { until, .. } => (
            FindingState::Fails,
            Then::Cure,
            format!(
                "the silence ended on {until}, before receipt: send a new order or withdraw it"
            ),
        ),
        GagState::TooLong { latest, .. } => (
            FindingState::Fails,
            Then::Cure,
            format!(
                "the silence lasts longer than its law allows, which is until {latest}: send a corrected order"
            ),
        ),
        GagState::Unrecognised { .. } => (
            FindingState::Unknown,
            Then::Escalate,
            "whether the silence ends cannot be judged".to_owned(),
        ),
        GagState::Named { until, .. } => {
            (FindingState::Holds, Then::Escalate, format!("it ends on {until}"))
        }
        GagState::Endless { .. } => (
            FindingState::Holds,
            Then::Escalate,
            "its law lets it last without an end; the provider asks for judicial review".to_owned(),
        ),
        GagState::ByLaw => (
            FindingState::Holds,
            Then::Escalate,
            "its law names no end; a person reviews it".to_owned(),
        ),
        GagState::None | GagState::SentenceOnly => {
            (FindingState::Holds, Then::Escalate, "there is no gag that could last".to_owned())
        }
    }
}

/// How the customer is told, if anything is given.
pub(crate) fn notice(reading: &Reading<'_>, gag: &GagState) -> NoticeRule {
    let wants = |want| reading.demand.items.iter().any(|line| line.want == want);
    if !wants(Purpose::Disclose) && !wants(Purpose::Remove) {
        return NoticeRule::Nothing;
    }
    let Some(row) = reading.row else { return NoticeRule::Nothing };
    if row.notice.rule == NoticeWord::ByAuthority {
        return NoticeRule::ByAuthority;
    }
    match gag {
        GagState::Named { until, .. } => NoticeRule::Deferred { until: *until },
        GagState::TooLong { latest, .. } => NoticeRule::Deferred { until: *latest },
        GagState::NoEnd { .. }
        | GagState::Endless { .. }
        | GagState::Unrecognised { .. }
        | GagState::ByLaw => NoticeRule::Barred,
        // What is removed is removed first: the hour that its law gives does not wait for a letter.
        _ if !wants(Purpose::Disclose) => NoticeRule::After { due: reading.facts.received },
        GagState::None | GagState::SentenceOnly | GagState::Past { .. } => told(reading, row),
    }
}

fn told(reading: &Reading<'_>, row: &Instrument) -> NoticeRule {
    let after = row.notice.emergency_days.filter(|_| reading.in_emergency());
    match after.and_then(|days| reading.after_days(days)) {
        Some(due) => NoticeRule::After { due },
        None => NoticeRule::Before,
    }
}
