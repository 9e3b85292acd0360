//! How many events the engine takes in, durably, without HTTP: one event a submission from 32 senders, and batches.
//!
//! `cargo run --release -p engine --example bench_ingest -- FILE.db|postgres://… [seconds]` prints one JSON line a figure. The database must be empty.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a bench: a failure ends it")]

use domain::{
    access::{Actor, Scope},
    ids::{OrganizationId, PartnerId},
    policy::DeviceClass,
    run::{RunEvent, RunState},
    time::{Span, Time},
};
use engine::{
    Engine,
    ingest::{IncomingEvent, JobRef, RunRef, Subject},
    store::{Store, StoreUrl, devices, organizations, people},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

const DEVICES: u64 = 1_000;

/// 2026-06-01T00:00:00Z.
const T0: Time = Time(1_780_272_000_000);

#[tokio::main]
async fn main() {
    let url = std::env::args().nth(1).expect("FILE.db or postgres://…");
    let seconds: u64 = std::env::args().nth(2).and_then(|s| s.parse().ok()).unwrap_or(5);
    let name = if url.starts_with("postgres") { "postgres" } else { "sqlite" };
    let url = if url.starts_with("postgres") { StoreUrl::Postgres(url) } else { StoreUrl::Sqlite(url.into()) };
    let store = Store::open(&url).await.unwrap();
    let (engine, partner, organization) = fill(store).await;
    let actor = Actor::system(Scope::Organization(partner, organization));
    for (what, senders, batch) in [("single", 32, 1), ("batched", 8, 1_000), ("batched-large", 4, 5_000)] {
        measure(name, what, &engine, &actor, senders, batch, Duration::from_secs(seconds)).await;
    }
    let started = Instant::now();
    let drifts = engine::check::recount(&engine.store).await.unwrap();
    println!(
        "{{\"store\":\"{name}\",\"what\":\"recount\",\"seconds\":{:.2},\"drifts\":{}}}",
        started.elapsed().as_secs_f64(),
        drifts.len()
    );
}

async fn fill(store: Store) -> (Engine, PartnerId, OrganizationId) {
    let first = people::FirstOwner {
        email: "owner@example.org".into(),
        name: "Owner".into(),
        password: "correct horse battery".into(),
        partner: "Partner".into(),
        time_zone: "Europe/Berlin".into(),
    };
    let (_, partner) = people::first_start(&store, first, T0).await.unwrap();
    let actor = Actor::system(Scope::Partners([partner].into()));
    let new = organizations::NewOrganization { name: "Client".into(), ..Default::default() };
    let organization = organizations::create(&store, &actor, new, T0).await.unwrap();
    let engine = Engine::start(store, Arc::new(|| T0 + Span::HOUR), CancellationToken::new());
    for n in 0..DEVICES {
        let new = devices::NewDevice {
            organization,
            name: format!("device-{n:04}"),
            class: DeviceClass::Server,
            policy: None,
            quota_bytes: None,
            tags: Vec::new(),
        };
        devices::create(&engine, &actor, new, T0).await.unwrap();
    }
    (engine, partner, organization)
}

/// The n-th event of all: runs of a start and an end, each run at the next device.
fn nth(what: &str, sender: u64, n: u64) -> IncomingEvent {
    let run = n / 2;
    let device = (run * 37 + sender * 131) % DEVICES;
    // Each series in its own quarter of an hour, each run later than the one before it at its device.
    let series = ["single", "batched", "batched-large"].iter().position(|s| *s == what).unwrap_or(0) as i64;
    let start = T0 + Span::minutes(15) * series + Span((run * 20 + sender).cast_signed());
    let mut event = if n.is_multiple_of(2) {
        RunEvent::new(RunState::Running, start)
    } else {
        RunEvent::new(RunState::Succeeded, start + Span::SECOND)
    };
    event.bytes = Some(7_340_032);
    event.items = Some(10_342);
    IncomingEvent {
        subject: Subject::Named { device: Some(format!("device-{device:04}")), organization: None },
        job: JobRef::Named("nightly".into()),
        run: RunRef::Key(format!("{what}-{sender}-{run}")),
        event,
        log: None,
    }
}

async fn measure(store: &str, what: &'static str, engine: &Engine, actor: &Actor, senders: u64, batch: u64, length: Duration) {
    let done = Arc::new(AtomicBool::new(false));
    let taken = Arc::new(AtomicU64::new(0));
    let slowest = Arc::new(AtomicU64::new(0));
    let (cpu, started) = (cpu_seconds(), Instant::now());
    let tasks: Vec<_> = (0..senders)
        .map(|sender| {
            let (engine, actor, done, taken, slowest) = (engine.clone(), actor.clone(), done.clone(), taken.clone(), slowest.clone());
            tokio::spawn(async move {
                let mut n = 0;
                while !done.load(Ordering::Relaxed) {
                    let events = (n..n + batch).map(|n| nth(what, sender, n)).collect();
                    n += batch;
                    let sent = Instant::now();
                    let receipt = engine.ingest.submit(&actor, events, T0 + Span::HOUR).await.unwrap();
                    assert_eq!(receipt.accepted as u64, batch);
                    taken.fetch_add(batch, Ordering::Relaxed);
                    slowest.fetch_max(sent.elapsed().as_micros() as u64, Ordering::Relaxed);
                }
            })
        })
        .collect();
    tokio::time::sleep(length).await;
    done.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
    let (seconds, events) = (started.elapsed().as_secs_f64(), taken.load(Ordering::Relaxed) as f64);
    println!(
        "{{\"store\":\"{store}\",\"what\":\"{what}\",\"senders\":{senders},\"batch\":{batch},\"events_per_second\":{:.0},\"cpu_ms_per_1000_events\":{:.2},\"slowest_ms\":{:.1}}}",
        events / seconds,
        (cpu_seconds() - cpu) * 1e6 / events,
        slowest.load(Ordering::Relaxed) as f64 / 1e3,
    );
}

/// User and system time of this process, without the database server's.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
