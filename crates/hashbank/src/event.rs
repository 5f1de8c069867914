//! Events: what has happened in the hash bank. Their stored form is golden: it never changes, it only gains kinds.

use crate::{
    Bank, BankName, Checkpoint, Content, EntryId, IncidentId, Label, MemberId, ReaderId, Rules,
    SightingId, Signal, SignalType, Taxonomy, Verdict, Voice,
};
use serde::{Deserialize, Serialize};
use writ_vocabulary::{Instant, PersonId};

/// Something that happened. Past tense; the instant stands beside it in the journal.
///
/// The stored kind ends in the version of its form. When a form has to change, a kind `.../2` is added and
/// `.../1` stays readable; a kind or a field that is not known is refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", content = "of", deny_unknown_fields)]
pub enum Event {
    /// Rules hold.
    #[serde(rename = "rules-adopted/1")]
    RulesAdopted(Rules),
    /// Labels may be given.
    #[serde(rename = "taxonomy-adopted/1")]
    TaxonomyAdopted(Taxonomy),
    /// A member came.
    #[serde(rename = "member-admitted/1")]
    MemberAdmitted(crate::Member),
    /// A member's voice changed.
    #[serde(rename = "voice-set/1")]
    VoiceSet {
        /// Who.
        member: MemberId,
        /// Which.
        voice: Voice,
    },
    /// A bank was opened.
    #[serde(rename = "bank-created/1")]
    BankCreated(Bank),
    /// A bank has new settings.
    #[serde(rename = "bank-changed/1")]
    BankChanged {
        /// Its name until then.
        name: BankName,
        /// Its settings.
        bank: Bank,
    },
    /// A bank is gone, and what it held is withdrawn.
    #[serde(rename = "bank-removed/1")]
    BankRemoved {
        /// Its name.
        name: BankName,
    },
    /// A new entry.
    #[serde(rename = "contributed/1")]
    Contributed(Contributed),
    /// A member contributed hashes that are an entry already.
    #[serde(rename = "joined/1")]
    Joined(Joined),
    /// A contributor stands no longer by an entry.
    #[serde(rename = "contribution-withdrawn/1")]
    ContributionWithdrawn {
        /// Which entry.
        entry: EntryId,
        /// Who.
        by: MemberId,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A member said what it thinks.
    #[serde(rename = "opinion-given/1")]
    OpinionGiven {
        /// Of which entry.
        entry: EntryId,
        /// Who.
        by: MemberId,
        /// What.
        verdict: Verdict,
        /// Its labels. Missing: those it gave before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        labels: Option<Vec<Label>>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A member says nothing any more.
    #[serde(rename = "opinion-taken-back/1")]
    OpinionTakenBack {
        /// Of which entry.
        entry: EntryId,
        /// Who.
        by: MemberId,
    },
    /// A contributor changed its note.
    #[serde(rename = "annotated/1")]
    Annotated {
        /// On which entry.
        entry: EntryId,
        /// Who.
        by: MemberId,
        /// The note.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A contributor changed the entry's dates.
    #[serde(rename = "rescheduled/1")]
    Rescheduled {
        /// Which entry.
        entry: EntryId,
        /// Who.
        by: MemberId,
        /// Its end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires: Option<Instant>,
        /// By when it is looked at again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        review_by: Option<Instant>,
    },
    /// An entry does not match for one member, or again does.
    #[serde(rename = "disabled/1")]
    Disabled {
        /// Which entry.
        entry: EntryId,
        /// For whom.
        by: MemberId,
        /// Until when.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Instant>,
    },
    /// An entry matched too often and is held.
    #[serde(rename = "flooded/1")]
    Flooded {
        /// Which entry.
        entry: EntryId,
        /// How often.
        matches: u32,
        /// In how many minutes.
        minutes: u32,
    },
    /// An entry was found to lie near harmless content and is held.
    #[serde(rename = "found-near-benign/1")]
    FoundNearBenign {
        /// Which entry.
        entry: EntryId,
        /// The signal's type.
        kind: SignalType,
        /// The distance.
        distance: u32,
    },
    /// A person let go an entry that was held.
    #[serde(rename = "released/1")]
    Released {
        /// Which entry.
        entry: EntryId,
        /// For which member.
        by: MemberId,
        /// The person.
        person: PersonId,
        /// Why.
        reason: String,
    },
    /// Members answer an attack together.
    #[serde(rename = "incident-opened/1")]
    IncidentOpened {
        /// Its name.
        incident: IncidentId,
        /// Who opened it.
        by: MemberId,
        /// For people.
        title: String,
        /// The labels that its entries get.
        labels: Vec<Label>,
        /// Whether one member's word makes its entries active.
        fast: bool,
    },
    /// An incident ended.
    #[serde(rename = "incident-closed/1")]
    IncidentClosed {
        /// Its name.
        incident: IncidentId,
        /// Who closed it.
        by: MemberId,
        /// What came of it.
        report: IncidentReport,
    },
    /// Content surfaced.
    #[serde(rename = "sighted/1")]
    Sighted(Sighted),
    /// One will follow the feed.
    #[serde(rename = "reader-registered/1")]
    ReaderRegistered {
        /// Its name.
        reader: ReaderId,
        /// Whose it is.
        member: MemberId,
    },
    /// A reader has read so far.
    #[serde(rename = "reader-passed/1")]
    ReaderPassed {
        /// Which reader.
        reader: ReaderId,
        /// How far.
        checkpoint: Checkpoint,
    },
    /// A reader is waited for no longer.
    #[serde(rename = "reader-removed/1")]
    ReaderRemoved {
        /// Which reader.
        reader: ReaderId,
    },
    /// The end of these entries has passed.
    #[serde(rename = "expired/1")]
    Expired {
        /// Which entries.
        entries: Vec<EntryId>,
    },
    /// The notices of these entries are gone.
    #[serde(rename = "tombstones-dropped/1")]
    TombstonesDropped {
        /// Which entries.
        entries: Vec<EntryId>,
    },
}

/// A new entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contributed {
    /// Its number.
    pub entry: EntryId,
    /// Its bank.
    pub bank: BankName,
    /// Its contributor.
    pub by: MemberId,
    /// Its signals.
    pub signals: Vec<Signal>,
    /// The contributor's labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
    /// The contributor's note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What is kept with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// Its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Instant>,
    /// By when it is looked at again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_by: Option<Instant>,
    /// Its incident.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    /// Whether it is held for lying near harmless content.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub near_benign: bool,
}

/// A member contributed what is an entry already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Joined {
    /// Which entry.
    pub entry: EntryId,
    /// Who.
    pub by: MemberId,
    /// The places of the signals it contributed.
    pub signals: Vec<u8>,
    /// Its labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
    /// Its note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The entry's end from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Instant>,
    /// By when it is looked at again from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_by: Option<Instant>,
    /// The entry's incident from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
}

/// Content surfaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sighted {
    /// The sighting's number.
    pub sighting: SightingId,
    /// Of which entry.
    pub entry: EntryId,
    /// Who saw it.
    pub by: MemberId,
    /// What kind of place.
    pub platform: Label,
    /// In which form.
    pub form: Label,
    /// How far it was from the entry's signal.
    pub distance: u32,
    /// When it surfaced.
    pub seen: Instant,
    /// Its own hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<Signal>,
}

/// What came of an incident, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncidentReport {
    /// Entries that belong to it.
    pub entries: u32,
    /// Members who contributed to it.
    pub contributors: u32,
    /// Entries that a second member stands by.
    pub confirmed: u32,
    /// Entries on which members disagree.
    pub disputed: u32,
    /// Entries that nobody stands by any more, or whose end has passed.
    pub gone: u32,
    /// Sightings of its entries.
    pub sightings: u32,
    /// How long it was open.
    pub minutes: u32,
}

/// A stored event that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this stored event cannot be read: {0}; it was written by a later version, or not by Writ")]
pub struct Unreadable(pub String);

impl Event {
    /// The stored form: one line of JSON.
    pub fn to_json(&self) -> String {
        // Serialising plain data to a string cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// [`Unreadable`] for a kind, a version or a field that is not known.
    pub fn from_json(text: &str) -> Result<Self, Unreadable> {
        serde_json::from_str(text).map_err(|error| Unreadable(error.to_string()))
    }

    /// The entry that a contribution made or joined.
    pub fn entry_added(&self) -> Option<EntryId> {
        match self {
            Self::Contributed(one) => Some(one.entry),
            Self::Joined(one) => Some(one.entry),
            _ => None,
        }
    }

    /// The stored kind: the tag of its JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::RulesAdopted(_) => "rules-adopted/1",
            Self::TaxonomyAdopted(_) => "taxonomy-adopted/1",
            Self::MemberAdmitted(_) => "member-admitted/1",
            Self::VoiceSet { .. } => "voice-set/1",
            Self::BankCreated(_) => "bank-created/1",
            Self::BankChanged { .. } => "bank-changed/1",
            Self::BankRemoved { .. } => "bank-removed/1",
            Self::Contributed(_) => "contributed/1",
            Self::Joined(_) => "joined/1",
            Self::ContributionWithdrawn { .. } => "contribution-withdrawn/1",
            Self::OpinionGiven { .. } => "opinion-given/1",
            Self::OpinionTakenBack { .. } => "opinion-taken-back/1",
            Self::Annotated { .. } => "annotated/1",
            Self::Rescheduled { .. } => "rescheduled/1",
            Self::Disabled { .. } => "disabled/1",
            Self::Flooded { .. } => "flooded/1",
            Self::FoundNearBenign { .. } => "found-near-benign/1",
            Self::Released { .. } => "released/1",
            Self::IncidentOpened { .. } => "incident-opened/1",
            Self::IncidentClosed { .. } => "incident-closed/1",
            Self::Sighted(_) => "sighted/1",
            Self::ReaderRegistered { .. } => "reader-registered/1",
            Self::ReaderPassed { .. } => "reader-passed/1",
            Self::ReaderRemoved { .. } => "reader-removed/1",
            Self::Expired { .. } => "expired/1",
            Self::TombstonesDropped { .. } => "tombstones-dropped/1",
        }
    }
}
