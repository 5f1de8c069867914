//! A wide table: a line for each section and country, a column for each metric. Microsoft's download.

use super::{ImportError, Place, Reading, read, short};

pub(super) fn read(
    header: &[String],
    rows: &[(u64, Vec<String>)],
    reading: &mut Reading,
) -> Result<(), ImportError> {
    let column = |names: &[&str]| {
        header.iter().position(|cell| names.iter().any(|name| cell.eq_ignore_ascii_case(name)))
    };
    let Some(country) = column(&["country", "country/region"]) else {
        return Err(ImportError::Unknown("a table needs the column `country`"));
    };
    let (section, period) = (column(&["section"]), column(&["period"]));
    let named = [Some(country), section, period];
    if period.is_none() && reading.period.is_none() {
        return Err(ImportError::NoPeriod);
    }
    for (line, cells) in rows {
        let cell = |index: Option<usize>| index.and_then(|index| cells.get(index));
        let of = match cell(period) {
            Some(text) => reading.period(*line, text),
            None => reading.period,
        };
        let Some(of) = of else { continue };
        let name = cell(Some(country)).cloned().unwrap_or_default();
        let section = cell(section).cloned().unwrap_or_else(|| "all".to_owned());
        let state = Some(reading.state(*line, &name));
        let place = reading.place(*line, of, &section, state, &name);
        for (index, (metric, text)) in header.iter().zip(cells).enumerate() {
            if !named.contains(&Some(index)) {
                metric_of(reading, *line, &place, metric, text);
            }
        }
    }
    Ok(())
}

fn metric_of(reading: &mut Reading, line: u64, place: &Place, metric: &str, text: &str) {
    match read::number(text) {
        Some((value, liberty)) => {
            if liberty {
                reading.warn(
                    Some(line),
                    format!("`{}` in `{}`", short(text), short(metric)),
                    format!("read as {value}"),
                );
            }
            reading.figure(line, place, metric, value);
        }
        None if text.is_empty() => {
            reading.warn(Some(line), format!("`{}` is empty", short(metric)), "read as 0");
            reading.figure(line, place, metric, 0.0);
        }
        None => {
            let found = format!("`{}` in `{}` is no number", short(text), short(metric));
            reading.warn(Some(line), found, "not in the figures");
        }
    }
}
