//! What is promised of Meridian and of the founding night.

use super::cast::{Cast, Person};
use super::people::People;
use super::{CUSTODY, Size, generate};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use writ_custody::Custody;
use writ_lawbook::Lawbook;
use writ_policy::Policy;
use writ_vocabulary::{Account, Authority, CaseFile, Controller, ElementId, Outcome, Provider};

const SMALL: Size = Size { accounts: 200, logins: 5_000, seed: 13 };

fn root(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder)
}

/// Every file under a folder, by its path in it.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(open) = folders.pop() {
        for entry in std::fs::read_dir(open).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                found.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    found
}

fn texts(folder: &str) -> Vec<(String, String)> {
    let files = files(&root(folder)).into_iter();
    files.filter_map(|(name, bytes)| Some((name, String::from_utf8(bytes).ok()?))).collect()
}

fn night() -> Vec<(String, CaseFile)> {
    let cases = texts("scenarios/founding-night").into_iter();
    let cases = cases.filter(|(name, _)| name.starts_with(|first: char| first.is_ascii_digit()));
    cases
        .map(|(name, text)| {
            let case = CaseFile::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, case)
        })
        .collect()
}

fn held() -> BTreeSet<ElementId> {
    let known: toml::Table =
        toml::from_str(&std::fs::read_to_string(root("lawbook/elements.toml")).unwrap()).unwrap();
    let known =
        known["elements"].as_table().unwrap().keys().map(|id| id.parse().unwrap()).collect();
    Custody::parse("custody.toml", CUSTODY, &known).unwrap().elements()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_gives_others() {
    let written = |size: Size| {
        let home = tempfile::tempdir().unwrap();
        generate(home.path(), size, &mut |_, _, _| ()).unwrap();
        files(home.path())
    };
    let first = written(SMALL);
    assert_eq!(first, written(SMALL));
    let other = written(Size { seed: 14, ..SMALL });
    assert_eq!(first.keys().filter(|name| name.ends_with(".sqlite")).count(), 1);
    assert_ne!(first["data/accounts.sqlite"], other["data/accounts.sqlite"]);
    assert_ne!(first["data/logins/logins-000.parquet"], other["data/logins/logins-000.parquet"]);
}

#[test]
fn a_home_that_has_data_is_left_alone() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("data")).unwrap();
    let error = generate(home.path(), SMALL, &mut |_, _, _| ()).unwrap_err();
    assert!(error.to_string().ends_with("remove it, or choose another folder"), "{error}");
    let error =
        generate(home.path(), Size { accounts: 3, ..SMALL }, &mut |_, _, _| ()).unwrap_err();
    assert!(error.to_string().contains("the people whom the scenario names"), "{error}");
}

#[test]
fn progress_ends_at_its_end_and_the_rows_are_as_many_as_asked() {
    let home = tempfile::tempdir().unwrap();
    let mut last = BTreeMap::new();
    generate(home.path(), SMALL, &mut |what, done, of| {
        last.insert(what.to_owned(), (done, of));
    })
    .unwrap();
    assert!(last.values().all(|(done, of)| done == of), "{last:?}");
    assert_eq!((last["customers"].1, last["logins"].1), (SMALL.accounts, SMALL.logins));
}

#[test]
fn everybody_has_an_id_of_their_own_and_the_cast_is_there_at_every_size() {
    let cast = Cast::of_the_founding_night().unwrap();
    for accounts in [cast.people.len() as u64, 1_000, 200_000] {
        let people = People::of(&cast, Size { accounts, ..SMALL }).unwrap();
        let ids: Vec<_> = people.all().map(|account| account.id()).collect();
        assert_eq!(ids.len() as u64, accounts);
        assert!(ids.is_sorted_by(|a, b| a < b), "{accounts}");
        assert!(cast.people.iter().all(|person| ids.binary_search(&person.id).is_ok()));
    }
}

#[test]
fn each_file_of_the_night_is_played_once_in_the_order_of_receipt() {
    let play: toml::Table = toml::from_str(
        &std::fs::read_to_string(root("scenarios/founding-night/play.toml")).unwrap(),
    )
    .unwrap();
    let played: Vec<&str> = play["step"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["file"].as_str().unwrap())
        .collect();
    let night: BTreeMap<_, _> = night().into_iter().collect();
    let received: Vec<_> =
        played.iter().map(|file| night[*file].facts.as_ref().unwrap().received).collect();
    assert!(received.is_sorted());
    assert_eq!(
        played.iter().copied().collect::<BTreeSet<_>>(),
        night.keys().map(String::as_str).collect()
    );
    assert_eq!(played.len(), night.len());
}

#[test]
fn each_file_states_the_facts_that_the_desk_finds() {
    let cast = Cast::of_the_founding_night().unwrap();
    let provider: Provider = {
        let mut house: toml::Table = toml::from_str(
            &std::fs::read_to_string(root("scenarios/founding-night/provider.toml")).unwrap(),
        )
        .unwrap();
        house.retain(|key, _| ["name", "entities", "shared_addresses", "languages"].contains(&key));
        house.try_into().unwrap()
    };
    let registry: BTreeMap<String, Vec<Authority>> = toml::from_str(
        &std::fs::read_to_string(root("scenarios/founding-night/authorities.toml")).unwrap(),
    )
    .unwrap();
    let held: BTreeSet<ElementId> = held();
    for (name, case) in night() {
        let facts = case.facts.as_ref().unwrap();
        assert_eq!(facts.provider, provider, "{name}");
        assert!(
            facts.authorities.iter().all(|authority| registry["authority"].contains(authority)),
            "{name}"
        );
        for stated in &facts.accounts {
            let account = case.demand.account(&stated.account).unwrap();
            let person =
                found(&cast, account).unwrap_or_else(|| panic!("{name}: nobody is `{account}`"));
            let holds: BTreeSet<_> = stated.holds.clone().unwrap().into_iter().collect();
            assert_eq!(holds, held, "{name}");
            assert_eq!(stated.customer_keys, person.customer_keys, "{name}");
            assert_eq!(stated.flags, person.flags, "{name}");
            assert_eq!(stated.residence, Some(person.country), "{name}");
            match (&stated.controller, cast.organisation(person)) {
                (Controller::Provider, None) => {}
                (Controller::Tenant(tenant), Some(organisation)) => {
                    assert_eq!(
                        (&tenant.organisation, &tenant.contact),
                        (&organisation.name, &organisation.contact)
                    );
                    assert_eq!(tenant.public_authority, organisation.public_authority);
                    assert_eq!(tenant.jurisdiction, Some(organisation.jurisdiction));
                }
                _ => panic!("{name}: who controls `{account}`"),
            }
        }
    }
}

/// Whom an identifier of a demand means.
fn found<'a>(cast: &'a Cast, account: &Account) -> Option<&'a Person> {
    cast.people.iter().find(|person| match account {
        Account::Mail(mail) => mail == &person.mail || person.aliases.contains(mail),
        Account::Phone(phone) => phone == &person.phone,
        Account::Customer(id) => *id == person.id.to_string(),
        Account::Ip { address, port, at } => person.sessions.iter().any(|session| {
            let began = session.at.as_second();
            let at = at.to_string().parse::<jiff::Timestamp>().map_or(0, |at| at.as_second());
            session.ip == *address
                && Some(session.port) == *port
                && (began..began + i64::from(session.seconds)).contains(&at)
        }),
        _ => false,
    })
}

#[test]
fn each_file_s_own_facts_lead_to_what_it_expects() {
    let lawbook = Lawbook::load(texts("lawbook")).unwrap();
    let policy: Vec<_> =
        texts("policy").into_iter().filter(|(name, _)| !name.contains('/')).collect();
    let policy = Policy::load(policy, Vec::new()).unwrap();
    let mut given = 0;
    let mut wrong = Vec::new();
    for (name, case) in night() {
        let assessment = lawbook
            .assess(&case.demand, case.facts.as_ref().unwrap())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let ruling = policy.rule_on(&assessment);
        let expected = case.expect.as_ref().unwrap();
        wrong.extend(
            expected.differences(&ruling).iter().map(|difference| format!("{name}: {difference}")),
        );
        given += usize::from(
            name.as_str() < "15" && matches!(expected.outcome, Outcome::Disclose | Outcome::Narrow),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(given, 14);
}
