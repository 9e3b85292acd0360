//! Backup Summary Reports of an organization: the list, the documents, and making the one of a past month.

use super::{
    paging::{Paged, id},
    table::Table,
};
use crate::{
    http::{auth::Caller, error::ApiResult, moment::Moment, monthly, read::Body},
    portal::Portal,
};
use axum::{
    Json,
    extract::{Path, State},
    http::{Method, StatusCode},
    response::Response,
};
use domain::{
    ids::{OrganizationId, ReportId},
    report::Month,
};
use engine::store::reports::{self, MonthlyRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Routes of this noun.
pub fn routes() -> Table {
    Table::default()
        .add(Method::GET, "/api/v1/organizations/{id}/backup-summary-reports", list)
        .add(Method::POST, "/api/v1/organizations/{id}/backup-summary-reports", create)
        .add(Method::GET, "/api/v1/organizations/{id}/backup-summary-reports/{month}/{file}", file)
}

/// A Backup Summary Report.
#[derive(Debug, Serialize, ToSchema)]
pub struct BackupSummaryReport {
    #[schema(value_type = String)]
    id: ReportId,
    #[schema(value_type = String)]
    organization: OrganizationId,
    /// `2026-10`: the month it is about, in the organization's zone.
    #[schema(value_type = String)]
    month: Month,
    /// The month's first instant.
    from: Moment,
    /// That of the next month.
    until: Moment,
    made_at: Moment,
    /// SHA-256 of what it was made of, as printed on its documents; `/verify/{hash}` confirms it.
    inputs_hash: String,
    /// When it is deleted.
    expires_at: Moment,
}

impl From<MonthlyRow> for BackupSummaryReport {
    fn from(row: MonthlyRow) -> Self {
        Self {
            id: row.id,
            organization: row.organization,
            month: row.month,
            from: row.from.into(),
            until: row.until.into(),
            made_at: row.made_at.into(),
            inputs_hash: row.hash,
            expires_at: row.expires_at.into(),
        }
    }
}

/// The month whose report is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBackupSummaryReport {
    /// `2026-10`
    #[schema(value_type = String)]
    month: Month,
}

/// The reports of an organization, latest month first; at most six.
#[utoipa::path(get, path = "/api/v1/organizations/{id}/backup-summary-reports", tag = "reports", params(("id" = String, Path)), responses((status = 200, body = Paged<BackupSummaryReport>), (status = 404)))]
pub async fn list(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<Json<Paged<BackupSummaryReport>>> {
    let id = id("organization", &text)?;
    Ok(Paged::whole(reports::list(portal.store(), &caller.actor, id).await?, BackupSummaryReport::from))
}

/// Makes the report of a past month that has none. 200 with the known one where there is one: what is frozen stays.
#[utoipa::path(post, path = "/api/v1/organizations/{id}/backup-summary-reports", tag = "reports", params(("id" = String, Path)), request_body = NewBackupSummaryReport, responses((status = 201, body = BackupSummaryReport), (status = 200, body = BackupSummaryReport), (status = 404), (status = 422)))]
pub async fn create(
    State(portal): State<Portal>,
    caller: Caller,
    Path(text): Path<String>,
    Body(new): Body<NewBackupSummaryReport>,
) -> ApiResult<(StatusCode, Json<BackupSummaryReport>)> {
    let id = id("organization", &text)?;
    let made = reports::make(portal.store(), &portal.engine().reports, &caller.actor, id, new.month, portal.now()).await?;
    let status = if made.new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(made.row.into())))
}

/// A document: `account.pdf`, `organization.pdf`, `account.csv` or `organization.csv`. The same bytes each time.
#[utoipa::path(get, path = "/api/v1/organizations/{id}/backup-summary-reports/{month}/{file}", tag = "reports", params(("id" = String, Path), ("month" = String, Path, description = "`2026-10`"), ("file" = String, Path)), responses((status = 200, description = "PDF or CSV"), (status = 404)))]
pub async fn file(portal: State<Portal>, caller: Caller, path: Path<(String, String, String)>) -> ApiResult<Response> {
    monthly::download(portal, caller, path).await
}
