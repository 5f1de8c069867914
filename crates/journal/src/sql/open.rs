//! Opening a journal: is it there, is it one, can this program read it, and what has to be added to it.

use super::dialect::{self, Dialect, MARK};
use super::migrations::{self, Migrator};
use super::{SqlJournal, failure};
use crate::StorageError;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};
use sea_orm_migration::MigratorTrait;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where a journal is.
///
/// ```
/// # use writ_journal::Place;
/// assert_eq!(Place::from("/srv/writ/journal.db"), Place::File("/srv/writ/journal.db".into()));
/// let server = Place::from("postgres://writ:secret@db.example/writ");
/// assert_eq!(server.to_string(), "postgres://db.example/writ");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// A SQLite file on a local disk.
    File(PathBuf),
    /// A PostgreSQL server's URL, beginning with `postgres://`.
    Server(String),
}

/// How to hold a journal open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How long to wait for others that hold the lock. Five seconds unless said otherwise.
    pub patience: Duration,
    /// How many connections may read at once. Four unless said otherwise.
    pub readers: u32,
    /// Refuse to let a SQLite file grow beyond this many pages of 4096 bytes. No limit unless said otherwise.
    pub page_limit: Option<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { patience: Duration::from_secs(5), readers: 4, page_limit: None }
    }
}

impl From<&str> for Place {
    fn from(text: &str) -> Self {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Self::Server(text.to_owned());
        }
        Self::File(PathBuf::from(text))
    }
}

impl From<&Path> for Place {
    fn from(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}

/// Without user and password, for messages.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Server(url) => {
                // A password may also stand in the query.
                let url = url.split_once('?').map_or(url.as_str(), |(before, _)| before);
                let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
                write!(f, "postgres://{}", rest.rsplit_once('@').map_or(rest, |(_, host)| host))
            }
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({self})")
    }
}

/// What it means that nothing is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    IsAnError,
    IsCreated,
}

/// Opens the journal at `place`.
pub async fn open(
    place: &Place,
    settings: Settings,
    absent: Absent,
) -> Result<SqlJournal, StorageError> {
    let settings = Settings { readers: settings.readers.max(1), ..settings };
    let name = place.to_string();
    let failed = |error| failure::of(&name, error);
    let (dialect, writer, readers) = match place {
        Place::File(path) => {
            look_before(path, &name, settings, absent).await?;
            let (writer, readers) = connect_patiently(path, settings).await.map_err(failed)?;
            (Dialect::Sqlite, writer, readers)
        }
        Place::Server(url) => {
            let (writer, readers) = dialect::connect_server(url, settings).await.map_err(failed)?;
            (Dialect::Postgres, writer, readers)
        }
    };
    let journal = SqlJournal { dialect, place: name, writer, readers };
    migrate(&journal, absent).await?;
    Ok(journal)
}

/// Looks at a file before anything is written into it: it may be somebody else's.
async fn look_before(
    path: &Path,
    name: &str,
    settings: Settings,
    absent: Absent,
) -> Result<(), StorageError> {
    let missing = || StorageError::Missing { place: name.to_owned() };
    if absent == Absent::IsAnError && !path.exists() {
        return Err(missing());
    }
    let failed = |error| failure::of(name, error);
    let connection = dialect::look_at_file(path, settings).await.map_err(failed)?;
    // In this order: another process that makes a journal here meanwhile sets the mark together with its tables.
    let tables = number(&connection, "SELECT count(*) FROM sqlite_schema").await.map_err(failed)?;
    let mark = number(&connection, "PRAGMA application_id").await.map_err(failed)?;
    connection.close().await.map_err(failed)?;
    match (mark == i64::from(MARK), tables) {
        (true, _) => Ok(()),
        (false, 0) if absent == Absent::IsCreated => Ok(()),
        (false, 0) => Err(missing()),
        (false, _) => {
            let what = "it is another program's SQLite database".to_owned();
            Err(StorageError::NotAJournal { place: name.to_owned(), what })
        }
    }
}

async fn number(connection: &DatabaseConnection, sql: &str) -> Result<i64, DbErr> {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let row = connection.query_one_raw(statement).await?;
    row.map_or(Ok(0), |row| row.try_get_by_index::<i64>(0))
}

/// Entering write-ahead mode needs the file for a moment alone, and SQLite does not wait for that by itself.
async fn connect_patiently(
    path: &Path,
    settings: Settings,
) -> Result<(DatabaseConnection, DatabaseConnection), DbErr> {
    let pause = Duration::from_millis(20);
    let mut waited = Duration::ZERO;
    loop {
        let busy =
            |error: &DbErr| matches!(failure::of("", error.clone()), StorageError::Busy { .. });
        match dialect::connect_file(path, settings).await {
            Err(error) if busy(&error) && waited < settings.patience => {
                tokio::time::sleep(pause).await;
                waited += pause;
            }
            result => return result,
        }
    }
}

/// Brings the tables up to what this program knows, one process at a time.
async fn migrate(journal: &SqlJournal, absent: Absent) -> Result<(), StorageError> {
    let failed = |error| journal.failed(error);
    let applied = migrations::applied(&journal.readers).await.map_err(failed)?;
    let known = migrations::names();
    if let Some(migration) = applied.iter().find(|name| !known.contains(name)) {
        let (place, migration) = (journal.place.clone(), migration.clone());
        return Err(StorageError::MadeByNewer { place, migration });
    }
    if applied.len() == known.len() {
        return Ok(());
    }
    if applied.is_empty() && absent == Absent::IsAnError {
        return Err(StorageError::Missing { place: journal.place.clone() });
    }
    let transaction = journal.begin().await?;
    Migrator::up(&transaction, None).await.map_err(failed)?;
    journal.commit(transaction).await
}
