//! `writ authority`: the registry.

use crate::args::{Args, AuthorityCommand};
use crate::say::{Say, table};
use crate::{books, fault};
use miette::Result;
use writ_desk::Registry;
use writ_vocabulary::{Authority, EnrolledKey, Instant, KeyPurpose};

pub fn run(args: &Args, command: &AuthorityCommand, say: Say) -> Result<()> {
    let mut registry = Registry::read(&args.home).map_err(fault::of)?;
    match command {
        AuthorityCommand::List => {}
        AuthorityCommand::Add { id, name, jurisdiction, class, switchboard, domains } => {
            if registry.get(id).is_some() {
                return Err(fault::plain(format!(
                    "`{id}` is in the registry already; edit authorities.toml to change it"
                )));
            }
            let classes = books::load(args)?.lawbook.classes().clone();
            if !classes.contains_key(class) {
                return Err(fault::with_help(
                    format!("the law book knows no class `{class}`"),
                    "`writ lawbook classes` lists them",
                ));
            }
            registry.authorities.push(Authority {
                id: id.clone(),
                name: name.clone(),
                jurisdiction: *jurisdiction,
                class: class.clone(),
                domains: domains.clone(),
                switchboard: switchboard.clone(),
                keys: Vec::new(),
                officers: Vec::new(),
            });
            registry.write(&args.home).map_err(fault::of)?;
        }
        AuthorityCommand::Enrol { id, seal, sign } => {
            let keys = [(KeyPurpose::Seal, seal), (KeyPurpose::Sign, sign)];
            let authority = registry.authorities.iter_mut().find(|authority| &authority.id == id);
            let authority =
                authority.ok_or_else(|| fault::plain(format!("`{id}` is not in the registry")))?;
            for (purpose, key) in
                keys.into_iter().filter_map(|(purpose, key)| Some((purpose, key.as_ref()?)))
            {
                enrol(authority, purpose, key)?;
            }
            registry.write(&args.home).map_err(fault::of)?;
        }
    }
    say.result(&registry.authorities, |authorities| listed(authorities));
    Ok(())
}

/// A changed key is a new enrolment: the older one is withdrawn, not overwritten.
pub fn enrol(authority: &mut Authority, purpose: KeyPurpose, key: &str) -> Result<()> {
    let well_formed = match purpose {
        KeyPurpose::Seal => key.starts_with("age1") && key.len() == 62,
        KeyPurpose::Sign => key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit()),
    };
    if !well_formed {
        return Err(fault::plain(format!(
            "`{key}` is not a key of that kind: `--seal age1...`, `--sign` 64 hexadecimal characters"
        )));
    }
    let now = Instant::now();
    for older in authority.keys.iter_mut().filter(|older| older.purpose == purpose) {
        older.withdrawn.get_or_insert(now);
    }
    authority.keys.push(EnrolledKey {
        purpose,
        key: key.to_owned(),
        enrolled: now,
        withdrawn: None,
    });
    Ok(())
}

fn listed(authorities: &[Authority]) -> String {
    let rows = authorities.iter().map(|authority| {
        let now = Instant::now();
        let has =
            |purpose| if authority.key(purpose, now).is_some() { "yes" } else { "no" }.to_owned();
        vec![
            authority.id.to_string(),
            authority.jurisdiction.to_string(),
            authority.class.to_string(),
            has(KeyPurpose::Seal),
            has(KeyPurpose::Sign),
            authority.name.clone(),
        ]
    });
    match authorities.len() {
        0 => "the registry is empty; add the bodies you know with `writ authority add`".to_owned(),
        _ => table(&["id", "state", "class", "seals", "signs", "name"], rows),
    }
}
