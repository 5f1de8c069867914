//! Reads what others published into one form, for comparison: tolerantly, saying of every liberty taken where and what.
//!
//! Read are: a wide CSV, a line for each section and country (Microsoft's); JSON with `columns` and `rows` (the
//! machine-readable copies of Microsoft's and Google's); JSON with lists and rows that point into them (Apple's); and part 3
//! of the DSA template. Nothing is left out in silence: what cannot be read is a [`Warning`] with its words.

mod dsa;
mod indexed;
mod long;
mod read;
mod wide;

use crate::published::Published;
use crate::{Country, ReportingPeriod, country, microsoft};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The largest file that is read.
pub const MAX_BYTES: usize = 8 << 20;
/// The most rows that are read.
pub const MAX_ROWS: usize = 200_000;
/// The most columns of a table.
pub const MAX_COLUMNS: usize = 128;
/// The most figures that are read.
pub const MAX_FIGURES: usize = 400_000;
/// The most letters of a name, a section or a metric that are kept.
pub const MAX_LETTERS: usize = 256;
/// The most warnings that are kept; those beyond are counted.
pub const MAX_WARNINGS: usize = 10_000;

/// A report as read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Imported {
    /// Its figures, in the order of the file.
    pub figures: Vec<Published>,
    /// The liberties taken, in the order of the file.
    pub warnings: Vec<Warning>,
    /// How many warnings more there were than [`MAX_WARNINGS`].
    pub more_warnings: usize,
}

/// One liberty taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The line of a CSV file, or the row of a JSON file, from 1; none where it is of the whole file.
    pub line: Option<u64>,
    /// What was found.
    pub found: String,
    /// What was made of it.
    pub assumed: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        write!(f, "{}; {}", self.found, self.assumed)
    }
}

/// A file that is not read at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Too large.
    #[error("the file has {0} bytes; at most {MAX_BYTES} are read: split it by period")]
    TooLarge(usize),
    /// Too many rows.
    #[error("the file has more than {MAX_ROWS} rows: split it by period")]
    TooManyRows,
    /// Too many figures.
    #[error("the file has more than {MAX_FIGURES} figures: split it by period")]
    TooManyFigures,
    /// Too many columns.
    #[error("the table has more than {MAX_COLUMNS} columns: it is none of the forms that are read")]
    TooManyColumns,
    /// No form that is known.
    #[error("this is none of the forms that are read: {0}")]
    Unknown(&'static str),
    /// The JSON is not well-formed.
    #[error("the JSON cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// The CSV is not well-formed.
    #[error("the CSV cannot be read: {0}")]
    Csv(#[from] csv::Error),
    /// A table without a period of its own.
    #[error("the table names no period: say which it is of, as `2025-H1`")]
    NoPeriod,
}

/// Reads a published report. `period` stands for rows that name none, or none that can be read.
///
/// # Errors
/// [`ImportError`] where the file is too large or none of the forms that are read.
pub fn import(bytes: &[u8], period: Option<ReportingPeriod>) -> Result<Imported, ImportError> {
    if bytes.len() > MAX_BYTES {
        return Err(ImportError::TooLarge(bytes.len()));
    }
    let mut reading = Reading { period, ..Reading::default() };
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = String::from_utf8_lossy(bytes);
    if matches!(text, std::borrow::Cow::Owned(_)) {
        reading.warn(None, "the file is not UTF-8", "what is not was replaced by `\u{fffd}`");
    }
    if text.trim_start().starts_with('{') {
        long_or_indexed(&text, &mut reading)?;
    } else {
        read::csv(&text, &mut reading)?;
    }
    reading.check_groups();
    reading.done.warnings.sort_by_key(|warning| warning.line);
    if reading.too_many { Err(ImportError::TooManyFigures) } else { Ok(reading.done) }
}

fn long_or_indexed(text: &str, reading: &mut Reading) -> Result<(), ImportError> {
    let form: read::Form = serde_json::from_str(text)?;
    let rows = form.rows.len().saturating_add(form.ns_rows.len());
    if rows > MAX_ROWS {
        return Err(ImportError::TooManyRows);
    }
    match (form.columns.is_empty(), form.measures.is_empty()) {
        (false, _) => long::read(&form, reading),
        (true, false) => {
            indexed::read(&form, reading);
            Ok(())
        }
        (true, true) => Err(ImportError::Unknown(
            "JSON needs `columns` and `rows`, or `measures`, `periods`, `countries`, `request_types` and `rows`",
        )),
    }
}

/// What is read so far.
#[derive(Default)]
struct Reading {
    period: Option<ReportingPeriod>,
    done: Imported,
    /// The line of each figure, for what is checked at the end.
    lines: Vec<u64>,
    /// Names of states that were warned of.
    names: BTreeSet<String>,
    /// Whether there are more figures than are read.
    too_many: bool,
}

impl Reading {
    fn warn(&mut self, line: Option<u64>, found: impl Into<String>, assumed: impl Into<String>) {
        if self.done.warnings.len() < MAX_WARNINGS {
            let (found, assumed) = (found.into(), assumed.into());
            self.done.warnings.push(Warning { line, found, assumed });
        } else {
            self.done.more_warnings += 1;
        }
    }

    fn figure(&mut self, line: u64, place: &Place, metric: &str, value: f64) {
        if self.done.figures.len() >= MAX_FIGURES {
            self.too_many = true;
            return;
        }
        let metric = &self.clipped(line, metric);
        if value < 0.0 {
            let found = format!("`{metric}` is {value}, less than nothing");
            self.warn(Some(line), found, "kept as it is");
        }
        self.done.figures.push(Published {
            period: place.period,
            section: place.section.clone(),
            country: place.country.as_ref().and_then(Country::jurisdiction),
            country_as_published: place.name.clone(),
            metric: metric.to_owned(),
            value,
        });
        self.lines.push(line);
    }

    /// Where figures stand.
    fn place(
        &mut self,
        line: u64,
        period: ReportingPeriod,
        section: &str,
        country: Option<Country>,
        name: &str,
    ) -> Place {
        let (section, name) = (self.clipped(line, section), self.clipped(line, name));
        Place { period, section, country, name }
    }

    /// A name, a section or a metric, no longer than what is kept.
    fn clipped(&mut self, line: u64, text: &str) -> String {
        match text.char_indices().nth(MAX_LETTERS) {
            None => text.to_owned(),
            Some((end, _)) => {
                let found = format!("`{}` goes on", short(text));
                self.warn(Some(line), found, format!("read as far as {MAX_LETTERS} letters"));
                text.get(..end).unwrap_or_default().to_owned()
            }
        }
    }

    /// The period that a row names, or the one given for rows that name none that can be read.
    fn period(&mut self, line: u64, text: &str) -> Option<ReportingPeriod> {
        if let Ok(period) = text.trim().parse() {
            return Some(period);
        }
        if let Some(mended) = read::mended_period(text) {
            let found = format!("`{}` has a day that its month does not have", short(text));
            self.warn(Some(line), found, format!("read as {}", mended.iso()));
            return Some(mended);
        }
        let found = format!("`{}` is no period", short(text));
        match self.period {
            Some(given) => {
                self.warn(Some(line), found, format!("read as {given}, which was given"))
            }
            None => self.warn(Some(line), found, "the row is not in the figures"),
        }
        self.period
    }

    /// Whom a row is of. A name is warned of once, where it first stands.
    fn state(&mut self, line: u64, text: &str) -> Country {
        let state = country(text);
        let is_code = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        if !self.names.contains(text) {
            match &state {
                Country::Other(meant) if !is_code => {
                    let found = format!("`{}` is not the usual name", short(text));
                    self.warn(
                        Some(line),
                        found,
                        format!("read as {}", crate::country::name(*meant)),
                    );
                }
                Country::Unknown => {
                    let found = format!("`{}` is no country that is known", short(text));
                    self.warn(Some(line), found, "its figures are kept under that name");
                }
                _ => {}
            }
            self.names.insert(text.to_owned());
        }
        state
    }

    /// What only whole rows show: zeros left out, outcomes that do not sum, more requests than accounts, a state named twice.
    fn check_groups(&mut self) {
        let mut groups: BTreeMap<_, (u64, BTreeMap<String, f64>)> = BTreeMap::new();
        for (one, line) in self.done.figures.iter().zip(&self.lines) {
            let key = (one.period, one.section.clone(), one.country_as_published.clone());
            let (_, group) = groups.entry(key).or_insert_with(|| (*line, BTreeMap::new()));
            *group.entry(one.metric.clone()).or_default() += one.value;
        }
        let mut states = BTreeMap::new();
        for ((period, section, name), (line, group)) in groups {
            if let Some(state) = country(&name).jurisdiction()
                && let Some(before) = states.insert((period, section.clone(), state), name.clone())
            {
                let found =
                    format!("{section}: `{}` and `{}` are one state", short(&before), short(&name));
                self.warn(Some(line), found, "both are kept; a comparison adds them");
            }
            if let (Some(requests), true) = (
                group.get("requests"),
                group.contains_key("rejected") || group.contains_key("disclosed_content"),
            ) {
                let place = Place { period, section, country: Some(country(&name)), name };
                self.check_outcomes(line, &place, *requests, &group);
            }
        }
    }

    fn check_outcomes(
        &mut self,
        line: u64,
        place: &Place,
        requests: f64,
        group: &BTreeMap<String, f64>,
    ) {
        let missing: Vec<_> = METRICS.into_iter().filter(|one| !group.contains_key(*one)).collect();
        if !missing.is_empty() {
            let found = format!(
                "{}, {}: no `{}`",
                short(&place.section),
                short(&place.name),
                missing.join("`, `")
            );
            self.warn(Some(line), found, "read as 0");
            missing.into_iter().for_each(|metric| self.figure(line, place, metric, 0.0));
        }
        let value = |metric: &str| group.get(metric).copied().unwrap_or_default();
        let whole = |metric: &str| value(metric) as u64;
        let counts = microsoft::Counts {
            accounts_specified: whole("accounts_specified"),
            disclosed_content: whole("disclosed_content"),
            disclosed_noncontent: whole("disclosed_noncontent"),
            no_data_found: whole("no_data_found"),
            rejected: whole("rejected"),
            pending: whole("pending"),
            requests: requests as u64,
        };
        if let Err(unbalanced) = counts.balanced(short(&place.name)) {
            self.warn(Some(line), format!("{}, {unbalanced}", place.section), "kept as it is");
        }
        if counts.requests > counts.accounts_specified && group.contains_key("accounts_specified") {
            let found = format!(
                "{}, {}: {} requests name {} accounts",
                place.section,
                short(&place.name),
                counts.requests,
                counts.accounts_specified
            );
            self.warn(Some(line), found, "kept as it is: a request need not name one that exists");
        }
    }
}

/// The metrics of Microsoft's table. Rows leave out those that are zero.
const METRICS: [&str; 5] = [
    "accounts_specified",
    "disclosed_content",
    "disclosed_noncontent",
    "no_data_found",
    "rejected",
];

/// Where a figure stands.
struct Place {
    period: ReportingPeriod,
    section: String,
    country: Option<Country>,
    name: String,
}

/// The first characters of what was found, for a warning.
fn short(text: &str) -> &str {
    let end = text.char_indices().nth(80).map_or(text.len(), |(end, _)| end);
    text.get(..end).unwrap_or_default()
}
