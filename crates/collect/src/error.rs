//! What can go wrong at a source, told without a word of the customers' data.

use datafusion::error::DataFusionError;
use std::path::PathBuf;
use writ_vocabulary::SourceId;

/// Why the declared sources cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A statement that does more than read, or does not fit its source.
    #[error("`custody.toml` line {line}: {what}")]
    Misdeclared {
        /// The line of the declaration.
        line: usize,
        /// What is wrong and what to do.
        what: String,
    },
    /// The engine could not be set up.
    #[error("the query engine did not start: {0}")]
    Engine(String),
}

/// Why nothing was collected, or an account could not be looked up.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// The source does not answer. The case waits.
    #[error("the source `{source_id}` cannot be reached: {why}")]
    SourceUnavailable {
        /// Which.
        source_id: SourceId,
        /// What it said.
        why: String,
    },
    /// A declaration does not fit its source.
    #[error("`custody.toml` line {line}: {what}")]
    Misdeclared {
        /// The line of the declaration.
        line: usize,
        /// What is wrong and what to do.
        what: String,
    },
    /// The source answered with something that cannot be read.
    #[error("the source `{source_id}` gave something unreadable: {why}")]
    Unreadable {
        /// Which.
        source_id: SourceId,
        /// What, without the data themselves.
        why: String,
    },
    /// The source gave rows that were not granted.
    #[error(
        "the source `{source_id}` gave {rows} rows that {what}; nothing was kept: check its declaration in `custody.toml`, line {line}"
    )]
    Leak {
        /// Which.
        source_id: SourceId,
        /// How many rows of the batch in which it was seen.
        rows: u64,
        /// In what they were wrong.
        what: &'static str,
        /// The line of the declaration.
        line: usize,
    },
    /// More than the plan's bound.
    #[error(
        "the source `{source_id}` holds more than {bound} for this step; nothing was kept: narrow the grant, or raise the bound `{setting}`"
    )]
    TooMuch {
        /// Which.
        source_id: SourceId,
        /// The bound in words.
        bound: String,
        /// The bound's name.
        setting: &'static str,
    },
    /// The engine's memory does not suffice.
    #[error(
        "the source `{source_id}` needs more memory than `memory` allows; raise it, or narrow the grant"
    )]
    Memory {
        /// Which.
        source_id: SourceId,
    },
    /// The step took too long.
    #[error(
        "the source `{source_id}` did not finish within {seconds} seconds; try again, or raise the bound `seconds`"
    )]
    TimedOut {
        /// Which.
        source_id: SourceId,
        /// The bound.
        seconds: u64,
    },
    /// The folder for the production is in use.
    #[error("`{0}` is not empty: give a new folder for the production")]
    NotEmpty(PathBuf),
    /// A file of the production could not be written.
    #[error("`{path}` cannot be written; check the disk and its permissions")]
    Disk {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        error: std::io::Error,
    },
}

/// A fault of our own readers, carried through the engine.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadFault {
    #[error("{0}")]
    Unreadable(String),
    #[error("{0}")]
    Unavailable(String),
}

impl ReadFault {
    pub(crate) fn unreadable(why: impl Into<String>) -> DataFusionError {
        DataFusionError::External(Box::new(Self::Unreadable(why.into())))
    }

    pub(crate) fn unavailable(why: impl Into<String>) -> DataFusionError {
        DataFusionError::External(Box::new(Self::Unavailable(why.into())))
    }
}

/// What the engine reported, without its text: that may quote a value of the data or of the query.
pub(crate) fn of_engine(
    source_id: &SourceId,
    seconds: u64,
    error: &DataFusionError,
) -> CollectError {
    let source_id = source_id.clone();
    let unreadable =
        |source_id, why: &str| CollectError::Unreadable { source_id, why: why.to_owned() };
    match error.find_root() {
        DataFusionError::External(inner) => of_reader(source_id, seconds, inner.as_ref()),
        DataFusionError::ResourcesExhausted(_) => CollectError::Memory { source_id },
        DataFusionError::IoError(error) => {
            CollectError::SourceUnavailable { source_id, why: error.kind().to_string() }
        }
        DataFusionError::ObjectStore(_) => CollectError::SourceUnavailable {
            source_id,
            why: "a file cannot be read; check that it is there and may be read".to_owned(),
        },
        DataFusionError::ParquetError(_) => unreadable(source_id, "a Parquet file is damaged"),
        DataFusionError::ArrowError(_, _) => {
            unreadable(source_id, "a value does not have the type of its column")
        }
        _ => unreadable(source_id, "the query failed; check its declaration in `custody.toml`"),
    }
}

fn of_reader(
    source_id: SourceId,
    seconds: u64,
    error: &(dyn std::error::Error + Send + Sync + 'static),
) -> CollectError {
    if let Some(fault) = error.downcast_ref::<ReadFault>() {
        return match fault {
            ReadFault::Unreadable(why) => CollectError::Unreadable { source_id, why: why.clone() },
            ReadFault::Unavailable(why) => {
                CollectError::SourceUnavailable { source_id, why: why.clone() }
            }
        };
    }
    match error.downcast_ref::<sqlx::Error>() {
        Some(error) => of_database(source_id, seconds, error),
        None => CollectError::Unreadable { source_id, why: "the query failed".to_owned() },
    }
}

/// A database's refusal by its code; its message may quote values.
pub(crate) fn of_database(source_id: SourceId, seconds: u64, error: &sqlx::Error) -> CollectError {
    let why = match error {
        sqlx::Error::Database(refusal) => {
            let code = refusal.code().unwrap_or_default();
            // PostgreSQL: query_canceled. Classes 08, 53 and 57 are the server's own troubles.
            if code == "57014" {
                return CollectError::TimedOut { source_id, seconds };
            }
            let troubles = ["08", "53", "57", "28"];
            // SQLite: the plain result codes BUSY, LOCKED, IOERR, CANTOPEN.
            let plain = code.parse::<u32>().ok().map(|code| code & 0xff);
            let away = matches!(plain, Some(5 | 6 | 10 | 14)) && code.len() < 5;
            if !away && !troubles.iter().any(|class| code.len() == 5 && code.starts_with(class)) {
                let why = format!("the database refused the query with code `{code}`");
                return CollectError::Unreadable { source_id, why };
            }
            format!("the database answered with code `{code}`")
        }
        sqlx::Error::Io(error) => error.kind().to_string(),
        sqlx::Error::PoolTimedOut => "no connection within the time allowed".to_owned(),
        sqlx::Error::Tls(_) => "the encrypted connection failed; check its certificate".to_owned(),
        sqlx::Error::Configuration(_) => "its URL is not understood".to_owned(),
        _ => "the connection failed".to_owned(),
    };
    CollectError::SourceUnavailable { source_id, why }
}
