//! The schema: which tables a record counts in, their rows, and which rows are published in a band only.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::canonical::{Digest, to_json};

/// The first schema, as the file `schema/v1.toml` has it.
const V1: &str = include_str!("../schema/v1.toml");

/// The longest schema read, in bytes.
const MAX_TEXT: usize = 64 * 1024;
/// How many tables a schema has at most.
const MAX_TABLES: usize = 8;
/// How many rows a table has at most.
const MAX_ROWS: usize = 64;
/// How long a name is at most, in bytes.
const MAX_NAME: usize = 64;

/// The tables of a record in their order. A record keeps one schema for its life: its generators, its leaves' size and
/// its proofs follow from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    stored: Stored,
    digest: Digest,
}

/// The canonical form, whose digest is the schema's: members in alphabetical order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    name: String,
    #[serde(rename(deserialize = "table", serialize = "tables"))]
    tables: Vec<Table>,
    version: u32,
}

/// One table: a leaf counts in exactly one of its rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    #[serde(default)]
    banded: Vec<String>,
    name: String,
    rows: Vec<String>,
}

/// Why a text is no schema.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// The text is too long to be read.
    #[error("the schema has {0} bytes; at most {MAX_TEXT} are read")]
    TooLong(usize),
    /// No TOML, or a key missing, unknown or of another type.
    #[error("the schema cannot be read: {0}")]
    Toml(#[from] toml::de::Error),
    /// A name that is empty, too long, or has other characters.
    #[error(
        "{place} `{name}` is no name: 1 to {MAX_NAME} lower-case letters, digits, `-` and `/` are allowed"
    )]
    Name {
        /// What is named: the schema, a table or a row of which table.
        place: String,
        /// The name as given.
        name: String,
    },
    /// Version 0 is no version.
    #[error("the schema's version is 0; versions start at 1")]
    Version,
    /// Too many tables, or none.
    #[error("the schema has {0} tables; 1 to {MAX_TABLES} are allowed")]
    Tables(usize),
    /// Too few or too many rows.
    #[error("table `{table}` has {rows} rows; 2 to {MAX_ROWS} are allowed")]
    Rows {
        /// The table.
        table: String,
        /// How many rows it has.
        rows: usize,
    },
    /// Two tables, or two rows of a table, of one name.
    #[error("{place} `{name}` is there twice")]
    Twice {
        /// What is named twice.
        place: String,
        /// The name.
        name: String,
    },
    /// Row 0 is not the row of decoys.
    #[error("table `{table}` starts with row `{found}`; its first row must be `nothing`")]
    Nothing {
        /// The table.
        table: String,
        /// The name of its first row.
        found: String,
    },
    /// A row is to be banded that is not there, or is row 0.
    #[error(
        "table `{table}` bands `{row}`, which is none of its rows after `nothing`; name a row that it has"
    )]
    Banded {
        /// The table.
        table: String,
        /// The row as named.
        row: String,
    },
    /// A table or row was asked for that the schema lacks.
    #[error("the schema has no row `{row}` in a table `{table}`")]
    NoSuchRow {
        /// The table asked for.
        table: String,
        /// The row asked for.
        row: String,
    },
}

/// What is given was made under another schema than the one it meets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("made under schema {found}, where schema {wanted} is in force")]
pub struct OtherSchema {
    /// The schema it was made under.
    pub found: Digest,
    /// The schema in force.
    pub wanted: Digest,
}

impl Schema {
    /// Reads a schema from TOML. Unknown keys are refused.
    ///
    /// # Errors
    /// [`SchemaError`], which names the table and row at fault.
    pub fn parse(text: &str) -> Result<Schema, SchemaError> {
        if text.len() > MAX_TEXT {
            return Err(SchemaError::TooLong(text.len()));
        }
        let stored: Stored = toml::from_str(text)?;
        check_name("schema", &stored.name)?;
        if stored.version == 0 {
            return Err(SchemaError::Version);
        }
        if stored.tables.is_empty() || stored.tables.len() > MAX_TABLES {
            return Err(SchemaError::Tables(stored.tables.len()));
        }
        once("table", stored.tables.iter().map(Table::name))?;
        stored.tables.iter().try_for_each(Table::check)?;
        let digest = Digest::of(&[b"writ-tally/schema/1\0", &to_json(&stored)]);
        Ok(Schema { stored, digest })
    }

    /// The first schema: tables `received`, `concluded` and `sealed`.
    ///
    /// # Errors
    /// None, as a test sees to.
    pub fn v1() -> Result<Schema, SchemaError> {
        Schema::parse(V1)
    }

    /// The schema's name.
    pub fn name(&self) -> &str {
        &self.stored.name
    }

    /// The schema's version, from 1.
    pub fn version(&self) -> u32 {
        self.stored.version
    }

    /// SHA-256 of `writ-tally/schema/1`, a zero byte, and the schema as canonical JSON: comments and layout of the
    /// text do not count. Every generator and proof depends on it.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Refuses what was made under another schema.
    pub(crate) fn same(&self, found: Digest) -> Result<(), OtherSchema> {
        same(found, self.digest)
    }

    /// The tables in their order.
    pub fn tables(&self) -> &[Table] {
        &self.stored.tables
    }

    /// The number of a row in its table.
    ///
    /// # Errors
    /// [`SchemaError::NoSuchRow`].
    pub fn row(&self, table: &str, row: &str) -> Result<u8, SchemaError> {
        let at = |t: &Table| t.rows.iter().position(|r| r == row);
        self.tables()
            .iter()
            .find(|t| t.name == table)
            .and_then(at)
            .and_then(|row| u8::try_from(row).ok())
            .ok_or_else(|| SchemaError::NoSuchRow { table: table.to_owned(), row: row.to_owned() })
    }
}

impl Table {
    /// The table's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names of its rows; the first is `nothing`.
    pub fn rows(&self) -> &[String] {
        &self.rows
    }

    /// Whether this row may be published in a band only.
    pub fn is_banded(&self, row: &str) -> bool {
        self.banded.iter().any(|b| b == row)
    }

    /// Whether any row is banded. Then row 0 has to be hidden too: the number of leaves is public, so the exact
    /// figure of row 0 would give the banded rows away.
    pub fn has_bands(&self) -> bool {
        !self.banded.is_empty()
    }

    fn check(&self) -> Result<(), SchemaError> {
        let table = || self.name.clone();
        check_name("table", &self.name)?;
        if !(2..=MAX_ROWS).contains(&self.rows.len()) {
            return Err(SchemaError::Rows { table: table(), rows: self.rows.len() });
        }
        let place = format!("row of table `{}`", self.name);
        self.rows.iter().try_for_each(|row| check_name(&place, row))?;
        once(&place, self.rows.iter().map(String::as_str))?;
        if let Some(found) = self.rows.first().filter(|first| *first != "nothing") {
            return Err(SchemaError::Nothing { table: table(), found: found.clone() });
        }
        once("banded row", self.banded.iter().map(String::as_str))?;
        match self.banded.iter().find(|b| !self.rows.iter().skip(1).any(|row| row == *b)) {
            Some(row) => Err(SchemaError::Banded { table: table(), row: row.clone() }),
            None => Ok(()),
        }
    }
}

/// Refuses what was made under another schema than the one wanted.
pub(crate) fn same(found: Digest, wanted: Digest) -> Result<(), OtherSchema> {
    if found == wanted { Ok(()) } else { Err(OtherSchema { found, wanted }) }
}

fn check_name(place: &str, name: &str) -> Result<(), SchemaError> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'/';
    if (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(allowed) {
        return Ok(());
    }
    Err(SchemaError::Name { place: place.to_owned(), name: name.to_owned() })
}

fn once<'a>(place: &str, names: impl Iterator<Item = &'a str>) -> Result<(), SchemaError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(SchemaError::Twice { place: place.to_owned(), name: name.to_owned() });
        }
    }
    Ok(())
}
