//! The hash service over HTTP: what members, their programs and the clients in use ask of the shared memory.
//!
//! No decision is made here. A request becomes a [`writ_hashbank::Command`] or a look-up, [`writ_commons::Memory`] answers,
//! and the answer is written in the words of whoever asks:
//!
//! - `hma_*`: the hasher-matcher-actioner's routes, so that its clients run unchanged;
//! - `stopncii`: the feed that the Python client `threatexchange` fetches;
//! - `own`: everything there is, under `/v1`.
//!
//! Before each of them stand the caller's key and role (`auth`), how often one may ask (`limit`) and the audit (`audit`).
//!
//! To add a route: write its handler beside its like, and name it in the family's list of routes, under what it needs.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod app;
mod audit;
mod auth;
mod body;
mod door;
mod error;
mod exchanges;
mod hashing;
mod hma_content;
mod hma_curate;
mod hma_exchange;
mod hma_hash;
mod hma_match;
mod limit;
mod own;
mod params;
mod patient;
mod routes;
mod status;
mod stopncii;
mod stopncii_feed;
pub mod witness;

pub use exchanges::{Api, ExchangeError, Exchanges, Field, NewExchange, NoExchanges};
pub use routes::openapi;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use writ_commons::{Fetcher, Hasher, Keys, Memory};
use writ_hashbank::{BankName, MemberId};

/// How the service is served.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it listens. Port 0: any that is free, see [`Server::address`].
    pub listen: SocketAddr,
    /// Whether clients of this machine that bring no key are taken for a curator of [`Settings::member`]. Only where it
    /// listens on a loopback address.
    pub keyless: bool,
    /// Who speaks where no key says.
    pub member: MemberId,
    /// How many look-ups and hashings a minute each key may ask for that says no number itself. 0: as many as it likes.
    pub lookups_per_minute: u32,
    /// The largest file that may be uploaded, in bytes.
    pub max_upload: usize,
    /// How many uploads are read and hashed at once. Each holds its file in memory; others wait.
    pub uploads: usize,
    /// How many connections are open at once; further ones wait.
    pub connections: usize,
    /// How long a client may take to send the head of a request, how long it may take for nothing but an upload's next
    /// piece, and how long it may leave an answer unread. A whole body has ten times as long.
    pub patience: Duration,
    /// The bank that takes hashes submitted by StopNCII clients, which name none.
    pub submissions: Option<BankName>,
    /// The file to which the audit is appended.
    pub audit: PathBuf,
}

impl Settings {
    /// With keys only, 6,000 look-ups a minute, uploads of 100 MiB, 8 at once, 1,024 connections, 20 seconds of patience.
    pub fn new(listen: SocketAddr, member: MemberId, audit: impl Into<PathBuf>) -> Self {
        Self {
            listen,
            keyless: false,
            member,
            lookups_per_minute: 6_000,
            max_upload: 100 << 20,
            uploads: 8,
            connections: 1_024,
            patience: Duration::from_secs(20),
            submissions: None,
            audit: audit.into(),
        }
    }
}

/// What the service stands on.
#[derive(Clone)]
pub struct Services {
    /// The shared memory.
    pub memory: Memory,
    /// What makes signals of files. None: routes that need it answer 403.
    pub hasher: Option<Hasher>,
    /// What fetches files by their address. None: addresses are refused.
    pub fetcher: Option<Fetcher>,
    /// The keys.
    pub keys: Arc<Keys>,
    /// The partners whose hashes are fetched; [`NoExchanges`] where there are none.
    pub exchanges: Arc<dyn Exchanges>,
}

/// Why the service is not served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Without keys, and not on loopback.
    #[error(
        "`{0}` can be reached from other machines, and `keyless` would let everybody there change the banks: listen on 127.0.0.1, or issue keys"
    )]
    Keyless(SocketAddr),
    /// The address is taken, or not of this machine.
    #[error("`{listen}` cannot be listened on: {source}")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// What a witness cosigned last cannot be read.
    #[error("what was cosigned last cannot be read in `{}`: {source}; restore it, and never begin anew with this key", path.display())]
    State {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The audit cannot be written.
    #[error("the audit cannot be written to `{}`: {source}", path.display())]
    Audit {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The service, listening.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    app: Arc<app::App>,
}

impl Server {
    /// Listens. Connections wait until [`Server::run`].
    ///
    /// # Errors
    /// See [`ServeError`].
    pub async fn bind(settings: Settings, services: Services) -> Result<Self, ServeError> {
        let listen = settings.listen;
        if settings.keyless && !listen.ip().is_loopback() {
            return Err(ServeError::Keyless(listen));
        }
        let unfit = |source| ServeError::Listen { listen, source };
        let listener = TcpListener::bind(listen).await.map_err(unfit)?;
        let address = listener.local_addr().map_err(unfit)?;
        let path = settings.audit.clone();
        let audit =
            audit::Audit::open(&path).map_err(|source| ServeError::Audit { path, source })?;
        let app = Arc::new(app::App::new(settings, services, audit));
        Ok(Self { listener, address, app })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop`, then answers what was asked already, and returns when the audit is written.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        let router = routes::router(&self.app);
        let refreshing = tokio::spawn(auth::refresh(Arc::clone(&self.app)));
        let Settings { connections, patience, .. } = self.app.settings;
        door::keep(self.listener, router, door::Bounds { connections, patience }, stop).await;
        refreshing.abort();
        let app = self.app;
        // The writer of the audit ends with its last line; waiting for it may block.
        let ended = tokio::task::spawn_blocking(move || app.audit.end()).await;
        if let Err(error) = ended {
            tracing::error!(%error, "the audit was not closed");
        }
    }
}

/// Binds and serves until `stop`.
///
/// # Errors
/// See [`ServeError`].
pub async fn serve(
    settings: Settings,
    services: Services,
    stop: impl Future<Output = ()> + Send,
) -> Result<(), ServeError> {
    Server::bind(settings, services).await?.run(stop).await;
    Ok(())
}
