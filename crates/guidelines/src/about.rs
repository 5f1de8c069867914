//! About the page: which books it was made from, how to make it again, when each entry is read again.

use crate::pen::Pen;
use crate::rules::{Subjects, of};
use writ_lawbook::Instrument;
use writ_letters::{FactRow, Group, Line, Part, Run, Section, Table};

pub(crate) fn section(pen: &Pen<'_>) -> Section {
    let mut section = Section::new("about", pen.say("about.title"))
        .with(Part::Facts { rows: books(pen) })
        .with(Part::paragraph(pen.say("about.again_text")))
        .with(Part::Paragraph { line: vec![Run::code(command(pen))] });
    let mut reviews = Section::new("reviews", pen.say("about.reviews"));
    reviews.in_contents = false;
    section.sections.push(reviews.with(Part::Table(review_table(pen))));
    let other = of(pen, Subjects::About);
    if !other.is_empty() {
        section.sections.extend(other);
    }
    section
}

fn books(pen: &Pen<'_>) -> Vec<FactRow> {
    let (lawbook, policy) = (pen.subject.lawbook, pen.subject.policy);
    let fact = |key: &str, run: Run| FactRow::new(pen.say(&format!("about.{key}")), vec![run]);
    let mut rows = vec![
        fact("speaks", pen.words.date(pen.subject.on).into()),
        fact("lawbook", Run::code(lawbook.digest().to_string())),
        fact("policy", Run::code(policy.collective().to_string())),
    ];
    let own =
        policy.clauses().any(|clause| policy.rules().iter().all(|rule| rule.id != clause.rule));
    if own {
        rows.push(fact("own", Run::code(policy.digest().to_string())));
    }
    let (instruments, rules) = (pen.rows().count().to_string(), policy.rules().len().to_string());
    let counts = [("instruments", instruments.as_str()), ("rules", &rules)];
    rows.push(fact("holds", pen.words.fill("about.counts", &counts).into()));
    rows
}

fn command(pen: &Pen<'_>) -> String {
    format!("writ guidelines --on {} --lang {}", pen.subject.on, pen.words.lang().tag())
}

fn review_table(pen: &Pen<'_>) -> Table {
    let column = |word: &str| pen.say(&format!("about.{word}"));
    let groups = pen.rows_by_state().into_iter().map(|(state, rows)| Group {
        title: pen.state(&state),
        rows: rows.into_iter().map(|row| review(pen, row)).collect(),
    });
    Table {
        caption: column("caption"),
        columns: ["instrument", "sure", "review"].map(column).to_vec(),
        widths: vec![5, 4, 3],
        groups: groups.collect(),
    }
}

fn review(pen: &Pen<'_>, row: &Instrument) -> Vec<Line> {
    let mut sure: Line = vec![pen.confidence(row.summary.confidence).into()];
    if let Some(day) = pen.signed(row) {
        let signed = pen.words.fill("row.signed", &[("date", &pen.words.date(day))]);
        sure.push(format!("; {signed}").into());
    }
    let mut review: Line = vec![pen.words.date(row.review_by).into()];
    if row.review_by < pen.subject.on {
        review.extend([Run::plain(" "), Run::mark(pen.say("about.overdue"))]);
    }
    vec![vec![pen.link(row)], sure, review]
}
