//! Asking partners over HTTP: one client, with limits on time and bytes, that shows no credential to anybody.

use crate::reach::{NotPublic, PublicOnly, is_public};
use crate::{ConfigError, FetchError};
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, Method, Response, StatusCode};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::{error, fmt};
use url::{Host, Url};
use writ_vocabulary::Instant;

/// How partners are asked. The defaults are right for the public internet.
#[derive(Clone)]
pub struct Settings {
    /// The name told to partners.
    pub agent: String,
    /// How long connecting may take.
    pub connect: Duration,
    /// How long a partner may be silent.
    pub silence: Duration,
    /// How long one request may take, its answer included.
    pub total: Duration,
    /// The most bytes of one answer, or of one file.
    pub most: u64,
    /// Whether addresses may be reached that are not of the public internet.
    pub private_addresses: bool,
    /// The folder under which lists may be read as files; none: no files are read.
    pub lists: Option<PathBuf>,
    /// The clock.
    pub clock: Arc<dyn Fn() -> Instant + Send + Sync>,
}

/// The one client, built once and shared by all partners.
#[derive(Clone)]
pub struct Http {
    client: Client,
    settings: Arc<Settings>,
}

/// Why the client cannot be built.
#[derive(Debug, thiserror::Error)]
#[error("no HTTP client can be made: {0}; check the certificates that this machine trusts")]
pub struct HttpError(String);

impl Default for Settings {
    fn default() -> Self {
        Self {
            agent: concat!("writ/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(30),
            total: Duration::from_secs(300),
            most: 64 << 20,
            private_addresses: false,
            lists: None,
            clock: Arc::new(Instant::now),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("agent", &self.agent).finish_non_exhaustive()
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

/// A request. Its headers and its query may hold credentials.
pub(crate) struct Ask {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
}

/// An answer with a status of success, or 304.
pub(crate) struct Answer {
    /// The request, for errors.
    pub at: String,
    pub body: Vec<u8>,
    pub etag: Option<String>,
    /// Whether nothing changed since the tag that was told (304).
    pub unchanged: bool,
}

impl Http {
    /// Builds the client: rustls with ring, certificates that this machine trusts, no proxy, no compression.
    ///
    /// # Errors
    /// [`HttpError`], when the machine's certificates cannot be read.
    pub fn new(settings: Settings) -> Result<Self, HttpError> {
        // The library knows no other way to be given a provider and still use the machine's certificates. Where the
        // program has given one already, that one stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(&settings.agent)
            .connect_timeout(settings.connect)
            .read_timeout(settings.silence)
            .timeout(settings.total)
            .redirect(Policy::custom(same_place))
            .no_proxy();
        if !settings.private_addresses {
            builder = builder.dns_resolver(Arc::new(PublicOnly));
        }
        let client = builder.build().map_err(|error| HttpError(told(&error)))?;
        Ok(Self { client, settings: Arc::new(settings) })
    }

    pub(crate) fn now(&self) -> Instant {
        (self.settings.clock)()
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The URL that a setting gives, if it is one that may be asked.
    pub(crate) fn url(&self, field: &str, text: &str, secret: bool) -> Result<Url, ConfigError> {
        let wrong = |what: &str| Err(ConfigError::wrong(field, what));
        let Ok(url) = Url::parse(text) else {
            return wrong("it is not a URL: write it whole, like `https://partner.example/v1`");
        };
        if !url.username().is_empty() || url.password().is_some() {
            return wrong("it holds a name or a password: give them as credentials");
        }
        if url.fragment().is_some() {
            return wrong("it has a part after `#`: leave it out");
        }
        let address = match url.host() {
            Some(Host::Ipv4(v4)) => Some(v4.into()),
            Some(Host::Ipv6(v6)) => Some(v6.into()),
            Some(Host::Domain(_)) => None,
            None => {
                return wrong(
                    "it names no host: write it whole, like `https://partner.example/v1`",
                );
            }
        };
        if !self.settings.private_addresses && address.is_some_and(|address| !is_public(address)) {
            return wrong(
                "its address is not of the public internet: allow private addresses in the program's settings if it is meant",
            );
        }
        let here = address.is_some_and(|address: IpAddr| address.is_loopback())
            || url.host_str() == Some("localhost");
        match url.scheme() {
            "https" => Ok(url),
            "http" if !secret || here => Ok(url),
            "http" => wrong("credentials are not sent over `http`: write `https`"),
            _ => wrong("it must begin with `https://`"),
        }
    }

    /// The URL under which a service lies, if it is one that may be asked with credentials.
    pub(crate) fn base(&self, field: &str, text: &str) -> Result<Url, ConfigError> {
        let url = self.url(field, text, true)?;
        match url.query() {
            Some(_) => Err(ConfigError::wrong(field, "it has a part after `?`: leave it out")),
            None => Ok(url),
        }
    }

    /// Asks, and reads the answer to its end within the limits.
    pub(crate) async fn ask(&self, ask: Ask) -> Result<Answer, FetchError> {
        let at = ask.at();
        let changes = ask.method != Method::GET;
        let asked = ask.url.clone();
        let mut request = self.client.request(ask.method, ask.url).headers(ask.headers);
        if let Some(body) = ask.body {
            request = request.body(body);
        }
        let response = request.send().await.map_err(|error| unanswered(&at, &error))?;
        if changes && *response.url() != asked {
            return Err(FetchError::answer(&at, "it redirects what was sent"));
        }
        self.accepted(&at, &response)?;
        let unchanged = response.status() == StatusCode::NOT_MODIFIED;
        let etag = response.headers().get("etag").and_then(|tag| tag.to_str().ok());
        let etag = etag.filter(|tag| tag.len() <= 256).map(str::to_owned);
        let body = self.body(&at, response).await?;
        Ok(Answer { at, body, etag, unchanged })
    }

    /// Tells a status of success from the others.
    fn accepted(&self, at: &str, response: &Response) -> Result<(), FetchError> {
        let status = response.status();
        let at = at.to_owned();
        match status.as_u16() {
            200..=299 | 304 => {}
            401 | 403 => return Err(FetchError::Refused { at, status: status.as_u16() }),
            408 | 425 | 429 | 500..=599 => {
                let what = format!("it answered {status}");
                let retry_after = self.retry_after(response);
                return Err(FetchError::Temporary { at, what, retry_after });
            }
            300..=399 => {
                let what = "it redirects to another place, which is not followed: set the new URL if it is meant";
                return Err(FetchError::answer(&at, what));
            }
            _ => return Err(FetchError::answer(&at, format!("it answered {status}"))),
        }
        let encoding = response.headers().get(CONTENT_ENCODING);
        match encoding.filter(|encoding| encoding.as_bytes() != b"identity") {
            Some(_) => {
                Err(FetchError::answer(&at, "the answer is compressed, which was not asked for"))
            }
            None => Ok(()),
        }
    }

    /// The wait asked for, as seconds or as a date (RFC 9110, section 10.2.3); at most a day.
    fn retry_after(&self, response: &Response) -> Option<Duration> {
        let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
        let seconds = match text.parse::<u64>() {
            Ok(seconds) => seconds,
            Err(_) => {
                let until = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
                u64::try_from(until.duration_since(self.now()).as_secs()).unwrap_or(0)
            }
        };
        Some(Duration::from_secs(seconds.min(86_400)))
    }

    async fn body(&self, at: &str, mut response: Response) -> Result<Vec<u8>, FetchError> {
        let most = self.settings.most;
        let large = || FetchError::TooLarge { at: at.to_owned(), most, unit: "bytes" };
        if response.content_length().is_some_and(|length| length > most) {
            return Err(large());
        }
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|error| unanswered(at, &error))? {
            if (body.len() + piece.len()) as u64 > most {
                return Err(large());
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }
}

impl Ask {
    pub fn get(url: Url) -> Self {
        Self { method: Method::GET, url, headers: HeaderMap::new(), body: None }
    }

    pub fn post(url: Url, kind: &'static str, body: Vec<u8>) -> Self {
        Self::get(url).sending(Method::POST, kind, body)
    }

    pub fn put(url: Url, kind: &'static str, body: Vec<u8>) -> Self {
        Self::get(url).sending(Method::PUT, kind, body)
    }

    /// With a header whose value no one is shown. A value that cannot be sent is left out; credentials are checked
    /// when the partner is made.
    pub fn secret(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(mut value) = HeaderValue::from_str(value) {
            value.set_sensitive(true);
            self.headers.insert(name, value);
        }
        self
    }

    /// With the tag of what is held already.
    pub fn unless(mut self, etag: Option<&str>) -> Self {
        if let Some(Ok(tag)) = etag.map(HeaderValue::from_str) {
            self.headers.insert("if-none-match", tag);
        }
        self
    }

    /// The request in words: without its query, which may hold a credential.
    pub fn at(&self) -> String {
        at(&self.method, &self.url)
    }

    fn sending(mut self, method: Method, kind: &'static str, body: Vec<u8>) -> Self {
        self.method = method;
        self.body = Some(body);
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        self
    }
}

/// A request in words, for errors.
pub(crate) fn at(method: &Method, url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let path = crate::gather::shortened(url.path(), 200);
    format!("{method} {}://{host}{port}{path}", url.scheme())
}

/// `base` with more segments to its path, each encoded as needed.
pub(crate) fn under(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    // Only URLs without a host have no path to add to, and those were refused.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

/// Whether both are of one scheme, host and port.
pub(crate) fn same_origin(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin() && one.username() == other.username()
}

/// Redirects are followed within one host, three at most.
fn same_place(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let first = attempt.previous().first();
    let within = first.is_some_and(|first| same_origin(first, attempt.url()));
    if within && attempt.previous().len() <= 3 { attempt.follow() } else { attempt.stop() }
}

fn unanswered(at: &str, error: &reqwest::Error) -> FetchError {
    let mut cause: Option<&(dyn error::Error + 'static)> = error::Error::source(error);
    while let Some(reason) = cause {
        if reason.is::<NotPublic>() {
            return FetchError::answer(at, NotPublic.to_string());
        }
        cause = reason.source();
    }
    let what = if error.is_timeout() {
        "it took too long".to_owned()
    } else if error.is_connect() {
        format!("no connection could be made ({})", told(error))
    } else {
        "it broke off before the answer was whole".to_owned()
    };
    FetchError::Temporary { at: at.to_owned(), what, retry_after: None }
}

/// The innermost reason: the outer ones show the URL, whose query may hold a credential.
fn told(error: &reqwest::Error) -> String {
    let mut reason: &dyn error::Error = error;
    while let Some(deeper) = reason.source() {
        reason = deeper;
    }
    match error::Error::source(error) {
        Some(_) => crate::gather::shortened(&reason.to_string(), 200),
        None => "no reason is known".to_owned(),
    }
}
