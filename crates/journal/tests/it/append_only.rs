//! The database itself refuses to change or remove what was recorded.

use crate::room::{Room, append, event};
use writ_journal::Journal;

#[tokio::test]
async fn changing_removing_or_replacing_a_recorded_event_is_refused() {
    let room = Room::new();
    let journal = room.journal().await;
    append(&journal, "case/a", 0, "1", &[event(1), event(2)]).await.unwrap();
    let columns =
        "position, stream, sequence, kind, version, data, at, command_id, previous_digest, digest";
    let other = |position: u64, sequence: u64| {
        format!(
            "({columns}) SELECT {position}, stream, {sequence}, 'Other', version, data, at, command_id, \
                 previous_digest, digest FROM events WHERE position = 1"
        )
    };
    let forbidden = [
        "UPDATE events SET data = '{}' WHERE position = 1".to_owned(),
        "UPDATE OR REPLACE events SET position = 2 WHERE position = 1".to_owned(),
        "DELETE FROM events".to_owned(),
        format!("INSERT OR REPLACE INTO events {}", other(1, 1)),
        format!("INSERT OR REPLACE INTO events {}", other(3, 2)),
        format!("INSERT INTO events {}", other(9, 3)),
        format!(
            "INSERT INTO events {} ON CONFLICT (position) DO UPDATE SET kind = 'Other'",
            other(2, 2)
        ),
    ];
    for sql in forbidden {
        let refused = room.tamper(&sql).await.unwrap_err().to_string();
        assert!(
            refused.contains("never") || refused.contains("at the end only"),
            "{sql}: {refused}"
        );
    }
    let verified = journal.verify(None, &mut |_| ()).await.unwrap();
    assert_eq!(verified.events, 2);
}
