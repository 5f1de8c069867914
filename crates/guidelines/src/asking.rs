//! How to ask: where to, by whom, in an emergency, and what comes back.

use crate::pen::Pen;
use crate::rules::{NO, Subjects, of};
use writ_lawbook::Instrument;
use writ_letters::{FactRow, Group, Line, Part, Run, Section, Table};
use writ_vocabulary::{FactorKind, ProviderEntity};

/// Where a demand is sent, and what it must be.
pub(crate) fn asking(pen: &Pen<'_>) -> Section {
    let mut section = Section::new("asking", pen.say("asking.title"))
        .with(Part::paragraph(pen.say("asking.lede")))
        .with(Part::Facts { rows: addresses(pen) });
    section.sections = of(pen, Subjects::Asking);
    section
}

fn addresses(pen: &Pen<'_>) -> Vec<FactRow> {
    let publisher = pen.subject.publisher;
    let entities = publisher.provider.entities.iter().map(|one| vec![entity(pen, one).into()]);
    let mut rows = vec![
        FactRow::new(pen.say("asking.send"), vec![Run::contact(publisher.contact.clone())]),
        FactRow::new(pen.say("asking.post"), vec![publisher.address.join(", ").into()]),
        FactRow { label: pen.say("asking.entities"), lines: entities.collect() },
        FactRow::new(pen.say("asking.languages"), vec![languages(pen).into()]),
    ];
    if publisher.provider.shared_addresses {
        let port = vec![pen.say("asking.port").into()];
        rows.push(FactRow::new(pen.say("asking.addresses"), port));
    }
    let empty = |row: &FactRow| row.lines.iter().flatten().all(|run| run.text.is_empty());
    rows.retain(|row| !empty(row));
    rows
}

fn entity(pen: &Pen<'_>, entity: &ProviderEntity) -> String {
    let state = pen.state(&entity.jurisdiction);
    let named = pen.words.fill("asking.entity", &[("name", &entity.name), ("state", &state)]);
    match entity.also.as_slice() {
        [] => named,
        also => pen.words.fill("asking.also", &[("entity", &named), ("names", &also.join(", "))]),
    }
}

fn languages(pen: &Pen<'_>) -> String {
    let name =
        |code: &String| pen.words.find(&format!("language.{code}")).unwrap_or_else(|| code.clone());
    let names: Vec<String> = pen.subject.publisher.provider.languages.iter().map(name).collect();
    if names.is_empty() { pen.say("asking.any_language") } else { names.join(", ") }
}

/// How a sender is proven.
pub(crate) fn proof(pen: &Pen<'_>) -> Section {
    const KINDS: [FactorKind; 7] = [
        FactorKind::CallBack,
        FactorKind::EnrolledSignature,
        FactorKind::QualifiedSignature,
        FactorKind::Passkey,
        FactorKind::MutualTls,
        FactorKind::AlignedDkim,
        FactorKind::SecondOfficer,
    ];
    let kinds = KINDS.iter().map(|kind| vec![pen.say(&format!("factor.{}", kind.as_str())).into()]);
    let mut section = Section::new("proof", pen.say("proof.title"))
        .with(Part::paragraph(pen.say("proof.lede")))
        .with(Part::Bullets { lines: kinds.collect() })
        .with(Part::paragraph(pen.say("proof.enrol")));
    section.sections = of(pen, Subjects::Proof);
    section
}

/// How an emergency is judged, with the words of each law that knows one.
pub(crate) fn emergencies(pen: &Pen<'_>) -> Section {
    let groups = pen.rows_by_state().into_iter().filter_map(|(state, rows)| {
        let rows: Vec<Vec<Line>> = rows.into_iter().filter_map(|row| danger(pen, row)).collect();
        (!rows.is_empty()).then(|| Group { title: pen.state(&state), rows })
    });
    let groups: Vec<Group> = groups.collect();
    let column = |word: &str| pen.say(&format!("emergencies.{word}"));
    let table = if groups.is_empty() {
        Part::paragraph(column("none"))
    } else {
        Part::Table(Table {
            caption: column("caption"),
            columns: ["instrument", "words", "current", "answer"].map(column).to_vec(),
            widths: vec![5, 8, 3, 4],
            groups,
        })
    };
    let mut section = Section::new("emergencies", column("title"))
        .with(Part::paragraph(column("lede")))
        .with(table);
    section.sections = of(pen, Subjects::Emergencies);
    section
}

fn danger(pen: &Pen<'_>, row: &Instrument) -> Option<Vec<Line>> {
    let emergency = row.emergency.as_ref()?;
    Some(vec![
        pen.named(row),
        pen.cited(&emergency.words, &emergency.cite),
        vec![pen.counted(emergency.current_within_hours, "hour").into()],
        vec![pen.answer(row).into()],
    ])
}

/// What comes back.
pub(crate) fn answers(pen: &Pen<'_>) -> Section {
    let given = FactRow::new(pen.say("answers.given"), vec![pen.say("answers.given_text").into()]);
    let no = NO.iter().map(|then| {
        let label = pen.say(&format!("no.{then}"));
        FactRow::new(label, vec![pen.say(&format!("then.{then}")).into()])
    });
    let mut section = Section::new("answers", pen.say("answers.title"))
        .with(Part::paragraph(pen.say("answers.lede")))
        .with(Part::Facts { rows: std::iter::once(given).chain(no).collect() });
    if let Some(fingerprint) = pen.subject.publisher.fingerprint {
        let line = vec![
            Run::plain(format!("{} ", pen.say("answers.signed"))),
            Run::code(fingerprint.to_string()),
        ];
        section = section.with(Part::Paragraph { line });
    }
    section.sections = of(pen, Subjects::Answers);
    section
}
