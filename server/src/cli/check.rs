//! `holdfast check`.

use super::Fault;
use crate::{config::Config, serve};
use std::process::ExitCode;

/// Recomputes counts and states; 1 when anything differs.
pub async fn check(config: Config) -> Result<ExitCode, Fault> {
    let store = serve::open(&config.database).await.map_err(|error| error.to_string())?;
    let drifts = engine::check::recount(&store).await.map_err(|error| error.to_string())?;
    if drifts.is_empty() {
        println!("No drift: counts and states are what the runs say.");
        return Ok(ExitCode::SUCCESS);
    }
    for drift in &drifts {
        println!("{}: stored {}, recounted {}", drift.what, drift.stored, drift.recounted);
    }
    Err(format!("{} differences; each is a bug worth reporting", drifts.len()))
}
