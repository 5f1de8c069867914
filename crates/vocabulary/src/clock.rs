//! Deadlines: when something is owed, and which law says so.

use crate::Instant;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A date by which something is owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deadline {
    /// When at the latest.
    pub due: Instant,
    /// The clock in words: `8 hours from receipt`.
    pub clock: String,
    /// The law that sets it.
    pub cite: String,
}
