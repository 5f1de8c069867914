//! A partner for tests: a small HTTP server on a loopback socket that answers from a script and keeps what was asked.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// An answer as a conversation writes it. `{base}` stands for where the server is, `{n}` for how many were asked.
#[derive(Deserialize, Clone, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Answer {
    pub status: Option<u16>,
    pub headers: BTreeMap<String, String>,
    pub body: String,
    /// Ends the connection after so many bytes of the body, whatever its length was said to be.
    pub cut: Option<usize>,
    /// Says nothing more after the head.
    pub silent: bool,
    /// Repeats the body for ever.
    pub endless: bool,
    /// Writes the body so many times.
    pub times: Option<usize>,
}

impl Answer {
    /// Whether it is a body and nothing else.
    pub fn plain(&self) -> bool {
        let odd = self.cut.is_some() || self.silent || self.endless || self.times.is_some();
        !odd && self.status.is_none() && self.headers.is_empty() && !self.body.is_empty()
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Method, path and query.
    pub line: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

pub struct Server {
    pub base: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    script: Arc<Mutex<Vec<Answer>>>,
}

impl Server {
    /// Answers from the script, then for ever with `always`.
    pub async fn start(always: Option<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let script: Arc<Mutex<Vec<Answer>>> = Arc::default();
        let server = Self { base: base.clone(), asked: asked.clone(), script: script.clone() };
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let Some(request) = read(&mut stream).await else { continue };
                let n = {
                    let mut asked = asked.lock().unwrap();
                    asked.push(request);
                    asked.len()
                };
                let next = {
                    let mut script = script.lock().unwrap();
                    if script.is_empty() { always.clone() } else { Some(script.remove(0)) }
                };
                let unexpected = Answer { status: Some(418), ..Answer::default() };
                let answer = next.unwrap_or(unexpected);
                let (base, n) = (base.clone(), n.to_string());
                tokio::spawn(async move { write(&mut stream, &answer, &base, &n).await });
            }
        });
        server
    }

    pub fn expect(&self, answers: impl IntoIterator<Item = Answer>) {
        self.script.lock().unwrap().extend(answers);
    }

    /// What was asked since this was last called.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let mut piece = [0; 8_192];
    loop {
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let mut lines = head.split("\r\n");
            let line = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
            let headers: BTreeMap<_, _> = lines
                .filter_map(|line| line.split_once(':'))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
                .collect();
            let length = headers.get("content-length").map_or(0, |l| l.parse::<usize>().unwrap());
            if bytes.len() >= end + 4 + length {
                let body = String::from_utf8_lossy(&bytes[end + 4..]).into_owned();
                return Some(Asked { line, headers, body });
            }
        }
        let read = stream.read(&mut piece).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&piece[..read]);
    }
}

async fn write(stream: &mut TcpStream, answer: &Answer, base: &str, n: &str) -> Option<()> {
    let filled = |text: &str| text.replace("{base}", base).replace("{n}", n);
    let body = filled(&answer.body).repeat(answer.times.unwrap_or(1));
    let mut head =
        format!("HTTP/1.1 {} Said\r\nconnection: close\r\n", answer.status.unwrap_or(200));
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {}\r\n", filled(value)));
    }
    if !answer.endless {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).await.ok()?;
    if answer.silent {
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    }
    let most = answer.cut.unwrap_or(body.len()).min(body.len());
    loop {
        stream.write_all(&body.as_bytes()[..most]).await.ok()?;
        if !answer.endless {
            return stream.shutdown().await.ok();
        }
    }
}
