//! Given these commands, when this one, then these events or this refusal, and so the entries stand: `cases.toml`.

use super::phrases::{BEGINNING, KEY, canonical, command, play, signal, timed};
use serde::Deserialize;
use writ_hashbank::{
    Asked, Checkpoint, Coin, EntryId, Event, Feed, Hit, State, decide, evolve, judge,
};
use writ_vocabulary::Instant;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    title: String,
    #[serde(default)]
    bare: bool,
    #[serde(default)]
    given: Vec<String>,
    when: Option<String>,
    #[serde(default)]
    then: Vec<String>,
    refused: Option<String>,
    #[serde(default)]
    later: Vec<String>,
    #[serde(default)]
    stands: Vec<String>,
    look_up: Option<String>,
    #[serde(default)]
    finds: Vec<String>,
    feed: Option<String>,
    #[serde(default)]
    reads: Vec<String>,
}

#[test]
fn every_case_of_the_hash_bank_comes_out_as_written() {
    let cases: Cases = toml::from_str(include_str!("cases.toml")).unwrap();
    assert!(cases.case.len() >= 60, "only {} cases", cases.case.len());
    let wrong: Vec<_> = cases.case.iter().filter_map(|case| case.run().err()).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

impl Case {
    fn run(&self) -> Result<(), String> {
        let mut state = State::new(KEY);
        if !self.bare {
            play(&mut state, BEGINNING);
        }
        play(&mut state, self.given.iter().map(String::as_str));
        if let Some(when) = &self.when {
            let (at, words) = timed(when);
            match (decide(&state, command(words), at, &canonical), &self.refused) {
                (Ok(events), None) => {
                    let told: Vec<String> = events.iter().map(told).collect();
                    self.same("happens", &told, &self.then)?;
                    for event in &events {
                        evolve(&mut state, at, event)
                            .map_err(|error| format!("{}: {error}", self.title))?;
                    }
                }
                (Err(refused), Some(words)) if &refused.to_string() == words => {}
                (Err(refused), _) => return Err(format!("{}: refused: {refused}", self.title)),
                (Ok(events), Some(_)) => {
                    return Err(format!("{}: not refused, but {events:?}", self.title));
                }
            }
        }
        play(&mut state, self.later.iter().map(String::as_str));
        for line in &self.stands {
            self.check_standing(&state, line)?;
        }
        if let Some(question) = &self.look_up {
            self.same("finds", &found(&state, question), &self.finds)?;
        }
        match &self.feed {
            Some(question) => self.same("reads", &read(&state, question), &self.reads),
            None => Ok(()),
        }
    }

    fn same(&self, what: &str, is: &[String], wanted: &[String]) -> Result<(), String> {
        if is == wanted { Ok(()) } else { Err(format!("{}: {what} {is:#?}", self.title)) }
    }

    /// `1: active, quorum`, `day 9: 1: expired, expired`, and `1.0: ...` for one signal of an entry.
    fn check_standing(&self, state: &State, line: &str) -> Result<(), String> {
        let (at, line) = timed(line);
        let (which, wanted) = line.split_once(": ").unwrap();
        let standing = match which.split_once('.') {
            Some((entry, place)) => {
                state.standing(writ_hashbank::SignalId::of(id(entry), place.parse().unwrap()), at)
            }
            None => state.entry(id(which), at).map(|entry| entry.standing),
        };
        let told = standing.map_or("gone".to_owned(), |s| format!("{}, {}", s.state, s.rule));
        self.same("stands", &[told], &[wanted.to_owned()])
    }
}

fn id(text: &str) -> EntryId {
    EntryId(text.parse().unwrap())
}

/// An event in words: its kind, and what it says in plain values.
fn told(event: &Event) -> String {
    let json: serde_json::Value = serde_json::from_str(&event.to_json()).unwrap();
    let mut words = vec![event.kind().trim_end_matches("/1").to_owned()];
    for (key, value) in json["of"].as_object().into_iter().flatten() {
        match value {
            _ if key == "review_by" => {}
            serde_json::Value::Array(all) if all.iter().any(|one| one.is_object()) => {
                let kinds: Vec<&str> = all.iter().map(|s| s["type"].as_str().unwrap()).collect();
                words.push(format!("{key}={}", kinds.join(",")));
            }
            serde_json::Value::Array(all) => {
                let all: Vec<String> = all.iter().map(plain).collect();
                words.push(format!("{key}={}", all.join(",")));
            }
            serde_json::Value::Object(all) => {
                let all: Vec<String> =
                    all.iter().map(|(key, value)| format!("{key} {}", plain(value))).collect();
                words.push(format!("{key}=({})", all.join(", ")));
            }
            value => words.push(format!("{key}={}", plain(value))),
        }
    }
    words.join(" ")
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// `pdq:A at 3, video_md5:A at 0 in part 2; for alder; seed x`
fn found(state: &State, question: &str) -> Vec<String> {
    let (at, question) = timed(question);
    let mut parts = question.split("; ");
    let hits: Vec<Hit> =
        parts.next().unwrap().split(", ").flat_map(|text| hits(state, text)).collect();
    let mut asked = Asked { member: None, banks: None, coin: Coin::Bypass, limit: 100 };
    let (mut member, mut banks) = (None, None);
    for part in parts {
        match part.split_once(' ').unwrap() {
            ("for", name) => member = Some(name.parse().unwrap()),
            ("in", name) => banks = Some(vec![name.parse().unwrap()]),
            ("seed", seed) => asked.coin = Coin::Seed(seed),
            _ => panic!("no such question: `{part}`"),
        }
    }
    asked.member = member.as_ref();
    asked.banks = banks.as_deref();
    told_judged(state, &hits, asked, at)
}

fn told_judged(state: &State, hits: &[Hit], asked: Asked<'_>, at: Instant) -> Vec<String> {
    let judged = judge(state, hits, asked, at);
    let matches = judged.matches.iter().map(|found| {
        let held = found.held_back.map_or(String::new(), |why| format!(", held back: {why:?}"));
        let members: Vec<&str> = found.members.iter().map(|member| member.as_str()).collect();
        format!(
            "{} in {} at {}: {:?}{held}; {}",
            found.signal.entry(),
            found.bank.name,
            found.distance,
            found.action,
            members.join(" ")
        )
    });
    let passed = judged.passed_over.iter().map(|(id, why)| format!("not {}: {why:?}", id.entry()));
    matches.chain(passed).collect()
}

/// The hits of one hash: the signal is looked for in every bank, as an index would.
fn hits(state: &State, text: &str) -> Vec<Hit> {
    let words: Vec<&str> = text.split(' ').collect();
    let mut signal = signal(words[0]);
    signal.hash = canonical(&signal.kind, &signal.hash).unwrap();
    let part = words.get(5).map_or(0, |part| part.parse().unwrap());
    let banks = state.banks().map(|bank| bank.name.clone()).collect::<Vec<_>>();
    let ids = banks.iter().filter_map(|bank| state.find(bank, &signal.kind, &signal.hash));
    ids.map(|id| Hit {
        signal: id,
        distance: words[2].parse().unwrap(),
        quality: signal.quality,
        part,
    })
    .collect()
}

/// `0.0` or `day 3: 0.0`; with `by 2` only so many entries.
fn read(state: &State, question: &str) -> Vec<String> {
    let (at, question) = timed(question);
    let (since, limit) = question.split_once(" by ").unwrap_or((question, "100"));
    let since: Checkpoint = since.parse().unwrap();
    match state.feed(since, limit.parse().unwrap(), at) {
        Feed::Resync(why) => vec![why.to_string()],
        Feed::Page { entries, next, more } => {
            let lines = entries.iter().map(|e| format!("{} {}", e.id, e.standing.state));
            let end = format!("{}next {next}", if more { "more, " } else { "" });
            lines.chain([end]).collect()
        }
    }
}
