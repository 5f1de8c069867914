//! Published figures as folds of events: never a second count.
//!
//! [`CaseFacts`] is what one case's events say. [`Counting`] says how its instrument counts: the law book's row where it
//! speaks, a table of data beside it. [`Cases`] are the facts so classed, and each published format is a fold of them, one
//! file each: [`microsoft`], [`google`], [`apple`], [`meta`], [`dsa`], [`e_evidence`], [`tco`], [`bands`], and the page in
//! [`html`]. [`import`] reads what others published, for comparison. [`Figures`] is the house's own table.
//!
//! Demands for national security are in no published table but [`bands`]: neither as rows nor in a sum from which their
//! number could be had by subtraction.
//!
//! ```
//! # use writ_report::Figures;
//! let figures = Figures::default();
//! assert_eq!(figures.total().received, 0);
//! ```

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

pub mod apple;
pub mod bands;
mod case;
mod cases;
mod counting;
mod country;
pub mod dsa;
pub mod e_evidence;
mod figures;
pub mod google;
pub mod html;
pub mod import;
pub mod meta;
pub mod microsoft;
mod period;
mod published;
mod statistics;
mod svg;
mod table;
pub mod tco;

pub use case::{CaseFacts, Gag, Outcome};
pub use cases::{Case, Cases};
pub use counting::{Act, BandLine, Class, Counting, CountingError, EEvidence, Section};
pub use country::{Country, country};
pub use figures::{Counts, Figures, Row};
pub use period::{PeriodError, ReportingPeriod};
pub use published::{Difference, Published, differences};
pub use statistics::{Times, mean, median, percentile};
