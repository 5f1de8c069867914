//! Deadlines: when something is owed, which law says so, and what makes its clock stand still.

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

/// A time during which a demand's clock stood still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// Since when.
    pub from: Instant,
    /// Until when. Missing: it still stands still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
    /// What stopped it.
    pub by: PauseCause,
}

/// What makes a clock stand still, where the instrument's law lets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PauseCause {
    /// The authority was asked to clarify or correct its demand, and had not answered.
    Clarification,
    /// An objection was heard.
    Objection,
}
