//! From the engine's runs to the pages' ones.

use super::{AlertOfRun, Glance, RunLine, RunView, RunsView, Usual};
use crate::{api::backup::device::ssr::local, error::UiError};
use domain::{
    access::Actor,
    ids::{DeviceId, JobId, RunId},
    schedule::Schedule,
    text::Local,
};
use engine::{
    Engine,
    store::{
        alerts::{self, AlertFilter, AlertState},
        devices, jobs,
        runs::{self, RunFilter, RunGlance, RunRow},
    },
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
        percent: row.percent,
        items: row.items,
        bytes: row.bytes,
        message: row.message,
    }
}

pub(in crate::api) async fn of_device(
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

/// What clocks show where the job's set times are of, or else in the organization's zone.
async fn local_of(engine: &Engine, actor: &Actor, device: DeviceId, job: JobId) -> Result<Option<Local>, UiError> {
    let now = crate::context::now(engine);
    if let Schedule::Cron { time_zone, .. } = jobs::get(&engine.store, actor, job).await?.schedule {
        return Ok(local(&time_zone, now));
    }
    Ok(local(&devices::loaded(&engine.store, actor, device).await?.time_zone, now))
}

pub(super) async fn run(engine: &Engine, actor: &Actor, id: RunId) -> Result<RunView, UiError> {
    let detail = runs::get(&engine.store, actor, id).await?;
    let log = if detail.log_bytes.is_some() { runs::log(&engine.store, actor, id).await? } else { None };
    let around = runs::around(&engine.store, actor, id).await?;
    let row = detail.row;
    // The alert of a run is among the latest of its device, or too old to matter.
    let filter = AlertFilter { state: AlertState::Any, device: Some(row.device.0), limit: Some(50), ..AlertFilter::default() };
    let alerts = alerts::list(&engine.store, actor, &filter).await?.items;
    let alert = alerts.into_iter().find(|alert| alert.run == Some(id));
    let usual = around.usual;
    let local = if row.is_account { None } else { local_of(engine, actor, row.device.0, row.job.0).await? };
    Ok(RunView {
        id,
        local,
        device: row.device,
        is_account: row.is_account,
        organization: row.organization,
        job: row.job,
        key: row.key,
        run: detail.run,
        previous: around.previous.map(Glance::from),
        next: around.next.map(Glance::from),
        usual: Usual { of: usual.of, took: usual.took, items: usual.items, bytes: usual.bytes, bytes_added: usual.bytes_added },
        before: around.before.into_iter().map(Glance::from).collect(),
        alert: alert.map(|a| AlertOfRun {
            remedy: a.remedy(log.as_deref()),
            id: a.id,
            kind: a.kind,
            severity: a.severity,
            resolved_at: a.resolved_at,
        }),
        log,
    })
}

impl From<RunGlance> for Glance {
    fn from(run: RunGlance) -> Self {
        Self { id: run.id, state: run.state, started_at: run.started_at, ended_at: run.ended_at, bytes: run.bytes }
    }
}
