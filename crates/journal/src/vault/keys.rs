//! The ring of data keys, and the master key that they are sealed under.

use super::DataKey;
use super::cipher::{Secret, keyed, open, seal};
use crate::sql::{Kept, WrappedKey};
use crate::{SqlJournal, StorageError, StreamId};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::{Zeroize, Zeroizing};

/// A source of random bytes, given by the caller. In the running program it is the operating system's.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with bytes that nobody can guess and that never repeat.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError>;
}

impl<F> Entropy for F
where
    F: Fn(&mut [u8]) -> Result<(), EntropyError> + Send + Sync,
{
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        self(bytes)
    }
}

/// No random bytes were to be had.
#[derive(Debug, thiserror::Error)]
#[error("no random bytes: {0}")]
pub struct EntropyError(pub String);

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The stream was erased. This is final.
    #[error("stream `{stream}` was erased: its documents and identifiers are gone for good")]
    Erased {
        /// The stream.
        stream: StreamId,
    },
    /// The key is sealed under another master key.
    #[error(
        "the key of stream `{stream}` was sealed under master key `{by}`, this one is `{given}`: use that key file"
    )]
    OtherMaster {
        /// The stream.
        stream: StreamId,
        /// The fingerprint of the master key that sealed it.
        by: String,
        /// The fingerprint of the one at hand.
        given: String,
    },
    /// The sealed key does not open although the master key is the right one.
    #[error("the key of stream `{stream}` is damaged: restore the journal from a backup")]
    Damaged {
        /// The stream.
        stream: StreamId,
    },
    /// No key could be drawn.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The data keys of all streams.
#[derive(Clone)]
pub struct KeyRing {
    journal: SqlJournal,
    master: Arc<MasterKey>,
}

impl KeyRing {
    /// The keys in `journal`'s database, sealed under `master`.
    pub fn new(journal: &SqlJournal, master: MasterKey) -> Self {
        Self { journal: journal.clone(), master: Arc::new(master) }
    }

    /// The key of `stream`, if it has one.
    pub(super) async fn key(&self, stream: &StreamId) -> Result<Option<DataKey>, KeyError> {
        match self.journal.key_of(stream).await? {
            Kept::Nothing => Ok(None),
            kept => self.unwrapped(stream, kept).map(Some),
        }
    }

    /// The key of `stream`; a new one if it never had any.
    pub(super) async fn key_or_new(
        &self,
        stream: &StreamId,
        entropy: &dyn Entropy,
    ) -> Result<DataKey, KeyError> {
        let kept = match self.journal.key_of(stream).await? {
            Kept::Nothing => {
                let mut secret = Secret::default();
                entropy.fill(secret.as_mut_slice())?;
                let new = self.master.wrap(stream, &secret, entropy)?;
                // If somebody else was faster, theirs is kept and comes back.
                self.journal.keep_key(stream, new).await?
            }
            kept => kept,
        };
        self.unwrapped(stream, kept)
    }

    fn unwrapped(&self, stream: &StreamId, kept: Kept) -> Result<DataKey, KeyError> {
        match kept {
            Kept::Key(wrapped) => Ok(DataKey::of(&self.master.unwrap(stream, &wrapped)?)),
            Kept::Erased | Kept::Nothing => Err(KeyError::Erased { stream: stream.clone() }),
        }
    }

    pub(super) async fn erase(&self, stream: &StreamId) -> Result<(), StorageError> {
        self.journal.erase_key(stream).await
    }

    pub(super) async fn forget_erased(&self) -> Result<(), StorageError> {
        self.journal.forget_erased_keys().await
    }

    /// Checks that the master key is the one that all keys are sealed under: for the start of a program.
    pub async fn check(&self) -> Result<(), KeyError> {
        let given = self.master.fingerprint();
        match self.journal.key_not_wrapped_by(&given).await? {
            Some((stream, by)) => Err(KeyError::OtherMaster { stream, by, given }),
            None => Ok(()),
        }
    }

    /// Seals every key under `new` instead, and answers with the ring that uses it.
    ///
    /// It may be interrupted and called again. Keys that others make meanwhile under the old master key are left behind,
    /// so let no other program run that still uses it. Afterwards destroy the old key file: what is sealed under it in old
    /// backups is then gone.
    pub async fn rewrap(&self, new: MasterKey, entropy: &dyn Entropy) -> Result<Self, KeyError> {
        loop {
            let old = self.journal.keys_wrapped_by(&self.master.fingerprint(), 500).await?;
            if old.is_empty() {
                return Ok(Self { journal: self.journal.clone(), master: Arc::new(new) });
            }
            let mut keys = Vec::with_capacity(old.len());
            for (stream, wrapped) in old {
                let secret = self.master.unwrap(&stream, &wrapped)?;
                let wrapped = new.wrap(&stream, &secret, entropy)?;
                keys.push((stream, wrapped));
            }
            self.journal.replace_keys(keys).await?;
        }
    }
}

/// The provider's key, under which all data keys are sealed.
///
/// Its file holds one line of 64 hexadecimal characters and belongs to one user alone. Keep a copy where no copy of the
/// journal is kept: without it nothing in the vault can be read, and with both everything can.
pub struct MasterKey(Secret);

impl MasterKey {
    /// A new key.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let mut secret = Secret::default();
        entropy.fill(secret.as_mut_slice())?;
        Ok(Self(secret))
    }

    /// The key in this file, which others may not be able to read.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        let failed = |source| KeyFileError::Unreadable { path: path.to_owned(), source };
        let open_to_others = is_open_to_others(&std::fs::metadata(path).map_err(failed)?);
        if open_to_others {
            return Err(KeyFileError::OpenToOthers { path: path.to_owned() });
        }
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(failed)?);
        Self::parse(&text).ok_or_else(|| KeyFileError::NotAKey { path: path.to_owned() })
    }

    fn parse(text: &str) -> Option<Self> {
        let mut secret = Secret::default();
        hex::decode_to_slice(text.trim(), secret.as_mut_slice()).ok()?;
        Some(Self(secret))
    }

    /// Writes the key into a new file that only its owner can read. It never overwrites one.
    pub fn write_new(&self, path: &Path) -> Result<(), KeyFileError> {
        let failed = |source| KeyFileError::Unwritable { path: path.to_owned(), source };
        let mut text = hex::encode(self.0.as_slice());
        let written = super::folder::write_new(path, format!("{text}\n").as_bytes());
        text.zeroize();
        written.map_err(failed)
    }

    /// Sixteen characters that tell this key from others and say nothing about it.
    pub fn fingerprint(&self) -> String {
        let digest = keyed(&self.0, b"writ master key fingerprint 1");
        hex::encode(digest).chars().take(16).collect()
    }

    fn wrap(
        &self,
        stream: &StreamId,
        secret: &Secret,
        entropy: &dyn Entropy,
    ) -> Result<WrappedKey, EntropyError> {
        let sealed = seal(&self.0, &bound_to(stream), secret.as_slice(), entropy)?;
        Ok(WrappedKey { sealed, by: self.fingerprint() })
    }

    fn unwrap(&self, stream: &StreamId, wrapped: &WrappedKey) -> Result<Secret, KeyError> {
        let given = self.fingerprint();
        if wrapped.by != given {
            let by = wrapped.by.clone();
            return Err(KeyError::OtherMaster { stream: stream.clone(), by, given });
        }
        let bytes = open(&self.0, &bound_to(stream), &wrapped.sealed).map(Zeroizing::new);
        let secret = bytes.and_then(|bytes| bytes.as_slice().try_into().ok());
        secret.map(Secret::new).ok_or_else(|| KeyError::Damaged { stream: stream.clone() })
    }
}

/// A data key is bound to its stream: put into another row, it does not open.
fn bound_to(stream: &StreamId) -> Vec<u8> {
    format!("writ data key 1\n{stream}").into_bytes()
}

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read.
    #[error("the key file `{}` cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It cannot be written.
    #[error("the key file `{}` cannot be written: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Other users can read it.
    #[error("the key file `{path}` is open to other users: run `chmod 600 {path}`", path = path.display())]
    OpenToOthers {
        /// The file.
        path: PathBuf,
    },
    /// It holds something else.
    #[error("the key file `{}` holds no key: it should be one line of 64 hexadecimal characters", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
}

#[cfg(unix)]
fn is_open_to_others(file: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_: &std::fs::Metadata) -> bool {
    false
}
