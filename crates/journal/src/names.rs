//! The names that callers give: of streams and of commands.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The name of one stream of events. The journal gives it no meaning.
///
/// Up to 128 letters, digits, `-`, `_`, `.`, `:` and `/`, the parts between `/` neither empty nor beginning with `.`:
/// safe in a log line, in a URL and as a folder's name.
///
/// ```
/// # use writ_journal::StreamId;
/// let stream: StreamId = "case/C-7K3M-Q2XD".parse()?;
/// assert_eq!(stream.as_str(), "case/C-7K3M-Q2XD");
/// assert!("case/../../etc".parse::<StreamId>().is_err());
/// # Ok::<(), writ_journal::NameError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StreamId(String);

/// The name of one command, drawn once by whoever gives it, so that giving it again has no further effect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommandId(String);

/// A name that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` cannot name {what}: use up to {limit} letters, digits, `-`, `_`, `.`, `:` and `/`, no part between `/` \
     empty or beginning with `.`"
)]
pub struct NameError {
    /// The name given, cut to 80 characters.
    pub given: String,
    /// What it was to name.
    pub what: &'static str,
    /// How long it may be.
    pub limit: usize,
}

/// Checks a name: the one grammar of streams, commands and stored objects.
pub(crate) fn checked(text: String, what: &'static str, limit: usize) -> Result<String, NameError> {
    let good_part = |part: &str| !part.is_empty() && !part.starts_with('.');
    let good_char = |c: char| c.is_ascii_alphanumeric() || "-_.:/".contains(c);
    if text.len() <= limit && text.chars().all(good_char) && text.split('/').all(good_part) {
        return Ok(text);
    }
    Err(NameError { given: text.chars().take(80).collect(), what, limit })
}

macro_rules! name {
    ($name:ident, $what:literal) => {
        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                checked(text, $what, 128).map(Self)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

name!(StreamId, "a stream");
name!(CommandId, "a command");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_leave_its_folder_is_refused() {
        for bad in
            ["", "/", "a//b", "/a", "a/", "..", "a/../b", ".hidden", "a b", "é", "a\n", "a\\b"]
        {
            assert!(bad.parse::<StreamId>().is_err(), "{bad:?}");
        }
        assert!("x".repeat(129).parse::<CommandId>().is_err());
        assert!("case/C-7K3M-Q2XD".parse::<StreamId>().is_ok());
    }
}
