//! Signed notes: a text and the signatures under it (C2SP signed-note).

use crate::{KeyId, KeyName, Signer, VerifierKey, text};
use std::fmt;

/// The longest note, in bytes.
pub const MAX_NOTE: usize = 1_000_000;
/// The most signatures that a note may have. The specification asks for at least 16.
pub const MAX_SIGNATURES: usize = 100;

/// A text and at least one signature. That it could be read says nothing of whether a signature is good:
/// [`Note::verify`] does. Its text form is byte for byte what was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// One signature line. Its text form ends in the line's newline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// The name of the key.
    pub name: KeyName,
    /// The id of the key.
    pub id: KeyId,
    /// What the key made: what it is depends on the key.
    pub signature: Vec<u8>,
}

/// A signature that is good, and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified<'k> {
    /// The key.
    pub key: &'k VerifierKey,
    /// When it was made, in seconds since 1970, if it is a cosignature.
    pub time: Option<u64>,
}

/// Why bytes are no signed note.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is too long.
    #[error(
        "a note of {bytes} bytes is longer than {MAX_NOTE}: ask whoever made it for a shorter one"
    )]
    TooLong {
        /// How many bytes it has.
        bytes: usize,
    },
    /// It is not text, or has control characters.
    #[error(
        "line {line} of the note is not plain UTF-8 text: fetch it again, and change nothing in it"
    )]
    NotText {
        /// The line, from 1.
        line: usize,
    },
    /// It has no signature lines.
    #[error(
        "the note has no signatures: after its text must come an empty line, and then lines such as `— NAME SIGNATURE`"
    )]
    Unsigned,
    /// It was cut off.
    #[error("the note does not end in a newline after line {line}: fetch it again, whole")]
    Cut {
        /// The last line, from 1.
        line: usize,
    },
    /// A line after the last empty line is not a signature.
    #[error(
        "line {line} of the note, `{found}`, is not a signature: after the last empty line there must be only lines such as `— NAME SIGNATURE`, the signature in Base64"
    )]
    Line {
        /// The line, from 1.
        line: usize,
        /// The line, cut.
        found: String,
    },
    /// It has too many signatures.
    #[error(
        "a note of {found} signatures has more than {MAX_SIGNATURES}: keep only those that somebody needs"
    )]
    TooMany {
        /// How many it has.
        found: usize,
    },
    /// The text to be signed is not that of a note.
    #[error("the text of a note must end in a newline")]
    Text,
}

/// Why a note is not to be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// A signature says that it is of a known key, and is not.
    #[error(
        "the signature of `{name}+{id}` is not by that key: do not use this note, and ask where it comes from"
    )]
    Bad {
        /// The key's name.
        name: KeyName,
        /// The key's id.
        id: KeyId,
    },
    /// No signature is of a known key.
    #[error(
        "the note is signed by {}, none of which is among the keys given: give the right key",
        names(signed_by)
    )]
    Unknown {
        /// By whom it says that it is signed, as `NAME+ID`.
        signed_by: Vec<String>,
    },
}

fn names(signed_by: &[String]) -> String {
    signed_by.iter().map(|key| format!("`{}`", text::shown(key))).collect::<Vec<_>>().join(", ")
}

impl Note {
    /// Reads a note.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE {
            return Err(NoteError::TooLong { bytes: bytes.len() });
        }
        let note = plain_text(bytes)?;
        // The text may hold empty lines of its own: the last one is where it ends.
        let (text, lines) = match note.rfind("\n\n") {
            Some(end) => note.split_at(end + 1),
            None => return Err(NoteError::Unsigned),
        };
        let lines = lines.strip_prefix('\n').unwrap_or(lines);
        let found = lines.matches('\n').count();
        if lines.is_empty() {
            return Err(NoteError::Unsigned);
        }
        if !lines.ends_with('\n') {
            return Err(NoteError::Cut { line: line_at(bytes, bytes.len()) });
        }
        if found > MAX_SIGNATURES {
            return Err(NoteError::TooMany { found });
        }
        let first = line_at(bytes, text.len() + 1);
        let read = |(place, line): (usize, &str)| {
            let wrong = || NoteError::Line { line: first + place, found: text::shown(line) };
            NoteSignature::parse_line(line).ok_or_else(wrong)
        };
        let signatures = lines.split_terminator('\n').enumerate().map(read);
        Ok(Self { signatures: signatures.collect::<Result<_, _>>()?, text: text.to_owned() })
    }

    /// Signs a text, which ends in a newline and has no other control characters.
    pub fn sign(text: &str, signer: &Signer) -> Result<Self, NoteError> {
        if text.len() > MAX_NOTE {
            return Err(NoteError::TooLong { bytes: text.len() });
        }
        plain_text(text.as_bytes())?;
        if !text.ends_with('\n') {
            return Err(NoteError::Text);
        }
        Ok(Self { text: text.to_owned(), signatures: vec![signer.sign(text)] })
    }

    /// The text, with its last newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, good or not, in their order.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// The good signatures of these keys, in the note's order; a key may be there twice. Signatures of other keys are
    /// passed over. One of these keys' that is not good makes the whole note unbelievable, and so does having none.
    pub fn verify<'k>(&self, keys: &'k [VerifierKey]) -> Result<Vec<Verified<'k>>, VerifyError> {
        let mut verified = Vec::new();
        for line in &self.signatures {
            let claimed = |key: &&VerifierKey| *key.name() == line.name && key.id() == line.id;
            let mut known = keys.iter().filter(claimed).peekable();
            if known.peek().is_none() {
                continue;
            }
            let good = |key: &'k VerifierKey| {
                key.verify(&self.text, &line.signature).ok().map(|time| Verified { key, time })
            };
            let bad = || VerifyError::Bad { name: line.name.clone(), id: line.id };
            verified.push(known.find_map(good).ok_or_else(bad)?);
        }
        if verified.is_empty() {
            return Err(VerifyError::Unknown { signed_by: self.signed_by() });
        }
        Ok(verified)
    }

    pub(crate) fn only_by(&self, keys: &[VerifierKey]) -> Self {
        let by_one = |line: &&NoteSignature| {
            keys.iter().any(|key| *key.name() == line.name && key.id() == line.id)
        };
        let signatures = self.signatures.iter().filter(by_one).cloned().collect();
        Self { text: self.text.clone(), signatures }
    }

    /// By whom the note says that it is signed, as `NAME+ID`.
    fn signed_by(&self) -> Vec<String> {
        self.signatures.iter().map(|line| format!("{}+{}", line.name, line.id)).collect()
    }

    /// Adds a signature at the end, unless that very line is there.
    pub fn add(&mut self, signature: NoteSignature) -> Result<(), NoteError> {
        if self.signatures.contains(&signature) {
            return Ok(());
        }
        let found = self.signatures.len() + 1;
        if found > MAX_SIGNATURES {
            return Err(NoteError::TooMany { found });
        }
        self.signatures.push(signature);
        Ok(())
    }

    /// Adds those of the signatures that are good under one of the keys, passes over the others, and gives how many
    /// were good. So a stranger's answer may be read with it.
    pub fn adopt(
        &mut self,
        signatures: Vec<NoteSignature>,
        keys: &[VerifierKey],
    ) -> Result<usize, NoteError> {
        let mut good = 0;
        for signature in signatures.into_iter().take(MAX_SIGNATURES) {
            let alone = Self { text: self.text.clone(), signatures: vec![signature.clone()] };
            if alone.verify(keys).is_ok() {
                self.add(signature)?;
                good += 1;
            }
        }
        Ok(good)
    }
}

impl NoteSignature {
    /// Reads signature lines alone, each with its newline, as a witness answers them.
    pub fn parse_lines(bytes: &[u8]) -> Result<Vec<Self>, NoteError> {
        let note = Note::parse(&[b"\n\n", bytes].concat()).map_err(|error| match error {
            NoteError::NotText { line } => NoteError::NotText { line: line - 2 },
            NoteError::Cut { line } => NoteError::Cut { line: line - 2 },
            NoteError::Line { line, found } => NoteError::Line { line: line - 2, found },
            other => other,
        })?;
        match note.text == "\n" {
            true => Ok(note.signatures),
            // An empty line among them: what came before it is no signature line.
            false => Err(NoteError::Line { line: 1, found: text::shown(note.text.trim_start()) }),
        }
    }

    /// A line without its newline.
    fn parse_line(line: &str) -> Option<Self> {
        let (name, signature) = line.strip_prefix("— ")?.split_once(' ')?;
        let bytes = text::unbase64(signature, MAX_NOTE)?;
        let (id, signature) = bytes.split_first_chunk::<4>()?;
        let name = name.parse().ok().filter(|_| !signature.is_empty())?;
        Some(Self { name, id: KeyId(*id), signature: signature.to_vec() })
    }
}

/// The bytes as text, if there is no control character in them but newlines.
fn plain_text(bytes: &[u8]) -> Result<&str, NoteError> {
    let note = std::str::from_utf8(bytes)
        .map_err(|error| NoteError::NotText { line: line_at(bytes, error.valid_up_to()) })?;
    match bytes.iter().position(|byte| *byte < b' ' && *byte != b'\n') {
        Some(place) => Err(NoteError::NotText { line: line_at(bytes, place) }),
        None => Ok(note),
    }
}

/// The number, from 1, of the line that the byte at `place` is in.
fn line_at(bytes: &[u8], place: usize) -> usize {
    1 + bytes.iter().take(place).filter(|byte| **byte == b'\n').count()
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|line| line.fmt(f))
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signature = [&self.id.0[..], &self.signature].concat();
        writeln!(f, "— {} {}", self.name, text::base64(&signature))
    }
}
