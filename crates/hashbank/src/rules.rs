//! The rules: how an entry's state follows from what members say, and what a match may lead to, as data.

use crate::SignalType;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The most rules of state, and conditions of one.
const MAX_RULES: usize = 64;
const MAX_CONDITIONS: usize = 8;

/// A version of the rules. The shipped one, with the meaning of each part, is `taxonomy/rules.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// The version of this form: `writ-hash-rules/1`.
    pub format: RulesForm,
    /// Grows with every change.
    pub version: u32,
    /// The state: the first rule that holds decides.
    pub state: Vec<StateRule>,
    /// How near is a match, by signal type, where the bank does not say.
    pub limits: BTreeMap<SignalType, Limits>,
    /// What must agree before anything is done automatically.
    pub automatic: Automatic,
    /// When an entry matches too often.
    pub flood: Flood,
    /// How near to popular harmless content is too near, by signal type.
    pub benign: BTreeMap<SignalType, u32>,
    /// By when an entry is looked at again.
    pub review: Review,
    /// When an entry ends.
    pub expiry: Expiry,
    /// How long notices of entries gone are kept.
    pub tombstones: Tombstones,
}

/// The mark of this version of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RulesForm {
    /// The first version.
    #[serde(rename = "writ-hash-rules/1")]
    One,
}

/// One rule of state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateRule {
    /// Its name.
    pub id: String,
    /// What must hold, all of it.
    pub when: Vec<Condition>,
    /// The state.
    pub is: EntryState,
    /// Why, for people.
    pub because: String,
}

/// Where an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryState {
    /// It matches.
    Active,
    /// Members disagree: it matches for review only.
    Disputed,
    /// Held until a member confirms or a person releases it: it does not match.
    Quarantined,
    /// Nobody stands by it: a notice of it remains.
    Withdrawn,
    /// Its end has passed: a notice of it remains.
    Expired,
}

/// How near is a match. Distances in the signal's own unit, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Up to here something may be done automatically. Missing: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto: Option<u32>,
    /// Up to here it is a match.
    pub review: u32,
}

/// What must agree before anything is done automatically.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Automatic {
    /// How many kinds of evidence: signal types on one part of the content.
    pub evidence: u32,
    /// How many members stand by the hash.
    pub members: u32,
    /// Types whose exact match needs no second kind.
    #[serde(default)]
    pub alone: Vec<SignalType>,
}

/// When an entry matches too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flood {
    /// So many matches,
    pub matches: u32,
    /// in so many minutes.
    pub minutes: u32,
    /// How many times as many, once a person has released it.
    pub after_release: u32,
}

/// By when an entry is looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// Days after its contribution.
    pub days: u32,
    /// Days, where it belongs to an open incident.
    pub incident_days: u32,
}

/// When an entry ends that brings no end of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expiry {
    /// Days after its contribution. Missing: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// How long notices of entries gone are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tombstones {
    /// At least so many days,
    pub at_least_days: u32,
    /// then until every registered reader has passed, but at most so many.
    pub at_most_days: u32,
}

/// Rules that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the rules cannot be used: {0}")]
pub struct RulesError(pub String);

impl Rules {
    /// Reads rules from TOML.
    ///
    /// # Errors
    /// What is wrong, with its place.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        let rules: Self = toml::from_str(text).map_err(|error| RulesError(error.to_string()))?;
        rules.check().map(|()| rules)
    }

    pub(crate) fn check(&self) -> Result<(), RulesError> {
        let fault = |words: String| Err(RulesError(words));
        if self.state.last().is_none_or(|last| !last.when.is_empty()) {
            return fault("the last `[[state]]` must hold always: give it `when = []`".to_owned());
        }
        if self.state.len() > MAX_RULES
            || self.state.iter().any(|rule| rule.when.len() > MAX_CONDITIONS)
        {
            return fault(format!(
                "at most {MAX_RULES} rules of state with {MAX_CONDITIONS} conditions each"
            ));
        }
        if let Some(rule) =
            self.state.iter().find(|rule| rule.id.len() > 64 || rule.because.len() > 500)
        {
            return fault(format!(
                "`{}`: at most 64 characters of id and 500 of reason",
                rule.id.chars().take(64).collect::<String>()
            ));
        }
        if let Some((kind, _)) =
            self.limits.iter().find(|(_, limits)| limits.auto > Some(limits.review))
        {
            return fault(format!(
                "`limits.{kind}`: `auto` is wider than `review`; make it narrower"
            ));
        }
        if self.tombstones.at_least_days > self.tombstones.at_most_days {
            return fault("`tombstones`: `at_least_days` is above `at_most_days`".to_owned());
        }
        if self.flood.matches == 0 || self.flood.minutes == 0 || self.flood.after_release == 0 {
            return fault("`flood`: every number must be at least 1".to_owned());
        }
        Ok(())
    }

    /// The state that follows from these facts, and the rule that says so.
    pub(crate) fn state(&self, facts: &Facts) -> Option<&StateRule> {
        self.state.iter().find(|rule| rule.when.iter().all(|condition| condition.holds(facts)))
    }
}

impl EntryState {
    /// Whether only a notice of the entry remains.
    pub fn is_gone(self) -> bool {
        matches!(self, Self::Withdrawn | Self::Expired)
    }
}

impl fmt::Display for EntryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Active => "active",
            Self::Disputed => "disputed",
            Self::Quarantined => "quarantined",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        })
    }
}

macro_rules! facts {
    ($($(#[$doc:meta])* $fact:ident $word:literal,)*) => {
        /// Something that rules of state ask; `taxonomy/rules.toml` says what each is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Fact { $($(#[$doc])* $fact,)* }

        /// How many facts there are.
        const FACTS: usize = [$($word),*].len();

        impl Fact {
            /// Every fact, with its word in the rules.
            pub const ALL: [(Fact, &str); FACTS] = [$((Fact::$fact, $word)),*];
        }
    };
}

facts! {
    /// Members who stand by it.
    For "for",
    /// Members who contributed it and stand by it.
    Contributors "contributors",
    /// Members who confirm it.
    Confirm "confirm",
    /// Members who dispute it or find it not terrorist.
    Against "against",
    /// Members who dispute it.
    Dispute "dispute",
    /// Members who find it not terrorist.
    NotTerrorist "not_terrorist",
    /// Members who only saw it.
    Seen "seen",
    /// What its bank asks.
    Quorum "quorum",
    /// Held for matching too often.
    Flood "flood",
    /// Held for lying near harmless content.
    NearBenign "near_benign",
    /// In an open incident with the fast path.
    Incident "incident",
    /// Past its end.
    Expired "expired",
    /// Its bank is gone.
    BankRemoved "bank_removed",
}

/// What is known of one entry: a number for each [`Fact`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts([u32; FACTS]);

impl Facts {
    /// The number of a fact.
    pub fn of(&self, fact: Fact) -> u32 {
        self.0.get(fact as usize).copied().unwrap_or_default()
    }

    pub(crate) fn set(&mut self, fact: Fact, number: u32) {
        if let Some(place) = self.0.get_mut(fact as usize) {
            *place = number;
        }
    }

    pub(crate) fn count(&mut self, fact: Fact) {
        self.set(fact, self.of(fact).saturating_add(1));
    }
}

/// A comparison: `not_terrorist > for`, `for >= 2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Condition {
    left: Fact,
    how: Comparison,
    right: Operand,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operand {
    Fact(Fact),
    Number(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    Above,
    AtLeast,
    Below,
    AtMost,
}

const COMPARISONS: [(Comparison, &str); 5] = [
    (Comparison::Equal, "="),
    (Comparison::Above, ">"),
    (Comparison::AtLeast, ">="),
    (Comparison::Below, "<"),
    (Comparison::AtMost, "<="),
];

impl Condition {
    fn holds(&self, facts: &Facts) -> bool {
        let left = facts.of(self.left);
        let right = match self.right {
            Operand::Fact(fact) => facts.of(fact),
            Operand::Number(number) => number,
        };
        match self.how {
            Comparison::Equal => left == right,
            Comparison::Above => left > right,
            Comparison::AtLeast => left >= right,
            Comparison::Below => left < right,
            Comparison::AtMost => left <= right,
        }
    }
}

impl TryFrom<String> for Condition {
    type Error = RulesError;
    fn try_from(text: String) -> Result<Self, RulesError> {
        let fact = |word: &str| Fact::ALL.iter().find(|(_, known)| *known == word).map(|(f, _)| *f);
        let mut words = text.split_ascii_whitespace();
        let (left, how, right, rest) = (words.next(), words.next(), words.next(), words.next());
        let read = || {
            let how = COMPARISONS.iter().find(|(_, sign)| Some(*sign) == how)?.0;
            let right = right?;
            let right = match right.parse() {
                Ok(number) => Operand::Number(number),
                Err(_) => Operand::Fact(fact(right)?),
            };
            (rest.is_none()).then_some(Self { left: fact(left?)?, how, right })
        };
        read().ok_or_else(|| {
            let facts: Vec<&str> = Fact::ALL.iter().map(|(_, word)| *word).collect();
            RulesError(format!(
                "`{}` is not a condition: write a fact, one of `= > >= < <=`, and a fact or a number, as in `for >= 2`; the facts are {}",
                text.chars().take(80).collect::<String>(),
                facts.join(", ")
            ))
        })
    }
}

impl From<Condition> for String {
    fn from(condition: Condition) -> String {
        let word = |fact: Fact| Fact::ALL.get(fact as usize).map_or("", |(_, word)| word);
        let sign =
            COMPARISONS.iter().find(|(how, _)| *how == condition.how).map_or("", |(_, sign)| sign);
        match condition.right {
            Operand::Fact(fact) => format!("{} {sign} {}", word(condition.left), word(fact)),
            Operand::Number(number) => format!("{} {sign} {number}", word(condition.left)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../../taxonomy/rules.toml");

    #[test]
    fn the_shipped_rules_keep_their_stored_form() {
        let rules = Rules::parse(SHIPPED).unwrap();
        let stored = serde_json::to_string(&rules).unwrap();
        assert_eq!(serde_json::from_str::<Rules>(&stored).unwrap(), rules);
        assert!(stored.contains(r#""when":["not_terrorist >= 2","not_terrorist > for"]"#));
    }

    #[test]
    fn a_fault_in_the_rules_is_told_with_what_there_is() {
        let said = |from: &str, to: &str| {
            assert!(SHIPPED.contains(from), "{from}");
            Rules::parse(&SHIPPED.replace(from, to)).unwrap_err().to_string()
        };
        assert!(said("against >= 1", "anger >= 1").contains("`anger >= 1` is not a condition"));
        assert!(said("against >= 1", "against => 1").contains("the facts are for, contributors"));
        assert!(said("when = []", "when = [\"for >= 1\"]").contains("must hold always"));
        assert!(said("auto = 16", "auto = 32").contains("`auto` is wider than `review`"));
        assert!(said("matches = 1000", "matches = 0").contains("at least 1"));
        assert!(said("at_least_days = 90", "at_least_days = 900").contains("above"));
        assert!(said("evidence = 2", "evidence = 2\nhope = 1").contains("unknown field `hope`"));
        assert!(said("writ-hash-rules/1", "writ-hash-rules/2").contains("writ-hash-rules/2"));
    }
}
