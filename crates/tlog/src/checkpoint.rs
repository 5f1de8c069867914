//! Checkpoints: what a log signs, that at this size its tree has this root (C2SP tlog-checkpoint).

use crate::{Hash, Note, NoteError, Signer, VerifierKey, VerifyError, text};
use std::fmt;
use std::str::FromStr;

/// The size and root of a log's tree. Its text form is the text of the note that the log signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
    extensions: Vec<String>,
}

/// A checkpoint and the note that it came in. That it could be read says nothing of who signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: Note,
}

/// Why text is no checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note around it is none.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// A line is not what it should be.
    #[error("line {line} of the checkpoint, `{found}`, is not {wanted}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// The line, cut.
        found: String,
        /// What it should be.
        wanted: &'static str,
    },
}

/// Why a checkpoint is not to be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It cannot be read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// It is another log's.
    #[error("the checkpoint is of `{found}`, not of `{wanted}`: fetch the right log's")]
    Origin {
        /// Whose it is.
        found: String,
        /// Whose it should be.
        wanted: String,
    },
    /// It is not signed as it should be.
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

impl Checkpoint {
    /// A checkpoint of the log of this name, which should be its address without the scheme: `example.com/log`.
    pub fn new(origin: &str, size: u64, root: Hash) -> Result<Self, CheckpointError> {
        let checkpoint = Self { origin: origin.to_owned(), size, root, extensions: Vec::new() };
        // Its own text shows whether the origin is a line.
        match checkpoint.to_string().parse() {
            Ok(same) if checkpoint == same => Ok(checkpoint),
            _ => Err(wrong_line(0, origin, ORIGIN)),
        }
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        self.root
    }

    /// Further lines, which no witness vouches for.
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }

    /// Signs it. Before it is signed it must be durable, and consistent with all that the log has signed.
    pub fn sign(self, signer: &Signer) -> Result<SignedCheckpoint, CheckpointError> {
        let note = Note::sign(&self.to_string(), signer)?;
        Ok(SignedCheckpoint { checkpoint: self, note })
    }
}

impl SignedCheckpoint {
    /// Reads a checkpoint and believes nothing of it.
    pub fn parse(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let note = Note::parse(bytes)?;
        Ok(Self { checkpoint: note.text().parse()?, note })
    }

    /// Reads a checkpoint of the log named `origin` that one of its `keys` has signed.
    pub fn open(bytes: &[u8], origin: &str, keys: &[VerifierKey]) -> Result<Self, OpenError> {
        let signed = Self::parse(bytes)?;
        if signed.checkpoint.origin != origin {
            let (found, wanted) = (text::shown(&signed.checkpoint.origin), origin.to_owned());
            return Err(OpenError::Origin { found, wanted });
        }
        signed.note.verify(keys)?;
        Ok(signed)
    }

    /// What was signed.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The note.
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// The same checkpoint with the signatures that name one of these keys, and no others.
    pub(crate) fn only_by(&self, keys: &[VerifierKey]) -> Self {
        Self { checkpoint: self.checkpoint.clone(), note: self.note.only_by(keys) }
    }

    /// The note, to add signatures to. The text of a note cannot be changed.
    pub fn note_mut(&mut self) -> &mut Note {
        &mut self.note
    }
}

const ORIGIN: &str = "the name of a log: give one line of text";

fn wrong_line(place: usize, found: &str, wanted: &'static str) -> CheckpointError {
    CheckpointError::Line { line: place + 1, found: text::shown(found), wanted }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;
    fn from_str(body: &str) -> Result<Self, CheckpointError> {
        let newline = "the end of one: it must end in a newline";
        let body = body.strip_suffix('\n').ok_or_else(|| wrong_line(0, body, newline))?;
        let lines: Vec<&str> = body.split('\n').collect();
        let blank = |line: &str| line.is_empty() || line.contains(|letter: char| letter < ' ');
        if let Some(place) = lines.iter().position(|line| blank(line)) {
            let found = lines.get(place).copied().unwrap_or_default();
            return Err(wrong_line(place, found, "a line of text, and must not be empty"));
        }
        let line = |place: usize| lines.get(place).copied().unwrap_or_default();
        let (origin, size, root) = (line(0), line(1), line(2));
        let size = text::decimal(size).ok_or_else(|| {
            wrong_line(1, size, "the tree's size: give a decimal number without leading zeros")
        })?;
        let root = root.parse().map_err(|_| {
            wrong_line(2, root, "the tree's root: give 32 bytes in Base64 with padding")
        })?;
        let extensions = lines.iter().skip(3).map(|&line| line.to_owned()).collect();
        Ok(Self { origin: origin.to_owned(), size, root, extensions })
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, self.root)?;
        self.extensions.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.note.fmt(f)
    }
}
