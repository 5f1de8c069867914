//! Cases in the journal, and their documents in the vault.

use crate::clock::{entropy, random};
use crate::{Desk, DeskError};
use writ_docket::{Case, Command, Event, decide, duty, evolve, replay};
use writ_journal::{
    AppendError, Appended, CommandId, Due, ExpectedSequence, Journal, NewEvent, ObjectRef,
    RecordedEvent, StreamId,
};
use writ_vocabulary::{CaseId, Digest, Instant};

/// The version in which events are written.
const VERSION: u16 = 1;
/// How often a command is decided again when others change the case meanwhile.
const ATTEMPTS: usize = 16;

/// A case with its history.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The case.
    pub case: Case,
    /// The last event's sequence.
    pub last: u64,
    /// Its events.
    pub events: Vec<(Instant, Event)>,
}

impl Desk {
    /// The case with its history.
    ///
    /// # Errors
    /// [`DeskError::NoCase`], or what the journal says.
    pub async fn case(&self, id: &CaseId) -> Result<Recorded, DeskError> {
        self.case_if_any(id).await?.ok_or_else(|| DeskError::NoCase(id.clone()))
    }

    /// The case with its history, if there is one.
    pub(crate) async fn case_if_any(&self, id: &CaseId) -> Result<Option<Recorded>, DeskError> {
        let recorded = self.journal.history(&stream(id), 0).await?;
        let events = decoded(id, &recorded)?;
        let case = replay(id, events.iter().map(|(at, event)| (*at, event)))
            .map_err(|source| DeskError::Contradiction { case: id.clone(), source })?;
        let last = recorded.last().map_or(0, |event| event.sequence);
        Ok(case.map(|case| Recorded { case, last, events }))
    }

    /// The ids of all cases.
    ///
    /// # Errors
    /// What the journal says.
    pub async fn cases(&self) -> Result<Vec<CaseId>, DeskError> {
        let mut ids = Vec::new();
        let mut after: Option<StreamId> = None;
        loop {
            let page = self.journal.streams(after.as_ref(), writ_journal::PAGE).await?;
            let Some(last) = page.last() else { return Ok(ids) };
            after = Some(last.stream.clone());
            ids.extend(page.iter().filter_map(|end| end.stream.as_str().parse::<CaseId>().ok()));
        }
    }

    /// Gives a command to a case: decides it, and appends what happens. With `command_id` a command that was given
    /// before is not applied again.
    ///
    /// # Errors
    /// [`DeskError::Refused`] when the case says no; nothing has happened then.
    pub async fn command(
        &self,
        id: &CaseId,
        command: Command,
        command_id: Option<&str>,
    ) -> Result<Recorded, DeskError> {
        for _ in 0..ATTEMPTS {
            let before = self.case_if_any(id).await?;
            match self.step(id, before, command.clone(), command_id).await {
                Err(DeskError::Append(AppendError::Conflict { .. })) => {}
                other => return other,
            }
        }
        Err(DeskError::Contended(id.clone()))
    }

    /// As [`command`](Self::command), on a case that was just read: it is read again only where it has changed since.
    pub(crate) async fn command_on(
        &self,
        recorded: &Recorded,
        command: Command,
        command_id: &str,
    ) -> Result<Recorded, DeskError> {
        let id = &recorded.case.id;
        match self.step(id, Some(recorded.clone()), command.clone(), Some(command_id)).await {
            Err(DeskError::Append(AppendError::Conflict { .. })) => {
                self.command(id, command, Some(command_id)).await
            }
            other => other,
        }
    }

    /// Decides on the case as read, and appends. A conflict is the caller's to resolve.
    async fn step(
        &self,
        id: &CaseId,
        before: Option<Recorded>,
        command: Command,
        command_id: Option<&str>,
    ) -> Result<Recorded, DeskError> {
        let now = self.clock.now();
        let last = before.as_ref().map_or(0, |before| before.last);
        let decided = decide(command, before.as_ref().map(|before| &before.case), now)?;
        let (mut case, mut events) =
            before.map_or((None, Vec::new()), |before| (Some(before.case), before.events));
        for event in &decided {
            case = Some(
                evolve(id, case, now, event)
                    .map_err(|source| DeskError::Contradiction { case: id.clone(), source })?,
            );
        }
        let case = case.ok_or_else(|| DeskError::NoCase(id.clone()))?;
        let expected =
            if last == 0 { ExpectedSequence::NotYet } else { ExpectedSequence::After(last) };
        let command_id = match command_id {
            Some(given) => name::<CommandId>(given, id)?,
            None => name::<CommandId>(&hex::encode(random::<16>()?), id)?,
        };
        let new: Vec<_> = decided.iter().map(|event| stored(event, now)).collect();
        let dues = dues(&case, now);
        match self.journal.append(&stream(id), expected, &command_id, &new, Some(&dues)).await? {
            Appended::Now(span) => {
                events.extend(decided.into_iter().map(|event| (now, event)));
                Ok(Recorded { case, last: span.last, events })
            }
            Appended::Before(_) => self.case(id).await,
        }
    }

    /// Puts a document of a case into the vault under a new name, and gives the digest that events bear.
    pub(crate) async fn keep(
        &self,
        id: &CaseId,
        kind: &str,
        bytes: &[u8],
    ) -> Result<Digest, DeskError> {
        let object = format!("{kind}/{}", hex::encode(random::<8>()?));
        let object = name(&object, id)?;
        Ok(self.vault.put(&stream(id), &object, bytes, &entropy).await?.digest)
    }

    /// Puts a paper that people brought into a case's vault: an order, a confirmation, a reason.
    ///
    /// # Errors
    /// When there is no such case, or the store fails.
    pub async fn keep_document(&self, id: &CaseId, bytes: &[u8]) -> Result<Digest, DeskError> {
        self.case(id).await?;
        self.keep(id, "paper", bytes).await
    }

    /// The document of a case that bears this digest.
    ///
    /// # Errors
    /// When it is not there, was altered, or the case was erased.
    pub async fn document(
        &self,
        id: &CaseId,
        kind: &str,
        digest: Digest,
    ) -> Result<Vec<u8>, DeskError> {
        let names = self.vault.names(&stream(id)).await?;
        let mut failure = None;
        for name in names.into_iter().filter(|name| name.as_str().starts_with(&format!("{kind}/")))
        {
            match self.vault.get(&stream(id), &ObjectRef { name, digest }).await {
                Ok(bytes) => return Ok(bytes),
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.map_or(
            DeskError::Incomplete {
                case: id.clone(),
                what: "a document of this case is not in the vault",
            },
            DeskError::from,
        ))
    }

    /// Erases the documents and identifiers of a case for good, in the vault and in the outbox. Its events stay, and
    /// it still replays.
    ///
    /// # Errors
    /// When the key could not be erased, or files were left; then do it again.
    pub async fn erase(&self, id: &CaseId) -> Result<(), DeskError> {
        self.vault.erase(&stream(id)).await?;
        let outbox = self.home.join("outbox");
        for folder in entries(&outbox)? {
            for entry in entries(&folder)? {
                let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if name == id.as_str() {
                    std::fs::remove_dir_all(&entry).map_err(DeskError::file(&entry))?;
                } else if name.starts_with(&format!("{id}.")) {
                    std::fs::remove_file(&entry).map_err(DeskError::file(&entry))?;
                }
            }
        }
        Ok(())
    }
}

/// What stands in a folder; nothing where there is none.
fn entries(folder: &std::path::Path) -> Result<Vec<std::path::PathBuf>, DeskError> {
    match std::fs::read_dir(folder) {
        Ok(entries) => Ok(entries.flatten().map(|entry| entry.path()).collect()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => Ok(Vec::new()),
        Err(error) => Err(DeskError::file(folder)(error)),
    }
}

/// The stream of a case has the case's id.
pub(crate) fn stream(id: &CaseId) -> StreamId {
    // A case id is eleven letters, digits and hyphens: always a stream's name.
    #[expect(clippy::expect_used, reason = "every case id is a well-formed stream id")]
    StreamId::try_from(id.to_string()).expect("a case id is a stream id")
}

fn name<T: TryFrom<String>>(text: &str, id: &CaseId) -> Result<T, DeskError> {
    T::try_from(text.to_owned()).map_err(|_| DeskError::Incomplete {
        case: id.clone(),
        what: "a name is not one that the store takes",
    })
}

fn stored(event: &Event, at: Instant) -> NewEvent {
    NewEvent {
        kind: event.kind().to_owned(),
        version: VERSION,
        // Plain data always has a JSON value.
        data: serde_json::to_value(event).unwrap_or_default(),
        at,
    }
}

fn decoded(id: &CaseId, recorded: &[RecordedEvent]) -> Result<Vec<(Instant, Event)>, DeskError> {
    recorded
        .iter()
        .map(|stored| {
            let unreadable = |what: String| DeskError::Unreadable {
                case: id.clone(),
                sequence: stored.sequence,
                what,
            };
            if stored.version != VERSION {
                return Err(unreadable(format!("version {}", stored.version)));
            }
            let event = serde_json::from_value(stored.data.clone())
                .map_err(|error| unreadable(error.to_string()))?;
            Ok((stored.at, event))
        })
        .collect()
}

/// What the desk itself will have to do, for finding the case again when the time comes.
pub(crate) fn dues(case: &Case, now: Instant) -> Vec<Due> {
    duty(case, now)
        .into_iter()
        .filter(|owed| owed.duty.is_machines())
        .map(|owed| Due { at: owed.from, what: owed.duty.as_str().to_owned() })
        .collect()
}
