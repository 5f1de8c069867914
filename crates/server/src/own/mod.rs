//! Our own routes, under `/v1`: everything that the shared memory knows and takes.

mod banks;
mod entries;
mod feed;
mod form;
mod incidents;
mod matching;
mod opinions;
mod readers;

pub(crate) use feed::follow;

use crate::app::Shared;
use utoipa_axum::router::OpenApiRouter;

/// Looking up.
pub(crate) fn look_ups() -> OpenApiRouter<Shared> {
    matching::look_ups()
}

/// Reading.
pub(crate) fn readings() -> OpenApiRouter<Shared> {
    let all = [feed::readings(), entries::readings(), banks::readings(), incidents::readings()];
    all.into_iter().fold(OpenApiRouter::default(), OpenApiRouter::merge)
}

/// What a member says.
pub(crate) fn words() -> OpenApiRouter<Shared> {
    entries::words().merge(opinions::words()).merge(incidents::words())
}

/// What a reader of the feed tells of itself: whoever may read may follow.
pub(crate) fn followings() -> OpenApiRouter<Shared> {
    readers::followings()
}

/// What only curators change.
pub(crate) fn changes() -> OpenApiRouter<Shared> {
    banks::changes().merge(incidents::changes())
}
