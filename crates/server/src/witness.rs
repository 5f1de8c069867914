//! A witness over HTTP (C2SP tlog-witness): what it cosigned is durable before its answer leaves.

use crate::ServeError;
use crate::door::{self, Bounds};
use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path as FilePath, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use writ_tlog::{Known, MAX_REQUEST, Refused, Witness, monitoring_path};

/// A witness answers in milliseconds, and few ask it.
const BOUNDS: Bounds = Bounds { connections: 64, patience: Duration::from_secs(20) };

/// How a witness is served.
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The folder of what was cosigned last: a file for each log.
    pub state: PathBuf,
}

/// A witness that is bound to its address and not serving yet.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    street: Arc<Street>,
}

/// The witness, and what it cosigned last of each log. One request at a time is between looking and writing: that is
/// what makes it impossible to cosign two histories.
struct Street {
    witness: Witness,
    state: PathBuf,
    /// By origin. A log whose state could not be written is `None` for good: nobody knows what is on the disk.
    known: Mutex<BTreeMap<String, Option<Option<Known>>>>,
}

/// Reads what was cosigned before, and binds.
///
/// # Errors
/// When the address is taken, or a file of the state cannot be read as this witness's own.
pub async fn bind(settings: Settings, witness: Witness) -> Result<Server, ServeError> {
    let Settings { listen, state } = settings;
    let unfit = |source| ServeError::Listen { listen, source };
    let path = state.clone();
    let failed = |source| ServeError::State { path: path.clone(), source };
    std::fs::create_dir_all(&state).map_err(failed)?;
    let mut known = BTreeMap::new();
    for origin in witness.origins() {
        let read = read(&witness, &state.join(file_of(origin)), origin);
        known.insert(origin.to_owned(), Some(read.map_err(failed)?));
    }
    let listener = TcpListener::bind(listen).await.map_err(unfit)?;
    let address = listener.local_addr().map_err(unfit)?;
    let street = Arc::new(Street { witness, state, known: Mutex::new(known) });
    Ok(Server { listener, address, street })
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop`.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        let router = Router::new()
            .route("/add-checkpoint", post(add_checkpoint))
            .route("/{log}/checkpoint", get(monitored))
            .with_state(self.street);
        door::keep(self.listener, router, BOUNDS, stop).await;
    }
}

async fn add_checkpoint(State(street): State<Arc<Street>>, request: Request) -> Response {
    let Ok(body) = to_bytes(request.into_body(), MAX_REQUEST + 1).await else {
        return (StatusCode::PAYLOAD_TOO_LARGE, "the request is too long\n").into_response();
    };
    let answered = tokio::task::spawn_blocking(move || street.answer(&body)).await;
    match answered {
        Ok(Ok(lines)) => (StatusCode::OK, lines).into_response(),
        Ok(Err(Refused { status, content_type, body, .. })) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, [(header::CONTENT_TYPE, content_type)], body).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// What the witness last cosigned of a log, for monitors.
async fn monitored(State(street): State<Arc<Street>>, Path(log): Path<String>) -> Response {
    let known = street.known.lock().unwrap_or_else(PoisonError::into_inner);
    let found =
        known.iter().find(|(origin, _)| monitoring_path(origin) == format!("{log}/checkpoint"));
    match found {
        Some((_, Some(Some(known)))) => {
            let text = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
            (text, Bytes::from(known.to_string())).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

impl Street {
    fn answer(&self, request: &[u8]) -> Result<String, Refused> {
        let vetted = self.witness.vet(request)?;
        let origin = vetted.origin().to_owned();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let standing = known.get(&origin).cloned().flatten();
        let lost = "what was cosigned last could not be written; start the witness again\n";
        let standing = standing.ok_or_else(|| at_fault(lost))?;
        let accepted = self.witness.decide(vetted, standing.as_ref(), now())?;
        let path = self.state.join(file_of(&origin));
        let written = write_whole(&path, accepted.state.to_string().as_bytes());
        if let Err(error) = written {
            tracing::error!(%origin, %error, "what was cosigned could not be written; nothing more of this log is cosigned");
            known.insert(origin, None);
            return Err(at_fault(lost));
        }
        known.insert(origin, Some(Some(accepted.state)));
        Ok(accepted.body)
    }
}

fn at_fault(what: &str) -> Refused {
    let content_type = "text/plain; charset=utf-8";
    Refused { status: 500, content_type, body: what.to_owned(), evidence: false }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// The file of a log's state: the SHA-256 of its origin in hexadecimal, as in the monitoring path.
fn file_of(origin: &str) -> String {
    monitoring_path(origin).replace("/checkpoint", ".checkpoint")
}

fn read(witness: &Witness, path: &FilePath, origin: &str) -> io::Result<Option<Known>> {
    let bytes = match std::fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    witness.state(origin, &bytes).map(Some).map_err(io::Error::other)
}

/// Writes a file so that after a crash either the old one or the new one stands.
fn write_whole(path: &FilePath, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write;
    let beside = path.with_extension("new");
    let mut file = std::fs::File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    path.parent().map_or(Ok(()), |folder| std::fs::File::open(folder)?.sync_all())
}
