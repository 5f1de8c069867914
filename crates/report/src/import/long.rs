//! JSON in the long form: `columns`, and a row for each figure. The machine-readable copies of Microsoft's and Google's
//! reports.

use super::read::{Cell, Form, number};
use super::{ImportError, Place, Reading, short};
use crate::Country;

/// The columns that say where a figure stands or what it is; any other is part of its section.
const PLACES: [&str; 8] =
    ["period", "country", "iso2", "metric", "unit", "value", "value_low", "value_high"];

pub(super) fn read(form: &Form, reading: &mut Reading) -> Result<(), ImportError> {
    let column = |name: &str| form.columns.iter().position(|column| column == name);
    let (Some(country), Some(metric)) = (column("country"), column("metric")) else {
        return Err(ImportError::Unknown("`columns` needs `country` and `metric`"));
    };
    let (Some(low), high) = (column("value").or(column("value_low")), column("value_high")) else {
        return Err(ImportError::Unknown(
            "`columns` needs `value`, or `value_low` and `value_high`",
        ));
    };
    let (period, iso2) = (column("period"), column("iso2"));
    if period.is_none() && reading.period.is_none() {
        return Err(ImportError::NoPeriod);
    }
    for (row, line) in form.rows.iter().zip(1..) {
        let cell = |index: usize| row.get(index).map(Cell::text).unwrap_or_default();
        if row.len() != form.columns.len() {
            let found = format!("{} cells under {} columns", row.len(), form.columns.len());
            reading.warn(Some(line), found, "read as far as both go");
        }
        let of = match period {
            Some(index) => reading.period(line, &cell(index)),
            None => reading.period,
        };
        let Some(of) = of else { continue };
        let name = cell(country);
        let by_code = iso2.map(|index| crate::country(&cell(index)));
        let state = match by_code {
            Some(Country::Known(state) | Country::Other(state)) => Some(Country::Known(state)),
            _ => Some(reading.state(line, &name)),
        };
        let section = form.columns.iter().zip(row).filter_map(|(column, cell)| {
            let text = cell.text();
            (!PLACES.contains(&column.as_str()) && !text.is_empty()).then_some(text)
        });
        let section = section.collect::<Vec<_>>().join(": ");
        let place = reading.place(line, of, &section, state, &name);
        values(reading, line, &place, &cell(metric), [Some(low), high].map(|at| row.get(at?)));
    }
    Ok(())
}

/// One figure, or the two ends of a band.
fn values(reading: &mut Reading, line: u64, place: &Place, metric: &str, ends: [Option<&Cell>; 2]) {
    let read = ends.map(|cell| number(&cell?.text()).map(|(value, _)| value));
    match read {
        [Some(low), Some(high)] if low != high => {
            reading.figure(line, place, &format!("{metric}_low"), low);
            reading.figure(line, place, &format!("{metric}_high"), high);
        }
        [Some(value), _] | [None, Some(value)] => reading.figure(line, place, metric, value),
        [None, None] => {
            let text = ends[0].map(Cell::text).unwrap_or_default();
            let found = format!("`{}` in `{}` is no number", short(&text), short(metric));
            reading.warn(Some(line), found, "not in the figures");
        }
    }
}
