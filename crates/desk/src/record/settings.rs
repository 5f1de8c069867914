//! `record.toml` of a home: whether and how a public record is kept.
//!
//! ```toml
//! origin = "record.meridian.example/2026"   # its name: best the address where it is published, without `https://`
//! start = "2026-01-01T00:00:00Z"            # when its first epoch begins
//! epoch_seconds = 86400                     # how long an epoch lasts
//! leaves_per_epoch = 64                     # how many leaves each has, whatever happened
//! published = "record"                      # the folder to be published
//! lock = "record-lock"                      # the last signed checkpoint: best on another disk
//! width = 500                               # of bands, 50 USC 1874(a): 1000, 500, 250 or 100
//! witnesses = "record.witnesses"            # whose cosignatures are asked: a C2SP tlog-policy without `log` lines
//! ```

use crate::DeskError;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use writ_tally::{Genesis, Schema, Width};
use writ_tlog::Policy;
use writ_vocabulary::Instant;

/// How a record is kept: the file `record.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordSettings {
    /// Its name, as in its checkpoints.
    pub origin: String,
    /// When its first epoch begins.
    pub start: Instant,
    /// How long an epoch lasts.
    pub epoch_seconds: u32,
    /// How many sealed leaves each epoch has.
    pub leaves_per_epoch: u32,
    /// The folder to be published; relative to the home.
    #[serde(default = "published")]
    pub published: PathBuf,
    /// The folder of the last signed checkpoint; relative to the home.
    #[serde(default = "lock")]
    pub lock: PathBuf,
    /// The width of bands.
    #[serde(default = "five_hundred")]
    pub width: Width,
    /// The policy with the witnesses; relative to the home.
    #[serde(default)]
    pub witnesses: Option<PathBuf>,
}

fn published() -> PathBuf {
    PathBuf::from("record")
}

fn lock() -> PathBuf {
    PathBuf::from("record-lock")
}

fn five_hundred() -> Width {
    Width::FiveHundred
}

/// The name of the settings' file.
pub(crate) const FILE: &str = "record.toml";

impl RecordSettings {
    /// Reads them; nothing where the home keeps no record.
    pub(crate) fn read(home: &Path) -> Result<Option<Self>, DeskError> {
        let path = home.join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(DeskError::file(&path))?,
        };
        toml::from_str(&text).map(Some).map_err(|error| DeskError::setting(&path, error))
    }

    /// The terms that they say.
    pub(crate) fn genesis(&self, home: &Path, schema: &Schema) -> Result<Genesis, DeskError> {
        let start = u64::try_from(self.start.as_second());
        let before = "`start` is before 1970: give the day on which the record begins";
        let start = start.map_err(|_| DeskError::setting(home.join(FILE), before))?;
        let whole = "`epoch_seconds` and `leaves_per_epoch` have to be at least 1";
        if self.epoch_seconds == 0 || self.leaves_per_epoch == 0 {
            return Err(DeskError::setting(home.join(FILE), whole));
        }
        Ok(Genesis {
            epoch_seconds: self.epoch_seconds,
            leaves_per_epoch: self.leaves_per_epoch,
            origin: self.origin.clone(),
            schema: schema.digest(),
            start,
        })
    }

    /// Whose cosignatures are asked, and how many are needed. Without a file: nobody's.
    pub(crate) fn policy(&self, home: &Path) -> Result<Policy, DeskError> {
        let Some(file) = &self.witnesses else {
            return Policy::parse(b"quorum none\n")
                .map_err(|e| DeskError::setting(home.join(FILE), e));
        };
        let path = home.join(file);
        let bytes = std::fs::read(&path).map_err(DeskError::file(&path))?;
        Policy::parse(&bytes).map_err(|error| DeskError::setting(path, error))
    }
}
