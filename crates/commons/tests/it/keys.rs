//! Keys: shown once, known by their digest, ended at once.

use writ_commons::{Grant, KeyError, Keys, Role};
use writ_journal::{Place, SqlJournal};
use writ_vocabulary::Instant;

async fn keys(home: &std::path::Path) -> Keys {
    let place = Place::from(home.join("journal.db").as_path());
    let journal = SqlJournal::open_or_create(&place, Default::default()).await.unwrap();
    Keys::open(journal).await.unwrap()
}

#[tokio::test]
async fn a_key_opens_until_it_is_revoked_or_ends_also_for_a_program_that_runs_already() {
    let home = tempfile::tempdir().unwrap();
    let (serving, issuing) = (keys(home.path()).await, keys(home.path()).await);
    let now = Instant::now();
    let later = now + jiff_hour();
    let member = || "meridian-video".parse().unwrap();
    let lasting = issuing.issue(member(), Role::Reader, Some(600), None).await.unwrap();
    let ending = issuing.issue(member(), Role::Member, None, Some(later)).await.unwrap();
    assert_eq!(serving.caller(&lasting.text, now), None);
    serving.refresh().await.unwrap();
    let caller = serving.caller(&lasting.text, now).unwrap();
    assert_eq!((caller.role, caller.per_minute), (Role::Reader, Some(600)));
    assert!(serving.caller(&ending.text, now).is_some());
    assert!(serving.caller(&ending.text, later).is_none());
    assert!(serving.caller("writ_0000", now).is_none());
    issuing.revoke(&lasting.key.id).await.unwrap();
    serving.refresh().await.unwrap();
    assert_eq!(serving.caller(&lasting.text, now), None);
    let again = issuing.revoke(&lasting.key.id).await.unwrap_err();
    assert!(matches!(again, KeyError::Unknown(_)));
    assert_eq!(issuing.list().len(), 1);
}

#[tokio::test]
async fn the_text_of_a_key_is_nowhere_in_the_home_nor_in_what_is_printed() {
    let home = tempfile::tempdir().unwrap();
    let keys = keys(home.path()).await;
    let issued =
        keys.issue("meridian-video".parse().unwrap(), Role::Member, None, None).await.unwrap();
    assert!(!format!("{issued:?}{:?}", keys.list()).contains(&issued.text));
    for file in std::fs::read_dir(home.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let secret = issued.text.as_bytes();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
}

#[test]
fn each_role_may_what_the_one_before_may_and_more() {
    let grants = [Grant::Match, Grant::Read, Grant::Speak, Grant::Curate];
    let roles = [Role::Matcher, Role::Reader, Role::Member, Role::Curator];
    for (rank, role) in roles.into_iter().enumerate() {
        let may: Vec<bool> = grants.iter().map(|grant| role.may(*grant)).collect();
        assert_eq!(may, (0..4).map(|grant| grant <= rank).collect::<Vec<_>>());
    }
}

fn jiff_hour() -> std::time::Duration {
    std::time::Duration::from_secs(3_600)
}
