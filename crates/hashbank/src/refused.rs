//! Refusals: why a command does not become an event.

use crate::{
    BankName, Checkpoint, EntryId, IncidentId, Label, LabelError, MAX_SIGNALS, MemberId, ReaderId,
    RulesError, SignalType, TaxonomyError, Voice,
};
use writ_vocabulary::Instant;

/// A hash that is not of its type, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

/// Why a command does not become an event. Nothing has happened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nothing to judge by.
    #[error("no rules are adopted yet; adopt `taxonomy/rules.toml` first")]
    NoRules,
    /// No labels.
    #[error("no taxonomy is adopted yet; adopt `taxonomy/labels.toml` first")]
    NoTaxonomy,
    /// Rules that cannot be used.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// A taxonomy that cannot be used.
    #[error(transparent)]
    Taxonomy(#[from] TaxonomyError),
    /// Not a later version.
    #[error("version {given} of the {what} is not above {current}, which holds; raise `version`")]
    NotNewer {
        /// Rules or taxonomy.
        what: &'static str,
        /// The version given.
        given: u32,
        /// The version in force.
        current: u32,
    },
    /// A label went missing.
    #[error(
        "`{0}` is missing from the new taxonomy; keep it, with `retired`, so that what carries it stays readable"
    )]
    LabelRemoved(Label),
    /// The member is there.
    #[error("`{0}` is a member already; to change its voice, set it")]
    MemberExists(MemberId),
    /// No such member.
    #[error("`{0}` is not a member; admit it first")]
    NoMember(MemberId),
    /// A voice too weak.
    #[error("`{member}` is {}; {what} needs a member with full voice", voice_word(*.voice))]
    Voice {
        /// Who.
        member: MemberId,
        /// Its voice.
        voice: Voice,
        /// What was wanted.
        what: &'static str,
    },
    /// The bank is there.
    #[error("there is a bank `{0}` already; change it, or choose another name")]
    BankExists(BankName),
    /// No such bank.
    #[error("there is no bank `{0}`; create it first")]
    NoBank(BankName),
    /// The entry's bank is gone.
    #[error("entry {0} belongs to a bank that was removed; contribute its hashes to another")]
    BankGone(EntryId),
    /// Settings that cannot be.
    #[error("bank `{bank}`: {fault}")]
    BankSettings {
        /// Which bank.
        bank: BankName,
        /// What is wrong.
        fault: String,
    },
    /// Finding cannot become sparing.
    #[error(
        "the purpose of bank `{0}` cannot change: its entries were judged by it; create another bank"
    )]
    PurposeFixed(BankName),
    /// No such entry.
    #[error("there is no entry {0}; it may have been withdrawn long ago")]
    NoEntry(EntryId),
    /// None, or too many.
    #[error("{0} signals were given; an entry has 1 to {MAX_SIGNALS}")]
    SignalCount(usize),
    /// A hash that is not of its type.
    #[error("`{hash}` is not a `{kind}` hash: {why}")]
    Malformed {
        /// The type.
        kind: SignalType,
        /// The text, cut to 80 characters.
        hash: String,
        /// What is wrong.
        why: Malformed,
    },
    /// Too poor to tell one picture from another.
    #[error(
        "the `{kind}` hash has quality {quality}, below the line of {line} of bank `{bank}`: it would match much that is harmless; hash a better copy"
    )]
    LowQuality {
        /// The type.
        kind: SignalType,
        /// Its quality.
        quality: u8,
        /// The line.
        line: u8,
        /// The bank.
        bank: BankName,
    },
    /// A label that cannot be given.
    #[error(transparent)]
    Label(#[from] LabelError),
    /// A label of another axis.
    #[error("`{label}` is not of the axis `{axis}`")]
    Axis {
        /// The label.
        label: Label,
        /// The axis wanted.
        axis: &'static str,
    },
    /// More than there may be.
    #[error("{what} is above the bound of {most}")]
    TooMuch {
        /// Of what.
        what: &'static str,
        /// How much there may be.
        most: usize,
    },
    /// What is kept with an entry does not fit.
    #[error("the content's {0}")]
    Content(&'static str),
    /// An end that has passed.
    #[error("`{0}` is not later than now; name an instant that lies ahead")]
    Past(Instant),
    /// An end too far ahead.
    #[error("`{given}` is more than {years} years ahead; name an earlier one")]
    TooFar {
        /// The instant.
        given: Instant,
        /// The bound.
        years: u16,
    },
    /// No such incident.
    #[error("there is no incident `{0}`; open it first")]
    NoIncident(IncidentId),
    /// The incident is over.
    #[error("incident `{0}` is closed; contribute without it, or open another")]
    IncidentClosed(IncidentId),
    /// The incident is there.
    #[error("there was an incident `{0}` already; choose another name")]
    IncidentExists(IncidentId),
    /// Only who contributed may.
    #[error(
        "`{member}` did not contribute entry {entry} or has withdrawn it; only who contributed it may {what}"
    )]
    NotContributor {
        /// Who.
        member: MemberId,
        /// Which entry.
        entry: EntryId,
        /// What was wanted.
        what: &'static str,
    },
    /// Another contributor stands by it.
    #[error(
        "other members stand by entry {0}: its end can be put off, not brought forward; withdraw your contribution instead"
    )]
    OthersStand(EntryId),
    /// Nothing to take back.
    #[error("`{member}` gave no opinion on entry {entry}")]
    NothingSaid {
        /// Who.
        member: MemberId,
        /// Which entry.
        entry: EntryId,
    },
    /// Not that often.
    #[error(
        "{matches} matches in {minutes} minutes are no flood: the rules say {most} in {window}"
    )]
    NoFlood {
        /// How often.
        matches: u32,
        /// In which time.
        minutes: u32,
        /// The rules' number.
        most: u64,
        /// The rules' minutes.
        window: u32,
    },
    /// Not that near.
    #[error(
        "a distance of {distance} is not near harmless content: the rules hold `{kind}` at {line} or less"
    )]
    NotNear {
        /// The type.
        kind: SignalType,
        /// The distance.
        distance: u32,
        /// The rules' line.
        line: u32,
    },
    /// The entry has no such signal.
    #[error("entry {entry} has no `{kind}` signal")]
    NoSuchSignal {
        /// Which entry.
        entry: EntryId,
        /// The type.
        kind: SignalType,
    },
    /// Nothing holds it.
    #[error(
        "entry {0} is not held for matching too often or lying near harmless content; there is nothing to release"
    )]
    NotHeld(EntryId),
    /// The reader is there.
    #[error("there is a reader `{0}` already; choose another name")]
    ReaderExists(ReaderId),
    /// No such reader.
    #[error("there is no reader `{0}`; register it first")]
    NoReader(ReaderId),
    /// Ahead of the feed.
    #[error(
        "checkpoint {given} lies ahead of the feed, which is at {head}; acknowledge only what was read"
    )]
    Ahead {
        /// The checkpoint.
        given: Checkpoint,
        /// The feed's last change.
        head: u64,
    },
}

fn voice_word(voice: Voice) -> &'static str {
    match voice {
        Voice::Full => "a member with full voice",
        Voice::Observer => "an observer",
        Voice::Barred => "barred",
    }
}
