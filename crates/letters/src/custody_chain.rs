//! The custody chain: who held the records when, from the demand's arrival to the parcel's fetching.

use crate::head::Letterhead;
use crate::letter::{Block, Card, Fact, Letter};
use crate::process::AtLeastOne;
use crate::words::{Lang, Words};
use serde::{Deserialize, Serialize};
use writ_vocabulary::CustodyStep;

/// The chain as a paper of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustodyChain {
    /// Whose chain, for which case.
    pub head: Letterhead,
    /// The steps, in the order they were taken.
    pub steps: AtLeastOne<CustodyStep>,
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
    let cards = steps.iter().enumerate().map(|(at, step)| card(step, words, at + 1)).collect();
    Block::Cards { cards }
}

fn card(step: &CustodyStep, words: &Words, number: usize) -> Card {
    let mut facts = vec![
        Fact::new(words.say("custody.at"), step.at.to_string()),
        Fact::new(words.say("custody.performer"), &step.performer),
        Fact::new(words.say("custody.what"), &step.what),
    ];
    facts.extend(step.tool.as_ref().map(|tool| Fact::new(words.say("custody.tool"), tool)));
    facts.extend(
        step.digest.map(|digest| Fact::mono(words.say("custody.digest"), digest.to_string())),
    );
    let verb = words.say(&format!("custody.verb.{}", step.verb));
    Card { title: format!("{number}. {verb}"), mark: String::new(), facts }
}
