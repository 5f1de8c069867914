//! Authorities: the bodies that may issue or serve demands, as the registry knows them.

use crate::{AuthorityClass, AuthorityId, Digest, Instant, Jurisdiction, OfficerId, Phone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A body in the registry. What stands here was established by the provider, never by a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Authority {
    /// Its id in the registry.
    pub id: AuthorityId,
    /// Its full name.
    pub name: String,
    /// Its state.
    pub jurisdiction: Jurisdiction,
    /// What kind of body it is, a class of the law book.
    pub class: AuthorityClass,
    /// The mail domains it sends from.
    #[serde(default)]
    pub domains: Vec<String>,
    /// The published number of its switchboard: the only number a call-back may go to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub switchboard: Option<Phone>,
    /// Its keys. A changed key is a new enrolment.
    #[serde(default)]
    pub keys: Vec<EnrolledKey>,
    /// Its officers.
    #[serde(default)]
    pub officers: Vec<Officer>,
}

/// A key that the authority enrolled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolledKey {
    /// What it is for.
    pub purpose: KeyPurpose,
    /// An `age1...` recipient, or an Ed25519 public key as 64 hexadecimal characters.
    pub key: String,
    /// Since when.
    pub enrolled: Instant,
    /// Until when, where it was withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Instant>,
}

/// What an enrolled key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeyPurpose {
    /// Parcels are sealed to it (age, X25519).
    Seal,
    /// The authority signs its demands with it (Ed25519).
    Sign,
}

/// A person who acts for an authority, under an opaque id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Officer {
    /// The id.
    pub id: OfficerId,
    /// The name.
    pub name: String,
    /// The office held.
    pub title: String,
    /// Since when no longer, where the officer left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<Instant>,
}

impl Authority {
    /// The key for `purpose` that is enrolled at `at`: the latest enrolment that was not withdrawn.
    pub fn key(&self, purpose: KeyPurpose, at: Instant) -> Option<&EnrolledKey> {
        self.keys
            .iter()
            .filter(|key| key.purpose == purpose && key.enrolled <= at)
            .filter(|key| key.withdrawn.is_none_or(|withdrawn| at < withdrawn))
            .max_by_key(|key| key.enrolled)
    }
}

impl EnrolledKey {
    /// The key's fingerprint: the digest of its text.
    pub fn fingerprint(&self) -> Digest {
        Digest::of(&self.key)
    }
}
