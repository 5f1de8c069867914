//! The feed as clients of StopNCII fetch it, the Python client `threatexchange` among them.
//!
//! Such a client keeps two things. Within a run it hands back `nextPageToken`: that is the feed's checkpoint in full.
//! Between runs it keeps `nextSetTimestamp` and hands it back as `startTimestamp`, 10 for the first time: that is 10 and the
//! number of the last change it was told, so that it is told each change once and misses none, as it would with times, of
//! which several changes share one. The number never falls.
//!
//! It knows a hash by type and value only, and what it is told last holds. So a hash is told as it stands in all banks
//! together. It takes no notice of `hashStatus` (version 1.2.17), so that what no longer matches is told with a feedback
//! `NotBlocked` of ours as well, and nobody's `Blocked`.

use crate::app::{App, Shared};
use crate::body::json;
use crate::error::{Answered, Problem};
use crate::hma_match::apart;
use crate::own::follow;
use crate::params::Params;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use writ_hashbank::{
    Checkpoint, Entry, EntryState, MemberId, Opinion, Purpose, Resync, SignalId, SignalType,
    State as Bankful, Verdict,
};
use writ_vocabulary::Instant;

/// The signal types that such a client knows, each with its word there.
pub(crate) const TYPES: [(&str, &str); 2] = [("pdq", "ImagePDQ"), ("video_md5", "VideoMD5")];
/// Where clients start that have nothing yet.
const START: u64 = 10;
/// The entries of a page.
const PAGE: usize = 800;
const LARGEST: usize = 2_000;
/// About how many bytes an entry takes in a page.
const RECORD: usize = 512;

/// Fetching.
pub(crate) fn readings() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(fetch))
}

/// A page of hashes.
#[derive(Serialize, utoipa::ToSchema)]
struct Page {
    count: usize,
    #[serde(rename = "nextPageToken")]
    next_page_token: Option<String>,
    #[serde(rename = "nextSetTimestamp")]
    next_set_timestamp: u64,
    #[serde(rename = "hasMoreRecords")]
    has_more_records: bool,
    #[serde(rename = "hashRecords")]
    hash_records: Vec<Record>,
}

/// A hash as it stands in all banks. A client fails where any of these is missing.
#[derive(Serialize, utoipa::ToSchema)]
struct Record {
    #[serde(rename = "lastModtimestamp")]
    last_modified: i64,
    #[serde(rename = "signalType")]
    kind: &'static str,
    #[serde(rename = "hashValue")]
    hash: String,
    #[serde(rename = "hashStatus")]
    status: &'static str,
    #[serde(rename = "caseNumbers")]
    cases: BTreeMap<String, String>,
    #[serde(rename = "CSPFeedbacks")]
    feedbacks: Vec<Feedback>,
}

/// What one member says of it.
#[derive(Debug, PartialEq, Serialize, utoipa::ToSchema)]
struct Feedback {
    source: String,
    #[serde(rename = "feedbackValue")]
    value: &'static str,
    tags: Vec<String>,
}

/// What changed since.
#[utoipa::path(get, path = "/v1/FetchHashes", tag = "stopncii", params(
    ("startTimestamp" = Option<u64>, Query, description = "`nextSetTimestamp` of an earlier answer, or 10"),
    ("pageSize" = Option<usize>, Query, description = "How many entries, at most 2,000"),
    ("nextPageToken" = Option<String>, Query, description = "That of the answer before, within a run"),
), responses((status = 200, body = Page), (status = 409, body = crate::error::Told<'static>)))]
async fn fetch(State(app): State<Shared>, params: Params) -> Answered {
    let start = params.parse(
        "startTimestamp",
        START,
        "give `nextSetTimestamp` of an earlier answer, or 10",
    )?;
    let size = params.parse("pageSize", PAGE, "give a number")?.clamp(1, LARGEST);
    let since = match params.some("nextPageToken") {
        Some(token) => token.parse()?,
        // Who has read a run to its end has heard of all before it, so that it began no earlier for us.
        None => match start.saturating_sub(START) {
            0 => Checkpoint::START,
            seen => Checkpoint { began: seen, seen },
        },
    };
    let page = apart(&app, move |app| match page(app, since, start, size) {
        // It holds what is no longer told of. A client that has not asked for so long has let all of it go itself.
        Err(Resync::TooOld(_)) => page(app, Checkpoint::START, start, size),
        other => other,
    });
    match page.await? {
        Ok(page) => Ok(json(&page)),
        Err(resync) => Err(Problem::new(
            StatusCode::CONFLICT,
            format!(
                "{resync}; the Python client does when its collaboration is deleted and created"
            ),
        )),
    }
}

fn page(app: &App, since: Checkpoint, start: u64, size: usize) -> Result<Page, Resync> {
    let (mut told, mut records) = (BTreeSet::new(), Vec::new());
    let us = &app.settings.member;
    let read = follow(app, since, size, |state, entry, now| {
        for signal in &entry.signals {
            let word = TYPES.iter().find(|(name, _)| *name == signal.kind.as_str());
            let Some((_, word)) = word else { continue };
            if told.insert((*word, signal.hash.clone())) {
                records.push(record(state, entry, (signal.kind, *word), &signal.hash, us, now));
            }
        }
        RECORD
    })?;
    Ok(Page {
        count: records.len(),
        next_page_token: read.more.then(|| read.next.to_string()),
        next_set_timestamp: start.max(read.next.seen.saturating_add(START)),
        has_more_records: read.more,
        hash_records: records,
    })
}

/// A hash as it stands in all banks; `told` is the entry for which it is told.
fn record(
    state: &Bankful,
    told: &Entry<'_>,
    (kind, word): (&SignalType, &'static str),
    hash: &str,
    us: &MemberId,
    now: Instant,
) -> Record {
    let mut last_modified = told.changed.as_second();
    let (mut feedbacks, mut spared, mut held) = (Vec::new(), false, None);
    for id in state.banks().filter_map(|bank| state.find(&bank.name, kind, hash)) {
        let (Some(entry), Some(standing)) = (state.entry(id.entry(), now), state.standing(id, now))
        else {
            continue;
        };
        last_modified = last_modified.max(entry.changed.as_second());
        let counts = matches!(standing.state, EntryState::Active | EntryState::Disputed);
        match (entry.bank.purpose, counts) {
            (Purpose::Negative, true) => spared = true,
            (Purpose::Match, true) => {
                feedbacks.extend(entry.opinions.iter().filter_map(|one| feedback(one, id)));
            }
            (Purpose::Match, false) => held = Some(standing.state),
            (Purpose::Negative, false) => {}
        }
    }
    let matches = !spared && !feedbacks.is_empty();
    if !matches {
        let why = if spared {
            "harmless".to_owned()
        } else {
            held.unwrap_or(EntryState::Withdrawn).to_string()
        };
        feedbacks = vec![Feedback { source: us.to_string(), value: "NotBlocked", tags: vec![why] }];
    }
    Record {
        last_modified,
        kind: word,
        hash: hash.to_owned(),
        status: if matches { "Active" } else { "Withdrawn" },
        cases: BTreeMap::new(),
        feedbacks,
    }
}

/// What a member says of a signal; nothing where it speaks of others of the entry.
fn feedback(opinion: &Opinion<'_>, signal: SignalId) -> Option<Feedback> {
    let value = match opinion.verdict {
        Some(Verdict::Dispute | Verdict::NotTerrorist) => "NotBlocked",
        Some(Verdict::Confirm) => "Blocked",
        _ if opinion.contributed.contains(&signal.place()) => "Blocked",
        Some(Verdict::Seen) => "PendingReview",
        None => return None,
    };
    let tags = opinion.labels.iter().map(ToString::to_string).collect();
    Some(Feedback { source: opinion.member.to_string(), value, tags })
}
