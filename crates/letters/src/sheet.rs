//! Letters and pages as their templates read them: JSON in which every string is clean, breaks, and has a glyph for each character.

use crate::clean::{breakable, clean, push_number};
use crate::letter::{Block, Card, Fact, FileLine, Letter, LetterError};
use crate::page::{Page, PageError};
use serde::Serialize;

/// `letter` as JSON of at most `limit` bytes; characters that are not `shown` are given by number.
pub(crate) fn json(
    letter: &Letter,
    shown: &dyn Fn(char) -> bool,
    limit: usize,
) -> Result<Vec<u8>, LetterError> {
    let case = || letter.case.clone();
    let sheet = Pen { shown }.sheet(letter);
    let bytes = serde_json::to_vec(&sheet)
        .map_err(|error| LetterError::NotSet { case: case(), reason: error.to_string() })?;
    if bytes.len() > limit {
        return Err(LetterError::TooLong { case: case(), bytes: bytes.len(), limit });
    }
    Ok(bytes)
}

/// `page` as JSON of at most `limit` bytes; characters that are not `shown` are given by number.
pub(crate) fn page_json(
    page: &Page,
    shown: &dyn Fn(char) -> bool,
    limit: usize,
) -> Result<Vec<u8>, PageError> {
    let pen = Pen { shown };
    let sheet = page.cleaned(&|text| breakable(&pen.glyphs(text), MONO_WORD));
    let bytes = serde_json::to_vec(&sheet)
        .map_err(|error| PageError::NotSet { reason: error.to_string() })?;
    if bytes.len() > limit {
        return Err(PageError::TooLong { bytes: bytes.len(), limit });
    }
    Ok(bytes)
}

/// Fewer pages than this the letter cannot have.
pub(crate) fn pages_at_least(letter: &Letter) -> usize {
    /// No page holds more, and no line is longer, at the sizes of the template.
    const LINES: usize = 60;
    const LINE: usize = 150;
    let text = |text: &String| 1 + text.len() / 4 / LINE;
    let facts = |facts: &[Fact]| facts.iter().map(|fact| text(&fact.value)).sum::<usize>();
    let lines = |block: &Block| match block {
        Block::Heading { text: line }
        | Block::Paragraph { text: line }
        | Block::Note { text: line } => text(line),
        Block::Facts { facts: rows } | Block::Signature { facts: rows } => facts(rows),
        Block::List { entries, .. } => entries.iter().map(text).sum(),
        Block::Cards { cards } => cards.iter().map(|card| 1 + facts(&card.facts)).sum(),
        Block::Files { files } => files.len() * 3,
    };
    letter.blocks.iter().map(lines).sum::<usize>() / LINES
}

#[derive(Serialize)]
struct Sheet {
    title: String,
    lang: String,
    sender: String,
    sender_lines: Vec<String>,
    reader: Vec<String>,
    facts: Vec<Fact>,
    case: String,
    page_words: String,
    blocks: Vec<Block>,
}

/// The longest word that fits its line in running text, and in the typewriter face.
const WORD: usize = 50;
const MONO_WORD: usize = 76;

/// Writes strings so that they can be set.
struct Pen<'a> {
    shown: &'a dyn Fn(char) -> bool,
}

impl Pen<'_> {
    fn sheet(&self, letter: &Letter) -> Sheet {
        Sheet {
            title: self.name(&letter.title),
            lang: letter.lang.tag().to_owned(),
            sender: self.text(&letter.sender),
            sender_lines: self.texts(&letter.sender_lines),
            reader: self.texts(&letter.reader),
            facts: self.facts(&letter.facts),
            case: self.text(&letter.case),
            page_words: self.text(&letter.page_words),
            blocks: letter.blocks.iter().map(|block| self.block(block)).collect(),
        }
    }

    fn block(&self, block: &Block) -> Block {
        match block {
            Block::Heading { text } => Block::Heading { text: self.name(text) },
            Block::Paragraph { text } => Block::Paragraph { text: self.text(text) },
            Block::Note { text } => Block::Note { text: self.text(text) },
            Block::Facts { facts } => Block::Facts { facts: self.facts(facts) },
            Block::Signature { facts } => Block::Signature { facts: self.facts(facts) },
            Block::List { first, entries } => {
                Block::List { first: *first, entries: self.texts(entries) }
            }
            Block::Cards { cards } => {
                Block::Cards { cards: cards.iter().map(|card| self.card(card)).collect() }
            }
            Block::Files { files } => {
                Block::Files { files: files.iter().map(|file| self.file(file)).collect() }
            }
        }
    }

    fn card(&self, card: &Card) -> Card {
        Card {
            title: self.name(&card.title),
            mark: self.text(&card.mark),
            facts: self.facts(&card.facts),
        }
    }

    fn file(&self, file: &FileLine) -> FileLine {
        FileLine {
            path: self.text(&file.path),
            about: self.text(&file.about),
            sha256: breakable(&self.plain(&file.sha256), MONO_WORD),
        }
    }

    fn facts(&self, facts: &[Fact]) -> Vec<Fact> {
        let longest = |fact: &Fact| if fact.mono { MONO_WORD } else { WORD };
        let fact = |fact: &Fact| Fact {
            label: self.text(&fact.label),
            value: breakable(&self.plain(&fact.value), longest(fact)),
            mono: fact.mono,
        };
        facts.iter().map(fact).collect()
    }

    fn texts(&self, texts: &[String]) -> Vec<String> {
        texts.iter().map(|text| self.text(text)).collect()
    }

    fn text(&self, text: &str) -> String {
        breakable(&self.plain(text), WORD)
    }

    /// A heading, which a screen reader must be able to read out even where the case gives none.
    fn name(&self, text: &str) -> String {
        let name = self.text(text);
        if name.is_empty() { "–".into() } else { name }
    }

    fn plain(&self, text: &str) -> String {
        self.glyphs(&clean(text))
    }

    /// Every character that no font shows, by its number.
    fn glyphs(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            let known = c.is_ascii() || matches!(c, '‹' | '›' | '\u{a0}') || (self.shown)(c);
            if known { out.push(c) } else { push_number(&mut out, c) }
        }
        out
    }
}
