//! The answer to one item in words: what was asked of which account, what was decided, why, what to do next.

use crate::letter::{Block, Card, Fact};
use crate::words::{Lang, Words};
use serde::{Deserialize, Serialize};
use writ_vocabulary::Period;

/// One item of a demand and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemAnswer {
    /// The element in words: "login IP addresses".
    pub what: String,
    /// The account, by the label the demand gave it.
    pub account: String,
    /// The period asked.
    #[serde(default)]
    pub period: Period,
    /// What was decided.
    pub verdict: Verdict,
    /// Why, most important first. Never empty where the item was not given.
    #[serde(default)]
    pub reasons: Vec<ItemReason>,
}

/// What was decided on one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Disclosed as asked.
    Given,
    /// Disclosed for part of the period asked.
    GivenFor(Period),
    /// Allowed, and nothing of the kind is held.
    NotHeld,
    /// Kept, not disclosed.
    Preserved,
    /// Done: content removed or disabled.
    Done,
    /// Not given, and what follows from it.
    NotGiven(Then),
}

/// What follows where an item is not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// Refused.
    Refuse,
    /// A defect the authority can cure.
    Cure,
    /// Left out, the rest being given.
    Narrow,
    /// To be asked of the organisation whose data it is.
    Redirect,
    /// Waits for something that has been set in motion.
    Hold,
    /// Kept until the authority brings what is missing.
    Preserve,
    /// A person decides.
    Escalate,
}

/// Why an item was decided as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemReason {
    /// The policy rule: `P2-content-needs-judge`.
    pub rule: String,
    /// The reason in plain words.
    pub text: String,
    /// The language of `text` (`en`), where it may differ from the letter's.
    #[serde(default)]
    pub text_lang: Option<Lang>,
    /// The law, treaty or principle relied on.
    #[serde(default)]
    pub cite: Option<String>,
    /// What the authority can do about it, where more can be said than the standard sentence.
    #[serde(default)]
    pub next: Option<String>,
}

impl Verdict {
    fn key(&self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::GivenFor(_) => "given_for",
            Self::NotHeld => "not_held",
            Self::Preserved => "preserved",
            Self::Done => "done",
            Self::NotGiven(then) => then.key(),
        }
    }
}

impl Then {
    fn key(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Cure => "cure",
            Self::Narrow => "narrow",
            Self::Redirect => "redirect",
            Self::Hold => "hold",
            Self::Preserve => "preserve",
            Self::Escalate => "escalate",
        }
    }
}

/// The items as cards, numbered as the demand numbers them.
pub(crate) fn cards(words: &Words, items: &[ItemAnswer]) -> Block {
    let cards = items.iter().enumerate().map(|(at, item)| card(words, at + 1, item)).collect();
    Block::Cards { cards }
}

fn card(words: &Words, number: usize, item: &ItemAnswer) -> Card {
    let mut facts = vec![
        Fact::new(words.say("item.account"), &item.account),
        Fact::new(words.say("item.period"), words.period(&item.period)),
    ];
    if let Verdict::GivenFor(period) = &item.verdict {
        facts.push(Fact::new(words.say("item.given_for"), words.period(period)));
    }
    for reason in &item.reasons {
        facts.extend(reason_facts(words, reason));
    }
    if item.reasons.iter().all(|reason| reason.next.is_none()) {
        facts.extend(standard_next(words, &item.verdict));
    }
    let mark = words.say(&format!("verdict.{}", item.verdict.key()));
    Card { title: format!("{number}. {}", item.what), mark, facts }
}

fn reason_facts(words: &Words, reason: &ItemReason) -> Vec<Fact> {
    let elsewhere = reason.text_lang.as_ref().filter(|lang| *lang != words.lang());
    let text = match elsewhere {
        Some(lang) => words.fill("item.why_in", &[("text", &reason.text), ("lang", lang.tag())]),
        None => reason.text.clone(),
    };
    let mut facts = vec![Fact::new(words.say("item.why"), text)];
    facts.extend(reason.cite.as_ref().map(|cite| Fact::new(words.say("item.cite"), cite)));
    facts.push(Fact::new(words.say("item.rule"), &reason.rule));
    facts.extend(reason.next.as_ref().map(|next| Fact::new(words.say("item.next"), next)));
    facts
}

fn standard_next(words: &Words, verdict: &Verdict) -> Option<Fact> {
    match verdict {
        Verdict::NotGiven(then) => {
            Some(Fact::new(words.say("item.next"), words.say(&format!("next.{}", then.key()))))
        }
        _ => None,
    }
}
