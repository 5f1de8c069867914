//! The provider's record: a public log of sealed leaves that nobody can rewrite, and its writer.
//!
//! [`Writer`] keeps any log in the C2SP tile layout: what [`Writer::append`] returned is promised, what [`Writer::sign`]
//! signed was read back from the disk before, and after any failure of the disk there is no writer any more, only
//! [`Broken`]. [`Record`] is what a provider logs with it: a fixed number of sealed leaves in each epoch, decoys among
//! them, each with the proof that it counts once, and totals that are their sum.
//!
//! Everything that is published are files, for any web server: `checkpoint`, `tile/…` (C2SP tlog-tiles), `proof/…`,
//! `totals/…`. See `docs/record-format.md`.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod disk;
mod edge;
mod record;
mod sealer;
mod wal;
mod witnesses;
mod writer;

pub use disk::{Disk, DiskError, File, LocalDisk};
pub use record::{BACKLOG, Closing, Event, MakeError, Record, RecordError};
pub use sealer::Sealer;
pub use wal::{Batch, WalError};
pub use witnesses::{Gathered, Missing, gather};
pub use writer::{Admitted, Broken, OpenError, Opened, Places, Published, Refusal, Tiles, Writer};
