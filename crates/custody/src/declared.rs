//! What is declared: sources, what they yield, and the questions that find an account.

use crate::{Faults, Kind};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use writ_vocabulary::{Account, ElementId, SourceId};

/// A provider's data sources and what they yield.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Custody {
    /// The sources, by id.
    pub sources: BTreeMap<SourceId, Source>,
    /// What they yield, in the order of the file.
    pub yields: Vec<Yields>,
    /// How each kind of identifier leads to a customer id.
    pub accounts: BTreeMap<IdentifierKind, Question>,
    /// Who controls a customer's data. Missing: always the provider.
    pub controllers: Option<Question>,
    /// Which elements a customer holds under keys of its own.
    pub customer_keys: Option<Question>,
    /// Which flags a customer bears.
    pub flags: Option<Question>,
    /// Where a customer lives.
    pub residence: Option<Question>,
    /// Of which states a customer is a national.
    pub nationality: Option<Question>,
}

/// One place where customer data lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its id.
    pub id: SourceId,
    /// How it is read.
    pub kind: Kind,
    /// Where it is.
    pub location: Location,
}

/// Where a source is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A file or folder, relative to the provider's home.
    Path(String),
    /// A database URL without a password.
    Url(String),
    /// A file, relative to the provider's home, that holds the database URL.
    UrlFile(String),
}

/// What one table or query of a source yields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Yields {
    /// The source.
    pub source: SourceId,
    /// What is read there.
    pub relation: Relation,
    /// What is given.
    pub form: Form,
    /// The column that says whose a row is, for each kind of account.
    pub account_key: BTreeMap<IdentifierKind, String>,
    /// What a granted period bounds. Missing: a standing record that has no time.
    pub time: Option<TimeColumn>,
    /// The columns, by name, and the elements each of them is.
    pub columns: Vec<Column>,
    /// Whether the provider holds only ciphertext.
    pub customer_keys: bool,
    /// The line where it is declared.
    pub line: usize,
}

/// What is read at a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relation {
    /// A table or view.
    Table(String),
    /// One reading statement.
    Query(String),
}

/// One column and the elements it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name at the source.
    pub name: String,
    /// The elements it is. Only where all are granted may it be read.
    pub elements: BTreeSet<ElementId>,
}

/// The column that dates a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeColumn {
    /// Its name at the source.
    pub name: String,
    /// How it tells the time.
    pub form: TimeForm,
}

/// How a column tells the time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeForm {
    /// A date-time type of the source; without a zone it is UTC.
    #[default]
    Timestamp,
    /// Whole seconds since 1970-01-01 UTC.
    UnixSeconds,
    /// Milliseconds since 1970-01-01 UTC.
    UnixMillis,
    /// Microseconds since 1970-01-01 UTC.
    UnixMicros,
    /// Text as in RFC 3339; without an offset it is UTC.
    Rfc3339,
}

/// What is given of a source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// Rows, as NDJSON and CSV.
    #[default]
    Rows,
    /// Whole messages, as mbox.
    Mail,
    /// Objects, byte for byte.
    Objects,
}

/// A question put to a source: one reading statement with named parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The source.
    pub source: SourceId,
    /// The statement.
    pub query: String,
    /// The line where it is declared.
    pub line: usize,
}

/// The kinds of identifier, as in a demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentifierKind {
    /// The provider's own customer id.
    Customer,
    /// An IP address at an instant.
    Ip,
    /// A mail address.
    Mail,
    /// A telephone number.
    Phone,
    /// A page, file or profile.
    Url,
}

impl Custody {
    /// Reads `custody.toml`. `file` is its name in faults, `known` the law book's elements.
    ///
    /// All or nothing: every fault that can be told from the text alone is told at once.
    ///
    /// ```
    /// use std::collections::BTreeSet;
    /// use writ_custody::Custody;
    ///
    /// let text = "[[source]]\nid = \"directory\"\nkind = \"sqlite\"\nplace = \"x.sqlite\"\n";
    /// let faults = Custody::parse("custody.toml", text, &BTreeSet::new()).unwrap_err();
    /// assert!(faults.to_string().starts_with("custody.toml:4: unknown field `place`"));
    /// ```
    pub fn parse(file: &str, text: &str, known: &BTreeSet<ElementId>) -> Result<Self, Faults> {
        crate::file::parse(file, text, known)
    }

    /// Every element that some source yields.
    pub fn elements(&self) -> BTreeSet<ElementId> {
        self.yields.iter().flat_map(Yields::elements).cloned().collect()
    }
}

impl Yields {
    /// Every element that its columns are.
    pub fn elements(&self) -> impl Iterator<Item = &ElementId> {
        self.columns.iter().flat_map(|column| &column.elements)
    }

    /// The columns that may be read where `granted` says yes to elements.
    pub fn columns_within(&self, granted: impl Fn(&ElementId) -> bool) -> Vec<&Column> {
        self.columns.iter().filter(|column| column.elements.iter().all(&granted)).collect()
    }
}

impl Source {
    /// The table that a source of files gives.
    pub fn table(&self) -> String {
        self.id.as_str().replace('-', "_")
    }
}

impl IdentifierKind {
    /// The kind of an account; none for a condition that names nobody.
    pub fn of(account: &Account) -> Option<Self> {
        match account {
            Account::Mail(_) => Some(Self::Mail),
            Account::Phone(_) => Some(Self::Phone),
            Account::Customer(_) => Some(Self::Customer),
            Account::Ip { .. } => Some(Self::Ip),
            Account::Url(_) => Some(Self::Url),
            Account::Everyone(_) => None,
        }
    }

    /// The word used in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Ip => "ip",
            Self::Mail => "mail",
            Self::Phone => "phone",
            Self::Url => "url",
        }
    }

    /// The parameters its question may use.
    pub fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::Customer => &["customer"],
            Self::Ip => &["address", "port", "at", "at_unix"],
            Self::Mail => &["mail"],
            Self::Phone => &["phone"],
            Self::Url => &["url"],
        }
    }
}

impl fmt::Display for IdentifierKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
