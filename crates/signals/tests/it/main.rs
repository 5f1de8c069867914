//! The signals against what the reference implementations make of the same pictures, videos, texts and files.

mod pdq;
mod pictures;
mod speed;
mod texts;
mod videos;

/// The lines of a table under `vectors/signals`, without its heading, as cells.
fn table(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().skip(1).map(|line| line.split('\t').collect())
}
