//! JSON with lists, and rows that point into them: the machine-readable copy of Apple's report.

use super::read::{Cell, Form, number};
use super::{Place, Reading, short};

pub(super) fn read(form: &Form, reading: &mut Reading) {
    for (row, line) in form.rows.iter().zip(1..) {
        let [period, country, kind, values @ ..] = row.as_slice() else {
            reading.warn(Some(line), "fewer than three cells", "the row is not in the figures");
            continue;
        };
        let Some(section) = kind.index().and_then(|index| form.request_types.get(index)) else {
            let found = format!("`{}` is no type of request", short(&kind.text()));
            reading.warn(Some(line), found, "the row is not in the figures");
            continue;
        };
        let Some(place) = place(form, reading, line, [period, country], section) else { continue };
        if values.len() != form.measures.len() {
            let found = format!("{} values of {} measures", values.len(), form.measures.len());
            reading.warn(Some(line), found, "read as far as both go");
        }
        for (measure, value) in form.measures.iter().zip(values) {
            figure(reading, line, &place, measure, value);
        }
    }
    // Bands of national security: kind, and the ends of requests and of accounts.
    let first = u64::try_from(form.rows.len()).unwrap_or(u64::MAX).saturating_add(1);
    for (row, line) in form.ns_rows.iter().zip(first..) {
        let [period, country, kind, ends @ ..] = row.as_slice() else {
            reading.warn(Some(line), "fewer than three cells", "the row is not in the figures");
            continue;
        };
        let section = format!("national_security: {}", kind.text());
        let Some(place) = place(form, reading, line, [period, country], &section) else { continue };
        for (end, value) in BAND_ENDS.into_iter().zip(ends) {
            figure(reading, line, &place, end, value);
        }
    }
}

const BAND_ENDS: [&str; 4] = ["requests_low", "requests_high", "accounts_low", "accounts_high"];

fn place(
    form: &Form,
    reading: &mut Reading,
    line: u64,
    [period, country]: [&Cell; 2],
    section: &str,
) -> Option<Place> {
    let named = period.index().and_then(|index| form.periods.get(index)).cloned();
    let of = reading.period(line, &named.unwrap_or_else(|| period.text()))?;
    let Some(name) = country.index().and_then(|index| form.countries.get(index)) else {
        let found = format!("`{}` points at no country", short(&country.text()));
        reading.warn(Some(line), found, "the row is not in the figures");
        return None;
    };
    let state = Some(reading.state(line, name));
    Some(reading.place(line, of, section, state, name))
}

/// A measure that a type does not have is null: nothing, and no zero.
fn figure(reading: &mut Reading, line: u64, place: &Place, measure: &str, value: &Cell) {
    match value {
        Cell::Number(number) if number.is_finite() => reading.figure(line, place, measure, *number),
        Cell::Nothing(_) => {}
        other => match number(&other.text()) {
            Some((value, _)) => reading.figure(line, place, measure, value),
            None => {
                let found =
                    format!("`{}` in `{}` is no number", short(&other.text()), short(measure));
                reading.warn(Some(line), found, "not in the figures");
            }
        },
    }
}
