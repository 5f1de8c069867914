//! Approval: who agreed. Two pairs of eyes are a type that cannot be built from one person.

use serde::{Deserialize, Serialize};
use writ_vocabulary::PersonId;

/// Two different people.
///
/// ```
/// use writ_docket::FourEyes;
/// let person = |id: &str| id.parse().unwrap();
/// assert!(FourEyes::of(person("reviewer-1"), person("reviewer-1")).is_none());
/// assert!(FourEyes::of(person("reviewer-1"), person("reviewer-2")).is_some());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "(PersonId, PersonId)", into = "(PersonId, PersonId)")]
pub struct FourEyes(PersonId, PersonId);

/// The same person twice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` cannot be both pairs of eyes")]
pub struct OnePerson(PersonId);

impl FourEyes {
    /// Both people, if they are two.
    pub fn of(first: PersonId, second: PersonId) -> Option<Self> {
        (first != second).then_some(Self(first, second))
    }

    /// The two.
    pub fn people(&self) -> [&PersonId; 2] {
        [&self.0, &self.1]
    }
}

impl TryFrom<(PersonId, PersonId)> for FourEyes {
    type Error = OnePerson;
    fn try_from((first, second): (PersonId, PersonId)) -> Result<Self, OnePerson> {
        let twice = first.clone();
        Self::of(first, second).ok_or(OnePerson(twice))
    }
}

impl From<FourEyes> for (PersonId, PersonId) {
    fn from(eyes: FourEyes) -> Self {
        (eyes.0, eyes.1)
    }
}

/// Who agreed to a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Approvers {
    /// The machine, where policy lets it.
    Machine,
    /// One person, where policy lets one.
    One(PersonId),
    /// Two people.
    Two(FourEyes),
}
