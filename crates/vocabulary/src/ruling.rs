//! Findings and rulings: what the law book established, and the policy's answer for each item.

use crate::{
    AccountRef, Category, Deadline, Digest, Instant, Item, Purpose, RuleId, Scope, SignOff,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One thing that the law book or the registry established about a demand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Which question it answers: `issuer-competent`, or a row's own requirement as `requires:offence-threshold`.
    pub id: String,
    /// The answer.
    pub state: FindingState,
    /// In plain words: what was found, and what would mend it.
    pub text: String,
    /// The law it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cite: Option<String>,
    /// What follows by the row's own words when it fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<Then>,
}

/// The answer of a finding. `Unknown` is never taken for `Holds`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum FindingState {
    /// It is so.
    Holds,
    /// It is not so.
    Fails,
    /// It could not be established: a person decides.
    Unknown,
}

/// The policy's answer for a whole demand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ruling {
    /// The demand's outcome.
    pub outcome: Outcome,
    /// One answer for each item.
    pub items: Vec<ItemRuling>,
    /// What the answers rest on.
    pub findings: Vec<Finding>,
    /// When an answer is owed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Deadline>,
    /// How the customer is told.
    pub notice: NoticeRule,
    /// How many people must agree before anything is disclosed: 0 (the machine may), 1 or 2.
    pub approvers: u8,
    /// The ways to object that a conflict of laws opens, with their dates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objections: Vec<Objection>,
    /// Who signed the row off, where it was written from memory and the ruling rests on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_off: Option<SignOff>,
    /// The digest of the law book that was used.
    pub lawbook: Digest,
    /// The digest of the policy that was used.
    pub policy: Digest,
}

/// A way to object to a demand whose execution would break the law of another state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Objection {
    /// Its id in `conflicts.toml` of the law book.
    pub id: String,
    /// What the provider may do, in plain words.
    pub text: String,
    /// Who decides on it.
    pub decides: String,
    /// The law that opens it.
    pub cite: String,
    /// By when, where its law sets a clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Deadline>,
    /// The accounts that it concerns.
    pub accounts: Vec<AccountRef>,
}

/// The answer for one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ItemRuling {
    /// The item.
    #[serde(flatten)]
    pub item: Item,
    /// What is wanted with it.
    pub want: Purpose,
    /// The answer.
    pub answer: Answer,
    /// What follows, where the answer is no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<Then>,
    /// The element's category under the instrument's law, where the law book knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// Whether a fixed rule said no: nobody can override it.
    #[serde(default)]
    pub fixed: bool,
    /// Why: every rule that determined the answer.
    pub reasons: Vec<Reason>,
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// The item may be given, or is preserved.
    Allowed,
    /// It may not.
    Denied,
}

/// A rule that determined an answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// The rule.
    pub rule: RuleId,
    /// The law or principle behind it.
    pub cite: String,
    /// In plain words.
    pub text: String,
}

/// What follows a no. Where several rules say no, the first in this order is what follows.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// A reasoned no.
    Refuse,
    /// Wait: verify first.
    Hold,
    /// Send the authority to whom the data belong, or to the right door.
    Redirect,
    /// Ask for the missing or mended part.
    Cure,
    /// A person decides.
    Escalate,
    /// Freeze, and give nothing.
    Preserve,
    /// Leave this item out and answer the rest.
    Narrow,
}

/// What becomes of a demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Everything asked may be given.
    Disclose,
    /// A part may be given.
    Narrow,
    /// Whom to ask instead.
    Redirect,
    /// A reasoned no.
    Refuse,
    /// What is missing.
    Cure,
    /// Waits for verification.
    Hold,
    /// Frozen, nothing given.
    Preserve,
    /// A person decides.
    Escalate,
    /// A removal order is carried out.
    Act,
}

/// How the customer is told of a disclosure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "rule")]
pub enum NoticeRule {
    /// Before anything is given.
    Before,
    /// After an emergency has passed, at the latest then.
    After {
        /// When.
        due: Instant,
    },
    /// When a named gag ends.
    Deferred {
        /// The gag's end.
        until: Instant,
    },
    /// A gag without a known end: not told, and a person must see to its end.
    Barred,
    /// The authority tells the person (Regulation (EU) 2023/1543 Art 13).
    ByAuthority,
    /// Nothing is given, so nothing is told.
    Nothing,
}

impl Ruling {
    /// The items that may be disclosed.
    pub fn allowed(&self) -> Scope {
        self.scope_of(Purpose::Disclose)
    }

    /// The items that are to be preserved.
    pub fn preserved(&self) -> Scope {
        self.scope_of(Purpose::Preserve)
    }

    fn scope_of(&self, want: Purpose) -> Scope {
        let allowed = |ruled: &&ItemRuling| ruled.answer == Answer::Allowed && ruled.want == want;
        Scope::of(self.items.iter().filter(allowed).map(|ruled| ruled.item.clone()))
    }
}

macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        impl $name {
            /// The word used in files and on screens.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words!(Outcome {
    Disclose = "disclose", Narrow = "narrow", Redirect = "redirect", Refuse = "refuse", Cure = "cure",
    Hold = "hold", Preserve = "preserve", Escalate = "escalate", Act = "act",
});
words!(Then {
    Refuse = "refuse", Hold = "hold", Redirect = "redirect", Cure = "cure", Escalate = "escalate",
    Preserve = "preserve", Narrow = "narrow",
});
words!(Answer { Allowed = "allowed", Denied = "denied" });
words!(FindingState { Holds = "holds", Fails = "fails", Unknown = "unknown" });
