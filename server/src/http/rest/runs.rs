//! Runs: single executions of jobs, and their logs.

use super::{
    paging::{Paged, id, word},
    table::Table,
};
use crate::{
    http::{
        auth::Caller,
        error::{ApiError, ApiResult},
        moment::Moment,
        read::Search,
    },
    portal::Portal,
};
use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderValue, Method, header},
    response::{IntoResponse, Response},
};
use domain::{
    ids::{DeviceId, JobId, OrganizationId, RunId},
    live::RunNow,
    run::{RunState, Tool},
};
use engine::store::runs::{self, RunDetail, RunFilter, RunRow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Routes of this noun.
pub fn routes() -> Table {
    Table::default().add(Method::GET, "/api/v1/runs", list).add(Method::GET, "/api/v1/runs/{id}", get).add(
        Method::GET,
        "/api/v1/runs/{id}/log",
        log,
    )
}

/// A run in brief.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunBrief {
    #[schema(value_type = String)]
    id: RunId,
    #[schema(value_type = String)]
    job: JobId,
    job_name: String,
    /// running, retrying, missed, skipped, cancelled, failed, warning or succeeded.
    #[schema(value_type = String)]
    state: RunState,
    started_at: Moment,
    ended_at: Option<Moment>,
    attempt: u16,
    percent: Option<u8>,
    items: Option<i64>,
    bytes: Option<i64>,
    message: Option<String>,
}

impl From<RunNow> for RunBrief {
    fn from(run: RunNow) -> Self {
        Self {
            id: run.run,
            job: run.job,
            job_name: run.job_name,
            state: run.state,
            started_at: run.started_at.into(),
            ended_at: run.ended_at.map(Moment),
            attempt: run.attempt,
            percent: run.percent,
            items: run.items,
            bytes: run.bytes,
            message: run.message,
        }
    }
}

/// A run in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Run {
    #[schema(value_type = String)]
    id: RunId,
    #[schema(value_type = String)]
    job: JobId,
    job_name: String,
    #[schema(value_type = String)]
    device: DeviceId,
    device_name: String,
    #[schema(value_type = String)]
    organization: OrganizationId,
    organization_name: String,
    /// The sender's own name of it.
    run: String,
    #[schema(value_type = String)]
    state: RunState,
    started_at: Moment,
    ended_at: Option<Moment>,
    attempt: u16,
    /// True when the server ended it, past the longest run time.
    timed_out: bool,
    bytes: Option<i64>,
    message: Option<String>,
}

impl From<RunRow> for Run {
    fn from(row: RunRow) -> Self {
        Self {
            id: row.id,
            job: row.job.0,
            job_name: row.job.1,
            device: row.device.0,
            device_name: row.device.1,
            organization: row.organization.0,
            organization_name: row.organization.1,
            run: row.key,
            state: row.state,
            started_at: row.started_at.into(),
            ended_at: row.ended_at.map(Moment),
            attempt: row.attempt,
            timed_out: row.timed_out,
            bytes: row.bytes,
            message: row.message,
        }
    }
}

/// When a run first entered a state in an attempt.
#[derive(Debug, Serialize, ToSchema)]
pub struct Step {
    at: Moment,
    #[schema(value_type = String)]
    state: RunState,
    attempt: u16,
    message: Option<String>,
}

/// One run.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunFull {
    #[serde(flatten)]
    run: Run,
    percent: Option<u8>,
    items: Option<i64>,
    bytes_added: Option<i64>,
    failed_items: Vec<String>,
    #[schema(value_type = Option<Object>)]
    tool: Option<Tool>,
    /// What it went through.
    steps: Vec<Step>,
    /// Bytes of its log, if it has one.
    log_bytes: Option<i64>,
}

impl From<RunDetail> for RunFull {
    fn from(detail: RunDetail) -> Self {
        let head = detail.run.head;
        Self {
            run: detail.row.into(),
            percent: head.percent,
            items: head.items,
            bytes_added: head.bytes_added,
            failed_items: head.failed_items,
            tool: head.tool,
            steps: detail
                .run
                .transitions
                .into_iter()
                .map(|t| Step { at: t.at.into(), state: t.state, attempt: t.attempt, message: t.message })
                .collect(),
            log_bytes: detail.log_bytes,
        }
    }
}

/// Which runs.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RunQuery {
    /// Id.
    device: Option<String>,
    /// Id.
    job: Option<String>,
    /// Id.
    organization: Option<String>,
    /// One state.
    state: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows, at most 500.
    limit: Option<u64>,
}

/// Lists runs, latest first.
#[utoipa::path(get, path = "/api/v1/runs", tag = "runs", params(RunQuery), responses((status = 200, body = Paged<Run>)))]
pub async fn list(State(portal): State<Portal>, caller: Caller, Search(query): Search<RunQuery>) -> ApiResult<Json<Paged<Run>>> {
    let filter = RunFilter {
        device: word("device", query.device.as_deref())?,
        job: word("job", query.job.as_deref())?,
        organization: word("organization", query.organization.as_deref())?,
        state: word("state", query.state.as_deref())?,
        cursor: query.cursor,
        limit: query.limit,
    };
    Ok(Paged::of(runs::list(portal.store(), &caller.actor, &filter).await?, Run::from))
}

/// One run.
#[utoipa::path(get, path = "/api/v1/runs/{id}", tag = "runs", params(("id" = String, Path)), responses((status = 200, body = RunFull), (status = 404)))]
pub async fn get(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<Json<RunFull>> {
    Ok(Json(runs::get(portal.store(), &caller.actor, id("run", &text)?).await?.into()))
}

/// The log of a run, as text.
#[utoipa::path(get, path = "/api/v1/runs/{id}/log", tag = "runs", params(("id" = String, Path)), responses((status = 200, content_type = "text/plain", body = String), (status = 404)))]
pub async fn log(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<Response> {
    let log = runs::log(portal.store(), &caller.actor, id("run", &text)?).await?.ok_or_else(|| ApiError::not_found("log"))?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))], log).into_response())
}
