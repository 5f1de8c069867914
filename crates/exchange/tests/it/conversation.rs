//! Recorded conversations, `tests/conversations/<protocol>/<name>.toml`: what we do, what the partner is asked for it
//! and answers, and what comes out. To add a case write such a file; no code is needed.

use super::partner::{Answer, Server};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use writ_exchange::{
    Change, Checkpoint, Config, Feedback, FetchError, Http, Page, Partner, Record, Secret,
    Settings, partner,
};
use writ_vocabulary::Instant;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Conversation {
    title: String,
    now: Instant,
    config: toml::Table,
    #[serde(default)]
    secret: BTreeMap<String, String>,
    /// The most bytes of an answer.
    most: Option<u64>,
    /// What the partner answers to everything that no turn names.
    always: Option<Answer>,
    turn: Vec<Turn>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Turn {
    /// `fetch`; `start anew`; `follow` until there is no more or it fails; `feedback`.
    #[serde(rename = "do")]
    what: String,
    /// Hours that pass before.
    #[serde(default)]
    later: i64,
    #[serde(default)]
    feedback: Vec<Said>,
    #[serde(default)]
    asked: Vec<Asked>,
    /// The most requests of a `follow`.
    at_most: Option<usize>,
    gives: Option<Gives>,
    /// The kind of error, and words that it says: `Refused: 403`.
    fails: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    key: String,
    #[serde(default)]
    signals: Vec<String>,
    verdict: writ_hashbank::Verdict,
    reason: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    request: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<String>,
    #[serde(default)]
    answer: Answer,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gives {
    #[serde(default)]
    records: Vec<String>,
    #[serde(default)]
    malformed: Vec<String>,
    #[serde(default)]
    skipped: BTreeMap<String, u32>,
    #[serde(default)]
    whole: bool,
    #[serde(default)]
    more: bool,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_recorded_conversation_goes_as_written() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conversations");
    let mut wrong = Vec::new();
    let paths = files(&root);
    assert!(paths.len() >= 40, "only {} conversations", paths.len());
    for path in &paths {
        let text = std::fs::read_to_string(path).unwrap();
        let conversation: Conversation =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        if let Err(what) = conversation.play().await {
            let name = path.strip_prefix(&root).unwrap().display();
            wrong.push(format!("{name} ({}): {what}", conversation.title));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n\n"));
}

/// Answers with bytes changed, cut and doubled at places drawn from a fixed row of numbers: each is read or refused, in
/// bounded time, and what is refused shows no credential.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorded_answers_with_bytes_changed_break_nothing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conversations");
    let mut draw = 0x9e37_79b9_7f4a_7c15_u64;
    let (mut read, mut refused) = (0, 0);
    let mut http = None;
    for path in files(&root) {
        let text = std::fs::read_to_string(path).unwrap();
        let conversation: Conversation = toml::from_str(&text).unwrap();
        let answers = conversation.turn.iter().flat_map(|turn| &turn.asked);
        let answers = answers.map(|asked| asked.answer.clone()).filter(|answer| answer.plain());
        for answer in answers {
            // One client for all: making one reads the machine's certificates.
            let http = http.get_or_insert_with(|| {
                let now = Arc::new(Mutex::new(conversation.now));
                conversation.http(now, Path::new("none"))
            });
            for _ in 0..10 {
                let answer = Answer { body: changed(&answer.body, &mut draw), ..Answer::default() };
                match conversation.meet(answer, http).await {
                    Ok(_) => read += 1,
                    Err(error) => {
                        conversation.keeps_secrets(Some(&error), None).unwrap();
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(read >= 50 && refused >= 50, "{read} were read, {refused} were refused");
}

fn changed(text: &str, draw: &mut u64) -> String {
    let mut next = |below: usize| {
        *draw ^= *draw << 13;
        *draw ^= *draw >> 7;
        *draw ^= *draw << 17;
        (*draw % below.max(1) as u64) as usize
    };
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=next(3) {
        let at = next(bytes.len());
        match next(4) {
            0 => bytes.truncate(at),
            1 => bytes.extend_from_within(at..),
            2 => bytes.insert(at.min(bytes.len()), b"{}[]<>&\",0\\ "[next(12)]),
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << next(7);
                }
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn files(root: &Path) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(root).unwrap().map(|folder| folder.unwrap().path());
    let inside = folders.flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let mut paths: Vec<_> = inside.map(|file| file.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "toml"));
    paths.sort();
    paths
}

impl Conversation {
    async fn play(&self) -> Result<(), String> {
        let server = Server::start(self.always.clone()).await;
        let clock = Arc::new(Mutex::new(self.now));
        let lists = tempfile::tempdir().unwrap();
        let http = self.http(clock.clone(), lists.path());
        let settings = toml::to_string(&self.config).unwrap().replace("{base}", &server.base);
        let config: Config = toml::from_str(&settings).unwrap();
        let secret = Secret::new(self.secret.clone());
        let partner = partner(&config, &secret, &http).map_err(|error| error.to_string())?;
        let mut since: Option<Checkpoint> = None;
        for (number, turn) in self.turn.iter().enumerate() {
            let at = |what: String| format!("turn {}: {what}", number + 1);
            let later = jiff::SignedDuration::from_hours(turn.later);
            *clock.lock().unwrap() += later;
            server.expect(turn.asked.iter().map(|asked| asked.answer.clone()));
            let (page, error) = turn.act(partner.as_ref(), &mut since).await;
            let asked = server.asked();
            turn.compare(&asked, &server.base).map_err(at)?;
            turn.outcome(page, error.as_ref()).map_err(at)?;
            self.keeps_secrets(error.as_ref(), since.as_ref()).map_err(at)?;
            // The caller stores the checkpoint as text.
            since = since.map(|since| {
                serde_json::from_str(&serde_json::to_string(&since).unwrap()).unwrap()
            });
        }
        Ok(())
    }

    /// Fetches once from a partner that answers this to everything.
    async fn meet(&self, answer: Answer, http: &Http) -> Result<Page, FetchError> {
        let server = Server::start(Some(answer)).await;
        let settings = toml::to_string(&self.config).unwrap().replace("{base}", &server.base);
        let config: Config = toml::from_str(&settings).unwrap();
        let secret = Secret::new(self.secret.clone());
        partner(&config, &secret, http).unwrap().fetch(None).await
    }

    fn http(&self, clock: Arc<Mutex<Instant>>, lists: &Path) -> Http {
        Http::new(Settings {
            private_addresses: true,
            silence: Duration::from_millis(300),
            total: Duration::from_secs(20),
            most: self.most.unwrap_or(64 << 20),
            lists: Some(lists.to_owned()),
            clock: Arc::new(move || *clock.lock().unwrap()),
            ..Settings::default()
        })
        .unwrap()
    }

    /// No credential stands in an error or in a checkpoint.
    fn keeps_secrets(
        &self,
        error: Option<&FetchError>,
        since: Option<&Checkpoint>,
    ) -> Result<(), String> {
        let shown = format!(
            "{error:?} {} {}",
            error.map(ToString::to_string).unwrap_or_default(),
            serde_json::to_string(&since).unwrap()
        );
        match self.secret.values().find(|secret| shown.contains(*secret)) {
            Some(secret) => Err(format!("the credential {secret} is shown in {shown}")),
            None => Ok(()),
        }
    }
}

impl Turn {
    async fn act(
        &self,
        partner: &dyn Partner,
        since: &mut Option<Checkpoint>,
    ) -> (Option<Page>, Option<FetchError>) {
        if self.what == "feedback" {
            let feedback: Vec<_> = self.feedback.iter().map(Said::feedback).collect();
            return (None, partner.feedback(&feedback).await.err());
        }
        if self.what == "start anew" {
            *since = None;
        }
        loop {
            match partner.fetch(since.as_ref()).await {
                Err(error) => return (None, Some(error)),
                Ok(page) => {
                    *since = Some(page.next.clone());
                    if self.what != "follow" || !page.more {
                        return (Some(page), None);
                    }
                }
            }
        }
    }

    fn compare(&self, asked: &[super::partner::Asked], base: &str) -> Result<(), String> {
        if let Some(most) = self.at_most {
            let count = asked.len();
            return if count <= most { Ok(()) } else { Err(format!("{count} requests")) };
        }
        if asked.len() != self.asked.len() {
            let lines: Vec<_> = asked.iter().map(|asked| &asked.line).collect();
            return Err(format!("{} requests expected, these came: {lines:?}", self.asked.len()));
        }
        for (is, should) in asked.iter().zip(&self.asked) {
            same("request", &is.line, &should.request.replace("{base}", base))?;
            for (name, value) in &should.headers {
                let is = is.headers.get(name).map_or("none", String::as_str);
                same(&format!("header {name} of {}", should.request), is, value)?;
            }
            if let Some(body) = &should.body {
                same(&format!("body of {}", should.request), &is.body, body.trim())?;
            }
        }
        Ok(())
    }

    fn outcome(&self, page: Option<Page>, error: Option<&FetchError>) -> Result<(), String> {
        match (error, &self.fails) {
            (Some(error), Some(expected)) => {
                let (kind, words) = expected.split_once(": ").unwrap_or((expected, ""));
                let told = format!("{error:?}\n{error}");
                let ok =
                    told.starts_with(kind) && words.split(" & ").all(|word| told.contains(word));
                return if ok {
                    Ok(())
                } else {
                    Err(format!("fails with {told}\nnot with {expected}"))
                };
            }
            (Some(error), None) => return Err(format!("fails: {error}")),
            (None, Some(expected)) => return Err(format!("does not fail with {expected}")),
            (None, None) => {}
        }
        let (Some(page), Some(gives)) = (page, &self.gives) else { return Ok(()) };
        let records: Vec<_> = page.records.iter().map(told).collect();
        same("records", &records.join("\n"), &gives.records.join("\n"))?;
        let malformed: Vec<_> = page
            .malformed
            .iter()
            .map(|bad| format!("{}: {}", bad.key.as_deref().unwrap_or("?"), bad.what))
            .collect();
        same("malformed", &malformed.join("\n"), &gives.malformed.join("\n"))?;
        same("skipped", &format!("{:?}", page.skipped), &format!("{:?}", gives.skipped))?;
        same("whole", &page.whole.to_string(), &gives.whole.to_string())?;
        same("more", &page.more.to_string(), &gives.more.to_string())
    }
}

impl Said {
    fn feedback(&self) -> Feedback {
        let signal = |text: &String| {
            let (kind, hash) = text.split_once(' ').unwrap();
            writ_hashbank::Signal {
                kind: kind.parse().unwrap(),
                hash: hash.to_owned(),
                quality: None,
                nearest_benign: None,
            }
        };
        Feedback {
            key: self.key.clone(),
            signals: self.signals.iter().map(signal).collect(),
            verdict: self.verdict,
            reason: self.reason.clone(),
            tags: self.tags.clone(),
        }
    }
}

/// A record in one line: `key: type hash · label · who verdict (tags) · note · until`.
fn told(record: &Record) -> String {
    let Change::Held(held) = &record.change else { return format!("{}: gone", record.key) };
    let mut parts = Vec::new();
    for signal in &held.signals {
        let quality = signal.quality.map(|quality| format!(" q{quality}")).unwrap_or_default();
        parts.push(format!("{} {}{quality}", signal.kind, signal.hash));
    }
    parts.extend(held.labels.iter().map(ToString::to_string));
    for said in &held.opinions {
        let tags = format!(" ({})", said.tags.join(", "));
        let tags = if said.tags.is_empty() { String::new() } else { tags };
        parts.push(format!("{} {}{tags}", said.source, said.verdict.as_str()));
    }
    parts.extend(held.note.iter().map(|note| format!("“{note}”")));
    parts.extend(held.expires.iter().map(|expires| format!("until {expires}")));
    format!("{}: {}", record.key, parts.join(" · "))
}

fn same(what: &str, is: &str, should: &str) -> Result<(), String> {
    if is == should { Ok(()) } else { Err(format!("{what}:\n  {is}\nshould be:\n  {should}")) }
}
