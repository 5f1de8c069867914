//! What is answered: the nearest matches in order, and how many there are in truth.

use crate::code::Code;
use std::collections::BinaryHeap;

/// A match. Matches are ordered by distance, then id, then group and code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hit {
    /// In how many bits the entry's code differs from the one asked.
    pub distance: u8,
    /// The entry's id.
    pub id: u64,
    /// The entry's group.
    pub group: u16,
    /// The entry's code.
    pub code: Code,
}

/// The answer to one look-up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The nearest matches, in order; as many as were wanted at most.
    pub hits: Vec<Hit>,
    /// How many matches there are, those left out of `hits` included.
    pub total: u64,
}

/// An answer in the making: keeps the nearest few, counts all. Memory goes with what is kept, not with what matches.
#[derive(Debug)]
pub(crate) struct Nearest {
    kept: BinaryHeap<Hit>,
    limit: usize,
    total: u64,
}

impl Nearest {
    pub fn of(limit: usize) -> Self {
        Self { kept: BinaryHeap::new(), limit, total: 0 }
    }

    pub fn take(&mut self, hit: Hit) {
        self.total += 1;
        if self.kept.len() < self.limit {
            self.kept.push(hit);
        } else if let Some(mut furthest) = self.kept.peek_mut()
            && hit < *furthest
        {
            *furthest = hit;
        }
    }

    pub fn answer(self) -> Answer {
        Answer { hits: self.kept.into_sorted_vec(), total: self.total }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_are_kept_in_order_and_all_are_counted() {
        let code = Code::from_words([0; 4]);
        let mut nearest = Nearest::of(2);
        for (distance, id) in [(9, 1), (3, 8), (7, 2), (3, 4)] {
            nearest.take(Hit { distance, id, group: 0, code });
        }
        let answer = nearest.answer();
        let kept: Vec<_> = answer.hits.iter().map(|hit| (hit.distance, hit.id)).collect();
        assert_eq!((answer.total, kept), (4, vec![(3, 4), (3, 8)]));
        let mut counting = Nearest::of(0);
        counting.take(Hit { distance: 0, id: 0, group: 0, code });
        assert_eq!(counting.answer(), Answer { hits: vec![], total: 1 });
    }
}
