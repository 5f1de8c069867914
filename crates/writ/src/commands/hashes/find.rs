//! `writ match`: files looked up in the banks.

use super::House;
use super::files::{self, Done};
use super::page;
use crate::fault;
use crate::hash_args::{FindArgs, HashArgs};
use crate::say::{Say, indented};
use miette::Result;
use serde::Serialize;
use std::collections::BTreeMap;
use std::process::ExitCode;
use writ_commons::{Answer, Asked, Found, Memory, Sample};
use writ_hashbank::{Action, BankName, Coin, EntryId, MemberId};
use writ_media::Scale;

/// How many matches are told of one file.
pub const TOLD: usize = 100;

/// A file and what it matches.
#[derive(Serialize)]
pub struct Matched {
    /// The file, or the upload's id.
    pub file: String,
    /// What was found.
    #[serde(flatten)]
    pub answer: Answer,
}

pub async fn files(house: &House, what: &HashArgs, how: &FindArgs, say: Say) -> Result<ExitCode> {
    let (done, hasher) = (files::hash_all(what, Scale::Fast)?, files::hasher()?);
    let types = (!what.types.is_empty()).then_some(what.types.as_slice());
    let mut matched = Vec::new();
    for Done { path, hashed } in &done {
        let Ok(hashed) = hashed else { continue };
        let close = house.memory.is_close_call(hashed);
        let whole = close.then(|| files::hash_one(&hasher, path, what.kind, types, Scale::Full));
        let samples = match &whole {
            Some(Ok(whole)) => &whole.samples,
            _ => &hashed.samples,
        };
        let answer = look_up(&house.memory, &house.member, samples, &how.banks)?;
        matched.push(Matched { file: path.display().to_string(), answer });
    }
    tell(house, &matched, how, say)?;
    house.memory.clone().close().await.map_err(fault::of)?;
    Ok(files::tell_faults(&done))
}

/// Looks up the signals of one piece of content.
pub fn look_up(
    memory: &Memory,
    member: &MemberId,
    samples: &[Sample],
    banks: &[BankName],
) -> Result<Answer> {
    let asked = Asked {
        samples,
        member: Some(member),
        banks: (!banks.is_empty()).then_some(banks),
        coin: Coin::Bypass,
        limit: TOLD,
    };
    memory.look_up(&asked).map_err(fault::of)
}

/// Prints the matches, and writes the page where one is wanted.
pub fn tell(house: &House, matched: &[Matched], how: &FindArgs, say: Say) -> Result<()> {
    if let Some(path) = &how.html {
        page::write(path, &page::of_matches(house, matched))?;
    }
    say.result(&matched, |matched| {
        let files: Vec<String> = matched
            .iter()
            .filter(|one| !one.answer.matches.is_empty())
            .map(|one| format!("{}\n{}", one.file, entries(&one.answer)))
            .collect();
        format!("{}{} of {} match\n", files.concat(), files.len(), matched.len())
    });
    Ok(())
}

/// The entries that one file matches: where, how near, by what, and what it may lead to.
fn entries(answer: &Answer) -> String {
    let mut by_entry: BTreeMap<EntryId, Vec<&Found>> = BTreeMap::new();
    for found in &answer.matches {
        by_entry.entry(found.entry).or_default().push(found);
    }
    let mut nearest: Vec<_> = by_entry.into_values().filter_map(entry).collect();
    nearest.sort();
    let mut text: String = nearest.into_iter().map(|(_, text)| text).collect();
    let beyond = answer.total.saturating_sub(answer.matches.len() as u64);
    if beyond > 0 {
        text += &format!("  {beyond} more are not told\n");
    }
    text
}

fn entry(found: Vec<&Found>) -> Option<(u32, String)> {
    let nearest = found.iter().min_by_key(|one| one.distance)?;
    let strongest = found.iter().max_by_key(|one| one.action)?;
    let by: Vec<_> = found.iter().map(|one| format!("{} at {}", one.kind, one.distance)).collect();
    let held = strongest.held_back.map(|why| format!(", {why}")).unwrap_or_default();
    let labels: Vec<_> = nearest.labels.iter().map(ToString::to_string).collect();
    let text = format!(
        "entry {} of {}, {}: {}{held}",
        nearest.entry,
        nearest.bank,
        by.join(", "),
        action(strongest.action)
    );
    let mut shown = format!("{}\n", indented(&text, 2));
    if !labels.is_empty() {
        shown += &format!("{}\n", indented(&labels.join(" "), 4));
    }
    Some((nearest.distance, shown))
}

pub fn action(action: Action) -> &'static str {
    match action {
        Action::Log => "log",
        Action::Review => "review",
        Action::Auto => "auto",
    }
}
