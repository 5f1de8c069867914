//! Entries: shown, contributed one by one or many at a time, withdrawn.

use super::form::{Given, Shown, holding};
use crate::app::{App, Shared};
use crate::auth::Who;
use crate::body::{Json, json, json_with, parse, read};
use crate::error::{Answered, Problem, Told};
use crate::hma_match::apart;
use crate::params::Place;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use writ_hashbank::{Command, Contribution, EntryId, MemberId};

/// The most contributions of one request, and its most bytes.
const MOST: usize = 1_000;
const BYTES: usize = 16 << 20;

/// Reading.
pub(crate) fn readings() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(entry))
}

/// Contributing and taking back.
pub(crate) fn words() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(contribute))
        .routes(routes!(contribute_many))
        .routes(routes!(withdraw))
}

/// One entry, also when only a notice of it remains.
#[utoipa::path(get, path = "/v1/entries/{id}", tag = "own", params(("id" = u32, Path)),
    responses((status = 200, body = Shown<'static>), (status = 404, body = Told<'static>)))]
async fn entry(State(app): State<Shared>, Place(id): Place<u32>) -> Answered {
    shown(&app, EntryId(id))
}

/// An entry as it is now.
pub(crate) fn shown(app: &App, id: EntryId) -> Answered {
    app.memory.read(|state, now| {
        let entry = state.entry(id, now);
        let missing = || {
            Problem::missing(format!("there is no entry {id}; it may have been withdrawn long ago"))
        };
        entry.map(|entry| json(&Shown::of(entry))).ok_or_else(missing)
    })
}

/// Where contributed hashes are.
#[derive(Serialize, utoipa::ToSchema)]
struct Entries {
    /// The entries: one, or several where some of the hashes were in entries already.
    #[schema(value_type = Vec<u32>)]
    entries: BTreeSet<EntryId>,
}

/// Contribute hashes of one piece of content.
#[utoipa::path(post, path = "/v1/entries", tag = "own", request_body = Given,
    responses((status = 201, body = Entries), (status = 404, body = Told<'static>), (status = 409, body = Told<'static>)))]
async fn contribute(State(app): State<Shared>, who: Who, Json(given): Json<Given>) -> Answered {
    let contribution = apart(&app, move |app| given.read(app, who.member)).await??;
    let Contribution { bank, signals, .. } = contribution.clone();
    app.memory.command(Command::Contribute(contribution)).await?;
    let entries = app.memory.read(|state, _| holding(state, &bank, &signals));
    Ok(json_with(StatusCode::CREATED, &Entries { entries }))
}

/// What became of one of many.
#[derive(Serialize)]
#[serde(untagged)]
enum Became {
    Kept(Entries),
    Refused { status: u16, message: String },
}

impl Became {
    fn refused(problem: Problem) -> Self {
        Self::Refused { status: problem.status.as_u16(), message: problem.message }
    }
}

/// Contribute up to 1,000 times in one request: a line of JSON each, as `POST /v1/entries` takes it.
///
/// Each is answered for itself, in order: what is wrong with one is no matter to the others.
#[utoipa::path(post, path = "/v1/entries/batch", tag = "own",
    request_body(content_type = "application/jsonl", content = String),
    responses((status = 200, description = "`{\"results\": [{\"entries\": [17]}, {\"status\": 400, \"message\"}]}`", body = Object)))]
async fn contribute_many(State(app): State<Shared>, who: Who, body: Body) -> Answered {
    let bytes = read(body, BYTES, &app).await?;
    let blank = |line: &&[u8]| !line.trim_ascii().is_empty();
    let many = bytes.split(|byte| *byte == b'\n').filter(blank).take(MOST + 1).count();
    if many > MOST {
        return Err(Problem::too_large(format!(
            "more than {MOST} lines in one request: send fewer"
        )));
    }
    let read = apart(&app, move |app| {
        let lines = bytes.split(|byte| *byte == b'\n').filter(blank);
        lines.map(|line| line_read(app, line, &who.member)).collect::<Vec<_>>()
    });
    Ok(contributed(&app, read.await?).await)
}

fn line_read(app: &App, line: &[u8], by: &MemberId) -> Result<Contribution, Problem> {
    let given: Given =
        serde_json::from_slice(line).map_err(|error| Problem::bad(error.to_string()))?;
    given.read(app, by.clone())
}

async fn contributed(app: &App, given: Vec<Result<Contribution, Problem>>) -> Response {
    let good = given.iter().filter_map(|one| one.as_ref().ok().cloned());
    let decided = app.memory.commands(good.map(Command::Contribute).collect()).await;
    let mut decided = decided.into_iter();
    let results: Vec<Became> = app.memory.read(|state, _| {
        let became = |one: Result<Contribution, Problem>| {
            let one = one?;
            match decided.next() {
                Some(Ok(_)) => Ok(Entries { entries: holding(state, &one.bank, &one.signals) }),
                Some(Err(error)) => Err(Problem::from(error)),
                None => Err(Problem::busy("it is not known whether it was kept: send it again")),
            }
        };
        let each = given.into_iter().map(became);
        each.map(|one| one.map_or_else(Became::refused, Became::Kept)).collect()
    });
    json(&serde_json::json!({ "results": results }))
}

/// Stand no longer by what one contributed. Other members' contributions remain.
#[utoipa::path(delete, path = "/v1/entries/{id}", tag = "own", params(("id" = u32, Path)),
    request_body(content = Option<Object>, description = "`{\"reason\"}`, or nothing"),
    responses((status = 200, body = Shown<'static>), (status = 403, body = Told<'static>)))]
async fn withdraw(
    State(app): State<Shared>,
    who: Who,
    Place(id): Place<u32>,
    body: Body,
) -> Answered {
    #[derive(Default, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Why {
        #[serde(default)]
        reason: Option<String>,
    }
    let bytes = read(body, 16 << 10, &app).await?;
    let why: Why = if bytes.trim_ascii().is_empty() { Why::default() } else { parse(&bytes)? };
    let (entry, by) = (EntryId(id), who.member);
    app.memory.command(Command::WithdrawContribution { entry, by, reason: why.reason }).await?;
    shown(&app, entry)
}
