//! The clock, and the operating system's randomness: the two things that the pure crates are given.

use jiff::SignedDuration;
use std::sync::Mutex;
use writ_journal::EntropyError;
use writ_vocabulary::Instant;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Instant;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }
}

/// A clock that stands until it is moved: for scenarios and tests, where each case has its own time.
#[derive(Debug)]
pub struct SetClock(Mutex<Instant>);

impl SetClock {
    /// A clock that shows `start`.
    pub fn at(start: Instant) -> Self {
        Self(Mutex::new(start))
    }

    /// Shows `instant` from now on.
    pub fn set(&self, instant: Instant) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = instant;
    }

    /// Moves ahead by so many seconds.
    pub fn pass(&self, seconds: i64) {
        if let Ok(later) = self.now().checked_add(SignedDuration::from_secs(seconds.max(0))) {
            self.set(later);
        }
    }
}

impl Clock for SetClock {
    fn now(&self) -> Instant {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Random bytes of the operating system.
pub(crate) fn entropy(bytes: &mut [u8]) -> Result<(), EntropyError> {
    getrandom::fill(bytes).map_err(|error| EntropyError(error.to_string()))
}

/// `N` random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], EntropyError> {
    let mut bytes = [0; N];
    entropy(&mut bytes)?;
    Ok(bytes)
}
