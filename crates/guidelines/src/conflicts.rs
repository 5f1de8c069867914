//! Where an order under one law would break another: the ways to object, as the law book has them.

use crate::pen::Pen;
use std::collections::BTreeMap;
use writ_lawbook::{ClockStart, Confidence, Conflict};
use writ_letters::{Group, Line, Part, Run, Section, Table};
use writ_vocabulary::Jurisdiction;

/// The section; none where the law book has no such line.
pub(crate) fn section(pen: &Pen<'_>) -> Option<Section> {
    let mut by_law: BTreeMap<Jurisdiction, Vec<Vec<Line>>> = BTreeMap::new();
    for conflict in pen.subject.lawbook.conflicts() {
        by_law.entry(conflict.under).or_default().push(row(pen, conflict));
    }
    if by_law.is_empty() {
        return None;
    }
    let column = |word: &str| pen.say(&format!("conflicts.{word}"));
    let groups = by_law.into_iter().map(|(law, rows)| Group {
        title: pen.words.fill("conflicts.under", &[("state", &pen.state(&law))]),
        rows,
    });
    let table = Table {
        caption: column("caption"),
        columns: ["conflict", "path", "decides", "within"].map(column).to_vec(),
        widths: vec![6, 8, 4, 3],
        groups: groups.collect(),
    };
    Some(
        Section::new("conflicts", column("title"))
            .with(Part::paragraph(column("lede")))
            .with(Part::Table(table)),
    )
}

fn row(pen: &Pen<'_>, conflict: &Conflict) -> Vec<Line> {
    let mut text = vec![pen.text(&conflict.text)];
    if conflict.confidence != Confidence::Read {
        text.push(Run::quiet(format!(" ({})", pen.confidence(conflict.confidence))));
    }
    let within = match conflict.within {
        Some(length) => pen.after(length, ClockStart::Receipt),
        None => pen.say("clock.none"),
    };
    vec![
        text,
        pen.cited(&conflict.path, &conflict.cite),
        vec![pen.text(&conflict.decides)],
        vec![within.into()],
    ]
}
