//! Reasons: what a verdict says to the authority, rule by rule, and what follows.

use crate::clause::{Clause, EVERY_REQUIREMENT, Effect};
use crate::outcome::Verdict;
use writ_lawbook::{AssessedItem, Assessment};
use writ_vocabulary::{Finding, FindingState, Reason, RuleId, Then};

/// What a policy cites where the law is the instrument's, whichever it is.
const OWN_LAW: &str = "the instrument's own law";

/// What follows a verdict: nothing after a yes; after a no the first in the order of [`Then`] of all that its
/// policies say. What no policy explains, a person decides.
pub(crate) fn then(verdict: &Verdict<'_>, assessment: &Assessment) -> Option<Then> {
    if verdict.allowed {
        return None;
    }
    let said = verdict.by.iter().filter_map(|clause| rows_word(clause, assessment).or(clause.then));
    said.chain(verdict.faulty.then_some(Then::Escalate)).min().or(Some(Then::Escalate))
}

/// Why a verdict is what it is: every policy that determined it, with the particulars that the law book found.
pub(crate) fn of_item(
    verdict: &Verdict<'_>,
    assessed: &AssessedItem,
    assessment: &Assessment,
) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = Vec::new();
    for clause in &verdict.by {
        for reason in of_clause(clause, assessed, assessment) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
    }
    if verdict.faulty {
        reasons.extend(unanswered(
            "a rule could not be applied to this, and doubt never discloses: a person decides",
        ));
    } else if reasons.is_empty() {
        reasons.extend(unanswered("no rule allows it: a person decides"));
    }
    reasons
}

/// The citation of a policy, with the instrument's own law filled in.
pub(crate) fn cite(clause: &Clause, assessment: &Assessment) -> String {
    match &assessment.instrument {
        _ if clause.cite != OWN_LAW => clause.cite.clone(),
        Some(row) => row.cite.clone(),
        None => format!("collective policy {}", clause.rule),
    }
}

fn unanswered(text: &str) -> Option<Reason> {
    let rule: RuleId = "P1".parse().ok()?;
    Some(Reason { rule, cite: "collective policy P1".to_owned(), text: text.to_owned() })
}

fn of_clause(clause: &Clause, assessed: &AssessedItem, assessment: &Assessment) -> Vec<Reason> {
    let told = particulars(clause, assessed, assessment);
    let reason = |text: String, law: Option<String>| Reason {
        rule: clause.rule.clone(),
        cite: law.unwrap_or_else(|| cite(clause, assessment)),
        text,
    };
    match (clause.effect, told.is_empty()) {
        // A yes needs no particulars, only the law behind it.
        (Effect::Permit, _) => {
            vec![reason(clause.reason.clone(), told.into_iter().find_map(|(_, law)| law))]
        }
        (Effect::Forbid, true) => vec![reason(clause.reason.clone(), None)],
        (Effect::Forbid, false) => told
            .into_iter()
            .map(|(text, law)| reason(format!("{}; {text}", clause.reason), law))
            .collect(),
    }
}

/// The texts and laws of the findings that a policy is told by, as far as they say no.
fn particulars(
    clause: &Clause,
    assessed: &AssessedItem,
    assessment: &Assessment,
) -> Vec<(String, Option<String>)> {
    let mut told = Vec::new();
    for name in &clause.about {
        match name.as_str() {
            "element-compelled" => {
                told.push((assessed.compelled.why.clone(), assessed.compelled.cite.clone()))
            }
            "account-unambiguous" => {
                told.extend(
                    assessed
                        .ambiguities
                        .iter()
                        .map(|ambiguity| (ambiguity.remedy().to_owned(), None)),
                );
            }
            _ => told.extend(
                said_no(name, assessment)
                    .map(|finding| (finding.text.clone(), finding.cite.clone())),
            ),
        }
    }
    for name in &clause.unknown {
        let unknown =
            said_no(name, assessment).filter(|finding| finding.state == FindingState::Unknown);
        told.extend(unknown.map(|finding| (finding.text.clone(), finding.cite.clone())));
    }
    told.retain(|(text, _)| !text.is_empty());
    told
}

/// The findings of a name that do not hold.
fn said_no<'a>(name: &'a str, assessment: &'a Assessment) -> impl Iterator<Item = &'a Finding> {
    let meant = move |finding: &&Finding| match name {
        EVERY_REQUIREMENT => finding.id.starts_with("requires:"),
        _ => finding.id == name,
    };
    assessment.findings.iter().filter(|finding| finding.state != FindingState::Holds).filter(meant)
}

/// What the instrument's row itself says to follow, for a policy that leaves it to the row.
fn rows_word(clause: &Clause, assessment: &Assessment) -> Option<Then> {
    let failed = clause
        .about
        .iter()
        .filter(|_| clause.row_decides)
        .flat_map(|name| said_no(name, assessment));
    failed
        .filter(|finding| finding.state == FindingState::Fails)
        .filter_map(|finding| finding.then)
        .min()
}
