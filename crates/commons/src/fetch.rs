//! Fetching a file by its address, and never from where the provider's own machines are.
//!
//! The address is resolved here, and each resolved address is looked at before a connection is made to that very address;
//! redirects are followed by hand, each looked at in the same way (OWASP, server-side request forgery).

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use reqwest::{Client, Response, StatusCode, header, redirect};
use std::error::Error;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use url::{Host, Url};
use writ_exchange::{NotPublic, PublicOnly, is_public};

/// How many redirects are followed.
const REDIRECTS: usize = 5;

/// Where files may be fetched from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// Public addresses only.
    #[default]
    Public,
    /// Loopback and private addresses too: for a provider that hashes its own uploads by address.
    Everywhere,
}

/// Fetches files. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Fetcher {
    client: Client,
    reach: Reach,
    hosts: Option<Arc<Vec<String>>>,
    most: usize,
}

/// A fetched file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Its bytes.
    pub bytes: Bytes,
    /// Its media type as the server names it, without parameters, lower case.
    pub media_type: Option<String>,
}

/// Why a file was not fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Not an address that is fetched.
    #[error(
        "`{address}` is not an address that is fetched: give one that begins with `http://` or `https://` and has no user or password"
    )]
    Address {
        /// The address, cut.
        address: String,
    },
    /// A host that is not on the list.
    #[error("files are not fetched from `{0}`: its host is not on the list of hosts allowed")]
    Host(String),
    /// A host of the provider's own network.
    #[error("files are not fetched from `{0}`: it is, or leads to, an address that is not public")]
    Private(String),
    /// More bytes than are fetched.
    #[error("the file has more than {0} bytes: hash it where it is, and send the hash")]
    TooLarge(usize),
    /// Redirect after redirect.
    #[error("the address leads on more than {REDIRECTS} times")]
    Redirects,
    /// The server says no.
    #[error("the server answered {0}")]
    Status(u16),
    /// The server cannot be reached, or broke off.
    #[error("the file could not be fetched: {0}")]
    Network(String),
    /// No client could be set up.
    #[error("nothing can be fetched on this machine: {0}")]
    Setup(String),
}

impl Fetcher {
    /// A fetcher of files of at most `most` bytes within `time`; from `hosts` only, where some are named.
    ///
    /// # Errors
    /// When the system has no certificates to trust, say.
    pub fn new(
        reach: Reach,
        hosts: Option<Vec<String>>,
        most: usize,
        time: Duration,
    ) -> Result<Self, FetchError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        // Where one is installed already, it serves as well.
        let _ = rustls::crypto::CryptoProvider::install_default((*provider).clone());
        let builder = match reach {
            Reach::Public => Client::builder().dns_resolver(PublicOnly),
            Reach::Everywhere => Client::builder(),
        };
        let client = builder
            .redirect(redirect::Policy::none())
            .timeout(time)
            .connect_timeout(time.min(Duration::from_secs(10)))
            .no_proxy()
            .user_agent(concat!("writ/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| FetchError::Setup(said(&error)))?;
        Ok(Self { client, reach, hosts: hosts.map(Arc::new), most })
    }

    /// The file at this address.
    ///
    /// # Errors
    /// See [`FetchError`].
    pub async fn fetch(&self, address: &str) -> Result<Fetched, FetchError> {
        let mut url = Url::parse(address).map_err(|_| not_an_address(address))?;
        for _ in 0..=REDIRECTS {
            self.admit(&url)?;
            let answer = self.client.get(url.clone()).send().await;
            let answer = answer.map_err(|error| self.network(&url, &error))?;
            match next(&url, &answer)? {
                Some(further) => url = further,
                None => return self.body(answer).await,
            }
        }
        Err(FetchError::Redirects)
    }

    /// Looks at an address before anything is sent there. Names are looked at again once resolved.
    fn admit(&self, url: &Url) -> Result<(), FetchError> {
        let plain = url.username().is_empty() && url.password().is_none();
        let host = url.host().filter(|_| plain && matches!(url.scheme(), "http" | "https"));
        let Some(host) = host else { return Err(not_an_address(url.as_str())) };
        let name = host.to_string();
        if self.hosts.as_ref().is_some_and(|hosts| !hosts.contains(&name)) {
            return Err(FetchError::Host(name));
        }
        let literal = match host {
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address)),
            Host::Domain(_) => None,
        };
        match literal {
            Some(address) if !allowed(self.reach, address) => Err(FetchError::Private(name)),
            _ => Ok(()),
        }
    }

    async fn body(&self, answer: Response) -> Result<Fetched, FetchError> {
        if !answer.status().is_success() {
            return Err(FetchError::Status(answer.status().as_u16()));
        }
        let too_large = FetchError::TooLarge(self.most);
        if answer.content_length().is_some_and(|length| length > self.most as u64) {
            return Err(too_large);
        }
        let named = answer.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
        let media_type = named.and_then(|named| named.split(';').next());
        let media_type = media_type.map(|named| named.trim().to_ascii_lowercase());
        let mut bytes = BytesMut::new();
        let mut stream = answer.bytes_stream();
        while let Some(piece) = stream.next().await {
            let piece = piece.map_err(|error| FetchError::Network(said(&error)))?;
            if bytes.len() + piece.len() > self.most {
                return Err(too_large);
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(Fetched { bytes: bytes.freeze(), media_type })
    }

    fn network(&self, url: &Url, error: &reqwest::Error) -> FetchError {
        match causes(error).any(|cause| cause.is::<NotPublic>()) {
            true => FetchError::Private(url.host_str().unwrap_or_default().to_owned()),
            false => FetchError::Network(said(error)),
        }
    }
}

/// Where a redirect leads; nothing where the answer is none.
fn next(from: &Url, answer: &Response) -> Result<Option<Url>, FetchError> {
    let leads = [
        StatusCode::MOVED_PERMANENTLY,
        StatusCode::FOUND,
        StatusCode::SEE_OTHER,
        StatusCode::TEMPORARY_REDIRECT,
        StatusCode::PERMANENT_REDIRECT,
    ];
    if !leads.contains(&answer.status()) {
        return Ok(None);
    }
    let to = answer.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
    let to = to.ok_or(FetchError::Status(answer.status().as_u16()))?;
    from.join(to).map(Some).map_err(|_| not_an_address(to))
}

fn allowed(reach: Reach, address: IpAddr) -> bool {
    reach == Reach::Everywhere || is_public(address)
}

fn not_an_address(address: &str) -> FetchError {
    FetchError::Address { address: address.chars().take(120).collect() }
}

/// An error with what led to it, without the address, which may be secret.
fn said(error: &reqwest::Error) -> String {
    let causes: Vec<_> = causes(error).map(ToString::to_string).collect();
    match causes.is_empty() {
        true => "the server broke off or took too long".to_owned(),
        false => causes.join(": "),
    }
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let mut next = error.source();
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_that_hides_where_it_leads_is_refused_before_anything_is_sent() {
        let fetcher = Fetcher::new(Reach::Public, None, 1000, Duration::from_secs(5)).unwrap();
        for address in [
            "http://127.0.0.1/",
            "http://0x7f.1/",
            "http://2130706433/",
            "http://[::1]/",
            "http://[::ffff:169.254.169.254]/latest/meta-data",
            "http://localhost:1/",
        ] {
            let refused = fetcher.fetch(address).await.unwrap_err();
            assert!(matches!(refused, FetchError::Private(_)), "{address}: {refused}");
        }
        for address in
            ["file:///etc/passwd", "gopher://a.example", "http://u:p@a.example", "nonsense"]
        {
            let refused = fetcher.fetch(address).await.unwrap_err();
            assert!(matches!(refused, FetchError::Address { .. }), "{address}: {refused}");
        }
    }
}
