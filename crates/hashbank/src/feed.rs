//! The feed: what changed since a reader last read, or the plain word that it has to start anew.

use crate::kept::seconds;
use crate::{Entry, MemberId, ReaderId, State};
use serde::{Deserialize, Serialize};
use std::fmt;
use writ_vocabulary::{IdError, Instant};

/// The most entries of one page.
pub const MAX_PAGE: usize = 10_000;
/// How many void changes a page may step over for each entry it could give, so that no page takes long.
const STEPS: usize = 16;

/// How far a reader has read. It only grows while the reader follows; its text is `<began>.<seen>`.
///
/// `began` is how far the feed was when the reader began from nothing: what was gone before then it never held,
/// so that it need not hear of it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Checkpoint {
    /// The feed's last change when the reader began.
    pub began: u64,
    /// The last change that the reader has seen.
    pub seen: u64,
}

/// What a reader gets.
#[derive(Debug, Clone, PartialEq)]
pub enum Feed<'a> {
    /// Changes.
    Page {
        /// Each changed entry, as it stands now; what is gone is among them.
        entries: Vec<Entry<'a>>,
        /// Where to go on.
        next: Checkpoint,
        /// Whether there is more at once.
        more: bool,
    },
    /// Too much is gone: forget everything and read from [`Checkpoint::START`].
    Resync(Resync),
}

/// Why a reader has to start anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Resync {
    /// Notices were dropped, or the rules changed, since.
    #[error("checkpoint {0} is too old: forget what you hold and read from the start")]
    TooOld(Checkpoint),
    /// The feed was never so far.
    #[error(
        "checkpoint {0} lies ahead of this feed, so it is another's: forget what you hold and read from the start"
    )]
    Ahead(Checkpoint),
}

impl Checkpoint {
    /// Nothing read yet.
    pub const START: Self = Self { began: 0, seen: 0 };
}

impl State {
    /// What changed since `since`, at most `limit` entries (1 to [`MAX_PAGE`]), as it stands at `now`.
    ///
    /// A reader that keeps the latest form of each entry, forgets those gone, goes on from each `next`, and starts
    /// anew when told, holds what a new reader would read. What ends between two pages is told once a sweep has put
    /// it down; until then the entry's own end tells.
    pub fn feed(&self, since: Checkpoint, limit: usize, now: Instant) -> Feed<'_> {
        let kept = &self.kept;
        if since.seen > kept.head || since.began > kept.head {
            return Feed::Resync(Resync::Ahead(since));
        }
        let began = if since == Checkpoint::START { kept.head } else { since.began };
        if since.seen < kept.floor && began < kept.cut {
            return Feed::Resync(Resync::TooOld(since));
        }
        let limit = limit.clamp(1, MAX_PAGE);
        let first = kept.changes.partition_point(|change| change.number() <= since.seen);
        let mut rest = kept.changes.get(first..).unwrap_or_default().iter();
        let (mut entries, mut seen) = (Vec::new(), since.seen);
        for change in rest.by_ref().take(limit * STEPS) {
            seen = change.number();
            let row = kept.place(change.entry()).and_then(|place| kept.rows.get(place));
            let current = row.filter(|row| row.changed == change.number());
            entries.extend(current.and_then(|row| self.view(row, seconds(now))));
            if entries.len() == limit {
                break;
            }
        }
        let more = rest.next().is_some();
        let seen = if more { seen } else { kept.head };
        Feed::Page { entries, next: Checkpoint { began, seen }, more }
    }

    /// How far the feed is.
    pub fn head(&self) -> u64 {
        self.kept.head
    }

    /// Whose a registered reader is, and how far it has read.
    pub fn reader(&self, reader: &ReaderId) -> Option<(&MemberId, Checkpoint)> {
        let row = self.kept.readers.get(reader)?;
        let member = self.kept.members.get(usize::from(row.member))?;
        Some((&member.id, row.checkpoint))
    }

    /// How far the slowest registered reader has read; nothing where none is registered.
    pub fn slowest_reader(&self) -> Option<u64> {
        self.kept.readers.values().map(|reader| reader.checkpoint.seen).min()
    }
}

impl Entry<'_> {
    /// What one member says of it: its own opinion, apart from where the entry stands.
    pub fn own(&self, member: &MemberId) -> Option<&crate::Opinion<'_>> {
        self.opinions.iter().find(|opinion| opinion.member == member)
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.began, self.seen)
    }
}

impl std::str::FromStr for Checkpoint {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit()).then(|| t.parse().ok())?;
        let read = || {
            let (began, seen) = text.split_once('.')?;
            Some(Self { began: digits(began)?, seen: digits(seen)? })
        };
        read().ok_or_else(|| IdError {
            given: text.chars().take(80).collect(),
            what: "a checkpoint",
            rule: "give the one that the last page brought, as in `0.0` for the start",
        })
    }
}

impl TryFrom<String> for Checkpoint {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<Checkpoint> for String {
    fn from(checkpoint: Checkpoint) -> String {
        checkpoint.to_string()
    }
}
