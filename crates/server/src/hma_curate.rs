//! The hasher-matcher-actioner's routes for banks and types, under `/c`.

use crate::app::{App, Shared};
use crate::body::{Declared, Modelled, json, json_with};
use crate::error::{Answered, Problem};
use crate::hma_match::{chosen, cut};
use crate::params::{Params, Place};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use writ_commons::CommandError;
use writ_hashbank::{Bank, BankName, Command, Purpose, Ratio, Refused};
use writ_signals::TYPES;
use writ_vocabulary::Instant;

/// Reading.
pub(crate) fn readings() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(banks))
        .routes(routes!(bank))
        .routes(routes!(signal_types))
        .routes(routes!(indexes))
        .routes(routes!(content_types))
}

/// Changing.
pub(crate) fn changes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(change, remove))
        .routes(routes!(switch))
}

/// A bank as this interface knows it.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct BankConfig {
    matching_enabled_ratio: f64,
    #[schema(value_type = String)]
    name: BankName,
}

impl BankConfig {
    pub fn of(bank: &Bank) -> Self {
        Self { matching_enabled_ratio: bank.ratio.into(), name: bank.name.clone() }
    }
}

/// The bank of this name, as it is now.
pub(crate) fn found(app: &App, name: &str) -> Result<Bank, Problem> {
    let missing = || Problem::missing(format!("bank '{}' not found", cut(name)));
    let known = name.parse().map_err(|_| missing())?;
    app.memory.read(|state, _| state.bank(&known).cloned()).ok_or_else(missing)
}

/// The banks that find. Negative banks, which this interface does not know, are at `/v1/banks`.
#[utoipa::path(get, path = "/c/banks", tag = "hma", responses((status = 200, body = [BankConfig])))]
async fn banks(State(app): State<Shared>) -> Answered {
    let finds = |bank: &&Bank| bank.purpose == Purpose::Match;
    Ok(json(
        &app.memory
            .read(|state, _| state.banks().filter(finds).map(BankConfig::of).collect::<Vec<_>>()),
    ))
}

/// One bank.
#[utoipa::path(get, path = "/c/bank/{bank_name}", tag = "hma", params(("bank_name" = String, Path)),
    responses((status = 200, body = BankConfig)))]
async fn bank(State(app): State<Shared>, Place(name): Place<String>) -> Answered {
    found(&app, &name).map(|bank| json(&BankConfig::of(&bank)))
}

/// Open a bank.
///
/// `enabled_ratio` may be a text. `enabled` counts only where `enabled_ratio` is null, as clients know it.
#[utoipa::path(post, path = "/c/banks", tag = "hma", request_body = Object,
    responses((status = 201, body = BankConfig)))]
async fn create(
    State(app): State<Shared>,
    Modelled(asked): Modelled<Map<String, Value>>,
) -> Answered {
    let mut bank = Bank::new(name(&asked)?.ok_or_else(|| Problem::unfit("`name` is missing"))?);
    bank.ratio = match (asked.get("enabled_ratio"), enabled(&asked)?) {
        (Some(Value::Null), Some(enabled)) => switched(enabled),
        (None | Some(Value::Null), _) => Ratio::ALL,
        (Some(given), _) => ratio(given)?,
    };
    let told = BankConfig::of(&bank);
    match app.memory.command(Command::CreateBank(bank)).await {
        Err(CommandError::Refused(Refused::BankExists(_))) => {
            Err(Problem::forbidden("Bank already exists"))
        }
        decided => decided.map(|_| json_with(StatusCode::CREATED, &told)).map_err(Problem::from),
    }
}

/// Rename a bank, or change its ratio.
#[utoipa::path(put, path = "/c/bank/{bank_name}", tag = "hma", params(("bank_name" = String, Path)),
    request_body = Object, responses((status = 200, body = BankConfig)))]
async fn change(
    State(app): State<Shared>,
    Place(old): Place<String>,
    Modelled(asked): Modelled<Map<String, Value>>,
) -> Answered {
    let mut bank =
        found(&app, &old).map_err(|problem| Problem::new(problem.status, "Bank not found"))?;
    let old = bank.name.clone();
    if let Some(name) = name(&asked)? {
        bank.name = name;
    }
    if let Some(enabled) = enabled(&asked)? {
        bank.ratio = switched(enabled);
    }
    if let Some(given) = asked.get("enabled_ratio").filter(|given| !given.is_null()) {
        bank.ratio = ratio(given)?;
    }
    let told = BankConfig::of(&bank);
    match app.memory.command(Command::ChangeBank { name: old, bank }).await {
        Err(CommandError::Refused(Refused::BankExists(_))) => {
            Err(Problem::forbidden("Bank name already exists"))
        }
        decided => decided.map(|_| json(&told)).map_err(Problem::from),
    }
}

/// Remove a bank; what it holds is withdrawn. Nothing happens where there is none.
#[utoipa::path(delete, path = "/c/bank/{bank_name}", tag = "hma", params(("bank_name" = String, Path)),
    responses((status = 200, description = "`{\"message\": \"Done\"}`", body = Object)))]
async fn remove(State(app): State<Shared>, Place(name): Place<String>) -> Answered {
    remove_bank(&app, &name).await?;
    Ok(json(&serde_json::json!({ "message": "Done" })))
}

/// Removes a bank, where there is one of that name.
pub(crate) async fn remove_bank(app: &App, name: &str) -> Result<(), Problem> {
    let Ok(name) = name.parse() else { return Ok(()) };
    match app.memory.command(Command::RemoveBank { name }).await {
        Ok(_) | Err(CommandError::Refused(Refused::NoBank(_))) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// A bank's name; clients of this interface begin none with a digit.
fn name(asked: &Map<String, Value>) -> Result<Option<BankName>, Problem> {
    let name = match asked.get("name") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(name)) => name,
        Some(_) => return Err(Problem::unfit("`name` is no text")),
    };
    let digit = name.starts_with(|first: char| first.is_ascii_digit());
    let name = name.parse().ok().filter(|_| !digit);
    name.map(Some).ok_or_else(|| Problem::bad("Bank names must be UPPER_WITH_UNDERSCORE"))
}

fn enabled(asked: &Map<String, Value>) -> Result<Option<bool>, Problem> {
    match asked.get("enabled") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(enabled)) => Ok(Some(*enabled)),
        Some(Value::String(text)) if ["true", "false"].contains(&text.as_str()) => {
            Ok(Some(text == "true"))
        }
        Some(Value::Number(number)) if number.as_u64() < Some(2) && number.is_u64() => {
            Ok(Some(number.as_u64() == Some(1)))
        }
        Some(_) => Err(Problem::unfit("`enabled` is neither true nor false")),
    }
}

fn switched(enabled: bool) -> Ratio {
    if enabled { Ratio::ALL } else { Ratio::NONE }
}

/// A ratio, as a number or as a text.
fn ratio(given: &Value) -> Result<Ratio, Problem> {
    let number = match given {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let number = number.ok_or_else(|| Problem::unfit("`enabled_ratio` is no number"))?;
    Ratio::try_from(number).map_err(|error| Problem::bad(error.to_string()))
}

/// A signal type as this interface knows it.
#[derive(Serialize, utoipa::ToSchema)]
struct TypeConfig {
    enabled_ratio: f64,
    name: &'static str,
}

/// The signal types. All are on.
#[utoipa::path(get, path = "/c/signal_type", tag = "hma", responses((status = 200, body = [TypeConfig])))]
async fn signal_types() -> Answered {
    let all = TYPES.iter().map(|kind| TypeConfig { enabled_ratio: 1.0, name: kind.name });
    Ok(json(&all.collect::<Vec<_>>()))
}

/// Switch a signal type. It can only be left on: what one does not want to match by is not put into a bank.
#[utoipa::path(put, path = "/c/signal_type/{signal_type_name}", tag = "hma",
    params(("signal_type_name" = String, Path)), request_body = Object,
    responses((status = 200, body = TypeConfig), (status = 409, body = crate::error::Told<'static>)))]
async fn switch(
    Place(name): Place<String>,
    Declared(asked): Declared<Map<String, Value>>,
) -> Answered {
    let known = TYPES.iter().find(|kind| kind.name == name);
    let known =
        known.ok_or_else(|| Problem::missing(format!("No such signal type '{}'", cut(&name))))?;
    let given =
        asked.get("enabled_ratio").ok_or_else(|| Problem::bad("enabled_ratio is required"))?;
    if ratio(given)? != Ratio::ALL {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "a signal type cannot be switched off: leave it out of the banks, or narrow their `limits` at `/v1/banks`",
        ));
    }
    Ok(json(&TypeConfig { enabled_ratio: 1.0, name: known.name }))
}

/// How far an index is, in this interface's words.
#[derive(Serialize)]
struct Index {
    db_size: u64,
    index_built_to: i64,
    index_out_of_date: bool,
    index_size: u64,
    newest_db_item: i64,
}

/// How far the indexes are. They are never behind.
#[utoipa::path(get, path = "/c/signal_type/index", tag = "hma",
    params(("signal_type" = Option<String>, Query)),
    responses((status = 200, description = "By type: `db_size`, `index_size`, `index_out_of_date`, `newest_db_item`, `index_built_to`", body = Object)))]
async fn indexes(State(app): State<Shared>, params: Params) -> Answered {
    let (indexed, now) = (app.memory.status().indexed, Instant::now().as_second());
    let each = chosen(&params)?.into_iter().map(|kind| {
        let size = indexed.get(kind.name).copied().unwrap_or_default();
        let (index_built_to, newest_db_item) = (now, now);
        let index_out_of_date = false;
        (
            kind.name,
            Index {
                db_size: size,
                index_built_to,
                index_out_of_date,
                index_size: size,
                newest_db_item,
            },
        )
    });
    Ok(json(&each.collect::<BTreeMap<_, _>>()))
}

/// What may be hashed.
#[utoipa::path(get, path = "/c/content_type", tag = "hma",
    responses((status = 200, description = "`[{\"enabled\": true, \"name\": \"photo\"}, ...]`", body = Object)))]
async fn content_types() -> Answered {
    let all =
        ["photo", "video", "text"].map(|name| serde_json::json!({ "enabled": true, "name": name }));
    Ok(json(&all))
}
