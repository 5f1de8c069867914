//! The EU statement: integrity and origin of what answers a European Production Order (Regulation (EU) 2023/1543).
//!
//! The Regulation prescribes no form for it. Counsel checks this one before first use, and the paper says so.

use crate::custody_chain;
use crate::head::Letterhead;
use crate::letter::{Block, Fact, Letter};
use crate::process::{self, AtLeastOne, FileHash, ProcessStep, Signing, System};
use crate::words::{Lang, Words};
use serde::{Deserialize, Serialize};
use writ_vocabulary::{CustodyStep, Digest, Instant};

/// The provider's statement that goes with the data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateEu {
    /// Whose statement, for which case. Its reader's reference is the order's number.
    pub head: Letterhead,
    /// The order answered.
    pub order: String,
    /// The issuing authority.
    pub issuing_authority: String,
    /// The validating authority, where there is one.
    #[serde(default)]
    pub validating_authority: Option<String>,
    /// When the order was received.
    pub received: Instant,
    /// The systems the data come from.
    pub systems: AtLeastOne<System>,
    /// The steps of the extraction, in order.
    pub steps: AtLeastOne<ProcessStep>,
    /// Why the process gives an accurate result, a fact each.
    pub accuracy: AtLeastOne<String>,
    /// The files and their digests.
    pub files: AtLeastOne<FileHash>,
    /// The digest of the manifest that lists them.
    pub manifest: Digest,
    /// What was left out, and why.
    #[serde(default)]
    pub omitted: Vec<String>,
    /// The enrolled key of the authority to which the parcel is sealed.
    pub sealed_to: String,
    /// How it travels, in words: "the decentralised IT system".
    pub door: String,
    /// What Article 19(6) has recorded where the data travelled outside the decentralised IT system.
    #[serde(default)]
    pub outside: Option<OutsideTransfer>,
    /// The custody chain so far.
    pub custody: AtLeastOne<CustodyStep>,
    /// Who signs.
    pub signing: Signing,
}

/// A transfer outside the decentralised IT system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutsideTransfer {
    /// Why the system was not used.
    pub because: String,
    /// When.
    pub at: Instant,
    /// From whom.
    pub sender: String,
    /// To whom.
    pub recipient: String,
    /// The name of the file.
    pub file: String,
    /// Its size in bytes.
    pub bytes: u64,
}

impl CertificateEu {
    /// The statement in `lang`, so far in English only.
    pub fn blocks(&self, lang: &Lang) -> Letter {
        let words = Words::of("certificate_eu", lang);
        let mut body = vec![Block::note(words.say("draft"))];
        body.extend(self.order(&words));
        body.extend(self.origin(&words));
        body.extend(self.integrity(&words));
        body.extend(self.transmission(&words));
        body.push(Block::heading(words.say("custody.title")));
        body.push(custody_chain::cards(&words, self.custody.as_slice()));
        body.extend(self.statement(&words));
        self.head.paper(&words, words.say("title"), body)
    }

    fn order(&self, words: &Words) -> Vec<Block> {
        let mut facts = vec![
            Fact::new(words.say("order.order"), &self.order),
            Fact::new(words.say("order.issuing"), &self.issuing_authority),
        ];
        let validating = self.validating_authority.as_ref();
        facts.extend(
            validating.map(|authority| Fact::new(words.say("order.validating"), authority)),
        );
        facts.push(Fact::new(words.say("order.received"), words.instant(self.received)));
        vec![Block::heading(words.say("order.title")), Block::Facts { facts }]
    }

    fn origin(&self, words: &Words) -> Vec<Block> {
        let mut blocks = vec![
            Block::heading(words.say("origin.title")),
            Block::paragraph(words.fill("origin.systems", &[("provider", &self.head.from.name)])),
            process::systems(words, &self.systems),
            Block::heading(words.say("origin.process_title")),
            Block::paragraph(words.say("origin.process")),
            process::steps(words, &self.steps),
            Block::paragraph(words.say("origin.accuracy")),
            Block::bullets(self.accuracy.as_slice().to_vec()),
        ];
        if !self.omitted.is_empty() {
            blocks.push(Block::paragraph(words.say("origin.omitted")));
            blocks.push(Block::bullets(self.omitted.clone()));
        }
        blocks
    }

    fn integrity(&self, words: &Words) -> Vec<Block> {
        let manifest = Fact::mono(words.say("integrity.manifest"), self.manifest.to_string());
        vec![
            Block::heading(words.say("integrity.title")),
            Block::paragraph(words.say("integrity.text")),
            process::files(words, &self.files),
            Block::Facts { facts: vec![manifest] },
        ]
    }

    fn transmission(&self, words: &Words) -> Vec<Block> {
        let facts = vec![
            Fact::new(words.say("transmission.door"), &self.door),
            Fact::mono(words.say("transmission.sealed_to"), &self.sealed_to),
        ];
        let mut blocks = vec![
            Block::heading(words.say("transmission.title")),
            Block::paragraph(words.say("transmission.text")),
            Block::Facts { facts },
        ];
        if let Some(outside) = &self.outside {
            blocks.push(Block::paragraph(words.say("transmission.outside")));
            blocks.push(Block::Facts { facts: outside.facts(words) });
        }
        blocks
    }

    fn statement(&self, words: &Words) -> Vec<Block> {
        let signing = &self.signing;
        let values = [
            ("name", signing.name.as_str()),
            ("title", &signing.title),
            ("provider", &self.head.from.name),
        ];
        let mut blocks = vec![
            Block::heading(words.say("statement.title")),
            Block::paragraph(words.fill("statement.text", &values)),
            Block::paragraph(words.say("statement.limits")),
        ];
        blocks.extend(process::signature(words, &self.head.from.name, signing));
        blocks
    }
}

impl OutsideTransfer {
    fn facts(&self, words: &Words) -> Vec<Fact> {
        vec![
            Fact::new(words.say("outside.because"), &self.because),
            Fact::new(words.say("outside.at"), self.at.to_string()),
            Fact::new(words.say("outside.sender"), &self.sender),
            Fact::new(words.say("outside.recipient"), &self.recipient),
            Fact::new(words.say("outside.file"), &self.file),
            Fact::new(words.say("outside.bytes"), words.number(self.bytes)),
        ]
    }
}
