//! `holdfast serve`: opens the store, starts the engine, listens, and stops in order.
//!
//! On SIGTERM or SIGINT: no new connections, streams end, running requests get [`LAST_SECONDS`], then it is over.

use crate::{
    config::{Config, WrongSetting},
    consent::Consents,
    demo, discovery, expiry,
    http::{metrics_router, router},
    mail::Post,
    monthly,
    portal::Portal,
    secrets::Secrets,
    weekly,
};
use axum::{Router, body::Body, extract::ConnectInfo};
use domain::time::Time;
use engine::{
    Clock, Engine,
    store::{Store, StoreUrl, people},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use rand::distr::SampleString;
use std::{
    fs::File,
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

/// How long running requests may go on after the stop.
const LAST_SECONDS: Duration = Duration::from_secs(10);
/// How long a client may take to send a request's head.
const HEAD_TIME: Duration = Duration::from_secs(20);
/// Open connections; more wait to be accepted.
const MAX_CONNECTIONS: usize = 20_000;

/// Why the server can't start; one line.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The data folder or the database file.
    #[error("setting data: {0} can't be used: {1}")]
    Folder(String, std::io::Error),
    /// Another process uses the file.
    #[error("the database file {0} is in use by another holdfast: stop that one first")]
    InUse(String),
    /// A demo was not filled to its end.
    #[error("a demo was being filled here and is not whole: `holdfast demo` fills it anew; or remove {0} if that was another database")]
    HalfFilled(String),
    /// The database.
    #[error("setting database: {0}")]
    Database(String),
    /// The address.
    #[error("setting listen: {0} can't be listened on: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// The secrets file, or the settings of a SaaS service.
    #[error("{0}")]
    Setting(#[from] WrongSetting),
    /// The engine.
    #[error("{0}")]
    Engine(#[from] engine::Error),
}

/// The wall clock.
pub fn wall_clock() -> Clock {
    Arc::new(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    })
}

/// Held while a process uses a SQLite file; none for PostgreSQL, which many may use.
#[derive(Debug)]
pub struct Hold(#[expect(dead_code, reason = "held for its lock")] Option<File>);

/// Takes the file of a store for this process alone.
///
/// # Errors
/// Another process holds it, or its folder can't be written.
pub fn hold(url: &StoreUrl) -> Result<Hold, ServeError> {
    prepare_folder(url)?;
    let StoreUrl::Sqlite(path) = url else { return Ok(Hold(None)) };
    let shown = path.display().to_string();
    let file = File::create(lock_path(path)).map_err(|error| ServeError::Folder(shown.clone(), error))?;
    match file.try_lock() {
        Ok(()) => Ok(Hold(Some(file))),
        Err(_) => Err(ServeError::InUse(shown)),
    }
}

/// Makes the folder of a SQLite file.
///
/// # Errors
/// It can't be made.
pub fn prepare_folder(url: &StoreUrl) -> Result<(), ServeError> {
    if let StoreUrl::Sqlite(path) = url
        && let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder).map_err(|error| ServeError::Folder(folder.display().to_string(), error))?;
    }
    Ok(())
}

fn lock_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

/// Opens a store, its folder made and its schema brought up to date.
///
/// # Errors
/// The database can't be reached or migrated.
pub async fn open(url: &StoreUrl) -> Result<Store, ServeError> {
    Store::open(url).await.map_err(|error| ServeError::Database(error.to_string().replace('\n', " ")))
}

/// A code that is asked for at the first start, where strangers could come first.
async fn setup_code(store: &Store, listen: SocketAddr) -> Result<Option<String>, ServeError> {
    if listen.ip().is_loopback() || !people::first_start_needed(store).await? {
        return Ok(None);
    }
    Ok(Some(rand::distr::Alphanumeric.sample_string(&mut rand::rng(), 10).to_lowercase()))
}

/// Serves until a signal comes.
///
/// # Errors
/// It can't start; afterwards it doesn't fail.
pub async fn serve(config: Config) -> Result<(), ServeError> {
    let hold = hold(&config.database)?;
    if let Some(note) = demo::half_filled(&config.data) {
        return Err(ServeError::HalfFilled(note.display().to_string()));
    }
    let store = open(&config.database).await?;
    serve_store(config, hold, store, wall_clock(), |_, _| {}).await
}

/// Serves an open store by this clock until a signal comes. `beside` may start what runs as long as the portal does.
///
/// # Errors
/// As [`serve`].
pub async fn serve_store(
    config: Config,
    _hold: Hold,
    store: Store,
    clock: Clock,
    beside: impl FnOnce(Engine, CancellationToken),
) -> Result<(), ServeError> {
    let secrets = Secrets::open(&config.secrets)?;
    let listen = config.listen;
    let metrics_listen = config.metrics_listen;
    let listener = TcpListener::bind(listen).await.map_err(|error| ServeError::Listen(listen, error))?;
    let metrics = match metrics_listen {
        Some(address) => Some(TcpListener::bind(address).await.map_err(|error| ServeError::Listen(address, error))?),
        None => None,
    };
    let code = setup_code(&store, listen).await?;
    let first = people::first_start_needed(&store).await?;
    let stop = CancellationToken::new();
    // The engine writes what is queued after the last request has been answered.
    let engine_stop = CancellationToken::new();
    let mut engine = Engine::start(store, clock, engine_stop.clone());
    engine.reports = config.reports();
    let consents = Consents::new(engine.clone(), &config, &secrets, &config.address())?;
    let renewals = tokio::spawn(consents.clone().run(stop.clone()));
    let post = Post::new(engine.clone(), &config, &secrets)?;
    let sending = tokio::spawn(post.clone().run(stop.clone()));
    tokio::spawn(discovery::run(engine.clone(), consents.clone(), config.saas.clone(), stop.clone()));
    tokio::spawn(expiry::run(engine.clone(), stop.clone()));
    tokio::spawn(monthly::run(engine.clone(), stop.clone()));
    tokio::spawn(weekly::run(engine.clone(), post.clone(), stop.clone()));
    beside(engine.clone(), stop.clone());
    let portal = Portal::new(engine, config, consents.clone(), post, code.clone(), stop.clone());
    say(&format!("Holdfast is ready: open {}", portal.public_url()));
    if first {
        match &code {
            Some(code) => say(&format!("First start: make your account there. Set-up code: {code}")),
            None => say("First start: make your account there."),
        }
    }
    tokio::spawn(signals(stop.clone()));
    tokio::spawn(housekeeping(portal.clone()));
    if let Some(listener) = metrics {
        tokio::spawn(accept(listener, metrics_router(&portal), stop.clone()));
    }
    accept(listener, router(&portal), stop).await;
    // What a provider has given must be stored, and what came of a mail.
    let last = async { tokio::join!(renewals, consents.finish(), sending) };
    if tokio::time::timeout(LAST_SECONDS, last).await.is_err() {
        tracing::warn!("renewals or mail cut");
    }
    engine_stop.cancel();
    tokio::time::sleep(Duration::from_millis(50)).await;
    tracing::info!("stopped");
    Ok(())
}

/// A line for whoever started the server, if anybody reads it.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

async fn signals(stop: CancellationToken) {
    asked_to_stop().await;
    stop.cancel();
    tracing::info!("stopping");
}

/// Waits for SIGTERM or SIGINT. From the first call on they no longer end the process by themselves.
pub(crate) async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}

/// Small regular work of the shell itself.
async fn housekeeping(portal: Portal) {
    let mut minutes = tokio::time::interval(Duration::from_secs(60));
    loop {
        tokio::select! {
            () = portal.stop().cancelled() => return,
            _ = minutes.tick() => portal.limits().tidy(),
        }
    }
}

/// Accepts connections until `stop`, then lets them end.
pub async fn accept(listener: TcpListener, router: Router, stop: CancellationToken) {
    let tasks = TaskTracker::new();
    let hard_stop = CancellationToken::new();
    let slots = Arc::new(tokio::sync::Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(slot) = slots.clone().acquire_owned().await else { break };
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = connection(stream, peer, router.clone(), stop.clone());
                let hard_stop = hard_stop.clone();
                tasks.spawn(async move {
                    tokio::select! {
                        () = connection => {}
                        () = hard_stop.cancelled() => {}
                    }
                    drop(slot);
                });
            }
            // Out of file handles, or the client went away again: neither is worth a busy loop.
            Err(error) => {
                tracing::debug!(%error, "accept");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    drop(listener);
    tasks.close();
    if tokio::time::timeout(LAST_SECONDS, tasks.wait()).await.is_err() {
        tracing::warn!(left = tasks.len(), "connections cut");
        hard_stop.cancel();
        tasks.wait().await;
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, stop: CancellationToken) {
    // Small answers must not wait for more.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(64 << 10)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::trace!(%error, "connection");
    }
}
