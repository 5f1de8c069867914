//! Events: what has happened to a case. Their stored form is golden: it never changes, it only gains kinds.

use crate::{Approvers, Collected, Decider, FourEyes, Lodging, Ruled};
use serde::{Deserialize, Serialize};
use writ_vocabulary::{AuthorityId, Digest, Factor, Instant, PersonId, Scope, StatementId};

/// Something that happened. Past tense; the instant stands beside it in the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A demand came in.
    Lodged(Lodging),
    /// One more proof of who sent it.
    FactorAdded {
        /// The proof.
        factor: Factor,
    },
    /// The provider established something beside the document.
    Established {
        /// Who.
        by: PersonId,
        /// What, in the law book's word.
        statement: StatementId,
        /// Whether it is so.
        holds: bool,
    },
    /// The sender is proven.
    Authenticated {
        /// As this authority.
        authority: AuthorityId,
        /// With this key to seal to.
        recipient: Option<Digest>,
    },
    /// The factors are not enough.
    NotAuthenticated {
        /// For this authority.
        authority: AuthorityId,
    },
    /// The policy ruled.
    Assessed {
        /// The ruling.
        ruled: Ruled,
    },
    /// One of two people agreed.
    Approved {
        /// Who.
        by: PersonId,
        /// To what.
        scope: Scope,
    },
    /// The grant stands.
    Granted {
        /// Who agreed.
        by: Approvers,
        /// What may be disclosed.
        scope: Scope,
        /// When a confirmation is owed, where this was granted in an emergency.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        confirm_by: Option<Instant>,
    },
    /// Two people decided against the ruling.
    Overridden {
        /// The two.
        by: FourEyes,
        /// What may be disclosed.
        scope: Scope,
        /// Their written reason.
        reason: Digest,
    },
    /// The authority gets an answer without data.
    Answered {
        /// Who decided so.
        by: Decider,
        /// The answer.
        answer: AnswerKind,
    },
    /// The hashes of what was removed were given to a bank of the shared memory. This may follow the case's close.
    HashesContributed {
        /// Who reviewed it and decided so.
        by: PersonId,
        /// The bank.
        bank: String,
        /// Its entries.
        entries: Vec<u32>,
    },
    /// What was asked is frozen.
    Preserved {
        /// Who decided so.
        by: Decider,
        /// What.
        scope: Scope,
        /// Until when.
        until: Instant,
    },
    /// What was missing came, or a better order.
    Supplemented {
        /// The demand as it now stands.
        lodging: Lodging,
    },
    /// The plan was carried out.
    Collected(Collected),
    /// The plan could not be carried out; it stays owed.
    CollectionFailed {
        /// What failed.
        why: String,
    },
    /// The production was sealed.
    Sealed {
        /// The parcel.
        parcel: Digest,
        /// The key.
        recipient: Digest,
    },
    /// The parcel, or the answer without data, was handed over.
    Delivered {
        /// By which door.
        door: String,
        /// The proof.
        receipt: Digest,
    },
    /// The customer was told.
    NoticeGiven {
        /// The message.
        message: Digest,
    },
    /// The customer is told later.
    NoticeDeferred {
        /// When.
        until: Instant,
        /// By which order.
        order: Digest,
    },
    /// An emergency grant was confirmed.
    Confirmed {
        /// Who established it.
        by: PersonId,
        /// The document.
        document: Digest,
    },
    /// No confirmation came in time.
    ConfirmationMissed,
    /// The authority took the demand back.
    Withdrawn,
    /// The case stands still.
    Suspended {
        /// The document.
        document: Digest,
    },
    /// The case goes on.
    Resumed {
        /// The document.
        document: Digest,
    },
    /// A preservation was renewed.
    PreservationExtended {
        /// Who decided so.
        by: Decider,
        /// Until when.
        until: Instant,
    },
    /// A preservation ran out.
    PreservationEnded,
    /// Nothing is owed any more.
    Closed {
        /// How it ended.
        outcome: ClosedAs,
    },
}

impl Event {
    /// The stored kind: the tag of its JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Lodged(_) => "lodged",
            Self::FactorAdded { .. } => "factor-added",
            Self::Established { .. } => "established",
            Self::Authenticated { .. } => "authenticated",
            Self::NotAuthenticated { .. } => "not-authenticated",
            Self::Assessed { .. } => "assessed",
            Self::Approved { .. } => "approved",
            Self::Granted { .. } => "granted",
            Self::Overridden { .. } => "overridden",
            Self::Answered { .. } => "answered",
            Self::HashesContributed { .. } => "hashes-contributed",
            Self::Preserved { .. } => "preserved",
            Self::Supplemented { .. } => "supplemented",
            Self::Collected(_) => "collected",
            Self::CollectionFailed { .. } => "collection-failed",
            Self::Sealed { .. } => "sealed",
            Self::Delivered { .. } => "delivered",
            Self::NoticeGiven { .. } => "notice-given",
            Self::NoticeDeferred { .. } => "notice-deferred",
            Self::Confirmed { .. } => "confirmed",
            Self::ConfirmationMissed => "confirmation-missed",
            Self::Withdrawn => "withdrawn",
            Self::Suspended { .. } => "suspended",
            Self::Resumed { .. } => "resumed",
            Self::PreservationExtended { .. } => "preservation-extended",
            Self::PreservationEnded => "preservation-ended",
            Self::Closed { .. } => "closed",
        }
    }
}

/// An answer without data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerKind {
    /// A reasoned no.
    Refuse,
    /// What is missing.
    AskCure,
    /// Whom to ask instead.
    Redirect,
    /// Verification is under way.
    Hold,
    /// It is frozen, and nothing is given.
    Preserved,
    /// What was to be removed is removed, or access to it disabled.
    Act,
}

impl AnswerKind {
    /// The word used on screens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::AskCure => "cure",
            Self::Redirect => "redirect",
            Self::Hold => "hold",
            Self::Preserved => "preserve",
            Self::Act => "act",
        }
    }
}

/// How a case ended, as the report counts it. Each case ends in exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClosedAs {
    /// Content was disclosed.
    Content,
    /// Only other data were disclosed.
    NonContent,
    /// Nothing of what was granted is held.
    NothingHeld,
    /// Refused.
    Refused,
    /// Sent to whom the data belong.
    Redirected,
    /// Nothing came after a request to mend it.
    NotCured,
    /// The sender was never proven.
    NotProven,
    /// Preserved only.
    Preserved,
    /// Removed, or access disabled, as ordered.
    Acted,
    /// Taken back.
    Withdrawn,
}
