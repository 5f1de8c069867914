//! Partners whose hashes are fetched, as this service asks for them: the program brings what knows their protocols.

use futures::future::BoxFuture;
use serde::Serialize;
use serde_json::{Map, Value};

/// The exchanges that are set up, and the kinds there are. Names are those of the hasher-matcher-actioner: `stop_ncii`,
/// `ncmec`, `fb_threatexchange`, `tat`, `local_file`, `sample`.
///
/// What a call has changed is durable when it returns. An exchange is named like the bank that it fills, which the service
/// opens before [`Exchanges::create`] and removes after [`Exchanges::delete`].
pub trait Exchanges: Send + Sync {
    /// The kinds there are, in reading order, each with whether its keys are set.
    fn apis(&self) -> BoxFuture<'_, Result<Vec<Api>, ExchangeError>>;

    /// Keeps keys for all exchanges of a kind, or none where none are given.
    fn set_credentials(
        &self,
        api: &str,
        credentials: Option<Map<String, Value>>,
    ) -> BoxFuture<'_, Result<(), ExchangeError>>;

    /// The names of those that are set up.
    fn list(&self) -> BoxFuture<'_, Result<Vec<String>, ExchangeError>>;

    /// Sets one up; it fetches from then on, unless it is off.
    fn create(&self, new: NewExchange) -> BoxFuture<'_, Result<(), ExchangeError>>;

    /// One with its settings: an object with `name`, `api`, `enabled` and the kind's own. Nothing where there is none.
    fn get(&self, name: &str) -> BoxFuture<'_, Result<Option<Value>, ExchangeError>>;

    /// Switches one on or off.
    fn enable(&self, name: &str, enabled: bool) -> BoxFuture<'_, Result<(), ExchangeError>>;

    /// Ends one. Nothing happens where there is none.
    fn delete(&self, name: &str) -> BoxFuture<'_, Result<(), ExchangeError>>;

    /// How fetching goes: an object with `last_fetch_succeeded`, `last_fetch_complete_ts`, `up_to_date`, `fetched_items`,
    /// `running_fetch_start_ts`, `checkpoint_ts`, times in Unix seconds. Nothing where there is none.
    fn status(&self, name: &str) -> BoxFuture<'_, Result<Option<Value>, ExchangeError>>;
}

/// A kind of exchange.
#[derive(Debug, Clone, PartialEq)]
pub struct Api {
    /// Its name.
    pub name: &'static str,
    /// What each exchange of it has to be told.
    pub config: Vec<Field>,
    /// What its keys consist of; none where it needs none.
    pub credentials: Option<Vec<Field>>,
    /// Whether keys are set.
    pub has_credentials: bool,
}

/// One thing that has to be told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// `string`, `number`, `boolean`, `enum` or `set_of_` and one of these.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Whether it must be told.
    pub required: bool,
    /// What holds where it is not.
    pub default: Value,
    /// What it is, for people.
    pub help: &'static str,
    /// What it may be, for an `enum`.
    pub choices: Option<Vec<&'static str>>,
}

/// An exchange to be set up.
#[derive(Debug, Clone, PartialEq)]
pub struct NewExchange {
    /// Its name, and its bank's.
    pub name: String,
    /// Its kind, one of [`Exchanges::apis`].
    pub api: String,
    /// Whether it is on.
    pub enabled: bool,
    /// The kind's own settings.
    pub config: Map<String, Value>,
}

/// Why an exchange was not set up, changed or read.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// Settings or keys that cannot be, in words.
    #[error("{0}")]
    Settings(String),
    /// The name is taken.
    #[error("there is an exchange `{0}` already: choose another name")]
    Exists(String),
    /// No such exchange.
    #[error("Exchange '{0}' not found")]
    Missing(String),
    /// Nothing could be kept or read.
    #[error("the exchanges cannot be kept: {0}")]
    Kept(String),
}

/// No partner, and no kind of one.
#[derive(Debug, Clone, Copy)]
pub struct NoExchanges;

impl Exchanges for NoExchanges {
    fn apis(&self) -> BoxFuture<'_, Result<Vec<Api>, ExchangeError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn set_credentials(
        &self,
        api: &str,
        _: Option<Map<String, Value>>,
    ) -> BoxFuture<'_, Result<(), ExchangeError>> {
        none(api)
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<String>, ExchangeError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn create(&self, new: NewExchange) -> BoxFuture<'_, Result<(), ExchangeError>> {
        none(&new.name)
    }

    fn get(&self, _: &str) -> BoxFuture<'_, Result<Option<Value>, ExchangeError>> {
        Box::pin(async { Ok(None) })
    }

    fn enable(&self, name: &str, _: bool) -> BoxFuture<'_, Result<(), ExchangeError>> {
        none(name)
    }

    fn delete(&self, _: &str) -> BoxFuture<'_, Result<(), ExchangeError>> {
        Box::pin(async { Ok(()) })
    }

    fn status(&self, _: &str) -> BoxFuture<'_, Result<Option<Value>, ExchangeError>> {
        Box::pin(async { Ok(None) })
    }
}

fn none(name: &str) -> BoxFuture<'static, Result<(), ExchangeError>> {
    let name = name.to_owned();
    Box::pin(async { Err(ExchangeError::Missing(name)) })
}
