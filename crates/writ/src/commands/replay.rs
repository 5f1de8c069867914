//! Asking known cases again under two sets of books, and where the rulings differ.

use super::desk;
use crate::args::Args;
use crate::books::Files;
use crate::fault;
use crate::say::{count, indented};
use miette::Result;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use writ_lawbook::UnknownTerms;
use writ_vocabulary::{CaseFile, Demand, Facts, Ruling};

/// What asking every case again has shown.
#[derive(Default, Serialize)]
pub struct Replayed {
    asked: usize,
    /// Cases of the home that cannot be asked again: erased, or their sources are away.
    not_asked: Vec<String>,
    differing: Vec<Differing>,
}

/// A case that the two answer differently.
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

/// The rulings of the two on one demand.
pub type Rulings<'a> = &'a dyn Fn(&Demand, &Facts) -> [Result<Ruling, UnknownTerms>; 2];

impl Replayed {
    /// Asks every case file that has facts, each once.
    pub fn of_files(files: Files, rulings: Rulings<'_>) -> Self {
        let mut replayed = Self::default();
        let files: BTreeSet<(String, String)> = files.into_iter().collect();
        for (path, text) in files {
            if let Ok(CaseFile { demand, facts: Some(facts), .. }) = CaseFile::parse(&text) {
                replayed.ask(path, &demand, &facts, rulings);
            }
        }
        replayed
    }

    /// Asks every recorded demand of the home, where there is one. The facts of the day are not stored with a ruling, so
    /// both are asked on those that the desk establishes today: its registry, the recorded factors, its sources.
    pub async fn ask_home(&mut self, args: &Args, rulings: Rulings<'_>) -> Result<()> {
        if !args.home.join("writ.toml").exists() {
            return Ok(());
        }
        let desk = desk(args).await?;
        for id in desk.cases().await.map_err(fault::of)? {
            let recorded = desk.case(&id).await.map_err(fault::of)?;
            match desk.facts(&recorded).await {
                Ok((demand, facts)) => self.ask(id.to_string(), &demand, &facts, rulings),
                Err(why) => self.not_asked.push(format!("{id}: {why}")),
            }
        }
        Ok(())
    }

    /// Whether nothing is answered differently.
    pub fn all_alike(&self) -> bool {
        self.differing.is_empty()
    }

    fn ask(&mut self, case: String, demand: &Demand, facts: &Facts, rulings: Rulings<'_>) {
        let said = |ruling: Result<Ruling, UnknownTerms>| match ruling {
            Ok(ruling) => points(&ruling),
            Err(unknown) => {
                BTreeMap::from([("outcome".to_owned(), format!("not judged: {unknown}"))])
            }
        };
        self.asked += 1;
        let [old, new] = rulings(demand, facts).map(said);
        let differences = differences(&old, &new);
        if !differences.is_empty() {
            self.differing.push(Differing { case, differences });
        }
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

/// The cases that differ, each with its places, and how many were asked.
pub fn text(replayed: &Replayed) -> String {
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
