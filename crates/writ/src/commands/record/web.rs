//! A record's files, from a folder or from the web; and asking witnesses.

use crate::fault;
use miette::Result;
use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;
use tokio::runtime::Handle;
use writ_audit::Files;

/// How long a file, or a witness's answer, may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest answer of a witness.
const MOST: usize = 64 << 10;

/// Where a record is published.
pub enum Source {
    Folder(PathBuf),
    Web { client: reqwest::Client, base: String, runtime: Handle },
}

/// Why a file cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("{at}: {why}")]
pub struct SourceError {
    at: String,
    why: String,
}

impl Source {
    /// The record at an address or in a folder.
    pub fn of(place: &str) -> Result<Self> {
        if place.starts_with("http://") || place.starts_with("https://") {
            let base = place.trim_end_matches('/').to_owned();
            return Ok(Self::Web { client: client()?, base, runtime: Handle::current() });
        }
        let folder = PathBuf::from(place);
        if !folder.join("checkpoint").exists() {
            return Err(fault::with_help(
                format!("`{place}` is no record: there is no file `checkpoint` in it"),
                "name the folder that is published, or its address with https://",
            ));
        }
        Ok(Self::Folder(folder))
    }
}

impl Files for Source {
    type Error = SourceError;

    fn read(&self, path: &str, most: usize) -> Result<Option<Vec<u8>>, SourceError> {
        match self {
            Self::Folder(folder) => from_folder(folder.join(path), most),
            Self::Web { client, base, runtime } => {
                runtime.block_on(from_web(client, format!("{base}/{path}"), most))
            }
        }
    }
}

fn from_folder(path: PathBuf, most: usize) -> Result<Option<Vec<u8>>, SourceError> {
    let failed = |error: std::io::Error| SourceError {
        at: path.display().to_string(),
        why: error.to_string(),
    };
    let file = match std::fs::File::open(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(failed)?,
    };
    let mut bytes = Vec::new();
    file.take(most as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    Ok(Some(bytes))
}

async fn from_web(
    client: &reqwest::Client,
    url: String,
    most: usize,
) -> Result<Option<Vec<u8>>, SourceError> {
    let failed = |why: String| SourceError { at: url.clone(), why };
    let answer = client.get(&url).send().await.map_err(|error| failed(error.to_string()))?;
    match answer.status().as_u16() {
        200 => bounded(answer, most).await.map(Some).map_err(failed),
        404 | 410 => Ok(None),
        other => Err(failed(format!("the server answered {other}"))),
    }
}

/// Not more than one byte over a bound of an answer's body.
async fn bounded(mut answer: reqwest::Response, most: usize) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| error.to_string())? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > most {
            bytes.truncate(most + 1);
            break;
        }
    }
    Ok(bytes)
}

/// A client that waits for nobody for long.
pub fn client() -> Result<reqwest::Client> {
    // Where the program has given a provider already, that one stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder().no_proxy().timeout(PATIENCE);
    builder.build().map_err(fault::of)
}

/// Sends a body, and gives status and body of the answer.
pub async fn post(
    client: &reqwest::Client,
    url: String,
    body: Vec<u8>,
) -> Result<(u16, Vec<u8>), String> {
    let answer = client.post(&url).body(body).send().await.map_err(|error| {
        let beneath = std::error::Error::source(&error).map(ToString::to_string);
        format!("{error}{}", beneath.map_or_else(String::new, |why| format!(": {why}")))
    })?;
    let status = answer.status().as_u16();
    Ok((status, bounded(answer, MOST).await?))
}

/// An instant in seconds since 1970, as text.
pub fn instant(seconds: u64) -> String {
    let at = i64::try_from(seconds).ok().and_then(|at| jiff::Timestamp::from_second(at).ok());
    at.map_or_else(|| format!("{seconds} s after 1970"), |at| at.to_string())
}
