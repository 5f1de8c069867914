//! Work: perform what is owed, for every case that has something due. A case's duties are performed one after another,
//! several cases at a time.

use crate::store::{dues, stream};
use crate::{Desk, DeskError, Recorded};
use jiff::SignedDuration;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use tokio::task::{Id, JoinError, JoinSet};
use writ_collect::Progress;
use writ_docket::{AnswerKind, Command, Decider, Duty, duty};
use writ_journal::{Due, ExpectedSequence, Journal};
use writ_vocabulary::{CaseId, KeyPurpose, Outcome};

/// How long a duty that failed waits before it is tried again.
const RETRY: SignedDuration = SignedDuration::from_secs(60);
/// The most duties that one case can owe in a row; more would be a circle.
const STEPS: usize = 32;
/// How many cases are worked on at a time: enough that a slow source or disk leaves no core idle.
const AT_ONCE: usize = 8;

/// Is told how far a case's collection is.
pub type Tell = Arc<dyn Fn(&CaseId, Progress) + Send + Sync>;

/// What became of one duty.
#[derive(Debug)]
pub struct Performed {
    /// The case.
    pub case: CaseId,
    /// The duty.
    pub duty: Duty,
    /// How it ended.
    pub done: Done,
}

/// How a duty ended.
#[derive(Debug)]
pub enum Done {
    /// It was performed; the case is now in this stage.
    Now(&'static str),
    /// It failed, stays owed, and is tried again later.
    Later(DeskError),
}

impl Desk {
    /// Performs everything that is owed now, and says what became of each duty, case by case. A case whose duty fails
    /// waits; the others go on.
    ///
    /// # Errors
    /// Only when the list of what is owed cannot be read.
    pub async fn work(self: &Arc<Self>, tell: &Tell) -> Result<Vec<Performed>, DeskError> {
        let owed = self.journal.dues_until(self.clock.now(), writ_journal::PAGE).await?;
        let cases: BTreeSet<CaseId> =
            owed.iter().filter_map(|owed| owed.stream.as_str().parse().ok()).collect();
        let (mut at_work, mut names) = (JoinSet::new(), HashMap::new());
        let mut performed = Vec::new();
        for id in cases {
            if at_work.len() >= AT_ONCE {
                performed.extend(self.one_done(&mut at_work, &names).await);
            }
            let (desk, tell, case) = (Arc::clone(self), Arc::clone(tell), id.clone());
            let task = at_work.spawn(async move { desk.work_on(&case, &*tell).await });
            names.insert(task.id(), id);
        }
        while !at_work.is_empty() {
            performed.extend(self.one_done(&mut at_work, &names).await);
        }
        performed.sort_by(|one, other| one.case.cmp(&other.case));
        Ok(performed)
    }

    /// What became of the case that is done first. One that broke off in the midst is tried again later.
    async fn one_done(
        &self,
        at_work: &mut JoinSet<Vec<Performed>>,
        names: &HashMap<Id, CaseId>,
    ) -> Vec<Performed> {
        let broken: JoinError = match at_work.join_next().await {
            None => return Vec::new(),
            Some(Ok(performed)) => return performed,
            Some(Err(broken)) => broken,
        };
        let Some(case) = names.get(&broken.id()) else { return Vec::new() };
        self.postpone(case).await;
        let what =
            "a step broke off in the midst, which is a fault of the program; nothing was recorded";
        let done = Done::Later(DeskError::Incomplete { case: case.clone(), what });
        vec![Performed { case: case.clone(), duty: Duty::Proceed, done }]
    }

    /// Performs everything that one case owes now.
    pub async fn work_on(
        &self,
        id: &CaseId,
        progress: &(dyn Fn(&CaseId, Progress) + Send + Sync),
    ) -> Vec<Performed> {
        let mut performed = Vec::new();
        let mut recorded = match self.case(id).await {
            Ok(recorded) => recorded,
            Err(error) => {
                performed.push(Performed {
                    case: id.clone(),
                    duty: Duty::Proceed,
                    done: Done::Later(error),
                });
                return performed;
            }
        };
        for _ in 0..STEPS {
            let now = self.clock.now();
            let owed = duty(&recorded.case, now);
            let Some(next) =
                owed.into_iter().find(|owed| owed.from <= now && owed.duty.is_machines())
            else {
                return performed;
            };
            let tell = |step: Progress| progress(id, step);
            let mut perform = |done| {
                performed.push(Performed { case: id.clone(), duty: next.duty, done });
            };
            match self.perform(&recorded, next.duty, &tell).await {
                Ok(after) => {
                    perform(Done::Now(after.case.stage_name()));
                    recorded = after;
                }
                Err(error) => {
                    self.postpone(id).await;
                    perform(Done::Later(error));
                    return performed;
                }
            }
        }
        performed
    }

    /// Performs one duty. The command's id follows from the duty and the place in the history, so that a duty that
    /// was performed just before a crash is not performed on the record twice.
    async fn perform(
        &self,
        recorded: &Recorded,
        duty: Duty,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Recorded, DeskError> {
        let command_id = format!("{}-{}", duty.as_str().replace(' ', "-"), recorded.last);
        let command_id = command_id.as_str();
        match duty {
            Duty::Authenticate => self.authenticate(recorded, command_id).await,
            Duty::Assess => self.assess(recorded, command_id).await,
            Duty::Proceed => self.proceed(recorded, command_id).await,
            Duty::Collect => self.collect(recorded, command_id, progress).await,
            Duty::Seal => self.seal(recorded, command_id).await,
            Duty::Notify => self.notify(recorded, command_id).await,
            Duty::Deliver => self.deliver(recorded, command_id).await,
            Duty::MissConfirmation => {
                self.command_on(recorded, Command::MissConfirmation, command_id).await
            }
            Duty::EndPreservation => {
                self.command_on(recorded, Command::EndPreservation, command_id).await
            }
            Duty::Close => self.command_on(recorded, Command::Close, command_id).await,
            Duty::Decide | Duty::SeeToGag => Ok(recorded.clone()),
        }
    }

    /// Proves the sender of a case again, with the key that its authority has enrolled now.
    ///
    /// # Errors
    /// When the case is past sealing, or was erased.
    pub async fn authenticate_again(&self, id: &CaseId) -> Result<Recorded, DeskError> {
        let recorded = self.case(id).await?;
        self.authenticate(&recorded, &format!("authenticate-{}", recorded.last)).await
    }

    async fn authenticate(
        &self,
        recorded: &Recorded,
        command_id: &str,
    ) -> Result<Recorded, DeskError> {
        let demand = self.demand(recorded).await?;
        let registry = self.registry();
        let claimed = registry.claimed(&demand);
        let authority = match (claimed, &demand.issuer.authority) {
            (Some(known), _) => known.id.clone(),
            (None, Some(named)) => named.clone(),
            (None, None) => unregistered(&recorded.case.id)?,
        };
        let recipient = claimed
            .and_then(|known| known.key(KeyPurpose::Seal, self.clock.now()))
            .map(writ_vocabulary::EnrolledKey::fingerprint);
        let command = Command::Authenticate { authority, recipient };
        self.command_on(recorded, command, command_id).await
    }

    /// Carries out a ruling that the machine may carry out.
    async fn proceed(&self, recorded: &Recorded, command_id: &str) -> Result<Recorded, DeskError> {
        let id = &recorded.case.id;
        let by = Decider::Machine;
        let missing = DeskError::Incomplete { case: id.clone(), what: "it has no ruling" };
        let ruled = recorded.case.ruled().ok_or(missing)?;
        let command = match ruled.outcome {
            Outcome::Disclose | Outcome::Narrow => Command::Grant { by, scope: ruled.allowed() },
            Outcome::Refuse => Command::Answer { by, answer: AnswerKind::Refuse },
            Outcome::Cure => Command::Answer { by, answer: AnswerKind::AskCure },
            Outcome::Redirect => Command::Answer { by, answer: AnswerKind::Redirect },
            Outcome::Hold => Command::Answer { by, answer: AnswerKind::Hold },
            Outcome::Preserve => {
                let judged = self.judge(recorded).await?;
                let nameless = DeskError::Incomplete {
                    case: id.clone(),
                    what: "the law book names no end for this preservation; a person sets one",
                };
                Command::Preserve { by, until: judged.assessment.preserve_until.ok_or(nameless)? }
            }
            Outcome::Escalate | Outcome::Act => return Ok(recorded.clone()),
        };
        self.command_on(recorded, command, command_id).await
    }

    /// A duty that failed is looked at again a little later. If even that cannot be written down, it stays due now.
    async fn postpone(&self, id: &CaseId) {
        let Ok(recorded) = self.case(id).await else { return };
        let now = self.clock.now();
        let Ok(later) = now.checked_add(RETRY) else { return };
        let owed: Vec<_> = dues(&recorded.case, now)
            .into_iter()
            .map(|due| Due { at: due.at.max(later), ..due })
            .collect();
        let standing = ExpectedSequence::After(recorded.last);
        if let Err(error) = self.journal.set_dues(&stream(id), standing, &owed).await {
            tracing::warn!(case = %id, %error, "a failed duty could not be postponed; it is tried again at once");
        }
    }
}

fn unregistered(id: &CaseId) -> Result<writ_vocabulary::AuthorityId, DeskError> {
    "unregistered"
        .parse()
        .map_err(|_| DeskError::Incomplete { case: id.clone(), what: "it names no authority" })
}
