//! How often one may ask: a look-up tells whether a hash is known, so that whoever may ask without end could learn the
//! list.

use crate::auth::Who;
use crate::error::Problem;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError, RwLock};
use writ_commons::KeyId;

/// The limits, one for each key that has asked. There are no more of them than keys.
pub(crate) struct Rates {
    general: u32,
    clock: DefaultClock,
    known: RwLock<HashMap<Option<KeyId>, Limit>>,
}

#[derive(Clone)]
struct Limit {
    per_minute: NonZeroU32,
    limiter: Arc<DefaultDirectRateLimiter>,
}

impl Rates {
    /// `general` a minute for keys that say no number; 0: as many as they like.
    pub fn new(general: u32) -> Self {
        Self { general, clock: DefaultClock::default(), known: RwLock::default() }
    }

    /// Counts `cost` look-ups, where so many are allowed now. A minute's number may be asked for at once.
    pub fn spend(&self, who: &Who, cost: usize) -> Result<(), Problem> {
        let per_minute = who.per_minute.unwrap_or(self.general);
        let cost = u32::try_from(cost).unwrap_or(u32::MAX);
        let (Some(per_minute), Some(cost)) = (NonZeroU32::new(per_minute), NonZeroU32::new(cost))
        else {
            return Ok(());
        };
        match self.limit(who, per_minute).limiter.check_n(cost) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(until)) => {
                let wait = until.wait_time_from(self.clock.now());
                let message = format!("this key may ask for {per_minute} look-ups a minute: wait");
                Err(Problem::too_often(message, wait.as_secs() + 1))
            }
            Err(_) => {
                let message = format!(
                    "{cost} look-ups in one request are more than the {per_minute} a minute that this key may ask for: send fewer"
                );
                Err(Problem::too_often(message, 60))
            }
        }
    }

    fn limit(&self, who: &Who, per_minute: NonZeroU32) -> Limit {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let same = |limit: &&Limit| limit.per_minute == per_minute;
        if let Some(limit) = known.get(&who.key).filter(same) {
            return limit.clone();
        }
        drop(known);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // Two first requests at once must not get a limit each.
        if let Some(limit) = known.get(&who.key).filter(same) {
            return limit.clone();
        }
        let limiter = Arc::new(RateLimiter::direct(Quota::per_minute(per_minute)));
        let limit = Limit { per_minute, limiter };
        known.insert(who.key.clone(), limit.clone());
        limit
    }
}
