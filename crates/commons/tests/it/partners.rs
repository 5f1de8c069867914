//! Partners over real sockets: what they share comes in, stays no longer than they stand by it, and survives any kill.

mod killed;
mod server;
mod taken;

use crate::setup::{founded, opened, sample};
use serde_json::{Value, json};
use server::Server;
use std::path::Path;
use writ_commons::{Asked, Brought, Memory, PartnerName, Partners};
use writ_exchange::{Config, Http, Settings};
use writ_hashbank::{Coin, EntryId, EntryState};

/// The partner's name and the bank that it fills.
pub const NAME: &str = "NORTH_COAST";
pub const BANK: &str = "NORTH_COAST_FEED";

/// A memory, and the partners of it.
pub struct Home {
    pub memory: Memory,
    pub partners: Partners,
}

pub fn http() -> Http {
    Http::new(Settings { private_addresses: true, ..Settings::default() }).unwrap()
}

pub fn name() -> PartnerName {
    NAME.parse().unwrap()
}

pub fn config(value: Value) -> Config {
    serde_json::from_value(value).unwrap()
}

impl Home {
    pub async fn of(memory: Memory, home: &Path) -> Self {
        let partners = Partners::open(memory.clone(), home, http()).await.unwrap();
        Self { memory, partners }
    }

    /// A new one, with a partner that is another Writ.
    pub async fn following(home: &Path, server: &Server) -> Self {
        let this = Self::of(founded(home).await, home).await;
        let key = [("key".to_owned(), "invented".to_owned())].into();
        this.partners.set_credentials("writ", Some(key)).unwrap();
        this.set(json!({ "protocol": "writ", "url": server.base })).await;
        this
    }

    /// A new one, with a partner that is a list.
    pub async fn listing(home: &Path, server: &Server) -> Self {
        let this = Self::of(founded(home).await, home).await;
        let url = format!("{}/list.txt", server.base);
        this.set(json!({ "protocol": "plain", "url": url, "signal_type": "pdq" })).await;
        this
    }

    pub async fn again(self, home: &Path) -> Self {
        drop(self.partners);
        self.memory.close().await.unwrap();
        Self::of(opened(home).await, home).await
    }

    pub async fn set(&self, value: Value) {
        let bank = BANK.parse().unwrap();
        self.partners.set(name(), bank, config(value), true).await.unwrap();
    }

    pub async fn fetch(&self) -> Brought {
        self.partners.fetch(&name(), false, &mut |_| {}).await.unwrap()
    }

    pub async fn fetch_anew(&self) -> Brought {
        self.partners.fetch(&name(), true, &mut |_| {}).await.unwrap()
    }

    /// The entry that a hash finds.
    pub fn found(&self, hash: &str) -> Option<EntryId> {
        let samples = [sample("pdq", hash)];
        let asked =
            Asked { samples: &samples, member: None, banks: None, coin: Coin::Bypass, limit: 5 };
        self.memory.look_up(&asked).unwrap().matches.first().map(|found| found.entry)
    }

    /// Where the partner's bank has a hash, found or not.
    pub fn entry(&self, hash: &str) -> EntryId {
        let bank = BANK.parse().unwrap();
        let kind = "pdq".parse().unwrap();
        self.memory.read(|state, _| state.find(&bank, &kind, hash)).unwrap().entry()
    }

    pub fn state(&self, hash: &str) -> EntryState {
        let id = self.entry(hash);
        self.memory.read(|state, now| state.entry(id, now).unwrap().standing.state)
    }

    /// What each member says of an entry: `member verdict`.
    pub fn said(&self, hash: &str) -> Vec<String> {
        let id = self.entry(hash);
        let mut said: Vec<String> = self.memory.read(|state, now| {
            let entry = state.entry(id, now).unwrap();
            let spoke = entry.opinions.iter().filter(|opinion| opinion.verdict.is_some());
            spoke.map(|o| format!("{} {}", o.member, o.verdict.unwrap().as_str())).collect()
        });
        said.sort();
        said
    }
}

/// An entry of another Writ with these hashes.
pub fn shared(hashes: &[String]) -> Value {
    let signals: Vec<Value> =
        hashes.iter().map(|hash| json!({ "type": "pdq", "hash": hash, "quality": 90 })).collect();
    json!({ "bank": "THEIRS", "state": "active", "signals": signals, "labels": ["media/image"] })
}
