//! Connections: an organization's link to one SaaS service. Consent itself is given in a browser, by a person.

use super::{
    paging::{Paged, created, id},
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
    response::Response,
};
use domain::{
    ids::{ConnectionId, OrganizationId, PolicyId},
    saas::{Consent, Service},
};
use engine::store::{
    accounts::discovery,
    connections::{self, ConnectionRow},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Routes of this noun.
pub fn routes() -> Table {
    Table::default()
        .add(Method::GET, "/api/v1/connections", list)
        .add(Method::POST, "/api/v1/connections", create)
        .add(Method::GET, "/api/v1/connections/{id}", get)
        .add(Method::PATCH, "/api/v1/connections/{id}", edit)
        .add(Method::DELETE, "/api/v1/connections/{id}", remove)
        .add(Method::POST, "/api/v1/connections/{id}/discover", discover)
}

/// A connection.
#[derive(Debug, Serialize, ToSchema)]
pub struct Connection {
    #[schema(value_type = String)]
    id: ConnectionId,
    #[schema(value_type = String)]
    organization: OrganizationId,
    /// microsoft_365 or google_workspace.
    #[schema(value_type = String)]
    service: Service,
    #[schema(value_type = String)]
    policy: PolicyId,
    policy_name: String,
    /// The organization at the provider, where it is known.
    tenant: String,
    /// connected, expired or unknown (never given).
    #[schema(value_type = String)]
    consent: Consent,
    consent_at: Moment,
    /// The provider's code of the last refusal or fault.
    code: String,
    /// What the provider said with it.
    detail: String,
    /// Since when no token is given for faults that say nothing of the consent; worth a look after six hours.
    troubled_since: Option<Moment>,
    /// When somebody authorized it last.
    granted_at: Option<Moment>,
    refreshed_at: Option<Moment>,
    discovered_at: Option<Moment>,
    next_discovery_at: Option<Moment>,
    /// What the last discovery has to say.
    discovery: String,
    /// Known accounts.
    accounts: i64,
    /// Of them activated, while the organization is.
    seats: i64,
    created_at: Moment,
}

impl From<ConnectionRow> for Connection {
    fn from(row: ConnectionRow) -> Self {
        Self {
            id: row.id,
            organization: row.organization,
            service: row.service,
            policy: row.policy.0,
            policy_name: row.policy.1,
            tenant: row.tenant,
            consent: row.consent,
            consent_at: row.consent_at.into(),
            code: row.code,
            detail: row.detail,
            troubled_since: row.troubled_since.map(Moment),
            granted_at: row.granted_at.map(Moment),
            refreshed_at: row.refreshed_at.map(Moment),
            discovered_at: row.discovered_at.map(Moment),
            next_discovery_at: row.next_discovery_at.map(Moment),
            discovery: row.discovery_detail,
            accounts: row.accounts,
            seats: row.seats,
            created_at: row.created_at.into(),
        }
    }
}

/// A connection to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConnection {
    #[schema(value_type = String)]
    organization: OrganizationId,
    /// microsoft_365 or google_workspace; one of each for an organization.
    #[schema(value_type = String)]
    service: Service,
    /// Default: the partner's default policy.
    #[schema(value_type = Option<String>)]
    policy: Option<PolicyId>,
}

/// What may change of a connection.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditConnection {
    /// The jobs of its accounts follow it from now on.
    #[schema(value_type = Option<String>)]
    policy: Option<PolicyId>,
}

/// Whose connections.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ConnectionQuery {
    /// Of which organization.
    organization: Option<String>,
}

/// The connections of an organization.
#[utoipa::path(get, path = "/api/v1/connections", tag = "connections", params(ConnectionQuery), responses((status = 200, body = Paged<Connection>), (status = 404)))]
pub async fn list(
    State(portal): State<Portal>,
    caller: Caller,
    Search(query): Search<ConnectionQuery>,
) -> ApiResult<Json<Paged<Connection>>> {
    let Some(text) = query.organization.filter(|text| !text.is_empty()) else {
        return Err(ApiError::malformed("bad_query", "name the `organization` whose connections you want").field("organization"));
    };
    let organization = id("organization", &text)?;
    Ok(Paged::whole(connections::list(portal.store(), &caller.actor, organization).await?, Connection::from))
}

/// One connection.
#[utoipa::path(get, path = "/api/v1/connections/{id}", tag = "connections", params(("id" = String, Path)), responses((status = 200, body = Connection), (status = 404)))]
pub async fn get(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<Json<Connection>> {
    let id = id("connection", &text)?;
    Ok(Json(connections::get(portal.store(), &caller.actor, id).await?.into()))
}

/// Makes a connection. Somebody has to authorize it in a browser before its accounts are discovered.
#[utoipa::path(post, path = "/api/v1/connections", tag = "connections", request_body = NewConnection, responses((status = 201, body = Connection), (status = 404), (status = 409)))]
pub async fn create(State(portal): State<Portal>, caller: Caller, Body(new): Body<NewConnection>) -> ApiResult<Response> {
    let new = connections::NewConnection { organization: new.organization, service: new.service, policy: new.policy };
    let id = connections::create(portal.engine(), &caller.actor, new, portal.now()).await?;
    let made: Connection = connections::get(portal.store(), &caller.actor, id).await?.into();
    Ok(created("/api/v1/connections", id, made))
}

/// Changes a connection.
#[utoipa::path(patch, path = "/api/v1/connections/{id}", tag = "connections", params(("id" = String, Path)), request_body = EditConnection, responses((status = 200, body = Connection), (status = 404)))]
pub async fn edit(
    State(portal): State<Portal>,
    caller: Caller,
    Path(text): Path<String>,
    Body(change): Body<EditConnection>,
) -> ApiResult<Json<Connection>> {
    let id = id("connection", &text)?;
    if let Some(policy) = change.policy {
        connections::set_policy(portal.engine(), &caller.actor, id, policy, portal.now()).await?;
    }
    Ok(Json(connections::get(portal.store(), &caller.actor, id).await?.into()))
}

/// Disconnects: tokens are forgotten. A connection with accounts stays, not connected, because their history belongs to it.
#[utoipa::path(delete, path = "/api/v1/connections/{id}", tag = "connections", params(("id" = String, Path)), responses((status = 204), (status = 404), (status = 409, description = "It has activated accounts")))]
pub async fn remove(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<StatusCode> {
    let id = id("connection", &text)?;
    connections::remove(portal.engine(), &caller.actor, id, portal.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Asks the provider who there is, as soon as may be. New accounts come unprotected.
#[utoipa::path(post, path = "/api/v1/connections/{id}/discover", tag = "connections", params(("id" = String, Path)), responses((status = 202, description = "Asked for", body = Connection), (status = 404), (status = 409, description = "Nobody has authorized it")))]
pub async fn discover(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<(StatusCode, Json<Connection>)> {
    let id = id("connection", &text)?;
    discovery::discover(portal.engine(), &caller.actor, id, portal.now()).await?;
    Ok((StatusCode::ACCEPTED, Json(connections::get(portal.store(), &caller.actor, id).await?.into())))
}
