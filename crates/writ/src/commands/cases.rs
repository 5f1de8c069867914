//! Cases: take in, list, show, plan, work.

use super::assess::{people, reading, reasons};
use crate::args::Args;
use crate::books::Shelf;
use crate::fault;
use crate::say::{Say, count, indented, instant, table};
use miette::Result;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use writ_desk::{Desk, DeskError, Done, Performed, Recorded, Tell};
use writ_docket::{Duty, Owed, duty};
use writ_vocabulary::{CaseId, Instant, Purpose, Ruling, StatementId};

#[derive(Serialize)]
struct Lodged {
    file: String,
    case: CaseId,
    received: Instant,
    signature: Option<bool>,
}

pub async fn lodge(
    desk: &Desk,
    files: &[PathBuf],
    entered_by: Option<&str>,
    supplements: Option<&CaseId>,
    say: Say,
) -> Result<ExitCode> {
    let entered_by =
        entered_by.map(|person| desk.house().person(person)).transpose().map_err(fault::of)?;
    let mut lodged = Vec::new();
    let mut refused = 0;
    for file in files {
        match lodge_one(desk, file, entered_by.clone(), supplements).await {
            Ok(one) => lodged.push(one),
            Err(report) => {
                refused += 1;
                eprintln!("{report:?}");
            }
        }
    }
    say.result(&lodged, |lodged| {
        let rows = lodged.iter().map(|one| {
            let signature = match one.signature {
                None => "none",
                Some(true) => "by the enrolled key",
                Some(false) => "NOT by the enrolled key",
            };
            vec![
                one.case.to_string(),
                instant(one.received),
                signature.to_owned(),
                one.file.clone(),
            ]
        });
        if lodged.is_empty() {
            String::new()
        } else {
            table(&["case", "received", "signature", "file"], rows)
        }
    });
    if refused > 0 && !lodged.is_empty() {
        eprintln!(
            "{} of {} was not lodged; nothing of it was stored",
            count(refused, "file"),
            files.len()
        );
    }
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

async fn lodge_one(
    desk: &Desk,
    file: &Path,
    entered_by: Option<writ_vocabulary::PersonId>,
    supplements: Option<&CaseId>,
) -> Result<Lodged> {
    let intake = reading(file)?;
    let in_file = |error: DeskError| fault::plain(format!("{}: {error}", file.display()));
    let recorded = match supplements {
        Some(case) => desk.supplement(case, &intake, writ_channels::NATIVE).await,
        None => desk.lodge(&intake, writ_channels::NATIVE, entered_by, None).await,
    }
    .map_err(in_file)?;
    let beside = file
        .with_file_name(format!("{}.sig", file.file_name().unwrap_or_default().to_string_lossy()));
    let signature = match std::fs::read_to_string(&beside) {
        Ok(text) => Some(desk.check_signature(&recorded.case.id, &text).await.map_err(in_file)?),
        Err(_) => None,
    };
    let case = recorded.case;
    Ok(Lodged {
        file: file.display().to_string(),
        case: case.id,
        received: case.lodging.received,
        signature,
    })
}

#[derive(Serialize)]
struct Line {
    case: CaseId,
    received: Instant,
    instrument: String,
    stage: &'static str,
    suspended: bool,
    owed: Option<String>,
    by: Option<Instant>,
}

pub async fn list(desk: &Desk, all: bool, say: Say) -> Result<()> {
    let now = Instant::now();
    let mut lines = Vec::new();
    for id in desk.cases().await.map_err(fault::of)? {
        let case = desk.case(&id).await.map_err(fault::of)?.case;
        if all || !case.is_closed() {
            let owed = duty(&case, now).into_iter().find(|owed| owed.from <= now);
            lines.push(Line {
                received: case.lodging.received,
                instrument: case.lodging.instrument.to_string(),
                stage: case.stage_name(),
                suspended: case.suspended,
                by: owed.as_ref().and_then(|owed| owed.by),
                owed: owed.map(|owed| owed.duty.as_str().to_owned()),
                case: id,
            });
        }
    }
    lines.sort_by_key(|line| (line.by.unwrap_or(Instant::MAX), line.received));
    say.result(&lines, |lines| {
        let rows = lines.iter().map(|line| {
            let stage = if line.suspended {
                format!("{} (suspended)", line.stage)
            } else {
                line.stage.to_owned()
            };
            let owed = line.owed.clone().unwrap_or_else(|| "-".to_owned());
            let by = line.by.map(|by| by.strftime("%m-%d %H:%MZ").to_string()).unwrap_or_default();
            vec![line.case.to_string(), line.instrument.clone(), stage, owed, by]
        });
        match lines.len() {
            0 => "no cases".to_owned(),
            _ => table(&["case", "instrument", "stage", "owed", "by"], rows),
        }
    });
    Ok(())
}

#[derive(Serialize)]
struct Shown {
    case: CaseId,
    stage: &'static str,
    suspended: bool,
    received: Instant,
    instrument: String,
    issuer: Option<String>,
    reference: Option<String>,
    accounts: Vec<(String, String)>,
    factors: Vec<String>,
    established: Vec<String>,
    ruling: Option<Ruling>,
    owed: Vec<(Instant, &'static str, Option<Instant>)>,
    history: Vec<(Instant, &'static str)>,
}

pub async fn show(desk: &Desk, id: &CaseId, say: Say) -> Result<()> {
    let recorded = desk.case(id).await.map_err(fault::of)?;
    // An erased case still shows its history: its demand and ruling are gone.
    let demand = desk.demand(&recorded).await.ok();
    let ruling = desk.ruling(&recorded).await.ok();
    let case = &recorded.case;
    let owed = |owed: Owed| (owed.from, owed.duty.as_str(), owed.by);
    let shown = Shown {
        case: id.clone(),
        stage: case.stage_name(),
        suspended: case.suspended,
        received: case.lodging.received,
        instrument: case.lodging.instrument.to_string(),
        issuer: demand.as_ref().map(|demand| demand.issuer.name.clone()),
        reference: demand.as_ref().map(|demand| demand.reference.clone()),
        accounts: demand
            .iter()
            .flat_map(|demand| &demand.accounts)
            .map(|line| (line.reference.to_string(), line.account.to_string()))
            .collect(),
        factors: case.factors.iter().map(|factor| factor.kind.to_string()).collect(),
        established: case.established.iter().map(established).collect(),
        ruling,
        owed: duty(case, Instant::now()).into_iter().map(owed).collect(),
        history: recorded.events.iter().map(|(at, event)| (*at, event.kind())).collect(),
    };
    say.result(&shown, |shown| shown_text(shown, &recorded));
    Ok(())
}

fn established((statement, holds): (&StatementId, &bool)) -> String {
    if *holds { statement.to_string() } else { format!("not {statement}") }
}

fn shown_text(shown: &Shown, recorded: &Recorded) -> String {
    let suspended = if shown.suspended { ", suspended" } else { "" };
    let mut text = format!("{}  {}{suspended}\n\n", shown.case, shown.stage);
    text += &format!(
        "Received   {} by the {} door\n",
        instant(shown.received),
        recorded.case.lodging.door
    );
    text += &format!("Instrument {}\n", shown.instrument);
    match (&shown.issuer, &shown.reference) {
        (Some(issuer), Some(reference)) => text += &format!("Claimed by {issuer}, {reference}\n"),
        _ => text += "Its documents and identifiers were erased.\n",
    }
    let factors =
        if shown.factors.is_empty() { "none".to_owned() } else { shown.factors.join(", ") };
    text += &format!("Factors    {factors}\n");
    for said in &shown.established {
        text += &format!("Established {said}\n");
    }
    for (reference, account) in &shown.accounts {
        text += &format!("Account    {reference}: {account}\n");
    }
    if let Some(ruling) = &shown.ruling {
        text +=
            &format!("Ruling     {}; {} must agree\n\n", ruling.outcome, people(ruling.approvers));
        let rows = ruling.items.iter().map(|item| {
            let want = match item.want {
                Purpose::Disclose => "",
                Purpose::Preserve => "preserve ",
                Purpose::Remove => "remove ",
            };
            let then = item.then.map(|then| format!(": {then}")).unwrap_or_default();
            vec![
                item.item.account.to_string(),
                format!("{want}{}", item.item.element),
                format!("{}{then}", item.answer),
            ]
        });
        text += &format!(
            "{}\n\n{}",
            table(&["account", "element", "answer"], rows),
            reasons(&ruling.items)
        );
    }
    text += "\nHistory\n";
    for (at, kind) in &shown.history {
        text += &format!("  {}  {kind}\n", instant(*at));
    }
    if !shown.owed.is_empty() {
        text += "\nOwed\n";
    }
    for (from, duty, by) in &shown.owed {
        let by = by.map(|by| format!(", at the latest {}", instant(by))).unwrap_or_default();
        text += &format!("  {duty}, from {}{by}\n", instant(*from));
    }
    text
}

pub async fn plan(desk: &Desk, id: &CaseId, say: Say) -> Result<()> {
    let recorded = desk.case(id).await.map_err(fault::of)?;
    let plan = desk.plan(&recorded).await.map_err(fault::of)?;
    let value = serde_json::json!({ "case": id, "digest": plan.digest(), "steps": plan.steps(), "withheld": plan.withheld() });
    say.result(&value, |_| plan.to_string());
    Ok(())
}

pub async fn work(args: &Args, desk: &Arc<Desk>, once: bool, say: Say) -> Result<ExitCode> {
    let mut shelf = Shelf::of(args);
    let mut due = None;
    loop {
        let bar = indicatif::ProgressBar::new_spinner();
        let shown = bar.clone();
        let tell: Tell = Arc::new(move |case, step| {
            shown.set_message(format!(
                "{case}: {} of {}, {}, {} rows",
                step.step, step.steps, step.source, step.rows
            ));
            shown.tick();
        });
        if let Err(error) = desk.refresh_registry() {
            eprintln!("the registry as it was last read stays in use: {error}");
        }
        if let Err(error) = desk.refresh_sign_offs() {
            eprintln!("counsel's sign-offs as they were last read stay in use: {error}");
        }
        match shelf.changed(args) {
            None => {}
            Some(Ok(books)) => match desk.change_books(books) {
                Ok(()) => eprintln!("{}", on_new_books(desk)),
                Err(error) => eprintln!("{LAST_GOOD} {error}"),
            },
            Some(Err(fault)) => eprintln!("{LAST_GOOD} {fault}"),
        }
        let performed = desk.work(&tell).await.map_err(fault::of)?;
        if due.is_none_or(|at: std::time::Instant| at.elapsed() >= RECORD) {
            super::record::keep(desk).await;
            due = Some(std::time::Instant::now());
        }
        bar.finish_and_clear();
        let failed = performed.iter().any(|one| matches!(one.done, Done::Later(_)));
        let lines: Vec<_> = performed.iter().map(line).collect();
        if once || !lines.is_empty() {
            say.result(&lines, |_| worked_text(&performed));
        }
        if once {
            return Ok(if failed { ExitCode::from(1) } else { ExitCode::SUCCESS });
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
            _ = tokio::signal::ctrl_c() => return Ok(ExitCode::SUCCESS),
        }
    }
}

/// How often it is looked whether an epoch of the record is over.
const RECORD: Duration = Duration::from_secs(60);

/// What is said when the books of the home were changed and cannot be used.
const LAST_GOOD: &str = "the law book and the policy as they were last loaded stay in use:";

fn on_new_books(desk: &Desk) -> String {
    let books = desk.books();
    format!(
        "judging by law book {} and policy {} from now on",
        books.lawbook.digest().short(),
        books.policy.digest().short()
    )
}

fn line(performed: &Performed) -> serde_json::Value {
    let duty = performed.duty.as_str();
    match &performed.done {
        Done::Now(stage) => {
            serde_json::json!({ "case": performed.case, "duty": duty, "stage": stage })
        }
        Done::Later(error) => {
            serde_json::json!({ "case": performed.case, "duty": duty, "error": error.to_string() })
        }
    }
}

fn worked_text(performed: &[Performed]) -> String {
    let rows = performed.iter().map(|one| match &one.done {
        Done::Now(stage) => {
            vec![one.case.to_string(), one.duty.as_str().to_owned(), format!("now {stage}")]
        }
        Done::Later(error) => {
            vec![one.case.to_string(), one.duty.as_str().to_owned(), format!("waits: {error}")]
        }
    });
    if performed.is_empty() {
        "nothing was owed".to_owned()
    } else {
        table(&["case", "duty", "done"], rows)
    }
}

/// One line for people on what a case waits for.
pub fn waits_for(recorded: &Recorded) -> String {
    let now = Instant::now();
    let owed = duty(&recorded.case, now);
    match owed.iter().find(|owed| owed.from <= now) {
        Some(Owed { duty: Duty::Decide, .. }) => {
            let needed = recorded.case.ruled().map_or(1, |ruled| ruled.approvers);
            let given = matches!(&recorded.case.stage, writ_docket::Stage::Assessed(assessed) if assessed.approved.is_some());
            if given {
                indented("one person agreed; a second must", 0)
            } else {
                format!("waits for {}", people(needed))
            }
        }
        Some(owed) => format!("owes: {}", owed.duty.as_str()),
        None => "waits".to_owned(),
    }
}
