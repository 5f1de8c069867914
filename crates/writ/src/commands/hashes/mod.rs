//! The commands on hashes of known terrorist images and video, one file for each group.

mod bank;
mod cluster;
mod config;
mod exchanges;
mod files;
mod find;
mod hunt;
mod keys;
mod page;
mod partner;
mod serve;

use crate::args::Args;
use crate::fault;
use crate::hash_args::HashesCommand;
use crate::say::Say;
pub use bank::{Removed, contribute};
use config::Config;
pub use files::WORKER;
use miette::Result;
use std::path::PathBuf;
use std::process::ExitCode;
use writ_commons::{Memory, Settings};
use writ_hashbank::MemberId;

pub async fn run(args: &Args, command: &HashesCommand, say: Say) -> Result<ExitCode> {
    match command {
        HashesCommand::Hash(wanted) => files::hash(wanted, say),
        HashesCommand::Match { what, how } => {
            find::files(&House::open(args).await?, what, how, say).await
        }
        HashesCommand::Hunt { path, since, how } => {
            hunt::run(House::open(args).await?, path, *since, how, say).await
        }
        HashesCommand::Bank(command) => bank::run(args, command, say).await,
        HashesCommand::Sightings { entry, platform, form, seen, hash } => {
            let house = House::open(args).await?;
            let told = platform.as_ref().zip(form.as_ref());
            cluster::sightings(house, *entry, told, *seen, hash.as_deref(), say).await
        }
        HashesCommand::Cluster { entry, within, html } => {
            cluster::run(House::open(args).await?, *entry, *within, html.as_deref(), say).await
        }
        HashesCommand::Partner(command) => partner::run(args, command, say).await,
        HashesCommand::Serve { listen } => serve::run(args, *listen).await,
        HashesCommand::Key(command) => keys::run(args, command, say).await,
    }
}

/// The shared memory of a home, and who one is in it.
pub struct House {
    pub memory: Memory,
    pub member: MemberId,
}

impl House {
    /// Opens the shared memory of the home that was named.
    pub async fn open(args: &Args) -> Result<Self> {
        let config = Config::read(&folder(args))?;
        let memory = open(args).await?;
        Ok(Self { memory, member: config.member })
    }

    /// Merges the indexes and saves the state, so that the next start is quick.
    pub async fn close(self) -> Result<()> {
        self.memory.close().await.map_err(fault::of)
    }
}

/// Opens the memory, with progress where many events are read.
pub async fn open(args: &Args) -> Result<Memory> {
    let bar = files::spinner("events read");
    let (folder, mut told) = (folder(args), |read| bar.set_position(read));
    let opened = Memory::open(&folder, Settings::default(), &mut told).await;
    bar.finish_and_clear();
    opened.map_err(fault::of)
}

/// Where the shared memory lies in the home.
pub fn folder(args: &Args) -> PathBuf {
    args.home.join("hashes")
}
