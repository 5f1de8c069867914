//! Partners: what they share comes into the shared memory, and stays no longer than they stand by it.
//!
//! A partner is a member of its own, `partner-<name>`, with full voice: what it shares it contributes to its bank, and what
//! it no longer shares it withdraws. What its own members say is kept in the names of observers, and where one of them is
//! against, the entry is disputed ([`voices`]).
//!
//! What comes goes first into the shared memory, and then, with the place in the partner's feed, into the stream
//! `hash-partners` of the same journal. After a kill between the two the page is read again: contributing twice is
//! harmless, and what the page had brought that the partner has changed since is found by the memory's feed and withdrawn.

mod error;
mod fetching;
mod kept;
mod secrets;
mod service;
mod settle;
mod shared;
mod status;
mod take;
mod voices;

pub use error::PartnerError;
pub use status::{Brought, Faults, PartnerStatus};

use crate::Memory;
use kept::{Event, Named, Setting};
use shared::{Shared, protocol};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use writ_exchange::{Config, ConfigError, Feedback, Http};
use writ_hashbank::{BankName, EntryId, Verdict};
use writ_vocabulary::text_id;

text_id!(
    /// A partner's name: `NORTH_COAST`. Hasher-matcher-actioner calls it an exchange.
    PartnerName,
    "a partner's name",
    "capital letters and digits, words joined by one `_`, at most 32 characters",
    |text| (1..=32).contains(&text.len())
        && text.split('_').all(|word| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        })
);

/// The partners of a shared memory. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Partners {
    shared: Arc<Shared>,
}

impl Partners {
    /// The partners in the memory's journal; `home` holds the file of their credentials. Those whose removal was
    /// interrupted are removed.
    ///
    /// # Errors
    /// What the journal says, or the memory where a removal goes on.
    pub async fn open(memory: Memory, home: &Path, http: Http) -> Result<Self, PartnerError> {
        let shared = Shared::new(memory, home, http);
        shared.catch_up().await?;
        let partners = Self { shared: Arc::new(shared) };
        for name in partners.leaving() {
            partners.finish_removal(&name).await?;
        }
        Ok(partners)
    }

    /// Creates a partner, or changes it. Where its bank changes it is read from the start into the other; where its
    /// settings do, its next fetch begins from the start where they lead elsewhere.
    ///
    /// Credentials that are missing are told when it is fetched.
    ///
    /// # Errors
    /// [`PartnerError::Config`] where the settings cannot be used; nothing is changed then.
    pub async fn set(
        &self,
        name: PartnerName,
        bank: BankName,
        config: Config,
        enabled: bool,
    ) -> Result<(), PartnerError> {
        self.shared.check(&name, &config)?;
        self.not_leaving(&name)?;
        let before = self.shared.setting(&name);
        self.shared.found(&name, &bank, before.is_none()).await?;
        let moves = before.is_some_and(|before| before.bank != bank);
        let touched = name.clone();
        let mut events = vec![Event::Set(Setting { name: name.clone(), bank, enabled, config })];
        if moves {
            let why = "its bank was changed".to_owned();
            events.push(Event::BeganAnew(kept::Anew { name, why }));
        }
        self.shared.append(events).await?;
        self.shared.touch([touched]);
        Ok(())
    }

    /// Lets a partner be fetched by the service, or not.
    ///
    /// # Errors
    /// [`PartnerError::Unknown`].
    pub async fn enable(&self, name: &PartnerName, enabled: bool) -> Result<(), PartnerError> {
        let setting = self.shared.known_setting(name)?;
        self.shared.append(vec![Event::Set(Setting { enabled, ..setting })]).await?;
        self.shared.touch([name.clone()]);
        Ok(())
    }

    /// Removes a partner and its own credentials: what it contributed is withdrawn, and stays only where other members
    /// stand by it. A fetch that is under way ends first.
    ///
    /// # Errors
    /// [`PartnerError::Unknown`]. Where it is interrupted, it goes on when the partners are next opened.
    pub async fn remove(&self, name: &PartnerName) -> Result<(), PartnerError> {
        self.shared.known_setting(name)?;
        self.shared.append(vec![Event::Removed(Named { name: name.clone() })]).await?;
        self.finish_removal(name).await?;
        match self.shared.secrets.of(&[name.as_str()])? {
            Some(_) => self.shared.secrets.set(name.as_str(), None),
            None => Ok(()),
        }
    }

    /// Keeps credentials for a protocol, or for one partner by its name, which come before those of its protocol; none lets
    /// go of them.
    ///
    /// # Errors
    /// [`PartnerError::Config`] for a credential that the protocol does not have.
    pub fn set_credentials(
        &self,
        of: &str,
        given: Option<BTreeMap<String, String>>,
    ) -> Result<(), PartnerError> {
        let (section, protocol) = self.shared.section(of)?;
        for name in given.iter().flat_map(BTreeMap::keys) {
            if !protocol.credentials.iter().any(|field| field.name == name) {
                let known: Vec<_> = protocol.credentials.iter().map(|field| field.name).collect();
                return Err(PartnerError::Config(ConfigError::Credential {
                    protocol: protocol.name,
                    field: name.chars().take(64).collect(),
                    what: format!("is unknown: it has {}", known.join(", ")),
                }));
            }
        }
        self.shared.secrets.set(&section, given)?;
        let statuses = self.list().into_iter();
        let theirs = statuses.filter(|status| status.protocol == protocol.name);
        self.shared.touch(theirs.map(|status| status.name));
        Ok(())
    }

    /// Whether credentials are kept for a protocol, or for one partner by its name.
    ///
    /// # Errors
    /// Where there is no such protocol or partner, or the file cannot be read.
    pub fn has_credentials(&self, of: &str) -> Result<bool, PartnerError> {
        let (section, _) = self.shared.section(of)?;
        Ok(self.shared.secrets.of(&[&section])?.is_some())
    }

    /// Sends our word on an entry back to the partner that shares it. When it returns, the partner has accepted it.
    ///
    /// # Errors
    /// [`PartnerError::NotTheirs`] where the partner shares no hash of the entry; [`PartnerError::Fetch`] where it does
    /// not take it.
    pub async fn feedback(
        &self,
        name: &PartnerName,
        entry: EntryId,
        verdict: Verdict,
        reason: Option<String>,
    ) -> Result<(), PartnerError> {
        let setting = self.shared.known_setting(name)?;
        let partner = self.shared.partner(&setting)?;
        let told: Vec<Feedback> = self
            .shared
            .keys_of(name, entry)
            .into_iter()
            .map(|(key, signals)| Feedback {
                key,
                signals,
                verdict,
                reason: reason.clone(),
                tags: Vec::new(),
            })
            .collect();
        if told.is_empty() {
            return Err(PartnerError::NotTheirs { name: name.clone(), entry });
        }
        Ok(partner.feedback(&told).await?)
    }

    fn leaving(&self) -> Vec<PartnerName> {
        let known = self.shared.known();
        let leaving = known.partners.iter().filter(|(_, kept)| kept.leaving);
        leaving.map(|(name, _)| name.clone()).collect()
    }

    fn not_leaving(&self, name: &PartnerName) -> Result<(), PartnerError> {
        let known = self.shared.known();
        match known.partners.get(name) {
            Some(kept) if kept.leaving => Err(PartnerError::Leaving(name.clone())),
            _ => Ok(()),
        }
    }
}
