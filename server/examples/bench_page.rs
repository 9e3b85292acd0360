//! How long a page takes that the server renders whole, at a steady rate of requests: the list of devices in a fleet of any size.
//!
//! `cargo run --release -p server --example bench_page -- sqlite|postgres DEVICES ORGANIZATIONS DAYS [seconds] [path …]` fills a fleet with the
//! release binary (`target/release/holdfast` beside it, or `HOLDFAST_BINARY`), serves it and asks for each path, 20 times a second. One JSON line
//! a path. `HOLDFAST_BENCH_STORE` (`sqlite:…`, `postgres://…`) names a store that is kept: an empty one is filled, a filled one asked as it is.

#![expect(clippy::unwrap_used, reason = "a measurement that can't be made should stop")]

use engine::{
    store::{Store, StoreUrl, sessions},
    testing::{self, Kind},
};
use serde_json::json;
use std::{
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// As `holdfast demo` has it.
const PASSWORD: &str = "holdfast-demo";

/// Requests a second.
const RATE: u32 = 20;

struct Server {
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

fn holdfast(database: &str, data: &str) -> Command {
    let mut command = Command::new(binary());
    command.env("HOLDFAST_DATABASE", database).env("HOLDFAST_DATA", data);
    command
}

async fn serve(database: &str, data: &str) -> Server {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address: SocketAddr = ([127, 0, 0, 1], port).into();
    let process = holdfast(database, data).args(["serve", "--listen", &address.to_string()]).stderr(Stdio::null()).spawn().unwrap();
    let server = Server { process, address };
    let patience = Instant::now() + Duration::from_secs(60);
    while TcpStream::connect(address).await.is_err() {
        assert!(Instant::now() < patience, "the server did not come up");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    server
}

/// Gets a page on a connection of its own: until its last byte. Its status and length.
async fn get(address: SocketAddr, path: &str, token: &str) -> std::io::Result<(u16, usize)> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: localhost\r\ncookie: holdfast={token}\r\naccept: text/html\r\naccept-encoding: gzip, br\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::with_capacity(64 << 10);
    stream.read_to_end(&mut answer).await?;
    let head = String::from_utf8_lossy(&answer[..answer.len().min(32)]).into_owned();
    Ok((head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0), answer.len()))
}

fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::main]
async fn main() {
    let said: Vec<String> = std::env::args().skip(1).collect();
    let [kind, devices, organizations, days, ..] = &said[..] else {
        panic!("sqlite|postgres DEVICES ORGANIZATIONS DAYS [seconds] [path …]")
    };
    let seconds: u64 = said.get(4).and_then(|s| s.parse().ok()).unwrap_or(30);
    let mut paths: Vec<&str> = said.iter().skip(5).map(String::as_str).collect();
    if paths.is_empty() {
        paths.push("/backups/devices");
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap().to_owned();
    let database = match std::env::var("HOLDFAST_BENCH_STORE") {
        Ok(kept) => kept,
        Err(_) if kind == "postgres" => match testing::empty(Kind::Postgres).await.0 {
            StoreUrl::Postgres(url) => url,
            StoreUrl::Sqlite(_) => unreachable!(),
        },
        Err(_) => format!("sqlite:{data}/holdfast.db"),
    };
    let url = match database.strip_prefix("sqlite:") {
        Some(path) => StoreUrl::Sqlite(path.into()),
        None => StoreUrl::Postgres(database.clone()),
    };
    let store = Store::open(&url).await.unwrap();
    if engine::store::people::first_start_needed(&store).await.unwrap() {
        let begun = Instant::now();
        let fleet = ["demo", "--fill-only", "--devices", devices, "--organizations", organizations, "--days", days];
        assert!(holdfast(&database, &data).args(fleet).stdout(Stdio::null()).status().unwrap().success());
        println!("{}", json!({ "store": kind, "devices": devices, "filled_seconds": begun.elapsed().as_secs() }));
    }
    let email =
        fleet::fleet(1, fleet::Size { organizations: 4, devices: 4, days: 1, ..fleet::Size::default() }, domain::time::Time(0)).partners[0].people[0].email.clone();
    let password = std::env::var("HOLDFAST_BENCH_PASSWORD").unwrap_or_else(|_| PASSWORD.into());
    let now = domain::time::Time(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap());
    let token = sessions::sign_in(&store, &email, &password, "bench", now).await.unwrap().token;
    let server = serve(&database, &data).await;
    for path in paths {
        for _ in 0..20 {
            assert_eq!(get(server.address, path, &token).await.unwrap().0, 200, "{path}");
        }
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / RATE);
        let end = Instant::now() + Duration::from_secs(seconds);
        let mut asked = tokio::task::JoinSet::new();
        while Instant::now() < end {
            ticks.tick().await;
            let (address, path, token) = (server.address, path.to_owned(), token.clone());
            asked.spawn(async move {
                let begun = Instant::now();
                let (status, length) = get(address, &path, &token).await.unwrap();
                assert_eq!(status, 200);
                (begun.elapsed(), length)
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
                "store": kind, "devices": devices, "path": path, "requests": took.len(), "p50_ms": round(at(50)), "p99_ms": round(at(99)),
                "max_ms": round(at(100)), "bytes": bytes, "resident_kib": resident(server.process.id()),
            })
        );
    }
}
