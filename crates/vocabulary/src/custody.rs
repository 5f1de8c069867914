//! Who controls an account's data, and what is known of the account a demand points at.

use crate::{AccountRef, ElementId, Jurisdiction};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who controls an account's data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Controller {
    /// The provider: a customer of its own.
    #[default]
    Provider,
    /// An organisation whose own business it is.
    Tenant(Tenant),
}

/// An organisation that controls the data of its accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    /// Its name.
    pub organisation: String,
    /// Where demands for its data go.
    pub contact: String,
    /// Its state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jurisdiction: Option<Jurisdiction>,
    /// Whether it is a public authority (Regulation (EU) 2023/1543 Art 5(8)).
    #[serde(default)]
    pub public_authority: bool,
}

/// What is known of one account at receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountFacts {
    /// Which account of the demand.
    #[serde(rename = "ref")]
    pub account: AccountRef,
    /// Whether the provider has such an account.
    #[serde(default = "yes")]
    pub exists: bool,
    /// Whether the identifier leads to several customers: nobody is guessed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub several_customers: bool,
    /// Who controls its data.
    #[serde(default)]
    pub controller: Controller,
    /// The elements held for it. Missing: not known yet, so every asked element may be held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holds: Option<Vec<ElementId>>,
    /// The elements held only under the customer's own keys: the provider has ciphertext and cannot read it.
    #[serde(default)]
    pub customer_keys: Vec<ElementId>,
    /// Flags that call for a second pair of eyes.
    #[serde(default)]
    pub flags: Vec<Flag>,
    /// Where the person lives, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residence: Option<Jurisdiction>,
    /// Of which states the person is a national, where known. Empty: not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nationality: Vec<Jurisdiction>,
}

/// Who the person is, where the law protects them specially.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Flag {
    /// A journalist or a press organ.
    Press,
    /// A lawyer.
    Lawyer,
    /// A doctor.
    Doctor,
    /// A member of a parliament.
    Parliament,
    /// A judge.
    Judge,
    /// A person with diplomatic or other immunity.
    Immunity,
    /// A member of the provider's own staff.
    Staff,
}

fn yes() -> bool {
    true
}

impl AccountFacts {
    /// What is taken to be known of an account that nothing was said about: it exists, the provider controls it.
    pub fn unremarkable(account: AccountRef) -> Self {
        Self {
            account,
            exists: true,
            several_customers: false,
            controller: Controller::Provider,
            holds: None,
            customer_keys: Vec::new(),
            flags: Vec::new(),
            residence: None,
            nationality: Vec::new(),
        }
    }

    /// Whether `element` is held, as far as known.
    pub fn may_hold(&self, element: &ElementId) -> bool {
        self.exists && self.holds.as_ref().is_none_or(|holds| holds.contains(element))
    }
}
