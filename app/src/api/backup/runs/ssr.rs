//! From the engine's runs to the pages' ones.

use super::{RunLine, RunView, RunsView};
use crate::error::UiError;
use domain::{
    access::Actor,
    ids::{DeviceId, RunId},
};
use engine::{
    Engine,
    store::runs::{self, RunFilter, RunRow},
};

fn line(row: RunRow) -> RunLine {
    RunLine {
        id: row.id,
        job: row.job.0,
        job_name: row.job.1,
        state: row.state,
        started_at: row.started_at,
        ended_at: row.ended_at,
        attempt: row.attempt,
        percent: None,
        items: None,
        bytes: row.bytes,
        message: row.message,
    }
}

pub(in crate::api::backup) async fn of_device(
    engine: &Engine,
    actor: &Actor,
    device: DeviceId,
    cursor: Option<String>,
    limit: u64,
) -> Result<RunsView, UiError> {
    let filter = RunFilter { device: Some(device), cursor, limit: Some(limit), ..RunFilter::default() };
    let page = runs::list(&engine.store, actor, &filter).await?;
    Ok(RunsView { runs: page.items.into_iter().map(line).collect(), next_cursor: page.next_cursor })
}

pub(super) async fn run(engine: &Engine, actor: &Actor, id: RunId) -> Result<RunView, UiError> {
    let detail = runs::get(&engine.store, actor, id).await?;
    let log = if detail.log_bytes.is_some() { runs::log(&engine.store, actor, id).await? } else { None };
    let row = detail.row;
    Ok(RunView { id, device: row.device, organization: row.organization, job: row.job, run: detail.run, log })
}
