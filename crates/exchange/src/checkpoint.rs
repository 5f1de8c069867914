//! How far a feed has been read: kept by the caller, understood by the protocol's file alone.

use serde::{Deserialize, Serialize};
use writ_vocabulary::Instant;

/// How far a feed has been read. The caller stores it as it is, in any form that serde writes; it holds no credential.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    protocol: String,
    made: Instant,
    /// A digest of the configuration: under another one the place means nothing.
    of: String,
    /// What was seen since the partner last said that there is no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) round: Option<Round>,
    /// The place, in the protocol's own form.
    pub(crate) position: serde_json::Value,
}

/// What is remembered of a round of pages, so that going in circles is seen.
///
/// This is Brent's way to find a cycle (R. P. Brent, "An improved Monte Carlo factorization algorithm", 1980, section
/// 7): one page is marked, and the mark moves on after 1, 2, 4, 8, ... pages. A circle of any length is met, and one
/// digest is all that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Round {
    /// How many pages came.
    pub pages: u32,
    /// How many of the latest had nothing in them.
    pub empty: u32,
    /// The digest of the marked page.
    pub mark: String,
    /// How many pages came since it was marked.
    pub since: u32,
    /// After how many the mark moves on.
    pub lap: u32,
}

impl Checkpoint {
    pub(crate) fn new(
        protocol: &str,
        made: Instant,
        of: &str,
        round: Option<Round>,
        position: serde_json::Value,
    ) -> Self {
        Self { protocol: protocol.to_owned(), made, of: of.to_owned(), round, position }
    }

    /// The protocol whose place it is.
    pub fn protocol(&self) -> &str {
        &self.protocol
    }

    /// When it was made.
    pub fn made(&self) -> Instant {
        self.made
    }

    pub(crate) fn is_of(&self, digest: &str) -> bool {
        self.of == digest
    }
}
