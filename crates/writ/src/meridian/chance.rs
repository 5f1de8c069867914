//! Numbers drawn from a seed: SplitMix64, the same on every machine.

/// A stream of numbers. Each thing that is drawn has its own stream, so that no order of writing matters.
pub(super) struct Chance(u64);

/// What a stream is for. Two kinds never share one.
#[derive(Clone, Copy)]
pub(super) enum Stream {
    Id = 1,
    Customer,
    Weight,
    Logins,
    Mail,
    Files,
    Ledgers,
}

impl Chance {
    /// The stream of one thing: of account `who`, for instance.
    pub(super) fn of(seed: u64, stream: Stream, who: u64) -> Self {
        let mut start = Self(seed ^ (stream as u64).rotate_left(56));
        let mixed = start.next() ^ who.wrapping_mul(0xD6E8_FEB8_6659_FD93);
        Self(Self(mixed).next())
    }

    /// The next number (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `end`, without it.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }

    /// One of `words`.
    pub(super) fn pick(&mut self, words: &[&'static str]) -> &'static str {
        let at = self.below(words.len() as u64) as usize;
        words.get(at).copied().unwrap_or_default()
    }
}
