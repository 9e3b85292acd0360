//! The monthly run of reports of many organizations, and what it does to the pages meanwhile.
//!
//! `cargo run --release -p server --example bench_monthly -- sqlite|postgres ORGANIZATIONS ACCOUNTS DAYS` fills a store with the release binary
//! (see `bench_page`), with so many organizations that have a share of the accounts. Nothing is asked of the first server but the list of devices,
//! 20 times a second, while it makes the reports of last month; of the second one too, with nothing to make. One JSON line each.

#![expect(clippy::unwrap_used, reason = "a measurement that can't be made should stop")]

#[path = "measured/pages.rs"]
mod pages;

use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;
use std::time::{Duration, Instant};

/// A run that has begun and makes nothing for so long is over …
const QUIET: Duration = Duration::from_secs(2);
/// … one that has not begun by then never does.
const PATIENCE: Duration = Duration::from_secs(30);
const PATH: &str = "/backups/devices";

#[tokio::main]
async fn main() {
    let said: Vec<String> = std::env::args().skip(1).collect();
    let [kind, organizations, accounts, days] = &said[..] else { panic!("sqlite|postgres ORGANIZATIONS ACCOUNTS DAYS") };
    let measured = pages::Measured::open(kind).await;
    let size = ["--devices", "1500", "--organizations", "60", "--days", days, "--customers", organizations, "--accounts", accounts];
    measured.fill(&size).await;
    let made = async || {
        let sql = "SELECT COUNT(*) FROM reports WHERE kind = 'backup_summary'";
        let row = measured.store.reads().query_one_raw(Statement::from_string(measured.store.backend(), sql)).await.unwrap().unwrap();
        row.try_get_by_index::<i64>(0).unwrap()
    };
    let token = measured.token().await;
    {
        let begun = Instant::now();
        let server = measured.serve().await;
        let (mut seen, mut last, mut looked) = (0, Instant::now(), Instant::now());
        let over = async || {
            if looked.elapsed() > Duration::from_millis(500) {
                looked = Instant::now();
                let now = made().await;
                if now != seen {
                    (seen, last) = (now, Instant::now());
                }
            }
            last.elapsed() > if seen == 0 { PATIENCE } else { QUIET }
        };
        measured.steadily(&server, PATH, &token, over).await;
        println!("{}", json!({ "reports": seen, "seconds": ((last - begun).as_secs_f64() * 10.0).round() / 10.0 }));
    }
    measured.ask(&[(PATH, "")], 30).await;
}
