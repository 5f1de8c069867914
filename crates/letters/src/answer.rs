//! The answer: what follows from a demand, item by item, with reasons, law and what can be done next.

use crate::head::{Letterhead, Party, Remedy};
use crate::item::{ItemAnswer, cards};
use crate::letter::{Block, Card, Fact, Letter};
use crate::words::{Lang, Words};
use serde::{Deserialize, Serialize};
use writ_vocabulary::{Digest, Instant};

/// To the authority, once the demand is decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Who writes to whom.
    pub head: Letterhead,
    /// When the demand was received.
    pub received: Instant,
    /// The instrument, with its law.
    pub instrument: String,
    /// What the whole demand comes to.
    pub outcome: Outcome,
    /// Item by item.
    pub items: Vec<ItemAnswer>,
    /// What corresponds to this answer in Form 3 (Annex III) of Regulation (EU) 2023/1543; empty outside it.
    #[serde(default)]
    pub form3: Vec<Form3Ground>,
    /// The remedies the authority has against this answer.
    #[serde(default)]
    pub remedies: Vec<Remedy>,
    /// The version of the policy that ruled.
    pub policy: Digest,
    /// The version of the law book that ruled.
    pub lawbook: Digest,
}

/// What a demand comes to, with what the authority must know then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All that was asked is given.
    Disclose(ParcelNote),
    /// Part of it is given.
    Narrow(ParcelNote),
    /// Nothing is given.
    Refuse,
    /// Nothing is given until defects are cured.
    Cure {
        /// What is missing or wrong.
        missing: Vec<Missing>,
        /// Until when the case stays open for the cure.
        #[serde(default)]
        open_until: Option<Instant>,
    },
    /// The data are another organisation's to give.
    Redirect(Redirect),
    /// Nothing is given while something is pending.
    Hold {
        /// What is pending, in words.
        pending: String,
        /// When the provider looks again, at the latest.
        #[serde(default)]
        until: Option<Instant>,
    },
    /// Nothing is given; the data are kept.
    Preserve {
        /// Until when.
        until: Instant,
        /// What the authority must bring in that time, in words.
        bring: String,
    },
    /// A person at the provider decides.
    Escalate {
        /// Whose office decides: "the legal department".
        to: String,
        /// By when, where a clock runs.
        #[serde(default)]
        by: Option<Instant>,
    },
    /// A removal order was carried out.
    Act {
        /// What was done, where.
        done: String,
        /// When.
        at: Instant,
    },
}

/// The parcel in which the data travel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParcelNote {
    /// Where it is fetched, in words.
    pub door: String,
    /// The enrolled key it is sealed to.
    pub sealed_to: String,
    /// Until when it can be fetched.
    pub until: Instant,
    /// The digest of the manifest inside.
    pub manifest: Digest,
}

/// One element that a demand lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Missing {
    /// What is missing or wrong.
    pub what: String,
    /// What to send.
    pub send: String,
    /// The law that asks for it.
    pub cite: String,
}

/// Whose data it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redirect {
    /// The organisation and its published contact.
    pub organisation: Party,
    /// Where that contact is published.
    pub published: String,
    /// The law or principle.
    pub cite: String,
    /// Whether the organisation has been told of the demand.
    pub told: bool,
}

/// The grounds on which Form 3 (Annex III) of Regulation (EU) 2023/1543 answers an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form3Ground {
    /// Immunity, privilege or press, Article 10(5).
    Immunity,
    /// Incomplete, Article 10(6).
    Incomplete,
    /// Manifest error, Article 10(6).
    ManifestError,
    /// Not enough information, Article 10(6).
    NotEnoughInformation,
    /// De facto impossibility, Article 10(7).
    Impossible,
    /// Another reason for giving nothing, less, or late, Article 10(8).
    Other,
    /// Not issued or validated by a competent authority, Articles 4 and 16(4).
    NotCompetent,
    /// The offence is not one for which these data can be ordered, Articles 5(4) and 16(4).
    Offence,
    /// The data were not stored when the order came, Article 16(4).
    NotStored,
    /// The service is not covered, Article 16(4).
    NotCovered,
    /// A conflicting obligation under the law of a third country, Article 17.
    Conflict,
}

impl Answer {
    /// The letter in `lang`.
    pub fn blocks(&self, lang: &Lang) -> Letter {
        let words = Words::of("answer", lang);
        let key = self.outcome.key();
        let mut body =
            vec![self.opening(&words), Block::note(words.say(&format!("outcome.{key}")))];
        body.extend(self.outcome.detail(&words));
        if !self.items.is_empty() {
            body.extend([Block::heading(words.say("items")), cards(&words, &self.items)]);
        }
        body.extend(self.form3(&words));
        body.extend(self.redress(&words));
        body.extend(self.rules(&words));
        self.head.letter(&words, words.say(&format!("title.{key}")), body)
    }

    fn opening(&self, words: &Words) -> Block {
        let received = words.instant(self.received);
        Block::paragraph(
            words.fill("opening", &[("instrument", &self.instrument), ("received", &received)]),
        )
    }

    fn form3(&self, words: &Words) -> Vec<Block> {
        if self.form3.is_empty() {
            return Vec::new();
        }
        let grounds =
            self.form3.iter().map(|ground| words.say(&format!("form3.{}", ground.key()))).collect();
        vec![
            Block::heading(words.say("form3.title")),
            Block::paragraph(words.say("form3.text")),
            Block::bullets(grounds),
            Block::paragraph(words.say("form3.after")),
        ]
    }

    fn redress(&self, words: &Words) -> Vec<Block> {
        let mut entries: Vec<String> = self.remedies.iter().map(Remedy::line).collect();
        entries.push(words.fill("remedies.ask", &[("contact", &self.head.from.contact)]));
        vec![Block::heading(words.say("remedies.title")), Block::bullets(entries)]
    }

    fn rules(&self, words: &Words) -> Vec<Block> {
        let facts = vec![
            Fact::mono(words.say("rules.policy"), self.policy.to_string()),
            Fact::mono(words.say("rules.lawbook"), self.lawbook.to_string()),
        ];
        vec![
            Block::heading(words.say("rules.title")),
            Block::paragraph(words.say("rules.text")),
            Block::Facts { facts },
        ]
    }
}

impl Outcome {
    pub(crate) fn key(&self) -> &'static str {
        match self {
            Self::Disclose(_) => "disclose",
            Self::Narrow(_) => "narrow",
            Self::Refuse => "refuse",
            Self::Cure { .. } => "cure",
            Self::Redirect(_) => "redirect",
            Self::Hold { .. } => "hold",
            Self::Preserve { .. } => "preserve",
            Self::Escalate { .. } => "escalate",
            Self::Act { .. } => "act",
        }
    }

    fn detail(&self, words: &Words) -> Vec<Block> {
        let fact = |key: &str, value: &str| Fact::new(words.say(key), value);
        let at = |key: &str, instant: &Instant| Fact::new(words.say(key), words.instant(*instant));
        let facts = match self {
            Self::Refuse => return Vec::new(),
            Self::Disclose(parcel) | Self::Narrow(parcel) => return parcel.detail(words),
            Self::Cure { missing, open_until } => return cure(words, missing, open_until.as_ref()),
            Self::Redirect(redirect) => return redirect.detail(words),
            Self::Hold { pending, until } => [
                Some(fact("hold.pending", pending)),
                until.as_ref().map(|until| at("hold.until", until)),
            ],
            Self::Preserve { until, bring } => {
                [Some(at("preserve.until", until)), Some(fact("preserve.bring", bring))]
            }
            Self::Escalate { to, by } => {
                [Some(fact("escalate.to", to)), by.as_ref().map(|by| at("escalate.by", by))]
            }
            Self::Act { done, at: instant } => {
                [Some(fact("act.done", done)), Some(at("act.at", instant))]
            }
        };
        vec![Block::Facts { facts: facts.into_iter().flatten().collect() }]
    }
}

impl ParcelNote {
    fn detail(&self, words: &Words) -> Vec<Block> {
        let facts = vec![
            Fact::new(words.say("parcel.door"), &self.door),
            Fact::mono(words.say("parcel.sealed_to"), &self.sealed_to),
            Fact::new(words.say("parcel.until"), words.instant(self.until)),
            Fact::mono(words.say("parcel.manifest"), self.manifest.to_string()),
        ];
        vec![Block::heading(words.say("parcel.title")), Block::Facts { facts }]
    }
}

impl Redirect {
    fn detail(&self, words: &Words) -> Vec<Block> {
        let told = if self.told { "redirect.told" } else { "redirect.not_told" };
        let facts = vec![
            Fact::new(words.say("redirect.organisation"), &self.organisation.name),
            Fact::new(words.say("redirect.contact"), self.organisation.lines.join(", ")),
            Fact::new(words.say("redirect.published"), &self.published),
            Fact::new(words.say("item.cite"), &self.cite),
        ];
        vec![
            Block::heading(words.say("redirect.title")),
            Block::Facts { facts },
            Block::paragraph(words.say(told)),
            Block::paragraph(words.say("redirect.exception")),
        ]
    }
}

impl Form3Ground {
    fn key(self) -> &'static str {
        match self {
            Self::Immunity => "immunity",
            Self::Incomplete => "incomplete",
            Self::ManifestError => "manifest_error",
            Self::NotEnoughInformation => "not_enough_information",
            Self::Impossible => "impossible",
            Self::Other => "other",
            Self::NotCompetent => "not_competent",
            Self::Offence => "offence",
            Self::NotStored => "not_stored",
            Self::NotCovered => "not_covered",
            Self::Conflict => "conflict",
        }
    }
}

fn cure(words: &Words, missing: &[Missing], open_until: Option<&Instant>) -> Vec<Block> {
    let card = |(at, missing): (usize, &Missing)| Card {
        title: format!("{}. {}", at + 1, missing.what),
        mark: String::new(),
        facts: vec![
            Fact::new(words.say("cure.send"), &missing.send),
            Fact::new(words.say("item.cite"), &missing.cite),
        ],
    };
    let mut blocks = vec![
        Block::heading(words.say("cure.title")),
        Block::Cards { cards: missing.iter().enumerate().map(card).collect() },
    ];
    let open =
        open_until.map(|until| words.fill("cure.open_until", &[("until", &words.instant(*until))]));
    blocks.extend(open.map(Block::paragraph));
    blocks
}
