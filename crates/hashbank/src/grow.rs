//! How the state's columns grow, change places and are cleared: the only code that writes them.

use crate::kept::{Change, DROPPED, GRAVE, HEX16, HEX32, OpinionRow, Row, SignalRow, TEXT, Texts};
use crate::state::{Body, Index, body_of};
use crate::table::Table;
use crate::{Label, Signal, SignalType, State};
use std::collections::BTreeMap;

/// Cleared away at once only when so many rows wait, so that clearing costs little for each.
const CLEAR_FROM: usize = 1_024;

impl State {
    /// Notes that an entry changed, so that every reader of the feed hears of it.
    pub(crate) fn touch(&mut self, place: usize, at: u32) {
        self.kept.head += 1;
        let number = self.kept.head;
        if let Some(row) = self.kept.rows.get_mut(place) {
            row.changed = number;
            row.changed_at = at;
            self.kept.changes.push(Change::new(number, row.id));
        }
        if self.kept.changes.len() > self.kept.rows.len() * 2 + CLEAR_FROM {
            self.forget_void_changes();
        }
    }

    /// Notes that everything may have changed: every reader starts anew.
    pub(crate) fn touch_all(&mut self) {
        self.kept.head += 1;
        self.kept.floor = self.kept.head;
        self.kept.cut = self.kept.head;
    }

    /// Notes that one who has not read up to `number` may have missed something.
    pub(crate) fn raise_floor(&mut self, number: u64) {
        self.kept.head += 1;
        self.kept.floor = self.kept.floor.max(number);
        self.kept.cut = self.kept.head;
    }

    fn forget_void_changes(&mut self) {
        let mut changes = std::mem::take(&mut self.kept.changes);
        changes.retain(|change| self.is_current(*change));
        self.kept.changes = changes;
    }

    pub(crate) fn is_current(&self, change: Change) -> bool {
        let row = self.kept.place(change.entry()).and_then(|place| self.kept.rows.get(place));
        row.is_some_and(|row| row.changed == change.number())
    }

    /// Adds a signal of the row at `row`, which is there already.
    pub(crate) fn add_signal(&mut self, row: u32, signal: &Signal, body: Body<'_>) -> Option<()> {
        let kind = self.kind(&signal.kind)?;
        let hash = body.hash(&self.index.key, kind);
        let mut bytes = [0; 32];
        let form = match body {
            Body::Hex32(code) => {
                bytes = code;
                HEX32
            }
            Body::Hex16(code) => {
                bytes.iter_mut().zip(code).for_each(|(to, from)| *to = from);
                HEX16
            }
            Body::Text(text) => {
                let place = self.keep_text(text)?.checked_sub(1)?;
                bytes.iter_mut().zip(place.to_le_bytes()).for_each(|(to, from)| *to = from);
                TEXT
            }
        };
        let place = u32::try_from(self.kept.signals.len()).ok()?;
        let quality = signal.quality.unwrap_or(u8::MAX);
        self.kept.signals.push(SignalRow { kind, form, quality, row, bytes });
        let Self { kept, index } = self;
        let key = &index.key;
        index.signals.insert(hash, place, |place| {
            signal_hash(kept.signals.get(place as usize), &kept.texts, key)
        });
        Some(())
    }

    /// The place of a text, plus one; kept if it is new.
    pub(crate) fn keep_text(&mut self, text: &str) -> Option<u32> {
        use std::hash::BuildHasher;
        let Self { kept, index } = self;
        let key = &index.key;
        let at = |place: u32| kept.texts.get(place as usize);
        let hash = key.hash_one(text);
        if let Some(place) = index.texts.find(hash, |place| at(place) == Some(text)) {
            return place.checked_add(1);
        }
        let place = u32::try_from(kept.texts.len()).ok()?;
        index.texts.insert(hash, place, |place| key.hash_one(at(place).unwrap_or_default()));
        kept.texts.push(text);
        place.checked_add(1)
    }

    /// The place of a note or reason, plus one; 0 for none.
    pub(crate) fn keep_note(&mut self, note: Option<&str>) -> u32 {
        note.and_then(|note| self.keep_text(note)).unwrap_or_default()
    }

    pub(crate) fn kind(&mut self, kind: &SignalType) -> Option<u16> {
        intern(&mut self.index.kinds, &mut self.kept.kinds, kind)
    }

    pub(crate) fn label(&mut self, label: &Label) -> Option<u16> {
        intern(&mut self.index.labels, &mut self.kept.labels, label)
    }

    /// The place of a set of labels.
    pub(crate) fn label_set(&mut self, labels: &[Label]) -> Option<u32> {
        let mut set = labels.iter().map(|label| self.label(label)).collect::<Option<Vec<u16>>>()?;
        set.sort_unstable();
        set.dedup();
        if let Some(place) = self.index.label_sets.get(&set) {
            return Some(*place);
        }
        let place = u32::try_from(self.kept.label_sets.len()).ok()?;
        self.kept.label_sets.push(set.clone());
        self.index.label_sets.insert(set, place);
        Some(place)
    }

    /// The opinion that a member has of the entry at `place`, a new one if it has none, to be changed.
    pub(crate) fn opinion_of(&mut self, place: usize, member: u16) -> Option<&mut OpinionRow> {
        let row = self.kept.rows.get(place)?;
        if let Some(own) = self.own_opinion(row, member) {
            return self.kept.opinions.get_mut(own);
        }
        let next = row.opinions;
        self.kept.opinions.push(OpinionRow { member, next, ..OpinionRow::default() });
        let link = u32::try_from(self.kept.opinions.len()).ok()?;
        self.kept.rows.get_mut(place)?.opinions = link;
        self.kept.opinions.last_mut()
    }

    /// Takes an entry's notice away. Its row is cleared later.
    pub(crate) fn drop_row(&mut self, place: usize) {
        let Some(row) = self.kept.rows.get(place).copied() else { return };
        let first = row.first_signal as usize;
        for at in first..first + usize::from(row.signals) {
            let hash = signal_hash(self.kept.signals.get(at), &self.kept.texts, &self.index.key);
            self.index.signals.remove(hash, |place| place as usize == at);
        }
        self.kept.contents.remove(&row.id);
        let theirs: Vec<_> = self
            .kept
            .disabled
            .range((row.id, 0)..=(row.id, u16::MAX))
            .map(|(key, _)| *key)
            .collect();
        for key in theirs {
            self.kept.disabled.remove(&key);
        }
        if let Some(row) = self.kept.rows.get_mut(place) {
            row.flags |= DROPPED;
            self.kept.dropped += 1;
        }
    }

    /// Clears dropped rows away once there are many.
    pub(crate) fn clear_if_many(&mut self) {
        if self.kept.dropped as usize > self.kept.rows.len() / 8 + CLEAR_FROM {
            self.clear();
        }
    }

    fn clear(&mut self) {
        let old = std::mem::replace(&mut self.kept, crate::kept::Kept::empty());
        let mut new = crate::kept::Kept {
            rows: Vec::with_capacity(old.rows.len() - old.dropped as usize),
            ..crate::kept::Kept::empty()
        };
        let mut texts = Moved { old: &old.texts, moved: BTreeMap::new(), new: Texts::default() };
        for row in old.rows.iter().filter(|row| row.flags & DROPPED == 0) {
            let place = u32::try_from(new.rows.len()).unwrap_or(u32::MAX);
            let moved = Row {
                first_signal: u32::try_from(new.signals.len()).unwrap_or(u32::MAX),
                opinions: 0,
                sightings: 0,
                ..*row
            };
            new.signals.extend(old.signals(row).iter().map(|s| texts.of_signal(*s, place)));
            new.rows.push(moved);
            let opinions: Vec<_> = old.opinions(row).map(|(_, opinion)| *opinion).collect();
            let sightings: Vec<_> = old.sightings(row).map(|(_, sighting)| *sighting).collect();
            let mut next = 0;
            for opinion in opinions.into_iter().rev() {
                let (note, reason) = (texts.link(opinion.note), texts.link(opinion.reason));
                new.opinions.push(OpinionRow { next, note, reason, ..opinion });
                next = u32::try_from(new.opinions.len()).unwrap_or_default();
            }
            let mut seen = 0;
            for sighting in sightings.into_iter().rev() {
                let text = texts.link(sighting.text);
                new.sightings.push(crate::kept::SightingRow { next: seen, text, ..sighting });
                seen = u32::try_from(new.sightings.len()).unwrap_or_default();
            }
            if let Some(last) = new.rows.last_mut() {
                (last.opinions, last.sightings) = (next, seen);
            }
        }
        let texts = texts.new;
        self.kept = crate::kept::Kept {
            rows: new.rows,
            signals: new.signals,
            opinions: new.opinions,
            sightings: new.sightings,
            texts,
            dropped: 0,
            ..old
        };
        self.forget_void_changes();
        self.forget_void_graves();
        self.reindex(1);
    }

    fn forget_void_graves(&mut self) {
        let mut graves = std::mem::take(&mut self.kept.graves);
        graves.retain(|id| self.kept.place(*id).is_some());
        self.kept.graves = graves;
    }

    /// Notes that an entry may be gone.
    pub(crate) fn dig(&mut self, place: usize) {
        if let Some(row) = self.kept.rows.get_mut(place).filter(|row| row.flags & GRAVE == 0) {
            row.flags |= GRAVE;
            self.kept.graves.push(row.id);
        }
    }

    /// Derives the index from what is kept. So many `threads` work at it.
    pub(crate) fn reindex(&mut self, threads: usize) {
        use std::hash::BuildHasher;
        let Self { kept, index } = self;
        let key = &index.key;
        let of_signal = |place: u32| {
            let signal = kept.signals.get(place as usize)?;
            let row = || kept.rows.get(signal.row as usize);
            let there = kept.dropped == 0 || row().is_some_and(|row| row.flags & DROPPED == 0);
            there.then(|| signal_hash(Some(signal), &kept.texts, key))
        };
        let of_text = |place: u32| kept.texts.get(place as usize).map(|text| key.hash_one(text));
        let banks = kept.banks.iter().zip(0..).filter(|(row, _)| !row.removed);
        *index = Index {
            members: kept.members.iter().map(|member| member.id.clone()).zip(0..).collect(),
            banks: banks.map(|(row, place)| (row.bank.name.clone(), place)).collect(),
            incidents: kept.incidents.iter().map(|row| row.id.clone()).zip(0..).collect(),
            kinds: kept.kinds.iter().cloned().zip(0..).collect(),
            labels: kept.labels.iter().cloned().zip(0..).collect(),
            label_sets: kept.label_sets.iter().cloned().zip(0..).collect(),
            signals: Table::of(kept.signals.len(), threads, of_signal),
            texts: Table::of(kept.texts.len(), threads, of_text),
            key: key.clone(),
        };
    }
}

/// Texts that are still used, moved to new places.
struct Moved<'a> {
    old: &'a Texts,
    moved: BTreeMap<u32, u32>,
    new: Texts,
}

impl Moved<'_> {
    fn link(&mut self, link: u32) -> u32 {
        let Some(text) = (link as usize).checked_sub(1).and_then(|at| self.old.get(at)) else {
            return 0;
        };
        *self.moved.entry(link).or_insert_with(|| {
            self.new.push(text);
            u32::try_from(self.new.len()).unwrap_or_default()
        })
    }

    fn of_signal(&mut self, mut signal: SignalRow, row: u32) -> SignalRow {
        signal.row = row;
        if let (TEXT, Some(place)) = (signal.form, signal.bytes.first_chunk_mut::<4>()) {
            let link = u32::from_le_bytes(*place).saturating_add(1);
            *place = self.link(link).saturating_sub(1).to_le_bytes();
        }
        signal
    }
}

fn signal_hash(
    signal: Option<&SignalRow>,
    texts: &Texts,
    key: &foldhash::quality::FixedState,
) -> u64 {
    signal
        .and_then(|signal| body_of(signal, texts).map(|body| body.hash(key, signal.kind)))
        .unwrap_or_default()
}

fn intern<T: Clone + Ord>(places: &mut BTreeMap<T, u16>, all: &mut Vec<T>, one: &T) -> Option<u16> {
    if let Some(place) = places.get(one) {
        return Some(*place);
    }
    let place = u16::try_from(all.len()).ok().filter(|place| *place < u16::MAX)?;
    all.push(one.clone());
    places.insert(one.clone(), place);
    Some(place)
}
