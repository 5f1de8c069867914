//! Two providers that run the same law book and policy rule alike, byte for byte (collective policy P32).

use super::{books, house, rows};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use writ_channels::Intake;
use writ_desk::{Desk, SetClock};
use writ_vocabulary::{CaseId, Instant};

const DEMANDS: usize = 200;

#[tokio::test(flavor = "multi_thread")]
async fn two_providers_with_the_same_books_rule_alike_byte_for_byte() {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let demands = std::iter::repeat_with(|| rows::drawn().new_tree(&mut runner).unwrap().current())
        .filter_map(|drawn| rows::demand(&drawn));
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (one, other) = (desk(one.path()).await, desk(other.path()).await);
    let mut rulings = BTreeSet::new();
    for (number, case) in demands.take(DEMANDS).enumerate() {
        let bytes = serde_json::to_vec(&case).unwrap();
        let intake = Intake { case, bytes };
        let [first, second] =
            [ruling(&one, number, &intake).await, ruling(&other, number, &intake).await];
        assert_eq!(first, second, "demand {number}: {}", String::from_utf8_lossy(&first));
        rulings.insert(first);
    }
    assert!(rulings.len() > DEMANDS / 2, "the demands are too much alike to show anything");
}

/// A provider of its own: its own folder, keys and journal, and the same registry.
async fn desk(home: &Path) -> Desk {
    std::fs::write(home.join("writ.toml"), house("folder = \"outbox/mail\"")).unwrap();
    std::fs::write(home.join("custody.toml"), rows::CUSTODY).unwrap();
    rows::write_sources(home);
    let clock = SetClock::at("2026-11-20T10:00:00Z".parse::<Instant>().unwrap());
    let desk = Desk::open(home, books(), Arc::new(clock)).await.unwrap();
    desk.change_registry(|registry| registry.authorities.extend(rows::authorities())).unwrap();
    desk
}

async fn ruling(desk: &Desk, number: usize, intake: &Intake) -> Vec<u8> {
    let [high, low] = u16::try_from(number).unwrap().to_be_bytes();
    let id = CaseId::from_random([7, 7, 7, high, low]);
    let lodged = desk.lodge(intake, "native", None, Some(id)).await.unwrap();
    for factor in intake.case.facts.iter().flat_map(|facts| &facts.factors) {
        desk.add_factor(&lodged.case.id, factor.clone()).await.unwrap();
    }
    let standing = desk.case(&lodged.case.id).await.unwrap();
    serde_json::to_vec(&desk.judge(&standing).await.unwrap().ruling).unwrap()
}
