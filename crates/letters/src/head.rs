//! What stands at the top of every letter: who writes to whom, about which case, when; and what a reader may do next.

use crate::letter::{Block, Fact, Letter};
use crate::words::Words;
use serde::{Deserialize, Serialize};
use writ_vocabulary::Instant;

/// Who writes to whom, about what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Letterhead {
    /// The provider.
    pub from: Provider,
    /// The reader.
    pub to: Party,
    /// The provider's case number.
    pub case: String,
    /// The reader's own file number.
    #[serde(default)]
    pub your_reference: Option<String>,
    /// When the letter was written.
    pub written: Instant,
}

/// The provider, as its letters name it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Its name.
    pub name: String,
    /// Postal address, a line each.
    #[serde(default)]
    pub lines: Vec<String>,
    /// Where a reader of this letter writes to: a mail address or a page.
    #[serde(default)]
    pub contact: String,
}

/// A reader.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Its name.
    pub name: String,
    /// Address, a line each.
    #[serde(default)]
    pub lines: Vec<String>,
}

/// A means of redress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remedy {
    /// What can be done, where, and by when.
    pub what: String,
    /// The law that gives it.
    #[serde(default)]
    pub cite: Option<String>,
}

impl Letterhead {
    /// A letter to the reader named here.
    pub(crate) fn letter(&self, words: &Words, title: String, body: Vec<Block>) -> Letter {
        let mut letter = self.paper(words, title, body);
        letter.reader = vec![self.to.name.clone()];
        letter.reader.extend(self.to.lines.iter().cloned());
        letter
    }

    /// A paper about the case that speaks to whoever holds it.
    pub(crate) fn paper(&self, words: &Words, title: String, body: Vec<Block>) -> Letter {
        let mut blocks: Vec<Block> = words.fallback_note().into_iter().map(Block::note).collect();
        blocks.extend(body);
        Letter {
            title,
            lang: words.lang().clone(),
            sender: self.from.name.clone(),
            sender_lines: self.sender_lines(),
            reader: Vec::new(),
            facts: self.facts(words),
            case: self.case.clone(),
            written: self.written,
            page_words: words.say("page"),
            colon: words.say("colon"),
            blocks,
        }
    }

    fn sender_lines(&self) -> Vec<String> {
        let contact = Some(&self.from.contact).filter(|contact| !contact.is_empty());
        self.from.lines.iter().chain(contact).cloned().collect()
    }

    fn facts(&self, words: &Words) -> Vec<Fact> {
        let mut facts = vec![Fact::new(words.say("head.case"), &self.case)];
        if let Some(reference) = &self.your_reference {
            facts.push(Fact::new(words.say("head.your_reference"), reference));
        }
        facts.push(Fact::new(words.say("head.date"), words.instant(self.written)));
        facts
    }
}

impl Remedy {
    /// The remedy in one line, with its citation.
    pub(crate) fn line(&self) -> String {
        match &self.cite {
            Some(cite) => format!("{} ({cite})", self.what),
            None => self.what.clone(),
        }
    }
}
