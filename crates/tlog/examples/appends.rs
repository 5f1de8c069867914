//! Appends ten million leaf hashes to a frontier, to be timed from outside: `time cargo run --release --example appends`.

use writ_tlog::{Frontier, Hash};

fn main() {
    let mut tree = Frontier::default();
    let mut leaf = Hash::EMPTY;
    for _ in 0..10_000_000_u64 {
        leaf.0[0] = leaf.0[0].wrapping_add(1);
        tree.append(leaf);
    }
    println!("{} leaves, root {}", tree.size(), tree.root());
}
