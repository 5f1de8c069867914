//! `writ report`: the figures, in our form and in those of others.

use super::house::{figures, figures_text};
use crate::fault;
use crate::report_args::{Form, ReportArgs};
use crate::say::{Say, count, indented, table};
use miette::Result;
use std::collections::BTreeMap;
use std::path::Path;
use writ_desk::Desk;
use writ_report::microsoft::Microsoft;
use writ_report::{Cases, Counting, Difference, ReportingPeriod};
use writ_report::{apple, differences, dsa, e_evidence, google, html, import, meta, tco};

/// Prints what was asked for.
pub async fn run(desk: &Desk, wanted: &ReportArgs, say: Say) -> Result<()> {
    let Some(period) = wanted.period else { return ours(desk, wanted, say).await };
    let cases = cases(desk).await?;
    match (wanted.form, &wanted.page, &wanted.compare) {
        (Some(form), ..) => {
            let (csv, json) = formed(form, &cases, period, wanted)?;
            if say.json {
                say.result(&json, |_| String::new());
            } else {
                print!("{csv}");
            }
            Ok(())
        }
        (None, Some(path), _) => page(desk, &cases, period, path, say),
        (None, None, Some(path)) => compare(&cases, period, path, say),
        (None, None, None) => {
            let form = Form::Microsoft;
            let (csv, json) = formed(form, &cases, period, wanted)?;
            say.result(&json, |_| csv);
            Ok(())
        }
    }
}

async fn ours(desk: &Desk, wanted: &ReportArgs, say: Say) -> Result<()> {
    let figures = figures(desk, wanted.from, wanted.until).await?;
    if wanted.csv {
        print!("{}", figures.to_csv());
    } else {
        say.result(&figures, figures_text);
    }
    Ok(())
}

/// Every case, and how its instrument counts.
async fn cases(desk: &Desk) -> Result<Cases> {
    let mut histories = Vec::new();
    for id in desk.cases().await.map_err(fault::of)? {
        histories.push(desk.case(&id).await.map_err(fault::of)?.events);
    }
    let counting = Counting::of(&desk.books().lawbook).map_err(fault::of)?;
    Ok(Cases::of(histories.iter().map(Vec::as_slice), &counting))
}

/// A period in one of the forms: as CSV and as JSON.
fn formed(
    form: Form,
    cases: &Cases,
    period: ReportingPeriod,
    wanted: &ReportArgs,
) -> Result<(String, serde_json::Value)> {
    macro_rules! both {
        ($form:expr) => {{
            let form = $form;
            Ok((form.to_csv(), form.to_json()))
        }};
    }
    match form {
        Form::Microsoft => both!(Microsoft::of(cases, period)),
        Form::Google => both!(google::Google::of(cases, period)),
        Form::Apple => both!(apple::Apple::of(cases, period)),
        Form::Meta => both!(meta::Meta::of(cases, period)),
        Form::EEvidence => both!(e_evidence::Statistics::of(cases, period)),
        Form::Dsa => {
            let about = dsa::About {
                applicability: "Yes".to_owned(),
                service: wanted.service.clone().unwrap_or_default(),
                unit: dsa::Unit::Hours,
            };
            let csv = dsa::Dsa::of(cases, period, about).map_err(fault::of)?.to_csv();
            Ok((csv.clone(), serde_json::Value::String(csv)))
        }
        Form::Tco => {
            let report = tco::Tco::of(cases, period, &BTreeMap::new()).map_err(fault::of)?;
            let blanks = report.blanks().count();
            if blanks > 0 {
                eprintln!("{} to be filled in by a person", count(blanks, "item"));
            }
            both!(report)
        }
    }
}

fn page(desk: &Desk, cases: &Cases, period: ReportingPeriod, path: &Path, say: Say) -> Result<()> {
    let checkpoint = desk
        .published_record()
        .and_then(|folder| std::fs::read_to_string(folder.join("checkpoint")).ok());
    let about = html::About {
        provider: desk.house().name.clone(),
        bands: None,
        record: checkpoint.as_ref().and_then(|text| text.lines().next()).map(str::to_owned),
        checkpoint: checkpoint.map(|text| text.lines().take(3).collect::<Vec<_>>().join(" ")),
    };
    let page = html::page(cases, period, &about).map_err(fault::of)?;
    std::fs::write(path, page)
        .map_err(|error| fault::plain(format!("{}: {error}", path.display())))?;
    say.result(&serde_json::json!({ "page": path }), |_| format!("written: {}", path.display()));
    Ok(())
}

/// Where our figures of a period differ from a published table.
fn compare(cases: &Cases, period: ReportingPeriod, path: &Path, say: Say) -> Result<()> {
    let read = import::import(&super::bytes(path)?, Some(period))
        .map_err(|error| fault::plain(format!("{}: {error}", path.display())))?;
    for warning in &read.warnings {
        eprintln!("{}", indented(&format!("{}: {warning}", path.display()), 0));
    }
    let differing = differences(&Microsoft::of(cases, period).published(), &read.figures);
    say.result(&differing, |differing: &Vec<Difference>| {
        if differing.is_empty() {
            return format!("{}, all equal", count(read.figures.len(), "figure"));
        }
        let shown = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| v.to_string());
        let rows = differing.iter().map(|one| {
            let [_, section, country, metric] = one.cell.clone();
            vec![section, country, metric, shown(one.ours), shown(one.theirs)]
        });
        table(&["section", "country", "figure", "ours", "theirs"], rows)
    });
    Ok(())
}
