//! What every route is given: the services, the settings, and who may wait for what.

use crate::audit::Audit;
use crate::error::Problem;
use crate::limit::Rates;
use crate::{Exchanges, Services, Settings};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use writ_commons::{Fetcher, Hasher, Keys, Memory};

/// How long an upload waits for others to be done.
const WAIT: Duration = Duration::from_secs(30);

/// The service, shared by all requests.
pub(crate) struct App {
    pub settings: Settings,
    pub memory: Memory,
    hasher: Option<Hasher>,
    fetcher: Option<Fetcher>,
    pub keys: Arc<Keys>,
    pub exchanges: Arc<dyn Exchanges>,
    pub audit: Audit,
    pub rates: Rates,
    uploads: Arc<Semaphore>,
}

/// As routes hold it.
pub(crate) type Shared = Arc<App>;

impl App {
    pub fn new(settings: Settings, services: Services, audit: Audit) -> Self {
        let Services { memory, hasher, fetcher, keys, exchanges } = services;
        Self {
            rates: Rates::new(settings.lookups_per_minute),
            uploads: Arc::new(Semaphore::new(settings.uploads.max(1))),
            settings,
            memory,
            hasher,
            fetcher,
            keys,
            exchanges,
            audit,
        }
    }

    pub fn hasher(&self) -> Result<&Hasher, Problem> {
        self.hasher.as_ref().ok_or_else(|| {
            Problem::forbidden("files are not hashed here: hash them yourself, and send the hashes")
        })
    }

    pub fn fetcher(&self) -> Result<&Fetcher, Problem> {
        self.fetcher.as_ref().ok_or_else(|| {
            Problem::forbidden("nothing is fetched by its address here: upload the file")
        })
    }

    /// A place among the uploads, held until the file is hashed.
    pub async fn place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let place = Arc::clone(&self.uploads).acquire_owned();
        match tokio::time::timeout(WAIT, place).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(Problem::busy("too many files are being hashed: send it again later")),
        }
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("settings", &self.settings).finish_non_exhaustive()
    }
}
