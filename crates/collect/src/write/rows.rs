//! Rows as NDJSON, exact, and as CSV (RFC 4180) for people, with a dictionary of the columns.

use super::{Folder, Output, Spent};
use crate::error::CollectError;
use crate::plan::Step;
use crate::statement::TIME;
use crate::value::{self, Cell};
use datafusion::arrow::array::{Array, ArrayRef, RecordBatch};
use writ_custody::TimeForm;
use writ_vocabulary::{ElementId, FileEntry, FileForm};

/// The files of a step that gives rows.
pub(crate) struct RowFiles<'a> {
    ndjson: Output<'a>,
    csv: Output<'a>,
    dictionary: Output<'a>,
    step: &'a Step,
    rows: u64,
}

impl<'a> RowFiles<'a> {
    pub(crate) fn create(
        folder: &Folder,
        spent: &'a Spent,
        step: &'a Step,
    ) -> Result<Self, CollectError> {
        let output =
            |ending: &str| Output::create(folder, spent, step, format!("{}{ending}", step.path));
        let mut files = Self {
            ndjson: output(".ndjson")?,
            csv: output(".csv")?,
            dictionary: output("-dictionary.csv")?,
            step,
            rows: 0,
        };
        files.csv.write(&line(step.columns.iter().map(|column| column.name.as_str())))?;
        dictionary(&mut files.dictionary, step)?;
        Ok(files)
    }

    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), CollectError> {
        let columns: Vec<Option<&ArrayRef>> = self
            .step
            .columns
            .iter()
            .map(|column| batch.column_by_name(if column.is_time { TIME } else { &column.name }))
            .collect();
        let (mut ndjson, mut csv) = (Vec::new(), Vec::new());
        for row in 0..batch.num_rows() {
            let cells: Vec<Cell<'_>> = columns
                .iter()
                .zip(&self.step.columns)
                .map(|(array, column)| match array {
                    Some(array) if column.is_time => self.time(array.as_ref(), row),
                    Some(array) => value::cell(array.as_ref(), row),
                    None => Cell::Nothing,
                })
                .collect();
            json_row(&mut ndjson, self.step, &cells);
            let texts: Vec<String> = cells.iter().map(guarded).collect();
            csv.extend(line(texts.iter().map(String::as_str)));
            if ndjson.len() > 1 << 20 {
                self.ndjson.write(&std::mem::take(&mut ndjson))?;
                self.csv.write(&std::mem::take(&mut csv))?;
            }
        }
        self.rows += u64::try_from(batch.num_rows()).unwrap_or(u64::MAX);
        self.ndjson.write(&ndjson)?;
        self.csv.write(&csv)
    }

    fn time<'c>(&self, times: &'c dyn Array, row: usize) -> Cell<'c> {
        let form = self.step.yields.time.as_ref().map_or(TimeForm::Timestamp, |time| time.form);
        match value::instant(times, row, form) {
            Some(instant) => Cell::Shown(instant.to_string()),
            None => value::cell(times, row),
        }
    }

    pub(crate) fn finish(self) -> Result<Vec<FileEntry>, CollectError> {
        let columns = u64::try_from(self.step.columns.len()).unwrap_or(u64::MAX);
        Ok(vec![
            self.ndjson.finish(FileForm::Ndjson, self.rows)?,
            self.csv.finish(FileForm::Csv, self.rows)?,
            self.dictionary.finish(FileForm::Csv, columns)?,
        ])
    }
}

/// Says what each column is and how it is written.
pub(super) fn dictionary(output: &mut Output<'_>, step: &Step) -> Result<(), CollectError> {
    output.write(&line(["column", "elements", "source", "source_column", "written"]))?;
    for column in &step.columns {
        let elements: Vec<&str> = column.elements.iter().map(ElementId::as_str).collect();
        let written = if column.is_time {
            "date and time in UTC (RFC 3339)"
        } else {
            "as at the source; date-times in UTC (RFC 3339), bytes as hexadecimal; in CSV a leading apostrophe keeps spreadsheets from running a cell"
        };
        let cells =
            [&column.name, &elements.join(" "), step.source.as_str(), &column.column, written];
        output.write(&line(cells))?;
    }
    Ok(())
}

fn json_row(out: &mut Vec<u8>, step: &Step, cells: &[Cell<'_>]) {
    let mut mark = b'{';
    for (column, cell) in step.columns.iter().zip(cells) {
        out.push(mark);
        mark = b',';
        json(out, &column.name);
        out.push(b':');
        match cell {
            Cell::Nothing => out.extend(b"null"),
            Cell::Truth(truth) => json(out, truth),
            Cell::Whole(whole) => out.extend(whole.to_string().as_bytes()),
            Cell::Fraction(fraction) => json(out, fraction),
            Cell::Text(text) => json(out, text),
            Cell::Shown(text) => json(out, text),
            Cell::Bytes(bytes) => json(out, &hex::encode(bytes)),
        }
    }
    if mark == b'{' {
        out.push(mark);
    }
    out.extend(b"}\n");
}

fn json(out: &mut Vec<u8>, value: &(impl serde::Serialize + ?Sized)) {
    // Writing text or a number to memory cannot fail; a fraction that is no number is written as null.
    let _ = serde_json::to_writer(out, value);
}

/// The text of a cell for a spreadsheet. A cell that a spreadsheet would run as a formula, or that begins with an
/// apostrophe, gets one more apostrophe in front; the NDJSON has it exact.
pub(super) fn guarded(cell: &Cell<'_>) -> String {
    let text = match cell {
        Cell::Nothing => return String::new(),
        Cell::Truth(truth) => return truth.to_string(),
        Cell::Whole(whole) => return whole.to_string(),
        Cell::Fraction(fraction) => return fraction.to_string(),
        Cell::Bytes(bytes) => return hex::encode(bytes),
        Cell::Text(text) => *text,
        Cell::Shown(text) => text.as_str(),
    };
    let number = |rest: &str| rest.chars().all(|c| c.is_ascii_digit() || " .-()".contains(c));
    let dangerous = match text.chars().next() {
        Some('=' | '@' | '\t' | '\r' | '\'') => true,
        Some('+' | '-') => !number(text.get(1..).unwrap_or_default()),
        _ => false,
    };
    if dangerous { format!("'{text}") } else { text.to_owned() }
}

/// One record (RFC 4180).
pub(super) fn line<'t>(cells: impl IntoIterator<Item = &'t str>) -> Vec<u8> {
    let mut line = String::new();
    for (index, cell) in cells.into_iter().enumerate() {
        if index > 0 {
            line.push(',');
        }
        if cell.contains(['"', ',', '\r', '\n']) || cell.starts_with(' ') || cell.ends_with(' ') {
            line.push('"');
            line.push_str(&cell.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(cell);
        }
    }
    line.push_str("\r\n");
    line.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_csv_cell_is_never_run_by_a_spreadsheet_and_a_telephone_number_stays_one() {
        let cases = [
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+33199001234", "+33199001234"),
            ("-1+cmd|'x'", "'-1+cmd|'x'"),
            ("-12.5", "-12.5"),
            ("'quoted'", "''quoted'"),
            ("plain", "plain"),
        ];
        for (text, expected) in cases {
            assert_eq!(guarded(&Cell::Text(text)), expected);
        }
    }

    #[test]
    fn a_csv_record_is_quoted_as_rfc_4180_says() {
        assert_eq!(
            line(["a", "b,c", "d\"e", "f\ng", " h"]),
            b"a,\"b,c\",\"d\"\"e\",\"f\ng\",\" h\"\r\n"
        );
    }
}
