//! What a page brings, gathered within bounds: each key once, hashes checked, texts cut to size.

use crate::{Change, Held, Malformed, Record, Said};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, HashMap};
use writ_hashbank::{MAX_HASH, MAX_NOTE, MAX_SIGNALS, Signal};

/// The most records of one page.
pub const MAX_RECORDS: usize = 1_000_000;
/// The most malformed records that one page tells apart; how many more there were is told in one line.
pub const MAX_MALFORMED: usize = 1_000;

/// The longest key, in bytes.
const MAX_KEY: usize = 255;
/// The most types that are counted apart when passed over.
const MAX_SKIPPED: usize = 64;
/// The most members of a partner whose words on one record are kept.
const MAX_OPINIONS: usize = 1_000;
/// The most tags of one opinion.
const MAX_TAGS: usize = 64;
/// The longest tag or name of a source, in characters.
const MAX_WORD: usize = 200;
/// The longest line on what is malformed, in characters.
const MAX_LINE: usize = 300;

/// What a page brings.
#[derive(Default)]
pub(crate) struct Gathered {
    pub records: Vec<Record>,
    pub malformed: Vec<Malformed>,
    pub skipped: BTreeMap<String, u32>,
    places: HashMap<String, usize>,
    unnamed: usize,
    overfull: bool,
    seen: Sha256,
    any: bool,
}

impl Gathered {
    /// Takes in what the partner holds under `key`. Without a hash there is nothing to hold: it counts as gone.
    pub fn held(&mut self, key: impl Into<String>, mut held: Held) {
        let key = key.into();
        if held.signals.is_empty() {
            return self.gone(key);
        }
        if held.signals.len() > MAX_SIGNALS {
            let more = held.signals.len() - MAX_SIGNALS;
            self.malformed(
                Some(&key),
                format!("{more} of its hashes beyond {MAX_SIGNALS}: not taken"),
            );
            held.signals.truncate(MAX_SIGNALS);
        }
        held.opinions = bounded(held.opinions);
        held.note = held.note.map(|note| shortened(&note, MAX_NOTE / 4));
        self.put(key, Change::Held(held));
    }

    pub fn gone(&mut self, key: impl Into<String>) {
        self.put(key.into(), Change::Gone);
    }

    /// Counts a hash of a type that we do not hold; `id` tells one from another.
    pub fn skip(&mut self, kind: &str, id: &str) {
        self.note_seen(&[b"s", kind.as_bytes(), id.as_bytes()]);
        let kind = shortened(kind, 64);
        let room = self.skipped.len() < MAX_SKIPPED || self.skipped.contains_key(&kind);
        let kind = if room { kind } else { "others".to_owned() };
        let count = self.skipped.entry(kind).or_default();
        *count = count.saturating_add(1);
    }

    /// One value of a list, read. One that nests too many values, or does not read, is malformed: `what` it is, and the key
    /// that `key` finds in it, tell of it.
    pub fn read<T: DeserializeOwned>(
        &mut self,
        what: &str,
        value: Option<Value>,
        key: impl FnOnce(&Value) -> Option<String>,
    ) -> Option<T> {
        let Some(value) = value else {
            self.malformed(None, format!("{what} nests too many values"));
            return None;
        };
        let key = key(&value);
        let read = serde_json::from_value(value);
        read.map_err(|error| self.malformed(key.as_deref(), error.to_string())).ok()
    }

    pub fn malformed(&mut self, key: Option<&str>, what: impl AsRef<str>) {
        self.note_seen(&[b"m", key.unwrap_or_default().as_bytes(), what.as_ref().as_bytes()]);
        if self.malformed.len() >= MAX_MALFORMED {
            self.unnamed += 1;
            return;
        }
        let key = key.filter(|key| fits(key)).map(str::to_owned);
        self.malformed.push(Malformed { key, what: shortened(what.as_ref(), MAX_LINE) });
    }

    /// Says how many were malformed beyond those told, and tells whether there were more records than we take.
    pub fn close(&mut self) -> bool {
        if self.unnamed > 0 {
            let what = format!("{} more like these", self.unnamed);
            self.malformed.push(Malformed { key: None, what });
            self.unnamed = 0;
        }
        self.overfull
    }

    /// A digest of all that came, passed over and malformed included; none where nothing came.
    pub fn digest(&self) -> Option<String> {
        let digest = self.any.then(|| self.seen.clone().finalize())?;
        Some(digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
    }

    fn put(&mut self, key: String, change: Change) {
        if !fits(&key) {
            let what = format!("its id is empty, longer than {MAX_KEY} bytes or not printable");
            return self.malformed(None, what);
        }
        match &change {
            Change::Gone => self.note_seen(&[b"g", key.as_bytes()]),
            Change::Held(held) => {
                self.note_seen(&[b"h", key.as_bytes()]);
                for signal in &held.signals {
                    self.note_seen(&[signal.hash.as_bytes()]);
                }
            }
        }
        if let Some(record) = self.places.get(&key).and_then(|at| self.records.get_mut(*at)) {
            record.change = change;
        } else if self.records.len() >= MAX_RECORDS {
            self.overfull = true;
        } else {
            self.places.insert(key.clone(), self.records.len());
            self.records.push(Record { key, change });
        }
    }

    fn note_seen(&mut self, parts: &[&[u8]]) {
        self.any = true;
        for part in parts {
            self.seen.update((part.len() as u64).to_le_bytes());
            self.seen.update(part);
        }
    }
}

/// The hash that `text` writes, in canonical form, or what is wrong with it.
pub(crate) fn signal(kind: &'static str, text: &str) -> Result<Signal, String> {
    if text.len() > MAX_HASH {
        return Err(format!("a {kind} hash of {} bytes: the longest is {MAX_HASH}", text.len()));
    }
    let known = writ_signals::SignalType::named(kind).map_err(|error| error.to_string())?;
    let read = known.parse(text).map_err(|error| error.to_string())?;
    let kind = kind.parse().map_err(|error| format!("{error}"))?;
    Ok(Signal { kind, hash: read.text().to_owned(), quality: None, nearest_benign: None })
}

/// A key for a hash that has no other id: its type and its text, or the text's digest where it is long.
pub(crate) fn key_of(signal: &Signal) -> String {
    if signal.hash.len() <= 128 {
        return format!("{}/{}", signal.kind, signal.hash);
    }
    let digest = Sha256::digest(signal.hash.as_bytes());
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}/sha256:{digest}", signal.kind)
}

/// The text in one line of at most `most` characters.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    let shown = |c: char| if c.is_control() { ' ' } else { c };
    let mut short: String = text.chars().take(most).map(shown).collect();
    if text.chars().nth(most).is_some() {
        short.pop();
        short.push('…');
    }
    short.trim().to_owned()
}

/// What each source said last, within bounds.
fn bounded(opinions: Vec<Said>) -> Vec<Said> {
    let mut kept: Vec<Said> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for mut said in opinions {
        said.source = shortened(&said.source, MAX_WORD);
        said.tags.truncate(MAX_TAGS);
        said.tags = said.tags.iter().map(|tag| shortened(tag, MAX_WORD)).collect();
        if let Some(earlier) = places.get(&said.source).and_then(|at| kept.get_mut(*at)) {
            *earlier = said;
        } else if kept.len() < MAX_OPINIONS {
            places.insert(said.source.clone(), kept.len());
            kept.push(said);
        }
    }
    kept
}

fn fits(key: &str) -> bool {
    (1..=MAX_KEY).contains(&key.len()) && !key.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_once_and_the_last_word_on_it_counts() {
        let mut gathered = Gathered::default();
        let held = Held {
            signals: vec![signal("video_md5", "00112233445566778899aabbccddeeff").unwrap()],
            ..Held::default()
        };
        gathered.held("17", held);
        gathered.gone("18");
        gathered.gone("17");
        let keys: Vec<_> = gathered.records.iter().map(|r| (r.key.as_str(), &r.change)).collect();
        assert_eq!(keys, [("17", &Change::Gone), ("18", &Change::Gone)]);
    }

    #[test]
    fn what_is_malformed_is_told_in_short_lines_and_counted_beyond_a_thousand() {
        let mut gathered = Gathered::default();
        for _ in 0..MAX_MALFORMED + 5 {
            gathered.malformed(Some("k"), "x\n".repeat(1_000));
        }
        assert!(!gathered.close());
        assert_eq!(gathered.malformed.len(), MAX_MALFORMED + 1);
        assert!(gathered.malformed[0].what.chars().count() <= 300);
        assert!(!gathered.malformed[0].what.contains('\n'));
        assert_eq!(gathered.malformed[MAX_MALFORMED].what, "5 more like these");
    }

    #[test]
    fn types_that_we_do_not_hold_are_counted_and_a_thousand_made_up_types_take_little_room() {
        let mut gathered = Gathered::default();
        for n in 0..1_000 {
            gathered.skip(&format!("KIND{n}"), "x");
        }
        assert_eq!(gathered.skipped.len(), MAX_SKIPPED + 1);
        assert_eq!(gathered.skipped.values().sum::<u32>(), 1_000);
    }

    #[test]
    fn an_id_that_is_too_long_or_not_printable_is_no_id() {
        let mut gathered = Gathered::default();
        gathered.gone("k".repeat(256));
        gathered.gone("a\u{7}b");
        gathered.gone("");
        assert_eq!((gathered.records.len(), gathered.malformed.len()), (0, 3));
    }
}
