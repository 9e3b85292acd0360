//! Lists of accounts: of an organization by address, of a scope by id; each along one index, by keyset.

use super::{MOST, connection_of, may_see, seen};
use crate::{
    error::Error,
    store::{
        Store,
        entity::account,
        facts::{at, parse},
        organizations,
        page::{self, Page},
        sql::{self, Sql},
    },
};
use domain::{
    access::{Action, Actor, Scope},
    ids::{AccountId, ConnectionId, OrganizationId, PartnerId},
    run::RunState,
    saas::{AccountStatus, AccountType, Service},
    time::Time,
};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QueryResult};
use serde::{Deserialize, Serialize};

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountRow {
    /// Which account.
    pub id: AccountId,
    /// Whose.
    pub partner: PartnerId,
    /// Of which organization.
    pub organization: OrganizationId,
    /// Through which connection.
    pub connection: ConnectionId,
    /// Of which service.
    pub service: Service,
    /// Mail address, or the URL or name of a site, group or team.
    pub address: String,
    /// Its name for people; may be empty.
    pub name: String,
    /// What kind of seat it is.
    #[serde(rename = "type")]
    pub kind: AccountType,
    /// Whether it is backed up.
    pub status: AccountStatus,
    /// The provider's id, once discovery has met it.
    pub external_id: Option<String>,
    /// Since when discovery doesn't meet it any more.
    pub gone_at: Option<Time>,
    /// When it was activated last; for one that never was, when it was made.
    pub enrolled_at: Time,
    /// When it was made.
    pub created_at: Time,
    /// When it was changed last.
    pub updated_at: Time,
    /// How the last backup of any workload ended. Nothing for those who don't see dashboards.
    pub last_result: Option<RunState>,
    /// When.
    pub last_at: Option<Time>,
}

/// What a list of accounts asks for.
#[derive(Clone, Debug, Default)]
pub struct AccountFilter {
    /// Only of this organization.
    pub organization: Option<OrganizationId>,
    /// Only of this connection.
    pub connection: Option<ConnectionId>,
    /// Only of this service.
    pub service: Option<Service>,
    /// Only these.
    pub status: Option<AccountStatus>,
    /// Only of this type.
    pub kind: Option<AccountType>,
    /// True: only those that discovery doesn't meet any more; false: only the others.
    pub gone: Option<bool>,
    /// Part of address or name. Asks for an organization or connection, so that the cost has an end.
    pub search: Option<String>,
    /// Where to go on.
    pub cursor: Option<String>,
    /// Rows, at most 500.
    pub limit: Option<u64>,
}

/// Last row of a page: of an organization's list (address, id), or of the scope's (partner, id).
#[derive(Serialize, Deserialize)]
enum Place {
    Address(String, i64),
    Id(i64, i64),
}

const COLUMNS: &str = "a.id, a.partner_id, a.organization_id, a.connection_id, a.service, a.address, a.name, a.type, a.status, a.external_id, \
 a.gone_at, a.enrolled_at, a.created_at, a.updated_at, s.last_result, s.last_at, a.address_lower";

const FROM: &str = " FROM accounts a LEFT JOIN account_state s ON s.partner_id = a.partner_id AND s.account_id = a.id WHERE ";

fn row(row: &QueryResult, sees_results: bool) -> Result<AccountRow, Error> {
    let time = |place| -> Result<Option<Time>, Error> { Ok(at::<Option<i64>>(row, place)?.map(Time)) };
    let last_result = at::<Option<String>>(row, 14)?.map(|word| parse(&word)).transpose()?;
    Ok(AccountRow {
        id: AccountId(at(row, 0)?),
        partner: PartnerId(at(row, 1)?),
        organization: OrganizationId(at(row, 2)?),
        connection: ConnectionId(at(row, 3)?),
        service: parse(&at::<String>(row, 4)?)?,
        address: at(row, 5)?,
        name: at(row, 6)?,
        kind: parse(&at::<String>(row, 7)?)?,
        status: parse(&at::<String>(row, 8)?)?,
        external_id: at(row, 9)?,
        gone_at: time(10)?,
        enrolled_at: Time(at(row, 11)?),
        created_at: Time(at(row, 12)?),
        updated_at: Time(at(row, 13)?),
        last_result: last_result.filter(|_| sees_results),
        last_at: time(15)?.filter(|_| sees_results),
    })
}

/// Conditions of the scope and the filter. The organization narrows before anything else.
fn narrowed(sql: &mut Sql, actor: &Actor, filter: &AccountFilter, organization: Option<(i64, i64)>) {
    match organization {
        Some((partner, id)) => {
            sql.push("a.partner_id = ").bind(partner).push(" AND a.organization_id = ").bind(id);
        }
        None => {
            match &actor.scope {
                Scope::Partners(partners) => sql.push("a.partner_id IN ").bind_list(partners.iter().map(|p| p.0)),
                Scope::Organization(partner, own) => {
                    sql.push("a.partner_id = ").bind(partner.0).push(" AND a.organization_id = ").bind(own.0)
                }
                Scope::Device(..) => sql.push("1 = 0"),
            };
        }
    }
    if let Some(connection) = filter.connection {
        sql.push(" AND a.connection_id = ").bind(connection.0);
    }
    for (column, word) in [
        (" AND a.service = ", filter.service.map(Service::as_str)),
        (" AND a.status = ", filter.status.map(AccountStatus::as_str)),
        (" AND a.type = ", filter.kind.map(AccountType::as_str)),
    ] {
        if let Some(word) = word {
            sql.push(column).bind(word);
        }
    }
    match filter.gone {
        Some(true) => sql.push(" AND a.gone_at IS NOT NULL"),
        Some(false) => sql.push(" AND a.gone_at IS NULL"),
        None => sql,
    };
    if let Some(search) = filter.search.as_deref().filter(|s| !s.trim().is_empty()) {
        let pattern = sql::contains(search);
        sql.push(" AND (a.address_lower LIKE ").bind(pattern.as_str()).push(" ESCAPE '\\' OR LOWER(a.name) LIKE ");
        sql.bind(pattern).push(" ESCAPE '\\')");
    }
}

/// The organization that the filter names, by itself or through its connection. `NotFound` outside the scope.
async fn organization_of(store: &Store, actor: &Actor, filter: &AccountFilter) -> Result<Option<(i64, i64)>, Error> {
    let conn = store.reads();
    if let Some(id) = filter.organization {
        let found = organizations::find(conn, actor, id).await?;
        return Ok(Some((found.partner_id, found.id)));
    }
    if let Some(id) = filter.connection {
        let found = connection_of(conn, actor, id).await?;
        return Ok(Some((found.partner_id, found.organization_id)));
    }
    if filter.search.as_deref().is_some_and(|s| !s.trim().is_empty()) {
        let message = "Searching accounts asks for an `organization` or a `connection`. Add one.";
        return Err(Error::invalid("organization_needed", "q", message));
    }
    Ok(None)
}

/// A page of accounts: of an organization by address, of the whole scope in the order in which they were made.
///
/// # Errors
/// `NotFound` (organization, connection); `Forbidden` without the right to read; `Invalid` (cursor, limit, search without organization).
pub async fn list(store: &Store, actor: &Actor, filter: &AccountFilter) -> Result<Page<AccountRow>, Error> {
    may_see(actor)?;
    let sees_results = actor.may(Action::SeeDashboards);
    let limit = page::limit(filter.limit)?;
    let organization = organization_of(store, actor, filter).await?;
    let mut sql = Sql::new("SELECT ");
    sql.push(COLUMNS).push(FROM);
    narrowed(&mut sql, actor, filter, organization);
    match (organization, page::read::<Place>(filter.cursor.as_deref())?) {
        (_, None) => {}
        (Some(_), Some(Place::Address(address, id))) => {
            sql.push(" AND (a.address_lower > ").bind(address.as_str()).push(" OR (a.address_lower = ").bind(address);
            sql.push(" AND a.id > ").bind(id).push("))");
        }
        (None, Some(Place::Id(partner, id))) => {
            sql.push(" AND (a.partner_id > ").bind(partner).push(" OR (a.partner_id = ").bind(partner);
            sql.push(" AND a.id > ").bind(id).push("))");
        }
        _ => return Err(page::foreign()),
    }
    sql.push(if organization.is_some() { " ORDER BY a.address_lower, a.id" } else { " ORDER BY a.partner_id, a.id" });
    sql.push(" LIMIT ").bind(i64::try_from(limit).unwrap_or(i64::MAX) + 1);
    let rows = store.reads().query_all_raw(sql.build(store.backend())).await?;
    let rows: Vec<(AccountRow, String)> = rows.iter().map(|r| Ok((row(r, sees_results)?, at(r, 16)?))).collect::<Result<_, Error>>()?;
    let page = Page::cut(rows, limit, |(row, address)| match organization {
        Some(_) => Place::Address(address.clone(), row.id.0),
        None => Place::Id(row.partner.0, row.id.0),
    })?;
    Ok(page.map(|(row, _)| row))
}

/// All accounts that a filter holds, cursor and limit apart, for a command on them. At most [`MOST`]: `Invalid` beyond.
///
/// # Errors
/// As [`list`].
pub async fn matching(store: &Store, actor: &Actor, filter: &AccountFilter) -> Result<Vec<AccountId>, Error> {
    may_see(actor)?;
    let organization = organization_of(store, actor, filter).await?;
    let mut sql = Sql::new("SELECT a.id FROM accounts a WHERE ");
    narrowed(&mut sql, actor, filter, organization);
    sql.push(" LIMIT ").bind(i64::try_from(MOST).unwrap_or(i64::MAX) + 1);
    let rows = store.reads().query_all_raw(sql.build(store.backend())).await?;
    if rows.len() > MOST {
        return Err(Error::invalid("too_many", "accounts", format!("These are more than {MOST} accounts. Narrow them by a filter.")));
    }
    rows.iter().map(|row| Ok(AccountId(at(row, 0)?))).collect()
}

/// How many accounts a filter holds, cursor and limit apart: one pass over an organization's.
///
/// # Errors
/// As [`list`].
pub async fn count(store: &Store, actor: &Actor, filter: &AccountFilter) -> Result<i64, Error> {
    may_see(actor)?;
    let organization = organization_of(store, actor, filter).await?;
    let mut sql = Sql::new("SELECT COUNT(*) FROM accounts a WHERE ");
    narrowed(&mut sql, actor, filter, organization);
    let row = store.reads().query_one_raw(sql.build(store.backend())).await?;
    row.map_or(Ok(0), |row| at(&row, 0))
}

async fn one(store: &Store, actor: &Actor, model: Option<account::Model>) -> Result<Option<AccountRow>, Error> {
    let Some(model) = model else { return Ok(None) };
    let mut sql = Sql::new("SELECT ");
    sql.push(COLUMNS).push(FROM).push("a.partner_id = ").bind(model.partner_id).push(" AND a.id = ").bind(model.id);
    let found = store.reads().query_one_raw(sql.build(store.backend())).await?;
    found.map(|found| row(&found, actor.may(Action::SeeDashboards))).transpose()
}

/// One account.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to read.
pub async fn get(store: &Store, actor: &Actor, id: AccountId) -> Result<AccountRow, Error> {
    may_see(actor)?;
    let found = account::Entity::find().filter(seen(actor)).filter(account::COLUMN.id.eq(id.0)).one(store.reads()).await?;
    one(store, actor, found).await?.ok_or(Error::NotFound("account"))
}

/// The account of a connection with this address, capitals apart.
///
/// # Errors
/// `NotFound` (connection); `Forbidden` without the right to read.
pub async fn find_by_address(store: &Store, actor: &Actor, connection: ConnectionId, address: &str) -> Result<Option<AccountRow>, Error> {
    may_see(actor)?;
    let conn = store.reads();
    let found = connection_of(conn, actor, connection).await?;
    let account = account::Entity::find()
        .filter(account::COLUMN.partner_id.eq(found.partner_id))
        .filter(account::COLUMN.connection_id.eq(found.id))
        .filter(account::COLUMN.address_lower.eq(address.trim().to_lowercase()))
        .one(conn)
        .await?;
    one(store, actor, account).await
}
