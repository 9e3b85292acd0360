//! What the benches of pages share: the release binary serving a store, and pages asked for at a steady rate.

use engine::{
    store::{Store, StoreUrl, people, sessions},
    testing::{self, Kind},
};
use serde_json::json;
use std::{
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// As `holdfast demo` has it.
const PASSWORD: &str = "holdfast-demo";

/// Requests a second.
const RATE: u32 = 20;

/// A store to be measured: a new one, or the one that `HOLDFAST_BENCH_STORE` (`sqlite:…`, `postgres://…`) names, which is kept.
pub(crate) struct Measured {
    kind: String,
    database: String,
    folder: TempDir,
    pub(crate) store: Store,
}

pub(crate) struct Server {
    process: Child,
    address: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn binary() -> PathBuf {
    std::env::var_os("HOLDFAST_BINARY")
        .map_or_else(|| std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("holdfast"), PathBuf::from)
}

pub(crate) fn now() -> domain::time::Time {
    domain::time::Time(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap())
}

impl Measured {
    /// `kind`: sqlite or postgres.
    pub(crate) async fn open(kind: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = match std::env::var("HOLDFAST_BENCH_STORE") {
            Ok(kept) => kept,
            Err(_) if kind == "postgres" => match testing::empty(Kind::Postgres).await.0 {
                StoreUrl::Postgres(url) => url,
                StoreUrl::Sqlite(_) => unreachable!(),
            },
            Err(_) => format!("sqlite:{}/holdfast.db", folder.path().display()),
        };
        let url = match database.strip_prefix("sqlite:") {
            Some(path) => StoreUrl::Sqlite(path.into()),
            None => StoreUrl::Postgres(database.clone()),
        };
        Self { kind: kind.to_owned(), store: Store::open(&url).await.unwrap(), database, folder }
    }

    fn holdfast(&self) -> Command {
        let mut command = Command::new(binary());
        command.env("HOLDFAST_DATABASE", &self.database).env("HOLDFAST_DATA", self.folder.path());
        command
    }

    /// Fills an empty store with a demo of this size (options of `holdfast demo`). False: there was something already.
    pub(crate) async fn fill(&self, size: &[&str]) -> bool {
        if !people::first_start_needed(&self.store).await.unwrap() {
            return false;
        }
        let begun = Instant::now();
        let filled = self.holdfast().args(["demo", "--fill-only"]).args(size).stdout(Stdio::null()).status().unwrap();
        assert!(filled.success());
        println!("{}", json!({ "store": self.kind, "fleet": size.join(" "), "filled_seconds": begun.elapsed().as_secs() }));
        true
    }

    /// A session of the demo's first owner.
    pub(crate) async fn token(&self) -> String {
        let tiny = fleet::Size { organizations: 4, devices: 4, days: 1, ..fleet::Size::default() };
        let email = fleet::fleet(1, tiny, domain::time::Time(0)).partners[0].people[0].email.clone();
        let password = std::env::var("HOLDFAST_BENCH_PASSWORD").unwrap_or_else(|_| PASSWORD.into());
        sessions::sign_in(&self.store, &email, &password, "bench", now()).await.unwrap().token
    }

    pub(crate) async fn serve(&self) -> Server {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address: SocketAddr = ([127, 0, 0, 1], port).into();
        let process = self.holdfast().args(["serve", "--listen", &address.to_string()]).stderr(Stdio::null()).spawn().unwrap();
        let server = Server { process, address };
        let patience = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(address).await.is_err() {
            assert!(Instant::now() < patience, "the server did not come up");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        server
    }

    /// Serves the store to the demo's first owner and asks for each page (path, and a text that it must hold) so many seconds. One
    /// JSON line a page.
    pub(crate) async fn ask(&self, pages: &[(&str, &str)], seconds: u64) {
        let token = self.token().await;
        let server = self.serve().await;
        for (path, text) in pages {
            for _ in 0..20 {
                let (status, body) = get(server.address, path, &token, "identity").await.unwrap();
                assert_eq!(status, 200, "{path}");
                assert!(String::from_utf8_lossy(&body).contains(text), "{path} doesn't show {text}");
            }
            let end = Instant::now() + Duration::from_secs(seconds);
            self.steadily(&server, path, &token, async || Instant::now() >= end).await;
        }
    }

    /// Asks for a page at the steady rate until it is enough, and prints how long it took.
    pub(crate) async fn steadily(&self, server: &Server, path: &str, token: &str, mut enough: impl AsyncFnMut() -> bool) {
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / RATE);
        let mut asked = tokio::task::JoinSet::new();
        while !enough().await {
            ticks.tick().await;
            let (address, path, token) = (server.address, path.to_owned(), token.to_owned());
            asked.spawn(async move {
                let begun = Instant::now();
                let (status, body) = get(address, &path, &token, "gzip, br").await.unwrap();
                assert_eq!(status, 200);
                (begun.elapsed(), body.len())
            });
        }
        let mut took = Vec::new();
        let mut bytes = 0;
        while let Some(done) = asked.join_next().await {
            let (time, length) = done.unwrap();
            took.push(time);
            bytes = length;
        }
        took.sort_unstable();
        let at = |percent: usize| took[(took.len() * percent / 100).min(took.len() - 1)].as_secs_f64() * 1_000.0;
        let round = |ms: f64| (ms * 10.0).round() / 10.0;
        println!(
            "{}",
            json!({
                "store": self.kind, "path": path, "requests": took.len(), "p50_ms": round(at(50)), "p99_ms": round(at(99)),
                "max_ms": round(at(100)), "bytes": bytes, "resident_kib": resident(server.process.id()),
            })
        );
    }
}

/// Gets a page on a connection of its own: until its last byte. Its status and what came.
async fn get(address: SocketAddr, path: &str, token: &str, encoding: &str) -> std::io::Result<(u16, Vec<u8>)> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: localhost\r\ncookie: holdfast={token}\r\naccept: text/html\r\naccept-encoding: {encoding}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::with_capacity(64 << 10);
    stream.read_to_end(&mut answer).await?;
    let head = String::from_utf8_lossy(&answer[..answer.len().min(32)]).into_owned();
    Ok((head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0), answer))
}

fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
