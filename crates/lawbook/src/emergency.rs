//! Emergencies: whether one is claimed, what facts it rests on, and whether it is the one that the law means.

use crate::EmergencyState;
use crate::assess::{Reading, finding};
use crate::instrument::EmergencyRow;
use jiff::SignedDuration;
use writ_vocabulary::{Danger, Emergency, Finding, FindingState};

pub(crate) fn state(reading: &Reading<'_>) -> EmergencyState {
    let row = reading.row.and_then(|row| row.emergency.as_ref());
    let claim = reading.demand.emergency.as_ref();
    let (danger_meets, current) = match (row, claim) {
        (Some(row), Some(claim)) => (danger(row, claim), current(reading, row, claim)),
        (Some(row), None) if row.required => (FindingState::Fails, FindingState::Fails),
        _ => (FindingState::Holds, FindingState::Holds),
    };
    EmergencyState {
        claimed: claim.is_some(),
        provided_for: row.is_some(),
        facts_stated: claim.is_some_and(|claim| !claim.facts.trim().is_empty()),
        danger_meets,
        current,
    }
}

pub(crate) fn findings(reading: &Reading<'_>, state: &EmergencyState) -> Vec<Finding> {
    let Some(row) = reading.row.and_then(|row| row.emergency.as_ref()) else {
        let text = "this instrument has no emergency variant: its ordinary rules apply";
        return ["emergency-facts", "emergency-danger", "emergency-current"]
            .map(|id| finding(id, FindingState::Holds, text, None, None))
            .into();
    };
    let cite = Some(row.cite.as_str());
    let answer = |id, state, text: String| finding(id, state, text, cite, Some(row.otherwise));
    let stated = if state.claimed { state.facts_stated } else { !row.required };
    let facts = if stated { FindingState::Holds } else { FindingState::Fails };
    vec![
        answer(
            "emergency-facts",
            facts,
            said(facts, state, || {
                format!(
                    "state the facts: who is in danger, of what, and how these data help; \
                     the law asks for {}",
                    row.words
                )
            }),
        ),
        answer(
            "emergency-danger",
            state.danger_meets,
            said(state.danger_meets, state, || {
                format!(
                    "the danger stated is not, or not clearly, what the law means: {}",
                    row.words
                )
            }),
        ),
        answer(
            "emergency-current",
            state.current,
            said(state.current, state, || {
                format!(
                    "the danger is not shown to be of now: it must have arisen within {} hours before \
                     receipt; use ordinary legal process, which is answered without delay",
                    row.current_within_hours
                )
            }),
        ),
    ]
}

fn said(found: FindingState, state: &EmergencyState, otherwise: impl Fn() -> String) -> String {
    match (found, state.claimed) {
        (FindingState::Holds, true) => "stated as the law asks".to_owned(),
        (FindingState::Holds, false) => "no emergency is claimed".to_owned(),
        _ => otherwise(),
    }
}

fn danger(row: &EmergencyRow, claim: &Emergency) -> FindingState {
    match claim.danger {
        danger if row.dangers.contains(&danger) => FindingState::Holds,
        Danger::NotStated => FindingState::Unknown,
        _ => FindingState::Fails,
    }
}

/// A danger that arose too long ago has passed or is another one now; without its time nobody can tell.
fn current(reading: &Reading<'_>, row: &EmergencyRow, claim: &Emergency) -> FindingState {
    let Some(since) = claim.since else { return FindingState::Unknown };
    let age = reading.facts.received.duration_since(since);
    if age < SignedDuration::ZERO {
        return FindingState::Unknown;
    }
    if age <= SignedDuration::from_hours(i64::from(row.current_within_hours)) {
        FindingState::Holds
    } else {
        FindingState::Fails
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use writ_vocabulary::Then;

    #[test]
    fn property_is_not_life_and_an_unnamed_danger_is_for_a_person() {
        let row = EmergencyRow {
            required: true,
            dangers: vec![Danger::Death, Danger::SeriousInjury],
            current_within_hours: 72,
            otherwise: Then::Refuse,
            words: String::new(),
            cite: String::new(),
        };
        let claim = |danger| Emergency { facts: String::new(), danger, since: None };
        assert_eq!(danger(&row, &claim(Danger::Death)), FindingState::Holds);
        assert_eq!(danger(&row, &claim(Danger::Property)), FindingState::Fails);
        assert_eq!(danger(&row, &claim(Danger::NotStated)), FindingState::Unknown);
    }
}
