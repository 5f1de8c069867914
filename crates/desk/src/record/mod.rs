//! The provider's record: each demand is promised a leaf when it comes, epochs are closed when they are over, witnesses are
//! asked, and who was promised gets a receipt.
//!
//! What is promised is derived from the case's own events, so that nothing has to be remembered between the promise and
//! the leaf. Where the journal is in the record stands in the record; the journal's stream `record` says it too, so
//! that a promise can be made while another process has the record open.

mod leaves;
mod settings;

use crate::clock::random;
use crate::desk::{keys_folder, write_secret};
use crate::registry::write_whole;
use crate::{Desk, DeskError, Recorded};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use writ_audit::{Promise, Receipt, SignedPromise};
use writ_docket::Lodging;
use writ_journal::{CommandId, ExpectedSequence, Journal, NewEvent, PAGE, StreamId};
use writ_lawbook::Lawbook;
use writ_record::{Event as Leaf, LocalDisk, Missing, Places, Record, Sealer};
use writ_report::{Act, Counting, Section};
use writ_tally::{Bases, Schema, Totals};
use writ_tlog::{Policy, SignedCheckpoint, Signer};
use writ_vocabulary::{CaseId, Category, Instant, Jurisdiction};

pub use settings::RecordSettings;

/// What keeps the record.
pub(crate) struct Keeping {
    settings: RecordSettings,
    sealer: Arc<Sealer>,
    signer: Signer,
    policy: Policy,
    waiting: Mutex<Waiting>,
}

/// How many events wait for the record, as far as the journal was read.
#[derive(Default)]
struct Waiting {
    cursor: u64,
    read: u64,
    events: usize,
}

/// Where the record is, as the journal knows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Standing {
    /// The next epoch to be closed.
    epoch: u32,
    /// Up to where the journal is in the record.
    cursor: u64,
    /// The first epoch whose receipts are not given yet.
    receipts: u32,
}

/// What keeping the record did.
#[derive(Debug, Default, Serialize)]
pub struct RecordKept {
    /// The epochs that were closed now.
    pub epochs: Vec<u32>,
    /// The events in them.
    pub events: usize,
    /// The leaves that were revealed.
    pub revealed: usize,
    /// Published files that were missing or wrong, and were made again.
    pub repaired: Vec<String>,
    /// The entries under the checkpoint that was signed last.
    pub size: u64,
    /// Whether that checkpoint is published.
    pub published: bool,
    /// The witnesses that have not cosigned it, and why.
    pub missing: Vec<(String, String)>,
    /// The receipts that were given.
    pub receipts: usize,
}

/// An event of the journal that the record has to take.
struct Waits {
    position: u64,
    at: u64,
    leaf: Leaf,
}

type Opened = Record<LocalDisk>;

impl Keeping {
    /// What keeps the record of this home, if it keeps one. Its keys are made when they are not there yet.
    pub(crate) fn open(home: &Path) -> Result<Option<Self>, DeskError> {
        let Some(settings) = RecordSettings::read(home)? else { return Ok(None) };
        let schema = Schema::v1()?;
        let genesis = settings.genesis(home, &schema)?;
        let (signer, secret) = keys(home, &settings.origin)?;
        let sealer = Arc::new(Sealer::new(secret, Bases::new(schema), genesis));
        let policy = settings.policy(home)?.with_log(signer.key().clone());
        Ok(Some(Self { settings, sealer, signer, policy, waiting: Mutex::default() }))
    }

    fn places(&self, home: &Path) -> Places {
        Places {
            write_ahead: home.join("keys/record.wal"),
            lock: home.join(&self.settings.lock).join("checkpoint"),
            published: home.join(&self.settings.published),
        }
    }
}

impl Desk {
    /// Where the record is published, if one is kept.
    pub fn published_record(&self) -> Option<PathBuf> {
        self.record.as_ref().map(|keeping| self.home.join(&keeping.settings.published))
    }

    /// What counts as what in the record is settled when a demand comes, and never changes with the law book.
    pub(crate) fn counted_as(&self, lodging: &Lodging) -> Result<Option<String>, DeskError> {
        match &self.record {
            Some(_) => counted_as(&self.books().lawbook, lodging).map(Some),
            None => Ok(None),
        }
    }

    /// The signed promise that a demand will be in the record, and by when. Nothing where no record is kept, or where so
    /// much waits that nothing can be promised.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn promise(&self, recorded: &Recorded) -> Result<Option<SignedPromise>, DeskError> {
        let Some(keeping) = &self.record else { return Ok(None) };
        let (sealer, id) = (&keeping.sealer, &recorded.case.id);
        let first = recorded.events.get(..1).unwrap_or_default();
        let Some((at, leaf)) = leaves::leaves(sealer.bases().schema(), id, first)?.pop() else {
            return Ok(None);
        };
        let (standing, _) = self.standing().await?;
        let ahead = self.ahead(keeping, standing.cursor).await?;
        let deadline = match sealer.deadline(seconds(at), standing.epoch, ahead) {
            Ok(deadline) => deadline,
            Err(error) => {
                tracing::warn!(case = %id, %error, "no promise was given with the acknowledgement");
                return Ok(None);
            }
        };
        let body = sealer.body(&leaf).map_err(DeskError::record)?.digest();
        let promise = Promise { origin: sealer.genesis().origin.clone(), body, deadline };
        promise.sign(&keeping.signer).map(Some).map_err(DeskError::record)
    }

    /// Closes every epoch that is over, signs, asks the witnesses, publishes, and gives receipts. `post` sends a body to an
    /// address and gives status and body of the answer. Nothing where no record is kept.
    ///
    /// # Errors
    /// When the record cannot be opened or written: nothing wrong was signed then, and it is tried again next time.
    pub async fn keep_record(
        &self,
        post: impl AsyncFn(String, Vec<u8>) -> Result<(u16, Vec<u8>), String>,
    ) -> Result<Option<RecordKept>, DeskError> {
        let Some(keeping) = &self.record else { return Ok(None) };
        let (mut standing, last) = self.standing().await?;
        let now = seconds(self.clock.now());
        let places = keeping.places(&self.home);
        let (key, sealer) = (keeping.signer.clone(), keeping.sealer.clone());
        let open = move || Record::open(LocalDisk, places, key, sealer);
        let (mut record, repaired) = blocking(open).await?;
        let mut kept = RecordKept { repaired, ..RecordKept::default() };
        record = self.close_epochs(record, now, &mut kept).await?;
        record = self.reveal_told(record, now, &mut kept).await?;
        let (record, cosigned) = self.publish(keeping, record, &post, &mut kept).await?;
        standing = Standing { epoch: record.next_epoch(), cursor: record.cursor(), ..standing };
        if let Some(checkpoint) = cosigned {
            kept.receipts = self.give_receipts(&record, &checkpoint, standing.receipts).await?;
            standing.receipts = record.next_epoch();
        }
        self.note_standing(standing, last).await?;
        Ok(Some(kept))
    }

    /// Publishes the totals of the epochs that lie in a period, and gives them with the period.
    ///
    /// # Errors
    /// When no record is kept, the period is not over, or its totals were published before.
    pub async fn publish_totals(
        &self,
        from: Instant,
        until: Instant,
        post: impl AsyncFn(String, Vec<u8>) -> Result<(u16, Vec<u8>), String>,
    ) -> Result<(Totals, RecordKept), DeskError> {
        let path = self.home.join(settings::FILE);
        let none = "this home keeps no record: write one, docs/manual.md says how";
        let keeping = self.record.as_ref().ok_or_else(|| DeskError::setting(path, none))?;
        let now = seconds(self.clock.now());
        let (from, until) =
            (epochs_before(&keeping.sealer, from), epochs_before(&keeping.sealer, until));
        let places = keeping.places(&self.home);
        let (key, sealer) = (keeping.signer.clone(), keeping.sealer.clone());
        let width = keeping.settings.width;
        let (record, totals) = blocking(move || {
            let (record, _) = Record::open(LocalDisk, places, key, sealer)?;
            record.publish_totals(now, from, until, width)
        })
        .await?;
        let mut kept = RecordKept::default();
        self.publish(keeping, record, &post, &mut kept).await?;
        Ok((totals, kept))
    }

    async fn close_epochs(
        &self,
        mut record: Opened,
        now: u64,
        kept: &mut RecordKept,
    ) -> Result<Opened, DeskError> {
        if record.sealer().end_of(record.next_epoch()) > now {
            return Ok(record);
        }
        let (mut waiting, read) = self.waiting(&record).await?;
        while record.sealer().end_of(record.next_epoch()) <= now {
            let (epoch, end) = (record.next_epoch(), record.sealer().end_of(record.next_epoch()));
            let fits = waiting.iter().take_while(|waits| waits.at < end).count();
            let taken: Vec<_> = waiting.drain(..fits.min(record.sealer().capacity())).collect();
            // Up to the next event that waits; where none does, up to where the journal was read.
            let cursor = waiting.first().map_or(read, |waits| waits.position - 1);
            let leaves: Vec<_> = taken.into_iter().map(|waits| waits.leaf).collect();
            kept.events += leaves.len();
            record = blocking(move || {
                let closing = record.fill(now.max(end), &leaves, cursor)?;
                record.close(closing).map_err(writ_record::RecordError::from)
            })
            .await?;
            kept.epochs.push(epoch);
        }
        Ok(record)
    }

    /// Opens to everybody the sealed leaves of cases whose customer was told meanwhile.
    async fn reveal_told(
        &self,
        mut record: Opened,
        now: u64,
        kept: &mut RecordKept,
    ) -> Result<Opened, DeskError> {
        let sealed = record.events().map(|(_, _, event)| event).filter(|event| {
            event.rows.get(2).is_some_and(|row| *row != 0)
                && !record.is_revealed(&event.stream, event.sequence)
        });
        let sealed: Vec<_> = sealed.map(|event| (event.stream.clone(), event.sequence)).collect();
        for (stream, sequence) in sealed {
            let Ok(id) = stream.parse::<CaseId>() else { continue };
            if leaves::is_told(&self.case(&id).await?.events) {
                record = record.reveal(now, &stream, sequence).map_err(DeskError::record)?;
                kept.revealed += 1;
            }
        }
        Ok(record)
    }

    /// Signs and publishes, if witnesses agree. Gives the checkpoint that was published.
    async fn publish(
        &self,
        keeping: &Keeping,
        record: Opened,
        post: &impl AsyncFn(String, Vec<u8>) -> Result<(u16, Vec<u8>), String>,
        kept: &mut RecordKept,
    ) -> Result<(Opened, Option<SignedCheckpoint>), DeskError> {
        let keys = public_keys(keeping);
        let record = blocking(move || {
            let known = record.writer().published_size()?;
            let record = record.with(|writer| {
                let writer = keys.iter().try_fold(writer, |writer, (path, text)| {
                    writer.put_once(path, text.as_bytes())
                })?;
                writer.sign()
            })?;
            Ok::<_, writ_record::RecordError>((record, known))
        });
        let (record, known) = record.await?;
        let gathered = writ_record::gather(record.writer(), &keeping.policy, known, post).await;
        let Some(gathered) = gathered.map_err(DeskError::record)? else {
            return Ok((record, None));
        };
        kept.size = gathered.checkpoint.checkpoint().size();
        kept.published = gathered.quorum;
        kept.missing =
            gathered.missing.into_iter().map(|Missing { witness, why }| (witness, why)).collect();
        if !gathered.quorum {
            return Ok((record, None));
        }
        let checkpoint = gathered.checkpoint.clone();
        let publish = move || record.with(|writer| writer.publish(&gathered.checkpoint));
        Ok((blocking(publish).await?, Some(checkpoint)))
    }

    /// Puts a receipt for each leaf of these epochs and later into the folder that its case leaves from.
    async fn give_receipts(
        &self,
        record: &Opened,
        checkpoint: &SignedCheckpoint,
        from: u32,
    ) -> Result<usize, DeskError> {
        let Some(mut tree) = record.writer().tree().map_err(DeskError::record)? else {
            return Ok(0);
        };
        let size = checkpoint.checkpoint().size();
        let mut given = 0;
        for (epoch, index, event) in record.events().filter(|(epoch, ..)| *epoch >= from) {
            let Ok(id) = event.stream.parse::<CaseId>() else { continue };
            let recorded = self.case(&id).await?;
            // A case that was erased has nobody left to give a receipt to.
            let Ok(demand) = self.demand(&recorded).await else { continue };
            let proof = tree.prove_inclusion(index, size).map_err(DeskError::record)?;
            let opening = record.sealer().opening(event).map_err(DeskError::record)?;
            let receipt = Receipt::new(epoch, opening, index, proof, checkpoint.clone());
            let name = format!("receipt-{}.txt", event.sequence);
            let path = self.outbox(&recorded, &demand)?.join(name);
            write_whole(&path, receipt.to_string().as_bytes())?;
            given += 1;
        }
        Ok(given)
    }

    /// The events that the record has not taken yet, in order, and up to where the journal was read.
    async fn waiting(&self, record: &Opened) -> Result<(Vec<Waits>, u64), DeskError> {
        let schema = record.sealer().bases().schema();
        let (mut waiting, mut read) = (Vec::new(), record.cursor());
        loop {
            let page = self.journal.read_all(read, PAGE).await?;
            let Some(last) = page.last() else { return Ok((waiting, read)) };
            read = last.position;
            for event in page.iter().filter(|event| may_count(&event.kind)) {
                let Ok(id) = event.stream.as_str().parse::<CaseId>() else { continue };
                let events = self.case(&id).await?.events;
                let upto = usize::try_from(event.sequence).unwrap_or(usize::MAX);
                let events = events.get(..upto).unwrap_or_default();
                let leaf = leaves::leaves(schema, &id, events)?.pop();
                let (position, at) = (event.position, seconds(event.at));
                let own = leaf.filter(|(_, leaf)| leaf.sequence == event.sequence);
                waiting.extend(own.map(|(_, leaf)| Waits { position, at, leaf }));
            }
        }
    }

    /// About how many events wait for the record; none is missed, some count twice.
    async fn ahead(&self, keeping: &Keeping, cursor: u64) -> Result<usize, DeskError> {
        let (mut read, mut events) = {
            let mut known = keeping.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            if known.cursor != cursor {
                *known = Waiting { cursor, read: cursor, events: 0 };
            }
            (known.read, known.events)
        };
        loop {
            let page = self.journal.read_all(read, PAGE).await?;
            let Some(last) = page.last() else { break };
            read = last.position;
            let of_case = |stream: &StreamId| stream.as_str().parse::<CaseId>().is_ok();
            events += page.iter().filter(|e| may_count(&e.kind) && of_case(&e.stream)).count();
        }
        let mut known = keeping.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if known.cursor == cursor && known.read < read {
            *known = Waiting { cursor, read, events };
        }
        Ok(events)
    }

    async fn standing(&self) -> Result<(Standing, u64), DeskError> {
        let history = self.journal.history(&record_stream()?, 0).await?;
        let Some(last) = history.last() else { return Ok((Standing::default(), 0)) };
        let standing = serde_json::from_value(last.data.clone()).map_err(DeskError::record)?;
        Ok((standing, last.sequence))
    }

    async fn note_standing(&self, standing: Standing, last: u64) -> Result<(), DeskError> {
        if last > 0 && self.standing().await?.0 == standing {
            return Ok(());
        }
        let data = serde_json::to_value(standing).map_err(DeskError::record)?;
        let at = self.clock.now();
        let event = NewEvent { kind: "record-kept".to_owned(), version: 1, data, at };
        let expected =
            if last == 0 { ExpectedSequence::NotYet } else { ExpectedSequence::After(last) };
        let command =
            CommandId::try_from(hex::encode(random::<16>()?)).map_err(DeskError::record)?;
        self.journal.append(&record_stream()?, expected, &command, &[event], None).await?;
        Ok(())
    }
}

/// The events after which a case may owe the record a leaf.
fn may_count(kind: &str) -> bool {
    matches!(kind, "lodged" | "delivered" | "closed" | "notice-deferred")
}

fn record_stream() -> Result<StreamId, DeskError> {
    "record".parse().map_err(DeskError::record)
}

fn seconds(at: Instant) -> u64 {
    u64::try_from(at.as_second()).unwrap_or_default()
}

/// How many epochs end at this instant or before.
fn epochs_before(sealer: &Sealer, at: Instant) -> u32 {
    let since = seconds(at).saturating_sub(sealer.genesis().start);
    u32::try_from(since / u64::from(sealer.genesis().epoch_seconds)).unwrap_or(u32::MAX)
}

/// Where a demand counts in the table `received`: its region and the kind of its instrument.
fn counted_as(lawbook: &Lawbook, lodging: &Lodging) -> Result<String, DeskError> {
    let counting = Counting::of(lawbook).map_err(DeskError::record)?;
    let class = counting.class(&lodging.instrument);
    let region = region(lodging.jurisdiction);
    if class.section == Section::NationalSecurity {
        let region = if region == "us" { "us" } else { "elsewhere" };
        return Ok(format!("{region}/national-security"));
    }
    let asked = lodging.asked.items().map(|item| item.element);
    let deepest =
        asked.filter_map(|element| counting.category(&lodging.instrument, &element)).max();
    let kind = match (class.act, deepest) {
        (Act::Remove, _) => "removal",
        (Act::Preserve, _) => "preservation",
        _ if lodging.emergency || class.section == Section::Emergency => "emergency",
        (_, Some(Category::Subscriber | Category::Identification)) => "subscriber",
        (_, Some(Category::Traffic)) => "traffic",
        (_, Some(Category::Content | Category::Realtime)) => "content",
        _ => "other",
    };
    Ok(format!("{region}/{kind}"))
}

fn region(state: Jurisdiction) -> &'static str {
    match state.as_str() {
        "US" => "us",
        "GB" => "uk",
        "EU" => "eu",
        _ if state.is_member_state() => "eu",
        _ => "elsewhere",
    }
}

/// The key that signs the record's checkpoints, and the secret that hides its leaves: two lines of a file of the owner's.
fn keys(home: &Path, origin: &str) -> Result<(Signer, [u8; 32]), DeskError> {
    let path = keys_folder(home)?.join("record.key");
    if !path.exists() {
        let name = origin.parse();
        let name = name.map_err(|error| DeskError::setting(home.join(settings::FILE), error))?;
        let signer = Signer::from_seed(name, &random()?);
        let text = format!("{}\n{}\n", signer.to_skey(), hex::encode(random::<32>()?));
        write_secret(&path, text.as_bytes()).map_err(DeskError::file(&path))?;
    }
    let text = std::fs::read_to_string(&path).map_err(DeskError::file(&path))?;
    let wrong = "it has to have two lines, the key and the secret: restore it from a copy";
    let (skey, secret) = text.split_once('\n').ok_or_else(|| DeskError::setting(&path, wrong))?;
    let signer = Signer::from_skey(skey).map_err(|error| DeskError::setting(&path, error))?;
    let mut bytes = [0; 32];
    hex::decode_to_slice(secret.trim_end(), &mut bytes)
        .map_err(|_| DeskError::setting(&path, wrong))?;
    if signer.key().name().as_str() != origin {
        let other = format!(
            "it is the key of `{}`, and `record.toml` says `{origin}`: a record keeps its origin for its life",
            signer.key().name()
        );
        return Err(DeskError::setting(&path, other));
    }
    Ok((signer, bytes))
}

/// The keys by which strangers check the record, published beside it. They are worth what the reader's way to them is.
fn public_keys(keeping: &Keeping) -> [(&'static str, String); 2] {
    let witnesses = keeping.policy.witnesses().iter().map(|witness| format!("{}\n", witness.key));
    [("log.vkey", format!("{}\n", keeping.signer.key())), ("witnesses.vkey", witnesses.collect())]
}

/// Does work on the disk where it holds up nobody.
async fn blocking<T: Send + 'static, E: Into<writ_record::RecordError> + Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, DeskError> {
    let done = tokio::task::spawn_blocking(work).await.map_err(DeskError::record)?;
    done.map_err(|error| DeskError::record(error.into()))
}
