//! The body of a sealed leaf, and what opens it.

use std::fmt;

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha512};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::bases::{Bases, commit};
use crate::canonical::{Digest, JsonError, from_json, hex_array, to_json};
use crate::schema::{OtherSchema, Schema};

/// The version of the body that this code writes and reads.
const VERSION: u8 = 1;
/// The longest event of a leaf in bytes, so that its reveal fits a log entry.
const MAX_EVENT: usize = 24 * 1024;

/// What of a sealed leaf is public: the salted hash of its event, and one commitment for each table. Every body of a
/// schema has the same number of bytes: 33 and 32 for each table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    schema: Digest,
    event: Digest,
    commitments: Vec<Commitment>,
}

/// `G_row + blinding B`, in both of its forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Commitment {
    pub compressed: CompressedRistretto,
    pub point: RistrettoPoint,
}

/// Why bytes are no body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Another number of bytes than the schema asks for.
    #[error("the body has {found} bytes; under this schema it has {wanted}")]
    Size {
        /// The bytes given.
        found: usize,
        /// The bytes of every body of the schema.
        wanted: usize,
    },
    /// A version that this code does not know.
    #[error("the body has version {0}; this program reads version {VERSION}")]
    Version(u8),
    /// Bytes that are no point of the group in its one spelling (RFC 9496 section 4.3.1).
    #[error("the commitment of table `{0}` is no canonical point of ristretto255")]
    Point(String),
    /// The neutral point, which commits to nothing.
    #[error("the commitment of table `{0}` is the neutral point")]
    Neutral(String),
}

impl Body {
    /// The body that `opening` opens.
    ///
    /// # Errors
    /// [`OtherSchema`].
    pub fn seal(bases: &Bases, opening: &Opening) -> Result<Body, OtherSchema> {
        bases.schema().same(opening.schema)?;
        let commitments = (bases.rows().iter())
            .zip(opening.rows.iter().zip(&opening.blindings))
            .map(|(rows, (row, blinding))| {
                let point = commit(rows, *row, blinding);
                Commitment { compressed: point.compress(), point }
            })
            .collect();
        Ok(Body { schema: opening.schema, event: opening.event_digest(), commitments })
    }

    /// Reads a body.
    ///
    /// # Errors
    /// [`BodyError`], which names the table at fault.
    pub fn parse(schema: &Schema, bytes: &[u8]) -> Result<Body, BodyError> {
        let size = || BodyError::Size { found: bytes.len(), wanted: Body::len(schema) };
        let (version, rest) = bytes.split_first().ok_or_else(size)?;
        if *version != VERSION {
            return Err(BodyError::Version(*version));
        }
        if bytes.len() != Body::len(schema) {
            return Err(size());
        }
        let (parts, _) = rest.as_chunks::<32>();
        let (event, points) = parts.split_first().ok_or_else(size)?;
        let commitments = points
            .iter()
            .zip(schema.tables())
            .map(|(point, table)| Commitment::parse(point, table.name()))
            .collect::<Result<_, _>>()?;
        Ok(Body { schema: schema.digest(), event: (*event).into(), commitments })
    }

    /// The bytes of every body of this schema.
    pub fn len(schema: &Schema) -> usize {
        schema.tables().len().saturating_add(1).saturating_mul(32).saturating_add(1)
    }

    /// Version (one byte), hash of the event (32), commitments of the tables in the schema's order (32 each).
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(self.event.as_bytes());
        for commitment in &self.commitments {
            bytes.extend_from_slice(commitment.compressed.as_bytes());
        }
        bytes
    }

    /// What names this body wherever it is logged: SHA-256 of `writ-tally/body/1`, a zero byte, the schema's digest
    /// and the body's bytes. It does not depend on the epoch, so it can be promised before the leaf is logged.
    pub fn digest(&self) -> Digest {
        Digest::of(&[b"writ-tally/body/1\0", self.schema.as_bytes(), &self.to_bytes()])
    }

    /// The salted hash of the event: SHA-256 of `writ-tally/event/1`, a zero byte, the 32 bytes of the nonce, and the
    /// event.
    pub fn event(&self) -> Digest {
        self.event
    }

    pub(crate) fn schema(&self) -> Digest {
        self.schema
    }

    pub(crate) fn commitments(&self) -> &[Commitment] {
        &self.commitments
    }
}

impl Commitment {
    fn parse(bytes: &[u8; 32], table: &str) -> Result<Commitment, BodyError> {
        let compressed = CompressedRistretto(*bytes);
        let point = compressed.decompress().ok_or_else(|| BodyError::Point(table.to_owned()))?;
        if point.is_identity() {
            return Err(BodyError::Neutral(table.to_owned()));
        }
        Ok(Commitment { compressed, point })
    }
}

/// What a leaf is about, and what opens its [`Body`]: the event, the nonce of its hash, and for each table the row and
/// the blinding. Kept secret, except from whom it concerns; wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Opening {
    #[zeroize(skip)]
    schema: Digest,
    event: String,
    nonce: [u8; 32],
    rows: Vec<u8>,
    blindings: Vec<Scalar>,
}

/// The JSON of an opening: members in alphabetical order.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredOpening {
    blindings: Vec<StoredScalar>,
    event: String,
    #[serde(with = "hex_array")]
    nonce: [u8; 32],
    rows: Vec<u8>,
}

#[derive(Serialize, Deserialize, Zeroize)]
struct StoredScalar(#[serde(with = "hex_array")] [u8; 32]);

/// Why an opening cannot be made or read, or does not open a body.
#[derive(Debug, thiserror::Error)]
pub enum OpeningError {
    /// An event too long to be revealed in one log entry.
    #[error(
        "the event has {0} bytes; a leaf carries at most {MAX_EVENT}: name what is longer by its digest"
    )]
    Event(usize),
    /// Not one row, or one blinding, for each table.
    #[error("the opening has {found} {what} where the schema has {wanted} tables")]
    Tables {
        /// Rows or blindings.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many tables there are.
        wanted: usize,
    },
    /// A row that the table lacks.
    #[error("the opening names row {row} of table `{table}`, which has rows 0 to {last}")]
    Row {
        /// The table.
        table: String,
        /// The row named.
        row: u8,
        /// The table's last row.
        last: usize,
    },
    /// A blinding at or above the group's order.
    #[error("the blinding of table `{0}` is no canonical scalar of ristretto255")]
    Blinding(String),
    /// Not the JSON of an opening.
    #[error("the opening cannot be read: {0}")]
    Json(#[from] JsonError),
    /// Body and opening belong to different schemas.
    #[error(transparent)]
    OtherSchema(#[from] OtherSchema),
    /// The body's hash is that of another event or nonce.
    #[error("the opening is of another event: its hash is {opened}, the leaf has {logged}")]
    OtherEvent {
        /// The hash of the opening's event.
        opened: Digest,
        /// The hash in the body.
        logged: Digest,
    },
    /// The leaf does not count in the row that the opening names.
    #[error(
        "the leaf does not count in row {row} of table `{table}`: its commitment was made for another row or blinding"
    )]
    OtherRow {
        /// The table.
        table: String,
        /// The row that the opening names.
        row: u8,
    },
}

impl Opening {
    /// An opening for `event` (its canonical text), which counts in `rows`, one for each table in the schema's order.
    ///
    /// `secret` is 32 random bytes kept for this leaf. Nonce and blindings follow from it, the event and the rows, so
    /// storing those is enough to have the opening again, and one secret used twice by mistake still makes unrelated
    /// leaves.
    ///
    /// # Errors
    /// [`OpeningError`]: an event too long, or rows that the schema lacks.
    pub fn new(
        schema: &Schema,
        event: &str,
        rows: &[u8],
        secret: &[u8; 32],
    ) -> Result<Opening, OpeningError> {
        check(schema, event, rows)?;
        Ok(Opening::derived(schema, event, rows.to_vec(), secret))
    }

    /// The opening of a leaf that stands for nothing: no event, row 0 everywhere.
    pub fn decoy(schema: &Schema, secret: &[u8; 32]) -> Opening {
        Opening::derived(schema, "", vec![0; schema.tables().len()], secret)
    }

    fn derived(schema: &Schema, event: &str, rows: Vec<u8>, secret: &[u8; 32]) -> Opening {
        let event_digest = Digest::of(&[event.as_bytes()]);
        let mut root = Sha512::new();
        root.update(b"writ-tally/opening/1\0");
        root.update(schema.digest().as_bytes());
        root.update(secret);
        root.update(&rows);
        root.update(event_digest.as_bytes());
        let root = Zeroizing::new(<[u8; 64]>::from(root.finalize()));
        let blinding = |t: u8| {
            let mut hash = Sha512::new();
            hash.update(b"writ-tally/blinding/1\0");
            hash.update(*root);
            hash.update([t]);
            let wide = Zeroizing::new(<[u8; 64]>::from(hash.finalize()));
            Scalar::from_bytes_mod_order_wide(&wide)
        };
        Opening {
            schema: schema.digest(),
            event: event.to_owned(),
            nonce: *Digest::of(&[b"writ-tally/nonce/1\0", &*root]).as_bytes(),
            blindings: (0u8..).zip(&rows).map(|(t, _)| blinding(t)).collect(),
            rows,
        }
    }

    /// Reads an opening from its canonical JSON.
    ///
    /// # Errors
    /// [`OpeningError`].
    pub fn parse(schema: &Schema, json: &[u8]) -> Result<Opening, OpeningError> {
        Opening::restore(schema, &from_json(json)?)
    }

    /// The opening as canonical JSON: `{"blindings":[...],"event":"...","nonce":"...","rows":[...]}`.
    pub fn to_json(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(to_json(&self.stored()))
    }

    pub(crate) fn restore(
        schema: &Schema,
        stored: &StoredOpening,
    ) -> Result<Opening, OpeningError> {
        check(schema, &stored.event, &stored.rows)?;
        let wanted = schema.tables().len();
        if stored.blindings.len() != wanted {
            let found = stored.blindings.len();
            return Err(OpeningError::Tables { what: "blindings", found, wanted });
        }
        let blindings = (stored.blindings.iter())
            .zip(schema.tables())
            .map(|(bytes, table)| {
                Option::from(Scalar::from_canonical_bytes(bytes.0))
                    .ok_or_else(|| OpeningError::Blinding(table.name().to_owned()))
            })
            .collect::<Result<_, _>>()?;
        Ok(Opening {
            schema: schema.digest(),
            event: stored.event.clone(),
            nonce: stored.nonce,
            rows: stored.rows.clone(),
            blindings,
        })
    }

    pub(crate) fn stored(&self) -> StoredOpening {
        StoredOpening {
            blindings: self.blindings.iter().map(|b| StoredScalar(b.to_bytes())).collect(),
            event: self.event.clone(),
            nonce: self.nonce,
            rows: self.rows.clone(),
        }
    }

    /// Whether this opens `body`: same event, same rows.
    ///
    /// # Errors
    /// [`OpeningError::OtherEvent`] or [`OpeningError::OtherRow`].
    pub fn check(&self, bases: &Bases, body: &Body) -> Result<(), OpeningError> {
        bases.schema().same(body.schema)?;
        let opened = Body::seal(bases, self)?;
        if opened.event != body.event {
            return Err(OpeningError::OtherEvent { opened: opened.event, logged: body.event });
        }
        let pairs = opened.commitments.iter().zip(&body.commitments);
        for (((opened, logged), table), row) in pairs.zip(bases.schema().tables()).zip(&self.rows) {
            if opened.compressed != logged.compressed {
                return Err(OpeningError::OtherRow { table: table.name().to_owned(), row: *row });
            }
        }
        Ok(())
    }

    /// The event's text.
    pub fn event(&self) -> &str {
        &self.event
    }

    /// The row of each table, in the schema's order.
    pub fn rows(&self) -> &[u8] {
        &self.rows
    }

    pub(crate) fn blindings(&self) -> &[Scalar] {
        &self.blindings
    }

    pub(crate) fn schema(&self) -> Digest {
        self.schema
    }

    fn event_digest(&self) -> Digest {
        Digest::of(&[b"writ-tally/event/1\0", &self.nonce, self.event.as_bytes()])
    }
}

/// Tells nothing of what is inside: an opening printed by mistake opens nothing.
impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").finish_non_exhaustive()
    }
}

fn check(schema: &Schema, event: &str, rows: &[u8]) -> Result<(), OpeningError> {
    if event.len() > MAX_EVENT {
        return Err(OpeningError::Event(event.len()));
    }
    let wanted = schema.tables().len();
    if rows.len() != wanted {
        return Err(OpeningError::Tables { what: "rows", found: rows.len(), wanted });
    }
    for (row, table) in rows.iter().zip(schema.tables()) {
        if usize::from(*row) >= table.rows().len() {
            let last = table.rows().len().saturating_sub(1);
            return Err(OpeningError::Row { table: table.name().to_owned(), row: *row, last });
        }
    }
    Ok(())
}
