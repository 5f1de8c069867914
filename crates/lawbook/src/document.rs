//! The document itself: addressed to the right entity, in writing, signed, dated, not expired, in a language we accept.

use crate::FollowUp;
use crate::assess::{Reading, finding};
use jiff::SignedDuration;
use writ_vocabulary::{Finding, FindingState, Jurisdiction, Then};

/// How many hours an authority has to confirm in writing what it asked by word of mouth in an emergency.
const WRITING_AFTER_HOURS: i64 = 24;

pub(crate) fn findings(reading: &Reading<'_>) -> Vec<Finding> {
    vec![
        addressed(reading),
        in_writing(reading),
        signed(reading),
        dated(reading),
        not_expired(reading),
        language(reading),
    ]
}

/// The writing that is owed after an oral emergency demand.
pub(crate) fn writing_owed(reading: &Reading<'_>) -> Option<FollowUp> {
    let owed = reading.demand.oral && reading.demand.emergency.is_some();
    let due =
        reading.facts.received.checked_add(SignedDuration::from_hours(WRITING_AFTER_HOURS)).ok()?;
    owed.then(|| FollowUp {
        id: "written-confirmation".to_owned(),
        text:
            "the authority must confirm its oral demand in writing, with name, office and signature"
                .to_owned(),
        due,
        cite: "Collective policy P26".to_owned(),
    })
}

fn addressed(reading: &Reading<'_>) -> Finding {
    let cite = reading.row.map(|row| row.issue.cite.as_str());
    let answer =
        |state, text: String| finding("addressee-right", state, text, cite, Some(Then::Redirect));
    let provider = &reading.facts.provider;
    let needed = reading.row.and_then(|row| row.issue.served_on);
    let entity = match (&reading.demand.addressee, reading.entity) {
        (None, None) => {
            return answer(
                FindingState::Holds,
                "it names no addressee, so it is for the provider that received it".to_owned(),
            );
        }
        (Some(name), None) if provider.entities.is_empty() => {
            return answer(
                FindingState::Unknown,
                format!("whether `{name}` is this provider is not known here"),
            );
        }
        (Some(name), None) => {
            return answer(
                FindingState::Fails,
                format!(
                    "it is addressed to `{name}`, which is no entity of this provider: serve it on that entity"
                ),
            );
        }
        (_, Some(entity)) => entity,
    };
    let right = |state: &Jurisdiction| needed.is_none_or(|needed| needed.reaches(state));
    if right(&entity.jurisdiction) {
        return answer(FindingState::Holds, format!("`{}` is the right entity", entity.name));
    }
    match provider.entities.iter().find(|other| right(&other.jurisdiction)) {
        Some(other) => answer(
            FindingState::Fails,
            format!(
                "`{}` is not the entity for this law: serve it on `{}`",
                entity.name, other.name
            ),
        ),
        None => answer(
            FindingState::Fails,
            format!(
                "no entity of this provider is within reach of `{}`",
                reading.demand.instrument
            ),
        ),
    }
}

fn in_writing(reading: &Reading<'_>) -> Finding {
    let (state, text) = if reading.demand.oral {
        (
            FindingState::Fails,
            "it was made by word of mouth: put it in writing, with name, office, legal basis and signature",
        )
    } else {
        (FindingState::Holds, "it is in writing")
    };
    finding("in-writing", state, text, Some("Collective policy P26"), Some(Then::Cure))
}

fn signed(reading: &Reading<'_>) -> Finding {
    let (state, text) = if reading.demand.signed {
        (FindingState::Holds, "it is signed")
    } else {
        (
            FindingState::Fails,
            "it bears no signature of the issuer: send it signed, with the signer's name and office",
        )
    };
    finding("signed", state, text, Some("Collective policy P26"), Some(Then::Cure))
}

fn dated(reading: &Reading<'_>) -> Finding {
    let today = reading.zone.to_datetime(reading.facts.received).date();
    let (state, text) = match reading.demand.issued {
        None => (FindingState::Fails, "it bears no date: state the date of issue".to_owned()),
        Some(issued) if issued > today => (
            FindingState::Fails,
            format!("it is dated {issued}, after its receipt: check the date"),
        ),
        Some(issued) => (FindingState::Holds, format!("it is dated {issued}")),
    };
    finding("dated", state, text, Some("Collective policy P26"), Some(Then::Cure))
}

fn not_expired(reading: &Reading<'_>) -> Finding {
    let today = reading.zone.to_datetime(reading.facts.received).date();
    let (state, text) = match reading.demand.expires {
        Some(last) if last < today => {
            (FindingState::Fails, format!("its last day was {last}: a new order is needed"))
        }
        Some(last) => (FindingState::Holds, format!("its last day is {last}")),
        None => (FindingState::Holds, "it names no last day".to_owned()),
    };
    finding("not-expired", state, text, None, Some(Then::Cure))
}

fn language(reading: &Reading<'_>) -> Finding {
    let accepted = &reading.facts.provider.languages;
    let language = &reading.demand.language;
    let (state, text) = if accepted.is_empty() || accepted.contains(language) {
        (FindingState::Holds, format!("language `{language}` is accepted"))
    } else {
        (
            FindingState::Fails,
            format!(
                "language `{language}` is not accepted: send it, or a translation, in one of `{}`",
                accepted.join("`, `")
            ),
        )
    };
    finding("language", state, text, None, Some(Then::Cure))
}
