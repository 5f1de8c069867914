//! The table of routes: each family, under what it needs; and its description as OpenAPI.

use crate::app::Shared;
use crate::auth::{Need, guard};
use crate::error::Problem;
use crate::{
    hma_content, hma_curate, hma_exchange, hma_hash, hma_match, own, status, stopncii,
    stopncii_feed,
};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use std::sync::Arc;
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;

/// What a form may have beside its file, in bytes.
const BESIDE: usize = 2 << 20;

/// The families in reading order.
fn families() -> Vec<(Option<Need>, OpenApiRouter<Shared>)> {
    vec![
        (None, status::open()),
        (Some(Need::ASK), status::questions()),
        (Some(Need::LOOK_UP), hma_hash::look_ups()),
        (Some(Need::LOOK_UP), hma_match::look_ups()),
        (Some(Need::ASK), hma_match::questions()),
        (Some(Need::READ), hma_curate::readings()),
        (Some(Need::CURATE), hma_curate::changes()),
        (Some(Need::READ), hma_content::readings()),
        (Some(Need::SPEAK), hma_content::words()),
        (Some(Need::READ), hma_exchange::readings()),
        (Some(Need::CURATE), hma_exchange::changes()),
        (Some(Need::READ), stopncii_feed::readings()),
        (Some(Need::SPEAK), stopncii::words()),
        (Some(Need::LOOK_UP), own::look_ups()),
        (Some(Need::READ), own::readings()),
        (Some(Need::FOLLOW), own::followings()),
        (Some(Need::SPEAK), own::words()),
        (Some(Need::CURATE), own::changes()),
    ]
}

/// All routes, each behind its guard.
pub(crate) fn router(app: &Shared) -> Router {
    let all = families().into_iter().fold(Router::new(), |all, (need, family)| {
        let (family, _) = family.split_for_parts();
        all.merge(match need {
            Some(need) => family.route_layer(from_fn_with_state((Arc::clone(app), need), guard)),
            None => family,
        })
    });
    all.fallback(nowhere)
        .method_not_allowed_fallback(not_so)
        .layer(DefaultBodyLimit::max(app.settings.max_upload.saturating_add(BESIDE)))
        .with_state(Arc::clone(app))
}

/// The description of all routes, as OpenAPI 3.1 in JSON.
pub fn openapi() -> String {
    described().to_pretty_json().unwrap_or_default()
}

pub(crate) fn described() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Writ: the hash service")
        .description(Some(
            "What members share of known terrorist images and video: looked up, read, contributed, disputed. \
             Send a key as `Authorization: Bearer`, as the password of `Basic`, or as `x-functions-key`.",
        ))
        .version(env!("CARGO_PKG_VERSION"))
        .build();
    let mut described = OpenApiBuilder::new().info(info).build();
    for (_, family) in families() {
        described.merge(family.into_openapi());
    }
    described
}

async fn nowhere(uri: Uri) -> Problem {
    let path: String = uri.path().chars().take(120).collect();
    Problem::missing(format!("there is nothing at `{path}`: `/site-map` lists what there is"))
}

async fn not_so() -> Problem {
    let message = "this path is not asked in this way: `/openapi.json` says how";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, message)
}
