//! The keys with which programs of members ask. A key is shown once; what is kept is its digest.

use crate::log::{LogError, command_id};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{PoisonError, RwLock};
use writ_hashbank::MemberId;
use writ_journal::{AppendError, ExpectedSequence, Journal, NewEvent, PAGE, SqlJournal, StreamId};
use writ_vocabulary::{Instant, text_id};

/// The stream of all keys, the kinds of its records and the version of their form.
const STREAM: &str = "hash-keys";
const ISSUED: &str = "key-issued";
const REVOKED: &str = "key-revoked";
const VERSION: u16 = 1;
/// What a key begins with, so that scanners for leaked secrets know it.
const PREFIX: &str = "writ_";

text_id!(
    /// A key's name, by which it is listed and revoked: `k-1f0c9a`. It opens nothing.
    KeyId,
    "a key's name",
    "`k-` and 6 to 16 of the characters 0 to 9 and a to f, as `writ key list` shows it",
    |text| text.strip_prefix("k-").is_some_and(|rest| {
        (6..=16).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
);

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Hash and match only: for those who may not hold the list.
    Matcher,
    /// Also read entries and follow the feed.
    Reader,
    /// Also contribute, give opinions and report sightings.
    Member,
    /// Also open and change banks, partners, incidents and labels.
    Curator,
}

/// Something that a role may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grant {
    /// Hash files and look up signals.
    Match,
    /// Read entries and the feed.
    Read,
    /// Contribute, opine, sight.
    Speak,
    /// Change banks, partners, incidents.
    Curate,
}

/// A key as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Its name.
    pub id: KeyId,
    /// Whose it is.
    pub member: MemberId,
    /// What it is for.
    pub role: Role,
    /// SHA-256 of the key, in hexadecimal.
    digest: String,
    /// How many look-ups a minute; missing: as the service says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_minute: Option<u32>,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Instant>,
}

/// A key just drawn, with the only copy of its text.
#[derive(Clone, PartialEq, Eq)]
pub struct IssuedKey {
    /// The key as it is listed.
    pub key: Key,
    /// Its text, to be handed to the member.
    pub text: String,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// By which key.
    pub key: KeyId,
    /// For which member.
    pub member: MemberId,
    /// As what.
    pub role: Role,
    /// How many look-ups a minute; missing: as the service says.
    pub per_minute: Option<u32>,
}

/// Why a key was not issued, revoked or read.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No such key.
    #[error("there is no key `{0}` in use: `writ key list` shows those there are")]
    Unknown(KeyId),
    /// The journal did not do its part.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// The keys in use.
#[derive(Debug)]
pub struct Keys {
    journal: SqlJournal,
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    by_digest: BTreeMap<String, Key>,
    last: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Revoked {
    key: KeyId,
}

impl Keys {
    /// The keys in a journal.
    ///
    /// # Errors
    /// What the journal says.
    pub async fn open(journal: SqlJournal) -> Result<Self, KeyError> {
        let keys = Self { journal, known: RwLock::default() };
        keys.refresh().await?;
        Ok(keys)
    }

    /// Reads what other programs issued and revoked meanwhile.
    ///
    /// # Errors
    /// What the journal says.
    pub async fn refresh(&self) -> Result<(), KeyError> {
        let stream = stream()?;
        loop {
            let last = self.known.read().unwrap_or_else(PoisonError::into_inner).last;
            let page = self.journal.read(&stream, last, PAGE).await.map_err(LogError::from)?;
            if page.is_empty() {
                return Ok(());
            }
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            for record in page {
                // Another refresh may have been quicker.
                if record.sequence > known.last {
                    known.last = record.sequence;
                    known.apply(&record.kind, record.data, record.sequence)?;
                }
            }
        }
    }

    /// Who asks with this text; nobody where it is no key in use.
    pub fn caller(&self, text: &str, now: Instant) -> Option<Caller> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let key = known.by_digest.get(&digest(text))?;
        key.expires.is_none_or(|end| now < end).then(|| Caller {
            key: key.id.clone(),
            member: key.member.clone(),
            role: key.role,
            per_minute: key.per_minute,
        })
    }

    /// The keys in use, by name.
    pub fn list(&self) -> Vec<Key> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut keys: Vec<_> = known.by_digest.values().cloned().collect();
        keys.sort_by(|a, b| a.id.cmp(&b.id));
        keys
    }

    /// Draws a key and keeps its digest.
    ///
    /// # Errors
    /// What the journal says.
    pub async fn issue(
        &self,
        member: MemberId,
        role: Role,
        per_minute: Option<u32>,
        expires: Option<Instant>,
    ) -> Result<IssuedKey, KeyError> {
        let text = format!("{PREFIX}{}", hex::encode(random::<32>()?));
        let id = format!("k-{}", hex::encode(random::<4>()?));
        let id = id.parse().map_err(|_| LogError::Entropy("no name for a key".to_owned()))?;
        let key = Key { id, member, role, digest: digest(&text), per_minute, expires };
        self.append(ISSUED, &key).await?;
        Ok(IssuedKey { key, text })
    }

    /// Ends a key at once.
    ///
    /// # Errors
    /// Where there is none of that name.
    pub async fn revoke(&self, id: &KeyId) -> Result<(), KeyError> {
        self.refresh().await?;
        if !self.list().iter().any(|key| key.id == *id) {
            return Err(KeyError::Unknown(id.clone()));
        }
        self.append(REVOKED, &Revoked { key: id.clone() }).await
    }

    async fn append<T: Serialize + Sync>(&self, kind: &str, of: &T) -> Result<(), KeyError> {
        let (stream, command) = (stream()?, command_id()?);
        loop {
            self.refresh().await?;
            let last = self.known.read().unwrap_or_else(PoisonError::into_inner).last;
            let expected = match last {
                0 => ExpectedSequence::NotYet,
                last => ExpectedSequence::After(last),
            };
            let data = serde_json::to_value(of).map_err(|error| unreadable(last + 1, &error))?;
            let event =
                NewEvent { kind: kind.to_owned(), version: VERSION, data, at: Instant::now() };
            match self.journal.append(&stream, expected, &command, &[event], None).await {
                Err(AppendError::Conflict { .. }) => {}
                Err(error) => return Err(LogError::from(error).into()),
                Ok(_) => return self.refresh().await,
            }
        }
    }
}

impl Known {
    fn apply(
        &mut self,
        kind: &str,
        data: serde_json::Value,
        sequence: u64,
    ) -> Result<(), LogError> {
        let fault = |error: serde_json::Error| unreadable(sequence, &error);
        match kind {
            ISSUED => {
                let key: Key = serde_json::from_value(data).map_err(fault)?;
                self.by_digest.insert(key.digest.clone(), key);
            }
            REVOKED => {
                let revoked: Revoked = serde_json::from_value(data).map_err(fault)?;
                self.by_digest.retain(|_, key| key.id != revoked.key);
            }
            other => {
                return Err(LogError::Record { sequence, why: format!("it is `{other}`") });
            }
        }
        Ok(())
    }
}

impl Role {
    /// Whether the role may do this.
    pub fn may(self, grant: Grant) -> bool {
        grant
            <= match self {
                Self::Matcher => Grant::Match,
                Self::Reader => Grant::Read,
                Self::Member => Grant::Speak,
                Self::Curator => Grant::Curate,
            }
    }
}

/// Its text shows nowhere by accident.
impl fmt::Debug for IssuedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IssuedKey({})", self.key.id)
    }
}

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

fn stream() -> Result<StreamId, LogError> {
    Ok(STREAM.parse()?)
}

fn unreadable(sequence: u64, error: &serde_json::Error) -> LogError {
    LogError::Record { sequence, why: error.to_string() }
}

fn random<const N: usize>() -> Result<[u8; N], LogError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| LogError::Entropy(error.to_string()))?;
    Ok(bytes)
}
