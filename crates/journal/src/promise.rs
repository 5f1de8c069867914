//! The journal's promise, in words that any store has to keep.

use crate::chain::Fault;
use crate::{
    Appended, CommandId, Due, ExpectedSequence, Head, NewEvent, Owed, RecordedEvent, StreamEnd,
    StreamId,
};
use async_trait::async_trait;
use jiff::Timestamp;

/// The most events or rows that one page holds, whatever is asked.
pub const PAGE: u32 = 1_000;

/// An append-only journal of events in streams.
///
/// Every implementation passes [`crate::conformance::check`]. Several tasks and several processes may use one journal at
/// the same time. An event, once recorded, is never changed and never removed; there is no function for it here.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Appends `events` to `stream`: all of them, or none.
    ///
    /// When it answers [`Appended::Now`], they are durable: they survive the death of the process and of the machine.
    /// They are appended only if the stream still ends where the caller has read it to (`expected`); otherwise
    /// [`AppendError::Conflict`], and the caller reads on and decides again.
    ///
    /// If `command_id` has been applied to this stream before, nothing is appended, `expected` is not looked at, and the
    /// answer is [`Appended::Before`] with what it recorded then. So a caller that does not know whether its last call
    /// came through simply calls again.
    ///
    /// With `dues`, what the stream owes is replaced in the same step, as by [`set_dues`](Self::set_dues); with `None`
    /// it stays as it was.
    async fn append(
        &self,
        stream: &StreamId,
        expected: ExpectedSequence,
        command_id: &CommandId,
        events: &[NewEvent],
        dues: Option<&[Due]>,
    ) -> Result<Appended, AppendError>;

    /// The events of `stream` with a sequence above `after`, in order, at most `limit` and at most [`PAGE`].
    ///
    /// A stream that has none is an empty page, not an error.
    async fn read(
        &self,
        stream: &StreamId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<RecordedEvent>, ReadError>;

    /// The events of all streams with a position above `after`, in order, at most `limit` and at most [`PAGE`].
    ///
    /// No event ever appears below a position that was already given: a reader that keeps its last position misses none.
    async fn read_all(&self, after: u64, limit: u32) -> Result<Vec<RecordedEvent>, ReadError>;

    /// The streams whose names come after `after`, by name in byte order, at most `limit` and at most [`PAGE`].
    async fn streams(
        &self,
        after: Option<&StreamId>,
        limit: u32,
    ) -> Result<Vec<StreamEnd>, ReadError>;

    /// The end of the journal.
    async fn head(&self) -> Result<Head, ReadError>;

    /// Rereads the whole journal and recomputes every digest.
    ///
    /// `known` is a head kept from an earlier time: with it, events cut off the end and a history computed anew are
    /// found too. `progress` is told now and then how many events were checked.
    async fn verify(
        &self,
        known: Option<Head>,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Verified, VerifyError>;

    /// Replaces what `stream` owes with `dues`, which the caller computed from its events up to `as_of`.
    ///
    /// If the stream has more events by now, nothing is changed: [`DuesError::Conflict`]. Dues are derived from events,
    /// kept only to be found quickly; they are no part of the chain.
    async fn set_dues(
        &self,
        stream: &StreamId,
        as_of: ExpectedSequence,
        dues: &[Due],
    ) -> Result<(), DuesError>;

    /// What is owed at `now` by any stream: the longest owed first, at most `limit` and at most [`PAGE`].
    async fn dues_until(&self, now: Timestamp, limit: u32) -> Result<Vec<Owed>, ReadError>;

    /// The instant at which the next due after `now` falls, if there is one.
    async fn next_due(&self, now: Timestamp) -> Result<Option<Timestamp>, ReadError>;

    /// Forgets all dues, so that they can be computed again from the events of every stream.
    async fn clear_dues(&self) -> Result<(), DuesError>;

    /// All events of `stream` with a sequence above `after`, however many pages they fill.
    async fn history(
        &self,
        stream: &StreamId,
        after: u64,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let mut events: Vec<RecordedEvent> = Vec::new();
        loop {
            let last = events.last().map_or(after, |event| event.sequence);
            let page = self.read(stream, last, PAGE).await?;
            let full = page.len() >= PAGE as usize;
            events.extend(page);
            if !full {
                return Ok(events);
            }
        }
    }
}

/// What [`Journal::verify`] found to be whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// How many events were checked.
    pub events: u64,
    /// Where the journal ends.
    pub head: Head,
}

/// Why nothing was appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Somebody else has appended in the meantime, or the caller expected events that are not there.
    #[error(
        "stream `{stream}` ends at {actual}, not at {expected}: read it again and decide again"
    )]
    Conflict {
        /// The stream.
        stream: StreamId,
        /// Where the caller believed it to end.
        expected: u64,
        /// Where it ends.
        actual: u64,
    },
    /// The events cannot be stored as they are.
    #[error("nothing was appended to stream `{stream}`: {what}")]
    Unfit {
        /// The stream.
        stream: StreamId,
        /// What is wrong with them.
        what: String,
    },
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why nothing was read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A stored event cannot be read back.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why the journal was not found whole.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It is damaged.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// It could not be read to its end.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why the dues stayed as they were.
#[derive(Debug, thiserror::Error)]
pub enum DuesError {
    /// The stream has other events than those that the dues were computed from.
    #[error(
        "stream `{stream}` ends at {actual}, the dues were computed at {expected}: compute them again"
    )]
    Conflict {
        /// The stream.
        stream: StreamId,
        /// Where the caller believed it to end.
        expected: u64,
        /// Where it ends.
        actual: u64,
    },
    /// A due cannot be stored as it is.
    #[error("the dues of stream `{stream}` were not changed: {what}")]
    Unfit {
        /// The stream.
        stream: StreamId,
        /// What is wrong with it.
        what: String,
    },
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A failure of what lies beneath: the file, the disk, the server.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// There is no room. Nothing was written.
    #[error("no space left for `{place}`: nothing was written; free some space and try again")]
    Full {
        /// The file or folder.
        place: String,
    },
    /// Others hold it, and did not let go in time.
    #[error("`{place}` was locked by others for too long: nothing was written; try again")]
    Busy {
        /// The journal.
        place: String,
    },
    /// Nothing is there.
    #[error("there is no journal at `{place}`: create it first, or correct the path")]
    Missing {
        /// The journal.
        place: String,
    },
    /// Something is there, but not a journal.
    #[error("`{place}` is not a Writ journal: {what}")]
    NotAJournal {
        /// The file.
        place: String,
        /// What it is instead.
        what: String,
    },
    /// It was written by a newer program.
    #[error("`{place}` was made by a newer writ (it has `{migration}`): upgrade this one")]
    MadeByNewer {
        /// The journal.
        place: String,
        /// The step that this program does not know.
        migration: String,
    },
    /// Anything else: the disk, the file's permissions, the connection.
    #[error("`{place}` failed: {source}")]
    Failed {
        /// The journal, file or folder.
        place: String,
        /// What it said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
