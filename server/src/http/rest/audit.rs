//! The audit log: every change and sign-in, hash-chained.

use super::{
    paging::{Paged, word},
    table::Table,
};
use crate::{
    http::{auth::Caller, error::ApiResult, moment::Moment, read::Search},
    portal::Portal,
};
use axum::{Json, extract::State, http::Method};
use domain::ids::{OrganizationId, PartnerId};
use engine::store::audit::{self, AuditFilter, AuditRow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Routes of this noun.
pub fn routes() -> Table {
    Table::default().add(Method::GET, "/api/v1/audit", list)
}

/// An entry.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntry {
    #[schema(value_type = String)]
    partner: PartnerId,
    /// Place in the partner's chain, from 1.
    seq: i64,
    at: Moment,
    /// `user:ID`, `key:ID` or `system`.
    who: String,
    /// For example `device.create`.
    what: String,
    #[schema(value_type = Option<String>)]
    organization: Option<OrganizationId>,
    /// For example `device:ID`.
    subject: String,
    #[schema(value_type = Object)]
    detail: serde_json::Value,
    /// Hash over this entry and the one before, hexadecimal.
    hash: String,
}

impl From<AuditRow> for AuditEntry {
    fn from(row: AuditRow) -> Self {
        Self {
            partner: row.partner,
            seq: row.seq,
            at: row.at.into(),
            who: row.who,
            what: row.what,
            organization: row.organization,
            subject: row.subject,
            detail: row.detail,
            hash: row.hash,
        }
    }
}

/// Which entries.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Whose chain; default: your own.
    partner: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows, at most 500.
    limit: Option<u64>,
}

/// Lists a partner's audit log, latest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(AuditQuery), responses((status = 200, body = Paged<AuditEntry>), (status = 403)))]
pub async fn list(State(portal): State<Portal>, caller: Caller, Search(query): Search<AuditQuery>) -> ApiResult<Json<Paged<AuditEntry>>> {
    let filter = AuditFilter { partner: word("partner", query.partner.as_deref())?, cursor: query.cursor, limit: query.limit };
    Ok(Paged::of(audit::list(portal.store(), &caller.actor, &filter).await?, AuditEntry::from))
}
