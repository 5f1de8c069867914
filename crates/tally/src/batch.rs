//! Many leaves checked together: one large sum instead of three small ones a leaf.

use std::collections::BTreeMap;

use crate::bases::Bases;
use crate::body::Body;
use crate::canonical::Digest;
use crate::onehot::{Check, ProofError, Weights};
use crate::sum::Sum;

/// How many leaves are checked in one go: more would hardly be quicker a leaf, and takes memory.
const CHUNK: usize = 512;

/// A sealed leaf with its proof.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its index in the log, to name it by.
    pub index: u64,
    /// The leaf's body.
    pub body: Body,
    /// The proof that stands beside the log.
    pub proof: Vec<u8>,
}

/// The leaf whose proof is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("leaf {index}: {error}")]
pub struct BadLeaf {
    /// Its index in the log.
    pub index: u64,
    /// What is wrong with it.
    pub error: ProofError,
}

impl Bases {
    /// Checks all proofs and adds up the commitments, 512 leaves at a time: that many are in memory at once. To use
    /// several threads, give each its own range of leaves and [`Sum::merge`] what they return.
    ///
    /// # Errors
    /// [`BadLeaf`]: the first leaf, of those given, whose proof does not hold.
    pub fn verify_all(
        &self,
        origin: &str,
        entries: impl IntoIterator<Item = Entry>,
    ) -> Result<Sum, BadLeaf> {
        let mut sum = Sum::new(self.schema());
        let mut entries = entries.into_iter();
        loop {
            let chunk: Vec<Entry> = entries.by_ref().take(CHUNK).collect();
            if chunk.is_empty() {
                return Ok(sum);
            }
            self.verify_chunk(origin, &chunk)?;
            for entry in &chunk {
                sum.add(&entry.body).map_err(|error| entry.bad(error.into()))?;
            }
        }
    }

    /// Checks the proofs of some leaves together. Memory is taken for all of them at once; a few hundred are right.
    ///
    /// # Errors
    /// [`BadLeaf`]: the first leaf whose proof does not hold. To find it each is checked by itself.
    pub fn verify_chunk(&self, origin: &str, entries: &[Entry]) -> Result<(), BadLeaf> {
        if self.hold_together(origin, entries) {
            return Ok(());
        }
        for entry in entries {
            self.verify(origin, &entry.body, &entry.proof).map_err(|error| entry.bad(error))?;
        }
        Ok(())
    }

    fn hold_together(&self, origin: &str, entries: &[Entry]) -> bool {
        let pairs = entries.iter().map(|entry| (&entry.body, entry.proof.as_slice()));
        let mut weights = Weights::of(pairs.clone(), self, origin);
        let mut check = Check::new(self);
        for (body, proof) in pairs {
            let Ok(claims) = self.claims(origin, body, proof) else { return false };
            claims.iter().for_each(|claim| check.add(claim, &mut weights));
        }
        check.holds()
    }
}

impl Entry {
    fn bad(&self, error: ProofError) -> BadLeaf {
        BadLeaf { index: self.index, error }
    }
}

/// The first body that is logged twice, by the two indices. A proof does not bind the index, so a leaf copied with its
/// proof passes; honest leaves never have one body, since their nonces differ.
pub fn repeated(bodies: impl IntoIterator<Item = (u64, Digest)>) -> Option<(u64, u64)> {
    let mut seen = BTreeMap::new();
    bodies
        .into_iter()
        .find_map(|(index, body)| seen.insert(body, index).map(|first| (first, index)))
}
