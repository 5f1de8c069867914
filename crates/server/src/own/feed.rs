//! The feed: what changed since a reader last read, or the word that it has to start anew.

use super::form::Shown;
use crate::app::{App, Shared};
use crate::body::{json, json_bytes};
use crate::error::{Answered, Problem};
use crate::hma_match::apart;
use crate::params::Params;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use writ_hashbank::{Checkpoint, Entry, Feed, MAX_PAGE, Resync, State as Bankful};
use writ_vocabulary::Instant;

/// The entries of a page, where nothing is asked.
const PAGE: usize = 1_000;
/// How many entries are taken at once from the state, so that nobody waits for long, and how often at most for a page.
const PIECE: usize = 64;
const PIECES: usize = 1_024;
/// About how many bytes a page has at most. Its last entry may go beyond: a video's signal is long.
const BYTES: usize = 8 << 20;

/// Reading.
pub(crate) fn readings() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(feed))
}

/// How far a page went.
pub(crate) struct Read {
    pub next: Checkpoint,
    pub more: bool,
}

/// Takes what changed since, at most `limit` entries; `take` tells about how many bytes each comes to.
pub(crate) fn follow(
    app: &App,
    since: Checkpoint,
    limit: usize,
    mut take: impl FnMut(&Bankful, &Entry<'_>, Instant) -> usize,
) -> Result<Read, Resync> {
    let (mut read, mut left, mut bytes) = (Read { next: since, more: true }, limit, 0);
    for _ in 0..PIECES {
        let many =
            app.memory.read(|state, now| match state.feed(read.next, left.min(PIECE), now) {
                Feed::Resync(why) => Err(why),
                Feed::Page { entries, next, more } => {
                    bytes += entries.iter().map(|entry| take(state, entry, now)).sum::<usize>();
                    read = Read { next, more };
                    Ok(entries.len())
                }
            })?;
        left = left.saturating_sub(many);
        if !read.more || left == 0 || bytes >= BYTES {
            break;
        }
    }
    Ok(read)
}

/// What changed since a checkpoint.
///
/// A reader keeps the latest form of each entry, forgets those `withdrawn` or `expired`, and goes on from `next`. On
/// `{"resync": "why"}` it forgets everything and reads from `0.0`.
#[utoipa::path(get, path = "/v1/feed", tag = "own", params(
    ("since" = Option<String>, Query, description = "`next` of the answer before; missing: from the start"),
    ("limit" = Option<usize>, Query, description = "How many entries, at most 10,000"),
), responses((status = 200, description = "`{\"entries\": [...], \"next\": \"<began>.<seen>\", \"more\": true}`, or `{\"resync\"}`", body = Object)))]
async fn feed(State(app): State<Shared>, params: Params) -> Answered {
    let since = params.some("since").map(|since| since.parse()).transpose()?;
    let limit = params.parse("limit", PAGE, "give a number")?.clamp(1, MAX_PAGE);
    let page = apart(&app, move |app| page(app, since.unwrap_or(Checkpoint::START), limit)).await?;
    match page {
        Ok(bytes) => Ok(json_bytes(StatusCode::OK, bytes?)),
        Err(why) => Ok(json(&serde_json::json!({ "resync": why.to_string() }))),
    }
}

/// A page as JSON, written entry by entry while the state is read.
fn page(app: &App, since: Checkpoint, limit: usize) -> Result<Result<Vec<u8>, Problem>, Resync> {
    let (mut bytes, mut fault) = (b"{\"entries\":[".to_vec(), None);
    let mut first = true;
    let read = follow(app, since, limit, |_, entry, _| {
        let before = bytes.len();
        if !std::mem::take(&mut first) {
            bytes.push(b',');
        }
        if let Err(error) = serde_json::to_writer(&mut bytes, &Shown::of(entry.clone())) {
            fault = Some(Problem::fault(&error));
        }
        bytes.len() - before
    })?;
    bytes.extend_from_slice(
        format!("],\"next\":\"{}\",\"more\":{}}}", read.next, read.more).as_bytes(),
    );
    Ok(fault.map_or(Ok(bytes), Err))
}
