//! What comes in with a key: events, raw reports of tools, check-ins, restore tests. An answer of 200 means stored for good.

use super::{
    auth::Caller,
    error::{ApiError, ApiResult},
    events::{self, BadBody, MAX_EVENTS},
    moment::Moment,
    read::{Body, Search},
    report,
};
use crate::portal::Portal;
use axum::{
    Json,
    body::Bytes,
    extract::{Path, State, rejection::BytesRejection},
    http::StatusCode,
};
use domain::{
    access::Action,
    ids::{DeviceId, RestoreTestId},
};
use engine::ingest::{CheckIn, CheckedIn, IncomingEvent, RestoreTestReport};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Largest body of events and of check-ins.
pub const MAX_BODY: usize = 1 << 20;
/// Largest raw report.
pub const MAX_REPORT: usize = 4 << 20;

/// What became of a body of events.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventsReceipt {
    /// Stored for good, second copies included.
    accepted: usize,
    /// Second copies among them; they changed nothing.
    duplicates: usize,
    /// Of the accepted: from devices nobody knows yet; they wait in the inbox to be assigned.
    waiting: usize,
    /// Refused, by their place in the body (from 0).
    rejected: Vec<RejectedEvent>,
}

/// A refused event.
#[derive(Debug, Serialize, ToSchema)]
pub struct RejectedEvent {
    /// Its place in the body, from 0.
    index: usize,
    /// Stable word.
    code: String,
    /// What is wrong.
    message: String,
}

fn may_ingest(caller: &Caller) -> ApiResult<()> {
    if caller.actor.may(Action::Ingest) { Ok(()) } else { Err(ApiError::forbidden("send events")) }
}

/// A body as it is.
///
/// # Errors
/// 413, naming the limit; it ended early.
pub fn whole(body: Result<Bytes, BytesRejection>, limit: &str) -> ApiResult<Bytes> {
    body.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            ApiError::too_large(limit)
        } else {
            ApiError::malformed("bad_body", "the body ended early")
        }
    })
}

/// Sends events, one or many.
#[utoipa::path(post, path = "/api/v1/events", tag = "ingest", request_body(content = Vec<events::Event>, description = "A JSON array, one object, or one object a line (NDJSON); at most 1 MiB and 5,000 events"),
    responses((status = 200, description = "Stored for good; one bad event never costs the good ones", body = EventsReceipt), (status = 413, description = "More than 1 MiB or 5,000 events")))]
pub async fn post_events(
    State(portal): State<Portal>,
    caller: Caller,
    body: Result<Bytes, BytesRejection>,
) -> ApiResult<Json<EventsReceipt>> {
    may_ingest(&caller)?;
    let body = whole(body, "1 MiB")?;
    let parsed = events::read_body(&body, portal.now()).map_err(|bad| match bad {
        BadBody::NotJson(why) => ApiError::malformed("bad_json", why),
        BadBody::TooMany => ApiError::too_large(&format!("{MAX_EVENTS} events")),
    })?;
    let mut rejected = Vec::new();
    let mut places = Vec::with_capacity(parsed.len());
    let mut good = Vec::with_capacity(parsed.len());
    for (index, event) in parsed.into_iter().enumerate() {
        match event {
            Ok(event) => {
                places.push(index);
                good.push(event);
            }
            Err(refusal) => rejected.push(RejectedEvent { index, code: refusal.code.to_owned(), message: refusal.message }),
        }
    }
    let mut receipt = store(&portal, &caller, good).await?;
    for event in &mut receipt.rejected {
        event.index = places.get(event.index).copied().unwrap_or(event.index);
    }
    receipt.rejected.extend(rejected);
    receipt.rejected.sort_by_key(|event| event.index);
    count(&portal, &receipt);
    Ok(Json(receipt))
}

async fn store(portal: &Portal, caller: &Caller, good: Vec<IncomingEvent>) -> ApiResult<EventsReceipt> {
    if good.is_empty() {
        return Ok(EventsReceipt { accepted: 0, duplicates: 0, waiting: 0, rejected: Vec::new() });
    }
    let receipt = portal.engine().ingest.submit(&caller.actor, good, portal.now()).await?;
    let rejected =
        receipt.rejected.into_iter().map(|r| RejectedEvent { index: r.index, code: r.code.to_string(), message: r.message }).collect();
    Ok(EventsReceipt { accepted: receipt.accepted, duplicates: receipt.duplicates, waiting: receipt.waiting, rejected })
}

fn count(portal: &Portal, receipt: &EventsReceipt) {
    let metrics = portal.metrics();
    metrics.events_accepted.inc_by(receipt.accepted.saturating_sub(receipt.duplicates) as u64);
    metrics.events_duplicate.inc_by(receipt.duplicates as u64);
    metrics.events_rejected.inc_by(receipt.rejected.len() as u64);
}

/// Where a raw report comes from.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReportSource {
    /// Device: id, or name within the key's organization. Without it: the key's own device.
    pub device: Option<String>,
    /// Organization, where the key reaches several.
    pub organization: Option<String>,
    /// Job; without it the name of the tool.
    pub job: Option<String>,
    /// Exit code of the command.
    pub exit_code: Option<i32>,
    /// Unique name of the run; without it the tool's own, or the content's.
    pub run: Option<String>,
    /// When the command was started.
    #[param(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Moment>,
    /// Zone of the machine for tools that print local times: IANA name, or `+02:00`.
    pub zone: Option<String>,
}

/// Sends what a tool printed, as it is.
#[utoipa::path(post, path = "/api/v1/reports/{tool}", tag = "ingest", params(("tool" = String, Path, description = "restic, borg, borgmatic or rclone"), ReportSource),
    request_body(content = String, content_type = "text/plain", description = "Standard output and error of the command, at most 4 MiB"),
    responses((status = 200, description = "Stored for good", body = EventsReceipt), (status = 422, description = "No output of a backup, or a tool that is not read yet")))]
pub async fn post_report(
    State(portal): State<Portal>,
    caller: Caller,
    Path(tool): Path<String>,
    Search(source): Search<ReportSource>,
    body: Result<Bytes, BytesRejection>,
) -> ApiResult<Json<EventsReceipt>> {
    may_ingest(&caller)?;
    let body = whole(body, "4 MiB")?;
    let events = report::events(&tool, source, &body, portal.now())?;
    let receipt = store(&portal, &caller, events).await?;
    count(&portal, &receipt);
    if let Some(first) = receipt.rejected.first()
        && receipt.accepted == 0
    {
        let status = if first.code == "not_found" { StatusCode::NOT_FOUND } else { StatusCode::UNPROCESSABLE_ENTITY };
        let mut error = ApiError::new(status, "rejected", first.message.clone());
        error.code = first.code.clone().into();
        return Err(error);
    }
    Ok(Json(receipt))
}

/// A sign of life of an agent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckInBody {
    /// Device: id or name; without it the key's own.
    device: Option<String>,
    /// Organization, where the key reaches several.
    organization: Option<String>,
    /// When; default: now.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Moment>,
    /// Version of the agent.
    agent_version: Option<String>,
    /// Name of the machine.
    hostname: Option<String>,
    /// Bytes used at the destination.
    #[schema(minimum = 0)]
    #[serde(alias = "storage_used_bytes")]
    storage_used: Option<i64>,
    /// Bytes allowed there.
    #[schema(minimum = 0)]
    #[serde(alias = "storage_quota_bytes")]
    storage_quota: Option<i64>,
}

/// What became of a check-in.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckInReceipt {
    /// At which device it was stored; none: nobody knows the device yet, its name waits in the inbox.
    #[schema(value_type = Option<String>)]
    device: Option<DeviceId>,
}

/// Tells that a machine is alive, and how full its destination is.
#[utoipa::path(post, path = "/api/v1/check-ins", tag = "ingest", request_body = CheckInBody, responses((status = 200, description = "Stored", body = CheckInReceipt), (status = 404, description = "No such device")))]
pub async fn post_check_in(State(portal): State<Portal>, caller: Caller, Body(body): Body<CheckInBody>) -> ApiResult<Json<CheckInReceipt>> {
    may_ingest(&caller)?;
    let now = portal.now();
    let check_in = CheckIn {
        device: body.device,
        organization: body.organization,
        at: body.at.map_or(now, |at| at.0.min(now)),
        agent_version: body.agent_version,
        hostname: body.hostname,
        storage_used: body.storage_used,
        storage_quota: body.storage_quota,
    };
    let device = match portal.engine().ingest.check_in(&caller.actor, check_in, now).await? {
        CheckedIn::Device(device) => Some(device),
        CheckedIn::Waiting => None,
    };
    Ok(Json(CheckInReceipt { device }))
}

/// How a restore test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RestoreResult {
    /// The restore works.
    Passed,
    /// It does not.
    Failed,
}

/// A restore test.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RestoreTestBody {
    /// Device: id or name; without it the key's own.
    device: Option<String>,
    /// Organization, where the key reaches several.
    organization: Option<String>,
    /// When; default: now.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Moment>,
    /// passed or failed.
    result: RestoreResult,
    /// What was restored.
    #[serde(default)]
    scope: String,
    /// Achieved recovery point, in seconds.
    rpo_seconds: Option<i64>,
    /// Achieved recovery time, in seconds.
    rto_seconds: Option<i64>,
    /// Anything else.
    #[serde(default)]
    note: String,
}

/// A stored restore test.
#[derive(Debug, Serialize, ToSchema)]
pub struct Stored {
    /// Its id.
    #[schema(value_type = String)]
    id: RestoreTestId,
}

/// Stores a restore test.
#[utoipa::path(post, path = "/api/v1/restore-tests", tag = "ingest", request_body = RestoreTestBody, responses((status = 200, description = "Stored; a second copy gives the same id", body = Stored), (status = 404, description = "No such device")))]
pub async fn post_restore_test(State(portal): State<Portal>, caller: Caller, Body(body): Body<RestoreTestBody>) -> ApiResult<Json<Stored>> {
    let now = portal.now();
    for (field, value) in [("rpo_seconds", body.rpo_seconds), ("rto_seconds", body.rto_seconds)] {
        if value.is_some_and(|seconds| seconds < 0) {
            return Err(ApiError::invalid("invalid_length", field, format!("`{field}` is negative")));
        }
    }
    let report = RestoreTestReport {
        device: body.device,
        organization: body.organization,
        at: body.at.map_or(now, |at| at.0.min(now)),
        passed: body.result == RestoreResult::Passed,
        scope: body.scope,
        rpo_seconds: body.rpo_seconds,
        rto_seconds: body.rto_seconds,
        note: formats::redact(&body.note),
    };
    let id = portal.engine().ingest.restore_test(&caller.actor, report, now).await?;
    Ok(Json(Stored { id }))
}
