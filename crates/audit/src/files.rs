//! Where the published files come from, and what they are called.

use writ_tally::Period;

/// The published files of a log: a folder, a web server, memory. Asked by several threads at once.
pub trait Files: Sync {
    /// Why a file cannot be had, when that says nothing about whether it is there: no network, no right to read.
    type Error: Send;

    /// The file at this path, relative to the published folder; nothing where there is none.
    ///
    /// Nobody honest has more than `most` bytes there: of a longer file it is enough to give `most + 1` bytes, and
    /// whoever reads from a stranger should stop there.
    fn read(&self, path: &str, most: usize) -> Result<Option<Vec<u8>>, Self::Error>;
}

impl<E: Send, F: Fn(&str, usize) -> Result<Option<Vec<u8>>, E> + Sync> Files for F {
    type Error = E;
    fn read(&self, path: &str, most: usize) -> Result<Option<Vec<u8>>, E> {
        self(path, most)
    }
}

/// Where a log's newest checkpoint is (C2SP tlog-tiles).
pub(crate) const CHECKPOINT: &str = "checkpoint";

/// Where the proofs of an epoch's leaves are: one after another, all of one length.
pub fn proof_path(epoch: u32) -> String {
    format!("proof/{:03}/{:03}/{:03}", epoch / 1_000_000, epoch / 1000 % 1000, epoch % 1000)
}

/// Where the totals of a period are.
pub fn totals_path(period: Period) -> String {
    format!("totals/{}-{}.json", period.from, period.to)
}
