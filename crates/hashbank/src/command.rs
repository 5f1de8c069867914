//! Commands: what may be asked of the hash bank.

use crate::{
    Bank, BankName, Checkpoint, Content, EntryId, IncidentId, Label, MemberId, ReaderId, Rules,
    Signal, SignalType, Taxonomy, Verdict, Voice,
};
use writ_vocabulary::{Instant, PersonId};

/// Something asked. Imperative. Who may ask what beyond a member's [`Voice`] is the service's to know.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Let these rules hold from now on.
    AdoptRules(Rules),
    /// Let these labels be given from now on.
    AdoptTaxonomy(Taxonomy),
    /// Let a member in.
    AdmitMember {
        /// Who.
        member: MemberId,
        /// With which voice.
        voice: Voice,
    },
    /// Give a member another voice.
    SetVoice {
        /// Who.
        member: MemberId,
        /// Which.
        voice: Voice,
    },
    /// Open a bank.
    CreateBank(Bank),
    /// Give a bank new settings, perhaps a new name. Its purpose stays.
    ChangeBank {
        /// Its name until now.
        name: BankName,
        /// Its settings from now on.
        bank: Bank,
    },
    /// Remove a bank. What it holds is withdrawn.
    RemoveBank {
        /// Its name.
        name: BankName,
    },
    /// Share hashes of one piece of content.
    Contribute(Contribution),
    /// Stand no longer by what one contributed.
    WithdrawContribution {
        /// Which entry.
        entry: EntryId,
        /// Whose contribution.
        by: MemberId,
        /// Why.
        reason: Option<String>,
    },
    /// Say what one thinks of an entry. It takes the place of what the same member said before, never of another's.
    Opine {
        /// Which entry.
        entry: EntryId,
        /// Who.
        by: MemberId,
        /// What.
        verdict: Verdict,
        /// The labels one would give. Missing: those one gave before.
        labels: Option<Vec<Label>>,
        /// Why.
        reason: Option<String>,
    },
    /// Say nothing of an entry any more.
    TakeOpinionBack {
        /// Which entry.
        entry: EntryId,
        /// Who.
        by: MemberId,
    },
    /// Change the note on what one contributed.
    Annotate {
        /// Which entry.
        entry: EntryId,
        /// Who.
        by: MemberId,
        /// The note; missing: none.
        note: Option<String>,
    },
    /// Change an entry's end and when it is looked at again.
    Reschedule {
        /// Which entry.
        entry: EntryId,
        /// Which contributor.
        by: MemberId,
        /// Its end; missing: none.
        expires: Option<Instant>,
        /// By when it is looked at again; missing: never.
        review_by: Option<Instant>,
    },
    /// Let an entry not match for oneself until then.
    Disable {
        /// Which entry.
        entry: EntryId,
        /// For whom.
        by: MemberId,
        /// Until when, at most five years; missing: it matches again.
        until: Option<Instant>,
    },
    /// Say that an entry matched so often.
    ReportMatches {
        /// Which entry.
        entry: EntryId,
        /// How often.
        matches: u32,
        /// In how many minutes.
        minutes: u32,
    },
    /// Say how near an entry lies to popular harmless content, found later than at its contribution.
    ReportBenign {
        /// Which entry.
        entry: EntryId,
        /// The signal's type.
        kind: SignalType,
        /// The distance.
        distance: u32,
    },
    /// Let go an entry that is held for matching too often or lying near harmless content.
    Release {
        /// Which entry.
        entry: EntryId,
        /// For which member.
        by: MemberId,
        /// The person.
        person: PersonId,
        /// Why.
        reason: String,
    },
    /// Answer an attack together.
    OpenIncident {
        /// Its name.
        incident: IncidentId,
        /// Who opens it.
        by: MemberId,
        /// For people.
        title: String,
        /// The labels that its entries get, besides `incident/<name>`.
        labels: Vec<Label>,
        /// Whether one member's word makes its entries active.
        fast: bool,
    },
    /// End an incident.
    CloseIncident {
        /// Its name.
        incident: IncidentId,
        /// Who closes it.
        by: MemberId,
    },
    /// Say that an entry's content surfaced.
    Sight(Seeing),
    /// Announce one who will follow the feed.
    RegisterReader {
        /// Its name.
        reader: ReaderId,
        /// Whose it is.
        member: MemberId,
    },
    /// Say how far a reader has read.
    Acknowledge {
        /// Which reader.
        reader: ReaderId,
        /// How far.
        checkpoint: Checkpoint,
    },
    /// Wait for a reader no longer.
    RemoveReader {
        /// Which reader.
        reader: ReaderId,
    },
    /// Put down which entries' end has passed. It looks at every entry once.
    Sweep {
        /// How many at most.
        limit: u32,
    },
    /// Let go notices that nobody needs any more.
    DropTombstones {
        /// How many at most.
        limit: u32,
    },
}

/// Hashes of one piece of content that a member shares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contribution {
    /// Into which bank.
    pub bank: BankName,
    /// Who.
    pub by: MemberId,
    /// The hashes, 1 to [`crate::MAX_SIGNALS`].
    pub signals: Vec<Signal>,
    /// The labels.
    pub labels: Vec<Label>,
    /// A note, at most [`crate::MAX_NOTE`] bytes.
    pub note: Option<String>,
    /// What to keep with it.
    pub content: Option<Content>,
    /// Its end. Missing: the rules'.
    pub expires: Option<Instant>,
    /// By when it is looked at again. Missing: the rules'.
    pub review_by: Option<Instant>,
    /// The incident it belongs to.
    pub incident: Option<IncidentId>,
}

impl Contribution {
    /// These hashes and nothing beside them: no labels, no note, nothing kept, no incident, and the rules' dates. Whoever
    /// gives more names it: `Contribution { note, ..Contribution::new(bank, by, signals) }`.
    pub fn new(bank: BankName, by: MemberId, signals: Vec<Signal>) -> Self {
        Self {
            bank,
            by,
            signals,
            labels: Vec::new(),
            note: None,
            content: None,
            expires: None,
            review_by: None,
            incident: None,
        }
    }
}

/// Where and how content surfaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seeing {
    /// Of which entry.
    pub entry: EntryId,
    /// Who saw it.
    pub by: MemberId,
    /// A label of the axis `platform`.
    pub platform: Label,
    /// A label of the axis `form`.
    pub form: Label,
    /// How far it was from the entry's signal.
    pub distance: u32,
    /// When it surfaced.
    pub seen: Instant,
    /// Its own hash, where it differs.
    pub signal: Option<Signal>,
}
