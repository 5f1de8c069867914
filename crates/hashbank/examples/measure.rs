//! Measures the state: events per second, memory, storing and restoring, judging. `cargo run --release -p
//! writ-hashbank --example measure -- 10000000`

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "it measures this machine"
)]

use jiff::Timestamp;
use std::time::Instant as Clock;
use writ_hashbank::{
    Asked, Bank, Checkpoint, Coin, Contributed, EntryId, Event, Feed, Hit, Kept, Member, Rules,
    Signal, SignalId, State, Taxonomy, Verdict, Voice, evolve, judge,
};

fn main() {
    let entries: u32 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let now = jiff::Timestamp::from_second(1_800_000_000).unwrap();
    let mut state = begun(now);
    contributions(&mut state, entries, now);
    memory("after contributions");
    opinions(&mut state, entries, now);
    stored_contributions(&mut state, entries, now);
    lookups(&state, entries, now);
    feed(&state, now);
    restore(state);
    memory("after restoring");
}

/// Rules, labels, a bank and two members.
fn begun(now: Timestamp) -> State {
    let mut state = State::new(42);
    let rules = Rules::parse(include_str!("../../../taxonomy/rules.toml")).unwrap();
    let labels = Taxonomy::parse(include_str!("../../../taxonomy/labels.toml")).unwrap();
    let mut bank = Bank::new("VIOLENT".parse().unwrap());
    bank.quorum = 2;
    let mut beginning =
        vec![Event::RulesAdopted(rules), Event::TaxonomyAdopted(labels), Event::BankCreated(bank)];
    for id in ["alder", "birch"] {
        let member = Member { id: id.parse().unwrap(), voice: Voice::Full };
        beginning.push(Event::MemberAdmitted(member));
    }
    beginning.iter().for_each(|event| evolve(&mut state, now, event).unwrap());
    state
}

/// Events are made in lots outside the clock, as they would come from a journal.
fn contributions(state: &mut State, entries: u32, now: Timestamp) {
    let mut spent = std::time::Duration::ZERO;
    for lot in 0..entries.div_ceil(100_000) {
        let first = lot * 100_000 + 1;
        let events: Vec<Event> =
            (first..first + 100_000.min(entries + 1 - first)).map(contributed).collect();
        let clock = Clock::now();
        events.iter().for_each(|event| evolve(state, now, event).unwrap());
        spent += clock.elapsed();
    }
    rate("contributions evolved", entries, spent);
}

fn opinions(state: &mut State, entries: u32, now: Timestamp) {
    let opinions: Vec<Event> = (1..=entries.min(1_000_000)).map(confirmed).collect();
    let clock = Clock::now();
    opinions.iter().for_each(|event| evolve(state, now, event).unwrap());
    rate("opinions evolved", opinions.len() as u32, clock.elapsed());
}

fn stored_contributions(state: &mut State, entries: u32, now: Timestamp) {
    let lines: Vec<String> =
        (entries + 1..entries + 200_001).map(|n| contributed(n).to_json()).collect();
    let clock = Clock::now();
    lines.iter().for_each(|line| evolve(state, now, &Event::from_json(line).unwrap()).unwrap());
    rate("stored contributions read and evolved", lines.len() as u32, clock.elapsed());
}

fn lookups(state: &State, entries: u32, now: Timestamp) {
    let asked = Asked { member: None, banks: None, coin: Coin::Bypass, limit: 100 };
    let clock = Clock::now();
    let mut total = 0;
    for n in 0..1_000_000u32 {
        let entry = EntryId(n.wrapping_mul(2_654_435_761) % entries + 1);
        let hit = Hit { signal: SignalId::of(entry, 0), distance: 3, quality: Some(90), part: 0 };
        total += judge(state, &[hit], asked, now).total;
    }
    rate(&format!("lookups of one hit judged ({total} match)"), 1_000_000, clock.elapsed());
}

fn feed(state: &State, now: Timestamp) {
    let clock = Clock::now();
    let (mut at, mut read) = (Checkpoint::START, 0u32);
    while let Feed::Page { entries, next, more } = state.feed(at, 10_000, now) {
        read += entries.len() as u32;
        at = next;
        if !more || read >= 1_000_000 {
            break;
        }
    }
    rate("feed entries read", read, clock.elapsed());
}

fn restore(state: State) {
    let columns = state.kept().columns().map(<[u8]>::to_vec);
    let gigabytes = columns.iter().map(Vec::len).sum::<usize>() as f64 / 1e9;
    let lists = postcard::to_stdvec(state.kept()).unwrap();
    drop(state);
    for threads in [1, 2] {
        let clock = Clock::now();
        let mut kept: Kept = postcard::from_bytes(&lists).unwrap();
        kept.make_room(columns.each_ref().map(|column| column.len() as u64)).unwrap();
        kept.columns_mut()
            .into_iter()
            .zip(&columns)
            .for_each(|(to, from)| to.copy_from_slice(from));
        let copied = clock.elapsed().as_secs_f64();
        let state = State::restore(kept, 43, threads).unwrap();
        let (seconds, entries) = (clock.elapsed().as_secs_f64(), state.len());
        println!(
            "{gigabytes:.2} GB copied in {copied:.2} s, checked and restored on {threads} threads after {seconds:.2} s: {entries} entries"
        );
    }
}

/// A PDQ hash spread over the whole space by a Weyl sequence.
fn contributed(number: u32) -> Event {
    let word = |n: u64| (u64::from(number) * 4 + n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    Event::Contributed(Contributed {
        entry: EntryId(number),
        bank: "VIOLENT".parse().unwrap(),
        by: "alder".parse().unwrap(),
        signals: vec![Signal {
            kind: "pdq".parse().unwrap(),
            hash: format!("{:016x}{:016x}{:016x}{:016x}", word(0), word(1), word(2), word(3)),
            quality: Some(90),
            nearest_benign: None,
        }],
        labels: vec![
            "media/image".parse().unwrap(),
            "behaviour/recruitment-and-instruction".parse().unwrap(),
        ],
        note: None,
        content: None,
        expires: None,
        review_by: None,
        incident: None,
        near_benign: false,
    })
}

fn confirmed(number: u32) -> Event {
    Event::OpinionGiven {
        entry: EntryId(number),
        by: "birch".parse().unwrap(),
        verdict: Verdict::Confirm,
        labels: None,
        reason: None,
    }
}

fn rate(what: &str, number: u32, spent: std::time::Duration) {
    let seconds = spent.as_secs_f64();
    println!("{what}: {number} in {seconds:.2} s, {:.0}/s", f64::from(number) / seconds);
}

fn memory(when: &str) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or("unknown");
    println!("{when}: {resident}");
}
