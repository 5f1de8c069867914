//! The hasher-matcher-actioner's matching routes, under `/m`.

use crate::app::{App, Shared};
use crate::auth::{Matches, Who};
use crate::body::{Declared, json};
use crate::error::{Answered, Problem};
use crate::hashing::{Upload, types};
use crate::params::Params;
use axum::extract::{Request, State};
use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use writ_commons::{Answer, Asked, Found, LookupError, Role, Sample};
use writ_hashbank::{Action, BankName, Coin, EntryState, Label, MemberId, Purpose};
use writ_signals::{Distance, Signal, SignalType, TYPES, Threshold, vpdq};
use writ_vocabulary::Instant;

/// How many matches are told at most.
const MOST: usize = 1_000;

/// Looking up.
pub(crate) fn look_ups() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(raw_lookup))
        .routes(routes!(lookup, lookup_upload))
        .routes(routes!(compare))
}

/// What tells nothing of any hash.
pub(crate) fn questions() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(index_status))
}

/// Look up a hash, whatever its bank's ratio or its standing.
///
/// Nearest first. What stands in negative banks is never told.
#[utoipa::path(get, path = "/m/raw_lookup", tag = "hma", params(
    ("signal" = String, Query, description = "The hash"),
    ("signal_type" = String, Query, description = "Its type"),
    ("banks" = Option<String>, Query, description = "Only these banks, joined by commas"),
    ("include_distance" = Option<bool>, Query, description = "Tell how far each is"),
), responses((status = 200, description = "`{\"matches\": [17, ...]}`, or with `{\"bank_content_id\", \"distance\"}` each", body = Object)))]
async fn raw_lookup(State(app): State<Shared>, params: Params) -> Answered {
    let (signal, kind) = (params.need("signal")?, params.need("signal_type")?);
    let with_distance = params.flag("include_distance", false)?;
    let signal = parse(&kind, &signal)?;
    let banks = params.banks();
    let near = match is_quick(&signal) {
        true => near(&app, &signal, banks.as_deref()),
        false => apart(&app, move |app| near(app, &signal, banks.as_deref())).await?,
    };
    let many = near.len();
    let answer = match with_distance {
        false => json(&Raw { matches: near.iter().map(|near| near.bank_content_id).collect() }),
        true => json(&Raw { matches: near }),
    };
    Ok(counted(answer, many))
}

#[derive(Serialize)]
struct Raw<T> {
    matches: Vec<T>,
}

/// A match without more.
#[derive(Serialize)]
struct Near {
    bank_content_id: u32,
    distance: String,
}

fn near(app: &App, signal: &Signal, banks: Option<&[BankName]>) -> Vec<Near> {
    let exact = matches!(signal.kind().threshold, Threshold::Equal);
    let mut near: Vec<Near> = Vec::new();
    let found = app.memory.near(signal, banks, MOST);
    let spares = |id| {
        app.memory.read(|state, now| {
            state.entry(id, now).is_none_or(|entry| entry.bank.purpose == Purpose::Negative)
        })
    };
    for (id, distance) in found {
        let entry = id.entry();
        if near.iter().any(|known| known.bank_content_id == entry.0) || spares(entry) {
            continue;
        }
        near.push(Near { bank_content_id: entry.0, distance: far(exact, distance) });
    }
    near
}

/// A distance as this interface writes it: a text, `-` where the type knows none.
fn far(exact: bool, distance: u32) -> String {
    if exact { "-".to_owned() } else { distance.to_string() }
}

/// Look up a hash, or a file at an address.
///
/// By hash: matches by bank. By address: one level more, by signal type. Each match also says what more is known of it.
#[utoipa::path(get, path = "/m/lookup", tag = "hma", params(
    ("signal" = Option<String>, Query, description = "The hash"),
    ("signal_type" = Option<String>, Query, description = "Its type"),
    ("url" = Option<String>, Query, description = "Where a file is, instead of a hash"),
    ("content_type" = Option<String>, Query, description = "What the file is"),
    ("types" = Option<String>, Query, description = "Signal types to hash the file to"),
    ("banks" = Option<String>, Query, description = "Only these banks, joined by commas"),
    ("seed" = Option<String>, Query, description = "Makes the coin of banks with a ratio fall the same each time"),
    ("bypass_coinflip" = Option<bool>, Query, description = "Let all banks take part whose ratio is not 0"),
), responses((status = 200, description = "Matches by bank", body = Object)))]
async fn lookup(State(app): State<Shared>, who: Who, params: Params) -> Answered {
    let asked = Coins::of(&app, &params)?;
    let Some(address) = params.some("url") else {
        let (Some(signal), Some(kind)) = (params.some("signal"), params.some("signal_type")) else {
            return Err(Problem::bad("Either url or both signal and signal_type are required"));
        };
        let sample = Sample { signal: parse(&kind, &signal)?, quality: None, page: None };
        let quick = is_quick(&sample.signal);
        let (reader, samples) = (who.role != Role::Matcher, vec![sample]);
        let answer = match quick {
            true => asked.look_up(&app, &who.member, &samples)?,
            false => apart(&app, move |app| asked.look_up(app, &who.member, &samples)).await??,
        };
        return Ok(counted(json(&by_bank(&answer.matches, reader)), answer.matches.len()));
    };
    let upload = Upload::fetch(&app, &address, &params).await?;
    let types = types(&params)?;
    let selected = params.some("signal_type").map(std::borrow::Cow::into_owned);
    of_file(&app, who, asked, upload, types, selected).await
}

/// Look up an uploaded file.
#[utoipa::path(post, path = "/m/lookup", tag = "hma", params(
    ("banks" = Option<String>, Query, description = "Only these banks, joined by commas"),
    ("bypass_coinflip" = Option<bool>, Query, description = "Let all banks take part whose ratio is not 0"),
    ("types" = Option<String>, Query, description = "Signal types, joined by commas"),
), request_body(content_type = "multipart/form-data", content = Object),
   responses((status = 200, description = "Matches by signal type, then by bank", body = Object)))]
async fn lookup_upload(
    State(app): State<Shared>,
    who: Who,
    params: Params,
    request: Request,
) -> Answered {
    let asked = Coins::of(&app, &params)?;
    let types = types(&params)?;
    let upload = Upload::read(&app, request).await?;
    of_file(&app, who, asked, upload, types, None).await
}

/// Hashes a file and looks up all its signals together: what may be done of it at once needs two that agree.
async fn of_file(
    app: &Shared,
    who: Who,
    asked: Coins,
    upload: Upload,
    types: Option<Vec<String>>,
    selected: Option<String>,
) -> Answered {
    let hashed = upload.hash_quickly(app, types).await?;
    let kinds: Vec<_> = hashed.samples.iter().map(|one| one.signal.kind().name).collect();
    let reader = who.role != Role::Matcher;
    let answer = apart(app, move |app| asked.look_up(app, &who.member, &hashed.samples)).await??;
    let many = answer.matches.len();
    Ok(counted(
        match selected {
            Some(kind) => json(&by_bank(of_kind(&answer, &kind), reader)),
            None => {
                let each =
                    kinds.into_iter().map(|kind| (kind, by_bank(of_kind(&answer, kind), reader)));
                json(&each.collect::<BTreeMap<_, _>>())
            }
        },
        many,
    ))
}

fn of_kind<'a>(answer: &'a Answer, kind: &'a str) -> impl Iterator<Item = &'a Found> {
    answer.matches.iter().filter(move |one| one.kind.as_str() == kind)
}

/// In which banks a look-up of this interface looks, and how the coin falls.
struct Coins {
    banks: Option<Vec<BankName>>,
    seed: Option<String>,
}

impl Coins {
    fn of(app: &App, params: &Params) -> Result<Self, Problem> {
        let banks = params.banks().map(|banks| {
            app.memory.read(|state, _| {
                banks.into_iter().filter(|bank| state.bank(bank).is_some()).collect()
            })
        });
        let seed = match (params.flag("bypass_coinflip", false)?, params.get("seed")) {
            (true, _) => None,
            (false, Some(seed)) => Some(seed.into_owned()),
            (false, None) => Some(drawn()?),
        };
        Ok(Self { banks, seed })
    }

    fn look_up(
        &self,
        app: &App,
        member: &MemberId,
        samples: &[Sample],
    ) -> Result<Answer, LookupError> {
        let coin = self.seed.as_deref().map_or(Coin::Bypass, Coin::Seed);
        let banks = self.banks.as_deref();
        // Banks were named, and none of them is here.
        if banks.is_some_and(<[_]>::is_empty) {
            return Ok(Answer { matches: Vec::new(), total: 0, spared_by: Vec::new() });
        }
        app.memory.look_up(&Asked { samples, member: Some(member), banks, coin, limit: MOST })
    }
}

/// A seed for a look-up that brings none.
pub(crate) fn drawn() -> Result<String, Problem> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|error| Problem::fault(&error))?;
    Ok(hex::encode(bytes))
}

/// A match, with what this interface's clients never learned from others.
#[derive(Serialize)]
struct Match<'a> {
    bank_content_id: u32,
    distance: String,
    #[serde(rename = "type")]
    kind: &'a str,
    /// Not for those who may not hold the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<&'a str>,
    state: EntryState,
    action: Action,
    labels: &'a [Label],
    members: &'a [MemberId],
}

fn by_bank<'a>(
    found: impl IntoIterator<Item = &'a Found>,
    reader: bool,
) -> BTreeMap<&'a str, Vec<Match<'a>>> {
    let mut banks: BTreeMap<&str, Vec<Match<'_>>> = BTreeMap::new();
    for one in found {
        let exact = SignalType::named(one.kind.as_str())
            .is_ok_and(|kind| matches!(kind.threshold, Threshold::Equal));
        let matches = banks.entry(one.bank.as_str()).or_default();
        // An entry may have several signals of a type; the nearest comes first.
        if matches
            .iter()
            .any(|known| known.bank_content_id == one.entry.0 && known.kind == one.kind.as_str())
        {
            continue;
        }
        matches.push(Match {
            bank_content_id: one.entry.0,
            distance: far(exact, one.distance),
            kind: one.kind.as_str(),
            hash: reader.then_some(one.hash.as_str()),
            state: one.state,
            action: one.action,
            labels: &one.labels,
            members: &one.members,
        });
    }
    banks
}

/// How the indexes stand. They are never behind: what is acknowledged is found.
#[utoipa::path(get, path = "/m/index/status", tag = "hma",
    params(("signal_type" = Option<String>, Query, description = "Only this type")),
    responses((status = 200, description = "`{\"pdq\": {\"present\": true, \"built_to\": 1795294800, \"size\": 3}}`", body = Object)))]
async fn index_status(State(app): State<Shared>, params: Params) -> Answered {
    let indexed = app.memory.status().indexed;
    let built_to = Instant::now().as_second();
    let each = chosen(&params)?.into_iter().map(|kind| {
        let size = indexed.get(kind.name).copied().unwrap_or_default();
        (kind.name, serde_json::json!({ "present": true, "built_to": built_to, "size": size }))
    });
    Ok(json(&each.collect::<BTreeMap<_, _>>()))
}

/// The signal types that a query asks for: the one it names, or all.
pub(crate) fn chosen(params: &Params) -> Result<Vec<&'static SignalType>, Problem> {
    let Some(name) = params.get("signal_type") else { return Ok(TYPES.to_vec()) };
    let unknown = |_| Problem::bad(format!("No such signal type '{}'", cut(&name)));
    Ok(vec![SignalType::named(&name).map_err(unknown)?])
}

/// Compare hashes in pairs, by the type's own threshold.
#[utoipa::path(post, path = "/m/compare", tag = "hma", request_body = Object,
    responses((status = 200, description = "`{\"pdq\": [true, {\"distance\": 9}]}`", body = Object)))]
async fn compare(
    State(app): State<Shared>,
    who: Who,
    Declared(asked): Declared<Value>,
) -> Answered {
    let Value::Object(asked) = asked else {
        return Err(Problem::bad("Request input was not a dict"));
    };
    app.rates.spend(&who, asked.len().saturating_sub(1))?;
    let compared: Result<Map<_, _>, _> =
        asked.iter().map(|(kind, pair)| Ok((kind.clone(), compared(kind, pair)?))).collect();
    compared.map(|compared| json(&compared))
}

fn compared(kind: &str, pair: &Value) -> Result<Value, Problem> {
    let Value::Array(pair) = pair else {
        return Err(Problem::bad(format!("Comparison hashes for {} was not a list", cut(kind))));
    };
    let [left, right] = pair.as_slice() else {
        return Err(Problem::bad("Comparison hash list length must be exactly 2"));
    };
    let known = named(kind)?;
    let read = |value: &Value| {
        let fault = |why: String| Problem::bad(format!("Invalid {kind} hash: {why}"));
        let text = value.as_str().ok_or_else(|| fault("it is not a text".to_owned()))?;
        known.parse(text).map_err(|error| fault(error.to_string()))
    };
    let compared = read(left)?.compare(&read(right)?, None);
    let compared = compared.map_err(|error| Problem::bad(error.to_string()))?;
    let distance = match compared.distance {
        Distance::Equal(_) => serde_json::json!({}),
        Distance::Number(distance) => serde_json::json!({ "distance": distance }),
        Distance::Shares(shares) => serde_json::json!({ "distance": shares }),
    };
    Ok(Value::Array(vec![compared.matches.into(), distance]))
}

/// The type of this name.
pub(crate) fn named(kind: &str) -> Result<&'static SignalType, Problem> {
    SignalType::named(kind).map_err(|_| Problem::bad(format!("No such SignalType '{}'", cut(kind))))
}

fn parse(kind: &str, text: &str) -> Result<Signal, Problem> {
    named(kind)?.parse(text).map_err(|error| Problem::bad(format!("invalid signal: {error}")))
}

/// Whether looking it up takes so little that it is done in place.
pub(crate) fn is_quick(signal: &Signal) -> bool {
    signal.kind().name != vpdq::TYPE.name
}

/// Does what takes a while where waiting is allowed.
pub(crate) async fn apart<T: Send + 'static>(
    app: &Shared,
    work: impl FnOnce(&App) -> T + Send + 'static,
) -> Result<T, Problem> {
    let app = Arc::clone(app);
    let done = tokio::task::spawn_blocking(move || work(&app)).await;
    done.map_err(|error| Problem::fault(&error))
}

pub(crate) fn counted(mut response: Response, matches: usize) -> Response {
    response.extensions_mut().insert(Matches(matches as u64));
    response
}

/// A text of a stranger, short enough to be told back.
pub(crate) fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}
