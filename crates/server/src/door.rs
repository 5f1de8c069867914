//! The door: takes connections, as many as may be, each with bounds on what it sends and how long it takes.

use crate::patient::Patient;
use axum::Router;
use axum::http::uri::PathAndQuery;
use axum::http::{Request, Uri};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// The longest head of a request, its address included.
const HEAD: usize = 64 << 10;
/// The most headers.
const HEADERS: usize = 64;
/// How long requests may still take once the service is to end.
const GRACE: Duration = Duration::from_secs(30);

/// What a door bounds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// How many connections are open at once; further ones wait.
    pub connections: usize,
    /// How long a client may take, see [`crate::Settings::patience`].
    pub patience: Duration,
}

/// Takes connections until `stop`, then waits for the requests that are being answered.
pub(crate) async fn keep(
    listener: TcpListener,
    router: Router,
    bounds: Bounds,
    stop: impl Future<Output = ()> + Send,
) {
    let most = u32::try_from(bounds.connections.clamp(1, 1 << 20)).unwrap_or(1);
    let places = Arc::new(Semaphore::new(most as usize));
    let (ending, ended) = watch::channel(());
    let mut stop = pin!(stop);
    loop {
        let next = next(&listener, &places);
        let (stream, place) = tokio::select! {
            () = stop.as_mut() => break,
            next = next => next,
        };
        let one = Connection { place, ended: ended.clone(), patience: bounds.patience };
        tokio::spawn(one.serve(stream, router.clone()));
    }
    drop(listener);
    drop(ending);
    if tokio::time::timeout(GRACE, places.acquire_many(most)).await.is_err() {
        tracing::warn!("some requests were not answered before the end");
    }
}

/// The next connection, once there is a place for it.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, OwnedSemaphorePermit) {
    loop {
        let place = Arc::clone(places).acquire_owned().await;
        match (listener.accept().await, place) {
            (Ok((stream, _)), Ok(place)) => return (stream, place),
            (Err(error), _) => {
                // No more file descriptors, say: others are let go meanwhile.
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            // The places are never closed.
            (_, Err(_)) => std::future::pending().await,
        }
    }
}

struct Connection {
    place: OwnedSemaphorePermit,
    ended: watch::Receiver<()>,
    patience: Duration,
}

impl Connection {
    async fn serve(mut self, stream: TcpStream, router: Router) {
        // Answers are small and written at once.
        let _ = stream.set_nodelay(true);
        let stream = TokioIo::new(Patient::new(stream, self.patience));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(self.patience)
            .max_buf_size(HEAD)
            .max_headers(HEADERS);
        let mut served =
            pin!(http.serve_connection(stream, Front(TowerToHyperService::new(router))));
        tokio::select! {
            result = served.as_mut() => return tell(result),
            _ = self.ended.changed() => served.as_mut().graceful_shutdown(),
        }
        tell(served.await);
        drop(self.place);
    }
}

/// Clients break off all the time: it is nobody's fault here.
fn tell(result: Result<(), hyper::Error>) {
    if let Err(error) = result {
        tracing::debug!(%error, "a connection ended");
    }
}

/// Before the routes: clients whose base address ends in a slash ask for `//c/banks`.
#[derive(Clone)]
struct Front(TowerToHyperService<Router>);

impl Service<Request<Incoming>> for Front {
    type Response = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Response;
    type Error = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Error;
    type Future = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        if let Some(uri) = single_slashes(request.uri()) {
            *request.uri_mut() = uri;
        }
        self.0.call(request)
    }
}

/// The address with each run of slashes in its path made one; nothing where there is none to change.
fn single_slashes(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    if !path.contains("//") {
        return None;
    }
    let mut text = String::with_capacity(path.len());
    for piece in path.split('/').filter(|piece| !piece.is_empty()) {
        text.push('/');
        text.push_str(piece);
    }
    if path.ends_with('/') || text.is_empty() {
        text.push('/');
    }
    if let Some(query) = uri.query() {
        text.push('?');
        text.push_str(query);
    }
    text.parse::<PathAndQuery>().ok().map(Uri::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_slashes_become_one() {
        let changed =
            |text: &'static str| single_slashes(&text.parse().unwrap()).map(|uri| uri.to_string());
        assert_eq!(changed("/c/banks?url=http://a.example//b"), None);
        assert_eq!(changed("//c/banks?a=//").as_deref(), Some("/c/banks?a=//"));
        assert_eq!(changed("///").as_deref(), Some("/"));
        assert_eq!(changed("/c//bank///A/").as_deref(), Some("/c/bank/A/"));
    }
}
