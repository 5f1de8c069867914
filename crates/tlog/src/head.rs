//! The lines before a checkpoint, as a proof and a request to a witness have them.

use crate::{CheckpointError, Hash, MAX_PROOF, SignedCheckpoint, text};
use std::str;

/// Why bytes are no proof, or no request to a witness.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// A line is not what it should be.
    #[error("line {line}, `{found}`, is not {wanted}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// The line, cut.
        found: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// It is too long.
    #[error("{bytes} bytes are more than it can have, {most}: leave out signatures or extra data")]
    TooLong {
        /// How many bytes it has.
        bytes: usize,
        /// How many it can have.
        most: usize,
    },
    /// The checkpoint in it is none.
    #[error("in the checkpoint, which begins at line {line}: {error}")]
    Checkpoint {
        /// The line at which the checkpoint begins, from 1.
        line: usize,
        /// What is wrong.
        error: CheckpointError,
    },
}

/// The lines before a checkpoint, in a proof and in what a witness is asked, read one after the other.
pub(crate) struct HeadLines<'a> {
    /// What has not been read.
    rest: &'a [u8],
    /// How many lines have been.
    line: usize,
}

impl<'a> HeadLines<'a> {
    pub(crate) fn new(bytes: &'a [u8], most: usize) -> Result<Self, FormError> {
        match bytes.len() <= most {
            true => Ok(Self { rest: bytes, line: 0 }),
            false => Err(FormError::TooLong { bytes: bytes.len(), most }),
        }
    }

    /// What remains, which is a checkpoint.
    pub(crate) fn checkpoint(self) -> Result<SignedCheckpoint, FormError> {
        let at = |error| FormError::Checkpoint { line: self.line + 1, error };
        SignedCheckpoint::parse(self.rest).map_err(at)
    }

    /// The next line as `read` reads it; `wanted` says what it should be, for the error.
    pub(crate) fn next<T>(
        &mut self,
        wanted: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, FormError> {
        let (line, after) = self.peek();
        let text = after.and_then(|_| str::from_utf8(line).ok());
        let found = || text::shown(&String::from_utf8_lossy(line));
        let wrong = || FormError::Line { line: self.line + 1, found: found(), wanted };
        let value = text.and_then(read).ok_or_else(wrong)?;
        self.line += 1;
        self.rest = after.unwrap_or_default();
        Ok(value)
    }

    /// The hashes of a proof, one on each line, and the empty line after them.
    pub(crate) fn hashes(&mut self) -> Result<Vec<Hash>, FormError> {
        let mut hashes = Vec::new();
        let wanted = "a hash of 32 bytes in Base64, nor the empty line after the last";
        while !self.rest.starts_with(b"\n") {
            if hashes.len() == MAX_PROOF {
                self.next("the empty line that must come after at most 63 hashes", |_| None::<()>)?;
            }
            hashes.push(self.next(wanted, |line| line.parse().ok())?);
        }
        self.next(wanted, |_| Some(()))?;
        Ok(hashes)
    }

    /// The next line and what comes after its newline, if it has one.
    fn peek(&self) -> (&'a [u8], Option<&'a [u8]>) {
        let mut parts = self.rest.splitn(2, |byte| *byte == b'\n');
        (parts.next().unwrap_or_default(), parts.next())
    }
}
