//! The stranger's check of a record: is it whole, is it one history, and are the published figures its sum? Pure.
//!
//! Whoever distrusts the provider uses this: an officer, a customer, a journalist, another provider. It rests on
//! `writ-tlog` and `writ-tally` alone, and knows nothing of how a record is written.
//!
//! - [`audit`] reads everything that a record publishes and gives a [`Verdict`]: whole, with what was counted, or the
//!   [`Fault`]s, each with its place and with what it means for a reader who is no cryptographer.
//! - [`Receipt`]: the proof that one demand is in the record, with what opens its leaf; checked offline.
//! - [`Promise`]: what is given until the leaf is logged, and is evidence if it never is.
//!
//! Files come through [`Files`], time is an argument. What each check means, and what no audit can show, stands in
//! `docs/record-format.md`.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod audit;
mod cohort;
mod fault;
mod files;
mod ledger;
mod log;
mod parallel;
mod promise;
mod proofs;
mod receipt;
mod report;
mod time;
mod verdict;

pub use audit::{AuditError, Entries, Expected, Progress, audit};
pub use cohort::Cohort;
pub use fault::{Fault, Kind, MOST_FAULTS};
pub use files::{Files, proof_path, totals_path};
pub use promise::{Kept, KeptError, Promise, PromiseError, PromiseRefusal, SignedPromise};
pub use receipt::{Checked, Counts, Receipt, ReceiptError, ReceiptRefusal};
pub use time::HalfYear;
pub use verdict::{Figures, Published, RecordFigures, Verdict, Witnessed};
