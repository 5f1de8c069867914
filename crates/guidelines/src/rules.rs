//! The rules of the policy: each stands once, in the section that its subject belongs to.

use crate::pen::Pen;
use writ_letters::{FactRow, Line, Mark, Part, Section};
use writ_policy::{Action, Clause, Effect, Rule};
use writ_vocabulary::Then;

/// The sections that rules stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subjects {
    Asking,
    Proof,
    Emergencies,
    Answers,
    Customers,
    /// Whatever else says no.
    Refusals,
    /// Whatever is left: how the house is kept.
    About,
}

/// The rules of one section, in the policy's own order.
pub(crate) fn of(pen: &Pen<'_>, subject: Subjects) -> Vec<Section> {
    let rules = pen.subject.policy.rules().iter();
    rules.filter(|rule| subject_of(rule) == subject).map(|rule| section(pen, rule)).collect()
}

/// Only the rules that belong beside something else are named here; a new rule is told among the others.
fn subject_of(rule: &Rule) -> Subjects {
    match rule.id.as_str() {
        "P3" | "P4" | "P22" | "P24" | "P26" => Subjects::Asking,
        "P17" => Subjects::Proof,
        "P18" => Subjects::Emergencies,
        "P10" | "P15" | "P16" | "P25" | "P39" | "P40" => Subjects::Answers,
        "P5" | "P6" | "P7" | "P8" | "P9" => Subjects::Customers,
        _ if rule.then.is_empty() => Subjects::About,
        _ => Subjects::Refusals,
    }
}

pub(crate) fn refusals(pen: &Pen<'_>) -> Section {
    let mut section = Section::new("refusals", pen.say("refusals.title"))
        .with(Part::paragraph(pen.say("refusals.lede")));
    section.sections = of(pen, Subjects::Refusals);
    section
}

pub(crate) fn customers(pen: &Pen<'_>) -> Section {
    let gags: Vec<Line> =
        pen.rows().filter(|row| row.silence.is_some()).map(|row| vec![pen.link(row)]).collect();
    let mut section = Section::new("customers", pen.say("customers.title"))
        .with(Part::paragraph(pen.say("customers.lede")));
    if gags.is_empty() {
        section = section.with(Part::paragraph(pen.say("customers.no_silence")));
    } else {
        section = section
            .with(Part::paragraph(pen.say("customers.silence")))
            .with(Part::Bullets { lines: gags });
    }
    section.sections = of(pen, Subjects::Customers);
    section
}

/// The provider's own rules, where it has some.
pub(crate) fn local(pen: &Pen<'_>) -> Option<Section> {
    let collective =
        |clause: &&Clause| pen.subject.policy.rules().iter().any(|rule| rule.id == clause.rule);
    let own: Vec<&Clause> =
        pen.subject.policy.clauses().filter(|clause| !collective(clause)).collect();
    (!own.is_empty()).then(|| {
        Section::new("local", pen.say("local.title"))
            .with(Part::paragraph(pen.say("local.lede")))
            .with(Part::Facts { rows: answers(pen, &own, "") })
    })
}

fn section(pen: &Pen<'_>, rule: &Rule) -> Section {
    let clauses = pen.subject.policy.clauses().filter(|clause| clause.rule == rule.id);
    let clauses: Vec<&Clause> = clauses.collect();
    let name = pen.words.fill("rule.name", &[("id", rule.id.as_str())]);
    let id = format!("rule-{}", rule.id.as_str().to_ascii_lowercase());
    let mut section =
        Section::new(id, pen.text(&rule.title)).with(Part::paragraph(pen.text(&rule.text)));
    section.in_contents = false;
    section.marks.push(Mark { text: name, strong: false });
    if clauses.iter().any(|clause| clause.fixed) {
        section.marks.push(Mark { text: pen.say("rule.fixed"), strong: false });
    }
    let mut rows = answers(pen, &clauses, &rule.cite);
    if let Some(mechanism) = &rule.mechanism {
        rows.push(FactRow::new(pen.say("rule.kept"), vec![pen.text(mechanism)]));
    }
    rows.push(FactRow::new(pen.say("rule.rests"), vec![pen.text(&rule.cite)]));
    section.with(Part::Facts { rows })
}

/// What follows where these policies say no, each with its reasons. The law that their rule rests on is not repeated.
fn answers(pen: &Pen<'_>, clauses: &[&Clause], cite: &str) -> Vec<FactRow> {
    let reason = |clause: &&Clause| {
        let text = pen.text(&clause.reason);
        if clause.cite == cite { vec![text] } else { vec![text, pen.cite(&clause.cite)] }
    };
    let row = |then: &Then| {
        let mine = clauses.iter().filter(|clause| says_no(clause) && clause.then == Some(*then));
        let lines: Vec<Line> = mine.map(reason).collect();
        (!lines.is_empty()).then(|| FactRow { label: pen.say(&format!("no.{then}")), lines })
    };
    NO.iter().filter_map(row).collect()
}

/// Every answer that is no yes, in the order in which they are told.
pub(crate) const NO: [Then; 7] = [
    Then::Refuse,
    Then::Cure,
    Then::Redirect,
    Then::Narrow,
    Then::Hold,
    Then::Preserve,
    Then::Escalate,
];

/// Whether it says no to what is asked, and not only how many people decide or who is told.
fn says_no(clause: &Clause) -> bool {
    let of_item =
        |action: &Action| matches!(action, Action::Disclose | Action::Preserve | Action::Remove);
    clause.effect == Effect::Forbid && clause.actions.iter().any(of_item)
}
