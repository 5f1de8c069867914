//! Which of a run of entries were withdrawn: one bit for each, set once and never cleared.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The bits. Set by one writer at a time, read by anybody meanwhile: a look-up sees every withdrawal that
/// returned before it began.
#[derive(Debug, Default)]
pub(crate) struct Dead {
    words: Vec<AtomicU64>,
    count: AtomicUsize,
}

impl Dead {
    /// Nobody of `entries` withdrawn.
    pub fn none(entries: usize) -> Self {
        let words = std::iter::repeat_with(AtomicU64::default).take(entries.div_ceil(64));
        Self { words: words.collect(), count: AtomicUsize::new(0) }
    }

    /// Withdraws the entry at this position. `true` when it was not yet.
    pub fn set(&self, at: usize) -> bool {
        let Some(word) = self.words.get(at / 64) else { return false };
        let bit = 1 << (at % 64);
        let fresh = word.fetch_or(bit, Ordering::Release) & bit == 0;
        if fresh {
            self.count.fetch_add(1, Ordering::Relaxed);
        }
        fresh
    }

    /// Whether the entry at this position was withdrawn.
    pub fn has(&self, at: usize) -> bool {
        self.words
            .get(at / 64)
            .is_some_and(|word| word.load(Ordering::Acquire) >> (at % 64) & 1 == 1)
    }

    /// How many were withdrawn.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// The positions withdrawn, in order.
    pub fn positions(&self) -> impl Iterator<Item = u32> {
        self.words.iter().zip(0_u32..).flat_map(|(word, at)| {
            let mut left = word.load(Ordering::Acquire);
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(at * 64 + bit)
            })
        })
    }
}

impl Clone for Dead {
    /// As it stands now: what is withdrawn later shows in the original alone.
    fn clone(&self) -> Self {
        let words: Vec<u64> = self.words.iter().map(|word| word.load(Ordering::Acquire)).collect();
        let count = words.iter().map(|word| word.count_ones() as usize).sum();
        let words = words.into_iter().map(AtomicU64::new).collect();
        Self { words, count: AtomicUsize::new(count) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_withdrawn_once_and_listed_in_order() {
        let dead = Dead::none(130);
        assert_eq!([129, 3, 64, 3].map(|at| dead.set(at)), [true, true, true, false]);
        let before = dead.clone();
        assert!(dead.set(0) && !dead.set(9_999) && !dead.has(9_999) && dead.has(64));
        assert_eq!(dead.positions().collect::<Vec<_>>(), [0, 3, 64, 129]);
        assert_eq!((dead.count(), before.count()), (4, 3));
    }
}
