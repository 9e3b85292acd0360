//! Template rules of the inbox: which unknown names become devices by themselves.

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
    ids::{InboxRuleId, OrganizationId, PartnerId, PolicyId},
    policy::DeviceClass,
};
use engine::store::inbox_rules::{self, NewRule, RuleChange, RuleRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Routes of this noun.
pub fn routes() -> Table {
    Table::default()
        .add(Method::GET, "/api/v1/inbox-rules", list)
        .add(Method::POST, "/api/v1/inbox-rules", create)
        .add(Method::GET, "/api/v1/inbox-rules/{id}", get)
        .add(Method::PATCH, "/api/v1/inbox-rules/{id}", edit)
        .add(Method::DELETE, "/api/v1/inbox-rules/{id}", delete)
        .add(Method::POST, "/api/v1/inbox-rules/{id}/apply", apply)
}

/// A rule.
#[derive(Debug, Serialize, ToSchema)]
pub struct InboxRule {
    #[schema(value_type = String)]
    id: InboxRuleId,
    #[schema(value_type = String)]
    partner: PartnerId,
    /// Names it is for; `*` stands for any text, letters count in either case.
    pattern: String,
    #[schema(value_type = String)]
    organization: OrganizationId,
    /// workstation or server.
    #[schema(value_type = String)]
    class: DeviceClass,
    /// null: the partner's default.
    #[schema(value_type = Option<String>)]
    policy: Option<PolicyId>,
    tags: Vec<String>,
    created_at: Moment,
    /// Names that have become devices by it.
    used: i64,
}

impl From<RuleRow> for InboxRule {
    fn from(row: RuleRow) -> Self {
        Self {
            id: row.id,
            partner: row.partner,
            pattern: row.pattern,
            organization: row.organization,
            class: row.class,
            policy: row.policy,
            tags: row.tags,
            created_at: row.created_at.into(),
            used: row.used,
        }
    }
}

/// A rule to be made. Names that wait already are left until `apply`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInboxRule {
    /// Names it is for; `*` stands for any text.
    pattern: String,
    /// Where its devices are made.
    #[schema(value_type = String)]
    organization: OrganizationId,
    /// workstation (default) or server.
    #[schema(value_type = Option<String>)]
    class: Option<DeviceClass>,
    /// Default: the partner's default.
    #[schema(value_type = Option<String>)]
    policy: Option<PolicyId>,
    #[serde(default)]
    tags: Vec<String>,
}

/// What may change of a rule; devices it has made stay as they are.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditInboxRule {
    pattern: Option<String>,
    #[schema(value_type = Option<String>)]
    organization: Option<OrganizationId>,
    #[schema(value_type = Option<String>)]
    class: Option<DeviceClass>,
    /// null: the partner's default.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    policy: Option<Option<PolicyId>>,
    tags: Option<Vec<String>>,
}

/// What became of the waiting names.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppliedRule {
    /// Names that have their device now.
    devices: usize,
    /// Their reports that were taken in.
    reports: usize,
    /// Names that can't be a device's; they go on waiting.
    refused: usize,
    /// Names that wait for another call: one call takes in 200.
    left: usize,
}

/// Lists the rules in the order in which they count: the first that fits a name is used. A pattern without `*` comes before one with
/// it, more letters before fewer, older before younger. The key of an organization meets that organization's rules only.
#[utoipa::path(get, path = "/api/v1/inbox-rules", tag = "inbox", responses((status = 200, body = Paged<InboxRule>)))]
pub async fn list(State(portal): State<Portal>, caller: Caller) -> ApiResult<Json<Paged<InboxRule>>> {
    Ok(Paged::whole(inbox_rules::list(portal.store(), &caller.actor).await?, InboxRule::from))
}

/// One rule.
#[utoipa::path(get, path = "/api/v1/inbox-rules/{id}", tag = "inbox", params(("id" = String, Path)), responses((status = 200, body = InboxRule), (status = 404)))]
pub async fn get(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<Json<InboxRule>> {
    Ok(Json(inbox_rules::get(portal.store(), &caller.actor, id("inbox rule", &text)?).await?.into()))
}

/// Makes a rule: unknown names that it fits become devices with their next report.
#[utoipa::path(post, path = "/api/v1/inbox-rules", tag = "inbox", request_body = NewInboxRule, responses((status = 201, body = InboxRule), (status = 404), (status = 409), (status = 422)))]
pub async fn create(State(portal): State<Portal>, caller: Caller, Body(new): Body<NewInboxRule>) -> ApiResult<Response> {
    let new = NewRule {
        pattern: new.pattern,
        organization: new.organization,
        class: new.class.unwrap_or(DeviceClass::Workstation),
        policy: new.policy,
        tags: new.tags,
    };
    let id = inbox_rules::create(portal.store(), &caller.actor, new, portal.now()).await?;
    let made: InboxRule = inbox_rules::get(portal.store(), &caller.actor, id).await?.into();
    Ok(created("/api/v1/inbox-rules", id, made))
}

/// Changes a rule.
#[utoipa::path(patch, path = "/api/v1/inbox-rules/{id}", tag = "inbox", params(("id" = String, Path)), request_body = EditInboxRule, responses((status = 200, body = InboxRule), (status = 404), (status = 409), (status = 422)))]
pub async fn edit(
    State(portal): State<Portal>,
    caller: Caller,
    Path(text): Path<String>,
    Body(change): Body<EditInboxRule>,
) -> ApiResult<Json<InboxRule>> {
    let id = id("inbox rule", &text)?;
    let change = RuleChange {
        pattern: change.pattern,
        organization: change.organization,
        class: change.class,
        policy: change.policy,
        tags: change.tags,
    };
    inbox_rules::edit(portal.store(), &caller.actor, id, change, portal.now()).await?;
    Ok(Json(inbox_rules::get(portal.store(), &caller.actor, id).await?.into()))
}

/// Deletes a rule; devices it has made stay.
#[utoipa::path(delete, path = "/api/v1/inbox-rules/{id}", tag = "inbox", params(("id" = String, Path)), responses((status = 204), (status = 404)))]
pub async fn delete(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<StatusCode> {
    inbox_rules::delete(portal.store(), &caller.actor, id("inbox rule", &text)?, portal.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes in the names that wait already and for which this is the rule that counts.
#[utoipa::path(post, path = "/api/v1/inbox-rules/{id}/apply", tag = "inbox", params(("id" = String, Path)), responses((status = 200, body = AppliedRule), (status = 404), (status = 409)))]
pub async fn apply(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<Json<AppliedRule>> {
    let applied = inbox_rules::apply(portal.engine(), &caller.actor, id("inbox rule", &text)?, portal.now()).await?;
    Ok(Json(AppliedRule { devices: applied.devices, reports: applied.reports, refused: applied.refused, left: applied.left }))
}
