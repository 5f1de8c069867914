//! Who stands behind a demand: whether the issuer may issue it, whether it was validated, and whether the sender is proven.

use crate::FollowUp;
use crate::assess::{Reading, finding};
use crate::instrument::Instrument;
use jiff::SignedDuration;
use std::collections::BTreeSet;
use writ_vocabulary::{
    Authority, Factor, FactorKind, Finding, FindingState, Jurisdiction, OfficerId, Then,
};

/// How the law's wish for a validation is met.
enum Validation {
    NotNeeded,
    Given,
    /// It may follow, as this is an emergency.
    After {
        hours: u16,
    },
    Missing,
    ByTheWrongBody,
}

pub(crate) fn findings(reading: &Reading<'_>) -> Vec<Finding> {
    let competence = match reading.row {
        Some(row) => [competent(reading, row), validated(reading, row)],
        None => {
            let unknown =
                |id| finding(id, FindingState::Unknown, "there is no row to judge by", None, None);
            [unknown("issuer-competent"), unknown("validated")]
        }
    };
    competence.into_iter().chain([registered(reading), agrees(reading), proven(reading)]).collect()
}

/// The validation that must follow an emergency, where the row lets it follow.
pub(crate) fn validation_owed(reading: &Reading<'_>) -> Option<FollowUp> {
    let row = reading.row?;
    let Validation::After { hours } = validation(reading, row) else { return None };
    Some(FollowUp {
        id: "validation-after".to_owned(),
        text: format!(
            "the authority must show its validation within {hours} hours of receipt; if it does not \
             come, ask it to withdraw and to delete what it received"
        ),
        due: reading
            .facts
            .received
            .checked_add(SignedDuration::from_hours(i64::from(hours)))
            .ok()?,
        cite: row.issue.cite.clone(),
    })
}

fn competent(reading: &Reading<'_>, row: &Instrument) -> Finding {
    let issuer = &reading.demand.issuer;
    let issue = &row.issue;
    let class = reading.book.terms.classes.get(&issuer.class);
    let answer = |state, text: String| {
        finding("issuer-competent", state, text, Some(&issue.cite), Some(issue.otherwise))
    };
    let fails = |text: String| answer(FindingState::Fails, text);
    let elsewhere = |text: String| {
        finding(
            "issuer-competent",
            FindingState::Fails,
            text,
            Some(&issue.cite),
            Some(Then::Redirect),
        )
    };
    if !issue.any_state && !row.summary.jurisdiction.reaches(&issuer.jurisdiction) {
        let text = format!(
            "`{}` is law of {} and does not empower an authority of {}: take the way of mutual legal \
             assistance, or an instrument of your own law that reaches this provider",
            row.id(),
            row.summary.jurisdiction,
            issuer.jurisdiction
        );
        return elsewhere(text);
    }
    if issue.leaves_out.contains(&issuer.jurisdiction) {
        return elsewhere(format!(
            "`{}` neither binds nor empowers {}: take the way of mutual legal assistance",
            row.id(),
            issuer.jurisdiction
        ));
    }
    if class.is_some_and(|class| !in_its_states(&class.jurisdictions, &issuer.jurisdiction)) {
        return fails(format!("there is no `{}` in {}", issuer.class, issuer.jurisdiction));
    }
    if issue.anyone || issue.alone.contains(&issuer.class) {
        return answer(FindingState::Holds, format!("`{}` may issue it", issuer.class));
    }
    match validation(reading, row) {
        Validation::Given => answer(
            FindingState::Holds,
            format!("`{}` may issue it with the validation it bears", issuer.class),
        ),
        Validation::After { .. } => answer(
            FindingState::Holds,
            format!("`{}` may issue it in an emergency; validation must follow", issuer.class),
        ),
        _ => fails(format!("`{}` may not issue it alone: {}", issuer.class, issue.text)),
    }
}

fn in_its_states(states: &[Jurisdiction], state: &Jurisdiction) -> bool {
    states.is_empty() || states.contains(state)
}

fn validated(reading: &Reading<'_>, row: &Instrument) -> Finding {
    let answer = |state, text: &str| {
        finding("validated", state, text, Some(&row.issue.cite), Some(Then::Cure))
    };
    match validation(reading, row) {
        Validation::NotNeeded => answer(FindingState::Holds, "no validation is needed"),
        Validation::Given => {
            answer(FindingState::Holds, "it is validated by a body that may validate it")
        }
        Validation::After { .. } => {
            answer(FindingState::Holds, "in this emergency validation may follow")
        }
        Validation::Missing => answer(
            FindingState::Fails,
            "it must be validated first: send it again with the validation",
        ),
        Validation::ByTheWrongBody => answer(
            FindingState::Fails,
            "the body that validated it may not: send it again with the validation of one that may",
        ),
    }
}

fn validation(reading: &Reading<'_>, row: &Instrument) -> Validation {
    let issue = &row.issue;
    if !issue.validated.contains(&reading.demand.issuer.class) {
        return Validation::NotNeeded;
    }
    match (&reading.demand.validator, issue.validation_after_hours) {
        (Some(validator), _) if issue.validators.contains(&validator.class) => Validation::Given,
        (Some(_), _) => Validation::ByTheWrongBody,
        (None, Some(hours)) if reading.in_emergency() => Validation::After { hours },
        (None, _) => Validation::Missing,
    }
}

fn registered(reading: &Reading<'_>) -> Finding {
    let (state, text) = match (&reading.demand.issuer.authority, reading.authority) {
        (_, Some(_)) => (FindingState::Holds, "the authority is in the registry".to_owned()),
        (Some(id), None) => (FindingState::Fails, format!("the registry has no authority `{id}`: enrol it from a source of your own, never from \
                 the request")),
        (None, None) => (FindingState::Unknown, "no entry of the registry stands behind the demand yet: find the authority there, or enrol \
             it from a source of your own".to_owned()),
    };
    finding("authority-registered", state, text, None, Some(Then::Hold))
}

/// What the registry says of the authority agrees with what the document claims.
fn agrees(reading: &Reading<'_>) -> Finding {
    let issuer = &reading.demand.issuer;
    let (state, text) = match reading.authority {
        None => (FindingState::Unknown, "no entry of the registry to compare with".to_owned()),
        Some(known) if known.jurisdiction != issuer.jurisdiction => (
            FindingState::Fails,
            format!(
                "the document says {} and the registry {}",
                issuer.jurisdiction, known.jurisdiction
            ),
        ),
        Some(known) if !acts_for(reading, known) => (
            FindingState::Fails,
            format!("the document says `{}` and the registry `{}`", issuer.class, known.class),
        ),
        Some(_) => (
            FindingState::Holds,
            "the registry and the document agree on state and kind of body".to_owned(),
        ),
    };
    finding("sender-is-issuer", state, text, None, Some(Then::Hold))
}

fn acts_for(reading: &Reading<'_>, known: &Authority) -> bool {
    let claimed = &reading.demand.issuer.class;
    let class = reading.book.terms.classes.get(claimed);
    claimed == &known.class || class.is_some_and(|class| class.bodies.contains(&known.class))
}

fn proven(reading: &Reading<'_>) -> Finding {
    let (state, text) = proof(reading);
    finding("sender-proven", state, text, Some("Collective policy P17"), Some(Then::Hold))
}

fn proof(reading: &Reading<'_>) -> (FindingState, String) {
    let Some(authority) = reading.authority else {
        return (
            FindingState::Fails,
            "no entry of the registry stands behind the sender: nothing can be proven".to_owned(),
        );
    };
    let named = reading.demand.issuer.officer.as_ref();
    if let Some(officer) = named.filter(|officer| !in_office(reading, authority, officer)) {
        return (
            FindingState::Fails,
            format!(
                "officer `{officer}` is not, or no longer, an officer of this authority: tell its administrator"
            ),
        );
    }
    let factors: Vec<Factor> = reading
        .facts
        .factors
        .iter()
        .filter(|factor| counts(reading, authority, factor))
        .cloned()
        .collect();
    if Factor::prove(&factors) {
        return (FindingState::Holds, format!("proven by {}", kinds(&factors)));
    }
    if reading.facts.factors.is_empty() {
        return (
            FindingState::Unknown,
            "no proof of the sender has been established yet".to_owned(),
        );
    }
    let text = format!(
        "proven so far by {}; needed are two independent kinds of proof, one of which the request did \
         not itself supply, such as a call to the number in the registry",
        kinds(&factors)
    );
    (FindingState::Fails, text)
}

/// A proof of an officer who left counts nothing, and a second officer must be another than the first.
fn counts(reading: &Reading<'_>, authority: &Authority, factor: &Factor) -> bool {
    let named = reading.demand.issuer.officer.as_ref();
    match (&factor.officer, factor.kind) {
        (None, _) => true,
        (Some(second), FactorKind::SecondOfficer) => {
            Some(second) != named && in_office(reading, authority, second)
        }
        (Some(officer), _) => {
            named.is_none_or(|named| named == officer) && in_office(reading, authority, officer)
        }
    }
}

fn in_office(reading: &Reading<'_>, authority: &Authority, officer: &OfficerId) -> bool {
    let known = authority.officers.iter().find(|known| &known.id == officer);
    known.is_some_and(|known| known.left.is_none_or(|left| reading.facts.received < left))
}

fn kinds(factors: &[Factor]) -> String {
    let kinds: BTreeSet<&str> = factors.iter().map(|factor| factor.kind.as_str()).collect();
    if kinds.is_empty() {
        return "nothing that counts".to_owned();
    }
    kinds.into_iter().collect::<Vec<_>>().join(", ")
}
