//! All that differs between SQLite and PostgreSQL: how to connect, lock, forbid changes and forget.

use super::open::Settings;
use sea_orm::sqlx::ConnectOptions as _;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sea_orm::sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    RuntimeErr, SqliteTransactionMode, SqlxError, SqlxPostgresConnector, SqlxSqliteConnector,
    Statement, TransactionOptions, TransactionTrait,
};
use std::path::Path;
use std::time::Duration;

/// `WRIT` in ASCII: the mark in a SQLite file's header, and the number of the lock on a PostgreSQL server.
pub const MARK: i32 = 0x5752_4954;

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// Begins a transaction that excludes every other writer, of this process or another.
    pub async fn begin_writing(
        self,
        writer: &DatabaseConnection,
    ) -> Result<DatabaseTransaction, DbErr> {
        match self {
            Self::Sqlite => {
                let sqlite_transaction_mode = Some(SqliteTransactionMode::Immediate);
                let options = TransactionOptions { sqlite_transaction_mode, ..Default::default() };
                writer.begin_with_options(options).await
            }
            Self::Postgres => {
                let transaction = writer.begin().await?;
                let lock = format!("SELECT pg_advisory_xact_lock({MARK})");
                transaction.execute_unprepared(&lock).await?;
                Ok(transaction)
            }
        }
    }

    /// The statements that make `events` refuse every change but one more row at its end.
    pub fn append_only(self) -> &'static str {
        match self {
            Self::Sqlite => SQLITE_APPEND_ONLY,
            Self::Postgres => POSTGRES_APPEND_ONLY,
        }
    }

    /// How a text column compares: by bytes, whatever the server's language.
    pub fn by_bytes(self) -> &'static str {
        match self {
            Self::Sqlite => "COLLATE BINARY",
            Self::Postgres => "COLLATE \"C\"",
        }
    }

    /// The statements that mark a new database as a journal.
    pub fn mark(self) -> Option<String> {
        match self {
            Self::Sqlite => Some(format!("PRAGMA application_id = {MARK}")),
            Self::Postgres => None,
        }
    }

    /// After a key was overwritten: lets no older copy of its page stay in the write-ahead log or in dead rows.
    pub async fn forget(self, writer: &DatabaseConnection) -> Result<(), DbErr> {
        match self {
            Self::Sqlite => {
                let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
                let checkpoint = Statement::from_string(DbBackend::Sqlite, checkpoint);
                let answer = writer.query_one_raw(checkpoint).await?;
                // It does not fail when a reader is in its way: the first column says so.
                match answer.map_or(Ok(0), |row| row.try_get_by_index::<i64>(0))? {
                    0 => Ok(()),
                    _ => Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)),
                }
            }
            Self::Postgres => writer.execute_unprepared("VACUUM case_keys").await.map(drop),
        }
    }
}

const SQLITE_APPEND_ONLY: &str = "
CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events BEGIN
  SELECT RAISE(ABORT, 'recorded events are never changed');
END;
CREATE TRIGGER events_are_not_removed BEFORE DELETE ON events BEGIN
  SELECT RAISE(ABORT, 'recorded events are never removed');
END;
-- INSERT OR REPLACE removes rows without asking the trigger above.
CREATE TRIGGER events_are_added_at_the_end BEFORE INSERT ON events
WHEN NEW.position IS NOT (SELECT coalesce(max(position), 0) + 1 FROM events)
  OR EXISTS (SELECT 1 FROM events WHERE stream = NEW.stream AND sequence = NEW.sequence)
BEGIN
  SELECT RAISE(ABORT, 'events are added at the end only');
END;
";

const POSTGRES_APPEND_ONLY: &str = "
CREATE FUNCTION events_are_not_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'recorded events are never changed or removed'; END $$;
CREATE TRIGGER events_are_not_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON events
  FOR EACH STATEMENT EXECUTE FUNCTION events_are_not_changed();
CREATE FUNCTION events_are_added_at_the_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.position <> (SELECT coalesce(max(position), 0) + 1 FROM events) THEN
    RAISE EXCEPTION 'events are added at the end only';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER events_are_added_at_the_end BEFORE INSERT ON events
  FOR EACH ROW EXECUTE FUNCTION events_are_added_at_the_end();
";

/// Connects to a SQLite file as it is, without changing how it keeps its log: to see what it is.
pub async fn look_at_file(path: &Path, settings: Settings) -> Result<DatabaseConnection, DbErr> {
    sqlite(path, settings, 1, |options| options.create_if_missing(true)).await
}

/// Connects to a SQLite file: its writer and its readers.
pub async fn connect_file(
    path: &Path,
    settings: Settings,
) -> Result<(DatabaseConnection, DatabaseConnection), DbErr> {
    let writer = sqlite(path, settings, 1, |options| {
        let options = options
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("secure_delete", "ON");
        match settings.page_limit {
            Some(pages) => options.pragma("max_page_count", pages.to_string()),
            None => options,
        }
    });
    let writer = writer.await?;
    let readers =
        sqlite(path, settings, settings.readers, |options| options.pragma("query_only", "ON"));
    Ok((writer, readers.await?))
}

async fn sqlite(
    path: &Path,
    settings: Settings,
    connections: u32,
    with: impl FnOnce(SqliteConnectOptions) -> SqliteConnectOptions,
) -> Result<DatabaseConnection, DbErr> {
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(settings.patience);
    let options = with(options).disable_statement_logging();
    let pool = SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(acquire_timeout(settings))
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false);
    let pool = pool.connect_with(options).await.map_err(connection_error)?;
    Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool))
}

/// Connects to a PostgreSQL server: a writer and readers.
pub async fn connect_server(
    url: &str,
    settings: Settings,
) -> Result<(DatabaseConnection, DatabaseConnection), DbErr> {
    let patience = format!("{}ms", settings.patience.as_millis());
    // A server may be set up to answer before it has written; for the journal it may not.
    let writing = [("synchronous_commit", "on"), ("lock_timeout", patience.as_str())];
    let reading = [("default_transaction_read_only", "on")];
    let writer = postgres(url, settings, 1, &writing).await?;
    Ok((writer, postgres(url, settings, settings.readers, &reading).await?))
}

async fn postgres(
    url: &str,
    settings: Settings,
    connections: u32,
    parameters: &[(&str, &str)],
) -> Result<DatabaseConnection, DbErr> {
    let options: PgConnectOptions = url.parse().map_err(connection_error)?;
    let options = options.options(parameters.iter().copied()).disable_statement_logging();
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(acquire_timeout(settings));
    let pool = pool.connect_with(options).await.map_err(connection_error)?;
    Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool))
}

/// Others in this process may each wait at the lock for as long as their patience lasts.
fn acquire_timeout(settings: Settings) -> Duration {
    settings.patience.saturating_mul(4)
}

fn connection_error(error: SqlxError) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(std::sync::Arc::new(error)))
}
