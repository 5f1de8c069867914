//! Whoever can write the file can switch the triggers off. The chain finds out.

use crate::room::{Room, append, event};
use writ_journal::{Fault, Head, Journal, SqlJournal, VerifyError};

const UNGUARDED: &str = "DROP TRIGGER events_are_not_changed; DROP TRIGGER events_are_not_removed;
                         DROP TRIGGER events_are_added_at_the_end;";

async fn six_events(room: &Room) -> SqlJournal {
    let journal = room.journal().await;
    for n in 0..3 {
        append(&journal, "case/a", n * 2, &format!("{n}"), &[event(n), event(n + 10)])
            .await
            .unwrap();
    }
    journal
}

async fn fault_after(sql: &str) -> Fault {
    let room = Room::new();
    let journal = six_events(&room).await;
    let head = journal.head().await.unwrap();
    room.tamper(&format!("{UNGUARDED} {sql}")).await.unwrap();
    match journal.verify(Some(head), &mut |_| ()).await {
        Err(VerifyError::Fault(fault)) => fault,
        other => panic!("{sql}: {other:?}"),
    }
}

#[tokio::test]
async fn a_change_to_any_field_is_found_where_it_was_made() {
    let changes = [
        "stream = 'case/b'",
        "sequence = 40",
        "kind = 'Granted'",
        "version = 2",
        "version = -1",
        "data = '{\"n\":2} '",
        "at = '2026-03-01T09:30:01Z'",
        "command_id = 'x'",
        "previous_digest = zeroblob(32)",
        "digest = zeroblob(32)",
        "digest = x'00'",
    ];
    for change in changes {
        let fault = fault_after(&format!("UPDATE events SET {change} WHERE position = 4")).await;
        assert_eq!(fault.position, 4, "{change}: {fault}");
    }
}

#[tokio::test]
async fn events_left_out_put_in_another_order_or_cut_off_are_found() {
    let removed = fault_after("DELETE FROM events WHERE position = 3").await;
    assert_eq!(
        removed.to_string(),
        "the journal is damaged at position 3: this event is missing: position 4 comes next"
    );
    let closed_up = "DELETE FROM events WHERE position = 3;
                     UPDATE events SET position = position - 1 WHERE position > 3";
    assert_eq!(fault_after(closed_up).await.position, 3);
    let swapped = "UPDATE events SET position = 99 WHERE position = 2;
                   UPDATE events SET position = 2 WHERE position = 3;
                   UPDATE events SET position = 3 WHERE position = 99";
    assert_eq!(fault_after(swapped).await.position, 2);
    let cut_off = fault_after("DELETE FROM events WHERE position > 4").await;
    assert!(cut_off.to_string().ends_with("events were cut off"), "{cut_off}");
}

#[tokio::test]
async fn a_journal_written_anew_is_told_from_the_one_whose_head_was_kept() {
    let (kept, forged) = (Room::new(), Room::new());
    let head = six_events(&kept).await.head().await.unwrap();
    let journal = forged.journal().await;
    for n in 0..6 {
        append(&journal, "case/a", n, &format!("{n}"), &[event(n)]).await.unwrap();
    }
    assert!(journal.verify(None, &mut |_| ()).await.is_ok(), "it is whole in itself");
    let found = journal.verify(Some(head), &mut |_| ()).await.unwrap_err();
    assert!(found.to_string().ends_with("the journal was rewritten"), "{found}");
    let unknown = Head { position: 0, ..head };
    assert!(
        journal.verify(Some(unknown), &mut |_| ()).await.is_ok(),
        "the head of an empty journal tells nothing"
    );
}
