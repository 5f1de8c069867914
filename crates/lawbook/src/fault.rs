//! Faults of the law book's files: which file, which line, what is wrong and how to mend it.

use std::fmt;
use std::ops::Range;

/// One thing that is wrong in the law book's files. One fault and nothing is loaded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file's path inside the law book's folder.
    pub file: String,
    /// The line, counted from 1, where one place can be named.
    pub line: Option<usize>,
    /// What is wrong and how to mend it.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.what),
            None => write!(f, "{}: {}", self.file, self.what),
        }
    }
}

/// A file that is being read, with the faults found in it so far.
pub(crate) struct Page<'a> {
    pub(crate) path: &'a str,
    pub(crate) text: &'a str,
    pub(crate) faults: Vec<Fault>,
}

impl<'a> Page<'a> {
    pub(crate) fn new(path: &'a str, text: &'a str) -> Self {
        Self { path, text, faults: Vec::new() }
    }

    /// The file as a value, or a fault where it is none.
    pub(crate) fn read<T: serde::de::DeserializeOwned>(&mut self) -> Option<T> {
        match toml::from_str(self.text) {
            Ok(value) => Some(value),
            Err(error) => {
                let what = self.quoted(error.span(), error.message());
                self.fault(error.span(), what);
                None
            }
        }
    }

    /// The message, with the words that it is about where it does not name them itself.
    fn quoted(&self, span: Option<Range<usize>>, message: &str) -> String {
        let about = span.and_then(|span| self.text.get(span)).unwrap_or_default().trim_matches('"');
        let short = !about.is_empty() && about.len() <= 60 && !about.contains('\n');
        if short && !message.contains(about) {
            format!("`{about}`: {message}")
        } else {
            message.to_owned()
        }
    }

    /// A fault about a word in quotes, on the line where the word first stands.
    pub(crate) fn fault_about(&mut self, word: &str, what: String) {
        let quoted = format!("\"{word}\"");
        let span = self.text.find(&quoted).map(|at| at..at + quoted.len());
        self.fault(span, what);
    }

    /// A fault about a key, on the line where it first stands.
    pub(crate) fn fault_at(&mut self, key: &str, what: String) {
        let span = self.text.find(key).map(|at| at..at + key.len());
        self.fault(span, what);
    }

    pub(crate) fn fault(&mut self, span: Option<Range<usize>>, what: String) {
        let line = span.map(|span| line_of(self.text, span.start));
        self.faults.push(Fault { file: self.path.to_owned(), line, what });
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// The word of `known` that is nearest to `given`, if one is near enough to be a slip of the pen.
pub(crate) fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let most = (given.chars().count() / 3).clamp(1, 3);
    known
        .map(|word| (distance(given, word), word))
        .filter(|(far, _)| *far <= most)
        .min()
        .map(|(_, word)| word.to_owned())
}

/// How many characters must be changed, added or left out to turn one word into the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(i + 1);
        for ((right, over), diagonal) in b.iter().zip(row.iter().skip(1)).zip(&row) {
            let changed = diagonal + usize::from(left != *right);
            let before = next.last().copied().unwrap_or(i + 1);
            next.push(changed.min(over + 1).min(before + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_a_slip_of_the_pen_or_none() {
        let known = ["message_body", "name", "login_ip"];
        let near = |given: &str| nearest(given, known.into_iter());
        assert_eq!(near("message_bodies").as_deref(), Some("message_body"));
        assert_eq!(near("mesage_body").as_deref(), Some("message_body"));
        assert_eq!(near("names").as_deref(), Some("name"));
        assert_eq!(near("blood_group"), None);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
