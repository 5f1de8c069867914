//! What is appended and what is read back: events, where they stand, and what streams still owe.

use crate::{CommandId, StreamId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use writ_vocabulary::Digest;

/// An event to be appended.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// What happened, in one word: up to 64 letters, digits, `_`, `-` and `.`.
    pub kind: String,
    /// The version of the form in which `data` is written.
    pub version: u16,
    /// What happened, in full. It holds no identifier of a person in clear.
    pub data: Value,
    /// When it happened, kept to the nanosecond.
    pub at: Timestamp,
}

/// An event as the journal holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedEvent {
    /// Its place in the whole journal: 1, 2, 3, without gaps.
    pub position: u64,
    /// Its stream.
    pub stream: StreamId,
    /// Its place in its stream: 1, 2, 3, without gaps.
    pub sequence: u64,
    /// What happened, in one word.
    pub kind: String,
    /// The version of the form in which `data` is written.
    pub version: u16,
    /// What happened, in full.
    pub data: Value,
    /// When it happened.
    pub at: Timestamp,
    /// The command that it came from.
    pub command_id: CommandId,
    /// The digest of the event one position before; all zeros at position 1.
    pub previous_digest: Digest,
    /// The digest of this event and, through `previous_digest`, of every event before it: see [`crate::chain`].
    pub digest: Digest,
}

/// Up to where the caller has read a stream, and so what its decision rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectedSequence {
    /// The stream has no event.
    NotYet,
    /// The stream's last event has this sequence.
    After(u64),
}

impl ExpectedSequence {
    /// The last sequence expected; 0 for none.
    pub fn last(self) -> u64 {
        match self {
            Self::NotYet => 0,
            Self::After(sequence) => sequence,
        }
    }
}

/// The answer to an append that succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// The events are recorded now.
    Now(Span),
    /// The command had been applied to this stream before. Nothing was appended: this is what it recorded then.
    Before(Span),
}

impl Appended {
    /// Where the command's events stand, whenever they were recorded.
    pub fn span(self) -> Span {
        match self {
            Self::Now(span) | Self::Before(span) => span,
        }
    }
}

/// Where the events of one command stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The sequence of the first.
    pub first: u64,
    /// The sequence of the last.
    pub last: u64,
    /// The last one's position in the whole journal.
    pub position: u64,
    /// The last one's digest.
    pub digest: Digest,
}

/// The end of the whole journal. Published elsewhere, it proves later that nothing before it was changed or cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The last event's position; 0 in an empty journal.
    pub position: u64,
    /// The last event's digest; all zeros in an empty journal.
    pub digest: Digest,
}

impl Head {
    /// The head of a journal without events.
    pub fn empty() -> Self {
        Self { position: 0, digest: crate::chain::no_digest() }
    }
}

/// The end of one stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamEnd {
    /// The stream.
    pub stream: StreamId,
    /// Its last sequence.
    pub last: u64,
    /// Its last event's position in the whole journal.
    pub position: u64,
}

/// Something that a stream will owe.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Due {
    /// From when on. Kept to the microsecond, rounded up: never reported early.
    pub at: Timestamp,
    /// What, in the caller's words: up to 200 characters, no identifier of a person.
    pub what: String,
}

/// Something that a stream owes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    /// Who owes it.
    pub stream: StreamId,
    /// Since when.
    pub at: Timestamp,
    /// What.
    pub what: String,
}
