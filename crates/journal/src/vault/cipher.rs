//! Sealing with XChaCha20-Poly1305 under a stream's key, and the keyed digest of what was sealed.

use super::{Entropy, EntropyError, ObjectName};
use crate::StreamId;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use writ_vocabulary::Digest;
use zeroize::Zeroizing;

/// What a stored object begins with: its form, for those who find the file, and for the day there is a second one.
const FORM: &[u8] = b"writ object 1\n";

/// 192 bits: wide enough to be drawn at random for every object without ever meeting one twice.
const NONCE: usize = 24;

/// 256 random bits, wiped from memory when dropped.
pub type Secret = Zeroizing<[u8; 32]>;

/// A stream's key. Its two uses, sealing and digests, have keys of their own derived from it.
pub struct DataKey {
    sealing: Secret,
    digesting: Secret,
}

impl DataKey {
    /// The key made of this secret.
    pub fn of(secret: &Secret) -> Self {
        Self {
            sealing: Zeroizing::new(keyed(secret, b"writ object sealing 1")),
            digesting: Zeroizing::new(keyed(secret, b"writ object digest 1")),
        }
    }

    /// A digest that only who has the key can compute: it does not betray a short text, such as a phone number.
    pub fn digest(&self, bytes: &[u8]) -> Digest {
        Digest::from_bytes(keyed(&self.digesting, bytes))
    }

    /// The object as it is stored.
    pub fn seal(
        &self,
        stream: &StreamId,
        name: &ObjectName,
        bytes: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, EntropyError> {
        let sealed = seal(&self.sealing, &bound_to(stream, name), bytes, entropy)?;
        Ok([FORM, sealed.as_slice()].concat())
    }

    /// What was sealed for this stream under this name, if these are those bytes.
    pub fn open(&self, stream: &StreamId, name: &ObjectName, stored: &[u8]) -> Option<Vec<u8>> {
        open(&self.sealing, &bound_to(stream, name), stored.strip_prefix(FORM)?)
    }
}

/// A ciphertext is bound to its place: moved to another stream or name it does not open. Names have no line breaks.
fn bound_to(stream: &StreamId, name: &ObjectName) -> Vec<u8> {
    format!("writ object 1\n{stream}\n{name}").into_bytes()
}

/// Nonce, then ciphertext and tag.
pub fn seal(
    key: &Secret,
    bound_to: &[u8],
    bytes: &[u8],
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, EntropyError> {
    let mut nonce = [0; NONCE];
    entropy.fill(&mut nonce)?;
    let cipher = XChaCha20Poly1305::new(key.as_slice().into());
    let sealed = cipher.encrypt(XNonce::from_slice(&nonce), Payload { msg: bytes, aad: bound_to });
    // The cipher refuses only what is longer than 256 GiB, which no memory here holds.
    let sealed = sealed.map_err(|_| EntropyError("too many bytes for one seal".into()))?;
    Ok([nonce.as_slice(), sealed.as_slice()].concat())
}

/// What was sealed, or nothing if the key, the place or a single bit is another.
pub fn open(key: &Secret, bound_to: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE)?;
    let cipher = XChaCha20Poly1305::new(key.as_slice().into());
    cipher.decrypt(XNonce::from_slice(nonce), Payload { msg: sealed, aad: bound_to }).ok()
}

/// HMAC-SHA-256 (FIPS 198-1).
pub fn keyed(key: &Secret, bytes: &[u8]) -> [u8; 32] {
    // HMAC takes a key of any length, so that the error of this constructor cannot occur.
    let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(key.as_slice()) else { return [0; 32] };
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}
