//! `writ assess`: judge a demand on the facts in its file, and store nothing.

use super::bytes;
use crate::args::Args;
use crate::say::{Say, indented, instant, table};
use crate::{books, fault};
use miette::Result;
use serde::Serialize;
use std::path::Path;
use std::process::ExitCode;
use writ_channels::Intake;
use writ_lawbook::FollowUp;
use writ_vocabulary::{Difference, Facts, FindingState, ItemRuling, Provider, Ruling};

#[derive(Serialize)]
struct Assessed {
    title: String,
    #[serde(flatten)]
    ruling: Ruling,
    /// What is owed after the answer, and the other dates of the instrument's law.
    dates: Vec<FollowUp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    differences: Option<Vec<Difference>>,
}

pub fn assess(args: &Args, file: &Path, expect: bool, say: Say) -> Result<ExitCode> {
    let intake = reading(file)?;
    let loaded = books::load(args)?;
    let case = intake.case;
    let facts = case.facts.unwrap_or_else(|| Facts {
        received: jiff::Timestamp::now(),
        provider: Provider::default(),
        authorities: Vec::new(),
        factors: Vec::new(),
        established: Default::default(),
        accounts: Vec::new(),
        sign_offs: Vec::new(),
        pauses: Vec::new(),
    });
    let judged = loaded.judge(case.demand, facts).map_err(|error| {
        fault::plain(format!(
            "{} uses words that the law book does not know:\n{error}",
            file.display()
        ))
    })?;
    let differences = match (expect, &case.expect) {
        (false, _) => None,
        (true, Some(expected)) => Some(expected.differences(&judged.ruling)),
        (true, None) => {
            return Err(fault::with_help(
                format!("{} expects nothing", file.display()),
                "add an `[expect]` table, or leave --expect out",
            ));
        }
    };
    let agrees = differences.as_ref().is_none_or(Vec::is_empty);
    let mut dates = judged.assessment.follow_ups;
    dates.extend(judged.assessment.dates);
    dates.sort_by_key(|owed| owed.due);
    say.result(&Assessed { title: case.title, ruling: judged.ruling, dates, differences }, text);
    Ok(if agrees { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// A demand file, read through the native door.
pub fn reading(file: &Path) -> Result<Intake> {
    let bytes = bytes(file)?;
    writ_channels::read(&bytes).map_err(|error| fault::of_intake(file, &bytes, &error))
}

fn text(assessed: &Assessed) -> String {
    let ruling = &assessed.ruling;
    let mut text = String::new();
    if !assessed.title.is_empty() {
        text += &format!("{}\n\n", indented(&assessed.title, 0));
    }
    text += &format!("Outcome    {}\n", ruling.outcome);
    if let Some(deadline) = &ruling.deadline {
        text += &format!("Deadline   {} ({})\n", instant(deadline.due), deadline.clock);
    }
    text += &format!("Notice     {}\n", ruling.notice.word());
    text += &format!("Agree      {}\n", people(ruling.approvers));
    if let Some(signed) = &ruling.sign_off {
        text += &format!("Signed off {}, {}\n", signed.by, signed.on);
    }
    text += "\n";
    text += &table(&["account", "element", "period", "answer"], ruling.items.iter().map(row));
    text += "\n\n";
    text += &reasons(&ruling.items);
    let open: Vec<_> =
        ruling.findings.iter().filter(|finding| finding.state != FindingState::Holds).collect();
    if !open.is_empty() {
        text += "Findings that do not hold\n";
        for finding in open {
            let cite = finding.cite.as_ref().map(|cite| format!(" [{cite}]")).unwrap_or_default();
            text += &format!(
                "  {} {}\n{}\n",
                finding.id,
                finding.state,
                indented(&format!("{}{cite}", finding.text), 4)
            );
        }
        text += "\n";
    }
    if !assessed.dates.is_empty() {
        text += "Dates\n";
        for date in &assessed.dates {
            let line = format!("{} [{}]", date.text, date.cite);
            text += &format!("  {} {}\n{}\n", instant(date.due), date.id, indented(&line, 4));
        }
        text += "\n";
    }
    text += &format!("Law book {}, policy {}\n", ruling.lawbook.short(), ruling.policy.short());
    if let Some(differences) = &assessed.differences {
        text += &match differences.len() {
            0 => "As expected.\n".to_owned(),
            _ => format!(
                "NOT as expected:\n{}\n",
                differences.iter().map(|one| format!("  {one}")).collect::<Vec<_>>().join("\n")
            ),
        };
    }
    text
}

fn row(item: &ItemRuling) -> Vec<String> {
    let answer = match item.then {
        Some(then) => format!("{}: {then}", item.answer),
        None => item.answer.to_string(),
    };
    vec![item.item.account.to_string(), item.item.element.to_string(), period(item), answer]
}

fn period(item: &ItemRuling) -> String {
    let day = |at: writ_vocabulary::Instant| at.strftime("%Y-%m-%d").to_string();
    match (item.item.period.from(), item.item.period.until()) {
        (None, None) => "all".to_owned(),
        (from, until) => {
            format!("{}..{}", from.map(day).unwrap_or_default(), until.map(day).unwrap_or_default())
        }
    }
}

/// Each reason once, with the items that it decided.
pub(super) fn reasons(items: &[ItemRuling]) -> String {
    let mut said: Vec<(String, Vec<String>)> = Vec::new();
    for item in items {
        for reason in &item.reasons {
            let line = format!("{}: {} [{}]", reason.rule, reason.text, reason.cite);
            let element = item.item.element.to_string();
            match said.iter_mut().find(|(text, _)| *text == line) {
                Some((_, elements)) if elements.contains(&element) => {}
                Some((_, elements)) => elements.push(element),
                None => said.push((line, vec![element])),
            }
        }
    }
    let lines: Vec<_> = said
        .iter()
        .map(|(line, elements)| {
            format!("{}\n{}\n", indented(line, 0), indented(&elements.join(", "), 4))
        })
        .collect();
    if lines.is_empty() { String::new() } else { format!("{}\n", lines.concat()) }
}

pub(super) fn people(approvers: u8) -> &'static str {
    match approvers {
        0 => "nobody: the policy lets the machine decide",
        1 => "one person",
        _ => "two people",
    }
}
