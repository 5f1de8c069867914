//! The shared memory: opening it, telling it what to keep, and reading it.

use crate::index::{Folders, IndexError, Indexes};
use crate::log::{Log, LogError};
use crate::lookup::Reaches;
use crate::saved::{self, SavedError};
use crate::upkeep::Upkeep;
use crate::writer::{self, CommandError, Decided, QUEUE, Told};
use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};
use writ_hashbank::{Command, EntryId, State, Watch};
use writ_journal::{Place, SqlJournal, StorageError};
use writ_vocabulary::Instant;

/// The file of the saved state, in the home.
const SAVED: &str = "hashes.state";

/// How a shared memory is opened.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many threads may work at opening and merging the indexes.
    pub threads: usize,
    /// After how many records the state is saved, so that the next start reads no more than that; a thousandth of the
    /// entries where that is more.
    pub save_after: u64,
    /// How many changes an index collects before they are merged.
    pub merge_after: u64,
}

impl Default for Settings {
    /// All processors; 2,000 records; 16,000 changes.
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self { threads, save_after: 2_000, merge_after: 16_000 }
    }
}

/// Why a shared memory cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The home cannot be made or read.
    #[error("`{}` cannot be used as the home of the shared memory", home.display())]
    Home {
        /// The folder.
        home: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another program has it open.
    #[error("the shared memory in `{}` is open already, by `writ serve` perhaps: ask that one, or end it first", .0.display())]
    InUse(PathBuf),
    /// The journal cannot be opened.
    #[error(transparent)]
    Journal(#[from] StorageError),
    /// The events cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The indexes cannot be used.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The system gave no random bytes or no thread.
    #[error("the system gave no {0}")]
    System(&'static str),
}

/// How it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Entries, notices of those gone included.
    pub entries: usize,
    /// The feed's last change.
    pub head: u64,
    /// Codes and texts in the indexes, by signal type.
    pub indexed: BTreeMap<&'static str, u64>,
    /// Whether it still takes commands.
    pub takes_commands: bool,
}

/// The shared memory. Cheap to clone; it is closed with the last clone, or by [`Memory::close`].
#[derive(Debug, Clone)]
pub struct Memory {
    shared: Arc<Shared>,
    queue: mpsc::Sender<Told>,
    threads: Arc<Mutex<Threads>>,
}

/// What look-ups read and the writer writes.
#[derive(Debug)]
pub(crate) struct Shared {
    state: RwLock<State>,
    pub indexes: Indexes,
    pub reaches: Reaches,
    pub watch: Mutex<Watch>,
    /// Entries that matched too often, and how often: to be told to the hash bank.
    pub floods: Mutex<BTreeMap<EntryId, u32>>,
    pub settings: Settings,
    pub home: PathBuf,
    /// The last record that is durable, and whether another can be.
    pub stored: AtomicU64,
    pub broken: AtomicBool,
    /// The latest instant told, in nanoseconds: time never runs back.
    latest: Mutex<Instant>,
    /// Held until the last thread has let go of the indexes.
    _lock: File,
}

#[derive(Debug)]
struct Threads {
    writer: Option<JoinHandle<Log>>,
    upkeep: Option<Upkeep>,
    journal: SqlJournal,
}

impl Memory {
    /// Opens the shared memory in the folder `home`, which is made when it is not there. `told` hears how many records
    /// were read.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(
        home: &Path,
        settings: Settings,
        told: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Self, OpenError> {
        let lock = lock(home)?;
        let place = Place::from(home.join("journal.db").as_path());
        let (folder, threads) = (home.join("index"), settings.threads);
        // Nothing here waits for anything else here; only then are the three brought together.
        let (folders, saved, journal) = tokio::join!(
            beside(move || Folders::open(&folder, threads)),
            saved(home, threads),
            SqlJournal::open_or_create(&place, writ_journal::Settings::default()),
        );
        let journal = journal?;
        let (state, log) = follow(saved?, &journal, told).await?;
        let now = Instant::now();
        let indexes = folders??.follow(&state, now)?;
        let shared = Arc::new(Shared {
            reaches: Reaches::default(),
            state: RwLock::new(state),
            indexes,
            watch: Mutex::default(),
            floods: Mutex::default(),
            home: home.to_owned(),
            stored: AtomicU64::new(log.last()),
            broken: AtomicBool::new(false),
            latest: Mutex::new(now),
            settings,
            _lock: lock,
        });
        let (queue, commands) = mpsc::channel(QUEUE);
        let writer = spawn_writer(&shared, log, commands)?;
        let upkeep = Upkeep::start(&shared, queue.downgrade(), journal.clone())?;
        let threads = Threads { writer: Some(writer), upkeep: Some(upkeep), journal };
        Ok(Self { shared, queue, threads: Arc::new(Mutex::new(threads)) })
    }

    /// Tells it one thing. When this returns, what it made is durable, and look-ups find it.
    ///
    /// # Errors
    /// [`CommandError::Refused`] where the hash bank says no.
    pub async fn command(&self, command: Command) -> Decided {
        let answered = self.commands(vec![command]).await;
        answered.into_iter().next().unwrap_or(Err(CommandError::Closed))
    }

    /// Tells it several things, in their order; each is answered for itself.
    pub async fn commands(&self, commands: Vec<Command>) -> Vec<Decided> {
        let many = commands.len();
        let (answer, answered) = oneshot::channel();
        if self.queue.send(Told { commands, answer, last: false }).await.is_ok()
            && let Ok(decided) = answered.await
        {
            return decided;
        }
        (0..many).map(|_| Err(CommandError::Closed)).collect()
    }

    /// Reads the state as it is now. Commands wait meanwhile: read quickly.
    pub fn read<T>(&self, read: impl FnOnce(&State, Instant) -> T) -> T {
        read(&self.shared.state(), self.shared.tick())
    }

    /// How it stands.
    pub fn status(&self) -> Status {
        let (entries, head) = self.read(|state, _| (state.len(), state.head()));
        Status {
            entries,
            head,
            indexed: self.shared.indexes.sizes(),
            takes_commands: !self.shared.broken.load(Ordering::Relaxed),
        }
    }

    /// Its journal, where the keys are kept too.
    pub fn journal(&self) -> SqlJournal {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).journal.clone()
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Closes it: waits for the commands that were given, merges the indexes and saves the state. Other clones are
    /// answered [`CommandError::Closed`] from now on.
    ///
    /// # Errors
    /// Where the state cannot be saved; nothing is lost then, the next start takes longer.
    pub async fn close(self) -> Result<(), SavedError> {
        let Self { shared, queue, threads } = self;
        let (writer, upkeep) = {
            let mut threads = threads.lock().unwrap_or_else(PoisonError::into_inner);
            (threads.writer.take(), threads.upkeep.take())
        };
        let (answer, closed) = oneshot::channel();
        let _ = queue.send(Told { commands: Vec::new(), answer, last: true }).await;
        let _ = closed.await;
        drop(queue);
        tokio::task::spawn_blocking(move || {
            if let Some(upkeep) = upkeep {
                upkeep.end();
            }
            let log = writer.and_then(|writer| writer.join().ok());
            if let Err(error) = shared.indexes.merge(1) {
                tracing::warn!(%error, "the indexes could not be merged: the next start makes up for it");
            }
            match log {
                Some(log) if !shared.broken.load(Ordering::Relaxed) => {
                    saved::write(&shared.home.join(SAVED), &shared.state(), log.last())
                }
                _ => Ok(()),
            }
        })
        .await
        .unwrap_or(Ok(()))
    }
}

impl Shared {
    pub fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The present instant, never before one told earlier.
    pub fn tick(&self) -> Instant {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        *latest = Instant::now().max(*latest);
        *latest
    }
}

/// Saves the state as the journal has it, read beside the one in use: nothing waits for it.
pub(crate) async fn save_beside(home: &Path, journal: &SqlJournal) -> Result<(), SaveError> {
    let (state, log) = follow(saved(home, 1).await?, journal, &mut |_| {}).await?;
    Ok(saved::write(&home.join(SAVED), &state, log.last())?)
}

/// Why the state was not saved.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SaveError {
    #[error(transparent)]
    Read(#[from] OpenError),
    #[error(transparent)]
    Write(#[from] SavedError),
}

fn lock(home: &Path) -> Result<File, OpenError> {
    let unusable = |source| OpenError::Home { home: home.to_owned(), source };
    fs::create_dir_all(home).map_err(unusable)?;
    let lock = File::create(home.join("lock")).map_err(unusable)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(home.to_owned())),
        Err(TryLockError::Error(source)) => Err(unusable(source)),
    }
}

/// The saved state with the sequence of its last event, or an empty one.
async fn saved(home: &Path, threads: usize) -> Result<(State, u64), OpenError> {
    let mut key = [0; 8];
    getrandom::fill(&mut key).map_err(|_| OpenError::System("random bytes"))?;
    let (path, key) = (home.join(SAVED), u64::from_le_bytes(key));
    let read = beside(move || saved::read(&path, key, threads)).await?;
    Ok(read.unwrap_or_else(|| (State::new(key), 0)))
}

/// A saved state brought to where the journal is.
async fn follow(
    (mut state, sequence): (State, u64),
    journal: &SqlJournal,
    told: &mut (dyn FnMut(u64) + Send),
) -> Result<(State, Log), OpenError> {
    let mut log = Log::new(journal.clone(), sequence)?;
    if !log.reaches(sequence).await? {
        tracing::warn!("the saved state is ahead of the journal: reading all events");
        (state, log) = (state.emptied(), Log::new(journal.clone(), 0)?);
    }
    log.catch_up(&mut state, told).await?;
    Ok((state, log))
}

/// Does what takes a while on a thread of its own.
async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, OpenError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| OpenError::System("thread"))
}

fn spawn_writer(
    shared: &Arc<Shared>,
    log: Log,
    commands: mpsc::Receiver<Told>,
) -> Result<JoinHandle<Log>, OpenError> {
    let (shared, runtime) = (Arc::clone(shared), tokio::runtime::Handle::current());
    std::thread::Builder::new()
        .name("writ-hashes".to_owned())
        .spawn(move || writer::run(&shared, log, commands, &runtime))
        .map_err(|_| OpenError::System("thread"))
}
