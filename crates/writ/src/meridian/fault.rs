//! Why Meridian could not be written.

use std::path::{Path, PathBuf};

/// Why Meridian could not be written.
#[derive(Debug, thiserror::Error)]
pub enum MeridianError {
    /// There is data already.
    #[error("`{}` exists already: remove it, or choose another folder", .path.display())]
    InTheWay {
        /// The folder.
        path: PathBuf,
    },
    /// Fewer customers than the scenario names, or more than there are customer ids.
    #[error(
        "`{given}` accounts cannot be written: give from {least} (the people whom the scenario names) to {most}"
    )]
    Accounts {
        /// What was asked.
        given: u64,
        /// The fewest.
        least: u64,
        /// The most.
        most: u64,
    },
    /// The cast's own file is wrong.
    #[error("`scenarios/founding-night/cast.toml` cannot be read: {what}")]
    Cast {
        /// What is wrong.
        what: String,
    },
    /// A file or folder could not be written.
    #[error("`{}` cannot be written: look at the free space and the rights of its folder", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The directory of customers could not be written.
    #[error("the database `{}` cannot be written: look at the free space and the rights of its folder", .path.display())]
    Database {
        /// Which.
        path: PathBuf,
        /// Why.
        source: sqlx::Error,
    },
    /// The logins could not be written.
    #[error("the logins `{}` cannot be written: look at the free space and the rights of its folder", .path.display())]
    Logins {
        /// Which.
        path: PathBuf,
        /// Why.
        source: datafusion::parquet::errors::ParquetError,
    },
}

impl MeridianError {
    /// A fault of the disk at `path`.
    pub(super) fn at(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::File { path: path.to_owned(), source }
    }
}
