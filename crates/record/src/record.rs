//! The record: a log of sealed leaves, so many in each epoch whatever happened, so that neither size nor time tells anything.

use crate::disk::{Disk, DiskError};
use crate::wal::Batch;
use crate::writer::{Admitted, Broken, OpenError, Opened, Places, Refusal, Writer};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::collections::BTreeMap;
use writ_tally::{
    Bases, Body, Content, Counted, Genesis, Leaf, LeafError, Opening, OpeningError, Period,
    ProveError, Published, Reveal, Totals, TotalsError, Width,
};
use writ_tlog::Signer;
use zeroize::Zeroizing;

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
    secret: Secret,
    bases: Bases,
    genesis: Genesis,
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
    fault: Option<RecordError>,
}

/// The secret from which everything that hides the leaves follows.
struct Secret(Zeroizing<[u8; 32]>);

/// What is noted beside each batch, and never published.
#[derive(Serialize, Deserialize)]
#[serde(tag = "batch", rename_all = "kebab-case")]
enum Note {
    Genesis(Genesis),
    Epoch(Filled),
    Public,
}

/// An epoch as it was filled.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Filled {
    epoch: u32,
    /// The index of its first leaf.
    first: u64,
    cursor: u64,
    /// The events in it, with the place of each.
    events: Vec<(u32, Event)>,
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
    /// Writing.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

impl<D: Disk> Record<D> {
    /// Opens a record, or begins it. `secret` hides what its leaves stand for: whoever has it can open them all. Also gives
    /// the published files that were made again.
    ///
    /// # Errors
    /// As [`Writer::open`]; or when it was begun on other terms.
    pub fn open(
        disk: D,
        places: Places,
        key: Signer,
        secret: [u8; 32],
        bases: Bases,
        genesis: Genesis,
    ) -> Result<(Self, Vec<String>), RecordError> {
        let mut kept = Kept::default();
        let each = |batch: &Batch<'_>| kept.note(batch, &genesis);
        let Opened { writer, mut repaired } = Writer::open(disk, places, key, each)?;
        if let Some(fault) = kept.fault.take() {
            return Err(fault);
        }
        let secret = Secret(Zeroizing::new(secret));
        let mut record = Self { writer, secret, bases, genesis, kept };
        if !record.kept.begun {
            record = record.begin()?;
        }
        let epochs: Vec<_> = std::mem::take(&mut record.kept.epochs);
        for filled in &epochs {
            let path = proof_path(filled.epoch);
            if record.writer.read(&path).map_err(OpenError::Disk)?.is_none() {
                let proofs = record.filled(filled)?.1;
                record.writer = record.writer.put(&path, &proofs)?;
                repaired.push(path);
            }
        }
        record.kept.epochs = epochs;
        Ok((record, repaired))
    }

    fn begin(mut self) -> Result<Self, RecordError> {
        let leaf = Leaf { epoch: 0, content: Content::Genesis(self.genesis.clone()) };
        let leaf = leaf.to_bytes().map_err(MakeError::from)?;
        let note = noted(&Note::Genesis(self.genesis.clone()));
        let admitted = self.writer.admit(self.genesis.start, note, vec![leaf])?;
        self.writer = self.writer.append(admitted)?;
        self.kept.begun = true;
        Ok(self)
    }

    /// The terms on which it is kept.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The generators of its commitments.
    pub fn bases(&self) -> &Bases {
        &self.bases
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

    /// The next epoch to be closed, and when it ends, in seconds since 1970.
    pub fn next_epoch(&self) -> (u32, u64) {
        (self.kept.epoch, self.end_of(self.kept.epoch))
    }

    /// When an epoch ends, in seconds since 1970.
    pub fn end_of(&self, epoch: u32) -> u64 {
        let length = u64::from(self.genesis.epoch_seconds);
        self.genesis.start.saturating_add((u64::from(epoch) + 1).saturating_mul(length))
    }

    /// How many of the events that wait an epoch takes.
    pub fn capacity(&self) -> usize {
        self.genesis.leaves_per_epoch as usize
    }

    /// By when an event is in the record that `ahead` others wait before, counted from `at`: the end of the epoch that takes
    /// it, and one epoch for witnesses.
    ///
    /// # Errors
    /// [`MakeError::Backlog`] where too many wait to promise anything.
    pub fn deadline(&self, at: u64, ahead: usize) -> Result<u64, MakeError> {
        let further = u32::try_from(ahead / self.capacity().max(1)).unwrap_or(u32::MAX);
        if further >= BACKLOG {
            return Err(MakeError::Backlog { waiting: ahead });
        }
        let running =
            at.saturating_sub(self.genesis.start) / u64::from(self.genesis.epoch_seconds.max(1));
        let running = u32::try_from(running).unwrap_or(u32::MAX).max(self.kept.epoch);
        Ok(self.end_of(running.saturating_add(further).saturating_add(1)))
    }

    /// The body of the leaf that an event gets: the same whenever it is asked.
    ///
    /// # Errors
    /// When the event does not fit the schema.
    pub fn body(&self, event: &Event) -> Result<Body, MakeError> {
        Ok(Body::seal(&self.bases, &self.opening(event)?)?)
    }

    /// What opens the leaf of an event.
    ///
    /// # Errors
    /// When the event does not fit the schema.
    pub fn opening(&self, event: &Event) -> Result<Opening, MakeError> {
        let name = format!("{}\0{}", event.stream, event.sequence);
        let secret = self.secret.derive("leaf", name.as_bytes());
        Ok(Opening::new(self.bases.schema(), &event.text, &event.rows, &secret)?)
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

    /// Fills the next epoch with the events that wait, at most [`capacity`](Self::capacity), and decoys. `cursor` is up to
    /// where the journal is in the record with them.
    ///
    /// # Errors
    /// When an event does not fit, or the log refuses. Nothing has changed then.
    pub fn fill(&self, now: u64, events: &[Event], cursor: u64) -> Result<Closing, MakeError> {
        let epoch = self.kept.epoch;
        let events = events.iter().take(self.capacity()).cloned();
        let filled = Filled {
            epoch,
            first: self.writer.size(),
            cursor,
            events: self.shuffled(epoch).into_iter().zip(events).collect(),
        };
        let (entries, proofs) = self.filled(&filled)?;
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

    /// Appends a public leaf.
    ///
    /// # Errors
    /// When the log refuses or breaks; then it has to be opened again.
    pub fn publish_leaf(mut self, now: u64, content: Content) -> Result<Self, RecordError> {
        let leaf = Leaf { epoch: self.kept.epoch.saturating_sub(1), content };
        let bytes = leaf.to_bytes().map_err(MakeError::from)?;
        let admitted = self.writer.admit(now, noted(&Note::Public), vec![bytes])?;
        self.writer = self.writer.append(admitted)?;
        Ok(self)
    }

    /// What opens an earlier leaf to everybody, once its gag is over.
    ///
    /// # Errors
    /// When the event is not in the record.
    pub fn reveal(&self, stream: &str, sequence: u64) -> Result<Content, MakeError> {
        let missing = || MakeError::NotThere { stream: stream.to_owned(), sequence };
        let index = self.place(stream, sequence).ok_or_else(missing)?;
        let (_, event) = self.event_at(index).ok_or_else(missing)?;
        Ok(Content::Reveal(Reveal { index, opening: self.opening(event)? }))
    }

    /// What the leaves of these epochs, `from` to before `until`, count; and their indices.
    ///
    /// # Errors
    /// When a leaf can no longer be made.
    pub fn counted(&self, from: u32, until: u32) -> Result<(Counted, Period), MakeError> {
        let mut counted = Counted::new(self.bases.schema());
        let of = |filled: &&Filled| (from..until).contains(&filled.epoch);
        let mut period: Option<Period> = None;
        for filled in self.kept.epochs.iter().filter(of) {
            let to = filled.first + u64::from(self.genesis.leaves_per_epoch);
            period = Some(Period { from: period.map_or(filled.first, |period| period.from), to });
            for opening in self.openings(filled)? {
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
        let (counted, period) = self.counted(from, until)?;
        let seed = self.secret.derive("totals", format!("{from}\0{until}").as_bytes());
        let origin = &self.genesis.origin;
        let totals = Totals::prove(&self.bases, origin, period, width, &counted, &seed)?;
        let published = Published { digest: totals.digest(), from: period.from, to: period.to };
        Ok((totals, Content::Published(published)))
    }

    /// The leaves of an epoch, and their proofs one after another.
    fn filled(&self, filled: &Filled) -> Result<(Vec<Vec<u8>>, Vec<u8>), MakeError> {
        let (mut entries, mut proofs) = (Vec::new(), Vec::new());
        for (place, opening) in (0_u32..).zip(self.openings(filled)?) {
            let body = Body::seal(&self.bases, &opening)?;
            let seed = self.secret.derive("proof", format!("{}\0{place}", filled.epoch).as_bytes());
            proofs.extend(self.bases.prove(&self.genesis.origin, &body, &opening, &seed)?);
            let leaf = Leaf { epoch: filled.epoch, content: Content::Sealed(body) };
            entries.push(leaf.to_bytes()?);
        }
        Ok((entries, proofs))
    }

    /// What opens each leaf of an epoch, decoys too, in order.
    fn openings(&self, filled: &Filled) -> Result<Vec<Opening>, MakeError> {
        let decoy = |place: u32| {
            let secret =
                self.secret.derive("decoy", format!("{}\0{place}", filled.epoch).as_bytes());
            Opening::decoy(self.bases.schema(), &secret)
        };
        let events: BTreeMap<_, _> = filled.events.iter().map(|(at, event)| (*at, event)).collect();
        (0..self.genesis.leaves_per_epoch)
            .map(|place| {
                events.get(&place).map_or_else(|| Ok(decoy(place)), |event| self.opening(event))
            })
            .collect()
    }

    /// The places of an epoch in an order that only the secret tells.
    fn shuffled(&self, epoch: u32) -> Vec<u32> {
        let mut places: Vec<u32> = (0..self.genesis.leaves_per_epoch).collect();
        places.sort_by_cached_key(|place| {
            *self.secret.derive("place", format!("{epoch}\0{place}").as_bytes())
        });
        places
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
            Ok(Note::Public) => {}
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

impl Secret {
    fn derive(&self, what: &str, of: &[u8]) -> Zeroizing<[u8; 32]> {
        // HMAC takes keys of any length.
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&*self.0).expect("a key of 32 bytes");
        mac.update(b"writ-record/1\0");
        mac.update(what.as_bytes());
        mac.update(&[0]);
        mac.update(of);
        Zeroizing::new(mac.finalize().into_bytes().into())
    }
}

/// Where the proofs of an epoch's leaves are published: one after another, all of one length.
pub fn proof_path(epoch: u32) -> String {
    format!("proof/{:03}/{:03}/{:03}", epoch / 1_000_000, epoch / 1000 % 1000, epoch % 1000)
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
