//! Files and folders: walked, read within bounds, hashed on all processors. And `writ hash`.

use crate::fault;
use crate::hash_args::{HashArgs, KindWord};
use crate::say::{Say, count, table};
use indicatif::{ProgressBar, ProgressStyle};
use miette::Result;
use serde::Serialize;
use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use writ_commons::{HashError, Hashed, Hasher, Kind, types_of};
use writ_media::{MediaError, Scale, Settings};

/// The hidden sub-command in which this program is its own fenced decoder.
pub const WORKER: &str = "media-worker";

/// The largest file that is read, in bytes.
const LARGEST: u64 = 1 << 30;

/// A file and what came of it.
pub struct Done {
    pub path: PathBuf,
    pub hashed: Result<Hashed, String>,
}

#[derive(Serialize)]
struct Line {
    file: String,
    #[serde(rename = "type")]
    kind: String,
    hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<u32>,
}

/// `writ hash`.
pub fn hash(wanted: &HashArgs, say: Say) -> Result<ExitCode> {
    let done = hash_all(wanted, Scale::Full)?;
    let lines: Vec<Line> = done.iter().flat_map(lines).collect();
    say.result(&lines, |lines| {
        let shown = lines.iter().map(|line| {
            let quality = line.quality.map_or("-".to_owned(), |quality| quality.to_string());
            let page = line.page.map(|page| format!("#page={page}")).unwrap_or_default();
            format!("{} {} {quality} {}{page}\n", line.kind, line.hash, line.file)
        });
        shown.collect()
    });
    Ok(tell_faults(&done))
}

/// Says on the error channel which files have no signal, or not each.
pub fn tell_faults(done: &[Done]) -> ExitCode {
    let mut bad = 0;
    for Done { path, hashed } in done {
        match hashed {
            Err(why) => {
                bad += 1;
                eprintln!("{}: {why}", path.display());
            }
            Ok(hashed) => {
                for (kind, why) in &hashed.without {
                    eprintln!("{}: no {kind}: {why}", path.display());
                }
            }
        }
    }
    if bad > 0 {
        eprintln!("{} of {} not hashed", count(bad, "file"), done.len());
    }
    if bad == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

fn lines(done: &Done) -> Vec<Line> {
    let samples = done.hashed.as_ref().map(|hashed| hashed.samples.as_slice()).unwrap_or_default();
    let line = |sample: &writ_commons::Sample| Line {
        file: done.path.display().to_string(),
        kind: sample.signal.kind().name.to_owned(),
        hash: sample.signal.text().to_owned(),
        quality: sample.quality,
        page: sample.page,
    };
    samples.iter().map(line).collect()
}

/// A hasher whose fenced processes are this program.
pub fn hasher() -> Result<Hasher> {
    let program = std::env::current_exe()
        .map_err(|error| fault::plain(format!("this program cannot find itself: {error}")))?;
    Hasher::start(Settings::new(program, [OsString::from(WORKER)])).map_err(fault::of)
}

/// Hashes all files, in the order of their paths, with progress.
pub fn hash_all(wanted: &HashArgs, scale: Scale) -> Result<Vec<Done>> {
    let types = (!wanted.types.is_empty()).then_some(wanted.types.as_slice());
    for name in types.unwrap_or_default() {
        writ_signals::SignalType::named(name).map_err(fault::of)?;
    }
    let files = walk(&wanted.files)?;
    let hasher = hasher()?;
    let bar = bar(files.len(), "files hashed");
    let done = each(&files, &bar, |path| hash_one(&hasher, path, wanted.kind, types, scale));
    bar.finish_and_clear();
    Ok(files.into_iter().zip(done).map(|(path, hashed)| Done { path, hashed }).collect())
}

/// Does something with each, on all processors; the answers stand in the order of what was given.
pub fn each<T: Sync, R: Send>(
    all: &[T],
    bar: &ProgressBar,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(all.len())));
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(all.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(one) = all.get(at) else { return };
                    let answer = work(one);
                    bar.inc(1);
                    if let Ok(mut done) = done.lock() {
                        done.push((at, answer));
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, answer)| answer).collect()
}

pub fn hash_one(
    hasher: &Hasher,
    path: &Path,
    kind: Option<KindWord>,
    types: Option<&[String]>,
    scale: Scale,
) -> Result<Hashed, String> {
    let bytes = read(path)?;
    let hash =
        |content| hasher.hash(&bytes, content, named(types, &bytes, content).as_deref(), scale);
    let hashed = match kind {
        Some(KindWord::Photo) => hash(Kind::Photo),
        Some(KindWord::Video) => hash(Kind::Video),
        Some(KindWord::Text) => hash(Kind::Text),
        None => match hash(Kind::Photo) {
            Err(HashError::Media(MediaError::Unknown { .. })) => match hash(Kind::Video) {
                Err(HashError::Media(MediaError::Unknown { .. })) if is_text(&bytes) => {
                    hash(Kind::Text)
                }
                other => other,
            },
            other => other,
        },
    };
    match hashed {
        Ok(hashed) if hashed.samples.is_empty() && hashed.without.is_empty() => {
            Err("such a file has no signal of the types asked for".to_owned())
        }
        other => other.map_err(|error| error.to_string()),
    }
}

/// The types named that such a file has.
fn named(types: Option<&[String]>, bytes: &[u8], content: Kind) -> Option<Vec<String>> {
    let known = types_of(bytes, content);
    let has = |name: &&String| known.iter().any(|kind| kind.name == name.as_str());
    types.map(|types| types.iter().filter(has).cloned().collect())
}

fn is_text(bytes: &[u8]) -> bool {
    !bytes.contains(&0) && std::str::from_utf8(bytes).is_ok()
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let file = fs::File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!("it has more than {LARGEST} bytes: at most that many are read"));
    }
    Ok(bytes)
}

/// The files that are named, and those in the folders that are: in order, links not followed.
pub fn walk(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = Vec::new();
    for path in paths {
        let known = fs::metadata(path)
            .map_err(|error| fault::plain(format!("{}: {error}", path.display())))?;
        if known.is_dir() { folders.push(path.clone()) } else { files.push(path.clone()) }
    }
    while let Some(folder) = folders.pop() {
        let unreadable = |error| fault::plain(format!("{}: {error}", folder.display()));
        for entry in fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let kind = entry.file_type().map_err(unreadable)?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// A bar for so many, on the error channel; nothing where that is no terminal.
pub fn bar(many: usize, what: &'static str) -> ProgressBar {
    let form = ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg}, {eta} left");
    ProgressBar::new(many as u64)
        .with_style(form.unwrap_or_else(|_| ProgressStyle::default_bar()))
        .with_message(what)
}

/// A count of what has no end known.
pub fn spinner(what: &'static str) -> ProgressBar {
    let form = ProgressStyle::with_template("{pos} {msg}");
    ProgressBar::new_spinner()
        .with_style(form.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        .with_message(what)
}

/// A table, or words where it would be empty.
pub fn table_or(empty: &str, header: &[&str], rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() { empty.to_owned() } else { table(header, rows) }
}
