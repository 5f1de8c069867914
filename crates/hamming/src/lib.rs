//! An exact index of 256-bit codes by Hamming distance: nothing within the radius is ever missed.
//!
//! It holds [`Entry`] values: a code, the caller's id and a group. A [`Query`] asks for every entry whose code lies
//! within a number of bits of a given code, with one limit for all groups or one for each. The answer is ordered by
//! distance and then id, capped to as many as wanted, and says how many there are in truth; or every match is handed to
//! the caller one by one.
//!
//! ```
//! use writ_hamming::{Code, Entry, Index, Limits, Query, Radius};
//!
//! # let folder = tempfile::tempdir()?;
//! let index = Index::open(folder.path(), 2)?;
//! let code: Code = "f8f8f0cce0f4e84d0e370a22028f67f0b36e2ed596623e1d33e6339c4e9c9b22".parse()?;
//! index.add(Entry { id: 7, code, group: 1 }, 1);
//! let limits = Limits::all(Radius::DEFAULT);
//! let answer = index.snapshot().search(&Query { code, limits: &limits }, 10);
//! assert_eq!((answer.total, answer.hits[0].id, answer.hits[0].distance), (1, 7, 0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! How it is built, from the inside out:
//!
//! - A [`Code`] is four words of 64 bits.
//! - A *ring* cuts the 256 bits into at most sixteen chunks and says which nearby values of each chunk must be looked
//!   up so that nothing is missed. The proof stands in `ring.rs`.
//! - A *segment* is one immutable file, mapped into memory: the codes, and for each chunk the codes' positions in
//!   order of the chunk's value. Where a look-up would cost more than a scan, the segment is scanned.
//! - A *block* holds up to 512 codes that came since, and is scanned.
//! - An [`Index`] is segments, blocks, and bits that say which entries were withdrawn. What was added or withdrawn is
//!   visible to every [`Snapshot`] taken after the call returned. [`Index::merge`] makes blocks and small segments
//!   into larger ones while look-ups and changes go on.
//!
//! What is durable: nothing by [`Index::apply`], all of it by [`Index::merge`]. The caller keeps its own log and numbers its
//! changes; [`Index::mark`] says after opening up to which number the folder holds them all, and the caller
//! applies the rest again. Applying a change twice is harmless.
//!
//! The crate knows nothing of what the codes stand for. It reads no clock and draws no randomness.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod answer;
mod block;
mod code;
mod dead;
mod index;
mod kernel;
mod manifest;
mod merge;
mod query;
mod ring;
mod segment;
mod snapshot;

pub use answer::{Answer, Hit};
pub use code::{Code, CodeError, Entry};
pub use index::{Change, Index, OpenError};
pub use merge::{Merged, StoreError};
pub use query::{Limits, Query, Radius, RadiusError};
pub use segment::{MAX_ENTRIES, SegmentFault};
pub use snapshot::Snapshot;
