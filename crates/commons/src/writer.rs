//! The writer: one thread that decides commands in their order, many at a time, and acknowledges what is durable.

use crate::log::{Log, LogError};
use crate::lookup::Reaches;
use crate::memory::Shared;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use writ_hashbank::{Command, Event, Malformed, Refused, SignalType, State, decide, evolve};
use writ_vocabulary::Instant;

/// How many commands wait at most, beyond which callers wait.
pub(crate) const QUEUE: usize = 4_096;
/// The most events that wait to be stored, and the most bytes of one record: the journal takes a mebibyte.
const EVENTS: usize = 2_000;
const BYTES: usize = 1_000 << 10;

/// Why a command did not become events.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The hash bank says no. Nothing has happened.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It is not known whether it was kept: the shared memory has to be opened anew.
    #[error(
        "the hash bank's events could not be stored ({0}): nothing is taken until the shared memory is opened anew"
    )]
    Stored(Arc<LogError>),
    /// What was told is too long for one record.
    #[error(
        "these hashes take {bytes} bytes as text, and at most {most} are kept in one step: contribute fewer at once"
    )]
    TooLong {
        /// Bytes given.
        bytes: usize,
        /// Bytes taken.
        most: usize,
    },
    /// The shared memory is closing.
    #[error("the shared memory is being closed: ask again when it is open")]
    Closed,
}

/// Commands of one caller, and whom to answer.
pub(crate) struct Told {
    pub commands: Vec<Command>,
    pub answer: oneshot::Sender<Vec<Decided>>,
    /// Whether these are the last that are taken.
    pub last: bool,
}

pub(crate) type Decided = Result<Vec<Event>, CommandError>;

/// Takes commands until nobody can give any more.
pub(crate) fn run(
    shared: &Shared,
    mut log: Log,
    mut queue: mpsc::Receiver<Told>,
    runtime: &Handle,
) -> Log {
    let mut broken: Option<Arc<LogError>> = None;
    while let Some(first) = queue.blocking_recv() {
        let mut batch = Batch::default();
        batch.take(shared, first, broken.as_ref());
        while batch.has_room()
            && let Ok(next) = queue.try_recv()
        {
            batch.take(shared, next, broken.as_ref());
        }
        if batch.last {
            queue.close();
        }
        if broken.is_none()
            && let Err(error) = batch.store(shared, &mut log, runtime)
        {
            tracing::error!(%error, "the hash bank's events could not be stored");
            shared.broken.store(true, Ordering::Relaxed);
            broken = Some(Arc::new(error));
        }
        batch.answer(broken.as_ref());
    }
    log
}

/// What is decided together and stored at once.
#[derive(Default)]
struct Batch {
    records: Vec<Vec<Event>>,
    events: usize,
    bytes: usize,
    now: Option<Instant>,
    /// Whether no more are taken: what was given before is still done.
    last: bool,
    answers: Vec<(oneshot::Sender<Vec<Decided>>, Vec<Decided>)>,
}

impl Batch {
    fn has_room(&self) -> bool {
        self.events < EVENTS && self.bytes < BYTES / 2
    }

    fn take(&mut self, shared: &Shared, told: Told, broken: Option<&Arc<LogError>>) {
        self.last |= told.last;
        let mut state = shared.state_mut();
        let now = *self.now.get_or_insert_with(|| shared.tick());
        let decided = told.commands.into_iter().map(|command| match broken {
            Some(error) => Err(CommandError::Stored(Arc::clone(error))),
            None => self.decide(&mut state, &shared.reaches, command, now),
        });
        let decided = decided.collect();
        self.answers.push((told.answer, decided));
    }

    fn decide(
        &mut self,
        state: &mut State,
        reaches: &Reaches,
        command: Command,
        now: Instant,
    ) -> Decided {
        let events = decide(state, command, now, &canonical)?;
        let bytes = events.iter().map(|event| event.to_json().len()).sum::<usize>();
        if bytes > BYTES {
            return Err(CommandError::TooLong { bytes, most: BYTES });
        }
        for event in &events {
            // What was decided on this very state fits it.
            let fault = |source| LogError::Contradiction { sequence: 0, source };
            evolve(state, now, event)
                .map_err(|error| CommandError::Stored(Arc::new(fault(error))))?;
            if changes_reach(event) {
                reaches.forget();
            }
        }
        self.add(&events, bytes);
        Ok(events)
    }

    /// Puts events into the last record, or into a new one where that is full.
    fn add(&mut self, events: &[Event], bytes: usize) {
        if events.is_empty() {
            return;
        }
        match self.records.last_mut() {
            Some(record) if self.bytes + bytes <= BYTES => record.extend_from_slice(events),
            _ => {
                self.records.push(events.to_vec());
                self.bytes = 0;
            }
        }
        self.bytes += bytes;
        self.events += events.len();
    }

    fn store(&mut self, shared: &Shared, log: &mut Log, runtime: &Handle) -> Result<(), LogError> {
        let Some(now) = self.now else { return Ok(()) };
        let records = std::mem::take(&mut self.records);
        if records.is_empty() {
            return Ok(());
        }
        for events in records {
            runtime.block_on(log.append(now, events))?;
        }
        shared.stored.store(log.last(), Ordering::Relaxed);
        shared.indexes.follow(&shared.state(), now);
        Ok(())
    }

    fn answer(self, broken: Option<&Arc<LogError>>) {
        for (to, decided) in self.answers {
            let decided = decided.into_iter().map(|one| match (one, broken) {
                (Ok(_), Some(error)) => Err(CommandError::Stored(Arc::clone(error))),
                (one, _) => one,
            });
            // Whoever asked may have gone; what was decided is kept all the same.
            let _ = to.send(decided.collect());
        }
    }
}

/// Whether searches may have to go another way from here on.
fn changes_reach(event: &Event) -> bool {
    matches!(
        event,
        Event::RulesAdopted(_)
            | Event::BankCreated(_)
            | Event::BankChanged { .. }
            | Event::BankRemoved { .. }
    )
}

/// What knows the signal types, for the hash bank, which does not.
pub(crate) fn canonical(kind: &SignalType, hash: &str) -> Result<String, Malformed> {
    let known = writ_signals::SignalType::named(kind.as_str());
    let signal = known.and_then(|known| known.parse(hash));
    signal.map(|signal| signal.text().to_owned()).map_err(|error| Malformed(error.to_string()))
}
