//! The partners in the words of the hasher-matcher-actioner: what its clients call exchanges.

use futures::future::{BoxFuture, FutureExt, ready};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use writ_commons::{PartnerError, PartnerName, PartnerStatus, Partners};
use writ_exchange::{Config, FieldKind, PROTOCOLS, Protocol};
use writ_server::{Api, ExchangeError, Exchanges, Field, NewExchange};

/// The partners, as the service asks for them.
pub struct Adapter(pub Partners);

impl Exchanges for Adapter {
    fn apis(&self) -> BoxFuture<'_, Result<Vec<Api>, ExchangeError>> {
        let apis = PROTOCOLS.iter().map(|protocol| self.api(protocol));
        ready(apis.collect()).boxed()
    }

    fn set_credentials(
        &self,
        api: &str,
        credentials: Option<Map<String, Value>>,
    ) -> BoxFuture<'_, Result<(), ExchangeError>> {
        let given = credentials.map(|given| texts(api, given)).transpose();
        let kept = given.and_then(|given| self.0.set_credentials(api, given).map_err(fault));
        ready(kept).boxed()
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<String>, ExchangeError>> {
        let names = self.0.list().into_iter().map(|status| status.name.to_string());
        ready(Ok(names.collect())).boxed()
    }

    fn create(&self, new: NewExchange) -> BoxFuture<'_, Result<(), ExchangeError>> {
        async move {
            let name = name(&new.name)?;
            if self.find(&new.name).is_some() {
                return Err(ExchangeError::Exists(new.name));
            }
            let bank = new.name.parse().map_err(wrong)?;
            let settings = new.config.into_iter().collect();
            let config = Config { protocol: new.api, settings };
            self.0.set(name, bank, config, new.enabled).await.map_err(fault)
        }
        .boxed()
    }

    fn get(&self, name: &str) -> BoxFuture<'_, Result<Option<Value>, ExchangeError>> {
        ready(Ok(self.find(name).map(|status| shown(&status)))).boxed()
    }

    fn enable(&self, named: &str, enabled: bool) -> BoxFuture<'_, Result<(), ExchangeError>> {
        let name = name(named);
        async move { self.0.enable(&name?, enabled).await.map_err(fault) }.boxed()
    }

    fn delete(&self, named: &str) -> BoxFuture<'_, Result<(), ExchangeError>> {
        let found = self.find(named);
        async move {
            match found {
                Some(status) => self.0.remove(&status.name).await.map_err(fault),
                None => Ok(()),
            }
        }
        .boxed()
    }

    fn status(&self, name: &str) -> BoxFuture<'_, Result<Option<Value>, ExchangeError>> {
        ready(Ok(self.find(name).map(|status| progress(&status)))).boxed()
    }
}

impl Adapter {
    fn find(&self, name: &str) -> Option<PartnerStatus> {
        self.0.list().into_iter().find(|status| status.name.as_str() == name)
    }

    fn api(&self, protocol: &'static Protocol) -> Result<Api, ExchangeError> {
        let credentials: Vec<_> = protocol.credentials.iter().map(field).collect();
        Ok(Api {
            name: protocol.also,
            config: protocol.fields.iter().map(field).collect(),
            credentials: (!credentials.is_empty()).then_some(credentials),
            has_credentials: self.0.has_credentials(protocol.name).map_err(fault)?,
        })
    }
}

fn field(field: &writ_exchange::Field) -> Field {
    Field {
        name: field.name,
        kind: match field.kind {
            FieldKind::Text => "string",
            FieldKind::Number => "number",
            FieldKind::List => "set_of_string",
            FieldKind::Table => "string",
        },
        required: field.required,
        default: field.default.map_or(Value::Null, Value::from),
        help: field.help,
        choices: None,
    }
}

/// Its settings, with its name, kind and whether it is on.
fn shown(status: &PartnerStatus) -> Value {
    let mut shown: Map<String, Value> = status.config.settings.clone().into_iter().collect();
    shown.insert("name".to_owned(), json!(status.name));
    shown.insert("api".to_owned(), json!(kind(status)));
    shown.insert("enabled".to_owned(), json!(status.enabled));
    Value::Object(shown)
}

/// The name by which its clients know a protocol.
fn kind(status: &PartnerStatus) -> &str {
    let known = PROTOCOLS.iter().find(|protocol| protocol.name == status.protocol);
    known.map_or(status.protocol.as_str(), |protocol| protocol.also)
}

fn progress(status: &PartnerStatus) -> Value {
    let last = status.last.as_ref();
    json!({
        "checkpoint_ts": status.checkpoint.map(|at| at.as_second()),
        "fetched_items": status.held,
        "last_fetch_complete_ts": last.map(|last| last.ended.as_second()),
        "last_fetch_succeeded": last.map(writ_commons::Brought::succeeded),
        "running_fetch_start_ts": last.filter(|_| status.fetching).map(|last| last.began.as_second()),
        "up_to_date": status.up_to_date,
    })
}

/// Keys of a kind as texts: all that it needs have to be there.
fn texts(api: &str, given: Map<String, Value>) -> Result<BTreeMap<String, String>, ExchangeError> {
    let protocol = PROTOCOLS.iter().find(|one| one.name == api || one.also == api);
    let needed = protocol.iter().flat_map(|one| one.credentials).filter(|field| field.required);
    if let Some(missing) = needed.into_iter().find(|field| !given.contains_key(field.name)) {
        return Err(ExchangeError::Settings(format!(
            "`{}` is missing: {}",
            missing.name, missing.help
        )));
    }
    let text = |(name, value): (String, Value)| match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some((name, text))),
        _ => Err(ExchangeError::Settings(format!("`{name}` has to be text"))),
    };
    given.into_iter().filter_map(|one| text(one).transpose()).collect()
}

fn name(text: &str) -> Result<PartnerName, ExchangeError> {
    text.parse().map_err(wrong)
}

fn wrong(error: writ_vocabulary::IdError) -> ExchangeError {
    ExchangeError::Settings(error.to_string())
}

fn fault(error: PartnerError) -> ExchangeError {
    match error {
        PartnerError::Unknown(name) => ExchangeError::Missing(name.to_string()),
        PartnerError::Config(error) => ExchangeError::Settings(error.to_string()),
        other => ExchangeError::Kept(other.to_string()),
    }
}
