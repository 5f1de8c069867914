//! The notice: a customer, or the organisation whose account it is, learns what a government asked and was given.

use crate::head::{Letterhead, Remedy};
use crate::letter::{Block, Fact, Letter};
use crate::words::{Lang, Words};
use serde::{Deserialize, Serialize};
use writ_vocabulary::{Instant, Period};

/// To the customer. Short sentences, common words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Who writes to whom. The case number lets the reader ask; it says nothing to others.
    pub head: Letterhead,
    /// Who reads it.
    pub reader: Reader,
    /// The authority that asked, with its country.
    pub authority: String,
    /// What kind of order it sent, in words.
    pub instrument: String,
    /// The law it relied on.
    pub law: String,
    /// What is or was given.
    #[serde(default)]
    pub data: Vec<NoticedData>,
    /// What was asked and not given.
    #[serde(default)]
    pub kept_back: Vec<NoticedData>,
    /// Whether and when.
    pub giving: Giving,
    /// Why the reader learns of it only now.
    #[serde(default)]
    pub delay: Option<Delay>,
    /// Whether a copy of the demand is enclosed.
    #[serde(default)]
    pub copy_enclosed: bool,
    /// The means of redress that this law gives. What always holds is added.
    #[serde(default)]
    pub remedies: Vec<Remedy>,
}

/// Who reads a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reader {
    /// The person whose account it is.
    Customer,
    /// The organisation that runs its business on the account.
    Organisation,
}

/// One kind of data, in the words a customer uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticedData {
    /// What it is: "the times at which you signed in".
    pub what: String,
    /// Of which account, as the customer knows it.
    pub account: String,
    /// Of which time.
    #[serde(default)]
    pub period: Period,
}

/// Whether and when data are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Giving {
    /// They will be given then, unless a court says otherwise.
    Planned(Instant),
    /// They were given then.
    Done(Instant),
    /// They were given then, because a life was in danger.
    DoneInEmergency(Instant),
    /// Nothing was given; what the customer had made public was removed then, or access to it disabled.
    Removed(Instant),
    /// Nothing was given.
    Nothing,
}

/// Why a notice comes late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delay {
    /// An order forbade it.
    Order {
        /// The order and who gave it.
        order: String,
        /// The law it rests on.
        law: String,
        /// When it ended.
        ended: Instant,
    },
    /// Notice was put off while the danger lasted.
    Emergency {
        /// When it ended.
        ended: Instant,
    },
}

impl Notice {
    /// The letter in `lang`.
    pub fn blocks(&self, lang: &Lang) -> Letter {
        let words = Words::of("notice", lang);
        let mut body = vec![Block::paragraph(self.opening(&words)), Block::note(self.when(&words))];
        body.extend(self.delay.as_ref().map(|delay| Block::paragraph(delay.sentence(&words))));
        body.extend(self.who(&words));
        body.extend(listed(&words, "data", &self.data));
        body.extend(listed(&words, "kept_back", &self.kept_back));
        body.extend(self.redress(&words));
        body.push(Block::heading(words.say("contact.title")));
        body.push(Block::paragraph(words.fill(
            "contact.text",
            &[("contact", &self.head.from.contact), ("case", &self.head.case)],
        )));
        let title = words.say(&format!("title.{}", self.giving.key()));
        self.head.letter(&words, title, body)
    }

    fn opening(&self, words: &Words) -> String {
        let key = format!("opening.{}", self.reader.key());
        words.fill(&key, &[("authority", &self.authority), ("provider", &self.head.from.name)])
    }

    fn when(&self, words: &Words) -> String {
        let key = format!("giving.{}", self.giving.key());
        match self.giving {
            Giving::Planned(at)
            | Giving::Done(at)
            | Giving::DoneInEmergency(at)
            | Giving::Removed(at) => words.fill(&key, &[("at", &words.instant(at))]),
            Giving::Nothing => words.say(&key),
        }
    }

    fn who(&self, words: &Words) -> Vec<Block> {
        let copy = if self.copy_enclosed { "who.copy" } else { "who.no_copy" };
        let facts = vec![
            Fact::new(words.say("who.authority"), &self.authority),
            Fact::new(words.say("who.instrument"), &self.instrument),
            Fact::new(words.say("who.law"), &self.law),
        ];
        vec![
            Block::heading(words.say("who.title")),
            Block::Facts { facts },
            Block::paragraph(words.say(copy)),
        ]
    }

    /// What this law gives first, then what every reader can do.
    fn redress(&self, words: &Words) -> Vec<Block> {
        let provider = &self.head.from.name;
        let mut entries: Vec<String> = self.remedies.iter().map(Remedy::line).collect();
        if let Giving::Planned(at) = self.giving {
            entries.push(words.fill("redress.in_time", &[("at", &words.instant(at))]));
        }
        for key in ["lawyer", "court", "regulator", "us"] {
            let key = format!("redress.{}.{key}", self.reader.key());
            entries.push(words.fill(&key, &[("provider", provider)]));
        }
        vec![Block::heading(words.say("redress.title")), Block::bullets(entries)]
    }
}

impl Reader {
    fn key(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Organisation => "organisation",
        }
    }
}

impl Giving {
    fn key(self) -> &'static str {
        match self {
            Self::Planned(_) => "planned",
            Self::Done(_) => "done",
            Self::DoneInEmergency(_) => "emergency",
            Self::Removed(_) => "removed",
            Self::Nothing => "nothing",
        }
    }
}

impl Delay {
    fn sentence(&self, words: &Words) -> String {
        match self {
            Self::Order { order, law, ended } => words.fill(
                "delay.order",
                &[("order", order), ("law", law), ("ended", &words.instant(*ended))],
            ),
            Self::Emergency { ended } => {
                words.fill("delay.emergency", &[("ended", &words.instant(*ended))])
            }
        }
    }
}

fn listed(words: &Words, key: &str, data: &[NoticedData]) -> Vec<Block> {
    if data.is_empty() {
        return Vec::new();
    }
    let line = |data: &NoticedData| {
        let period = words.period(&data.period);
        let key = if data.period == Period::ALL { "data.line_without_period" } else { "data.line" };
        words.fill(key, &[("what", &data.what), ("account", &data.account), ("period", &period)])
    };
    vec![
        Block::heading(words.say(&format!("{key}.title"))),
        Block::bullets(data.iter().map(line).collect()),
    ]
}
