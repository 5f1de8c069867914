//! `writ demo`: the founding night, played on a generated provider through the real desk.
//!
//! Nothing is simulated but the people: what reviewers decide and how long they think stands in `play.toml`, and
//! their time is shown apart from the machine's. A scenario that was interrupted goes on where it stopped.

mod authorities;
mod night;
mod stage;

use crate::args::{Args, DemoArgs};
use crate::commands::{figures, figures_text};
use crate::say::Say;
use crate::{books, fault};
use miette::Result;
use night::{Ended, Night};
use stage::Stage;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use writ_desk::{Desk, House, SetClock};
use writ_vocabulary::{Instant, SignOff};

/// Plays, prints a line for each case, and fails where an outcome is not the expected one.
pub async fn play(args: &Args, demo: &DemoArgs, say: Say) -> Result<ExitCode> {
    let night = Night::load(demo.scenario.as_deref())?;
    let (home, temporary) = home(demo)?;
    let books = books::load(args)?;
    let stage = Stage::set(&home, demo, &night, &books.lawbook, say)?;
    let clock = Arc::new(SetClock::at(Instant::UNIX_EPOCH));
    let desk = Desk::open(&home, books, clock.clone()).await.map_err(fault::of)?;
    let mut ended = Vec::new();
    if !say.json {
        println!("{}", Ended::HEADER);
    }
    for step in &night.steps {
        let one = night::play(&desk, &clock, &stage, step).await?;
        if !say.json {
            println!("{}", one.line());
        }
        ended.push(one);
    }
    let opened = stage.open_all(&desk).await?;
    let wrong: Vec<_> = ended.iter().filter(|one| !one.differences.is_empty()).collect();
    let sums = figures(&desk, None, None).await?;
    let value = serde_json::json!({ "cases": ended, "parcels_opened": opened, "figures": sums, "home": home });
    say.result(&value, |_| {
        let mut text = format!("\n{}\n", summary(&ended, opened));
        text += &format!("\nThe report, folded from the events\n\n{}", figures_text(&sums));
        for one in &wrong {
            text += &format!(
                "\nWRONG  {}\n{}\n",
                one.file,
                one.differences
                    .iter()
                    .map(|line| format!("  {line}"))
                    .collect::<Vec<_>>()
                    .join("\n")
            );
        }
        if demo.into.is_some() {
            text += &format!(
                "\nThe provider's home stays in {}: try `writ --home {} cases --all`\n",
                home.display(),
                home.display()
            );
        }
        text
    });
    drop(desk);
    if temporary {
        std::fs::remove_dir_all(&home)
            .map_err(|error| fault::plain(format!("{}: {error}", home.display())))?;
    }
    Ok(if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The invented provider of the founding night, and what its counsel signed off.
pub fn provider() -> Result<(House, Vec<SignOff>)> {
    let night = Night::load(None)?;
    let house = toml::from_str(&night.provider)
        .map_err(|error| fault::plain(format!("provider.toml: {error}")))?;
    Ok((house, night.sign_offs))
}

fn home(demo: &DemoArgs) -> Result<(PathBuf, bool)> {
    match &demo.into {
        Some(dir) => Ok((dir.clone(), false)),
        None => {
            let dir = std::env::temp_dir().join(format!("writ-demo-{}", std::process::id()));
            Ok((dir, true))
        }
    }
}

fn summary(ended: &[Ended], opened: usize) -> String {
    let given: Vec<_> = ended.iter().filter(|one| one.sealed).collect();
    let mut machine: Vec<Duration> = given.iter().map(|one| one.machine).collect();
    machine.sort();
    let median = machine.get(machine.len() / 2).copied().unwrap_or_default();
    let total: Duration = machine.iter().sum();
    let people: i64 = given.iter().map(|one| one.people_seconds).sum();
    let mean = people / i64::try_from(given.len().max(1)).unwrap_or(1);
    let text = format!(
        "{} of {} demands were answered with data: from receipt to sealed parcel the machine took {:.2} s for all \
         together, {:.0} ms in the middle; people took {} min {:02} s on average. {opened} parcels opened with their \
         authority's key and verified.",
        given.len(),
        ended.len(),
        total.as_secs_f64(),
        median.as_secs_f64() * 1000.0,
        mean / 60,
        mean % 60
    );
    crate::say::indented(&text, 0)
}
