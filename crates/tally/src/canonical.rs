//! Text forms that have one spelling only: digests in hexadecimal, and JSON by RFC 8785.

use std::fmt;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest (FIPS 180-4). Its text is 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Digest(#[serde(with = "hex_array")] [u8; 32]);

impl Digest {
    /// The digest as its 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The digest of `parts`, one after the other. Whoever calls sees to it that their borders are plain.
    pub(crate) fn of(parts: &[&[u8]]) -> Digest {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part);
        }
        Digest(hash.finalize().into())
    }
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Digest {
        Digest(bytes)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// Why a text is not the canonical JSON that was asked for.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// No JSON, or JSON of another shape.
    #[error("{0}")]
    Shape(#[from] serde_json::Error),
    /// The right value in another spelling: two spellings would have two digests.
    #[error(
        "the JSON is not in canonical form: members sorted, no space, shortest escapes (RFC 8785)"
    )]
    Spelling,
}

/// The canonical JSON of a value whose members are declared in the order of the alphabet, and whose numbers are whole
/// and below 2^53: with that, what serde_json writes is RFC 8785.
pub(crate) fn to_json<T: Serialize>(value: &T) -> Vec<u8> {
    // Structs of numbers, strings and lists have a JSON form always; nothing else is given here.
    serde_json::to_vec(value).unwrap_or_default()
}

/// Reads what [`to_json`] writes, and nothing else.
pub(crate) fn from_json<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonError> {
    let value = serde_json::from_slice(bytes)?;
    if to_json(&value) == bytes { Ok(value) } else { Err(JsonError::Spelling) }
}

/// Bytes of a fixed number as hexadecimal text.
pub(crate) mod hex_array {
    use super::*;

    pub fn serialize<S: Serializer, const N: usize>(b: &[u8; N], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&hex::encode(b))
    }

    pub fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        d: D,
    ) -> Result<[u8; N], D::Error> {
        let bytes = hex_bytes::deserialize(d)?;
        bytes
            .try_into()
            .map_err(|b: Vec<u8>| D::Error::custom(format!("{} bytes where {N} belong", b.len())))
    }
}

/// Bytes of any number as hexadecimal text.
pub(crate) mod hex_bytes {
    use super::*;

    pub fn serialize<S: Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&hex::encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(d)?;
        hex::decode(&text).map_err(|e| D::Error::custom(format!("not hexadecimal: {e}")))
    }
}
