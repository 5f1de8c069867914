//! Several processes on one journal.

use crate::room::{Room, another_process, append, child, event, open};
use std::collections::BTreeMap;
use writ_journal::{AppendError, Appended, Journal};

const PROCESSES: usize = 3;
const ROUNDS: u64 = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_processes_on_one_stream_exactly_one_wins_each_time() {
    let room = Room::new();
    let journal = room.journal().await;
    let folder = room.path("");
    let children: Vec<_> = (0..PROCESSES)
        .map(|n| {
            another_process("racing::a_racing_process", &folder, &n.to_string()).spawn().unwrap()
        })
        .collect();
    let mut winners: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            if let Some((sequence, command)) =
                line.strip_prefix("won ").and_then(|won| won.split_once(' '))
            {
                winners.entry(sequence.parse().unwrap()).or_default().push(command.to_owned());
            }
        }
    }
    let events = journal.history(&"race".parse().unwrap(), 0).await.unwrap();
    assert_eq!(events.len() as u64, ROUNDS);
    for event in events {
        assert_eq!(
            winners[&event.sequence],
            [event.command_id.as_str()],
            "one winner, and it was told so"
        );
    }
    journal.verify(None, &mut |_| ()).await.unwrap();
}

#[tokio::test]
#[ignore = "run by the test above, in a process of its own"]
async fn a_racing_process() {
    let Some((name, folder)) = child() else { return };
    let journal = open(&folder.join("journal.db")).await;
    let stream = "race".parse().unwrap();
    let mut last = 0;
    while last < ROUNDS {
        let command = format!("{name}-{last}");
        match append(&journal, "race", last, &command, &[event(last)]).await {
            Ok(Appended::Now(span)) => {
                println!("won {} {command}", span.last);
                last = span.last;
            }
            Err(AppendError::Conflict { .. }) => {
                last = journal.history(&stream, 0).await.unwrap().len() as u64
            }
            other => panic!("{other:?}"),
        }
    }
}
