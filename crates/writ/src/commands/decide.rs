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
    give(desk, &decision.case, Command::Answer { by, answer }, say).await
}

pub async fn run(desk: &Desk, said: &Said, say: Say) -> Result<()> {
    match said {
        Said::Factor { case, kind, person, from_request } => {
            let by = Some(person_of(desk, person)?);
            let factor = Factor {
                kind: (*kind).into(),
                at: Instant::now(),
                from_request: *from_request,
                by,
                officer: None,
            };
            let recorded = desk.add_factor(case, factor).await.map_err(fault::of)?;
            told(&recorded, say);
            Ok(())
        }
        Said::Establish { case, statement, not, person } => {
            let by = person_of(desk, person)?;
            let recorded = desk.establish(case, by, statement.clone(), !not).await;
            told(&recorded.map_err(fault::of)?, say);
            Ok(())
        }
        Said::Authenticate { case } => {
            let recorded = desk.authenticate_again(case).await.map_err(fault::of)?;
            told(&recorded, say);
            Ok(())
        }
        Said::Grant { decision, only } => {
            let recorded = desk.case(&decision.case).await.map_err(fault::of)?;
            let allowed =
                recorded.case.ruled().map(writ_docket::Ruled::allowed).unwrap_or_default();
            let scope = narrowed(&allowed, only)?;
            give(desk, &decision.case, Command::Grant { by: decider(desk, decision)?, scope }, say)
                .await
        }
        Said::Preserve { decision, until } => {
            let command = Command::Preserve { by: decider(desk, decision)?, until: *until };
            give(desk, &decision.case, command, say).await
        }
        Said::Extend { decision, until } => {
            let command =
                Command::ExtendPreservation { by: decider(desk, decision)?, until: *until };
            give(desk, &decision.case, command, say).await
        }
        Said::Override { case, people, only, reason } => {
            let reason = kept(desk, case, reason).await?;
            let asked = desk.case(case).await.map_err(fault::of)?.case.lodging.asked;
            let command = Command::Override {
                by: four_eyes(desk, people)?,
                scope: narrowed(&asked, only)?,
                reason,
            };
            give(desk, case, command, say).await
        }
        Said::Confirm { decision, document } => {
            let by = person_of(desk, &decision.person)?;
            let document = kept(desk, &decision.case, document).await?;
            give(desk, &decision.case, Command::Confirm { by, document }, say).await
        }
        Said::Defer { case, until, order } => {
            let order = kept(desk, case, order).await?;
            give(desk, case, Command::DeferNotice { until: *until, order }, say).await
        }
        Said::Withdraw { case } => give(desk, case, Command::Withdraw, say).await,
        Said::Suspend { case, document } => {
            let document = kept(desk, case, document).await?;
            give(desk, case, Command::Suspend { document }, say).await
        }
        Said::Resume { case, document } => {
            let document = kept(desk, case, document).await?;
            told(&desk.resume(case, document).await.map_err(fault::of)?, say);
            Ok(())
        }
        _ => Err(fault::plain("this command is not one for the desk")),
    }
}

async fn give(desk: &Desk, case: &CaseId, command: Command, say: Say) -> Result<()> {
    let recorded = desk.command(case, command, None).await.map_err(fault::of)?;
    told(&recorded, say);
    Ok(())
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
