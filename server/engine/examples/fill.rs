//! Fills an empty store with a made-up fleet, for benchmarks at scale.
//!
//! `cargo run --release -p engine --example fill -- FILE.db|postgres://… ORGANIZATIONS DEVICES DAYS [CUSTOMERS ACCOUNTS]` prints one JSON line. Everybody's
//! password is `demo-fleet-password`. With `--recount` it also recounts everything and prints how much drifted.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a bench: a failure ends it")]

use domain::time::Time;
use engine::{
    fill::fill,
    store::{Store, StoreUrl},
};
use fleet::Size;
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Instant, SystemTime},
};

#[tokio::main]
async fn main() {
    let said: Vec<String> = std::env::args().skip(1).collect();
    let [url, organizations, devices, days, ..] = &said[..] else {
        panic!("FILE.db|postgres://… ORGANIZATIONS DEVICES DAYS [CUSTOMERS ACCOUNTS]")
    };
    let url = if url.starts_with("postgres") { StoreUrl::Postgres(url.clone()) } else { StoreUrl::Sqlite(url.into()) };
    let number = |text: &String| text.parse::<u32>().expect("a number");
    let more = |place: usize| said.get(place).and_then(|text| text.parse().ok()).unwrap_or(0);
    let size =
        Size { organizations: number(organizations), devices: number(devices), days: number(days), customers: more(4), accounts: more(5) };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    let fleet = fleet::fleet(1, size, Time(i64::try_from(now).unwrap()));
    let store = Store::open(&url).await.unwrap();
    let begun = Instant::now();
    let told = AtomicUsize::new(0);
    let filled = fill(&store, &fleet, "demo-fleet-password", |progress| {
        let seconds = begun.elapsed().as_secs() as usize;
        if told.swap(seconds, Ordering::Relaxed) / 5 != seconds / 5 {
            eprintln!("{seconds} s: {} of {} organizations, {} runs", progress.made, progress.organizations, progress.runs);
        }
    })
    .await
    .unwrap();
    println!(
        "{{\"seconds\":{:.2},\"organizations\":{},\"devices\":{},\"accounts\":{},\"runs\":{},\"alerts\":{}}}",
        begun.elapsed().as_secs_f64(),
        filled.organizations.len(),
        filled.devices,
        filled.accounts,
        filled.runs,
        filled.alerts
    );
    if said.iter().any(|word| word == "--recount") {
        let begun = Instant::now();
        let drifts = engine::check::recount(&store).await.unwrap();
        println!("{{\"recount_seconds\":{:.2},\"drifts\":{}}}", begun.elapsed().as_secs_f64(), drifts.len());
        for drift in drifts.iter().take(20) {
            println!("{drift:?}");
        }
    }
}
