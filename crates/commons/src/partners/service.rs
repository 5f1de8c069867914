//! Fetching all partners from time to time, for as long as the service runs.

use super::{PartnerError, PartnerName, Partners};
use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use writ_exchange::FetchError;

/// How many partners are fetched at the same time.
const AT_ONCE: usize = 4;
/// How long is waited after the first failure; doubled after each further one.
const FIRST: Duration = Duration::from_secs(60);
/// The longest wait after failures, unless the partner asks for more.
const LONGEST: Duration = Duration::from_secs(3_600);

/// When a partner is next fetched, and how often it has failed in a row.
#[derive(Debug, Clone, Copy)]
struct Due {
    at: Instant,
    failures: u32,
}

/// How a fetch ended.
struct Ended {
    name: PartnerName,
    /// Whether there is more at once; or what failed.
    result: Result<bool, PartnerError>,
}

impl Partners {
    /// Fetches each enabled partner, at once and then every `every`, until `stop` becomes true or its sender is gone. A
    /// partner that fails is tried again after a minute, then two, four, at most an hour, or when it asks to be; others
    /// go on meanwhile.
    pub async fn run(&self, every: Duration, mut stop: watch::Receiver<bool>) {
        let mut dues: BTreeMap<PartnerName, Due> = BTreeMap::new();
        let mut running: JoinSet<Ended> = JoinSet::new();
        loop {
            let changed = self.shared.changed.notified();
            let next = self.start_due(&mut dues, &mut running, every);
            tokio::select! {
                () = until_stopped(&mut stop) => break,
                () = changed => {}
                Some(ended) = running.join_next() => match ended {
                    Ok(ended) => settle(&mut dues, ended, every),
                    Err(error) => tracing::error!(%error, "a fetch from a partner ended by a fault"),
                },
                () = tokio::time::sleep_until(next) => {}
            }
        }
        // What each has kept stays; the next start goes on from there.
        running.shutdown().await;
    }

    /// Starts what is due, and tells when to look again.
    fn start_due(
        &self,
        dues: &mut BTreeMap<PartnerName, Due>,
        running: &mut JoinSet<Ended>,
        every: Duration,
    ) -> Instant {
        let now = Instant::now();
        let enabled: Vec<_> = self.list().into_iter().filter(|status| status.enabled).collect();
        let touched = &self.shared.touched;
        let touched = std::mem::take(&mut *touched.lock().unwrap_or_else(PoisonError::into_inner));
        dues.retain(|name, due| {
            let again = touched.contains(name) && due.failures > 0;
            !again && enabled.iter().any(|status| status.name == *name)
        });
        for status in enabled {
            let due = dues.entry(status.name.clone()).or_insert(Due { at: now, failures: 0 });
            if due.at > now || status.fetching || running.len() >= AT_ONCE {
                continue;
            }
            // Until it has ended; should it end by a fault, it is tried again then.
            due.at = now + every.max(LONGEST);
            let (partners, name) = (self.clone(), status.name);
            running.spawn(async move {
                let result = partners.fetch(&name, false, &mut |_| {}).await;
                Ended { name, result: result.map(|brought| !brought.up_to_date) }
            });
        }
        let next = dues.values().map(|due| due.at).filter(|at| *at > now).min();
        next.unwrap_or(now + LONGEST)
    }
}

/// Says when a partner is next fetched.
fn settle(dues: &mut BTreeMap<PartnerName, Due>, ended: Ended, every: Duration) {
    let Ended { name, result } = ended;
    let Some(due) = dues.get_mut(&name) else { return };
    let wait = match result {
        Ok(more) => {
            due.failures = 0;
            if more { Duration::ZERO } else { every }
        }
        // Somebody else fetches it: that will do. Or it was changed: what holds now is asked for.
        Err(PartnerError::Busy(_)) => every,
        Err(PartnerError::Changed(_)) => Duration::ZERO,
        Err(error) => {
            let wait = after_failure(&error, due.failures, every);
            due.failures = due.failures.saturating_add(1);
            tracing::warn!(partner = %name, %error, again_in = ?wait, "a partner could not be fetched");
            wait
        }
    };
    due.at = Instant::now() + wait;
}

fn after_failure(error: &PartnerError, failures: u32, every: Duration) -> Duration {
    let doubled = FIRST.min(every).saturating_mul(1 << failures.min(12));
    let wait = doubled.min(LONGEST);
    match error {
        PartnerError::Fetch(FetchError::Temporary { retry_after: Some(asked), .. }) => {
            wait.max(*asked)
        }
        _ => wait,
    }
}

async fn until_stopped(stop: &mut watch::Receiver<bool>) {
    // The sender is gone: nobody can say so any more.
    let _ = stop.wait_for(|stop| *stop).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partner_that_fails_is_left_alone_longer_each_time_and_as_long_as_it_asks() {
        let every = Duration::from_secs(900);
        let temporary = |retry_after| {
            let (at, what) = ("GET https://partner.example/".to_owned(), "busy".to_owned());
            PartnerError::Fetch(FetchError::Temporary { at, what, retry_after })
        };
        let waits: Vec<u64> =
            (0..9).map(|n| after_failure(&temporary(None), n, every).as_secs()).collect();
        assert_eq!(waits, [60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600]);
        let asked = Some(Duration::from_secs(7_200));
        assert_eq!(after_failure(&temporary(asked), 0, every).as_secs(), 7_200);
        assert_eq!(after_failure(&temporary(None), 0, Duration::from_secs(5)).as_secs(), 5);
    }
}
