//! The signal types: one table of what each is called, how its text is read, how two are compared and when they match.

use crate::{Md5Error, PdqError, Sha256Error, TlshError, VpdqError};
use crate::{md5, pdq, sha256, tlsh, vpdq};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Every signal type, in reading order. A new one is a file that declares its own and a line here.
pub static TYPES: &[&SignalType] = &[
    &pdq::TYPE,
    &vpdq::TYPE,
    &sha256::VIDEO,
    &sha256::PHOTO,
    &md5::VIDEO,
    &md5::PHOTO,
    &tlsh::TEXT,
];

/// A kind of hash, by which known content is found again.
pub struct SignalType {
    /// The name in every interface, as the Python client writes it: `pdq`, `video_md5`.
    pub name: &'static str,
    /// What is hashed.
    pub content: Content,
    /// What it finds and what its text looks like, in one line.
    pub about: &'static str,
    /// When two match, unless a bank or a feed says otherwise.
    pub threshold: Threshold,
    /// The one way to write what this text says.
    pub(crate) canonical: fn(&str) -> Result<String, SignalError>,
    /// How far the second, known one lies from the first, asked for.
    pub(crate) compare: fn(&str, &str, &Threshold) -> Result<Comparison, SignalError>,
    /// Signals to try, in canonical form.
    pub examples: &'static [&'static str],
}

/// What a signal is taken from, as the Python client names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    /// A still image, or a page of a document as an image.
    Photo,
    /// Moving images.
    Video,
    /// Words.
    Text,
}

/// When two signals match.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Threshold {
    /// When they are equal.
    Equal,
    /// When their distance is at most this.
    AtMost(u32),
    /// When enough frames of each are found in the other.
    Frames(vpdq::Rule),
}

/// How two signals compare.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Whether they match by the threshold.
    pub matches: bool,
    /// How far they lie apart.
    pub distance: Distance,
}

/// How far two signals lie apart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distance {
    /// Equal or not: there is no nearness.
    Equal(bool),
    /// A number, 0 when they are equal: bits for PDQ, a score for TLSH.
    Number(u32),
    /// How much of each was found in the other.
    Shares(vpdq::Shares),
}

/// Why a signal cannot be read or compared.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SignalError {
    /// No such signal type.
    #[error("there is no signal type `{0}`: known are {known}", known = names())]
    Type(String),
    /// Not a PDQ hash.
    #[error(transparent)]
    Pdq(#[from] PdqError),
    /// Not a vPDQ signal.
    #[error(transparent)]
    Vpdq(#[from] VpdqError),
    /// Not a SHA-256 digest.
    #[error(transparent)]
    Sha256(#[from] Sha256Error),
    /// Not an MD5 digest.
    #[error(transparent)]
    Md5(#[from] Md5Error),
    /// Not a TLSH hash.
    #[error(transparent)]
    Tlsh(#[from] TlshError),
    /// Signals of two types.
    #[error("a {0} signal cannot be compared with a {1} signal")]
    Types(&'static str, &'static str),
    /// A threshold that says nothing about this type.
    #[error("the threshold does not fit a {0} signal: give one like {1}")]
    Threshold(&'static str, String),
}

impl SignalType {
    /// The type of this name.
    ///
    /// # Errors
    ///
    /// When there is none; the error lists those there are.
    pub fn named(name: &str) -> Result<&'static Self, SignalError> {
        let known = TYPES.iter().copied().find(|kind| kind.name == name);
        known.ok_or_else(|| SignalError::Type(crate::hex::shown(name)))
    }

    /// The signal that `text` writes.
    ///
    /// # Errors
    ///
    /// When the text is not of this type's form.
    pub fn parse(&'static self, text: &str) -> Result<Signal, SignalError> {
        Ok(Signal { kind: self, text: (self.canonical)(text)?.into() })
    }
}

impl PartialEq for SignalType {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for SignalType {}

impl fmt::Debug for SignalType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// A signal of any type: its type and its canonical text.
///
/// ```
/// use writ_signals::SignalType;
///
/// let md5 = SignalType::named("video_md5")?;
/// let signal = md5.parse(" D41D8CD98F00B204E9800998ECF8427E\n")?;
/// assert_eq!(signal.text(), "d41d8cd98f00b204e9800998ecf8427e");
/// assert!(signal.compare(&signal, None)?.matches);
/// # Ok::<(), writ_signals::SignalError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Signal {
    kind: &'static SignalType,
    text: Box<str>,
}

impl Signal {
    /// Its type.
    pub fn kind(&self) -> &'static SignalType {
        self.kind
    }

    /// Its canonical text: equal signals of a type have equal texts.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How the signal asked for compares with a known one, by `threshold` or else by the type's own.
    ///
    /// # Errors
    ///
    /// When they are of two types, or the threshold is of another form than the type's own.
    pub fn compare(
        &self,
        known: &Self,
        threshold: Option<&Threshold>,
    ) -> Result<Comparison, SignalError> {
        if self.kind != known.kind {
            return Err(SignalError::Types(self.kind.name, known.kind.name));
        }
        let own = &self.kind.threshold;
        let threshold = threshold.unwrap_or(own);
        if std::mem::discriminant(threshold) != std::mem::discriminant(own) {
            return Err(SignalError::Threshold(self.kind.name, format!("{own:?}")));
        }
        (self.kind.compare)(&self.text, &known.text, threshold)
    }
}

impl Threshold {
    pub(crate) fn of_distance(&self, distance: u32) -> Comparison {
        let matches = matches!(self, Self::AtMost(most) if distance <= *most);
        Comparison { matches, distance: Distance::Number(distance) }
    }

    pub(crate) fn of_equality(equal: bool) -> Comparison {
        Comparison { matches: equal, distance: Distance::Equal(equal) }
    }
}

/// A signal in stored form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    signal_type: String,
    signal: String,
}

impl TryFrom<Written> for Signal {
    type Error = SignalError;

    fn try_from(written: Written) -> Result<Self, SignalError> {
        SignalType::named(&written.signal_type)?.parse(&written.signal)
    }
}

impl From<Signal> for Written {
    fn from(signal: Signal) -> Self {
        Self { signal_type: signal.kind.name.to_owned(), signal: signal.text.into() }
    }
}

fn names() -> String {
    let names: Vec<_> = TYPES.iter().map(|kind| kind.name).collect();
    names.join(", ")
}
