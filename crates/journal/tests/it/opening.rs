//! What is opened may be missing, somebody else's, damaged, newer, or opened by many at once.

use crate::room::{Room, append, event};
use writ_journal::{Journal, Place, Settings, SqlJournal, StorageError};

async fn refused(room: &Room) -> String {
    let place = Place::from(room.file().as_path());
    let error = SqlJournal::open_or_create(&place, Settings::default()).await.unwrap_err();
    error.to_string().replace(&place.to_string(), "FILE")
}

#[tokio::test]
async fn a_journal_that_is_not_there_is_not_made_by_looking_for_it() {
    let room = Room::new();
    let place = Place::from(room.file().as_path());
    let error = SqlJournal::open(&place, Settings::default()).await.unwrap_err();
    assert!(matches!(error, StorageError::Missing { .. }));
    assert!(!room.file().exists());
    std::fs::write(room.file(), "").unwrap();
    let error = SqlJournal::open(&place, Settings::default()).await.unwrap_err();
    assert!(matches!(error, StorageError::Missing { .. }), "an empty file is no journal: {error}");
}

#[tokio::test]
async fn another_programs_database_is_refused_and_left_as_it_is() {
    let room = Room::new();
    std::fs::write(room.file(), "").unwrap();
    room.tamper("CREATE TABLE recipes (name TEXT)").await.unwrap();
    let before = std::fs::read(room.file()).unwrap();
    assert_eq!(
        refused(&room).await,
        "`FILE` is not a Writ journal: it is another program's SQLite database"
    );
    assert_eq!(std::fs::read(room.file()).unwrap(), before);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    let room = Room::new();
    let letter = "Dear Sir or Madam, ".repeat(400);
    std::fs::write(room.file(), &letter).unwrap();
    assert_eq!(refused(&room).await, "`FILE` is not a Writ journal: it is no SQLite database");
    assert_eq!(std::fs::read_to_string(room.file()).unwrap(), letter);
}

#[tokio::test]
async fn a_journal_of_a_newer_program_is_refused() {
    let room = Room::new();
    room.journal().await.close().await.unwrap();
    room.tamper("INSERT INTO journal_migrations VALUES ('m9999_wings', 0)").await.unwrap();
    let expected = "`FILE` was made by a newer writ (it has `m9999_wings`): upgrade this one";
    assert_eq!(refused(&room).await, expected);
}

#[tokio::test]
async fn a_folder_that_does_not_exist_is_named_in_the_error() {
    let room = Room::new();
    let place = Place::from(room.path("nowhere/journal.db").as_path());
    let error = SqlJournal::open_or_create(&place, Settings::default()).await.unwrap_err();
    assert!(error.to_string().contains("nowhere/journal.db"), "{error}");
}

#[tokio::test]
async fn a_password_is_never_part_of_a_message() {
    for url in [
        "postgres://writ:secret@127.0.0.1:1/writ",
        "postgresql://127.0.0.1:1/writ?user=writ&password=secret",
    ] {
        let place = Place::from(url);
        let settings =
            Settings { patience: std::time::Duration::from_millis(50), ..Settings::default() };
        let error = SqlJournal::open(&place, settings).await.unwrap_err();
        let said = format!("{error} {error:?} {place} {place:?}");
        assert!(said.contains("127.0.0.1:1/writ") && !said.contains("secret"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_may_create_one_journal_at_the_same_time() {
    let room = Room::new();
    let file = room.file();
    let mut openers = tokio::task::JoinSet::new();
    for n in 0..6 {
        let file = file.clone();
        openers.spawn(async move {
            let journal = crate::room::open(&file).await;
            append(&journal, &format!("case/{n}"), 0, "1", &[event(n)]).await.unwrap();
        });
    }
    openers.join_all().await;
    assert_eq!(room.journal().await.verify(None, &mut |_| ()).await.unwrap().events, 6);
}

#[tokio::test]
async fn a_lock_held_too_long_is_reported_as_such() {
    let room = Room::new();
    let journal = room.journal().await;
    let holder = room.raw().await;
    use sea_orm::ConnectionTrait;
    holder.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let settings =
        Settings { patience: std::time::Duration::from_millis(50), ..Settings::default() };
    let other = SqlJournal::open(&Place::from(room.file().as_path()), settings).await.unwrap();
    let error = append(&other, "case/a", 0, "1", &[event(1)]).await.unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("was locked by others for too long: nothing was written; try again"),
        "{error}"
    );
    assert!(journal.read_all(0, 10).await.unwrap().is_empty(), "reading goes on meanwhile");
    holder.execute_unprepared("ROLLBACK").await.unwrap();
    append(&other, "case/a", 0, "1", &[event(1)]).await.unwrap();
}
