//! Witnesses: what a log asks of one, and what a witness answers (C2SP tlog-witness, `add-checkpoint`).
//!
//! [`Witness::vet`] reads a request, and [`Witness::decide`] answers it, from what the witness last cosigned of that log
//! and the time. Between the two the caller reads that state, and it must not change until what [`Accepted`] holds is
//! durable in its place: only then may the cosignature leave.

use crate::head::{FormError, HeadLines};
use crate::key::Cosigner;
use crate::{
    CheckpointError, Hash, MAX_NOTE, MAX_PROOF, NoteError, NoteSignature, OpenError,
    SignedCheckpoint, TimeError, VerifierKey, VerifyError, text, verify_consistency,
};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;

/// The longest request, in bytes.
pub const MAX_REQUEST: usize = 32 + MAX_PROOF * 45 + MAX_NOTE;

/// A request to cosign a checkpoint. Its text form is the body of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size of what the witness last cosigned.
    pub old_size: u64,
    /// The proof that the checkpoint's tree begins with that one.
    pub proof: Vec<Hash>,
    /// The checkpoint.
    pub checkpoint: SignedCheckpoint,
}

impl AddCheckpoint {
    /// Reads a request.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormError> {
        let mut lines = HeadLines::new(bytes, MAX_REQUEST)?;
        let wanted = "`old` and a decimal number without leading zeros";
        let old_size =
            lines.next(wanted, |line| line.strip_prefix("old ").and_then(text::decimal))?;
        let proof = lines.hashes()?;
        Ok(Self { old_size, proof, checkpoint: lines.checkpoint()? })
    }
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old_size)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// A witness: its key, and the logs that it knows.
#[derive(Debug, Clone)]
pub struct Witness {
    cosigner: Cosigner,
    logs: BTreeMap<String, Vec<VerifierKey>>,
}

/// A log that a witness knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessedLog {
    /// Its origin.
    pub origin: String,
    /// The keys by which it signs.
    pub keys: Vec<VerifierKey>,
}

/// A request of a known log, whose checkpoint that log has signed.
#[derive(Debug, Clone)]
pub struct Vetted {
    request: AddCheckpoint,
    /// The checkpoint with the log's own good signatures, and no others.
    own: SignedCheckpoint,
}

/// What a witness last cosigned of a log: its whole state for that log.
///
/// Its text form is a checkpoint signed by the log and cosigned by the witness. It is what must be durable, and what the
/// witness serves to monitors at [`monitoring_path`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    signed: SignedCheckpoint,
    time: u64,
}

/// Why stored bytes are not a witness's state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the stored state of the log `{origin}` is not what this witness cosigned: {fault}; restore it, and never start again without it, or the witness may vouch for two histories"
)]
pub struct StateError {
    /// The log's origin.
    pub origin: String,
    /// What is wrong with it.
    pub fault: OpenError,
}

/// The cosignature, to be given away once `state` is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The new state of the log.
    pub state: Known,
    /// The body of the answer, which has status 200: the cosignature's line.
    pub body: String,
}

/// An answer that is no cosignature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The HTTP status: 400, 403, 404, 409 or 422 as the specification says, or 500 where the witness itself is at fault.
    pub status: u16,
    /// The type of the body.
    pub content_type: &'static str,
    /// The body: with 409 the size that the witness last cosigned, else the reason.
    pub body: String,
    /// Whether the log has signed what was refused. Then it may prove that the log misbehaves, and is worth keeping.
    pub evidence: bool,
}

impl Witness {
    /// A witness that cosigns the checkpoints of these logs. Keys of a log listed twice are put together.
    pub fn new(cosigner: Cosigner, logs: impl IntoIterator<Item = WitnessedLog>) -> Self {
        let mut known: BTreeMap<String, Vec<VerifierKey>> = BTreeMap::new();
        for log in logs {
            known.entry(log.origin).or_default().extend(log.keys);
        }
        Self { cosigner, logs: known }
    }

    /// The key by which it cosigns.
    pub fn key(&self) -> &VerifierKey {
        self.cosigner.key()
    }

    /// The origins of the logs that it knows.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.logs.keys().map(String::as_str)
    }

    /// The state of a log, from the bytes that [`Accepted`] gave.
    pub fn state(&self, origin: &str, bytes: &[u8]) -> Result<Known, StateError> {
        let fault = |fault| StateError { origin: origin.to_owned(), fault };
        let own = [self.key().clone()];
        let signed = SignedCheckpoint::open(bytes, origin, &own).map_err(fault)?;
        let verified = signed.note().verify(&own).map_err(|error| fault(error.into()))?;
        let time = verified.iter().filter_map(|good| good.time).max().unwrap_or_default();
        Ok(Known { signed, time })
    }

    /// Answers a request, given what was last cosigned of the log whose origin `stored` is asked for, and the time in
    /// seconds since 1970. The state must not change between that question and the moment the new one is durable.
    pub fn answer(
        &self,
        request: &[u8],
        stored: impl FnOnce(&str) -> Option<Known>,
        now: u64,
    ) -> Result<Accepted, Refused> {
        let vetted = self.vet(request)?;
        let stored = stored(vetted.origin());
        self.decide(vetted, stored.as_ref(), now)
    }

    /// Reads a request: of a known log (else 404), signed by it (else 403), of the right form (else 400).
    pub fn vet(&self, request: &[u8]) -> Result<Vetted, Refused> {
        let request =
            AddCheckpoint::parse(request).map_err(|error| self.unreadable(request, &error))?;
        let checkpoint = request.checkpoint.checkpoint();
        let keys = self.keys(checkpoint.origin())?;
        let note = request.checkpoint.note();
        let signed_by = |error: VerifyError| refused(403, &error);
        note.verify(keys).map_err(signed_by)?;
        let own = request.checkpoint.only_by(keys);
        if request.old_size > checkpoint.size() {
            let (old, size) = (request.old_size, checkpoint.size());
            return Err(refused(
                400,
                &format!("the old size {old} is above the checkpoint's size {size}"),
            )
            .worth_keeping());
        }
        Ok(Vetted { own, request })
    }

    /// Answers a vetted request: with a cosignature if the tree grew, or stayed, as the proof shows, from what was
    /// last cosigned (else 409 or 422), and if the clock has not gone back since (else 500).
    pub fn decide(
        &self,
        vetted: Vetted,
        stored: Option<&Known>,
        now: u64,
    ) -> Result<Accepted, Refused> {
        let Vetted { request, own } = vetted;
        let checkpoint = request.checkpoint.checkpoint();
        let (size, root) = (checkpoint.size(), checkpoint.root());
        let (old_size, old_root) =
            stored.map_or((0, Hash::EMPTY), |known| (known.size(), known.root()));
        if let Some(other) = stored.filter(|known| known.origin() != checkpoint.origin()) {
            let fault = format!("the witness has the state of `{}` for this log", other.origin());
            return Err(refused(500, &fault));
        }
        if request.old_size != old_size {
            let size = Refused { content_type: "text/x.tlog.size", ..refused(409, &old_size) };
            return Err(size.worth_keeping());
        }
        if size == 0 && root != Hash::EMPTY {
            let fault = format!("a tree of size 0 has the root `{}`, not `{root}`", Hash::EMPTY);
            return Err(refused(422, &fault).worth_keeping());
        }
        verify_consistency(old_size, &old_root, size, &root, &request.proof)
            .map_err(|error| refused(422, &error).worth_keeping())?;
        if let Some(last) = stored.map(|known| known.time).filter(|last| *last > now) {
            let fault = format!("the clock of the witness has gone back, from {last} to {now}");
            return Err(refused(500, &fault));
        }
        let clock = |error: TimeError| refused(500, &error);
        let cosignature = self.cosigner.cosign(checkpoint, now).map_err(clock)?;
        let body = cosignature.to_string();
        let mut signed = own;
        signed.note_mut().add(cosignature).map_err(|error| refused(400, &error))?;
        Ok(Accepted { state: Known { signed, time: now }, body })
    }

    fn keys(&self, origin: &str) -> Result<&[VerifierKey], Refused> {
        let unknown = || {
            refused(404, &format!("this witness does not know the log `{}`", text::shown(origin)))
        };
        self.logs.get(origin).map(Vec::as_slice).ok_or_else(unknown)
    }

    /// What is said of a request that cannot be read. One whose fault lies in its signature lines alone can, as far as
    /// is needed to say that its log is not known, or has not signed it.
    fn unreadable(&self, request: &[u8], error: &FormError) -> Refused {
        let FormError::Checkpoint {
            error: CheckpointError::Note(NoteError::Unsigned | NoteError::Line { .. }),
            ..
        } = error
        else {
            return refused(400, error);
        };
        let request = String::from_utf8_lossy(request);
        let origin = request.split_once("\n\n").and_then(|(_, note)| note.lines().next());
        match self.keys(origin.unwrap_or_default()) {
            Ok(_) => refused(403, error),
            Err(unknown) => unknown,
        }
    }
}

fn refused(status: u16, reason: &impl fmt::Display) -> Refused {
    let content_type = "text/plain; charset=utf-8";
    Refused { status, content_type, body: format!("{reason}\n"), evidence: false }
}

impl Refused {
    fn worth_keeping(self) -> Self {
        Self { evidence: true, ..self }
    }
}

impl Vetted {
    /// The origin of the log whose state is needed to answer.
    pub fn origin(&self) -> &str {
        self.own.checkpoint().origin()
    }
}

impl Known {
    /// The origin of the log.
    pub fn origin(&self) -> &str {
        self.signed.checkpoint().origin()
    }

    /// The size that was cosigned.
    pub fn size(&self) -> u64 {
        self.signed.checkpoint().size()
    }

    /// The root that was cosigned.
    pub fn root(&self) -> Hash {
        self.signed.checkpoint().root()
    }

    /// When, in seconds since 1970.
    pub fn time(&self) -> u64 {
        self.time
    }
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.signed.fmt(f)
    }
}

/// Where a witness serves its state of a log to monitors, below its monitoring prefix.
pub fn monitoring_path(origin: &str) -> String {
    format!("{}/checkpoint", text::hex(&Sha256::digest(origin)))
}

/// What a witness answered, as the log that asked reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Signature lines. [`crate::Note::adopt`] takes those that are good.
    Cosigned(Vec<NoteSignature>),
    /// The witness has last cosigned another size than the one asked from: ask again from this one.
    Conflict {
        /// That size.
        size: u64,
    },
}

/// An answer that is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// The witness refused.
    #[error("the witness answered {status}: `{reason}`")]
    Refused {
        /// The status.
        status: u16,
        /// The body, cut.
        reason: String,
    },
    /// A cosignature that is none.
    #[error("the witness answered with something else than signature lines: {0}")]
    Cosignature(#[from] NoteError),
    /// A size that is none.
    #[error(
        "the witness answered with a conflict of size `{found}`, which is not a decimal number in a line"
    )]
    Size {
        /// The body, cut.
        found: String,
    },
}

impl Reply {
    /// Reads an answer's status and body.
    pub fn read(status: u16, body: &[u8]) -> Result<Self, ReplyError> {
        let shown = || text::shown(String::from_utf8_lossy(body).trim_end());
        match status {
            200 => Ok(Self::Cosigned(NoteSignature::parse_lines(body)?)),
            409 => {
                let line = std::str::from_utf8(body).ok().and_then(|body| body.strip_suffix('\n'));
                let size = line.and_then(text::decimal);
                size.map(|size| Self::Conflict { size })
                    .ok_or_else(|| ReplyError::Size { found: shown() })
            }
            _ => Err(ReplyError::Refused { status, reason: shown() }),
        }
    }
}
