//! Load over HTTP against the release binary, on both stores. Prints one JSON line a measurement, the median of RUNS (5) runs.
//! With HOLDFAST_TEST_FSYNC=on the private PostgreSQL syncs as an operator's does.
//!
//! `cargo run --release -p server --example bench_http -- [seconds]`; wants `target/release/holdfast` beside it, or `HOLDFAST_BINARY`.

#![expect(clippy::unwrap_used, reason = "a measurement that can't be made should stop")]

#[path = "measured/mod.rs"]
mod measured;
#[path = "../tests/http/wire.rs"]
mod wire;

use engine::testing::{self, Kind};
use measured::{Server, cpu, holdfast, start};
use serde_json::json;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use wire::Wire;

const CONNECTIONS: usize = 32;
const DEVICES: usize = 200;

fn now_text() -> String {
    domain::text::rfc3339(domain::time::Time(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()))
}

fn event(device: &str, n: u64) -> String {
    let state = if n.is_multiple_of(2) { "running" } else { "succeeded" };
    format!(
        r#"{{"device":"{device}","job":"nightly","run":"r{}","state":"{state}","at":"{}","bytes":7340032,"items":10342}}"#,
        n / 2,
        now_text()
    )
}

/// Events a second over all connections; `batch` events a request.
async fn load(server: &Server, seconds: u64, batch: usize) -> (f64, f64, Duration, Duration) {
    let end = Instant::now() + Duration::from_secs(seconds);
    let sent = Arc::new(AtomicU64::new(0));
    let mut tasks = Vec::new();
    let begun = Instant::now();
    static ROUND: AtomicU64 = AtomicU64::new(0);
    let round = ROUND.fetch_add(1, Ordering::Relaxed) * 100_000_000;
    for connection in 0..CONNECTIONS {
        let (address, key, sent) = (server.address, server.key.clone(), sent.clone());
        let devices: Vec<String> = server.devices.iter().skip(connection).step_by(CONNECTIONS).cloned().collect();
        tasks.push(tokio::spawn(async move {
            let mut wire = Wire::connect(address).await.unwrap();
            let mut n = round;
            let mut took = Vec::new();
            while Instant::now() < end {
                let mut body = String::new();
                for _ in 0..batch {
                    body += &event(&devices[usize::try_from(n / 2).unwrap() % devices.len()], n);
                    body.push('\n');
                    n += 1;
                }
                let asked = Instant::now();
                let (status, answer) = wire.post("/api/v1/events", &key, "application/x-ndjson", body.as_bytes()).await.unwrap();
                assert!(status == 200 && answer.ends_with(b"\"rejected\":[]}"), "{status} {}", String::from_utf8_lossy(&answer));
                took.push(asked.elapsed());
                sent.fetch_add(batch as u64, Ordering::Relaxed);
            }
            took
        }));
    }
    let mut took = Vec::new();
    for task in tasks {
        took.extend(task.await.unwrap());
    }
    took.sort_unstable();
    let all = sent.load(Ordering::Relaxed) as f64;
    (all / begun.elapsed().as_secs_f64(), all, took[took.len() / 2], took[took.len() * 99 / 100])
}

/// Time from sending an event to its device's state on a stream, at `rate` events a second.
async fn latency(server: &Server, rate: u64, seconds: u64) -> (usize, Duration, Duration) {
    let watched: Vec<String> = server.devices.iter().take(100).cloned().collect();
    let mut stream =
        Wire::connect(server.address).await.unwrap().open(&format!("/live?devices={}", watched.join(",")), &server.key).await.unwrap();
    // The snapshot, then what is watched.
    for _ in 0..=watched.len() {
        stream.event().await.unwrap();
    }
    let waiting: Arc<std::sync::Mutex<std::collections::HashMap<String, Instant>>> = Arc::default();
    let took = Arc::new(std::sync::Mutex::new(Vec::new()));
    let reading = {
        let (waiting, took) = (waiting.clone(), took.clone());
        tokio::spawn(async move {
            while let Ok((name, data)) = stream.event().await {
                if name != "device" {
                    continue;
                }
                let now = Instant::now();
                let value: serde_json::Value = serde_json::from_str(&data).unwrap();
                // Every state carries the latest runs: all events of the device up to the newest are shown by it.
                for run in value["runs"].as_array().unwrap() {
                    let key = format!("{} {} {}", value["device"].as_str().unwrap(), run["started_at"], run["state"].as_str().unwrap());
                    if let Some(sent) = waiting.lock().unwrap().remove(&key) {
                        took.lock().unwrap().push(now - sent);
                    }
                }
            }
        })
    };
    let mut ticks = tokio::time::interval(Duration::from_micros(1_000_000 / rate));
    let mut wires = Vec::new();
    for _ in 0..16 {
        wires.push(Arc::new(tokio::sync::Mutex::new(Wire::connect(server.address).await.unwrap())));
    }
    let base = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let mut n = 0usize;
    let mut sent = tokio::task::JoinSet::new();
    let end = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < end {
        ticks.tick().await;
        let device = server.devices[n % 200].clone();
        let at = base + i64::try_from(n).unwrap();
        let body = format!(
            r#"{{"device":"{device}","job":"live","run":"l{n}-{base}","state":"succeeded","at":"{}"}}"#,
            domain::text::rfc3339(domain::time::Time(at))
        );
        if n % 200 < 100 {
            waiting.lock().unwrap().insert(format!("{device} {at} succeeded"), Instant::now());
        }
        let (wire, key) = (wires[n % wires.len()].clone(), server.key.clone());
        sent.spawn(async move {
            let (status, _) = wire.lock().await.post("/api/v1/events", &key, "application/json", body.as_bytes()).await.unwrap();
            assert_eq!(status, 200);
        });
        n += 1;
    }
    while sent.join_next().await.is_some() {}
    tokio::time::sleep(Duration::from_secs(1)).await;
    reading.abort();
    let mut took = took.lock().unwrap().clone();
    took.sort_unstable();
    assert!(!took.is_empty(), "the stream told nothing");
    (took.len(), took[took.len() / 2], took[took.len() * 99 / 100])
}

#[tokio::main]
async fn main() {
    let seconds: u64 = std::env::args().nth(1).and_then(|s| s.parse().ok()).unwrap_or(8);
    let runs: usize = std::env::var("RUNS").ok().and_then(|s| s.parse().ok()).unwrap_or(5);
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().to_str().unwrap().to_owned();
        let url = match kind {
            Kind::Sqlite => format!("sqlite:{data}/holdfast.db"),
            Kind::Postgres => testing::cluster().database().await,
        };
        let store = if matches!(kind, Kind::Sqlite) { "sqlite" } else { "postgresql" };
        let server = start(&url, &data, DEVICES).await;
        let own = server.process.id();
        load(&server, 2, 1).await;
        for batch in [1, 1_000] {
            let mut measured = Vec::new();
            for _ in 0..runs {
                let before = (cpu(|id, _| id == own), cpu(|_, name| name == "postgres"));
                let (rate, all, median, slowest) = load(&server, seconds, batch).await;
                let (own_cpu, store_cpu) = (cpu(|id, _| id == own) - before.0, cpu(|_, name| name == "postgres") - before.1);
                measured.push((rate, own_cpu / all * 1e6, store_cpu / all * 1e6, median, slowest));
            }
            measured.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (rate, own_cpu, store_cpu, median, slowest) = measured[measured.len() / 2];
            println!(
                "{}",
                json!({ "what": "ingest", "store": store, "connections": CONNECTIONS, "events_a_request": batch, "events_a_second": rate.round(),
                    "all_runs": measured.iter().map(|m| m.0.round()).collect::<Vec<_>>(),
                    "request_p50_ms": median.as_secs_f64() * 1e3, "request_p99_ms": slowest.as_secs_f64() * 1e3,
                    "server_cpu_ms_per_1000": own_cpu, "postgresql_cpu_ms_per_1000": store_cpu })
            );
        }
        let mut measured = Vec::new();
        for _ in 0..runs {
            measured.push(latency(&server, 500, seconds).await);
        }
        measured.sort_by_key(|m| m.2);
        let (told, median, slowest) = measured[measured.len() / 2];
        println!(
            "{}",
            json!({ "what": "live", "store": store, "events_a_second": 500, "told": told, "p50_ms": median.as_secs_f64() * 1e3, "p99_ms": slowest.as_secs_f64() * 1e3,
                "all_p99_ms": measured.iter().map(|m| m.2.as_secs_f64() * 1e3).collect::<Vec<_>>() })
        );
        drop(server);
        let checked = holdfast(&url, &data, &["check"]).output().unwrap();
        println!("{}", json!({ "what": "check", "store": store, "drift_free": checked.status.success() }));
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    }
}
