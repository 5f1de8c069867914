//! `decide`: a command, the state and the instant give events, or a refusal.

use crate::command::{Contribution, Seeing};
use crate::event::{Contributed, IncidentReport, Joined, Sighted};
use crate::kept::{
    DROPPED, EXPIRED, FLOODED, NEAR_BENIGN, RELEASED, Row, instant, seconds, some_instant,
};
use crate::{
    Bank, BankName, Checkpoint, Command, EntryId, EntryState, Event, Fact, IncidentId, Label,
    MAX_HASH, MAX_LABELS, MAX_NOTE, MAX_SIGNALS, Malformed, Member, MemberId, Purpose, ReaderId,
    Refused, Rules, SightingId, Signal, SignalType, State, Taxonomy, Verdict, Voice,
};
use std::collections::BTreeMap;
use writ_vocabulary::{Instant, PersonId};

/// The most members, banks, incidents and readers there may be.
const MOST: usize = 10_000;
/// The most entries that one sweep, or one dropping of notices, names.
const BATCH: u32 = 10_000;
const DAY: i64 = 24 * 60 * 60;
const YEAR: i64 = 366 * DAY;

/// What knows the signal types: the hash bank does not.
pub trait Signals {
    /// The canonical text of a hash: two texts that mean the same hash become one.
    ///
    /// # Errors
    /// [`Malformed`], in words, where the text is not of that type, or there is no such type.
    fn canonical(&self, kind: &SignalType, hash: &str) -> Result<String, Malformed>;
}

impl<F: Fn(&SignalType, &str) -> Result<String, Malformed>> Signals for F {
    fn canonical(&self, kind: &SignalType, hash: &str) -> Result<String, Malformed> {
        self(kind, hash)
    }
}

type Decided = Result<Vec<Event>, Refused>;

/// Decides. Pure: the same command, state and instant give the same answer. What is already so gives no event.
///
/// A contribution gives one event for each entry it falls to: what other members contributed before is joined, what is
/// new becomes one new entry. So support for a hash that is known never lifts one that is not.
///
/// # Errors
/// A [`Refused`] in words for who gave the command; nothing has happened then.
pub fn decide(state: &State, command: Command, now: Instant, signals: &dyn Signals) -> Decided {
    match command {
        Command::AdoptRules(rules) => adopt_rules(state, rules),
        Command::AdoptTaxonomy(taxonomy) => adopt_taxonomy(state, taxonomy),
        Command::AdmitMember { member, voice } => admit(state, member, voice),
        Command::SetVoice { member, voice } => {
            let same = known(state, &member)?.voice == voice;
            Ok(unless(same, Event::VoiceSet { member, voice }))
        }
        Command::CreateBank(bank) => create_bank(state, bank),
        Command::ChangeBank { name, bank } => change_bank(state, name, bank),
        Command::RemoveBank { name } => match state.bank(&name) {
            Some(_) => Ok(vec![Event::BankRemoved { name }]),
            None => Err(Refused::NoBank(name)),
        },
        Command::Contribute(contribution) => contribute(state, contribution, now, signals),
        Command::WithdrawContribution { entry, by, reason } => withdraw(state, entry, by, reason),
        Command::Opine { entry, by, verdict, labels, reason } => {
            opine(state, entry, by, verdict, labels, reason)
        }
        Command::TakeOpinionBack { entry, by } => take_back(state, entry, by),
        Command::Annotate { entry, by, note } => annotate(state, entry, by, note),
        Command::Reschedule { entry, by, expires, review_by } => {
            reschedule(state, entry, by, expires, review_by, now)
        }
        Command::Disable { entry, by, until } => disable(state, entry, by, until, now),
        Command::ReportMatches { entry, matches, minutes } => {
            report_matches(state, entry, matches, minutes)
        }
        Command::ReportBenign { entry, kind, distance } => {
            report_benign(state, entry, kind, distance)
        }
        Command::Release { entry, by, person, reason } => release(state, entry, by, person, reason),
        Command::OpenIncident { incident, by, title, labels, fast } => {
            open_incident(state, incident, by, title, labels, fast)
        }
        Command::CloseIncident { incident, by } => close_incident(state, incident, by, now),
        Command::Sight(seeing) => sight(state, seeing, now, signals),
        Command::RegisterReader { reader, member } => register(state, reader, member),
        Command::Acknowledge { reader, checkpoint } => acknowledge(state, reader, checkpoint),
        Command::RemoveReader { reader } => {
            state.kept.readers.get(&reader).ok_or_else(|| Refused::NoReader(reader.clone()))?;
            Ok(vec![Event::ReaderRemoved { reader }])
        }
        Command::Sweep { limit } => Ok(sweep(state, limit, now)),
        Command::DropTombstones { limit } => drop_tombstones(state, limit, now),
    }
}

fn unless(already: bool, event: Event) -> Vec<Event> {
    if already { Vec::new() } else { vec![event] }
}

fn adopt_rules(state: &State, rules: Rules) -> Decided {
    rules.check()?;
    newer("rules", rules.version, state.rules().map(|rules| rules.version))?;
    Ok(vec![Event::RulesAdopted(rules)])
}

fn adopt_taxonomy(state: &State, taxonomy: Taxonomy) -> Decided {
    taxonomy.check()?;
    newer("taxonomy", taxonomy.version, state.taxonomy().map(|taxonomy| taxonomy.version))?;
    for axis in state.taxonomy().iter().flat_map(|old| &old.axis) {
        let still = taxonomy.axis.iter().find(|now| now.name == axis.name);
        let gone = axis.labels.iter().find(|label| {
            !still.is_some_and(|now| now.labels.iter().any(|other| other.name == label.name))
        });
        if let Some(label) = gone.and_then(|l| format!("{}/{}", axis.name, l.name).parse().ok()) {
            return Err(Refused::LabelRemoved(label));
        }
    }
    Ok(vec![Event::TaxonomyAdopted(taxonomy)])
}

fn newer(what: &'static str, given: u32, current: Option<u32>) -> Result<(), Refused> {
    match current {
        Some(current) if given <= current => Err(Refused::NotNewer { what, given, current }),
        _ => Ok(()),
    }
}

fn admit(state: &State, member: MemberId, voice: Voice) -> Decided {
    if state.member(&member).is_some() {
        return Err(Refused::MemberExists(member));
    }
    room("the number of members", state.members().len())?;
    Ok(vec![Event::MemberAdmitted(Member { id: member, voice })])
}

fn room(what: &'static str, len: usize) -> Result<(), Refused> {
    at_most(what, len.saturating_add(1), MOST)
}

fn at_most(what: &'static str, given: usize, most: usize) -> Result<(), Refused> {
    if given > most { Err(Refused::TooMuch { what, most }) } else { Ok(()) }
}

fn create_bank(state: &State, bank: Bank) -> Decided {
    if let Some(fault) = bank.fault() {
        return Err(Refused::BankSettings { bank: bank.name, fault });
    }
    if state.bank(&bank.name).is_some() {
        return Err(Refused::BankExists(bank.name));
    }
    room("the number of banks, removed ones included,", state.kept.banks.len())?;
    Ok(vec![Event::BankCreated(bank)])
}

fn change_bank(state: &State, name: BankName, bank: Bank) -> Decided {
    let Some(current) = state.bank(&name) else { return Err(Refused::NoBank(name)) };
    if let Some(fault) = bank.fault() {
        return Err(Refused::BankSettings { bank: name, fault });
    }
    if current.purpose != bank.purpose {
        return Err(Refused::PurposeFixed(name));
    }
    if name != bank.name && state.bank(&bank.name).is_some() {
        return Err(Refused::BankExists(bank.name));
    }
    Ok(unless(*current == bank, Event::BankChanged { name, bank }))
}

/// A member, who may speak.
fn speaker<'a>(state: &'a State, id: &MemberId, what: &'static str) -> Result<&'a Member, Refused> {
    let member = known(state, id)?;
    match member.voice {
        Voice::Barred => Err(Refused::Voice { member: id.clone(), voice: member.voice, what }),
        Voice::Full | Voice::Observer => Ok(member),
    }
}

/// A member, whose word counts.
fn counted(state: &State, id: &MemberId, what: &'static str) -> Result<(), Refused> {
    match known(state, id)?.voice {
        Voice::Full => Ok(()),
        voice => Err(Refused::Voice { member: id.clone(), voice, what }),
    }
}

fn known<'a>(state: &'a State, id: &MemberId) -> Result<&'a Member, Refused> {
    state.member(id).ok_or_else(|| Refused::NoMember(id.clone()))
}

fn row(state: &State, entry: EntryId) -> Result<&Row, Refused> {
    let place = state.kept.place(entry.0);
    place.and_then(|place| state.kept.rows.get(place)).ok_or(Refused::NoEntry(entry))
}

fn bank_of<'a>(state: &'a State, row: &Row) -> Result<&'a Bank, Refused> {
    let bank = state.kept.banks.get(usize::from(row.bank)).filter(|bank| !bank.removed);
    bank.map(|bank| &bank.bank).ok_or(Refused::BankGone(EntryId(row.id)))
}

fn note_fits(note: Option<&str>) -> Result<(), Refused> {
    at_most("the note's length in bytes", note.map_or(0, str::len), MAX_NOTE)
}

/// The labels in order and once each, those of the incident added, and all of them such as may be given.
fn labels(state: &State, mut given: Vec<Label>, incident: &[Label]) -> Result<Vec<Label>, Refused> {
    given.extend_from_slice(incident);
    at_most("the number of labels", given.len(), MAX_LABELS)?;
    given.sort();
    given.dedup();
    let of_incident = |label: &&Label| {
        label.axis() == crate::taxonomy::INCIDENT_AXIS
            && label.word().parse().is_ok_and(|id: IncidentId| state.is_open(&id).is_some())
    };
    let ordinary: Vec<Label> = given.iter().filter(|l| !of_incident(l)).cloned().collect();
    if !ordinary.is_empty() {
        state.taxonomy().ok_or(Refused::NoTaxonomy)?.admit(&ordinary)?;
    }
    Ok(given)
}

fn canonical(signals: &dyn Signals, mut signal: Signal) -> Result<Signal, Refused> {
    at_most("the hash's length in bytes", signal.hash.len(), MAX_HASH)?;
    let malformed = |kind: &SignalType, hash: &str, why| Refused::Malformed {
        kind: kind.clone(),
        hash: hash.chars().take(80).collect(),
        why,
    };
    if signal.quality > Some(100) {
        let why = Malformed("its quality is above 100".to_owned());
        return Err(malformed(&signal.kind, &signal.hash, why));
    }
    signal.hash = signals
        .canonical(&signal.kind, &signal.hash)
        .map_err(|why| malformed(&signal.kind, &signal.hash, why))?;
    at_most("the hash's length in bytes", signal.hash.len(), MAX_HASH)?;
    Ok(signal)
}

fn contribute(
    state: &State,
    mut given: Contribution,
    now: Instant,
    signals: &dyn Signals,
) -> Decided {
    let rules = state.rules().ok_or(Refused::NoRules)?;
    counted(state, &given.by, "to contribute")?;
    let Some(bank) = state.bank(&given.bank) else { return Err(Refused::NoBank(given.bank)) };
    if !(1..=MAX_SIGNALS).contains(&given.signals.len()) {
        return Err(Refused::SignalCount(given.signals.len()));
    }
    note_fits(given.note.as_deref())?;
    if let Some(fault) = given.content.as_ref().and_then(|content| content.fault()) {
        return Err(Refused::Content(fault));
    }
    let incident = incident_labels(state, given.incident.as_ref())?;
    given.labels = labels(state, std::mem::take(&mut given.labels), &incident)?;
    let dates = Dates::of(rules, &given, now)?;
    let split = Split::of(state, bank, std::mem::take(&mut given.signals), signals)?;
    let mut events = Vec::new();
    for (entry, places) in &split.joined {
        events.extend(join(state, *entry, places, &given, &dates, now)?);
    }
    if !split.new.is_empty() {
        if state.kept.next_entry == u32::MAX {
            return Err(Refused::TooMuch {
                what: "the number of entries",
                most: u32::MAX as usize,
            });
        }
        let near = |s: &Signal| s.nearest_benign <= rules.benign.get(&s.kind).copied();
        let near_benign = bank.purpose == Purpose::Match
            && split.new.iter().any(|s| s.nearest_benign.is_some() && near(s));
        events.push(Event::Contributed(Contributed {
            entry: EntryId(state.kept.next_entry),
            bank: given.bank,
            by: given.by,
            signals: split.new,
            labels: given.labels,
            note: given.note,
            content: given.content,
            expires: dates.expires,
            review_by: dates.review_by,
            incident: given.incident,
            near_benign,
        }));
    }
    Ok(events)
}

/// A contribution's signals: those that are entries already, and those that are new.
struct Split {
    joined: BTreeMap<EntryId, Vec<u8>>,
    new: Vec<Signal>,
}

impl Split {
    fn of(
        state: &State,
        bank: &Bank,
        given: Vec<Signal>,
        signals: &dyn Signals,
    ) -> Result<Self, Refused> {
        let mut split = Self { joined: BTreeMap::new(), new: Vec::new() };
        for signal in given {
            let signal = canonical(signals, signal)?;
            if let Some(quality) = signal.quality.filter(|quality| *quality < bank.quality) {
                let (kind, line, bank) = (signal.kind, bank.quality, bank.name.clone());
                return Err(Refused::LowQuality { kind, quality, line, bank });
            }
            let same = |other: &Signal| other.kind == signal.kind && other.hash == signal.hash;
            match state.find(&bank.name, &signal.kind, &signal.hash) {
                Some(id) => {
                    let places = split.joined.entry(id.entry()).or_default();
                    if !places.contains(&id.place()) {
                        places.push(id.place());
                    }
                }
                None if split.new.iter().any(same) => {}
                None => split.new.push(signal),
            }
        }
        split.joined.values_mut().for_each(|places| places.sort_unstable());
        Ok(split)
    }
}

/// When a contribution ends and is looked at again.
struct Dates {
    expires: Option<Instant>,
    review_by: Option<Instant>,
}

impl Dates {
    fn of(rules: &Rules, given: &Contribution, now: Instant) -> Result<Self, Refused> {
        let in_days = |days: u32| instant(seconds(now).saturating_add(days.saturating_mul(86_400)));
        let usual = match given.incident {
            Some(_) => rules.review.incident_days,
            None => rules.review.days,
        };
        for date in [given.expires, given.review_by].into_iter().flatten() {
            ahead(date, now, 100)?;
        }
        Ok(Self {
            expires: given.expires.or(rules.expiry.days.map(in_days)),
            review_by: given.review_by.or(Some(in_days(usual))),
        })
    }
}

fn ahead(date: Instant, now: Instant, years: u16) -> Result<(), Refused> {
    if date <= now {
        return Err(Refused::Past(date));
    }
    let far = date.as_second().saturating_sub(now.as_second()) > YEAR * i64::from(years);
    // Seconds are kept up to 2106.
    if far || u32::try_from(date.as_second()).is_err() {
        return Err(Refused::TooFar { given: date, years });
    }
    Ok(())
}

fn incident_labels(state: &State, incident: Option<&IncidentId>) -> Result<Vec<Label>, Refused> {
    let Some(id) = incident else { return Ok(Vec::new()) };
    match state.is_open(id) {
        None => return Err(Refused::NoIncident(id.clone())),
        Some(false) => return Err(Refused::IncidentClosed(id.clone())),
        Some(true) => {}
    }
    let place = state.index.incidents.get(id).copied().unwrap_or_default();
    let row = state.kept.incidents.get(usize::from(place));
    let own = format!("{}/{id}", crate::taxonomy::INCIDENT_AXIS).parse();
    Ok(row.into_iter().flat_map(|row| row.labels.iter().cloned()).chain(own).collect())
}

fn join(
    state: &State,
    entry: EntryId,
    places: &[u8],
    given: &Contribution,
    dates: &Dates,
    now: Instant,
) -> Result<Option<Event>, Refused> {
    let row = row(state, entry)?;
    let view = state.entry(entry, now).ok_or(Refused::NoEntry(entry))?;
    let anew = view.standing.state.is_gone();
    let kept_end = some_instant(row.expires);
    let joined = Joined {
        entry,
        by: given.by.clone(),
        signals: places.to_vec(),
        labels: given.labels.clone(),
        note: given
            .note
            .clone()
            .or_else(|| view.own(&given.by).and_then(|own| own.note.map(str::to_owned))),
        // The later end holds, and none is the latest.
        expires: if anew {
            dates.expires
        } else {
            kept_end.zip(dates.expires).map(|(a, b)| a.max(b))
        },
        review_by: if anew { dates.review_by } else { some_instant(row.review_by) },
        incident: given.incident.clone().or_else(|| view.incident.cloned()),
    };
    let already = !anew
        && joined.expires == kept_end
        && joined.incident.as_ref() == view.incident
        && view.own(&given.by).is_some_and(|own| {
            places.iter().all(|place| own.contributed.contains(place))
                && own.verdict.is_none()
                && own.note == joined.note.as_deref()
                && same_labels(&own.labels, &joined.labels)
        });
    Ok((!already).then_some(Event::Joined(joined)))
}

/// Whether the labels are the same, in whatever order.
fn same_labels(one: &[&Label], other: &[Label]) -> bool {
    one.len() == other.len() && other.iter().all(|label| one.contains(&label))
}

fn withdraw(state: &State, entry: EntryId, by: MemberId, reason: Option<String>) -> Decided {
    speaker(state, &by, "to withdraw a contribution")?;
    note_fits(reason.as_deref())?;
    contributed(state, entry, &by, "withdraw its contribution")?;
    Ok(vec![Event::ContributionWithdrawn { entry, by, reason }])
}

/// The row of an entry that the member contributed and has not withdrawn.
fn contributed<'a>(
    state: &'a State,
    entry: EntryId,
    by: &MemberId,
    what: &'static str,
) -> Result<&'a Row, Refused> {
    let row = row(state, entry)?;
    let member = state.index.members.get(by).copied();
    let own = member.and_then(|member| state.own_opinion(row, member));
    let own = own.and_then(|own| state.kept.opinions.get(own));
    own.filter(|own| own.mask != 0).map(|_| row).ok_or_else(|| Refused::NotContributor {
        member: by.clone(),
        entry,
        what,
    })
}

fn opine(
    state: &State,
    entry: EntryId,
    by: MemberId,
    verdict: Verdict,
    given: Option<Vec<Label>>,
    reason: Option<String>,
) -> Decided {
    speaker(state, &by, "to give an opinion")?;
    note_fits(reason.as_deref())?;
    bank_of(state, row(state, entry)?)?;
    let given = given.map(|given| labels(state, given, &[])).transpose()?;
    let view = state.entry(entry, Instant::UNIX_EPOCH).ok_or(Refused::NoEntry(entry))?;
    let already = view.own(&by).is_some_and(|own| {
        own.verdict == Some(verdict)
            && own.reason == reason.as_deref()
            && given.as_ref().is_none_or(|given| same_labels(&own.labels, given))
    });
    Ok(unless(already, Event::OpinionGiven { entry, by, verdict, labels: given, reason }))
}

fn take_back(state: &State, entry: EntryId, by: MemberId) -> Decided {
    speaker(state, &by, "to take an opinion back")?;
    row(state, entry)?;
    let view = state.entry(entry, Instant::UNIX_EPOCH).ok_or(Refused::NoEntry(entry))?;
    match view.own(&by).and_then(|own| own.verdict) {
        Some(_) => Ok(vec![Event::OpinionTakenBack { entry, by }]),
        None => Err(Refused::NothingSaid { member: by, entry }),
    }
}

fn annotate(state: &State, entry: EntryId, by: MemberId, note: Option<String>) -> Decided {
    speaker(state, &by, "to annotate")?;
    note_fits(note.as_deref())?;
    contributed(state, entry, &by, "annotate it")?;
    let view = state.entry(entry, Instant::UNIX_EPOCH).ok_or(Refused::NoEntry(entry))?;
    let already = view.own(&by).is_some_and(|own| own.note == note.as_deref());
    Ok(unless(already, Event::Annotated { entry, by, note }))
}

fn reschedule(
    state: &State,
    entry: EntryId,
    by: MemberId,
    expires: Option<Instant>,
    review_by: Option<Instant>,
    now: Instant,
) -> Decided {
    counted(state, &by, "to change an entry's dates")?;
    let row = contributed(state, entry, &by, "change its dates")?;
    for date in [expires, review_by].into_iter().flatten() {
        ahead(date, now, 100)?;
    }
    let others = state.facts(row, None, seconds(now)).of(Fact::Contributors) > 1;
    let sooner = match (some_instant(row.expires), expires) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(kept), Some(wanted)) => wanted < kept,
    };
    if others && sooner {
        return Err(Refused::OthersStand(entry));
    }
    let already = row.flags & EXPIRED == 0
        && row.expires == expires.map_or(0, seconds)
        && row.review_by == review_by.map_or(0, seconds);
    Ok(unless(already, Event::Rescheduled { entry, by, expires, review_by }))
}

fn disable(
    state: &State,
    entry: EntryId,
    by: MemberId,
    until: Option<Instant>,
    now: Instant,
) -> Decided {
    speaker(state, &by, "to disable an entry")?;
    row(state, entry)?;
    if let Some(until) = until {
        ahead(until, now, 5)?;
    }
    let already = state.disabled_until(entry, &by).map(seconds) == until.map(seconds);
    Ok(unless(already, Event::Disabled { entry, by, until }))
}

fn report_matches(state: &State, entry: EntryId, matches: u32, minutes: u32) -> Decided {
    let rules = state.rules().ok_or(Refused::NoRules)?;
    let row = row(state, entry)?;
    let times = if row.flags & RELEASED == 0 { 1 } else { rules.flood.after_release };
    let (most, window) = (u64::from(rules.flood.matches) * u64::from(times), rules.flood.minutes);
    if u64::from(matches) < most || minutes > window {
        return Err(Refused::NoFlood { matches, minutes, most, window });
    }
    Ok(unless(row.flags & FLOODED != 0, Event::Flooded { entry, matches, minutes }))
}

fn report_benign(state: &State, entry: EntryId, kind: SignalType, distance: u32) -> Decided {
    let rules = state.rules().ok_or(Refused::NoRules)?;
    let row = row(state, entry)?;
    let has =
        state.index.kinds.get(&kind).is_some_and(|place| {
            state.kept.signals(row).iter().any(|signal| signal.kind == *place)
        });
    if !has {
        return Err(Refused::NoSuchSignal { entry, kind });
    }
    let line = rules.benign.get(&kind).copied().unwrap_or_default();
    if distance > line {
        return Err(Refused::NotNear { kind, distance, line });
    }
    // A bank of harmless content holds what lies near harmless content; and what a person let go stays free.
    let spared = bank_of(state, row)?.purpose == Purpose::Negative
        || row.flags & (NEAR_BENIGN | RELEASED) != 0;
    Ok(unless(spared, Event::FoundNearBenign { entry, kind, distance }))
}

fn release(
    state: &State,
    entry: EntryId,
    by: MemberId,
    person: PersonId,
    reason: String,
) -> Decided {
    counted(state, &by, "to release an entry")?;
    note_fits(Some(&reason))?;
    let row = row(state, entry)?;
    if row.flags & (FLOODED | NEAR_BENIGN) == 0 {
        return Err(Refused::NotHeld(entry));
    }
    Ok(vec![Event::Released { entry, by, person, reason }])
}

fn open_incident(
    state: &State,
    incident: IncidentId,
    by: MemberId,
    title: String,
    given: Vec<Label>,
    fast: bool,
) -> Decided {
    counted(state, &by, "to open an incident")?;
    if state.is_open(&incident).is_some() {
        return Err(Refused::IncidentExists(incident));
    }
    room("the number of incidents", state.kept.incidents.len())?;
    at_most("the title's length in bytes", title.len(), 255)?;
    let labels = labels(state, given, &[])?;
    Ok(vec![Event::IncidentOpened { incident, by, title, labels, fast }])
}

fn close_incident(state: &State, incident: IncidentId, by: MemberId, now: Instant) -> Decided {
    counted(state, &by, "to close an incident")?;
    match state.is_open(&incident) {
        None => return Err(Refused::NoIncident(incident)),
        Some(false) => return Err(Refused::IncidentClosed(incident)),
        Some(true) => {}
    }
    let report = report(state, &incident, now);
    Ok(vec![Event::IncidentClosed { incident, by, report }])
}

/// What came of an incident until now.
fn report(state: &State, incident: &IncidentId, now: Instant) -> IncidentReport {
    let place = state.index.incidents.get(incident).copied().unwrap_or_default();
    let Some(row) = state.kept.incidents.get(usize::from(place)) else {
        return IncidentReport::default();
    };
    let now = seconds(now);
    let mut report = IncidentReport {
        minutes: now.saturating_sub(row.opened) / 60,
        ..IncidentReport::default()
    };
    let mut contributors = std::collections::BTreeSet::new();
    let places = row.entries.iter().filter_map(|entry| state.kept.place(*entry));
    for entry in places.filter_map(|place| state.kept.rows.get(place)) {
        report.entries += 1;
        let opinions = state.kept.opinions(entry);
        contributors.extend(opinions.filter(|(_, o)| o.mask != 0).map(|(_, o)| o.member));
        report.sightings += u32::try_from(state.kept.sightings(entry).count()).unwrap_or(u32::MAX);
        let Some(standing) = state.stands(entry, None, now) else { continue };
        report.confirmed += u32::from(standing.facts.of(Fact::For) >= 2);
        report.disputed += u32::from(standing.state == EntryState::Disputed);
        report.gone += u32::from(standing.state.is_gone());
    }
    report.contributors = u32::try_from(contributors.len()).unwrap_or(u32::MAX);
    report
}

fn sight(state: &State, seeing: Seeing, now: Instant, signals: &dyn Signals) -> Decided {
    speaker(state, &seeing.by, "to record a sighting")?;
    row(state, seeing.entry)?;
    if state.kept.next_sighting == u32::MAX {
        return Err(Refused::TooMuch { what: "the number of sightings", most: u32::MAX as usize });
    }
    if seeing.seen > now {
        return Err(Refused::TooFar { given: seeing.seen, years: 0 });
    }
    for (label, axis) in [(&seeing.platform, "platform"), (&seeing.form, "form")] {
        if label.axis() != axis {
            return Err(Refused::Axis { label: label.clone(), axis });
        }
        let one = std::slice::from_ref(label);
        state.taxonomy().ok_or(Refused::NoTaxonomy)?.admit(one)?;
    }
    let signal = seeing.signal.map(|signal| canonical(signals, signal)).transpose()?;
    Ok(vec![Event::Sighted(Sighted {
        sighting: SightingId(state.kept.next_sighting),
        entry: seeing.entry,
        by: seeing.by,
        platform: seeing.platform,
        form: seeing.form,
        distance: seeing.distance,
        seen: seeing.seen,
        signal,
    })])
}

fn register(state: &State, reader: ReaderId, member: MemberId) -> Decided {
    speaker(state, &member, "to follow the feed")?;
    if state.kept.readers.contains_key(&reader) {
        return Err(Refused::ReaderExists(reader));
    }
    room("the number of readers", state.kept.readers.len())?;
    Ok(vec![Event::ReaderRegistered { reader, member }])
}

fn acknowledge(state: &State, reader: ReaderId, checkpoint: Checkpoint) -> Decided {
    let Some(row) = state.kept.readers.get(&reader) else {
        return Err(Refused::NoReader(reader));
    };
    if checkpoint.seen.max(checkpoint.began) > state.kept.head {
        return Err(Refused::Ahead { given: checkpoint, head: state.kept.head });
    }
    Ok(unless(row.checkpoint == checkpoint, Event::ReaderPassed { reader, checkpoint }))
}

fn sweep(state: &State, limit: u32, now: Instant) -> Vec<Event> {
    let now = seconds(now);
    let due = state.kept.rows.iter().filter(|row| {
        row.expires != 0 && row.expires <= now && row.flags & (EXPIRED | DROPPED) == 0
    });
    let entries: Vec<_> = due.take(limit.min(BATCH) as usize).map(|row| EntryId(row.id)).collect();
    unless(entries.is_empty(), Event::Expired { entries })
}

/// A notice goes once it is old enough and every reader has passed it, or it is too old. One that members speak
/// against stays for ever: the same hash contributed again must find what they said.
fn drop_tombstones(state: &State, limit: u32, now: Instant) -> Decided {
    let rules = state.rules().ok_or(Refused::NoRules)?;
    let now = seconds(now);
    let passed = state.slowest_reader().unwrap_or(u64::MAX);
    let days = |row: &Row| now.saturating_sub(row.changed_at) / 86_400;
    let ripe = |row: &&Row| {
        let age = days(row);
        (age >= rules.tombstones.at_least_days && row.changed <= passed)
            || age >= rules.tombstones.at_most_days
    };
    // Gone at its last change already: an end that passed since was not told to anybody yet.
    let gone = |row: &&Row| {
        [row.changed_at, now].into_iter().all(|at| {
            state.stands(row, None, at).is_some_and(|standing| {
                standing.state.is_gone() && standing.facts.of(Fact::Against) == 0
            })
        })
    };
    let graves = state.kept.graves.iter().filter_map(|id| state.kept.place(*id));
    let rows = graves.filter_map(|place| state.kept.rows.get(place));
    let ripe = rows.filter(ripe).filter(gone).take(limit.min(BATCH) as usize);
    let entries: Vec<_> = ripe.map(|row| EntryId(row.id)).collect();
    Ok(unless(entries.is_empty(), Event::TombstonesDropped { entries }))
}
