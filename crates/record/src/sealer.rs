//! Sealing: from what happened to a leaf that tells nothing, and always to the same one.

use crate::record::{BACKLOG, Event, Filled, MakeError};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::collections::BTreeMap;
use writ_tally::{Bases, Body, Content, Genesis, Leaf, Opening};
use zeroize::Zeroizing;

/// What seals the leaves of one record: its terms, its generators, and the secret that hides what each leaf stands for.
pub struct Sealer {
    secret: Zeroizing<[u8; 32]>,
    pub(crate) bases: Bases,
    pub(crate) genesis: Genesis,
}

impl Sealer {
    /// What seals the leaves of the record kept on these terms. Whoever has the secret can open every leaf.
    pub fn new(secret: [u8; 32], bases: Bases, genesis: Genesis) -> Self {
        Self { secret: Zeroizing::new(secret), bases, genesis }
    }

    /// The terms on which the record is kept.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The generators of its commitments.
    pub fn bases(&self) -> &Bases {
        &self.bases
    }

    /// When an epoch ends, in seconds since 1970.
    pub fn end_of(&self, epoch: u32) -> u64 {
        let length = u64::from(self.genesis.epoch_seconds);
        self.genesis.start.saturating_add((u64::from(epoch) + 1).saturating_mul(length))
    }

    /// How many of the events that wait an epoch takes.
    pub fn capacity(&self) -> usize {
        self.genesis.leaves_per_epoch as usize
    }

    /// By when an event is in the record that `ahead` others wait before, counted from `at`, where `next` is the next epoch to
    /// be closed: the end of the epoch that takes it, and one epoch for witnesses.
    ///
    /// # Errors
    /// [`MakeError::Backlog`] where too many wait to promise anything.
    pub fn deadline(&self, at: u64, next: u32, ahead: usize) -> Result<u64, MakeError> {
        let further = u32::try_from(ahead / self.capacity().max(1)).unwrap_or(u32::MAX);
        if further >= BACKLOG {
            return Err(MakeError::Backlog { waiting: ahead });
        }
        let since = at.saturating_sub(self.genesis.start);
        let running = since / u64::from(self.genesis.epoch_seconds.max(1));
        let running = u32::try_from(running).unwrap_or(u32::MAX).max(next);
        Ok(self.end_of(running.saturating_add(further).saturating_add(1)))
    }

    /// The body of the leaf that an event gets: the same whenever it is asked.
    ///
    /// # Errors
    /// When the event does not fit the schema.
    pub fn body(&self, event: &Event) -> Result<Body, MakeError> {
        Ok(Body::seal(&self.bases, &self.opening(event)?)?)
    }

    /// What opens the leaf of an event.
    ///
    /// # Errors
    /// When the event does not fit the schema.
    pub fn opening(&self, event: &Event) -> Result<Opening, MakeError> {
        let name = format!("{}\0{}", event.stream, event.sequence);
        let secret = self.derive("leaf", name.as_bytes());
        Ok(Opening::new(self.bases.schema(), &event.text, &event.rows, &secret)?)
    }

    /// The leaves of an epoch, and their proofs one after another.
    pub(crate) fn filled(&self, filled: &Filled) -> Result<(Vec<Vec<u8>>, Vec<u8>), MakeError> {
        let (mut entries, mut proofs) = (Vec::new(), Vec::new());
        for (place, opening) in (0_u32..).zip(self.openings(filled)?) {
            let body = Body::seal(&self.bases, &opening)?;
            let seed = self.derive("proof", format!("{}\0{place}", filled.epoch).as_bytes());
            proofs.extend(self.bases.prove(&self.genesis.origin, &body, &opening, &seed)?);
            let leaf = Leaf { epoch: filled.epoch, content: Content::Sealed(body) };
            entries.push(leaf.to_bytes()?);
        }
        Ok((entries, proofs))
    }

    /// What opens each leaf of an epoch, decoys too, in order.
    pub(crate) fn openings(&self, filled: &Filled) -> Result<Vec<Opening>, MakeError> {
        let decoy = |place: u32| {
            let secret = self.derive("decoy", format!("{}\0{place}", filled.epoch).as_bytes());
            Opening::decoy(self.bases.schema(), &secret)
        };
        let events: BTreeMap<_, _> = filled.events.iter().map(|(at, event)| (*at, event)).collect();
        (0..self.genesis.leaves_per_epoch)
            .map(|place| {
                events.get(&place).map_or_else(|| Ok(decoy(place)), |event| self.opening(event))
            })
            .collect()
    }

    /// The places of an epoch in an order that only the secret tells.
    pub(crate) fn shuffled(&self, epoch: u32) -> Vec<u32> {
        let mut places: Vec<u32> = (0..self.genesis.leaves_per_epoch).collect();
        places.sort_by_cached_key(|place| {
            *self.derive("place", format!("{epoch}\0{place}").as_bytes())
        });
        places
    }

    pub(crate) fn derive(&self, what: &str, of: &[u8]) -> Zeroizing<[u8; 32]> {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&*self.secret).expect("a key of 32 bytes");
        mac.update(b"writ-record/1\0");
        mac.update(what.as_bytes());
        mac.update(&[0]);
        mac.update(of);
        Zeroizing::new(mac.finalize().into_bytes().into())
    }
}
