//! Facts: what a demand is judged against.

use crate::{
    AccountFacts, AccountRef, Authority, AuthorityId, Digest, Factor, Instant, InstrumentId,
    Jurisdiction, Pause, Statement, StatementId,
};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a demand is judged against: when it came, who the provider is, who proved what, whose accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The instant of receipt: it starts the clocks.
    pub received: Instant,
    /// The provider.
    #[serde(default)]
    pub provider: Provider,
    /// The registry entries that matter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorities: Vec<Authority>,
    /// What proves who sent it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub factors: Vec<Factor>,
    /// What the provider established beside the document: only such statements as the law book leaves to it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub established: BTreeMap<StatementId, Statement>,
    /// What is known of the accounts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<AccountFacts>,
    /// The rows of the law book that the provider's counsel signed off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sign_offs: Vec<SignOff>,
    /// When the demand's clock stood still.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<Pause>,
}

/// Counsel's word that one row of the law book, written from memory, says what the law says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignOff {
    /// The instrument.
    pub instrument: InstrumentId,
    /// The provider's counsel, by name.
    pub by: String,
    /// On which day.
    #[schemars(with = "String")]
    pub on: Date,
    /// The digest of the row's file: a sign-off is for one text. Missing: for whatever text there is, which only a case
    /// file may say; the provider's own list names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// What counsel adds.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// The provider that received the demand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Its entities; the first receives what names no addressee.
    #[serde(default)]
    pub entities: Vec<ProviderEntity>,
    /// Whether several customers may share an IP address at one time.
    #[serde(default)]
    pub shared_addresses: bool,
    /// The languages in which it accepts demands (ISO 639-1). Empty: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
}

/// A legal entity of the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderEntity {
    /// Its full name.
    pub name: String,
    /// Where it is established.
    pub jurisdiction: Jurisdiction,
    /// Other names under which demands may be addressed to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
}

impl Facts {
    /// The registry entry with this id.
    pub fn authority(&self, id: &AuthorityId) -> Option<&Authority> {
        self.authorities.iter().find(|authority| &authority.id == id)
    }

    /// What is known of an account; an account nothing was said about exists and is the provider's own.
    pub fn account(&self, reference: &AccountRef) -> AccountFacts {
        self.accounts
            .iter()
            .find(|facts| &facts.account == reference)
            .cloned()
            .unwrap_or_else(|| AccountFacts::unremarkable(reference.clone()))
    }
}

impl Provider {
    /// The entity that `addressee` names, by name or by another name, without regard to case and outer space.
    pub fn entity(&self, addressee: &str) -> Option<&ProviderEntity> {
        let wanted = addressee.trim().to_lowercase();
        let named = |name: &str| name.trim().to_lowercase() == wanted;
        self.entities
            .iter()
            .find(|entity| named(&entity.name) || entity.also.iter().any(|name| named(name)))
    }
}
