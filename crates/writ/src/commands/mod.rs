//! The commands, one file for each group.

mod assess;
mod authority;
mod books;
mod cases;
mod decide;
mod guidelines;
mod hashes;
mod house;
mod open;
mod policy;
mod record;
mod replay;
mod report;
mod tables;
mod versions;

use crate::args::{Args, Command, LawbookCommand};
use crate::say::Say;
use crate::{books as shelves, demo, fault};
use miette::Result;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use writ_desk::{Desk, SystemClock};

pub use hashes::WORKER;
pub use house::{figures, figures_text};

/// Does what was said.
pub async fn run(args: Args) -> Result<ExitCode> {
    let say = Say { json: args.json };
    let done = |()| ExitCode::SUCCESS;
    match &args.command {
        Command::Init => house::init(&args.home, say).map(done),
        Command::Schema => house::schema().map(done),
        Command::Assess { file, expect } => assess::assess(&args, file, *expect, say),
        Command::Open { parcel, key, provider, out } => {
            open::open(parcel, key, provider.as_deref(), out.as_deref(), say).map(done)
        }
        Command::Lawbook(LawbookCommand::Diff { old, new, replay }) => {
            versions::diff(&args, old, new, *replay, say).await
        }
        Command::Lawbook(command) => books::lawbook(&args, command, say),
        Command::Policy(command) => policy::run(&args, command, say).await,
        Command::Guidelines(wanted) => guidelines::publish(&args, wanted, say).map(done),
        Command::Demo(demo) => demo::play(&args, demo, say).await,
        Command::Hashes(command) => hashes::run(&args, command, say).await,
        Command::Audit(wanted) => record::audit(wanted, say).await,
        Command::Receipt(command) => record::receipt(command, say).await,
        Command::Witness(command) => record::witness(command, say).await,
        Command::Authority(command) => authority::run(&args, command, say).map(done),
        _ => at_the_desk(&args, say).await,
    }
}

async fn at_the_desk(args: &Args, say: Say) -> Result<ExitCode> {
    let desk = Arc::new(desk(args).await?);
    if let Some((decision, answer)) = args.command.answer() {
        return decide::answer(&desk, decision, answer, say).await.map(|()| ExitCode::SUCCESS);
    }
    match &args.command {
        Command::Lodge { files, entered_by, supplements } => {
            return cases::lodge(&desk, files, entered_by.as_deref(), supplements.as_ref(), say)
                .await;
        }
        Command::Cases { all } => cases::list(&desk, *all, say).await,
        Command::Show { case } => cases::show(&desk, case, say).await,
        Command::Plan { case } => cases::plan(&desk, case, say).await,
        Command::Work { once } => return cases::work(args, &desk, *once, say).await,
        Command::Report(wanted) => report::run(&desk, wanted, say).await,
        Command::Contribute { decision, bank, labels, files } => {
            let wanted = hashes::Removed { bank, labels, files };
            return hashes::contribute(args, &desk, decision, &wanted, say).await;
        }
        Command::Erase { case, .. } => house::erase(&desk, case, say).await,
        Command::Record(command) => return record::run(&desk, command, say).await,
        Command::Doctor => return house::doctor(&desk, say).await,
        other => decide::run(&desk, other, say).await,
    }
    .map(|()| ExitCode::SUCCESS)
}

/// The desk of the home that was named.
async fn desk(args: &Args) -> Result<Desk> {
    if !args.home.join("writ.toml").exists() {
        return Err(fault::with_help(
            format!("`{}` is not a provider's home: it has no writ.toml", args.home.display()),
            "make one with `writ --home DIR init`, or name yours with --home or WRIT_HOME",
        ));
    }
    let books = shelves::load(args)?;
    Desk::open(&args.home, books, Arc::new(SystemClock)).await.map_err(fault::of)
}

/// A file's bytes, not more than a bound.
fn bytes(path: &Path) -> Result<Vec<u8>> {
    use std::io::Read;
    let unreadable = |error| fault::plain(format!("{}: {error}", path.display()));
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    let bound = writ_channels::MAX_BYTES as u64 + 1;
    file.take(bound).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}
