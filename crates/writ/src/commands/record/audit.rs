//! `writ audit`: what a stranger checks, with progress, and a verdict.

use super::read_policy;
use super::web::Source;
use crate::fault;
use crate::record_args::AuditArgs;
use crate::say::{Say, indented};
use miette::Result;
use std::num::NonZero;
use std::process::ExitCode;
use writ_audit::{Entries, Expected, Files, Verdict};
use writ_tally::{Bases, Schema};
use writ_tlog::Policy;

/// Checks a record, and ends with success only where all of it holds.
pub async fn audit(args: &AuditArgs, say: Say) -> Result<ExitCode> {
    let source = Source::of(&args.record)?;
    let since = args.since.as_deref().map(super::super::bytes).transpose()?;
    let report = args.report.as_deref().map(super::super::bytes).transpose()?;
    let policy = args.policy.as_deref().map(read_policy).transpose()?;
    let (proofs, opaque) = (!args.no_proofs, args.opaque);
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let bar = indicatif::ProgressBar::new(0);
    let audited = tokio::task::spawn_blocking(move || {
        let policy = match policy {
            Some(policy) => policy,
            None => published_policy(&source)?,
        };
        let bases = Bases::new(Schema::v1().map_err(fault::of)?);
        let entries = match opaque {
            true => Entries::Opaque,
            false => Entries::Record { bases: &bases, proofs, report: report.as_deref() },
        };
        let now = u64::try_from(jiff::Timestamp::now().as_second()).ok();
        let expected = Expected { policy: &policy, entries, since: since.as_deref(), now };
        let verdict = writ_audit::audit(&source, &expected, threads, |progress| {
            bar.set_length(progress.of);
            bar.set_position(progress.entries);
        });
        bar.finish_and_clear();
        let checkpoint = source.read("checkpoint", 1 << 20).map_err(fault::of)?;
        Ok::<_, miette::Report>((verdict.map_err(fault::of)?, checkpoint))
    });
    let (verdict, checkpoint) = audited.await.map_err(fault::of)??;
    say.result(&verdict, |verdict| told(verdict, args));
    if let (true, Some(path), Some(bytes)) = (verdict.is_whole(), &args.keep, checkpoint) {
        std::fs::write(path, bytes)
            .map_err(|error| fault::plain(format!("{}: {error}", path.display())))?;
    }
    Ok(if verdict.is_whole() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The keys that are published beside the record, all witnesses of them asked for.
fn published_policy(source: &Source) -> Result<Policy> {
    let read = |path: &str| {
        let bytes = source.read(path, 64 << 10).map_err(fault::of)?;
        Ok::<_, miette::Report>(String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned())
    };
    let (log, witnesses) = (read("log.vkey")?, read("witnesses.vkey")?);
    if log.trim().is_empty() {
        return Err(fault::with_help(
            "the record has no file `log.vkey`: nothing says whose it is",
            "give the log's key, and the witnesses you believe, with --policy FILE",
        ));
    }
    let mut text = format!("log {}\n", log.trim());
    let mut names = Vec::new();
    for (number, key) in witnesses.lines().filter(|line| !line.is_empty()).enumerate() {
        text.push_str(&format!("witness w{number} {key}\n"));
        names.push(format!("w{number}"));
    }
    match names.is_empty() {
        true => text.push_str("quorum none\n"),
        false => text.push_str(&format!("group all any {}\nquorum all\n", names.join(" "))),
    }
    Policy::parse(text.as_bytes()).map_err(fault::of)
}

fn told(verdict: &Verdict, args: &AuditArgs) -> String {
    let mut text = indented(&verdict.to_string(), 0);
    for fault in verdict.faults() {
        text.push_str(&format!("\n\n{}", indented(&fault.to_string(), 2)));
    }
    if args.policy.is_none() {
        let own = "The keys are those published beside the record: whoever serves it could have changed both. Give those you had from elsewhere with --policy.";
        text.push_str(&format!("\n\n{}", indented(own, 0)));
    }
    text
}
