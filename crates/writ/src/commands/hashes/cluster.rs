//! `writ cluster` and `writ sightings`: one piece of content tracked down across forms and members.

use super::files::{self, table_or};
use super::{House, page};
use crate::fault;
use crate::say::{Say, count, instant};
use miette::Result;
use serde::Serialize;
use std::path::Path;
use std::process::ExitCode;
use writ_hashbank::{Cluster, Command, EntryId, Label, Seeing, Signal, Variant};
use writ_vocabulary::Instant;

#[derive(Serialize)]
struct Told {
    entries: Vec<u32>,
    sightings: Vec<u32>,
    widest: u32,
}

pub async fn run(
    house: House,
    entry: Option<u32>,
    within: u32,
    html: Option<&Path>,
    say: Say,
) -> Result<ExitCode> {
    if let Some(id) = entry {
        known(&house, EntryId(id))?;
    }
    let bar = files::spinner("entries looked at");
    let found =
        house.memory.clusters(entry.map(EntryId), within, |seen| bar.set_position(seen as u64));
    bar.finish_and_clear();
    if let Some(path) = html {
        page::write(path, &page::of_clusters(&house, &found, within))?;
    }
    let told: Vec<Told> = found.iter().map(told).collect();
    say.result(&told, |told| {
        let rows = told
            .iter()
            .map(|one| vec![list(&one.entries), list(&one.sightings), one.widest.to_string()]);
        let table = table_or(
            "nothing lies that near to each other",
            &["entries", "sightings", "weakest link"],
            rows.collect(),
        );
        format!("{table}\n\n{}\n", count(told.len(), "cluster"))
    });
    house.close().await?;
    Ok(ExitCode::SUCCESS)
}

fn told(cluster: &Cluster) -> Told {
    let (mut entries, mut sightings) = (Vec::new(), Vec::new());
    for variant in &cluster.variants {
        match variant {
            Variant::Entry(entry) => entries.push(entry.0),
            Variant::Sighting(sighting) => sightings.push(sighting.0),
        }
    }
    Told { entries, sightings, widest: cluster.widest() }
}

fn list(numbers: &[u32]) -> String {
    let shown: Vec<_> = numbers.iter().take(12).map(ToString::to_string).collect();
    let more = numbers.len().saturating_sub(12);
    match more {
        0 => shown.join(" "),
        more => format!("{} and {more} more", shown.join(" ")),
    }
}

#[derive(Serialize)]
struct Sighted {
    sighting: u32,
    member: String,
    platform: String,
    form: String,
    distance: u32,
    seen: Instant,
}

pub async fn sightings(
    house: House,
    entry: u32,
    told: Option<(&Label, &Label)>,
    seen: Option<Instant>,
    hash: Option<&str>,
    say: Say,
) -> Result<ExitCode> {
    let entry = EntryId(entry);
    known(&house, entry)?;
    if let Some((platform, form)) = told {
        let seeing = seeing(&house, entry, (platform, form), seen, hash)?;
        house.memory.command(Command::Sight(seeing)).await.map_err(fault::of)?;
    }
    let rows: Vec<Sighted> = house.memory.read(|state, _| {
        let rows = state.sightings(entry, 1_000).into_iter().map(|one| Sighted {
            sighting: one.id.0,
            member: one.member.to_string(),
            platform: one.platform.to_string(),
            form: one.form.to_string(),
            distance: one.distance,
            seen: one.seen,
        });
        rows.collect()
    });
    say.result(&rows, |rows| {
        let rows = rows.iter().map(|one| {
            vec![
                one.sighting.to_string(),
                instant(one.seen),
                one.member.clone(),
                one.platform.clone(),
                one.form.clone(),
                one.distance.to_string(),
            ]
        });
        table_or(
            "it was not seen yet",
            &["sighting", "seen", "by", "platform", "form", "distance"],
            rows.collect(),
        )
    });
    house.close().await?;
    Ok(ExitCode::SUCCESS)
}

fn seeing(
    house: &House,
    entry: EntryId,
    (platform, form): (&Label, &Label),
    seen: Option<Instant>,
    hash: Option<&str>,
) -> Result<Seeing> {
    let (mut signal, mut distance) = (None, 0);
    if let Some(hash) = hash {
        let asked = writ_signals::pdq::TYPE.parse(hash).map_err(fault::of)?;
        let near = house.memory.near(&asked, None, 1_000).into_iter();
        let own = near.filter(|(id, _)| id.entry() == entry).map(|(_, distance)| distance).min();
        distance = own.ok_or_else(|| {
            fault::plain(format!("`{hash}` lies too far from entry {entry} to be the same content"))
        })?;
        let kind = writ_signals::pdq::TYPE.name.parse().map_err(fault::of)?;
        let hash = asked.text().to_owned();
        signal = Some(Signal { kind, hash, quality: None, nearest_benign: None });
    }
    Ok(Seeing {
        entry,
        by: house.member.clone(),
        platform: platform.clone(),
        form: form.clone(),
        distance,
        seen: seen.unwrap_or_else(Instant::now),
        signal,
    })
}

/// # Errors
/// Where there is no such entry.
pub fn known(house: &House, entry: EntryId) -> Result<()> {
    match house.memory.read(|state, now| state.entry(entry, now).is_some()) {
        true => Ok(()),
        false => Err(fault::plain(format!("there is no entry {entry}"))),
    }
}
