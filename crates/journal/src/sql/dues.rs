//! What streams owe, so that it is found without replaying them.

use super::SqlJournal;
use super::append::last_sequence;
use super::entities::due;
use crate::promise::PAGE;
use crate::{Due, DuesError, ExpectedSequence, Owed, ReadError, StorageError, StreamId, fit};
use jiff::Timestamp;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// Rows in one INSERT.
const ROWS: usize = 100;

/// Replaces what a stream owes.
pub async fn set(
    journal: &SqlJournal,
    stream: &StreamId,
    as_of: ExpectedSequence,
    dues: &[Due],
) -> Result<(), DuesError> {
    let dues = fit::dues(dues).map_err(|what| DuesError::Unfit { stream: stream.clone(), what })?;
    let transaction = journal.begin().await?;
    let (expected, actual) = (as_of.last(), last_sequence(journal, &transaction, stream).await?);
    if expected != actual {
        return Err(DuesError::Conflict { stream: stream.clone(), expected, actual });
    }
    replace(journal, &transaction, stream, &dues).await?;
    Ok(journal.commit(transaction).await?)
}

/// Replaces what a stream owes, within a transaction.
pub async fn replace<C: ConnectionTrait>(
    journal: &SqlJournal,
    connection: &C,
    stream: &StreamId,
    dues: &[Due],
) -> Result<(), StorageError> {
    let failed = |error| journal.failed(error);
    let old = due::Entity::delete_many().filter(due::Column::Stream.eq(stream.as_str()));
    old.exec(connection).await.map_err(failed)?;
    for dues in dues.chunks(ROWS) {
        let rows = dues.iter().map(|due| due::ActiveModel {
            stream: Set(stream.as_str().to_owned()),
            due_at: Set(due.at.as_microsecond()),
            what: Set(due.what.clone()),
        });
        due::Entity::insert_many(rows).exec_without_returning(connection).await.map_err(failed)?;
    }
    Ok(())
}

/// What is owed at `now`.
pub async fn until(
    journal: &SqlJournal,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Owed>, ReadError> {
    let rows = due::Entity::find()
        .filter(due::Column::DueAt.lte(now.as_microsecond()))
        .order_by_asc(due::Column::DueAt)
        .order_by_asc(due::Column::Stream)
        .order_by_asc(due::Column::What)
        .limit(u64::from(limit.min(PAGE)))
        .all(&journal.readers)
        .await
        .map_err(|error| journal.failed(error))?;
    rows.into_iter().map(|row| owed(journal, row).map_err(ReadError::Storage)).collect()
}

fn owed(journal: &SqlJournal, row: due::Model) -> Result<Owed, StorageError> {
    let at = instant(journal, row.due_at)?;
    let stream = row.stream.parse().map_err(|error| unreadable(journal, error))?;
    Ok(Owed { stream, at, what: row.what })
}

fn instant(journal: &SqlJournal, microsecond: i64) -> Result<Timestamp, StorageError> {
    Timestamp::from_microsecond(microsecond).map_err(|error| unreadable(journal, error))
}

fn unreadable(
    journal: &SqlJournal,
    error: impl std::error::Error + Send + Sync + 'static,
) -> StorageError {
    StorageError::Failed { place: journal.place.clone(), source: Box::new(error) }
}

/// The instant of the first due after `now`.
pub async fn next(journal: &SqlJournal, now: Timestamp) -> Result<Option<Timestamp>, ReadError> {
    let next: Option<i64> = due::Entity::find()
        .select_only()
        .column(due::Column::DueAt)
        .filter(due::Column::DueAt.gt(now.as_microsecond()))
        .order_by_asc(due::Column::DueAt)
        .limit(1)
        .into_tuple()
        .one(&journal.readers)
        .await
        .map_err(|error| journal.failed(error))?;
    Ok(next.map(|next| instant(journal, next)).transpose()?)
}

/// Forgets all dues.
pub async fn clear(journal: &SqlJournal) -> Result<(), DuesError> {
    let transaction = journal.begin().await?;
    due::Entity::delete_many().exec(&transaction).await.map_err(|error| journal.failed(error))?;
    Ok(journal.commit(transaction).await?)
}
