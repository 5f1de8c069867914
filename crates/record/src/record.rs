//! The record: a log of sealed leaves, so many in each epoch whatever happened, so that neither size nor time tells anything.

use crate::disk::{Disk, DiskError};
use crate::sealer::Sealer;
use crate::wal::Batch;
use crate::writer::{Admitted, Broken, OpenError, Opened, Places, Refusal, Writer};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use writ_audit::{proof_path, totals_path};
use writ_tally::{
    Content, Counted, Genesis, Leaf, LeafError, OpeningError, Period, ProveError, Published,
    Reveal, Totals, TotalsError, Width,
};
use writ_tlog::Signer;

/// How many epochs may wait to be filled before nothing more is promised.
pub const BACKLOG: u32 = 7;

/// Something that happened, as the record commits to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Whose it is: the journal's stream.
    pub stream: String,
    /// Which of its events: a leaf is made once for each.
    pub sequence: u64,
    /// What happened: canonical JSON, without any identifier of a person.
    pub text: String,
    /// The row of each table in which it counts, in the schema's order.
    pub rows: Vec<u8>,
}

/// A record that may be written.
pub struct Record<D> {
    writer: Writer<D>,
    sealer: Arc<Sealer>,
    kept: Kept,
}

/// What was learned from the notes in the write-ahead file.
#[derive(Default)]
struct Kept {
    begun: bool,
    /// The next epoch to be closed.
    epoch: u32,
    /// Up to where the journal is in the record.
    cursor: u64,
    epochs: Vec<Filled>,
    places: BTreeMap<(String, u64), u64>,
    revealed: BTreeSet<(String, u64)>,
    totals: Vec<(u32, u32)>,
    fault: Option<RecordError>,
}

/// What is noted beside each batch, and never published.
#[derive(Serialize, Deserialize)]
#[serde(tag = "batch", rename_all = "kebab-case")]
enum Note {
    Genesis(Genesis),
    Epoch(Filled),
    /// The leaf of this event was revealed.
    Reveal {
        stream: String,
        sequence: u64,
    },
    /// The totals of the epochs from one to before another were published.
    Totals {
        from: u32,
        until: u32,
    },
}

/// An epoch as it was filled.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Filled {
    pub(crate) epoch: u32,
    /// The index of its first leaf.
    first: u64,
    cursor: u64,
    /// The events in it, with the place of each.
    pub(crate) events: Vec<(u32, Event)>,
}

/// An epoch about to be closed.
pub struct Closing {
    admitted: Admitted,
    filled: Filled,
    proofs: Vec<u8>,
}

/// Why a record cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Its log cannot be.
    #[error(transparent)]
    Log(#[from] OpenError),
    /// It was begun with other terms.
    #[error(
        "the record was begun with {begun}, and the settings say {set}: a record keeps its terms for its life; set them back, or begin another record under another origin"
    )]
    OtherTerms {
        /// The terms it was begun with.
        begun: String,
        /// Those in the settings.
        set: String,
    },
    /// A note in the write-ahead file cannot be read.
    #[error(
        "the write-ahead file has a note that this program cannot read: {0}; was it written by a newer one?"
    )]
    Note(String),
    /// The log took nothing.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The log broke.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// A leaf could not be made.
    #[error(transparent)]
    Leaf(#[from] MakeError),
}

/// Why a leaf could not be made.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// Its event or rows do not fit the schema.
    #[error(transparent)]
    Opening(#[from] OpeningError),
    /// Its proof.
    #[error(transparent)]
    Prove(#[from] ProveError),
    /// Its bytes.
    #[error(transparent)]
    Leaf(#[from] LeafError),
    /// Body and generators are of different schemas.
    #[error(transparent)]
    Schema(#[from] writ_tally::OtherSchema),
    /// The totals.
    #[error(transparent)]
    Totals(#[from] TotalsError),
    /// The log does not take it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No such leaf.
    #[error("event {sequence} of `{stream}` is not in the record")]
    NotThere {
        /// The stream.
        stream: String,
        /// The event.
        sequence: u64,
    },
    /// So much is waiting that no time can be promised.
    #[error(
        "{waiting} events wait for the record, more than {BACKLOG} epochs take: nothing is promised until fewer do; raise `leaves_per_epoch` in a new record"
    )]
    Backlog {
        /// How many wait.
        waiting: usize,
    },
    /// Totals of these epochs, or of some of them, were published before.
    #[error(
        "the epochs {from} to before {until} share some with {one} to before {other}, whose totals are published: subtracting the two would open what lies between; choose a period that begins at {other}"
    )]
    Overlap {
        /// The first epoch asked for.
        from: u32,
        /// The epoch after the last.
        until: u32,
        /// The first of the published.
        one: u32,
        /// The one after its last.
        other: u32,
    },
    /// The period is empty, or not over.
    #[error(
        "the epochs {from} to before {until} cannot be summed: epochs 0 to before {closed} are closed"
    )]
    NotClosed {
        /// The first epoch asked for.
        from: u32,
        /// The epoch after the last.
        until: u32,
        /// The next epoch to be closed.
        closed: u32,
    },
    /// Writing.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

impl<D: Disk> Record<D> {
    /// Opens a record, or begins it. Also gives the published files that were made again.
    ///
    /// # Errors
    /// As [`Writer::open`]; or when it was begun on other terms.
    pub fn open(
        disk: D,
        places: Places,
        key: Signer,
        sealer: Arc<Sealer>,
    ) -> Result<(Self, Vec<String>), RecordError> {
        let mut kept = Kept::default();
        let each = |batch: &Batch<'_>| kept.note(batch, sealer.genesis());
        let Opened { writer, mut repaired } = Writer::open(disk, places, key, each)?;
        if let Some(fault) = kept.fault.take() {
            return Err(fault);
        }
        let mut record = Self { writer, sealer, kept };
        if !record.kept.begun {
            record = record.begin()?;
        }
        let epochs: Vec<_> = std::mem::take(&mut record.kept.epochs);
        for filled in &epochs {
            let path = proof_path(filled.epoch);
            if record.writer.read(&path).map_err(OpenError::Disk)?.is_none() {
                let proofs = record.sealer.filled(filled)?.1;
                record.writer = record.writer.put(&path, &proofs)?;
                repaired.push(path);
            }
        }
        record.kept.epochs = epochs;
        Ok((record, repaired))
    }

    fn begin(mut self) -> Result<Self, RecordError> {
        let genesis = self.sealer.genesis().clone();
        let leaf = Leaf { epoch: 0, content: Content::Genesis(genesis.clone()) };
        let leaf = leaf.to_bytes().map_err(MakeError::from)?;
        let start = genesis.start;
        let admitted = self.writer.admit(start, noted(&Note::Genesis(genesis)), vec![leaf])?;
        self.writer = self.writer.append(admitted)?;
        self.kept.begun = true;
        Ok(self)
    }

    /// What seals its leaves.
    pub fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    /// The log it is written to.
    pub fn writer(&self) -> &Writer<D> {
        &self.writer
    }

    /// Does a step of the log: signing, publishing.
    ///
    /// # Errors
    /// What the step says; the record is gone then, and has to be opened again.
    pub fn with(
        mut self,
        step: impl FnOnce(Writer<D>) -> Result<Writer<D>, Broken>,
    ) -> Result<Self, Broken> {
        self.writer = step(self.writer)?;
        Ok(self)
    }

    /// Up to where the journal is in the record.
    pub fn cursor(&self) -> u64 {
        self.kept.cursor
    }

    /// The next epoch to be closed.
    pub fn next_epoch(&self) -> u32 {
        self.kept.epoch
    }

    /// Where an event stands in the record.
    pub fn place(&self, stream: &str, sequence: u64) -> Option<u64> {
        self.kept.places.get(&(stream.to_owned(), sequence)).copied()
    }

    /// The event at a place, with the epoch it was logged in; nothing for a decoy or a public leaf.
    pub fn event_at(&self, index: u64) -> Option<(u32, &Event)> {
        let at = self.kept.epochs.partition_point(|filled| filled.first <= index).checked_sub(1)?;
        let filled = self.kept.epochs.get(at)?;
        let place = u32::try_from(index.checked_sub(filled.first)?).ok()?;
        let found = filled.events.iter().find(|(at, _)| *at == place);
        found.map(|(_, event)| (filled.epoch, event))
    }

    /// Fills the next epoch with the events that wait, at most [`Sealer::capacity`], and decoys. `cursor` is up to
    /// where the journal is in the record with them.
    ///
    /// # Errors
    /// When an event does not fit, or the log refuses. Nothing has changed then.
    pub fn fill(&self, now: u64, events: &[Event], cursor: u64) -> Result<Closing, MakeError> {
        let epoch = self.kept.epoch;
        let events = events.iter().take(self.sealer.capacity()).cloned();
        let filled = Filled {
            epoch,
            first: self.writer.size(),
            cursor,
            events: self.sealer.shuffled(epoch).into_iter().zip(events).collect(),
        };
        let (entries, proofs) = self.sealer.filled(&filled)?;
        let admitted = self.writer.admit(now, noted(&Note::Epoch(filled.clone())), entries)?;
        Ok(Closing { admitted, filled, proofs })
    }

    /// Appends a filled epoch, with its proofs beside it.
    ///
    /// # Errors
    /// [`Broken`]; opening the record again finds out whether it is in.
    pub fn close(mut self, closing: Closing) -> Result<Self, Broken> {
        self.writer = self.writer.append(closing.admitted)?;
        self.writer = self.writer.put(&proof_path(closing.filled.epoch), &closing.proofs)?;
        self.kept.fill(closing.filled);
        Ok(self)
    }

    /// Every event in the record, with its epoch and index, epoch by epoch.
    pub fn events(&self) -> impl Iterator<Item = (u32, u64, &Event)> {
        self.kept.epochs.iter().flat_map(|filled| {
            let at = |place: u32| filled.first + u64::from(place);
            filled.events.iter().map(move |(place, event)| (filled.epoch, at(*place), event))
        })
    }

    /// Whether the leaf of an event was revealed.
    pub fn is_revealed(&self, stream: &str, sequence: u64) -> bool {
        self.kept.revealed.contains(&(stream.to_owned(), sequence))
    }

    /// Opens an earlier leaf to everybody, by a public leaf: once its gag is over.
    ///
    /// # Errors
    /// When the event is not in the record, or the log refuses or breaks; then it has to be opened again.
    pub fn reveal(self, now: u64, stream: &str, sequence: u64) -> Result<Self, RecordError> {
        let missing = || MakeError::NotThere { stream: stream.to_owned(), sequence };
        let index = self.place(stream, sequence).ok_or_else(missing)?;
        let (_, event) = self.event_at(index).ok_or_else(missing)?;
        let reveal = Content::Reveal(Reveal { index, opening: self.sealer.opening(event)? });
        self.publicly(now, reveal, Note::Reveal { stream: stream.to_owned(), sequence })
    }

    /// Publishes the totals of the epochs `from` to before `until`, with bands of this width: a file, and a public leaf that
    /// has its digest. Periods never overlap: the difference of two totals would tell what lies between them.
    ///
    /// # Errors
    /// When the period is not closed or overlaps another, or the log refuses or breaks; then it has to be opened again.
    pub fn publish_totals(
        mut self,
        now: u64,
        from: u32,
        until: u32,
        width: Width,
    ) -> Result<(Self, Totals), RecordError> {
        let (totals, published) = self.totals(from, until, width)?;
        self.writer = self.writer.put(&totals_path(totals.period()), &totals.to_json())?;
        let record = self.publicly(now, published, Note::Totals { from, until })?;
        Ok((record, totals))
    }

    fn publicly(mut self, now: u64, content: Content, note: Note) -> Result<Self, RecordError> {
        let leaf = Leaf { epoch: self.kept.epoch.saturating_sub(1), content };
        let bytes = leaf.to_bytes().map_err(MakeError::from)?;
        let admitted = self.writer.admit(now, noted(&note), vec![bytes])?;
        self.writer = self.writer.append(admitted)?;
        self.kept.public(note);
        Ok(self)
    }

    /// What the leaves of these epochs, `from` to before `until`, count; and their indices.
    ///
    /// # Errors
    /// When a leaf can no longer be made.
    pub fn counted(&self, from: u32, until: u32) -> Result<(Counted, Period), MakeError> {
        let mut counted = Counted::new(self.sealer.bases.schema());
        let of = |filled: &&Filled| (from..until).contains(&filled.epoch);
        let mut period: Option<Period> = None;
        for filled in self.kept.epochs.iter().filter(of) {
            let to = filled.first + u64::from(self.sealer.genesis.leaves_per_epoch);
            period = Some(Period { from: period.map_or(filled.first, |period| period.from), to });
            for opening in self.sealer.openings(filled)? {
                counted.add(&opening)?;
            }
        }
        Ok((counted, period.unwrap_or(Period { from: 0, to: 0 })))
    }

    /// The totals of these epochs, proven, and the public leaf that says so.
    ///
    /// # Errors
    /// When the epochs are not all closed, or have no leaf.
    pub fn totals(
        &self,
        from: u32,
        until: u32,
        width: Width,
    ) -> Result<(Totals, Content), MakeError> {
        let overlapping =
            self.kept.totals.iter().find(|(one, other)| from < *other && *one < until);
        if let Some((one, other)) = overlapping.copied() {
            return Err(MakeError::Overlap { from, until, one, other });
        }
        if from >= until || until > self.kept.epoch {
            return Err(MakeError::NotClosed { from, until, closed: self.kept.epoch });
        }
        let (counted, period) = self.counted(from, until)?;
        let sealer = &self.sealer;
        let seed = sealer.derive("totals", format!("{from}\0{until}").as_bytes());
        let origin = &sealer.genesis.origin;
        let totals = Totals::prove(&sealer.bases, origin, period, width, &counted, &seed)?;
        let published = Published { digest: totals.digest(), from: period.from, to: period.to };
        Ok((totals, Content::Published(published)))
    }
}

impl Kept {
    fn note(&mut self, batch: &Batch<'_>, genesis: &Genesis) {
        match serde_json::from_slice(batch.note) {
            Err(error) => self.fault = Some(RecordError::Note(error.to_string())),
            Ok(Note::Genesis(begun)) if begun != *genesis => {
                let (begun, set) = (terms(&begun), terms(genesis));
                self.fault = Some(RecordError::OtherTerms { begun, set });
            }
            Ok(Note::Genesis(_)) => self.begun = true,
            Ok(Note::Epoch(filled)) => self.fill(filled),
            Ok(public) => self.public(public),
        }
    }

    fn public(&mut self, note: Note) {
        match note {
            Note::Reveal { stream, sequence } => {
                self.revealed.insert((stream, sequence));
            }
            Note::Totals { from, until } => self.totals.push((from, until)),
            Note::Genesis(_) | Note::Epoch(_) => {}
        }
    }

    fn fill(&mut self, filled: Filled) {
        self.epoch = filled.epoch + 1;
        self.cursor = filled.cursor;
        for (place, event) in &filled.events {
            let index = filled.first + u64::from(*place);
            self.places.insert((event.stream.clone(), event.sequence), index);
        }
        self.epochs.push(filled);
    }
}

fn terms(genesis: &Genesis) -> String {
    format!(
        "{} leaves every {} s from {} on under schema {}",
        genesis.leaves_per_epoch, genesis.epoch_seconds, genesis.start, genesis.schema
    )
}

fn noted(note: &Note) -> Vec<u8> {
    // Plain data always has a JSON form.
    serde_json::to_vec(note).unwrap_or_default()
}
