//! Tech Against Terrorism: its list of hashes of verified terrorist content.
//!
//! Wire form: the Python client `threatexchange` 1.2.17, `exchanges/clients/techagainstterrorism/api.py`. Each page
//! brings the checkpoint of its last record, and the next page is asked for by it; the address of a next page that
//! the answer offers as well is not followed.

use crate::config::{Given, Protocol};
use crate::follow::{Follower, From, Read, Source, Then, miscounted};
use crate::gather::{Gathered, signal};
use crate::http::{Answer, Ask, at, under};
use crate::{ConfigError, Feedback, FetchError, Field, FieldKind, Held, Http, Said, json};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;
use writ_hashbank::Verdict;
use writ_vocabulary::Instant;

pub(crate) static PROTOCOL: Protocol = Protocol {
    name: "tat",
    also: "tat",
    about: "Tech Against Terrorism's hash list, version 2",
    fields: &[Field::or("url", "https://app.terrorismanalytics.org", "where the service is")],
    credentials: &[
        Field::required("username", FieldKind::Text, "the user name of the hash list"),
        Field::required("password", FieldKind::Text, "its password"),
    ],
    make: |given| Follower::over(Tat::new(given)?, given),
};

/// How long a token is used before a new one is asked for, in minutes.
const TOKEN_MINUTES: i64 = 5;
/// The source of what the list says.
const SOURCE: &str = "tech-against-terrorism";
const VIDEOS: &[&str] = &["mov", "m4v", "mp4", "webm", "mkv", "avi"];
const PHOTOS: &[&str] = &["jpg", "jpeg", "png", "gif", "webp", "bmp", "tiff"];

struct Tat {
    http: Http,
    base: Url,
    username: String,
    password: String,
    /// The token in use, and when it was given. Held while one is asked for, so that one is asked for at a time.
    token: Mutex<Option<(String, Instant)>>,
}

/// The checkpoint of the last record seen: `<time>,<id>`; empty at the start.
#[derive(Serialize, Deserialize, PartialEq)]
struct Position {
    after: String,
}

#[derive(Deserialize)]
struct Around {
    count: Option<u64>,
    next: Option<String>,
    checkpoint: Option<String>,
}

#[derive(Deserialize)]
#[serde(expecting = "a record")]
struct Hash {
    id: u64,
    hash_digest: String,
    algorithm: String,
    #[serde(default)]
    ideology: Option<String>,
    #[serde(default)]
    file_type: Option<String>,
    #[serde(default)]
    deleted: bool,
}

impl Tat {
    fn new(given: &Given<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            http: given.http.clone(),
            base: given.http.base("url", given.needed("url")?)?,
            username: given.needed_credential("username")?,
            password: given.needed_credential("password")?,
            token: Mutex::new(None),
        })
    }

    fn list(&self) -> Url {
        under(&self.base, &["api", "hash-list", "v2", "all"])
    }

    /// A token, and whether it had been in use already.
    async fn token(&self, now: Instant) -> Result<(String, bool), FetchError> {
        let mut held = self.token.lock().await;
        if let Some((token, given)) = held.as_ref()
            && now.duration_since(*given).as_mins() < TOKEN_MINUTES
        {
            return Ok((token.clone(), true));
        }
        let url = under(&self.base, &["token-auth", "tcap", ""]);
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("username", &self.username)
            .append_pair("password", &self.password)
            .append_pair("resend", "False")
            .finish();
        let ask = Ask::post(url, "application/x-www-form-urlencoded", body.into_bytes());
        let answer = self.http.ask(ask).await?;
        let wrong = |what: String| FetchError::answer(&answer.at, what);
        let mut found = json::object(&answer.body).map_err(wrong)?;
        let Some(Value::String(token)) = found.remove("token") else {
            return Err(wrong("it gives no token".to_owned()));
        };
        if !(1..=8_192).contains(&token.len()) || !token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(wrong("its token cannot be sent in a header".to_owned()));
        }
        *held = Some((token.clone(), now));
        Ok((token, false))
    }

    /// The page, with a new token where the one in use is no longer accepted.
    async fn ask(&self, url: &Url, now: Instant) -> Result<Answer, FetchError> {
        loop {
            let (token, used) = self.token(now).await?;
            let ask = Ask::get(url.clone()).secret("authorization", &format!("Bearer {token}"));
            match self.http.ask(ask).await {
                Err(FetchError::Refused { .. }) if used => *self.token.lock().await = None,
                answer => return answer,
            }
        }
    }
}

#[async_trait]
impl Source for Tat {
    type Position = Position;

    fn at(&self) -> String {
        at(&reqwest::Method::GET, &self.list())
    }

    async fn page(&self, from: From<Position>) -> Result<Read<Position>, FetchError> {
        let after = from.position.map(|position| position.after).unwrap_or_default();
        let mut url = self.list();
        url.query_pairs_mut().append_pair("order", "asc").append_pair("after", &after);
        let answer = self.ask(&url, from.now).await?;
        let wrong = |what: String| FetchError::answer(&answer.at, what);
        let mut gathered = Gathered::default();
        let mut given = 0;
        let around = json::walk(&answer.body, "results", |value| {
            given += 1;
            take(&mut gathered, value);
        });
        let around: Around = serde_json::from_value(Value::Object(around.map_err(wrong)?))
            .map_err(|_| wrong("`count`, `next` or `checkpoint` is not of its form".to_owned()))?;
        let more = around.next.is_some_and(|next| !next.is_empty());
        let alone = !more && after.is_empty();
        if let Some(what) = around.count.and_then(|said| miscounted(said, given, alone)) {
            return Err(wrong(what));
        }
        let next = around.checkpoint.filter(|next| !next.is_empty());
        let next = onward(&after, next, more).map_err(wrong)?;
        let then = if more { Then::More } else { Then::Done };
        Ok(Read { gathered, next: Position { after: next }, then, whole: false })
    }

    async fn feedback(&self, _feedback: &[Feedback]) -> Result<(), FetchError> {
        Err(FetchError::Unsupported(
            "Tech Against Terrorism's hash list takes no feedback: write to its team".to_owned(),
        ))
    }
}

/// Where to go on, as long as it lies no earlier.
fn onward(after: &str, next: Option<String>, more: bool) -> Result<String, String> {
    let Some(next) = next else {
        let lost = "it says that there is more and gives no checkpoint for it".to_owned();
        return if more { Err(lost) } else { Ok(after.to_owned()) };
    };
    let time = |text: &str| text.split(',').next().and_then(|time| time.parse::<f64>().ok());
    let readable = next.len() <= 200 && time(&next).is_some_and(f64::is_finite);
    if !readable {
        return Err("its checkpoint is not of the form `<time>,<id>`".to_owned());
    }
    if time(&next) < time(after) {
        return Err(format!("it points back from {after} to {next}"));
    }
    Ok(next)
}

/// Takes in one record.
fn take(gathered: &mut Gathered, value: Option<Value>) {
    let id = |value: &Value| value.get("id").and_then(Value::as_u64).map(|id| id.to_string());
    let Some(hash) = gathered.read::<Hash>("a record", value, id) else { return };
    let key = hash.id.to_string();
    let Some(kind) = hash.kind() else {
        let file = hash.file_type.as_deref().unwrap_or("unknown file");
        return gathered.skip(&format!("{} of {file}", hash.algorithm), &key);
    };
    if hash.deleted {
        return gathered.gone(key);
    }
    match signal(kind, &hash.hash_digest) {
        Err(what) => gathered.malformed(Some(&key), format!("{}: {what}", hash.algorithm)),
        Ok(signal) => {
            let tags = hash.ideology.iter().cloned().collect();
            let said = Said { source: SOURCE.to_owned(), verdict: Verdict::Confirm, tags };
            let ideology = hash.ideology.as_deref().and_then(label);
            let labels = ideology.and_then(|label| label.parse().ok()).into_iter().collect();
            let held =
                Held { signals: vec![signal], labels, opinions: vec![said], ..Held::default() };
            gathered.held(key, held);
        }
    }
}

impl Hash {
    /// Which signal it is; a digest of a file is one of a video or of a photo.
    fn kind(&self) -> Option<&'static str> {
        let file = self.file_type.as_deref().unwrap_or_default().to_ascii_lowercase();
        let file = file.trim_start_matches('.');
        let (video, photo) = (VIDEOS.contains(&file), PHOTOS.contains(&file));
        match self.algorithm.to_ascii_uppercase().as_str() {
            "PDQ" => Some("pdq"),
            "MD5" if video => Some("video_md5"),
            "MD5" if photo => Some("photo_md5"),
            "SHA256" | "SHA-256" if video => Some("video_sha256"),
            "SHA256" | "SHA-256" if photo => Some("photo_sha256"),
            _ => None,
        }
    }
}

fn label(ideology: &str) -> Option<&'static str> {
    match ideology {
        "islamist" => Some("ideology/violent-islamist"),
        "far-right" => Some("ideology/violent-far-right"),
        _ => None,
    }
}
