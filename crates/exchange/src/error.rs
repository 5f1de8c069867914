//! What can go wrong with a partner, told apart by what to do about it. No credential stands in any of it.

use std::time::Duration;

/// Why a page could not be fetched, or a verdict not sent.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FetchError {
    /// The partner does not accept the credentials, or not for this.
    #[error(
        "`{at}` refused the credentials ({status}): ask the partner whether they still hold, and set new ones"
    )]
    Refused {
        /// The request, without its query.
        at: String,
        /// The HTTP status.
        status: u16,
    },
    /// It cannot be had now.
    #[error("`{at}` cannot be had now: {what}; try again later")]
    Temporary {
        /// The request, without its query.
        at: String,
        /// What happened.
        what: String,
        /// How long the partner asks to wait, at most a day.
        retry_after: Option<Duration>,
    },
    /// The place cannot be gone on from.
    #[error(
        "the checkpoint cannot be followed: {why}; forget what came from this partner and fetch from the start"
    )]
    Stale {
        /// Why.
        why: String,
    },
    /// The answer is not what the protocol says.
    #[error(
        "`{at}` does not answer as it should: {what}; check the exchange's settings, or tell the partner"
    )]
    Answer {
        /// The request, without its query.
        at: String,
        /// What is wrong.
        what: String,
    },
    /// The answer is larger than we read.
    #[error(
        "`{at}` gave more than {most} {unit}, the most that is read at once: raise the limit, or ask the partner for smaller pages"
    )]
    TooLarge {
        /// The request, without its query.
        at: String,
        /// The limit.
        most: u64,
        /// What is counted.
        unit: &'static str,
    },
    /// The protocol has no such thing.
    #[error("{0}")]
    Unsupported(String),
}

impl FetchError {
    pub(crate) fn answer(at: &str, what: impl Into<String>) -> Self {
        Self::Answer { at: at.to_owned(), what: what.into() }
    }
}

/// Why a partner cannot be made from its configuration.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// No such protocol.
    #[error("there is no protocol `{given}`: known are {known}")]
    Protocol {
        /// What was given.
        given: String,
        /// Those there are.
        known: String,
    },
    /// A setting that the protocol does not have.
    #[error("`{protocol}` has no setting `{given}`: it has {known}")]
    Field {
        /// The protocol.
        protocol: &'static str,
        /// What was given.
        given: String,
        /// Those it has.
        known: String,
    },
    /// A setting is missing.
    #[error("`{protocol}` needs the setting `{field}`: {help}")]
    Missing {
        /// The protocol.
        protocol: &'static str,
        /// The setting.
        field: &'static str,
        /// What it is.
        help: &'static str,
    },
    /// A setting is not of its form.
    #[error("the setting `{field}` cannot be used: {what}")]
    Wrong {
        /// The setting.
        field: String,
        /// What is wrong and what to write.
        what: String,
    },
    /// A credential is missing, or one that the protocol does not have is there.
    #[error("the credential `{field}` of `{protocol}` {what}")]
    Credential {
        /// The protocol.
        protocol: &'static str,
        /// The credential.
        field: String,
        /// What is wrong and what to do.
        what: String,
    },
}

impl ConfigError {
    pub(crate) fn wrong(field: &str, what: impl Into<String>) -> Self {
        Self::Wrong { field: field.to_owned(), what: what.into() }
    }
}
