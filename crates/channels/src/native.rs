//! The native door: a demand in the one case form, TOML or JSON, with or without a detached signature.

use std::ops::Range;
use writ_vocabulary::{Authority, CaseFile, EnrolledKey, Instant, KeyPurpose};

/// The door's name in events.
pub const NATIVE: &str = "native";

/// The most bytes a demand file may have.
pub const MAX_BYTES: usize = 1 << 20;

/// A demand as it came through a door.
#[derive(Debug, Clone, PartialEq)]
pub struct Intake {
    /// The demand, with what else the file carried.
    pub case: CaseFile,
    /// The bytes as received.
    pub bytes: Vec<u8>,
}

/// Bytes that are not a demand. Nothing was stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntakeError {
    /// More than anybody needs to write.
    #[error(
        "the file has {0} bytes; a demand has at most {MAX_BYTES}: send documents apart and name their digests"
    )]
    TooLarge(usize),
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// Not text.
    #[error(
        "the file is not UTF-8 text (byte {at}): save it as UTF-8, or convert PDF and mail before lodging"
    )]
    NotText {
        /// The first byte that is not.
        at: usize,
    },
    /// Not a demand.
    #[error("{message}")]
    NotADemand {
        /// What is wrong and what to do.
        message: String,
        /// Where, in bytes of the text.
        span: Option<Range<usize>>,
    },
}

/// Reads a demand from a stranger's bytes. Bounded: at most [`MAX_BYTES`] are looked at.
///
/// # Errors
/// [`IntakeError`], with the place where one can be named.
pub fn read(bytes: &[u8]) -> Result<Intake, IntakeError> {
    if bytes.len() > MAX_BYTES {
        return Err(IntakeError::TooLarge(bytes.len()));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| IntakeError::NotText { at: error.valid_up_to() })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(IntakeError::Empty);
    }
    let case = CaseFile::parse(text)
        .map_err(|error| IntakeError::NotADemand { message: error.message, span: error.span })?;
    Ok(Intake { case, bytes: bytes.to_vec() })
}

/// The enrolled key of `authority` whose Ed25519 signature (RFC 8032) over the demand's bytes `signature` is: 128
/// hexadecimal characters, as in the file `demand.toml.sig`. Nothing where it is not, or the key is not enrolled at
/// `received`.
pub fn signed_by<'a>(
    authority: &'a Authority,
    bytes: &[u8],
    signature: &str,
    received: Instant,
) -> Option<&'a EnrolledKey> {
    let enrolled = authority.key(KeyPurpose::Sign, received)?;
    let key: [u8; 32] = hex::decode(&enrolled.key).ok()?.try_into().ok()?;
    let key = ed25519_dalek::VerifyingKey::from_bytes(&key).ok()?;
    let signature: [u8; 64] = hex::decode(signature.trim()).ok()?.try_into().ok()?;
    let signature = ed25519_dalek::Signature::from_bytes(&signature);
    key.verify_strict(bytes, &signature).ok().map(|()| enrolled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signer, SigningKey};

    #[test]
    fn what_is_no_demand_is_told_apart() {
        assert_eq!(read(b"  \n"), Err(IntakeError::Empty));
        assert_eq!(read(&[b'a', 0xff]), Err(IntakeError::NotText { at: 1 }));
        assert_eq!(read(&vec![b' '; MAX_BYTES + 1]), Err(IntakeError::TooLarge(MAX_BYTES + 1)));
        assert!(matches!(read(b"%PDF-1.7"), Err(IntakeError::NotADemand { .. })));
        assert!(matches!(
            read(b"{\"format\":\"writ-case/1\""),
            Err(IntakeError::NotADemand { .. })
        ));
    }

    #[test]
    fn only_the_enrolled_key_signs_and_only_these_bytes() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let authority = Authority {
            id: "fr-example".parse().unwrap(),
            name: "Parquet of Exampleville".into(),
            jurisdiction: "FR".parse().unwrap(),
            class: "prosecutor".parse().unwrap(),
            domains: vec![],
            switchboard: None,
            keys: vec![EnrolledKey {
                purpose: KeyPurpose::Sign,
                key: hex::encode(key.verifying_key().to_bytes()),
                enrolled: Instant::UNIX_EPOCH,
                withdrawn: None,
            }],
            officers: vec![],
        };
        let now = "2026-11-13T21:00:00Z".parse().unwrap();
        let signature = hex::encode(key.sign(b"demand").to_bytes());
        assert!(signed_by(&authority, b"demand", &signature, now).is_some());
        assert!(signed_by(&authority, b"demanD", &signature, now).is_none());
        assert!(signed_by(&authority, b"demand", "zz", now).is_none());
        let other = hex::encode(SigningKey::from_bytes(&[8; 32]).sign(b"demand").to_bytes());
        assert!(signed_by(&authority, b"demand", &other, now).is_none());
    }
}
