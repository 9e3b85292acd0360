//! Backup Summary Reports as files, and the task that lets what is due be made. What they say was frozen by the engine
//! (`store::reports`); here it becomes PDF and CSV, the same bytes each time.

mod csv;
mod paper;

pub use ::paper::backup_summary::Level;
pub use csv::csv;
pub use paper::pdf;

use domain::time::Span;
use engine::{
    Engine,
    store::reports::{Monthly, due},
};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The longest pause between two looks: organizations are made and moved to other zones, people have reports made again or take a run up.
const LONGEST_PAUSE: Span = Span(5_000);
/// After a fault of the store.
const AFTER_FAULT: Duration = Duration::from_secs(30);

/// The name under which a document is saved: `backup-summary-2026-10-organization.pdf`, with the client's name where it can be written in plain letters.
pub fn file_name(monthly: &Monthly, level: Level, ending: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let client: String = monthly.summary.organization.chars().map(plain).collect();
    let client: Vec<&str> = client.split('-').filter(|part| !part.is_empty()).collect();
    let client = client.join("-").chars().take(60).collect::<String>();
    let level = match level {
        Level::Account => "accounts",
        Level::Organization => "organization",
    };
    let client = if client.is_empty() { client } else { format!("{client}-") };
    format!("backup-summary-{client}{}-{level}.{ending}", monthly.row.month)
}

/// Makes what is due and waits for what comes next, until cancelled.
pub async fn run(engine: Engine, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let now = (engine.clock)();
        let ticked = due::tick(&engine.store, &engine.reports, now, &|| stop.is_cancelled()).await;
        let pause = match ticked {
            Ok(done) => {
                if done != due::Tick::default() {
                    tracing::info!(made = done.made, failed = done.failed, deleted = done.deleted, "monthly reports");
                }
                let next = due::earliest(&engine.store).await.ok().flatten();
                let wait = next.map_or(LONGEST_PAUSE, |at| (at - (engine.clock)()).min(LONGEST_PAUSE)).max(Span(500));
                Duration::from_millis(wait.0.unsigned_abs())
            }
            Err(error) => {
                tracing::warn!(%error, "monthly reports: will try again");
                AFTER_FAULT
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}
