//! The phrases of `cases.toml`: each is a command, in words. What they may say stands at the head of that file.

use writ_hashbank::{
    Action, Bank, Command, Content, Contribution, EntryId, Event, Limits, Malformed, Purpose,
    Ratio, Rules, Seeing, Signal, SignalType, State, Taxonomy, Verdict, Voice, decide, evolve,
};
use writ_vocabulary::Instant;

pub fn rules() -> Rules {
    Rules::parse(include_str!("../../../../taxonomy/rules.toml")).unwrap()
}

pub fn taxonomy() -> Taxonomy {
    Taxonomy::parse(include_str!("../../../../taxonomy/labels.toml")).unwrap()
}

/// Every test's hash bank has this secret.
pub const KEY: u64 = 7;

pub fn minute(minute: i64) -> Instant {
    "2026-11-13T21:00:00Z".parse::<Instant>().unwrap() + jiff::SignedDuration::from_mins(minute)
}

/// When a phrase is said, and the phrase: `day 3: alder withdraws 1`.
pub fn timed(phrase: &str) -> (Instant, &str) {
    match phrase.split_once(": ") {
        Some((when, rest)) if when.starts_with("day ") || when.starts_with("minute ") => {
            (time(when), rest)
        }
        _ => (minute(1), phrase),
    }
}

fn time(text: &str) -> Instant {
    let (unit, number) = text.split_once(' ').unwrap();
    let number: i64 = number.parse().unwrap();
    minute(if unit == "day" { number * 24 * 60 } else { number })
}

/// The types that these tests know: digests and codes in hexadecimal, and a text.
pub fn canonical(kind: &SignalType, hash: &str) -> Result<String, Malformed> {
    let length = match kind.as_str() {
        "pdq" | "video_sha256" => 64,
        "video_md5" => 32,
        "raw_text" => return Ok(hash.to_owned()),
        other => return Err(Malformed(format!("there is no type `{other}`"))),
    };
    let hash = hash.to_ascii_lowercase();
    if hash.len() == length && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(hash)
    } else {
        Err(Malformed(format!("give {length} hexadecimal characters")))
    }
}

/// `pdq:A` is the PDQ hash of all `a`; `pdq:A@40` has quality 40; `pdq:A~12` lies 12 from harmless content.
pub fn signal(text: &str) -> Signal {
    let (kind, hash) = text.split_once(':').unwrap();
    let (hash, nearest_benign) = match hash.split_once('~') {
        Some((hash, near)) => (hash, Some(near.parse().unwrap())),
        None => (hash, None),
    };
    let (hash, quality) = match hash.split_once('@') {
        Some((hash, quality)) => (hash, Some(quality.parse().unwrap())),
        None => (hash, None),
    };
    let length = match kind {
        _ if hash.len() != 1 => 1,
        "video_md5" => 32,
        "raw_text" => 1,
        _ => 64,
    };
    Signal { kind: kind.parse().unwrap(), hash: hash.repeat(length), quality, nearest_benign }
}

/// The command that a phrase names.
pub fn command(phrase: &str) -> Command {
    let words: Vec<&str> = phrase.split(' ').collect();
    let rest = |from: usize| words.get(from..).unwrap_or_default().join(" ");
    let after = |word: &str| -> Option<String> {
        let at = words.iter().position(|other| *other == word)?;
        Some(rest(at + 1))
    };
    let entry = |at: usize| EntryId(words[at].parse().unwrap());
    let opine = |verdict| Command::Opine {
        entry: entry(2),
        by: words[0].parse().unwrap(),
        verdict,
        labels: after("labelled").map(|text| labels(&text)),
        reason: after("because"),
    };
    match words.as_slice() {
        ["adopt", "rules", version] => {
            Command::AdoptRules(Rules { version: version.parse().unwrap(), ..rules() })
        }
        ["adopt", "labels", version] => {
            Command::AdoptTaxonomy(Taxonomy { version: version.parse().unwrap(), ..taxonomy() })
        }
        ["admit", member] => {
            Command::AdmitMember { member: member.parse().unwrap(), voice: Voice::Full }
        }
        ["observe", member] => {
            Command::AdmitMember { member: member.parse().unwrap(), voice: Voice::Observer }
        }
        ["bar", member] => {
            Command::SetVoice { member: member.parse().unwrap(), voice: Voice::Barred }
        }
        ["hear", member] => {
            Command::SetVoice { member: member.parse().unwrap(), voice: Voice::Full }
        }
        ["bank", ..] => Command::CreateBank(bank(&words[1..])),
        ["change", name, ..] => {
            Command::ChangeBank { name: name.parse().unwrap(), bank: bank(&words[2..]) }
        }
        ["remove", name] => Command::RemoveBank { name: name.parse().unwrap() },
        [_, "contributes", ..] => Command::Contribute(contribution(&words)),
        [by, "withdraws", _, ..] => Command::WithdrawContribution {
            entry: entry(2),
            by: by.parse().unwrap(),
            reason: after("because"),
        },
        [_, "confirms", ..] => opine(Verdict::Confirm),
        [_, "disputes", ..] => opine(Verdict::Dispute),
        [_, "clears", ..] => opine(Verdict::NotTerrorist),
        [_, "sees", ..] => opine(Verdict::Seen),
        [by, "unsays", _] => Command::TakeOpinionBack { entry: entry(2), by: by.parse().unwrap() },
        [by, "notes", _, ..] => Command::Annotate {
            entry: entry(2),
            by: by.parse().unwrap(),
            note: Some(rest(3)).filter(|note| !note.is_empty()),
        },
        [by, "ends", _, ..] => Command::Reschedule {
            entry: entry(2),
            by: by.parse().unwrap(),
            expires: after("on").map(|when| time(&when)),
            review_by: None,
        },
        [by, "disables", _, ..] => Command::Disable {
            entry: entry(2),
            by: by.parse().unwrap(),
            until: after("until").map(|when| time(&when)),
        },
        [_, "matched", matches, "in", minutes] => Command::ReportMatches {
            entry: entry(0),
            matches: matches.parse().unwrap(),
            minutes: minutes.parse().unwrap(),
        },
        [_, "lies", distance, "from", kind] => Command::ReportBenign {
            entry: entry(0),
            kind: kind.parse().unwrap(),
            distance: distance.parse().unwrap(),
        },
        [by, "releases", _, ..] => Command::Release {
            entry: entry(2),
            by: by.parse().unwrap(),
            person: "reviewer-1".parse().unwrap(),
            reason: after("because").unwrap_or_default(),
        },
        [by, "opens", incident, ..] => Command::OpenIncident {
            incident: incident.parse().unwrap(),
            by: by.parse().unwrap(),
            title: "Attack at the riverside".into(),
            labels: after("labelled").map(|text| labels(&text)).unwrap_or_default(),
            fast: words.contains(&"fast"),
        },
        [by, "closes", incident] => {
            Command::CloseIncident { incident: incident.parse().unwrap(), by: by.parse().unwrap() }
        }
        [by, "sights", _, "on", platform, "as", form, "at", distance, ..] => {
            Command::Sight(Seeing {
                entry: entry(2),
                by: by.parse().unwrap(),
                platform: platform.parse().unwrap(),
                form: form.parse().unwrap(),
                distance: distance.parse().unwrap(),
                seen: minute(0),
                signal: after("hash").map(|text| signal(&text)),
            })
        }
        ["reader", reader, "of", member] => Command::RegisterReader {
            reader: reader.parse().unwrap(),
            member: member.parse().unwrap(),
        },
        ["reader", reader, "read", checkpoint] => Command::Acknowledge {
            reader: reader.parse().unwrap(),
            checkpoint: checkpoint.parse().unwrap(),
        },
        ["reader", reader, "leaves"] => Command::RemoveReader { reader: reader.parse().unwrap() },
        ["sweep"] => Command::Sweep { limit: 100 },
        ["drop", "notices"] => Command::DropTombstones { limit: 100 },
        _ => panic!("no such phrase: `{phrase}`"),
    }
}

fn labels(text: &str) -> Vec<writ_hashbank::Label> {
    let word = text.split(' ').next().unwrap_or_default();
    word.split(',').map(|label| label.parse().unwrap()).collect()
}

fn bank(words: &[&str]) -> Bank {
    let mut bank = Bank::new(words[0].parse().unwrap());
    for pair in words[1..].windows(2) {
        match pair {
            ["quorum", number] => bank.quorum = number.parse().unwrap(),
            ["ratio", number] => {
                bank.ratio = Ratio::try_from(number.parse::<f64>().unwrap()).unwrap()
            }
            ["radius", number] => {
                let limits = Limits { auto: Some(4), review: number.parse().unwrap() };
                bank.limits.insert("pdq".parse().unwrap(), limits);
            }
            _ => {}
        }
    }
    if words.contains(&"auto") {
        bank.action = Action::Auto;
    }
    if words.contains(&"negative") {
        bank.purpose = Purpose::Negative;
    }
    bank
}

fn contribution(words: &[&str]) -> Contribution {
    let after = |word: &str| {
        words.iter().position(|other| *other == word).map(|at| words[at + 1..].join(" "))
    };
    let to = words.iter().position(|word| *word == "to").unwrap();
    let first = |text: String| text.split(' ').next().unwrap().to_owned();
    let expires =
        after("until").map(|text| time(&text.split(' ').take(2).collect::<Vec<_>>().join(" ")));
    let (bank, by) = (words[to + 1].parse().unwrap(), words[0].parse().unwrap());
    let signals = words[2..to].iter().map(|word| signal(word)).collect();
    Contribution {
        labels: after("labelled").map(|text| labels(&text)).unwrap_or_default(),
        note: after("noting"),
        content: after("keeping")
            .map(|id| Content { content_id: Some(first(id)), ..Content::default() }),
        expires,
        incident: after("for").map(|text| first(text).parse().unwrap()),
        ..Contribution::new(bank, by, signals)
    }
}

/// What every case begins with, unless it is bare.
pub const BEGINNING: [&str; 9] = [
    "adopt rules 1",
    "adopt labels 1",
    "admit alder",
    "admit birch",
    "admit cedar",
    "observe willow",
    "bank VIOLENT quorum 2 auto",
    "bank LOCAL quorum 1 auto",
    "bank HARMLESS negative",
];

/// Plays phrases; each has to be accepted, and what is decided has to be able to happen.
pub fn play<'a>(
    state: &mut State,
    phrases: impl IntoIterator<Item = &'a str>,
) -> Vec<(Instant, Event)> {
    let mut history = Vec::new();
    for phrase in phrases {
        let (at, words) = timed(phrase);
        let events = decide(state, command(words), at, &canonical)
            .unwrap_or_else(|refused| panic!("`{phrase}` was refused: {refused}"));
        for event in events {
            evolve(state, at, &event).unwrap();
            history.push((at, event));
        }
    }
    history
}
