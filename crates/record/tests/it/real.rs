//! A log on the machine's own disk, a process of its own that writes it, and what that process said before its end.

use crate::setup::{checked, key, stranger_finds};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use writ_record::{Broken, LocalDisk, OpenError, Opened, Places, Writer};
use writ_tlog::SignedCheckpoint;

/// The variables that tell a process its home and its run.
const HOME: &str = "WRIT_RECORD_HOME";
const RUN: &str = "WRIT_RECORD_RUN";

pub fn places_in(home: &Path) -> Places {
    Places {
        write_ahead: home.join("private/wal"),
        lock: home.join("lock/checkpoint"),
        published: home.join("published"),
    }
}

pub fn open_in(home: &Path) -> Result<Opened<LocalDisk>, OpenError> {
    Writer::open(LocalDisk, places_in(home), key(), |_| ())
}

/// The entry at an index, as this run writes it: of 12 to 411 bytes, unlike every other.
pub fn entry(index: u64, run: u32) -> Vec<u8> {
    let mut entry = index.to_be_bytes().to_vec();
    entry.extend(run.to_be_bytes());
    entry.resize(12 + (index as usize).wrapping_mul(7_919) % 400, index as u8);
    entry
}

/// The test of this name, as a process of its own that is yet to be started.
pub fn arguments(test: &str) -> [String; 5] {
    let exe = std::env::current_exe().unwrap().into_os_string().into_string().unwrap();
    [exe, test.to_owned(), "--exact".to_owned(), "--ignored".to_owned(), "--nocapture".to_owned()]
}

pub fn told<'a>(process: &'a mut Command, home: &Path, run: u32) -> &'a mut Command {
    process.env(HOME, home).env(RUN, run.to_string()).stdout(Stdio::piped()).stderr(Stdio::null())
}

/// What this process was told; nothing where somebody runs the test by hand.
pub fn asked() -> Option<(PathBuf, u32)> {
    Some((std::env::var_os(HOME)?.into(), std::env::var(RUN).ok()?.parse().ok()?))
}

/// Appends so many entries, and says so.
pub fn append(
    writer: Writer<LocalDisk>,
    count: u64,
    run: u32,
) -> Result<Writer<LocalDisk>, String> {
    let range = writer.size()..writer.size() + count;
    let entries = range.clone().map(|index| entry(index, run)).collect();
    let admitted = writer.admit(range.start, Vec::new(), entries).map_err(|e| e.to_string())?;
    let writer = writer.append(admitted).map_err(|e| e.to_string())?;
    println!("\nsaid promised {} {} {run}.", range.start, range.end);
    Ok(writer)
}

/// Signs and publishes, and says so after each.
pub fn publish(writer: Writer<LocalDisk>) -> Result<Writer<LocalDisk>, Broken> {
    let writer = writer.sign()?;
    let signed = writer.signed().expect("it was signed").clone();
    println!("\nsaid signed {}.", hex::encode(signed.note().to_string()));
    let writer = writer.publish(&signed)?;
    println!("\nsaid published {}.", signed.checkpoint().size());
    Ok(writer)
}

/// What was said about one log.
#[derive(Default)]
pub struct Said {
    pub promised: Vec<(Range<u64>, u32)>,
    pub checkpoints: Vec<SignedCheckpoint>,
    pub published: u64,
}

impl Said {
    /// Hears a line. One that was cut off was not heard.
    pub fn hear(&mut self, line: &str) {
        let said = line.strip_prefix("said ").and_then(|line| line.strip_suffix('.'));
        match said.map(|said| said.split(' ').collect::<Vec<_>>()).as_deref() {
            Some(["promised", from, to, run]) => {
                let range = from.parse().unwrap()..to.parse().unwrap();
                self.promised.push((range, run.parse().unwrap()));
            }
            Some(["signed", note]) => self.checkpoints.push(checked(&hex::decode(note).unwrap())),
            Some(["published", size]) => self.published = size.parse().unwrap(),
            _ => {}
        }
    }

    pub fn entries(&self) -> u64 {
        self.promised.iter().map(|(range, _)| range.end - range.start).sum()
    }

    /// What is on the disk is checked as it was left, and after a writer was there again: every promise is kept, what is
    /// published reads, and every checkpoint is of the same tree.
    pub fn holds(&mut self, home: &Path, what: &str) {
        let places = places_in(home);
        let get = |path: &str| std::fs::read(places.published.join(path)).ok();
        let left = stranger_finds(get, &[]).map_or(0, |(entries, _)| entries.len() as u64);
        assert!(left >= self.published, "{what}: {left} are published, not {}", self.published);
        let stored = [std::fs::read(&places.lock).ok(), get("checkpoint")];
        self.checkpoints.extend(stored.iter().flatten().map(|bytes| checked(bytes)));
        let opened = open_in(home).unwrap_or_else(|error| panic!("{what}: {error}"));
        let writer = opened.writer.sign().unwrap_or_else(|error| panic!("{what}: {error}"));
        let signed = writer.signed().unwrap().clone();
        writer.publish(&signed).unwrap_or_else(|error| panic!("{what}: {error}"));
        self.checkpoints.push(signed);
        let sizes: Vec<_> =
            self.checkpoints.iter().map(|signed| signed.checkpoint().size()).collect();
        let (found, roots) = stranger_finds(get, &sizes).expect("something is published");
        for (range, run) in &self.promised {
            for index in range.clone() {
                let found = found.get(index as usize);
                assert_eq!(found, Some(&entry(index, *run)), "{what}: entry {index} is lost");
            }
        }
        for (signed, root) in self.checkpoints.iter().zip(roots) {
            assert_eq!(signed.checkpoint().root(), root, "{what}: two checkpoints disagree");
        }
    }
}
