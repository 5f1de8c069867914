//! The journal: a promise to append events and read them back, the stores that keep it, and a vault beside it.
//!
//! It knows neither cases nor hashes. A stream is a name, an event a word, a version and some JSON. The caller decides
//! what they mean, and decides it elsewhere, from what it has read.
//!
//! # To append
//!
//! ```
//! use writ_journal::{AppendError, Appended, ExpectedSequence, Journal, MemoryJournal, NewEvent};
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let journal = MemoryJournal::default();
//! let stream = "case/C-7K3M-Q2XD".parse()?;
//! let lodged = NewEvent {
//!     kind: "Lodged".into(),
//!     version: 1,
//!     data: serde_json::json!({ "items": 2 }),
//!     at: "2026-03-01T09:30:00Z".parse()?,
//! };
//!
//! // The command's id is drawn once. Whoever does not hear the answer gives the same command again.
//! let command = "5f0c2a9e".parse()?;
//! let first = journal.append(&stream, ExpectedSequence::NotYet, &command, &[lodged.clone()], None).await?;
//! let again = journal.append(&stream, ExpectedSequence::NotYet, &command, &[lodged.clone()], None).await?;
//! assert!(matches!(first, Appended::Now(span) if span.last == 1));
//! assert_eq!(again, Appended::Before(first.span()));
//!
//! // Another command that was decided on a stream without events comes too late: it reads and decides again.
//! let late = journal.append(&stream, ExpectedSequence::NotYet, &"77b1".parse()?, &[lodged], None).await;
//! assert!(matches!(late, Err(AppendError::Conflict { actual: 1, .. })));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # Which store
//!
//! [`SqlJournal`] for everything that has to last: a SQLite file on a local disk, or a PostgreSQL server. [`MemoryJournal`]
//! for tests of whoever uses a journal.
//!
//! # Documents and identifiers
//!
//! They do not belong into events, which are for ever. Put them into the [`Vault`], and the [`ObjectRef`] it answers with
//! into the event.
//!
//! # To add a store
//!
//! Implement [`Journal`], and call [`conformance::check`] from a test. To add a column or a table to [`SqlJournal`], append a
//! step to `sql/migrations.rs`; never change one that was released.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

pub mod chain;
pub mod conformance;
mod event;
mod fit;
mod memory;
mod names;
mod promise;
mod sql;
pub mod vault;

pub use chain::Fault;
pub use event::{
    Appended, Due, ExpectedSequence, Head, NewEvent, Owed, RecordedEvent, Span, StreamEnd,
};
pub use memory::MemoryJournal;
pub use names::{CommandId, NameError, StreamId};
pub use promise::{
    AppendError, DuesError, Journal, PAGE, ReadError, StorageError, Verified, VerifyError,
};
pub use sql::{Place, Settings, SqlJournal};
pub use vault::{
    Entropy, EntropyError, EraseError, Folder, GetError, KeyError, KeyFileError, KeyRing,
    MasterKey, ObjectName, ObjectRef, ObjectStore, PutError, Stored, Vault,
};
