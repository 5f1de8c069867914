//! Media: pictures, videos and documents of strangers made into pixels, only ever inside a fenced process of their own.
//!
//! [`Decoder`] keeps a few workers: the same program started again in a mode that calls [`worker_main`]. Before it
//! reads a byte a worker gives up files, network, new programs, its environment and its privileges (`sandbox` says
//! how); what does not answer in time is killed, what dies is replaced. Videos go to the `ffmpeg` program behind the
//! same kind of fence, which sees a pipe in and a pipe out and nothing else.
//!
//! ```no_run
//! use writ_media::{Decoder, Limits, Scale, Settings};
//!
//! // `program media-worker …` must call `writ_media::worker_main` before anything else.
//! let decoder = Decoder::start(Settings::new(std::env::current_exe()?, ["media-worker"]))?;
//! let still = decoder.still(&std::fs::read("upload")?, Limits::default(), Scale::Fast)?;
//! println!("{} by {} pixels, decoded at 1/{}", still.width, still.height, still.scale);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod decoder;
mod document;
mod error;
mod jpeg;
mod matroska;
mod pipe;
mod quicktime;
mod sandbox;
mod sniff;
mod still;
mod video;
mod wire;
mod worker;

pub use decoder::{Decoder, Limits, Page, Sampling, Scale, Seen, Settings, Sheets, Still, Timed};
pub use error::MediaError;
pub use sniff::is_document;
pub use worker::{worker_main, worker_main_with};
