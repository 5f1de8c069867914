//! Plain lists: one hash a line, `type hash` a line, or CSV with a header, from a URL or a file.
//!
//! A list is whole: what it no longer names is gone. So that a list that was cut, emptied or replaced by a page of
//! another kind takes nothing away, a list with nothing readable in it is an error, and one with a malformed line is
//! told as not whole: what it names is taken, and nothing is gone until it is mended.

use crate::config::{Given, Protocol};
use crate::follow::{Follower, From, Read, Source, Then};
use crate::gather::{Gathered, key_of, signal};
use crate::http::{Ask, at};
use crate::{ConfigError, Feedback, FetchError, Field, FieldKind, Held, Http};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use tokio::io::AsyncReadExt as _;
use url::Url;
use writ_hashbank::{Label, Signal};
use writ_signals::TYPES;

pub(crate) static PROTOCOL: Protocol = Protocol {
    name: "plain",
    also: "local_file",
    about: "a list of hashes at a URL or in a file",
    fields: &[
        Field::optional("url", FieldKind::Text, "where the list is"),
        Field::optional(
            "filename",
            FieldKind::Text,
            "the list's file, in the folder that the program's settings allow, instead of `url`",
        ),
        Field::optional(
            "signal_type",
            FieldKind::Text,
            "the type of every hash that does not say its own: `pdq`, `video_md5`, ...",
        ),
    ],
    credentials: &[Field::optional("key", FieldKind::Text, "a bearer token, where one is needed")],
    make: |given| Follower::over(Plain::new(given)?, given),
};

struct Plain {
    http: Http,
    place: Place,
    kind: Option<&'static str>,
    key: Option<String>,
}

enum Place {
    Url(Url),
    File { folder: PathBuf, name: PathBuf },
}

/// What the list was: nothing is told again while it is the same.
#[derive(Serialize, Deserialize, PartialEq, Default)]
struct Position {
    digest: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
}

/// One line of a list.
#[derive(Deserialize, Default)]
#[serde(expecting = "a line")]
struct Row {
    #[serde(default, alias = "key")]
    id: Option<String>,
    #[serde(default, rename = "type", alias = "signal_type")]
    kind: Option<String>,
    #[serde(alias = "signal")]
    hash: String,
    #[serde(default)]
    quality: Option<u8>,
    #[serde(default)]
    labels: Option<String>,
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    expires: Option<writ_vocabulary::Instant>,
}

impl Plain {
    fn new(given: &Given<'_>) -> Result<Self, ConfigError> {
        let key = given.credential("key").map(|_| given.needed_credential("key")).transpose()?;
        let place = match (given.text("url")?, given.text("filename")?) {
            (Some(url), None) => Place::Url(given.http.url("url", url, key.is_some())?),
            (None, Some(name)) => file(given, name)?,
            _ => return Err(ConfigError::wrong("url", "give either `url` or `filename`")),
        };
        let kind = given.text("signal_type")?.map(known).transpose();
        let kind = kind.map_err(|what| ConfigError::wrong("signal_type", what))?;
        Ok(Self { http: given.http.clone(), place, kind, key })
    }

    /// The list's bytes and its tag; nothing where it has not changed.
    async fn bytes(
        &self,
        etag: Option<&str>,
    ) -> Result<Option<(Vec<u8>, Option<String>)>, FetchError> {
        let (folder, name) = match &self.place {
            Place::File { folder, name } => (folder, name),
            Place::Url(url) => {
                let mut ask = Ask::get(url.clone()).unless(etag);
                if let Some(key) = &self.key {
                    ask = ask.secret("authorization", &format!("Bearer {key}"));
                }
                let answer = self.http.ask(ask).await?;
                return Ok((!answer.unchanged).then_some((answer.body, answer.etag)));
            }
        };
        let unread = |error: std::io::Error| FetchError::Temporary {
            at: self.at(),
            what: error.to_string(),
            retry_after: None,
        };
        // Links are resolved first: none leads out of the folder.
        let folder = tokio::fs::canonicalize(folder).await.map_err(unread)?;
        let path = tokio::fs::canonicalize(folder.join(name)).await.map_err(unread)?;
        let plain = tokio::fs::metadata(&path).await.map_err(unread)?.is_file();
        if !path.starts_with(&folder) || !plain {
            return Err(FetchError::answer(&self.at(), "it is not a file in the folder for lists"));
        }
        let most = self.http.settings().most;
        let mut bytes = Vec::new();
        let file = tokio::fs::File::open(&path).await.map_err(unread)?;
        file.take(most + 1).read_to_end(&mut bytes).await.map_err(unread)?;
        if bytes.len() as u64 > most {
            return Err(FetchError::TooLarge { at: self.at(), most, unit: "bytes" });
        }
        Ok(Some((bytes, None)))
    }

    /// Takes in one line; `place` tells which.
    fn take(&self, gathered: &mut Gathered, place: &str, row: Row) {
        let malformed = |gathered: &mut Gathered, what: String| {
            gathered.malformed(row.id.as_deref(), format!("{place}: {what}"));
        };
        let written = row.kind.as_deref().map(str::trim).filter(|kind| !kind.is_empty());
        let kind = match (written, self.kind) {
            (Some(written), _) => match TYPES.iter().find(|known| known.name == written) {
                Some(known) => known.name,
                None if is_word(written) => return gathered.skip(written, &row.hash),
                None => return malformed(gathered, "it is not of the form `type hash`".to_owned()),
            },
            (None, Some(kind)) => kind,
            (None, None) => {
                let what = "no type is given: write it, or set `signal_type`".to_owned();
                return malformed(gathered, what);
            }
        };
        let quality = row.quality.filter(|quality| *quality <= 100);
        let signal = match signal(kind, &row.hash) {
            Ok(signal) => Signal { quality, ..signal },
            Err(what) => return malformed(gathered, what),
        };
        let mut held = Held { note: row.note.clone(), expires: row.expires, ..Held::default() };
        for text in row.labels.as_deref().unwrap_or_default().split([' ', '|', ';']) {
            match text.parse::<Label>() {
                Ok(label) => held.labels.push(label),
                Err(_) if text.is_empty() => {}
                Err(error) => malformed(gathered, error.to_string()),
            }
        }
        let key = row.id.clone().filter(|id| !id.is_empty()).unwrap_or_else(|| key_of(&signal));
        held.signals.push(signal);
        gathered.held(key, held);
    }

    fn lines(&self, gathered: &mut Gathered, text: &str) {
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (kind, hash) = match (line.split_once(char::is_whitespace), self.kind) {
                // A bag of frames may have spaces in it.
                (Some((kind, hash)), _) if is_word(kind) => (Some(kind.to_owned()), hash.trim()),
                _ => (None, line),
            };
            let row = Row { kind, hash: hash.to_owned(), ..Row::default() };
            self.take(gathered, &format!("line {}", number + 1), row);
        }
    }

    fn rows(&self, gathered: &mut Gathered, text: &str) {
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .flexible(false)
            .comment(Some(b'#'))
            .from_reader(text.as_bytes());
        let Ok(header) = reader.headers().cloned() else {
            return gathered.malformed(None, "the header cannot be read");
        };
        for record in reader.records() {
            let row = record.and_then(|record| {
                let line = record.position().map_or(0, csv::Position::line);
                Ok((line, record.deserialize::<Row>(Some(&header))?))
            });
            match row {
                Ok((line, row)) => self.take(gathered, &format!("line {line}"), row),
                Err(error) => gathered.malformed(None, error.to_string()),
            }
        }
    }
}

#[async_trait]
impl Source for Plain {
    type Position = Position;

    fn at(&self) -> String {
        match &self.place {
            Place::Url(url) => at(&reqwest::Method::GET, url),
            Place::File { name, .. } => format!("file {}", name.display()),
        }
    }

    async fn page(&self, from: From<Position>) -> Result<Read<Position>, FetchError> {
        use sha2::Digest as _;
        let before = from.position.unwrap_or_default();
        let same =
            |next| Read { gathered: Gathered::default(), next, then: Then::Done, whole: false };
        let Some((bytes, etag)) = self.bytes(before.etag.as_deref()).await? else {
            return Ok(same(before));
        };
        let digest = sha2::Sha256::digest(&bytes);
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        if digest == before.digest {
            return Ok(same(Position { digest, etag }));
        }
        let wrong = |what: &str| Err(FetchError::answer(&self.at(), what));
        let Ok(text) = std::str::from_utf8(&bytes) else {
            return wrong("the list is not UTF-8 text");
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut gathered = Gathered::default();
        if has_header(text) {
            self.rows(&mut gathered, text)
        } else {
            self.lines(&mut gathered, text)
        }
        if gathered.records.is_empty() {
            return wrong(
                "there is no hash in it that we hold; to let go of everything, remove the exchange",
            );
        }
        if gathered.malformed.len() > gathered.records.len() {
            return wrong(
                "more of its lines are malformed than not: it is hardly a list of hashes",
            );
        }
        let whole = gathered.malformed.is_empty();
        Ok(Read { gathered, next: Position { digest, etag }, then: Then::Done, whole })
    }

    async fn feedback(&self, _feedback: &[Feedback]) -> Result<(), FetchError> {
        Err(FetchError::Unsupported(
            "a list takes no feedback: write to whoever keeps it".to_owned(),
        ))
    }
}

/// The file of this name, in the folder that the settings allow.
fn file(given: &Given<'_>, name: &str) -> Result<Place, ConfigError> {
    let Some(folder) = given.http.settings().lists.clone() else {
        let what = "files are not read: name a folder for lists in the program's settings";
        return Err(ConfigError::wrong("filename", what));
    };
    let name = PathBuf::from(name);
    let inside = name.strip_prefix(&folder).unwrap_or(&name).to_owned();
    let plain = |part| matches!(part, std::path::Component::Normal(_));
    if !inside.components().all(plain) {
        let what = format!("it must lie in `{}`", folder.display());
        return Err(ConfigError::wrong("filename", what));
    }
    Ok(Place::File { folder, name: inside })
}

fn known(kind: &str) -> Result<&'static str, String> {
    writ_signals::SignalType::named(kind).map(|kind| kind.name).map_err(|error| error.to_string())
}

/// Whether the first line names columns, one of them the hash.
fn has_header(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let mut names = first.unwrap_or_default().split(',').map(|name| name.trim().trim_matches('"'));
    names.any(|name| name == "hash" || name == "signal")
}

/// Whether the text may be the name of a type.
fn is_word(text: &str) -> bool {
    // Shorter than any hash.
    (1..=24).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}
