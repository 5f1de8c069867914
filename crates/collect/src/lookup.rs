//! Looking up an account: which customer an identifier leads to, and who controls that customer's data.

use crate::error::CollectError;
use crate::question::{Parameter, first_column, named, parameters};
use crate::sources::Sources;
use datafusion::arrow::array::RecordBatch;
use std::collections::BTreeSet;
use std::fmt;
use writ_custody::{IdentifierKind, Question};
use writ_vocabulary::{Account, AccountFacts, AccountRef, Controller, ElementId, Tenant};

/// What was found of one account of a demand.
#[derive(Debug, Clone)]
pub struct Lookup {
    /// What the ruling needs to know of it.
    pub facts: AccountFacts,
    /// The customer it leads to; none where it leads to nobody, or to more than one.
    pub located: Option<Located>,
}

/// An account and the customer it leads to. Its debug form names neither.
#[derive(Clone)]
pub struct Located {
    /// The identifier of the demand.
    pub account: Account,
    /// The provider's customer id, where the sources know customers.
    pub customer: Option<String>,
    /// The elements held only under the customer's own keys.
    pub customer_keys: Vec<ElementId>,
}

impl fmt::Debug for Located {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Located").field("kind", &self.account.kind()).finish_non_exhaustive()
    }
}

enum Found {
    Nobody,
    Customer(Option<String>),
    Several,
    /// The identifier says too little to ask.
    Vague,
}

impl Sources {
    /// Finds the customer behind an account and what a ruling needs to know of it. Reads nothing that a demand
    /// could ask for.
    pub async fn lookup(
        &self,
        reference: &AccountRef,
        account: &Account,
    ) -> Result<Lookup, CollectError> {
        let mut facts = AccountFacts::unremarkable(reference.clone());
        let customer = match self.find(account).await? {
            Found::Customer(customer) => customer,
            Found::Nobody => {
                (facts.exists, facts.holds) = (false, Some(Vec::new()));
                return Ok(Lookup { facts, located: None });
            }
            Found::Several => {
                facts.several_customers = true;
                return Ok(Lookup { facts, located: None });
            }
            Found::Vague => return Ok(Lookup { facts, located: None }),
        };
        let located = self.place(account, customer).await?;
        if let Some(customer) = &located.customer {
            facts.controller = self.controller(customer).await?;
            facts.flags = self.words(self.custody.flags.as_ref(), customer).await?;
            facts.residence =
                self.words(self.custody.residence.as_ref(), customer).await?.into_iter().next();
            facts.nationality = self.words(self.custody.nationality.as_ref(), customer).await?;
        }
        facts.customer_keys.clone_from(&located.customer_keys);
        facts.holds = Some(self.held(&located).0.into_iter().collect());
        Ok(Lookup { facts, located: Some(located) })
    }

    /// Where the data of an account lie: what a plan needs to know of it, and no more.
    ///
    /// # Errors
    /// When a source cannot be asked.
    pub async fn locate(&self, account: &Account) -> Result<Option<Located>, CollectError> {
        match self.find(account).await? {
            Found::Customer(customer) => self.place(account, customer).await.map(Some),
            _ => Ok(None),
        }
    }

    async fn place(
        &self,
        account: &Account,
        customer: Option<String>,
    ) -> Result<Located, CollectError> {
        let declared: Vec<ElementId> = match &customer {
            Some(customer) => self.words(self.custody.customer_keys.as_ref(), customer).await?,
            None => Vec::new(),
        };
        let mut located = Located { account: account.clone(), customer, customer_keys: Vec::new() };
        let sealed = self.held(&located).1;
        let keys: BTreeSet<ElementId> = declared.into_iter().chain(sealed).collect();
        located.customer_keys = keys.into_iter().collect();
        Ok(located)
    }

    async fn find(&self, account: &Account) -> Result<Found, CollectError> {
        // Without `port` in the question the provider's addresses are not shared, and the port does not matter.
        let question =
            IdentifierKind::of(account).and_then(|kind| self.custody.accounts.get(&kind));
        let shared = question.is_some_and(|question| question.query.contains("$port"));
        if !account.ambiguities(shared).is_empty() {
            return Ok(Found::Vague);
        }
        let Some(question) = question else {
            return Ok(match account {
                Account::Customer(id) => Found::Customer(Some(id.clone())),
                _ => Found::Customer(None),
            });
        };
        let rows = self.ask(question, &parameters(account)).await?;
        let customers: BTreeSet<String> = first_column(&rows).collect();
        let count = customers.len();
        Ok(match (customers.into_iter().next(), count) {
            (Some(customer), 1) => Found::Customer(Some(customer)),
            (None, _) => Found::Nobody,
            (Some(_), _) => Found::Several,
        })
    }

    /// The elements that sources hold of this account, and those of them that only ciphertext holds.
    fn held(&self, located: &Located) -> (BTreeSet<ElementId>, BTreeSet<ElementId>) {
        let reached =
            || self.custody.yields.iter().filter(|yields| located.subject(yields).is_some());
        let of = |sealed: bool| -> BTreeSet<ElementId> {
            let yields = reached().filter(|yields| yields.customer_keys == sealed);
            yields.flat_map(|yields| yields.elements().cloned()).collect()
        };
        let (sealed, clear) = (of(true), of(false));
        (sealed.union(&clear).cloned().collect(), sealed.difference(&clear).cloned().collect())
    }

    async fn controller(&self, customer: &str) -> Result<Controller, CollectError> {
        let Some(question) = &self.custody.controllers else { return Ok(Controller::Provider) };
        let rows =
            self.ask(question, &[("customer", Parameter::Text(customer.to_owned()))]).await?;
        let text = |name: &str| rows.iter().find_map(|batch| named(batch, name, 0));
        let count: usize = rows.iter().map(RecordBatch::num_rows).sum();
        let unreadable = |why: &str| CollectError::Unreadable {
            source_id: question.source.clone(),
            why: format!("`controllers` gave {why}"),
        };
        if count > 1 {
            return Err(unreadable("more than one controller for a customer"));
        }
        let Some(organisation) = text("organisation").filter(|name| !name.is_empty()) else {
            return Ok(Controller::Provider);
        };
        let jurisdiction = text("jurisdiction").filter(|place| !place.is_empty());
        let jurisdiction = jurisdiction.map(|place| place.parse()).transpose();
        Ok(Controller::Tenant(Tenant {
            organisation,
            contact: text("contact").unwrap_or_default(),
            jurisdiction: jurisdiction.map_err(|_| unreadable("a `jurisdiction` that is none"))?,
            public_authority: matches!(
                text("public_authority").as_deref(),
                Some("true" | "1" | "t")
            ),
        }))
    }

    /// The words of a question with one column. A word that is not understood is a fault, not nothing.
    async fn words<T: serde::de::DeserializeOwned>(
        &self,
        question: Option<&Question>,
        customer: &str,
    ) -> Result<Vec<T>, CollectError> {
        let Some(question) = question else { return Ok(Vec::new()) };
        let rows =
            self.ask(question, &[("customer", Parameter::Text(customer.to_owned()))]).await?;
        let word = |word: String| {
            serde_json::from_value(serde_json::Value::String(word)).map_err(|_| {
                CollectError::Unreadable {
                    source_id: question.source.clone(),
                    why: format!(
                        "the query of line {} gave a word that is not known",
                        question.line
                    ),
                }
            })
        };
        first_column(&rows).map(word).collect()
    }
}
