//! Cleaning: a stranger's text made safe to show, with nothing hidden and nothing obeyed.

/// `text` on one line, with every character that acts instead of showing replaced by its number in ‹ ›.
///
/// Control characters, terminal escapes, bidirectional overrides, invisible and private-use characters can make a
/// reader see something else than what is there. Spaces and line breaks become single spaces, so that free text
/// cannot imitate a heading or a signature of the letter around it. The no-break spaces of French stay, and so do
/// the joiners inside Persian and Indic words.
pub(crate) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut space, mut before) = (false, ' ');
    for c in text.chars() {
        if is_plain_space(c) {
            space = !out.is_empty();
            continue;
        }
        if std::mem::take(&mut space) {
            out.push(' ');
        }
        let joins =
            matches!(c, '\u{200C}' | '\u{200D}') && !before.is_ascii() && before.is_alphabetic();
        if acts(c) && !joins {
            push_number(&mut out, c)
        } else {
            out.push(c)
        }
        before = c;
    }
    out
}

/// `c` as its number, visibly.
pub(crate) fn push_number(out: &mut String, c: char) {
    out.push_str(&format!("‹U+{:04X}›", u32::from(c)));
}

/// `text` with an invisible place to break after every 40 characters of a word longer than `longest`.
///
/// Only for the typesetter: a very long word would otherwise run off the page. Words that fit are left alone, so that
/// a digest or an address copied from the PDF is just that.
pub(crate) fn breakable(text: &str, longest: usize) -> String {
    const PIECE: usize = 40;
    let mut out = String::with_capacity(text.len());
    for (at, word) in text.split(' ').enumerate() {
        if at > 0 {
            out.push(' ');
        }
        let long = word.chars().count() > longest;
        for (at, c) in word.chars().enumerate() {
            if long && at > 0 && at.is_multiple_of(PIECE) {
                out.push('\u{200B}');
            }
            out.push(c);
        }
    }
    out
}

fn is_plain_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn acts(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            0xAD | 0x034F | 0x061C | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F
            | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0
            | 0xFFF0..=0xFFFB | 0xFFFD | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0000..=0x10FFFF)
        || (0xE000..=0xF8FF).contains(&u32::from(c))
        || u32::from(c) & 0xFFFE == 0xFFFE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_sequence_or_an_override_is_shown_not_obeyed() {
        assert_eq!(clean("a\u{1b}[31mb"), "a‹U+001B›[31mb");
        assert_eq!(clean("exe.\u{202e}gpj"), "exe.‹U+202E›gpj");
    }

    #[test]
    fn line_breaks_cannot_fake_a_section() {
        assert_eq!(clean("  ok\r\n\r\nSIGNED\n------ "), "ok SIGNED ------");
    }

    #[test]
    fn writing_of_any_script_stays() {
        for text in [
            "#strong[*x*] $y$ \\ `z`",
            "مرحبا",
            "שלום",
            "你好",
            "می\u{200c}خواهم",
            "e\u{301}",
            "10\u{a0}000",
        ] {
            assert_eq!(clean(text), text);
        }
    }

    #[test]
    fn a_very_long_word_gets_places_to_break_and_a_digest_none() {
        assert_eq!(breakable(&"a".repeat(100), 76).matches('\u{200B}').count(), 2);
        assert_eq!(breakable(&"a".repeat(64), 76), "a".repeat(64));
        assert_eq!(breakable(&"ab ".repeat(100), 76), "ab ".repeat(100));
    }
}
