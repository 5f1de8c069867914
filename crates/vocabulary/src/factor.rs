//! Factors: independent proofs of who sent a demand.

use crate::{Instant, OfficerId, PersonId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One independent proof of who sent the demand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Factor {
    /// What kind of proof.
    pub kind: FactorKind,
    /// When it was established.
    pub at: Instant,
    /// Whether what it rests on came with the request itself (a number in the letter's signature, a key attached
    /// to the mail). Such a factor alone never proves a sender.
    #[serde(default)]
    pub from_request: bool,
    /// The member of staff who established it, where a person did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
    /// The officer who was proven, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub officer: Option<OfficerId>,
}

/// The kinds of proof. Two factors of one kind count once.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum FactorKind {
    /// A passkey (WebAuthn) of an enrolled officer, bound to the portal.
    Passkey,
    /// Mail whose DKIM signature is aligned with the From domain (RFC 7489), and that domain is the registry's.
    AlignedDkim,
    /// A client certificate of the authority (mutual TLS).
    MutualTls,
    /// A qualified electronic signature or seal (Regulation (EU) 910/2014).
    QualifiedSignature,
    /// A signature over the demand by a key enrolled for the authority.
    EnrolledSignature,
    /// A call that staff made to the number in the registry, never to one in the request.
    CallBack,
    /// Another officer of the same authority confirmed on another channel.
    SecondOfficer,
}

impl FactorKind {
    /// The word used in files and on screens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::AlignedDkim => "aligned-dkim",
            Self::MutualTls => "mutual-tls",
            Self::QualifiedSignature => "qualified-signature",
            Self::EnrolledSignature => "enrolled-signature",
            Self::CallBack => "call-back",
            Self::SecondOfficer => "second-officer",
        }
    }
}

impl fmt::Display for FactorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Factor {
    /// Whether these factors prove a sender: at least two kinds, at least one of which does not rest on anything
    /// the request itself supplied (collective policy, rule P17).
    pub fn prove(factors: &[Self]) -> bool {
        let kinds: std::collections::BTreeSet<_> =
            factors.iter().map(|factor| factor.kind).collect();
        kinds.len() >= 2 && factors.iter().any(|factor| !factor.from_request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factor(kind: FactorKind, from_request: bool) -> Factor {
        Factor { kind, at: Instant::UNIX_EPOCH, from_request, by: None, officer: None }
    }

    #[test]
    fn one_kind_twice_or_only_what_the_request_supplied_proves_nothing() {
        use FactorKind::*;
        assert!(!Factor::prove(&[factor(CallBack, false), factor(CallBack, false)]));
        assert!(!Factor::prove(&[factor(AlignedDkim, true), factor(CallBack, true)]));
        assert!(Factor::prove(&[factor(AlignedDkim, true), factor(CallBack, false)]));
    }
}
