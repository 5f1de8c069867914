//! What a member says of an entry: its own opinion, never another's.

use super::entries::shown;
use super::form::Shown;
use crate::app::Shared;
use crate::auth::Who;
use crate::body::Json;
use crate::error::{Answered, Told};
use crate::params::Place;
use axum::extract::State;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use writ_hashbank::{Command, EntryId, Label, Verdict};
use writ_vocabulary::PersonId;

/// Saying and taking back.
pub(crate) fn words() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(opine, take_back)).routes(routes!(release))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GivenOpinion)]
struct Given {
    /// `confirm`, `dispute`, `not-terrorist` or `seen`.
    #[schema(value_type = String)]
    verdict: Verdict,
    /// The labels one would give; missing: those one gave before.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    labels: Option<Vec<Label>>,
    /// Why.
    #[serde(default)]
    reason: Option<String>,
}

/// Say what one thinks of an entry. It takes the place of what the same member said before.
#[utoipa::path(post, path = "/v1/entries/{id}/opinion", tag = "own", params(("id" = u32, Path)),
    request_body = Given, responses((status = 200, body = Shown<'static>), (status = 404, body = Told<'static>)))]
async fn opine(
    State(app): State<Shared>,
    who: Who,
    Place(id): Place<u32>,
    Json(given): Json<Given>,
) -> Answered {
    let Given { verdict, labels, reason } = given;
    let (entry, by) = (EntryId(id), who.member);
    app.memory.command(Command::Opine { entry, by, verdict, labels, reason }).await?;
    shown(&app, entry)
}

/// Say nothing of an entry any more.
#[utoipa::path(delete, path = "/v1/entries/{id}/opinion", tag = "own", params(("id" = u32, Path)),
    responses((status = 200, body = Shown<'static>), (status = 404, body = Told<'static>)))]
async fn take_back(State(app): State<Shared>, who: Who, Place(id): Place<u32>) -> Answered {
    let (entry, by) = (EntryId(id), who.member);
    app.memory.command(Command::TakeOpinionBack { entry, by }).await?;
    shown(&app, entry)
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Release {
    /// Who decided so, as the member knows them.
    #[schema(value_type = String)]
    person: PersonId,
    /// Why.
    reason: String,
}

/// Let go an entry that is held for matching too often or lying near harmless content.
#[utoipa::path(post, path = "/v1/entries/{id}/release", tag = "own", params(("id" = u32, Path)),
    request_body = Release, responses((status = 200, body = Shown<'static>), (status = 409, body = Told<'static>)))]
async fn release(
    State(app): State<Shared>,
    who: Who,
    Place(id): Place<u32>,
    Json(Release { person, reason }): Json<Release>,
) -> Answered {
    let (entry, by) = (EntryId(id), who.member);
    app.memory.command(Command::Release { entry, by, person, reason }).await?;
    shown(&app, entry)
}
