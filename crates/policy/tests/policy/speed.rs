//! How long a ruling takes: a measurement, run with `--ignored --nocapture`.

#![expect(clippy::disallowed_types, reason = "a measurement reads the clock")]

use crate::{files, lawbook, policy};
use std::time::Instant;
use writ_vocabulary::CaseFile;

const ROUNDS: u32 = 1000;

#[test]
#[ignore = "a measurement"]
fn a_demand_of_ten_items_is_assessed_and_ruled() {
    let (policy, lawbook) = (policy(), lawbook());
    let wanted = "cases/p2/subpoena-content.toml";
    let (_, text) = files("policy").into_iter().find(|(file, _)| file == wanted).unwrap();
    let elements = "[\"name\", \"postal_address\", \"session_times\", \"login_ip\", \"service_type\", \"customer_id\", \
                    \"payment_source\", \"message_headers\", \"message_body\", \"photos\"]";
    let text = text.replace("[\"name\", \"session_times\", \"message_body\"]", elements);
    let case = CaseFile::parse(&text).unwrap();
    let facts = case.facts.unwrap();
    let assessment = lawbook.assess(&case.demand, &facts).unwrap();
    assert_eq!(assessment.items.len(), 10);
    let begin = Instant::now();
    for _ in 0..ROUNDS {
        std::hint::black_box(lawbook.assess(&case.demand, &facts).unwrap());
    }
    let assessed = begin.elapsed() / ROUNDS;
    let begin = Instant::now();
    for _ in 0..ROUNDS {
        std::hint::black_box(policy.rule_on(&assessment));
    }
    let ruled = begin.elapsed() / ROUNDS;
    println!(
        "assess {assessed:?}, rule {ruled:?}, {:.0} demands a second",
        1.0 / (assessed + ruled).as_secs_f64()
    );
}

/// What a question costs by itself: one item, so that nothing is shared.
#[test]
#[ignore = "a measurement"]
fn a_demand_of_one_item_is_ruled() {
    let (policy, lawbook) = (policy(), lawbook());
    let wanted = "cases/p1/warrant-in-force.toml";
    let (_, text) = files("policy").into_iter().find(|(file, _)| file == wanted).unwrap();
    let case =
        CaseFile::parse(&text.replace("[\"name\", \"message_body\"]", "[\"name\"]")).unwrap();
    let assessment = lawbook.assess(&case.demand, &case.facts.unwrap()).unwrap();
    let begin = Instant::now();
    for _ in 0..ROUNDS {
        std::hint::black_box(policy.rule_on(&assessment));
    }
    println!("rule {:?}", begin.elapsed() / ROUNDS);
}
