//! The kinds of data source, and what each can be declared with.

use crate::Form;
use serde::Deserialize;
use std::fmt;

/// How a source is reached and read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// One SQLite file, opened for reading only.
    Sqlite,
    /// A PostgreSQL database, in read-only transactions.
    Postgres,
    /// Parquet: one file or a folder of them.
    Parquet,
    /// Comma-separated values with a header line: one file or a folder of them.
    Csv,
    /// One JSON object a line: one file or a folder of them.
    Ndjson,
    /// A folder with one Maildir for each account.
    Maildir,
    /// A folder with one folder of objects for each account.
    Objects,
}

impl Kind {
    /// The word used in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Maildir => "maildir",
            Self::Objects => "objects",
        }
    }

    /// Whether it has several tables, so that one must be named.
    pub fn has_tables(self) -> bool {
        matches!(self, Self::Sqlite | Self::Postgres)
    }

    /// The columns it always has; empty where they are the provider's own.
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Maildir => &[
                "account",
                "file",
                "received",
                "date",
                "sender",
                "recipients",
                "subject",
                "message_id",
                "size",
                "headers",
                "body",
                "content",
            ],
            Self::Objects => &["account", "name", "modified", "size", "content"],
            _ => &[],
        }
    }

    /// Whether it can be given in this form.
    pub fn gives(self, form: Form) -> bool {
        match form {
            Form::Rows => true,
            Form::Mail => self != Self::Objects,
            Form::Objects => self == Self::Objects,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
