//! `writ lawbook diff`: what differs between two law books, and which answers would.

use super::desk;
use crate::args::Args;
use crate::books::{self, Files};
use crate::fault;
use crate::say::{Say, count, indented};
use miette::Result;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;
use writ_lawbook::{Change, ChangeKind, Lawbook};
use writ_policy::Policy;
use writ_vocabulary::{CaseFile, Demand, Facts, Ruling};

/// A case that the two law books answer differently.
#[derive(Serialize)]
struct Differing {
    case: String,
    differences: Vec<Differs>,
}

/// One place of a ruling that differs.
#[derive(Serialize)]
struct Differs {
    place: String,
    old: String,
    new: String,
}

/// What asking every case again has shown.
#[derive(Default, Serialize)]
struct Replayed {
    asked: usize,
    /// Cases of the home that cannot be asked again: erased, or their sources are away.
    not_asked: Vec<String>,
    differing: Vec<Differing>,
}

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
    let mut replayed = Replayed::default();
    let examples = old.into_iter().chain(new).filter(|(path, _)| path.contains("/examples/"));
    let cases =
        books::policy_files(args)?.into_iter().filter(|(path, _)| path.starts_with("cases/"));
    // An example that both have alike is asked once.
    let files: BTreeSet<(String, String)> = examples.chain(cases).collect();
    for (path, text) in files {
        let Ok(CaseFile { demand, facts: Some(facts), .. }) = CaseFile::parse(&text) else {
            continue;
        };
        replayed.ask(pair, path, &demand, &facts);
    }
    if args.home.join("writ.toml").exists() {
        replayed.ask_home(args, pair).await?;
    }
    Ok(replayed)
}

impl Replayed {
    fn ask(&mut self, pair: &Pair, case: String, demand: &Demand, facts: &Facts) {
        let under = |book: &Lawbook| match book.assess(demand, facts) {
            Ok(assessment) => points(&pair.policy.rule_on(&assessment)),
            Err(unknown) => {
                BTreeMap::from([("outcome".to_owned(), format!("not judged: {unknown}"))])
            }
        };
        self.asked += 1;
        let differences = differences(&under(&pair.old), &under(&pair.new));
        if !differences.is_empty() {
            self.differing.push(Differing { case, differences });
        }
    }

    /// Every recorded demand, on the facts as the desk establishes them today.
    async fn ask_home(&mut self, args: &Args, pair: &Pair) -> Result<()> {
        let desk = desk(args).await?;
        for id in desk.cases().await.map_err(fault::of)? {
            let recorded = desk.case(&id).await.map_err(fault::of)?;
            match desk.facts(&recorded).await {
                Ok((demand, facts)) => self.ask(pair, id.to_string(), &demand, &facts),
                Err(why) => self.not_asked.push(format!("{id}: {why}")),
            }
        }
        Ok(())
    }
}

/// What of a ruling matters to the people concerned, by place.
fn points(ruling: &Ruling) -> BTreeMap<String, String> {
    let none = || "none".to_owned();
    let due = ruling.deadline.as_ref().map_or_else(none, |deadline| deadline.due.to_string());
    let mut points = BTreeMap::from([
        ("outcome".to_owned(), ruling.outcome.to_string()),
        ("deadline".to_owned(), due),
        ("notice".to_owned(), ruling.notice.word().to_owned()),
        ("approvers".to_owned(), ruling.approvers.to_string()),
    ]);
    for ruled in &ruling.items {
        let then = ruled.then.map_or_else(String::new, |then| format!(": {then}"));
        let place =
            format!("{} of {} ({})", ruled.item.element, ruled.item.account, ruled.item.period);
        points.insert(place, format!("{}{then}", ruled.answer));
    }
    points
}

fn differences(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<Differs> {
    let places: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let value = |of: &BTreeMap<String, String>, place: &String| {
        of.get(place).cloned().unwrap_or_else(|| "none".to_owned())
    };
    let differs = |place: &String| Differs {
        place: place.clone(),
        old: value(old, place),
        new: value(new, place),
    };
    places.into_iter().map(differs).filter(|one| one.old != one.new).collect()
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
        text += &format!("\n\n{}", replayed_text(replayed));
    }
    text
}

fn replayed_text(replayed: &Replayed) -> String {
    let mut text = String::new();
    for one in &replayed.differing {
        text += &format!("{}\n", one.case);
        for at in &one.differences {
            let line = format!("{}: {} -> {}", at.place, at.old, at.new);
            text += &format!("{}\n", indented(&line, 4));
        }
    }
    for why in &replayed.not_asked {
        text += &format!("not asked  {why}\n");
    }
    text += &format!(
        "{} asked, {} answered differently",
        count(replayed.asked, "case"),
        replayed.differing.len()
    );
    text
}
