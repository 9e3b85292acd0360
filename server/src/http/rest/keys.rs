//! API keys: made once, shown once, kept hashed.

use super::{
    paging::{Paged, id},
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
    http::{Method, StatusCode},
};
use domain::{
    access::KeyRights,
    ids::{DeviceId, KeyId, OrganizationId, PartnerId},
};
use engine::store::keys::{self, KeyRow, KeyScope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Routes of this noun.
pub fn routes() -> Table {
    Table::default().add(Method::GET, "/api/v1/keys", list).add(Method::POST, "/api/v1/keys", create).add(
        Method::POST,
        "/api/v1/keys/{id}/revoke",
        revoke,
    )
}

/// A key; never the key itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct Key {
    #[schema(value_type = String)]
    id: KeyId,
    #[schema(value_type = String)]
    partner: PartnerId,
    /// Bound to this organization.
    #[schema(value_type = Option<String>)]
    organization: Option<OrganizationId>,
    /// Bound to this device.
    #[schema(value_type = Option<String>)]
    device: Option<DeviceId>,
    name: String,
    /// Its first characters.
    token_start: String,
    /// ingest, read, manage.
    can: Vec<&'static str>,
    created_at: Moment,
    expires_at: Option<Moment>,
    revoked_at: Option<Moment>,
    last_used_at: Option<Moment>,
}

impl From<KeyRow> for Key {
    fn from(row: KeyRow) -> Self {
        let (organization, device) = match row.scope {
            KeyScope::Partner(_) => (None, None),
            KeyScope::Organization(id) => (Some(id), None),
            KeyScope::Device(id) => (None, Some(id)),
        };
        let words = [(row.rights.ingest, "ingest"), (row.rights.read, "read"), (row.rights.manage, "manage")];
        Self {
            id: row.id,
            partner: row.partner,
            organization,
            device,
            name: row.name,
            token_start: row.token_start,
            can: words.into_iter().filter_map(|(may, word)| may.then_some(word)).collect(),
            created_at: row.created_at.into(),
            expires_at: row.expires_at.map(Moment),
            revoked_at: row.revoked_at.map(Moment),
            last_used_at: row.last_used_at.map(Moment),
        }
    }
}

/// A key to be made, bound to exactly one of partner, organization or device.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    #[schema(value_type = Option<String>)]
    partner: Option<PartnerId>,
    #[schema(value_type = Option<String>)]
    organization: Option<OrganizationId>,
    #[schema(value_type = Option<String>)]
    device: Option<DeviceId>,
    #[serde(default)]
    name: String,
    /// ingest, read, manage.
    can: Vec<String>,
    expires_at: Option<Moment>,
}

/// A fresh key. This is the only time it is told.
#[derive(Debug, Serialize, ToSchema)]
pub struct MadeKey {
    #[schema(value_type = String)]
    id: KeyId,
    /// `hf_…`
    key: String,
}

/// Rights from words.
///
/// # Errors
/// The word that is none.
pub fn rights<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<KeyRights, String> {
    let mut rights = KeyRights::default();
    for word in words {
        match word.trim() {
            "ingest" => rights.ingest = true,
            "read" => rights.read = true,
            "manage" => rights.manage = true,
            other => return Err(format!("\"{other}\" is no right: use ingest, read, manage")),
        }
    }
    Ok(rights)
}

/// Lists the keys of your scope, latest first.
#[utoipa::path(get, path = "/api/v1/keys", tag = "keys", responses((status = 200, body = Paged<Key>)))]
pub async fn list(State(portal): State<Portal>, caller: Caller) -> ApiResult<Json<Paged<Key>>> {
    Ok(Paged::whole(keys::list(portal.store(), &caller.actor).await?, Key::from))
}

/// Makes a key.
#[utoipa::path(post, path = "/api/v1/keys", tag = "keys", request_body = NewKey, responses((status = 201, body = MadeKey), (status = 422)))]
pub async fn create(State(portal): State<Portal>, caller: Caller, Body(new): Body<NewKey>) -> ApiResult<(StatusCode, Json<MadeKey>)> {
    let scope = match (new.partner, new.organization, new.device) {
        (Some(id), None, None) => KeyScope::Partner(id),
        (None, Some(id), None) => KeyScope::Organization(id),
        (None, None, Some(id)) => KeyScope::Device(id),
        _ => return Err(ApiError::invalid("one_scope", "partner", "give exactly one of `partner`, `organization`, `device`")),
    };
    let rights = rights(new.can.iter().map(String::as_str)).map_err(|why| ApiError::invalid("unknown_right", "can", why))?;
    let new = keys::NewKey { scope, name: new.name, rights, expires_at: new.expires_at.map(|at| at.0) };
    let (id, key) = keys::create(portal.store(), &caller.actor, new, portal.now()).await?;
    Ok((StatusCode::CREATED, Json(MadeKey { id, key })))
}

/// Revokes a key; it stops within five seconds.
#[utoipa::path(post, path = "/api/v1/keys/{id}/revoke", tag = "keys", params(("id" = String, Path)), responses((status = 204), (status = 404)))]
pub async fn revoke(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<StatusCode> {
    let id = id("key", &text)?;
    keys::revoke(portal.store(), &caller.actor, id, portal.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
