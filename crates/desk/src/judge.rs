//! Judging: the demand and the facts that the desk establishes, through law book and policy, to a ruling.

use crate::desk::Books;
use crate::{Desk, DeskError, Recorded};
use std::collections::BTreeMap;
use writ_collect::{Located, Lookup};
use writ_docket::{AnswerKind, Command, Event, Ruled, Stage};
use writ_lawbook::{Assessment, UnknownTerms};
use writ_vocabulary::{
    AccountRef, CaseId, Demand, Digest, Facts, Instant, Pause, PauseCause, Ruling, SignOff,
    Statement,
};

/// What the sources know of each account of a demand.
pub(crate) type Lookups = BTreeMap<AccountRef, Lookup>;

/// A demand with all that it was judged on.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The demand.
    pub demand: Demand,
    /// The facts.
    pub facts: Facts,
    /// What the law book found.
    pub assessment: Assessment,
    /// What the policy ruled.
    pub ruling: Ruling,
}

impl Books {
    /// Judges a demand on the given facts. Stores nothing.
    ///
    /// # Errors
    /// When the demand uses words that the law book does not know.
    pub fn judge(&self, demand: Demand, facts: Facts) -> Result<Judged, UnknownTerms> {
        let assessment = self.lawbook.assess(&demand, &facts)?;
        let ruling = self.policy.rule_on(&assessment);
        Ok(Judged { demand, facts, assessment, ruling })
    }
}

impl Desk {
    /// Judges a case as it now stands, on facts that the desk establishes itself: the registry, the recorded
    /// factors, the sources. What the file said of its own facts counts for nothing.
    ///
    /// # Errors
    /// When a source cannot be asked, or the case was erased.
    pub async fn judge(&self, recorded: &Recorded) -> Result<Judged, DeskError> {
        let (demand, facts) = self.facts(recorded).await?;
        Ok(self.books().judge(demand, facts)?)
    }

    /// The demand of a case and the facts that the desk establishes about it: what it is judged on.
    ///
    /// # Errors
    /// When a source cannot be asked, or the case was erased.
    pub async fn facts(&self, recorded: &Recorded) -> Result<(Demand, Facts), DeskError> {
        let demand = self.demand(recorded).await?;
        let lookups = self.lookups(&demand).await?;
        let registry = self.registry();
        let facts = Facts {
            received: recorded.case.lodging.received,
            provider: self.house.provider(),
            authorities: registry.claimed(&demand).cloned().into_iter().collect(),
            factors: recorded.case.factors.clone(),
            established: recorded
                .case
                .established
                .iter()
                .map(|(statement, holds)| (statement.clone(), Statement::Flag(*holds)))
                .collect(),
            accounts: lookups.into_values().map(|lookup| lookup.facts).collect(),
            sign_offs: self.signed_off(&demand),
            pauses: pauses(&recorded.events),
        };
        Ok((with_registered_id(demand, &registry), facts))
    }

    /// Counsel's sign-offs of the demand's instrument, from their own day on.
    fn signed_off(&self, demand: &Demand) -> Vec<SignOff> {
        let today = self.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let counts = |entry: &&SignOff| entry.instrument == demand.instrument && entry.on <= today;
        self.sign_offs().iter().filter(counts).cloned().collect()
    }

    /// Judges a case and puts the ruling on its docket.
    pub(crate) async fn assess(
        &self,
        recorded: &Recorded,
        command_id: &str,
    ) -> Result<Recorded, DeskError> {
        let id = &recorded.case.id;
        let judged = self.judge(recorded).await?;
        let bytes = serde_json::to_vec(&judged.ruling).unwrap_or_default();
        let kept = self.keep(id, "ruling", &bytes).await?;
        let confirm_by = judged.assessment.follow_ups.iter().map(|owed| owed.due).min();
        let ruled = Ruled::of(&judged.ruling, kept, confirm_by);
        self.command_on(recorded, Command::Assess { ruled }, command_id).await
    }

    /// Lifts a stop. A case that has a ruling and no decision yet is judged again: its clock stood still meanwhile.
    ///
    /// # Errors
    /// When the case is not suspended, or cannot be judged; the stop is lifted all the same then.
    pub async fn resume(&self, id: &CaseId, document: Digest) -> Result<Recorded, DeskError> {
        let recorded = self.command(id, Command::Resume { document }, None).await?;
        match &recorded.case.stage {
            Stage::Assessed(_) => {
                self.assess(&recorded, &format!("assess-{}", recorded.last)).await
            }
            _ => Ok(recorded),
        }
    }

    /// The last ruling on a case's docket, with its words.
    ///
    /// # Errors
    /// When there is none, or the case was erased.
    pub async fn ruling(&self, recorded: &Recorded) -> Result<Ruling, DeskError> {
        let id = &recorded.case.id;
        let missing = DeskError::Incomplete { case: id.clone(), what: "it has no ruling yet" };
        let ruled = recorded.events.iter().rev().find_map(|(_, event)| match event {
            Event::Assessed { ruled } => Some(ruled.ruling),
            _ => None,
        });
        let digest = ruled.ok_or(missing)?;
        let bytes = self.document(id, "ruling", digest).await?;
        serde_json::from_slice(&bytes).map_err(|_| DeskError::Incomplete {
            case: id.clone(),
            what: "its ruling no longer reads as one",
        })
    }

    pub(crate) async fn lookups(&self, demand: &Demand) -> Result<Lookups, DeskError> {
        let mut found = Lookups::new();
        for line in demand.accounts.iter().filter(|line| !line.account.is_bulk()) {
            let lookup = self.sources.lookup(&line.reference, &line.account).await?;
            found.insert(line.reference.clone(), lookup);
        }
        Ok(found)
    }

    pub(crate) async fn located(
        &self,
        demand: &Demand,
    ) -> Result<BTreeMap<AccountRef, Located>, DeskError> {
        let mut found = BTreeMap::new();
        for line in demand.accounts.iter().filter(|line| !line.account.is_bulk()) {
            if let Some(located) = self.sources.locate(&line.account).await? {
                found.insert(line.reference.clone(), located);
            }
        }
        Ok(found)
    }
}

/// When the clock stood still: while an objection was heard, and while the authority was asked to mend its demand.
fn pauses(events: &[(Instant, Event)]) -> Vec<Pause> {
    let mut pauses: Vec<Pause> = Vec::new();
    for (at, event) in events {
        let stopped = match event {
            Event::Suspended { .. } => Some(PauseCause::Objection),
            Event::Answered { answer: AnswerKind::AskCure, .. } => Some(PauseCause::Clarification),
            _ => None,
        };
        pauses.extend(stopped.map(|by| Pause { from: *at, until: None, by }));
        let goes_on = match event {
            Event::Resumed { .. } => Some(PauseCause::Objection),
            Event::Supplemented { .. } => Some(PauseCause::Clarification),
            _ => None,
        };
        let ended = |pause: &&mut Pause| pause.until.is_none() && Some(pause.by) == goes_on;
        for pause in pauses.iter_mut().filter(ended) {
            pause.until = Some(*at);
        }
    }
    pauses
}

/// A demand that names its authority exactly as the registry does is judged under the registry's id.
fn with_registered_id(mut demand: Demand, registry: &crate::Registry) -> Demand {
    if demand.issuer.authority.is_none() {
        demand.issuer.authority = registry.claimed(&demand).map(|authority| authority.id.clone());
    }
    demand
}
