//! Taking records of a partner into the shared memory: what it holds is contributed, what it no longer holds withdrawn.

use super::kept::{Holding, Setting};
use super::settle::{Settled, Word};
use super::shared::Shared;
use super::voices::Voices;
use super::{Brought, PartnerError};
use crate::CommandError;
use std::collections::BTreeMap;
use writ_exchange::{Change, Held, Record};
use writ_hashbank::{
    Command, Content, Contribution, EntryId, Label, MAX_LABELS, Refused, SignalId, State, Taxonomy,
    Verdict,
};
use writ_vocabulary::Instant;

/// How many records are taken at once: the shared memory takes other commands in between.
pub(super) const AT_ONCE: usize = 500;
/// How far ahead an end may lie, in days.
const FAR: i64 = 100 * 365;

/// What takes records of one partner.
pub(super) struct Taking<'a> {
    pub shared: &'a Shared,
    pub setting: &'a Setting,
    pub voices: Voices,
    pub round: u32,
}

/// A record on its way into the shared memory.
pub(super) struct Coming {
    pub key: String,
    /// What the partner holds; nothing where it is gone.
    pub held: Option<Held>,
    /// What its members say, in the names that they have here.
    pub words: Vec<Word>,
    /// What came of it.
    pub holding: Holding,
}

impl Taking<'_> {
    /// Takes records, each key once, and gives what each key stands for from then on.
    pub async fn take(
        &mut self,
        records: Vec<Record>,
        brought: &mut Brought,
    ) -> Result<Vec<(String, Holding)>, PartnerError> {
        let now = Instant::now();
        let mut coming: Vec<Coming> =
            records.into_iter().map(|record| Coming::of(record, now, self.round)).collect();
        self.hear(&mut coming, brought).await?;
        self.contribute(&mut coming, brought).await?;
        let settled = Settled::of(self.setting, &self.voices, &coming);
        self.settle(&settled, brought).await?;
        Ok(coming.into_iter().map(|coming| (coming.key, coming.holding)).collect())
    }

    /// Gives each member of the partner that says something a name here.
    async fn hear(
        &mut self,
        coming: &mut [Coming],
        brought: &mut Brought,
    ) -> Result<(), PartnerError> {
        let (mut admissions, voices) = (BTreeMap::new(), &mut self.voices);
        self.shared.memory.read(|state, _| {
            for coming in coming.iter_mut() {
                let said = coming.held.as_mut().map(|held| std::mem::take(&mut held.opinions));
                for said in said.unwrap_or_default() {
                    let (by, admission) = voices.source(&said.source);
                    if let Some(command) = admission.filter(|_| state.member(&by).is_none()) {
                        admissions.insert(by.clone(), command);
                    }
                    let tags = said.tags.iter().filter_map(|tag| tag.parse().ok());
                    let labels = admitted(state.taxonomy(), tags).0;
                    coming.holding.against |= is_against(said.verdict);
                    Word { by, verdict: said.verdict, labels }.join(&mut coming.words);
                }
            }
        });
        let answered = self.shared.tell(admissions.into_values().collect()).await;
        for error in answered.into_iter().filter_map(Result::err) {
            not_counted(error, brought)?;
        }
        Ok(())
    }

    async fn contribute(
        &self,
        coming: &mut [Coming],
        brought: &mut Brought,
    ) -> Result<(), PartnerError> {
        let given: Vec<Option<Contribution>> = self.shared.memory.read(|state, now| {
            coming.iter().map(|coming| self.contribution(state, now, coming, brought)).collect()
        });
        let commands = given.iter().flatten().cloned().map(Command::Contribute).collect();
        let mut answers = self.shared.tell(commands).await.into_iter();
        for (coming, given) in coming.iter_mut().zip(given) {
            let Some(given) = given else { continue };
            match answers.next().unwrap_or(Err(CommandError::Closed)) {
                Ok(_) => coming.holding.signals = self.held(&given),
                Err(error) => refused(error, &coming.key, brought)?,
            }
        }
        Ok(())
    }

    /// What of a record the bank may take; nothing where there is nothing.
    fn contribution(
        &self,
        state: &State,
        now: Instant,
        coming: &Coming,
        brought: &mut Brought,
    ) -> Option<Contribution> {
        let held = coming.held.as_ref()?;
        let line = state.bank(&self.setting.bank).map_or(0, |bank| bank.quality);
        let mut signals = held.signals.clone();
        signals.retain(|signal| signal.quality.is_none_or(|quality| quality >= line));
        if signals.len() < held.signals.len() {
            let poor = held.signals.len() - signals.len();
            let what = format!("{poor} hashes below the bank's quality line of {line} left out");
            brought.refused.add(Some(&coming.key), &what);
        }
        let (labels, left_out) = admitted(state.taxonomy(), held.labels.iter().cloned());
        brought.labels_left_out = brought.labels_left_out.saturating_add(left_out);
        (!signals.is_empty()).then(|| Contribution {
            labels,
            note: held.note.clone(),
            content: Some(Content { content_id: Some(coming.key.clone()), ..Content::default() }),
            expires: held.expires,
            review_by: held.review_by.filter(|date| is_ahead(*date, now)),
            ..Contribution::new(self.setting.bank.clone(), self.voices.own.clone(), signals)
        })
    }

    /// Under which numbers the bank holds what was contributed.
    fn held(&self, given: &Contribution) -> Box<[SignalId]> {
        let mut ids: Vec<SignalId> = self.shared.memory.read(|state, _| {
            let found = |signal: &writ_hashbank::Signal| {
                state.find(&given.bank, &signal.kind, &signal.hash)
            };
            given.signals.iter().filter_map(found).collect()
        });
        ids.sort_unstable();
        ids.dedup();
        ids.into()
    }
}

impl Coming {
    fn of(record: Record, now: Instant, round: u32) -> Self {
        let held = match record.change {
            // What has ended is no longer held, and an end beyond what is kept is none.
            Change::Held(held) if held.expires.is_none_or(|end| end > now) => {
                Some(Held { expires: held.expires.filter(|end| is_ahead(*end, now)), ..held })
            }
            Change::Held(_) | Change::Gone => None,
        };
        let holding = Holding { round, ..Holding::default() };
        Self { key: record.key, held, words: Vec::new(), holding }
    }

    /// The entries in which it holds something.
    pub fn entries(&self) -> impl Iterator<Item = EntryId> {
        self.holding.signals.iter().map(|signal| signal.entry())
    }
}

/// The labels that may be given together, and how many were left out.
fn admitted(taxonomy: Option<&Taxonomy>, given: impl Iterator<Item = Label>) -> (Vec<Label>, u64) {
    let (mut labels, mut left_out) = (Vec::new(), 0);
    for label in given {
        if labels.contains(&label) {
            continue;
        }
        labels.push(label);
        let may = taxonomy.is_some_and(|taxonomy| taxonomy.admit(&labels).is_ok());
        if !may || labels.len() > MAX_LABELS {
            labels.pop();
            left_out += 1;
        }
    }
    (labels, left_out)
}

pub(super) fn is_against(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Dispute | Verdict::NotTerrorist)
}

/// Whether the hash bank takes this date: ahead, and not too far. Seconds are kept up to 2106.
fn is_ahead(date: Instant, now: Instant) -> bool {
    let far = date.as_second().saturating_sub(now.as_second()) > FAR * 86_400;
    date > now && !far && u32::try_from(date.as_second()).is_ok()
}

/// Counts a record that the hash bank does not take. What stands against all of them ends the fetch.
pub(super) fn refused(
    error: CommandError,
    key: &str,
    brought: &mut Brought,
) -> Result<(), PartnerError> {
    match error {
        CommandError::Refused(
            Refused::NoRules
            | Refused::NoTaxonomy
            | Refused::NoBank(_)
            | Refused::NoMember(_)
            | Refused::Voice { .. },
        )
        | CommandError::Stored(_)
        | CommandError::Closed => Err(error.into()),
        error => {
            brought.refused.add(Some(key), &error.to_string());
            Ok(())
        }
    }
}

/// Passes over what is so already, or concerns a voice that does not count.
pub(super) fn not_counted(error: CommandError, brought: &mut Brought) -> Result<(), PartnerError> {
    match error {
        CommandError::Refused(
            Refused::NothingSaid { .. }
            | Refused::NotContributor { .. }
            | Refused::NoEntry(_)
            | Refused::NoMember(_)
            | Refused::BankGone(_)
            | Refused::OthersStand(_)
            | Refused::MemberExists(_)
            | Refused::Voice { .. },
        ) => Ok(()),
        CommandError::Refused(_) | CommandError::TooLong { .. } => {
            brought.refused.add(None, &error.to_string());
            Ok(())
        }
        CommandError::Stored(_) | CommandError::Closed => Err(error.into()),
    }
}
