//! The custody chain: who held the records when, from the demand's arrival to the parcel's fetching.

use crate::head::Letterhead;
use crate::letter::{Block, Card, Fact, Letter};
use crate::process::AtLeastOne;
use crate::words::{Lang, Words};
use serde::{Deserialize, Serialize};
use writ_vocabulary::{Digest, Instant};

/// The chain as a paper of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustodyChain {
    /// Whose chain, for which case.
    pub head: Letterhead,
    /// The steps, in the order they were taken.
    pub steps: AtLeastOne<CustodyStep>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustodyStep {
    /// What kind of step.
    pub verb: CustodyVerb,
    /// When.
    pub at: Instant,
    /// Who took it: a person by office or staff number, or a system.
    pub performer: String,
    /// What it was taken on, and with what result.
    pub what: String,
    /// The tool, with its version.
    #[serde(default)]
    pub tool: Option<String>,
    /// The digest of what the step left.
    #[serde(default)]
    pub digest: Option<Digest>,
}

/// The kinds of step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustodyVerb {
    /// The demand came.
    Received,
    /// The sources were searched.
    Searched,
    /// Rows were extracted.
    Extracted,
    /// A person looked at them.
    Reviewed,
    /// What was not granted was taken out.
    Narrowed,
    /// The parcel was sealed.
    Sealed,
    /// The authority fetched it.
    Fetched,
    /// The provider's copy was erased.
    Erased,
}

impl CustodyChain {
    /// The paper in `lang`, so far in English only.
    pub fn blocks(&self, lang: &Lang) -> Letter {
        let words = Words::of("custody_chain", lang);
        let body = vec![
            Block::paragraph(words.fill("opening", &[("case", &self.head.case)])),
            Block::heading(words.say("steps")),
            cards(&words, self.steps.as_slice()),
            Block::heading(words.say("check.title")),
            Block::paragraph(words.say("check.text")),
        ];
        self.head.paper(&words, words.say("title"), body)
    }
}

/// The steps as cards.
pub(crate) fn cards(words: &Words, steps: &[CustodyStep]) -> Block {
    let cards = steps.iter().enumerate().map(|(at, step)| step.card(words, at + 1)).collect();
    Block::Cards { cards }
}

impl CustodyStep {
    fn card(&self, words: &Words, number: usize) -> Card {
        let mut facts = vec![
            Fact::new(words.say("custody.at"), self.at.to_string()),
            Fact::new(words.say("custody.performer"), &self.performer),
            Fact::new(words.say("custody.what"), &self.what),
        ];
        facts.extend(self.tool.as_ref().map(|tool| Fact::new(words.say("custody.tool"), tool)));
        facts.extend(
            self.digest.map(|digest| Fact::mono(words.say("custody.digest"), digest.to_string())),
        );
        let verb = words.say(&format!("custody.verb.{}", self.verb.key()));
        Card { title: format!("{number}. {verb}"), mark: String::new(), facts }
    }
}

impl CustodyVerb {
    fn key(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Searched => "searched",
            Self::Extracted => "extracted",
            Self::Reviewed => "reviewed",
            Self::Narrowed => "narrowed",
            Self::Sealed => "sealed",
            Self::Fetched => "fetched",
            Self::Erased => "erased",
        }
    }
}
