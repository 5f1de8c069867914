//! The ruling in plain words: goes inside the parcel, so that whoever opens it knows what it holds and why no more.

use crate::answer::Outcome;
use crate::head::Letterhead;
use crate::item::{ItemAnswer, Verdict, cards};
use crate::letter::{Block, Fact, Letter};
use crate::words::{Lang, Words};
use serde::{Deserialize, Serialize};
use writ_vocabulary::{Digest, Instant};

/// The ruling, for the reader of a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulingPlain {
    /// Whose ruling, for whom.
    pub head: Letterhead,
    /// The instrument, with its law.
    pub instrument: String,
    /// Who was proven to have sent it.
    pub issuer: String,
    /// By which independent proofs, in words.
    pub proven_by: Vec<String>,
    /// When it was received.
    pub received: Instant,
    /// What the whole demand came to.
    pub outcome: Outcome,
    /// Item by item.
    pub items: Vec<ItemAnswer>,
    /// When persons decided; where two had to, both.
    pub decided: Vec<Instant>,
    /// The version of the policy that ruled.
    pub policy: Digest,
    /// The version of the law book that ruled.
    pub lawbook: Digest,
    /// Where the public log holds the ruling, in words.
    #[serde(default)]
    pub record: Option<String>,
}

impl RulingPlain {
    /// The paper in `lang`.
    pub fn blocks(&self, lang: &Lang) -> Letter {
        let words = Words::of("ruling_plain", lang);
        let mut body = vec![
            Block::paragraph(self.opening(&words)),
            Block::note(words.say(&format!("outcome.{}", self.outcome.key()))),
            Block::paragraph(self.count(&words)),
        ];
        body.extend(self.proof(&words));
        if !self.items.is_empty() {
            body.extend([Block::heading(words.say("items")), cards(&words, &self.items)]);
        }
        body.extend(self.rules(&words));
        self.head.letter(&words, words.say("title"), body)
    }

    fn opening(&self, words: &Words) -> String {
        let received = words.instant(self.received);
        let values = [
            ("issuer", self.issuer.as_str()),
            ("instrument", &self.instrument),
            ("received", &received),
        ];
        words.fill("opening", &values)
    }

    fn count(&self, words: &Words) -> String {
        let given = self.items.iter().filter(|item| {
            matches!(item.verdict, Verdict::Given | Verdict::GivenFor(_) | Verdict::Done)
        });
        let (given, asked) = (given.count().to_string(), self.items.len().to_string());
        words.fill("count", &[("given", &given), ("asked", &asked)])
    }

    fn proof(&self, words: &Words) -> Vec<Block> {
        let mut blocks = vec![Block::heading(words.say("proof.title"))];
        if self.proven_by.is_empty() {
            blocks.push(Block::paragraph(words.say("proof.none")));
        } else {
            blocks.push(Block::paragraph(words.say("proof.text")));
            blocks.push(Block::bullets(self.proven_by.clone()));
        }
        let people =
            self.decided.iter().map(|at| words.fill("decided.at", &[("at", &words.instant(*at))]));
        let people: Vec<String> = people.collect();
        blocks.push(Block::heading(words.say("decided.title")));
        if people.is_empty() {
            blocks.push(Block::paragraph(words.say("decided.machine")));
        } else {
            blocks.push(Block::bullets(people));
        }
        blocks
    }

    fn rules(&self, words: &Words) -> Vec<Block> {
        let mut facts = vec![
            Fact::mono(words.say("rules.policy"), self.policy.to_string()),
            Fact::mono(words.say("rules.lawbook"), self.lawbook.to_string()),
        ];
        facts.extend(
            self.record.as_ref().map(|record| Fact::mono(words.say("rules.record"), record)),
        );
        vec![
            Block::heading(words.say("rules.title")),
            Block::paragraph(words.say("rules.text")),
            Block::Facts { facts },
        ]
    }
}
