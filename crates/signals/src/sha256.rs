//! SHA-256 (FIPS 180-4) of a file: finds the very same file, of a video or a still image.

use crate::hex;
use crate::kind::{Content, SignalType, Threshold};
use serde::{Deserialize, Serialize};
use sha2::Digest as _;
use std::fmt;
use std::str::FromStr;

/// SHA-256 of a video file.
pub static VIDEO: SignalType = SignalType {
    name: "video_sha256",
    content: Content::Video,
    about: "the very same video file; 64 hexadecimal characters",
    ..FORM
};

/// SHA-256 of an image file.
pub static PHOTO: SignalType = SignalType {
    name: "photo_sha256",
    content: Content::Photo,
    about: "the very same image file; 64 hexadecimal characters",
    ..FORM
};

const FORM: SignalType = SignalType {
    name: "",
    content: Content::Video,
    about: "",
    threshold: Threshold::Equal,
    canonical: |text| Ok(text.parse::<Sha256>()?.to_string()),
    compare: |a, b, _| Ok(Threshold::of_equality(a.parse::<Sha256>()? == b.parse()?)),
    examples: &[
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    ],
};

/// A SHA-256 digest. Its text is 64 hexadecimal characters, lower case when written; read in either case and with
/// white space around it, as the Python client does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256([u8; 32]);

/// Text that is not a SHA-256 digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a SHA-256 digest: give 64 hexadecimal characters")]
pub struct Sha256Error(pub String);

impl Sha256 {
    /// The digest of a file's pieces, in their order.
    pub fn of<P: AsRef<[u8]>>(pieces: impl IntoIterator<Item = P>) -> Self {
        let mut running = sha2::Sha256::new();
        pieces.into_iter().for_each(|piece| running.update(piece));
        Self(running.finalize().into())
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for Sha256 {
    type Err = Sha256Error;

    fn from_str(text: &str) -> Result<Self, Sha256Error> {
        hex::parse(text.trim()).map(Self).ok_or_else(|| Sha256Error(hex::shown(text)))
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, f)
    }
}

impl TryFrom<String> for Sha256 {
    type Error = Sha256Error;

    fn try_from(text: String) -> Result<Self, Sha256Error> {
        text.parse()
    }
}

impl From<Sha256> for String {
    fn from(digest: Sha256) -> String {
        digest.to_string()
    }
}
