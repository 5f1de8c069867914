//! The provider's signing key, its public half, and the pin by which an authority knows it.

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{
    DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, KeypairBytes,
};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use writ_vocabulary::Digest;
use zeroize::{Zeroize as _, Zeroizing};

/// The key with which a provider signs its parcels (Ed25519, RFC 8032).
///
/// Its text form is PEM (PKCS #8, as `openssl genpkey -algorithm ed25519` writes it), or the 32 bytes of its seed as
/// 64 hexadecimal characters.
///
/// ```
/// let key = writ_parcel::ProviderKey::from_random([7; 32]);
/// assert_eq!(key.to_pem()?.parse::<writ_parcel::ProviderKey>()?.public(), key.public());
/// # Ok::<(), writ_parcel::KeyError>(())
/// ```
pub struct ProviderKey(SigningKey);

/// The public half of a [`ProviderKey`], written as 64 hexadecimal characters.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey(VerifyingKey);

/// What an authority was told about a provider's key: the key, or its fingerprint.
///
/// Both are 64 hexadecimal characters, and a pin accepts either: nobody can make a key whose text or whose
/// fingerprint is a given one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProviderPin(Digest);

/// Text that is not a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a private key.
    #[error(
        "this is not a provider's signing key: give an Ed25519 key as PEM (PKCS #8), or its 32-byte seed as 64 hexadecimal characters"
    )]
    NotASigningKey,
    /// Not a public key.
    #[error(
        "`{0}` is not a provider's public key: give an Ed25519 key as 64 hexadecimal characters or as PEM"
    )]
    NotAPublicKey(String),
    /// Not a pin.
    #[error(
        "`{0}` is no key and no fingerprint: give the 64 hexadecimal characters that the provider publishes"
    )]
    NotAPin(String),
    /// The key has no PEM form.
    #[error("the key cannot be written as PEM")]
    NoPem,
}

impl ProviderKey {
    /// The key made of 32 random bytes.
    pub fn from_random(mut seed: [u8; 32]) -> Self {
        let key = Self(SigningKey::from_bytes(&seed));
        seed.zeroize();
        key
    }

    /// The key as PEM (PKCS #8 version 1, which every OpenSSL reads).
    ///
    /// # Errors
    ///
    /// When it cannot be encoded, which does not happen for a key that was made or read here.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        KeypairBytes { secret_key: self.0.to_bytes(), public_key: None }
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|_| KeyError::NoPem)
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// The public half's fingerprint.
    pub fn fingerprint(&self) -> Digest {
        self.public().fingerprint()
    }

    /// The content of `statement.sig` for this statement.
    pub(crate) fn sign(&self, statement: &[u8]) -> String {
        let digest = Digest::of(statement);
        let signature = self.0.sign(&message(digest));
        format!("{HEAD}\nstatement {digest}\ned25519 {}\n", hex::encode(signature.to_bytes()))
    }
}

impl FromStr for ProviderKey {
    type Err = KeyError;
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        if text.starts_with("-----") {
            return SigningKey::from_pkcs8_pem(text)
                .map(Self)
                .map_err(|_| KeyError::NotASigningKey);
        }
        let mut seed = [0; 32];
        hex::decode_to_slice(text, &mut seed).map_err(|_| KeyError::NotASigningKey)?;
        Ok(Self::from_random(seed))
    }
}

impl fmt::Debug for ProviderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProviderKey({})", self.fingerprint().short())
    }
}

const HEAD: &str = "writ-parcel/1 signature";

/// The bytes that are signed: what is signed, then its digest, so that the signature means nothing elsewhere.
fn message(statement: Digest) -> Vec<u8> {
    [b"writ-parcel/1 statement\n".as_slice(), statement.as_bytes()].concat()
}

/// Why a `statement.sig` does not prove a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotSigned {
    /// It is no signature file.
    Form,
    /// It signs another statement.
    OtherStatement,
    /// The signature is not that key's.
    Wrong,
}

impl PublicKey {
    /// The fingerprint: the digest of the key's text, as for every key in the registry.
    pub fn fingerprint(&self) -> Digest {
        Digest::of(self.to_string())
    }

    pub(crate) fn verify(&self, statement: &[u8], file: &[u8]) -> Result<(), NotSigned> {
        let (signed, signature) =
            std::str::from_utf8(file).ok().and_then(read).ok_or(NotSigned::Form)?;
        if signed != Digest::of(statement) {
            return Err(NotSigned::OtherStatement);
        }
        self.0.verify_strict(&message(signed), &signature).map_err(|_| NotSigned::Wrong)
    }
}

fn read(file: &str) -> Option<(Digest, Signature)> {
    let mut lines = file.strip_suffix('\n')?.split('\n');
    (lines.next()? == HEAD).then_some(())?;
    let digest = lines.next()?.strip_prefix("statement ")?.parse().ok()?;
    let mut bytes = [0; 64];
    hex::decode_to_slice(lines.next()?.strip_prefix("ed25519 ")?, &mut bytes).ok()?;
    lines.next().is_none().then_some((digest, Signature::from_bytes(&bytes)))
}

impl FromStr for PublicKey {
    type Err = KeyError;
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let wrong = || KeyError::NotAPublicKey(text.chars().take(80).collect());
        let key = match text.trim_start().starts_with("-----") {
            true => VerifyingKey::from_public_key_pem(text.trim()).map_err(|_| wrong())?,
            false => {
                let mut bytes = [0; 32];
                hex::decode_to_slice(text.trim(), &mut bytes).map_err(|_| wrong())?;
                VerifyingKey::from_bytes(&bytes).map_err(|_| wrong())?
            }
        };
        // Under a key of small order one signature fits many statements.
        if key.is_weak() { Err(wrong()) } else { Ok(Self(key)) }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0.to_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl TryFrom<String> for PublicKey {
    type Error = KeyError;
    fn try_from(text: String) -> Result<Self, KeyError> {
        text.parse()
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> String {
        key.to_string()
    }
}

impl ProviderPin {
    /// Whether this is the pinned key.
    pub fn fits(&self, key: &PublicKey) -> bool {
        self.0 == key.fingerprint() || self.0.as_bytes() == key.0.as_bytes()
    }
}

impl From<PublicKey> for ProviderPin {
    fn from(key: PublicKey) -> Self {
        Self(key.fingerprint())
    }
}

impl From<Digest> for ProviderPin {
    fn from(fingerprint: Digest) -> Self {
        Self(fingerprint)
    }
}

impl FromStr for ProviderPin {
    type Err = KeyError;
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let wrong = || KeyError::NotAPin(text.chars().take(80).collect());
        match text.trim_start().starts_with("-----") {
            true => text.parse::<PublicKey>().map(Self::from).map_err(|_| wrong()),
            false => text.trim().parse().map(Self).map_err(|_| wrong()),
        }
    }
}

impl fmt::Display for ProviderPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signing_key_reads_back_from_pem_and_from_its_seed() {
        let key = ProviderKey::from_random([7; 32]);
        assert_eq!(key.to_pem().unwrap().parse::<ProviderKey>().unwrap().public(), key.public());
        assert_eq!("07".repeat(32).parse::<ProviderKey>().unwrap().public(), key.public());
        assert_eq!("07".parse::<ProviderKey>().unwrap_err(), KeyError::NotASigningKey);
        assert!("-----BEGIN PRIVATE KEY-----".parse::<ProviderKey>().is_err());
    }

    #[test]
    fn a_key_never_shows_in_debug_output() {
        assert!(!format!("{:?}", ProviderKey::from_random([7; 32])).contains("0707"));
    }

    #[test]
    fn a_pin_is_the_key_or_its_fingerprint() {
        let key = ProviderKey::from_random([7; 32]).public();
        let other = ProviderKey::from_random([8; 32]).public();
        for pin in [key.to_string(), key.fingerprint().to_string()] {
            let pin: ProviderPin = pin.parse().unwrap();
            assert!(pin.fits(&key) && !pin.fits(&other));
        }
        assert!("nonsense".parse::<ProviderPin>().is_err());
    }

    #[test]
    fn a_public_key_of_small_order_is_refused() {
        let identity_point = format!("01{}", "00".repeat(31));
        assert!(identity_point.parse::<PublicKey>().is_err());
        assert!("00".repeat(32).parse::<PublicKey>().is_err());
    }

    #[test]
    fn a_signature_proves_one_statement_under_one_key() {
        let (key, other) = (ProviderKey::from_random([7; 32]), ProviderKey::from_random([8; 32]));
        let file = key.sign(b"one");
        assert_eq!(key.public().verify(b"one", file.as_bytes()), Ok(()));
        assert_eq!(key.public().verify(b"two", file.as_bytes()), Err(NotSigned::OtherStatement));
        assert_eq!(other.public().verify(b"one", file.as_bytes()), Err(NotSigned::Wrong));
        assert_eq!(key.public().verify(b"one", b"sign here"), Err(NotSigned::Form));
        assert_eq!(
            key.public().verify(b"one", format!("{file}\n").as_bytes()),
            Err(NotSigned::Form)
        );
    }
}
