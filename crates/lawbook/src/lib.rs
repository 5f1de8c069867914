//! The law book: instruments and data elements as dated, cited data, and what they say about a demand.
//!
//! The data lie in the folder `lawbook/`: one folder for each instrument with its row and its examples, and lists: of words
//! (`elements.toml`, `classes.toml`, `statements.toml`), of days and clocks (`calendars.toml`), of what states agreed on and
//! where their laws meet (`agreements.toml`, `conflicts.toml`). [`Lawbook::load`] reads them whole or not at all. [`Lawbook::assess`] says what they establish about a [`Demand`](writ_vocabulary::Demand): an
//! [`Assessment`] of findings with citations. It never says yes: the policy does.
//!
//! To add an instrument, add its folder. Nothing here changes.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod assess;
mod assessment;
mod book;
mod calendar;
mod clock;
mod condition;
mod conflict;
mod diff;
mod document;
mod emergency;
mod examples;
mod fault;
mod instrument;
mod items;
mod row;
mod sender;
mod sign_off;
mod silence;
mod terms;
mod words;

pub use assessment::{
    AssessedItem, Assessment, Confidence, ControllerRoute, EmergencyState, FINDINGS, FollowUp,
    GagState, InstrumentSummary, IssuerSummary, Reached, TermKind, UnknownTerm, UnknownTerms,
};
pub use book::{Example, Lawbook};
pub use calendar::Calendar;
pub use clock::{Length, Suspension, due};
pub use condition::{Condition, Part, Test};
pub use conflict::{Agreement, Conflict};
pub use diff::{Change, ChangeKind, KeyChange, citations, diff};
pub use examples::Disagreement;
pub use fault::Fault;
pub use instrument::{
    Cited, ClockRow, ClockStart, ContentOnlyTo, ControllerRule, ElementReach, EmergencyRow,
    FollowUpRow, Ground, Instrument, Issue, LookBack, Notice, NoticeWord, Preservation,
    Requirement, Silence,
};
pub use sign_off::sign_offs;
pub use terms::{Class, Classified, Element, StatedBy, StatementKind, ValueKind};
