//! Banks with all their settings, and the labels and rules that hold.

use crate::app::Shared;
use crate::body::{Json, json, json_with};
use crate::error::{Answered, Problem, Told};
use crate::params::Place;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use writ_hashbank::{Bank, BankName, Command};

/// Reading.
pub(crate) fn readings() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(banks))
        .routes(routes!(bank))
        .routes(routes!(taxonomy))
        .routes(routes!(rules))
}

/// Changing.
pub(crate) fn changes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(create)).routes(routes!(change, remove))
}

/// All banks, negative ones included.
#[utoipa::path(get, path = "/v1/banks", tag = "own",
    responses((status = 200, description = "`{\"banks\": [...]}`", body = Object)))]
async fn banks(State(app): State<Shared>) -> Answered {
    let banks: Vec<Bank> = app.memory.read(|state, _| state.banks().cloned().collect());
    Ok(json(&serde_json::json!({ "banks": banks })))
}

/// One bank.
#[utoipa::path(get, path = "/v1/banks/{name}", tag = "own", params(("name" = String, Path)),
    responses((status = 200, description = "The bank: `name`, `purpose`, `limits`, `quality`, `ratio`, `action`, `quorum`, `source`, `description`", body = Object),
    (status = 404, body = Told<'static>)))]
async fn bank(State(app): State<Shared>, Place(name): Place<BankName>) -> Answered {
    let bank = app.memory.read(|state, _| state.bank(&name).cloned());
    let missing = || Problem::missing(format!("there is no bank `{name}`: `/v1/banks` lists them"));
    bank.map(|bank| json(&bank)).ok_or_else(missing)
}

/// Open a bank.
#[utoipa::path(post, path = "/v1/banks", tag = "own", request_body = Object,
    responses((status = 201, body = Object), (status = 409, body = Told<'static>)))]
async fn create(State(app): State<Shared>, Json(bank): Json<Bank>) -> Answered {
    app.memory.command(Command::CreateBank(bank.clone())).await?;
    Ok(json_with(StatusCode::CREATED, &bank))
}

/// Give a bank new settings, perhaps a new name. Its purpose stays.
#[utoipa::path(put, path = "/v1/banks/{name}", tag = "own", params(("name" = String, Path)),
    request_body = Object, responses((status = 200, body = Object), (status = 404, body = Told<'static>)))]
async fn change(
    State(app): State<Shared>,
    Place(name): Place<BankName>,
    Json(bank): Json<Bank>,
) -> Answered {
    app.memory.command(Command::ChangeBank { name, bank: bank.clone() }).await?;
    Ok(json(&bank))
}

/// Remove a bank. What it holds is withdrawn.
#[utoipa::path(delete, path = "/v1/banks/{name}", tag = "own", params(("name" = String, Path)),
    responses((status = 200, body = Object), (status = 404, body = Told<'static>)))]
async fn remove(State(app): State<Shared>, Place(name): Place<BankName>) -> Answered {
    app.memory.command(Command::RemoveBank { name: name.clone() }).await?;
    Ok(json(&serde_json::json!({ "removed": name })))
}

/// The labels that may be given.
#[utoipa::path(get, path = "/v1/taxonomy", tag = "own", responses((status = 200, body = Object)))]
async fn taxonomy(State(app): State<Shared>) -> Answered {
    app.memory.read(|state, _| {
        let none = || Problem::missing("no taxonomy is adopted yet: adopt `taxonomy/labels.toml`");
        state.taxonomy().map(json).ok_or_else(none)
    })
}

/// The rules by which entries stand where they do, and what a match may lead to.
#[utoipa::path(get, path = "/v1/rules", tag = "own", responses((status = 200, body = Object)))]
async fn rules(State(app): State<Shared>) -> Answered {
    app.memory.read(|state, _| {
        let none = || Problem::missing("no rules are adopted yet: adopt `taxonomy/rules.toml`");
        state.rules().map(json).ok_or_else(none)
    })
}
