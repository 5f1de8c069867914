//! The commons: what members share of known terrorist images and video, kept, searched and handed on. The doing around
//! the pure hash bank.
//!
//! [`Memory`] is all a caller holds. What is told to it is decided by [`writ_hashbank::decide`], appended to a journal, and
//! only then acknowledged; look-ups find it from then on. Beside the journal lie two things that can be made from it
//! again at any time: the state as it was at some event, and the indexes, which follow the state's own feed.
//!
//! [`Hasher`] makes signals of what strangers sent, in fenced processes. [`Fetcher`] brings in files by their address, and
//! never from the provider's own network. [`Keys`] tells who asks. [`Partners`] brings in what partners share.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod document;
mod fetch;
mod hash;
mod index;
mod keys;
mod log;
mod lookup;
mod memory;
mod partners;
mod saved;
mod trace;
mod upkeep;
mod writer;

pub use document::{for_entry, numbered};
pub use fetch::{FetchError, Fetched, Fetcher, Reach};
pub use hash::{HashError, Hashed, Hasher, Kind, types_of};
pub use index::IndexError;
pub use keys::{Caller, Grant, IssuedKey, Key, KeyError, KeyId, Keys, Role};
pub use log::LogError;
pub use lookup::{Answer, Asked, Found, LookupError, Sample, Spared};
pub use memory::{Memory, OpenError, Settings, Status};
pub use partners::{Brought, Faults, PartnerError, PartnerName, PartnerStatus, Partners};
pub use saved::SavedError;
pub use writer::CommandError;
