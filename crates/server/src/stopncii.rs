//! What clients of StopNCII submit: hashes, and what they think of hashes.

use crate::app::{App, Shared};
use crate::auth::Who;
use crate::body::{Json, json};
use crate::error::{Answered, Problem};
use crate::hma_match::{apart, cut};
use crate::stopncii_feed::TYPES;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use writ_commons::Sample;
use writ_hashbank::{
    BankName, Command, Contribution, EntryId, Label, MemberId, Purpose, State as Bankful, Verdict,
};
use writ_signals::SignalType;

/// The most hashes of one request.
const MOST: usize = 10_000;

/// Submitting.
pub(crate) fn words() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(submit_hashes)).routes(routes!(submit_feedback))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Hashes {
    #[serde(rename = "hashRecords")]
    #[schema(value_type = Vec<Object>)]
    records: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Submitted {
    /// `ImagePDQ`, or as the Python client writes it by mistake, `StopNCIISignalType.ImagePDQ`.
    #[serde(rename = "signalType")]
    kind: String,
    #[serde(rename = "hashValue")]
    hash: String,
    #[serde(rename = "CSPFeedbacks", default)]
    feedbacks: Vec<Said>,
}

#[derive(Deserialize, Default)]
struct Said {
    #[serde(rename = "feedbackValue", default)]
    value: String,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Feedbacks {
    #[serde(rename = "hashFeedbacks")]
    #[schema(value_type = Vec<Object>)]
    feedbacks: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Judged {
    #[serde(rename = "hashValue")]
    hash: String,
    #[serde(flatten)]
    said: Said,
}

/// What became of each: one that cannot be taken stops no other.
#[derive(Serialize, utoipa::ToSchema)]
struct Taken {
    /// How many were taken.
    count: usize,
    /// Those that were not.
    refused: Vec<Refusal>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct Refusal {
    /// Its place in the request, from 0.
    index: usize,
    /// Why.
    message: String,
}

/// Contribute hashes to the bank that the service has for them.
///
/// `tags` that are labels of the taxonomy become labels, others stand in the note. With `NotBlocked` nothing is
/// contributed: it is said of the hash where a bank has it.
#[utoipa::path(post, path = "/v1/SubmitHashes", tag = "stopncii", request_body = Hashes,
    responses((status = 200, body = Taken)))]
async fn submit_hashes(State(app): State<Shared>, who: Who, Json(asked): Json<Hashes>) -> Answered {
    few(asked.records.len())?;
    let bank = app.settings.submissions.clone().ok_or_else(|| {
        Problem::new(
            StatusCode::CONFLICT,
            "this service has no bank for hashes that name none: contribute them at `/v1/entries`",
        )
    })?;
    let by = who.member;
    let commands = apart(&app, move |app| {
        let each = asked.records.into_iter().map(|record| contributed(app, &bank, &by, record));
        each.collect::<Vec<_>>()
    });
    taken(&app, commands.await?).await
}

/// Say what one thinks of hashes, in whichever bank they are.
#[utoipa::path(post, path = "/v1/SubmitFeedback", tag = "stopncii", request_body = Feedbacks,
    responses((status = 200, body = Taken)))]
async fn submit_feedback(
    State(app): State<Shared>,
    who: Who,
    Json(asked): Json<Feedbacks>,
) -> Answered {
    few(asked.feedbacks.len())?;
    let by = who.member;
    let each = asked.feedbacks.into_iter().map(|one| {
        let one: Judged = serde_json::from_value(one).map_err(|error| error.to_string())?;
        app.memory.read(|state, _| judged(state, &one.hash, &by, &one.said))
    });
    let commands = each.collect();
    taken(&app, commands).await
}

/// What one record asks for: commands, or why it cannot be.
type Wanted = Result<Vec<Command>, String>;

fn contributed(app: &App, bank: &BankName, by: &MemberId, record: serde_json::Value) -> Wanted {
    let one: Submitted = serde_json::from_value(record).map_err(|error| error.to_string())?;
    let word = one.kind.rsplit('.').next().unwrap_or_default();
    let kind = TYPES.iter().find(|(_, known)| *known == word).map(|(name, _)| *name);
    let kind =
        kind.ok_or_else(|| format!("`{}` is not a signal type that is taken here", cut(word)))?;
    let said = one.feedbacks.into_iter().next().unwrap_or_default();
    if said.value == "NotBlocked" {
        return app.memory.read(|state, _| judged(state, &one.hash, by, &said));
    }
    let known = SignalType::named(kind).map_err(|error| error.to_string())?;
    let signal = known.parse(&one.hash).map_err(|error| error.to_string())?;
    let signal = app
        .memory
        .for_bank(&Sample { signal, quality: None, page: None })
        .map_err(|error| error.to_string())?;
    let (labels, rest) = app.memory.read(|state, _| labels(state, &said.tags));
    Ok(vec![Command::Contribute(Contribution {
        labels,
        note: rest,
        ..Contribution::new(bank.clone(), by.clone(), vec![signal])
    })])
}

fn judged(state: &Bankful, hash: &str, by: &MemberId, said: &Said) -> Wanted {
    let entries = holding(state, hash);
    if entries.is_empty() {
        return Err("no bank has this hash".to_owned());
    }
    let verdict = match said.value.as_str() {
        "Blocked" => Some(Verdict::Confirm),
        "NotBlocked" => Some(Verdict::NotTerrorist),
        "PendingReview" | "None" | "QualityUnknown" | "Unknown" => Some(Verdict::Seen),
        "Withdrawn" | "Deleted" => None,
        other => return Err(format!("`{}` is not a feedback", cut(other))),
    };
    let (labels, reason) = labels(state, &said.tags);
    let labels = (!labels.is_empty()).then_some(labels);
    let each = entries.into_iter().map(|entry| match verdict {
        None => Command::TakeOpinionBack { entry, by: by.clone() },
        Some(verdict) => Command::Opine {
            entry,
            by: by.clone(),
            verdict,
            labels: labels.clone(),
            reason: reason.clone(),
        },
    });
    Ok(each.collect())
}

/// The entries of banks that find which have this hash, of whatever type.
fn holding(state: &Bankful, hash: &str) -> BTreeSet<EntryId> {
    let texts = writ_signals::TYPES.iter().filter_map(|kind| kind.parse(hash).ok());
    let named = texts.filter_map(|text| Some((text.kind().name.parse().ok()?, text)));
    let banks = || state.banks().filter(|bank| bank.purpose == Purpose::Match);
    named
        .flat_map(|(kind, text)| {
            let found = banks().filter_map(|bank| state.find(&bank.name, &kind, text.text()));
            found.map(|id| id.entry()).collect::<Vec<_>>()
        })
        .collect()
}

/// The tags that are labels, and the others as words.
fn labels(state: &Bankful, tags: &[String]) -> (Vec<Label>, Option<String>) {
    let (mut labels, mut rest) = (Vec::new(), Vec::new());
    for tag in tags.iter().take(writ_hashbank::MAX_LABELS) {
        let label: Option<Label> = tag.parse().ok();
        let mut with = labels.clone();
        with.extend(label);
        let admitted = state.taxonomy().is_some_and(|known| known.admit(&with).is_ok());
        match admitted && with.len() > labels.len() {
            true => labels = with,
            false => rest.push(cut(tag)),
        }
    }
    let rest = rest.join(", ").chars().take(250).collect::<String>();
    (labels, (!rest.is_empty()).then_some(rest))
}

/// Tells the shared memory all that is wanted, and answers for each.
async fn taken(app: &App, wanted: Vec<Wanted>) -> Answered {
    let (mut refused, mut commands, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for (index, one) in wanted.into_iter().enumerate() {
        match one {
            Err(message) => refused.push(Refusal { index, message }),
            Ok(told) => {
                places.extend(std::iter::repeat_n(index, told.len()));
                commands.extend(told);
            }
        }
    }
    let asked: BTreeSet<usize> = places.iter().copied().collect();
    let decided = app.memory.commands(commands).await;
    for (index, one) in places.into_iter().zip(decided) {
        if let Err(error) = one {
            let problem = Problem::from(error);
            if problem.status.is_server_error() {
                return Err(problem);
            }
            refused.push(Refusal { index, message: problem.message });
        }
    }
    let failed: BTreeSet<usize> = refused.iter().map(|one| one.index).collect();
    let count = asked.difference(&failed).count();
    Ok(json(&Taken { count, refused }))
}

fn few(given: usize) -> Result<(), Problem> {
    match given > MOST {
        true => Err(Problem::too_large(format!("{given} in one request: send at most {MOST}"))),
        false => Ok(()),
    }
}
