//! The state: everything that events have made, compact, and what one may ask of it.

use crate::kept::{
    EXPIRED, FLOODED, FORM, HEX16, HEX32, Kept, NEAR_BENIGN, OpinionRow, Row, SignalRow, TEXT,
    Texts, VERDICTS, instant, seconds, some_instant,
};
use crate::table::Table;
use crate::{
    Bank, BankName, Entry, EntryId, Fact, Facts, IncidentId, Label, Member, MemberId, Opinion,
    Purpose, Rules, Sighting, SightingId, SignalId, SignalType, Standing, Stored, Taxonomy,
    Verdict, Voice,
};
use foldhash::quality::FixedState;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hash::BuildHasher;
use writ_vocabulary::Instant;

/// All banks with all they hold. Built by [`crate::evolve`] from events, or by [`State::restore`] from what was kept.
///
/// Ten million entries of one PDQ hash take about 1.4 GB.
#[derive(Debug, Clone)]
pub struct State {
    pub(crate) kept: Kept,
    pub(crate) index: Index,
}

/// Where things are, derived from what is kept.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    pub key: FixedState,
    pub members: BTreeMap<MemberId, u16>,
    pub banks: BTreeMap<BankName, u16>,
    pub incidents: BTreeMap<IncidentId, u16>,
    pub kinds: BTreeMap<SignalType, u16>,
    pub labels: BTreeMap<Label, u16>,
    pub label_sets: BTreeMap<Vec<u16>, u32>,
    pub signals: Table,
    pub texts: Table,
}

/// What was kept does not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the kept state is damaged ({0}); build it anew from the events")]
pub struct Damaged(pub &'static str);

/// The two are made by the same events, as far as anybody can tell.
impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        self.kept == other.kept
    }
}

impl State {
    /// Nothing yet. `key` is a secret number, drawn once for a process: it keeps a contributor from choosing hashes
    /// that make the tables slow. It shows nowhere.
    pub fn new(key: u64) -> Self {
        Self { kept: Kept::empty(), index: Index::new(key) }
    }

    /// What to store, so that the next start need not read every event.
    pub fn kept(&self) -> &Kept {
        &self.kept
    }

    /// The state of what was kept, checked: whatever was stored, nothing is asked later that is not there. So many
    /// `threads` work at it.
    ///
    /// # Errors
    /// [`Damaged`] when it does not fit together.
    pub fn restore(kept: Kept, key: u64, threads: usize) -> Result<Self, Damaged> {
        crate::restore::check(&kept, threads)?;
        let mut state = Self { kept, index: Index::new(key) };
        state.reindex(threads);
        Ok(state)
    }

    /// Nothing, under the same key.
    #[must_use]
    pub fn emptied(self) -> Self {
        Self { kept: Kept::empty(), index: Index { key: self.index.key, ..Index::new(0) } }
    }

    /// The rules in force, once some were adopted.
    pub fn rules(&self) -> Option<&Rules> {
        self.kept.rules.as_ref()
    }

    /// The taxonomy in force, once one was adopted.
    pub fn taxonomy(&self) -> Option<&Taxonomy> {
        self.kept.taxonomy.as_ref()
    }

    /// The members, in order of admission.
    pub fn members(&self) -> &[Member] {
        &self.kept.members
    }

    /// A member.
    pub fn member(&self, id: &MemberId) -> Option<&Member> {
        self.kept.members.get(usize::from(*self.index.members.get(id)?))
    }

    /// The banks there are, by name.
    pub fn banks(&self) -> impl Iterator<Item = &Bank> {
        self.index.banks.keys().filter_map(|name| self.bank(name))
    }

    /// A bank.
    pub fn bank(&self, name: &BankName) -> Option<&Bank> {
        self.kept.banks.get(usize::from(*self.index.banks.get(name)?)).map(|row| &row.bank)
    }

    /// A bank's number, under which an index groups its signals. It stays the same for as long as there is the bank.
    pub fn bank_number(&self, name: &BankName) -> Option<u16> {
        self.index.banks.get(name).copied()
    }

    /// How far a search for signals of a type has to go: the number of each bank, and the largest distance that is a
    /// match there. Of `banks`, missing: of all; negative banks are always among them.
    pub fn reach(&self, kind: &SignalType, banks: Option<&[BankName]>) -> Vec<(u16, u32)> {
        let general = self.rules().and_then(|rules| rules.limits.get(kind));
        let asked = |bank: &Bank| {
            bank.purpose == Purpose::Negative
                || banks.is_none_or(|banks| banks.contains(&bank.name))
        };
        self.index
            .banks
            .values()
            .filter_map(|number| Some((*number, &self.kept.banks.get(usize::from(*number))?.bank)))
            .filter(|(_, bank)| asked(bank))
            .map(|(number, bank)| {
                let limits = bank.limits.get(kind).or(general);
                (number, limits.map_or(0, |limits| limits.review))
            })
            .collect()
    }

    /// Whether an incident is open; nothing where there never was one of that name.
    pub fn is_open(&self, incident: &IncidentId) -> Option<bool> {
        let place = usize::from(*self.index.incidents.get(incident)?);
        self.kept.incidents.get(place).map(|row| row.open)
    }

    /// How many entries there are, notices of those gone included.
    pub fn len(&self) -> usize {
        self.kept.rows.len() - self.kept.dropped as usize
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entry in a bank that has this signal, its hash in canonical text.
    pub fn find(&self, bank: &BankName, kind: &SignalType, hash: &str) -> Option<SignalId> {
        let bank = *self.index.banks.get(bank)?;
        let kind = *self.index.kinds.get(kind)?;
        self.signal_place(bank, kind, &Body::of(hash)).and_then(|place| self.signal_id(place))
    }

    /// A signal's type and its canonical text.
    pub fn signal(&self, id: SignalId) -> Option<(&SignalType, String)> {
        let row = self.kept.rows.get(self.kept.place(id.entry().0)?)?;
        let signal = self.kept.signals(row).get(usize::from(id.place()))?;
        let kind = self.kept.kinds.get(usize::from(signal.kind))?;
        Some((kind, self.body(signal)?.text().into_owned()))
    }

    /// An entry as it stands at `now`.
    pub fn entry(&self, id: EntryId, now: Instant) -> Option<Entry<'_>> {
        let row = self.kept.rows.get(self.kept.place(id.0)?)?;
        self.view(row, seconds(now))
    }

    /// Where a signal stands at `now`. Support for one signal of an entry is not support for another.
    pub fn standing(&self, signal: SignalId, now: Instant) -> Option<Standing<'_>> {
        let row = self.kept.rows.get(self.kept.place(signal.entry().0)?)?;
        self.kept.signals(row).get(usize::from(signal.place()))?;
        self.stands(row, Some(signal.place()), seconds(now))
    }

    /// The entries after `after`, in order, at most `limit`; of one bank or of all. For pages of a list.
    pub fn entries(
        &self,
        after: EntryId,
        bank: Option<&BankName>,
        limit: usize,
        now: Instant,
    ) -> Vec<Entry<'_>> {
        let bank = match bank.map(|name| self.index.banks.get(name)) {
            Some(None) => return Vec::new(),
            Some(Some(bank)) => Some(*bank),
            None => None,
        };
        let first = self.kept.rows.partition_point(|row| row.id <= after.0);
        let rest = self.kept.rows.get(first..).unwrap_or_default().iter();
        rest.filter(|row| row.flags & crate::kept::DROPPED == 0)
            .filter(|row| bank.is_none_or(|bank| row.bank == bank))
            .take(limit)
            .filter_map(|row| self.view(row, seconds(now)))
            .collect()
    }

    /// Every signal of a type whose entry is not gone at `now`, in order, with its bank's number and its canonical text:
    /// what an index is built from.
    pub fn signals_of<'a>(
        &'a self,
        kind: &SignalType,
        now: Instant,
    ) -> impl Iterator<Item = (SignalId, u16, Cow<'a, str>)> + use<'a> {
        let now = seconds(now);
        let kind = self.index.kinds.get(kind).copied();
        let all = kind.map(|_| self.kept.signals.as_slice()).unwrap_or_default();
        let of_kind = all.iter().zip(0..).filter(move |(signal, _)| Some(signal.kind) == kind);
        of_kind.filter_map(move |(signal, place)| {
            let row = self.kept.rows.get(signal.row as usize)?;
            let bank = self.kept.banks.get(usize::from(row.bank)).filter(|bank| !bank.removed);
            let there = row.flags & crate::kept::DROPPED == 0 && bank.is_some();
            let there = there && !self.stands(row, None, now)?.state.is_gone();
            there.then_some(())?;
            Some((self.signal_id(place)?, row.bank, self.body(signal)?.text()))
        })
    }

    /// Entries to be looked at again by `now`, the earliest number first, at most `limit`.
    pub fn due_for_review(&self, now: Instant, limit: usize) -> Vec<EntryId> {
        let now = seconds(now);
        let due = |row: &&Row| {
            row.review_by != 0
                && row.review_by <= now
                && row.flags & crate::kept::DROPPED == 0
                && self.stands(row, None, now).is_some_and(|standing| !standing.state.is_gone())
        };
        self.kept.rows.iter().filter(due).take(limit).map(|row| EntryId(row.id)).collect()
    }

    /// Where an entry's content surfaced, the latest told first, at most `limit`.
    pub fn sightings(&self, entry: EntryId, limit: usize) -> Vec<Sighting<'_>> {
        let row = self.kept.place(entry.0).and_then(|place| self.kept.rows.get(place));
        let rows = row.into_iter().flat_map(|row| self.kept.sightings(row));
        rows.take(limit)
            .filter_map(|(_, sighting)| {
                Some(Sighting {
                    id: SightingId(sighting.id),
                    member: &self.kept.members.get(usize::from(sighting.member))?.id,
                    platform: self.kept.labels.get(usize::from(sighting.platform))?,
                    form: self.kept.labels.get(usize::from(sighting.form))?,
                    distance: sighting.distance,
                    seen: instant(sighting.seen),
                    signal: self
                        .text(sighting.text)
                        .zip(self.kept.kinds.get(usize::from(sighting.kind)))
                        .map(|(text, kind)| (kind, text)),
                })
            })
            .collect()
    }

    /// Until when an entry does not match for a member.
    pub fn disabled_until(&self, entry: EntryId, member: &MemberId) -> Option<Instant> {
        let member = *self.index.members.get(member)?;
        self.kept.disabled.get(&(entry.0, member)).map(|until| instant(*until))
    }

    pub(crate) fn view(&self, row: &Row, now: u32) -> Option<Entry<'_>> {
        let incident = usize::from(row.incident).checked_sub(1);
        let incident = incident.and_then(|place| self.kept.incidents.get(place));
        Some(Entry {
            id: EntryId(row.id),
            bank: &self.kept.banks.get(usize::from(row.bank))?.bank,
            signals: self.stored(row, now),
            standing: self.stands(row, None, now)?,
            opinions: self.kept.opinions(row).filter_map(|(_, o)| self.opinion(o)).collect(),
            incident: incident.map(|incident| &incident.id),
            content: self.kept.contents.get(&row.id),
            contributed: instant(row.created),
            changed: instant(row.changed_at),
            expires: some_instant(row.expires),
            review_by: some_instant(row.review_by),
        })
    }

    fn stored(&self, row: &Row, now: u32) -> Vec<Stored<'_>> {
        let signals = self.kept.signals(row).iter().zip(0u8..);
        signals
            .filter_map(|(signal, place)| {
                Some(Stored {
                    id: SignalId::of(EntryId(row.id), place),
                    kind: self.kept.kinds.get(usize::from(signal.kind))?,
                    hash: self.body(signal)?.text().into_owned(),
                    quality: (signal.quality != u8::MAX).then_some(signal.quality),
                    state: self.stands(row, Some(place), now)?.state,
                })
            })
            .collect()
    }

    fn opinion(&self, opinion: &OpinionRow) -> Option<Opinion<'_>> {
        let labels = self.kept.label_sets.get(opinion.labels as usize)?;
        Some(Opinion {
            member: &self.kept.members.get(usize::from(opinion.member))?.id,
            verdict: verdict(opinion.verdict),
            contributed: (0..16).filter(|place| opinion.mask & 1 << place != 0).collect(),
            labels: labels.iter().filter_map(|l| self.kept.labels.get(usize::from(*l))).collect(),
            note: self.text(opinion.note),
            reason: self.text(opinion.reason),
            at: instant(opinion.at),
        })
    }

    pub(crate) fn text(&self, link: u32) -> Option<&str> {
        self.kept.texts.get((link as usize).checked_sub(1)?)
    }

    /// Where a row, or one of its signals, stands. Nothing only where no rules were adopted.
    pub(crate) fn stands(&self, row: &Row, place: Option<u8>, now: u32) -> Option<Standing<'_>> {
        let facts = self.facts(row, place, now);
        let rule = self.kept.rules.as_ref()?.state(&facts)?;
        Some(Standing { state: rule.is, rule: &rule.id, because: &rule.because, facts })
    }

    pub(crate) fn facts(&self, row: &Row, place: Option<u8>, now: u32) -> Facts {
        let mut facts = Facts::default();
        let bank = self.kept.banks.get(usize::from(row.bank));
        let incident = usize::from(row.incident).checked_sub(1);
        let incident = incident.and_then(|place| self.kept.incidents.get(place));
        let past = row.expires != 0 && row.expires <= now;
        let flag = |bit| u32::from(row.flags & bit != 0);
        facts.set(Fact::Quorum, bank.map_or(u32::MAX, |bank| bank.bank.quorum.into()));
        facts.set(Fact::BankRemoved, bank.is_none_or(|bank| bank.removed).into());
        facts.set(Fact::Incident, incident.is_some_and(|i| i.open && i.fast).into());
        facts.set(Fact::NearBenign, flag(NEAR_BENIGN));
        facts.set(Fact::Flood, flag(FLOODED));
        facts.set(Fact::Expired, flag(EXPIRED).max(past.into()));
        for (_, opinion) in self.kept.opinions(row) {
            let member = self.kept.members.get(usize::from(opinion.member));
            if member.is_some_and(|member| member.voice == Voice::Full) {
                count(&mut facts, opinion, place);
            }
        }
        facts
    }

    /// The row of an opinion that a member has of an entry.
    pub(crate) fn own_opinion(&self, row: &Row, member: u16) -> Option<usize> {
        self.kept.opinions(row).find(|(_, opinion)| opinion.member == member).map(|(at, _)| at)
    }

    pub(crate) fn signal_place(&self, bank: u16, kind: u16, body: &Body<'_>) -> Option<usize> {
        let hash = body.hash(&self.index.key, kind);
        let same = |place: u32| {
            self.kept.signals.get(place as usize).is_some_and(|signal| {
                signal.kind == kind
                    && self.kept.rows.get(signal.row as usize).is_some_and(|row| row.bank == bank)
                    && self.body(signal).as_ref() == Some(body)
            })
        };
        self.index.signals.find(hash, same).map(|place| place as usize)
    }

    pub(crate) fn signal_id(&self, place: usize) -> Option<SignalId> {
        let row = self.kept.rows.get(self.kept.signals.get(place)?.row as usize)?;
        let within = u8::try_from(place.checked_sub(row.first_signal as usize)?).ok()?;
        Some(SignalId::of(EntryId(row.id), within))
    }

    pub(crate) fn body(&self, signal: &SignalRow) -> Option<Body<'_>> {
        body_of(signal, &self.kept.texts)
    }
}

/// What one counting member adds to the facts of an entry, or of one of its signals.
fn count(facts: &mut Facts, opinion: &OpinionRow, place: Option<u8>) {
    let contributed = match place {
        Some(place) => opinion.mask & 1 << (place & 15) != 0,
        None => opinion.mask != 0,
    };
    match verdict(opinion.verdict) {
        Some(Verdict::Dispute) => facts.count(Fact::Dispute),
        Some(Verdict::NotTerrorist) => facts.count(Fact::NotTerrorist),
        verdict => {
            if verdict == Some(Verdict::Confirm) {
                facts.count(Fact::Confirm);
            }
            if verdict == Some(Verdict::Seen) {
                facts.count(Fact::Seen);
            }
            if contributed {
                facts.count(Fact::Contributors);
            }
            if contributed || verdict == Some(Verdict::Confirm) {
                facts.count(Fact::For);
            }
            return;
        }
    }
    facts.count(Fact::Against);
}

pub(crate) fn verdict(code: u8) -> Option<Verdict> {
    VERDICTS.get(usize::from(code).checked_sub(1)?).copied()
}

/// A hash as it is kept: digests as bytes, other text as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Body<'a> {
    Hex32([u8; 32]),
    Hex16([u8; 16]),
    Text(&'a str),
}

impl<'a> Body<'a> {
    pub fn of(text: &'a str) -> Self {
        match text.len() {
            64 => unhex(text).map_or(Self::Text(text), Self::Hex32),
            32 => unhex(text).map_or(Self::Text(text), Self::Hex16),
            _ => Self::Text(text),
        }
    }

    pub fn text(&self) -> Cow<'a, str> {
        match self {
            Self::Hex32(bytes) => hex::encode(bytes).into(),
            Self::Hex16(bytes) => hex::encode(bytes).into(),
            Self::Text(text) => (*text).into(),
        }
    }

    pub fn hash(&self, key: &FixedState, kind: u16) -> u64 {
        match self {
            // Whole words are hashed several times quicker than bytes.
            Self::Hex32(bytes) => {
                let [a, b, c, d]: [u64; 4] = bytemuck::cast(*bytes);
                key.hash_one((kind, a, b, c, d))
            }
            Self::Hex16(bytes) => {
                let [a, b]: [u64; 2] = bytemuck::cast(*bytes);
                key.hash_one((kind, a, b))
            }
            Self::Text(text) => key.hash_one((kind, text)),
        }
    }
}

/// The bytes that lower-case hexadecimal text says. Capital letters would not come back as they were.
fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let nibble = |letter: u8| match letter {
        b'0'..=b'9' => letter - b'0',
        b'a'..=b'f' => letter - b'a' + 10,
        _ => u8::MAX,
    };
    let (mut bytes, mut all) = ([0; N], 0);
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().as_chunks::<2>().0) {
        let [high, low] = pair.map(nibble);
        all |= high | low;
        *byte = high << 4 | low & 15;
    }
    (all < 16).then_some(bytes)
}

pub(crate) fn body_of<'a>(signal: &SignalRow, texts: &'a Texts) -> Option<Body<'a>> {
    match signal.form {
        HEX32 => Some(Body::Hex32(signal.bytes)),
        HEX16 => signal.bytes.first_chunk().map(|bytes| Body::Hex16(*bytes)),
        TEXT => {
            let place = u32::from_le_bytes(*signal.bytes.first_chunk()?);
            texts.get(place as usize).map(Body::Text)
        }
        _ => None,
    }
}

impl Index {
    pub fn new(key: u64) -> Self {
        Self {
            key: FixedState::with_seed(key),
            members: BTreeMap::new(),
            banks: BTreeMap::new(),
            incidents: BTreeMap::new(),
            kinds: BTreeMap::new(),
            labels: BTreeMap::new(),
            label_sets: BTreeMap::from([(Vec::new(), 0)]),
            signals: Table::default(),
            texts: Table::default(),
        }
    }
}

/// The version of columns that [`State::restore`] reads.
pub(crate) fn readable(kept: &Kept) -> bool {
    kept.form == FORM
}
