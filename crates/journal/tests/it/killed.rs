//! A process that is killed at any moment loses nothing it has acknowledged, and leaves nothing half done.

use crate::room::{Room, Seeded, another_process, append, child, kill, open};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;
use writ_journal::{Folder, Journal, KeyRing, MasterKey, NewEvent, ObjectRef, SqlJournal, Vault};

const KILLS: u64 = 24;

/// Lets `test` run in a process, kills it some moments after it has acknowledged something, and gives what it said.
fn acknowledged_before_death(test: &str, folder: &Path, run: u64) -> Vec<String> {
    let mut process = another_process(test, folder, &run.to_string()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut said = Vec::new();
    // Another number of acknowledgements, and then another fraction of an append, each time.
    let enough = 1 + run * 5 % 13;
    while (said.len() as u64) < enough {
        let line = lines.next().expect("the process goes on until it is killed").unwrap();
        said.extend(line.strip_prefix("done ").map(str::to_owned));
    }
    std::thread::sleep(Duration::from_micros(run * 7_919 % 9_000));
    kill(&mut process);
    said.extend(
        lines
            .map_while(Result::ok)
            .filter_map(|line| line.strip_prefix("done ").map(str::to_owned)),
    );
    said
}

#[tokio::test]
async fn every_acknowledged_event_is_there_once_after_each_kill() {
    let room = Room::new();
    room.journal().await.close().await.unwrap();
    let mut acknowledged = Vec::new();
    for run in 0..KILLS {
        acknowledged.extend(acknowledged_before_death(
            "killed::appends_until_it_is_killed",
            &room.path(""),
            run,
        ));
        let journal = room.journal().await;
        let parts = parts_by_command(&journal).await;
        for command in &acknowledged {
            assert!(
                parts.contains_key(command),
                "`{command}` was acknowledged before kill {run} and is lost"
            );
        }
        for (command, parts) in &parts {
            assert_eq!(*parts, [0, 1, 2], "`{command}` is there whole and once");
        }
        assert!(
            parts.len() <= acknowledged.len() + run as usize + 1,
            "only one command was under way"
        );
        journal.verify(None, &mut |_| ()).await.unwrap();
        journal.close().await.unwrap();
    }
    println!("{KILLS} kills, {} commands acknowledged, none lost", acknowledged.len());
}

async fn parts_by_command(journal: &SqlJournal) -> BTreeMap<String, Vec<u64>> {
    let mut parts: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for event in journal.history(&"case/a".parse().unwrap(), 0).await.unwrap() {
        parts
            .entry(event.command_id.into())
            .or_default()
            .push(event.data["part"].as_u64().unwrap());
    }
    parts
}

#[tokio::test]
#[ignore = "run by the test above, in a process of its own"]
async fn appends_until_it_is_killed() {
    let Some((run, folder)) = child() else { return };
    let journal = open(&folder.join("journal.db")).await;
    let mut last = journal.history(&"case/a".parse().unwrap(), 0).await.unwrap().len() as u64;
    for n in 0.. {
        let command = format!("{run}-{n}");
        let part = |part| NewEvent {
            data: json!({ "part": part, "fill": "x".repeat(700) }),
            ..crate::room::event(n)
        };
        let span = append(&journal, "case/a", last, &command, &[part(0), part(1), part(2)])
            .await
            .unwrap()
            .span();
        last = span.last;
        println!("done {command}");
    }
}

#[tokio::test]
async fn every_acknowledged_object_can_be_got_after_each_kill() {
    let room = Room::new();
    room.journal().await.close().await.unwrap();
    let mut acknowledged: Vec<(String, ObjectRef)> = Vec::new();
    for run in 0..KILLS / 2 {
        for said in
            acknowledged_before_death("killed::puts_until_it_is_killed", &room.path(""), run)
        {
            let (stream, object) = said.split_once(' ').unwrap();
            acknowledged.push((stream.to_owned(), serde_json::from_str(object).unwrap()));
        }
        let vault = vault(&room.path("")).await;
        for (stream, object) in &acknowledged {
            let stream = stream.parse().unwrap();
            assert_eq!(vault.get(&stream, object).await.unwrap(), content(object.name.as_str()));
            // Whatever has a name is whole, also what was not acknowledged.
            for name in vault.names(&stream).await.unwrap() {
                let bytes = content(name.as_str());
                vault.put(&stream, &name, &bytes, &Seeded::new(900 + run)).await.unwrap();
            }
        }
        let left = std::fs::read_dir(room.path("objects/.incoming")).unwrap().count();
        assert_eq!(left, 0, "what was half written is swept away at the next start");
    }
    println!("{} kills, {} objects acknowledged, none lost", KILLS / 2, acknowledged.len());
}

async fn vault(folder: &Path) -> Vault {
    let journal = open(&folder.join("journal.db")).await;
    let objects = Folder::open(&folder.join("objects")).unwrap();
    let master = MasterKey::generate(&Seeded::new(1)).unwrap();
    Vault::new(std::sync::Arc::new(objects), KeyRing::new(&journal, master))
}

fn content(name: &str) -> Vec<u8> {
    name.repeat(4_000).into_bytes()
}

#[tokio::test]
#[ignore = "run by the test above, in a process of its own"]
async fn puts_until_it_is_killed() {
    let Some((run, folder)) = child() else { return };
    let run: u64 = run.parse().unwrap();
    let vault = vault(&folder).await;
    let entropy = Seeded::new(100 + run);
    for n in 0.. {
        let stream = format!("case/{}", n % 3);
        let name = format!("documents/{run}/{n}.pdf");
        let bytes = content(&name);
        let object = vault
            .put(&stream.parse().unwrap(), &name.parse().unwrap(), &bytes, &entropy)
            .await
            .unwrap();
        println!("done {stream} {}", serde_json::to_string(&object).unwrap());
    }
}
