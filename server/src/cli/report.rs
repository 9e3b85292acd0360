//! `holdfast report make`.

use super::Fault;
use crate::{config::Config, serve};
use domain::{
    access::Actor,
    ids::OrganizationId,
    report::{Month, NotAMonth},
};
use engine::store::{partners, reports};
use std::process::ExitCode;

/// Makes the report of an organization and month, also beside a running server on PostgreSQL.
pub async fn make(config: Config, organization: String, month: String) -> Result<ExitCode, Fault> {
    let organization: OrganizationId = organization
        .parse()
        .map_err(|_| format!("--organization: \"{organization}\" is no id; the portal shows it in the address of its page"))?;
    let month: Month = month.parse().map_err(|error: NotAMonth| format!("--month: \"{month}\" is {error}"))?;
    let store = serve::open(&config.database).await.map_err(|error| error.to_string())?;
    let everything = partners::everything(&store).await.map_err(|error| error.public_message())?;
    let made = reports::make(&store, &config.reports(), &Actor::system(everything), organization, month, serve::wall_clock()()).await;
    let made = made.map_err(|error| error.public_message())?;
    let what = if made.new { "made" } else { "was made before and stays as it is" };
    println!("Backup Summary Report for {}: {what}. SHA-256 {}", month.name(), made.row.hash);
    Ok(ExitCode::SUCCESS)
}
