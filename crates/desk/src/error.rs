//! What can go wrong at the desk, in words for the person at it.

use std::path::PathBuf;
use writ_docket::{Contradiction, Refusal};
use writ_vocabulary::CaseId;

/// Why something was not done. What was acknowledged before stays.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The case said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No such case.
    #[error("there is no case `{0}`; `writ cases` lists them")]
    NoCase(CaseId),
    /// Others kept changing the case.
    #[error("case {0} kept changing while this was decided; try again")]
    Contended(CaseId),
    /// The journal holds what no case can have been.
    #[error("case {case}: {source}")]
    Contradiction {
        /// The case.
        case: CaseId,
        /// What contradicts.
        source: Contradiction,
    },
    /// An event that this program cannot read.
    #[error(
        "case {case}: event {sequence} cannot be read ({what}); it was written by a newer writ, or damaged"
    )]
    Unreadable {
        /// The case.
        case: CaseId,
        /// The event.
        sequence: u64,
        /// Why.
        what: String,
    },
    /// The demand uses words that the law book does not know.
    #[error("{0}")]
    UnknownTerms(#[from] writ_lawbook::UnknownTerms),
    /// A setting of the provider is missing or wrong.
    #[error("{path}: {what}")]
    Setting {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        what: String,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// An authority that is not in the registry.
    #[error(
        "`{0}` is not in the registry; add it with `writ authority add`, from your own sources and not from the demand"
    )]
    UnknownAuthority(String),
    /// A person who is not on the staff list.
    #[error("`{0}` is not on the staff list of writ.toml")]
    UnknownPerson(String),
    /// The journal.
    #[error(transparent)]
    Append(#[from] writ_journal::AppendError),
    /// The journal.
    #[error(transparent)]
    Read(#[from] writ_journal::ReadError),
    /// The journal's file.
    #[error(transparent)]
    Storage(#[from] writ_journal::StorageError),
    /// The list of what is owed.
    #[error(transparent)]
    Dues(#[from] writ_journal::DuesError),
    /// The vault.
    #[error(transparent)]
    Put(#[from] writ_journal::PutError),
    /// The vault.
    #[error(transparent)]
    Get(#[from] writ_journal::GetError),
    /// The vault's keys.
    #[error(transparent)]
    KeyFile(#[from] writ_journal::KeyFileError),
    /// Erasing.
    #[error(transparent)]
    Erase(#[from] writ_journal::EraseError),
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] writ_journal::EntropyError),
    /// The data sources' declaration.
    #[error(transparent)]
    Sources(#[from] writ_collect::OpenError),
    /// A data source.
    #[error(transparent)]
    Collect(#[from] writ_collect::CollectError),
    /// Sealing.
    #[error(transparent)]
    Seal(#[from] writ_parcel::SealError),
    /// The provider's signing key.
    #[error(transparent)]
    SigningKey(#[from] writ_parcel::KeyError),
    /// A letter.
    #[error(transparent)]
    Letter(#[from] writ_letters::LetterError),
    /// A certificate without anything to certify.
    #[error(transparent)]
    Conclusory(#[from] writ_letters::NothingListed),
    /// Mail out.
    #[error("the mail server did not take the message: {0}; it stays owed and is tried again")]
    Mail(String),
    /// The record.
    #[error("the record: {0}")]
    Record(Box<dyn std::error::Error + Send + Sync>),
    /// The record's tables.
    #[error(transparent)]
    Schema(#[from] writ_tally::SchemaError),
    /// Something a case should have is not there.
    #[error("case {case}: {what}")]
    Incomplete {
        /// The case.
        case: CaseId,
        /// What is missing.
        what: &'static str,
    },
}

impl DeskError {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        |source| Self::File { path, source }
    }

    pub(crate) fn record(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Record(source.into())
    }

    pub(crate) fn setting(path: impl Into<PathBuf>, what: impl ToString) -> Self {
        Self::Setting { path: path.into(), what: what.to_string() }
    }
}
