//! What always holds, for random commands in random order.

use super::phrases::{BEGINNING, KEY, canonical, command, play, timed};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use writ_hashbank::{
    Asked, BankName, Checkpoint, Coin, Command, EntryId, Event, Feed, Hit, Kept, MemberId, Purpose,
    SignalId, State, decide, evolve, judge, replay,
};
use writ_vocabulary::Instant;

const MEMBERS: [&str; 4] = ["alder", "birch", "cedar", "willow"];
const SIGNALS: [&str; 8] = [
    "pdq:A",
    "pdq:B@90",
    "pdq:C~12",
    "pdq:D",
    "video_md5:A",
    "video_sha256:B",
    "raw_text:x",
    "raw_text:y",
];
const BANKS: [&str; 4] = ["VIOLENT", "LOCAL", "HARMLESS", "SPARE"];

/// A phrase: most are of the daily sort, a few turn things over.
fn phrase() -> impl Strategy<Value = String> {
    let member = || proptest::sample::select(&MEMBERS[..]);
    let signal = || proptest::sample::select(&SIGNALS[..]);
    let bank = || proptest::sample::select(&BANKS[..]);
    let entry = || 1..14u32;
    let day = || 0..900u32;
    let contributes = (member(), signal(), signal(), bank(), proptest::option::of(1..900u32));
    let contributes = contributes.prop_map(|(by, one, two, bank, end)| {
        let end = end.map_or(String::new(), |end| format!(" until day {end}"));
        format!("{by} contributes {one} {two} to {bank}{end}")
    });
    let verbs = [
        "confirms",
        "disputes",
        "clears",
        "sees",
        "unsays",
        "withdraws",
        "notes",
        "releases",
        "disables",
    ];
    let speaks = (member(), proptest::sample::select(verbs.to_vec()), entry());
    let speaks = speaks.prop_map(|(by, verb, entry)| format!("{by} {verb} {entry}"));
    let events = (entry(), 0..4).prop_map(|(entry, which)| match which {
        0 => format!("{entry} matched 1000 in 60"),
        1 => format!("{entry} lies 12 from pdq"),
        2 => format!("alder sights {entry} on platform/forum as form/clip at 9 hash pdq:E"),
        _ => format!("alder contributes pdq:A raw_text:{entry} to VIOLENT for riverside"),
    });
    let turns = [
        "bar birch",
        "hear birch",
        "bank SPARE",
        "remove SPARE",
        "remove LOCAL",
        "bank LOCAL",
        "alder opens riverside fast",
        "birch closes riverside",
        "reader r of alder",
        "reader r leaves",
        "change VIOLENT VIOLENT quorum 1",
        "change VIOLENT VIOLENT quorum 3 auto",
        "adopt rules 2",
        "reader r read 0.3",
    ];
    let turns = proptest::sample::select(turns.to_vec()).prop_map(str::to_owned);
    let chores = proptest::sample::select(vec!["sweep", "drop notices"]).prop_map(str::to_owned);
    let what = prop_oneof![6 => contributes, 6 => speaks, 2 => events, 1 => turns, 2 => chores];
    (day(), what).prop_map(|(day, what)| format!("day {day}: {what}"))
}

fn phrases() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(phrase(), 0..60)
}

/// Time only goes on.
fn in_order(mut phrases: Vec<String>) -> Vec<String> {
    phrases.sort_by_key(|phrase| timed(phrase).0);
    phrases
}

fn begun() -> (State, Vec<(Instant, Event)>) {
    let mut state = State::new(KEY);
    let history = play(&mut state, BEGINNING);
    (state, history)
}

/// Everything that `decide` yields, `evolve` must accept.
fn step(state: &mut State, phrase: &str) -> Vec<(Instant, Event)> {
    let (at, words) = timed(phrase);
    let Ok(events) = decide(state, command(words), at, &canonical) else { return Vec::new() };
    for event in &events {
        evolve(state, at, event).expect("decide yields only what evolve accepts");
    }
    events.into_iter().map(|event| (at, event)).collect()
}

type Said = BTreeMap<(EntryId, MemberId), String>;

/// What every member says of every entry.
fn said(state: &State, now: Instant) -> Said {
    let entries = state.entries(EntryId(0), None, usize::MAX, now);
    let each = entries.iter().flat_map(|entry| {
        entry.opinions.iter().map(|own| ((entry.id, own.member.clone()), format!("{own:?}")))
    });
    each.collect()
}

/// Who gives the command, where a member does.
fn speaker(phrase: &str) -> Option<MemberId> {
    timed(phrase).1.split(' ').next()?.parse().ok()
}

/// A reader that does what the feed's promise asks of it.
#[derive(Default)]
struct Reader {
    at: Checkpoint,
    holds: BTreeMap<EntryId, String>,
}

impl Reader {
    fn read(&mut self, state: &State, limit: usize, pages: usize, now: Instant) {
        for _ in 0..pages {
            match state.feed(self.at, limit, now) {
                Feed::Resync(_) => *self = Self::default(),
                Feed::Page { entries, next, more } => {
                    for entry in entries {
                        if entry.standing.state.is_gone() {
                            self.holds.remove(&entry.id);
                        } else {
                            self.holds.insert(entry.id, format!("{entry:?}"));
                        }
                    }
                    assert!(next.seen >= self.at.seen);
                    self.at = next;
                    if !more {
                        break;
                    }
                }
            }
        }
    }
}

/// What is stored of a state: the short lists, and each long column.
fn stored(state: &State) -> Vec<Vec<u8>> {
    let lists = postcard::to_stdvec(state.kept()).unwrap();
    [lists].into_iter().chain(state.kept().columns().map(<[u8]>::to_vec)).collect()
}

fn read_back(stored: &[Vec<u8>]) -> Option<Kept> {
    let mut kept: Kept = postcard::from_bytes(&stored[0]).ok()?;
    kept.make_room(std::array::from_fn(|column| stored[column + 1].len() as u64)).unwrap();
    for (to, from) in kept.columns_mut().into_iter().zip(&stored[1..]) {
        to.copy_from_slice(from);
    }
    Some(kept)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_is_decided_can_happen_and_replays_to_the_same_state(phrases in phrases()) {
        let (mut state, mut history) = begun();
        for phrase in in_order(phrases) {
            history.extend(step(&mut state, &phrase));
        }
        let again = replay(KEY + 1, history.iter().map(|(at, event)| (*at, event))).unwrap();
        prop_assert!(again == state);
        let kept = read_back(&stored(&state)).unwrap();
        let restored = State::restore(kept, KEY + 2, 2).unwrap();
        prop_assert!(restored == state);
        for entry in state.entries(EntryId(0), None, usize::MAX, history.last().unwrap().0) {
            for signal in &entry.signals {
                let bank = state.bank(&entry.bank.name).filter(|bank| *bank == entry.bank);
                if bank.is_some() && !entry.standing.state.is_gone() {
                    let found = restored.find(&entry.bank.name, signal.kind, &signal.hash);
                    prop_assert_eq!(found, Some(signal.id));
                }
            }
        }
    }

    #[test]
    fn no_command_of_a_member_changes_what_another_says(phrases in phrases()) {
        let (mut state, _) = begun();
        for phrase in in_order(phrases) {
            let (now, words) = timed(&phrase);
            let before = said(&state, now);
            let events = step(&mut state, &phrase);
            let after = said(&state, now);
            if events.iter().any(|(_, event)| matches!(event, Event::TombstonesDropped { .. })) {
                continue;
            }
            let by = speaker(words);
            for (key, words) in &before {
                if Some(&key.1) != by.as_ref() {
                    prop_assert_eq!(after.get(key), Some(words), "{} changed {:?}", phrase, key);
                }
            }
        }
    }

    #[test]
    fn a_reader_that_follows_holds_what_a_new_reader_reads(
        phrases in phrases(),
        reads in proptest::collection::vec((1..5usize, 0..4usize), 60),
    ) {
        let (mut state, _) = begun();
        let mut reader = Reader::default();
        let mut now = super::phrases::minute(1);
        for (phrase, (limit, pages)) in in_order(phrases).into_iter().zip(reads) {
            now = timed(&phrase).0;
            step(&mut state, &phrase);
            reader.read(&state, limit, pages, now);
        }
        // What ended since is told once it is swept.
        for event in decide(&state, Command::Sweep { limit: 10_000 }, now, &canonical).unwrap() {
            evolve(&mut state, now, &event).unwrap();
        }
        reader.read(&state, 3, usize::MAX, now);
        let mut fresh = Reader::default();
        fresh.read(&state, 100, usize::MAX, now);
        prop_assert_eq!(&reader.holds, &fresh.holds);
    }

    #[test]
    fn what_matches_a_negative_bank_matches_nowhere(
        phrases in phrases(),
        hits in proptest::collection::vec((1..14u32, 0..2u8, 0..40u32, 0..3u32), 0..20),
        seed in "[a-z]{3}",
    ) {
        let (mut state, _) = begun();
        for phrase in in_order(phrases) {
            step(&mut state, &phrase);
        }
        let now = timed("day 400: x").0;
        let hits: Vec<Hit> = hits
            .into_iter()
            .map(|(entry, place, distance, part)| Hit {
                signal: SignalId::of(EntryId(entry), place), distance, quality: None, part,
            })
            .collect();
        let asked = Asked { member: None, banks: None, coin: Coin::Seed(&seed), limit: 100 };
        let judged = judge(&state, &hits, asked, now);
        let limit = |id: SignalId| {
            let entry = state.entry(id.entry(), now).unwrap();
            let kind = entry.signals[usize::from(id.place())].kind;
            if kind.as_str() == "pdq" { 31 } else { 0 }
        };
        let spared: BTreeSet<u32> = hits
            .iter()
            .filter(|hit| judged.spared_by.contains(&hit.signal))
            .filter(|hit| hit.distance <= limit(hit.signal))
            .map(|hit| hit.part)
            .collect();
        for found in &judged.matches {
            prop_assert!(found.bank.purpose == Purpose::Match);
            prop_assert!(found.distance <= limit(found.signal));
            prop_assert!(!spared.contains(&found.part));
        }
        prop_assert!(judged.total + judged.passed_over.len() + judged.spared_by.len() == hits.len());
    }

    #[test]
    fn no_acknowledged_entry_is_lost(phrases in phrases()) {
        let (mut state, _) = begun();
        let mut there = BTreeSet::new();
        for phrase in in_order(phrases) {
            let now = timed(&phrase).0;
            let gone: BTreeSet<EntryId> = there
                .iter()
                .copied()
                .filter(|id| state.entry(*id, now).is_some_and(|e| e.standing.state.is_gone()))
                .collect();
            for (_, event) in step(&mut state, &phrase) {
                match event {
                    Event::Contributed(new) => drop(there.insert(new.entry)),
                    Event::TombstonesDropped { entries } => {
                        for id in entries {
                            prop_assert!(gone.contains(&id), "{id} was dropped though it stands");
                            there.remove(&id);
                        }
                    }
                    _ => {}
                }
            }
            for id in &there {
                prop_assert!(state.entry(*id, now).is_some(), "{id} is lost after {phrase}");
            }
            prop_assert_eq!(state.len(), there.len());
        }
    }

    #[test]
    fn a_kept_state_that_was_tampered_with_is_refused_or_harmless(
        phrases in phrases(),
        flips in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let (mut state, _) = begun();
        for phrase in in_order(phrases) {
            step(&mut state, &phrase);
        }
        let mut stored = stored(&state);
        let all: usize = stored.iter().map(Vec::len).sum();
        for (at, byte) in flips {
            let mut at = at.index(all);
            for part in &mut stored {
                if let Some(harmed) = part.get_mut(at) {
                    *harmed = byte;
                    break;
                }
                at -= part.len();
            }
        }
        let Some(kept) = read_back(&stored) else { return Ok(()) };
        let Ok(mut state) = State::restore(kept, KEY, 1) else { return Ok(()) };
        let now = timed("day 450: x").0;
        let _ = state.entries(EntryId(0), None, usize::MAX, now);
        let _ = state.feed(Checkpoint::START, 100, now);
        let _ = state.signals_of(&"pdq".parse().unwrap(), now).count();
        let _ = state.sightings(EntryId(1), 10);
        let hits: Vec<Hit> = (0..14)
            .map(|id| Hit { signal: SignalId::of(EntryId(id), 0), distance: 0, quality: None, part: 0 })
            .collect();
        judge(&state, &hits, Asked { member: None, banks: None, coin: Coin::Bypass, limit: 9 }, now);
        for phrase in ["alder contributes pdq:A pdq:E to LOCAL", "birch confirms 1", "sweep", "drop notices"] {
            let (_, words) = timed(phrase);
            if let Ok(events) = decide(&state, command(words), now, &canonical) {
                events.iter().for_each(|event| drop(evolve(&mut state, now, event)));
            }
        }
    }
}

#[test]
fn dropped_entries_are_cleared_away_and_what_stays_is_unharmed() {
    let (mut state, _) = begun();
    let now = super::phrases::minute(1);
    let mut stands = Vec::new();
    for number in 0..6_000u32 {
        let phrase = format!(
            "alder contributes pdq:{number:064x} raw_text:t{number} to LOCAL noting n{number}"
        );
        step(&mut state, &phrase);
        if number % 3 == 0 {
            stands.push((
                EntryId(number + 1),
                format!("{:?}", state.entry(EntryId(number + 1), now)),
            ));
        } else {
            step(&mut state, &format!("alder withdraws {}", number + 1));
        }
    }
    let full = stored(&state).concat().len();
    let later = timed("day 100: x").0;
    let dropped =
        decide(&state, Command::DropTombstones { limit: 10_000 }, later, &canonical).unwrap();
    dropped.iter().for_each(|event| evolve(&mut state, later, event).unwrap());
    assert_eq!(state.len(), 2_000);
    assert!(stored(&state).concat().len() < full / 2);
    let local: BankName = "LOCAL".parse().unwrap();
    for (id, before) in stands {
        assert_eq!(format!("{:?}", state.entry(id, now)), before);
        let hash = format!("{:064x}", id.0 - 1);
        let found = state.find(&local, &"pdq".parse().unwrap(), &hash);
        assert_eq!(found, Some(SignalId::of(id, 0)));
    }
    let restored = State::restore(state.kept().clone(), 1, 2).unwrap();
    assert!(restored == state);
}
