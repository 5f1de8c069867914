//! Part 3 of the DSA template as it is found: periods that do not exist, Member States in one cell, medians without a unit.

use super::{ImportError, Place, Reading, read, short};
use crate::dsa::COLUMNS;
use crate::{Country, country};

/// The columns with figures, what they are called here, and the column with the words on each.
const METRICS: [(usize, &str, usize); 7] = [
    (6, "orders_to_act", 13),
    (7, "items_in_orders_to_act", 14),
    (8, "median_to_inform_of_order_to_act", 15),
    (9, "median_to_effect_of_order_to_act", 16),
    (10, "orders_to_inform", 17),
    (11, "median_to_inform_of_order_to_inform", 18),
    (12, "median_to_effect_of_order_to_inform", 19),
];

pub(super) fn read(
    header: &[String],
    rows: &[(u64, Vec<String>)],
    reading: &mut Reading,
) -> Result<(), ImportError> {
    let column = |index: usize| {
        let name = COLUMNS.get(index)?;
        header.iter().position(|cell| cell.eq_ignore_ascii_case(name))
    };
    let (category, scope, period) = (column(3), column(5), column(2));
    let Some(scope) = scope else {
        return Err(ImportError::Unknown("part 3 of the template needs the column `Scope`"));
    };
    for (line, cells) in rows {
        let cell = |index: Option<usize>| {
            index.and_then(|index| cells.get(index)).map(String::as_str).unwrap_or_default()
        };
        let Some(of) = reading.period(*line, cell(period)) else { continue };
        let name = cell(Some(scope)).to_owned();
        let state = scope_of(reading, *line, &name);
        let place = reading.place(*line, of, cell(category), state, &name);
        for (index, metric, words) in METRICS {
            let text = cell(column(index));
            if metric.starts_with("median") {
                median(reading, *line, &place, metric, text, cell(column(words)));
            } else {
                count(reading, *line, &place, metric, text);
            }
        }
    }
    Ok(())
}

/// One Member State; nothing for the total, and for several in one cell, whose figure cannot be divided.
fn scope_of(reading: &mut Reading, line: u64, name: &str) -> Option<Country> {
    if name.eq_ignore_ascii_case("TOTAL") {
        return None;
    }
    let parts: Vec<_> =
        name.split([',', ';', '/']).map(str::trim).filter(|one| !one.is_empty()).collect();
    let all_states = parts.iter().all(|part| country(part).jurisdiction().is_some());
    if parts.len() > 1 && all_states {
        let found = format!("`{}` is {} Member States in one cell", short(name), parts.len());
        reading.warn(Some(line), found, "kept as one figure of them together");
        return None;
    }
    Some(reading.state(line, name))
}

fn count(reading: &mut Reading, line: u64, place: &Place, metric: &str, text: &str) {
    match read::number(text) {
        Some((value, _)) => reading.figure(line, place, metric, value),
        None if text.is_empty() => {
            reading.warn(Some(line), format!("`{metric}` is empty"), "read as 0");
            reading.figure(line, place, metric, 0.0);
        }
        None => {
            let found = format!("`{}` in `{metric}` is no number", short(text));
            reading.warn(Some(line), found, "not in the figures");
        }
    }
}

/// A median in minutes, where the cell or the words on it name a unit; else as it stands.
fn median(reading: &mut Reading, line: u64, place: &Place, metric: &str, text: &str, words: &str) {
    if text.is_empty() {
        return;
    }
    let digits = text.trim_end_matches(|one: char| one.is_alphabetic() || one.is_whitespace());
    let Some((value, _)) = read::number(digits) else {
        let found = format!("`{}` in `{metric}` is no number", short(text));
        reading.warn(Some(line), found, "not in the figures");
        return;
    };
    let in_cell = text.get(digits.len()..).and_then(|unit| minutes_of(unit.trim()));
    // In prose a single letter is no unit.
    let mut in_words = words.split(|one: char| !one.is_alphabetic()).filter(|word| word.len() > 2);
    let in_words = in_words.find_map(minutes_of);
    match in_cell.or(in_words) {
        Some(minutes) => {
            reading.figure(line, place, &format!("{metric}_minutes"), value * minutes);
        }
        None => {
            let found = format!("`{}` in `{metric}` has no unit", short(text));
            reading.warn(Some(line), found, "kept as the number that stands there");
            reading.figure(line, place, metric, value);
        }
    }
}

/// How many minutes a unit is.
fn minutes_of(unit: &str) -> Option<f64> {
    Some(match unit.to_lowercase().as_str() {
        "s" | "sec" | "second" | "seconds" => 1.0 / 60.0,
        "m" | "min" | "minute" | "minutes" => 1.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => 60.0,
        "d" | "day" | "days" => 1440.0,
        _ => return None,
    })
}
