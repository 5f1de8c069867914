//! `writ lawbook`.

use crate::args::{Args, LawbookCommand};
use crate::books::{self, Files};
use crate::commands::tables;
use crate::fault;
use crate::say::{Say, count, indented, table};
use miette::Result;
use std::collections::BTreeMap;
use std::process::ExitCode;
use writ_desk::Books;
use writ_lawbook::{Confidence, Instrument};
use writ_policy::{CaseReport, run_cases};
use writ_vocabulary::SignOff;

pub fn lawbook(args: &Args, command: &LawbookCommand, say: Say) -> Result<ExitCode> {
    let loaded = books::load(args)?;
    match command {
        LawbookCommand::List => list(&loaded, say),
        LawbookCommand::Show { instrument } => {
            let Some(row) = loaded.lawbook.versions(instrument).last() else {
                let near = loaded.lawbook.nearest_instrument(instrument);
                let help = near.map_or("`writ lawbook list` lists them".to_owned(), |near| {
                    format!("did you mean `{near}`?")
                });
                return Err(fault::with_help(
                    format!("the law book has no instrument `{instrument}`"),
                    help,
                ));
            };
            show(row, &signed(args)?, say);
        }
        LawbookCommand::Check => return check(args, &loaded, say),
        // It compares two folders, and is not about the one that is loaded here.
        LawbookCommand::Diff { .. } => {}
        LawbookCommand::Elements => elements(&loaded, say),
        LawbookCommand::Classes => {
            let rows: Vec<_> = loaded
                .lawbook
                .classes()
                .iter()
                .map(|(id, class)| vec![id.to_string(), class.title.clone()])
                .collect();
            say.result(&rows, |rows| table(&["class", "what"], rows.clone()));
        }
        LawbookCommand::Table(wanted) => tables::lawbook(&loaded, wanted, say)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(loaded: &Books, say: Say) {
    let rows: Vec<_> = loaded
        .lawbook
        .instruments()
        .map(|row| {
            let until = row.valid_to.map_or(String::new(), |day| format!(" to {day}"));
            vec![
                row.id().to_string(),
                row.summary.title.clone(),
                confidence(row.summary.confidence).to_owned(),
                format!("{}{until}", row.valid_from),
            ]
        })
        .collect();
    say.result(&rows, |rows| table(&["instrument", "title", "facts", "in force"], rows.clone()));
}

fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Read => "read",
        Confidence::Memory => "memory",
        Confidence::Uncertain => "uncertain",
    }
}

/// What counsel of this home signed off.
fn signed(args: &Args) -> Result<Vec<SignOff>> {
    writ_desk::sign_offs(&args.home).map_err(fault::of)
}

fn show(row: &Instrument, sign_offs: &[SignOff], say: Say) {
    let value = serde_json::json!({
        "id": row.id(), "title": row.summary.title, "cite": row.summary.cite, "regime": row.regime,
        "confidence": confidence(row.summary.confidence), "valid_from": row.valid_from.to_string(),
        "valid_to": row.valid_to.map(|day| day.to_string()), "review_by": row.review_by.to_string(),
        "digest": row.digest, "signed_off": row.signed_off(sign_offs), "voluntary": row.voluntary, "judge_level": row.judge_level, "checks": row.checks, "text": row.text,
        "requires": row.requires.iter().map(|one| serde_json::json!({"id": one.id, "text": one.text, "cite": one.cite})).collect::<Vec<_>>(),
    });
    say.result(&value, |_| {
        let mut text = format!("{}  {}\n{}\n\n", row.id(), row.summary.title, row.summary.cite);
        text += &format!("{}\n\n", indented(&row.text, 0));
        text += &format!(
            "In force   {}{}\n",
            row.valid_from,
            row.valid_to.map_or(String::new(), |day| format!(" to {day}"))
        );
        text += &format!(
            "Review by  {}\nFacts      {}\n",
            row.review_by,
            confidence(row.summary.confidence)
        );
        text += &format!("Text       {}\n", row.digest);
        text += &sign_off(row, sign_offs);
        text += &format!(
            "Compels    {}\n",
            match (row.voluntary, row.permits) {
                (true, _) => "nothing: disclosure is the provider's choice",
                (_, true) => "nothing: the law permits it, and a person decides",
                _ => "yes",
            }
        );
        for check in &row.checks {
            text += &format!("Counsel    {}\n", indented(check, 11).trim_start());
        }
        for one in &row.requires {
            text += &format!(
                "Requires   {}\n",
                indented(&format!("{} [{}]", one.text, one.cite), 11).trim_start()
            );
        }
        text
    });
}

/// Who signed the row off; or, where it needs that and has it not, the lines that counsel adds.
fn sign_off(row: &Instrument, sign_offs: &[SignOff]) -> String {
    match row.signed_off(sign_offs) {
        Some(entry) => format!("Signed off by {} on {}\n", entry.by, entry.on),
        None if row.summary.confidence == Confidence::Memory => format!(
            "Signed off by nobody: nothing is given under it until counsel adds to lawbook/{} of the home\n\n    [[sign_off]]\n    instrument = \"{}\"\n    by = \"...\"\n    on = \"YYYY-MM-DD\"\n    digest = \"{}\"\n\n",
            books::SIGN_OFF,
            row.id(),
            row.digest
        ),
        None => String::new(),
    }
}

fn elements(loaded: &Books, say: Say) {
    let regimes: Vec<String> = loaded.lawbook.regimes().keys().cloned().collect();
    let rows: Vec<_> = loaded
        .lawbook
        .elements()
        .iter()
        .map(|(id, element)| {
            let of = |regime: &String| {
                element.under(regime).map_or("-".to_owned(), |known| known.category.to_string())
            };
            std::iter::once(id.to_string()).chain(regimes.iter().map(of)).collect::<Vec<_>>()
        })
        .collect();
    let header: Vec<&str> =
        std::iter::once("element").chain(regimes.iter().map(String::as_str)).collect();
    say.result(&rows, |rows| table(&header, rows.clone()));
}

fn check(args: &Args, loaded: &Books, say: Say) -> Result<ExitCode> {
    let files = books::lawbook_files(args)?;
    let citations = writ_lawbook::citations(&files);
    let examples: Files =
        files.into_iter().filter(|(path, _)| path.contains("/examples/")).collect();
    let reports = cases(loaded, examples);
    let findings = loaded.lawbook.check_examples();
    let failed: Vec<_> =
        reports.iter().filter(|report| !report.holds()).map(ToString::to_string).collect();
    let mut by_confidence: BTreeMap<&str, usize> = BTreeMap::new();
    for row in loaded.lawbook.instruments() {
        *by_confidence.entry(confidence(row.summary.confidence)).or_default() += 1;
    }
    let value = serde_json::json!({
        "instruments": loaded.lawbook.instruments().count(), "by_confidence": by_confidence,
        "citations": citations, "examples": reports.len(), "failed": failed, "findings_failed": findings.len(), "digest": loaded.lawbook.digest(),
    });
    say.result(&value, |_| {
        let rows: Vec<_> =
            by_confidence.iter().map(|(word, number)| format!("{number} {word}")).collect();
        let mut text = failed.iter().map(|line| format!("{line}\n")).collect::<String>();
        text += &format!(
            "{} ({}), {}, {}, {} failed; digest {}",
            count(loaded.lawbook.instruments().count(), "instrument"),
            rows.join(", "),
            count(citations, "citation"),
            count(reports.len(), "example"),
            failed.len(),
            loaded.lawbook.digest().short()
        );
        text
    });
    Ok(if failed.is_empty() && findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

pub(super) fn cases(loaded: &Books, files: Files) -> Vec<CaseReport> {
    let files =
        files.into_iter().filter(|(path, _)| path.ends_with(".toml") || path.ends_with(".json"));
    run_cases(&loaded.policy, files, |demand, facts| loaded.lawbook.assess(demand, facts))
}
