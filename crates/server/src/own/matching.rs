//! Looking up, with everything that is known of each match.

use super::form::GivenSignal;
use crate::app::{App, Shared};
use crate::auth::Who;
use crate::body::{Json, json};
use crate::error::{Answered, Problem, Told};
use crate::hashing::{Upload, types};
use crate::hma_match::{apart, counted, drawn, is_quick};
use crate::params::Params;
use axum::extract::{Request, State};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use writ_commons::{Answer, Asked, Role, Sample};
use writ_hashbank::{BankName, Coin};

/// How many matches are told, where nothing is asked, and at most.
const FEW: usize = 100;
const MOST: usize = 1_000;
/// The most signals of one piece of content.
const SIGNALS: usize = 64;

/// Looking up.
pub(crate) fn look_ups() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(by_signals)).routes(routes!(by_file))
}

/// What is looked up.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LookUp)]
struct Wanted {
    /// The signals of one piece of content, 1 to 64.
    signals: Vec<GivenSignal>,
    /// Only these banks; missing: all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    banks: Option<Vec<BankName>>,
    /// Makes the coin of banks with a ratio below 1 fall the same each time; missing: one is drawn.
    #[serde(default)]
    seed: Option<String>,
    /// How many matches to tell in full; missing: 100.
    #[serde(default)]
    limit: Option<usize>,
}

/// Look up the signals of one piece of content together.
///
/// `matches` come with what each may lead to at once first, then by distance; `hash` is empty for keys that may not hold
/// the list.
#[utoipa::path(post, path = "/v1/match", tag = "own", request_body = Wanted, responses(
    (status = 200, description = "`{\"matches\": [...], \"total\": 3, \"spared_by\": []}`", body = Object),
    (status = 404, body = Told<'static>)))]
async fn by_signals(State(app): State<Shared>, who: Who, Json(wanted): Json<Wanted>) -> Answered {
    let many = wanted.signals.len();
    if !(1..=SIGNALS).contains(&many) {
        return Err(Problem::bad(format!("{many} signals: look up 1 to {SIGNALS} at once")));
    }
    app.rates.spend(&who, many - 1)?;
    let samples = wanted.signals.iter().map(GivenSignal::read).collect::<Result<Vec<_>, _>>()?;
    let (banks, seed) = (wanted.banks, wanted.seed.map_or_else(drawn, Ok)?);
    let limit = wanted.limit.unwrap_or(FEW).min(MOST);
    let quick = samples.iter().all(|one| is_quick(&one.signal));
    let look = move |app: &App| look_up(app, &who, &samples, banks.as_deref(), &seed, limit);
    let answer = if quick { look(&app)? } else { apart(&app, look).await?? };
    Ok(counted(json(&answer), answer.matches.len()))
}

/// What a file hashed to, and what that matches.
#[derive(Serialize)]
struct OfFile {
    signals: Vec<Made>,
    /// Types that the file has no signal of, and why.
    without: Vec<Without>,
    #[serde(flatten)]
    answer: Answer,
}

#[derive(Serialize)]
struct Made {
    #[serde(rename = "type")]
    kind: &'static str,
    hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<u32>,
}

#[derive(Serialize)]
struct Without {
    #[serde(rename = "type")]
    kind: &'static str,
    why: String,
}

/// Hash an uploaded file and look it up. The file is not kept.
///
/// One file in a form; its field is named `photo`, `video` or `text`. A document (PDF) goes as a photo: each page is hashed
/// and looked up.
#[utoipa::path(post, path = "/v1/match/file", tag = "own", params(
    ("banks" = Option<String>, Query, description = "Only these banks, joined by commas"),
    ("types" = Option<String>, Query, description = "Signal types, joined by commas"),
    ("seed" = Option<String>, Query), ("limit" = Option<usize>, Query),
), request_body(content_type = "multipart/form-data", content = Object), responses(
    (status = 200, description = "`signals`, `without`, and as `POST /v1/match`", body = Object),
    (status = 413, body = Told<'static>)))]
async fn by_file(
    State(app): State<Shared>,
    who: Who,
    params: Params,
    request: Request,
) -> Answered {
    let types = types(&params)?;
    let (banks, limit) = (params.banks(), params.parse("limit", FEW, "give a number")?.min(MOST));
    let seed = params.some("seed").map_or_else(drawn, |seed| Ok(seed.into_owned()))?;
    let upload = Upload::read(&app, request).await?;
    let hashed = upload.hash_quickly(&app, types).await?;
    let answer = apart(&app, move |app| {
        let answer = look_up(app, &who, &hashed.samples, banks.as_deref(), &seed, limit)?;
        let signals = hashed.samples.iter().map(Made::of).collect();
        let without = hashed.without.into_iter().map(|(kind, why)| Without { kind, why });
        Ok::<_, Problem>(OfFile { signals, without: without.collect(), answer })
    });
    let answer = answer.await??;
    Ok(counted(json(&answer), answer.answer.matches.len()))
}

impl Made {
    fn of(sample: &Sample) -> Self {
        let (kind, hash) = (sample.signal.kind().name, sample.signal.text().to_owned());
        Self { kind, hash, quality: sample.quality, page: sample.page }
    }
}

fn look_up(
    app: &App,
    who: &Who,
    samples: &[Sample],
    banks: Option<&[BankName]>,
    seed: &str,
    limit: usize,
) -> Result<Answer, Problem> {
    let (member, coin) = (Some(&who.member), Coin::Seed(seed));
    let mut answer = app.memory.look_up(&Asked { samples, member, banks, coin, limit })?;
    if who.role == Role::Matcher {
        answer.matches.iter_mut().for_each(|found| found.hash.clear());
    }
    Ok(answer)
}
