//! Which data are what: every element, with its category under each law.

use crate::pen::Pen;
use std::collections::BTreeMap;
use writ_lawbook::{Classified, Confidence, Element};
use writ_letters::{FactRow, Group, Line, Part, Run, Section, Table};
use writ_vocabulary::Category;

pub(crate) fn section(pen: &Pen<'_>) -> Section {
    let book = pen.subject.lawbook;
    let regimes: Vec<&String> = book.regimes().keys().collect();
    let law = |regime: &&String| law_name(pen, regime);
    let rows = book.elements().values().filter(|element| element.everywhere.is_none());
    let rows = rows.map(|element| row(pen, element, &regimes)).collect();
    let table = Table {
        caption: pen.say("data.caption"),
        columns: std::iter::once(pen.say("data.element")).chain(regimes.iter().map(law)).collect(),
        widths: std::iter::once(4).chain(regimes.iter().map(|_| 3)).collect(),
        groups: vec![Group { title: String::new(), rows }],
    };
    let laws = book.regimes().iter().map(|(regime, title)| {
        FactRow::new(law_name(pen, regime), vec![pen.text(after_colon(title))])
    });
    Section::new("data", pen.say("data.title"))
        .with(Part::paragraph(pen.say("data.lede")))
        .with(Part::Table(table))
        .with(Part::paragraph(pen.say("data.everywhere")))
        .with(Part::Facts { rows: everywhere(pen) })
        .with(Part::paragraph(pen.say("data.laws")))
        .with(Part::Facts { rows: laws.collect() })
}

/// The state whose law it is; the regime's own short name where it is no state's.
fn law_name(pen: &Pen<'_>, regime: &str) -> String {
    let code = regime.to_ascii_uppercase();
    pen.words.find(&format!("state.{code}")).unwrap_or_else(|| regime.to_owned())
}

/// A regime's title begins with the state's name, which already stands before it.
fn after_colon(title: &str) -> &str {
    title.split_once(": ").map_or(title, |(_, rest)| rest)
}

fn row(pen: &Pen<'_>, element: &Element, regimes: &[&String]) -> Vec<Line> {
    let cell =
        |regime: &&String| element.under(regime).map_or_else(|| unknown(pen), |it| known(pen, it));
    std::iter::once(vec![pen.text(&element.title)]).chain(regimes.iter().map(cell)).collect()
}

fn unknown(pen: &Pen<'_>) -> Line {
    vec![Run::mark(pen.say("person"))]
}

fn known(pen: &Pen<'_>, classified: &Classified) -> Line {
    let word = Run::plain(pen.say(&format!("short.{}", classified.category)));
    match classified.confidence {
        Confidence::Read => vec![word],
        Confidence::Memory => {
            vec![word, Run::quiet(format!(" ({})", pen.say("data.unsure")))]
        }
        Confidence::Uncertain => unknown(pen),
    }
}

/// What is the same under every law.
fn everywhere(pen: &Pen<'_>) -> Vec<FactRow> {
    let mut by_category: BTreeMap<Category, Vec<&str>> = BTreeMap::new();
    for element in pen.subject.lawbook.elements().values() {
        if let Some(classified) = &element.everywhere {
            by_category.entry(classified.category).or_default().push(&element.title);
        }
    }
    let row = |(category, titles): (Category, Vec<&str>)| {
        FactRow::new(pen.category(category), vec![pen.text(&titles.join("; "))])
    };
    by_category.into_iter().map(row).collect()
}
