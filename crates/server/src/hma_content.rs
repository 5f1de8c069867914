//! The hasher-matcher-actioner's routes for what banks hold, under `/c/bank/<name>`: content there is an entry here, and
//! who asks is its contributor.

use crate::app::Shared;
use crate::auth::Who;
use crate::body::{Declared, Json, is_json, json};
use crate::error::{Answered, Problem};
use crate::hashing::{Upload, types};
use crate::hma_curate::{BankConfig, found};
use crate::hma_match::{apart, cut};
use crate::params::{Params, Place};
use axum::extract::{FromRequest, Request, State};
use serde::Serialize;
use serde_json::{Map, Value, json as value};
use std::collections::BTreeMap;
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use writ_commons::{CommandError, Kind, Sample, for_entry};
use writ_hashbank::{
    Bank, BankName, Command, Content, Contribution, Entry, EntryId, MemberId, Refused, Signal,
    State as Bankful,
};
use writ_signals::{SignalType, Threshold};
use writ_vocabulary::Instant;

/// The longest note of this interface, in characters.
const NOTE: usize = 255;
/// What `disable_until_ts` says of content that is on, and of such as is off for good.
const ON: i64 = 1;
const OFF: i64 = 0;
/// How long anything can be off at most: five years, less a day for clocks that differ.
const LONGEST: Duration = Duration::from_secs((5 * 365 - 1) * 86_400);

/// Reading.
pub(crate) fn readings() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(content))
}

/// Contributing and taking back.
pub(crate) fn words() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(add_content))
        .routes(routes!(add_signals))
        .routes(routes!(change, remove))
}

/// What was added.
#[derive(Serialize, utoipa::ToSchema)]
struct Added {
    id: u32,
    signals: BTreeMap<String, String>,
}

/// Contribute a file's signals: the file is hashed in full, and not kept.
///
/// The file by `url`, or in a form whose one file's field is named `photo`, `video` or `text`. `metadata`
/// (`content_id`, `content_uri`, `json`) and `note` are in the form, or in a JSON body beside `url`.
#[utoipa::path(post, path = "/c/bank/{bank_name}/content", tag = "hma", params(
    ("bank_name" = String, Path), ("url" = Option<String>, Query),
    ("content_type" = Option<String>, Query), ("types" = Option<String>, Query),
), responses((status = 200, body = Added)))]
async fn add_content(
    State(app): State<Shared>,
    who: Who,
    Place(bank): Place<String>,
    params: Params,
    request: Request,
) -> Answered {
    let bank = found(&app, &bank)?.name;
    let types = types(&params)?;
    let (upload, metadata, note) = match params.some("url") {
        Some(url) => {
            let said = match is_json(&request) {
                true => Json::<Value>::from_request(request, &app).await?.0,
                false => Value::Null,
            };
            let (metadata, note) = (metadata(said.get("metadata"))?, note(said.get("note"))?);
            (Upload::fetch(&app, &url, &params).await?, metadata, note)
        }
        None => {
            let form = request.headers().get("content-type").and_then(|kind| kind.to_str().ok());
            if !form.is_some_and(|kind| kind.starts_with("multipart/form-data")) {
                return Err(Problem::bad("Neither `url` nor multipart file upload was received"));
            }
            let mut upload = Upload::read(&app, request).await?;
            let fields = std::mem::take(&mut upload.fields);
            let said = fields.get("note").map(|note| Value::from(note.as_str()));
            (upload, metadata_of_form(&fields)?, note(said.as_ref())?)
        }
    };
    let photo = upload.kind == Kind::Photo;
    let hashed = upload.hash(&app, types).await?;
    // Of a document one page that can be found again is enough, or its words.
    let exact = |one: &Sample| one.signal.kind().threshold == Threshold::Equal;
    let poor = photo && hashed.samples.iter().all(exact);
    if let Some((kind, why)) = hashed.without.first().filter(|_| poor) {
        return Err(Problem::bad(format!("Invalid {kind} signal: {why}")));
    }
    add(&app, who.member, bank, hashed.samples, metadata, note).await
}

/// Contribute signals that were made elsewhere: `{"pdq": "...", "note": "..."}`.
#[utoipa::path(post, path = "/c/bank/{bank_name}/signal", tag = "hma", params(("bank_name" = String, Path)),
    request_body = Object, responses((status = 200, body = Added)))]
async fn add_signals(
    State(app): State<Shared>,
    who: Who,
    Place(bank): Place<String>,
    Declared(mut said): Declared<Map<String, Value>>,
) -> Answered {
    let bank = found(&app, &bank)?.name;
    let note = note(said.remove("note").as_ref())?;
    let read = |(kind, hash): (&String, &Value)| {
        signal(kind, hash).map(|signal| Sample { signal, quality: None, page: None })
    };
    let samples = said.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    if samples.is_empty() {
        return Err(Problem::bad("No signals given"));
    }
    add(&app, who.member, bank, samples, None, note).await
}

fn signal(kind: &str, hash: &Value) -> Result<writ_signals::Signal, Problem> {
    let known = SignalType::named(kind);
    let known = known.map_err(|_| Problem::bad(format!("No such signal type {}", cut(kind))))?;
    let text = hash
        .as_str()
        .ok_or_else(|| Problem::bad(format!("Invalid {kind} signal: it is no text")))?;
    known.parse(text).map_err(|error| Problem::bad(format!("Invalid {kind} signal: {error}")))
}

async fn add(
    app: &Shared,
    by: MemberId,
    bank: BankName,
    samples: Vec<Sample>,
    content: Option<Content>,
    note: Option<String>,
) -> Answered {
    let quality = app.memory.read(|state, _| state.bank(&bank).map_or(0, |bank| bank.quality));
    let (samples, _) = for_entry(samples, quality);
    let texts = |one: &Sample| (one.signal.kind().name.to_owned(), one.signal.text().to_owned());
    // Of a document, the first page that has a hash.
    let told: BTreeMap<_, _> = samples.iter().rev().map(texts).collect();
    let signals: Vec<Signal> = apart(app, move |app| {
        samples.iter().map(|one| app.memory.for_bank(one)).collect::<Result<_, _>>()
    })
    .await??;
    let first = signals.first().cloned();
    let contribution =
        Contribution { note, content, ..Contribution::new(bank.clone(), by, signals) };
    app.memory.command(Command::Contribute(contribution)).await?;
    // What was contributed before already makes no event: the entry is asked for by its signal.
    let id = app.memory.read(|state, _| {
        first.and_then(|first| state.find(&bank, &first.kind, &first.hash)).map(|id| id.entry())
    });
    let id = id.ok_or_else(|| Problem::fault(&"a contribution that is not there"))?;
    Ok(json(&Added { id: id.0, signals: told }))
}

/// Content as this interface shows it.
#[derive(Serialize, utoipa::ToSchema)]
struct Shown {
    bank: BankConfig,
    disable_until_ts: i64,
    id: u32,
    original_media_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signals: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct Metadata {
    /// The partner it was fetched from, and its signals there.
    collab: Option<BTreeMap<String, Vec<String>>>,
    content_id: Option<String>,
    content_uri: Option<String>,
    json: Option<Value>,
}

/// One entry. As clients know it, the bank in the path need only be there.
#[utoipa::path(get, path = "/c/bank/{bank_name}/content/{content_id}", tag = "hma", params(
    ("bank_name" = String, Path), ("content_id" = u32, Path),
    ("include_signals" = Option<bool>, Query), ("include_metadata" = Option<bool>, Query),
), responses((status = 200, body = Shown)))]
async fn content(
    State(app): State<Shared>,
    who: Who,
    Place((bank, id)): Place<(String, u32)>,
    params: Params,
) -> Answered {
    found(&app, &bank)?;
    let is =
        |name, word: &str| params.get(name).is_some_and(|said| said.eq_ignore_ascii_case(word));
    let (signals, metadata) = (is("include_signals", "true"), !is("include_metadata", "false"));
    let shown = app.memory.read(|state, now| {
        let entry =
            state.entry(EntryId(id), now).filter(|entry| !entry.standing.state.is_gone())?;
        Some(shown(state, &entry, &who.member, signals, metadata))
    });
    shown.map(|shown| json(&shown)).ok_or_else(|| not_found(id))
}

fn shown(
    state: &Bankful,
    entry: &Entry<'_>,
    member: &MemberId,
    signals: bool,
    metadata: bool,
) -> Shown {
    let texts = || entry.signals.iter().map(|one| (one.kind.to_string(), one.hash.clone()));
    let off = state.disabled_until(entry.id, member);
    Shown {
        bank: BankConfig::of(entry.bank),
        disable_until_ts: off.map_or(ON, Instant::as_second),
        id: entry.id.0,
        original_media_uri: None,
        signals: signals.then(|| texts().collect()),
        metadata: metadata.then(|| shown_metadata(entry)).flatten(),
        note: note_of(entry, member).map(str::to_owned),
    }
}

/// One's own note, or else that of whoever left one first.
fn note_of<'a>(entry: &Entry<'a>, member: &MemberId) -> Option<&'a str> {
    let own = entry.opinions.iter().find(|opinion| opinion.member == member);
    own.and_then(|own| own.note).or_else(|| entry.opinions.iter().rev().find_map(|one| one.note))
}

fn shown_metadata(entry: &Entry<'_>) -> Option<Metadata> {
    let collab = entry.bank.source.as_ref().map(|source| {
        let keys = entry.signals.iter().map(|one| format!("('{}', '{}')", one.kind, one.hash));
        BTreeMap::from([(source.clone(), keys.collect())])
    });
    let content = entry.content.cloned();
    (collab.is_some() || content.is_some()).then(|| {
        let content = content.unwrap_or_default();
        let (content_id, content_uri) = (content.content_id, content.content_uri);
        let json = content.json.and_then(|text| serde_json::from_str(&text).ok());
        Metadata { collab, content_id, content_uri, json }
    })
}

/// Switch content off for oneself for a time, or change one's note.
///
/// `disable_until_ts`: 1 is on, 0 is off for as long as anything can be (five years), else until when, in Unix seconds.
#[utoipa::path(put, path = "/c/bank/{bank_name}/content/{content_id}", tag = "hma", params(
    ("bank_name" = String, Path), ("content_id" = u32, Path),
), request_body = Object, responses((status = 200, body = Object)))]
async fn change(
    State(app): State<Shared>,
    who: Who,
    Place((bank, id)): Place<(String, u32)>,
    Declared(asked): Declared<Map<String, Value>>,
) -> Answered {
    found(&app, &bank)?;
    let (entry, by) = (EntryId(id), who.member.clone());
    let there = |state: &Bankful, now| {
        state.entry(entry, now).is_some_and(|one| !one.standing.state.is_gone())
    };
    if !app.memory.read(there) {
        return Err(not_found(id));
    }
    let off = asked.get("disable_until_ts").map(seconds).transpose()?;
    let mut commands = Vec::new();
    if let Some(off) = off {
        let (by, until) = (by.clone(), until(off, Instant::now())?);
        commands.push(Command::Disable { entry, by, until });
    }
    if let Some(given) = asked.get("note") {
        commands.push(Command::Annotate { entry, by, note: note(Some(given))? });
    }
    for decided in app.memory.commands(commands).await {
        decided?;
    }
    let shown = app.memory.read(|state, now| {
        state.entry(entry, now).map(|entry| shown(state, &entry, &who.member, false, true))
    });
    shown.map(|shown| json(&changed(shown, off))).ok_or_else(|| not_found(id))
}

/// Content as this interface shows it after a change.
fn changed(shown: Shown, off: Option<i64>) -> Value {
    let (collab, user) = match shown.metadata {
        None => (None, Value::Null),
        Some(Metadata { collab, content_id: None, content_uri: None, json: None }) => {
            (collab, Value::Null)
        }
        Some(Metadata { collab, content_id, content_uri, json }) => {
            (collab, value!({ "content_id": content_id, "content_uri": content_uri, "json": json }))
        }
    };
    value!({
        "bank": shown.bank,
        "collab_metadata": collab.unwrap_or_default(),
        "disable_until_ts": off.unwrap_or(shown.disable_until_ts),
        "id": shown.id,
        "note": shown.note,
        "original_media_uri": shown.original_media_uri,
        "user_metadata": user,
    })
}

fn seconds(given: &Value) -> Result<i64, Problem> {
    let number = match given {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|n| n as i64)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let said = || given.as_str().map_or_else(|| given.to_string(), str::to_owned);
    let number = number.ok_or_else(|| Problem::bad(format!("Invalid int: '{}'", cut(&said()))))?;
    match number < 0 {
        true => Err(Problem::bad("disable_until_ts must be a non-negative integer")),
        false => Ok(number),
    }
}

/// Until when it is off; nothing where it is on.
fn until(seconds: i64, now: Instant) -> Result<Option<Instant>, Problem> {
    let far = || Problem::bad("disable_until_ts must be less than 5 years in the future");
    let end = now.checked_add(LONGEST).map_err(|_| far())?;
    match seconds {
        OFF => Ok(Some(end)),
        past if past <= now.as_second() => Ok(None),
        ahead if ahead > end.as_second() => Err(far()),
        ahead => Instant::from_second(ahead).map(Some).map_err(|_| far()),
    }
}

/// Stand no longer by content. What other members stand by remains.
#[utoipa::path(delete, path = "/c/bank/{bank_name}/content/{content_id}", tag = "hma", params(
    ("bank_name" = String, Path), ("content_id" = u32, Path),
), responses((status = 200, description = "`{\"deleted\": 1}`, or 0 where one did not stand by it", body = Object)))]
async fn remove(
    State(app): State<Shared>,
    who: Who,
    Place((bank, id)): Place<(String, u32)>,
) -> Answered {
    let bank: Bank = found(&app, &bank)?;
    let entry = EntryId(id);
    let here = app
        .memory
        .read(|state, now| state.entry(entry, now).is_some_and(|one| one.bank.name == bank.name));
    let withdraw = Command::WithdrawContribution { entry, by: who.member, reason: None };
    let deleted = match here {
        false => 0,
        true => match app.memory.command(withdraw).await {
            Ok(events) => events.len().min(1),
            Err(CommandError::Refused(Refused::NotContributor { .. } | Refused::NoEntry(_))) => 0,
            Err(error) => return Err(error.into()),
        },
    };
    Ok(json(&value!({ "deleted": deleted })))
}

fn not_found(id: u32) -> Problem {
    Problem::missing(format!("content '{id}' not found"))
}

fn note(given: Option<&Value>) -> Result<Option<String>, Problem> {
    match given {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(note)) if note.is_empty() => Ok(None),
        Some(Value::String(note)) if note.chars().count() > NOTE => {
            Err(Problem::bad(format!("note must be at most {NOTE} characters")))
        }
        Some(Value::String(note)) => Ok(Some(note.clone())),
        Some(_) => Err(Problem::bad("note should be a string")),
    }
}

/// What is kept with content, from a JSON body: nothing else may stand there but `collab`, which is not the client's to say.
fn metadata(given: Option<&Value>) -> Result<Option<Content>, Problem> {
    let fields = match given {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(fields)) => fields,
        Some(_) => return Err(Problem::bad("metadata should be a json object")),
    };
    let known = ["content_id", "content_uri", "json", "collab"];
    if let Some(other) = fields.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(Problem::bad(format!(
            "Invalid metadata: `{}` is not one of its keys",
            cut(other)
        )));
    }
    let text = |key: &str| match fields.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Problem::bad(format!("Invalid metadata: `{key}` is no text"))),
    };
    let json = match fields.get("json") {
        None | Some(Value::Null) => None,
        Some(Value::Object(json)) => Some(Value::Object(json.clone()).to_string()),
        Some(_) => return Err(Problem::bad("Invalid metadata: `json` is no object")),
    };
    let content =
        Content { content_id: text("content_id")?, content_uri: text("content_uri")?, json };
    Ok((content != Content::default()).then_some(content))
}

/// The same from a form, in which some clients put the inner object in the place of the whole.
fn metadata_of_form(fields: &BTreeMap<String, String>) -> Result<Option<Content>, Problem> {
    let no_json = |_| Problem::bad("metadata form field must be valid JSON");
    let given = fields.get("metadata").map(|text| serde_json::from_str::<Value>(text)).transpose();
    let given = given.map_err(no_json)?;
    let inner = given.as_ref().and_then(Value::as_object).filter(|object| {
        let known = ["content_id", "content_uri", "json", "collab"];
        object.keys().any(|key| !known.contains(&key.as_str()))
    });
    let mut content = match inner {
        Some(inner) => {
            Content { json: Some(Value::Object(inner.clone()).to_string()), ..Content::default() }
        }
        None => metadata(given.as_ref())?.unwrap_or_default(),
    };
    content.content_id = content.content_id.or_else(|| fields.get("content_id").cloned());
    content.content_uri = content.content_uri.or_else(|| fields.get("content_uri").cloned());
    Ok((content != Content::default()).then_some(content))
}
