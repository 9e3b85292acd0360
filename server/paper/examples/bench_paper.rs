//! How long a report of accounts takes, what memory and how many bytes: `cargo run --release -p paper --example bench_paper`.
//!
//! Each size runs in a process of its own (with its number of rows as argument), because the largest memory of a process never falls.
#![expect(clippy::unwrap_used, reason = "an example that may stop")]

#[expect(dead_code, reason = "whose document it is comes from there")]
#[path = "../tests/paper/accounts.rs"]
mod accounts;
#[path = "../tests/paper/summary.rs"]
mod summary;

use paper::{
    Fonts, Limits,
    backup_summary::{self, Level},
    render,
};
use std::{process::Command, time::Instant};

fn main() {
    match std::env::args().nth(1) {
        Some(rows) => one(rows.parse().unwrap()),
        None => all(),
    }
}

fn all() {
    println!("Backup Summary Report, account level: rows × 31 days, landscape, tagged, one thread; the median of three");
    for rows in [100, 1_000, 10_000] {
        let output = Command::new(std::env::current_exe().unwrap()).arg(rows.to_string()).output().unwrap();
        print!("{}", String::from_utf8_lossy(&output.stdout));
    }
}

fn one(rows: usize) {
    let started = Instant::now();
    let fonts = Fonts::embedded();
    let read = started.elapsed();
    let mut times = Vec::new();
    let (mut bytes, mut before, mut most) = (0, 0, 0);
    for _ in 0..3 {
        let document = backup_summary::document(summary::summary(Level::Account, rows, 0), &accounts::brand());
        before = before.max(largest() * u64::from(times.is_empty()));
        let started = Instant::now();
        bytes = render(document, fonts, Limits::default(), &|| false).unwrap().len();
        times.push(started.elapsed());
        most = most.max(largest() * u64::from(times.len() == 1));
    }
    times.sort_unstable();
    println!(
        "{rows:>7} rows: {:>6.0} ms · {:>4} MB at most (fonts and data {before} MB) · {:>6} KB · fonts read in {:.0} ms",
        times[1].as_secs_f64() * 1_000.0,
        most,
        bytes / 1_000,
        read.as_secs_f64() * 1_000.0,
    );
}

/// Largest resident memory of this process so far, MB; 0 where the system doesn't say.
fn largest() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap_or(0) / 1_024
}
