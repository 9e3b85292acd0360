//! Policies: when backups are due, and what is asked of them.

use super::{
    paging::{Paged, created, id, present},
    table::Table,
};
use crate::{
    http::{auth::Caller, error::ApiResult, moment::Moment, read::Body},
    portal::Portal,
};
use axum::{
    Json,
    extract::{Path, State},
    http::{Method, StatusCode},
    response::Response,
};
use domain::{
    ids::{PartnerId, PolicyId},
    policy,
    schedule::Schedule,
};
use engine::store::policies::{self, PolicyChange, PolicyRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Routes of this noun.
pub fn routes() -> Table {
    Table::default()
        .add(Method::GET, "/api/v1/policies", list)
        .add(Method::POST, "/api/v1/policies", create)
        .add(Method::GET, "/api/v1/policies/{id}", get)
        .add(Method::PATCH, "/api/v1/policies/{id}", edit)
        .add(Method::DELETE, "/api/v1/policies/{id}", delete)
}

/// A policy.
#[derive(Debug, Serialize, ToSchema)]
pub struct Policy {
    #[schema(value_type = String)]
    id: PolicyId,
    #[schema(value_type = String)]
    partner: PartnerId,
    name: String,
    /// `{"every_minutes": n}`, `{"cron": "…", "time_zone": "…"}` or `"learned"`.
    #[schema(value_type = Object)]
    schedule: Schedule,
    grace_minutes: u32,
    longest_run_minutes: u32,
    restore_test_days: Option<u32>,
    overdue_hours: Option<u32>,
    offline_allowance_hours: u32,
    silence_days: u32,
    /// Taken for devices that name none.
    is_default: bool,
    updated_at: Moment,
}

impl From<PolicyRow> for Policy {
    fn from(row: PolicyRow) -> Self {
        let asks = row.policy;
        Self {
            id: row.id,
            partner: row.partner,
            name: row.name,
            schedule: asks.schedule,
            grace_minutes: asks.grace_minutes,
            longest_run_minutes: asks.longest_run_minutes,
            restore_test_days: asks.restore_test_days,
            overdue_hours: asks.overdue_hours,
            offline_allowance_hours: asks.offline_allowance_hours,
            silence_days: asks.silence_days,
            is_default: row.is_default,
            updated_at: row.updated_at.into(),
        }
    }
}

/// A policy to be made. What is left out is as in the default policy: every 24 h, grace 60, longest run 720, silence 7 days.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPolicy {
    /// Whose; default: your own.
    #[schema(value_type = Option<String>)]
    partner: Option<PartnerId>,
    name: String,
    #[schema(value_type = Option<Object>)]
    schedule: Option<Schedule>,
    grace_minutes: Option<u32>,
    longest_run_minutes: Option<u32>,
    restore_test_days: Option<u32>,
    overdue_hours: Option<u32>,
    offline_allowance_hours: Option<u32>,
    silence_days: Option<u32>,
}

/// What may change of a policy; its devices are assessed again at once.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditPolicy {
    name: Option<String>,
    #[schema(value_type = Option<Object>)]
    schedule: Option<Schedule>,
    grace_minutes: Option<u32>,
    longest_run_minutes: Option<u32>,
    /// null: no restore tests are asked for.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<u32>)]
    restore_test_days: Option<Option<u32>>,
    /// null: 24 for workstations, 12 for servers.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<u32>)]
    overdue_hours: Option<Option<u32>>,
    offline_allowance_hours: Option<u32>,
    silence_days: Option<u32>,
    /// true makes it the default of its partner.
    is_default: Option<bool>,
}

/// Lists the policies of your scope, by name.
#[utoipa::path(get, path = "/api/v1/policies", tag = "policies", responses((status = 200, body = Paged<Policy>)))]
pub async fn list(State(portal): State<Portal>, caller: Caller) -> ApiResult<Json<Paged<Policy>>> {
    Ok(Paged::whole(policies::list(portal.store(), &caller.actor).await?, Policy::from))
}

/// One policy.
#[utoipa::path(get, path = "/api/v1/policies/{id}", tag = "policies", params(("id" = String, Path)), responses((status = 200, body = Policy), (status = 404)))]
pub async fn get(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<Json<Policy>> {
    let id = id("policy", &text)?;
    Ok(Json(policies::get(portal.store(), &caller.actor, id).await?.into()))
}

/// Makes a policy.
#[utoipa::path(post, path = "/api/v1/policies", tag = "policies", request_body = NewPolicy, responses((status = 201, body = Policy), (status = 409), (status = 422)))]
pub async fn create(State(portal): State<Portal>, caller: Caller, Body(new): Body<NewPolicy>) -> ApiResult<Response> {
    let usual = policy::Policy::default();
    let asks = policy::Policy {
        schedule: new.schedule.unwrap_or(usual.schedule),
        grace_minutes: new.grace_minutes.unwrap_or(usual.grace_minutes),
        longest_run_minutes: new.longest_run_minutes.unwrap_or(usual.longest_run_minutes),
        restore_test_days: new.restore_test_days,
        overdue_hours: new.overdue_hours,
        offline_allowance_hours: new.offline_allowance_hours.unwrap_or(usual.offline_allowance_hours),
        silence_days: new.silence_days.unwrap_or(usual.silence_days),
    };
    let new = policies::NewPolicy { partner: new.partner, name: new.name, policy: asks };
    let id = policies::create(portal.store(), &caller.actor, new, portal.now()).await?;
    let made: Policy = policies::get(portal.store(), &caller.actor, id).await?.into();
    Ok(created("/api/v1/policies", id, made))
}

/// Changes a policy.
#[utoipa::path(patch, path = "/api/v1/policies/{id}", tag = "policies", params(("id" = String, Path)), request_body = EditPolicy, responses((status = 200, body = Policy), (status = 404), (status = 422)))]
pub async fn edit(
    State(portal): State<Portal>,
    caller: Caller,
    Path(text): Path<String>,
    Body(change): Body<EditPolicy>,
) -> ApiResult<Json<Policy>> {
    let id = id("policy", &text)?;
    let change = PolicyChange {
        name: change.name,
        schedule: change.schedule,
        grace_minutes: change.grace_minutes,
        longest_run_minutes: change.longest_run_minutes,
        restore_test_days: change.restore_test_days,
        overdue_hours: change.overdue_hours,
        offline_allowance_hours: change.offline_allowance_hours,
        silence_days: change.silence_days,
        is_default: change.is_default,
    };
    policies::edit(portal.engine(), &caller.actor, id, change, portal.now()).await?;
    Ok(Json(policies::get(portal.store(), &caller.actor, id).await?.into()))
}

/// Deletes a policy that no device follows and no inbox rule gives; never the default.
#[utoipa::path(delete, path = "/api/v1/policies/{id}", tag = "policies", params(("id" = String, Path)), responses((status = 204), (status = 404), (status = 409)))]
pub async fn delete(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<StatusCode> {
    policies::delete(portal.store(), &caller.actor, id("policy", &text)?, portal.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
