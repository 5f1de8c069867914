//! The audit: one line for each request that changes something or looks something up. Who, what, when and with what
//! outcome; never a hash, a file's name, an address of the web or of a machine.

use axum::http::{Method, StatusCode};
use serde::Serialize;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use writ_commons::KeyId;
use writ_hashbank::MemberId;
use writ_vocabulary::Instant;

/// How often lines are written.
const ROUND: Duration = Duration::from_millis(250);
/// How many lines wait at most. Beyond it they are counted, so that a disk that hangs cannot take all memory.
const WAITING: usize = 1 << 20;

/// What is kept of a request.
#[derive(Debug)]
pub(crate) struct Line {
    pub at: Instant,
    /// None where no key was needed.
    pub key: Option<KeyId>,
    pub member: MemberId,
    pub method: Method,
    /// The route as the table of routes has it, without what was in its places.
    pub route: Arc<str>,
    pub status: StatusCode,
    /// How many matches it was told, where it looked something up.
    pub matches: Option<u64>,
    pub took: Duration,
}

/// The form of a line.
#[derive(Serialize)]
struct Written<'a> {
    at: Instant,
    key: Option<&'a KeyId>,
    member: &'a MemberId,
    method: &'a str,
    route: &'a str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    matches: Option<u64>,
    ms: f64,
}

/// Lines go in here, and one thread writes them in their order.
#[derive(Debug)]
pub(crate) struct Audit {
    shared: Arc<Shared>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: Vec<Line>,
    /// Lines for which there was no room, or no disk.
    lost: u64,
    ends: bool,
}

impl Audit {
    /// Appends to the file at `path`, which is made when it is not there.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let shared = Arc::new(Shared::default());
        let work = Arc::clone(&shared);
        let writer = std::thread::Builder::new()
            .name("writ-audit".to_owned())
            .spawn(move || work.write(file))?;
        Ok(Self { shared, writer: Mutex::new(Some(writer)) })
    }

    pub fn tell(&self, line: Line) {
        let mut waiting = self.shared.lock();
        match waiting.lines.len() < WAITING {
            true => waiting.lines.push(line),
            false => waiting.lost += 1,
        }
    }

    /// Writes what waits and ends.
    pub fn end(&self) {
        self.shared.lock().ends = true;
        self.shared.ended.notify_all();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if writer.is_some_and(|writer| writer.join().is_err()) {
            tracing::error!("the audit was not written to its end");
        }
    }
}

impl Drop for Audit {
    fn drop(&mut self) {
        self.end();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, mut file: impl Write) {
        let mut failing = false;
        loop {
            let (lines, lost, ends) = self.take();
            match write(&mut file, &lines, lost, failing) {
                Ok(()) => failing = false,
                Err(error) => {
                    if !failing {
                        tracing::error!(%error, "the audit is not written: answers go on, and what is missing is counted");
                    }
                    failing = true;
                    self.lock().lost += lost + lines.len() as u64;
                }
            }
            if ends {
                return;
            }
        }
    }

    fn take(&self) -> (Vec<Line>, u64, bool) {
        let waiting = self.lock();
        let still = |waiting: &mut Waiting| !waiting.ends;
        let waited = self.ended.wait_timeout_while(waiting, ROUND, still);
        let (mut waiting, _) = waited.unwrap_or_else(PoisonError::into_inner);
        (std::mem::take(&mut waiting.lines), std::mem::take(&mut waiting.lost), waiting.ends)
    }
}

/// Writes lines in one go. After a failure the file may end amid a line: a new one is begun.
fn write(file: &mut impl Write, lines: &[Line], lost: u64, failing: bool) -> io::Result<()> {
    if lines.is_empty() && lost == 0 {
        return Ok(());
    }
    let mut text = Vec::with_capacity(lines.len() * 200);
    if failing {
        text.push(b'\n');
    }
    if lost > 0 {
        writeln!(text, "{{\"lost\":{lost}}}")?;
    }
    for line in lines {
        serde_json::to_writer(&mut text, &line.written())?;
        text.push(b'\n');
    }
    file.write_all(&text)?;
    file.flush()
}

impl Line {
    fn written(&self) -> Written<'_> {
        Written {
            at: self.at,
            key: self.key.as_ref(),
            member: &self.member,
            method: self.method.as_str(),
            route: &self.route,
            status: self.status.as_u16(),
            matches: self.matches,
            ms: (self.took.as_secs_f64() * 1e5).round() / 1e2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Disk<'a>(&'a mut Vec<u8>, usize);

    impl Write for Disk<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let room = bytes.len().min(self.1);
            if room == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.1 -= room;
            self.0.extend_from_slice(&bytes[..room]);
            Ok(room)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn line() -> Line {
        Line {
            at: "2026-11-13T21:00:00Z".parse().unwrap(),
            key: Some("k-1f0c9a".parse().unwrap()),
            member: "meridian-video".parse().unwrap(),
            method: Method::GET,
            route: "/m/lookup".into(),
            status: StatusCode::OK,
            matches: Some(2),
            took: Duration::from_micros(58),
        }
    }

    #[test]
    fn a_line_tells_who_asked_what_when_and_with_what_outcome() {
        let mut kept = Vec::new();
        write(&mut Disk(&mut kept, 1_000), &[line()], 0, false).unwrap();
        assert_eq!(
            String::from_utf8(kept).unwrap(),
            "{\"at\":\"2026-11-13T21:00:00Z\",\"key\":\"k-1f0c9a\",\"member\":\"meridian-video\",\"method\":\"GET\",\
             \"route\":\"/m/lookup\",\"status\":200,\"matches\":2,\"ms\":0.06}\n"
        );
    }

    #[test]
    fn after_a_full_disk_whole_lines_follow_and_what_is_missing_is_counted() {
        let mut kept = Vec::new();
        assert!(write(&mut Disk(&mut kept, 30), &[line()], 0, false).is_err());
        write(&mut Disk(&mut kept, 1_000), &[line()], 1, true).unwrap();
        let text = String::from_utf8(kept).unwrap();
        let whole: Vec<serde_json::Value> =
            text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        assert_eq!(whole.len(), 2);
        assert_eq!(whole[0]["lost"], 1);
        assert_eq!(whole[1]["status"], 200);
    }
}
