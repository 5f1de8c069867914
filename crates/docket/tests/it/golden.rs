//! Stored events: one of each kind, in the form in which journals hold them for ever.

use super::phrases::events;
use std::collections::BTreeSet;
use writ_docket::Event;

const GOLDEN: &str = include_str!("events.ndjson");

/// One phrase for every kind of event.
const KINDS: [&str; 31] = [
    "lodged",
    "call-back",
    "established",
    "proven",
    "not proven",
    "ruled: narrow, in emergency",
    "approved by reviewer-1",
    "granted by reviewer-1",
    "granted by both",
    "granted in emergency",
    "overridden",
    "refused",
    "acted on by reviewer-1",
    "hashes contributed",
    "preserved to minute 60",
    "supplemented",
    "collected",
    "collection failed",
    "sealed",
    "delivered",
    "told",
    "notice deferred to minute 90",
    "confirmed",
    "confirmation missed",
    "withdrawn",
    "suspended",
    "resumed",
    "preservation extended to minute 120",
    "preservation ended",
    "closed as content",
    "closed as acted on",
];

#[test]
#[expect(clippy::disallowed_methods, reason = "renews the golden file when asked to")]
fn stored_events_keep_their_form() {
    let written: Vec<String> = KINDS
        .iter()
        .flat_map(|phrase| events(phrase))
        .map(|event| serde_json::to_string(&event).unwrap())
        .collect();
    let golden: Vec<&str> = GOLDEN.lines().collect();
    if std::env::var_os("WRIT_WRITE_GOLDEN").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/events.ndjson");
        std::fs::write(path, written.join("\n") + "\n").unwrap();
        return;
    }
    assert_eq!(
        written, golden,
        "an event's stored form changed: old journals would no longer read"
    );
}

#[test]
fn stored_events_of_every_kind_read_back() {
    let mut kinds = BTreeSet::new();
    for line in GOLDEN.lines() {
        let event: Event = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_string(&event).unwrap(), line);
        kinds.insert(event.kind());
    }
    assert_eq!(kinds.len(), 27, "{kinds:?}");
}
