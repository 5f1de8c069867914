//! `writ hunt`: the past searched, for earlier uploads that match entries which came later.

use super::House;
use super::files;
use super::find::{self, Matched};
use crate::fault;
use crate::hash_args::{FindArgs, HashArgs};
use crate::say::Say;
use arrow_array::{Array, RecordBatch, StringArray, UInt8Array};
use miette::{Report, Result};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use writ_commons::{Answer, Found, Sample};
use writ_media::Scale;
use writ_signals::SignalType;
use writ_vocabulary::Instant;

/// How many uploads are looked up before the next are read.
const BATCH: usize = 8_192;

/// An earlier upload.
struct Upload {
    id: String,
    samples: Vec<Sample>,
    uploaded: Option<Instant>,
}

pub async fn run(
    house: House,
    path: &Path,
    since: Option<Instant>,
    how: &FindArgs,
    say: Say,
) -> Result<ExitCode> {
    let mut hunt = Hunt { house: &house, since, how, matched: Vec::new(), seen: 0, bad: 0 };
    match path.extension().and_then(|end| end.to_str()) {
        Some("parquet") => hunt.parquet(path)?,
        Some("csv") => hunt.csv(path)?,
        _ => hunt.files(path)?,
    }
    let Hunt { matched, seen, bad, .. } = hunt;
    find::tell(&house, &matched, how, say)?;
    if !say.json {
        println!("{seen} earlier uploads searched");
    }
    if bad > 0 {
        eprintln!("{bad} of them have no hash that can be read");
    }
    house.close().await?;
    Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

struct Hunt<'a> {
    house: &'a House,
    since: Option<Instant>,
    how: &'a FindArgs,
    matched: Vec<Matched>,
    seen: usize,
    bad: usize,
}

impl Hunt<'_> {
    fn files(&mut self, path: &Path) -> Result<()> {
        let wanted = HashArgs { files: vec![path.to_owned()], types: Vec::new(), kind: None };
        let done = files::hash_all(&wanted, Scale::Fast)?;
        files::tell_faults(&done);
        let uploads = done.into_iter().filter_map(|one| {
            let samples = one.hashed.ok()?.samples;
            let uploaded = uploaded(&one.path);
            Some(Upload { id: one.path.display().to_string(), samples, uploaded })
        });
        self.look_up(uploads.collect())
    }

    fn csv(&mut self, path: &Path) -> Result<()> {
        let unreadable = |error: csv::Error| fault::plain(format!("{}: {error}", path.display()));
        let mut reader = csv::Reader::from_path(path).map_err(unreadable)?;
        let head = reader.headers().map_err(unreadable)?.clone();
        let place = |name| head.iter().position(|word| word.trim() == name);
        let needed = |name: &'static str| place(name).ok_or_else(|| no_column(path, name));
        let (id, kind, hash) = (needed("id")?, needed("type")?, needed("hash")?);
        let (quality, uploaded) = (place("quality"), place("uploaded"));
        let mut uploads = Vec::new();
        for record in reader.records() {
            let record = record.map_err(unreadable)?;
            let at = |place: Option<usize>| {
                place.and_then(|place| record.get(place)).unwrap_or_default()
            };
            self.take(
                &mut uploads,
                at(Some(id)),
                (at(Some(kind)), at(Some(hash))),
                at(quality).parse().ok(),
                at(uploaded).parse().ok(),
            )?;
        }
        self.look_up(uploads)
    }

    fn parquet(&mut self, path: &Path) -> Result<()> {
        let fault =
            |error: &dyn std::fmt::Display| fault::plain(format!("{}: {error}", path.display()));
        let file = File::open(path).map_err(|error| fault(&error))?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(file)
            .and_then(|builder| builder.with_batch_size(BATCH).build())
            .map_err(|error| fault(&error))?;
        let mut uploads = Vec::new();
        for batch in reader {
            let batch = batch.map_err(|error| fault(&error))?;
            let needed =
                |name: &'static str| text(&batch, name).ok_or_else(|| no_column(path, name));
            let (id, kind, hash) = (needed("id")?, needed("type")?, needed("hash")?);
            let (quality, uploaded) = (numbers(&batch, "quality"), text(&batch, "uploaded"));
            for row in 0..batch.num_rows() {
                let quality = quality.and_then(|all| all.is_valid(row).then(|| all.value(row)));
                let uploaded = uploaded.and_then(|all| value(all, row)?.parse().ok());
                let signal =
                    (value(kind, row).unwrap_or_default(), value(hash, row).unwrap_or_default());
                self.take(
                    &mut uploads,
                    value(id, row).unwrap_or_default(),
                    signal,
                    quality,
                    uploaded,
                )?;
            }
        }
        self.look_up(uploads)
    }

    /// Takes one row; those of one upload stand together.
    fn take(
        &mut self,
        uploads: &mut Vec<Upload>,
        id: &str,
        (kind, hash): (&str, &str),
        quality: Option<u8>,
        uploaded: Option<Instant>,
    ) -> Result<()> {
        let signal = SignalType::named(kind).and_then(|kind| kind.parse(hash));
        let Ok(signal) = signal else {
            self.bad += 1;
            return Ok(());
        };
        let sample = Sample { signal, quality, page: None };
        match uploads.last_mut().filter(|last| last.id == id) {
            Some(last) => last.samples.push(sample),
            None => {
                if uploads.len() >= BATCH {
                    self.look_up(std::mem::take(uploads))?;
                }
                uploads.push(Upload { id: id.to_owned(), samples: vec![sample], uploaded });
            }
        }
        Ok(())
    }

    fn look_up(&mut self, uploads: Vec<Upload>) -> Result<()> {
        self.seen += uploads.len();
        let bar = files::bar(uploads.len(), "uploads looked up");
        let answers = files::each(&uploads, &bar, |upload| {
            find::look_up(&self.house.memory, &self.house.member, &upload.samples, &self.how.banks)
        });
        bar.finish_and_clear();
        for (upload, answer) in uploads.into_iter().zip(answers) {
            let since = self.since.or(upload.uploaded);
            let answer = self.later(answer?, since);
            if !answer.matches.is_empty() {
                self.matched.push(Matched { file: upload.id, answer });
            }
        }
        Ok(())
    }

    /// Of what was found, what came later.
    fn later(&self, mut answer: Answer, since: Option<Instant>) -> Answer {
        // Entries keep their instants to the second.
        let since = since.and_then(|since| Instant::from_second(since.as_second()).ok());
        let Some(since) = since else { return answer };
        let came_later = |found: &Found| {
            self.house.memory.read(|state, now| {
                state.entry(found.entry, now).is_some_and(|entry| entry.contributed >= since)
            })
        };
        let before = answer.matches.len();
        answer.matches.retain(came_later);
        answer.total -= (before - answer.matches.len()) as u64;
        answer
    }
}

fn uploaded(path: &PathBuf) -> Option<Instant> {
    let changed = std::fs::metadata(path).and_then(|known| known.modified()).ok()?;
    Instant::try_from(changed).ok()
}

fn no_column(path: &Path, name: &str) -> Report {
    fault::plain(format!(
        "{}: it has no column `{name}` of text: give `id`, `type` and `hash`",
        path.display()
    ))
}

fn text<'a>(batch: &'a RecordBatch, name: &str) -> Option<&'a StringArray> {
    batch.column_by_name(name)?.as_any().downcast_ref()
}

fn numbers<'a>(batch: &'a RecordBatch, name: &str) -> Option<&'a UInt8Array> {
    batch.column_by_name(name)?.as_any().downcast_ref()
}

fn value(all: &StringArray, row: usize) -> Option<&str> {
    all.is_valid(row).then(|| all.value(row))
}
