//! The leaves of a record in their order: what the rules of its first entry ask of them, and what was counted.

use crate::audit::AuditError;
use crate::cohort;
use crate::fault::{Fault, Faults, Kind};
use crate::files::{CHECKPOINT, Files, totals_path};
use crate::log::{Log, Stop, fault_or_error, get};
use crate::proofs::{Due, Proofs};
use crate::time::instant;
use crate::verdict::{Published, RecordFigures};
use std::collections::BTreeMap;
use writ_tally::{
    Bases, Body, Content, Genesis, Leaf, LeafError, Period, Reveal, RowError, Sum, Totals,
    TotalsError,
};
use writ_tlog::{Bundle, Hash};

/// The longest totals that are read.
const MAX_TOTALS: usize = 1 << 20;

/// What is known of a record after some of its leaves.
pub(crate) struct Ledger<'b> {
    origin: String,
    size: u64,
    bases: &'b Bases,
    with_proofs: bool,
    genesis: Option<Genesis>,
    /// A leaf before makes it pointless to judge those after it.
    lost: bool,
    epochs: Vec<Epoch>,
    /// By the first half of its event's hash, where a sealed leaf is.
    seen: BTreeMap<u128, u64>,
    sealed: u64,
    proven: u64,
    due: Vec<Due>,
    /// Reveals and published totals that rest on leaves before them.
    waiting: Vec<(u64, Content)>,
    revealed: BTreeMap<u64, Vec<u8>>,
    /// Start and end of each period that totals were published for.
    taken: BTreeMap<u64, u64>,
    periods: Vec<Published>,
}

/// The sealed leaves of one epoch.
struct Epoch {
    number: u32,
    first: u64,
    last: u64,
    leaves: u32,
    /// What they add up to, until the totals of their period were compared with it.
    sum: Option<Sum>,
}

impl<'b> Ledger<'b> {
    pub(crate) fn new(origin: &str, size: u64, bases: &'b Bases, with_proofs: bool) -> Self {
        Self {
            origin: origin.to_owned(),
            size,
            bases,
            with_proofs,
            genesis: None,
            lost: false,
            epochs: Vec::new(),
            seen: BTreeMap::new(),
            sealed: 0,
            proven: 0,
            due: Vec::new(),
            waiting: Vec::new(),
            revealed: BTreeMap::new(),
            taken: BTreeMap::new(),
            periods: Vec::new(),
        }
    }

    /// Takes the next leaf. Every leaf is given, in order.
    pub(crate) fn take(&mut self, index: u64, leaf: Result<Leaf, LeafError>, faults: &mut Faults) {
        if self.lost {
            return;
        }
        let result = match leaf {
            Ok(leaf) if index == 0 => self.begin(leaf),
            Err(_) if index == 0 => {
                Err((Kind::GenesisWrong, "it is not the rules of a record".to_owned()))
            }
            Err(error) => Err((Kind::LeafUnreadable, error.to_string())),
            Ok(leaf) => match leaf.content {
                Content::Sealed(body) => self.seal(index, leaf.epoch, body, faults),
                Content::Genesis(_) => Err((
                    Kind::GenesisWrong,
                    "it lays down rules, which only entry 0 does".to_owned(),
                )),
                public => self.wait(index, leaf.epoch, public),
            },
        };
        if let Err((kind, what)) = result {
            self.lost = matches!(kind, Kind::GenesisWrong | Kind::LeafUnreadable);
            faults.add(self.at(kind, index, what));
        }
    }

    fn begin(&mut self, leaf: Leaf) -> Result<(), (Kind, String)> {
        let wrong = |what: String| Err((Kind::GenesisWrong, what));
        let Content::Genesis(genesis) = leaf.content else {
            return wrong("it is not the rules of a record".to_owned());
        };
        if genesis.origin != self.origin {
            return wrong(format!("it is of `{}`, the log is `{}`", genesis.origin, self.origin));
        }
        let schema = self.bases.schema().digest();
        if genesis.schema != schema || leaf.epoch != 0 {
            let (found, epoch) = (genesis.schema, leaf.epoch);
            return wrong(format!(
                "it names the schema {found} in epoch {epoch}; expected is {schema} in epoch 0"
            ));
        }
        self.genesis = Some(genesis);
        Ok(())
    }

    /// Counts a sealed leaf.
    fn seal(
        &mut self,
        index: u64,
        epoch: u32,
        body: Body,
        faults: &mut Faults,
    ) -> Result<(), (Kind, String)> {
        let turn = self.turn(index, epoch);
        if let Err((kind, what)) = turn {
            faults.add(self.at(kind, index, what));
        }
        self.sealed += 1;
        let key = (body.event().as_bytes().iter().take(16))
            .fold(0, |key, byte| key << 8 | u128::from(*byte));
        let before = self.seen.insert(key, index);
        let Some(epoch) = self.epochs.last_mut() else { return Ok(()) };
        let place = epoch.leaves;
        epoch.last = index;
        epoch.leaves = epoch.leaves.saturating_add(1);
        // Body and sum are of one schema: both were made with these generators.
        let _ = epoch.sum.get_or_insert_with(|| Sum::new(self.bases.schema())).add(&body);
        if self.with_proofs {
            self.due.push(Due { index, epoch: epoch.number, place, body });
        }
        match before {
            Some(before) => Err((Kind::LeafTwice, format!("it is entry {before} again"))),
            None => Ok(()),
        }
    }

    /// Whether it is this epoch's turn. An epoch that is not there yet is begun.
    fn turn(&mut self, index: u64, epoch: u32) -> Result<(), (Kind, String)> {
        let last = self.epochs.last().map(|last| (last.number, last.leaves));
        if last.is_some_and(|(number, _)| number == epoch) {
            return Ok(());
        }
        self.epochs.push(Epoch { number: epoch, first: index, last: index, leaves: 0, sum: None });
        let due = last.map_or(0, |(number, _)| number.saturating_add(1));
        let counted = last.map_or(Ok(()), |(number, leaves)| self.counts(number, leaves));
        if epoch != due {
            return Err((
                Kind::EpochWrong,
                format!("it is of epoch {epoch} where epoch {due} begins"),
            ));
        }
        counted
    }

    /// Whether so many leaves are an epoch.
    fn counts(&self, number: u32, leaves: u32) -> Result<(), (Kind, String)> {
        let wanted = self.genesis.as_ref().map_or(0, |genesis| genesis.leaves_per_epoch);
        if leaves == wanted {
            return Ok(());
        }
        let what = format!(
            "epoch {number} has {leaves} sealed entries, where the record's rules say {wanted}"
        );
        Err((Kind::EpochWrong, what))
    }

    fn wait(&mut self, index: u64, epoch: u32, public: Content) -> Result<(), (Kind, String)> {
        self.waiting.push((index, public));
        let current = self.epochs.last().map_or(0, |last| last.number);
        if epoch == current {
            return Ok(());
        }
        Err((Kind::EpochWrong, format!("it is of epoch {epoch}, among those of epoch {current}")))
    }

    /// Checks the proofs of the sealed leaves taken since.
    pub(crate) fn prove<F: Files>(
        &mut self,
        files: &F,
        threads: usize,
        faults: &mut Faults,
    ) -> Result<(), AuditError<F::Error>> {
        let due = std::mem::take(&mut self.due);
        let Some(genesis) = self.genesis.as_ref().filter(|_| !faults.full()) else { return Ok(()) };
        let per_epoch = u64::from(genesis.leaves_per_epoch).min(self.size);
        let (bases, origin) = (self.bases, self.origin.as_str());
        let proofs = Proofs { files, bases, origin, per_epoch, threads };
        proofs.faults(&due)?.into_iter().for_each(|fault| faults.add(fault));
        self.proven += due.len() as u64;
        Ok(())
    }

    /// Checks what was revealed and published since.
    pub(crate) fn settle<F: Files>(
        &mut self,
        files: &F,
        log: &mut Log<'_, F>,
        faults: &mut Faults,
    ) -> Result<(), AuditError<F::Error>> {
        for (index, public) in std::mem::take(&mut self.waiting) {
            if faults.full() {
                break;
            }
            let settled = match public {
                Content::Reveal(reveal) => self.reveal(log, index, &reveal),
                Content::Published(published) => self.published(files, index, &published),
                Content::Sealed(_) | Content::Genesis(_) => Ok(()),
            };
            faults.note(fault_or_error(settled)?);
        }
        Ok(())
    }

    fn reveal<F: Files>(
        &mut self,
        log: &mut Log<'_, F>,
        index: u64,
        reveal: &Reveal,
    ) -> Result<(), Stop<F::Error>> {
        let sealed = reveal.index;
        let wrong = |what: String| self.at(Kind::RevealWrong, index, what);
        let epoch = self.epoch_of(sealed).filter(|_| sealed < index);
        let epoch =
            epoch.ok_or_else(|| wrong(format!("entry {sealed} is no sealed entry before it")))?;
        let body =
            Body::seal(self.bases, &reveal.opening).map_err(|error| wrong(error.to_string()))?;
        let leaf = Leaf { epoch, content: Content::Sealed(body) }.to_bytes();
        let leaf = leaf.map_err(|error| wrong(error.to_string()))?;
        if Hash::of_leaf(&leaf) != log.leaf(sealed)? {
            let what = format!("entry {sealed} was sealed over another event, row or nonce");
            return Err(wrong(what).into());
        }
        if self.revealed.contains_key(&sealed) {
            let what = format!("entry {sealed} was revealed before");
            return Err(self.at(Kind::RevealTwice, index, what).into());
        }
        self.revealed.insert(sealed, reveal.opening.rows().to_vec());
        Ok(())
    }

    fn epoch_of(&self, index: u64) -> Option<u32> {
        let after = self.epochs.partition_point(|epoch| epoch.first <= index);
        let epoch = self.epochs.get(after.checked_sub(1)?)?;
        Some(epoch.number).filter(|_| index <= epoch.last)
    }

    fn published<F: Files>(
        &mut self,
        files: &F,
        index: u64,
        published: &writ_tally::Published,
    ) -> Result<(), Stop<F::Error>> {
        let period = Period { from: published.from, to: published.to };
        let (epochs, sum) = self.summed(index, period)?;
        let path = totals_path(period);
        let bytes = get(files, &path, MAX_TOTALS)?;
        let changed = |what: String| Fault::new(Kind::TotalsChanged, &*path, what).entry(index);
        let totals = Totals::parse(&bytes).map_err(|error| changed(error.to_string()))?;
        if totals.digest() != published.digest {
            let (found, wanted) = (totals.digest(), published.digest);
            return Err(changed(format!("its digest is {found}, the entry says {wanted}")).into());
        }
        let wrong = |error: TotalsError| Fault::new(kind_of(&error), &*path, error).entry(index);
        totals.verify(self.bases, &self.origin, period, &sum).map_err(wrong)?;
        let digest = published.digest.to_string();
        self.periods.push(Published { from: period.from, to: period.to, epochs, digest, totals });
        Ok(())
    }

    /// The epochs of a period and the sum of their leaves, if it is some whole epochs that no other period has.
    fn summed(&mut self, index: u64, period: Period) -> Result<((u32, u32), Sum), Fault> {
        let Period { from, to } = period;
        let after = self.epochs.partition_point(|epoch| epoch.last < to);
        let first = self.epochs.binary_search_by_key(&from, |epoch| epoch.first).unwrap_or(after);
        let ours = self.epochs.get(first..after).unwrap_or_default();
        let whole = to <= index && ours.last().is_some_and(|last| last.last + 1 == to);
        let (Some(start), Some(end), true) = (ours.first(), ours.last(), whole) else {
            let what = format!("the entries {from} to before {to} are not whole epochs before it");
            return Err(self.at(Kind::PeriodWrong, index, what));
        };
        let numbers = (start.number, end.number);
        let before = self.taken.range(..to).next_back().filter(|(_, end)| **end > from);
        if let Some((start, end)) = before {
            let what = format!(
                "the entries {from} to before {to} are in part those {start} to before {end}"
            );
            return Err(self.at(Kind::PeriodOverlap, index, what));
        }
        self.taken.insert(from, to);
        let mut sum = Sum::new(self.bases.schema());
        for epoch in self.epochs.get_mut(first..after).unwrap_or_default() {
            // All are of one schema.
            let _ = epoch.sum.take().map(|of_epoch| sum.merge(&of_epoch));
        }
        Ok((numbers, sum))
    }

    /// What was counted, once all leaves were taken; nothing where that cannot be told.
    pub(crate) fn close(self, now: Option<u64>, faults: &mut Faults) -> Option<RecordFigures> {
        if self.lost || faults.full() {
            return None;
        }
        let Some(genesis) = self.genesis.clone() else {
            faults.add(Fault::new(Kind::GenesisWrong, CHECKPOINT, "the record has no entries"));
            return None;
        };
        let last = self.epochs.last();
        if let Some((last, Err((kind, what)))) =
            last.map(|e| (e.last, self.counts(e.number, e.leaves)))
        {
            faults.add(self.at(kind, last, what));
        }
        let next = last.map_or(0, |last| u64::from(last.number) + 1);
        if let Some(fault) = now.and_then(|now| stale(&genesis, next, now)) {
            faults.add(fault);
        }
        let published: u64 =
            self.periods.iter().map(|period| u64::from(period.totals.leaves())).sum();
        let schema = self.bases.schema();
        Some(RecordFigures {
            epochs: self.epochs.len() as u64,
            sealed: self.sealed,
            proofs: self.proven,
            reveals: self.revealed.len() as u64,
            unpublished: self.sealed.saturating_sub(published),
            cohorts: cohort::cohorts(schema, &genesis, &self.periods, &self.revealed, now),
            periods: self.periods,
            genesis,
        })
    }

    fn at(&self, kind: Kind, index: u64, what: String) -> Fault {
        let bundle = Bundle::in_log(index / 256, self.size);
        let file = bundle.map_or_else(|| CHECKPOINT.to_owned(), |bundle| bundle.to_string());
        Fault::new(kind, file, what).entry(index)
    }
}

/// Every epoch has to be in the record one epoch after it ended: so long witnesses may take.
fn stale(genesis: &Genesis, next: u64, now: u64) -> Option<Fault> {
    let ended = now.saturating_sub(genesis.start) / u64::from(genesis.epoch_seconds.max(1));
    let due = ended.saturating_sub(1);
    let what = format!("it has {next} epochs; by {} it has to have {due}", instant(now));
    (next < due).then(|| Fault::new(Kind::Stale, CHECKPOINT, what))
}

fn kind_of(error: &TotalsError) -> Kind {
    match error {
        TotalsError::Row { error: RowError::Prover, .. } => Kind::TotalsWrong,
        TotalsError::Row { .. } => Kind::BandWrong,
        _ => Kind::TotalsWrong,
    }
}
