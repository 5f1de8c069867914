//! How partners stand, for people: what the last fetch brought, and what it did not.

use super::{PartnerName, Partners};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::PoisonError;
use writ_exchange::Config;
use writ_hashbank::BankName;
use writ_vocabulary::Instant;

/// How many faults are told in words.
const TOLD: usize = 10;
/// How many types that were passed over are counted apart.
const SKIPPED: usize = 64;

/// How a partner stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PartnerStatus {
    /// Its name.
    pub name: PartnerName,
    /// Its protocol's name.
    pub protocol: String,
    /// The bank that it fills.
    pub bank: BankName,
    /// Whether the service fetches it.
    pub enabled: bool,
    /// Its settings; credentials are elsewhere.
    pub config: Config,
    /// Whether it is being fetched.
    pub fetching: bool,
    /// Whether the last fetch came to the feed's end.
    pub up_to_date: bool,
    /// How many keys of the partner are held.
    pub held: usize,
    /// When the place was made from which the next fetch goes on.
    pub checkpoint: Option<Instant>,
    /// What the last fetch brought.
    pub last: Option<Brought>,
}

/// What a fetch brought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Brought {
    /// When it began.
    pub began: Instant,
    /// When it ended, or last told how far it is.
    pub ended: Instant,
    /// Why it failed, in words; missing where it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Whether it read the feed from the start.
    pub anew: bool,
    /// Whether it came to the feed's end.
    pub up_to_date: bool,
    /// How many pages came.
    pub pages: u32,
    /// How many records they held, those gone included.
    pub records: u64,
    /// How many keys are no longer held because of it.
    pub gone: u64,
    /// What could not be read.
    pub malformed: Faults,
    /// What the hash bank did not take.
    pub refused: Faults,
    /// How many labels were left out, because the taxonomy does not admit them.
    pub labels_left_out: u64,
    /// How many hashes were passed over, by type.
    pub skipped: BTreeMap<String, u64>,
    /// How many keys stay though the partner did not name them when it was read from the start, because something came
    /// that could not be read and might have been any of them.
    pub left_standing: u64,
}

/// Faults: how many, and the last few in words.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Faults {
    /// How many.
    pub count: u64,
    /// The last ten, each with its key where that is known.
    pub last: Vec<String>,
}

impl Partners {
    /// All partners, by name.
    pub fn list(&self) -> Vec<PartnerStatus> {
        let busy = self.shared.busy.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let known = self.shared.known();
        let staying = known.partners.iter().filter(|(_, kept)| !kept.leaving);
        staying
            .map(|(name, kept)| PartnerStatus {
                name: name.clone(),
                protocol: super::protocol(&kept.setting.config.protocol)
                    .map_or(kept.setting.config.protocol.as_str(), |protocol| protocol.name)
                    .to_owned(),
                bank: kept.setting.bank.clone(),
                enabled: kept.setting.enabled,
                config: kept.setting.config.clone(),
                fetching: busy.contains(name),
                up_to_date: kept.checkpoint.is_some()
                    && kept.last.as_ref().is_some_and(|last| last.up_to_date),
                held: kept.keys.len(),
                checkpoint: kept.checkpoint.as_ref().map(writ_exchange::Checkpoint::made),
                last: kept.last.clone(),
            })
            .collect()
    }
}

impl Brought {
    pub(super) fn nothing(began: Instant) -> Self {
        Self {
            began,
            ended: began,
            error: None,
            anew: false,
            up_to_date: false,
            pages: 0,
            records: 0,
            gone: 0,
            malformed: Faults::default(),
            refused: Faults::default(),
            labels_left_out: 0,
            skipped: BTreeMap::new(),
            left_standing: 0,
        }
    }

    /// Whether it came to its end.
    pub fn succeeded(&self) -> bool {
        self.error.is_none()
    }

    pub(super) fn skip(&mut self, kind: &str, many: u32) {
        let room = self.skipped.len() < SKIPPED || self.skipped.contains_key(kind);
        let count = self.skipped.entry(if room { kind } else { "others" }.to_owned()).or_default();
        *count = count.saturating_add(many.into());
    }
}

impl Faults {
    pub(super) fn add(&mut self, key: Option<&str>, what: &str) {
        self.count = self.count.saturating_add(1);
        let line = key.map_or_else(|| what.to_owned(), |key| format!("{key}: {what}"));
        self.last.push(line.chars().take(600).collect());
        if self.last.len() > TOLD {
            self.last.remove(0);
        }
    }
}
