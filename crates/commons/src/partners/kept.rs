//! What is known of partners: events, and the one function that folds them, whether read back or just written.

use super::{Brought, PartnerName};
use crate::log::LogError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use writ_exchange::{Checkpoint, Config};
use writ_hashbank::{BankName, EntryId, SignalId};
use writ_journal::{NewEvent, RecordedEvent};
use writ_vocabulary::Instant;

/// The stream of all partners, the kinds of its records and the version of their form.
pub(super) const STREAM: &str = "hash-partners";
const SET: &str = "partner-set";
const REMOVED: &str = "partner-removed";
const BEGAN_ANEW: &str = "partner-began-anew";
const FETCHED: &str = "partner-fetched";
const VERSION: u16 = 1;
/// About how many bytes of JSON one record may hold: half of what the journal takes.
const BYTES: usize = 512 << 10;

/// Something that happened to a partner.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    /// It was created, or changed.
    Set(Setting),
    /// It leaves. It is gone once nothing is held from it.
    Removed(Named),
    /// It is read from the start from here on.
    BeganAnew(Anew),
    /// A part of a page came.
    Fetched(Box<Part>),
}

/// How a partner is set up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Setting {
    pub name: PartnerName,
    pub bank: BankName,
    pub enabled: bool,
    pub config: Config,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    pub name: PartnerName,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Anew {
    pub name: PartnerName,
    pub why: String,
}

/// A part of a page: what the shared memory holds already when this is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    pub name: PartnerName,
    /// How often the partner had begun anew when the page was asked for.
    pub round: u32,
    /// The feed's last change before anything of the page came into the shared memory: what a page that was not taken
    /// to its end may have left behind is found after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taking: Option<u64>,
    /// Whether what such a page left behind is now as it should be.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub settled: bool,
    /// What the partner stands for under each key; under none of them where it is gone.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub holds: BTreeMap<String, Vec<SignalId>>,
    /// Of these keys, those that members of the partner are against.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub against: Vec<String>,
    /// The end of a page, or of a fetch that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    /// Where to go on; none where the fetch failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<Checkpoint>,
    pub more: bool,
    /// Whether something malformed came of which the key could not be told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unnamed: bool,
    pub brought: Brought,
}

/// All partners, as the events up to `last` made them.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub partners: BTreeMap<PartnerName, Kept>,
    pub last: u64,
}

/// One partner.
#[derive(Debug)]
pub(super) struct Kept {
    pub setting: Setting,
    pub leaving: bool,
    pub checkpoint: Option<Checkpoint>,
    /// How often it was begun anew.
    pub round: u32,
    /// While it is read anew: whether something malformed came of which the key could not be told.
    pub anew: Option<bool>,
    /// Where the feed was before the page whose end has not come.
    pub taking: Option<u64>,
    pub keys: BTreeMap<Box<str>, Holding>,
    /// Under how many keys each signal is held.
    pub signals: BTreeMap<SignalId, Tally>,
    pub last: Option<Brought>,
}

/// What a key stands for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Holding {
    pub signals: Box<[SignalId]>,
    pub against: bool,
    /// The round in which the partner last named it.
    pub round: u32,
}

/// How many keys hold a signal, and how many of these members of the partner are against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tally {
    pub keys: i64,
    pub against: i64,
}

impl Event {
    /// The event as the journal takes it.
    pub fn recorded(&self, at: Instant) -> Result<NewEvent, serde_json::Error> {
        let (kind, data) = match self {
            Self::Set(of) => (SET, serde_json::to_value(of)?),
            Self::Removed(of) => (REMOVED, serde_json::to_value(of)?),
            Self::BeganAnew(of) => (BEGAN_ANEW, serde_json::to_value(of)?),
            Self::Fetched(of) => (FETCHED, serde_json::to_value(of)?),
        };
        Ok(NewEvent { kind: kind.to_owned(), version: VERSION, data, at })
    }

    /// The event that the journal gave.
    pub fn read(record: RecordedEvent) -> Result<Self, LogError> {
        let RecordedEvent { sequence, kind, version, data, .. } = record;
        let read = match (kind.as_str(), version) {
            (SET, VERSION) => serde_json::from_value(data).map(Self::Set),
            (REMOVED, VERSION) => serde_json::from_value(data).map(Self::Removed),
            (BEGAN_ANEW, VERSION) => serde_json::from_value(data).map(Self::BeganAnew),
            (FETCHED, VERSION) => serde_json::from_value(data).map(Self::Fetched),
            _ => {
                let why = format!("it is `{kind}` of version {version}");
                return Err(LogError::Record { sequence, why });
            }
        };
        read.map_err(|error| LogError::Record { sequence, why: error.to_string() })
    }
}

impl Part {
    pub fn new(name: &PartnerName, round: u32) -> Self {
        Self {
            name: name.clone(),
            round,
            taking: None,
            settled: false,
            holds: BTreeMap::new(),
            against: Vec::new(),
            end: None,
        }
    }

    /// What keys stand for, in as many parts as the journal takes.
    pub fn split(
        name: &PartnerName,
        round: u32,
        holdings: impl IntoIterator<Item = (String, Holding)>,
    ) -> Vec<Event> {
        let (mut parts, mut part, mut bytes) = (Vec::new(), Self::new(name, round), 0);
        for (key, holding) in holdings {
            // The key may be written twice, a byte of it as six, and a number with its comma takes at most 12.
            bytes += 12 * key.len() + 12 * holding.signals.len() + 16;
            if holding.against {
                part.against.push(key.clone());
            }
            part.holds.insert(key, holding.signals.into());
            if bytes > BYTES {
                parts.push(Event::Fetched(Box::new(std::mem::replace(
                    &mut part,
                    Self::new(name, round),
                ))));
                bytes = 0;
            }
        }
        if !part.holds.is_empty() {
            parts.push(Event::Fetched(Box::new(part)));
        }
        parts
    }
}

impl Known {
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::Set(setting) => match self.partners.get_mut(&setting.name) {
                Some(kept) => kept.setting = setting,
                None => {
                    self.partners.insert(setting.name.clone(), Kept::new(setting));
                }
            },
            Event::Removed(Named { name }) => {
                if let Some(kept) = self.partners.get_mut(&name) {
                    kept.leaving = true;
                }
                self.let_go(&name);
            }
            Event::BeganAnew(Anew { name, .. }) => {
                if let Some(kept) = self.partners.get_mut(&name) {
                    kept.round = kept.round.saturating_add(1);
                    kept.anew = Some(false);
                    kept.checkpoint = None;
                }
            }
            Event::Fetched(part) => {
                let name = part.name.clone();
                if let Some(kept) = self.partners.get_mut(&name) {
                    kept.take(*part);
                }
                self.let_go(&name);
            }
        }
    }

    /// Forgets a partner that leaves once nothing is held from it.
    fn let_go(&mut self, name: &PartnerName) {
        let gone = |kept: &Kept| kept.leaving && kept.keys.is_empty() && kept.taking.is_none();
        if self.partners.get(name).is_some_and(gone) {
            self.partners.remove(name);
        }
    }
}

impl Kept {
    fn new(setting: Setting) -> Self {
        Self {
            setting,
            leaving: false,
            checkpoint: None,
            round: 0,
            anew: None,
            taking: None,
            keys: BTreeMap::new(),
            signals: BTreeMap::new(),
            last: None,
        }
    }

    /// The signals of an entry that are held.
    pub fn held_of(&self, entry: EntryId) -> impl Iterator<Item = (SignalId, Tally)> {
        let of = SignalId::of(entry, 0)..=SignalId::of(entry, 15);
        self.signals.range(of).map(|(signal, tally)| (*signal, *tally))
    }

    fn take(&mut self, part: Part) {
        let Part { round, taking, settled, holds, against, end, .. } = part;
        // The first of them: what an earlier page left behind is still to be found.
        self.taking = self.taking.filter(|_| !settled).or(taking);
        for (key, signals) in holds {
            let against = against.contains(&key);
            self.hold(key, Holding { signals: signals.into(), against, round });
        }
        let Some(End { checkpoint, more, unnamed, brought }) = end else { return };
        self.last = Some(brought);
        let Some(checkpoint) = checkpoint else { return };
        self.taking = None;
        // A page that was asked for before the partner was begun anew tells no place in the new round.
        if round == self.round {
            self.checkpoint = Some(checkpoint);
            self.anew = self.anew.filter(|_| more).map(|before| before || unnamed);
        }
    }

    fn hold(&mut self, key: String, holding: Holding) {
        let before = self.keys.remove(key.as_str()).unwrap_or_default();
        self.count(&before, -1);
        self.count(&holding, 1);
        if !holding.signals.is_empty() {
            self.keys.insert(key.into(), holding);
        }
    }

    fn count(&mut self, holding: &Holding, by: i64) {
        for signal in &holding.signals {
            let tally = self.signals.entry(*signal).or_default();
            tally.add(holding, by);
            if tally.keys <= 0 {
                self.signals.remove(signal);
            }
        }
    }
}

impl Tally {
    pub fn add(&mut self, holding: &Holding, by: i64) {
        self.keys += by;
        self.against += by * i64::from(holding.against);
    }
}
