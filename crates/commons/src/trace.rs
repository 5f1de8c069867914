//! Tracking down: which entries and sightings are forms of the same content.

use crate::Memory;
use crate::index::code;
use std::collections::BTreeSet;
use writ_hamming::{Limits, Query, Radius, Snapshot};
use writ_hashbank::{Cluster, EntryId, MAX_PAGE, Near, SignalId, State, Variant, clusters};
use writ_signals::{Pdq, pdq};

/// The most neighbours of one picture that are linked: beyond it they are linked by others among them.
const NEIGHBOURS: usize = 256;
/// The most entries of one cluster that is followed from an entry.
const MOST: usize = 100_000;

impl Memory {
    /// The clusters of forms at most `within` bits of PDQ apart; of all entries, or the one that `of` belongs to. `told`
    /// hears how many entries were looked at.
    pub fn clusters(
        &self,
        of: Option<EntryId>,
        within: u32,
        mut told: impl FnMut(usize),
    ) -> Vec<Cluster> {
        let within = within.min(Radius::MAX.bits().into());
        let pairs = match of {
            Some(entry) => self.around(entry, within, &mut told),
            None => self.all_pairs(within, &mut told),
        };
        let mut found = clusters(&pairs, within);
        found.retain(|cluster| {
            of.is_none_or(|entry| cluster.variants.contains(&Variant::Entry(entry)))
        });
        found
    }

    fn all_pairs(&self, within: u32, told: &mut impl FnMut(usize)) -> Vec<Near> {
        let photos = self.shared().indexes.photos();
        let (mut pairs, mut after, mut seen) = (Vec::new(), EntryId(0), 0);
        loop {
            // In pages, so that commands need not wait for the end.
            let page: Vec<EntryId> = self.read(|state, now| {
                let page = state.entries(after, None, MAX_PAGE, now);
                page.iter().map(|entry| entry.id).collect()
            });
            let Some(last) = page.last() else { return pairs };
            after = *last;
            for entry in &page {
                pairs.extend(self.read(|state, _| links(state, &photos, *entry, within)));
            }
            seen += page.len();
            told(seen);
        }
    }

    /// The pairs that are reached from an entry, step by step.
    fn around(&self, entry: EntryId, within: u32, told: &mut impl FnMut(usize)) -> Vec<Near> {
        let photos = self.shared().indexes.photos();
        let (mut pairs, mut seen, mut next) = (Vec::new(), BTreeSet::from([entry]), vec![entry]);
        while let Some(entry) = next.pop() {
            for link in self.read(|state, _| links(state, &photos, entry, within)) {
                if let Variant::Entry(other) = link.other
                    && seen.len() < MOST
                    && seen.insert(other)
                {
                    next.push(other);
                }
                pairs.push(link);
            }
            told(seen.len());
        }
        pairs
    }
}

/// The entries near one, and where its content surfaced.
fn links(state: &State, photos: &Snapshot, entry: EntryId, within: u32) -> Vec<Near> {
    let limits = Limits::all(
        u8::try_from(within).ok().and_then(|w| Radius::new(w).ok()).unwrap_or(Radius::MAX),
    );
    let mut links = state.sighting_pairs(entry);
    for place in 0..16 {
        let Some((kind, text)) = state.signal(SignalId::of(entry, place)) else { break };
        let hash = (kind.as_str() == pdq::TYPE.name).then(|| text.parse::<Pdq>());
        let Some(Ok(hash)) = hash else { continue };
        let near = photos.search(&Query { code: code(&hash), limits: &limits }, NEIGHBOURS);
        let others = near.hits.iter().map(|hit| (SignalId(hit.id).entry(), hit.distance));
        links.extend(others.filter(|(other, _)| *other != entry).map(|(other, distance)| Near {
            one: Variant::Entry(entry),
            other: Variant::Entry(other),
            distance: distance.into(),
        }));
    }
    links
}
