//! A journal in memory, for tests of whoever uses one. It keeps the whole promise except to outlive its process.

use crate::promise::PAGE;
use crate::{
    AppendError, Appended, CommandId, Due, DuesError, ExpectedSequence, Head, Journal, NewEvent,
    Owed, ReadError, RecordedEvent, Span, StreamEnd, StreamId, Verified, VerifyError, chain, fit,
};
use async_trait::async_trait;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A journal that is gone when it is dropped.
#[derive(Debug, Default)]
pub struct MemoryJournal {
    /// Held for the length of one call, never across an await.
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    events: Vec<RecordedEvent>,
    dues: BTreeMap<StreamId, Vec<Due>>,
}

impl MemoryJournal {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        // A panic elsewhere cannot leave it half changed: every change is made by one `extend` or `insert`.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn head(&self) -> Head {
        self.events
            .last()
            .map_or_else(Head::empty, |last| Head { position: last.position, digest: last.digest })
    }

    fn end_of(&self, stream: &StreamId) -> u64 {
        self.events
            .iter()
            .rev()
            .find(|event| event.stream == *stream)
            .map_or(0, |event| event.sequence)
    }

    fn applied(&self, stream: &StreamId, command_id: &CommandId) -> Option<Span> {
        let mut events = self
            .events
            .iter()
            .filter(|event| event.stream == *stream && event.command_id == *command_id);
        let first = events.next()?;
        let last = events.next_back().unwrap_or(first);
        Some(Span {
            first: first.sequence,
            last: last.sequence,
            position: last.position,
            digest: last.digest,
        })
    }

    fn push(&mut self, stream: &StreamId, sequence: u64, command_id: &CommandId, event: &NewEvent) {
        let head = self.head();
        let mut recorded = RecordedEvent {
            position: head.position + 1,
            stream: stream.clone(),
            sequence,
            kind: event.kind.clone(),
            version: event.version,
            data: event.data.clone(),
            at: event.at,
            command_id: command_id.clone(),
            previous_digest: head.digest,
            digest: head.digest,
        };
        recorded.digest = chain::digest_of(&recorded);
        self.events.push(recorded);
    }
}

fn page<'a>(events: impl Iterator<Item = &'a RecordedEvent>, limit: u32) -> Vec<RecordedEvent> {
    events.take(limit.min(PAGE) as usize).cloned().collect()
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn append(
        &self,
        stream: &StreamId,
        expected: ExpectedSequence,
        command_id: &CommandId,
        events: &[NewEvent],
        dues: Option<&[Due]>,
    ) -> Result<Appended, AppendError> {
        let unfit = |what| AppendError::Unfit { stream: stream.clone(), what };
        fit::events(events).map_err(unfit)?;
        let dues = dues.map(fit::dues).transpose().map_err(unfit)?;
        let mut kept = self.kept();
        if let Some(span) = kept.applied(stream, command_id) {
            return Ok(Appended::Before(span));
        }
        let (expected, actual) = (expected.last(), kept.end_of(stream));
        if expected != actual {
            return Err(AppendError::Conflict { stream: stream.clone(), expected, actual });
        }
        for (sequence, event) in (actual + 1..).zip(events) {
            kept.push(stream, sequence, command_id, event);
        }
        if let Some(dues) = dues {
            kept.dues.insert(stream.clone(), dues);
        }
        let head = kept.head();
        let last = kept.end_of(stream);
        Ok(Appended::Now(Span {
            first: actual + 1,
            last,
            position: head.position,
            digest: head.digest,
        }))
    }

    async fn read(
        &self,
        stream: &StreamId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let kept = self.kept();
        Ok(page(
            kept.events.iter().filter(|event| event.stream == *stream && event.sequence > after),
            limit,
        ))
    }

    async fn read_all(&self, after: u64, limit: u32) -> Result<Vec<RecordedEvent>, ReadError> {
        Ok(page(self.kept().events.iter().filter(|event| event.position > after), limit))
    }

    async fn streams(
        &self,
        after: Option<&StreamId>,
        limit: u32,
    ) -> Result<Vec<StreamEnd>, ReadError> {
        let ends: BTreeMap<StreamId, StreamEnd> = self
            .kept()
            .events
            .iter()
            .map(|event| {
                let (stream, last, position) =
                    (event.stream.clone(), event.sequence, event.position);
                (event.stream.clone(), StreamEnd { stream, last, position })
            })
            .collect();
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let ends = ends.range((from, Bound::Unbounded)).map(|(_, end)| end.clone());
        Ok(ends.take(limit.min(PAGE) as usize).collect())
    }

    async fn head(&self) -> Result<Head, ReadError> {
        Ok(self.kept().head())
    }

    async fn verify(
        &self,
        known: Option<Head>,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Verified, VerifyError> {
        let kept = self.kept();
        let mut walk = chain::Walk::new(known);
        for event in &kept.events {
            walk.step_over(event)?;
        }
        progress(walk.head().position);
        let head = walk.end()?;
        Ok(Verified { events: head.position, head })
    }

    async fn set_dues(
        &self,
        stream: &StreamId,
        as_of: ExpectedSequence,
        dues: &[Due],
    ) -> Result<(), DuesError> {
        let dues =
            fit::dues(dues).map_err(|what| DuesError::Unfit { stream: stream.clone(), what })?;
        let mut kept = self.kept();
        let (expected, actual) = (as_of.last(), kept.end_of(stream));
        if expected != actual {
            return Err(DuesError::Conflict { stream: stream.clone(), expected, actual });
        }
        kept.dues.insert(stream.clone(), dues);
        Ok(())
    }

    async fn dues_until(&self, now: Timestamp, limit: u32) -> Result<Vec<Owed>, ReadError> {
        let kept = self.kept();
        let mut owed: Vec<Owed> = kept
            .dues
            .iter()
            .flat_map(|(stream, dues)| dues.iter().map(move |due| (stream, due)))
            .filter(|(_, due)| due.at <= now)
            .map(|(stream, due)| Owed {
                stream: stream.clone(),
                at: due.at,
                what: due.what.clone(),
            })
            .collect();
        owed.sort_by(|a, b| (a.at, &a.stream, &a.what).cmp(&(b.at, &b.stream, &b.what)));
        owed.truncate(limit.min(PAGE) as usize);
        Ok(owed)
    }

    async fn next_due(&self, now: Timestamp) -> Result<Option<Timestamp>, ReadError> {
        let kept = self.kept();
        Ok(kept.dues.values().flatten().map(|due| due.at).filter(|at| *at > now).min())
    }

    async fn clear_dues(&self) -> Result<(), DuesError> {
        self.kept().dues.clear();
        Ok(())
    }
}
