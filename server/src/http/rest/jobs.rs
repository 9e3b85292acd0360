//! Jobs: what is backed up again and again on a device.

use super::{
    paging::{Paged, id, present},
    table::Table,
};
use crate::{
    http::{auth::Caller, error::ApiResult, moment::Moment, read::Body},
    portal::Portal,
};
use axum::{
    Json,
    extract::{Path, State},
    http::Method,
};
use domain::{
    access::Action,
    ids::{DeviceId, JobId, RunId},
    run::RunState,
    schedule::Schedule,
};
use engine::store::jobs::{self, JobChange, JobRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Routes of this noun.
pub fn routes() -> Table {
    Table::default().add(Method::GET, "/api/v1/devices/{id}/jobs", list).add(Method::GET, "/api/v1/jobs/{id}", get).add(
        Method::PATCH,
        "/api/v1/jobs/{id}",
        edit,
    )
}

/// A job.
#[derive(Debug, Serialize, ToSchema)]
pub struct Job {
    #[schema(value_type = String)]
    id: JobId,
    #[schema(value_type = String)]
    device: DeviceId,
    name: String,
    /// Its name as a word of a ping address.
    slug: String,
    /// Address that tools of the Healthchecks protocol call; it is a secret.
    ping_url: Option<String>,
    /// Its own schedule; null: the policy's.
    #[schema(value_type = Option<Object>)]
    own_schedule: Option<Schedule>,
    /// The schedule it follows.
    #[schema(value_type = Object)]
    schedule: Schedule,
    created_at: Moment,
    #[schema(value_type = Option<String>)]
    last_run: Option<RunId>,
    #[schema(value_type = Option<String>)]
    last_state: Option<RunState>,
    last_at: Option<Moment>,
    last_success_at: Option<Moment>,
    next_due_at: Option<Moment>,
}

impl Job {
    fn of(row: JobRow, portal: &Portal, caller: &Caller) -> Self {
        let may_send = caller.actor.may(Action::ManageDevices) || caller.actor.may(Action::Ingest);
        Self {
            ping_url: may_send.then(|| format!("{}/ping/{}", portal.public_url(), row.ping_uuid)),
            id: row.id,
            device: row.device,
            name: row.name,
            slug: row.slug,
            own_schedule: row.own_schedule,
            schedule: row.schedule,
            created_at: row.created_at.into(),
            last_run: row.last_run,
            last_state: row.last_state,
            last_at: row.last_at.map(Moment),
            last_success_at: row.last_usable_at.map(Moment),
            next_due_at: row.due_at.map(Moment),
        }
    }
}

/// What may change of a job.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditJob {
    name: Option<String>,
    /// null: the policy's.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Object>)]
    schedule: Option<Option<Schedule>>,
}

/// Lists the jobs of a device, by name.
#[utoipa::path(get, path = "/api/v1/devices/{id}/jobs", tag = "jobs", params(("id" = String, Path)), responses((status = 200, body = Paged<Job>), (status = 404)))]
pub async fn list(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<Json<Paged<Job>>> {
    let rows = jobs::list(portal.store(), &caller.actor, id("device", &text)?).await?;
    Ok(Paged::whole(rows, |row| Job::of(row, &portal, &caller)))
}

/// One job.
#[utoipa::path(get, path = "/api/v1/jobs/{id}", tag = "jobs", params(("id" = String, Path)), responses((status = 200, body = Job), (status = 404)))]
pub async fn get(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<Json<Job>> {
    let row = jobs::get(portal.store(), &caller.actor, id("job", &text)?).await?;
    Ok(Json(Job::of(row, &portal, &caller)))
}

/// Renames a job, or gives it a schedule of its own.
#[utoipa::path(patch, path = "/api/v1/jobs/{id}", tag = "jobs", params(("id" = String, Path)), request_body = EditJob, responses((status = 200, body = Job), (status = 404), (status = 422)))]
pub async fn edit(
    State(portal): State<Portal>,
    caller: Caller,
    Path(text): Path<String>,
    Body(change): Body<EditJob>,
) -> ApiResult<Json<Job>> {
    let id = id("job", &text)?;
    jobs::edit(portal.engine(), &caller.actor, id, JobChange { name: change.name, schedule: change.schedule }, portal.now()).await?;
    let row = jobs::get(portal.store(), &caller.actor, id).await?;
    Ok(Json(Job::of(row, &portal, &caller)))
}
