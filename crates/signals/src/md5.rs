//! MD5 (RFC 1321) of a file: finds the very same file where a partner lists nothing better. Two files can be made to
//! share an MD5 on purpose, so a match alone says less than one of SHA-256.

use crate::hex;
use crate::kind::{Content, SignalType, Threshold};
use md5::Digest as _;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// MD5 of a video file.
pub static VIDEO: SignalType = SignalType {
    name: "video_md5",
    content: Content::Video,
    about: "the very same video file; 32 hexadecimal characters",
    ..FORM
};

/// MD5 of an image file.
pub static PHOTO: SignalType = SignalType {
    name: "photo_md5",
    content: Content::Photo,
    about: "the very same image file; 32 hexadecimal characters",
    ..FORM
};

const FORM: SignalType = SignalType {
    name: "",
    content: Content::Video,
    about: "",
    threshold: Threshold::Equal,
    canonical: |text| Ok(text.parse::<Md5>()?.to_string()),
    compare: |a, b, _| Ok(Threshold::of_equality(a.parse::<Md5>()? == b.parse()?)),
    examples: &["d41d8cd98f00b204e9800998ecf8427e", "900150983cd24fb0d6963f7d28e17f72"],
};

/// An MD5 digest. Its text is 32 hexadecimal characters, lower case when written; read in either case and with
/// white space around it, as the Python client does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Md5([u8; 16]);

/// Text that is not an MD5 digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an MD5 digest: give 32 hexadecimal characters")]
pub struct Md5Error(pub String);

impl Md5 {
    /// The digest of a file's pieces, in their order.
    pub fn of<P: AsRef<[u8]>>(pieces: impl IntoIterator<Item = P>) -> Self {
        let mut running = md5::Md5::new();
        pieces.into_iter().for_each(|piece| running.update(piece));
        Self(running.finalize().into())
    }

    /// The 16 bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl FromStr for Md5 {
    type Err = Md5Error;

    fn from_str(text: &str) -> Result<Self, Md5Error> {
        hex::parse(text.trim()).map(Self).ok_or_else(|| Md5Error(hex::shown(text)))
    }
}

impl fmt::Display for Md5 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, f)
    }
}

impl TryFrom<String> for Md5 {
    type Error = Md5Error;

    fn try_from(text: String) -> Result<Self, Md5Error> {
        text.parse()
    }
}

impl From<Md5> for String {
    fn from(digest: Md5) -> String {
        digest.to_string()
    }
}
