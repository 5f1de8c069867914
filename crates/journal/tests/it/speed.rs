//! How fast appends are, for whoever asks: `cargo test -p writ-journal -- --ignored --nocapture appends_in_a_second`.

use crate::room::{Room, append, event};
use std::time::Instant;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures, and proves nothing"]
async fn appends_in_a_second() {
    let room = Room::new();
    let journal = room.journal().await;
    let (streams, appends) = (100, 12);
    let start = Instant::now();
    for stream in 0..streams {
        for n in 0..appends {
            append(&journal, &format!("case/{stream}"), n, &format!("{n}"), &[event(n)])
                .await
                .unwrap();
        }
    }
    let taken = start.elapsed();
    let each = taken / (streams * appends as u32);
    println!("{} appends in {taken:?}: {each:?} each", streams * appends as u32);

    let file = std::fs::File::create(room.path("probe")).unwrap();
    let start = Instant::now();
    for _ in 0..200 {
        std::io::Write::write_all(&mut &file, &[0; 4_096]).unwrap();
        file.sync_data().unwrap();
    }
    println!("a bare write of 4 KiB and its flush: {:?} each", start.elapsed() / 200);
}
