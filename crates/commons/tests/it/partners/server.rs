//! A partner on a loopback socket: another Writ's feed, and a list, both as the test changes them.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What the partner shares, and how it answers.
#[derive(Default)]
pub struct Shares {
    /// Entries by their last change.
    changes: BTreeMap<u64, (u64, Value)>,
    head: u64,
    /// The list.
    pub list: String,
    /// How many entries a page of the feed holds.
    pub page: usize,
    /// Checkpoints before this change are too old.
    pub floor: u64,
    /// The status of every answer, where not 200, and its further header.
    pub fails: Option<(u16, &'static str)>,
    /// What was asked: method, path and query, and the body.
    pub asked: Vec<String>,
}

pub struct Server {
    pub base: String,
    pub shares: Arc<Mutex<Shares>>,
}

impl Server {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let shares = Arc::new(Mutex::new(Shares { page: 1_000, ..Shares::default() }));
        let answering = Arc::clone(&shares);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, Arc::clone(&answering)));
            }
        });
        Self { base, shares }
    }

    /// The partner shares this under its number from now on.
    pub fn share(&self, entry: u64, value: Value) {
        self.shares.lock().unwrap().share(entry, value);
    }

    pub fn withdraw(&self, entry: u64) {
        self.share(entry, json!({ "bank": "THEIRS", "state": "withdrawn" }));
    }

    /// The partner forgets the entry, its notice included: who read it before has to start anew.
    pub fn forget(&self, entry: u64) {
        let mut shares = self.shares.lock().unwrap();
        shares.changes.retain(|_, (number, _)| *number != entry);
        shares.head += 1;
        shares.floor = shares.head;
    }

    pub fn list(&self, list: &str) {
        self.shares.lock().unwrap().list = list.to_owned();
    }

    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.shares.lock().unwrap().asked)
    }
}

impl Shares {
    pub fn share(&mut self, entry: u64, mut value: Value) {
        self.changes.retain(|_, (number, _)| *number != entry);
        self.head += 1;
        if value.get("entry").is_none() {
            value["entry"] = json!(entry);
        }
        self.changes.insert(self.head, (entry, value));
    }

    /// The entries that it holds.
    pub fn held(&self) -> Vec<Value> {
        let held = self.changes.values().map(|(_, value)| value);
        held.filter(|value| value["state"] == "active").cloned().collect()
    }

    fn answer(&self, path: &str) -> String {
        let Some(query) = path.strip_prefix("/v1/feed?since=") else { return self.list.clone() };
        let (began, seen) = query.split('&').next().unwrap().split_once('.').unwrap();
        let (began, seen): (u64, u64) = (began.parse().unwrap(), seen.parse().unwrap());
        if seen > 0 && seen < self.floor && began < self.floor {
            return json!({ "resync": "notices were dropped since" }).to_string();
        }
        let began = if seen == 0 { self.head } else { began };
        let mut rest = self.changes.range(seen + 1..);
        let page: Vec<_> = rest.by_ref().take(self.page).collect();
        let more = rest.next().is_some();
        let last = page.last().map_or(self.head, |(number, _)| **number);
        let next = format!("{began}.{}", if more { last } else { self.head });
        let entries: Vec<_> = page.into_iter().map(|(_, (_, value))| value).collect();
        json!({ "entries": entries, "next": next, "more": more }).to_string()
    }
}

async fn converse(mut stream: TcpStream, shares: Arc<Mutex<Shares>>) -> Option<()> {
    let mut bytes = Vec::new();
    let (head, body) = loop {
        let mut piece = [0; 4_096];
        let read = stream.read(&mut piece).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().ok())?
        });
        if body.len() >= length.unwrap_or(0) {
            break (head.to_owned(), body.to_owned());
        }
    };
    let line = head.lines().next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let answer = {
        let mut shares = shares.lock().unwrap();
        shares.asked.push(format!("{line} {body}").trim_end().to_owned());
        let path = line.split(' ').nth(1)?;
        let (status, header) = shares.fails.unwrap_or((200, "x-a: b"));
        let body = shares.answer(path);
        let length = body.len();
        format!(
            "HTTP/1.1 {status} Said\r\nconnection: close\r\n{header}\r\ncontent-length: {length}\r\n\r\n{body}"
        )
    };
    stream.write_all(answer.as_bytes()).await.ok()?;
    stream.shutdown().await.ok()
}
