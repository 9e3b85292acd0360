//! Accounts: the seats under connections. Put in one by one, many at once or as a CSV file; activated and deactivated.

use super::{
    paging::{Paged, id, word},
    table::Table,
};
use crate::{
    http::{
        auth::Caller,
        error::{ApiError, ApiResult},
        ingest::whole,
        moment::Moment,
        read::{Body, Search},
    },
    portal::Portal,
};
use axum::{
    Json,
    body::Bytes,
    extract::{Path, State, rejection::BytesRejection},
    http::Method,
};
use domain::{
    ids::{AccountId, ConnectionId, OrganizationId},
    run::RunState,
    saas::{AccountStatus, AccountType, Service},
};
use engine::store::accounts::{self, AccountFilter, AccountRow, Imported, RowProblem, Seats};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Bytes of a JSON body with many accounts.
const MANY: usize = 8 << 20;
/// A file of the largest size, and a little, so that its own message is told.
const FILE: usize = accounts::MOST_BYTES + (64 << 10);

/// Routes of this noun.
pub fn routes() -> Table {
    Table::default()
        .add(Method::GET, "/api/v1/accounts", list)
        .add_sized(Method::POST, "/api/v1/accounts", create, MANY)
        .add_sized(Method::PATCH, "/api/v1/accounts", edit_many, MANY)
        .add_sized(Method::POST, "/api/v1/accounts/import", import, FILE)
        .add(Method::GET, "/api/v1/accounts/{id}", get)
        .add(Method::PATCH, "/api/v1/accounts/{id}", edit)
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub struct Account {
    #[schema(value_type = String)]
    id: AccountId,
    #[schema(value_type = String)]
    organization: OrganizationId,
    #[schema(value_type = String)]
    connection: ConnectionId,
    /// microsoft_365 or google_workspace.
    #[schema(value_type = String)]
    service: Service,
    /// Mail address, or the URL or name of a site, group or team.
    address: String,
    name: String,
    /// user, shared_mailbox, group, site or team.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: AccountType,
    /// activated (it uses a seat) or deactivated (unprotected).
    #[schema(value_type = String)]
    status: AccountStatus,
    /// The provider's id, once discovery has met it.
    external_id: Option<String>,
    /// Since when the provider's directory doesn't list it any more.
    gone_at: Option<Moment>,
    /// When it was activated last; for one that never was, when it was made.
    enrolled_at: Moment,
    created_at: Moment,
    updated_at: Moment,
    /// How the last backup of any workload ended.
    #[schema(value_type = Option<String>)]
    last_result: Option<RunState>,
    last_at: Option<Moment>,
}

impl From<AccountRow> for Account {
    fn from(row: AccountRow) -> Self {
        Self {
            id: row.id,
            organization: row.organization,
            connection: row.connection,
            service: row.service,
            address: row.address,
            name: row.name,
            kind: row.kind,
            status: row.status,
            external_id: row.external_id,
            gone_at: row.gone_at.map(Moment),
            enrolled_at: row.enrolled_at.into(),
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
            last_result: row.last_result,
            last_at: row.last_at.map(Moment),
        }
    }
}

/// Seats of an organization. More may be used than were bought: nobody stays unprotected because of a licence.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeatCounts {
    /// Activated accounts; none while the organization is deactivated.
    used: i64,
    /// Bought; null: no limit.
    limit: Option<i64>,
    /// Used beyond the limit.
    above: i64,
    /// Known accounts.
    accounts: i64,
}

impl From<&Seats> for SeatCounts {
    fn from(seats: &Seats) -> Self {
        Self { used: seats.used, limit: seats.limit, above: seats.above(), accounts: seats.accounts }
    }
}

/// An account as it is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// Mail address, or the URL or name of a site, group or team. Accounts meet on it, capitals apart.
    address: String,
    /// user (default), shared_mailbox, group, site or team.
    #[serde(default, rename = "type")]
    #[schema(value_type = Option<String>)]
    kind: AccountType,
    /// Empty: stays as it is.
    #[serde(default)]
    name: String,
    /// activated: it uses a seat. Else a known account stays as it is, and a new one is unprotected.
    #[schema(value_type = Option<String>)]
    status: Option<AccountStatus>,
}

/// Accounts to be made or brought up to date: one, or many.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccounts {
    #[schema(value_type = String)]
    connection: ConnectionId,
    /// At most 50,000.
    accounts: Vec<NewAccount>,
}

/// What became of accounts that were sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct PutCounts {
    /// Not known before.
    created: u64,
    /// Known, and something of them is new.
    changed: u64,
    /// Known just so.
    unchanged: u64,
    /// Of the created and changed ones: activated by this.
    activated: u64,
    seats: SeatCounts,
}

impl From<&accounts::PutOutcome> for PutCounts {
    fn from(put: &accounts::PutOutcome) -> Self {
        Self {
            created: put.created,
            changed: put.changed,
            unchanged: put.unchanged,
            activated: put.activated,
            seats: SeatCounts::from(&put.seats),
        }
    }
}

/// What may change of an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditAccount {
    /// activated or deactivated.
    #[schema(value_type = String)]
    status: AccountStatus,
}

/// The same change for many accounts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditAccounts {
    /// At most 50,000.
    #[schema(value_type = Vec<String>)]
    accounts: Vec<AccountId>,
    /// activated or deactivated.
    #[schema(value_type = String)]
    status: AccountStatus,
}

/// What became of a change for many.
#[derive(Debug, Serialize, ToSchema)]
pub struct EditCounts {
    changed: u64,
    /// Were so already.
    unchanged: u64,
    /// By organization.
    seats: Vec<OrganizationSeats>,
}

/// Seats, and whose.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrganizationSeats {
    #[schema(value_type = String)]
    organization: OrganizationId,
    #[serde(flatten)]
    seats: SeatCounts,
}

/// A row that can't be taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Line of the file, from 1.
    line: u64,
    /// Header of the column; empty: the row as a whole.
    column: String,
    /// What stands there, cut.
    value: String,
    /// What is wrong and what to do.
    message: String,
}

impl From<RowProblem> for Problem {
    fn from(problem: RowProblem) -> Self {
        let RowProblem { line, column, value, message } = problem;
        Self { line, column, value, message }
    }
}

/// What a file does, or would do.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportCounts {
    /// Rows of the file.
    rows: u64,
    /// Of them, rows that can't be taken.
    bad: u64,
    #[serde(flatten)]
    counts: PutCounts,
    /// The first 100 problems, by line.
    problems: Vec<Problem>,
    /// Headers of columns that mean nothing here.
    ignored: Vec<String>,
    /// True: nothing was stored.
    dry_run: bool,
}

/// Which accounts.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AccountQuery {
    /// Only of this organization.
    organization: Option<String>,
    /// Only of this connection.
    connection: Option<String>,
    /// microsoft_365 or google_workspace.
    service: Option<String>,
    /// activated or deactivated.
    status: Option<String>,
    /// user, shared_mailbox, group, site or team.
    r#type: Option<String>,
    /// true: only those that the provider's directory doesn't list any more.
    gone: Option<bool>,
    /// Part of address or name; asks for an organization or connection.
    q: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows, at most 500.
    limit: Option<u64>,
}

/// How a file is taken.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// Into which connection.
    connection: Option<String>,
    /// true: only tells what would become of it.
    #[serde(default)]
    dry_run: bool,
    /// true: with bad rows, the others are taken. Else nothing is.
    #[serde(default)]
    partly: bool,
}

/// Lists accounts: of an organization by address, of everything you see in the order in which they were made.
#[utoipa::path(get, path = "/api/v1/accounts", tag = "accounts", params(AccountQuery), responses((status = 200, body = Paged<Account>), (status = 404)))]
pub async fn list(State(portal): State<Portal>, caller: Caller, Search(query): Search<AccountQuery>) -> ApiResult<Json<Paged<Account>>> {
    let filter = AccountFilter {
        organization: word("organization", query.organization.as_deref())?,
        connection: word("connection", query.connection.as_deref())?,
        service: word("service", query.service.as_deref())?,
        status: word("status", query.status.as_deref())?,
        kind: word("type", query.r#type.as_deref())?,
        gone: query.gone,
        search: query.q,
        cursor: query.cursor,
        limit: query.limit,
    };
    Ok(Paged::of(accounts::list(portal.store(), &caller.actor, &filter).await?, Account::from))
}

/// One account.
#[utoipa::path(get, path = "/api/v1/accounts/{id}", tag = "accounts", params(("id" = String, Path)), responses((status = 200, body = Account), (status = 404)))]
pub async fn get(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<Json<Account>> {
    let id = id("account", &text)?;
    Ok(Json(accounts::get(portal.store(), &caller.actor, id).await?.into()))
}

/// Makes accounts, or brings those with the same address up to date. Nobody is deactivated by it.
#[utoipa::path(post, path = "/api/v1/accounts", tag = "accounts", request_body = NewAccounts, responses((status = 200, body = PutCounts), (status = 404), (status = 422, description = "One of them can't be taken; nothing was stored")))]
pub async fn create(State(portal): State<Portal>, caller: Caller, Body(new): Body<NewAccounts>) -> ApiResult<Json<PutCounts>> {
    let rows = new.accounts.into_iter().map(|account| accounts::NewAccount {
        address: account.address,
        name: account.name,
        kind: account.kind,
        activated: account.status == Some(AccountStatus::Activated),
        external_id: None,
    });
    let put = accounts::put(portal.engine(), &caller.actor, new.connection, rows.collect(), portal.now()).await?;
    Ok(Json(PutCounts::from(&put)))
}

/// Activates or deactivates an account.
#[utoipa::path(patch, path = "/api/v1/accounts/{id}", tag = "accounts", params(("id" = String, Path)), request_body = EditAccount, responses((status = 200, body = Account), (status = 404)))]
pub async fn edit(
    State(portal): State<Portal>,
    caller: Caller,
    Path(text): Path<String>,
    Body(change): Body<EditAccount>,
) -> ApiResult<Json<Account>> {
    let id = id("account", &text)?;
    accounts::set_status(portal.engine(), &caller.actor, &[id], change.status, portal.now()).await?;
    Ok(Json(accounts::get(portal.store(), &caller.actor, id).await?.into()))
}

/// Activates or deactivates accounts.
#[utoipa::path(patch, path = "/api/v1/accounts", tag = "accounts", request_body = EditAccounts, responses((status = 200, body = EditCounts), (status = 404, description = "One of them isn't there; nothing was changed")))]
pub async fn edit_many(State(portal): State<Portal>, caller: Caller, Body(change): Body<EditAccounts>) -> ApiResult<Json<EditCounts>> {
    let outcome = accounts::set_status(portal.engine(), &caller.actor, &change.accounts, change.status, portal.now()).await?;
    let seats = outcome.seats.iter().map(|(organization, seats)| OrganizationSeats { organization: *organization, seats: seats.into() });
    Ok(Json(EditCounts { changed: outcome.changed, unchanged: outcome.unchanged, seats: seats.collect() }))
}

/// Imports accounts from CSV: a header with `address` (or email, user principal name) and, in any order, `name`, `type`, `status`.
#[utoipa::path(post, path = "/api/v1/accounts/import", tag = "accounts", params(ImportQuery),
    request_body(content = String, content_type = "text/csv", description = "UTF-8; commas, semicolons or tabs; at most 10 MiB and 50,000 rows"),
    responses((status = 200, body = ImportCounts), (status = 404), (status = 409, description = "Rows that can't be taken, without `partly=true`; nothing was stored"), (status = 422, description = "No list of accounts")))]
pub async fn import(
    State(portal): State<Portal>,
    caller: Caller,
    Search(query): Search<ImportQuery>,
    body: Result<Bytes, BytesRejection>,
) -> ApiResult<Json<ImportCounts>> {
    let Some(connection) = query.connection.filter(|text| !text.is_empty()) else {
        return Err(ApiError::malformed("bad_query", "name the `connection` into which the file goes").field("connection"));
    };
    let connection = id("connection", &connection)?;
    let file = whole(body, "10 MiB")?;
    let imported = if query.dry_run {
        accounts::preview_import(portal.store(), &caller.actor, connection, &file, portal.now()).await?
    } else {
        accounts::import(portal.engine(), &caller.actor, connection, &file, query.partly, portal.now()).await?
    };
    let Imported { rows, bad, outcome, problems, ignored } = imported;
    Ok(Json(ImportCounts {
        rows,
        bad,
        counts: PutCounts::from(&outcome),
        problems: problems.into_iter().map(Problem::from).collect(),
        ignored,
        dry_run: query.dry_run,
    }))
}
