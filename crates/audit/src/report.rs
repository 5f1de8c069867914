//! A published report against the record: each figure that is said to rest on it, and the report's own columns.

use crate::fault::{Fault, Kind};
use crate::verdict::{Published, RecordFigures};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What faults in a report name as their file.
const REPORT: &str = "the report";
/// The longest report that is read, in bytes.
const MAX_REPORT: usize = 64 << 20;

/// What a report says of the record that it rests on: its member `record`.
#[derive(Deserialize)]
struct Record {
    origin: String,
    totals: Vec<Quoted>,
    /// Which of the report's own figures are which rows.
    #[serde(default)]
    sums: Vec<Rule>,
}

/// The totals of a period, as the report quotes them.
#[derive(Deserialize)]
struct Quoted {
    from: u64,
    to: u64,
    digest: String,
    /// By table and row: a count, or a band as text.
    tables: Map<String, Value>,
}

/// The sum of the figures at `figures` is the sum of the counts in `rows`, over all quoted totals.
#[derive(Deserialize)]
struct Rule {
    /// Where the figures are: JSON pointers (RFC 6901) in which `*` stands for every member or element.
    figures: Vec<String>,
    /// The rows: `TABLE/ROW`.
    rows: Vec<String>,
}

/// Compares the report with the record, and gives how many figures agree.
pub(crate) fn compare(report: &[u8], origin: &str, record: &RecordFigures) -> Result<u64, Fault> {
    if report.len() > MAX_REPORT {
        return Err(unreadable(format!(
            "it has {} bytes; at most {MAX_REPORT} are read",
            report.len()
        )));
    }
    let report: Value =
        serde_json::from_slice(report).map_err(|error| unreadable(error.to_string()))?;
    let member =
        report.get("record").ok_or_else(|| unreadable("it has no member `record`".to_owned()))?;
    let said =
        Record::deserialize(member).map_err(|error| unreadable(format!("`record`: {error}")))?;
    if said.origin != origin {
        return Err(differs(format!(
            "it rests on the record `{}`, not on `{origin}`",
            said.origin
        )));
    }
    let mut periods: Vec<&Published> = Vec::new();
    let mut figures = 0;
    for quoted in &said.totals {
        let (from, to) = (quoted.from, quoted.to);
        let same = |period: &&Published| (period.from, period.to) == (from, to);
        let period = record.periods.iter().find(same).ok_or_else(|| {
            differs(format!("the record has no totals of the entries {from} to before {to}"))
        })?;
        if period.digest != quoted.digest {
            return Err(differs(format!(
                "it says that the totals of the entries {from} to before {to} have the digest {}; they have {}",
                quoted.digest, period.digest
            )));
        }
        if periods.iter().any(|other| other.from == from) {
            return Err(differs(format!("it counts the entries {from} to before {to} twice")));
        }
        figures += quoted.compare(period)?;
        periods.push(period);
    }
    for rule in &said.sums {
        figures += rule.compare(&report, &periods)?;
    }
    Ok(figures)
}

impl Quoted {
    /// Every row of a table that is quoted has to be there, but for row 0 and counts of 0.
    fn compare(&self, period: &Published) -> Result<u64, Fault> {
        let mut figures = 0;
        for (name, quoted) in &self.tables {
            let table = period.totals.tables().iter().find(|table| table.table() == name);
            let table =
                table.ok_or_else(|| differs(format!("the record has no table `{name}`")))?;
            let rows = quoted
                .as_object()
                .ok_or_else(|| unreadable(format!("table `{name}` has no rows")))?;
            for (row, said) in rows {
                let wanted = published(period, name, row).ok_or_else(|| {
                    differs(format!("the record publishes no row `{row}` of table `{name}`"))
                })?;
                if !same_figure(said, &wanted) {
                    return Err(differs(format!(
                        "row `{row}` of table `{name}` is {said}, by the record {wanted}"
                    )));
                }
                figures += 1;
            }
            let left_out = table.rows().iter().skip(1).map(|row| row.row()).find(|row| {
                let figure = published(period, name, row);
                !rows.contains_key(*row) && figure.is_some_and(|figure| figure != 0)
            });
            if let Some(row) = left_out {
                return Err(differs(format!(
                    "row `{row}` of table `{name}` is left out, and is not 0"
                )));
            }
        }
        Ok(figures)
    }
}

impl Rule {
    fn compare(&self, report: &Value, periods: &[&Published]) -> Result<u64, Fault> {
        let (mut said, mut figures, mut counted) = (0_u64, 0, 0_u64);
        for pointer in &self.figures {
            let mut found = Vec::new();
            find(report, pointer, &mut found)
                .ok_or_else(|| unreadable(format!("`{pointer}` is no JSON pointer")))?;
            if found.is_empty() {
                return Err(unreadable(format!("there is nothing at `{pointer}`")));
            }
            for value in found {
                let figure = value
                    .as_u64()
                    .ok_or_else(|| unreadable(format!("`{pointer}` is {value}, no count")))?;
                said = said.saturating_add(figure);
                figures += 1;
            }
        }
        for name in &self.rows {
            let (table, row) = name.split_once('/').unwrap_or((name, ""));
            for period in periods {
                let count = period.totals.exact(table, row);
                let count =
                    count.ok_or_else(|| unreadable(format!("`{name}` has no count to add up")))?;
                counted = counted.saturating_add(u64::from(count));
            }
        }
        if said == counted {
            return Ok(figures);
        }
        let (columns, rows) = (self.figures.join("`, `"), self.rows.join("`, `"));
        Err(differs(format!(
            "`{columns}` come to {said}; in the record `{rows}` come to {counted}"
        )))
    }
}

/// A row's figure as a report has it: a count, or a band as text.
fn published(period: &Published, table: &str, row: &str) -> Option<Value> {
    let exact = period.totals.exact(table, row).map(Value::from);
    exact.or_else(|| period.totals.band(table, row).map(|band| Value::from(band.to_string())))
}

/// A band may be written with a long dash and with commas.
fn same_figure(said: &Value, wanted: &Value) -> bool {
    match said.as_str() {
        Some(text) => Some(text.replace('–', "-").replace(',', "").as_str()) == wanted.as_str(),
        None => said == wanted,
    }
}

/// What a JSON pointer with stars leads to. Nothing where it is no pointer.
fn find<'v>(value: &'v Value, pointer: &str, found: &mut Vec<&'v Value>) -> Option<()> {
    if pointer.is_empty() {
        found.push(value);
        return Some(());
    }
    let rest = pointer.strip_prefix('/')?;
    let (name, rest) = match rest.find('/') {
        Some(end) => rest.split_at(end),
        None => (rest, ""),
    };
    let name = name.replace("~1", "/").replace("~0", "~");
    match (name.as_str(), value) {
        ("*", Value::Array(all)) => all.iter().try_for_each(|value| find(value, rest, found)),
        ("*", Value::Object(all)) => all.values().try_for_each(|value| find(value, rest, found)),
        (name, Value::Array(all)) => {
            let one = name.parse().ok().and_then(|at: usize| all.get(at));
            one.map_or(Some(()), |value| find(value, rest, found))
        }
        (name, value) => value.get(name).map_or(Some(()), |value| find(value, rest, found)),
    }
}

fn unreadable(what: String) -> Fault {
    Fault::new(Kind::ReportUnreadable, REPORT, what)
}

fn differs(what: String) -> Fault {
    Fault::new(Kind::ReportDiffers, REPORT, what)
}
