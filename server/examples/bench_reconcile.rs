//! What the passing of time costs: a fleet whose machines fall silent, on a driven clock.
//!
//! `cargo run --release -p server --example bench_reconcile -- sqlite|postgres DEVICES ORGANIZATIONS [minutes]` fills a fleet of two days (with
//! the release binary beside it, or `HOLDFAST_BINARY`) and lets so many minutes pass in which nobody reports: deadlines come, alerts open,
//! scores fall. One JSON line: changes settled, how many a second, CPU of this process, and the share of one core that 1 % of the fleet
//! changing each minute would take. PostgreSQL's own CPU is not in it. `HOLDFAST_BENCH_STORE` as in `bench_page`.

#![expect(clippy::unwrap_used, reason = "a measurement that can't be made should stop")]

#[path = "measured/pages.rs"]
#[expect(dead_code, reason = "no page is asked for here")]
mod pages;

use domain::time::{Span, Time};
use engine::Engine;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;
use std::{sync::Arc, time::Instant};
use tokio_util::sync::CancellationToken;

/// Clock ticks of `/proc` in a second: 100 on every Linux that we know of.
const TICKS: f64 = 100.0;

#[tokio::main]
async fn main() {
    let said: Vec<String> = std::env::args().skip(1).collect();
    let [kind, devices, organizations, ..] = &said[..] else { panic!("sqlite|postgres DEVICES ORGANIZATIONS [minutes]") };
    let minutes: i64 = said.get(3).and_then(|s| s.parse().ok()).unwrap_or(10);
    let measured = pages::Measured::open(kind).await;
    measured.fill(&["--devices", devices, "--organizations", organizations, "--days", "2", "--customers", "0", "--accounts", "0"]).await;
    let store = measured.store.clone();
    let sql = "SELECT MAX(assessed_at) FROM device_state";
    let row = store.reads().query_one_raw(Statement::from_string(store.backend(), sql)).await.unwrap().unwrap();
    let from = Time(row.try_get_by_index(0).unwrap());
    let engine = Engine::start_driven(store, Arc::new(move || from), CancellationToken::new());
    // What the fill left for the first look is no part of it.
    let left = engine.reconciler.tick(from + Span::MINUTE).await.unwrap();
    let (begun, cpu) = (Instant::now(), used());
    let (mut settled, mut longest) = (0, 0.0_f64);
    for minute in 2..2 + minutes {
        let one = Instant::now();
        settled += engine.reconciler.tick(from + Span::minutes(minute)).await.unwrap();
        longest = longest.max(one.elapsed().as_secs_f64());
    }
    let (took, cpu) = (begun.elapsed().as_secs_f64(), used() - cpu);
    let count = settled as f64;
    let each_minute = devices.parse::<f64>().unwrap() / 100.0;
    let round = |value: f64| (value * 10.0).round() / 10.0;
    println!(
        "{}",
        json!({
            "store": kind, "devices": devices, "minutes": minutes, "left_by_the_fill": left, "settled": settled,
            "a_second": (count / took).round(), "longest_minute_seconds": round(longest), "cpu_ms_per_1000": round(cpu / count * 1_000_000.0),
            "core_percent_at_1_percent_a_minute": round(cpu / count * each_minute / 60.0 * 100.0),
            "busy_percent_at_1_percent_a_minute": round(each_minute / (count / took) / 60.0 * 100.0),
        })
    );
}

/// CPU seconds that this process has used.
fn used() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / TICKS
}
