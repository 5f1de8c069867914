//! The indexes: every signal that may match, where it is found by nearness. They follow the state's feed.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};
use writ_hamming::{Change, Code, Entry, Index, OpenError, Snapshot, StoreError};
use writ_hashbank::{Checkpoint, EntryId, Feed, MAX_PAGE, SignalId, State, Stored};
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
    photos: Index,
    frames: Index,
    texts: RwLock<Texts>,
}

/// The digests of texts: few enough to look at each.
#[derive(Debug, Default)]
struct Texts {
    known: BTreeMap<SignalId, Tlsh>,
    mark: u64,
}

impl Indexes {
    /// Opens the indexes in `folder` and brings them to where the state is; those that cannot follow are made anew.
    pub fn open(
        folder: &Path,
        state: &State,
        now: Instant,
        threads: usize,
    ) -> Result<Self, IndexError> {
        let mut texts = Texts::default();
        texts.follow(state, now);
        Ok(Self {
            photos: ready(&folder.join(pdq::TYPE.name), state, now, threads, photo)?,
            frames: ready(&folder.join(vpdq::TYPE.name), state, now, threads, frames)?,
            texts: RwLock::new(texts),
        })
    }

    /// The pictures' codes as they are now.
    pub fn photos(&self) -> Snapshot {
        self.photos.snapshot()
    }

    /// The video frames' codes as they are now.
    pub fn frames(&self) -> Snapshot {
        self.frames.snapshot()
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
        let codes = |index: &Index| index.snapshot().entries();
        [
            (pdq::TYPE.name, codes(&self.photos)),
            (vpdq::TYPE.name, codes(&self.frames)),
            (tlsh::TEXT.name, texts as u64),
        ]
        .into()
    }

    /// Takes over what changed in the state since the last call.
    pub fn follow(&self, state: &State, now: Instant) {
        follow(&self.photos, state, now, photo);
        follow(&self.frames, state, now, frames);
        self.texts.write().unwrap_or_else(PoisonError::into_inner).follow(state, now);
    }

    /// Puts on the disk what came since, where it is `worth` so many entries. Look-ups and changes go on meanwhile.
    pub fn merge(&self, worth: u64) -> Result<(), StoreError> {
        for index in [&self.photos, &self.frames] {
            if index.snapshot().unmerged() >= worth.max(1) {
                index.merge()?;
            }
        }
        Ok(())
    }
}

impl Texts {
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

/// What an index holds of a signal.
type Codes = fn(&Stored<'_>) -> Vec<Code>;

/// Of a picture, its code.
fn photo(signal: &Stored<'_>) -> Vec<Code> {
    let parsed = (signal.kind.as_str() == pdq::TYPE.name).then(|| signal.hash.parse::<Pdq>());
    parsed.and_then(Result::ok).map(|hash| code(&hash)).into_iter().collect()
}

/// Of a video, the codes of its good frames, each once.
fn frames(signal: &Stored<'_>) -> Vec<Code> {
    let parsed = (signal.kind.as_str() == vpdq::TYPE.name).then(|| signal.hash.parse::<Vpdq>());
    let video = parsed.and_then(Result::ok);
    video.map(|video| video.hashes(pdq::ENOUGH).iter().map(code).collect()).unwrap_or_default()
}

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

/// Has an index follow the state.
fn follow(index: &Index, state: &State, now: Instant, codes: Codes) {
    let mut changes = Vec::new();
    let mark = changed(state, index.mark(), now, |entry| {
        changes.extend(withdrawals(entry, codes));
        changes.extend(additions(state, entry, codes).map(Change::Add));
    });
    index.apply(&changes, mark);
}

fn withdrawals<'a>(
    entry: &'a writ_hashbank::Entry<'_>,
    codes: Codes,
) -> impl Iterator<Item = Change> + 'a {
    let gone = entry.signals.iter().filter(|_| entry.standing.state.is_gone());
    gone.filter(move |signal| !codes(signal).is_empty()).map(|signal| Change::Withdraw(signal.id.0))
}

fn additions<'a>(
    state: &State,
    entry: &'a writ_hashbank::Entry<'_>,
    codes: Codes,
) -> impl Iterator<Item = Entry> + 'a {
    let group = state.bank_number(&entry.bank.name).filter(|_| !entry.standing.state.is_gone());
    group.into_iter().flat_map(move |group| {
        entry.signals.iter().flat_map(move |signal| {
            let id = signal.id.0;
            codes(signal).into_iter().map(move |code| Entry { id, code, group })
        })
    })
}

/// An index that is where the state is.
fn ready(
    folder: &Path,
    state: &State,
    now: Instant,
    threads: usize,
    codes: Codes,
) -> Result<Index, IndexError> {
    let opened = match Index::open(folder, threads) {
        Err(OpenError::Manifest(_) | OpenError::Segment { .. } | OpenError::Stranger(_)) => None,
        opened => Some(opened?),
    };
    if let Some(index) = opened {
        let large = index.mark() == 0 && state.len() >= LOAD;
        if !large && index.mark() <= state.head() {
            follow(&index, state, now, codes);
            return Ok(index);
        }
    }
    tracing::warn!(folder = %folder.display(), "the index is made anew from the hash bank");
    fs::remove_dir_all(folder)
        .map_err(|source| IndexError::Remove { path: folder.to_owned(), source })?;
    let index = Index::open(folder, threads)?;
    let count = each(state, now, codes).count() as u64;
    index.load(count, each(state, now, codes), state.head())?;
    Ok(index)
}

/// All that an index holds, in order of id and code.
fn each(state: &State, now: Instant, codes: Codes) -> impl Iterator<Item = Entry> {
    let pages =
        std::iter::successors(Some(state.entries(EntryId(0), None, MAX_PAGE, now)), move |page| {
            let last = page.last()?.id;
            Some(state.entries(last, None, MAX_PAGE, now)).filter(|page| !page.is_empty())
        });
    pages.flatten().flat_map(move |entry| {
        let mut all: Vec<_> = additions(state, &entry, codes).collect();
        all.sort_by_key(|entry| (entry.id, entry.code, entry.group));
        all.dedup();
        all
    })
}
