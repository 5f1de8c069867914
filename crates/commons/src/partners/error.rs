//! What can go wrong with a partner.

use super::PartnerName;
use crate::CommandError;
use crate::log::LogError;
use std::io;
use std::path::PathBuf;
use writ_exchange::{ConfigError, FetchError};
use writ_hashbank::{EntryId, Refused};
use writ_vocabulary::IdError;

/// Why something could not be done with a partner. No credential stands in any of it.
#[derive(Debug, thiserror::Error)]
pub enum PartnerError {
    /// No such partner.
    #[error("there is no partner `{0}`: set it up first")]
    Unknown(PartnerName),
    /// It is being fetched.
    #[error("the partner `{0}` is being fetched already: wait until that ends")]
    Busy(PartnerName),
    /// It was changed while it was fetched.
    #[error(
        "the partner `{0}` was changed or removed while it was fetched: what came is kept; fetch it again"
    )]
    Changed(PartnerName),
    /// It is being removed.
    #[error(
        "the partner `{0}` is being removed, and what it shared withdrawn: set it up again once it is gone"
    )]
    Leaving(PartnerName),
    /// It shares nothing of the entry.
    #[error(
        "the partner `{name}` shares no hash of entry {entry}: only what it shares can be answered"
    )]
    NotTheirs {
        /// The partner.
        name: PartnerName,
        /// The entry.
        entry: EntryId,
    },
    /// Settings or credentials that cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The partner did not do its part.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The hash bank takes nothing from the partner: no rules, no labels, or no voice.
    #[error("nothing of the partner can be taken: {0}")]
    Refused(#[from] Refused),
    /// The shared memory takes nothing.
    #[error(transparent)]
    Command(CommandError),
    /// The journal did not do its part.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The file of credentials cannot be read or written.
    #[error("the credentials in `{}` cannot be used: {source}", path.display())]
    Secrets {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A name that cannot be made.
    #[error(transparent)]
    Name(#[from] IdError),
}

impl From<CommandError> for PartnerError {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Refused(refused) => Self::Refused(refused),
            other => Self::Command(other),
        }
    }
}
