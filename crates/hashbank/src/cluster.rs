//! Variant clusters: what lies near each other is one piece of content in several forms.

use crate::{EntryId, SightingId, State};
use std::collections::BTreeMap;

/// A form of some content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variant {
    /// One that was contributed.
    Entry(EntryId),
    /// One that surfaced.
    Sighting(SightingId),
}

/// Two forms and how far apart their hashes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Near {
    /// The one.
    pub one: Variant,
    /// The other.
    pub other: Variant,
    /// In the unit of their signal type.
    pub distance: u32,
}

/// Forms that hang together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// The forms, in order.
    pub variants: Vec<Variant>,
    /// The nearest pairs that hold them together, nearest first: one less than there are forms.
    pub links: Vec<Near>,
}

/// The clusters of forms that pairs at most `within` apart join, the largest first, then by their first form.
///
/// Two forms far apart fall into one cluster when forms between them link up; [`Cluster::widest`] tells the weakest
/// link, so that a chain can be told from a clump.
pub fn clusters(pairs: &[Near], within: u32) -> Vec<Cluster> {
    let mut near: Vec<Near> =
        pairs.iter().filter(|pair| pair.distance <= within).copied().collect();
    near.sort_by_key(|pair| (pair.distance, pair.one.min(pair.other), pair.one.max(pair.other)));
    let mut forest = Forest::default();
    let links: Vec<Near> =
        near.into_iter().filter(|pair| forest.unite(pair.one, pair.other)).collect();
    let mut found: BTreeMap<usize, Cluster> = BTreeMap::new();
    let empty = || Cluster { variants: Vec::new(), links: Vec::new() };
    for variant in forest.places.keys().copied().collect::<Vec<_>>() {
        let root = forest.root_of(variant);
        found.entry(root).or_insert_with(empty).variants.push(variant);
    }
    for link in links {
        let root = forest.root_of(link.one);
        found.entry(root).or_insert_with(empty).links.push(link);
    }
    let mut clusters: Vec<Cluster> = found.into_values().filter(|c| c.variants.len() > 1).collect();
    clusters.sort_by(|a, b| {
        b.variants.len().cmp(&a.variants.len()).then_with(|| a.variants.cmp(&b.variants))
    });
    clusters
}

impl Cluster {
    /// The distance of the weakest link.
    pub fn widest(&self) -> u32 {
        self.links.last().map_or(0, |link| link.distance)
    }
}

impl State {
    /// An entry and each of its sightings, as pairs for [`clusters`].
    pub fn sighting_pairs(&self, entry: EntryId) -> Vec<Near> {
        let pair = |sighting: crate::Sighting<'_>| Near {
            one: Variant::Entry(entry),
            other: Variant::Sighting(sighting.id),
            distance: sighting.distance,
        };
        self.sightings(entry, usize::MAX).into_iter().map(pair).collect()
    }
}

/// Disjoint sets by union and path halving (Tarjan).
#[derive(Default)]
struct Forest {
    places: BTreeMap<Variant, usize>,
    parents: Vec<usize>,
}

impl Forest {
    fn unite(&mut self, one: Variant, other: Variant) -> bool {
        let (one, other) = (self.root_of(one), self.root_of(other));
        if let Some(parent) = self.parents.get_mut(one.max(other)).filter(|_| one != other) {
            *parent = one.min(other);
        }
        one != other
    }

    fn root_of(&mut self, variant: Variant) -> usize {
        let next = self.parents.len();
        let mut place = *self.places.entry(variant).or_insert(next);
        if place == next {
            self.parents.push(next);
        }
        while let Some(parent) = self.parents.get(place).copied().filter(|parent| *parent != place)
        {
            let above = self.parents.get(parent).copied().unwrap_or(parent);
            if let Some(own) = self.parents.get_mut(place) {
                *own = above;
            }
            place = above;
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(one: u32, other: u32, distance: u32) -> Near {
        Near { one: Variant::Entry(EntryId(one)), other: Variant::Entry(EntryId(other)), distance }
    }

    #[test]
    fn forms_that_link_up_are_one_piece_of_content() {
        let pairs = [near(1, 2, 4), near(2, 3, 20), near(7, 8, 2), near(3, 1, 24), near(8, 9, 40)];
        let found = clusters(&pairs, 31);
        let variants: Vec<usize> = found.iter().map(|cluster| cluster.variants.len()).collect();
        assert_eq!(variants, [3, 2]);
        assert_eq!(found[0].links, [near(1, 2, 4), near(2, 3, 20)]);
        assert_eq!(found[0].widest(), 20);
    }

    #[test]
    fn the_order_of_pairs_does_not_matter_and_a_form_is_no_cluster_with_itself() {
        let mut pairs =
            vec![near(1, 2, 4), near(3, 2, 4), near(5, 4, 9), near(4, 3, 9), near(6, 6, 0)];
        let once = clusters(&pairs, 31);
        pairs.reverse();
        let flipped: Vec<Near> =
            pairs.iter().map(|p| Near { one: p.other, other: p.one, ..*p }).collect();
        let again = clusters(&flipped, 31);
        assert_eq!(once.len(), 1);
        assert_eq!(once[0].variants, again[0].variants);
    }

    #[test]
    fn a_long_chain_is_found_without_deep_recursion() {
        let pairs: Vec<Near> = (1..100_000).map(|n| near(n, n + 1, 1)).collect();
        assert_eq!(clusters(&pairs, 31)[0].links.len(), 99_999);
    }
}
