//! The kinds of source: one file each.

mod builders;
mod csv;
mod files;
mod maildir;
mod ndjson;
pub(crate) mod objects;
mod parquet;
mod postgres;
mod sql_table;
mod sqlite;

use crate::error::CollectError;
use crate::sources::Settings;
use datafusion::prelude::SessionContext;
use std::path::{Path, PathBuf};
use writ_custody::{Kind, Location, Source};
use writ_vocabulary::SourceId;

/// An opened source.
#[derive(Clone)]
pub(crate) struct Opened {
    /// Its tables.
    pub(crate) session: SessionContext,
    /// Its folder, where it is one.
    pub(crate) folder: PathBuf,
}

/// What a kind gets to open a source.
pub(crate) struct Opening<'a> {
    pub(crate) source: &'a Source,
    pub(crate) settings: &'a Settings,
    pub(crate) session: &'a SessionContext,
    home: &'a Path,
}

pub(crate) async fn open(
    source: &Source,
    home: &Path,
    settings: &Settings,
    session: SessionContext,
) -> Result<Opened, CollectError> {
    let opening = Opening { source, settings, session: &session, home };
    match source.kind {
        Kind::Sqlite => sqlite::open(&opening).await?,
        Kind::Postgres => postgres::open(&opening).await?,
        Kind::Parquet => parquet::open(&opening).await?,
        Kind::Csv => csv::open(&opening).await?,
        Kind::Ndjson => ndjson::open(&opening).await?,
        Kind::Maildir => maildir::open(&opening)?,
        Kind::Objects => objects::open(&opening)?,
    }
    let folder = opening.path().unwrap_or_default();
    Ok(Opened { session, folder })
}

/// Whether the columns depend on what the files hold just now.
pub(crate) fn is_told_by_contents(kind: Kind) -> bool {
    matches!(kind, Kind::Csv | Kind::Ndjson)
}

impl Opening<'_> {
    /// The place on disk, if it is there.
    pub(crate) fn path(&self) -> Result<PathBuf, CollectError> {
        let (Location::Path(path) | Location::UrlFile(path)) = &self.source.location else {
            return Err(self.away("it has no place on disk"));
        };
        // The path itself is the provider's own configuration, not a customer's datum.
        self.home
            .join(path)
            .canonicalize()
            .map_err(|error| self.away(format!("`{path}`: {}", error.kind())))
    }

    pub(crate) fn folder(&self) -> Result<PathBuf, CollectError> {
        let path = self.path()?;
        if path.is_dir() { Ok(path) } else { Err(self.away("its location is not a folder")) }
    }

    pub(crate) fn away(&self, why: impl Into<String>) -> CollectError {
        CollectError::SourceUnavailable { source_id: self.id(), why: why.into() }
    }

    pub(crate) fn unreadable(&self, why: impl Into<String>) -> CollectError {
        CollectError::Unreadable { source_id: self.id(), why: why.into() }
    }

    pub(crate) fn id(&self) -> SourceId {
        self.source.id.clone()
    }
}
