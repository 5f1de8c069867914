//! The promise of an object store, and the names of objects.

use crate::names::checked;
use crate::{NameError, StorageError, StreamId};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::fmt;
use writ_vocabulary::Digest;

/// A store of ciphertext. It never sees a key.
#[async_trait]
pub trait ObjectStore: Send + Sync {
    /// Stores `bytes` as this object if it is not there yet. When it returns, they are durable, and whole or not at all.
    async fn put(
        &self,
        stream: &StreamId,
        name: &ObjectName,
        bytes: &[u8],
    ) -> Result<Stored, StorageError>;

    /// The bytes of this object, or nothing if it is not there.
    async fn get(
        &self,
        stream: &StreamId,
        name: &ObjectName,
    ) -> Result<Option<Vec<u8>>, StorageError>;

    /// Removes this object. That it is not there is no error.
    async fn delete(&self, stream: &StreamId, name: &ObjectName) -> Result<(), StorageError>;

    /// The names of a stream's objects, in any order.
    async fn list(&self, stream: &StreamId) -> Result<Vec<ObjectName>, StorageError>;
}

/// What putting an object did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// It is stored now.
    New,
    /// An object of this name was there. It was left as it is.
    AlreadyThere,
}

/// The name of an object within its stream, like a path: `documents/order.pdf`.
///
/// Up to 200 characters in the grammar of [`StreamId`], so that it cannot lead out of its folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectName(String);

impl ObjectName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ObjectName {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        checked(text, "an object", 200).map(Self)
    }
}

impl std::str::FromStr for ObjectName {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::try_from(text.to_owned())
    }
}

impl From<ObjectName> for String {
    fn from(name: ObjectName) -> String {
        name.0
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What an event holds of an object: where it is, and a digest that betrays nothing without the stream's key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ObjectRef {
    /// The object's name in its stream.
    pub name: ObjectName,
    /// HMAC-SHA-256 of the content under a key derived from the stream's.
    pub digest: Digest,
}
