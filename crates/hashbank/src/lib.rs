//! The hash bank: what members share of known terrorist images and video, what each says of it, and what a match may
//! lead to. Pure.
//!
//! Three functions carry it. [`decide`] takes a command, the [`State`] and the instant, and gives the events or a
//! [`Refused`]. [`evolve`] takes the state and an event, and brings the state to where it is after it. [`judge`] takes
//! the raw hits of an index and gives the matches. Hashing, the index, the store and the clock are elsewhere: hash
//! texts are checked by what the caller brings ([`Signals`]), instants are arguments.
//!
//! What holds:
//! - A member's opinion is its own. No command of another changes it; a later one of the same member takes its place.
//! - Where an entry stands is never stored: it follows from the opinions, the entry's dates and the [`Rules`], which
//!   are data that members adopt. [`Standing`] tells the rule and the reason.
//! - Support for one signal is not support for another, even in one entry.
//! - What matches a negative bank matches nowhere.
//! - A reader of the [`Feed`] hears of everything that changed, what is gone included, or is told to start anew.
//!
//! ```
//! use writ_hashbank::{Command, Malformed, Rules, SignalType, State, Voice, decide, evolve};
//!
//! let rules = Rules::parse(include_str!("../../../taxonomy/rules.toml"))?;
//! let any_text = |_: &SignalType, hash: &str| Ok::<_, Malformed>(hash.to_owned());
//! let now = "2026-11-13T21:00:00Z".parse()?;
//! let mut state = State::new(7);
//! for command in [
//!     Command::AdoptRules(rules),
//!     Command::AdmitMember { member: "meridian-video".parse()?, voice: Voice::Full },
//! ] {
//!     for event in decide(&state, command, now, &any_text)? {
//!         evolve(&mut state, now, &event)?;
//!     }
//! }
//! assert_eq!(state.members().len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod bank;
mod cluster;
mod command;
mod decide;
mod entry;
mod event;
mod evolve;
mod feed;
mod grow;
mod judge;
mod kept;
mod name;
mod refused;
mod restore;
mod rules;
mod state;
mod table;
mod taxonomy;
mod watch;

pub use bank::{Action, Bank, Member, Purpose, Ratio, RatioError, Voice};
pub use cluster::{Cluster, Near, Variant, clusters};
pub use command::{Command, Contribution, Seeing};
pub use decide::{Signals, decide};
pub use entry::{
    Content, Entry, MAX_HASH, MAX_JSON, MAX_LABELS, MAX_NOTE, MAX_SIGNALS, Opinion, Sighting,
    Signal, Standing, Stored, Verdict,
};
pub use event::{Contributed, Event, IncidentReport, Joined, Sighted, Unreadable};
pub use evolve::{Contradiction, evolve, replay};
pub use feed::{Checkpoint, Feed, MAX_PAGE, Resync};
pub use judge::{Asked, Coin, HeldBack, Hit, Judged, Match, PassedOver, judge};
pub use kept::{COLUMNS, Kept};
pub use name::{
    BankName, EntryId, IncidentId, Label, MemberId, ReaderId, SightingId, SignalId, SignalType,
};
pub use refused::{Malformed, Refused};
pub use rules::{
    Automatic, Condition, EntryState, Expiry, Fact, Facts, Flood, Limits, Review, Rules,
    RulesError, RulesForm, StateRule, Tombstones,
};
pub use state::{Damaged, State};
pub use taxonomy::{
    Axis, AxisLabel, INCIDENT_AXIS, LabelError, Taxonomy, TaxonomyError, TaxonomyForm,
};
pub use watch::Watch;
