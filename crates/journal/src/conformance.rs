//! The journal's promise as a test that every implementation runs.
//!
//! ```
//! use std::sync::Arc;
//! # tokio::runtime::Builder::new_multi_thread().build().unwrap().block_on(async {
//! writ_journal::conformance::check(Arc::new(writ_journal::MemoryJournal::default())).await;
//! # });
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that is shared: it fails by panicking, with the sentence that was not true"
)]

use crate::{
    AppendError, Appended, CommandId, Due, DuesError, ExpectedSequence, Head, Journal, NewEvent,
    PAGE, StreamId, VerifyError, chain,
};
use ExpectedSequence::{After, NotYet};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::task::JoinSet;

/// Checks that `journal`, which is empty and used by nobody else, keeps the promise of [`Journal`].
///
/// # Panics
///
/// If it does not, with a sentence that says what was to be true. It runs in a Tokio runtime.
pub async fn check(journal: Arc<dyn Journal>) {
    an_empty_journal_is_whole(&*journal).await;
    an_append_answers_where_its_events_stand(&*journal).await;
    what_is_read_is_what_was_appended(&*journal).await;
    a_wrong_expectation_appends_nothing(&*journal).await;
    a_command_given_again_has_no_further_effect(&*journal).await;
    one_unfit_event_keeps_all_of_them_out(&*journal).await;
    streams_do_not_mix(&*journal).await;
    streams_are_listed_by_name(&*journal).await;
    pages_are_bounded_and_in_order(&*journal).await;
    dues_are_replaced_with_the_append(&*journal).await;
    dues_computed_from_an_older_state_are_refused(&*journal).await;
    dues_are_found_when_they_fall(&*journal).await;
    of_many_writers_on_one_stream_one_wins(&journal).await;
    writers_on_many_streams_all_get_through(&journal).await;
    a_reader_of_all_misses_nothing_while_others_append(&journal).await;
    every_event_is_chained_to_the_one_before(&*journal).await;
    a_history_other_than_the_one_known_is_a_fault(&*journal).await;
}

async fn an_empty_journal_is_whole(journal: &dyn Journal) {
    assert_eq!(journal.head().await.unwrap(), Head::empty(), "the journal given has to be empty");
    assert_eq!(journal.verify(None, &mut |_| ()).await.unwrap().events, 0);
    assert!(journal.read_all(0, 10).await.unwrap().is_empty());
    assert!(
        journal.read(&stream("nobody"), 0, 10).await.unwrap().is_empty(),
        "an unknown stream has no events"
    );
}

async fn an_append_answers_where_its_events_stand(journal: &dyn Journal) {
    let before = journal.head().await.unwrap().position;
    let answer =
        append(journal, "answer", NotYet, "answer-1", &[event(1), event(2)]).await.unwrap();
    let Appended::Now(span) = answer else { panic_with("the first append of a command is `Now`") };
    assert_eq!((span.first, span.last, span.position), (1, 2, before + 2));
    let head = journal.head().await.unwrap();
    assert_eq!(
        (span.position, span.digest),
        (head.position, head.digest),
        "the span ends at the new head"
    );
    let answer = append(journal, "answer", After(2), "answer-2", &[event(3)]).await.unwrap();
    assert_eq!((answer.span().first, answer.span().last), (3, 3));
}

async fn what_is_read_is_what_was_appended(journal: &dyn Journal) {
    let awkward = NewEvent {
        kind: "Some.Kind-of_9".into(),
        version: u16::MAX,
        data: json!({
            "z": [1, -2, i64::MAX, u64::MAX, true, null, {}, []],
            "a": "\u{0} \u{1F512} \" \\ \u{2028} d\u{e9}j\u{e0} \r\n",
            "m": { "key order": "is kept", "b": 1, "a": 2 },
        }),
        at: "2026-03-01T09:30:00.123456789Z".parse().unwrap(),
    };
    let events = [awkward, event(2)];
    append(journal, "faithful", NotYet, "faithful/1", &events).await.unwrap();
    let read = journal.read(&stream("faithful"), 0, 10).await.unwrap();
    assert_eq!(read.len(), 2);
    for ((sequence, given), read) in (1..).zip(&events).zip(&read) {
        assert_eq!(read.stream, stream("faithful"));
        assert_eq!(
            (read.sequence, &read.kind, read.version),
            (sequence, &given.kind, given.version)
        );
        assert_eq!((&read.data, read.at), (&given.data, given.at));
        assert_eq!(read.data.to_string(), given.data.to_string(), "the order of keys is kept");
        assert_eq!(read.command_id, command("faithful/1"));
    }
}

async fn a_wrong_expectation_appends_nothing(journal: &dyn Journal) {
    append(journal, "expected", NotYet, "expected-1", &[event(1), event(2)]).await.unwrap();
    for (wrong, name) in
        [(NotYet, "expected-2"), (After(1), "expected-3"), (After(3), "expected-4")]
    {
        let refused = append(journal, "expected", wrong, name, &[event(3)]).await.unwrap_err();
        let AppendError::Conflict { expected, actual, .. } = refused else {
            panic_with("a wrong expectation is a conflict")
        };
        assert_eq!((expected, actual), (wrong.last(), 2));
    }
    let refused = append(journal, "unexpected", After(1), "expected-5", &[event(1)]).await;
    assert!(matches!(refused, Err(AppendError::Conflict { actual: 0, .. })));
    assert_eq!(journal.read(&stream("expected"), 0, 10).await.unwrap().len(), 2);
    assert!(journal.read(&stream("unexpected"), 0, 10).await.unwrap().is_empty());
    let decided_again =
        append(journal, "expected", After(2), "expected-2", &[event(3)]).await.unwrap();
    assert!(matches!(decided_again, Appended::Now(_)), "a refused command was not applied");
}

async fn a_command_given_again_has_no_further_effect(journal: &dyn Journal) {
    let first = append(journal, "again", NotYet, "once", &[event(1), event(2)]).await.unwrap();
    append(journal, "again", After(2), "later", &[event(3)]).await.unwrap();
    let head = journal.head().await.unwrap();
    for expected in [NotYet, After(2), After(3)] {
        let again = append(journal, "again", expected, "once", &[event(9)]).await.unwrap();
        assert_eq!(again, Appended::Before(first.span()), "it answers with what was recorded then");
    }
    assert_eq!(journal.head().await.unwrap(), head);
    let elsewhere = append(journal, "again-elsewhere", NotYet, "once", &[event(1)]).await.unwrap();
    assert!(matches!(elsewhere, Appended::Now(_)), "a command's id counts within its stream");
}

async fn one_unfit_event_keeps_all_of_them_out(journal: &dyn Journal) {
    let unfit = NewEvent { kind: "two words".into(), ..event(2) };
    let too_long = NewEvent { data: Value::String("x".repeat(2 << 20)), ..event(2) };
    for events in [vec![], vec![event(1), unfit], vec![event(1), too_long], vec![event(1); 1_001]] {
        let refused = append(journal, "unfit", NotYet, "unfit", &events).await;
        assert!(matches!(refused, Err(AppendError::Unfit { .. })));
    }
    let bad = Due { at: instant(0), what: String::new() };
    let refused =
        journal.append(&stream("unfit"), NotYet, &command("u"), &[event(1)], Some(&[bad])).await;
    assert!(matches!(refused, Err(AppendError::Unfit { .. })));
    assert!(journal.read(&stream("unfit"), 0, 10).await.unwrap().is_empty());
}

async fn streams_do_not_mix(journal: &dyn Journal) {
    // Names of which one begins with the other, or differs in case alone.
    let names = ["mix", "mix/a", "mix/ab", "mix/A"];
    for sequence in 1..=3 {
        for name in names {
            let expected = if sequence == 1 { NotYet } else { After(sequence - 1) };
            append(journal, name, expected, &format!("mix-{sequence}"), &[event(sequence)])
                .await
                .unwrap();
        }
    }
    for name in names {
        let read = journal.history(&stream(name), 0).await.unwrap();
        let sequences: Vec<u64> = read.iter().map(|event| event.sequence).collect();
        assert_eq!(sequences, [1, 2, 3]);
        assert!(read.iter().all(|event| event.stream == stream(name)));
        assert_eq!(journal.read(&stream(name), 2, 10).await.unwrap()[0].sequence, 3);
    }
}

async fn streams_are_listed_by_name(journal: &dyn Journal) {
    let mut listed = Vec::new();
    let mut after = None;
    loop {
        let page = journal.streams(after.as_ref(), 3).await.unwrap();
        assert!(page.len() <= 3, "no page is longer than asked");
        let Some(last) = page.last() else { break };
        after = Some(last.stream.clone());
        listed.extend(page);
    }
    assert!(
        listed.windows(2).all(|pair| pair[0].stream < pair[1].stream),
        "in byte order, each once"
    );
    let mix = listed.iter().find(|end| end.stream == stream("mix/ab")).unwrap();
    let last = journal.read(&stream("mix/ab"), 2, 1).await.unwrap();
    assert_eq!((mix.last, mix.position), (3, last[0].position));
    assert!(
        !listed.iter().any(|end| end.stream == stream("unfit")),
        "a stream without events is not listed"
    );
}

async fn pages_are_bounded_and_in_order(journal: &dyn Journal) {
    let many: Vec<NewEvent> = (1..=u64::from(PAGE)).map(event).collect();
    append(journal, "long", NotYet, "long-1", &many).await.unwrap();
    append(journal, "long", After(u64::from(PAGE)), "long-2", &many[..7]).await.unwrap();
    let page = journal.read(&stream("long"), 0, u32::MAX).await.unwrap();
    assert_eq!(page.len(), PAGE as usize, "no page is longer than `PAGE`");
    assert_eq!(journal.read(&stream("long"), 5, 2).await.unwrap()[1].sequence, 7);
    assert!(journal.read(&stream("long"), 0, 0).await.unwrap().is_empty());
    let history = journal.history(&stream("long"), 3).await.unwrap();
    let sequences: Vec<u64> = history.iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, (4..=u64::from(PAGE) + 7).collect::<Vec<_>>());
}

async fn dues_are_replaced_with_the_append(journal: &dyn Journal) {
    journal.clear_dues().await.unwrap();
    let name = stream("owing");
    let dues = [due(5, "reply"), due(90, "delete"), due(5, "reply")];
    journal.append(&name, NotYet, &command("owing-1"), &[event(1)], Some(&dues)).await.unwrap();
    assert_eq!(owed(journal, 5).await, ["owing reply"], "the same due twice is one due");
    assert_eq!(owed(journal, 90).await, ["owing reply", "owing delete"]);

    append(journal, "owing", After(1), "owing-2", &[event(2)]).await.unwrap();
    assert_eq!(owed(journal, 90).await.len(), 2, "an append that says nothing of dues leaves them");

    let late = journal.append(&name, After(1), &command("owing-3"), &[event(3)], Some(&[])).await;
    assert!(late.is_err());
    let again = journal.append(&name, NotYet, &command("owing-1"), &[event(1)], Some(&[])).await;
    assert!(matches!(again, Ok(Appended::Before(_))));
    assert_eq!(owed(journal, 90).await.len(), 2, "an append without effect leaves them");

    journal
        .append(&name, After(2), &command("owing-4"), &[event(3)], Some(&[due(7, "seal")]))
        .await
        .unwrap();
    assert_eq!(owed(journal, 90).await, ["owing seal"]);
}

async fn dues_computed_from_an_older_state_are_refused(journal: &dyn Journal) {
    let name = stream("owing");
    let refused = journal.set_dues(&name, After(2), &[due(1, "old")]).await;
    assert!(matches!(refused, Err(DuesError::Conflict { expected: 2, actual: 3, .. })));
    assert_eq!(owed(journal, 90).await, ["owing seal"]);
    journal.set_dues(&name, After(3), &[due(1, "new")]).await.unwrap();
    assert_eq!(owed(journal, 90).await, ["owing new"]);
}

async fn dues_are_found_when_they_fall(journal: &dyn Journal) {
    journal.clear_dues().await.unwrap();
    assert!(owed(journal, 1_000).await.is_empty(), "cleared, to be set again");
    assert_eq!(journal.next_due(instant(0)).await.unwrap(), None);
    journal.set_dues(&stream("owing"), After(3), &[due(20, "b"), due(30, "c")]).await.unwrap();
    journal.set_dues(&stream("mix"), After(3), &[due(20, "a"), due(10, "d")]).await.unwrap();
    assert_eq!(owed(journal, 9).await, Vec::<String>::new());
    assert_eq!(owed(journal, 20).await, ["mix d", "mix a", "owing b"], "the longest owed first");
    assert_eq!(journal.next_due(instant(9)).await.unwrap(), Some(instant(10)));
    assert_eq!(journal.next_due(instant(20)).await.unwrap(), Some(instant(30)));
    assert_eq!(journal.next_due(instant(30)).await.unwrap(), None);
    assert_eq!(journal.dues_until(instant(90), 1).await.unwrap().len(), 1);
    journal.clear_dues().await.unwrap();
}

async fn of_many_writers_on_one_stream_one_wins(journal: &Arc<dyn Journal>) {
    for round in 0..8_u64 {
        let mut writers = JoinSet::new();
        for writer in 0..6 {
            let journal = Arc::clone(journal);
            let expected = if round == 0 { NotYet } else { After(round) };
            writers.spawn(async move {
                append(
                    &*journal,
                    "race",
                    expected,
                    &format!("race-{round}-{writer}"),
                    &[event(writer)],
                )
                .await
            });
        }
        let results = writers.join_all().await;
        let won = results.iter().filter(|result| matches!(result, Ok(Appended::Now(_)))).count();
        let lost = |result: &&Result<_, _>| matches!(result, Err(AppendError::Conflict { .. }));
        assert_eq!(
            (won, results.iter().filter(lost).count()),
            (1, 5),
            "one wins, the others are told"
        );
    }
    assert_eq!(journal.history(&stream("race"), 0).await.unwrap().len(), 8);
}

async fn writers_on_many_streams_all_get_through(journal: &Arc<dyn Journal>) {
    let mut writers = JoinSet::new();
    for writer in 0..12_u64 {
        let journal = Arc::clone(journal);
        writers.spawn(async move {
            for sequence in 0..5 {
                let expected = if sequence == 0 { NotYet } else { After(sequence) };
                let (name, id) = (format!("crowd/{writer}"), format!("crowd-{sequence}"));
                append(&*journal, &name, expected, &id, &[event(sequence)]).await.unwrap();
            }
        });
    }
    writers.join_all().await;
    for writer in 0..12 {
        assert_eq!(journal.history(&stream(&format!("crowd/{writer}")), 0).await.unwrap().len(), 5);
    }
}

async fn a_reader_of_all_misses_nothing_while_others_append(journal: &Arc<dyn Journal>) {
    let from = journal.head().await.unwrap().position;
    let mut writers = JoinSet::new();
    for writer in 0..4_u64 {
        let journal = Arc::clone(journal);
        writers.spawn(async move {
            for n in 0..15 {
                let name = format!("flow/{writer}-{n}");
                append(&*journal, &name, NotYet, "flow", &[event(1), event(2)]).await.unwrap();
            }
        });
    }
    let (mut after, mut seen) = (from, Vec::new());
    while seen.len() < 4 * 15 * 2 {
        let page = journal.read_all(after, 17).await.unwrap();
        after = page.last().map_or(after, |event| event.position);
        seen.extend(page.into_iter().map(|event| event.position));
        tokio::task::yield_now().await;
    }
    writers.join_all().await;
    let expected: Vec<u64> = (from + 1..=from + 120).collect();
    assert_eq!(seen, expected, "positions appear in order and without gaps");
}

async fn every_event_is_chained_to_the_one_before(journal: &dyn Journal) {
    let mut head = Head::empty();
    loop {
        let page = journal.read_all(head.position, PAGE).await.unwrap();
        for event in &page {
            assert_eq!(event.position, head.position + 1, "positions have no gaps");
            assert_eq!(event.previous_digest, head.digest);
            assert_eq!(
                event.digest,
                chain::digest_of(event),
                "the digest can be recomputed from what is read"
            );
            head = Head { position: event.position, digest: event.digest };
        }
        if page.is_empty() {
            break;
        }
    }
    assert_eq!(journal.head().await.unwrap(), head);
    let mut told = 0;
    let verified = journal.verify(Some(head), &mut |events| told = events).await.unwrap();
    assert_eq!((verified.events, verified.head, told), (head.position, head, head.position));
}

async fn a_history_other_than_the_one_known_is_a_fault(journal: &dyn Journal) {
    let head = journal.head().await.unwrap();
    let longer = Head { position: head.position + 1, digest: head.digest };
    let other = Head { position: head.position - 1, digest: head.digest };
    for known in [longer, other] {
        let found = journal.verify(Some(known), &mut |_| ()).await;
        let Err(VerifyError::Fault(fault)) = found else {
            panic_with("another history is found out")
        };
        assert_eq!(fault.position, known.position);
    }
}

async fn append(
    journal: &dyn Journal,
    name: &str,
    expected: ExpectedSequence,
    id: &str,
    events: &[NewEvent],
) -> Result<Appended, AppendError> {
    journal.append(&stream(name), expected, &command(id), events, None).await
}

async fn owed(journal: &dyn Journal, seconds: i64) -> Vec<String> {
    let owed = journal.dues_until(instant(seconds), 100).await.unwrap();
    owed.iter().map(|owed| format!("{} {}", owed.stream, owed.what)).collect()
}

fn stream(name: &str) -> StreamId {
    name.parse().unwrap()
}

fn command(id: &str) -> CommandId {
    id.parse().unwrap()
}

fn instant(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
}

fn due(seconds: i64, what: &str) -> Due {
    Due { at: instant(seconds), what: what.into() }
}

fn event(n: u64) -> NewEvent {
    NewEvent {
        kind: "Counted".into(),
        version: 1,
        data: json!({ "n": n }),
        at: instant(1_700_000_000),
    }
}

#[expect(clippy::panic, reason = "the one way a shared test has to fail")]
fn panic_with(sentence: &str) -> ! {
    panic!("{sentence}")
}
