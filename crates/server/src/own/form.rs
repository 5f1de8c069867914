//! Entries as `/v1` writes and reads them.

use crate::app::App;
use crate::error::Problem;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use writ_commons::Sample;
use writ_hashbank::{
    BankName, Content, Contribution, Entry, EntryId, EntryState, IncidentId, Label, MemberId,
    Opinion, Signal, State, Stored, Verdict,
};
use writ_signals::SignalType;
use writ_vocabulary::Instant;

/// An entry with all that is known of it.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Entry)]
pub(crate) struct Shown<'a> {
    /// Its number.
    #[schema(value_type = u32)]
    pub entry: EntryId,
    /// Its bank.
    #[schema(value_type = String)]
    pub bank: &'a BankName,
    /// Where it stands: `active`, `disputed`, `quarantined`, `withdrawn` or `expired`.
    #[schema(value_type = String)]
    pub state: EntryState,
    /// Why, for people.
    pub because: &'a str,
    /// Its signals, each with where it stands itself.
    pub signals: Vec<ShownSignal<'a>>,
    /// The labels of those who stand by it.
    #[schema(value_type = Vec<String>)]
    pub labels: BTreeSet<&'a Label>,
    /// What each member says.
    pub opinions: Vec<ShownOpinion<'a>>,
    /// The incident it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub incident: Option<&'a IncidentId>,
    /// When it was first contributed.
    #[schema(value_type = String)]
    pub contributed: Instant,
    /// When it last changed.
    #[schema(value_type = String)]
    pub changed: Instant,
    /// Its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub expires: Option<Instant>,
    /// By when it is looked at again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub review_by: Option<Instant>,
}

/// A signal of an entry.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = EntrySignal)]
pub(crate) struct ShownSignal<'a> {
    /// Its type.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: &'a writ_hashbank::SignalType,
    /// Its canonical text.
    hash: String,
    /// Its quality, 0 to 100, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<u8>,
    /// Where it stands.
    #[schema(value_type = String)]
    state: EntryState,
}

/// What one member says.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Opinion)]
pub(crate) struct ShownOpinion<'a> {
    /// Who.
    #[schema(value_type = String)]
    member: &'a MemberId,
    /// `confirm`, `dispute`, `not-terrorist` or `seen`; missing where it only contributed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    verdict: Option<Verdict>,
    /// The places of the signals that it contributed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contributed: Vec<u8>,
    /// Its labels.
    #[schema(value_type = Vec<String>)]
    labels: Vec<&'a Label>,
    /// Its note on what it contributed.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
    /// Why it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// When it last spoke.
    #[schema(value_type = String)]
    at: Instant,
}

impl<'a> Shown<'a> {
    pub fn of(entry: Entry<'a>) -> Self {
        let standing = |one: &&Opinion<'_>| match one.verdict {
            None | Some(Verdict::Seen) => !one.contributed.is_empty(),
            Some(verdict) => verdict == Verdict::Confirm,
        };
        let labels = entry.opinions.iter().filter(standing).flat_map(|one| one.labels.clone());
        Self {
            entry: entry.id,
            bank: &entry.bank.name,
            state: entry.standing.state,
            because: entry.standing.because,
            labels: labels.collect(),
            signals: entry.signals.into_iter().map(ShownSignal::of).collect(),
            opinions: entry.opinions.into_iter().filter(says).map(ShownOpinion::of).collect(),
            incident: entry.incident,
            contributed: entry.contributed,
            changed: entry.changed,
            expires: entry.expires,
            review_by: entry.review_by,
        }
    }
}

/// Whether anything is left of what a member said: who took it all back is not shown.
fn says(opinion: &Opinion<'_>) -> bool {
    opinion.verdict.is_some() || !opinion.contributed.is_empty() || opinion.note.is_some()
}

impl<'a> ShownSignal<'a> {
    fn of(stored: Stored<'a>) -> Self {
        let Stored { kind, hash, quality, state, .. } = stored;
        Self { kind, hash, quality, state }
    }
}

impl<'a> ShownOpinion<'a> {
    fn of(opinion: Opinion<'a>) -> Self {
        let Opinion { member, verdict, contributed, labels, note, reason, at } = opinion;
        Self { member, verdict, contributed, labels, note, reason, at }
    }
}

/// A signal as it is given.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenSignal {
    /// Its type, `pdq` say.
    #[serde(rename = "type")]
    kind: String,
    /// Its text.
    hash: String,
    /// The quality that hashing told, 0 to 100.
    #[serde(default)]
    quality: Option<u8>,
}

impl GivenSignal {
    pub fn read(&self) -> Result<Sample, Problem> {
        let bad = |error: writ_signals::SignalError| Problem::bad(error.to_string());
        let signal = SignalType::named(&self.kind).and_then(|kind| kind.parse(&self.hash));
        Ok(Sample { signal: signal.map_err(bad)?, quality: self.quality, page: None })
    }
}

/// A contribution as it is given.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Contribution)]
pub(crate) struct Given {
    /// Into which bank.
    #[schema(value_type = String)]
    bank: BankName,
    /// The hashes of one piece of content, 1 to 16.
    signals: Vec<GivenSignal>,
    /// Labels of the taxonomy.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    labels: Vec<Label>,
    /// A note, at most 1,020 bytes.
    #[serde(default)]
    note: Option<String>,
    /// Its end; missing: as the rules say.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    expires: Option<Instant>,
    /// By when it is looked at again; missing: as the rules say.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    review_by: Option<Instant>,
    /// The incident it belongs to.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    incident: Option<IncidentId>,
    /// What to keep with it: `content_id`, `content_uri`, `json` (a text).
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    content: Option<Content>,
}

impl Given {
    /// The contribution it is, each PDQ hash compared with known harmless content.
    pub fn read(self, app: &App, by: MemberId) -> Result<Contribution, Problem> {
        let signals =
            self.signals.iter().map(|one| Ok::<_, Problem>(app.memory.for_bank(&one.read()?)?));
        Ok(Contribution {
            signals: signals.collect::<Result<_, _>>()?,
            bank: self.bank,
            by,
            labels: self.labels,
            note: self.note,
            content: self.content,
            expires: self.expires,
            review_by: self.review_by,
            incident: self.incident,
        })
    }
}

/// The entries in which these signals of a bank are.
pub(crate) fn holding(state: &State, bank: &BankName, signals: &[Signal]) -> BTreeSet<EntryId> {
    let found = signals.iter().filter_map(|one| state.find(bank, &one.kind, &one.hash));
    found.map(|id| id.entry()).collect()
}
