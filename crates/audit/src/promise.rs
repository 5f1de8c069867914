//! The promise of intake: that a leaf will be in the record by a time. Broken, it is evidence that anybody can check.
//!
//! Its text is four lines: `writ-record-promise/1`, the record's origin, the digest of the leaf's body in 64 hexadecimal
//! digits, and the deadline in seconds since 1970. It is signed, as a note, by the key that signs the record's
//! checkpoints, and can never be read as one of those: the third line of a checkpoint is a root, 44 characters of
//! Base64, which 64 hexadecimal digits are not; and whoever reads a checkpoint asks for its log's name in the first
//! line, which is no name that a log has. A cosignature begins with `cosignature/v1`.

use crate::audit::{AuditError, walk};
use crate::fault::{Fault, Faults};
use crate::files::Files;
use crate::log::{Log, fault_or_error};
use std::fmt;
use writ_tally::{Bases, Content, Digest, Leaf};
use writ_tlog::{KeyKind, Note, NoteError, Policy, Signer, VerifierKey, VerifyError};

/// What the first line says. No log may be named so.
const FIRST_LINE: &str = "writ-record-promise/1";

/// That the leaf with this body is in the record by this time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// The record's origin.
    pub origin: String,
    /// What names the leaf's body: [`writ_tally::Body::digest`].
    pub body: Digest,
    /// By when it is in the record and confirmed, in seconds since 1970.
    pub deadline: u64,
}

/// A promise and the note that it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedPromise {
    promise: Promise,
    note: Note,
}

/// Why something is no promise.
#[derive(Debug, thiserror::Error)]
pub enum PromiseError {
    /// It is no note.
    #[error("the promise cannot be read: {0}")]
    Note(#[from] NoteError),
    /// Its text is another.
    #[error("line {line} of the promise, `{found}`, is not {wanted}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// The line, cut.
        found: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// The key is another record's.
    #[error(
        "the key is of `{key}`, the promise is about the record `{origin}`: sign with the record's own key"
    )]
    OtherKey {
        /// Whose key it is.
        key: String,
        /// The record.
        origin: String,
    },
}

/// Why a promise is not believed.
#[derive(Debug, thiserror::Error)]
pub enum PromiseRefusal {
    /// None of the keys is this record's.
    #[error(
        "none of the keys is that of the record `{0}`, which the promise is about: give its key"
    )]
    NoKey(String),
    /// The signature.
    #[error("the promise is not signed by the record's key: {0}")]
    Verify(#[from] VerifyError),
}

/// What became of a promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// Its leaf is in the record.
    Logged {
        /// The index of the leaf.
        index: u64,
        /// The epoch.
        epoch: u32,
        /// By when it was there at the latest, by the oldest cosignature of this checkpoint.
        time: Option<u64>,
    },
    /// Its leaf is not in the record, and at this time, which is after the deadline, should have been: the promise and
    /// the checkpoint together prove it.
    Broken {
        /// The time of the youngest cosignature, or the one given.
        time: u64,
    },
    /// Its leaf is not there yet, and need not be.
    Open,
}

/// Why nothing can be said about a promise.
#[derive(Debug, thiserror::Error)]
pub enum KeptError<E> {
    /// It is no promise of this record's.
    #[error(transparent)]
    Refused(#[from] PromiseRefusal),
    /// The record is of another provider.
    #[error("the promise is about the record `{promised}`, this is `{found}`: give the right one")]
    OtherRecord {
        /// The promise's.
        promised: String,
        /// The one given.
        found: String,
    },
    /// The record is at fault, so that what is not found in it may have been there.
    #[error("the record itself is at fault: {0}")]
    Fault(Box<Fault>),
    /// It cannot be read.
    #[error(transparent)]
    Audit(#[from] AuditError<E>),
}

impl Promise {
    /// Signs it with the record's key. What is promised should be durable before.
    ///
    /// # Errors
    /// When the key is another record's, or the origin is no line of text.
    pub fn sign(self, signer: &Signer) -> Result<SignedPromise, PromiseError> {
        let name = signer.key().name().as_str();
        if name != self.origin || name == FIRST_LINE {
            return Err(PromiseError::OtherKey { key: name.to_owned(), origin: self.origin });
        }
        let note = Note::sign(&self.to_string(), signer)?;
        Ok(SignedPromise { promise: self, note })
    }

    fn read(text: &str) -> Result<Self, PromiseError> {
        let lines: Vec<&str> = text.split('\n').collect();
        let line = |at: usize| lines.get(at).copied().unwrap_or_default();
        let wrong = |at: usize, wanted| {
            let found = line(at).chars().take(80).collect();
            PromiseError::Line { line: at + 1, found, wanted }
        };
        if line(0) != FIRST_LINE {
            return Err(wrong(0, "`writ-record-promise/1`"));
        }
        let origin = Some(line(1)).filter(|origin| !origin.is_empty());
        let origin = origin.ok_or_else(|| wrong(1, "the name of a record"))?.to_owned();
        let mut body = [0; 32];
        let read = hex::decode_to_slice(line(2), &mut body);
        let body: Digest = body.into();
        if read.is_err() || body.to_string() != line(2) {
            return Err(wrong(2, "a digest of 64 lower-case hexadecimal digits"));
        }
        let deadline = line(3).parse().ok().filter(|time: &u64| time.to_string() == line(3));
        let deadline = deadline.ok_or_else(|| wrong(3, "a time in seconds since 1970"))?;
        match lines.as_slice() {
            [_, _, _, _, ""] => Ok(Self { origin, body, deadline }),
            _ => Err(wrong(4, "the end of the promise: it has four lines")),
        }
    }
}

impl SignedPromise {
    /// Reads a promise and believes nothing of it.
    ///
    /// # Errors
    /// [`PromiseError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, PromiseError> {
        let note = Note::parse(bytes)?;
        Ok(Self { promise: Promise::read(note.text())?, note })
    }

    /// What is promised.
    pub fn promise(&self) -> &Promise {
        &self.promise
    }

    /// Checks that the record's own key has signed it. Keys of other names and kinds are passed over.
    ///
    /// # Errors
    /// [`PromiseRefusal`].
    pub fn verify(&self, keys: &[VerifierKey]) -> Result<(), PromiseRefusal> {
        let origin = &self.promise.origin;
        let its = |key: &&VerifierKey| key.name().as_str() == origin && key.kind() == KeyKind::Note;
        let keys: Vec<VerifierKey> = keys.iter().filter(its).cloned().collect();
        if keys.is_empty() {
            return Err(PromiseRefusal::NoKey(origin.clone()));
        }
        self.note.verify(&keys)?;
        Ok(())
    }

    /// Whether the record keeps it: looks for its leaf among all sealed ones, every entry hashed again. `now` is in seconds
    /// since 1970; without it the youngest cosignature says how late it is.
    ///
    /// # Errors
    /// [`KeptError`], also where the record is at fault: [`crate::audit`] tells more then.
    pub fn kept<F: Files>(
        &self,
        files: &F,
        policy: &Policy,
        bases: &Bases,
        now: Option<u64>,
        threads: usize,
    ) -> Result<Kept, KeptError<F::Error>> {
        let keys: Vec<VerifierKey> = policy.logs().iter().map(|log| log.key.clone()).collect();
        self.verify(&keys)?;
        let fault = |fault| KeptError::Fault(Box::new(fault));
        let mut log = fault_or_error(Log::open(files, policy))?.map_err(fault)?;
        let found = log.standing().checkpoint().checkpoint().origin();
        if found != self.promise.origin {
            let (promised, found) = (self.promise.origin.clone(), found.to_owned());
            return Err(KeptError::OtherRecord { promised, found });
        }
        if let Some(found) = log.without_quorum(policy) {
            return Err(fault(found));
        }
        let (oldest, youngest) = (log.standing().oldest(), log.standing().youngest());
        let mut place = None;
        let mut faults = Faults::default();
        let look = |first: u64, entries: &[&[u8]]| self.look(bases, first, entries);
        walk(&mut log, threads, &mut faults, &mut |_| (), look, |_, found, _| {
            place = place.or(found.into_iter().flatten().next());
            Ok(())
        })?;
        let late = now.or(youngest).filter(|time| *time > self.promise.deadline);
        match (place, faults.into_vec().into_iter().next(), late) {
            (Some((index, epoch)), _, _) => Ok(Kept::Logged { index, epoch, time: oldest }),
            (None, Some(found), _) => Err(fault(found)),
            (None, None, Some(time)) => Ok(Kept::Broken { time }),
            (None, None, None) => Ok(Kept::Open),
        }
    }

    /// Index and epoch of its leaf, if it is among these.
    fn look(&self, bases: &Bases, first: u64, entries: &[&[u8]]) -> Option<(u64, u32)> {
        (first..).zip(entries).find_map(|(index, entry)| {
            let leaf = Leaf::parse(bases.schema(), entry).ok()?;
            match leaf.content {
                Content::Sealed(body) if body.digest() == self.promise.body => {
                    Some((index, leaf.epoch))
                }
                _ => None,
            }
        })
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}\n{}\n{}\n{}", self.origin, self.body, self.deadline)
    }
}

impl fmt::Display for SignedPromise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.note.fmt(f)
    }
}
