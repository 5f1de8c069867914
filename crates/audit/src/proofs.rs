//! The proofs that every sealed leaf counts exactly once, checked in batches by several threads.

use crate::audit::AuditError;
use crate::fault::{Fault, Kind, MOST_FAULTS};
use crate::files::{Files, proof_path};
use crate::log::{fault_or_error, get};
use crate::parallel;
use std::collections::BTreeMap;
use writ_tally::{Bases, Body, Entry};

/// How many leaves are checked together.
const BATCH: usize = 512;

/// A sealed leaf whose proof is to be checked.
pub(crate) struct Due {
    pub(crate) index: u64,
    pub(crate) epoch: u32,
    /// Which of its epoch's leaves it is.
    pub(crate) place: u32,
    pub(crate) body: Body,
}

/// What has to be known of a record to check its proofs.
pub(crate) struct Proofs<'p, F> {
    pub(crate) files: &'p F,
    pub(crate) bases: &'p Bases,
    pub(crate) origin: &'p str,
    /// How many proofs a file has.
    pub(crate) per_epoch: u64,
    pub(crate) threads: usize,
}

impl<F: Files> Proofs<'_, F> {
    /// What is wrong with the proofs of these leaves.
    pub(crate) fn faults(&self, due: &[Due]) -> Result<Vec<Fault>, AuditError<F::Error>> {
        let mut numbers: Vec<u32> = due.iter().map(|due| due.epoch).collect();
        numbers.dedup();
        let read = parallel::map(self.threads, &numbers, |epoch| fault_or_error(self.file(*epoch)));
        let (mut faults, mut files) = (Vec::new(), BTreeMap::new());
        for (epoch, file) in numbers.into_iter().zip(read) {
            match file? {
                Ok(bytes) => drop(files.insert(epoch, bytes)),
                Err(fault) => faults.push(fault),
            }
        }
        let batches: Vec<&[Due]> = due.chunks(BATCH).collect();
        let found = parallel::map(self.threads, &batches, |batch| self.batch(batch, &files));
        faults.extend(found.into_iter().flatten());
        Ok(faults)
    }

    fn file(&self, epoch: u32) -> Result<Vec<u8>, crate::log::Stop<F::Error>> {
        let path = proof_path(epoch);
        let wanted = self.per_epoch.saturating_mul(self.bases.proof_len() as u64);
        let bytes = get(self.files, &path, usize::try_from(wanted).unwrap_or(usize::MAX))?;
        if bytes.len() as u64 == wanted {
            return Ok(bytes);
        }
        let what = format!(
            "it has {} bytes; {} proofs of {} bytes have {wanted}",
            bytes.len(),
            self.per_epoch,
            self.bases.proof_len()
        );
        Err(Fault::new(Kind::ProofWrong, path, what).byte(wanted.min(bytes.len() as u64)).into())
    }

    fn batch(&self, batch: &[Due], files: &BTreeMap<u32, Vec<u8>>) -> Vec<Fault> {
        let length = self.bases.proof_len();
        let entry = |due: &&Due| {
            let start = (due.place as usize).checked_mul(length)?;
            let proof = files.get(&due.epoch)?.get(start..)?.get(..length)?.to_vec();
            Some(Entry { index: due.index, body: due.body.clone(), proof })
        };
        let with_file: Vec<&Due> =
            batch.iter().filter(|due| files.contains_key(&due.epoch)).collect();
        let entries: Vec<Entry> = with_file.iter().filter_map(&entry).collect();
        if entries.len() == with_file.len()
            && self.bases.verify_chunk(self.origin, &entries).is_ok()
        {
            return Vec::new();
        }
        let wrong = |due: &Due| {
            let byte = u64::from(due.place).saturating_mul(length as u64);
            let what = match entry(&due) {
                Some(entry) => {
                    self.bases.verify(self.origin, &entry.body, &entry.proof).err()?.to_string()
                }
                None => "there is no proof for it".to_owned(),
            };
            let fault = Fault::new(Kind::ProofWrong, proof_path(due.epoch), what);
            Some(fault.entry(due.index).byte(byte))
        };
        with_file.into_iter().filter_map(wrong).take(MOST_FAULTS).collect()
    }
}
