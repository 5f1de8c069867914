//! The upkeep: what has to be done from time to time beside look-ups and commands, on a thread of its own.

use crate::memory::{OpenError, Shared, save_beside};
use crate::writer::Told;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant as Clock};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use writ_hashbank::Command;
use writ_journal::SqlJournal;

/// How often it looks whether there is something to do.
const ROUND: Duration = Duration::from_secs(1);
/// How often entries whose end has passed are put down, and old notices let go.
const SWEEP: Duration = Duration::from_secs(60);
/// How many of them at a time.
const SWEPT: u32 = 10_000;

/// The running upkeep.
#[derive(Debug)]
pub(crate) struct Upkeep {
    end: Sender<()>,
    thread: JoinHandle<()>,
}

impl Upkeep {
    pub fn start(
        shared: &Arc<Shared>,
        queue: mpsc::WeakSender<Told>,
        journal: SqlJournal,
    ) -> Result<Self, OpenError> {
        let (end, ended) = channel();
        let work = Work {
            shared: Arc::clone(shared),
            queue,
            journal,
            runtime: Handle::current(),
            saved: shared.stored.load(Ordering::Relaxed),
            swept: Clock::now(),
        };
        let thread = std::thread::Builder::new()
            .name("writ-upkeep".to_owned())
            .spawn(move || work.run(&ended))
            .map_err(|_| OpenError::System("thread"))?;
        Ok(Self { end, thread })
    }

    pub fn end(self) {
        drop(self.end);
        if self.thread.join().is_err() {
            tracing::error!("the upkeep of the shared memory had failed");
        }
    }
}

struct Work {
    shared: Arc<Shared>,
    queue: mpsc::WeakSender<Told>,
    journal: SqlJournal,
    runtime: Handle,
    saved: u64,
    swept: Clock,
}

impl Work {
    fn run(mut self, ended: &Receiver<()>) {
        while ended.recv_timeout(ROUND) == Err(RecvTimeoutError::Timeout) {
            if let Err(error) = self.shared.indexes.merge(self.shared.settings.merge_after) {
                tracing::error!(%error, "the indexes could not be merged: look-ups go on, and it is tried again");
            }
            self.report_floods();
            self.sweep();
            self.save();
        }
    }

    fn report_floods(&self) {
        let mut floods = self.shared.floods.lock().unwrap_or_else(PoisonError::into_inner);
        let floods = std::mem::take(&mut *floods);
        let minutes = self.shared.state().rules().map(|rules| rules.flood.minutes);
        if let Some(minutes) = minutes.filter(|_| !floods.is_empty()) {
            let told = floods.into_iter();
            self.tell(
                told.map(|(entry, matches)| Command::ReportMatches { entry, matches, minutes })
                    .collect(),
            );
        }
    }

    fn sweep(&mut self) {
        if self.swept.elapsed() >= SWEEP {
            self.swept = Clock::now();
            self.tell(vec![
                Command::Sweep { limit: SWEPT },
                Command::DropTombstones { limit: SWEPT },
            ]);
        }
    }

    /// Gives commands and waits until they are done, so that they do not pile up.
    fn tell(&self, commands: Vec<Command>) {
        let Some(queue) = self.queue.upgrade() else { return };
        let (answer, answered) = oneshot::channel();
        if queue.blocking_send(Told { commands, answer, last: false }).is_ok() {
            let decided = answered.blocking_recv().unwrap_or_default();
            for error in decided.into_iter().filter_map(Result::err) {
                tracing::warn!(%error, "a command of the upkeep was not taken");
            }
        }
    }

    fn save(&mut self) {
        let stored = self.shared.stored.load(Ordering::Relaxed);
        // A thousandth of many entries is soon read again, and saving them all costs seconds of a processor.
        let entries = self.shared.state().len() as u64;
        let after = self.shared.settings.save_after.max(entries / 1_000);
        if stored < self.saved.saturating_add(after) {
            return;
        }
        match self.runtime.block_on(save_beside(&self.shared.home, &self.journal)) {
            Ok(()) => self.saved = stored,
            Err(error) => tracing::error!(%error, "the state was not saved: it is tried again"),
        }
    }
}
