//! SHA-256 (FIPS 180-4) of a file: finds the very same file, of a video or a still image.

use crate::digest::file_digest;
use crate::kind::{Content, SignalType, Threshold};
use sha2::Digest as _;

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

file_digest!(Sha256, Sha256Error, sha2::Sha256, 32, "a SHA-256 digest", "64");
