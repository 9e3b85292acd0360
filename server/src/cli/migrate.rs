//! `holdfast migrate`.

use super::Fault;
use crate::{config::Config, serve};
use std::process::ExitCode;

/// Brings the schema up to date.
pub async fn migrate(config: Config) -> Result<ExitCode, Fault> {
    let _hold = serve::hold(&config.database).map_err(|error| error.to_string())?;
    serve::open(&config.database).await.map_err(|error| error.to_string())?;
    println!("The schema is up to date.");
    Ok(ExitCode::SUCCESS)
}
