//! The watch: counts matches as they happen, so that a flood is noticed without an event for each match.

use crate::{EntryId, Flood};
use std::collections::BTreeMap;
use writ_vocabulary::Instant;

/// The most entries counted at a time.
const MOST: usize = 100_000;

/// Counts matches by entry over the rules' time. It is lost with the process, and may be: it counts anew.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    counts: BTreeMap<EntryId, Count>,
}

/// Matches in the present half of the time and in the one before it.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    half: i64,
    present: u32,
    before: u32,
}

impl Watch {
    /// Counts one match of `entry`. When the count has just reached the rules' number, or a multiple of it, tells how
    /// many there were within the rules' time: report it with [`crate::Command::ReportMatches`].
    ///
    /// The count covers the present half of the time and the one before, so it never tells more than there were, and
    /// misses no flood that fits into half the time.
    pub fn matched(&mut self, entry: EntryId, at: Instant, flood: &Flood) -> Option<u32> {
        let half = at.as_second().div_euclid((i64::from(flood.minutes) * 30).max(1));
        if self.counts.len() >= MOST && !self.counts.contains_key(&entry) {
            self.make_room(half);
        }
        let count = self.counts.entry(entry).or_insert(Count { half, ..Count::default() });
        match half.saturating_sub(count.half) {
            ..=0 => {}
            1 => *count = Count { half, present: 0, before: count.present },
            _ => *count = Count { half, ..Count::default() },
        }
        count.present = count.present.saturating_add(1);
        let matches = count.present.saturating_add(count.before);
        matches.is_multiple_of(flood.matches.max(1)).then_some(matches)
    }

    /// Forgets what is old; where that is not enough, what matched least.
    fn make_room(&mut self, half: i64) {
        self.counts.retain(|_, count| half.saturating_sub(count.half) <= 1);
        let mut least = 1;
        while self.counts.len() >= MOST {
            self.counts.retain(|_, count| count.present.saturating_add(count.before) > least);
            least = least.saturating_mul(2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOOD: Flood = Flood { matches: 10, minutes: 60, after_release: 10 };

    fn minute(minute: i64) -> Instant {
        Instant::from_second(1_800_000_000 + minute * 60).unwrap()
    }

    #[test]
    fn a_flood_is_told_once_for_each_multiple() {
        let mut watch = Watch::default();
        let told: Vec<u32> =
            (0..25).filter_map(|_| watch.matched(EntryId(1), minute(0), &FLOOD)).collect();
        assert_eq!(told, [10, 20]);
    }

    #[test]
    fn matches_spread_over_more_than_the_time_are_no_flood() {
        let mut watch = Watch::default();
        let told = (0..40).filter_map(|n| watch.matched(EntryId(1), minute(n * 15), &FLOOD));
        assert_eq!(told.count(), 0);
    }

    #[test]
    fn a_million_entries_do_not_fill_the_memory() {
        let mut watch = Watch::default();
        for n in 0..300_000 {
            watch.matched(EntryId(n), minute(0), &FLOOD);
        }
        assert!(watch.counts.len() <= MOST);
    }
}
