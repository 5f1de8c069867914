//! Reading: pages of events, the streams, the head, and the whole chain checked.

use super::entities::event;
use super::{SqlJournal, from_db, to_db};
use crate::chain::{Fault, Link, Walk};
use crate::promise::PAGE;
use crate::{Head, ReadError, RecordedEvent, StreamEnd, StreamId, Verified, VerifyError};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use writ_vocabulary::Digest;

/// The events of one stream.
pub async fn of_stream(
    journal: &SqlJournal,
    stream: &StreamId,
    after: u64,
    limit: u32,
) -> Result<Vec<RecordedEvent>, ReadError> {
    let events = event::Entity::find()
        .filter(event::Column::Stream.eq(stream.as_str()))
        .filter(event::Column::Sequence.gt(to_db(after)))
        .order_by_asc(event::Column::Sequence);
    page(journal, events, limit).await
}

/// The events of all streams.
pub async fn of_all(
    journal: &SqlJournal,
    after: u64,
    limit: u32,
) -> Result<Vec<RecordedEvent>, ReadError> {
    page(journal, after_position(after), limit).await
}

fn after_position(after: u64) -> Select<event::Entity> {
    event::Entity::find()
        .filter(event::Column::Position.gt(to_db(after)))
        .order_by_asc(event::Column::Position)
}

async fn page(
    journal: &SqlJournal,
    events: Select<event::Entity>,
    limit: u32,
) -> Result<Vec<RecordedEvent>, ReadError> {
    let rows = events.limit(u64::from(limit.min(PAGE))).all(&journal.readers).await;
    let rows = rows.map_err(|error| journal.failed(error))?;
    rows.into_iter().map(|row| recorded(row).map_err(ReadError::Fault)).collect()
}

fn recorded(row: event::Model) -> Result<RecordedEvent, Fault> {
    let position = from_db(row.position);
    let wrong = |field: &str| Fault::new(position, format!("its {field} cannot be read"));
    Ok(RecordedEvent {
        position,
        stream: row.stream.parse().map_err(|_| wrong("stream"))?,
        sequence: from_db(row.sequence),
        kind: row.kind,
        version: u16::try_from(row.version).map_err(|_| wrong("version"))?,
        data: serde_json::from_str(&row.data).map_err(|_| wrong("data"))?,
        at: row.at.parse().map_err(|_| wrong("instant"))?,
        command_id: row.command_id.parse().map_err(|_| wrong("command id"))?,
        previous_digest: digest(position, &row.previous_digest)?,
        digest: digest(position, &row.digest)?,
    })
}

/// A stored digest.
pub fn digest(position: u64, bytes: &[u8]) -> Result<Digest, Fault> {
    let bytes =
        bytes.try_into().map_err(|_| Fault::new(position, "its digest is not 32 bytes long"))?;
    Ok(Digest::from_bytes(bytes))
}

/// The streams by name.
pub async fn streams(
    journal: &SqlJournal,
    after: Option<&StreamId>,
    limit: u32,
) -> Result<Vec<StreamEnd>, ReadError> {
    let mut ends = event::Entity::find()
        .select_only()
        .column(event::Column::Stream)
        .column_as(event::Column::Sequence.max(), "last")
        .column_as(event::Column::Position.max(), "position")
        .group_by(event::Column::Stream)
        .order_by_asc(event::Column::Stream)
        .limit(u64::from(limit.min(PAGE)));
    if let Some(after) = after {
        ends = ends.filter(event::Column::Stream.gt(after.as_str()));
    }
    let rows: Vec<(String, i64, i64)> =
        ends.into_tuple().all(&journal.readers).await.map_err(|error| journal.failed(error))?;
    rows.into_iter().map(stream_end).collect()
}

fn stream_end((stream, last, position): (String, i64, i64)) -> Result<StreamEnd, ReadError> {
    let position = from_db(position);
    let stream = stream.parse().map_err(|_| Fault::new(position, "its stream cannot be read"))?;
    Ok(StreamEnd { stream, last: from_db(last), position })
}

/// The end of the journal.
pub async fn head(journal: &SqlJournal) -> Result<Head, ReadError> {
    head_on(journal, &journal.readers).await
}

/// The end of the journal as `connection` sees it.
pub async fn head_on<C: ConnectionTrait>(
    journal: &SqlJournal,
    connection: &C,
) -> Result<Head, ReadError> {
    let last: Option<(i64, Vec<u8>)> = event::Entity::find()
        .select_only()
        .columns([event::Column::Position, event::Column::Digest])
        .order_by_desc(event::Column::Position)
        .limit(1)
        .into_tuple()
        .one(connection)
        .await
        .map_err(|error| journal.failed(error))?;
    let Some((position, bytes)) = last else { return Ok(Head::empty()) };
    let position = from_db(position);
    Ok(Head { position, digest: digest(position, &bytes)? })
}

/// Rereads everything that is there when it begins, and what is added meanwhile.
pub async fn verify(
    journal: &SqlJournal,
    known: Option<Head>,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<Verified, VerifyError> {
    let mut walk = Walk::new(known);
    loop {
        let rows =
            after_position(walk.head().position).limit(u64::from(PAGE)).all(&journal.readers).await;
        let rows = rows.map_err(|error| journal.failed(error))?;
        if rows.is_empty() {
            let head = walk.end()?;
            return Ok(Verified { events: head.position, head });
        }
        for row in &rows {
            step(&mut walk, row)?;
        }
        progress(walk.head().position);
    }
}

/// Checks one row over the texts as they are stored, not as they would be written today.
fn step(walk: &mut Walk, row: &event::Model) -> Result<(), Fault> {
    let position = from_db(row.position);
    let link = Link {
        previous_digest: digest(position, &row.previous_digest)?,
        position,
        stream: &row.stream,
        sequence: from_db(row.sequence),
        kind: &row.kind,
        version: u16::try_from(row.version)
            .map_err(|_| Fault::new(position, "its version cannot be read"))?,
        at: &row.at,
        command_id: &row.command_id,
        data: &row.data,
    };
    walk.step(&link, digest(position, &row.digest)?)
}
