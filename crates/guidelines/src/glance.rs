//! At a glance: a line for each instrument, by state.

use crate::pen::Pen;
use crate::reach::Reach;
use writ_lawbook::Instrument;
use writ_letters::{Group, Line, Part, Section, Table};
use writ_vocabulary::Purpose;

pub(crate) fn section(pen: &Pen<'_>) -> Section {
    let groups = pen.rows_by_state().into_iter().map(|(state, rows)| Group {
        title: pen.state(&state),
        rows: rows.into_iter().map(|row| line(pen, row)).collect(),
    });
    let column = |word: &str| pen.say(&format!("glance.{word}"));
    let table = Table {
        caption: column("caption"),
        columns: ["instrument", "issuer", "reaches", "answer", "customer"].map(column).to_vec(),
        widths: vec![6, 7, 6, 5, 5],
        groups: groups.collect(),
    };
    Section::new("glance", column("title")).with(Part::Table(table))
}

fn line(pen: &Pen<'_>, row: &Instrument) -> Vec<Line> {
    // Nothing is answered under an instrument that only imposes silence on another.
    let silences = row.summary.purposes.is_empty();
    vec![
        pen.named(row),
        vec![pen.text(&row.issue.text)],
        vec![reaches(pen, row).into()],
        vec![if silences { "–".into() } else { pen.answer(row).into() }],
        vec![if silences { "–".into() } else { pen.notice(row).into() }],
    ]
}

/// The categories it reaches, in a few words.
fn reaches(pen: &Pen<'_>, row: &Instrument) -> String {
    let reach = Reach::of(row);
    let categories: Vec<String> =
        reach.reached.keys().map(|category| pen.category(*category)).collect();
    let data = categories.join(", ");
    let key = match row.summary.purposes.as_slice() {
        [] => return pen.say("glance.silence"),
        _ if data.is_empty() => return pen.say("glance.nothing"),
        purposes if purposes.contains(&Purpose::Disclose) => return data,
        purposes if purposes.contains(&Purpose::Remove) => "glance.removes",
        _ => "glance.keeps",
    };
    pen.words.fill(key, &[("data", &data)])
}
