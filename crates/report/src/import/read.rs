//! Reads files into rows of cells, and cells into numbers and periods.

use super::{ImportError, MAX_COLUMNS, MAX_ROWS, Reading, dsa, wide};
use crate::ReportingPeriod;
use jiff::civil::Date;
use serde::Deserialize;

/// Both JSON forms: the fields of the one that a file is not are empty.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Form {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
    pub measures: Vec<String>,
    pub periods: Vec<String>,
    pub countries: Vec<String>,
    pub request_types: Vec<String>,
    pub ns_rows: Vec<Vec<Cell>>,
}

/// One cell of a JSON row.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Cell {
    Number(f64),
    Text(String),
    /// Null, or what no published table holds.
    Nothing(serde::de::IgnoredAny),
}

impl Cell {
    pub fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
            Self::Nothing(_) => String::new(),
        }
    }

    pub fn index(&self) -> Option<usize> {
        match self {
            Self::Number(number) if number.fract() == 0.0 && (0.0..1e9).contains(number) => {
                Some(*number as usize)
            }
            _ => None,
        }
    }
}

/// A table with a header line, by whichever of comma, semicolon and tab its header has most of.
pub(super) fn csv(text: &str, reading: &mut Reading) -> Result<(), ImportError> {
    let head = text.lines().next().unwrap_or_default();
    let often = |delimiter: u8| head.bytes().filter(|byte| *byte == delimiter).count();
    let delimiter = [b',', b';', b'\t'].into_iter().max_by_key(|one| (often(*one), *one == b','));
    let mut csv = csv::ReaderBuilder::new()
        .flexible(true)
        .delimiter(delimiter.unwrap_or(b','))
        .from_reader(text.as_bytes());
    let header: Vec<String> = csv.headers()?.iter().map(|cell| cell.trim().to_owned()).collect();
    if header.len() > MAX_COLUMNS {
        return Err(ImportError::TooManyColumns);
    }
    let mut rows = Vec::new();
    let (mut line, mut seen) = (1, 0);
    for record in csv.records() {
        let record = record?;
        if rows.len() >= MAX_ROWS {
            return Err(ImportError::TooManyRows);
        }
        // The reader counts a line that ends in CRLF late, so lines are counted here, up to where the record begins.
        let begins =
            record.position().and_then(|at| usize::try_from(at.byte()).ok()).unwrap_or(seen);
        let rest = text.as_bytes().get(seen..).unwrap_or_default();
        let between = rest.get(..begins.saturating_sub(seen)).unwrap_or(rest);
        line += breaks(between);
        seen = begins;
        let line = line + breaks(text.as_bytes().get(begins..begins + 1).unwrap_or_default());
        let cells: Vec<String> = record.iter().map(|cell| cell.trim().to_owned()).collect();
        if cells.len() != header.len() {
            let found = format!("{} cells under {} columns", cells.len(), header.len());
            reading.warn(Some(line), found, "read as far as both go");
        }
        rows.push((line, cells));
    }
    if header.iter().any(|column| column == crate::dsa::COLUMNS[3]) {
        dsa::read(&header, &rows, reading)
    } else {
        wide::read(&header, &rows, reading)
    }
}

fn breaks(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.iter().filter(|byte| **byte == b'\n').count()).unwrap_or(u64::MAX)
}

/// A number as tables write it: `1234`, `1,234`, `1 234`, `59.26 %`; whether that took a liberty.
pub(super) fn number(text: &str) -> Option<(f64, bool)> {
    let bare = text.trim().trim_end_matches('%').trim_end();
    let plain: String =
        bare.chars().filter(|one| !matches!(one, ',' | '\u{a0}' | '\u{202f}' | ' ')).collect();
    let digits = plain.strip_prefix('-').unwrap_or(&plain);
    let decimal = !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && digits.starts_with(|one: char| one.is_ascii_digit());
    let value = if decimal { plain.parse::<f64>().ok() } else { None };
    value
        .filter(|value| value.is_finite() && value.abs() < 1e15)
        .map(|value| (value, plain != text))
}

/// A period whose last day its month does not have, `2025-07-01/2025-12-60`, with the month's last day.
pub(super) fn mended_period(text: &str) -> Option<ReportingPeriod> {
    let (first, last) = text.trim().split_once('/')?;
    ReportingPeriod::days(mended_day(first)?, mended_day(last)?).ok()
}

fn mended_day(text: &str) -> Option<Date> {
    if let Ok(day) = text.trim().parse() {
        return Some(day);
    }
    let mut parts = text.trim().splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let too_late = day.parse::<u16>().is_ok_and(|day| day > 28);
    let first = Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()?;
    too_late.then(|| first.last_of_month())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_tables_write_them() {
        assert_eq!(number("1234"), Some((1234.0, false)));
        assert_eq!(number("1,234"), Some((1234.0, true)));
        assert_eq!(number("59.26 %"), Some((59.26, true)));
        for text in ["", "n/a", "<10", "1e400", "0-499", "--1", "."] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn only_a_day_past_the_months_end_is_mended() {
        assert_eq!(mended_period("2025-07-01/2025-12-60").unwrap().iso(), "2025-07-01/2025-12-31");
        for text in ["", "2025", "x/y", "2025-07-01/2025-13-60", "2025-07-01/2025-12-00"] {
            assert_eq!(mended_period(text), None, "{text}");
        }
    }
}
