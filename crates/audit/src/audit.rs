//! The audit: everything that a record publishes, read and checked once, in order, a little of it in memory at a time.

use crate::fault::{Fault, Faults, Kind};
use crate::files::{CHECKPOINT, Files};
use crate::ledger::Ledger;
use crate::log::{Log, WINDOW, fault_or_error};
use crate::report;
use crate::time::instant;
use crate::verdict::{Figures, Verdict, Witnessed};
use writ_tally::{Bases, Leaf, LeafError, Schema};
use writ_tlog::{Bundle, Cosigned, FULL, NoteSignature, Policy, PolicyRefusal, VerifierKey};

/// What the reader expects, and what they have seen before.
#[derive(Clone, Copy)]
pub struct Expected<'e> {
    /// The log's key, the witnesses, and how many of them it takes.
    pub policy: &'e Policy,
    /// What the log's entries are, and what of them is to be checked.
    pub entries: Entries<'e>,
    /// A checkpoint of this log from an earlier visit: the log must begin with what it covers.
    pub since: Option<&'e [u8]>,
    /// The present time in seconds since 1970. Without it nothing is said about whether the record is up to date.
    pub now: Option<u64>,
}

/// What a log's entries are.
#[derive(Clone, Copy)]
pub enum Entries<'e> {
    /// Anything: only the log itself is checked.
    Opaque,
    /// The leaves of a Writ record.
    Record {
        /// The generators of the record's schema.
        bases: &'e Bases,
        /// Whether it is checked that every sealed leaf counts exactly once, which takes the most time.
        proofs: bool,
        /// A published report whose figures rest on the record's totals, as JSON.
        report: Option<&'e [u8]>,
    },
}

/// How far an audit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// How many entries have been checked.
    pub entries: u64,
    /// How many there are.
    pub of: u64,
}

/// Why nothing can be said about a record. Anything that does say something about it is a [`Fault`].
#[derive(Debug, thiserror::Error)]
pub enum AuditError<E> {
    /// A file cannot be had.
    #[error("`{path}` cannot be read: try again, or take another copy of the record")]
    Read {
        /// The file, relative to the published folder.
        path: String,
        /// Why.
        source: E,
    },
    /// The earlier checkpoint is of no use.
    #[error("the earlier checkpoint cannot be compared with: {0}; give one of this record")]
    Since(PolicyRefusal),
    /// The earlier checkpoint is another log's.
    #[error(
        "the earlier checkpoint is of `{found}`, the record is `{wanted}`: give one of this record"
    )]
    SinceOther {
        /// Whose it is.
        found: String,
        /// Whose it should be.
        wanted: String,
    },
}

/// How far a witness's clock may be ahead of the reader's, in seconds.
const CLOCKS_DIFFER: u64 = 300;

/// Checks a record, or any log in tiles, with so many threads.
///
/// What is checked, in this order: the checkpoint's signature, its cosignatures and their times; that it goes on from
/// the checkpoint of an earlier visit; every tile and every entry, hashed again; and of a record the rules that
/// [`Entries::Record`] stands for: the leaves by epoch, the proof of each, what was revealed, the totals, the report.
/// Memory: 8,192 entries with their proofs, 40 bytes for each sealed leaf, and about 600 for each epoch.
///
/// # Errors
/// [`AuditError`] where nothing can be said. Whatever is wrong with the record is in the [`Verdict`].
pub fn audit<F: Files>(
    files: &F,
    expected: &Expected<'_>,
    threads: usize,
    mut progress: impl FnMut(Progress),
) -> Result<Verdict, AuditError<F::Error>> {
    let mut log = match fault_or_error(Log::open(files, expected.policy))? {
        Ok(log) => log,
        Err(fault) => return Ok(Verdict::Faulty(vec![fault])),
    };
    let mut faults = Faults::default();
    witnessed(&log, expected.policy, expected.now, &mut faults);
    let since = compare(&mut log, expected, &mut faults)?;
    let mut figures = figures_of(&log, since);
    match expected.entries {
        Entries::Opaque => {
            walk(&mut log, threads, &mut faults, &mut progress, |_, _| (), |_, _, _| Ok(()))?;
        }
        Entries::Record { bases, proofs, report } => {
            let mut ledger = Ledger::new(&figures.origin, log.size(), bases, proofs);
            let parse = |first: u64, entries: &[&[u8]]| parsed(first, entries, bases.schema());
            let take = |log: &mut Log<'_, F>, leaves: Vec<Parsed>, faults: &mut Faults| {
                for (index, leaf) in leaves.into_iter().flatten() {
                    ledger.take(index, leaf, faults);
                }
                ledger.prove(files, threads, faults)?;
                ledger.settle(files, log, faults)
            };
            let whole = walk(&mut log, threads, &mut faults, &mut progress, parse, take)?;
            let record = if whole { ledger.close(expected.now, &mut faults) } else { None };
            if let (Some(report), Some(record)) = (report, &record) {
                figures.report = faults.note(report::compare(report, &figures.origin, record));
            }
            figures.record = record;
        }
    }
    let faults = faults.into_vec();
    Ok(if faults.is_empty() { Verdict::Whole(Box::new(figures)) } else { Verdict::Faulty(faults) })
}

/// Goes through all entries, a window at a time: `each` is done with every bundle, in threads; `take` gets what came of
/// a window, in order. From the first bundle that is at fault on only the log itself is checked, and the answer is
/// `false`: what rests on all entries cannot be told then.
pub(crate) fn walk<F: Files, T: Send>(
    log: &mut Log<'_, F>,
    threads: usize,
    faults: &mut Faults,
    progress: &mut dyn FnMut(Progress),
    each: impl Fn(u64, &[&[u8]]) -> T + Sync,
    mut take: impl FnMut(&mut Log<'_, F>, Vec<T>, &mut Faults) -> Result<(), AuditError<F::Error>>,
) -> Result<bool, AuditError<F::Error>> {
    let (size, full) = (log.size(), u64::from(FULL));
    let mut whole = true;
    let mut start = 0;
    while start < size.div_ceil(full) && !faults.full() {
        let end = start.saturating_add(WINDOW);
        let of_bundle = |bundle: Bundle, entries: &[&[u8]]| each(bundle.index() * full, entries);
        let mut before = Vec::new();
        for found in log.window(start..end, threads, of_bundle)? {
            match found {
                Ok(found) if whole => before.push(found),
                Ok(_) => {}
                Err(fault) => {
                    whole = false;
                    faults.add(fault);
                }
            }
        }
        if whole || !before.is_empty() {
            take(log, before, faults)?;
        }
        progress(Progress { entries: end.saturating_mul(full).min(size), of: size });
        start = end;
    }
    Ok(whole)
}

fn witnessed<F: Files>(log: &Log<'_, F>, policy: &Policy, now: Option<u64>, faults: &mut Faults) {
    if let Some(fault) = log.without_quorum(policy) {
        faults.add(fault);
    }
    let Some(now) = now else { return };
    let cosigned = log.standing().cosigned().iter();
    for by in cosigned.filter(|by| by.time > now.saturating_add(CLOCKS_DIFFER)) {
        let (time, now) = (instant(by.time), instant(now));
        let what = format!("`{}` cosigned it at {time}; it is {now}", by.witness.key.name());
        faults.add(Fault::new(Kind::CosignatureAhead, CHECKPOINT, what));
    }
}

/// Compares with the checkpoint of an earlier visit, and gives its size.
fn compare<F: Files>(
    log: &mut Log<'_, F>,
    expected: &Expected<'_>,
    faults: &mut Faults,
) -> Result<Option<u64>, AuditError<F::Error>> {
    let Some(bytes) = expected.since else { return Ok(None) };
    let since = expected.policy.evaluate(bytes).map_err(AuditError::Since)?;
    let since = since.checkpoint();
    let wanted = log.standing().checkpoint().checkpoint().origin();
    if since.checkpoint().origin() != wanted {
        let (found, wanted) = (since.checkpoint().origin().to_owned(), wanted.to_owned());
        return Err(AuditError::SinceOther { found, wanted });
    }
    faults.note(fault_or_error(log.begins_with(since))?);
    Ok(Some(since.checkpoint().size()))
}

fn figures_of<F: Files>(log: &Log<'_, F>, since: Option<u64>) -> Figures {
    let standing = log.standing();
    let checkpoint = standing.checkpoint().checkpoint();
    let by =
        |by: &Cosigned<'_>| Witnessed { name: by.witness.key.name().to_string(), time: by.time };
    let known = |signature: &&NoteSignature| {
        let is = |key: &VerifierKey| *key.name() == signature.name && key.id() == signature.id;
        is(&standing.log().key) || standing.cosigned().iter().any(|by| is(&by.witness.key))
    };
    let strangers = standing.checkpoint().note().signatures().iter().filter(|line| !known(line));
    Figures {
        origin: checkpoint.origin().to_owned(),
        entries: checkpoint.size(),
        root: checkpoint.root().to_string(),
        cosigned: standing.cosigned().iter().map(by).collect(),
        strangers: strangers.map(|signature| signature.name.to_string()).collect(),
        quorum_time: standing.quorum_time(),
        since,
        record: None,
        report: None,
    }
}

type Parsed = Vec<(u64, Result<Leaf, LeafError>)>;

fn parsed(first: u64, entries: &[&[u8]], schema: &Schema) -> Parsed {
    (first..).zip(entries.iter().map(|entry| Leaf::parse(schema, entry))).collect()
}
