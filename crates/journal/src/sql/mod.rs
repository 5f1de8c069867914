//! The journal in a database: one SQLite file, or a PostgreSQL server, through the same code.

mod append;
mod dialect;
mod dues;
mod entities;
mod failure;
mod keys;
mod migrations;
mod open;
mod read;

pub(crate) use keys::{Kept, WrappedKey};
pub use open::{Place, Settings};

use crate::{
    AppendError, Appended, CommandId, Due, DuesError, ExpectedSequence, Head, Journal, NewEvent,
    Owed, ReadError, RecordedEvent, StorageError, StreamEnd, StreamId, Verified, VerifyError,
};
use async_trait::async_trait;
use dialect::Dialect;
use jiff::Timestamp;
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr};
use std::fmt;

/// A journal in a database. Cheap to clone; clones share their connections.
///
/// On SQLite every append is one transaction in write-ahead mode with `synchronous=FULL`: one flush to the disk. Several
/// processes may open the same file on a local disk; a network file system does not keep the locks that this needs.
#[derive(Clone)]
pub struct SqlJournal {
    dialect: Dialect,
    /// The journal's name in messages: its path, or its URL without a password.
    place: String,
    /// One connection, so that appends of this process queue here, fairly, and not at the file's lock.
    writer: DatabaseConnection,
    /// A few connections that cannot write. Each statement sees one state of the journal.
    readers: DatabaseConnection,
}

/// Its place alone: connections know passwords.
impl fmt::Debug for SqlJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SqlJournal({})", self.place)
    }
}

impl SqlJournal {
    /// Opens the journal at `place`, which must be there.
    pub async fn open(place: &Place, settings: Settings) -> Result<Self, StorageError> {
        open::open(place, settings, open::Absent::IsAnError).await
    }

    /// Opens the journal at `place`, and creates it if nothing is there.
    pub async fn open_or_create(place: &Place, settings: Settings) -> Result<Self, StorageError> {
        open::open(place, settings, open::Absent::IsCreated).await
    }

    /// Closes all connections; on SQLite, folds the write-ahead log into the file.
    pub async fn close(self) -> Result<(), StorageError> {
        let closed = self.readers.close_by_ref().await;
        closed.and(self.writer.close_by_ref().await).map_err(|error| self.failed(error))
    }

    /// The journal's name in messages.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Begins a transaction in which nobody else can append, change dues or make keys.
    async fn begin(&self) -> Result<DatabaseTransaction, StorageError> {
        self.dialect.begin_writing(&self.writer).await.map_err(|error| self.failed(error))
    }

    async fn commit(&self, transaction: DatabaseTransaction) -> Result<(), StorageError> {
        transaction.commit().await.map_err(|error| self.failed(error))
    }

    fn failed(&self, error: DbErr) -> StorageError {
        failure::of(&self.place, error)
    }
}

#[async_trait]
impl Journal for SqlJournal {
    async fn append(
        &self,
        stream: &StreamId,
        expected: ExpectedSequence,
        command_id: &CommandId,
        events: &[NewEvent],
        dues: Option<&[Due]>,
    ) -> Result<Appended, AppendError> {
        append::append(self, stream, expected, command_id, events, dues).await
    }

    async fn read(
        &self,
        stream: &StreamId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        read::of_stream(self, stream, after, limit).await
    }

    async fn read_all(&self, after: u64, limit: u32) -> Result<Vec<RecordedEvent>, ReadError> {
        read::of_all(self, after, limit).await
    }

    async fn streams(
        &self,
        after: Option<&StreamId>,
        limit: u32,
    ) -> Result<Vec<StreamEnd>, ReadError> {
        read::streams(self, after, limit).await
    }

    async fn head(&self) -> Result<Head, ReadError> {
        read::head(self).await
    }

    async fn verify(
        &self,
        known: Option<Head>,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Verified, VerifyError> {
        read::verify(self, known, progress).await
    }

    async fn set_dues(
        &self,
        stream: &StreamId,
        as_of: ExpectedSequence,
        dues: &[Due],
    ) -> Result<(), DuesError> {
        dues::set(self, stream, as_of, dues).await
    }

    async fn dues_until(&self, now: Timestamp, limit: u32) -> Result<Vec<Owed>, ReadError> {
        dues::until(self, now, limit).await
    }

    async fn next_due(&self, now: Timestamp) -> Result<Option<Timestamp>, ReadError> {
        dues::next(self, now).await
    }

    async fn clear_dues(&self) -> Result<(), DuesError> {
        dues::clear(self).await
    }
}

/// A count as databases hold it. What is too large for them is larger than anything they hold.
fn to_db(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count as it was stored; a negative one, which the journal never writes, becomes one that no check accepts.
fn from_db(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
