//! What always holds, for random commands in random order.

use super::phrases::{command, events, minute};
use proptest::prelude::*;
use writ_docket::{Case, Event, decide, duty, evolve, replay};
use writ_vocabulary::{CaseId, Instant};

const COMMANDS: [&str; 45] = [
    "lodge",
    "add a call-back by clerk-2",
    "add a call-back by clerk-1",
    "authenticate",
    "establish that the other authority is silent by reviewer-1",
    "establish that the other authority is silent by clerk-1",
    "assess: narrow, one person",
    "assess: wider than asked",
    "grant by the machine",
    "grant by reviewer-1",
    "grant by reviewer-2",
    "grant the name by reviewer-2",
    "grant by clerk-1",
    "grant the key by reviewer-1",
    "grant nothing by reviewer-1",
    "refuse by the machine",
    "refuse by reviewer-1",
    "act by the machine",
    "act by reviewer-1",
    "contribute hashes by reviewer-1",
    "preserve to minute 60",
    "extend preservation to minute 120",
    "extend preservation by the machine to minute 120",
    "extend preservation by the machine to minute 180",
    "end the preservation",
    "supplement",
    "override for the content",
    "override for the key",
    "override for photos",
    "record collected",
    "record that collecting failed",
    "record sealed",
    "record sealed with another manifest",
    "record sealed to another key",
    "record delivered",
    "record that the customer was told",
    "defer notice to minute 90",
    "confirm",
    "miss the confirmation",
    "withdraw",
    "suspend",
    "resume",
    "close",
    "assess: narrow, one person",
    "grant by reviewer-1",
];

/// Rulings and proofs that a command alone rarely brings about.
const BEGINNINGS: [&[&str]; 11] = [
    &[],
    &["lodged"],
    &["lodged", "proven"],
    &["lodged", "proven", "ruled: narrow, two people"],
    &["lodged", "proven", "ruled: act, tell before"],
    &["lodged", "proven", "ruled: act", "acted on by reviewer-1", "delivered"],
    &["lodged", "proven", "ruled: narrow, tell before", "granted by reviewer-1"],
    &["lodged", "proven", "ruled: narrow, in emergency", "granted in emergency", "collected"],
    &[
        "lodged",
        "proven",
        "ruled: narrow, gag without end",
        "granted by reviewer-1",
        "collected",
        "sealed",
    ],
    &["lodged", "not proven", "ruled: hold"],
    &["lodged", "proven", "ruled: preserve"],
];

fn id() -> CaseId {
    CaseId::from_random([9; 5])
}

/// Plays commands; everything that `decide` yields, `evolve` must accept.
fn played(beginning: usize, steps: &[(usize, i64)]) -> (Vec<(Instant, Event)>, Option<Case>) {
    let mut history: Vec<(Instant, Event)> = BEGINNINGS[beginning]
        .iter()
        .flat_map(|phrase| events(phrase))
        .map(|event| (minute(2), event))
        .collect();
    let mut case = replay(&id(), history.iter().map(|(at, event)| (*at, event))).unwrap();
    for (number, at) in steps {
        let now = minute(*at);
        let Ok(happened) = decide(command(COMMANDS[*number]), case.as_ref(), now) else { continue };
        for event in happened {
            case = Some(
                evolve(&id(), case, now, &event).expect("decide yields only what evolve accepts"),
            );
            history.push((now, event));
        }
    }
    (history, case)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn whatever_is_decided_can_happen_and_replays_to_the_same_case(
        beginning in 0..BEGINNINGS.len(),
        steps in proptest::collection::vec((0..COMMANDS.len(), 3i64..50_000), 0..40),
    ) {
        let (history, case) = played(beginning, &steps);
        let again = replay(&id(), history.iter().map(|(at, event)| (*at, event))).unwrap();
        prop_assert_eq!(&again, &case);
        if let Some(case) = &case {
            let _ = duty(case, minute(7));
            if let Some(grant) = case.grant() {
                prop_assert!(grant.scope().is_within(&case.lodging.asked));
                prop_assert!(grant.scope().intersection(&case.ruled().unwrap().fixed()).is_empty());
            }
        }
    }

    #[test]
    fn nothing_is_delivered_to_a_sender_who_was_not_proven(
        beginning in prop_oneof![Just(0usize), Just(1), Just(7)],
        steps in proptest::collection::vec((0..COMMANDS.len(), 3i64..50_000), 0..60),
    ) {
        let (history, _) = played(beginning, &steps);
        let sealed = history.iter().position(|(_, event)| matches!(event, Event::Sealed { .. }));
        let proven = history.iter().position(|(_, event)| matches!(event, Event::Authenticated { .. }));
        prop_assert!(sealed.is_none_or(|sealed| proven.is_some_and(|proven| proven < sealed)));
    }
}
