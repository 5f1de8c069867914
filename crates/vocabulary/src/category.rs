//! Categories: what kind of data an element is *under one law*.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A kind of data. Which elements it holds depends on the law: session times are `Subscriber` in US law
/// (18 U.S.C. 2703(c)(2)(C)) and `Traffic` in EU law (Regulation (EU) 2023/1543 Art 3(11)); the map is data,
/// `lawbook/elements.toml`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// Who the customer is, and what service they have.
    Subscriber,
    /// Data asked for the sole purpose of identifying the user (EU: IP address, port and time).
    Identification,
    /// Who spoke with whom, when, from where; in US law the other non-content records.
    Traffic,
    /// What was said, written or stored.
    Content,
    /// What will be said: interception and real-time collection.
    Realtime,
    /// Keys, passwords and codes of a customer.
    Credential,
    /// Not data but help: to hack, to weaken, to open standing access.
    Assistance,
}

impl Category {
    /// The word used in files and on screens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Subscriber => "subscriber",
            Self::Identification => "identification",
            Self::Traffic => "traffic",
            Self::Content => "content",
            Self::Realtime => "realtime",
            Self::Credential => "credential",
            Self::Assistance => "assistance",
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
