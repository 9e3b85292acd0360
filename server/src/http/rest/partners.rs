//! Partners: resellers and their sub-resellers.

use super::{
    paging::{Paged, created, id},
    table::Table,
};
use crate::{
    http::{
        auth::Caller,
        error::{ApiError, ApiResult},
        moment::Moment,
        read::Body,
    },
    portal::Portal,
};
use axum::{
    Json,
    extract::{Path, State},
    http::Method,
    response::Response,
};
use domain::{access::Action, ids::PartnerId};
use engine::store::partners::{self, PartnerChange, PartnerRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Routes of this noun.
pub fn routes() -> Table {
    Table::default()
        .add(Method::GET, "/api/v1/partners", list)
        .add(Method::POST, "/api/v1/partners", create)
        .add(Method::GET, "/api/v1/partners/{id}", get)
        .add(Method::PATCH, "/api/v1/partners/{id}", edit)
}

/// A partner.
#[derive(Debug, Serialize, ToSchema)]
pub struct Partner {
    #[schema(value_type = String)]
    id: PartnerId,
    /// The partner above it.
    #[schema(value_type = Option<String>)]
    parent: Option<PartnerId>,
    name: String,
    /// IANA zone, the default for its organizations.
    time_zone: String,
    created_at: Moment,
}

impl From<PartnerRow> for Partner {
    fn from(row: PartnerRow) -> Self {
        Self { id: row.id, parent: row.parent, name: row.name, time_zone: row.time_zone, created_at: row.created_at.into() }
    }
}

/// A partner to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPartner {
    name: String,
    /// IANA zone.
    time_zone: String,
    /// The partner above it; default: your own.
    #[schema(value_type = Option<String>)]
    parent: Option<PartnerId>,
}

/// What may change of a partner.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditPartner {
    name: Option<String>,
    /// IANA zone.
    time_zone: Option<String>,
}

/// A key that only sends looks at nothing.
fn may_look(caller: &Caller) -> ApiResult<()> {
    if caller.actor.may(Action::SeeDashboards) || caller.actor.may(Action::SeeSeats) {
        Ok(())
    } else {
        Err(ApiError::forbidden("see partners"))
    }
}

/// Lists the partners of your scope, by name.
#[utoipa::path(get, path = "/api/v1/partners", tag = "partners", responses((status = 200, body = Paged<Partner>)))]
pub async fn list(State(portal): State<Portal>, caller: Caller) -> ApiResult<Json<Paged<Partner>>> {
    may_look(&caller)?;
    Ok(Paged::whole(partners::list(portal.store(), &caller.actor).await?, Partner::from))
}

/// One partner.
#[utoipa::path(get, path = "/api/v1/partners/{id}", tag = "partners", params(("id" = String, Path)), responses((status = 200, body = Partner), (status = 404)))]
pub async fn get(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<Json<Partner>> {
    let id = id("partner", &text)?;
    may_look(&caller)?;
    Ok(Json(partners::get(portal.store(), &caller.actor, id).await?.into()))
}

/// Makes a sub-reseller.
#[utoipa::path(post, path = "/api/v1/partners", tag = "partners", request_body = NewPartner, responses((status = 201, body = Partner), (status = 422)))]
pub async fn create(State(portal): State<Portal>, caller: Caller, Body(new): Body<NewPartner>) -> ApiResult<Response> {
    let id = partners::create(portal.store(), &caller.actor, &new.name, &new.time_zone, new.parent, portal.now()).await?;
    // The caller's scope was resolved before there was this partner: the answer is read with the server's own eyes.
    let system = domain::access::Actor::system(domain::access::Scope::Partners([id].into()));
    let made: Partner = partners::get(portal.store(), &system, id).await?.into();
    Ok(created("/api/v1/partners", id, made))
}

/// Changes a partner.
#[utoipa::path(patch, path = "/api/v1/partners/{id}", tag = "partners", params(("id" = String, Path)), request_body = EditPartner, responses((status = 200, body = Partner), (status = 404), (status = 422)))]
pub async fn edit(
    State(portal): State<Portal>,
    caller: Caller,
    Path(text): Path<String>,
    Body(change): Body<EditPartner>,
) -> ApiResult<Json<Partner>> {
    let id = id("partner", &text)?;
    let change = PartnerChange { name: change.name, time_zone: change.time_zone };
    partners::edit(portal.store(), &caller.actor, id, change, portal.now()).await?;
    Ok(Json(partners::get(portal.store(), &caller.actor, id).await?.into()))
}
