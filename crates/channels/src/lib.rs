//! The doors through which demands come in, one file each. A door turns a stranger's bytes into a demand, or says
//! what is wrong and where; it decides nothing.

#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

mod native;

pub use native::{Intake, IntakeError, MAX_BYTES, NATIVE, read, signed_by};
