//! Decisions of people on a case.

use super::bytes;
use super::cases::waits_for;
use crate::args::{Command as Said, Decision};
use crate::fault;
use crate::say::Say;
use miette::Result;
use std::path::Path;
use writ_desk::{Desk, Recorded};
use writ_docket::{AnswerKind, Command, Decider, FourEyes};
use writ_vocabulary::{CaseId, Digest, ElementId, Factor, Instant, PersonId, Scope};

pub async fn answer(desk: &Desk, decision: &Decision, answer: AnswerKind, say: Say) -> Result<()> {
    let by = decider(desk, decision)?;
    let recorded = give(desk, &decision.case, Command::Answer { by, answer }).await?;
    told(&recorded, say);
    Ok(())
}

pub async fn run(desk: &Desk, said: &Said, say: Say) -> Result<()> {
    let recorded = match said {
        Said::Factor { case, kind, person, from_request } => {
            let by = Some(person_of(desk, person)?);
            let (kind, from_request) = ((*kind).into(), *from_request);
            let factor = Factor { kind, at: Instant::now(), from_request, by, officer: None };
            desk.add_factor(case, factor).await.map_err(fault::of)?
        }
        Said::Establish { case, statement, not, person } => {
            let by = person_of(desk, person)?;
            desk.establish(case, by, statement.clone(), !not).await.map_err(fault::of)?
        }
        Said::Authenticate { case } => desk.authenticate_again(case).await.map_err(fault::of)?,
        Said::Resume { case, document } => {
            let document = kept(desk, case, document).await?;
            desk.resume(case, document).await.map_err(fault::of)?
        }
        said => {
            let (case, command) = commanded(desk, said).await?;
            give(desk, case, command).await?
        }
    };
    told(&recorded, say);
    Ok(())
}

/// What is the case's own to decide.
async fn commanded<'a>(desk: &Desk, said: &'a Said) -> Result<(&'a CaseId, Command)> {
    Ok(match said {
        Said::Grant { decision, only } => {
            let recorded = desk.case(&decision.case).await.map_err(fault::of)?;
            let allowed =
                recorded.case.ruled().map(writ_docket::Ruled::allowed).unwrap_or_default();
            let scope = narrowed(&allowed, only)?;
            (&decision.case, Command::Grant { by: decider(desk, decision)?, scope })
        }
        Said::Preserve { decision, until } => {
            (&decision.case, Command::Preserve { by: decider(desk, decision)?, until: *until })
        }
        Said::Extend { decision, until } => {
            let by = decider(desk, decision)?;
            (&decision.case, Command::ExtendPreservation { by, until: *until })
        }
        Said::Override { case, people, only, reason } => {
            let reason = kept(desk, case, reason).await?;
            let asked = desk.case(case).await.map_err(fault::of)?.case.lodging.asked;
            let (by, scope) = (four_eyes(desk, people)?, narrowed(&asked, only)?);
            (case, Command::Override { by, scope, reason })
        }
        Said::Confirm { decision, document } => {
            let by = person_of(desk, &decision.person)?;
            let document = kept(desk, &decision.case, document).await?;
            (&decision.case, Command::Confirm { by, document })
        }
        Said::Defer { case, until, order } => {
            let order = kept(desk, case, order).await?;
            (case, Command::DeferNotice { until: *until, order })
        }
        Said::Withdraw { case } => (case, Command::Withdraw),
        Said::Suspend { case, document } => {
            let document = kept(desk, case, document).await?;
            (case, Command::Suspend { document })
        }
        _ => return Err(fault::plain("this command is not one for the desk")),
    })
}

async fn give(desk: &Desk, case: &CaseId, command: Command) -> Result<Recorded> {
    desk.command(case, command, None).await.map_err(fault::of)
}

fn told(recorded: &Recorded, say: Say) {
    let value =
        serde_json::json!({ "case": recorded.case.id, "stage": recorded.case.stage_name() });
    say.result(&value, |_| {
        format!(
            "{} is now {}; it {}",
            recorded.case.id,
            recorded.case.stage_name(),
            waits_for(recorded)
        )
    });
}

fn decider(desk: &Desk, decision: &Decision) -> Result<Decider> {
    person_of(desk, &decision.person).map(Decider::Person)
}

fn person_of(desk: &Desk, id: &str) -> Result<PersonId> {
    desk.house().person(id).map_err(fault::of)
}

fn four_eyes(desk: &Desk, people: &[String]) -> Result<FourEyes> {
    let [first, second] = people else {
        return Err(fault::plain("an override needs two people: `--as FIRST SECOND`"));
    };
    FourEyes::of(person_of(desk, first)?, person_of(desk, second)?).ok_or_else(|| {
        fault::plain(format!("`{first}` cannot be both pairs of eyes; name a second person"))
    })
}

/// The part of a scope with these elements; all of it where none are named.
fn narrowed(scope: &Scope, only: &[String]) -> Result<Scope> {
    if only.is_empty() {
        return Ok(scope.clone());
    }
    let wanted: Vec<ElementId> =
        only.iter().map(|word| word.parse()).collect::<Result<_, _>>().map_err(fault::of)?;
    let there: Vec<ElementId> = scope.items().map(|item| item.element).collect();
    match wanted.iter().find(|element| !there.contains(element)) {
        Some(missing) => {
            Err(fault::plain(format!("`{missing}` is not among what can be chosen here")))
        }
        None => Ok(scope.narrowed(|item| wanted.contains(&item.element))),
    }
}

/// A document's digest after it was put into the case's vault.
async fn kept(desk: &Desk, case: &CaseId, path: &Path) -> Result<Digest> {
    desk.keep_document(case, &bytes(path)?).await.map_err(fault::of)
}
