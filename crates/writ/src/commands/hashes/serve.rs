//! `writ serve`: the shared memory over HTTP, until it is interrupted.

use super::config::{Config, Serve};
use super::exchanges::Adapter;
use super::{House, files, folder, partner};
use crate::args::Args;
use crate::fault;
use miette::Result;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use writ_commons::{Fetcher, Hasher, Keys, Reach};
use writ_server::{Server, Services, Settings};

/// How often each partner is fetched.
const EVERY: Duration = Duration::from_secs(600);
/// How long a file may take to be fetched by its address.
const FETCH: Duration = Duration::from_secs(30);

pub async fn run(args: &Args, listen: Option<SocketAddr>) -> Result<ExitCode> {
    let Config { member, serve } = Config::read(&folder(args))?;
    let house = House::open(args).await?;
    let keys = Keys::open(house.memory.journal()).await.map_err(fault::of)?;
    let audit = folder(args).join("audit.jsonl");
    let listen = listen.unwrap_or(serve.listen);
    let settings = Settings {
        keyless: serve.keyless,
        lookups_per_minute: serve.lookups_per_minute,
        max_upload: serve.upload_mib << 20,
        submissions: serve.submissions.clone(),
        ..Settings::new(listen, member, audit)
    };
    let partners = partner::open(&house, args, serve.private_addresses).await?;
    let services = Services {
        memory: house.memory.clone(),
        hasher: hasher(),
        fetcher: Some(fetcher(&serve)?),
        keys: Arc::new(keys),
        exchanges: Arc::new(Adapter(partners.clone())),
    };
    let stop = stopped()?;
    let server = Server::bind(settings, services).await.map_err(fault::of)?;
    println!("listening on http://{}", server.address());
    let (end, ended) = tokio::sync::watch::channel(false);
    let fetching = tokio::spawn(async move { partners.run(EVERY, ended).await });
    server.run(stop).await;
    drop(end);
    if let Err(error) = fetching.await {
        tracing::error!(%error, "fetching from partners had ended by a fault");
    }
    house.close().await?;
    println!("ended; everything acknowledged is kept");
    Ok(ExitCode::SUCCESS)
}

/// What makes signals of uploads. A machine that cannot fence a decoder serves look-ups by hash all the same.
fn hasher() -> Option<Hasher> {
    match files::hasher() {
        Ok(hasher) => Some(hasher),
        Err(report) => {
            eprintln!("files are not hashed here, only hashes are looked up: {report}");
            None
        }
    }
}

fn fetcher(serve: &Serve) -> Result<Fetcher> {
    let reach = if serve.private_addresses { Reach::Everywhere } else { Reach::Public };
    let hosts = (!serve.hosts.is_empty()).then(|| serve.hosts.clone());
    Fetcher::new(reach, hosts, serve.upload_mib << 20, FETCH).map_err(fault::of)
}

/// Ends when the program is interrupted, or told to end.
fn stopped() -> Result<impl Future<Output = ()> + Send> {
    let unheard = |error| fault::plain(format!("signals cannot be heard: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(unheard)?;
    let mut end = signal(SignalKind::terminate()).map_err(unheard)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = end.recv() => {}
        }
    })
}
