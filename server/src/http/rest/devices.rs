//! Devices: protected machines, with score, band and what is due.

use super::{
    assessment::{Assessment, job_names},
    paging::{Paged, created, id, present, word},
    runs::RunBrief,
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
    health::Band,
    ids::{DeviceId, OrganizationId, PartnerId, PolicyId},
    policy::{DeviceClass, DeviceLife},
    schedule::Schedule,
    text,
};
use engine::store::devices::{self, DeviceChange, DeviceDetail, DeviceFilter, DeviceRow, DeviceSort};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Routes of this noun.
pub fn routes() -> Table {
    Table::default()
        .add(Method::GET, "/api/v1/devices", list)
        .add(Method::POST, "/api/v1/devices", create)
        .add(Method::GET, "/api/v1/devices/{id}", get)
        .add(Method::PATCH, "/api/v1/devices/{id}", edit)
        .add(Method::POST, "/api/v1/devices/{id}/pause", pause)
        .add(Method::POST, "/api/v1/devices/{id}/resume", resume)
        .add(Method::POST, "/api/v1/devices/{id}/retire", retire)
        .add(Method::GET, "/api/v1/devices/{id}/assessment", assessment)
}

/// A device in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Device {
    #[schema(value_type = String)]
    id: DeviceId,
    name: String,
    #[schema(value_type = String)]
    organization: OrganizationId,
    organization_name: String,
    /// workstation or server.
    #[schema(value_type = String)]
    class: DeviceClass,
    /// pending, active, paused or retired.
    #[schema(value_type = String)]
    life: DeviceLife,
    #[schema(value_type = String)]
    policy: PolicyId,
    policy_name: String,
    /// 0, or 40 to 100.
    score: u8,
    /// unknown, critical, warning or healthy.
    #[schema(value_type = String)]
    band: Band,
    /// End of the last usable backup.
    last_success_at: Option<Moment>,
    /// When the next is due, grace included.
    next_due_at: Option<Moment>,
    /// When the score changes if nothing happens.
    next_change: Option<Moment>,
    /// Open runs.
    running: i64,
    /// Open runs that are tried again.
    retrying: i64,
    open_alerts: i64,
    storage_used: Option<i64>,
    quota_bytes: Option<i64>,
    tags: Vec<String>,
    /// The open run, else the last.
    latest_run: Option<RunBrief>,
}

impl From<DeviceRow> for Device {
    fn from(row: DeviceRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            organization: row.organization.0,
            organization_name: row.organization.1,
            class: row.class,
            life: row.life,
            policy: row.policy.0,
            policy_name: row.policy.1,
            score: row.score.0,
            band: row.band,
            last_success_at: row.last_usable_at.map(Moment),
            next_due_at: row.due_at.map(Moment),
            next_change: row.next_change.map(Moment),
            running: row.running,
            retrying: row.retrying,
            open_alerts: row.open_alerts,
            storage_used: row.storage_used,
            quota_bytes: row.quota_bytes,
            tags: row.tags,
            latest_run: row.latest_run.map(RunBrief::from),
        }
    }
}

/// One device.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeviceFull {
    #[serde(flatten)]
    device: Device,
    #[schema(value_type = String)]
    partner: PartnerId,
    /// Address that tools of the Healthchecks protocol call; it is a secret.
    ping_url: Option<String>,
    agent_version: Option<String>,
    hostname: Option<String>,
    /// IANA zone of the organization.
    time_zone: String,
    #[schema(value_type = Object)]
    schedule: Schedule,
    updated_at: Moment,
    assessment: Assessment,
}

fn full(portal: &Portal, caller: &Caller, detail: DeviceDetail) -> DeviceFull {
    let assessment = Assessment::of(&detail.assessment, portal.now(), job_names(&detail.row.facts));
    // Who only looks must not be able to send.
    let may_send = caller.actor.may(domain::access::Action::ManageDevices) || caller.actor.may(domain::access::Action::Ingest);
    DeviceFull {
        assessment,
        partner: detail.partner,
        ping_url: may_send.then(|| format!("{}/ping/{}", portal.public_url(), detail.ping_uuid)),
        agent_version: detail.agent_version,
        hostname: detail.hostname,
        time_zone: detail.time_zone,
        schedule: detail.schedule,
        updated_at: detail.updated_at.into(),
        device: detail.row.into(),
    }
}

/// A device to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDevice {
    name: String,
    #[schema(value_type = String)]
    organization: OrganizationId,
    /// workstation or server.
    #[schema(value_type = String)]
    class: DeviceClass,
    /// Default: the partner's default policy.
    #[schema(value_type = Option<String>)]
    policy: Option<PolicyId>,
    quota_bytes: Option<i64>,
    #[serde(default)]
    tags: Vec<String>,
}

/// What may change of a device.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditDevice {
    name: Option<String>,
    #[schema(value_type = Option<String>)]
    class: Option<DeviceClass>,
    #[schema(value_type = Option<String>)]
    policy: Option<PolicyId>,
    /// null: no quota.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    quota_bytes: Option<Option<i64>>,
    tags: Option<Vec<String>>,
}

/// Which devices.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeviceQuery {
    /// Id.
    organization: Option<String>,
    /// unknown, critical, warning or healthy.
    band: Option<String>,
    /// workstation or server.
    class: Option<String>,
    /// pending, active, paused (also through a deactivated organization) or retired; default: all but retired.
    life: Option<String>,
    /// Id.
    policy: Option<String>,
    /// Part of the name.
    search: Option<String>,
    /// score (default, worst first), name, last_success or due.
    sort: Option<String>,
    /// true turns the order round.
    #[serde(default)]
    descending: bool,
    /// `next_cursor` of the page before, in the same order.
    cursor: Option<String>,
    /// Rows, at most 500.
    limit: Option<u64>,
}

/// For when.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AtQuery {
    /// A time in RFC 3339; default: now.
    at: Option<String>,
}

/// Lists devices, worst first.
#[utoipa::path(get, path = "/api/v1/devices", tag = "devices", params(DeviceQuery), responses((status = 200, body = Paged<Device>)))]
pub async fn list(State(portal): State<Portal>, caller: Caller, Search(query): Search<DeviceQuery>) -> ApiResult<Json<Paged<Device>>> {
    let sort = match query.sort.as_deref() {
        None | Some("score") => DeviceSort::Score,
        Some("name") => DeviceSort::Name,
        Some("last_success") => DeviceSort::LastSuccess,
        Some("due") => DeviceSort::Due,
        Some(_) => return Err(ApiError::malformed("bad_query", "`sort` is score, name, last_success or due").field("sort")),
    };
    let filter = DeviceFilter {
        organization: word("organization", query.organization.as_deref())?,
        band: word("band", query.band.as_deref())?,
        class: word("class", query.class.as_deref())?,
        life: word("life", query.life.as_deref())?,
        policy: word("policy", query.policy.as_deref())?,
        search: query.search,
        sort,
        descending: query.descending,
        cursor: query.cursor,
        limit: query.limit,
    };
    Ok(Paged::of(devices::list(portal.store(), &caller.actor, &filter, portal.now()).await?, Device::from))
}

async fn answer(portal: &Portal, caller: &Caller, id: DeviceId) -> ApiResult<DeviceFull> {
    Ok(full(portal, caller, devices::get(portal.store(), &caller.actor, id, portal.now()).await?))
}

/// One device with its assessment.
#[utoipa::path(get, path = "/api/v1/devices/{id}", tag = "devices", params(("id" = String, Path)), responses((status = 200, body = DeviceFull), (status = 404)))]
pub async fn get(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<Json<DeviceFull>> {
    Ok(Json(answer(&portal, &caller, id("device", &text)?).await?))
}

/// Makes a device.
#[utoipa::path(post, path = "/api/v1/devices", tag = "devices", request_body = NewDevice, responses((status = 201, body = DeviceFull), (status = 404), (status = 409), (status = 422)))]
pub async fn create(State(portal): State<Portal>, caller: Caller, Body(new): Body<NewDevice>) -> ApiResult<Response> {
    let new = devices::NewDevice {
        organization: new.organization,
        name: new.name,
        class: new.class,
        policy: new.policy,
        quota_bytes: new.quota_bytes,
        tags: new.tags,
    };
    let id = devices::create(portal.engine(), &caller.actor, new, portal.now()).await?;
    Ok(created("/api/v1/devices", id, answer(&portal, &caller, id).await?))
}

/// Changes a device; it is assessed again at once.
#[utoipa::path(patch, path = "/api/v1/devices/{id}", tag = "devices", params(("id" = String, Path)), request_body = EditDevice, responses((status = 200, body = DeviceFull), (status = 404), (status = 422)))]
pub async fn edit(
    State(portal): State<Portal>,
    caller: Caller,
    Path(text): Path<String>,
    Body(change): Body<EditDevice>,
) -> ApiResult<Json<DeviceFull>> {
    let id = id("device", &text)?;
    let change =
        DeviceChange { name: change.name, class: change.class, policy: change.policy, quota_bytes: change.quota_bytes, tags: change.tags };
    devices::edit(portal.engine(), &caller.actor, id, change, portal.now()).await?;
    Ok(Json(answer(&portal, &caller, id).await?))
}

/// Pauses a device: its conditions are recorded, not alerted.
#[utoipa::path(post, path = "/api/v1/devices/{id}/pause", tag = "devices", params(("id" = String, Path)), responses((status = 200, body = DeviceFull), (status = 404), (status = 409)))]
pub async fn pause(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<Json<DeviceFull>> {
    let id = id("device", &text)?;
    devices::pause(portal.engine(), &caller.actor, id, portal.now()).await?;
    Ok(Json(answer(&portal, &caller, id).await?))
}

/// Brings a paused or retired device back.
#[utoipa::path(post, path = "/api/v1/devices/{id}/resume", tag = "devices", params(("id" = String, Path)), responses((status = 200, body = DeviceFull), (status = 404)))]
pub async fn resume(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<Json<DeviceFull>> {
    let id = id("device", &text)?;
    devices::resume(portal.engine(), &caller.actor, id, portal.now()).await?;
    Ok(Json(answer(&portal, &caller, id).await?))
}

/// Retires a device: kept for its history only.
#[utoipa::path(post, path = "/api/v1/devices/{id}/retire", tag = "devices", params(("id" = String, Path)), responses((status = 200, body = DeviceFull), (status = 404)))]
pub async fn retire(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<Json<DeviceFull>> {
    let id = id("device", &text)?;
    devices::retire(portal.engine(), &caller.actor, id, portal.now()).await?;
    Ok(Json(answer(&portal, &caller, id).await?))
}

/// The assessment as it was, is, or will be at a time if nothing more happens.
#[utoipa::path(get, path = "/api/v1/devices/{id}/assessment", tag = "devices", params(("id" = String, Path), AtQuery), responses((status = 200, body = Assessment), (status = 404)))]
pub async fn assessment(
    State(portal): State<Portal>,
    caller: Caller,
    Path(path): Path<String>,
    Search(query): Search<AtQuery>,
) -> ApiResult<Json<Assessment>> {
    let id = id("device", &path)?;
    let now = portal.now();
    let at = match &query.at {
        None => now,
        // A `+` of an offset that was not escaped arrives as a space.
        Some(at) => text::parse_rfc3339(&at.replace(' ', "+")).ok_or_else(|| {
            ApiError::malformed("bad_query", "`at` is a time in RFC 3339 with an offset, for example 2026-11-20T22:00:05Z").field("at")
        })?,
    };
    let assessed = devices::assessment(portal.store(), &caller.actor, id, at, now).await?;
    let loaded = devices::loaded(portal.store(), &caller.actor, id).await?;
    Ok(Json(Assessment::of(&assessed, at, job_names(&loaded.facts))))
}
