//! Two thousand open streams on one server while 500 events a second come in: time from sending an event to its device's state on
//! each stream that watches the device, and the server's memory. Each stream watches a page of 50 devices of the fleet.
//!
//! `cargo run --release -p server --example bench_streams -- [streams] [events a second] [seconds] [devices]`; wants
//! `target/release/holdfast` beside it, or `HOLDFAST_BINARY`. One JSON line, on SQLite.

#![expect(clippy::unwrap_used, reason = "a measurement that can't be made should stop")]

#[path = "measured/mod.rs"]
mod measured;
#[path = "../tests/http/wire.rs"]
mod wire;

use measured::{cpu, start};
use serde_json::json;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use wire::Wire;

const PAGE: usize = 50;

/// Resident memory of a process, KiB.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::main]
async fn main() {
    let argument = |place: usize, default: usize| std::env::args().nth(place).and_then(|s| s.parse().ok()).unwrap_or(default);
    let (streams, rate, seconds, devices) = (argument(1, 2_000), argument(2, 500), argument(3, 10), argument(4, 10_000));
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap().to_owned();
    let server = start(&format!("sqlite:{data}/holdfast.db"), &data, devices).await;
    let process = server.process.id();
    let before = resident(process);

    // Sent at, by the end that the event says: unique, so that a state names the event it shows.
    let sent: Arc<Mutex<HashMap<i64, Instant>>> = Arc::default();
    let took: Arc<Mutex<Vec<Duration>>> = Arc::default();
    let (messages, bytes) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let mut reading = tokio::task::JoinSet::new();
    for number in 0..streams {
        let first = number * 37 % devices;
        let watched: Vec<&str> = (0..PAGE).map(|n| server.devices[(first + n) % devices].as_str()).collect();
        let path = format!("/live?devices={}", watched.join(","));
        let mut stream = Wire::connect(server.address).await.unwrap().open(&path, &server.key).await.unwrap();
        // The snapshot, then what is watched.
        for _ in 0..=PAGE {
            stream.event().await.unwrap();
        }
        let (sent, took, messages, bytes) = (sent.clone(), took.clone(), messages.clone(), bytes.clone());
        reading.spawn(async move {
            while let Ok((name, data)) = stream.event().await {
                let now = Instant::now();
                messages.fetch_add(1, Ordering::Relaxed);
                bytes.fetch_add(data.len() as u64, Ordering::Relaxed);
                if name != "device" {
                    continue;
                }
                // Whole parsing would cost the machine more than the server does.
                for part in data.split("\"ended_at\":").skip(1) {
                    let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
                    let at = digits.parse().ok().and_then(|end| sent.lock().unwrap().get(&end).copied());
                    if let Some(at) = at {
                        took.lock().unwrap().push(now - at);
                    }
                }
            }
        });
    }
    let open = resident(process);
    let (cpu_before, begun) = (cpu(|id, _| id == process), Instant::now());
    let mut wires = Vec::new();
    for _ in 0..16 {
        wires.push(Arc::new(tokio::sync::Mutex::new(Wire::connect(server.address).await.unwrap())));
    }
    let base = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / u32::try_from(rate).unwrap());
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
    let mut posts = tokio::task::JoinSet::new();
    for n in 0..rate * seconds {
        ticks.tick().await;
        let at = base + i64::try_from(n).unwrap();
        let body = format!(
            r#"{{"device":"{}","job":"live","run":"s{n}","state":"succeeded","at":"{}"}}"#,
            server.devices[n * 7_919 % devices],
            domain::text::rfc3339(domain::time::Time(at))
        );
        sent.lock().unwrap().insert(at, Instant::now());
        let (wire, key) = (wires[n % wires.len()].clone(), server.key.clone());
        posts.spawn(async move {
            let (status, _) = wire.lock().await.post("/api/v1/events", &key, "application/json", body.as_bytes()).await.unwrap();
            assert_eq!(status, 200);
        });
    }
    while posts.join_next().await.is_some() {}
    let elapsed = begun.elapsed().as_secs_f64();
    let used = cpu(|id, _| id == process) - cpu_before;
    tokio::time::sleep(Duration::from_secs(2)).await;
    reading.abort_all();
    let mut took = std::mem::take(&mut *took.lock().unwrap());
    took.sort_unstable();
    assert!(!took.is_empty(), "the streams told nothing");
    let at = |share: usize| took[(took.len() - 1) * share / 1_000].as_secs_f64() * 1e3;
    println!(
        "{}",
        json!({ "what": "streams", "streams": streams, "events_a_second": ((rate * seconds) as f64 / elapsed).round(), "told": took.len(),
            "p50_ms": at(500), "p99_ms": at(990), "slowest_ms": at(1_000), "server_cores": used / elapsed,
            "messages_a_second": (messages.load(Ordering::Relaxed) as f64 / elapsed).round(),
            "mib_a_second": (bytes.load(Ordering::Relaxed) as f64 / elapsed / 1_048_576.0),
            "resident_mib_before": before / 1024, "resident_mib_open": open / 1024, "resident_mib_after": resident(process) / 1024 })
    );
}
