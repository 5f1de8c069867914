//! Every store keeps the promise.

use crate::room::Room;
use sea_orm::{ConnectionTrait, Database};
use std::sync::Arc;
use writ_journal::{MemoryJournal, Place, Settings, SqlJournal, conformance};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_journal_in_memory_keeps_the_promise() {
    conformance::check(Arc::new(MemoryJournal::default())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_journal_in_a_sqlite_file_keeps_the_promise() {
    let room = Room::new();
    conformance::check(Arc::new(room.journal().await)).await;
}

/// Runs where `WRIT_TEST_POSTGRES` names a server, as in `postgres://writ@127.0.0.1:5432/writ`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_journal_on_a_postgresql_server_keeps_the_promise() {
    let Ok(server) = std::env::var("WRIT_TEST_POSTGRES") else {
        eprintln!("left out: WRIT_TEST_POSTGRES names no PostgreSQL server");
        return;
    };
    let schema = format!("writ_test_{}", std::process::id());
    let admin = Database::connect(&server).await.unwrap();
    admin.execute_unprepared(&format!("CREATE SCHEMA {schema}")).await.unwrap();
    let mark = if server.contains('?') { '&' } else { '?' };
    let place = Place::from(format!("{server}{mark}options[search_path]={schema}").as_str());

    let missing = SqlJournal::open(&place, Settings::default()).await.unwrap_err();
    assert!(missing.to_string().starts_with("there is no journal at `postgres://"), "{missing}");
    let journal = SqlJournal::open_or_create(&place, Settings::default()).await.unwrap();
    conformance::check(Arc::new(journal.clone())).await;
    crate::vault::conforms(&journal).await;
    for change in ["UPDATE events SET kind = 'Other'", "DELETE FROM events", "TRUNCATE events"] {
        let refused =
            admin.execute_unprepared(&format!("SET search_path = {schema}; {change}")).await;
        assert!(refused.unwrap_err().to_string().contains("never changed"), "{change}");
    }
    journal.close().await.unwrap();
    SqlJournal::open(&place, Settings::default()).await.unwrap().close().await.unwrap();
    admin.execute_unprepared(&format!("DROP SCHEMA {schema} CASCADE")).await.unwrap();
}
