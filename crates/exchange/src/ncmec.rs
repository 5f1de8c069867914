//! NCMEC hash sharing, version 2: fingerprints that member providers report, in XML.
//!
//! Wire form: the Python client `threatexchange` 1.2.17, `exchanges/clients/ncmec/hash_api.py`. Entries of a window of
//! time come in any order, so that only a window read to its end moves the place; a page within it can be gone on from
//! for twelve hours. A window with very many entries is made smaller before it is read.

use crate::config::{Given, Protocol};
use crate::follow::{Follower, From, Read, Source, Then, miscounted};
use crate::gather::{Gathered, shortened, signal};
use crate::http::{Ask, at, same_origin, under};
use crate::xml::{self, Element};
use crate::{ConfigError, Feedback, FetchError, Field, FieldKind, Held, Http, Said};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use url::Url;
use writ_hashbank::Verdict;
use writ_vocabulary::Instant;

pub(crate) static PROTOCOL: Protocol = Protocol {
    name: "ncmec",
    also: "ncmec",
    about: "NCMEC hash sharing, version 2",
    fields: &[
        Field::or(
            "url",
            "https://report.cybertip.org/hashsharing",
            "which database: the URL before `/v2`",
        ),
        Field::optional("only_esp_ids", FieldKind::List, "members to take from; none: all of them"),
        Field::optional(
            "negative_reason",
            FieldKind::Text,
            "the id (GUID) of the reason sent with negative feedback, where the database has several",
        ),
    ],
    credentials: &[
        Field::required("user", FieldKind::Text, "the user name that NCMEC gave"),
        Field::required("password", FieldKind::Text, "its password"),
    ],
    make: |given| Follower::over(Ncmec::new(given)?, given),
};

/// The namespace of what is sent.
const NAMESPACE: &str = "https://hashsharing.ncmec.org/hashsharing/v2";
/// How many entries of a window are too many, so that it is made smaller.
const MANY: u64 = 400_000;
/// By how much.
const SHRINK: i64 = 4;
/// The smallest window, in seconds.
const SMALLEST: i64 = 3_600;
/// How far behind the clock a window ends, in seconds, so that nothing is being written in it.
const BEHIND: i64 = 5;

struct Ncmec {
    http: Http,
    base: Url,
    authorization: String,
    only: Vec<String>,
    negative_reason: Option<String>,
}

/// A place: everything before `from`, a Unix time, has been read.
#[derive(Serialize, Deserialize, PartialEq)]
struct Position {
    from: i64,
    /// How much to ask for next, in seconds; none: all there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    width: Option<i64>,
    /// A page within the window that begins there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    within: Option<Within>,
}

#[derive(Serialize, Deserialize, PartialEq)]
struct Within {
    /// The window's end.
    to: i64,
    /// The query that gives the page.
    next: String,
}

/// What a page says beside its entries.
struct Around {
    next: Option<String>,
    given: usize,
    said: Option<u64>,
}

impl Ncmec {
    fn new(given: &Given<'_>) -> Result<Self, ConfigError> {
        use base64::Engine as _;
        let user = given.needed_credential("user")?;
        let pair = format!("{user}:{}", given.needed_credential("password")?);
        let pair = base64::engine::general_purpose::STANDARD.encode(pair);
        Ok(Self {
            http: given.http.clone(),
            base: given.http.base("url", given.needed("url")?)?,
            authorization: format!("Basic {pair}"),
            only: given.list("only_esp_ids")?,
            negative_reason: given.text("negative_reason")?.map(str::to_owned),
        })
    }

    fn entries(&self) -> Url {
        under(&self.base, &["v2", "entries"])
    }

    fn keyed(&self, ask: Ask) -> Ask {
        ask.secret("authorization", &self.authorization)
    }

    /// The query of the page that `next` names, as long as it leads to the entries of this database, onward.
    fn query(&self, next: &str, before: Option<&str>) -> Result<String, String> {
        let whole = match next.starts_with('/') {
            // The path is counted from the database, not from the host.
            true => format!("{}{next}", self.base.as_str().trim_end_matches('/')),
            false => next.to_owned(),
        };
        let url = Url::parse(&whole).map_err(|_| "`next` is no URL".to_owned())?;
        if !same_origin(&url, &self.base) || url.path() != self.entries().path() {
            return Err("`next` leads elsewhere than to the entries of this database".to_owned());
        }
        let query = url.query().filter(|query| query.len() <= 4_096);
        let query = query.ok_or("`next` has no query, or one of more than 4,096 bytes")?;
        let start = |query: &str| number(query, "start");
        if let (Some(Some(was)), Some(is)) = (before.map(start), start(query))
            && is <= was
        {
            return Err(format!("`next` points back from entry {was} to {is}"));
        }
        Ok(query.to_owned())
    }

    /// Reads the page behind `url` into `gathered`.
    async fn read(
        &self,
        url: Url,
        gathered: &mut Gathered,
    ) -> Result<(String, Around), FetchError> {
        let answer = self.http.ask(self.keyed(Ask::get(url))).await?;
        let wrong = |what: String| FetchError::answer(&answer.at, what);
        let mut given = 0;
        let rest = xml::walk(&answer.body, &["images", "videos"], |list, entry| {
            given += 1;
            self.take(gathered, &list.name, entry);
        });
        let rest = rest.map_err(wrong)?;
        if rest.name != "queryResult" && given == 0 && rest.child("images").is_none() {
            return Err(wrong("it is XML of another kind".to_owned()));
        }
        let counts = ["images", "videos"]
            .map(|list| rest.child(list)?.attribute("count")?.parse::<u64>().ok());
        let said = counts.iter().flatten().copied().reduce(u64::saturating_add);
        let next = rest.child("paging").and_then(|paging| paging.child("next"));
        let next = next.map(|next| next.text.trim().to_owned()).filter(|next| !next.is_empty());
        Ok((answer.at.clone(), Around { next, given, said }))
    }

    /// Takes in one entry of `images` or `videos`.
    fn take(&self, gathered: &mut Gathered, list: &str, entry: Option<Element>) {
        let Some(entry) = entry else {
            return gathered.malformed(None, "an entry has too many elements");
        };
        let id = entry.child("id").map(|id| id.text.trim()).filter(|id| !id.is_empty());
        let member = entry.child("member").and_then(|member| member.attribute("id"));
        let (Some(id), Some(member)) = (id, member) else {
            return gathered
                .malformed(None, format!("an entry of `{list}` has no id or no member"));
        };
        let key = format!("{member}-{id}");
        if !self.only.is_empty() && !self.only.iter().any(|only| only == member) {
            return gathered.skip("other members", &key);
        }
        match entry.name.as_str() {
            "deletedImage" | "deletedVideo" | "deletedimage" | "deletedvideo" => gathered.gone(key),
            "image" | "video" => hold(gathered, key, member, &entry),
            other => {
                let what = format!("an entry is called `{}`", shortened(other, 40));
                gathered.malformed(Some(&key), what);
            }
        }
    }

    /// The id of the reason to send with negative feedback on this type of fingerprint.
    async fn reason(&self, fingerprint: &str) -> Result<String, FetchError> {
        if let Some(reason) = &self.negative_reason {
            return Ok(reason.clone());
        }
        let url = under(&self.base, &["v2", "feedback", fingerprint, "reasons"]);
        let answer = self.http.ask(self.keyed(Ask::get(url))).await?;
        let mut reasons = Vec::new();
        let rest = xml::walk(&answer.body, &[], |_, _| {});
        let rest = rest.map_err(|what| FetchError::answer(&answer.at, what))?;
        let listed = rest.child("availableFeedbackReasons").unwrap_or(&rest);
        for reason in &listed.children {
            let guid = reason.attribute("guid").unwrap_or_default();
            let name = reason.attribute("name").unwrap_or_default();
            reasons.push((guid.to_owned(), format!("`{guid}` ({name})")));
        }
        match reasons.as_slice() {
            [(guid, _)] => Ok(guid.clone()),
            several => {
                let named: Vec<_> = several.iter().map(|(_, named)| named.as_str()).collect();
                let named = shortened(&named.join(", "), 600);
                Err(FetchError::Unsupported(format!(
                    "negative feedback on {fingerprint} needs one of these reasons: {named}; write its id as the setting `negative_reason`"
                )))
            }
        }
    }

    async fn vote(&self, said: &Feedback, fingerprint: &str) -> Result<(), FetchError> {
        let Some((member, id)) = said.key.split_once('-') else {
            return Err(FetchError::Unsupported(format!(
                "`{}` is not an entry of NCMEC: its key is `<member>-<id>`",
                shortened(&said.key, 80)
            )));
        };
        let vote = match said.verdict {
            Verdict::Confirm => "<affirmative/>".to_owned(),
            Verdict::Dispute | Verdict::NotTerrorist => {
                let reason = self.reason(fingerprint).await?;
                let guid = quick_xml::escape::escape(reason.as_str());
                format!("<negative><reasonIds><guid>{guid}</guid></reasonIds></negative>")
            }
            // There is no word for it.
            Verdict::Seen => return Ok(()),
        };
        let body = format!("<feedbackSubmission xmlns=\"{NAMESPACE}\">{vote}</feedbackSubmission>");
        let url = under(&self.base, &["v2", "entries", member, id, fingerprint, "feedback"]);
        let ask = Ask::put(url, "application/xml; charset=utf-8", body.into_bytes());
        self.http.ask(self.keyed(ask)).await.map(|_| ())
    }
}

#[async_trait]
impl Source for Ncmec {
    type Position = Position;

    fn at(&self) -> String {
        at(&reqwest::Method::GET, &self.entries())
    }

    async fn page(&self, from: From<Position>) -> Result<Read<Position>, FetchError> {
        let in_time = from.in_time();
        let place = from.position.unwrap_or(Position { from: 0, width: None, within: None });
        let end = from.now.as_second() - BEHIND;
        let within = place.within.filter(|_| in_time);
        let to = within.as_ref().map_or_else(
            || place.width.map_or(end, |width| end.min(place.from.saturating_add(width))),
            |within| within.to,
        );
        let mut gathered = Gathered::default();
        if to <= place.from {
            let next = Position { from: place.from, width: place.width, within: None };
            return Ok(Read { gathered, next, then: Then::Done, whole: false });
        }
        let mut url = self.entries();
        match &within {
            Some(within) => url.set_query(Some(&within.next)),
            None => drop(
                url.query_pairs_mut().extend_pairs([("from", date(place.from)), ("to", date(to))]),
            ),
        }
        let (at, around) = self.read(url, &mut gathered).await?;
        let wrong = |what: String| FetchError::answer(&at, what);
        let before = within.as_ref().map(|within| within.next.as_str());
        let next = around
            .next
            .as_deref()
            .map(|next| self.query(next, before))
            .transpose()
            .map_err(wrong)?;
        let alone = within.is_none() && next.is_none();
        if let Some(what) = around.said.and_then(|said| miscounted(said, around.given, alone)) {
            return Err(wrong(what));
        }
        let width = to - place.from;
        let Some(next) = next else {
            // What was read to its end in one page may well be asked for in larger windows.
            let width =
                place.width.map(|width| if alone { width.saturating_mul(2) } else { width });
            let then = if to < end { Then::Ask } else { Then::Done };
            return Ok(Read {
                gathered,
                next: Position { from: to, width, within: None },
                then,
                whole: false,
            });
        };
        if before.is_none() && width > SMALLEST && remaining(&next) > MANY {
            let width = Some((width / SHRINK).max(SMALLEST));
            let next = Position { from: place.from, width, within: None };
            return Ok(Read { gathered: Gathered::default(), next, then: Then::Ask, whole: false });
        }
        let within = Some(Within { to, next });
        let next = Position { from: place.from, width: place.width, within };
        Ok(Read { gathered, next, then: Then::More, whole: false })
    }

    async fn feedback(&self, feedback: &[Feedback]) -> Result<(), FetchError> {
        for said in feedback {
            for signal in &said.signals {
                if let Some(fingerprint) = fingerprint(signal.kind.as_str()) {
                    self.vote(said, fingerprint).await?;
                }
            }
        }
        Ok(())
    }
}

/// Takes in an image or a video. A fingerprint may be reported twice; an entry with none that we hold is passed over.
fn hold(gathered: &mut Gathered, key: String, member: &str, entry: &Element) {
    let mut held = Held::default();
    let mut unread = false;
    let fingerprints = entry.child("fingerprints").map(|list| list.children.as_slice());
    for fingerprint in fingerprints.unwrap_or_default() {
        let text = fingerprint.text.trim();
        let kind = match (entry.name.as_str(), fingerprint.name.to_ascii_lowercase().as_str()) {
            ("image", "pdq") => "pdq",
            ("image", "md5") => "photo_md5",
            ("video", "md5") => "video_md5",
            _ => {
                gathered.skip(&fingerprint.name, &key);
                continue;
            }
        };
        match signal(kind, text) {
            Ok(signal) => held.signals.push(signal),
            Err(what) => {
                unread = true;
                gathered.malformed(Some(&key), format!("{}: {what}", fingerprint.name));
            }
        }
    }
    if unread && held.signals.is_empty() {
        return;
    }
    held.opinions = opinions(entry, member);
    gathered.held(key, held);
}

/// The member that reported the entry stands by it; others voted on its fingerprints.
fn opinions(entry: &Element, member: &str) -> Vec<Said> {
    let class = entry.child("classification").map(|class| class.text.trim().to_owned());
    let tags = class.filter(|class| !class.is_empty()).into_iter().collect();
    let mut said = Vec::new();
    let votes = entry.child("feedback").map(|votes| votes.children.as_slice()).unwrap_or_default();
    for vote in votes {
        match vote.name.as_str() {
            "affirmativeFeedback" => {
                said.extend(voters(vote.child("members"), Verdict::Confirm, None));
            }
            "negativeFeedback" => said.extend(against(vote)),
            _ => {}
        }
    }
    said.push(Said { source: member.to_owned(), verdict: Verdict::Confirm, tags });
    said
}

/// Votes against: a reason, then the members who gave it; or the members within the reason. Both are in use.
fn against(vote: &Element) -> Vec<Said> {
    let mut said = Vec::new();
    let mut reason = None;
    for part in vote.child("reasons").map(|list| list.children.as_slice()).unwrap_or_default() {
        if part.name == "reason" {
            reason = part.attribute("name");
            said.extend(voters(part.child("members"), Verdict::Dispute, reason));
        } else if part.name == "members" {
            said.extend(voters(Some(part), Verdict::Dispute, reason));
        }
    }
    said
}

fn voters<'a>(
    members: Option<&'a Element>,
    verdict: Verdict,
    reason: Option<&'a str>,
) -> impl Iterator<Item = Said> + 'a {
    let members = members.map(|list| list.children.as_slice()).unwrap_or_default();
    members.iter().filter_map(move |member| {
        let source = member.attribute("id")?.to_owned();
        Some(Said { source, verdict, tags: reason.map(str::to_owned).into_iter().collect() })
    })
}

/// The name of a fingerprint in feedback.
fn fingerprint(kind: &str) -> Option<&'static str> {
    match kind {
        "pdq" => Some("PDQ"),
        "video_md5" | "photo_md5" => Some("MD5"),
        _ => None,
    }
}

/// How many entries the window may still have: the ids that lie ahead.
fn remaining(next: &str) -> u64 {
    let start = number(next, "start").unwrap_or(0);
    number(next, "max").map_or(0, |max| max.saturating_sub(start))
}

fn number(query: &str, name: &str) -> Option<u64> {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == name)?.1.parse().ok()
}

fn date(seconds: i64) -> String {
    Instant::from_second(seconds).unwrap_or(Instant::UNIX_EPOCH).to_string()
}
