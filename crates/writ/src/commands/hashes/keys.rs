//! `writ key`: the keys with which members' programs ask. A service that runs hears of it within seconds.

use super::files::table_or;
use super::folder;
use crate::args::Args;
use crate::fault;
use crate::hash_args::{KeyCommand, RoleWord};
use crate::say::{Say, instant};
use miette::Result;
use serde::Serialize;
use std::process::ExitCode;
use writ_commons::{IssuedKey, Keys, Role};
use writ_journal::{Place, SqlJournal};

pub async fn run(args: &Args, command: &KeyCommand, say: Say) -> Result<ExitCode> {
    super::config::Config::read(&folder(args))?;
    let place = Place::from(folder(args).join("journal.db").as_path());
    let journal =
        SqlJournal::open_or_create(&place, Default::default()).await.map_err(fault::of)?;
    let keys = Keys::open(journal.clone()).await.map_err(fault::of)?;
    match command {
        KeyCommand::Issue { member, role, per_minute, expires } => {
            let role = (*role).into();
            let issued = keys.issue(member.clone(), role, *per_minute, *expires).await;
            show(&issued.map_err(fault::of)?, say);
        }
        KeyCommand::List => list(&keys, say),
        KeyCommand::Revoke { key } => {
            keys.revoke(key).await.map_err(fault::of)?;
            say.result(&key, |key| format!("{key} opens nothing any more"));
        }
    }
    journal.close().await.map_err(fault::of)?;
    Ok(ExitCode::SUCCESS)
}

#[derive(Serialize)]
struct Issued<'a> {
    id: &'a str,
    member: &'a str,
    role: Role,
    key: &'a str,
}

fn show(issued: &IssuedKey, say: Say) {
    let IssuedKey { key, text } = issued;
    let shown =
        Issued { id: key.id.as_str(), member: key.member.as_str(), role: key.role, key: text };
    say.result(&shown, |shown| {
        format!(
            "{} for {}:\n\n  {}\n\nIt is shown this once. Send it as `Authorization: Bearer KEY`.",
            shown.id, shown.member, shown.key
        )
    });
}

fn list(keys: &Keys, say: Say) {
    let listed = keys.list();
    say.result(&listed, |listed| {
        let rows = listed.iter().map(|key| {
            vec![
                key.id.to_string(),
                key.member.to_string(),
                format!("{:?}", key.role).to_lowercase(),
                key.per_minute.map_or("as served".to_owned(), |per| per.to_string()),
                key.expires.map_or("-".to_owned(), instant),
            ]
        });
        table_or(
            "no key is in use: `writ key issue` draws one",
            &["key", "member", "role", "a minute", "ends"],
            rows.collect(),
        )
    });
}

impl From<RoleWord> for Role {
    fn from(word: RoleWord) -> Self {
        match word {
            RoleWord::Matcher => Self::Matcher,
            RoleWord::Reader => Self::Reader,
            RoleWord::Member => Self::Member,
            RoleWord::Curator => Self::Curator,
        }
    }
}
