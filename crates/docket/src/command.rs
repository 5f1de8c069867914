//! Commands: what people, doors and the desk may ask of a case.

use crate::{AnswerKind, Collected, FourEyes, Ruled};
use serde::{Deserialize, Serialize};
use writ_vocabulary::{
    AuthorityId, Category, Digest, Factor, Instant, InstrumentId, Jurisdiction, PersonId, Scope,
    StatementId,
};

/// A wish. The case decides whether it becomes an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
pub enum Command {
    /// Open a case for a demand that came in.
    Lodge(Lodging),
    /// One more proof of who sent it.
    AddFactor {
        /// The proof.
        factor: Factor,
    },
    /// Put on record what the provider established beside the document: that another authority spoke, or that a time ran out.
    Establish {
        /// Who established it.
        by: PersonId,
        /// What, in the law book's word.
        statement: StatementId,
        /// Whether it is so.
        holds: bool,
    },
    /// Take the factors together: are they enough for this authority?
    Authenticate {
        /// The authority in the registry.
        authority: AuthorityId,
        /// The fingerprint of the key that parcels for it are sealed to; without one nothing can be delivered.
        recipient: Option<Digest>,
    },
    /// Put the policy's ruling on the docket.
    Assess {
        /// The ruling.
        ruled: Ruled,
    },
    /// Agree to disclose `scope`. The grant stands when as many people agree as the ruling asks for.
    Grant {
        /// Who agrees.
        by: Decider,
        /// What may be disclosed.
        scope: Scope,
    },
    /// Answer the authority without data.
    Answer {
        /// Who decides so.
        by: Decider,
        /// The answer.
        answer: AnswerKind,
    },
    /// The hashes of what was removed were given to a bank of the shared memory.
    RecordHashesContributed {
        /// Who reviewed it and decided so.
        by: PersonId,
        /// The bank.
        bank: String,
        /// Its entries.
        entries: Vec<u32>,
    },
    /// Freeze what is asked; nothing is given.
    Preserve {
        /// Who decides so.
        by: Decider,
        /// Until when.
        until: Instant,
    },
    /// The authority sent what was missing, or a better order: judge again.
    Supplement {
        /// The demand as it now stands.
        lodging: Lodging,
    },
    /// Disclose against the ruling: two people, with a reason that is kept.
    Override {
        /// The two.
        by: FourEyes,
        /// What may be disclosed.
        scope: Scope,
        /// The written reason.
        reason: Digest,
    },
    /// The plan was carried out.
    RecordCollected(Collected),
    /// The plan could not be carried out; it stays owed.
    RecordCollectionFailed {
        /// What failed, without identifiers.
        why: String,
    },
    /// The production was sealed.
    RecordSealed {
        /// Whose manifest is inside.
        manifest: Digest,
        /// The parcel.
        parcel: Digest,
        /// The key it was sealed to.
        recipient: Digest,
    },
    /// The parcel, or the answer without data, was handed over.
    RecordDelivered {
        /// By which door.
        door: String,
        /// The proof of handing over.
        receipt: Digest,
    },
    /// The customer was told.
    RecordNotice {
        /// The message that was sent.
        message: Digest,
    },
    /// A gag, named and with an end, was served or extended.
    DeferNotice {
        /// Its end.
        until: Instant,
        /// The order.
        order: Digest,
    },
    /// The confirmation that an emergency grant owes has come.
    Confirm {
        /// Who established it.
        by: PersonId,
        /// The document.
        document: Digest,
    },
    /// The authority takes the demand back.
    Withdraw,
    /// A court or an objection stops the case.
    Suspend {
        /// The document.
        document: Digest,
    },
    /// The stop is lifted.
    Resume {
        /// The document.
        document: Digest,
    },
    /// A preservation is renewed.
    ExtendPreservation {
        /// Who decides so.
        by: Decider,
        /// Until when.
        until: Instant,
    },
    /// A preservation has run out.
    EndPreservation,
    /// The date for a confirmation has passed without one.
    MissConfirmation,
    /// Nothing is owed any more.
    Close,
}

/// A demand as it enters the docket: references and digests only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lodging {
    /// The instant of receipt.
    pub received: Instant,
    /// The door it came through.
    pub door: String,
    /// The member of staff who typed it in, where it came by telephone or on paper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entered_by: Option<PersonId>,
    /// The demand as received, kept encrypted.
    pub demand: Digest,
    /// The claimed instrument.
    pub instrument: InstrumentId,
    /// The state of the claimed issuer.
    pub jurisdiction: Jurisdiction,
    /// How many accounts it names.
    pub accounts: u32,
    /// What it asks a copy of.
    pub asked: Scope,
    /// What it asks to preserve.
    #[serde(default)]
    pub preserve: Scope,
    /// Whether it claims an emergency.
    pub emergency: bool,
    /// Where the public record counts it, settled when it came: a row of the record's table `received`. Nothing where no
    /// record was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_as: Option<String>,
}

/// Who decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decider {
    /// The machine: it may refuse, cure, redirect, hold and prepare; it grants only where policy lets it.
    Machine,
    /// A person.
    Person(PersonId),
}

impl Decider {
    /// The person, if one.
    pub fn person(&self) -> Option<&PersonId> {
        match self {
            Self::Machine => None,
            Self::Person(person) => Some(person),
        }
    }
}

/// Whether a category is content for the figures.
pub(crate) fn is_content(category: Option<Category>) -> bool {
    matches!(category, Some(Category::Content | Category::Realtime))
}
