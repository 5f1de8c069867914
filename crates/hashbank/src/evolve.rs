//! `evolve`: the state and an event give the state after it.

use crate::event::{Contributed, Joined, Sighted};
use crate::kept::{
    BankRow, EXPIRED, FLOODED, IncidentRow, NEAR_BENIGN, OpinionRow, RELEASED, ReaderRow, Row,
    SightingRow, VERDICTS, seconds,
};
use crate::state::Body;
use crate::{
    Bank, BankName, Checkpoint, EntryId, Event, IncidentId, Label, MAX_SIGNALS, Member, MemberId,
    ReaderId, Rules, State, Taxonomy, Verdict, Voice,
};
use writ_vocabulary::Instant;

/// An event that cannot have happened to this state: the journal was not written by `decide`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event `{event}` contradicts the hash bank: {why}; verify the journal")]
pub struct Contradiction {
    /// The event's kind.
    pub event: &'static str,
    /// What contradicts it.
    pub why: &'static str,
}

type Done = Result<(), &'static str>;

const NO_ENTRY: &str = "there is no such entry";
const NO_MEMBER: &str = "there is no such member";
const NO_BANK: &str = "there is no such bank";
const NO_INCIDENT: &str = "there is no such incident";
const FULL: &str = "a list is full";

/// The state that these events made. `key` is as in [`State::new`].
///
/// # Errors
/// [`Contradiction`] at the first event that cannot have happened.
pub fn replay<'a>(
    key: u64,
    events: impl IntoIterator<Item = (Instant, &'a Event)>,
) -> Result<State, Contradiction> {
    let mut state = State::new(key);
    for (at, event) in events {
        evolve(&mut state, at, event)?;
    }
    Ok(state)
}

/// Brings `state` to where it is after `event`, which happened at `at`.
///
/// # Errors
/// [`Contradiction`] when the event cannot have happened; the state then is as it was.
pub fn evolve(state: &mut State, at: Instant, event: &Event) -> Result<(), Contradiction> {
    let now = seconds(at);
    let done = match event {
        Event::RulesAdopted(rules) => adopt_rules(state, rules),
        Event::TaxonomyAdopted(taxonomy) => adopt_taxonomy(state, taxonomy),
        Event::MemberAdmitted(member) => admit(state, member),
        Event::VoiceSet { member, voice } => set_voice(state, member, *voice, now),
        Event::BankCreated(bank) => create_bank(state, bank),
        Event::BankChanged { name, bank } => change_bank(state, name, bank, now),
        Event::BankRemoved { name } => remove_bank(state, name, now),
        Event::Contributed(contributed) => contribute(state, contributed, now),
        Event::Joined(joined) => join(state, joined, now),
        Event::ContributionWithdrawn { .. }
        | Event::OpinionGiven { .. }
        | Event::OpinionTakenBack { .. }
        | Event::Annotated { .. } => speak(state, event, now),
        Event::Rescheduled { entry, expires, review_by, .. } => {
            reschedule(state, *entry, *expires, *review_by, now)
        }
        Event::Disabled { entry, by, until } => disable(state, *entry, by, *until),
        Event::Flooded { entry, .. } => flag(state, *entry, FLOODED, 0, now),
        Event::FoundNearBenign { entry, .. } => flag(state, *entry, NEAR_BENIGN, 0, now),
        Event::Released { entry, .. } => flag(state, *entry, RELEASED, FLOODED | NEAR_BENIGN, now),
        Event::IncidentOpened { incident, labels, fast, .. } => {
            open_incident(state, incident, labels, *fast, now)
        }
        Event::IncidentClosed { incident, .. } => close_incident(state, incident, now),
        Event::Sighted(sighted) => sight(state, sighted),
        Event::ReaderRegistered { reader, member } => register(state, reader, member),
        Event::ReaderPassed { reader, checkpoint } => pass(state, reader, *checkpoint),
        Event::ReaderRemoved { reader } => {
            state.kept.readers.remove(reader).map(|_| ()).ok_or("there is no such reader")
        }
        Event::Expired { entries } => expire(state, entries, now),
        Event::TombstonesDropped { entries } => drop_tombstones(state, entries),
    };
    done.map_err(|why| Contradiction { event: event.kind(), why })
}

fn adopt_rules(state: &mut State, rules: &Rules) -> Done {
    rules.check().map_err(|_| "the rules cannot be used")?;
    state.kept.rules = Some(rules.clone());
    state.touch_all();
    Ok(())
}

fn adopt_taxonomy(state: &mut State, taxonomy: &Taxonomy) -> Done {
    taxonomy.check().map_err(|_| "the taxonomy cannot be used")?;
    state.kept.taxonomy = Some(taxonomy.clone());
    Ok(())
}

fn admit(state: &mut State, member: &Member) -> Done {
    let place = u16::try_from(state.kept.members.len()).map_err(|_| FULL)?;
    if place == u16::MAX || state.index.members.contains_key(&member.id) {
        return Err("the member is there already, or the list is full");
    }
    state.kept.members.push(member.clone());
    state.index.members.insert(member.id.clone(), place);
    Ok(())
}

/// What a member said counts from now on, or does not: everything that it spoke of may stand elsewhere.
fn set_voice(state: &mut State, member: &MemberId, voice: Voice, now: u32) -> Done {
    let place = *state.index.members.get(member).ok_or(NO_MEMBER)?;
    state.kept.members.get_mut(usize::from(place)).ok_or(NO_MEMBER)?.voice = voice;
    let spoken = |state: &State, row: &Row| state.own_opinion(row, place).is_some();
    touch_where(state, now, spoken);
    Ok(())
}

fn create_bank(state: &mut State, bank: &Bank) -> Done {
    let place = u16::try_from(state.kept.banks.len()).map_err(|_| FULL)?;
    if place == u16::MAX || state.index.banks.contains_key(&bank.name) {
        return Err("the bank is there already, or the list is full");
    }
    state.kept.banks.push(BankRow { bank: bank.clone(), removed: false });
    state.index.banks.insert(bank.name.clone(), place);
    Ok(())
}

fn change_bank(state: &mut State, name: &BankName, bank: &Bank, now: u32) -> Done {
    let place = *state.index.banks.get(name).ok_or(NO_BANK)?;
    if name != &bank.name && state.index.banks.contains_key(&bank.name) {
        return Err("another bank has the new name");
    }
    let row = state.kept.banks.get_mut(usize::from(place)).ok_or(NO_BANK)?;
    let told = row.bank.name != bank.name || row.bank.quorum != bank.quorum;
    row.bank = bank.clone();
    state.index.banks.remove(name);
    state.index.banks.insert(bank.name.clone(), place);
    if told {
        touch_where(state, now, |_, row| row.bank == place);
    }
    Ok(())
}

fn remove_bank(state: &mut State, name: &BankName, now: u32) -> Done {
    let place = state.index.banks.remove(name).ok_or(NO_BANK)?;
    state.kept.banks.get_mut(usize::from(place)).ok_or(NO_BANK)?.removed = true;
    touch_where(state, now, |_, row| row.bank == place);
    Ok(())
}

/// Tells the feed of every entry of which `which` holds, and notes that each may be gone.
fn touch_where(state: &mut State, now: u32, which: impl Fn(&State, &Row) -> bool) {
    for place in 0..state.kept.rows.len() {
        let row = state.kept.rows.get(place).copied();
        if row.is_some_and(|row| row.flags & crate::kept::DROPPED == 0 && which(state, &row)) {
            state.dig(place);
            state.touch(place, now);
        }
    }
}

fn contribute(state: &mut State, new: &Contributed, now: u32) -> Done {
    let bank = *state.index.banks.get(&new.bank).ok_or(NO_BANK)?;
    let member = *state.index.members.get(&new.by).ok_or(NO_MEMBER)?;
    let incident = incident_link(state, new.incident.as_ref())?;
    if new.entry.0 != state.kept.next_entry || new.entry.0 == u32::MAX {
        return Err("its number is not the next");
    }
    if state.kept.rules.is_none() || !(1..=MAX_SIGNALS).contains(&new.signals.len()) {
        return Err("it has no signal or too many, or no rules were adopted");
    }
    let bodies: Vec<Body<'_>> = new.signals.iter().map(|signal| Body::of(&signal.hash)).collect();
    let known = |(signal, body): (&crate::Signal, &Body<'_>)| {
        let kind = state.index.kinds.get(&signal.kind);
        kind.is_some_and(|kind| state.signal_place(bank, *kind, body).is_some())
    };
    if new.signals.iter().zip(&bodies).any(known) {
        return Err("one of its signals is another entry's");
    }
    for signal in &new.signals {
        state.kind(&signal.kind).ok_or(FULL)?;
    }
    let labels = state.label_set(&new.labels).ok_or(FULL)?;
    let first_signal = u32::try_from(state.kept.signals.len()).map_err(|_| FULL)?;
    let place = u32::try_from(state.kept.rows.len()).map_err(|_| FULL)?;
    state.kept.rows.push(Row {
        id: new.entry.0,
        bank,
        incident,
        flags: if new.near_benign { NEAR_BENIGN } else { 0 },
        signals: u8::try_from(new.signals.len()).unwrap_or_default(),
        pad: [0; 2],
        first_signal,
        opinions: 0,
        sightings: 0,
        changed: 0,
        changed_at: now,
        created: now,
        expires: new.expires.map_or(0, seconds),
        review_by: new.review_by.map_or(0, seconds),
    });
    for (signal, body) in new.signals.iter().zip(bodies) {
        state.add_signal(place, signal, body).ok_or(FULL)?;
    }
    state.kept.next_entry = new.entry.0.saturating_add(1);
    if let Some(content) = &new.content {
        state.kept.contents.insert(new.entry.0, content.clone());
    }
    enlist(state, incident, new.entry);
    let note = state.keep_note(new.note.as_deref());
    let mask = ((1u32 << new.signals.len()) - 1) as u16;
    if let Some(own) = state.opinion_of(place as usize, member) {
        *own = OpinionRow { mask, labels, note, at: now, ..*own };
    }
    state.touch(place as usize, now);
    Ok(())
}

fn join(state: &mut State, joined: &Joined, now: u32) -> Done {
    let place = state.kept.place(joined.entry.0).ok_or(NO_ENTRY)?;
    let row = state.kept.rows.get(place).copied().ok_or(NO_ENTRY)?;
    let incident = incident_link(state, joined.incident.as_ref())?;
    if joined.signals.is_empty() || joined.signals.iter().any(|place| *place >= row.signals) {
        return Err("it names a signal that the entry has not");
    }
    with_opinion(state, joined.entry, &joined.by, now, true, |state, own| {
        let mask = joined.signals.iter().fold(own.mask, |mask, place| mask | 1 << (place & 15));
        let labels = state.label_set(&joined.labels).ok_or(FULL)?;
        let note = state.keep_note(joined.note.as_deref());
        Ok(OpinionRow { mask, labels, note, verdict: 0, reason: 0, at: now, ..own })
    })?;
    if let Some(row) = state.kept.rows.get_mut(place) {
        row.incident = incident;
        row.flags &= !EXPIRED;
        row.expires = joined.expires.map_or(0, seconds);
        row.review_by = joined.review_by.map_or(0, seconds);
    }
    if incident != row.incident {
        enlist(state, incident, joined.entry);
    }
    Ok(())
}

/// An entry belongs to an incident from now on.
fn enlist(state: &mut State, incident: u16, entry: EntryId) {
    let incident = usize::from(incident).checked_sub(1);
    if let Some(incident) = incident.and_then(|place| state.kept.incidents.get_mut(place)) {
        incident.entries.push(entry.0);
    }
}

/// The place of an incident, plus one; 0 for none.
fn incident_link(state: &State, incident: Option<&IncidentId>) -> Result<u16, &'static str> {
    let Some(incident) = incident else { return Ok(0) };
    state.index.incidents.get(incident).and_then(|place| place.checked_add(1)).ok_or(NO_INCIDENT)
}

/// Changes what one member says of an entry, and nothing that another says.
fn with_opinion(
    state: &mut State,
    entry: EntryId,
    by: &MemberId,
    now: u32,
    may_be_first: bool,
    change: impl FnOnce(&mut State, OpinionRow) -> Result<OpinionRow, &'static str>,
) -> Done {
    let member = *state.index.members.get(by).ok_or(NO_MEMBER)?;
    let place = state.kept.place(entry.0).ok_or(NO_ENTRY)?;
    let row = state.kept.rows.get(place).copied().ok_or(NO_ENTRY)?;
    let own = state.own_opinion(&row, member).and_then(|own| state.kept.opinions.get(own));
    if own.is_none() && !may_be_first {
        return Err("the member said nothing of this entry");
    }
    let own =
        own.copied().unwrap_or(OpinionRow { member, next: row.opinions, ..OpinionRow::default() });
    let changed = change(state, own)?;
    if let Some(own) = state.opinion_of(place, member) {
        *own = changed;
    }
    state.dig(place);
    state.touch(place, now);
    Ok(())
}

fn code(verdict: Verdict) -> u8 {
    (1u8..).zip(VERDICTS).find(|(_, known)| *known == verdict).map_or(0, |(code, _)| code)
}

/// A member says something else of an entry than it did.
fn speak(state: &mut State, event: &Event, now: u32) -> Done {
    match event {
        Event::ContributionWithdrawn { entry, by, reason } => {
            with_opinion(state, *entry, by, now, false, |state, own| {
                let reason = state.keep_note(reason.as_deref());
                Ok(OpinionRow { mask: 0, reason, at: now, ..own })
            })
        }
        Event::OpinionGiven { entry, by, verdict, labels, reason } => {
            with_opinion(state, *entry, by, now, true, |state, own| {
                let labels = labels
                    .as_ref()
                    .map_or(Ok(own.labels), |labels| state.label_set(labels).ok_or(FULL))?;
                let reason = state.keep_note(reason.as_deref());
                Ok(OpinionRow { verdict: code(*verdict), labels, reason, at: now, ..own })
            })
        }
        Event::OpinionTakenBack { entry, by } => {
            with_opinion(state, *entry, by, now, false, |_, own| {
                Ok(OpinionRow { verdict: 0, reason: 0, at: now, ..own })
            })
        }
        Event::Annotated { entry, by, note } => {
            with_opinion(state, *entry, by, now, false, |state, own| {
                let note = state.keep_note(note.as_deref());
                Ok(OpinionRow { note, at: now, ..own })
            })
        }
        _ => Ok(()),
    }
}

fn reschedule(
    state: &mut State,
    entry: EntryId,
    expires: Option<Instant>,
    review_by: Option<Instant>,
    now: u32,
) -> Done {
    let place = state.kept.place(entry.0).ok_or(NO_ENTRY)?;
    let row = state.kept.rows.get_mut(place).ok_or(NO_ENTRY)?;
    row.expires = expires.map_or(0, seconds);
    row.review_by = review_by.map_or(0, seconds);
    row.flags &= !EXPIRED;
    state.touch(place, now);
    Ok(())
}

fn disable(state: &mut State, entry: EntryId, by: &MemberId, until: Option<Instant>) -> Done {
    let member = *state.index.members.get(by).ok_or(NO_MEMBER)?;
    state.kept.place(entry.0).ok_or(NO_ENTRY)?;
    match until {
        Some(until) => state.kept.disabled.insert((entry.0, member), seconds(until)),
        None => state.kept.disabled.remove(&(entry.0, member)),
    };
    Ok(())
}

fn flag(state: &mut State, entry: EntryId, set: u8, clear: u8, now: u32) -> Done {
    let place = state.kept.place(entry.0).ok_or(NO_ENTRY)?;
    let row = state.kept.rows.get_mut(place).ok_or(NO_ENTRY)?;
    row.flags = (row.flags & !clear) | set;
    state.touch(place, now);
    Ok(())
}

fn open_incident(
    state: &mut State,
    incident: &IncidentId,
    labels: &[Label],
    fast: bool,
    now: u32,
) -> Done {
    let place = u16::try_from(state.kept.incidents.len()).map_err(|_| FULL)?;
    if place >= u16::MAX - 1 || state.index.incidents.contains_key(incident) {
        return Err("there was an incident of that name, or the list is full");
    }
    state.index.incidents.insert(incident.clone(), place);
    state.kept.incidents.push(IncidentRow {
        id: incident.clone(),
        labels: labels.to_vec(),
        fast,
        opened: now,
        open: true,
        entries: Vec::new(),
    });
    Ok(())
}

fn close_incident(state: &mut State, incident: &IncidentId, now: u32) -> Done {
    let place = usize::from(*state.index.incidents.get(incident).ok_or(NO_INCIDENT)?);
    let row = state.kept.incidents.get_mut(place).ok_or(NO_INCIDENT)?;
    if !row.open {
        return Err("the incident is closed already");
    }
    row.open = false;
    for entry in row.entries.clone() {
        if let Some(place) = state.kept.place(entry) {
            state.touch(place, now);
        }
    }
    Ok(())
}

fn sight(state: &mut State, sighted: &Sighted) -> Done {
    let member = *state.index.members.get(&sighted.by).ok_or(NO_MEMBER)?;
    let place = state.kept.place(sighted.entry.0).ok_or(NO_ENTRY)?;
    if sighted.sighting.0 != state.kept.next_sighting || sighted.sighting.0 == u32::MAX {
        return Err("its number is not the next");
    }
    let (kind, text) = match &sighted.signal {
        Some(signal) => {
            (state.kind(&signal.kind).ok_or(FULL)?, state.keep_text(&signal.hash).ok_or(FULL)?)
        }
        None => (0, 0),
    };
    let row = SightingRow {
        id: sighted.sighting.0,
        member,
        platform: state.label(&sighted.platform).ok_or(FULL)?,
        form: state.label(&sighted.form).ok_or(FULL)?,
        kind,
        distance: sighted.distance,
        seen: seconds(sighted.seen),
        text,
        next: state.kept.rows.get(place).map_or(0, |row| row.sightings),
    };
    state.kept.sightings.push(row);
    state.kept.next_sighting = sighted.sighting.0.saturating_add(1);
    let link = u32::try_from(state.kept.sightings.len()).map_err(|_| FULL)?;
    if let Some(row) = state.kept.rows.get_mut(place) {
        row.sightings = link;
    }
    Ok(())
}

fn register(state: &mut State, reader: &ReaderId, member: &MemberId) -> Done {
    let member = *state.index.members.get(member).ok_or(NO_MEMBER)?;
    let row = ReaderRow { member, checkpoint: Checkpoint::START };
    match state.kept.readers.insert(reader.clone(), row) {
        None => Ok(()),
        Some(old) => {
            state.kept.readers.insert(reader.clone(), old);
            Err("the reader is there already")
        }
    }
}

fn pass(state: &mut State, reader: &ReaderId, checkpoint: Checkpoint) -> Done {
    let head = state.kept.head;
    let row = state.kept.readers.get_mut(reader).ok_or("there is no such reader")?;
    if checkpoint.seen > head {
        return Err("the checkpoint lies ahead of the feed");
    }
    row.checkpoint = checkpoint;
    Ok(())
}

fn expire(state: &mut State, entries: &[EntryId], now: u32) -> Done {
    if entries.iter().any(|entry| state.kept.place(entry.0).is_none()) {
        return Err(NO_ENTRY);
    }
    for place in entries.iter().filter_map(|entry| state.kept.place(entry.0)).collect::<Vec<_>>() {
        if let Some(row) = state.kept.rows.get_mut(place) {
            row.flags |= EXPIRED;
        }
        state.dig(place);
        state.touch(place, now);
    }
    Ok(())
}

fn drop_tombstones(state: &mut State, entries: &[EntryId]) -> Done {
    let places: Option<Vec<usize>> =
        entries.iter().map(|entry| state.kept.place(entry.0)).collect();
    let places = places.ok_or(NO_ENTRY)?;
    let changes = places.iter().filter_map(|place| state.kept.rows.get(*place));
    let last = changes.map(|row| row.changed).max().unwrap_or_default();
    // One named twice is dropped once.
    for place in places.iter().copied() {
        if state.kept.rows.get(place).is_some_and(|row| row.flags & crate::kept::DROPPED == 0) {
            state.drop_row(place);
        }
    }
    state.raise_floor(last);
    state.clear_if_many();
    Ok(())
}
