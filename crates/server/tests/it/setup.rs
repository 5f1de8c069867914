//! A service with rules, labels, two members and a bank, and what asks it.

use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use writ_commons::{Fetcher, Hasher, Keys, Memory, Reach, Role};
use writ_hashbank::{Bank, Command, Rules, Taxonomy, Voice};
use writ_server::{Exchanges, NoExchanges, Server, Services, Settings};

pub const BANK: &str = "RECRUITMENT_VIDEO";
pub const MEMBER: &str = "meridian-video";
pub const OTHER: &str = "harbour-social";

/// A running service.
pub struct Service {
    pub address: SocketAddr,
    pub memory: Memory,
    pub keys: Arc<Keys>,
    home: tempfile::TempDir,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<()>,
}

/// An answer: its status and its JSON, or null.
pub type Told = (u16, Value);

static HASHER: LazyLock<Hasher> = LazyLock::new(|| {
    let program = env!("CARGO_BIN_EXE_hash_service");
    Hasher::start(writ_media::Settings::new(program, ["media-worker"])).unwrap()
});

impl Service {
    /// One that takes whoever brings no key for a curator of `meridian-video`.
    pub async fn keyless() -> Self {
        Self::start(|settings| settings.keyless = true, Arc::new(NoExchanges), false).await
    }

    /// One that hashes files, too.
    pub async fn hashing() -> Self {
        Self::start(|settings| settings.keyless = true, Arc::new(NoExchanges), true).await
    }

    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::start(change, Arc::new(NoExchanges), false).await
    }

    pub async fn start(
        change: impl FnOnce(&mut Settings),
        exchanges: Arc<dyn Exchanges>,
        hashes: bool,
    ) -> Self {
        let home = tempfile::tempdir().unwrap();
        let memory = opened(home.path()).await;
        let keys = Arc::new(Keys::open(memory.journal()).await.unwrap());
        let mut settings = settings(home.path());
        change(&mut settings);
        let services = Services {
            memory: memory.clone(),
            hasher: hashes.then(|| HASHER.clone()),
            fetcher: Some(
                Fetcher::new(Reach::Everywhere, None, 1 << 20, Duration::from_secs(5)).unwrap(),
            ),
            keys: Arc::clone(&keys),
            exchanges,
        };
        let server = Server::bind(settings, services).await.unwrap();
        let address = server.address();
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(server.run(async { drop(stopped.await) }));
        Self { address, memory, keys, home, stop: Some(stop), served }
    }

    /// A request to it, without a key.
    pub fn ask(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        client().request(method, format!("http://{}{path}", self.address))
    }

    pub async fn get(&self, path: &str) -> Told {
        told(self.ask("GET", path)).await
    }

    pub async fn delete(&self, path: &str) -> Told {
        told(self.ask("DELETE", path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Told {
        told(with(self.ask("POST", path), &body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Told {
        told(with(self.ask("PUT", path), &body)).await
    }

    pub async fn key(&self, member: &str, role: Role, per_minute: Option<u32>) -> String {
        let issued =
            self.keys.issue(member.parse().unwrap(), role, per_minute, None).await.unwrap();
        issued.text
    }

    /// The number of a new entry with one hash.
    pub async fn contribute(&self, kind: &str, hash: &str) -> u64 {
        let body = serde_json::json!({ "bank": BANK, "signals": [{ "type": kind, "hash": hash }] });
        let (status, told) = self.post("/v1/entries", body).await;
        assert_eq!(status, 201, "{told}");
        told["entries"][0].as_u64().unwrap()
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Ends it as an operator would, and gives its folder.
    pub async fn end(mut self) -> tempfile::TempDir {
        drop(self.stop.take());
        self.served.await.unwrap();
        self.memory.close().await.unwrap();
        self.home
    }
}

pub async fn told(request: RequestBuilder) -> Told {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let bytes = response.bytes().await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

/// The request with a JSON body.
pub fn with(request: RequestBuilder, body: &Value) -> RequestBuilder {
    request.header("content-type", "application/json").body(body.to_string())
}

/// The request with a form of one file.
pub fn with_file(
    request: RequestBuilder,
    field: &str,
    file: &[u8],
    more: &[(&str, &str)],
) -> RequestBuilder {
    let mut body = Vec::new();
    for (name, value) in more {
        body.extend(
            format!(
                "--bound\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )
            .bytes(),
        );
    }
    body.extend(
        format!(
            "--bound\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"f\"\r\n\r\n"
        )
        .bytes(),
    );
    body.extend(file);
    body.extend(b"\r\n--bound--\r\n");
    request.header("content-type", "multipart/form-data; boundary=bound").body(body)
}

pub fn settings(home: &Path) -> Settings {
    let mut settings = Settings::new(
        ([127, 0, 0, 1], 0).into(),
        MEMBER.parse().unwrap(),
        home.join("audit.jsonl"),
    );
    settings.submissions = Some(BANK.parse().unwrap());
    settings.max_upload = 1 << 20;
    settings
}

/// The shared memory in a folder; founded where there is none yet.
pub async fn opened(home: &Path) -> Memory {
    let settings = writ_commons::Settings { threads: 1, ..Default::default() };
    let memory = Memory::open(home, settings, &mut |_| {}).await.unwrap();
    if memory.read(|state, _| state.rules().is_none()) {
        found(&memory).await;
    }
    memory
}

async fn found(memory: &Memory) {
    let rules = Rules::parse(include_str!("../../../../taxonomy/rules.toml")).unwrap();
    let labels = Taxonomy::parse(include_str!("../../../../taxonomy/labels.toml")).unwrap();
    let admit =
        |member: &str| Command::AdmitMember { member: member.parse().unwrap(), voice: Voice::Full };
    let commands = vec![
        Command::AdoptRules(rules),
        Command::AdoptTaxonomy(labels),
        admit(MEMBER),
        admit(OTHER),
        Command::CreateBank(Bank::new(BANK.parse().unwrap())),
    ];
    for decided in memory.commands(commands).await {
        decided.unwrap();
    }
}

/// The hash of number `n`, far from that of every other.
pub fn hash(n: u64) -> String {
    let mut word = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5555;
    (0..4).fold(String::new(), |text, _| {
        word = (word ^ (word >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9).rotate_left(31);
        format!("{text}{word:016x}")
    })
}

/// The same hash with `bits` of it turned.
pub fn near(n: u64, bits: u32) -> String {
    let first = u64::from_str_radix(&hash(n)[..16], 16).unwrap();
    format!("{:016x}{}", first ^ ((1 << bits) - 1), &hash(n)[16..])
}

pub fn client() -> reqwest::Client {
    static CLIENT: LazyLock<()> = LazyLock::new(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    LazyLock::force(&CLIENT);
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap()
}
