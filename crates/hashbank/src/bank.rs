//! Banks and members: who shares, and the curated sets they share.

use crate::{BankName, Limits, MemberId, SignalType};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Its name.
    pub id: MemberId,
    /// What it may do, and whether it counts.
    pub voice: Voice,
}

/// What a member may do, and whether its opinions count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Voice {
    /// Contributes; its opinions count.
    Full,
    /// Reads and gives opinions, which are recorded and do not count.
    Observer,
    /// May command nothing; what it said stays recorded and does not count.
    Barred,
}

/// A curated set of entries and how it matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bank {
    /// Its name, `[A-Z0-9_]+`.
    pub name: BankName,
    /// Whether it finds or spares.
    pub purpose: Purpose,
    /// How near is a match, by signal type. A type not named takes the rules' limits.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<SignalType, Limits>,
    /// The least quality of a hash, 0 to 100, both of entries and of what is looked up.
    pub quality: u8,
    /// The part of lookups in which the bank takes part.
    pub ratio: Ratio,
    /// What a match leads to at most.
    pub action: Action,
    /// How many members must stand by an entry.
    pub quorum: u8,
    /// The partner's feed that fills it, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// Whether a bank finds or spares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// What matches here is found.
    Match,
    /// What matches here is never found anywhere.
    Negative,
}

/// What a match leads to at most. The order is that of force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It is counted, nobody is asked.
    Log,
    /// A person looks at it.
    Review,
    /// Something may be done before a person looks, where the two-signal rule holds.
    Auto,
}

/// The part of lookups in which a bank takes part, from 0 to 1, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Ratio(u32);

/// A number that is no ratio.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("`{0}` is not a ratio: give a number from 0 to 1")]
pub struct RatioError(pub f64);

impl Ratio {
    /// In every lookup.
    pub const ALL: Self = Self(1_000_000);
    /// In none.
    pub const NONE: Self = Self(0);

    /// So many millionths, at most all.
    pub fn of_millionths(millionths: u32) -> Self {
        Self(millionths.min(1_000_000))
    }

    /// The ratio in millionths.
    pub fn millionths(self) -> u32 {
        self.0
    }
}

impl TryFrom<f64> for Ratio {
    type Error = RatioError;
    fn try_from(number: f64) -> Result<Self, RatioError> {
        if (0.0..=1.0).contains(&number) {
            Ok(Self((number * 1e6).round() as u32))
        } else {
            Err(RatioError(number))
        }
    }
}

impl From<Ratio> for f64 {
    fn from(ratio: Ratio) -> f64 {
        f64::from(ratio.0) / 1e6
    }
}

impl Bank {
    /// A bank that finds, with the rules' limits, the usual quality line of 50, and one member's word enough.
    pub fn new(name: BankName) -> Self {
        Self {
            name,
            purpose: Purpose::Match,
            limits: BTreeMap::new(),
            quality: 50,
            ratio: Ratio::ALL,
            action: Action::Review,
            quorum: 1,
            source: None,
            description: String::new(),
        }
    }

    /// What is wrong with these settings, in words.
    pub(crate) fn fault(&self) -> Option<String> {
        let wide = self.limits.iter().find(|(_, limits)| limits.auto > Some(limits.review));
        if let Some((kind, _)) = wide {
            return Some(format!(
                "`auto` of `{kind}` is wider than its `review`; make it narrower"
            ));
        }
        if self.limits.len() > 64 {
            return Some("it has limits for more than 64 signal types".to_owned());
        }
        if self.quality > 100 {
            return Some(format!("a quality line of `{}` is above 100", self.quality));
        }
        if self.quorum == 0 {
            return Some("a quorum of `0` would let everything match; give at least 1".to_owned());
        }
        if self.source.as_ref().is_some_and(|source| source.len() > 255) {
            return Some("its source is longer than 255 bytes".to_owned());
        }
        (self.description.len() > 2_000)
            .then(|| "its description is longer than 2,000 bytes".to_owned())
    }
}
