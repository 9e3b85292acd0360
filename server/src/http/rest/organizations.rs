//! Organizations: the clients of partners, with their live counts.

use super::{
    paging::{Paged, created, id, present, word},
    table::Table,
};
use crate::{
    http::{
        auth::Caller,
        error::{ApiError, ApiResult},
        moment::Moment,
        read::{Body, Search},
    },
    portal::Portal,
};
use axum::{
    Json,
    extract::{Path, State},
    http::Method,
    response::Response,
};
use domain::{
    ids::{OrganizationId, PartnerId},
    live::CountsNow,
};
use engine::store::organizations::{self, OrganizationChange, OrganizationFilter, OrganizationRow, OrganizationStatus, PlanType, Window};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Routes of this noun.
pub fn routes() -> Table {
    Table::default()
        .add(Method::GET, "/api/v1/organizations", list)
        .add(Method::POST, "/api/v1/organizations", create)
        .add(Method::GET, "/api/v1/organizations/{id}", get)
        .add(Method::PATCH, "/api/v1/organizations/{id}", edit)
        .add(Method::GET, "/api/v1/organizations/{id}/counts", counts)
}

/// Devices by band, open runs and alerts, now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Counts {
    healthy: i64,
    warning: i64,
    critical: i64,
    unknown: i64,
    paused: i64,
    running: i64,
    retrying: i64,
    open_alerts: i64,
    /// Devices that a service level covers.
    covered: i64,
    /// Of them in breach of it.
    in_breach: i64,
}

impl From<CountsNow> for Counts {
    fn from(now: CountsNow) -> Self {
        let CountsNow { healthy, warning, critical, unknown, paused, running, retrying, open_alerts, covered, in_breach } = now;
        Self { healthy, warning, critical, unknown, paused, running, retrying, open_alerts, covered, in_breach }
    }
}

/// An organization.
#[derive(Debug, Serialize, ToSchema)]
pub struct Organization {
    #[schema(value_type = String)]
    id: OrganizationId,
    /// Whose client.
    #[schema(value_type = String)]
    partner: PartnerId,
    name: String,
    /// IANA zone.
    time_zone: String,
    /// activated or deactivated.
    #[schema(value_type = String)]
    status: OrganizationStatus,
    /// Where its backup data lives.
    region: String,
    plan_name: String,
    /// Backup or Archiver.
    #[schema(value_type = String)]
    plan_type: PlanType,
    seat_limit: Option<i64>,
    created_at: Moment,
    updated_at: Moment,
    counts: Counts,
}

impl From<OrganizationRow> for Organization {
    fn from(row: OrganizationRow) -> Self {
        Self {
            id: row.id,
            partner: row.partner,
            name: row.name,
            time_zone: row.time_zone,
            status: row.status,
            region: row.region,
            plan_name: row.plan_name,
            plan_type: row.plan_type,
            seat_limit: row.seat_limit,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
            counts: row.counts.into(),
        }
    }
}

/// An organization to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrganization {
    name: String,
    /// Whose client; default: your own.
    #[schema(value_type = Option<String>)]
    partner: Option<PartnerId>,
    /// IANA zone; default: the partner's.
    time_zone: Option<String>,
    #[serde(default)]
    region: String,
    #[serde(default)]
    plan_name: String,
    /// Backup (default) or Archiver.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    plan_type: PlanType,
    seat_limit: Option<i64>,
}

/// What may change of an organization.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditOrganization {
    name: Option<String>,
    time_zone: Option<String>,
    /// activated or deactivated.
    #[schema(value_type = Option<String>)]
    status: Option<OrganizationStatus>,
    region: Option<String>,
    plan_name: Option<String>,
    #[schema(value_type = Option<String>)]
    plan_type: Option<PlanType>,
    /// null: no limit.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    seat_limit: Option<Option<i64>>,
}

/// Which organizations.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OrganizationQuery {
    /// Part of the name.
    search: Option<String>,
    /// activated or deactivated.
    status: Option<String>,
    /// Only this partner's.
    partner: Option<String>,
    /// Only those with a device that is critical, in_breach (of the service level), warning or unknown; or those all of whose
    /// devices are healthy.
    standing: Option<String>,
    /// name (default), need (who needs a look first), compliance, devices, alerts or seats; with `-` before it the other way round.
    sort: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows, at most 500.
    limit: Option<u64>,
}

/// Counts of an organization: runs that ended in a window, open ones now.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrganizationCounts {
    seats: i64,
    /// Runs that ended usable.
    success: i64,
    /// Runs that ended failed, or were missed.
    failed: i64,
    running: i64,
    retrying: i64,
    /// 24h, 7d or 30d.
    window: &'static str,
}

/// Which window.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WindowQuery {
    /// 24h (default), 7d or 30d.
    window: Option<String>,
}

/// Lists organizations.
#[utoipa::path(get, path = "/api/v1/organizations", tag = "organizations", params(OrganizationQuery), responses((status = 200, body = Paged<Organization>)))]
pub async fn list(
    State(portal): State<Portal>,
    caller: Caller,
    Search(query): Search<OrganizationQuery>,
) -> ApiResult<Json<Paged<Organization>>> {
    let (descending, sort) = match query.sort.as_deref() {
        Some(sort) => sort.strip_prefix('-').map_or((false, Some(sort)), |sort| (true, Some(sort))),
        None => (false, None),
    };
    let filter = OrganizationFilter {
        search: query.search,
        status: word("status", query.status.as_deref())?,
        partner: word("partner", query.partner.as_deref())?,
        standing: word("standing", query.standing.as_deref())?,
        sort: word("sort", sort)?.unwrap_or_default(),
        descending,
        cursor: query.cursor,
        limit: query.limit,
    };
    Ok(Paged::of(organizations::list(portal.store(), &caller.actor, &filter).await?, Organization::from))
}

/// One organization.
#[utoipa::path(get, path = "/api/v1/organizations/{id}", tag = "organizations", params(("id" = String, Path)), responses((status = 200, body = Organization), (status = 404)))]
pub async fn get(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<Json<Organization>> {
    let id = id("organization", &text)?;
    Ok(Json(organizations::get(portal.store(), &caller.actor, id).await?.into()))
}

/// Makes an organization.
#[utoipa::path(post, path = "/api/v1/organizations", tag = "organizations", request_body = NewOrganization, responses((status = 201, body = Organization), (status = 409), (status = 422)))]
pub async fn create(State(portal): State<Portal>, caller: Caller, Body(new): Body<NewOrganization>) -> ApiResult<Response> {
    let new = organizations::NewOrganization {
        partner: new.partner,
        name: new.name,
        time_zone: new.time_zone,
        region: new.region,
        plan_name: new.plan_name,
        plan_type: new.plan_type,
        seat_limit: new.seat_limit,
    };
    let id = organizations::create(portal.store(), &caller.actor, new, portal.now()).await?;
    let made: Organization = organizations::get(portal.store(), &caller.actor, id).await?.into();
    Ok(created("/api/v1/organizations", id, made))
}

/// Changes an organization.
#[utoipa::path(patch, path = "/api/v1/organizations/{id}", tag = "organizations", params(("id" = String, Path)), request_body = EditOrganization, responses((status = 200, body = Organization), (status = 404), (status = 422)))]
pub async fn edit(
    State(portal): State<Portal>,
    caller: Caller,
    Path(text): Path<String>,
    Body(change): Body<EditOrganization>,
) -> ApiResult<Json<Organization>> {
    let id = id("organization", &text)?;
    let change = OrganizationChange {
        name: change.name,
        time_zone: change.time_zone,
        status: change.status,
        region: change.region,
        plan_name: change.plan_name,
        plan_type: change.plan_type,
        seat_limit: change.seat_limit,
    };
    organizations::edit(portal.engine(), &caller.actor, id, change, portal.now()).await?;
    Ok(Json(organizations::get(portal.store(), &caller.actor, id).await?.into()))
}

/// Counts of an organization.
#[utoipa::path(get, path = "/api/v1/organizations/{id}/counts", tag = "organizations", params(("id" = String, Path), WindowQuery), responses((status = 200, body = OrganizationCounts), (status = 404)))]
pub async fn counts(
    State(portal): State<Portal>,
    caller: Caller,
    Path(text): Path<String>,
    Search(query): Search<WindowQuery>,
) -> ApiResult<Json<OrganizationCounts>> {
    let id = id("organization", &text)?;
    let window = match query.window.as_deref() {
        None | Some("24h") => Window::Day,
        Some("7d") => Window::Week,
        Some("30d") => Window::Month,
        Some(_) => return Err(ApiError::malformed("bad_query", "`window` is 24h, 7d or 30d").field("window")),
    };
    let counts = organizations::counts(portal.store(), &caller.actor, id, window, portal.now()).await?;
    Ok(Json(OrganizationCounts {
        seats: counts.seats,
        success: counts.success,
        failed: counts.failed,
        running: counts.running,
        retrying: counts.retrying,
        window: window.as_str(),
    }))
}
