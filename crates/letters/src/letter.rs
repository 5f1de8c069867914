//! The letter: a title, a head and blocks of words, ready to become text or PDF.

use crate::process::FileHash;
use crate::words::Lang;
use serde::Serialize;
use writ_vocabulary::Instant;

/// A letter in one language, put into words, not yet set.
///
/// All strings are plain: no character in them has a meaning to the typesetter. They are cleaned of control
/// characters when the letter is set, not before, so a letter may be built from any text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// What the letter is, in a few words.
    pub title: String,
    /// The language it is written in (which is English where the one asked for is not available).
    pub lang: Lang,
    /// The sender's name.
    pub sender: String,
    /// The sender's address and contact, a line each.
    pub sender_lines: Vec<String>,
    /// The reader's name and address, a line each; empty where the letter has no reader (a certificate).
    pub reader: Vec<String>,
    /// References and date.
    pub facts: Vec<Fact>,
    /// The case number, for the foot of each page.
    pub case: String,
    /// When it was written: the only date the PDF carries.
    pub written: Instant,
    /// "Page {page} of {pages}" in the letter's language.
    pub page_words: String,
    /// What stands between a label and its value: a colon, with a space before it in French.
    pub colon: String,
    /// The body.
    pub blocks: Vec<Block>,
}

/// One piece of a letter's body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Block {
    /// Opens a section.
    Heading {
        /// The section's name.
        text: String,
    },
    /// Running text.
    Paragraph {
        /// The text.
        text: String,
    },
    /// Running text set apart, because the reader must not miss it.
    Note {
        /// The text.
        text: String,
    },
    /// Labels and values.
    Facts {
        /// The rows, in reading order.
        facts: Vec<Fact>,
    },
    /// A list, numbered or not.
    List {
        /// The number of the first entry; bullets where none.
        first: Option<usize>,
        /// The entries.
        entries: Vec<String>,
    },
    /// Like things one after the other, each with a name and facts.
    Cards {
        /// The things, in reading order.
        cards: Vec<Card>,
    },
    /// Files with their digests.
    Files {
        /// The files, in the order of the manifest.
        files: Vec<FileLine>,
    },
    /// Who signs, with a line above.
    Signature {
        /// Name, office, place, date.
        facts: Vec<Fact>,
    },
}

/// A label and its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What it is.
    pub label: String,
    /// Its value.
    pub value: String,
    /// Whether the value is set in a typewriter face (digests, queries).
    pub mono: bool,
}

/// One thing in a list of like things: an item, a step, a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Card {
    /// Its name, with its number.
    pub title: String,
    /// One word on how it stands ("given", "refused"); empty where none.
    pub mark: String,
    /// What is to be known of it.
    pub facts: Vec<Fact>,
}

/// One file as a letter shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileLine {
    /// The path inside the parcel.
    pub path: String,
    /// Records, size and type in words.
    pub about: String,
    /// The SHA-256 digest, 64 hexadecimal characters.
    pub sha256: String,
}

/// Why a letter could not be set as PDF.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LetterError {
    /// Too much text.
    #[error(
        "letter `{case}` holds {bytes} bytes of text, more than the {limit} a letter may hold; shorten its lists or send them as files in the parcel"
    )]
    TooLong {
        /// The case.
        case: String,
        /// What it holds.
        bytes: usize,
        /// What it may hold.
        limit: usize,
    },
    /// Too many pages.
    #[error(
        "letter `{case}` runs to {pages} pages at least, more than the {limit} a letter may have; shorten its lists or send them as files in the parcel"
    )]
    TooManyPages {
        /// The case.
        case: String,
        /// What it runs to, at least.
        pages: usize,
        /// What it may have.
        limit: usize,
    },
    /// The typesetter refused.
    #[error(
        "letter `{case}` could not be set as pdf: {reason}; its text form is complete and can be sent instead"
    )]
    NotSet {
        /// The case.
        case: String,
        /// What the typesetter said.
        reason: String,
    },
}

impl Fact {
    /// A label and a value in running text.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), mono: false }
    }

    /// A label and a value in a typewriter face.
    pub fn mono(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), mono: true }
    }
}

impl Block {
    /// Opens a section.
    pub fn heading(text: impl Into<String>) -> Self {
        Self::Heading { text: text.into() }
    }

    /// Running text.
    pub fn paragraph(text: impl Into<String>) -> Self {
        Self::Paragraph { text: text.into() }
    }

    /// Running text set apart.
    pub fn note(text: impl Into<String>) -> Self {
        Self::Note { text: text.into() }
    }

    /// An unnumbered list.
    pub fn bullets(entries: Vec<String>) -> Self {
        Self::List { first: None, entries }
    }
}

impl FileLine {
    /// `file` as shown, `about` being its records, size and type in words.
    pub(crate) fn of(file: &FileHash, about: String) -> Self {
        Self { path: file.path.clone(), about, sha256: file.sha256.to_string() }
    }
}
