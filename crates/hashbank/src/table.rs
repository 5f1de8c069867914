//! Where things are by their hash: a table of places in many small parts.
//!
//! Each part fits the processor's own cache, so filling one after the other is several times quicker than filling one
//! large table in random order. A part that grows rehashes its own places only: nobody waits for all ten million.

use hashbrown::HashTable;

/// How many parts there are: at ten million places, 320 kB each.
const PARTS: usize = 256;

/// The places of things in their columns, by hash.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    parts: Vec<HashTable<u32>>,
}

/// What of a hash finds a place within its part, and the place.
type Slot = (u32, u32);

impl Default for Table {
    fn default() -> Self {
        Self { parts: vec![HashTable::new(); PARTS] }
    }
}

impl Table {
    /// A table of the places below `count` that have a hash. So many `threads` work at it.
    pub fn of(count: usize, threads: usize, hash_of: impl Fn(u32) -> Option<u64> + Sync) -> Self {
        let sorted = in_shares(count, threads, |places| sorted(places, &hash_of));
        let filled = in_shares(PARTS, threads, |parts| {
            let slots =
                |part| sorted.iter().filter_map(move |slots: &Vec<Vec<Slot>>| slots.get(part));
            parts.map(|part| filled(&slots(part).collect::<Vec<_>>())).collect::<Vec<_>>()
        });
        Self { parts: filled.into_iter().flatten().collect() }
    }

    /// The place under this hash of which `is` holds.
    pub fn find(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<u32> {
        self.parts.get(part(hash))?.find(within(hash as u32), |place| is(*place)).copied()
    }

    /// Adds a place. `hash_of` tells the hashes of those added before.
    pub fn insert(&mut self, hash: u64, place: u32, hash_of: impl Fn(u32) -> u64) {
        if let Some(table) = self.parts.get_mut(part(hash)) {
            let rehash = |place: &u32| within(hash_of(*place) as u32);
            table.insert_unique(within(hash as u32), place, rehash);
        }
    }

    /// Takes the place under this hash away of which `is` holds.
    pub fn remove(&mut self, hash: u64, is: impl Fn(u32) -> bool) {
        let table = self.parts.get_mut(part(hash));
        if let Some(Ok(found)) = table.map(|t| t.find_entry(within(hash as u32), |p| is(*p))) {
            found.remove();
        }
    }
}

/// The part of a hash: bits that say nothing of the place within the part.
fn part(hash: u64) -> usize {
    (hash >> 32) as usize % PARTS
}

/// The hash within a part: tables take the place from its lowest bits and a mark from its highest.
fn within(low: u32) -> u64 {
    u64::from(low) | u64::from(low) << 32
}

/// What these places have in each part.
fn sorted(
    places: std::ops::Range<usize>,
    hash_of: &(impl Fn(u32) -> Option<u64> + Sync),
) -> Vec<Vec<Slot>> {
    let each = places.len() / PARTS;
    let room = |_| Vec::with_capacity(each + each / 16);
    let mut slots: Vec<Vec<Slot>> = (0..PARTS).map(room).collect();
    for place in places.filter_map(|place| u32::try_from(place).ok()) {
        if let Some(hash) = hash_of(place)
            && let Some(slots) = slots.get_mut(part(hash))
        {
            slots.push((hash as u32, place));
        }
    }
    slots
}

/// A part that holds these.
fn filled(slots: &[&Vec<Slot>]) -> HashTable<u32> {
    let count = slots.iter().map(|slots| slots.len()).sum();
    let mut table = HashTable::with_capacity(count);
    for (low, place) in slots.iter().copied().flatten() {
        // There is room for all: nothing is rehashed.
        table.insert_unique(within(*low), *place, |_| 0);
    }
    table
}

/// Does the same to shares of `0..count`, each on a thread of its own.
pub(crate) fn in_shares<T: Send>(
    count: usize,
    threads: usize,
    work: impl Fn(std::ops::Range<usize>) -> T + Sync,
) -> Vec<T> {
    /// Less is not worth a thread.
    const WORTH: usize = 64;
    let share = count.div_ceil(threads.max(1)).max(WORTH);
    let shares = (0..count).step_by(share).map(|first| first..count.min(first + share));
    let mut shares: Vec<_> = shares.collect();
    let Some(own) = shares.pop() else { return Vec::new() };
    let work = &work;
    std::thread::scope(|scope| {
        let others: Vec<_> =
            shares.into_iter().map(|share| scope.spawn(move || work(share))).collect();
        let own = work(own);
        // A share whose thread failed would be missing: it fails here too.
        let others = others.into_iter().map(|other| match other.join() {
            Ok(done) => done,
            Err(fault) => std::panic::resume_unwind(fault),
        });
        others.chain([own]).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(place: u32) -> u64 {
        u64::from(place).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17)
    }

    #[test]
    fn what_was_added_is_found_and_what_was_taken_away_is_not_however_many_threads_made_it() {
        for threads in [1, 2, 3, 1_000] {
            let even = |place: u32| place.is_multiple_of(2).then(|| hash(place));
            let mut table = Table::of(5_000, threads, even);
            for place in 5_000..9_000 {
                table.insert(hash(place), place, hash);
            }
            for place in (0..9_000).step_by(3) {
                table.remove(hash(place), |found| found == place);
            }
            for place in 0..10_000u32 {
                let added = place < 9_000 && (place >= 5_000 || place.is_multiple_of(2));
                let found = table.find(hash(place), |found| found == place);
                assert_eq!(found.is_some(), added && !place.is_multiple_of(3), "{place}");
            }
        }
    }

    #[test]
    fn shares_are_in_order_and_cover_everything() {
        for (count, threads) in [(0, 2), (1, 2), (63, 2), (64, 2), (65, 2), (1_000, 3), (1_000, 0)]
        {
            let shares = in_shares(count, threads, |share| share.collect::<Vec<_>>());
            assert_eq!(shares.concat(), (0..count).collect::<Vec<_>>());
        }
    }
}
