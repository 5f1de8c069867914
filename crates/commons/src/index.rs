//! The indexes: every signal that may match, where it is found by nearness. They follow the state's feed.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use writ_hamming::{Change, Code, Entry, Index, OpenError, Snapshot, StoreError};
use writ_hashbank::{Checkpoint, Feed, MAX_PAGE, SignalId, State};
use writ_signals::{Pdq, Tlsh, Vpdq, pdq, tlsh, vpdq};
use writ_vocabulary::Instant;

/// From so many entries on, an empty index is loaded at once and not entry by entry.
const LOAD: usize = 100_000;

/// Why the indexes cannot be used. They can be made again: remove the folder `index`, and start anew.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// An index cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// An index cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A folder cannot be removed.
    #[error("`{}` cannot be removed", path.display())]
    Remove {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// One index for each way of being near: codes of pictures, codes of video frames, digests of texts.
#[derive(Debug)]
pub(crate) struct Indexes {
    photos: Codes,
    frames: Codes,
    texts: RwLock<Texts>,
}

/// The folders of the indexes, opened and checked: all that can be done before the state is known.
pub(crate) struct Folders {
    photos: Folder,
    frames: Folder,
}

impl Folders {
    /// Opens the indexes in `folder`. So many `threads` work at it, and later at merging.
    pub fn open(folder: &Path, threads: usize) -> Result<Self, IndexError> {
        Ok(Self {
            photos: Folder::open(folder, &PHOTOS, threads)?,
            frames: Folder::open(folder, &FRAMES, threads)?,
        })
    }

    /// Brings the indexes to where the state is; those that cannot follow are made anew.
    pub fn follow(self, state: &State, now: Instant) -> Result<Indexes, IndexError> {
        Ok(Indexes {
            photos: self.photos.follow(state, now)?,
            frames: self.frames.follow(state, now)?,
            texts: RwLock::new(Texts::of(state, now)),
        })
    }
}

impl Indexes {
    /// The pictures' codes as they are now.
    pub fn photos(&self) -> Snapshot {
        self.photos.index.snapshot()
    }

    /// The video frames' codes as they are now.
    pub fn frames(&self) -> Snapshot {
        self.frames.index.snapshot()
    }

    /// Texts within `most` of this one, with how far each lies.
    pub fn texts(&self, asked: &Tlsh, most: u32) -> Vec<(SignalId, u32)> {
        let texts = self.texts.read().unwrap_or_else(PoisonError::into_inner);
        let near = texts.known.iter().map(|(id, known)| (*id, asked.distance(known)));
        near.filter(|(_, distance)| *distance <= most).collect()
    }

    /// How many codes and texts there are, by signal type.
    pub fn sizes(&self) -> BTreeMap<&'static str, u64> {
        let texts = self.texts.read().unwrap_or_else(PoisonError::into_inner).known.len();
        let codes = |codes: &Codes| (codes.of.name, codes.index.snapshot().entries());
        [codes(&self.photos), codes(&self.frames), (tlsh::TEXT.name, texts as u64)].into()
    }

    /// Takes over what changed in the state since the last call.
    pub fn follow(&self, state: &State, now: Instant) {
        self.photos.follow(state, now);
        self.frames.follow(state, now);
        self.texts.write().unwrap_or_else(PoisonError::into_inner).follow(state, now);
    }

    /// Puts on the disk what came since, where it is `worth` so many entries or changes. Look-ups and changes go on
    /// meanwhile.
    pub fn merge(&self, worth: u64) -> Result<(), StoreError> {
        self.photos.merge(worth)?;
        self.frames.merge(worth)
    }
}

/// The digests of texts: few enough to look at each.
#[derive(Debug)]
struct Texts {
    known: BTreeMap<SignalId, Tlsh>,
    mark: u64,
}

impl Texts {
    fn of(state: &State, now: Instant) -> Self {
        let texts = signals_of(state, tlsh::TEXT.name, now);
        let known = texts.filter_map(|(id, _, text)| Some((id, text.parse().ok()?))).collect();
        Self { known, mark: state.head() }
    }

    fn follow(&mut self, state: &State, now: Instant) {
        let known = &mut self.known;
        self.mark = changed(state, self.mark, now, |entry| {
            for signal in
                entry.signals.iter().filter(|signal| signal.kind.as_str() == tlsh::TEXT.name)
            {
                match signal.hash.parse() {
                    Ok(text) if !entry.standing.state.is_gone() => known.insert(signal.id, text),
                    _ => known.remove(&signal.id),
                };
            }
        });
    }
}

/// What an index holds of the signals of a type.
#[derive(Debug)]
struct Kind {
    /// The type, and the name of the index's folder.
    name: &'static str,
    /// The codes of a hash in canonical text.
    codes: fn(&str) -> Vec<Code>,
}

/// Of a picture, its code.
static PHOTOS: Kind = Kind {
    name: pdq::TYPE.name,
    codes: |text| text.parse::<Pdq>().map(|hash| code(&hash)).into_iter().collect(),
};

/// Of a video, the codes of its good frames, each once.
static FRAMES: Kind = Kind {
    name: vpdq::TYPE.name,
    codes: |text| {
        let video = text.parse::<Vpdq>();
        video.map(|video| video.hashes(pdq::ENOUGH).iter().map(code).collect()).unwrap_or_default()
    },
};

pub(crate) fn code(hash: &Pdq) -> Code {
    Code::from_bytes(hash.as_bytes())
}

/// Shows every entry that changed after `mark`, and tells the mark after them. Where the feed no longer knows that, it
/// shows all: what is gone without notice stays in an index and is passed over when hits are judged.
fn changed(
    state: &State,
    mark: u64,
    now: Instant,
    mut show: impl FnMut(&writ_hashbank::Entry<'_>),
) -> u64 {
    let mut since = Checkpoint { began: mark, seen: mark };
    loop {
        match state.feed(since, MAX_PAGE, now) {
            Feed::Resync(_) => since = Checkpoint::START,
            Feed::Page { entries, next, more } => {
                entries.iter().for_each(&mut show);
                since = next;
                if !more {
                    return since.seen;
                }
            }
        }
    }
}

/// Every signal of a type that may match, in order, with its bank's number.
fn signals_of<'a>(
    state: &'a State,
    name: &str,
    now: Instant,
) -> impl Iterator<Item = (SignalId, u16, Cow<'a, str>)> + use<'a> {
    name.parse().ok().into_iter().flat_map(move |kind| state.signals_of(&kind, now))
}

/// An index of codes.
#[derive(Debug)]
struct Codes {
    index: Index,
    of: &'static Kind,
    /// The last change that the folder is known to hold: it trails far behind where changes are of other types.
    recorded: AtomicU64,
}

impl Codes {
    fn follow(&self, state: &State, now: Instant) {
        let mut changes = Vec::new();
        let mark = changed(state, self.index.mark(), now, |entry| {
            changes.extend(withdrawals(entry, self.of));
            changes.extend(additions(state, entry, self.of).map(Change::Add));
        });
        self.index.apply(&changes, mark);
    }

    fn merge(&self, worth: u64) -> Result<(), StoreError> {
        let behind = self.index.mark().saturating_sub(self.recorded.load(Ordering::Relaxed));
        if self.index.snapshot().unmerged().max(behind) >= worth.max(1) {
            self.recorded.store(self.index.merge()?.mark, Ordering::Relaxed);
        }
        Ok(())
    }
}

fn withdrawals<'a>(
    entry: &'a writ_hashbank::Entry<'_>,
    of: &'a Kind,
) -> impl Iterator<Item = Change> + 'a {
    let gone = entry.signals.iter().filter(|_| entry.standing.state.is_gone());
    let gone = gone.filter(|signal| signal.kind.as_str() == of.name);
    gone.filter(|signal| !(of.codes)(&signal.hash).is_empty())
        .map(|signal| Change::Withdraw(signal.id.0))
}

fn additions<'a>(
    state: &State,
    entry: &'a writ_hashbank::Entry<'_>,
    of: &'a Kind,
) -> impl Iterator<Item = Entry> + 'a {
    let group = state.bank_number(&entry.bank.name).filter(|_| !entry.standing.state.is_gone());
    let signals = entry.signals.iter().filter(|signal| signal.kind.as_str() == of.name);
    group.into_iter().flat_map(move |group| {
        signals.clone().flat_map(move |signal| {
            let id = signal.id.0;
            (of.codes)(&signal.hash).into_iter().map(move |code| Entry { id, code, group })
        })
    })
}

/// The folder of an index, opened.
struct Folder {
    path: PathBuf,
    of: &'static Kind,
    threads: usize,
    /// Nothing where it is damaged.
    index: Option<Index>,
}

impl Folder {
    fn open(folder: &Path, of: &'static Kind, threads: usize) -> Result<Self, IndexError> {
        let path = folder.join(of.name);
        let index = match Index::open(&path, threads) {
            Err(OpenError::Manifest(_) | OpenError::Segment { .. } | OpenError::Stranger(_)) => {
                None
            }
            opened => Some(opened?),
        };
        Ok(Self { path, of, threads, index })
    }

    /// An index that is where the state is.
    fn follow(mut self, state: &State, now: Instant) -> Result<Codes, IndexError> {
        if let Some(index) = self.index.take() {
            let recorded = index.mark();
            let large = recorded == 0 && state.len() >= LOAD;
            if !large && recorded <= state.head() {
                let codes = Codes { index, of: self.of, recorded: recorded.into() };
                codes.follow(state, now);
                return Ok(codes);
            }
        }
        self.anew(state, now)
    }

    fn anew(self, state: &State, now: Instant) -> Result<Codes, IndexError> {
        let Self { path, of, threads, .. } = self;
        tracing::warn!(folder = %path.display(), "the index is made anew from the hash bank");
        fs::remove_dir_all(&path)
            .map_err(|source| IndexError::Remove { path: path.clone(), source })?;
        let index = Index::open(&path, threads)?;
        let count = each(state, now, of).count() as u64;
        index.load(count, each(state, now, of), state.head())?;
        Ok(Codes { index, of, recorded: state.head().into() })
    }
}

/// All that an index holds, in order of id and code.
fn each(state: &State, now: Instant, of: &'static Kind) -> impl Iterator<Item = Entry> {
    signals_of(state, of.name, now).flat_map(move |(id, group, text)| {
        let mut codes = (of.codes)(&text);
        codes.sort_unstable();
        codes.dedup();
        codes.into_iter().map(move |code| Entry { id: id.0, code, group })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saved::tests::state;

    #[test]
    fn an_index_of_which_nothing_came_is_put_down_as_read_so_that_a_start_reads_nothing_again() {
        let folder = tempfile::tempdir().unwrap();
        let (state, now) = (state(20), Instant::now());
        let indexes = Folders::open(folder.path(), 1).unwrap().follow(&state, now).unwrap();
        indexes.merge(1).unwrap();
        drop(indexes);
        let folders = Folders::open(folder.path(), 1).unwrap();
        for opened in [&folders.photos, &folders.frames] {
            assert_eq!(opened.index.as_ref().unwrap().mark(), state.head(), "{}", opened.of.name);
        }
    }

    #[test]
    fn an_index_made_anew_holds_what_one_that_followed_holds() {
        let folder = tempfile::tempdir().unwrap();
        let (state, now) = (state(20), Instant::now());
        let followed = Folders::open(folder.path(), 1).unwrap().follow(&state, now).unwrap();
        followed.merge(1).unwrap();
        let before = followed.sizes();
        drop(followed);
        std::fs::write(folder.path().join("pdq/manifest"), b"not a manifest").unwrap();
        let anew = Folders::open(folder.path(), 1).unwrap().follow(&state, now).unwrap();
        assert_eq!(anew.sizes(), before);
        assert_eq!(before["pdq"], 20);
    }
}
