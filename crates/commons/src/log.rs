//! The events of the hash bank in the journal: many in one record, and read back into a state.

use serde::{Deserialize, Serialize};
use writ_hashbank::{Contradiction, Event, State, evolve};
use writ_journal::{
    AppendError, CommandId, ExpectedSequence, Journal, NameError, NewEvent, PAGE, ReadError,
    RecordedEvent, SqlJournal, StreamId,
};
use writ_vocabulary::Instant;

/// The stream of all banks.
const STREAM: &str = "hashes";
/// The kind of its records, and the version of their form.
const KIND: &str = "hashes-changed";
const VERSION: u16 = 1;

/// Why the events could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The journal did not take them.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The journal did not give them.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A record that this version cannot read.
    #[error(
        "record {sequence} of the hash bank's events cannot be read: {why}; it was written by a later version, or not by Writ"
    )]
    Record {
        /// Its place.
        sequence: u64,
        /// Why.
        why: String,
    },
    /// An event that cannot have happened.
    #[error("record {sequence} of the hash bank's events contradicts those before it")]
    Contradiction {
        /// Its place.
        sequence: u64,
        /// Why.
        #[source]
        source: Contradiction,
    },
    /// A name that the journal does not take.
    #[error(transparent)]
    Name(#[from] NameError),
    /// No randomness for a command's id.
    #[error("the system gave no random bytes: {0}")]
    Entropy(String),
    /// Somebody else appends to the same journal.
    #[error(
        "another program writes the hash bank's events in the same journal: end one of the two"
    )]
    Contended,
}

/// What one record holds: events that happened at the record's instant, in their order.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Changed {
    events: Vec<Event>,
}

/// The hash bank's events.
#[derive(Debug)]
pub(crate) struct Log {
    journal: SqlJournal,
    stream: StreamId,
    /// The last record's sequence, as far as is known.
    last: u64,
}

impl Log {
    /// A log that is read from after record `last` on.
    pub fn new(journal: SqlJournal, last: u64) -> Result<Self, LogError> {
        Ok(Self { journal, stream: STREAM.parse()?, last })
    }

    /// The sequence of the last record known.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Appends what happened at `at`. When this returns it is durable.
    pub async fn append(&mut self, at: Instant, events: Vec<Event>) -> Result<(), LogError> {
        let fault = |error: serde_json::Error| LogError::Record {
            sequence: self.last + 1,
            why: error.to_string(),
        };
        let data = serde_json::to_value(Changed { events }).map_err(fault)?;
        let record = NewEvent { kind: KIND.to_owned(), version: VERSION, data, at };
        let expected = match self.last {
            0 => ExpectedSequence::NotYet,
            last => ExpectedSequence::After(last),
        };
        let command = command_id()?;
        let appended = self.journal.append(&self.stream, expected, &command, &[record], None).await;
        self.last = match appended {
            Err(AppendError::Conflict { .. }) => return Err(LogError::Contended),
            other => other?.span().last,
        };
        Ok(())
    }

    /// Brings the state to where the journal's end is. `told` hears how many records were read.
    pub async fn catch_up(
        &mut self,
        state: &mut State,
        told: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), LogError> {
        loop {
            let page = self.journal.read(&self.stream, self.last, PAGE).await?;
            let Some(last) = page.last().map(|record| record.sequence) else { return Ok(()) };
            for record in page {
                apply(state, record)?;
            }
            self.last = last;
            told(last);
        }
    }

    /// Whether the journal holds the record that a saved state says it was made at.
    pub async fn reaches(&self, sequence: u64) -> Result<bool, LogError> {
        let before = sequence.saturating_sub(1);
        Ok(sequence == 0 || !self.journal.read(&self.stream, before, 1).await?.is_empty())
    }
}

fn apply(state: &mut State, record: RecordedEvent) -> Result<(), LogError> {
    let sequence = record.sequence;
    if (record.kind.as_str(), record.version) != (KIND, VERSION) {
        let why = format!("it is `{}` of version {}", record.kind, record.version);
        return Err(LogError::Record { sequence, why });
    }
    let changed: Changed = serde_json::from_value(record.data)
        .map_err(|error| LogError::Record { sequence, why: error.to_string() })?;
    for event in &changed.events {
        evolve(state, record.at, event)
            .map_err(|source| LogError::Contradiction { sequence, source })?;
    }
    Ok(())
}

pub(crate) fn command_id() -> Result<CommandId, LogError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| LogError::Entropy(error.to_string()))?;
    Ok(hex::encode(bytes).parse()?)
}
