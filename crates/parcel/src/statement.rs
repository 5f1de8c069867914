//! The statement: what a parcel is, for whom, and every file in it. It is what the provider signs.

use crate::archive::{CLOSING, room_for};
use crate::canonical::{CanonicalError, canonical_json};
use crate::key::PublicKey;
use crate::path::{EntryPath, PRODUCTION};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use writ_vocabulary::{AuthorityId, CaseId, Digest, Instant};

/// The form's name and version.
pub const FORMAT: &str = "writ-parcel/1";
/// How many files a parcel may hold.
pub const MAX_FILES: usize = 50_000;
/// The largest file: what eleven octal digits can say.
pub const MAX_FILE: u64 = 0o77_777_777_777;
/// The largest parcel, all files together.
pub const MAX_TOTAL: u64 = 1 << 40;
/// The largest statement.
pub const MAX_STATEMENT: u64 = 32 << 20;
/// The largest paper: manifest, custody chain, ruling, certificate.
pub const MAX_PAPER: u64 = 64 << 20;

pub(crate) const STATEMENT: &str = "statement.json";
pub(crate) const SIGNATURE: &str = "statement.sig";
pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const CUSTODY: &str = "custody.json";
pub(crate) const RULING: &str = "ruling.txt";
/// What lies before the production, in this order.
pub(crate) const PAPERS: [&str; 5] =
    [MANIFEST, CUSTODY, RULING, "certificate.pdf", "certificate.txt"];

/// What a parcel is. Its canonical JSON is `statement.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// [`FORMAT`].
    pub format: String,
    /// The case it answers.
    pub case: CaseId,
    /// Its own id.
    pub parcel: ParcelId,
    /// Who sealed it.
    pub provider: Provider,
    /// For whom.
    pub recipient: Recipient,
    /// When.
    pub made_at: Instant,
    /// The digest of `manifest.json`.
    pub manifest: Digest,
    /// The digest of `ruling.txt`.
    pub ruling: Digest,
    /// The digest of `custody.json`.
    pub custody: Digest,
    /// Every file but the statement and its signature, in the archive's order: the papers, then the production by path.
    pub files: Vec<FileLine>,
}

/// The provider that sealed a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Its name.
    pub name: String,
    /// The key that signs the statement.
    pub key: PublicKey,
    /// That key's fingerprint.
    pub fingerprint: Digest,
}

/// The authority that a parcel is sealed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipient {
    /// Its id in the provider's registry.
    pub authority: AuthorityId,
    /// The enrolled key, `age1...`.
    pub key: String,
    /// That key's fingerprint.
    pub fingerprint: Digest,
}

/// One file of a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileLine {
    /// Its path in the archive.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its digest.
    pub sha256: Digest,
}

/// A parcel's id: letters, digits and `-`, at most 64, as in `C-7K3M-Q2XD-1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ParcelId(String);

/// Why bytes are not a statement.
#[derive(Debug)]
pub(crate) enum NotAStatement {
    /// They are something else.
    Other,
    /// They are of another version.
    Version(String),
    /// They say something that a statement cannot say.
    Says(String),
    /// They are not the canonical form of what they say.
    NotCanonical,
}

impl Statement {
    /// Reads a stranger's statement.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, NotAStatement> {
        #[derive(Deserialize)]
        struct Head {
            format: String,
        }
        let head: Head = serde_json::from_slice(bytes).map_err(|_| NotAStatement::Other)?;
        match head.format.as_str() {
            FORMAT => {}
            other if other.starts_with("writ-parcel/") => {
                return Err(NotAStatement::Version(crate::archive::shown(other.as_bytes())));
            }
            _ => return Err(NotAStatement::Other),
        }
        let says = |error: serde_json::Error| {
            NotAStatement::Says(crate::archive::shown(error.to_string().as_bytes()))
        };
        let statement: Self = serde_json::from_slice(bytes).map_err(says)?;
        if statement.to_bytes().ok().as_deref() != Some(bytes) {
            return Err(NotAStatement::NotCanonical);
        }
        statement.check().map_err(NotAStatement::Says)?;
        Ok(statement)
    }

    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, CanonicalError> {
        canonical_json(self)
    }

    /// The files of the production, without `production/`.
    pub fn production(&self) -> impl Iterator<Item = (&str, &FileLine)> {
        self.files.iter().filter_map(|file| Some((file.path.strip_prefix(PRODUCTION)?, file)))
    }

    /// The time in every header of the archive: `made_at` in whole seconds since 1970.
    pub(crate) fn mtime(&self) -> u64 {
        u64::try_from(self.made_at.as_second()).unwrap_or(0)
    }

    /// How long the archive is.
    pub(crate) fn archive_bytes(&self, statement: u64, signature: u64) -> u64 {
        let sizes =
            [statement, signature].into_iter().chain(self.files.iter().map(|file| file.bytes));
        sizes.map(room_for).fold(CLOSING, u64::saturating_add)
    }

    /// What every statement must keep, whoever wrote it; `Err` says what it does not.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.check_names()?;
        self.check_papers()?;
        self.check_sizes()?;
        self.check_paths()
    }

    fn check_names(&self) -> Result<(), String> {
        let name = &self.provider.name;
        if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
            return Err("the provider's name is empty, longer than 200 characters, or has control characters".into());
        }
        if self.provider.fingerprint != self.provider.key.fingerprint() {
            return Err("the provider's fingerprint is not that of its key".into());
        }
        if self.recipient.fingerprint != Digest::of(&self.recipient.key) {
            return Err("the recipient's fingerprint is not that of its key".into());
        }
        Ok(())
    }

    fn check_papers(&self) -> Result<(), String> {
        for (at, paper) in PAPERS.into_iter().enumerate() {
            let file = self.files.get(at).filter(|file| file.path == paper);
            let file = file.ok_or_else(|| format!("`{paper}` is not listed in its place"))?;
            if file.bytes > MAX_PAPER {
                return Err(format!("`{paper}` has more than {MAX_PAPER} bytes"));
            }
        }
        let named = [(MANIFEST, self.manifest), (CUSTODY, self.custody), (RULING, self.ruling)];
        for (paper, digest) in named {
            if !self.files.iter().any(|file| file.path == paper && file.sha256 == digest) {
                return Err(format!("the digest of `{paper}` is not the one listed for that file"));
            }
        }
        Ok(())
    }

    fn check_sizes(&self) -> Result<(), String> {
        if self.files.len() > MAX_FILES {
            return Err(format!("it lists {} files, more than {MAX_FILES}", self.files.len()));
        }
        if let Some(file) = self.files.iter().find(|file| file.bytes > MAX_FILE) {
            return Err(format!("a file has {} bytes, more than {MAX_FILE}", file.bytes));
        }
        let total = self.files.iter().map(|file| file.bytes).fold(0, u64::saturating_add);
        if total > MAX_TOTAL {
            return Err(format!("its files have {total} bytes together, more than {MAX_TOTAL}"));
        }
        Ok(())
    }

    /// Safe paths, in order, no two the same where case is ignored, no file where another needs a folder.
    fn check_paths(&self) -> Result<(), String> {
        let production = self.files.get(PAPERS.len()..).unwrap_or_default();
        let (mut files, mut folders) = (BTreeSet::new(), BTreeSet::new());
        let mut before = "";
        for file in production {
            let shown = crate::archive::shown(file.path.as_bytes());
            let path =
                EntryPath::parse(&file.path).map_err(|what| format!("`{shown}` is {what}"))?;
            if !file.path.starts_with(PRODUCTION) {
                return Err(format!("`{shown}` is neither a paper nor under `{PRODUCTION}`"));
            }
            if file.path.as_str() <= before {
                return Err(format!("`{shown}` is listed twice or out of order"));
            }
            before = &file.path;
            let folded = path.folded();
            folders.extend(
                folded.match_indices('/').filter_map(|(at, _)| folded.get(..at).map(str::to_owned)),
            );
            if !files.insert(folded) {
                return Err(format!("`{shown}` differs from another path in case only"));
            }
        }
        match files.intersection(&folders).next() {
            Some(path) => Err(format!("`{path}` is a file and a folder")),
            None => Ok(()),
        }
    }
}

impl ParcelId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ParcelId {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        match (1..=64).contains(&text.len()) && is_plain {
            true => Ok(Self(text)),
            false => Err(format!(
                "`{}` is not a parcel's id: letters, digits and `-`, at most 64",
                crate::archive::shown(text.as_bytes())
            )),
        }
    }
}

impl std::str::FromStr for ParcelId {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        text.to_owned().try_into()
    }
}

impl From<ParcelId> for String {
    fn from(id: ParcelId) -> String {
        id.0
    }
}

impl fmt::Display for ParcelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
