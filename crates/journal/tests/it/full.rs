//! A full disk leaves nothing half done, and is reported in words that help.

use crate::room::{Room, Seeded, another_process, append, child, event, open};
use serde_json::json;
use std::process::Command;
use std::sync::Arc;
use writ_journal::{
    AppendError, Folder, Journal, KeyRing, MasterKey, NewEvent, Place, PutError, Settings,
    SqlJournal, StorageError, Vault,
};

fn large(n: u64) -> NewEvent {
    NewEvent { data: json!({ "fill": "x".repeat(3_000) }), ..event(n) }
}

/// Appends commands of three events until there is no room, and gives how many events were acknowledged.
async fn fill(journal: &SqlJournal) -> u64 {
    let mut last = 0;
    loop {
        match append(journal, "case/a", last, &format!("{last}"), &[large(0), large(1), large(2)])
            .await
        {
            Ok(appended) => last = appended.span().last,
            Err(AppendError::Storage(error @ StorageError::Full { .. })) => {
                let said = error.to_string();
                assert!(
                    said.ends_with("nothing was written; free some space and try again"),
                    "{said}"
                );
                return last;
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}

async fn holds_exactly(journal: &SqlJournal, events: u64) {
    assert_eq!(journal.verify(None, &mut |_| ()).await.unwrap().events, events);
    assert_eq!(journal.history(&"case/a".parse().unwrap(), 0).await.unwrap().len() as u64, events);
}

#[tokio::test]
async fn a_journal_that_may_not_grow_keeps_what_it_has_and_goes_on_when_it_may() {
    let room = Room::new();
    let place = Place::from(room.file().as_path());
    let limited = Settings { page_limit: Some(120), ..Settings::default() };
    let journal = SqlJournal::open_or_create(&place, limited).await.unwrap();
    let acknowledged = fill(&journal).await;
    assert!(acknowledged > 30);
    holds_exactly(&journal, acknowledged).await;
    journal.close().await.unwrap();

    let journal = room.journal().await;
    holds_exactly(&journal, acknowledged).await;
    append(&journal, "case/a", acknowledged, &format!("{acknowledged}"), &[large(0)])
        .await
        .unwrap();
    holds_exactly(&journal, acknowledged + 1).await;
}

/// Needs a file system of its own, which only some systems let a test make.
#[test]
fn a_full_disk_leaves_nothing_half_done() {
    let room = Room::new();
    let disk = room.path("disk");
    std::fs::create_dir(&disk).unwrap();
    let process = another_process("full::fills_a_small_disk", &disk, "");
    let mut unshared = Command::new("unshare");
    unshared.args(["--mount", "--map-root-user", "sh", "-c"]);
    unshared.arg("mount -t tmpfs -o size=1500k none \"$1\" || exit 77; shift; exec \"$@\"");
    unshared.arg("sh").arg(&disk).arg(process.get_program()).args(process.get_args());
    unshared.envs(process.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = match unshared.output() {
        Ok(output) if output.status.code() != Some(77) && !refused_by_system(&output.stderr) => {
            output
        }
        _ => return eprintln!("left out: this system does not let a test mount a small disk"),
    };
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("done"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn refused_by_system(said: &[u8]) -> bool {
    String::from_utf8_lossy(said).starts_with("unshare: ")
}

#[tokio::test]
#[ignore = "run by the test above, in a process of its own"]
async fn fills_a_small_disk() {
    let Some((_, disk)) = child() else { return };
    let file = disk.join("journal.db");
    let journal = open(&file).await;
    let objects = Folder::open(&disk.join("objects")).unwrap();
    let keys = KeyRing::new(&journal, MasterKey::generate(&Seeded::new(1)).unwrap());
    let vault = Vault::new(Arc::new(objects), keys);
    let (stream, entropy) = ("case/a".parse().unwrap(), Seeded::new(2));
    let first = vault
        .put(&stream, &"documents/1.pdf".parse().unwrap(), &[7; 1_000], &entropy)
        .await
        .unwrap();
    let ballast = disk.join("ballast");
    std::fs::write(&ballast, vec![0; 300_000]).unwrap();

    let acknowledged = fill(&journal).await;
    assert!(acknowledged > 30);
    holds_exactly(&journal, acknowledged).await;
    let second = "documents/2.pdf".parse().unwrap();
    let refused = vault.put(&stream, &second, &[8; 400_000], &entropy).await.unwrap_err();
    assert!(matches!(refused, PutError::Storage(StorageError::Full { .. })), "{refused}");
    assert_eq!(vault.names(&stream).await.unwrap().len(), 1, "no half object has a name");
    assert_eq!(std::fs::read_dir(disk.join("objects/.incoming")).unwrap().count(), 0);

    std::fs::remove_file(ballast).unwrap();
    append(&journal, "case/a", acknowledged, &format!("{acknowledged}"), &[event(1)])
        .await
        .unwrap();
    holds_exactly(&journal, acknowledged + 1).await;
    vault.put(&stream, &second, &[8; 1_000], &entropy).await.unwrap();
    assert_eq!(vault.get(&stream, &first).await.unwrap(), [7; 1_000]);
    println!("done");
}
