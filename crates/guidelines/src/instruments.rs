//! The instruments, state by state.

use crate::pen::Pen;
use crate::row;
use writ_letters::{Part, Section};

pub(crate) fn section(pen: &Pen<'_>) -> Section {
    let date = pen.words.date(pen.subject.on);
    let mut section = Section::new("instruments", pen.say("instruments.title"));
    for (state, rows) in pen.rows_by_state() {
        let id = format!("state-{}", state.as_str().to_ascii_lowercase());
        let mut of_state = Section::new(id, pen.state(&state));
        of_state.sections = rows.into_iter().map(|row| row::section(pen, row)).collect();
        section.sections.push(of_state);
    }
    let lede = if section.sections.is_empty() {
        pen.say("instruments.none")
    } else {
        pen.words.fill("instruments.lede", &[("date", &date)])
    };
    section.with(Part::paragraph(lede))
}
