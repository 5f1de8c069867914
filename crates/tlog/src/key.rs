//! Keys that sign notes: their names, ids and text forms (C2SP signed-note, tlog-cosignature).
//!
//! Two of the assigned types are here: Ed25519 over a note's text (`0x01`), by which a log signs, and timestamped
//! Ed25519 cosignatures of checkpoints (`0x04`), by which a witness does.
//!
//! Which signatures are accepted. Verifiers differ on Ed25519 signatures with points of small order (C2SP
//! CCTV, `ed25519`). Here a *key* of small order, under which one signature fits many texts, or one that is not encoded
//! canonically (RFC 8032 section 5.1.3), cannot be read at all. Under every other key a *signature* is accepted exactly
//! if Go's `crypto/ed25519` accepts it: without cofactor, `R` canonical, `S` reduced. The stricter check that also refuses an
//! `R` of small order would add nothing, as only the key's owner can make one, and would part us from other
//! verifiers of the same log: a log could sign what they accept and we refuse.

use crate::{Checkpoint, NoteSignature, text};
use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// The name of a key: not empty, without Unicode spaces, control characters and `+`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

/// The id of a key: with its name it tells by which key a signature line was made. It is short, and proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 4]);

/// What a key's signatures are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    /// The text of a note: type `0x01`.
    Note,
    /// A checkpoint and the time of signing: type `0x04`.
    Cosignature,
}

/// A public key and its name, as configured by whoever verifies. Its text form is the *vkey*:
/// `example.com/log+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: KeyName,
    id: KeyId,
    kind: KeyKind,
    public: VerifyingKey,
}

/// Why text is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The name cannot be one.
    #[error(
        "`{name}` cannot name a key: give a name without spaces and `+`, such as `example.com/log`"
    )]
    Name {
        /// The name, cut.
        name: String,
    },
    /// It is not of the form of a key.
    #[error(
        "`{found}` is not a key: give `NAME+ID+KEY`, the id in 8 lower-case hexadecimal digits, the key in Base64"
    )]
    Form {
        /// The text, cut, or nothing of it where it is secret.
        found: String,
    },
    /// Its signatures are of a type that is not known here.
    #[error("the key of `{name}` is of type {kind:#04x}: give one of type {wanted}")]
    Kind {
        /// The key's name.
        name: KeyName,
        /// The type.
        kind: u8,
        /// What would do.
        wanted: &'static str,
    },
    /// The id is another key's.
    #[error("the key of `{name}` has the id `{computed}`, not `{found}`: copy it again, whole")]
    Id {
        /// The key's name.
        name: KeyName,
        /// The id that it says.
        found: KeyId,
        /// The id that it has.
        computed: KeyId,
    },
    /// The point is none, or signatures under it bind to nothing.
    #[error("the key of `{name}` is not a sound Ed25519 key: ask its owner for another")]
    Point {
        /// The key's name.
        name: KeyName,
    },
}

/// A signature that its key did not make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadSignature;

impl VerifierKey {
    /// The key with these 32 bytes (RFC 8032 section 5.1.2).
    pub fn new(name: KeyName, kind: KeyKind, public: &[u8; 32]) -> Result<Self, KeyError> {
        let sound = VerifyingKey::from_bytes(public).ok().filter(|key| !key.is_weak());
        let Some(public) = sound.filter(|_| is_reduced(public)) else {
            return Err(KeyError::Point { name });
        };
        let id = key_id(&name, kind.number(), public.as_bytes());
        Ok(Self { name, id, kind, public })
    }

    /// Its name.
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// Its id.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// What its signatures are over.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The key itself. Keys with different names are one key if these bytes are the same.
    pub fn public(&self) -> &[u8; 32] {
        self.public.as_bytes()
    }

    /// Whether what follows the key's id in a signature line is its signature of the text.
    pub fn is_signature(&self, text: &str, signature: &[u8]) -> bool {
        self.verify(text, signature).is_ok()
    }

    /// Checks what follows the key's id in a signature line, and gives the time of a cosignature, in seconds since 1970.
    pub(crate) fn verify(&self, text: &str, signature: &[u8]) -> Result<Option<u64>, BadSignature> {
        match self.kind {
            KeyKind::Note => {
                self.verify_message(text.as_bytes(), signature)?;
                Ok(None)
            }
            KeyKind::Cosignature => {
                let (time, signature) = signature.split_first_chunk::<8>().ok_or(BadSignature)?;
                let time = u64::from_be_bytes(*time);
                if time > MAX_TIME {
                    return Err(BadSignature);
                }
                self.verify_message(cosigned(text, time).as_bytes(), signature)?;
                Ok(Some(time))
            }
        }
    }

    fn verify_message(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        let signature = Signature::from_slice(signature).map_err(|_| BadSignature)?;
        self.public.verify(message, &signature).map_err(|_| BadSignature)
    }
}

/// The latest time that a cosignature may bear: 2^63 - 1.
pub const MAX_TIME: u64 = i64::MAX as u64;

/// What a cosigner signs.
fn cosigned(text: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

/// Whether the encoded `y` is below the field's prime, 2^255 - 19.
fn is_reduced(public: &[u8; 32]) -> bool {
    let [first, middle @ .., last] = public;
    *first < 0xed || last & 0x7f != 0x7f || middle.iter().any(|byte| *byte != 0xff)
}

fn key_id(name: &KeyName, kind: u8, public: &[u8]) -> KeyId {
    let hash = Sha256::new().chain_update(&name.0).chain_update([b'\n', kind]).chain_update(public);
    let [a, b, c, d, ..] = <[u8; 32]>::from(hash.finalize());
    KeyId([a, b, c, d])
}

/// A key that signs notes, as a log does: type `0x01`. Its text form, the *skey*, begins with `PRIVATE+KEY+`.
#[derive(Clone)]
pub struct Signer(Pair);

/// A key that cosigns checkpoints, as a witness does: type `0x04`. One key is one cosigner: use it under no second name.
#[derive(Clone)]
pub struct Cosigner(Pair);

/// A time that a cosignature cannot bear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{time} is no time for a cosignature: set the clock")]
pub struct TimeError {
    /// The time, in seconds since 1970.
    pub time: u64,
}

impl Signer {
    /// The key of this seed (RFC 8032 section 5.1.5), which must be secret and random.
    pub fn from_seed(name: KeyName, seed: &[u8; 32]) -> Self {
        Self(Pair::from_seed(name, KeyKind::Note, seed))
    }

    /// The key in its text form.
    pub fn from_skey(skey: &str) -> Result<Self, KeyError> {
        Pair::read(skey, KeyKind::Note).map(Self)
    }

    /// Its text form. Whoever has it can sign.
    pub fn to_skey(&self) -> String {
        self.0.write()
    }

    /// The public key.
    pub fn key(&self) -> &VerifierKey {
        &self.0.public
    }

    /// Signs a note's text, which ends in a newline.
    pub fn sign(&self, text: &str) -> NoteSignature {
        self.0.line(self.0.secret.sign(text.as_bytes()).to_bytes().to_vec())
    }
}

impl Cosigner {
    /// The key of this seed (RFC 8032 section 5.1.5), which must be secret and random.
    pub fn from_seed(name: KeyName, seed: &[u8; 32]) -> Self {
        Self(Pair::from_seed(name, KeyKind::Cosignature, seed))
    }

    /// The key in its text form.
    pub fn from_skey(skey: &str) -> Result<Self, KeyError> {
        Pair::read(skey, KeyKind::Cosignature).map(Self)
    }

    /// Its text form. Whoever has it can sign.
    pub fn to_skey(&self) -> String {
        self.0.write()
    }

    /// The public key.
    pub fn key(&self) -> &VerifierKey {
        &self.0.public
    }

    /// States that at `time`, in seconds since 1970, this is the largest consistent tree of its origin that the cosigner
    /// has seen. Whoever calls it has checked that.
    pub fn cosign(&self, checkpoint: &Checkpoint, time: u64) -> Result<NoteSignature, TimeError> {
        if time == 0 || time > MAX_TIME {
            return Err(TimeError { time });
        }
        let signature = self.0.secret.sign(cosigned(&checkpoint.to_string(), time).as_bytes());
        Ok(self.0.line([&time.to_be_bytes()[..], &signature.to_bytes()].concat()))
    }
}

#[derive(Clone)]
struct Pair {
    public: VerifierKey,
    secret: SigningKey,
}

impl Pair {
    fn from_seed(name: KeyName, kind: KeyKind, seed: &[u8; 32]) -> Self {
        // A key made from a seed is never of small order: its scalar is not a multiple of the group's order (RFC 8032
        // section 5.1.5, the second highest bit is set).
        let secret = SigningKey::from_bytes(seed);
        let public = secret.verifying_key();
        let id = key_id(&name, kind.number(), public.as_bytes());
        Self { public: VerifierKey { name, id, kind, public }, secret }
    }

    fn read(skey: &str, kind: KeyKind) -> Result<Self, KeyError> {
        let form = || KeyError::Form { found: "PRIVATE+KEY+…".to_owned() };
        let rest = skey.strip_prefix("PRIVATE+KEY+").ok_or_else(form)?;
        let (name, found, number, seed) = read_parts(rest).ok_or_else(form)?;
        let name: KeyName = name.parse()?;
        if number != kind.number() {
            return Err(KeyError::Kind { name, kind: number, wanted: kind.wanted() });
        }
        let pair = Self::from_seed(name, kind, &seed);
        pair.public.confirm(found)?;
        Ok(pair)
    }

    fn write(&self) -> String {
        let VerifierKey { name, id, kind, .. } = &self.public;
        let key = [&[kind.number()][..], &self.secret.to_bytes()].concat();
        format!("PRIVATE+KEY+{name}+{id}+{}", text::base64(&key))
    }

    fn line(&self, signature: Vec<u8>) -> NoteSignature {
        NoteSignature { name: self.public.name.clone(), id: self.public.id, signature }
    }
}

/// `NAME+ID+KEY`: the name, the id, the type and the 32 bytes of the key. Base64 may hold a `+`, a name may not.
fn read_parts(text: &str) -> Option<(&str, KeyId, u8, [u8; 32])> {
    let (name, rest) = text.split_once('+')?;
    let (id, key) = rest.split_once('+')?;
    let key = text::unbase64(key, 33)?;
    let (kind, key) = key.split_first()?;
    Some((name, KeyId::from_hex(id)?, *kind, key.try_into().ok()?))
}

impl VerifierKey {
    fn confirm(&self, found: KeyId) -> Result<(), KeyError> {
        match self.id == found {
            true => Ok(()),
            false => Err(KeyError::Id { name: self.name.clone(), found, computed: self.id }),
        }
    }
}

impl KeyKind {
    /// Its number in C2SP signed-note.
    pub fn number(self) -> u8 {
        match self {
            Self::Note => 0x01,
            Self::Cosignature => 0x04,
        }
    }

    fn wanted(self) -> &'static str {
        match self {
            Self::Note => "0x01, Ed25519",
            Self::Cosignature => "0x04, an Ed25519 cosignature",
        }
    }
}

impl KeyName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = KeyError;
    fn from_str(name: &str) -> Result<Self, KeyError> {
        let barred = |letter: char| letter.is_whitespace() || letter < ' ' || letter == '+';
        match name.is_empty() || name.contains(barred) {
            true => Err(KeyError::Name { name: text::shown(name) }),
            false => Ok(Self(name.to_owned())),
        }
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;
    fn from_str(vkey: &str) -> Result<Self, KeyError> {
        let form = || KeyError::Form { found: text::shown(vkey) };
        let mut parts = vkey.splitn(3, '+');
        let name = parts.next().ok_or_else(form)?;
        let id = parts.next().and_then(KeyId::from_hex).ok_or_else(form)?;
        let key = parts.next().and_then(|key| text::unbase64(key, 4096)).ok_or_else(form)?;
        let name: KeyName = name.parse()?;
        let (number, public) = key.split_first().ok_or_else(form)?;
        let kind = match number {
            0x01 => KeyKind::Note,
            0x04 => KeyKind::Cosignature,
            other => {
                return Err(KeyError::Kind { name, kind: *other, wanted: "0x01 or 0x04, Ed25519" });
            }
        };
        let key = Self::new(name, kind, public.try_into().map_err(|_| form())?)?;
        key.confirm(id)?;
        Ok(key)
    }
}

impl KeyId {
    fn from_hex(hex: &str) -> Option<Self> {
        let id = u32::from_str_radix(hex, 16).ok().map(|id| Self(id.to_be_bytes()))?;
        (id.to_string() == hex).then_some(id)
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::hex(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[self.kind.number()][..], self.public.as_bytes()].concat();
        write!(f, "{}+{}+{}", self.name, self.id, text::base64(&key))
    }
}

// The secret is never shown.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.key())
    }
}

impl fmt::Debug for Cosigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cosigner({})", self.key())
    }
}
