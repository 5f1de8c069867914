//! The manifest of a production: every file, where its rows came from, and what was withheld and why.

use crate::{AccountRef, CaseId, Digest, ElementId, Instant, Item, Period, SourceId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a production holds. Its canonical JSON is what gets signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The case it was collected for.
    pub case: CaseId,
    /// When collecting began.
    pub began: Instant,
    /// When it ended.
    pub ended: Instant,
    /// The files, by path.
    pub files: Vec<FileEntry>,
    /// What was granted and is not in the files, and what was asked and not granted.
    pub withheld: Vec<Withheld>,
}

/// One file of a production.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Its path in the archive, relative, `/` between parts.
    pub path: String,
    /// Its form.
    pub form: FileForm,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its digest.
    pub sha256: Digest,
    /// How many rows, messages or objects it holds.
    pub rows: u64,
    /// The source it came from.
    pub source: SourceId,
    /// The query that was run there, with the identifiers as parameters.
    pub query: String,
    /// Whose data.
    pub account: AccountRef,
    /// Which elements its columns are.
    pub elements: Vec<ElementId>,
    /// The period it was limited to.
    pub period: Period,
}

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FileForm {
    /// One JSON value a line.
    Ndjson,
    /// Comma-separated values (RFC 4180).
    Csv,
    /// Mail as mbox (RFC 4155, mboxrd quoting).
    Mbox,
    /// An object, byte for byte.
    Object,
}

/// Something that is not in the files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Withheld {
    /// What.
    #[serde(flatten)]
    pub item: Item,
    /// Why: the rule or the fact, in plain words.
    pub why: String,
}
