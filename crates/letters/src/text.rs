//! The plain-text form of a letter: for a terminal, a mail body, or a reader who wants no PDF.

use crate::clean::clean;
use crate::letter::{Block, Card, Fact, FileLine, Letter};

/// Columns of a line.
const WIDTH: usize = 76;
/// A label longer than this does not push the values of its neighbours further right.
const LABEL: usize = 24;

impl Letter {
    /// The letter as text, no line longer than 76 characters.
    pub fn to_text(&self) -> String {
        let mut page = Page { colon: clean(&self.colon), lines: Vec::new() };
        page.head(self);
        page.underlined(&self.title.to_uppercase(), '=');
        for block in &self.blocks {
            page.block(block);
        }
        page.finish()
    }
}

/// Lines written so far.
#[derive(Default)]
struct Page {
    colon: String,
    lines: Vec<String>,
}

impl Page {
    fn head(&mut self, letter: &Letter) {
        self.wrapped("", "", &letter.sender.to_uppercase());
        for line in &letter.sender_lines {
            self.wrapped("", "", line);
        }
        self.lines.push("-".repeat(WIDTH));
        self.gap();
        for line in &letter.reader {
            self.wrapped("", "", line);
        }
        self.gap();
        self.facts("", &letter.facts);
        self.gap();
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Heading { text } => {
                self.gap();
                self.underlined(&text.to_uppercase(), '-');
            }
            Block::Paragraph { text } => self.wrapped("", "", text),
            Block::Note { text } => self.wrapped("| ", "| ", text),
            Block::Facts { facts } => self.facts("  ", facts),
            Block::List { first, entries } => self.list(*first, entries),
            Block::Cards { cards } => cards.iter().for_each(|card| self.card(card)),
            Block::Files { files } => files.iter().for_each(|file| self.file(file)),
            Block::Signature { facts } => {
                self.lines.push(format!("  {}", "_".repeat(40)));
                self.facts("  ", facts);
            }
        }
        self.gap();
    }

    fn list(&mut self, first: Option<usize>, entries: &[String]) {
        for (at, entry) in entries.iter().enumerate() {
            let mark = first.map_or_else(|| "  - ".into(), |first| format!("{:>3}. ", first + at));
            let under = " ".repeat(mark.chars().count());
            self.wrapped(&mark, &under, entry);
        }
    }

    fn card(&mut self, card: &Card) {
        self.gap();
        let mark = if card.mark.is_empty() {
            String::new()
        } else {
            format!("  [{}]", card.mark.to_uppercase())
        };
        self.wrapped("  ", "    ", &format!("{}{mark}", clean(&card.title)));
        self.facts("    ", &card.facts);
    }

    fn file(&mut self, file: &FileLine) {
        self.wrapped("  ", "    ", &file.path);
        self.wrapped("    ", "    ", &file.about);
        self.wrapped("    sha256 ", "    ", &file.sha256);
        self.gap();
    }

    fn facts(&mut self, indent: &str, facts: &[Fact]) {
        let lengths = facts
            .iter()
            .map(|fact| clean(&fact.label).chars().count() + self.colon.chars().count() + 1);
        let column = lengths.filter(|length| *length <= LABEL).max().unwrap_or(0);
        for fact in facts {
            self.fact(indent, column, fact);
        }
    }

    fn fact(&mut self, indent: &str, column: usize, fact: &Fact) {
        let label = format!("{}{}", clean(&fact.label), self.colon);
        let under = format!("{indent}{}", " ".repeat(column));
        let widest =
            clean(&fact.value).split(' ').map(|word| word.chars().count()).max().unwrap_or(0);
        let beside = label.chars().count() < column && under.len() + widest <= WIDTH;
        if beside {
            self.wrapped(&format!("{indent}{label:<column$}"), &under, &fact.value);
        } else {
            self.wrapped(indent, indent, &label);
            self.wrapped(&format!("{indent}  "), &format!("{indent}  "), &fact.value);
        }
    }

    fn underlined(&mut self, text: &str, with: char) {
        self.wrapped("", "", text);
        let length = self.lines.last().map_or(0, |line| line.chars().count());
        self.lines.push(with.to_string().repeat(length));
        self.gap();
    }

    /// `text` cleaned and wrapped, `first` opening its first line and `next` the others.
    fn wrapped(&mut self, first: &str, next: &str, text: &str) {
        let mut line = first.to_owned();
        let mut fresh = true;
        for word in
            clean(text).split(' ').flat_map(|word| pieces(word, WIDTH - next.chars().count()))
        {
            let length = line.chars().count() + word.chars().count();
            if !fresh && length + 1 > WIDTH || fresh && length > WIDTH && line.as_str() != next {
                self.push(std::mem::replace(&mut line, next.to_owned()));
                fresh = true;
            }
            if !fresh {
                line.push(' ');
            }
            line.push_str(&word);
            fresh = false;
        }
        self.push(line);
    }

    fn push(&mut self, line: String) {
        self.lines.push(line.trim_end().to_owned());
    }

    /// One empty line, never two.
    fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(String::new());
        }
    }

    fn finish(mut self) -> String {
        self.gap();
        self.lines.pop();
        let mut text = self.lines.join("\n");
        text.push('\n');
        text
    }
}

/// `word` in pieces that fit on a line.
fn pieces(word: &str, width: usize) -> Vec<String> {
    let chars: Vec<char> = word.chars().collect();
    if chars.len() <= width {
        return vec![word.to_owned()];
    }
    chars.chunks(width.max(1)).map(|piece| piece.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(text: &str) -> Vec<String> {
        let mut page = Page::default();
        page.wrapped("  - ", "    ", text);
        page.lines
    }

    #[test]
    fn no_line_is_longer_than_76_characters() {
        let words = "of the records that the order names ".repeat(20);
        let long = "x".repeat(500);
        for line in
            wrapped(&words).iter().chain(&wrapped(&long)).chain(&wrapped(&format!("a {long} b")))
        {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
    }

    #[test]
    fn wrapping_loses_nothing() {
        let words = "alpha beta gamma ".repeat(30);
        let back: Vec<String> = wrapped(&words)
            .iter()
            .map(|line| line.trim_start_matches("  - ").trim().into())
            .collect();
        assert_eq!(back.join(" "), words.trim());
    }
}
