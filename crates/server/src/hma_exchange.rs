//! The hasher-matcher-actioner's routes for exchanges, under `/c`: partners whose hashes fill a bank.

use crate::app::{App, Shared};
use crate::body::{Declared, Modelled, json, json_with};
use crate::error::{Answered, Problem};
use crate::exchanges::{Api, ExchangeError, NewExchange};
use crate::hma_curate::remove_bank;
use crate::hma_match::cut;
use crate::params::Place;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Map, Value, json as value};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use writ_commons::CommandError;
use writ_hashbank::{Bank, BankName, Command, Refused};

/// Reading.
pub(crate) fn readings() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(apis))
        .routes(routes!(api))
        .routes(routes!(schema))
        .routes(routes!(list))
        .routes(routes!(exchange))
        .routes(routes!(status))
}

/// Changing.
pub(crate) fn changes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(set_keys))
        .routes(routes!(create))
        .routes(routes!(enable, delete))
}

/// The kinds of exchange.
#[utoipa::path(get, path = "/c/exchanges/apis", tag = "hma", responses((status = 200, body = [String])))]
async fn apis(State(app): State<Shared>) -> Answered {
    let names = app.exchanges.apis().await?.into_iter().map(|api| api.name);
    Ok(json(&names.collect::<Vec<_>>()))
}

/// Whether a kind needs keys and has them.
#[utoipa::path(get, path = "/c/exchanges/api/{api_name}", tag = "hma", params(("api_name" = String, Path)),
    responses((status = 200, description = "`supports_authentification`, `has_set_authentification`", body = Object)))]
async fn api(State(app): State<Shared>, Place(name): Place<String>) -> Answered {
    Ok(json(&keyed(&known(&app, &name).await?)))
}

/// Set or clear (`{}`) the keys of a kind.
#[utoipa::path(post, path = "/c/exchanges/api/{api_name}", tag = "hma", params(("api_name" = String, Path)),
    request_body = Object, responses((status = 200, body = Object)))]
async fn set_keys(
    State(app): State<Shared>,
    Place(name): Place<String>,
    Declared(asked): Declared<Value>,
) -> Answered {
    let api = known(&app, &name).await?;
    let asked = asked
        .as_object()
        .ok_or_else(|| Problem::bad("this endpoint expects a json object payload"))?;
    let credentials = match asked.get("credential_json") {
        None | Some(Value::Null) => return Ok(json(&keyed(&api))),
        Some(Value::Object(credentials)) => credentials.clone(),
        Some(_) => return Err(Problem::bad("`credential_json` is no object")),
    };
    let credentials = (!credentials.is_empty()).then_some(credentials);
    if api.credentials.is_none() && credentials.is_some() {
        return Err(Problem::bad(format!("`{}` needs no keys", api.name)));
    }
    app.exchanges.set_credentials(api.name, credentials).await?;
    Ok(json(&keyed(&known(&app, &name).await?)))
}

fn keyed(api: &Api) -> Value {
    value!({
        "supports_authentification": api.credentials.is_some(),
        "has_set_authentification": api.has_credentials,
    })
}

async fn known(app: &App, name: &str) -> Result<Api, Problem> {
    let known = app.exchanges.apis().await?.into_iter().find(|api| api.name == name);
    known.ok_or_else(|| Problem::bad(format!("no such Exchange API '{}'", cut(name))))
}

/// What a kind has to be told, for forms.
#[utoipa::path(get, path = "/c/exchanges/api/{api_name}/schema", tag = "hma", params(("api_name" = String, Path)),
    responses((status = 200, description = "`config_schema`, `credentials_schema`", body = Object)))]
async fn schema(State(app): State<Shared>, Place(name): Place<String>) -> Answered {
    let missing = |_| Problem::missing(format!("Exchange API '{}' not found", cut(&name)));
    let api = known(&app, &name).await.map_err(missing)?;
    let credentials = api.credentials.map(|fields| value!({ "fields": fields }));
    Ok(json(
        &value!({ "config_schema": { "fields": api.config }, "credentials_schema": credentials }),
    ))
}

/// The names of the exchanges that are set up.
#[utoipa::path(get, path = "/c/exchanges", tag = "hma", responses((status = 200, body = [String])))]
async fn list(State(app): State<Shared>) -> Answered {
    Ok(json(&app.exchanges.list().await?))
}

/// Set up an exchange, and the bank of the same name that it fills.
#[utoipa::path(post, path = "/c/exchanges", tag = "hma", request_body = Object,
    responses((status = 201, description = "`{\"message\"}`", body = Object)))]
async fn create(State(app): State<Shared>, Declared(asked): Declared<Value>) -> Answered {
    let new = new_exchange(&app, &asked).await?;
    let name: BankName = new.name.parse()?;
    let bank = Bank { source: Some(new.name.clone()), ..Bank::new(name.clone()) };
    match app.memory.command(Command::CreateBank(bank)).await {
        Ok(_) => {}
        Err(CommandError::Refused(Refused::BankExists(_))) => {
            return Err(Problem::forbidden("Bank already exists"));
        }
        Err(error) => return Err(error.into()),
    }
    if let Err(error) = app.exchanges.create(new).await {
        remove_bank(&app, name.as_str()).await?;
        let told = Problem::from(error);
        let message = format!("Failed to parse `api_json` - {}", told.message);
        return Err(if told.status == StatusCode::BAD_REQUEST {
            Problem::bad(message)
        } else {
            told
        });
    }
    Ok(json_with(StatusCode::CREATED, &value!({ "message": "Created successfully" })))
}

async fn new_exchange(app: &App, asked: &Value) -> Result<NewExchange, Problem> {
    let name = match asked.get("bank") {
        None | Some(Value::Null) => return Err(Problem::bad("bank is required")),
        Some(bank) => bank.as_str().filter(|name| name.parse::<BankName>().is_ok()),
    };
    let name =
        name.ok_or_else(|| Problem::bad("Field `bank` must match /^[A-Z0-9_]+$/"))?.to_owned();
    let mut config = match asked.get("api_json") {
        None => Map::new(),
        Some(Value::Object(config)) => config.clone(),
        Some(_) => return Err(Problem::bad("Field `api_json` must be object")),
    };
    let api = match asked.get("api") {
        None | Some(Value::Null) => return Err(Problem::bad("Field `api_type` is required")),
        Some(api) => api.as_str().unwrap_or_default().to_owned(),
    };
    if !app.exchanges.apis().await?.iter().any(|known| known.name == api) {
        return Err(Problem::bad(format!("No such exchange type '{}'", cut(&api))));
    }
    let enabled = config.remove("enabled").is_none_or(|enabled| enabled != Value::Bool(false));
    config.retain(|key, _| !["name", "api"].contains(&key.as_str()));
    Ok(NewExchange { name, api, enabled, config })
}

/// One exchange with its settings.
#[utoipa::path(get, path = "/c/exchange/{exchange_name}", tag = "hma", params(("exchange_name" = String, Path)),
    responses((status = 200, description = "`name`, `api`, `enabled` and its own settings", body = Object)))]
async fn exchange(State(app): State<Shared>, Place(name): Place<String>) -> Answered {
    let found = app.exchanges.get(&name).await?;
    found.map(|found| json(&found)).ok_or_else(|| missing(&name))
}

/// How fetching goes.
#[utoipa::path(get, path = "/c/exchange/{exchange_name}/status", tag = "hma", params(("exchange_name" = String, Path)),
    responses((status = 200, description = "`last_fetch_succeeded`, `last_fetch_complete_ts`, `up_to_date`, `fetched_items`, `running_fetch_start_ts`, `checkpoint_ts`", body = Object)))]
async fn status(State(app): State<Shared>, Place(name): Place<String>) -> Answered {
    let found = app.exchanges.status(&name).await?;
    found.map(|found| json(&found)).ok_or_else(|| missing(&name))
}

/// Switch an exchange on or off.
#[utoipa::path(put, path = "/c/exchange/{exchange_name}", tag = "hma", params(("exchange_name" = String, Path)),
    request_body = Object, responses((status = 200, body = Object)))]
async fn enable(
    State(app): State<Shared>,
    Place(name): Place<String>,
    Modelled(asked): Modelled<Map<String, Value>>,
) -> Answered {
    let enabled = match asked.get("enabled") {
        None | Some(Value::Null) => None,
        Some(Value::Bool(enabled)) => Some(*enabled),
        Some(_) => return Err(Problem::unfit("`enabled` is neither true nor false")),
    };
    if let Some(enabled) = enabled {
        app.exchanges.enable(&name, enabled).await?;
    }
    let found = app.exchanges.get(&name).await?;
    found.map(|found| json(&found)).ok_or_else(|| missing(&name))
}

/// End an exchange; what it fetched is withdrawn with its bank. Nothing happens where there is none.
#[utoipa::path(delete, path = "/c/exchange/{exchange_name}", tag = "hma", params(("exchange_name" = String, Path)),
    responses((status = 200, description = "`{\"message\"}`", body = Object)))]
async fn delete(State(app): State<Shared>, Place(name): Place<String>) -> Answered {
    if app.exchanges.get(&name).await?.is_some() {
        app.exchanges.delete(&name).await?;
        remove_bank(&app, &name).await?;
    }
    Ok(json(&value!({ "message": "Exchange deleted" })))
}

fn missing(name: &str) -> Problem {
    Problem::missing(format!("Exchange '{}' not found", cut(name)))
}

impl From<ExchangeError> for Problem {
    fn from(error: ExchangeError) -> Self {
        match &error {
            ExchangeError::Settings(_) => Self::bad(error.to_string()),
            ExchangeError::Exists(_) => Self::forbidden(error.to_string()),
            ExchangeError::Missing(_) => Self::missing(error.to_string()),
            ExchangeError::Kept(_) => Self::fault(&error),
        }
    }
}
