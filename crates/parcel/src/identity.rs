//! The authority's side of sealing: its age identity, and the recipient that belongs to it.

use age::secrecy::ExposeSecret as _;
use std::fmt;
use std::str::FromStr;
use writ_vocabulary::Digest;
use zeroize::Zeroizing;

/// The secret with which an authority opens what was sealed to it: `AGE-SECRET-KEY-1...`.
///
/// The text may be a whole identity file as `age-keygen` writes it, comments included, with one identity in it.
pub struct Identity(age::x25519::Identity);

/// Text that holds no usable identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// There is no line that is not a comment.
    #[error(
        "no identity is given: give the `AGE-SECRET-KEY-1...` line that `age-keygen` wrote when the key was enrolled"
    )]
    Missing,
    /// There are several.
    #[error("{0} identities are given: give the one that belongs to the enrolled key")]
    Several(usize),
    /// The line is something else.
    #[error(
        "the identity is not an age X25519 identity ({0}): it begins with `AGE-SECRET-KEY-1`; a passphrase, SSH or plug-in key cannot open a parcel"
    )]
    Form(&'static str),
}

impl Identity {
    /// A new identity, drawn by age from the operating system's randomness: for demonstrations and tests.
    pub fn generate() -> Self {
        Self(age::x25519::Identity::generate())
    }

    /// The identity as text. Keep it where only the authority can read it.
    pub fn secret_text(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.to_string().expose_secret().to_owned())
    }

    /// The recipient to enrol: `age1...`.
    pub fn recipient(&self) -> String {
        self.0.to_public().to_string()
    }

    /// The recipient's fingerprint, as the registry shows it.
    pub fn fingerprint(&self) -> Digest {
        Digest::of(self.recipient())
    }

    pub(crate) fn age(&self) -> &age::x25519::Identity {
        &self.0
    }
}

impl FromStr for Identity {
    type Err = IdentityError;
    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let is_key = |line: &&str| !line.is_empty() && !line.starts_with('#');
        let keys: Vec<_> = text.lines().map(str::trim).filter(is_key).collect();
        match keys.as_slice() {
            [] => Err(IdentityError::Missing),
            [key] => key.parse().map(Self).map_err(IdentityError::Form),
            several => Err(IdentityError::Several(several.len())),
        }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.recipient())
    }
}

/// Reads an enrolled key; `Err` says what is wrong with it.
pub(crate) fn recipient(text: &str) -> Result<age::x25519::Recipient, &'static str> {
    let recipient: age::x25519::Recipient = text.parse()?;
    if recipient.to_string() != text {
        return Err("not written in lower case");
    }
    let (_, bytes) = bech32::decode(text).map_err(|_| "invalid Bech32 encoding")?;
    let mut point: [u8; 32] = bytes.try_into().map_err(|_| "incorrect pubkey length")?;
    point[31] &= 0x7f;
    if LOW_ORDER.contains(&hex::encode(point).as_str()) {
        return Err("a point of small order, which would seal to everybody");
    }
    Ok(recipient)
}

/// The points of Curve25519 whose shared secret is always zero (RFC 7748, section 6.1), top bit cleared.
const LOW_ORDER: [&str; 7] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_reads_back_from_its_file() {
        let identity = Identity::generate();
        let secret = identity.secret_text();
        let file = format!("# public key: {}\n\n{}\n", identity.recipient(), secret.as_str());
        assert_eq!(file.parse::<Identity>().unwrap().recipient(), identity.recipient());
        assert!(!format!("{identity:?}").contains("SECRET"));
        let twice = format!("{}\n{}", secret.as_str(), secret.as_str());
        assert_eq!(twice.parse::<Identity>().unwrap_err(), IdentityError::Several(2));
        assert_eq!("# nothing".parse::<Identity>().unwrap_err(), IdentityError::Missing);
        assert!(matches!("age1x".parse::<Identity>(), Err(IdentityError::Form(_))));
    }

    #[test]
    fn a_recipient_of_small_order_or_in_another_spelling_is_refused() {
        let hrp = bech32::Hrp::parse("age").unwrap();
        for point in LOW_ORDER {
            for top in [0, 0x80] {
                let mut bytes = hex::decode(point).unwrap();
                bytes[31] |= top;
                let text = bech32::encode::<bech32::Bech32>(hrp, &bytes).unwrap();
                assert!(recipient(&text).unwrap_err().contains("small order"), "{point}");
            }
        }
        let good = Identity::generate().recipient();
        assert!(recipient(&good).is_ok());
        assert!(recipient(&good.to_uppercase()).is_err());
        assert!(recipient("ssh-ed25519 AAAA").is_err());
    }
}
