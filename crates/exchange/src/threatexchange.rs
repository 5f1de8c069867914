//! ThreatExchange: what a privacy group of that platform shares, and reactions back.
//!
//! Wire form: the Python client `threatexchange` 1.2.17, `exchanges/clients/fb_threatexchange/api.py`, and the
//! platform's public reference of `/threat_updates`. Notices of what is gone are kept there for 90 days. The access
//! token travels in the query, as the platform has it; the address of a next page repeats it, so that it is taken out
//! before anything is kept.

use crate::config::{Given, Protocol};
use crate::follow::{Follower, From, Read, Source, Then};
use crate::gather::{Gathered, shortened, signal};
use crate::http::{Ask, at, same_origin, under};
use crate::{ConfigError, Feedback, FetchError, Field, FieldKind, Held, Http, Said, json};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use url::Url;
use writ_hashbank::Verdict;

pub(crate) static PROTOCOL: Protocol = Protocol {
    name: "threatexchange",
    also: "fb_threatexchange",
    about: "a privacy group of ThreatExchange",
    fields: &[
        Field::required("privacy_group", FieldKind::Number, "the id of the privacy group"),
        Field::or("url", "https://graph.facebook.com/v26.0", "where the platform is"),
    ],
    credentials: &[Field::required("api_token", FieldKind::Text, "the app's access token")],
    make: |given| Follower::over(ThreatExchange::new(given)?, given),
};

/// What is asked of each update.
const FIELDS: &str =
    "id,indicator,type,last_updated,should_delete,descriptors{id,reactions,owner{id},tags,status}";
/// The updates asked for at once.
const PAGE: &str = "100";
/// The name of the token in a query.
const TOKEN: &str = "access_token";

/// Which indicator is which signal, and the tag without which it is not.
const KINDS: &[(&str, Option<&str>, &str)] = &[
    ("HASH_PDQ", None, "pdq"),
    ("HASH_VIDEO_MD5", None, "video_md5"),
    ("HASH_VIDEO_SHA256", None, "video_sha256"),
    ("HASH_TEXT_TLSH", None, "text_tlsh"),
    ("HASH_MD5", Some("media_type_video"), "video_md5"),
    ("HASH_MD5", Some("media_type_photo"), "photo_md5"),
    ("HASH_SHA256", Some("media_type_video"), "video_sha256"),
    ("HASH_SHA256", Some("media_type_photo"), "photo_sha256"),
];

struct ThreatExchange {
    http: Http,
    base: Url,
    group: String,
    token: String,
}

/// A place: everything updated at or after `start`, a Unix time; within it, the page that `next` asks for.
#[derive(Serialize, Deserialize, PartialEq)]
struct Position {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start: Option<i64>,
    /// The latest update seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    highest: Option<i64>,
    /// The query of the next page, without the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Deserialize)]
#[serde(expecting = "an update")]
struct Update {
    id: Id,
    indicator: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    last_updated: Option<Number>,
    #[serde(default)]
    should_delete: bool,
    #[serde(default)]
    descriptors: Option<Listed<Descriptor>>,
}

#[derive(Deserialize)]
#[serde(expecting = "a descriptor")]
struct Descriptor {
    id: Option<Id>,
    owner: Option<Owner>,
    #[serde(default)]
    status: String,
    #[serde(default)]
    tags: Option<Tags>,
    #[serde(default)]
    reactions: Vec<Reaction>,
}

#[derive(Deserialize)]
#[serde(expecting = "an owner")]
struct Owner {
    id: Id,
}

#[derive(Deserialize)]
#[serde(expecting = "a reaction")]
struct Reaction {
    key: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with the list `data`")]
struct Listed<T> {
    #[serde(default = "Vec::new")]
    data: Vec<T>,
}

/// Tags come in three ways.
#[derive(Deserialize)]
#[serde(untagged, expecting = "tags are neither texts nor objects with `text`")]
enum Tags {
    Listed(Listed<Tag>),
    Plain(Vec<Tag>),
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a tag is neither text nor an object with `text`")]
enum Tag {
    Object { text: String },
    Text(String),
}

/// An id, as text or as a number.
#[derive(Deserialize)]
#[serde(untagged, expecting = "an id is neither text nor a number")]
enum Id {
    Text(String),
    Number(u64),
}

/// A time, as a number or as text.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a time is neither a number nor text")]
enum Number {
    Number(i64),
    Text(String),
}

impl ThreatExchange {
    fn new(given: &Given<'_>) -> Result<Self, ConfigError> {
        let group = given.number("privacy_group")?;
        let group = group.ok_or_else(|| ConfigError::wrong("privacy_group", "it is not given"))?;
        Ok(Self {
            http: given.http.clone(),
            base: given.http.base("url", given.needed("url")?)?,
            group: group.to_string(),
            token: given.needed_credential("api_token")?,
        })
    }

    /// With a `/` at its end, as the Python client asks it.
    fn updates(&self) -> Url {
        under(&self.base, &[&self.group, "threat_updates", ""])
    }

    fn with_token(&self, mut url: Url) -> Url {
        url.query_pairs_mut().append_pair(TOKEN, &self.token);
        url
    }

    fn page_url(&self, place: &Position, cursor: Option<&str>) -> Url {
        let mut url = self.updates();
        if let Some(query) = cursor {
            url.set_query(Some(query));
            return self.with_token(url);
        }
        url.query_pairs_mut().append_pair("limit", PAGE).append_pair("fields", FIELDS);
        if let Some(start) = place.start {
            url.query_pairs_mut().append_pair("start_time", &start.to_string());
        }
        self.with_token(url)
    }

    /// The query of the next page without the token, as long as it leads to this group's updates.
    fn query(&self, next: &str) -> Result<String, String> {
        let url = Url::parse(next).map_err(|_| "`paging.next` is no URL".to_owned())?;
        let slash = |url: &Url| url.path().trim_end_matches('/').to_owned();
        if !same_origin(&url, &self.base) || slash(&url) != slash(&self.updates()) {
            return Err("`paging.next` leads elsewhere than to this group's updates".to_owned());
        }
        let mut kept = url::form_urlencoded::Serializer::new(String::new());
        kept.extend_pairs(url.query_pairs().filter(|(name, _)| name != TOKEN));
        let kept = kept.finish();
        // A token that is repeated under another name must not be kept either.
        if kept.len() > 8_192
            || url.query_pairs().any(|(n, v)| n != TOKEN && v.contains(&self.token))
        {
            return Err("`paging.next` cannot be kept".to_owned());
        }
        Ok(kept)
    }

    /// The descriptors that members wrote about an indicator: reactions go to these.
    async fn descriptors(&self, indicator: &str) -> Result<Vec<Id>, FetchError> {
        let mut url = under(&self.base, &[indicator]);
        url.query_pairs_mut().append_pair("fields", "descriptors{id}");
        let answer = self.http.ask(Ask::get(self.with_token(url))).await?;
        let wrong = |what: String| FetchError::answer(&answer.at, what);
        let mut found = json::object(&answer.body).map_err(wrong)?;
        let listed = found.remove("descriptors").unwrap_or_default();
        let listed: Option<Listed<Descriptor>> = serde_json::from_value(listed)
            .map_err(|_| wrong("`descriptors` is not of its form".to_owned()))?;
        let ids = listed.into_iter().flat_map(|listed| listed.data);
        Ok(ids.filter_map(|descriptor| descriptor.id).collect())
    }
}

#[async_trait]
impl Source for ThreatExchange {
    type Position = Position;

    // The platform keeps notices for 90 days; the Python client leaves five of them for the reading.
    const STALE_AFTER: Option<i64> = Some(85);

    fn at(&self) -> String {
        at(&reqwest::Method::GET, &self.updates())
    }

    async fn page(&self, from: From<Position>) -> Result<Read<Position>, FetchError> {
        let none = Position { start: None, highest: None, next: None };
        let in_time = from.in_time();
        let place = from.position.unwrap_or(none);
        let cursor = place.next.as_deref().filter(|_| in_time);
        let answer = self.http.ask(Ask::get(self.page_url(&place, cursor))).await?;
        let wrong = |what: String| FetchError::answer(&answer.at, what);
        let mut gathered = Gathered::default();
        let mut highest = place.highest.or(place.start);
        let mut listed = false;
        let around = json::walk(&answer.body, "data", |value| {
            listed = true;
            // A time to come would leave out all that changes until then.
            let seen = take(&mut gathered, value).filter(|seen| *seen <= from.now.as_second());
            highest = highest.max(seen);
        });
        let around = around.map_err(wrong)?;
        if !listed && !around.contains_key("paging") && around.contains_key("error") {
            return Err(wrong("it holds an error instead of updates".to_owned()));
        }
        let next = next_page(&around).map(|next| self.query(next)).transpose().map_err(wrong)?;
        Ok(match next {
            Some(next) => {
                let next = Position { start: place.start, highest, next: Some(next) };
                Read { gathered, next, then: Then::More, whole: false }
            }
            None => {
                let next = Position { start: highest, highest: None, next: None };
                Read { gathered, next, then: Then::Done, whole: false }
            }
        })
    }

    async fn feedback(&self, feedback: &[Feedback]) -> Result<(), FetchError> {
        for said in feedback {
            let reaction = match said.verdict {
                Verdict::Confirm => "HELPFUL",
                Verdict::Dispute => "DISAGREE_WITH_TAGS",
                Verdict::NotTerrorist => "NOT_HELPFUL",
                Verdict::Seen => "SAW_THIS_TOO",
            };
            for descriptor in self.descriptors(&said.key).await? {
                let url = self.with_token(under(&self.base, &[&descriptor.text()]));
                let body = format!("reactions={reaction}").into_bytes();
                self.http.ask(Ask::post(url, "application/x-www-form-urlencoded", body)).await?;
            }
        }
        Ok(())
    }
}

fn next_page(around: &Map<String, Value>) -> Option<&str> {
    around.get("paging")?.get("next")?.as_str().filter(|next| !next.is_empty())
}

/// Takes in one update, and tells when it was made.
fn take(gathered: &mut Gathered, value: Option<Value>) -> Option<i64> {
    let id = |value: &Value| value.get("id").and_then(Value::as_str).map(str::to_owned);
    let update: Update = gathered.read("an update", value, id)?;
    let at = update.last_updated.as_ref().and_then(Number::value);
    let key = update.id.text();
    if !KINDS.iter().any(|(indicator, ..)| *indicator == update.kind) {
        gathered.skip(&update.kind, &key);
        return at;
    }
    // What has no descriptors is gone as well, whatever it says (issue 834 of the Python client). So is what has none
    // whose owner may be seen.
    let opinions = update.descriptors.map(|listed| opinions(&listed.data)).unwrap_or_default();
    if update.should_delete || opinions.is_empty() {
        gathered.gone(key);
        return at;
    }
    let tagged = |tag: &str| opinions.iter().any(|said| said.tags.iter().any(|own| own == tag));
    let meant = |(indicator, tag, _): &&(&str, Option<&str>, &str)| {
        *indicator == update.kind && tag.is_none_or(tagged)
    };
    match KINDS.iter().find(meant).map(|(.., kind)| signal(kind, &update.indicator)) {
        None => gathered.skip(&update.kind, &key),
        Some(Err(what)) => gathered.malformed(Some(&key), format!("{}: {what}", update.kind)),
        Some(Ok(signal)) => {
            gathered.held(key, Held { signals: vec![signal], opinions, ..Held::default() });
        }
    }
    at
}

/// What owners say in their descriptors, and what others say by reacting; an owner's own words come first.
fn opinions(descriptors: &[Descriptor]) -> Vec<Said> {
    let mut explicit = BTreeMap::new();
    let mut implied: BTreeMap<String, Verdict> = BTreeMap::new();
    for descriptor in descriptors {
        // Some descriptors are seen and their owner is not: nobody says what they say.
        let Some(owner) = &descriptor.owner else { continue };
        let verdict = match descriptor.status.as_str() {
            "MALICIOUS" => Verdict::Confirm,
            "NON_MALICIOUS" => Verdict::NotTerrorist,
            _ => Verdict::Seen,
        };
        let tags = descriptor.tags.as_ref().map(Tags::texts).unwrap_or_default();
        explicit.insert(owner.id.text(), (verdict, tags));
        for reaction in &descriptor.reactions {
            for who in reaction.value.split(',').map(str::trim).filter(|who| !who.is_empty()) {
                react(&mut implied, who, &reaction.key);
            }
        }
    }
    let others = implied.into_iter().filter(|(who, _)| !explicit.contains_key(who));
    let others: Vec<_> = others.map(|(who, verdict)| (who, (verdict, Vec::new()))).collect();
    let all = explicit.into_iter().chain(others);
    all.map(|(source, (verdict, tags))| Said { source, verdict, tags }).collect()
}

/// Helpful counts for more than a disagreement of the same member on another descriptor, as the Python client has it.
fn react(implied: &mut BTreeMap<String, Verdict>, who: &str, reaction: &str) {
    let verdict = match reaction {
        "HELPFUL" => Verdict::Confirm,
        "DISAGREE_WITH_TAGS" | "NOT_HELPFUL" => Verdict::Dispute,
        "SAW_THIS_TOO" => Verdict::Seen,
        _ => return,
    };
    let rank = |verdict: &Verdict| match verdict {
        Verdict::Confirm => 2,
        Verdict::Dispute | Verdict::NotTerrorist => 1,
        Verdict::Seen => 0,
    };
    let known = implied.entry(who.to_owned()).or_insert(verdict);
    if rank(&verdict) > rank(known) {
        *known = verdict;
    }
}

impl Tags {
    fn texts(&self) -> Vec<String> {
        let (Self::Plain(tags) | Self::Listed(Listed { data: tags })) = self;
        let text = |tag: &Tag| match tag {
            Tag::Text(text) | Tag::Object { text } => text.clone(),
        };
        tags.iter().map(text).collect()
    }
}

impl Id {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => shortened(text, 200),
            Self::Number(number) => number.to_string(),
        }
    }
}

impl Number {
    fn value(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
        }
    }
}
