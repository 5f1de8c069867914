//! The nouns of Writ: typed ids, digests, accounts, elements, items, scopes, demands, facts, rulings, manifests.
//!
//! Everything here is a value. Nothing awaits, reads a clock, draws randomness or touches a disk: instants and
//! random bytes are arguments. Text from outside becomes one of these types or an error, once.
//!
//! Where to look: [`Demand`] is what a government body asks, [`Facts`] what it is judged against, [`CaseFile`] the
//! one file form that carries both; [`Scope`] is what is asked, ruled and granted; [`Ruling`] is the policy's
//! answer; [`Manifest`] lists what was collected.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod account;
mod authority;
mod case_file;
mod category;
mod clock;
mod custody;
mod custody_step;
mod demand;
mod digest;
mod expect;
mod factor;
mod facts;
mod id;
mod jurisdiction;
mod manifest;
mod period;
mod ruling;
mod scope;

pub use account::{Account, AccountError, Ambiguity, MailAddress, ObservedAt, Phone};
pub use authority::{Authority, EnrolledKey, KeyPurpose, Officer};
pub use case_file::{CaseFile, CaseFileError, Form, MAX_ACCOUNTS, MAX_ITEMS};
pub use category::Category;
pub use clock::{Deadline, Pause, PauseCause};
pub use custody::{AccountFacts, Controller, Flag, Tenant};
pub use custody_step::{CustodyStep, CustodyVerb};
pub use demand::{
    AccountLine, Asked, Danger, Demand, Document, Emergency, Gag, Issuer, Purpose, Statement,
    Validator,
};
pub use digest::{Digest, DigestError};
pub use expect::{Difference, Expect, ExpectItem};
pub use factor::{Factor, FactorKind};
pub use facts::{Facts, Provider, ProviderEntity, SignOff};
pub use id::{
    AccountRef, AuthorityClass, AuthorityId, CaseId, ElementId, IdError, InstrumentId, OfficerId,
    PersonId, RuleId, SourceId, StatementId,
};
pub use jiff::Timestamp as Instant;
pub use jurisdiction::{Jurisdiction, JurisdictionError};
pub use manifest::{FileEntry, FileForm, Manifest, Withheld};
pub use period::{Period, PeriodError};
pub use ruling::{
    Answer, Finding, FindingState, ItemRuling, NoticeRule, Objection, Outcome, Reason, Ruling, Then,
};
pub use scope::{Item, Scope};
