//! Entries as people and clients see them: signals, opinions, where an entry stands and why.

use crate::{
    Bank, EntryId, EntryState, Facts, IncidentId, Label, MemberId, SightingId, SignalId, SignalType,
};
use serde::{Deserialize, Serialize};
use writ_vocabulary::Instant;

/// The most signals of one entry.
pub const MAX_SIGNALS: usize = 16;
/// The longest hash text, in bytes. A bag of video frames is the longest there is.
pub const MAX_HASH: usize = 1 << 20;
/// The longest note or reason, in bytes.
pub const MAX_NOTE: usize = 1_020;
/// The most labels that one member gives one entry.
pub const MAX_LABELS: usize = 32;
/// The largest JSON that travels with an entry, in bytes.
pub const MAX_JSON: usize = 16 << 10;

/// A hash of known content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signal {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: SignalType,
    /// Its canonical text.
    pub hash: String,
    /// The quality that hashing told, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<u8>,
    /// The distance to the nearest popular harmless content, where it was looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearest_benign: Option<u32>,
}

/// What a client may keep with its content, as the hasher-matcher-actioner has it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// The contributor's own id, at most 255 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_id: Option<String>,
    /// Where the contributor keeps it, at most 2,048 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_uri: Option<String>,
    /// Anything else: JSON text of at most [`MAX_JSON`] bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<String>,
}

/// What a member says of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is what its labels say.
    Confirm,
    /// It is terrorist content, but not what its labels say, or does not belong in this bank.
    Dispute,
    /// It is not terrorist content.
    NotTerrorist,
    /// It was seen, and nothing is said of it.
    Seen,
}

/// An entry with all that is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its number.
    pub id: EntryId,
    /// Its bank.
    pub bank: &'a Bank,
    /// Its signals, each with where it stands itself: support for one is not support for another.
    pub signals: Vec<Stored<'a>>,
    /// Where the entry stands: as its best supported signal does.
    pub standing: Standing<'a>,
    /// What each member says, the latest member to speak for the first time first.
    pub opinions: Vec<Opinion<'a>>,
    /// The incident it belongs to.
    pub incident: Option<&'a IncidentId>,
    /// What its contributor keeps with it.
    pub content: Option<&'a Content>,
    /// When it was first contributed.
    pub contributed: Instant,
    /// When it last changed.
    pub changed: Instant,
    /// Its end.
    pub expires: Option<Instant>,
    /// By when it is to be looked at again.
    pub review_by: Option<Instant>,
}

/// A signal as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored<'a> {
    /// The number under which an index holds it.
    pub id: SignalId,
    /// Its type.
    pub kind: &'a SignalType,
    /// Its canonical text.
    pub hash: String,
    /// Its quality, where known.
    pub quality: Option<u8>,
    /// Where it stands.
    pub state: EntryState,
}

/// Where an entry stands, by which rule, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing<'a> {
    /// The state.
    pub state: EntryState,
    /// The rule that decided.
    pub rule: &'a str,
    /// Why, for people.
    pub because: &'a str,
    /// What the rule was asked with.
    pub facts: Facts,
}

/// What one member says of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion<'a> {
    /// The member.
    pub member: &'a MemberId,
    /// Its verdict, where it gave one.
    pub verdict: Option<Verdict>,
    /// The places of the signals that it contributed and has not withdrawn.
    pub contributed: Vec<u8>,
    /// Its labels.
    pub labels: Vec<&'a Label>,
    /// Its note on what it contributed.
    pub note: Option<&'a str>,
    /// Its reason for the verdict.
    pub reason: Option<&'a str>,
    /// When it last spoke.
    pub at: Instant,
}

/// Content of an entry surfaced somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting<'a> {
    /// Its number.
    pub id: SightingId,
    /// Who saw it.
    pub member: &'a MemberId,
    /// What kind of place: a label of the axis `platform`.
    pub platform: &'a Label,
    /// In which form: a label of the axis `form`.
    pub form: &'a Label,
    /// How far it was from the entry's signal.
    pub distance: u32,
    /// When it surfaced.
    pub seen: Instant,
    /// Its own hash, where it differs: type and canonical text.
    pub signal: Option<(&'a SignalType, &'a str)>,
}

impl Content {
    /// What is wrong with it, in words.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        let over = |text: &Option<String>, most| text.as_ref().is_some_and(|t| t.len() > most);
        if over(&self.content_id, 255) {
            return Some("`content_id` is longer than 255 bytes");
        }
        if over(&self.content_uri, 2_048) {
            return Some("`content_uri` is longer than 2,048 bytes");
        }
        if over(&self.json, MAX_JSON) {
            return Some("`json` is longer than 16 KiB");
        }
        let json = self.json.as_deref();
        json.is_some_and(|text| serde_json::from_str::<serde::de::IgnoredAny>(text).is_err())
            .then_some("`json` is not JSON")
    }
}

impl Verdict {
    /// The word used on screens and in rules.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Dispute => "dispute",
            Self::NotTerrorist => "not-terrorist",
            Self::Seen => "seen",
        }
    }
}
