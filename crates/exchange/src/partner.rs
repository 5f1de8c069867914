//! What a partner promises, and what it gives: pages of records, and a way to send a verdict back.

use crate::{Checkpoint, FetchError};
use async_trait::async_trait;
use std::collections::BTreeMap;
use writ_hashbank::{Label, Signal, Verdict};
use writ_vocabulary::Instant;

/// A partner's feed, as configured.
#[async_trait]
pub trait Partner: Send + Sync {
    /// The page after `since`, or the first one where there is none. One page is one or two requests.
    ///
    /// A caller that applies each page, keeps its checkpoint with it, and asks again at once while [`Page::more`]
    /// and later when not, holds what the partner holds.
    ///
    /// # Errors
    /// [`FetchError`], which tells what to do: nothing was lost, and `since` can be asked for again, except where it
    /// says [`FetchError::Stale`].
    async fn fetch(&self, since: Option<&Checkpoint>) -> Result<Page, FetchError>;

    /// Sends verdicts back. When it returns, the partner has accepted all of them. After an error some may have
    /// arrived: sending all again is harmless.
    ///
    /// # Errors
    /// [`FetchError::Unsupported`] where the protocol has no way; otherwise as [`Partner::fetch`].
    async fn feedback(&self, feedback: &[Feedback]) -> Result<(), FetchError>;
}

/// A part of what a partner shares.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// What changed, each key once. Each takes the place of what was known under its key.
    pub records: Vec<Record>,
    /// What could not be read. What was known under a key named here stays.
    pub malformed: Vec<Malformed>,
    /// How many hashes of each type were passed over, because we do not hold that type.
    pub skipped: BTreeMap<String, u32>,
    /// Whether this is all that the partner shares: what came from it earlier and is not named here is gone.
    pub whole: bool,
    /// Where to go on.
    pub next: Checkpoint,
    /// Whether there is more at once.
    pub more: bool,
}

/// What became of one thing that a partner shares.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The partner's own id of it, stable, at most 255 bytes.
    pub key: String,
    /// What became of it.
    pub change: Change,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The partner holds this.
    Held(Held),
    /// The partner no longer holds it, or nothing of it that we could use. It may never have been heard of.
    Gone,
}

/// What a partner holds under one key.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Held {
    /// Its hashes, in canonical form: at least one, at most [`writ_hashbank::MAX_SIGNALS`].
    pub signals: Vec<Signal>,
    /// Its labels: those of the feed, and those that its tags stand for. Whether the taxonomy has them is for the
    /// caller to check.
    pub labels: Vec<Label>,
    /// What members of the partner say of it, each once.
    pub opinions: Vec<Said>,
    /// The partner's note on it.
    pub note: Option<String>,
    /// Its end.
    pub expires: Option<Instant>,
    /// By when it is to be looked at again.
    pub review_by: Option<Instant>,
}

/// What one member of a partner says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Who, as the partner names it: an id where it has one.
    pub source: String,
    /// What.
    pub verdict: Verdict,
    /// The tags that it gave, as it wrote them.
    pub tags: Vec<String>,
}

/// Something in a page that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The record, where it could be told which.
    pub key: Option<String>,
    /// What is wrong, in one line for people, at most 300 characters.
    pub what: String,
}

/// A verdict to send back.
#[derive(Debug, Clone, PartialEq)]
pub struct Feedback {
    /// The record's key.
    pub key: String,
    /// The hashes of it that the verdict is about, as they came.
    pub signals: Vec<Signal>,
    /// What we say.
    pub verdict: Verdict,
    /// Why, for people.
    pub reason: Option<String>,
    /// Tags, where the protocol has them.
    pub tags: Vec<String>,
}
