//! What the database said, as what the operator can do about it.

use crate::StorageError;
use sea_orm::{DbErr, RuntimeErr, SqlxError};

/// The failure of the journal at `place`.
pub fn of(place: &str, error: DbErr) -> StorageError {
    let place = place.to_owned();
    match cause(&error) {
        Cause::Full => StorageError::Full { place },
        Cause::Busy => StorageError::Busy { place },
        Cause::NotADatabase => {
            StorageError::NotAJournal { place, what: "it is no SQLite database".into() }
        }
        Cause::Other => StorageError::Failed { place, source: Box::new(error) },
    }
}

enum Cause {
    Full,
    Busy,
    NotADatabase,
    Other,
}

fn cause(error: &DbErr) -> Cause {
    let (DbErr::Conn(RuntimeErr::SqlxError(inner))
    | DbErr::Exec(RuntimeErr::SqlxError(inner))
    | DbErr::Query(RuntimeErr::SqlxError(inner))) = error
    else {
        let waited = matches!(error, DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::Timeout));
        return if waited { Cause::Busy } else { Cause::Other };
    };
    match inner.as_ref() {
        SqlxError::PoolTimedOut => Cause::Busy,
        SqlxError::Io(error) if error.kind() == std::io::ErrorKind::StorageFull => Cause::Full,
        SqlxError::Database(error) => error.code().map_or(Cause::Other, |code| of_code(&code)),
        _ => Cause::Other,
    }
}

/// SQLite gives its extended result code in decimal, PostgreSQL five characters (its appendix A).
fn of_code(code: &str) -> Cause {
    match code {
        "53100" => return Cause::Full,
        "55P03" => return Cause::Busy,
        // SQLITE_IOERR_SHMSIZE: no room to enlarge the index of the write-ahead log.
        "4874" => return Cause::Full,
        _ if code.len() == 5 => return Cause::Other,
        _ => {}
    }
    // The lower eight bits are the primary code: FULL, BUSY, LOCKED, NOTADB.
    match code.parse::<u32>().map(|code| code & 0xff) {
        Ok(13) => Cause::Full,
        Ok(5 | 6) => Cause::Busy,
        Ok(26) => Cause::NotADatabase,
        _ => Cause::Other,
    }
}
