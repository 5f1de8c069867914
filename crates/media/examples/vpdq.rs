//! Hashes videos as a service does, through the fenced decoder: `vpdq hash|compare SECONDS FILE…`, run by `bench/vpdq`.
//!
//! SECONDS is how far apart frames are looked at, 0 for every frame. Prints a JSON line for each video (name, frames,
//! processor seconds, signal); `compare` one more with every video asked for in every other under the client's rule.

use serde_json::{Value, json};
use std::error::Error;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use writ_media::{Decoder, Limits, Sampling, Settings};
use writ_signals::vpdq::Rule;
use writ_signals::{Comparison, Distance, Frame, Spectrum, Vpdq};

/// The word by which this program starts itself again as a worker.
const WORKER: &str = "media-worker";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if arguments.first().is_some_and(|first| first == WORKER) {
        return writ_media::worker_main(arguments.into_iter().skip(1));
    }
    let said = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [word, seconds, files @ ..] if ["hash", "compare"].contains(&word.as_str()) => {
            hash_all(seconds, files).map(|videos| {
                if word == "compare" {
                    println!("{}", json!({ "pairs": pairs(&videos) }));
                }
            })
        }
        _ => {
            Err("give the seconds between frames and the videos: `vpdq hash SECONDS FILE…`".into())
        }
    };
    match said {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("vpdq: {error}");
            ExitCode::FAILURE
        }
    }
}

fn hash_all(seconds: &str, files: &[String]) -> Result<Vec<Vpdq>, Box<dyn Error>> {
    let seconds: f64 = seconds.parse().map_err(|_| format!("`{seconds}` is no number"))?;
    let every = Some(Duration::try_from_secs_f64(seconds)?).filter(|every| !every.is_zero());
    let decoder = Decoder::start(Settings::new(std::env::current_exe()?, [WORKER]))?;
    let mut videos = Vec::new();
    for file in files {
        let (began, taken) = (Instant::now(), processor());
        let (video, whole) =
            hash(&decoder, file, every).map_err(|why| format!("`{file}`: {why}"))?;
        let line = json!({
            "file": file, "frames": video.frames().len(), "whole": whole,
            "wall_s": began.elapsed().as_secs_f64(), "processor_s": processor() - taken,
            "signal": video.to_string(),
        });
        println!("{line}");
        videos.push(video);
    }
    Ok(videos)
}

/// A video's frames so far apart, and whether all of it was seen.
fn hash(
    decoder: &Decoder,
    file: &str,
    every: Option<Duration>,
) -> Result<(Vpdq, bool), Box<dyn Error>> {
    let bytes = std::fs::read(file)?;
    let limits = Limits { bytes: 1 << 30, wall: Duration::from_secs(600), ..Limits::default() };
    let sampling = Sampling { every, ..Sampling::default() };
    let (mut frames, mut unfit) = (Vec::new(), None);
    let seen = decoder.frames(&bytes, limits, sampling, |shown| match shown.still.picture() {
        Ok(picture) => {
            let spectrum = Spectrum::of(&picture);
            let (number, time) = (frames.len() as u32, shown.time.as_millis() as u64);
            let (quality, hash) = (spectrum.quality(), spectrum.hash());
            frames.push(Frame { number, quality, hash, time });
            ControlFlow::Continue(())
        }
        Err(why) => {
            unfit = Some(why);
            ControlFlow::Break(())
        }
    })?;
    match unfit {
        Some(why) => Err(why.into()),
        None => Ok((Vpdq::new(frames)?, seen.whole)),
    }
}

/// Of every ordered pair of videos: query, known, percent of the query, percent of the known video, whether they match.
fn pairs(videos: &[Vpdq]) -> Vec<Value> {
    let of = |(number, query): (usize, &Vpdq)| {
        let compared = videos.iter().map(|known| query.compare(known, &Rule::CLIENT));
        let row = |(other, compared): (usize, Comparison)| match compared.distance {
            Distance::Shares(of) => json!([number, other, of.query, of.known, compared.matches]),
            other => json!(other),
        };
        compared.enumerate().map(row).collect::<Vec<_>>()
    };
    videos.iter().enumerate().flat_map(of).collect()
}

/// Seconds of processor time that the process and its ended children have taken, in steps of 10 ms.
fn processor() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks = fields.skip(11).take(4).filter_map(|ticks| ticks.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}
