//! `writ partner`: the partners whose lists are fetched into banks.

use super::files::{self, table_or};
use super::{House, folder};
use crate::args::Args;
use crate::fault;
use crate::hash_args::PartnerCommand;
use crate::say::{Say, instant};
use miette::Result;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use writ_commons::{Brought, PartnerName, PartnerStatus, Partners};
use writ_exchange::{Field, Http, PROTOCOLS, Settings};

pub async fn run(args: &Args, command: &PartnerCommand, say: Say) -> Result<ExitCode> {
    if let PartnerCommand::Protocols = command {
        protocols(say);
        return Ok(ExitCode::SUCCESS);
    }
    let house = House::open(args).await?;
    let partners = open(&house, args, false).await?;
    let code = match command {
        PartnerCommand::Protocols | PartnerCommand::List => list(&partners, say),
        PartnerCommand::Set { name, bank, settings, off } => {
            let config = read(settings)?;
            let bank = bank.clone().map_or_else(|| name.as_str().parse().map_err(fault::of), Ok)?;
            partners.set(name.clone(), bank, config, !off).await.map_err(fault::of)?;
            list(&partners, say)
        }
        PartnerCommand::Credentials { of, file } => {
            let given: Option<BTreeMap<String, String>> = file.as_deref().map(read).transpose()?;
            partners.set_credentials(of, given).map_err(fault::of)?;
            list(&partners, say)
        }
        PartnerCommand::Remove { name } => {
            partners.remove(name).await.map_err(fault::of)?;
            list(&partners, say)
        }
        PartnerCommand::Fetch { name, anew } => fetch(&partners, name.as_ref(), *anew, say).await,
    };
    house.close().await?;
    Ok(code)
}

/// The partners of a home. Lists in files are read from its folder `hashes/lists` only.
pub async fn open(house: &House, args: &Args, private_addresses: bool) -> Result<Partners> {
    let lists = Some(folder(args).join("lists"));
    let settings = Settings { lists, private_addresses, ..Settings::default() };
    let http = Http::new(settings).map_err(fault::of)?;
    Partners::open(house.memory.clone(), &folder(args), http).await.map_err(fault::of)
}

fn read<T: serde::de::DeserializeOwned>(file: &Path) -> Result<T> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| fault::plain(format!("{}: {error}", file.display())))?;
    toml::from_str(&text)
        .map_err(|error| fault::plain(format!("{}: {}", file.display(), error.message())))
}

fn protocols(say: Say) {
    let names: Vec<_> = PROTOCOLS.iter().map(|protocol| protocol.name).collect();
    say.result(&names, |_| {
        let told = PROTOCOLS.iter().map(|protocol| {
            let settings: String = protocol.settings().map(line).collect();
            let credentials: String = protocol.credentials.iter().map(line).collect();
            let credentials = match credentials.is_empty() {
                true => String::new(),
                false => format!("  credentials\n{credentials}"),
            };
            format!("{}: {}\n  settings\n{settings}{credentials}\n", protocol.name, protocol.about)
        });
        told.collect()
    });
}

fn line(field: &Field) -> String {
    let needed = if field.required { ", needed" } else { "" };
    let default = field.default.map(|default| format!(" [{default}]")).unwrap_or_default();
    format!("    {}{needed}: {}{default}\n", field.name, field.help)
}

fn list(partners: &Partners, say: Say) -> ExitCode {
    let all = partners.list();
    say.result(&all, |all| {
        let rows = all.iter().map(|status| {
            vec![
                status.name.to_string(),
                status.protocol.clone(),
                status.bank.to_string(),
                if status.enabled { "on" } else { "off" }.to_owned(),
                status.held.to_string(),
                last(status),
            ]
        });
        table_or(
            "no partner is set up: `writ partner set NAME --settings FILE`",
            &["partner", "protocol", "bank", "is", "holds", "last fetch"],
            rows.collect(),
        )
    });
    ExitCode::SUCCESS
}

fn last(status: &PartnerStatus) -> String {
    match &status.last {
        None => "never".to_owned(),
        Some(Brought { error: Some(error), ended, .. }) => format!("{}: {error}", instant(*ended)),
        Some(last) => instant(last.ended),
    }
}

async fn fetch(partners: &Partners, name: Option<&PartnerName>, anew: bool, say: Say) -> ExitCode {
    let enabled = partners.list().into_iter().filter(|status| status.enabled);
    let names: Vec<_> = match name {
        Some(name) => vec![name.clone()],
        None => enabled.map(|status| status.name).collect(),
    };
    let (mut told, mut code) = (Vec::new(), ExitCode::SUCCESS);
    for name in names {
        let bar = files::spinner("records");
        let mut so_far = |so_far: &Brought| bar.set_position(so_far.records);
        let fetched = partners.fetch(&name, anew, &mut so_far).await;
        bar.finish_and_clear();
        match fetched {
            Ok(brought) => told.push((name, brought)),
            Err(error) => {
                code = ExitCode::from(1);
                eprintln!("{name}: {:?}", fault::of(error));
            }
        }
    }
    say.result(&told, |told| {
        let lines = told.iter().map(|(name, brought)| summary(name, brought));
        lines.collect()
    });
    code
}

fn summary(name: &PartnerName, brought: &Brought) -> String {
    let mut text = format!("{name}: {} records, {} gone\n", brought.records, brought.gone);
    let skipped: Vec<_> =
        brought.skipped.iter().map(|(kind, many)| format!("{many} {kind}")).collect();
    if !skipped.is_empty() {
        text += &format!("  passed over: {}\n", skipped.join(", "));
    }
    for (what, faults) in [("not readable", &brought.malformed), ("not taken", &brought.refused)] {
        if faults.count > 0 {
            text += &format!("  {what}: {}\n", faults.count);
        }
        text.extend(faults.last.iter().map(|line| format!("    {line}\n")));
    }
    text
}
