//! Every clock of every instrument, from the table in `clocks.toml`.

use crate::{assessed, book, example};
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use writ_vocabulary::{Instant, InstrumentId, Pause};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    line: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(default)]
    about: String,
    instrument: InstrumentId,
    example: String,
    received: Option<Instant>,
    issued: Option<Date>,
    return_by: Option<Instant>,
    #[serde(default)]
    pauses: Vec<Pause>,
    deadline: Option<Instant>,
    preserve_until: Option<Instant>,
    #[serde(default)]
    dates: BTreeMap<String, Instant>,
}

fn table() -> Vec<Line> {
    toml::from_str::<Table>(include_str!("clocks.toml")).unwrap().line
}

#[test]
fn every_clock_ends_where_the_table_says() {
    let book = book();
    for line in table() {
        let (of, about) = (&line.instrument, &line.about);
        let mut case = example(&book, &format!("{of}/examples/{}.toml", line.example));
        let facts = case.facts.as_mut().unwrap();
        facts.received = line.received.unwrap_or(facts.received);
        facts.pauses = line.pauses;
        case.demand.issued = line.issued.or(case.demand.issued);
        case.demand.return_by = line.return_by.or(case.demand.return_by);
        let found = assessed(&book, &case);
        let deadline = found.deadline.map(|deadline| deadline.due);
        assert_eq!(deadline, line.deadline, "{of} {}: deadline. {about}", line.example);
        assert_eq!(found.preserve_until, line.preserve_until, "{of}: preserved. {about}");
        let dates = found.follow_ups.into_iter().chain(found.dates);
        let dates: BTreeMap<_, _> = dates.map(|date| (date.id, date.due)).collect();
        assert_eq!(dates, line.dates, "{of} {}: dates. {about}", line.example);
    }
}

#[test]
fn every_instrument_has_a_line() {
    let lines = table();
    let told: BTreeSet<_> = lines.iter().map(|line| &line.instrument).collect();
    let book = book();
    let silent: BTreeSet<_> =
        book.instruments().map(|row| row.id()).filter(|id| !told.contains(id)).collect();
    assert!(silent.is_empty(), "add a line to `clocks.toml` for {silent:?}");
}
