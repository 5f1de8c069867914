//! StopNCII: hashes of intimate images that people reported themselves, and what providers said of them.
//!
//! Wire form: the Python client `threatexchange` 1.2.17, `exchanges/clients/stopncii/api.py`. Writ serves the same
//! form, so that clients of the one can use the other.

use crate::config::{Given, Protocol};
use crate::follow::{Follower, From, Read, Source, Then, miscounted};
use crate::gather::{Gathered, key_of, signal};
use crate::http::{Ask, at, under};
use crate::{ConfigError, Feedback, FetchError, Field, FieldKind, Held, Http, Said, json};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use url::Url;
use writ_hashbank::Verdict;
use writ_vocabulary::Instant;

pub(crate) static PROTOCOL: Protocol = Protocol {
    name: "stopncii",
    also: "stop_ncii",
    about: "StopNCII, or any service that speaks its form",
    fields: &[Field::or("url", "https://api.stopncii.org/v1", "where the service is")],
    credentials: &[
        Field::required("fetch_function_key", FieldKind::Text, "the key for FetchHashes"),
        Field::required("subscription_key", FieldKind::Text, "the subscription key, sent with all"),
        Field::optional("feedback_function_key", FieldKind::Text, "the key for SubmitFeedback"),
        Field::optional(
            "base_url_override",
            FieldKind::Text,
            "where the service is, instead of `url`: clients in use send it among the credentials",
        ),
    ],
    make: |given| Follower::over(StopNcii::new(given)?, given),
};

/// The place before everything, as the Python client has it.
const START: i64 = 10;
/// The records asked for at once, as the Python client does.
const PAGE: &str = "800";
/// The verdicts sent at once.
const BATCH: usize = 500;

struct StopNcii {
    http: Http,
    base: Url,
    fetch_key: String,
    feedback_key: Option<String>,
    subscription_key: String,
}

/// A place: everything changed at or after `start`, a Unix time; within it, the page behind `token`.
#[derive(Serialize, Deserialize, PartialEq)]
struct Position {
    start: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// What stands beside the records.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Around {
    count: Option<u64>,
    next_page_token: Option<String>,
    next_set_timestamp: Option<i64>,
    has_more_records: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(expecting = "a record")]
struct Hash {
    signal_type: String,
    hash_value: String,
    #[serde(default)]
    hash_status: String,
    #[serde(default)]
    case_numbers: Value,
    #[serde(default, rename = "CSPFeedbacks")]
    feedbacks: Option<Vec<Spoken>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(expecting = "what a provider says")]
struct Spoken {
    #[serde(default)]
    source: String,
    #[serde(default)]
    feedback_value: String,
    #[serde(default)]
    tags: Option<Vec<String>>,
}

impl StopNcii {
    fn new(given: &Given<'_>) -> Result<Self, ConfigError> {
        let base = match given.credential("base_url_override") {
            Some(base) => given.http.base("base_url_override", base)?,
            None => given.http.base("url", given.needed("url")?)?,
        };
        let feedback_key = given.credential("feedback_function_key");
        Ok(Self {
            http: given.http.clone(),
            base,
            fetch_key: given.needed_credential("fetch_function_key")?,
            feedback_key: feedback_key
                .map(|_| given.needed_credential("feedback_function_key"))
                .transpose()?,
            subscription_key: given.needed_credential("subscription_key")?,
        })
    }

    fn keyed(&self, ask: Ask, function_key: &str) -> Ask {
        ask.secret("x-functions-key", function_key)
            .secret("ocp-apim-subscription-key", &self.subscription_key)
    }

    /// The page behind the place: a token that is old is not used, and its start is read again.
    fn page_url(&self, position: &Position, in_time: bool) -> Url {
        let mut url = under(&self.base, &["FetchHashes"]);
        let mut query = url.query_pairs_mut();
        query.append_pair("startTimestamp", &position.start.to_string());
        query.append_pair("pageSize", PAGE);
        if let Some(token) = &position.token
            && in_time
        {
            query.append_pair("nextPageToken", token);
        }
        drop(query);
        url
    }
}

#[async_trait]
impl Source for StopNcii {
    type Position = Position;

    // As the Python client has it: what is withdrawn is told for so long.
    const STALE_AFTER: Option<i64> = Some(30);

    fn at(&self) -> String {
        at(&reqwest::Method::GET, &under(&self.base, &["FetchHashes"]))
    }

    async fn page(&self, from: From<Position>) -> Result<Read<Position>, FetchError> {
        let in_time = from.in_time();
        let place = from.position.unwrap_or(Position { start: START, token: None });
        let ask = self.keyed(Ask::get(self.page_url(&place, in_time)), &self.fetch_key);
        let answer = self.http.ask(ask).await?;
        let wrong = |what: String| FetchError::answer(&answer.at, what);
        let mut gathered = Gathered::default();
        let mut given = 0;
        let around = json::walk(&answer.body, "hashRecords", |value| {
            given += 1;
            take(&mut gathered, value);
        });
        let around: Around = serde_json::from_value(Value::Object(around.map_err(wrong)?))
            .map_err(|_| {
                wrong(
                    "`hasMoreRecords`, `nextSetTimestamp` or `count` is missing or not of its form"
                        .to_owned(),
                )
            })?;
        let alone = place.token.is_none() && !around.has_more_records;
        let miscount = around.count.and_then(|said| miscounted(said, given, alone));
        if let Some(what) = miscount {
            return Err(wrong(what));
        }
        let (next, then) = onward(&place, around, from.now).map_err(wrong)?;
        Ok(Read { gathered, next, then, whole: false })
    }

    async fn feedback(&self, feedback: &[Feedback]) -> Result<(), FetchError> {
        let Some(key) = &self.feedback_key else {
            return Err(FetchError::Unsupported(
                "the credential `feedback_function_key` is not set: ask the partner for a key to SubmitFeedback"
                    .to_owned(),
            ));
        };
        let spoken: Vec<Value> = feedback.iter().flat_map(written).collect();
        for batch in spoken.chunks(BATCH) {
            let body = json!({ "count": batch.len(), "hashFeedbacks": batch }).to_string();
            let url = under(&self.base, &["SubmitFeedback"]);
            let ask = Ask::post(url, "application/json", body.into_bytes());
            self.http.ask(self.keyed(ask, key)).await?;
        }
        Ok(())
    }
}

/// Where to go on: behind the token while there is more, from the next time once there is none.
fn onward(place: &Position, around: Around, now: Instant) -> Result<(Position, Then), String> {
    if around.has_more_records {
        let token = around.next_page_token.filter(|token| !token.is_empty());
        let token = token.ok_or("it says that there is more and gives no token for it")?;
        if token.len() > 8_192 {
            return Err("its page token is longer than 8,192 bytes".to_owned());
        }
        return Ok((Position { start: place.start, token: Some(token) }, Then::More));
    }
    let start = around.next_set_timestamp.unwrap_or(place.start);
    if start < place.start {
        return Err(format!("it points back from {} to {start}", place.start));
    }
    // A time to come would leave out all that changes until then.
    if start > now.as_second() + 86_400 {
        return Err(format!("it points to {start}, a time to come"));
    }
    Ok((Position { start, token: None }, Then::Done))
}

/// Takes in one record.
fn take(gathered: &mut Gathered, value: Option<Value>) {
    let Some(hash) = gathered.read::<Hash>("a record", value, |_| None) else { return };
    let kind = match hash.signal_type.as_str() {
        "ImagePDQ" => "pdq",
        "VideoMD5" => "video_md5",
        other => return gathered.skip(other, &hash.hash_value),
    };
    match signal(kind, &hash.hash_value) {
        Err(what) => gathered.malformed(None, format!("{}: {what}", hash.signal_type)),
        Ok(signal) if hash.is_gone() => gathered.gone(key_of(&signal)),
        Ok(signal) => {
            let opinions =
                hash.feedbacks.unwrap_or_default().into_iter().filter_map(said).collect();
            let key = key_of(&signal);
            gathered.held(key, Held { signals: vec![signal], opinions, ..Held::default() });
        }
    }
}

impl Hash {
    /// Withdrawn or deleted: as a whole, or every case of it. (The Python client looks for the word in the hash's
    /// value instead, so that withdrawals never reach it.)
    fn is_gone(&self) -> bool {
        let ended = |status: &str| matches!(status, "Withdrawn" | "Deleted");
        // An empty table comes as an empty list from some.
        let cases: BTreeMap<String, Value> =
            serde_json::from_value(self.case_numbers.clone()).unwrap_or_default();
        let none_open = !cases.is_empty() && cases.values().all(|s| s.as_str().is_some_and(ended));
        ended(&self.hash_status) || none_open
    }
}

/// What a provider says; nothing where it took its word back or gave none.
fn said(spoken: Spoken) -> Option<Said> {
    let tags = spoken.tags.unwrap_or_default();
    let verdict = match spoken.feedback_value.as_str() {
        "Blocked" => Verdict::Confirm,
        "NotBlocked" => Verdict::NotTerrorist,
        "Withdrawn" | "Deleted" => return None,
        "PendingReview" => Verdict::Seen,
        _ if tags.is_empty() => return None,
        _ => Verdict::Seen,
    };
    Some(Said { source: spoken.source, verdict, tags })
}

/// A verdict as it is sent, for each of its hashes. That content is something else than its labels say has no word of
/// its own here: it goes as a tag.
fn written(feedback: &Feedback) -> impl Iterator<Item = Value> + '_ {
    let (value, tag) = match feedback.verdict {
        Verdict::Confirm => ("Blocked", None),
        Verdict::NotTerrorist => ("NotBlocked", None),
        Verdict::Dispute => ("None", Some("disputed")),
        Verdict::Seen => ("PendingReview", None),
    };
    let tags: Vec<&str> = feedback.tags.iter().map(String::as_str).chain(tag).collect();
    feedback.signals.iter().map(
        move |signal| json!({ "tags": tags, "feedbackValue": value, "hashValue": signal.hash }),
    )
}
