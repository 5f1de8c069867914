//! What all clones of the partners share, and how events are appended: one after another, and applied in their order.

use super::kept::{Event, Known, STREAM, Setting};
use super::secrets::Secrets;
use super::{PartnerError, PartnerName, settle};
use crate::Memory;
use crate::log::{LogError, command_id};
use crate::writer::Decided;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};
use tokio::sync::Notify;
use writ_exchange::{Config, ConfigError, Http, Protocol, Secret};
use writ_hashbank::{Command, EntryId, Signal, SignalId};
use writ_journal::{AppendError, ExpectedSequence, Journal as _, PAGE, StreamId};
use writ_vocabulary::Instant;

/// What all clones share.
#[derive(Debug)]
pub(super) struct Shared {
    pub memory: Memory,
    http: Http,
    pub secrets: Secrets,
    known: RwLock<Known>,
    /// Held while events are appended, so that they are applied in their order.
    appending: tokio::sync::Mutex<()>,
    /// Partners that are being fetched or removed.
    pub busy: Mutex<BTreeSet<PartnerName>>,
    /// Partners that were set up anew or given credentials, which the service has not looked at yet.
    pub touched: Mutex<BTreeSet<PartnerName>>,
    /// Told when a partner was touched, and when one is no longer busy.
    pub changed: Notify,
}

/// Holds a partner for one doing at a time.
pub(super) struct Alone<'a> {
    shared: &'a Shared,
    name: PartnerName,
}

impl Shared {
    pub fn new(memory: Memory, home: &Path, http: Http) -> Self {
        Self {
            memory,
            http,
            secrets: Secrets::new(home),
            known: RwLock::default(),
            appending: tokio::sync::Mutex::default(),
            busy: Mutex::default(),
            touched: Mutex::default(),
            changed: Notify::new(),
        }
    }

    pub fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// How a partner is set up; nothing where there is none, or it leaves.
    pub fn setting(&self, name: &PartnerName) -> Option<Setting> {
        let known = self.known();
        known.partners.get(name).filter(|kept| !kept.leaving).map(|kept| kept.setting.clone())
    }

    pub fn known_setting(&self, name: &PartnerName) -> Result<Setting, PartnerError> {
        self.setting(name).ok_or_else(|| PartnerError::Unknown(name.clone()))
    }

    /// Holds the partner, unless another does.
    pub fn alone(&self, name: &PartnerName) -> Result<Alone<'_>, PartnerError> {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        match busy.insert(name.clone()) {
            true => Ok(Alone { shared: self, name: name.clone() }),
            false => Err(PartnerError::Busy(name.clone())),
        }
    }

    /// Tells the shared memory several things. Nothing is no word at all: to the memory it would be the one to end.
    pub async fn tell(&self, commands: Vec<Command>) -> Vec<Decided> {
        match commands.is_empty() {
            true => Vec::new(),
            false => self.memory.commands(commands).await,
        }
    }

    /// Lets the service look at partners at once.
    pub fn touch(&self, names: impl IntoIterator<Item = PartnerName>) {
        self.touched.lock().unwrap_or_else(PoisonError::into_inner).extend(names);
        self.changed.notify_one();
    }

    /// Checks settings as the partner's protocol does, credentials apart.
    pub fn check(&self, name: &PartnerName, config: &Config) -> Result<(), PartnerError> {
        let protocol = protocol(&config.protocol)?;
        let secret = self.secrets.of(&[name.as_str(), protocol.name])?;
        // Whether the settings can be used must not hang on credentials that are still to come.
        let some = || Secret::new(protocol.credentials.iter().map(|field| (field.name, "none")));
        match writ_exchange::partner(config, &secret.unwrap_or_else(some), &self.http) {
            Ok(_) | Err(ConfigError::Credential { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    pub fn partner(
        &self,
        setting: &Setting,
    ) -> Result<Box<dyn writ_exchange::Partner>, PartnerError> {
        let protocol = protocol(&setting.config.protocol)?;
        let secret = self.secrets.of(&[setting.name.as_str(), protocol.name])?.unwrap_or_default();
        Ok(writ_exchange::partner(&setting.config, &secret, &self.http)?)
    }

    /// Under which name credentials are kept, and for which protocol they are.
    pub fn section(&self, of: &str) -> Result<(String, &'static Protocol), PartnerError> {
        // Protocols are written small, partners in capitals: none is taken for the other.
        match of.parse::<PartnerName>() {
            Ok(name) => {
                let setting = self.known_setting(&name)?;
                Ok((of.to_owned(), protocol(&setting.config.protocol)?))
            }
            Err(_) => protocol(of).map(|protocol| (protocol.name.to_owned(), protocol)),
        }
    }

    /// The keys under which a partner shares hashes of an entry, and these hashes.
    pub fn keys_of(&self, name: &PartnerName, entry: EntryId) -> Vec<(String, Vec<Signal>)> {
        self.memory.read(|state, now| {
            let known = self.known();
            let Some(kept) = known.partners.get(name) else { return Vec::new() };
            let Some(entry) = state.entry(entry, now) else { return Vec::new() };
            let of = |ids: &[SignalId]| -> Vec<Signal> {
                let held = entry.signals.iter().filter(|signal| ids.contains(&signal.id));
                held.map(settle::signal).collect()
            };
            let keys =
                kept.keys.iter().map(|(key, holding)| (key.to_string(), of(&holding.signals)));
            keys.filter(|(_, signals)| !signals.is_empty()).collect()
        })
    }

    pub async fn catch_up(&self) -> Result<(), PartnerError> {
        let (stream, journal) = (stream()?, self.memory.journal());
        loop {
            let last = self.known().last;
            let page = journal.read(&stream, last, PAGE).await.map_err(LogError::from)?;
            if page.is_empty() {
                return Ok(());
            }
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            for record in page {
                known.last = record.sequence;
                known.apply(Event::read(record)?);
            }
        }
    }

    /// Appends events and applies them. When this returns they are durable.
    pub async fn append(&self, events: Vec<Event>) -> Result<(), PartnerError> {
        if events.is_empty() {
            return Ok(());
        }
        let _alone = self.appending.lock().await;
        let (journal, stream, command) = (self.memory.journal(), stream()?, command_id()?);
        let now = Instant::now();
        loop {
            let last = self.known().last;
            let expected = match last {
                0 => ExpectedSequence::NotYet,
                last => ExpectedSequence::After(last),
            };
            let fault = |error: serde_json::Error| LogError::Record {
                sequence: last + 1,
                why: error.to_string(),
            };
            let recorded: Result<Vec<_>, _> = events.iter().map(|e| e.recorded(now)).collect();
            let recorded = recorded.map_err(fault)?;
            match journal.append(&stream, expected, &command, &recorded, None).await {
                // What was appended by a future that was dropped before it heard so: it counts.
                Err(AppendError::Conflict { .. }) => self.catch_up().await?,
                Err(error) => return Err(LogError::from(error).into()),
                Ok(appended) => {
                    let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
                    known.last = appended.span().last;
                    events.into_iter().for_each(|event| known.apply(event));
                    return Ok(());
                }
            }
        }
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        let mut busy = self.shared.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.remove(&self.name);
        drop(busy);
        self.shared.changed.notify_waiters();
    }
}

/// The protocol of this name.
pub(super) fn protocol(name: &str) -> Result<&'static Protocol, PartnerError> {
    let called = |protocol: &&&Protocol| name == protocol.name || name == protocol.also;
    let protocols = writ_exchange::protocols();
    Ok(protocols.iter().find(called).ok_or_else(|| {
        let names: Vec<_> = protocols.iter().map(|protocol| protocol.name).collect();
        let given = name.chars().take(64).collect();
        ConfigError::Protocol { given, known: names.join(", ") }
    })?)
}

fn stream() -> Result<StreamId, LogError> {
    Ok(STREAM.parse()?)
}
