//! The saved state: what the events up to one of them had made, so that a start need not read them all.
//!
//! The file: [`MAGIC`], the long columns as they lie in memory, then the [`Tail`] with the rest, its length and checksum.
//! Columns go to and from the file in pieces, straight from and into their place in memory: nothing holds a second copy.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use writ_hashbank::{COLUMNS, Kept, State};

/// The first bytes of the file: what it is, and the version of its form.
const MAGIC: &[u8; 20] = b"writ hashes state 2\n";
/// The last bytes: the length of the tail, and the checksum of the tail and of that.
const END: usize = 8 + 4;
/// What is read or written, and checked, at once: little enough to stay in the processor's cache meanwhile.
const PIECE: usize = 512 << 10;

/// So many pieces are written before they are made durable: commands wait for the same disk, and would wait for all of a
/// gigabyte that the system had put off.
const FLUSHED: usize = 16;

/// What follows the columns.
#[derive(Serialize, Deserialize)]
struct Tail<'a> {
    /// The last event in the state.
    sequence: u64,
    /// How many bytes each column has.
    lengths: [u64; COLUMNS],
    /// The checksum (CRC-32) of each piece of each column.
    sums: Vec<u32>,
    /// All but the columns.
    kept: Cow<'a, Kept>,
}

/// Why a state could not be saved. The one saved before is still there.
#[derive(Debug, thiserror::Error)]
#[error("`{}` cannot be written; the state can always be made from the journal again", path.display())]
pub struct SavedError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// The state in this file, and the sequence of the last event in it. Nothing where there is no such file, or one that is
/// damaged or of another version: the journal has everything. So many `threads` work at it.
pub(crate) fn read(path: &Path, key: u64, threads: usize) -> Option<(State, u64)> {
    let file = File::open(path).ok()?;
    let read = read_kept(&file, threads)
        .and_then(|(kept, sequence)| Some((State::restore(kept, key, threads).ok()?, sequence)));
    if read.is_none() {
        tracing::warn!(path = %path.display(), "the saved state is damaged or of another version: reading all events");
    }
    read
}

fn read_kept(file: &File, threads: usize) -> Option<(Kept, u64)> {
    let Tail { sequence, lengths, sums, kept } = read_tail(file)?;
    let mut kept = kept.into_owned();
    kept.make_room(lengths).ok()?;
    let pieces = kept.columns_mut().into_iter().flat_map(|column| column.chunks_mut(PIECE));
    let mut at = MAGIC.len() as u64;
    let placed = pieces.map(|piece| {
        let from = at;
        at += piece.len() as u64;
        (piece, from)
    });
    read_pieces(file, placed.zip(sums).collect(), threads).then_some((kept, sequence))
}

/// The tail of a file that is as long as the tail says.
fn read_tail(file: &File) -> Option<Tail<'static>> {
    let whole = file.metadata().ok()?.len();
    let (mut magic, mut end) = ([0; MAGIC.len()], [0; END]);
    file.read_exact_at(&mut magic, 0).ok()?;
    let end_at = whole.checked_sub(END as u64)?;
    file.read_exact_at(&mut end, end_at).ok()?;
    let (len, sum) = end.split_first_chunk::<8>()?;
    let tail_at = end_at.checked_sub(u64::from_le_bytes(*len))?;
    let mut tail = vec![0; usize::try_from(end_at - tail_at).ok()?];
    file.read_exact_at(&mut tail, tail_at).ok()?;
    if &magic != MAGIC || checksum(&[&tail, len]).to_le_bytes() != sum {
        return None;
    }
    let tail: Tail<'_> = postcard::from_bytes(&tail).ok()?;
    let pieces = tail.lengths.iter().map(|length| length.div_ceil(PIECE as u64));
    let columns = tail.lengths.iter().try_fold(0u64, |all, length| all.checked_add(*length))?;
    let fits = columns.checked_add(MAGIC.len() as u64) == Some(tail_at)
        && pieces.sum::<u64>() == tail.sums.len() as u64;
    fits.then_some(tail)
}

/// A piece of a column, where it lies in the file, and its checksum.
type Placed<'a> = ((&'a mut [u8], u64), u32);

/// Fills the pieces, each thread the next one that nobody has begun; whether all were sound.
fn read_pieces(file: &File, pieces: Vec<Placed<'_>>, threads: usize) -> bool {
    let next = Mutex::new(pieces.into_iter());
    let sound = AtomicBool::new(true);
    let work = || {
        while sound.load(Ordering::Relaxed) {
            let taken = next.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some(((piece, at), sum)) = taken else { return };
            if file.read_exact_at(piece, at).is_err() || crc32fast::hash(piece) != sum {
                sound.store(false, Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        (1..threads).for_each(|_| drop(scope.spawn(work)));
        work();
    });
    sound.into_inner()
}

/// Puts the state after event `sequence` in place of the one saved before.
///
/// # Errors
/// [`SavedError`] when the disk does not take it.
pub(crate) fn write(path: &Path, state: &State, sequence: u64) -> Result<(), SavedError> {
    put(path, state.kept(), sequence).map_err(|source| SavedError { path: path.to_owned(), source })
}

fn put(path: &Path, kept: &Kept, sequence: u64) -> io::Result<()> {
    let part = path.with_extension("part");
    let mut file = File::create(&part)?;
    file.write_all(MAGIC)?;
    let mut sums = Vec::new();
    for piece in kept.columns().into_iter().flat_map(|column| column.chunks(PIECE)) {
        sums.push(crc32fast::hash(piece));
        file.write_all(piece)?;
        if sums.len() % FLUSHED == 0 {
            file.sync_data()?;
        }
    }
    let lengths = kept.columns().map(|column| column.len() as u64);
    let tail = Tail { sequence, lengths, sums, kept: Cow::Borrowed(kept) };
    let tail = postcard::to_stdvec(&tail).map_err(io::Error::other)?;
    let len = (tail.len() as u64).to_le_bytes();
    let sum = checksum(&[&tail, &len]).to_le_bytes();
    file.write_all(&[&tail[..], &len, &sum].concat())?;
    file.sync_all()?;
    fs::rename(&part, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn checksum(parts: &[&[u8]]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    parts.iter().for_each(|part| sum.update(part));
    sum.finalize()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use writ_hashbank::{Contributed, EntryId, Event, Member, Rules, Signal, Voice, evolve};

    /// A state with something in most columns.
    pub(crate) fn state(entries: u32) -> State {
        let mut state = State::new(1);
        let rules = Rules::parse(include_str!("../../../taxonomy/rules.toml")).unwrap();
        let bank = writ_hashbank::Bank::new("VIOLENT".parse().unwrap());
        let member = Member { id: "alder".parse().unwrap(), voice: Voice::Full };
        let mut events = vec![
            Event::RulesAdopted(rules),
            Event::BankCreated(bank),
            Event::MemberAdmitted(member),
        ];
        let signal = |kind: &str, hash: String| Signal {
            kind: kind.parse().unwrap(),
            hash,
            quality: Some(90),
            nearest_benign: None,
        };
        events.extend((1..=entries).map(|number| {
            Event::Contributed(Contributed {
                entry: EntryId(number),
                bank: "VIOLENT".parse().unwrap(),
                by: "alder".parse().unwrap(),
                signals: vec![
                    signal("pdq", format!("{number:064x}")),
                    signal("raw_text", format!("text {number}")),
                ],
                labels: Vec::new(),
                note: Some("seen twice".to_owned()),
                content: None,
                expires: None,
                review_by: None,
                incident: None,
                near_benign: false,
            })
        }));
        let now = writ_vocabulary::Instant::from_second(1_800_000_000).unwrap();
        events.iter().for_each(|event| evolve(&mut state, now, event).unwrap());
        state
    }

    #[test]
    fn what_is_saved_is_read_back_and_a_damaged_file_is_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        assert!(read(&path, 1, 1).is_none());
        let state = state(2);
        write(&path, &state, 17).unwrap();
        let (again, sequence) = read(&path, 2, 2).unwrap();
        assert!(again == state && sequence == 17);
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut harmed = whole.clone();
            harmed[at] ^= 1;
            fs::write(&path, &harmed).unwrap();
            assert!(read(&path, 1, 1).is_none(), "byte {at} of {} turned", whole.len());
            fs::write(&path, &whole[..at]).unwrap();
            assert!(read(&path, 1, 1).is_none(), "cut to {at} of {}", whole.len());
        }
        fs::write(&path, [&whole[..], b"x"].concat()).unwrap();
        assert!(read(&path, 1, 1).is_none(), "longer than it says");
    }

    #[test]
    fn columns_of_many_pieces_are_read_back_whatever_the_number_of_threads() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let state = state(15_000);
        write(&path, &state, 3).unwrap();
        assert!(fs::metadata(&path).unwrap().len() > 4 * PIECE as u64);
        for threads in [0, 1, 2, 7] {
            assert!(read(&path, 2, threads).unwrap().0 == state, "{threads} threads");
        }
    }

    #[test]
    fn a_file_of_the_version_before_is_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        // A mark, a sequence, a checksum, and everything in one piece.
        let body = postcard::to_stdvec(State::new(1).kept()).unwrap();
        let sum = crc32fast::hash(&body).to_le_bytes();
        let former = [b"writ hashes state 1\n", &17u64.to_le_bytes()[..], &sum, &body].concat();
        fs::write(&path, former).unwrap();
        assert!(read(&path, 1, 1).is_none());
    }
}
