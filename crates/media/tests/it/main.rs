//! Media through real workers behind the real fence: every kind of picture, videos, documents, hostile files, attempts to escape.

mod documents;
mod fence;
mod hostile;
mod made;
mod paper;
mod speed;
mod stills;
mod videos;

use std::sync::LazyLock;
use writ_media::{Decoder, Settings};

/// One decoder for all tests, as a service has one.
static DECODER: LazyLock<Decoder> = LazyLock::new(|| Decoder::start(settings()).unwrap());

fn settings() -> Settings {
    let none: [&str; 0] = [];
    Settings { workers: 2, ..Settings::new(env!("CARGO_BIN_EXE_media_worker"), none) }
}
