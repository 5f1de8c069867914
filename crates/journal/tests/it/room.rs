//! A folder for one test, and what is done in it again and again.

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbErr, ExecResult};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;
use writ_journal::{
    AppendError, Appended, Due, Entropy, EntropyError, ExpectedSequence, Journal, NewEvent, Place,
    Settings, SqlJournal,
};

/// A folder that is gone when the test ends.
pub struct Room(TempDir);

impl Room {
    pub fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn file(&self) -> PathBuf {
        self.path("journal.db")
    }

    /// The journal of this room, made at the first call.
    pub async fn journal(&self) -> SqlJournal {
        open(&self.file()).await
    }

    /// The journal's file as any SQLite program sees it.
    pub async fn raw(&self) -> DatabaseConnection {
        Database::connect(format!("sqlite://{}", self.file().display())).await.unwrap()
    }

    /// Changes the journal's file as somebody with a SQLite shell could.
    pub async fn tamper(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let raw = self.raw().await;
        let result = raw.execute_unprepared(sql).await;
        raw.close().await.unwrap();
        result
    }
}

pub async fn open(file: &Path) -> SqlJournal {
    SqlJournal::open_or_create(&Place::from(file), Settings::default()).await.unwrap()
}

pub fn event(n: u64) -> NewEvent {
    let at = "2026-03-01T09:30:00Z".parse().unwrap();
    NewEvent { kind: "Counted".into(), version: 1, data: json!({ "n": n }), at }
}

pub async fn append(
    journal: &dyn Journal,
    stream: &str,
    after: u64,
    command: &str,
    events: &[NewEvent],
) -> Result<Appended, AppendError> {
    let expected =
        if after == 0 { ExpectedSequence::NotYet } else { ExpectedSequence::After(after) };
    let dues = [Due { at: "2026-03-02T09:30:00Z".parse().unwrap(), what: "reply".into() }];
    let (stream, command) = (stream.parse().unwrap(), command.parse().unwrap());
    journal.append(&stream, expected, &command, events, Some(&dues)).await
}

/// Random bytes for tests: the same in every run, never twice the same in one.
pub struct Seeded(std::sync::Mutex<u64>);

impl Seeded {
    pub fn new(seed: u64) -> Self {
        Self(std::sync::Mutex::new(seed << 32))
    }
}

impl Entropy for Seeded {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        for chunk in bytes.chunks_mut(32) {
            let mut count = self.0.lock().unwrap();
            *count += 1;
            let block = writ_vocabulary::Digest::of(count.to_be_bytes());
            chunk.copy_from_slice(&block.as_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// Set to the room's folder in a process that a test has started to be another user of its journal.
const CHILD: &str = "WRIT_JOURNAL_TEST_CHILD";

/// The command that runs this program again, as the ignored test `name`, with `folder` to work in.
pub fn another_process(name: &str, folder: &Path, argument: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", name, "--ignored", "--nocapture", "--test-threads=1"])
        .env(CHILD, format!("{argument}\n{}", folder.display()))
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
}

/// In such a process: its argument and the folder. In any other, nothing, and the test is over.
pub fn child() -> Option<(String, PathBuf)> {
    let given = std::env::var(CHILD).ok()?;
    let (argument, folder) = given.split_once('\n')?;
    // The test runner has begun a line of its own.
    println!();
    Some((argument.to_owned(), folder.into()))
}

/// Kills a process so that it can do nothing about it, and waits for its end.
pub fn kill(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}
