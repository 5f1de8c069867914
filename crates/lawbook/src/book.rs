//! The law book: loaded whole or not at all, looked up by name and day, with a digest that says which one it was.

use crate::calendar::Calendar;
use crate::conflict::{Agreement, Conflict};
use crate::fault::{Fault, Page, nearest};
use crate::instrument::Instrument;
use crate::terms::{Class, Element, StatementKind, Terms};
use crate::{calendar, conflict, row};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};
use writ_vocabulary::{
    AuthorityClass, CaseFile, Digest, ElementId, InstrumentId, Jurisdiction, StatementId,
};

/// The law as data: elements, classes, statements, calendars, agreements, conflicts, and the rows of instruments with their
/// examples.
#[derive(Debug, Clone)]
pub struct Lawbook {
    pub(crate) terms: Terms,
    pub(crate) calendars: BTreeMap<Jurisdiction, Calendar>,
    pub(crate) agreements: Vec<Agreement>,
    pub(crate) conflicts: Vec<Conflict>,
    instruments: BTreeMap<InstrumentId, Vec<Instrument>>,
    examples: Vec<Example>,
    digest: Digest,
}

/// A case that shows what an instrument does.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// Its path inside the law book's folder.
    pub path: String,
    /// The instrument in whose folder it lies.
    pub instrument: InstrumentId,
    /// The case.
    pub case: CaseFile,
}

/// The places of the law book's folder.
enum Place {
    Elements,
    Classes,
    Statements,
    Calendars,
    Agreements,
    Conflicts,
    Row(InstrumentId, Option<Date>),
    Example(InstrumentId),
    /// Words for people: read by nobody here.
    Aside,
}

impl Lawbook {
    /// Reads the law book from its files, given as path inside the folder and text. All or nothing: one fault in one file and
    /// there is no law book, so that nobody works under half of it. What is not TOML is left aside.
    pub fn load(files: impl IntoIterator<Item = (String, String)>) -> Result<Self, Vec<Fault>> {
        let files: BTreeMap<String, String> = files.into_iter().collect();
        let mut faults = Vec::new();
        let mut book = Self::of_words(&files, &mut faults);
        book.read_rows(&files, &mut faults);
        book.read_examples(&files, &mut faults);
        book.digest = digest(&files);
        faults.sort();
        if faults.is_empty() { Ok(book) } else { Err(faults) }
    }

    /// The digest over the path and the digest of every file but the examples.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The row of an instrument that is law on `day`.
    pub fn in_force(&self, id: &InstrumentId, day: Date) -> Option<&Instrument> {
        self.instruments.get(id)?.iter().find(|row| row.in_force(day))
    }

    /// Every row of an instrument, the oldest first; empty where the law book does not have it.
    pub fn versions(&self, id: &InstrumentId) -> &[Instrument] {
        self.instruments.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    /// Every row, in order of id and date.
    pub fn instruments(&self) -> impl Iterator<Item = &Instrument> {
        self.instruments.values().flatten()
    }

    /// Every element.
    pub fn elements(&self) -> &BTreeMap<ElementId, Element> {
        &self.terms.elements
    }

    /// Every class of authority.
    pub fn classes(&self) -> &BTreeMap<AuthorityClass, Class> {
        &self.terms.classes
    }

    /// Every statement that a document may make.
    pub fn statements(&self) -> &BTreeMap<StatementId, StatementKind> {
        &self.terms.statements
    }

    /// The laws that classify elements: their short names and titles.
    pub fn regimes(&self) -> &BTreeMap<String, String> {
        &self.terms.regimes
    }

    /// The calendar of a state.
    pub fn calendar(&self, state: &Jurisdiction) -> Option<&Calendar> {
        self.calendars.get(state)
    }

    /// The agreements between states on direct orders.
    pub fn agreements(&self) -> &[Agreement] {
        &self.agreements
    }

    /// The matrix of conflicts of laws.
    pub fn conflicts(&self) -> &[Conflict] {
        &self.conflicts
    }

    /// The examples, in order of path.
    pub fn examples(&self) -> &[Example] {
        &self.examples
    }

    /// The instrument whose name is nearest to `id`, for a reader who made a slip.
    pub fn nearest_instrument(&self, id: &InstrumentId) -> Option<String> {
        nearest(id.as_str(), self.instruments.keys().map(InstrumentId::as_str))
    }

    /// The clock of a state; that of Greenwich where the law book has no calendar for it.
    pub(crate) fn zone(&self, state: &Jurisdiction) -> TimeZone {
        self.calendars.get(state).map_or(TimeZone::UTC, |calendar| calendar.zone.clone())
    }

    fn of_words(files: &BTreeMap<String, String>, faults: &mut Vec<Fault>) -> Self {
        let mut terms = Terms::default();
        let mut calendars = BTreeMap::new();
        let (mut agreements, mut conflicts) = (Vec::new(), Vec::new());
        for needed in NEEDED {
            let Some(text) = files.get(needed) else {
                let what = "the law book needs this file: add it".to_owned();
                faults.push(Fault { file: needed.to_owned(), line: None, what });
                continue;
            };
            let mut page = Page::new(needed, text);
            match place(needed) {
                Some(Place::Elements) => terms.read_elements(&mut page),
                Some(Place::Classes) => terms.read_classes(&mut page),
                Some(Place::Statements) => terms.read_statements(&mut page),
                Some(Place::Agreements) => agreements = conflict::read_agreements(&mut page),
                Some(Place::Conflicts) => {
                    conflicts = conflict::read_conflicts(&mut page, &rows_of(files));
                }
                _ => calendars = calendar::read(&mut page),
            }
            faults.append(&mut page.faults);
        }
        Self {
            terms,
            calendars,
            agreements,
            conflicts,
            instruments: BTreeMap::new(),
            examples: Vec::new(),
            digest: Digest::of([]),
        }
    }

    fn read_rows(&mut self, files: &BTreeMap<String, String>, faults: &mut Vec<Fault>) {
        for (path, text) in files {
            let mut page = Page::new(path, text);
            match place(path) {
                None => page.fault(None, "this is no place in the law book: rows are `<jurisdiction>/<name>/instrument.toml`, \
                     examples `<jurisdiction>/<name>/examples/<any>.toml`".to_owned()),
                Some(Place::Row(id, since)) => self.read_row(&mut page, id, since),
                Some(_) => {}
            }
            faults.append(&mut page.faults);
        }
        for rows in self.instruments.values_mut() {
            rows.sort_by_key(|row| row.valid_from);
        }
        self.check_gags(files, faults);
    }

    fn read_row(&mut self, page: &mut Page<'_>, id: InstrumentId, since: Option<Date>) {
        let Some(row) = row::read(page, id.clone(), &self.terms) else { return };
        if let Some(since) = since.filter(|since| *since != row.valid_from) {
            page.fault_at(
                "valid_from",
                format!(
                    "the file's name says `{since}` and the row is valid from `{}`",
                    row.valid_from
                ),
            );
        }
        let rows = self.instruments.entry(id).or_default();
        let overlaps = |other: &Instrument| {
            row.valid_to.is_none_or(|to| other.valid_from <= to)
                && other.valid_to.is_none_or(|to| row.valid_from <= to)
        };
        if let Some(other) = rows.iter().find(|other| overlaps(other)) {
            let what = format!(
                "two rows are law at once: one from `{}`, one from `{}`; give the older a `valid_to`",
                row.valid_from, other.valid_from
            );
            page.fault_at("valid_from", what);
        }
        rows.push(row);
    }

    /// A gag must be an instrument that says what it says about silence.
    fn check_gags(&self, files: &BTreeMap<String, String>, faults: &mut Vec<Fault>) {
        for (path, text) in files {
            let Some(Place::Row(id, _)) = place(path) else { continue };
            let gags = self.versions(&id).iter().flat_map(|row| &row.gags);
            let mut page = Page::new(path, text);
            for gag in
                gags.filter(|gag| !self.versions(gag).iter().any(|row| row.silence.is_some()))
            {
                page.fault_about(
                    gag.as_str(),
                    format!("`{gag}` is no instrument with a `[silence]` table"),
                );
            }
            faults.append(&mut page.faults);
        }
    }

    fn read_examples(&mut self, files: &BTreeMap<String, String>, faults: &mut Vec<Fault>) {
        let rows = rows_of(files);
        for (path, text) in files {
            let Some(Place::Example(instrument)) = place(path) else { continue };
            let mut page = Page::new(path, text);
            let has_row = rows.contains(&instrument);
            match CaseFile::parse(text) {
                Ok(case) => self.read_example(&mut page, instrument, has_row, case),
                Err(error) => page.fault(error.span, error.message),
            }
            faults.append(&mut page.faults);
        }
    }

    fn read_example(
        &mut self,
        page: &mut Page<'_>,
        instrument: InstrumentId,
        has_row: bool,
        case: CaseFile,
    ) {
        let gag = case.demand.gag.as_ref().and_then(|gag| gag.instrument.as_ref());
        if case.demand.instrument != instrument && gag != Some(&instrument) {
            page.fault(None, format!("an example of `{instrument}` must use it, as the demand's instrument or as its gag"));
        }
        if !has_row {
            page.fault(
                None,
                format!("there is no `{instrument}/instrument.toml` beside this example"),
            );
        }
        if case.facts.is_none() || case.expect.is_none() {
            page.fault(None, "an example needs `[facts]` and `[expect]`".to_owned());
        }
        let established = case.facts.as_ref().map(|facts| &facts.established);
        let checks = [
            self.check_terms(&case.demand),
            established.map_or(Ok(()), |established| self.check_established(established)),
        ];
        for term in checks.into_iter().filter_map(Result::err).flat_map(|unknown| unknown.terms) {
            page.fault_about(&term.given, term.to_string());
        }
        self.examples.push(Example { path: page.path.to_owned(), instrument, case });
    }
}

impl Place {
    fn row(self) -> Option<InstrumentId> {
        match self {
            Self::Row(id, _) => Some(id),
            _ => None,
        }
    }
}

/// The lists without which there is no law book.
const NEEDED: [&str; 6] = [
    "elements.toml",
    "classes.toml",
    "statements.toml",
    "calendars.toml",
    "agreements.toml",
    "conflicts.toml",
];

/// The instruments that have a row.
fn rows_of(files: &BTreeMap<String, String>) -> BTreeSet<InstrumentId> {
    files.keys().filter_map(|path| place(path)?.row()).collect()
}

/// Which place of the folder a path is; `None` where it is none.
fn place(path: &str) -> Option<Place> {
    if !path.ends_with(".toml") {
        return Some(Place::Aside);
    }
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["elements.toml"] => Some(Place::Elements),
        ["classes.toml"] => Some(Place::Classes),
        ["statements.toml"] => Some(Place::Statements),
        ["calendars.toml"] => Some(Place::Calendars),
        ["agreements.toml"] => Some(Place::Agreements),
        ["conflicts.toml"] => Some(Place::Conflicts),
        // The provider's own list, which may lie beside its own law book.
        ["sign-off.toml"] => Some(Place::Aside),
        [state, name, "examples", _] => {
            Some(Place::Example(format!("{state}/{name}").parse().ok()?))
        }
        [state, name, file] => {
            let id = format!("{state}/{name}").parse().ok()?;
            let stem = file.strip_suffix(".toml")?;
            match stem.split_once('@') {
                None if stem == "instrument" => Some(Place::Row(id, None)),
                Some(("instrument", since)) => Some(Place::Row(id, Some(since.parse().ok()?))),
                _ => None,
            }
        }
        _ => None,
    }
}

/// One line for each file, `<path> <sha256>`, in order of path. The examples say nothing about the law and are left out.
fn digest(files: &BTreeMap<String, String>) -> Digest {
    let mut lines = String::new();
    for (path, text) in files {
        if !matches!(place(path), Some(Place::Aside | Place::Example(_))) {
            lines.push_str(&format!("{path} {}\n", Digest::of(text)));
        }
    }
    Digest::of(lines)
}
