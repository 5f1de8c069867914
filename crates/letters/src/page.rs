//! The page: what a provider publishes for everybody, in sections, ready to become HTML or PDF.

use crate::clean::clean;
use crate::words::Lang;
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeSet;

/// A public page in one language, put into words, not yet set.
///
/// All strings are plain: no character in them has a meaning to a browser or to the typesetter. They are cleaned of
/// control characters when the page is set, not before, so a page may be built from any text.
///
/// ```
/// # use writ_letters::{Page, Section, Part, Run, Lang, PageWords};
/// let page = Page {
///     title: "Guidelines".into(),
///     lang: Lang::en(),
///     publisher: "Example <Mail>".into(),
///     publisher_lines: vec![],
///     day: "2026-11-22".parse()?,
///     opening: vec![Part::paragraph("What can be asked.")],
///     sections: vec![Section::new("asking", "How to ask").with(Part::paragraph("In writing."))],
///     words: PageWords { contents: "Contents".into(), skip: "Skip to the text".into(), page: "Page {page} of {pages}".into() },
/// };
/// assert!(page.to_html().contains("Example &lt;Mail&gt;"));
/// # Ok::<(), jiff::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page {
    /// What the page is, in a few words.
    pub title: String,
    /// The language it is written in. Pieces in another one say so themselves.
    pub lang: Lang,
    /// The provider's name.
    pub publisher: String,
    /// The provider's address, a line each.
    pub publisher_lines: Vec<String>,
    /// The day for which it speaks: the only date the PDF carries.
    pub day: Date,
    /// What stands before the contents.
    pub opening: Vec<Part>,
    /// The sections, in reading order.
    pub sections: Vec<Section>,
    /// The few words of the frame.
    pub words: PageWords,
}

/// The words of a page's frame, in its language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PageWords {
    /// "Contents".
    pub contents: String,
    /// "Skip to the text", for who reads with the keyboard.
    pub skip: String,
    /// "Page {page} of {pages}".
    pub page: String,
}

/// Why a page could not be set as PDF.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// Too much text.
    #[error(
        "the page holds {bytes} bytes of text, more than the {limit} that can be set as pdf; publish its html form"
    )]
    TooLong {
        /// What it holds.
        bytes: usize,
        /// What it may hold.
        limit: usize,
    },
    /// A name that would not fit a page: of the page, a section, a column, a row.
    #[error(
        "the name that begins `{begins}` has {chars} characters, more than the {limit} that a name may have as pdf; shorten it, or publish the html form"
    )]
    NameTooLong {
        /// Its first words.
        begins: String,
        /// How long it is.
        chars: usize,
        /// How long it may be.
        limit: usize,
    },
    /// The typesetter refused.
    #[error(
        "the page could not be set as pdf: {reason}; its html form is complete and can be published instead"
    )]
    NotSet {
        /// What the typesetter said.
        reason: String,
    },
}

/// The most characters of a name. A column's name that is longer than a page would be repeated on pages without end.
const MAX_NAME: usize = 300;

impl Page {
    /// Whether every name fits the page. Running text may be of any length: it flows.
    pub(crate) fn names_fit(&self) -> Result<(), PageError> {
        let frame = [&self.title, &self.publisher, &self.words.contents, &self.words.page];
        let mut names: Vec<&String> = frame.into_iter().chain(&self.publisher_lines).collect();
        self.opening.iter().for_each(|part| part.names(&mut names));
        self.sections.iter().for_each(|section| section.names(&mut names));
        let long = names.into_iter().find(|name| name.chars().count() > MAX_NAME);
        match long {
            None => Ok(()),
            Some(name) => Err(PageError::NameTooLong {
                begins: name.chars().take(40).collect(),
                chars: name.chars().count(),
                limit: MAX_NAME,
            }),
        }
    }
}

impl Section {
    fn names<'a>(&'a self, names: &mut Vec<&'a String>) {
        names.push(&self.title.text);
        names.extend(self.marks.iter().map(|mark| &mark.text));
        self.parts.iter().for_each(|part| part.names(names));
        self.sections.iter().for_each(|section| section.names(names));
    }
}

impl Part {
    fn names<'a>(&'a self, names: &mut Vec<&'a String>) {
        match self {
            Self::Paragraph { .. } | Self::Note { .. } | Self::Bullets { .. } => {}
            Self::Facts { rows } => names.extend(rows.iter().map(|row| &row.label)),
            Self::Table(table) => {
                names.push(&table.caption);
                names.extend(&table.columns);
                names.extend(table.groups.iter().map(|group| &group.title));
            }
        }
    }
}

/// A section, with its name and perhaps sections of its own; at most three deep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// What links point at: lower-case letters, digits and `-`, once on the page.
    pub id: String,
    /// Its name.
    pub title: Run,
    /// A word or two on how it stands ("a person decides").
    pub marks: Vec<Mark>,
    /// Whether the contents name it.
    pub in_contents: bool,
    /// What it says.
    pub parts: Vec<Part>,
    /// The sections inside.
    pub sections: Vec<Section>,
}

/// A word or two on how a thing stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// The words.
    pub text: String,
    /// Whether the reader must not miss it.
    pub strong: bool,
}

/// One piece of a section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Part {
    /// Running text.
    Paragraph {
        /// The text.
        line: Line,
    },
    /// Running text set apart, because the reader must not miss it.
    Note {
        /// The text.
        line: Line,
    },
    /// A list without numbers.
    Bullets {
        /// The entries.
        lines: Vec<Line>,
    },
    /// Names and what they stand for.
    Facts {
        /// The rows, in reading order.
        rows: Vec<FactRow>,
    },
    /// A table.
    Table(Table),
}

/// A name and what it stands for: one line, or several as a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FactRow {
    /// The name.
    pub label: String,
    /// What it stands for.
    pub lines: Vec<Line>,
}

/// A table whose first column names its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// The columns' names.
    pub columns: Vec<String>,
    /// How much of the width each column takes, in parts; as many as there are columns.
    pub widths: Vec<u8>,
    /// Its rows, in groups.
    pub groups: Vec<Group>,
}

/// Rows of a table that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// The group's name; empty where the table has but one.
    pub title: String,
    /// The rows: as many cells as there are columns.
    pub rows: Vec<Vec<Line>>,
}

/// A line of text: pieces that are set one after the other.
pub type Line = Vec<Run>;

/// A piece of text in one face and one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// The text.
    pub text: String,
    /// Its language, where it is not the page's.
    pub lang: Option<Lang>,
    /// How it is set.
    pub face: Face,
    /// Where it leads.
    pub to: Option<Target>,
}

/// How a piece of text is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Face {
    /// Running text.
    Plain,
    /// What the eye looks for.
    Strong,
    /// What stands behind: citations.
    Quiet,
    /// Digests, ids, commands.
    Code,
    /// A mark inside a line ("a person decides").
    Mark,
}

/// Where a piece of text leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A section of the same page.
    Section(String),
    /// An address outside: only [`Run::contact`] makes one, and only `https:` or `mailto:`.
    Address(String),
}

impl Page {
    /// The page with every string cleaned of what acts instead of showing, then passed through `change`.
    pub(crate) fn cleaned(&self, change: &dyn Fn(&str) -> String) -> Self {
        let mut known = BTreeSet::new();
        self.sections.iter().for_each(|section| section.ids(&mut known));
        let hand = Hand { change, known };
        Self {
            title: hand.name(&self.title),
            lang: self.lang.clone(),
            publisher: hand.text(&self.publisher),
            publisher_lines: hand.texts(&self.publisher_lines),
            day: self.day,
            opening: hand.parts(&self.opening),
            sections: self.sections.iter().map(|section| hand.section(section)).collect(),
            words: PageWords {
                contents: hand.name(&self.words.contents),
                skip: hand.name(&self.words.skip),
                page: hand.text(&self.words.page),
            },
        }
    }
}

impl Section {
    /// A section that the contents name, with nothing in it yet.
    pub fn new(id: impl Into<String>, title: impl Into<Run>) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            marks: Vec::new(),
            in_contents: true,
            parts: Vec::new(),
            sections: Vec::new(),
        }
    }

    fn ids<'a>(&'a self, known: &mut BTreeSet<&'a str>) {
        known.insert(&self.id);
        self.sections.iter().for_each(|inner| inner.ids(known));
    }

    /// With one more piece.
    #[must_use]
    pub fn with(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }
}

impl Part {
    /// Running text.
    pub fn paragraph(text: impl Into<Run>) -> Self {
        Self::Paragraph { line: vec![text.into()] }
    }

    /// Running text set apart.
    pub fn note(text: impl Into<Run>) -> Self {
        Self::Note { line: vec![text.into()] }
    }
}

impl FactRow {
    /// A name and one line.
    pub fn new(label: impl Into<String>, line: Line) -> Self {
        Self { label: label.into(), lines: vec![line] }
    }
}

impl Run {
    /// Running text in the page's language.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), lang: None, face: Face::Plain, to: None }
    }

    /// What the eye looks for.
    pub fn strong(text: impl Into<String>) -> Self {
        Self { face: Face::Strong, ..Self::plain(text) }
    }

    /// What stands behind.
    pub fn quiet(text: impl Into<String>) -> Self {
        Self { face: Face::Quiet, ..Self::plain(text) }
    }

    /// A digest, an id, a command.
    pub fn code(text: impl Into<String>) -> Self {
        Self { face: Face::Code, ..Self::plain(text) }
    }

    /// A mark inside a line.
    pub fn mark(text: impl Into<String>) -> Self {
        Self { face: Face::Mark, ..Self::plain(text) }
    }

    /// A mail address or a page as a link; other text as it is.
    pub fn contact(text: impl Into<String>) -> Self {
        let text = text.into();
        let safe = |c: char| c.is_ascii_alphanumeric() || "-._~@:/+".contains(c);
        let plain = !text.is_empty() && text.chars().all(safe);
        let to = match text.split_once('@') {
            Some((who, host)) if plain && !who.is_empty() && host.contains('.') => {
                Some(Target::Address(format!("mailto:{text}")))
            }
            None if plain && text.starts_with("https://") => Some(Target::Address(text.clone())),
            _ => None,
        };
        Self { to, ..Self::plain(text) }
    }

    /// The same in this language.
    #[must_use]
    pub fn lang(mut self, lang: Option<Lang>) -> Self {
        self.lang = lang;
        self
    }

    /// The same, leading to a section of the page.
    #[must_use]
    pub fn leading_to(mut self, section: impl Into<String>) -> Self {
        self.to = Some(Target::Section(section.into()));
        self
    }
}

impl From<&str> for Run {
    fn from(text: &str) -> Self {
        Self::plain(text)
    }
}

impl From<String> for Run {
    fn from(text: String) -> Self {
        Self::plain(text)
    }
}

/// Rewrites every string of a page.
struct Hand<'a> {
    change: &'a dyn Fn(&str) -> String,
    /// The sections that links may lead to.
    known: BTreeSet<&'a str>,
}

impl Hand<'_> {
    fn text(&self, text: &str) -> String {
        // Words are joined across runs, so the space at an edge of a piece stays.
        let edge = |there: bool| if there { " " } else { "" };
        let inner = (self.change)(&clean(text));
        if inner.is_empty() {
            return edge(!text.is_empty()).to_owned();
        }
        let (before, after) = (text.starts_with(' '), text.ends_with(' '));
        format!("{}{inner}{}", edge(before), edge(after))
    }

    fn texts(&self, texts: &[String]) -> Vec<String> {
        texts.iter().map(|text| self.text(text)).collect()
    }

    /// A heading, which a screen reader must be able to read out.
    fn name(&self, text: &str) -> String {
        let name = self.text(text);
        if name.trim().is_empty() { "–".into() } else { name }
    }

    /// A link to a section that is not there is none: better plain words than a page that cannot be set.
    fn run(&self, run: &Run) -> Run {
        let leads = |to: &Target| match to {
            Target::Section(id) => self.known.contains(id.as_str()),
            Target::Address(_) => true,
        };
        let to = run.to.clone().filter(leads);
        Run { text: self.text(&run.text), to, ..run.clone() }
    }

    fn line(&self, line: &[Run]) -> Line {
        line.iter().map(|run| self.run(run)).collect()
    }

    fn lines(&self, lines: &[Line]) -> Vec<Line> {
        lines.iter().map(|line| self.line(line)).collect()
    }

    fn section(&self, section: &Section) -> Section {
        let mark = |mark: &Mark| Mark { text: self.text(&mark.text), strong: mark.strong };
        Section {
            id: section.id.clone(),
            title: Run { text: self.name(&section.title.text), ..section.title.clone() },
            marks: section.marks.iter().map(mark).collect(),
            in_contents: section.in_contents,
            parts: self.parts(&section.parts),
            sections: section.sections.iter().map(|inner| self.section(inner)).collect(),
        }
    }

    fn parts(&self, parts: &[Part]) -> Vec<Part> {
        parts.iter().map(|part| self.part(part)).collect()
    }

    fn part(&self, part: &Part) -> Part {
        match part {
            Part::Paragraph { line } => Part::Paragraph { line: self.line(line) },
            Part::Note { line } => Part::Note { line: self.line(line) },
            Part::Bullets { lines } => Part::Bullets { lines: self.lines(lines) },
            Part::Facts { rows } => {
                Part::Facts { rows: rows.iter().map(|row| self.fact(row)).collect() }
            }
            Part::Table(table) => Part::Table(self.table(table)),
        }
    }

    fn fact(&self, row: &FactRow) -> FactRow {
        FactRow { label: self.text(&row.label), lines: self.lines(&row.lines) }
    }

    fn table(&self, table: &Table) -> Table {
        let group = |group: &Group| Group {
            title: self.text(&group.title),
            rows: group.rows.iter().map(|row| self.lines(row)).collect(),
        };
        Table {
            caption: self.text(&table.caption),
            columns: self.texts(&table.columns),
            widths: table.widths.clone(),
            groups: table.groups.iter().map(group).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_mail_address_or_a_secure_page_becomes_a_link() {
        let to = |text: &str| Run::contact(text).to;
        assert_eq!(to("a@b.example"), Some(Target::Address("mailto:a@b.example".into())));
        assert_eq!(to("https://b.example/x"), Some(Target::Address("https://b.example/x".into())));
        for text in [
            "javascript:alert(1)",
            "http://b.example",
            "a@b",
            "\"x\"@b.example",
            "a b@c.example",
            "",
        ] {
            assert_eq!(to(text), None, "{text}");
        }
    }
}
