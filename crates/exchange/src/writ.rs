//! Another Writ: the entries that it shares with us, and our opinions back.
//!
//! Wire form: `GET /v1/feed?since=<checkpoint>&limit=<n>`, `POST /v1/entries/<entry>/opinion`, both with the key as
//! bearer token (RFC 6750). A checkpoint is `<began>.<seen>`, as `writ_hashbank::Checkpoint` writes it.

use crate::config::{Given, Protocol};
use crate::follow::{Follower, From, Read, Source, Then};
use crate::gather::{Gathered, shortened, signal};
use crate::http::{Ask, at, under};
use crate::{ConfigError, Feedback, FetchError, Field, FieldKind, Held, Http, Said, json};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;
use writ_hashbank::{Checkpoint, Label, Signal, Verdict};
use writ_signals::TYPES;
use writ_vocabulary::Instant;

pub(crate) static PROTOCOL: Protocol = Protocol {
    name: "writ",
    also: "writ",
    about: "another Writ: entries with labels and opinions, withdrawals included",
    fields: &[
        Field::required("url", FieldKind::Text, "where it is: `https://hashes.partner.example`"),
        Field::optional("banks", FieldKind::List, "the banks to take from; none: all of them"),
    ],
    credentials: &[Field::required("key", FieldKind::Text, "the key that it gave us")],
    make: |given| Follower::over(Writ::new(given)?, given),
};

/// The entries asked for at once.
const PAGE: &str = "1000";

struct Writ {
    http: Http,
    base: Url,
    key: String,
    banks: Vec<String>,
}

/// The partner's own checkpoint.
#[derive(Serialize, Deserialize, PartialEq)]
struct Position {
    since: Checkpoint,
}

/// What stands beside the entries.
#[derive(Deserialize)]
struct Around {
    next: Option<Checkpoint>,
    #[serde(default)]
    more: bool,
    resync: Option<String>,
}

#[derive(Deserialize)]
#[serde(expecting = "an entry")]
struct Entry {
    entry: u64,
    #[serde(default)]
    bank: String,
    state: String,
    #[serde(default)]
    signals: Vec<Hash>,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default)]
    opinions: Vec<Opinion>,
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    expires: Option<Instant>,
    #[serde(default)]
    review_by: Option<Instant>,
}

#[derive(Deserialize)]
#[serde(expecting = "a hash")]
struct Hash {
    #[serde(rename = "type")]
    kind: String,
    hash: String,
    #[serde(default)]
    quality: Option<u8>,
}

#[derive(Deserialize)]
#[serde(expecting = "an opinion")]
struct Opinion {
    member: String,
    #[serde(default)]
    verdict: Option<Verdict>,
    #[serde(default)]
    labels: Vec<String>,
}

impl Writ {
    fn new(given: &Given<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            http: given.http.clone(),
            base: given.http.base("url", given.needed("url")?)?,
            key: given.needed_credential("key")?,
            banks: given.list("banks")?,
        })
    }

    fn keyed(&self, ask: Ask) -> Ask {
        ask.secret("authorization", &format!("Bearer {}", self.key))
    }

    fn take(&self, gathered: &mut Gathered, value: Option<Value>) {
        let number =
            |value: &Value| value.get("entry").and_then(Value::as_u64).map(|n| n.to_string());
        let Some(entry) = gathered.read::<Entry>("an entry", value, number) else { return };
        if !self.banks.is_empty() && !self.banks.contains(&entry.bank) {
            return gathered.skip("other banks", &entry.entry.to_string());
        }
        let key = entry.entry.to_string();
        match entry.state.as_str() {
            "active" | "disputed" => {
                if let Some(held) = entry.held(gathered) {
                    gathered.held(key, held);
                }
            }
            // What the partner itself does not match by, for now or for good, we do not take on its word.
            "quarantined" | "withdrawn" | "expired" => gathered.gone(key),
            other => {
                let what = format!("the state `{}` is unknown", shortened(other, 40));
                gathered.malformed(Some(&key), what);
            }
        }
    }
}

#[async_trait]
impl Source for Writ {
    type Position = Position;

    fn at(&self) -> String {
        at(&reqwest::Method::GET, &under(&self.base, &["v1", "feed"]))
    }

    async fn page(&self, from: From<Position>) -> Result<Read<Position>, FetchError> {
        let since = from.position.map_or(Checkpoint::START, |position| position.since);
        let mut url = under(&self.base, &["v1", "feed"]);
        url.query_pairs_mut().append_pair("since", &since.to_string()).append_pair("limit", PAGE);
        let answer = self.http.ask(self.keyed(Ask::get(url))).await?;
        let wrong = |what: String| FetchError::answer(&answer.at, what);
        let mut gathered = Gathered::default();
        let around = json::walk(&answer.body, "entries", |value| self.take(&mut gathered, value));
        let around: Around = serde_json::from_value(Value::Object(around.map_err(wrong)?))
            .map_err(|_| wrong("`next`, `more` or `resync` is not of its form".to_owned()))?;
        if let Some(why) = around.resync {
            return Err(FetchError::Stale { why: shortened(&why, 200) });
        }
        let next = around.next.ok_or_else(|| wrong("it does not say where to go on".to_owned()))?;
        if next.seen < since.seen {
            return Err(wrong(format!("it points back from {since} to {next}")));
        }
        let then = if around.more { Then::More } else { Then::Done };
        Ok(Read { gathered, next: Position { since: next }, then, whole: false })
    }

    async fn feedback(&self, feedback: &[Feedback]) -> Result<(), FetchError> {
        for said in feedback {
            let url = under(&self.base, &["v1", "entries", &said.key, "opinion"]);
            let body = match &said.reason {
                Some(reason) => json!({ "verdict": said.verdict, "reason": reason }),
                None => json!({ "verdict": said.verdict }),
            };
            let ask = Ask::post(url, "application/json", body.to_string().into_bytes());
            self.http.ask(self.keyed(ask)).await?;
        }
        Ok(())
    }
}

impl Entry {
    /// What the partner holds, or nothing where no hash of it can be read: then what was known of it stays.
    fn held(self, gathered: &mut Gathered) -> Option<Held> {
        let key = self.entry.to_string();
        let mut held = Held {
            note: self
                .note
                .or_else(|| (!self.bank.is_empty()).then(|| format!("bank {}", self.bank))),
            expires: self.expires,
            review_by: self.review_by,
            ..Held::default()
        };
        let mut unread = false;
        for hash in self.signals {
            match hash.read() {
                None => gathered.skip(&hash.kind, &hash.hash),
                Some(Ok(signal)) => held.signals.push(signal),
                Some(Err(what)) => {
                    unread = true;
                    gathered.malformed(Some(&key), format!("{}: {what}", hash.kind));
                }
            }
        }
        for text in self.labels {
            match text.parse::<Label>() {
                Ok(label) => held.labels.push(label),
                Err(error) => gathered.malformed(Some(&key), error.to_string()),
            }
        }
        held.opinions = self.opinions.into_iter().map(Opinion::said).collect();
        (!held.signals.is_empty() || !unread).then_some(held)
    }
}

impl Hash {
    /// The hash; nothing where we do not hold its type.
    fn read(&self) -> Option<Result<Signal, String>> {
        let known = TYPES.iter().find(|known| known.name == self.kind)?;
        let quality = self.quality.filter(|quality| *quality <= 100);
        Some(signal(known.name, &self.hash).map(|signal| Signal { quality, ..signal }))
    }
}

impl Opinion {
    /// What a member says; one who gave no verdict has seen it.
    fn said(self) -> Said {
        let verdict = self.verdict.unwrap_or(Verdict::Seen);
        Said { source: self.member, verdict, tags: self.labels }
    }
}
