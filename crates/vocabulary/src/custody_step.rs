//! The steps of a custody chain: who did what with the records, and when.

use crate::{Digest, Instant};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One step. Performers are named by office, staff number or system, never by a person's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustodyStep {
    /// What kind of step.
    pub verb: CustodyVerb,
    /// When it was taken, or began.
    pub at: Instant,
    /// When it ended, where it took a while.
    #[serde(default)]
    pub ended: Option<Instant>,
    /// Who took it.
    pub performer: String,
    /// What it was taken on, and with what result.
    pub what: String,
    /// The tool, with its version.
    #[serde(default)]
    pub tool: Option<String>,
    /// The digest of what the step left.
    #[serde(default)]
    pub digest: Option<Digest>,
}

/// The kinds of step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustodyVerb {
    /// The demand came.
    Received,
    /// The sources were searched.
    Searched,
    /// Rows were extracted.
    Extracted,
    /// A person looked at them.
    Reviewed,
    /// What was not granted was taken out.
    Narrowed,
    /// The parcel was sealed.
    Sealed,
    /// The authority fetched it.
    Fetched,
    /// The provider's copy was erased.
    Erased,
}

impl CustodyVerb {
    /// Its word in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Searched => "searched",
            Self::Extracted => "extracted",
            Self::Reviewed => "reviewed",
            Self::Narrowed => "narrowed",
            Self::Sealed => "sealed",
            Self::Fetched => "fetched",
            Self::Erased => "erased",
        }
    }
}

impl fmt::Display for CustodyVerb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
