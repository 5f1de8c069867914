//! How numbers and bytes are written in the formats of transparency logs: one way each, and any other way is refused.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Decimal without sign and without leading zeros.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let short = text == "0" || !text.starts_with('0');
    if plain && short { text.parse().ok() } else { None }
}

/// Base64 with padding (RFC 4648 section 4).
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// What [`base64`] wrote, of at most so many bytes. Text that encoding the bytes again would not give is refused, so
/// that what was read is written the same.
pub(crate) fn unbase64(text: &str, most: usize) -> Option<Vec<u8>> {
    if text.len() > most.div_ceil(3).saturating_mul(4) {
        return None;
    }
    STANDARD.decode(text).ok().filter(|bytes| bytes.len() <= most)
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A stranger's text as an error shows it: its first 80 characters, control characters escaped.
pub(crate) fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(80).flat_map(escaped).collect();
    if text.chars().nth(80).is_some() {
        short.push('…');
    }
    short
}

fn escaped(letter: char) -> Box<dyn Iterator<Item = char>> {
    match letter.is_control() {
        true => Box::new(letter.escape_default()),
        false => Box::new(std::iter::once(letter)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_way_to_be_written() {
        assert_eq!(decimal("0"), Some(0));
        assert_eq!(decimal("18446744073709551615"), Some(u64::MAX));
        for other in ["", "00", "01", "+1", "-1", "1 ", "٣", "18446744073709551616"] {
            assert_eq!(decimal(other), None, "{other}");
        }
    }

    #[test]
    fn bytes_have_one_way_to_be_written() {
        assert_eq!(unbase64("AQI=", 2), Some(vec![1, 2]));
        // Spare bits that are set, no padding, a line break, the other alphabet, too long.
        for other in ["AQJ=", "AQI", "AQI=\n", "-_8=", "AQID"] {
            assert_eq!(unbase64(other, 2), None, "{other}");
        }
    }
}
