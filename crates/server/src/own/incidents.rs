//! Incidents, which members answer together, and sightings: where content surfaced.

use super::form::GivenSignal;
use crate::app::Shared;
use crate::auth::Who;
use crate::body::{Json, json, json_with};
use crate::error::{Answered, Problem, Told};
use crate::params::{Params, Place};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use writ_hashbank::{
    Command, EntryId, Event, IncidentId, Label, MemberId, Seeing, Sighting, SightingId, Signal,
};
use writ_vocabulary::Instant;

/// The most sightings that are told.
const MOST: usize = 1_000;

/// Reading.
pub(crate) fn readings() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(sightings))
}

/// Telling where content surfaced.
pub(crate) fn words() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(sight))
}

/// Opening and closing.
pub(crate) fn changes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(open)).routes(routes!(close))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Incident {
    /// Its name, `riverside-2026` say.
    #[schema(value_type = String)]
    incident: IncidentId,
    /// For people.
    title: String,
    /// The labels that its entries get, besides `incident/<name>`.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    labels: Vec<Label>,
    /// Whether one member's word makes its entries active.
    #[serde(default)]
    fast: bool,
}

/// Answer an attack together.
#[utoipa::path(post, path = "/v1/incidents", tag = "own", request_body = Incident,
    responses((status = 201, body = Object), (status = 409, body = Told<'static>)))]
async fn open(State(app): State<Shared>, who: Who, Json(given): Json<Incident>) -> Answered {
    let Incident { incident, title, labels, fast } = given;
    let told = serde_json::json!({ "incident": incident });
    app.memory
        .command(Command::OpenIncident { incident, by: who.member, title, labels, fast })
        .await?;
    Ok(json_with(StatusCode::CREATED, &told))
}

/// End an incident; the answer says what came of it.
#[utoipa::path(post, path = "/v1/incidents/{name}/close", tag = "own", params(("name" = String, Path)),
    responses((status = 200, description = "`{\"incident\", \"report\": {\"entries\", ...}}`", body = Object), (status = 404, body = Told<'static>)))]
async fn close(
    State(app): State<Shared>,
    who: Who,
    Place(incident): Place<IncidentId>,
) -> Answered {
    let name = incident.clone();
    let events = app.memory.command(Command::CloseIncident { incident, by: who.member }).await?;
    let report = events.into_iter().find_map(|event| match event {
        Event::IncidentClosed { report, .. } => Some(report),
        _ => None,
    });
    Ok(json(&serde_json::json!({ "incident": name, "report": report })))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Seen {
    /// Of which entry.
    #[schema(value_type = u32)]
    entry: EntryId,
    /// A label of the axis `platform`.
    #[schema(value_type = String)]
    platform: Label,
    /// A label of the axis `form`.
    #[schema(value_type = String)]
    form: Label,
    /// How far it was from the entry's signal.
    #[serde(default)]
    distance: u32,
    /// When it surfaced; missing: now.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    seen: Option<Instant>,
    /// Its own hash, where it differs.
    #[serde(default)]
    signal: Option<GivenSignal>,
}

/// Say that an entry's content surfaced.
#[utoipa::path(post, path = "/v1/sightings", tag = "own", request_body = Seen,
    responses((status = 201, description = "`{\"sighting\": 3}`", body = Object), (status = 404, body = Told<'static>)))]
async fn sight(State(app): State<Shared>, who: Who, Json(given): Json<Seen>) -> Answered {
    let signal = given.signal.as_ref().map(GivenSignal::read).transpose()?.map(|sample| {
        let (kind, hash) = (sample.signal.kind().name.parse()?, sample.signal.text().to_owned());
        Ok::<_, Problem>(Signal { kind, hash, quality: sample.quality, nearest_benign: None })
    });
    let seeing = Seeing {
        entry: given.entry,
        by: who.member,
        platform: given.platform,
        form: given.form,
        distance: given.distance,
        seen: given.seen.unwrap_or_else(|| app.memory.read(|_, now| now)),
        signal: signal.transpose()?,
    };
    let events = app.memory.command(Command::Sight(seeing)).await?;
    let sighting = events.into_iter().find_map(|event| match event {
        Event::Sighted(sighted) => Some(sighted.sighting),
        _ => None,
    });
    Ok(json_with(StatusCode::CREATED, &serde_json::json!({ "sighting": sighting })))
}

/// Where content surfaced, as it is told.
#[derive(Serialize)]
struct Surfaced<'a> {
    sighting: SightingId,
    member: &'a MemberId,
    platform: &'a Label,
    form: &'a Label,
    distance: u32,
    seen: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<Shown<'a>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(rename = "type")]
    kind: &'a writ_hashbank::SignalType,
    hash: &'a str,
}

impl<'a> Surfaced<'a> {
    fn of(one: Sighting<'a>) -> Self {
        let Sighting { id, member, platform, form, distance, seen, signal } = one;
        let signal = signal.map(|(kind, hash)| Shown { kind, hash });
        Self { sighting: id, member, platform, form, distance, seen, signal }
    }
}

/// Where an entry's content surfaced, the latest told first.
#[utoipa::path(get, path = "/v1/entries/{id}/sightings", tag = "own", params(
    ("id" = u32, Path), ("limit" = Option<usize>, Query, description = "At most 1,000"),
), responses((status = 200, description = "`{\"sightings\": [...]}`", body = Object), (status = 404, body = Told<'static>)))]
async fn sightings(State(app): State<Shared>, Place(id): Place<u32>, params: Params) -> Answered {
    let limit = params.parse("limit", MOST, "give a number")?.min(MOST);
    app.memory.read(|state, now| {
        if state.entry(EntryId(id), now).is_none() {
            return Err(Problem::missing(format!("there is no entry {id}")));
        }
        let all = state.sightings(EntryId(id), limit).into_iter().map(Surfaced::of);
        Ok(json(&serde_json::json!({ "sightings": all.collect::<Vec<_>>() })))
    })
}
