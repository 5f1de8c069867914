//! `writ record`, `writ audit`, `writ receipt`, `writ witness`: the public record, kept and checked.

mod audit;
mod web;
mod witness;

use crate::fault;
use crate::record_args::{ReceiptCommand, RecordCommand};
use crate::say::{Say, count, indented};
use miette::Result;
use std::path::Path;
use std::process::ExitCode;
use writ_audit::{Kept, Receipt, SignedPromise};
use writ_desk::{Desk, RecordKept};
use writ_tally::{Bases, Schema};
use writ_tlog::Policy;

pub use audit::audit;
pub use witness::run as witness;

/// Does what was said of the provider's own record.
pub async fn run(desk: &Desk, command: &RecordCommand, say: Say) -> Result<ExitCode> {
    let client = web::client()?;
    let post = async |url, body| web::post(&client, url, body).await;
    match command {
        RecordCommand::Keep => {
            let kept = desk.keep_record(post).await.map_err(fault::of)?;
            let kept = kept.ok_or_else(|| {
                fault::with_help(
                    "this home keeps no record: it has no record.toml",
                    "docs/manual.md says what to write into it",
                )
            })?;
            say.result(&kept, kept_text);
            Ok(published(&kept))
        }
        RecordCommand::Totals { from, until } => {
            let (totals, kept) =
                desk.publish_totals(*from, *until, post).await.map_err(fault::of)?;
            let json: serde_json::Value =
                serde_json::from_slice(&totals.to_json()).map_err(fault::of)?;
            say.result(&json, |_| totals_text(&totals));
            Ok(published(&kept))
        }
    }
}

/// Keeps the record on the side of other work. What goes wrong is said, and tried again next time.
pub async fn keep(desk: &Desk) {
    let kept = match web::client() {
        Ok(client) => desk.keep_record(async |url, body| web::post(&client, url, body).await).await,
        Err(error) => return eprintln!("the record is not kept: {error}"),
    };
    match kept {
        Ok(Some(kept)) if !kept.epochs.is_empty() || kept.revealed > 0 => {
            eprintln!("{}", kept_text(&kept));
        }
        Ok(_) => {}
        Err(error) => eprintln!("the record is not kept, and it is tried again: {error}"),
    }
}

/// A checkpoint that was not published is not a success.
fn published(kept: &RecordKept) -> ExitCode {
    if kept.published { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

fn kept_text(kept: &RecordKept) -> String {
    let closed = match kept.epochs.as_slice() {
        [] => "no epoch is over".to_owned(),
        [one] => format!("epoch {one} closed with {}", count(kept.events, "event")),
        [first, .., last] => {
            format!("epochs {first} to {last} closed with {}", count(kept.events, "event"))
        }
    };
    let state = match kept.published {
        true => format!("published, {} in the record", entries(kept.size)),
        false => "NOT published: too few witnesses have cosigned; it is tried again".to_owned(),
    };
    let mut text = vec![closed, state];
    if kept.receipts > 0 {
        text.push(format!("{} given", count(kept.receipts, "receipt")));
    }
    if kept.revealed > 0 {
        text.push(format!("revealed, the customer being told: {}", kept.revealed));
    }
    text.extend(
        kept.repaired.iter().map(|file| format!("{file} was missing or wrong, and is made again")),
    );
    text.extend(
        kept.missing.iter().map(|(witness, why)| format!("{witness} has not cosigned: {why}")),
    );
    text.iter().map(|line| indented(line, 0)).collect::<Vec<_>>().join("\n")
}

fn entries(number: u64) -> String {
    if number == 1 { "1 entry".to_owned() } else { format!("{number} entries") }
}

fn totals_text(totals: &writ_tally::Totals) -> String {
    let mut rows = Vec::new();
    for table in totals.tables() {
        for row in table.rows() {
            let figure = match row.total() {
                writ_tally::Total::Exact(0) => continue,
                writ_tally::Total::Exact(exact) => exact.to_string(),
                writ_tally::Total::Band { from, to, .. } => format!("{from}-{to}"),
                writ_tally::Total::Hidden { .. } => "not published".to_owned(),
            };
            rows.push(vec![table.table().to_owned(), row.row().to_owned(), figure]);
        }
    }
    crate::say::table(&["table", "row", "figure"], rows)
}

/// Checks a receipt or a promise.
pub async fn receipt(command: &ReceiptCommand, say: Say) -> Result<ExitCode> {
    let ReceiptCommand::Check { file, policy, record } = command;
    let bytes = super::bytes(file)?;
    let policy = read_policy(policy)?;
    let schema = Schema::v1().map_err(fault::of)?;
    if let Ok(promise) = SignedPromise::parse(&bytes) {
        return check_promise(promise, policy, record.as_deref(), schema, say).await;
    }
    let shown =
        |error: &dyn std::fmt::Display| fault::plain(format!("{}: {error}", file.display()));
    let receipt = Receipt::parse(&schema, &bytes).map_err(|error| shown(&error))?;
    let checked = receipt.check(&Bases::new(schema), &policy).map_err(|error| shown(&error))?;
    say.result(&checked, |checked| {
        format!("{}\n\n  {}", indented(&format!("GOOD: {checked}"), 0), checked.event)
    });
    Ok(ExitCode::SUCCESS)
}

async fn check_promise(
    promise: SignedPromise,
    policy: Policy,
    record: Option<&str>,
    schema: Schema,
    say: Say,
) -> Result<ExitCode> {
    let keys: Vec<_> = policy.logs().iter().map(|log| log.key.clone()).collect();
    promise.verify(&keys).map_err(fault::of)?;
    let by = web::instant(promise.promise().deadline);
    let Some(record) = record else {
        let text = format!(
            "GOOD: a promise of `{}` that the leaf is in the record by {by}; look whether it is with --record URL",
            promise.promise().origin
        );
        let value = serde_json::json!({ "promise": "signed", "by": by });
        say.result(&value, |_| indented(&text, 0));
        return Ok(ExitCode::SUCCESS);
    };
    let source = web::Source::of(record)?;
    let kept = tokio::task::spawn_blocking(move || {
        let now = u64::try_from(jiff::Timestamp::now().as_second()).ok();
        promise.kept(&source, &policy, &Bases::new(schema), now, 2)
    });
    let kept = kept.await.map_err(fault::of)?.map_err(fault::of)?;
    let (text, code) = match kept {
        Kept::Logged { index, epoch, .. } => {
            (format!("KEPT: the leaf is entry {index} of the record, in epoch {epoch}"), 0)
        }
        Kept::Open => {
            (format!("OPEN: the leaf is not in the record yet, and is promised by {by}"), 0)
        }
        Kept::Broken { time } => (
            format!(
                "BROKEN: promised by {by}, and not in the record at {}; this file and the checkpoint prove it",
                web::instant(time)
            ),
            1,
        ),
    };
    say.result(&serde_json::json!({ "promise": text }), |_| indented(&text, 0));
    Ok(ExitCode::from(code))
}

fn read_policy(path: &Path) -> Result<Policy> {
    let bytes = super::bytes(path)?;
    Policy::parse(&bytes).map_err(|error| fault::plain(format!("{}: {error}", path.display())))
}
