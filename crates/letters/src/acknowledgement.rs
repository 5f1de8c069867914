//! The acknowledgement: the demand has arrived, this is its number, these clocks run.

use crate::head::Letterhead;
use crate::letter::{Block, Card, Fact, Letter};
use crate::words::{Lang, Words};
use serde::{Deserialize, Serialize};
use writ_vocabulary::Instant;

/// To the authority, on arrival.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledgement {
    /// Who writes to whom.
    pub head: Letterhead,
    /// When the demand was received.
    pub received: Instant,
    /// The door it came through, in words: "the portal".
    pub door: String,
    /// The instrument claimed.
    pub instrument: String,
    /// The issuer claimed; not proven yet.
    pub claimed_by: String,
    /// What was asked, an entry each.
    #[serde(default)]
    pub items: Vec<String>,
    /// The clocks that run.
    #[serde(default)]
    pub clocks: Vec<Clock>,
    /// The proofs of the sender that are still missing, in words.
    #[serde(default)]
    pub missing_factors: Vec<String>,
    /// Where the public log holds this demand: the leaf's digest and index, in words.
    #[serde(default)]
    pub record: Option<String>,
}

/// A clock that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// What has to happen.
    pub what: String,
    /// By when.
    pub due: Instant,
    /// What it runs from, in words.
    pub runs_from: String,
    /// The law that sets it.
    #[serde(default)]
    pub cite: Option<String>,
}

impl Acknowledgement {
    /// The letter in `lang`.
    pub fn blocks(&self, lang: &Lang) -> Letter {
        let words = Words::of("acknowledgement", lang);
        let mut body = self.arrival(&words);
        body.extend(self.asked(&words));
        body.extend(self.running(&words));
        body.extend(self.proof(&words));
        body.push(Block::heading(words.say("meaning.title")));
        body.push(Block::paragraph(words.say("meaning.text")));
        self.head.letter(&words, words.say("title"), body)
    }

    fn arrival(&self, words: &Words) -> Vec<Block> {
        let mut facts = vec![
            Fact::new(words.say("received"), words.instant(self.received)),
            Fact::new(words.say("door"), &self.door),
            Fact::new(words.say("instrument"), &self.instrument),
            Fact::new(words.say("claimed_by"), &self.claimed_by),
        ];
        facts.extend(self.record.as_ref().map(|record| Fact::mono(words.say("record"), record)));
        vec![
            Block::paragraph(words.fill("opening", &[("case", &self.head.case)])),
            Block::Facts { facts },
        ]
    }

    fn asked(&self, words: &Words) -> Vec<Block> {
        if self.items.is_empty() {
            return Vec::new();
        }
        let list = Block::List { first: Some(1), entries: self.items.clone() };
        vec![Block::heading(words.say("asked")), list]
    }

    fn running(&self, words: &Words) -> Vec<Block> {
        let heading = Block::heading(words.say("clocks"));
        if self.clocks.is_empty() {
            return vec![heading, Block::paragraph(words.say("no_clock"))];
        }
        let card = |clock: &Clock| {
            let mut facts = vec![
                Fact::new(words.say("clock.due"), words.instant(clock.due)),
                Fact::new(words.say("clock.runs_from"), &clock.runs_from),
            ];
            facts.extend(clock.cite.as_ref().map(|cite| Fact::new(words.say("clock.cite"), cite)));
            Card { title: clock.what.clone(), mark: String::new(), facts }
        };
        vec![heading, Block::Cards { cards: self.clocks.iter().map(card).collect() }]
    }

    fn proof(&self, words: &Words) -> Vec<Block> {
        let heading = Block::heading(words.say("proof.title"));
        if self.missing_factors.is_empty() {
            return vec![heading, Block::paragraph(words.say("proof.complete"))];
        }
        let list = Block::bullets(self.missing_factors.clone());
        vec![heading, Block::paragraph(words.say("proof.missing")), list]
    }
}
