//! Appending: one transaction, one flush to the disk.

use super::entities::event;
use super::{SqlJournal, dues, from_db, read, to_db};
use crate::chain::Link;
use crate::{
    AppendError, Appended, CommandId, Due, ExpectedSequence, Head, NewEvent, ReadError, Span,
    StorageError, StreamId, fit,
};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use writ_vocabulary::Digest;

/// Rows in one INSERT: far below the 32 766 parameters that SQLite takes.
const ROWS: usize = 50;

/// What one command wants to append, checked and written out before the lock is taken.
struct Wanted<'a> {
    stream: &'a StreamId,
    expected: u64,
    command_id: &'a CommandId,
    events: &'a [NewEvent],
    data: Vec<String>,
    dues: Option<Vec<Due>>,
}

pub async fn append(
    journal: &SqlJournal,
    stream: &StreamId,
    expected: ExpectedSequence,
    command_id: &CommandId,
    events: &[NewEvent],
    dues: Option<&[Due]>,
) -> Result<Appended, AppendError> {
    let unfit = |what| AppendError::Unfit { stream: stream.clone(), what };
    let data = fit::events(events).map_err(unfit)?;
    let dues = dues.map(fit::dues).transpose().map_err(unfit)?;
    let wanted = Wanted { stream, expected: expected.last(), command_id, events, data, dues };
    match append_once(journal, &wanted).await {
        // The lock was waited for already, with all patience. Once more, in case the holder has just died.
        Err(AppendError::Storage(StorageError::Busy { .. })) => append_once(journal, &wanted).await,
        result => result,
    }
}

async fn append_once(journal: &SqlJournal, wanted: &Wanted<'_>) -> Result<Appended, AppendError> {
    let transaction = journal.begin().await?;
    if let Some(span) = applied(journal, &transaction, wanted).await? {
        return Ok(Appended::Before(span));
    }
    let actual = last_sequence(journal, &transaction, wanted.stream).await?;
    let Wanted { stream, expected, .. } = *wanted;
    if expected != actual {
        return Err(AppendError::Conflict { stream: stream.clone(), expected, actual });
    }
    let head =
        read::head_on(journal, &transaction).await.map_err(|error| storage(journal, error))?;
    let (rows, head) = rows(wanted, head);
    for rows in rows.chunks(ROWS) {
        let insert = event::Entity::insert_many(rows.iter().cloned());
        insert.exec_without_returning(&transaction).await.map_err(|error| journal.failed(error))?;
    }
    if let Some(dues) = &wanted.dues {
        dues::replace(journal, &transaction, stream, dues).await?;
    }
    journal.commit(transaction).await?;
    let last = actual + wanted.events.len() as u64;
    Ok(Appended::Now(Span {
        first: actual + 1,
        last,
        position: head.position,
        digest: head.digest,
    }))
}

/// The rows to insert, chained on `head`, and the head that they make.
fn rows(wanted: &Wanted<'_>, mut head: Head) -> (Vec<event::ActiveModel>, Head) {
    let mut rows = Vec::with_capacity(wanted.events.len());
    for ((sequence, event), data) in (wanted.expected + 1..).zip(wanted.events).zip(&wanted.data) {
        let at = event.at.to_string();
        let link = Link {
            previous_digest: head.digest,
            position: head.position + 1,
            stream: wanted.stream.as_str(),
            sequence,
            kind: &event.kind,
            version: event.version,
            at: &at,
            command_id: wanted.command_id.as_str(),
            data,
        };
        let digest = link.digest();
        rows.push(row(&link, digest));
        head = Head { position: link.position, digest };
    }
    (rows, head)
}

fn row(link: &Link<'_>, digest: Digest) -> event::ActiveModel {
    event::ActiveModel {
        position: Set(to_db(link.position)),
        stream: Set(link.stream.to_owned()),
        sequence: Set(to_db(link.sequence)),
        kind: Set(link.kind.to_owned()),
        version: Set(link.version.into()),
        data: Set(link.data.to_owned()),
        at: Set(link.at.to_owned()),
        command_id: Set(link.command_id.to_owned()),
        previous_digest: Set(link.previous_digest.as_bytes().to_vec()),
        digest: Set(digest.as_bytes().to_vec()),
    }
}

/// Where the command's events stand, if it was applied before. One command's events have successive positions.
async fn applied<C: ConnectionTrait>(
    journal: &SqlJournal,
    connection: &C,
    wanted: &Wanted<'_>,
) -> Result<Option<Span>, AppendError> {
    let mut rows: Vec<(i64, i64, Vec<u8>)> = event::Entity::find()
        .select_only()
        .columns([event::Column::Sequence, event::Column::Position, event::Column::Digest])
        .filter(event::Column::Stream.eq(wanted.stream.as_str()))
        .filter(event::Column::CommandId.eq(wanted.command_id.as_str()))
        .into_tuple()
        .all(connection)
        .await
        .map_err(|error| journal.failed(error))?;
    // Put in order here: asked to, SQLite walks the whole stream by sequence in place of the index by command.
    rows.sort_unstable_by_key(|(sequence, ..)| *sequence);
    let (Some((first, ..)), Some((last, position, digest))) = (rows.first(), rows.last()) else {
        return Ok(None);
    };
    let position = from_db(*position);
    let digest = read::digest(position, digest).map_err(|fault| storage(journal, fault.into()))?;
    Ok(Some(Span { first: from_db(*first), last: from_db(*last), position, digest }))
}

/// The last sequence of a stream; 0 for none.
pub async fn last_sequence<C: ConnectionTrait>(
    journal: &SqlJournal,
    connection: &C,
    stream: &StreamId,
) -> Result<u64, StorageError> {
    let last: Option<i64> = event::Entity::find()
        .select_only()
        .column(event::Column::Sequence)
        .filter(event::Column::Stream.eq(stream.as_str()))
        .order_by_desc(event::Column::Sequence)
        .limit(1)
        .into_tuple()
        .one(connection)
        .await
        .map_err(|error| journal.failed(error))?;
    Ok(last.map_or(0, from_db))
}

/// A journal whose end cannot be read is a store that failed.
fn storage(journal: &SqlJournal, error: ReadError) -> AppendError {
    AppendError::Storage(match error {
        ReadError::Storage(error) => error,
        ReadError::Fault(fault) => {
            StorageError::Failed { place: journal.place.clone(), source: Box::new(fault) }
        }
    })
}
