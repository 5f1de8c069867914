//! A log on a disk in memory, and what a stranger finds in it.

use crate::disk::MemoryDisk;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use writ_record::{OpenError, Opened, Places, Writer};
use writ_tlog::{Hash, SignedCheckpoint, Signer, Tile, Tree, new_bundles};

pub const ORIGIN: &str = "record.meridian.example/1";

pub fn places() -> Places {
    let at = |path: &str| PathBuf::from("/home").join(path);
    Places {
        write_ahead: at("private/wal"),
        lock: at("lock/checkpoint"),
        published: at("published"),
    }
}

pub fn key() -> Signer {
    Signer::from_seed(ORIGIN.parse().unwrap(), &[7; 32])
}

pub fn open(disk: &MemoryDisk) -> Result<Opened<MemoryDisk>, OpenError> {
    Writer::open(disk.clone(), places(), key(), |_| ())
}

pub fn writer(disk: &MemoryDisk) -> Writer<MemoryDisk> {
    open(disk).unwrap().writer
}

/// `count` entries from `from` on, each unlike the others.
pub fn entries(from: u64, count: u64) -> Vec<Vec<u8>> {
    (from..from + count).map(|number| format!("entry {number}").into_bytes()).collect()
}

/// The checkpoint in a file, checked against the log's key.
pub fn checkpoint(disk: &MemoryDisk, path: &Path) -> Option<SignedCheckpoint> {
    disk.get(path).map(|bytes| checked(&bytes))
}

pub fn checked(bytes: &[u8]) -> SignedCheckpoint {
    SignedCheckpoint::open(bytes, ORIGIN, &[key().key().clone()]).unwrap()
}

/// All entries of the published log, each checked as a stranger does, and the roots it had at these sizes; nothing where
/// no checkpoint is published.
pub fn stranger_reads(disk: &MemoryDisk, sizes: &[u64]) -> Option<(Vec<Vec<u8>>, Vec<Hash>)> {
    stranger_finds(|path| disk.get(&places().published.join(path)), sizes)
}

/// The same of any place, which gives a published file by its path.
pub fn stranger_finds(
    get: impl Fn(&str) -> Option<Vec<u8>>,
    sizes: &[u64],
) -> Option<(Vec<Vec<u8>>, Vec<Hash>)> {
    let signed = checked(&get("checkpoint")?);
    let size = signed.checkpoint().size();
    let read = |tile: Tile| Ok::<_, Infallible>(get(&tile.to_string()).unwrap_or_default());
    let mut tree = Tree::open(size, signed.checkpoint().root(), read).unwrap();
    let mut all = Vec::new();
    for bundle in new_bundles(0, size) {
        let bytes = get(&bundle.to_string()).expect("every bundle is there");
        let found = bundle.entries(&bytes).unwrap();
        bundle.check(&found, &tree.hashes(bundle.tile()).unwrap()).unwrap();
        all.extend(found.into_iter().map(<[u8]>::to_vec));
    }
    let roots = sizes.iter().map(|size| tree.root_at(*size).unwrap()).collect();
    Some((all, roots))
}
