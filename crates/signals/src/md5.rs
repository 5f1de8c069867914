//! MD5 (RFC 1321) of a file: finds the very same file where a partner lists nothing better. Two files can be made to
//! share an MD5 on purpose, so a match alone says less than one of SHA-256.

use crate::digest::file_digest;
use crate::kind::{Content, SignalType, Threshold};
use md5::Digest as _;

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

file_digest!(Md5, Md5Error, md5::Md5, 16, "an MD5 digest", "32");
