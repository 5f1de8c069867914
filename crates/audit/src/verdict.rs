//! What an audit comes to: a whole record, with what was counted, or what is wrong with it.

use crate::cohort::Cohort;
use crate::fault::{Fault, Kind, MOST_FAULTS};
use crate::time::instant;
use serde::Serialize;
use std::fmt;
use writ_tally::{Genesis, Totals};

/// What an audit comes to. Its text is one sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything that was asked for was checked, and holds.
    Whole(Box<Figures>),
    /// What does not hold: at most [`MOST_FAULTS`], the first found first.
    Faulty(Vec<Fault>),
}

/// What was found in a log that is whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Whose log it is.
    pub origin: String,
    /// How many entries it has.
    pub entries: u64,
    /// The signed root.
    pub root: String,
    /// The witnesses of the policy that confirmed it, and when.
    pub cosigned: Vec<Witnessed>,
    /// Whoever else signed it: keys that the policy does not know, which count for nothing.
    pub strangers: Vec<String>,
    /// Since when a quorum of witnesses has confirmed it, in seconds since 1970; nothing where the policy asks for none.
    pub quorum_time: Option<u64>,
    /// How many entries the checkpoint of an earlier visit had.
    pub since: Option<u64>,
    /// What is in it, if it was read as a record.
    pub record: Option<RecordFigures>,
    /// How many figures of the report were compared.
    pub report: Option<u64>,
}

/// A witness, and when it confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Witnessed {
    /// The name of its key.
    pub name: String,
    /// In seconds since 1970.
    pub time: u64,
}

/// What was found in a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordFigures {
    /// The terms on which it is kept.
    pub genesis: Genesis,
    /// How many epochs it has.
    pub epochs: u64,
    /// How many sealed leaves, decoys with them.
    pub sealed: u64,
    /// How many of them were proven to count exactly once: all, or none where that was not asked for.
    pub proofs: u64,
    /// How many were revealed.
    pub reveals: u64,
    /// The published totals.
    pub periods: Vec<Published>,
    /// How many sealed leaves are in no published totals yet.
    pub unpublished: u64,
    /// Of each half-year: how many gags there were, how many are over, how many were opened.
    pub cohorts: Vec<Cohort>,
}

/// The totals of a period, which are the sum of its leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Published {
    /// The index of the first leaf.
    pub from: u64,
    /// The index after the last.
    pub to: u64,
    /// The first and the last epoch.
    pub epochs: (u32, u32),
    /// The digest that the record names.
    pub digest: String,
    /// The totals themselves.
    #[serde(skip)]
    pub totals: Totals,
}

impl Verdict {
    /// Whether all that was asked for holds.
    pub fn is_whole(&self) -> bool {
        matches!(self, Self::Whole(_))
    }

    /// What is wrong.
    pub fn faults(&self) -> &[Fault] {
        match self {
            Self::Whole(_) => &[],
            Self::Faulty(faults) => faults,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults = match self {
            Self::Whole(figures) => return figures.fmt(f),
            Self::Faulty(faults) => faults,
        };
        let missing = faults.iter().all(|fault| fault.kind == Kind::MissingFile);
        let said =
            if missing { "could not be checked whole" } else { "is not what it claims to be" };
        let number = match faults.len() {
            1 => "1 fault".to_owned(),
            MOST_FAULTS => format!("{MOST_FAULTS} faults or more"),
            number => format!("{number} faults"),
        };
        write!(f, "the record {said}: {number}")?;
        faults.first().map_or(Ok(()), |fault| write!(f, ", the first {fault}"))
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the log `{}` is whole: {} entries", self.origin, self.entries)?;
        if let Some(record) = &self.record {
            write!(f, ", {} of them sealed in {} epochs", record.sealed, record.epochs)?;
            f.write_str(match record.proofs {
                0 => " (that each counts once was not checked)",
                _ => " and each proven to count exactly once",
            })?;
            write!(f, ", {} published totals that are their sum", record.periods.len())?;
            write!(f, ", {} revealed", record.reveals)?;
        }
        self.since
            .map_or(Ok(()), |size| write!(f, "; it begins with the {size} entries seen before"))?;
        self.report
            .map_or(Ok(()), |figures| write!(f, "; {figures} figures of the report agree"))?;
        match (self.cosigned.as_slice(), self.quorum_time) {
            ([], _) => f.write_str("; no witness has confirmed it"),
            (by, since) => {
                let names: Vec<_> = by.iter().map(|by| format!("`{}`", by.name)).collect();
                write!(f, "; confirmed by {}", names.join(", "))?;
                since.map_or(Ok(()), |time| write!(f, ", as of {}", instant(time)))
            }
        }
    }
}
