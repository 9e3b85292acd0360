//! Alerts: records of what is or was wrong, and what was done about it.

use super::{
    assessment::fact,
    paging::{Paged, id, word},
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
};
use domain::{
    alert::{AlertKind, Severity},
    ids::{AlertId, DeviceId, IncidentId, JobId, OrganizationId, RunId},
    text,
    time::Time,
};
use engine::store::alerts::{self, AlertFilter, AlertRow, AlertState};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// Routes of this noun.
pub fn routes() -> Table {
    Table::default()
        .add(Method::GET, "/api/v1/alerts", list)
        .add(Method::GET, "/api/v1/alerts/{id}", get)
        .add(Method::POST, "/api/v1/alerts/{id}/acknowledge", acknowledge)
        .add(Method::POST, "/api/v1/alerts/{id}/take-back", take_back)
        .add(Method::POST, "/api/v1/alerts/{id}/snooze", snooze)
        .add(Method::POST, "/api/v1/alerts/{id}/end-snooze", end_snooze)
        .add(Method::POST, "/api/v1/alerts/{id}/note", note)
}

/// An alert.
#[derive(Debug, Serialize, ToSchema)]
pub struct Alert {
    #[schema(value_type = String)]
    id: AlertId,
    #[schema(value_type = String)]
    device: DeviceId,
    device_name: String,
    #[schema(value_type = String)]
    organization: OrganizationId,
    organization_name: String,
    #[schema(value_type = Option<String>)]
    job: Option<JobId>,
    job_name: Option<String>,
    #[schema(value_type = Option<String>)]
    run: Option<RunId>,
    /// For example job_failed.
    #[schema(value_type = String)]
    kind: AlertKind,
    /// warning or critical.
    #[schema(value_type = String)]
    severity: Severity,
    /// Since when the condition holds.
    since: Moment,
    opened_at: Moment,
    raised_at: Option<Moment>,
    resolved_at: Option<Moment>,
    /// How many times it came back.
    reopened: i64,
    /// True while its device is paused or retired.
    muted: bool,
    acknowledged_at: Option<Moment>,
    acknowledged_by: Option<String>,
    snoozed_until: Option<Moment>,
    /// Why, in words.
    reason: String,
    /// What the run that it comes from said at its end.
    message: Option<String>,
    /// Files which that run could not read; the first few.
    failed_items: Vec<String>,
    /// The fact behind it.
    #[schema(value_type = Object)]
    fact: Value,
    /// Cause, as far as it is known, and steps.
    recommended_action: String,
    /// The incident that it belongs to.
    #[schema(value_type = Option<String>)]
    incident: Option<IncidentId>,
    /// It comes and goes since then.
    flapping_since: Option<Moment>,
}

impl Alert {
    fn of(row: AlertRow, now: Time) -> Self {
        let recommended_action = row.remedy(None).text();
        let (job, job_name) = row.job.unzip();
        let name = |id: JobId| job_name.clone().unwrap_or_else(|| id.to_string());
        Self {
            reason: text::reason(&row.reason, now, name),
            message: row.message,
            failed_items: row.failed_items,
            fact: fact(&row.reason),
            id: row.id,
            device: row.device.0,
            device_name: row.device.1,
            organization: row.organization.0,
            organization_name: row.organization.1,
            job,
            run: row.run,
            kind: row.kind,
            severity: row.severity,
            since: row.since.into(),
            opened_at: row.opened_at.into(),
            raised_at: row.raised_at.map(Moment),
            resolved_at: row.resolved_at.map(Moment),
            reopened: row.reopened,
            muted: row.muted,
            acknowledged_at: row.acknowledged_at.map(Moment),
            acknowledged_by: row.acknowledged_by,
            snoozed_until: row.snoozed_until.map(Moment),
            recommended_action,
            incident: row.incident,
            flapping_since: row.flapping_since.map(Moment),
            job_name,
        }
    }
}

/// What happened to an alert.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlertEvent {
    at: Moment,
    /// opened, raised, lowered, reopened, resolved, acknowledged, unacknowledged, snoozed, unsnoozed or note.
    what: String,
    /// A name, `key:…` or `system`.
    who: String,
    note: String,
}

/// One alert with what happened to it.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlertFull {
    #[serde(flatten)]
    alert: Alert,
    /// Oldest first.
    events: Vec<AlertEvent>,
}

/// Which alerts.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AlertQuery {
    /// open (default), resolved or any.
    state: Option<String>,
    /// Id.
    device: Option<String>,
    /// Id.
    organization: Option<String>,
    /// For example job_failed.
    kind: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows, at most 500.
    limit: Option<u64>,
}

/// Why it is acknowledged.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgeBody {
    #[serde(default)]
    reason: String,
}

/// Until when it is quiet.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SnoozeBody {
    until: Moment,
}

/// What is noted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteBody {
    note: String,
}

async fn answer(portal: &Portal, caller: &Caller, id: AlertId) -> ApiResult<Json<AlertFull>> {
    let detail = alerts::get(portal.store(), &caller.actor, id).await?;
    let events = detail.events.into_iter().map(|e| AlertEvent { at: e.at.into(), what: e.what, who: e.who, note: e.note }).collect();
    Ok(Json(AlertFull { alert: Alert::of(detail.row, portal.now()), events }))
}

/// Lists alerts, latest first.
#[utoipa::path(get, path = "/api/v1/alerts", tag = "alerts", params(AlertQuery), responses((status = 200, body = Paged<Alert>)))]
pub async fn list(State(portal): State<Portal>, caller: Caller, Search(query): Search<AlertQuery>) -> ApiResult<Json<Paged<Alert>>> {
    let state = match query.state.as_deref() {
        None | Some("open") => AlertState::Open,
        Some("resolved") => AlertState::Resolved,
        Some("any") => AlertState::Any,
        Some(_) => return Err(ApiError::malformed("bad_query", "`state` is open, resolved or any").field("state")),
    };
    let filter = AlertFilter {
        state,
        device: word("device", query.device.as_deref())?,
        organization: word("organization", query.organization.as_deref())?,
        kind: word("kind", query.kind.as_deref())?,
        cursor: query.cursor,
        limit: query.limit,
        ..AlertFilter::default()
    };
    let now = portal.now();
    Ok(Paged::of(alerts::list(portal.store(), &caller.actor, &filter).await?, |row| Alert::of(row, now)))
}

/// One alert.
#[utoipa::path(get, path = "/api/v1/alerts/{id}", tag = "alerts", params(("id" = String, Path)), responses((status = 200, body = AlertFull), (status = 404)))]
pub async fn get(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<Json<AlertFull>> {
    answer(&portal, &caller, id("alert", &text)?).await
}

/// Says that somebody takes care.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/acknowledge", tag = "alerts", params(("id" = String, Path)), request_body = AcknowledgeBody, responses((status = 200, body = AlertFull), (status = 404)))]
pub async fn acknowledge(
    State(portal): State<Portal>,
    caller: Caller,
    Path(text): Path<String>,
    Body(body): Body<AcknowledgeBody>,
) -> ApiResult<Json<AlertFull>> {
    let id = id("alert", &text)?;
    alerts::acknowledge(portal.engine(), &caller.actor, id, &body.reason, portal.now()).await?;
    answer(&portal, &caller, id).await
}

/// Takes an acknowledgement back: nobody takes care. Where there is none, nothing changes.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/take-back", tag = "alerts", params(("id" = String, Path)), responses((status = 200, body = AlertFull), (status = 404), (status = 409)))]
pub async fn take_back(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<Json<AlertFull>> {
    let id = id("alert", &text)?;
    alerts::take_back(portal.engine(), &caller.actor, id, portal.now()).await?;
    answer(&portal, &caller, id).await
}

/// Keeps it quiet until a time.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/snooze", tag = "alerts", params(("id" = String, Path)), request_body = SnoozeBody, responses((status = 200, body = AlertFull), (status = 404), (status = 422)))]
pub async fn snooze(
    State(portal): State<Portal>,
    caller: Caller,
    Path(text): Path<String>,
    Body(body): Body<SnoozeBody>,
) -> ApiResult<Json<AlertFull>> {
    let id = id("alert", &text)?;
    alerts::snooze(portal.engine(), &caller.actor, id, body.until.0, portal.now()).await?;
    answer(&portal, &caller, id).await
}

/// Ends a snooze before its time. Where there is none, nothing changes.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/end-snooze", tag = "alerts", params(("id" = String, Path)), responses((status = 200, body = AlertFull), (status = 404), (status = 409)))]
pub async fn end_snooze(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<Json<AlertFull>> {
    let id = id("alert", &text)?;
    alerts::end_snooze(portal.engine(), &caller.actor, id, portal.now()).await?;
    answer(&portal, &caller, id).await
}

/// Adds a note.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/note", tag = "alerts", params(("id" = String, Path)), request_body = NoteBody, responses((status = 200, body = AlertFull), (status = 404), (status = 422)))]
pub async fn note(
    State(portal): State<Portal>,
    caller: Caller,
    Path(text): Path<String>,
    Body(body): Body<NoteBody>,
) -> ApiResult<Json<AlertFull>> {
    let id = id("alert", &text)?;
    alerts::note(portal.engine(), &caller.actor, id, &body.note, portal.now()).await?;
    answer(&portal, &caller, id).await
}
