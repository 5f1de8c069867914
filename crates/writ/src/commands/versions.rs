//! `writ lawbook diff`: what differs between two law books, and which answers would.

use super::replay::{self, Replayed};
use crate::args::Args;
use crate::books::{self, Files};
use crate::say::{Say, count, indented};
use miette::Result;
use serde::Serialize;
use std::path::Path;
use std::process::ExitCode;
use writ_lawbook::{Change, ChangeKind, Lawbook};
use writ_policy::Policy;
use writ_vocabulary::{Demand, Facts};

#[derive(Serialize)]
struct Compared {
    changes: Vec<Change>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replayed: Option<Replayed>,
}

/// The two law books and the policy that both are asked through.
struct Pair {
    old: Lawbook,
    new: Lawbook,
    policy: Policy,
}

/// Compares the law books in two folders; with `replay`, asks every known case under both.
pub async fn diff(args: &Args, old: &Path, new: &Path, replay: bool, say: Say) -> Result<ExitCode> {
    let (before, after) = (books::folder(old)?, books::folder(new)?);
    let pair = Pair {
        old: books::lawbook(before.clone())?,
        new: books::lawbook(after.clone())?,
        policy: books::load(args)?.policy,
    };
    let replayed = if replay {
        Some(replayed(args, &pair, before.clone(), after.clone()).await?)
    } else {
        None
    };
    let compared = Compared { changes: writ_lawbook::diff(&before, &after), replayed };
    say.result(&compared, text);
    Ok(ExitCode::SUCCESS)
}

/// Asks the examples of both law books, the policy's cases, and what the home has recorded.
async fn replayed(args: &Args, pair: &Pair, old: Files, new: Files) -> Result<Replayed> {
    let examples = old.into_iter().chain(new).filter(|(path, _)| path.contains("/examples/"));
    let cases =
        books::policy_files(args)?.into_iter().filter(|(path, _)| path.starts_with("cases/"));
    let rulings = |demand: &Demand, facts: &Facts| {
        [&pair.old, &pair.new].map(|book| {
            book.assess(demand, facts).map(|assessment| pair.policy.rule_on(&assessment))
        })
    };
    let mut replayed = Replayed::of_files(examples.chain(cases).collect(), &rulings);
    replayed.ask_home(args, &rulings).await?;
    Ok(replayed)
}

fn text(compared: &Compared) -> String {
    let mut text = String::new();
    for change in &compared.changes {
        let word = match change.kind {
            ChangeKind::Added => "added",
            ChangeKind::Removed => "removed",
            ChangeKind::Changed => "changed",
        };
        text += &format!("{word}  {}\n", change.place);
        for key in &change.keys {
            let shown =
                |value: &Option<String>| value.clone().unwrap_or_else(|| "(none)".to_owned());
            let line = format!("{}: {} -> {}", key.key, shown(&key.old), shown(&key.new));
            text += &format!("{}\n", indented(&line, 4));
        }
    }
    text += &count(compared.changes.len(), "difference");
    if let Some(replayed) = &compared.replayed {
        text += &format!("\n\n{}", replay::text(replayed));
    }
    text
}
