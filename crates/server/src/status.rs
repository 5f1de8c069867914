//! Whether the service is well, and what it serves.

use crate::app::Shared;
use crate::body::{json, json_bytes};
use crate::error::Answered;
use crate::routes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Nobody is asked for a key here.
pub(crate) fn open() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(home))
        .routes(routes!(alive))
        .routes(routes!(live))
        .routes(routes!(site_map))
        .routes(routes!(described))
}

/// How full it is, for whoever may look up.
pub(crate) fn questions() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(status))
}

/// Leads on to `/status`.
#[utoipa::path(get, path = "/", tag = "status", responses((status = 302, description = "`/status`")))]
async fn home() -> Response {
    (StatusCode::FOUND, [(header::LOCATION, "/status")]).into_response()
}

/// Whether requests should be sent here. Indexes are loaded before anything is answered, so that it is always so.
#[utoipa::path(get, path = "/status", tag = "status", responses((status = 200, description = "`I-AM-ALIVE`")))]
async fn alive() -> Html<&'static str> {
    Html("I-AM-ALIVE")
}

/// Whether the process answers.
#[utoipa::path(get, path = "/status/live", tag = "status", responses((status = 200, description = "`I-AM-ALIVE`")))]
async fn live() -> Html<&'static str> {
    Html("I-AM-ALIVE")
}

/// Every path there is.
#[utoipa::path(get, path = "/site-map", tag = "status", responses((status = 200, body = [String])))]
async fn site_map() -> Response {
    let written = |path: &String| path.replace('{', "<").replace('}', ">");
    json(&routes::described().paths.paths.keys().map(written).collect::<Vec<_>>())
}

/// This description.
#[utoipa::path(get, path = "/openapi.json", tag = "status", responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
async fn described() -> Response {
    json_bytes(StatusCode::OK, routes::openapi())
}

/// How the shared memory stands.
#[derive(Serialize, utoipa::ToSchema)]
struct Standing {
    /// The version of this program.
    version: &'static str,
    /// Entries, notices of those gone included.
    entries: usize,
    /// The feed's last change.
    head: u64,
    /// Codes and texts in the indexes, by signal type.
    indexed: BTreeMap<&'static str, u64>,
    /// Whether it still takes what is told.
    takes_commands: bool,
    /// Whether files are hashed here.
    hashes_files: bool,
}

/// How the shared memory stands.
#[utoipa::path(get, path = "/v1/status", tag = "own", responses((status = 200, body = Standing)))]
async fn status(State(app): State<Shared>) -> Answered {
    let status = app.memory.status();
    Ok(json(&Standing {
        version: env!("CARGO_PKG_VERSION"),
        entries: status.entries,
        head: status.head,
        indexed: status.indexed,
        takes_commands: status.takes_commands,
        hashes_files: app.hasher().is_ok(),
    }))
}
