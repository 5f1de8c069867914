//! The hasher-matcher-actioner's hashing routes, under `/h`.

use crate::app::Shared;
use crate::body::json;
use crate::error::Answered;
use crate::hashing::{Upload, types};
use crate::params::Params;
use axum::extract::{Request, State};
use std::collections::BTreeMap;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use writ_commons::Hashed;

/// Hashing.
pub(crate) fn look_ups() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(hash_url, hash_upload))
}

/// Hash a file at an address.
///
/// A type that the file has no signal of, a picture too plain for PDQ say, is there with an empty text.
#[utoipa::path(get, path = "/h/hash", tag = "hma", params(
    ("url" = String, Query, description = "Where the file is: http or https, and public"),
    ("content_type" = Option<String>, Query, description = "`photo`, `video` or `text`; missing: as it is served"),
    ("types" = Option<String>, Query, description = "Signal types, joined by commas; missing: all of such a file"),
), responses(
    (status = 200, description = "Signals by type", body = BTreeMap<String, String>),
    (status = 400, body = crate::error::Told<'static>), (status = 413, body = crate::error::Told<'static>),
))]
async fn hash_url(State(app): State<Shared>, params: Params) -> Answered {
    let types = types(&params)?;
    let upload = Upload::fetch(&app, &params.need("url")?, &params).await?;
    Ok(json(&texts(&upload.hash(&app, types).await?)))
}

/// Hash an uploaded file.
///
/// One file in a form; its field is named `photo`, `video` or `text`. A document (PDF) goes as a photo: its first page that
/// has a hash is told.
#[utoipa::path(post, path = "/h/hash", tag = "hma",
    params(("types" = Option<String>, Query, description = "Signal types, joined by commas")),
    request_body(content_type = "multipart/form-data", content = Object),
    responses((status = 200, description = "Signals by type", body = BTreeMap<String, String>)))]
async fn hash_upload(State(app): State<Shared>, params: Params, request: Request) -> Answered {
    let types = types(&params)?;
    let upload = Upload::read(&app, request).await?;
    Ok(json(&texts(&upload.hash(&app, types).await?)))
}

/// The signals by type; empty where the file has none, as clients know it. Of a document, that of the first page that
/// has one.
fn texts(hashed: &Hashed) -> BTreeMap<&'static str, &str> {
    let made = hashed.samples.iter().rev().map(|one| (one.signal.kind().name, one.signal.text()));
    hashed.without.iter().map(|(kind, _)| (*kind, "")).chain(made).collect()
}
