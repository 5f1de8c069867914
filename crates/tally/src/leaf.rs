//! The leaf as logged: a fixed header, then a sealed body or one of the few public things.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::bases::Bases;
use crate::body::{Body, BodyError, Opening, OpeningError, StoredOpening};
use crate::canonical::{Digest, JsonError, from_json, to_json};
use crate::schema::Schema;

/// The version of the header that this code writes and reads.
const VERSION: u8 = 1;
/// The bytes of the header: version, kind, epoch.
const HEADER: usize = 6;
/// The longest entry of a log in tiles (C2SP tlog-tiles): its length is written in two bytes.
const MAX_LEAF: usize = 65_535;
/// The greatest whole number that JSON carries safely (RFC 8785).
const MAX_NUMBER: u64 = (1 << 53) - 1;

/// One entry of the record.
#[derive(Debug)]
pub struct Leaf {
    /// The epoch it was logged in, from 0.
    pub epoch: u32,
    /// What it is.
    pub content: Content,
}

/// What a leaf is. Sealed leaves are all of one size; the others are canonical JSON and tell nothing of a sealed case
/// that has not been revealed.
#[derive(Debug)]
pub enum Content {
    /// A demand, a conclusion or a decoy: nobody sees which.
    Sealed(Body),
    /// The first leaf: how this record is kept.
    Genesis(Genesis),
    /// What an earlier sealed leaf was.
    Reveal(Reveal),
    /// The totals of a period were published.
    Published(Published),
}

/// How a record is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// How long an epoch lasts, in seconds.
    pub epoch_seconds: u32,
    /// How many sealed leaves each epoch has, decoys with them.
    pub leaves_per_epoch: u32,
    /// The log's origin, as in its checkpoints.
    pub origin: String,
    /// The digest of the schema.
    pub schema: Digest,
    /// When epoch 0 starts, in seconds since 1970.
    pub start: u64,
}

/// What an earlier sealed leaf was, to be checked by [`Reveal::check`].
#[derive(Debug)]
pub struct Reveal {
    /// The index of the sealed leaf.
    pub index: u64,
    /// What opens it.
    pub opening: Opening,
}

/// That the totals of a period were published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// SHA-256 of the totals as canonical JSON: [`crate::Totals::digest`].
    pub digest: Digest,
    /// The index of the period's first leaf.
    pub from: u64,
    /// The index after its last leaf.
    pub to: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredReveal {
    index: u64,
    opening: StoredOpening,
}

/// Why bytes are no leaf.
#[derive(Debug, thiserror::Error)]
pub enum LeafError {
    /// No header.
    #[error("the leaf has {0} bytes; its header alone has {HEADER}")]
    Short(usize),
    /// More than a log entry holds.
    #[error("the leaf has {0} bytes; a log entry holds at most {MAX_LEAF}")]
    Long(usize),
    /// A version that this code does not know.
    #[error("the leaf has version {0}; this program reads version {VERSION}")]
    Version(u8),
    /// A kind that this code does not know.
    #[error("the leaf is of kind {0}; this program knows kinds 1 to 4")]
    Kind(u8),
    /// A sealed leaf whose body is none.
    #[error("the sealed leaf cannot be read: {0}")]
    Sealed(#[from] BodyError),
    /// A public leaf whose JSON is wrong.
    #[error("the public leaf cannot be read: {0}")]
    Json(#[from] JsonError),
    /// A reveal whose opening is none.
    #[error("the reveal cannot be read: {0}")]
    Reveal(#[from] OpeningError),
    /// A number that JSON does not carry safely.
    #[error("`{0}` is {1}; numbers in public leaves are below 2^53")]
    Number(&'static str, u64),
    /// A record without epochs, or a period that ends before it starts.
    #[error("`{0}` is 0 or less; it must be at least 1")]
    Empty(&'static str),
}

impl Leaf {
    /// Reads a leaf.
    ///
    /// # Errors
    /// [`LeafError`].
    pub fn parse(schema: &Schema, bytes: &[u8]) -> Result<Leaf, LeafError> {
        if bytes.len() > MAX_LEAF {
            return Err(LeafError::Long(bytes.len()));
        }
        let (header, rest) =
            bytes.split_first_chunk::<HEADER>().ok_or(LeafError::Short(bytes.len()))?;
        let [version, kind, epoch @ ..] = *header;
        if version != VERSION {
            return Err(LeafError::Version(version));
        }
        let content = match kind {
            1 => Content::Sealed(Body::parse(schema, rest)?),
            2 => Content::Genesis(read::<Genesis>(rest)?.checked()?),
            3 => Content::Reveal(Reveal::restore(schema, rest)?),
            4 => Content::Published(read::<Published>(rest)?.checked()?),
            _ => return Err(LeafError::Kind(kind)),
        };
        Ok(Leaf { epoch: u32::from_be_bytes(epoch), content })
    }

    /// Version (one byte), kind (one byte), epoch (four bytes, the highest first), and the content.
    ///
    /// # Errors
    /// [`LeafError`] where the content could not be read again.
    pub fn to_bytes(&self) -> Result<Vec<u8>, LeafError> {
        let (kind, content) = match &self.content {
            Content::Sealed(body) => (1, body.to_bytes()),
            Content::Genesis(genesis) => (2, to_json(&genesis.clone().checked()?)),
            Content::Reveal(reveal) => (3, reveal.to_json()?),
            Content::Published(published) => (4, to_json(&published.clone().checked()?)),
        };
        let mut bytes = vec![VERSION, kind];
        bytes.extend_from_slice(&self.epoch.to_be_bytes());
        bytes.extend_from_slice(&content);
        if bytes.len() > MAX_LEAF { Err(LeafError::Long(bytes.len())) } else { Ok(bytes) }
    }

    /// The bytes of every sealed leaf of this schema.
    pub fn sealed_len(schema: &Schema) -> usize {
        HEADER.saturating_add(Body::len(schema))
    }
}

impl Genesis {
    fn checked(self) -> Result<Genesis, LeafError> {
        number("start", self.start)?;
        at_least_one("epoch_seconds", self.epoch_seconds.into())?;
        at_least_one("leaves_per_epoch", self.leaves_per_epoch.into())?;
        Ok(self)
    }
}

impl Reveal {
    /// Whether the sealed leaf at [`Reveal::index`], given as `body`, is what is said here.
    ///
    /// # Errors
    /// [`OpeningError`].
    pub fn check(&self, bases: &Bases, body: &Body) -> Result<(), OpeningError> {
        self.opening.check(bases, body)
    }

    fn restore(schema: &Schema, json: &[u8]) -> Result<Reveal, LeafError> {
        let stored: StoredReveal = read(json)?;
        number("index", stored.index)?;
        Ok(Reveal { index: stored.index, opening: Opening::restore(schema, &stored.opening)? })
    }

    fn to_json(&self) -> Result<Vec<u8>, LeafError> {
        number("index", self.index)?;
        Ok(to_json(&StoredReveal { index: self.index, opening: self.opening.stored() }))
    }
}

impl Published {
    fn checked(self) -> Result<Published, LeafError> {
        number("to", self.to)?;
        at_least_one("to", self.to.saturating_sub(self.from))?;
        Ok(self)
    }
}

fn read<T: Serialize + DeserializeOwned>(json: &[u8]) -> Result<T, LeafError> {
    Ok(from_json(json)?)
}

fn number(name: &'static str, value: u64) -> Result<(), LeafError> {
    if value > MAX_NUMBER { Err(LeafError::Number(name, value)) } else { Ok(()) }
}

fn at_least_one(name: &'static str, value: u64) -> Result<(), LeafError> {
    if value == 0 { Err(LeafError::Empty(name)) } else { Ok(()) }
}
