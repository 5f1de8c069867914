//! The concrete facts a certificate rests on: systems, steps with times and counts, files with digests, who signs.

use crate::letter::{Block, Card, Fact, FileLine};
use crate::words::Words;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use writ_vocabulary::{Digest, Instant};

/// A list with at least one entry.
///
/// A certificate that names no system, no step or no file would be conclusory; with this it cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<T>", into = "Vec<T>")]
#[serde(bound(serialize = "T: Clone + Serialize"))]
pub struct AtLeastOne<T>(Vec<T>);

/// A list that must name something names nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the list is empty; a certificate states its systems, its steps, why they are accurate and its files, one at least of each"
)]
pub struct NothingListed;

impl<T> AtLeastOne<T> {
    /// The entries, in order.
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }
}

impl<T> TryFrom<Vec<T>> for AtLeastOne<T> {
    type Error = NothingListed;
    fn try_from(list: Vec<T>) -> Result<Self, NothingListed> {
        if list.is_empty() { Err(NothingListed) } else { Ok(Self(list)) }
    }
}

impl<T> From<AtLeastOne<T>> for Vec<T> {
    fn from(list: AtLeastOne<T>) -> Self {
        list.0
    }
}

/// A system that made, held or extracted the records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it does, concretely.
    pub role: String,
}

/// One step of the extraction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessStep {
    /// What was done.
    pub what: String,
    /// The system it was done with.
    pub system: String,
    /// The query, word for word.
    pub query: String,
    /// When it began.
    pub started: Instant,
    /// When it ended.
    pub ended: Instant,
    /// Rows or records it read.
    pub rows_read: u64,
    /// Rows or records it put into the files below.
    pub rows_kept: u64,
}

/// One file of the production.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileHash {
    /// The path inside the parcel.
    pub path: String,
    /// The media type.
    pub media_type: String,
    /// The size in bytes.
    pub bytes: u64,
    /// The number of records in it, where it holds records.
    #[serde(default)]
    pub records: Option<u64>,
    /// The SHA-256 digest of its bytes.
    pub sha256: Digest,
}

/// Who signs a certificate, and how the signature can be checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signing {
    /// Name, typed.
    pub name: String,
    /// Office held at the provider.
    pub title: String,
    /// Where it was signed.
    pub place: String,
    /// The day it was signed.
    pub date: Date,
    /// The provider's Ed25519 public key with which the parcel is signed, as the parcel writes it.
    pub parcel_key: String,
}

pub(crate) fn systems(words: &Words, systems: &AtLeastOne<System>) -> Block {
    let card = |system: &System| Card {
        title: system.name.clone(),
        mark: String::new(),
        facts: vec![
            Fact::new(words.say("process.version"), &system.version),
            Fact::new(words.say("process.role"), &system.role),
        ],
    };
    Block::Cards { cards: systems.as_slice().iter().map(card).collect() }
}

pub(crate) fn steps(words: &Words, steps: &AtLeastOne<ProcessStep>) -> Block {
    let card = |(at, step): (usize, &ProcessStep)| Card {
        title: words
            .fill("process.step", &[("number", &(at + 1).to_string()), ("what", &step.what)]),
        mark: String::new(),
        facts: vec![
            Fact::new(words.say("process.system"), &step.system),
            Fact::new(words.say("process.started"), step.started.to_string()),
            Fact::new(words.say("process.ended"), step.ended.to_string()),
            Fact::mono(words.say("process.query"), &step.query),
            Fact::new(words.say("process.rows_read"), words.number(step.rows_read)),
            Fact::new(words.say("process.rows_kept"), words.number(step.rows_kept)),
        ],
    };
    Block::Cards { cards: steps.as_slice().iter().enumerate().map(card).collect() }
}

pub(crate) fn files(words: &Words, files: &AtLeastOne<FileHash>) -> Block {
    let about = |file: &FileHash| {
        let bytes = words.number(file.bytes);
        match file.records.map(|records| words.number(records)) {
            Some(records) => words.fill(
                "process.file_of_records",
                &[("records", &records), ("bytes", &bytes), ("type", &file.media_type)],
            ),
            None => words.fill("process.file", &[("bytes", &bytes), ("type", &file.media_type)]),
        }
    };
    Block::Files {
        files: files.as_slice().iter().map(|file| FileLine::of(file, about(file))).collect(),
    }
}

pub(crate) fn signature(words: &Words, provider: &str, signing: &Signing) -> Vec<Block> {
    let facts = vec![
        Fact::new(words.say("sign.name"), &signing.name),
        Fact::new(words.say("sign.title"), format!("{}, {provider}", signing.title)),
        Fact::new(words.say("sign.place"), &signing.place),
        Fact::new(words.say("sign.date"), words.date(signing.date)),
    ];
    let how = words.fill("sign.how", &[("provider", provider)]);
    vec![
        Block::Signature { facts },
        Block::paragraph(how),
        Block::Facts { facts: vec![Fact::mono(words.say("sign.key"), &signing.parcel_key)] },
    ]
}
