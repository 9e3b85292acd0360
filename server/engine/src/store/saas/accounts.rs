//! An organization's accounts, page by page: by address along `accounts_sorted`, by last backup along `account_state_last`; what is open
//! now is little and sorted. Then everything the rows show in a fixed number of queries.

use super::{days::Days, may_see, workloads};
use crate::{
    error::Error,
    store::{
        Store,
        entity::{account, account_state, organization, saas_count},
        facts::{at, parse},
        organizations,
        page::{self, Page},
        saas::{AccountDays, WorkloadRow},
        sql::{self, Sql},
    },
};
use domain::{
    access::{Action, Actor},
    ids::{AccountId, OrganizationId, PartnerId},
    run::RunState,
    saas::{AccountNow, AccountStatus, AccountType, Service},
    time::Time,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QuerySelect};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Rows that a filter leaves are counted up to here.
const COUNTED: i64 = 5_000;

/// Order of the table; the id breaks ties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountsSort {
    /// By address.
    #[default]
    Account,
    /// Longest without a backup first; never at all before those.
    LastBackup,
}

/// Which accounts, by their backups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountResult {
    /// Whose last backup ended so; or, of an open state, that have such a run now.
    Is(RunState),
    /// Never backed up.
    Never,
}

/// What the table asks for.
#[derive(Clone, Debug)]
pub struct AccountsFilter {
    /// Of which organization.
    pub organization: OrganizationId,
    /// Part of the address or name.
    pub search: Option<String>,
    /// Only this type.
    pub kind: Option<AccountType>,
    /// Only this service.
    pub service: Option<Service>,
    /// Only with this result.
    pub result: Option<AccountResult>,
    /// Only activated ones, or only unprotected ones.
    pub status: Option<AccountStatus>,
    /// Order.
    pub sort: AccountsSort,
    /// Turns the order round.
    pub descending: bool,
    /// Where to go on; belongs to the order.
    pub cursor: Option<String>,
    /// Rows, at most 500.
    pub limit: Option<u64>,
}

impl AccountsFilter {
    /// All of an organization.
    pub fn of(organization: OrganizationId) -> Self {
        Self {
            organization,
            search: None,
            kind: None,
            service: None,
            result: None,
            status: None,
            sort: AccountsSort::default(),
            descending: false,
            cursor: None,
            limit: None,
        }
    }

    fn words(&self) -> Option<&str> {
        self.search.as_deref().map(str::trim).filter(|s| !s.is_empty())
    }

    /// Nothing but the service narrows it: then a stored count knows its rows.
    fn has_count(&self) -> bool {
        self.words().is_none() && self.kind.is_none() && self.result.is_none() && self.status.is_none()
    }

    fn is_open(&self) -> bool {
        matches!(self.result, Some(AccountResult::Is(state)) if state.is_open())
    }
}

/// An account of the table. Who sees seats only gets no results: nothing from `last_result` on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountsRow {
    /// Which account.
    pub id: AccountId,
    /// Of which organization.
    pub organization: OrganizationId,
    /// Its address.
    pub address: String,
    /// Its name, may be empty.
    pub name: String,
    /// What kind of seat it is.
    pub kind: AccountType,
    /// Where.
    pub service: Service,
    /// Whether it is backed up.
    pub status: AccountStatus,
    /// When the provider stopped listing it.
    pub gone_at: Option<Time>,
    /// How the last backup ended, of any workload.
    pub last_result: Option<RunState>,
    /// When.
    pub last_at: Option<Time>,
    /// End of the last usable backup.
    pub last_usable_at: Option<Time>,
    /// Earliest due time of its workloads, grace included.
    pub due_at: Option<Time>,
    /// Open runs in state running.
    pub running: i64,
    /// Open runs in state retrying.
    pub retrying: i64,
    /// Open alerts that are not muted.
    pub open_alerts: i64,
    /// Its workloads, in the order of icons.
    pub workloads: Vec<WorkloadRow>,
    /// Its last 31 days; none for those who see seats only.
    pub days: Option<AccountDays>,
}

impl AccountsRow {
    /// As the live stream tells it.
    pub fn now(&self) -> AccountNow {
        AccountNow {
            account: self.id,
            organization: self.organization,
            running: u32::try_from(self.running).unwrap_or_default(),
            retrying: u32::try_from(self.retrying).unwrap_or_default(),
            last_result: self.last_result,
            last_at: self.last_at,
            workloads: self.workloads.iter().filter_map(WorkloadRow::now).collect(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Key {
    Number(i64),
    Text(String),
}

/// A page of an organization's accounts. The total is known where it is stored or small.
///
/// # Errors
/// `NotFound` (organization); `Forbidden` without the right to see seats, or for a filter or order by results to those who see none;
/// `Invalid` (cursor, limit).
pub async fn accounts(store: &Store, actor: &Actor, filter: &AccountsFilter, now: Time) -> Result<Page<AccountsRow>, Error> {
    may_see(actor)?;
    let sees_results = actor.may(Action::SeeDashboards);
    if !sees_results && (filter.result.is_some() || filter.sort == AccountsSort::LastBackup) {
        return Err(Error::Forbidden("see results of backups"));
    }
    let conn = store.reads();
    let limit = page::limit(filter.limit)?;
    let after = page::read::<(Key, bool, i64)>(filter.cursor.as_deref())?;
    let is_text = filter.sort == AccountsSort::Account;
    if after.as_ref().is_some_and(|(key, descending, _)| matches!(key, Key::Text(_)) != is_text || *descending != filter.descending) {
        return Err(page::foreign());
    }
    let organization = organizations::find(conn, actor, filter.organization).await?;
    let asked = Asked { filter, organization: &organization, after, backend: store.backend() };
    let mut sql = asked.rows();
    sql.push(" LIMIT ").push(&(limit + 1).to_string());
    let mut found: Vec<(Key, i64)> = Vec::new();
    for row in conn.query_all_raw(sql.build(store.backend())).await? {
        let key = if is_text { Key::Text(at(&row, 0)?) } else { Key::Number(at(&row, 0)?) };
        found.push((key, at(&row, 1)?));
    }
    let page = Page::cut(found, limit, |(key, id)| (key.clone(), filter.descending, *id))?;
    let total = asked.total(conn).await?;
    let ids: Vec<i64> = page.items.iter().map(|(_, id)| *id).collect();
    let mut models: HashMap<i64, account::Model> = account::Entity::find()
        .filter(account::Column::PartnerId.eq(organization.partner_id))
        .filter(account::Column::Id.is_in(ids.iter().copied()))
        .all(conn)
        .await?
        .into_iter()
        .map(|model| (model.id, model))
        .collect();
    let models = ids.iter().filter_map(|id| models.remove(id)).collect();
    let items = complete(conn, &organization, models, sees_results, false, now).await?;
    Ok(Page { items: items.into_iter().map(|(row, _)| row).collect(), next_cursor: page.next_cursor, total })
}

struct Asked<'a> {
    filter: &'a AccountsFilter,
    organization: &'a organization::Model,
    after: Option<(Key, bool, i64)>,
    backend: DbBackend,
}

impl Asked<'_> {
    /// Key and id of the rows in order; a limit is to follow.
    fn rows(&self) -> Sql {
        let (key, id) = match self.filter.sort {
            AccountsSort::Account => ("a.address_lower", "a.id"),
            AccountsSort::LastBackup => ("COALESCE(s.last_at, 0)", "s.account_id"),
        };
        let mut sql = Sql::new("SELECT ");
        sql.push(key).push(", ").push(id);
        self.from(&mut sql);
        let (from, beyond, order) = if self.filter.descending { (" <= ", " < ", " DESC") } else { (" >= ", " > ", "") };
        // A sign: sorted, since what is open is found by an index of its own.
        let sign = if self.filter.is_open() && self.backend == DbBackend::Sqlite { "+" } else { "" };
        if let Some((last, _, last_id)) = &self.after {
            let value = |sql: &mut Sql| {
                match last {
                    Key::Number(number) => sql.bind(*number),
                    Key::Text(text) => sql.bind(text.as_str()),
                };
            };
            sql.push(" AND ").push(sign).push(key).push(from);
            value(&mut sql);
            sql.push(" AND (").push(sign).push(key).push(beyond);
            value(&mut sql);
            sql.push(" OR ").push(id).push(beyond).bind(*last_id).push(")");
        }
        sql.push(" ORDER BY ").push(sign).push(key).push(order).push(", ").push(sign).push(id).push(order);
        sql
    }

    fn from(&self, sql: &mut Sql) {
        let join = if self.backend == DbBackend::Sqlite { " CROSS JOIN " } else { " JOIN " };
        let by_state = self.filter.sort == AccountsSort::LastBackup || self.filter.is_open();
        if by_state {
            sql.push(" FROM account_state s").push(join).push("accounts a ON a.partner_id = s.partner_id AND a.id = s.account_id");
        } else {
            sql.push(" FROM accounts a LEFT JOIN account_state s ON s.partner_id = a.partner_id AND s.account_id = a.id");
        }
        // Both lead with tenant and organization, so that whichever comes first gives the order.
        sql.push(" WHERE a.partner_id = ").bind(self.organization.partner_id);
        sql.push(" AND a.organization_id = ").bind(self.organization.id);
        if by_state {
            sql.push(" AND s.partner_id = ").bind(self.organization.partner_id);
            sql.push(" AND s.organization_id = ").bind(self.organization.id);
        }
        if let Some(words) = self.filter.words() {
            let pattern = sql::contains(words);
            sql.push(" AND (a.address_lower LIKE ").bind(pattern.clone()).push(" ESCAPE '\\' OR LOWER(a.name) LIKE ").bind(pattern);
            sql.push(" ESCAPE '\\')");
        }
        if let Some(kind) = self.filter.kind {
            sql.push(" AND a.type = ").bind(kind.as_str());
        }
        if let Some(service) = self.filter.service {
            sql.push(" AND a.service = ").bind(service.as_str());
        }
        if let Some(status) = self.filter.status {
            sql.push(" AND a.status = ").bind(status.as_str());
        }
        match self.filter.result {
            None => {}
            Some(AccountResult::Never) => {
                sql.push(" AND s.last_result IS NULL");
            }
            Some(AccountResult::Is(RunState::Running)) => {
                sql.push(" AND (s.running > 0 OR s.retrying > 0) AND s.running > 0");
            }
            Some(AccountResult::Is(RunState::Retrying)) => {
                sql.push(" AND (s.running > 0 OR s.retrying > 0) AND s.retrying > 0");
            }
            Some(AccountResult::Is(state)) => {
                sql.push(" AND s.last_result = ").bind(state.as_str());
            }
        }
    }

    async fn total<C: ConnectionTrait>(&self, conn: &C) -> Result<Option<i64>, Error> {
        if self.filter.has_count() {
            let service = self.filter.service.map_or("", Service::as_str);
            let stored = saas_count::Entity::find()
                .select_only()
                .column(saas_count::Column::Accounts)
                .filter(saas_count::Column::PartnerId.eq(self.organization.partner_id))
                .filter(saas_count::Column::OrganizationId.eq(self.organization.id))
                .filter(saas_count::Column::Service.eq(service))
                .into_tuple::<i64>()
                .one(conn)
                .await?;
            return Ok(Some(stored.unwrap_or(0)));
        }
        let mut sql = Sql::new("SELECT COUNT(*) FROM (SELECT 1 AS one");
        self.from(&mut sql);
        sql.push(" LIMIT ").push(&(COUNTED + 1).to_string()).push(") counted");
        let row = conn.query_one_raw(sql.build(self.backend)).await?;
        let counted: i64 = row.map_or(Ok(0), |row| at(&row, 0))?;
        Ok(Some(counted).filter(|n| *n <= COUNTED))
    }
}

/// Rows of accounts of one organization, in their order. `by_job`: gives the days of each workload, too.
pub(super) async fn complete<C: ConnectionTrait>(
    conn: &C,
    organization: &organization::Model,
    models: Vec<account::Model>,
    sees_results: bool,
    by_job: bool,
    now: Time,
) -> Result<Vec<(AccountsRow, Vec<AccountDays>)>, Error> {
    if models.is_empty() {
        return Ok(Vec::new());
    }
    let partner = PartnerId(organization.partner_id);
    let (mut workloads, mut states, days) = if sees_results {
        let workloads = workloads::load(conn, partner, &models).await?;
        let states: HashMap<i64, account_state::Model> = account_state::Entity::find()
            .filter(account_state::Column::PartnerId.eq(partner.0))
            .filter(account_state::Column::AccountId.is_in(models.iter().map(|a| a.id)))
            .all(conn)
            .await?
            .into_iter()
            .map(|state| (state.account_id, state))
            .collect();
        (workloads, states, Some(Days::last(conn, organization, &models, by_job, now).await?))
    } else {
        (HashMap::new(), HashMap::new(), None)
    };
    models
        .into_iter()
        .map(|model| {
            let state = states.remove(&model.id);
            let s = state.as_ref();
            let workloads = workloads.remove(&model.id).unwrap_or_default();
            let of_jobs = match &days {
                Some(days) if by_job => workloads.iter().map(|w| days.of_job(model.id, w.job)).collect(),
                _ => Vec::new(),
            };
            let row = AccountsRow {
                id: AccountId(model.id),
                organization: OrganizationId(model.organization_id),
                kind: parse(&model.r#type)?,
                service: parse(&model.service)?,
                status: parse(&model.status)?,
                gone_at: model.gone_at.map(Time),
                last_result: s.and_then(|s| s.last_result.as_deref()).map(parse).transpose()?,
                last_at: s.and_then(|s| s.last_at).map(Time),
                last_usable_at: s.and_then(|s| s.last_usable_at).map(Time),
                due_at: s.and_then(|s| s.due_at).map(Time),
                running: s.map_or(0, |s| s.running),
                retrying: s.map_or(0, |s| s.retrying),
                open_alerts: s.map_or(0, |s| s.open_alerts),
                workloads,
                days: days.as_ref().map(|days| days.of(model.id)),
                address: model.address,
                name: model.name,
            };
            Ok((row, of_jobs))
        })
        .collect()
}

#[cfg(all(test, feature = "test-support"))]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
