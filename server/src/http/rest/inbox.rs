//! The inbox: sources that report and are not known yet. Assigned once, remembered from then on.

use super::{
    paging::{PageQuery, Paged, id},
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
    http::{Method, StatusCode},
};
use domain::{
    ids::{DeviceId, InboxId, OrganizationId, PartnerId, PolicyId},
    policy::DeviceClass,
};
use engine::store::{
    devices::NewDevice,
    inbox::{self, Assignment, InboxFilter, InboxRow},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Routes of this noun.
pub fn routes() -> Table {
    Table::default().add(Method::GET, "/api/v1/inbox", list).add(Method::POST, "/api/v1/inbox/{id}/assign", assign).add(
        Method::POST,
        "/api/v1/inbox/{id}/dismiss",
        dismiss,
    )
}

/// A source that waits.
#[derive(Debug, Serialize, ToSchema)]
pub struct Waiting {
    #[schema(value_type = String)]
    id: InboxId,
    #[schema(value_type = String)]
    partner: PartnerId,
    /// The organization its key is bound to.
    #[schema(value_type = Option<String>)]
    organization: Option<OrganizationId>,
    /// What it calls itself.
    source: String,
    first_seen_at: Moment,
    last_seen_at: Moment,
    /// Reports so far.
    events: i64,
}

impl From<InboxRow> for Waiting {
    fn from(row: InboxRow) -> Self {
        Self {
            id: row.id,
            partner: row.partner,
            organization: row.organization,
            source: row.source,
            first_seen_at: row.first_seen_at.into(),
            last_seen_at: row.last_seen_at.into(),
            events: row.events,
        }
    }
}

/// A device that is there, or one to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignBody {
    /// A device that is there.
    #[schema(value_type = Option<String>)]
    device: Option<DeviceId>,
    /// For a device to be made: its name.
    name: Option<String>,
    /// For a device to be made: its organization.
    #[schema(value_type = Option<String>)]
    organization: Option<OrganizationId>,
    /// For a device to be made: workstation or server.
    #[schema(value_type = Option<String>)]
    class: Option<DeviceClass>,
    /// For a device to be made: its policy; default: the partner's default.
    #[schema(value_type = Option<String>)]
    policy: Option<PolicyId>,
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct AssignedDevice {
    #[schema(value_type = String)]
    device: DeviceId,
    /// Waiting reports that were taken in.
    accepted: usize,
    /// Waiting reports that could not be.
    rejected: usize,
}

/// Lists sources that wait, last seen first.
#[utoipa::path(get, path = "/api/v1/inbox", tag = "inbox", params(PageQuery), responses((status = 200, body = Paged<Waiting>)))]
pub async fn list(State(portal): State<Portal>, caller: Caller, Search(query): Search<PageQuery>) -> ApiResult<Json<Paged<Waiting>>> {
    let filter = InboxFilter { cursor: query.cursor, limit: query.limit };
    Ok(Paged::of(inbox::list(portal.store(), &caller.actor, &filter).await?, Waiting::from))
}

/// Assigns a source; what waited is taken in.
#[utoipa::path(post, path = "/api/v1/inbox/{id}/assign", tag = "inbox", params(("id" = String, Path)), request_body = AssignBody, responses((status = 200, body = AssignedDevice), (status = 404), (status = 409), (status = 422)))]
pub async fn assign(
    State(portal): State<Portal>,
    caller: Caller,
    Path(text): Path<String>,
    Body(body): Body<AssignBody>,
) -> ApiResult<Json<AssignedDevice>> {
    let id = id("source", &text)?;
    let to = match (body.device, body.name, body.organization) {
        (Some(device), None, None) => Assignment::Device(device),
        (None, Some(name), Some(organization)) => Assignment::New(NewDevice {
            organization,
            name,
            class: body.class.unwrap_or(DeviceClass::Workstation),
            policy: body.policy,
            quota_bytes: None,
            tags: Vec::new(),
        }),
        _ => return Err(ApiError::invalid("one_target", "device", "give `device`, or `name` and `organization` of a device to be made")),
    };
    let assigned = inbox::assign(portal.engine(), &caller.actor, id, to, portal.now()).await?;
    Ok(Json(AssignedDevice { device: assigned.device, accepted: assigned.receipt.accepted, rejected: assigned.receipt.rejected.len() }))
}

/// Dismisses a source: its reports are dropped from now on.
#[utoipa::path(post, path = "/api/v1/inbox/{id}/dismiss", tag = "inbox", params(("id" = String, Path)), responses((status = 204), (status = 404)))]
pub async fn dismiss(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<StatusCode> {
    inbox::dismiss(portal.store(), &caller.actor, id("source", &text)?, portal.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
