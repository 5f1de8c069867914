//! Jurisdictions: two-letter codes (ISO 3166-1 alpha-2, and `EU`), with who belongs to the Union.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A state or the European Union, as two capital letters.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Jurisdiction([u8; 2]);

/// Text that is not a jurisdiction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a jurisdiction: give two capital letters (ISO 3166-1, `GB` for the United Kingdom) or `EU`"
)]
pub struct JurisdictionError(pub String);

/// The Member States.
const MEMBER_STATES: [&[u8; 2]; 27] = [
    b"AT", b"BE", b"BG", b"CY", b"CZ", b"DE", b"DK", b"EE", b"ES", b"FI", b"FR", b"GR", b"HR",
    b"HU", b"IE", b"IT", b"LT", b"LU", b"LV", b"MT", b"NL", b"PL", b"PT", b"RO", b"SE", b"SI",
    b"SK",
];

impl Jurisdiction {
    /// The code.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("??")
    }

    /// Whether this is a Member State of the Union.
    pub fn is_member_state(&self) -> bool {
        MEMBER_STATES.contains(&&self.0)
    }

    /// Whether a law of `self` is also law for an authority of `other`: its own law, or Union law in a Member
    /// State. Denmark is not bound by Regulation (EU) 2023/1543 (recital 101), so Union *instruments* say
    /// themselves which states they leave out.
    pub fn reaches(&self, other: &Self) -> bool {
        self == other || (self.as_str() == "EU" && other.is_member_state())
    }
}

impl std::str::FromStr for Jurisdiction {
    type Err = JurisdictionError;
    fn from_str(text: &str) -> Result<Self, JurisdictionError> {
        match text.as_bytes() {
            [a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase() && text != "UK" => {
                Ok(Self([*a, *b]))
            }
            _ => Err(JurisdictionError(text.chars().take(80).collect())),
        }
    }
}

impl TryFrom<String> for Jurisdiction {
    type Error = JurisdictionError;
    fn try_from(text: String) -> Result<Self, JurisdictionError> {
        text.parse()
    }
}

impl From<Jurisdiction> for String {
    fn from(value: Jurisdiction) -> String {
        value.as_str().to_owned()
    }
}

impl fmt::Display for Jurisdiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn union_law_reaches_member_states_and_no_others() {
        let code = |text: &str| text.parse::<Jurisdiction>().unwrap();
        assert!(code("EU").reaches(&code("FR")));
        assert!(!code("EU").reaches(&code("GB")));
        assert!(!code("FR").reaches(&code("BE")));
        assert!("UK".parse::<Jurisdiction>().is_err());
        assert!("fr".parse::<Jurisdiction>().is_err());
    }
}
