//! The case: what may be commanded, what then has happened, and what is owed. Pure.
//!
//! Three functions carry it. [`decide`] takes a command, the case and the instant, and gives the events or a
//! [`Refusal`]. [`evolve`] takes the case and an event, and gives the case after it. [`duty`] takes the case and
//! the instant, and gives what is owed and by when. The desk performs the duty and hands its outcome back as a
//! command; after a crash the duty is computed again from the events, so nothing is lost.
//!
//! What the types make impossible: collecting without a [`Grant`]; a grant beyond the ruling; sealing another
//! case's manifest; delivering to an issuer who was not authenticated; one person being both pairs of eyes.
//!
//! Events carry references and digests, never an identifier of a person: accounts appear as `a1`, staff and
//! officers under opaque ids, documents as keyed digests of what lies encrypted elsewhere.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod approval;
mod case;
mod command;
mod decide;
mod duty;
mod event;
mod evolve;
mod grant;

pub use approval::{Approvers, FourEyes};
pub use case::{
    Answer, Case, Collected, Confirmation, NoticeState, Preservation, Proven, Ruled, RuledItem,
    Stage,
};
pub use command::{Command, Decider, Lodging};
pub use decide::{Refusal, decide};
pub use duty::{Duty, Owed, duty};
pub use event::{AnswerKind, ClosedAs, Event};
pub use evolve::{Contradiction, evolve, replay};
pub use grant::Grant;
