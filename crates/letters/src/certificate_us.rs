//! The US certificate: authenticity of records under Federal Rules of Evidence 902(11), 902(13) and 902(14).
//!
//! It states facts, not conclusions: which systems, which queries, when, how many rows, why the result is accurate,
//! and a digest for each file. It says nothing about relevance, truth of contents, or hearsay.

use crate::head::Letterhead;
use crate::letter::{Block, Card, Fact, Letter};
use crate::process::{self, AtLeastOne, FileHash, ProcessStep, Signing, System};
use crate::words::{Lang, Words};
use serde::{Deserialize, Serialize};
use writ_vocabulary::{Digest, Instant};

/// The declaration of a custodian or other qualified person (28 U.S.C. § 1746).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateUs {
    /// Whose certificate, for which case.
    pub head: Letterhead,
    /// The instrument answered.
    pub instrument: String,
    /// The court or authority that issued it.
    pub issued_by: String,
    /// When it was received.
    pub received: Instant,
    /// How the signer knows what the certificate states.
    pub knowledge: String,
    /// The kinds of record, and how each came to be (Rule 902(11)).
    pub records: AtLeastOne<RecordKind>,
    /// The systems (Rule 902(13)).
    pub systems: AtLeastOne<System>,
    /// The steps, in order (Rule 902(13)).
    pub steps: AtLeastOne<ProcessStep>,
    /// Why the process gives an accurate result, a fact each (Rule 902(13)).
    pub accuracy: AtLeastOne<String>,
    /// The files and their digests (Rule 902(14)).
    pub files: AtLeastOne<FileHash>,
    /// The digest of the manifest that lists them.
    pub manifest: Digest,
    /// What was left out, and why.
    #[serde(default)]
    pub omitted: Vec<String>,
    /// Whether it is signed outside the United States: the words of the declaration differ.
    #[serde(default)]
    pub signed_abroad: bool,
    /// Who signs.
    pub signing: Signing,
}

/// One kind of record and how it came to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordKind {
    /// What it is: "records of sign-in".
    pub what: String,
    /// What wrote it, from whose knowledge.
    pub made_by: String,
    /// How soon after the event.
    pub made_when: String,
    /// The regularly conducted activity in which it is kept.
    pub kept_for: String,
    /// The regular practice of making it.
    pub practice: String,
}

impl CertificateUs {
    /// The certificate in `lang`; the words of the law are English, so it is in English.
    pub fn blocks(&self, lang: &Lang) -> Letter {
        let words = Words::of("certificate_us", lang);
        let mut body = vec![Block::paragraph(words.say("rules"))];
        body.extend(self.who(&words));
        body.extend(self.records(&words));
        body.extend(self.process(&words));
        body.extend(self.files(&words));
        body.extend(self.limits(&words));
        body.extend(self.declaration(&words));
        self.head.paper(&words, words.say("title"), body)
    }

    fn who(&self, words: &Words) -> Vec<Block> {
        let signing = &self.signing;
        let provider = self.head.from.name.as_str();
        let me =
            [("name", signing.name.as_str()), ("title", &signing.title), ("provider", provider)];
        let received = words.instant(self.received);
        let demand = [
            ("instrument", self.instrument.as_str()),
            ("issued_by", &self.issued_by),
            ("received", &received),
            ("case", &self.head.case),
            ("provider", provider),
        ];
        let clauses = vec![
            words.fill("who.me", &me),
            words.fill("who.knowledge", &[("knowledge", &self.knowledge)]),
            words.fill("who.demand", &demand),
        ];
        vec![
            Block::heading(words.say("who.title")),
            Block::List { first: Some(1), entries: clauses },
        ]
    }

    fn records(&self, words: &Words) -> Vec<Block> {
        let card = |record: &RecordKind| Card {
            title: record.what.clone(),
            mark: String::new(),
            facts: vec![
                Fact::new(words.say("records.made_by"), &record.made_by),
                Fact::new(words.say("records.made_when"), &record.made_when),
                Fact::new(words.say("records.kept_for"), &record.kept_for),
                Fact::new(words.say("records.practice"), &record.practice),
            ],
        };
        let clause =
            |number, key: &str| Block::List { first: Some(number), entries: vec![words.say(key)] };
        vec![
            Block::heading(words.say("records.title")),
            clause(4, "records.text"),
            Block::Cards { cards: self.records.as_slice().iter().map(card).collect() },
        ]
    }

    fn process(&self, words: &Words) -> Vec<Block> {
        let clause =
            |number, key: &str| Block::List { first: Some(number), entries: vec![words.say(key)] };
        vec![
            Block::heading(words.say("process_title")),
            clause(5, "systems"),
            process::systems(words, &self.systems),
            clause(6, "steps"),
            process::steps(words, &self.steps),
            clause(7, "accuracy"),
            Block::bullets(self.accuracy.as_slice().to_vec()),
        ]
    }

    fn files(&self, words: &Words) -> Vec<Block> {
        let clause = Block::List { first: Some(8), entries: vec![words.say("files.text")] };
        let manifest = Fact::mono(words.say("files.manifest"), self.manifest.to_string());
        vec![
            Block::heading(words.say("files.title")),
            clause,
            process::files(words, &self.files),
            Block::Facts { facts: vec![manifest] },
        ]
    }

    fn limits(&self, words: &Words) -> Vec<Block> {
        let mut blocks = vec![Block::heading(words.say("limits.title"))];
        if self.omitted.is_empty() {
            blocks.push(Block::List {
                first: Some(9),
                entries: vec![words.say("limits.nothing_omitted")],
            });
        } else {
            blocks.push(Block::List { first: Some(9), entries: vec![words.say("limits.omitted")] });
            blocks.push(Block::bullets(self.omitted.clone()));
        }
        blocks.push(Block::List { first: Some(10), entries: vec![words.say("limits.text")] });
        blocks
    }

    /// The two forms of 28 U.S.C. § 1746: (1) signed outside, (2) signed within the United States.
    fn declaration(&self, words: &Words) -> Vec<Block> {
        let key = if self.signed_abroad { "declaration.abroad" } else { "declaration.within" };
        let date = words.date(self.signing.date);
        let mut blocks = vec![
            Block::heading(words.say("declaration.title")),
            Block::note(words.fill(key, &[("date", &date)])),
        ];
        blocks.extend(process::signature(words, &self.head.from.name, &self.signing));
        blocks
    }
}
