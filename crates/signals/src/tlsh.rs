//! TLSH of a text: finds a manifesto again when passages were added, cut or reworded.
//!
//! Public description: Oliver, Cheng, Chen, "TLSH: a locality sensitive hash", 2013; the form with 128 buckets, one
//! byte of checksum and the prefix `T1`, compared without the lengths, as the Python client does.

use crate::hex;
use crate::kind::{Content, SignalType, Threshold};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// TLSH of a text.
pub static TEXT: SignalType = SignalType {
    name: "text_tlsh",
    content: Content::Text,
    about: "a text, found again when lightly edited; T1 and 70 hexadecimal characters",
    threshold: Threshold::AtMost(MATCH),
    canonical: |text| Ok(text.parse::<Tlsh>()?.to_string()),
    compare: |a, b, threshold| Ok(threshold.of_distance(a.parse::<Tlsh>()?.distance(&b.parse()?))),
    examples: &[
        "T12D900249414E0BD59A46503F3ADA802AE50825242B2590561CF690599112214C051556",
        "T184A022B383C2A2A20ACB0830880CF0202CCAC080033A023800338A30B0880AA8E0BE38",
    ],
};

/// The largest distance at which two texts are taken for the same, by default: the client's confident match.
pub const MATCH: u32 = 30;

/// The longest text that is hashed, in bytes.
pub const MAX_TEXT: usize = 64 << 20;

/// A TLSH hash. Its text is `T1` and 70 hexadecimal characters, upper case when written, either case when read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tlsh([u8; 35]);

/// Text that is not a TLSH hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a TLSH hash: give T1 and 70 hexadecimal characters")]
pub struct TlshError(pub String);

/// Why a text has no TLSH hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoTlsh {
    /// Too short, or the same few letters over and over.
    #[error(
        "too short or too uniform: a text has a TLSH hash from 50 bytes, if they vary; compare by SHA-256 or MD5"
    )]
    TooPlain,
    /// Longer than [`MAX_TEXT`].
    #[error("a text of {0} bytes is too long to hash: give at most {MAX_TEXT}")]
    TooLong(usize),
}

impl Tlsh {
    /// The hash of a text, as UTF-8 and as it stands: nothing is normalised.
    ///
    /// # Errors
    ///
    /// When the text is too short, too uniform or too long.
    pub fn of(text: &str) -> Result<Self, NoTlsh> {
        if text.len() > MAX_TEXT {
            return Err(NoTlsh::TooLong(text.len()));
        }
        let hashed = tlsh2::TlshDefaultBuilder::build_from(text.as_bytes());
        let written = hashed.map(|hashed| hashed.hash());
        written
            .and_then(|written| std::str::from_utf8(&written).ok()?.parse().ok())
            .ok_or(NoTlsh::TooPlain)
    }

    /// How far two texts lie apart, without regard to their lengths: 0 for the same hash, above 200 for strangers.
    pub fn distance(&self, other: &Self) -> u32 {
        let read = |hash: &Self| hash.to_string().parse::<tlsh2::TlshDefault>().ok();
        let apart = read(self).zip(read(other)).map(|(a, b)| a.diff(&b, false));
        apart.and_then(|apart| u32::try_from(apart).ok()).unwrap_or(u32::MAX)
    }
}

impl FromStr for Tlsh {
    type Err = TlshError;

    fn from_str(text: &str) -> Result<Self, TlshError> {
        let digits = text.strip_prefix("T1");
        digits.and_then(hex::parse).map(Self).ok_or_else(|| TlshError(hex::shown(text)))
    }
}

impl fmt::Display for Tlsh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("T1")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl TryFrom<String> for Tlsh {
    type Error = TlshError;

    fn try_from(text: String) -> Result<Self, TlshError> {
        text.parse()
    }
}

impl From<Tlsh> for String {
    fn from(hash: Tlsh) -> String {
        hash.to_string()
    }
}
