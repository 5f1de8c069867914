//! Documents and identifiers, encrypted under a key for each stream, so that erasing the key erases them.
//!
//! Each stream has a random data key. It is kept in the journal's database, sealed under the provider's master key,
//! which is a file that the operator keeps. An object lies in an [`ObjectStore`] as ciphertext alone. After
//! [`Vault::erase`] the key is overwritten, and what was put for the stream cannot be read again by anybody, while
//! the stream's events, which hold only references, stay whole.
//!
//! What erasing cannot reach: copies of the *database* made earlier, such as backups, still hold the sealed key. They
//! have to expire, or the master key be changed with [`KeyRing::rewrap`] and the old one destroyed. PostgreSQL also keeps
//! row versions in its own write-ahead log until that is recycled.
//!
//! An object is held in memory as a whole while it is put or got.

mod cipher;
mod folder;
mod keys;
mod objects;

pub use folder::Folder;
pub use keys::{Entropy, EntropyError, KeyError, KeyFileError, KeyRing, MasterKey};
pub use objects::{ObjectName, ObjectRef, ObjectStore, Stored};

use crate::{StorageError, StreamId};
use cipher::DataKey;
use std::sync::Arc;

/// Where documents and identifiers lie.
#[derive(Clone)]
pub struct Vault {
    objects: Arc<dyn ObjectStore>,
    keys: KeyRing,
}

impl Vault {
    /// A vault whose ciphertext is in `objects` and whose keys are on `keys`.
    pub fn new(objects: Arc<dyn ObjectStore>, keys: KeyRing) -> Self {
        Self { objects, keys }
    }

    /// Puts `bytes` under `name`. When it returns, they are durable.
    ///
    /// An object is never changed: putting the same bytes again answers with the same reference, other bytes under the
    /// same name are refused. `entropy` gives the nonce, and the stream's key if it has none yet.
    pub async fn put(
        &self,
        stream: &StreamId,
        name: &ObjectName,
        bytes: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<ObjectRef, PutError> {
        let key = self.keys.key_or_new(stream, entropy).await?;
        let object = ObjectRef { name: name.clone(), digest: key.digest(bytes) };
        let sealed = key.seal(stream, name, bytes, entropy)?;
        match self.objects.put(stream, name, &sealed).await? {
            Stored::New => Ok(object),
            Stored::AlreadyThere => match self.get(stream, &object).await {
                Ok(_) => Ok(object),
                Err(GetError::Altered { .. }) => Err(PutError::Taken { name: name.clone() }),
                Err(error) => Err(error.into()),
            },
        }
    }

    /// The bytes that were put, proven to be the ones that `object` refers to.
    pub async fn get(&self, stream: &StreamId, object: &ObjectRef) -> Result<Vec<u8>, GetError> {
        let ObjectRef { name, digest } = object;
        let key = self.keys.key(stream).await?;
        let missing = || GetError::Missing { stream: stream.clone(), name: name.clone() };
        let Some(key) = key else { return Err(missing()) };
        let sealed = self.objects.get(stream, name).await?.ok_or_else(missing)?;
        let bytes = key.open(stream, name, &sealed);
        bytes
            .filter(|bytes| key.digest(bytes) == *digest)
            .ok_or_else(|| GetError::Altered { stream: stream.clone(), name: name.clone() })
    }

    /// The names of all objects that were put for `stream`, in order.
    pub async fn names(&self, stream: &StreamId) -> Result<Vec<ObjectName>, StorageError> {
        let mut names = self.objects.list(stream).await?;
        names.sort();
        Ok(names)
    }

    /// Erases the key of `stream`, then removes its objects. Erasing again changes nothing.
    ///
    /// From the moment that the key is gone, [`get`](Self::get) and [`put`](Self::put) answer that the stream is erased.
    pub async fn erase(&self, stream: &StreamId) -> Result<(), EraseError> {
        self.keys.erase(stream).await.map_err(EraseError::KeyKept)?;
        self.keys.forget_erased().await.map_err(EraseError::CopyLeft)?;
        for name in self.objects.list(stream).await.map_err(EraseError::FilesLeft)? {
            self.objects.delete(stream, &name).await.map_err(EraseError::FilesLeft)?;
        }
        Ok(())
    }
}

/// Why nothing was put.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// Something else has this name.
    #[error("`{name}` already holds other bytes: objects are not changed, use another name")]
    Taken {
        /// The name.
        name: ObjectName,
    },
    /// There is no key to put it under.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// What has this name could not be read.
    #[error(transparent)]
    Existing(GetError),
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<EntropyError> for PutError {
    fn from(error: EntropyError) -> Self {
        Self::Key(error.into())
    }
}

impl From<GetError> for PutError {
    fn from(error: GetError) -> Self {
        match error {
            GetError::Key(error) => Self::Key(error),
            GetError::Storage(error) => Self::Storage(error),
            other => Self::Existing(other),
        }
    }
}

/// Why nothing was got.
#[derive(Debug, thiserror::Error)]
pub enum GetError {
    /// Nothing was ever put there, or its file was removed by other hands.
    #[error("stream `{stream}` has no object `{name}`")]
    Missing {
        /// The stream.
        stream: StreamId,
        /// The object.
        name: ObjectName,
    },
    /// The stored bytes are not the ones that were put.
    #[error(
        "object `{name}` of stream `{stream}` is not what was put there: restore it from a backup"
    )]
    Altered {
        /// The stream.
        stream: StreamId,
        /// The object.
        name: ObjectName,
    },
    /// There is no key to open it with.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl GetError {
    /// Whether the stream was erased: an answer that a caller expects, rather than a failure.
    pub fn is_erased(&self) -> bool {
        matches!(self, Self::Key(KeyError::Erased { .. }))
    }
}

/// How far erasing came.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// The key is still there, and so is everything put under it.
    #[error("nothing was erased: {0}")]
    KeyKept(#[source] StorageError),
    /// The key is erased for every reader, but the database's own log may still hold a copy of it.
    #[error("the key is erased, but a copy may be left in the database's log, erase again: {0}")]
    CopyLeft(#[source] StorageError),
    /// The key is erased and the objects cannot be read by anybody, but some of their files are left.
    #[error("the key is erased, but files of unreadable ciphertext are left, erase again: {0}")]
    FilesLeft(#[source] StorageError),
}
