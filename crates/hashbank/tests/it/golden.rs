//! Stored events: one of each kind, in the form in which journals hold them for ever.

use super::phrases::{BEGINNING, KEY, play};
use std::collections::BTreeSet;
use writ_hashbank::{Event, State};

const GOLDEN: &str = include_str!("events.ndjson");

/// A history in which everything happens.
const HISTORY: [&str; 31] = [
    "bar willow",
    "change LOCAL RENAMED quorum 1 auto ratio 0.25 radius 20",
    "change RENAMED LOCAL quorum 1 auto",
    "alder contributes pdq:A@80 video_md5:B to VIOLENT labelled media/image,behaviour/recruitment-and-instruction noting first copy",
    "birch contributes pdq:A to VIOLENT labelled media/image",
    "alder contributes raw_text:manifesto to LOCAL until day 9 keeping c-17",
    "cedar disputes 1 because wrong bank",
    "cedar confirms 1 labelled media/image",
    "cedar unsays 1",
    "alder notes 1 better note",
    "alder notes 1",
    "alder ends 2 on day 30",
    "alder disables 1 until day 20",
    "alder disables 1",
    "1 matched 1000 in 60",
    "1 lies 12 from pdq",
    "alder releases 1 because it is viral",
    "alder opens riverside fast labelled behaviour/glorification-of-terrorist-acts",
    "alder contributes pdq:C~12 to VIOLENT for riverside",
    "birch sights 1 on platform/forum as form/cropped at 14 hash pdq:D",
    "birch sights 1 on platform/messaging as form/original at 0",
    "alder closes riverside",
    "reader alder-index of alder",
    "reader alder-index read 0.1",
    "reader alder-index leaves",
    "alder withdraws 1 because a mistake",
    "birch withdraws 1",
    "day 31: sweep",
    "day 500: drop notices",
    "remove HARMLESS",
    "adopt rules 2",
];

#[test]
#[expect(clippy::disallowed_methods, reason = "renews the golden file when asked to")]
fn stored_events_keep_their_form() {
    let mut state = State::new(KEY);
    let history = play(&mut state, BEGINNING.into_iter().chain(HISTORY));
    let written: Vec<String> = history.iter().map(|(_, event)| event.to_json()).collect();
    if std::env::var_os("WRIT_WRITE_GOLDEN").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/events.ndjson");
        std::fs::write(path, written.join("\n") + "\n").unwrap();
        return;
    }
    let golden: Vec<&str> = GOLDEN.lines().collect();
    assert_eq!(
        written, golden,
        "an event's stored form changed: old journals would no longer read"
    );
}

#[test]
fn stored_events_of_every_kind_read_back() {
    let mut kinds = BTreeSet::new();
    for line in GOLDEN.lines() {
        let event = Event::from_json(line).unwrap();
        assert_eq!(event.to_json(), line);
        assert!(line.starts_with(&format!("{{\"event\":\"{}\"", event.kind())), "{line}");
        kinds.insert(event.kind());
    }
    assert_eq!(kinds.len(), 26, "{kinds:?}");
}

#[test]
fn unknown_kinds_versions_and_fields_are_refused() {
    let good = r#"{"event":"opinion-taken-back/1","of":{"entry":1,"by":"alder"}}"#;
    assert!(Event::from_json(good).is_ok());
    let said =
        |from: &str, to: &str| Event::from_json(&good.replace(from, to)).unwrap_err().to_string();
    assert!(said("back/1", "back/2").contains("unknown variant `opinion-taken-back/2`"));
    assert!(said("\"entry\":1", "\"entry\":1,\"mood\":2").contains("unknown field `mood`"));
    assert!(said("}}", "},\"also\":1}").contains("also"));
    assert!(said("alder", "Alder").contains("`Alder` is not a member"));
}
