//! Readers of the feed that let themselves be known: notices of what is gone wait for them.

use crate::app::{App, Shared};
use crate::auth::Who;
use crate::body::{Json, json};
use crate::error::{Answered, Problem, Told};
use crate::params::Place;
use axum::extract::State;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use writ_commons::CommandError;
use writ_hashbank::{Checkpoint, Command, ReaderId, Refused};

/// Following.
pub(crate) fn followings() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(register, remove)).routes(routes!(acknowledge))
}

/// Let a reader be known. Again does no harm.
#[utoipa::path(put, path = "/v1/readers/{name}", tag = "own", params(("name" = String, Path)),
    responses((status = 200, description = "`{\"reader\", \"checkpoint\"}`", body = Object), (status = 409, body = Told<'static>)))]
async fn register(State(app): State<Shared>, who: Who, Place(reader): Place<ReaderId>) -> Answered {
    let member = who.member.clone();
    match app.memory.command(Command::RegisterReader { reader: reader.clone(), member }).await {
        Ok(_) => {}
        Err(CommandError::Refused(Refused::ReaderExists(_))) if is_own(&app, &who, &reader) => {}
        Err(error) => return Err(error.into()),
    }
    stand(&app, &reader)
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Acknowledged {
    /// `next` of the last page that the reader has kept.
    #[schema(value_type = String)]
    checkpoint: Checkpoint,
}

/// Say how far a reader has read.
#[utoipa::path(post, path = "/v1/readers/{name}/acknowledge", tag = "own", params(("name" = String, Path)),
    request_body = Acknowledged, responses((status = 200, body = Object), (status = 404, body = Told<'static>)))]
async fn acknowledge(
    State(app): State<Shared>,
    who: Who,
    Place(reader): Place<ReaderId>,
    Json(Acknowledged { checkpoint }): Json<Acknowledged>,
) -> Answered {
    own(&app, &who, &reader)?;
    app.memory.command(Command::Acknowledge { reader: reader.clone(), checkpoint }).await?;
    stand(&app, &reader)
}

/// Wait for a reader no longer.
#[utoipa::path(delete, path = "/v1/readers/{name}", tag = "own", params(("name" = String, Path)),
    responses((status = 200, body = Object), (status = 404, body = Told<'static>)))]
async fn remove(State(app): State<Shared>, who: Who, Place(reader): Place<ReaderId>) -> Answered {
    own(&app, &who, &reader)?;
    app.memory.command(Command::RemoveReader { reader: reader.clone() }).await?;
    Ok(json(&serde_json::json!({ "removed": reader })))
}

/// Refuses what is another member's reader.
fn own(app: &App, who: &Who, reader: &ReaderId) -> Result<(), Problem> {
    let refused = || Problem::from(Refused::NoReader(reader.clone()));
    is_own(app, who, reader).then_some(()).ok_or_else(refused)
}

fn is_own(app: &App, who: &Who, reader: &ReaderId) -> bool {
    app.memory
        .read(|state, _| state.reader(reader).is_some_and(|(member, _)| *member == who.member))
}

fn stand(app: &App, reader: &ReaderId) -> Answered {
    app.memory.read(|state, _| {
        let (_, checkpoint) =
            state.reader(reader).ok_or_else(|| Problem::from(Refused::NoReader(reader.clone())))?;
        Ok(json(&serde_json::json!({ "reader": reader, "checkpoint": checkpoint })))
    })
}
