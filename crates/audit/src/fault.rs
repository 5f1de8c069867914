//! What can be wrong with a record: a table of faults, in words for whoever has to act on one.

use serde::Serialize;
use std::fmt;

/// How many faults an audit names; it ends when there are as many.
pub const MOST_FAULTS: usize = 20;

/// Something wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// What kind of fault it is.
    pub kind: Kind,
    /// The file, relative to the published folder.
    pub file: String,
    /// The index in the log of the entry that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<u64>,
    /// The byte in the file where what is wrong begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byte: Option<u64>,
    /// What is wrong, exactly.
    pub what: String,
}

macro_rules! kinds {
    ($($kind:ident, $name:literal, $meaning:literal;)*) => {
        /// A kind of fault.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        pub enum Kind {
            $(#[doc = $meaning] #[serde(rename = $name)] $kind,)*
        }

        impl Kind {
            /// Every kind there is.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// Its name, which stays the same.
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }

            /// What it means, in a sentence for whoever is no cryptographer.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$kind => $meaning,)* }
            }
        }
    };
}

kinds! {
    MissingFile, "missing-file",
        "A file that belongs to the record is not there: this copy is incomplete, or the file is being withheld; nothing can be said about what it should hold.";
    CheckpointWrong, "checkpoint-wrong",
        "The signed statement of what the record holds is not one, or is not signed by this provider's key: it was altered, or it is someone else's.";
    QuorumMissing, "quorum-missing",
        "Too few of the independent witnesses that you trust have confirmed this state of the record: the provider could be showing you another history than it shows to others.";
    CosignatureAhead, "cosignature-ahead",
        "A witness confirmed the record at a time that has not come yet: its clock, or yours, is wrong, and its statement of when is worth nothing.";
    Stale, "stale",
        "The record ends earlier than its own rules allow: the provider has stopped keeping it, or you are shown an old copy.";
    Rewound, "rewound",
        "The record is shorter than it was when you last saw it: entries were taken back, or you are shown an old copy.";
    Forked, "forked",
        "The record does not begin with what you saw before: the provider has shown two different histories; keep both checkpoints, together they prove it.";
    TileChanged, "tile-changed",
        "A file of fingerprints does not fit the signed statement: the provider, or whoever serves this copy, changed it after it was published.";
    EntryChanged, "entry-changed",
        "An entry was changed after it was published: the provider, or whoever serves this copy, rewrote the record.";
    LeafUnreadable, "leaf-unreadable",
        "An entry is none of the things that a record may hold: it was not written by the rules that the record announces.";
    GenesisWrong, "genesis-wrong",
        "The first entry does not lay down this record's rules, or the rules are laid down again later: it is another record, or it was kept on other terms than announced.";
    EpochWrong, "epoch-wrong",
        "An epoch has too few or too many sealed entries, or is out of turn: an entry was left out, added or moved, or the number of entries tells how many demands there were.";
    LeafTwice, "leaf-twice",
        "One sealed entry is in the record twice: a single demand would be counted as two.";
    ProofWrong, "proof-wrong",
        "A sealed entry is not proven to count exactly once: it could count as two demands, or take one away.";
    RevealWrong, "reveal-wrong",
        "What was published about an earlier sealed entry is not what that entry holds: the revealed story was changed after the fact.";
    RevealTwice, "reveal-twice",
        "A sealed entry was revealed twice: the number of revealed cases is overstated.";
    PeriodWrong, "period-wrong",
        "Totals were published for a period that does not begin and end with an epoch of the record: they cannot be compared with it, and could give a single case away.";
    PeriodOverlap, "period-overlap",
        "Totals were published for two periods that overlap: entries are counted twice, and the difference gives single cases away.";
    TotalsChanged, "totals-changed",
        "The published totals are not those that the record names: they were changed after they were published.";
    TotalsWrong, "totals-wrong",
        "The published totals are not the sum of the record: a figure was changed, or an entry was added, left out or replaced.";
    BandWrong, "band-wrong",
        "A figure that the law lets be published as a range only is not given in a range that it knows, or is not proven to lie in the range given.";
    ReportUnreadable, "report-unreadable",
        "The report does not say which totals of the record its figures rest on, so none of them can be compared.";
    ReportDiffers, "report-differs",
        "A figure in the report is not the one that follows from the record: the report says something else than was recorded.";
}

impl Fault {
    pub(crate) fn new(kind: Kind, file: impl Into<String>, what: impl fmt::Display) -> Self {
        Self { kind, file: file.into(), entry: None, byte: None, what: what.to_string() }
    }

    pub(crate) fn missing(file: impl Into<String>) -> Self {
        Self::new(Kind::MissingFile, file, "it is not there")
    }

    pub(crate) fn entry(self, index: u64) -> Self {
        Self { entry: Some(index), ..self }
    }

    pub(crate) fn byte(self, byte: u64) -> Self {
        Self { byte: Some(byte), ..self }
    }
}

/// Where, what, and what it means.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in `{}`", self.kind.name(), self.file)?;
        self.entry.map_or(Ok(()), |index| write!(f, ", entry {index}"))?;
        self.byte.map_or(Ok(()), |byte| write!(f, ", byte {byte}"))?;
        write!(f, ": {}. {}", self.what, self.kind.meaning())
    }
}

/// The first faults that were found, each once.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        if !self.full() && !self.0.contains(&fault) {
            self.0.push(fault);
        }
    }

    /// Adds the fault, if that is what it came to.
    pub(crate) fn note<T>(&mut self, result: Result<T, Fault>) -> Option<T> {
        result.map_err(|fault| self.add(fault)).ok()
    }

    pub(crate) fn full(&self) -> bool {
        self.0.len() >= MOST_FAULTS
    }

    pub(crate) fn into_vec(self) -> Vec<Fault> {
        self.0
    }
}
