//! A code: 256 bits that stand for a picture, its text form, and how far two of them lie apart.

use bytemuck::{Pod, Zeroable};
use std::fmt;
use std::str::FromStr;

/// 256 bits. The text form is 64 hexadecimal digits, the most significant first, as PDQ hashes are written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Pod, Zeroable)]
#[repr(transparent)]
pub struct Code([u64; 4]);

impl Code {
    /// How many bits a code has.
    pub const BITS: u32 = 256;

    /// The code of these words, the most significant first.
    #[must_use]
    pub const fn from_words(words: [u64; 4]) -> Self {
        Self(words)
    }

    /// The four words, the most significant first.
    #[must_use]
    pub const fn words(&self) -> [u64; 4] {
        self.0
    }

    /// The code of these bytes, in the order of the text form.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        let (words, _) = bytes.as_chunks::<8>();
        let mut code = [0; 4];
        for (word, bytes) in code.iter_mut().zip(words) {
            *word = u64::from_be_bytes(*bytes);
        }
        Self(code)
    }

    /// The bytes, in the order of the text form.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (bytes, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(self.0) {
            *bytes = word.to_be_bytes();
        }
        bytes
    }

    /// In how many bits the two differ: 0 to 256.
    #[must_use]
    #[inline]
    pub fn distance(&self, other: &Self) -> u32 {
        let [a, b, c, d] = self.apart(other).0;
        a.count_ones() + b.count_ones() + c.count_ones() + d.count_ones()
    }

    /// The bits in which the two differ.
    #[inline]
    pub(crate) fn apart(&self, other: &Self) -> Self {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        Self([a ^ e, b ^ f, c ^ g, d ^ h])
    }
}

/// One thing the index holds. An id may have many codes, and a code many ids; the same entry is held once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    /// The caller's name for it.
    pub id: u64,
    /// The code.
    pub code: Code,
    /// What the caller's limits and filters go by: a bank, say.
    pub group: u16,
}

/// Why a text is no code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Not 64 digits.
    #[error("a code has 64 hexadecimal digits: this one has {0} characters")]
    Length(usize),
    /// Something else than a hexadecimal digit.
    #[error("a code has hexadecimal digits only: `{found}` stands at character {at}")]
    Digit {
        /// What stands there.
        found: char,
        /// Where, counted from 1.
        at: usize,
    },
}

impl FromStr for Code {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let length = text.chars().count();
        if length != 64 {
            return Err(CodeError::Length(length));
        }
        let mut words = [0_u64; 4];
        for (at, found) in text.chars().enumerate() {
            let digit = found.to_digit(16).ok_or(CodeError::Digit { found, at: at + 1 })?;
            if let Some(word) = words.get_mut(at / 16) {
                *word = *word << 4 | u64::from(digit);
            }
        }
        Ok(Self(words))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|word| write!(f, "{word:016x}"))
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "f8f8f0cce0f4e84d0e370a22028f67f0b36e2ed596623e1d33e6339c4e9c9b22";

    #[test]
    fn text_bytes_and_words_say_the_same() {
        let code: Code = TEXT.parse().unwrap();
        assert_eq!(code.to_string(), TEXT);
        assert_eq!(Code::from_bytes(&code.to_bytes()), code);
        assert_eq!(code.to_bytes()[..2], [0xf8, 0xf8]);
        assert_eq!(TEXT.to_uppercase().parse(), Ok(code));
    }

    #[test]
    fn a_text_that_is_no_code_is_told_why() {
        assert_eq!("".parse::<Code>(), Err(CodeError::Length(0)));
        assert_eq!("ä".repeat(64).parse::<Code>(), Err(CodeError::Digit { found: 'ä', at: 1 }));
        let signed = format!("+{}", &TEXT[1..]);
        assert_eq!(signed.parse::<Code>(), Err(CodeError::Digit { found: '+', at: 1 }));
    }

    #[test]
    fn distance_counts_the_bits_that_differ() {
        let code: Code = TEXT.parse().unwrap();
        let [a, b, c, d] = code.words();
        assert_eq!(code.distance(&Code::from_words([a ^ 1, b, c, d ^ (1 << 63)])), 2);
        assert_eq!(code.distance(&Code::from_words([!a, !b, !c, !d])), 256);
    }
}
