//! Every clock of every instrument, from the table in `clocks.toml`.

use crate::{assessed, book, example};
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use writ_lawbook::Lawbook;
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
    let mut wrong = String::new();
    for line in table() {
        let found = found(&book, &line);
        let told = Found {
            deadline: line.deadline,
            preserve_until: line.preserve_until,
            dates: line.dates,
        };
        if found != told {
            let (of, example, about) = (line.instrument, line.example, line.about);
            wrong.push_str(&format!("{of} {example}: {about}\n  {found:?}\n  {told:?}\n"));
        }
    }
    assert!(wrong.is_empty(), "found, and told by the table:\n{wrong}");
}

#[derive(Debug, PartialEq)]
struct Found {
    deadline: Option<Instant>,
    preserve_until: Option<Instant>,
    dates: BTreeMap<String, Instant>,
}

fn found(book: &Lawbook, line: &Line) -> Found {
    let mut case = example(book, &format!("{}/examples/{}.toml", line.instrument, line.example));
    let facts = case.facts.as_mut().unwrap();
    facts.received = line.received.unwrap_or(facts.received);
    facts.pauses.clone_from(&line.pauses);
    case.demand.issued = line.issued.or(case.demand.issued);
    case.demand.return_by = line.return_by.or(case.demand.return_by);
    let found = assessed(book, &case);
    let dates = found.follow_ups.into_iter().chain(found.dates);
    Found {
        deadline: found.deadline.map(|deadline| deadline.due),
        preserve_until: found.preserve_until,
        dates: dates.map(|date| (date.id, date.due)).collect(),
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
