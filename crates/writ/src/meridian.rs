//! The fictional provider *Meridian*: its customers, mail, files and logins, written under a folder from a seed.
//!
//! Real data stores, one of each kind, so that what is shown is what a provider would run: a SQLite directory, Parquet
//! logins, one Maildir and one folder of objects for each account, a CSV of payments, NDJSON access logs. The people
//! whom the scenario's demands name (`scenarios/founding-night/cast.toml`) are there at every size; everybody else is
//! drawn. The same size and seed give the same bytes, and nothing here reads a clock or draws ambient randomness.

mod cast;
mod chance;
mod directory;
mod fault;
mod files;
mod ledgers;
mod logins;
mod mail;
mod people;

pub use fault::MeridianError;

use cast::Cast;
use people::People;
use std::path::Path;

/// What the provider's data are, in the form of `writ-custody`; its paths are relative to the home folder.
pub const CUSTODY: &str = include_str!("meridian/custody.toml");

/// How much of Meridian is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Customers in all, the scenario's cast among them.
    pub accounts: u64,
    /// Login rows in all; the cast's own are always written, the rest is spread over everybody else.
    pub logins: u64,
    /// From what everything is drawn.
    pub seed: u64,
}

/// Writes Meridian under `home`: `custody.toml` and the folder `data`, which must not be there yet.
///
/// `progress` is told what is being written, how much of it is done, and how much there is of it. What was begun and
/// failed stays where it is; remove `data` before the next attempt.
pub fn generate(
    home: &Path,
    size: Size,
    progress: &mut dyn FnMut(&str, u64, u64),
) -> Result<(), MeridianError> {
    let cast = Cast::of_the_founding_night()?;
    let people = People::of(&cast, size)?;
    let data = home.join("data");
    if data.exists() {
        return Err(MeridianError::InTheWay { path: data });
    }
    files::folder(&data)?;
    directory::write(&data.join("accounts.sqlite"), &people, progress)?;
    logins::write(&data.join("logins"), &people, progress)?;
    mail::write(&data.join("mail"), &people, progress)?;
    files::write(&data, &people, progress)?;
    ledgers::write(&data, &people, progress)?;
    files::file(&home.join("custody.toml"), CUSTODY.as_bytes())
}

#[cfg(test)]
mod tests;
