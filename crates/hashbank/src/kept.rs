//! What the state keeps: plain columns of small rows, ready to be stored and read back as they are.
//!
//! Ten million entries have to fit into little more than a gigabyte, so rows hold numbers, not text: members, banks,
//! types and labels are places in short lists, times are seconds since 1970 (0: none), and a chain of opinions or
//! sightings is the place, plus one, of its latest row, each of which names the one before it.

use crate::{
    Bank, Checkpoint, Content, Damaged, IncidentId, Label, Member, ReaderId, Rules, SignalType,
    Taxonomy,
};
use bytemuck::{Pod, Zeroable};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use writ_vocabulary::Instant;

// The columns are stored as they lie in memory, so that a start need not decode ten million rows.
#[cfg(target_endian = "big")]
compile_error!("columns are stored as little-endian numbers");

/// How many long columns there are.
pub const COLUMNS: usize = 8;

/// Everything that a [`crate::State`] keeps. Serde stores all but the long columns; those are bytes, to be stored as they
/// are ([`Kept::columns`]) and read back into a value that serde made ([`Kept::make_room`], [`Kept::columns_mut`]). Then
/// give it to [`crate::State::restore`]. Fields and columns may change between versions; a field inside tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    pub(crate) form: u32,
    #[serde(with = "json")]
    pub(crate) rules: Option<Rules>,
    #[serde(with = "json")]
    pub(crate) taxonomy: Option<Taxonomy>,
    pub(crate) members: Vec<Member>,
    pub(crate) banks: Vec<BankRow>,
    pub(crate) incidents: Vec<IncidentRow>,
    pub(crate) readers: BTreeMap<ReaderId, ReaderRow>,
    pub(crate) kinds: Vec<SignalType>,
    pub(crate) labels: Vec<Label>,
    pub(crate) label_sets: Vec<Vec<u16>>,
    #[serde(skip)]
    pub(crate) rows: Vec<Row>,
    #[serde(skip)]
    pub(crate) signals: Vec<SignalRow>,
    #[serde(skip)]
    pub(crate) opinions: Vec<OpinionRow>,
    #[serde(skip)]
    pub(crate) sightings: Vec<SightingRow>,
    #[serde(skip)]
    pub(crate) texts: Texts,
    #[serde(with = "json_each")]
    pub(crate) contents: BTreeMap<u32, Content>,
    /// (entry, member): until when it does not match for that member.
    pub(crate) disabled: BTreeMap<(u32, u16), u32>,
    /// Every change in order; one whose entry changed again later is void.
    #[serde(skip)]
    pub(crate) changes: Vec<Change>,
    /// The number of the last change.
    pub(crate) head: u64,
    /// Who has not read up to here, and began before the cut, may have missed something.
    pub(crate) floor: u64,
    pub(crate) cut: u64,
    pub(crate) next_entry: u32,
    pub(crate) next_sighting: u32,
    /// Entries that may be gone, so that dropping notices need not look at all.
    #[serde(skip)]
    pub(crate) graves: Vec<u32>,
    /// How many rows are flagged [`DROPPED`] and wait to be cleared away.
    pub(crate) dropped: u32,
}

/// The version of the columns.
pub(crate) const FORM: u32 = 2;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct BankRow {
    #[serde(with = "json")]
    pub bank: Bank,
    pub removed: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct IncidentRow {
    pub id: IncidentId,
    pub labels: Vec<Label>,
    pub fast: bool,
    pub opened: u32,
    pub open: bool,
    /// Its entries, by number, in order.
    pub entries: Vec<u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ReaderRow {
    pub member: u16,
    pub checkpoint: Checkpoint,
}

/// An entry. 48 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Row {
    pub id: u32,
    pub bank: u16,
    /// The place of its incident, plus one.
    pub incident: u16,
    pub flags: u8,
    /// How many signals, in a row from `first_signal`.
    pub signals: u8,
    pub pad: [u8; 2],
    pub first_signal: u32,
    pub opinions: u32,
    pub sightings: u32,
    pub changed: u64,
    pub changed_at: u32,
    pub created: u32,
    pub expires: u32,
    pub review_by: u32,
}

pub(crate) const NEAR_BENIGN: u8 = 1;
pub(crate) const FLOODED: u8 = 2;
pub(crate) const RELEASED: u8 = 4;
pub(crate) const EXPIRED: u8 = 8;
pub(crate) const GRAVE: u8 = 16;
pub(crate) const DROPPED: u8 = 32;

/// A signal. 40 bytes: digests and codes of 16 or 32 bytes lie in it, other text among the texts.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct SignalRow {
    pub kind: u16,
    /// What `bytes` are: [`HEX32`], [`HEX16`] or [`TEXT`].
    pub form: u8,
    /// 255: not known.
    pub quality: u8,
    /// The place of its entry's row.
    pub row: u32,
    pub bytes: [u8; 32],
}

/// The hash itself, 32 bytes of it or 16.
pub(crate) const HEX32: u8 = 0;
pub(crate) const HEX16: u8 = 1;
/// The place of its text, four bytes.
pub(crate) const TEXT: u8 = 2;

/// What one member says of one entry. 28 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Default, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct OpinionRow {
    pub member: u16,
    /// A bit for each signal that it contributed.
    pub mask: u16,
    /// 0: none; otherwise the place in [`VERDICTS`], plus one.
    pub verdict: u8,
    pub pad: [u8; 3],
    pub labels: u32,
    pub note: u32,
    pub reason: u32,
    pub at: u32,
    pub next: u32,
}

use crate::Verdict;
pub(crate) const VERDICTS: [Verdict; 4] =
    [Verdict::Confirm, Verdict::Dispute, Verdict::NotTerrorist, Verdict::Seen];

/// A sighting. 28 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct SightingRow {
    pub id: u32,
    pub member: u16,
    pub platform: u16,
    pub form: u16,
    pub kind: u16,
    pub distance: u32,
    pub seen: u32,
    /// The place of its own hash among the texts, plus one.
    pub text: u32,
    pub next: u32,
}

/// One line of the feed: the change's number, in two halves to save four bytes, and the entry.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(transparent)]
pub(crate) struct Change([u32; 3]);

/// Texts, one after the other, and where each ends.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Texts {
    bytes: Vec<u8>,
    ends: Vec<u64>,
}

impl Texts {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn get(&self, place: usize) -> Option<&str> {
        let first =
            place.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        let (first, end) =
            (usize::try_from(first).ok()?, usize::try_from(*self.ends.get(place)?).ok()?);
        std::str::from_utf8(self.bytes.get(first..end)?).ok()
    }

    pub fn push(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
        self.ends.push(self.bytes.len() as u64);
    }

    /// Whether each is there and is text, and nothing lies after the last.
    pub fn are_whole(&self) -> bool {
        self.ends.last().copied().unwrap_or_default() == self.bytes.len() as u64
            && (0..self.len()).all(|place| self.get(place).is_some())
    }
}

impl Change {
    pub fn new(number: u64, entry: u32) -> Self {
        Self([(number >> 32) as u32, number as u32, entry])
    }

    pub fn number(self) -> u64 {
        let [high, low, _] = self.0;
        u64::from(high) << 32 | u64::from(low)
    }

    pub fn entry(self) -> u32 {
        let [_, _, entry] = self.0;
        entry
    }
}

impl Kept {
    pub(crate) fn empty() -> Self {
        Self {
            form: FORM,
            rules: None,
            taxonomy: None,
            members: Vec::new(),
            banks: Vec::new(),
            incidents: Vec::new(),
            readers: BTreeMap::new(),
            kinds: Vec::new(),
            labels: Vec::new(),
            label_sets: vec![Vec::new()],
            rows: Vec::new(),
            signals: Vec::new(),
            opinions: Vec::new(),
            sightings: Vec::new(),
            texts: Texts::default(),
            contents: BTreeMap::new(),
            disabled: BTreeMap::new(),
            changes: Vec::new(),
            head: 0,
            floor: 0,
            cut: 0,
            next_entry: 1,
            next_sighting: 1,
            graves: Vec::new(),
            dropped: 0,
        }
    }

    /// The long columns as bytes, in an order that stays.
    pub fn columns(&self) -> [&[u8]; COLUMNS] {
        use bytemuck::cast_slice as bytes;
        [
            bytes(&self.rows),
            bytes(&self.signals),
            bytes(&self.opinions),
            bytes(&self.sightings),
            bytes(&self.changes),
            bytes(&self.graves),
            bytes(&self.texts.ends),
            &self.texts.bytes,
        ]
    }

    /// Makes each column so many bytes long, all of them zero: to be filled through [`Kept::columns_mut`]. Who was told
    /// these lengths by a file compares them with the file's first: this much memory is asked for.
    ///
    /// # Errors
    /// [`Damaged`] where a column cannot be so long.
    pub fn make_room(&mut self, bytes: [u64; COLUMNS]) -> Result<(), Damaged> {
        let [rows, signals, opinions, sightings, changes, graves, ends, texts] = bytes;
        self.rows = zeros(rows)?;
        self.signals = zeros(signals)?;
        self.opinions = zeros(opinions)?;
        self.sightings = zeros(sightings)?;
        self.changes = zeros(changes)?;
        self.graves = zeros(graves)?;
        self.texts = Texts { ends: zeros(ends)?, bytes: zeros(texts)? };
        Ok(())
    }

    /// The long columns, to be filled. [`crate::State::restore`] checks what comes in.
    pub fn columns_mut(&mut self) -> [&mut [u8]; COLUMNS] {
        use bytemuck::cast_slice_mut as bytes;
        [
            bytes(&mut self.rows),
            bytes(&mut self.signals),
            bytes(&mut self.opinions),
            bytes(&mut self.sightings),
            bytes(&mut self.changes),
            bytes(&mut self.graves),
            bytes(&mut self.texts.ends),
            &mut self.texts.bytes,
        ]
    }

    /// Where an entry's row is. Rows are in order of their numbers, and nearly dense: the place is tried before it
    /// is searched.
    pub(crate) fn place(&self, id: u32) -> Option<usize> {
        let guess = (id as usize).checked_sub(1)?.min(self.rows.len().checked_sub(1)?);
        let found = match self.rows.get(guess) {
            Some(row) if row.id == id => guess,
            _ => self.rows.get(..=guess)?.binary_search_by_key(&id, |row| row.id).ok()?,
        };
        self.rows.get(found).filter(|row| row.flags & DROPPED == 0).map(|_| found)
    }

    /// A chain of opinions, latest first.
    pub(crate) fn opinions(&self, row: &Row) -> impl Iterator<Item = (usize, &OpinionRow)> {
        chain(&self.opinions, row.opinions, |opinion| opinion.next)
    }

    /// A chain of sightings, latest first.
    pub(crate) fn sightings(&self, row: &Row) -> impl Iterator<Item = (usize, &SightingRow)> {
        chain(&self.sightings, row.sightings, |sighting| sighting.next)
    }

    /// A row's signals, in order.
    pub(crate) fn signals(&self, row: &Row) -> &[SignalRow] {
        let first = row.first_signal as usize;
        self.signals.get(first..first.saturating_add(row.signals.into())).unwrap_or_default()
    }
}

/// Values that leave fields out, kept as JSON text: forms that go by place alone could not read them back.
mod json {
    use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _};
    use serde::ser::{Error as _, Serialize, Serializer};

    pub fn serialize<T: Serialize, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&serde_json::to_string(value).map_err(S::Error::custom)?)
    }

    pub fn deserialize<'de, T: DeserializeOwned, D: Deserializer<'de>>(
        from: D,
    ) -> Result<T, D::Error> {
        serde_json::from_str(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// The same, one by one: there may be millions.
mod json_each {
    use crate::Content;
    use serde::de::{Deserialize, Deserializer, Error as _};
    use serde::ser::{Error as _, SerializeMap, Serializer};
    use std::collections::BTreeMap;

    pub fn serialize<S: Serializer>(
        all: &BTreeMap<u32, Content>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(all.len()))?;
        for (entry, content) in all {
            let text = serde_json::to_string(content).map_err(S::Error::custom)?;
            map.serialize_entry(entry, &text)?;
        }
        map.end()
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<BTreeMap<u32, Content>, D::Error> {
        let texts = BTreeMap::<u32, String>::deserialize(from)?;
        let one = |(entry, text): (u32, String)| {
            Ok((entry, serde_json::from_str(&text).map_err(D::Error::custom)?))
        };
        texts.into_iter().map(one).collect()
    }
}

/// A column of so many bytes. It has room for an eighth more, so that the first addition after a start does not copy it.
fn zeros<T: Pod>(bytes: u64) -> Result<Vec<T>, Damaged> {
    let size = size_of::<T>();
    let len = usize::try_from(bytes).ok().filter(|bytes| bytes % size == 0).map(|all| all / size);
    let len = len.ok_or(Damaged("a column ends within a row"))?;
    let mut column = bytemuck::allocation::try_zeroed_vec(len.saturating_add(len / 8))
        .map_err(|()| Damaged("a column is longer than the memory"))?;
    column.truncate(len);
    Ok(column)
}

fn chain<T>(rows: &[T], head: u32, next: fn(&T) -> u32) -> impl Iterator<Item = (usize, &T)> {
    let at = move |link: u32| {
        let place = (link as usize).checked_sub(1)?;
        rows.get(place).map(|row| (place, row))
    };
    std::iter::successors(at(head), move |(_, row)| at(next(row)))
}

/// Seconds since 1970, from 1 to the end of `u32` in 2106: 0 is kept for "none".
pub(crate) fn seconds(at: Instant) -> u32 {
    u32::try_from(at.as_second().max(1)).unwrap_or(u32::MAX)
}

/// The instant of seconds that are some.
pub(crate) fn instant(seconds: u32) -> Instant {
    Instant::from_second(seconds.into()).unwrap_or(Instant::UNIX_EPOCH)
}

/// The instant of seconds that may be none.
pub(crate) fn some_instant(seconds: u32) -> Option<Instant> {
    (seconds != 0).then(|| instant(seconds))
}
