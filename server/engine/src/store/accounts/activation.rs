//! What activation does: jobs of the account's workloads, the history of activation that reports read, and which accounts an
//! organization's status or a policy concerns.

use super::{may_see, subjects};
use crate::{
    error::Error,
    ingest::bulk::{Keys, Kind, Meet, Rows, Table},
    reconcile::write::JOBS,
    store::{
        Store, audit, devices,
        entity::{account, activation, connection, user},
        organizations, page,
    },
};
use domain::{
    access::Actor,
    ids::{AccountId, ConnectionId, DeviceId, OrganizationId, PartnerId, PolicyId, UserId},
    saas::{AccountType, Service},
    time::Time,
};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use serde::Serialize;
use std::collections::{HashMap, HashSet};

use Kind::{Bool, Int, Text};

static ACTIVATIONS: Table = Table {
    name: "activations",
    keys: &[("partner_id", Int), ("organization_id", Int), ("account_id", Int), ("at", Int)],
    fixed: &[],
    columns: &[("activated", Bool), ("who", Text)],
    meet: Meet::Replace,
};

/// A change of activation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActivationRow {
    /// Which account; none: the organization itself.
    pub account: Option<AccountId>,
    /// Its address; empty for the organization.
    pub address: String,
    /// When.
    pub at: Time,
    /// What it was changed to.
    pub activated: bool,
    /// `user:ID`, `key:ID` or `system`.
    pub who: String,
    /// That person's name, if it was one.
    pub name: Option<String>,
}

/// An account that is activated, as far as its jobs depend on it.
pub(super) struct Activated {
    pub(super) id: i64,
    pub(super) organization: i64,
    pub(super) service: Service,
    pub(super) kind: AccountType,
}

/// Makes the jobs of these accounts that aren't there yet.
pub(super) async fn make_jobs(
    store: &Store,
    tx: &DatabaseTransaction,
    partner: PartnerId,
    accounts: &[Activated],
    now: Time,
) -> Result<(), Error> {
    let mut keys = Keys::new(&[Int, Int]);
    for account in accounts {
        keys.int(partner.0).int(account.id);
    }
    let sql = "SELECT j.device_id, j.name_lower FROM {x} {join} jobs j ON j.partner_id = x.a AND j.device_id = x.b";
    let mut there: HashSet<(i64, String)> = HashSet::new();
    for row in keys.query(tx, sql).await? {
        there.insert((row.try_get_by_index(0)?, row.try_get_by_index(1)?));
    }
    let mut rows = Rows::default();
    for account in accounts {
        for workload in account.kind.workloads(account.service) {
            if there.contains(&(account.id, workload.as_str().to_owned())) {
                continue;
            }
            rows.int(partner.0)
                .int(store.id(now))
                .int(account.organization)
                .int(account.id)
                .text(workload.name())
                .text(workload.as_str())
                .text(workload.as_str())
                .text(devices::uuid())
                .int(now.0)
                .maybe_text(None);
        }
    }
    rows.write(tx, &JOBS).await
}

/// Remembers that these accounts were activated or deactivated. (organization, account).
pub(super) async fn mark(
    tx: &DatabaseTransaction,
    partner: PartnerId,
    actor: &Actor,
    accounts: impl IntoIterator<Item = (i64, i64)>,
    activated: bool,
    now: Time,
) -> Result<(), Error> {
    let who = audit::who(actor);
    let mut rows = Rows::default();
    for (organization, account) in accounts {
        rows.int(partner.0).int(organization).int(account).int(now.0).flag(activated).text(who.as_str());
    }
    rows.write(tx, &ACTIVATIONS).await
}

/// Remembers that an organization was activated or deactivated.
pub(crate) async fn mark_organization(
    tx: &DatabaseTransaction,
    (partner, organization): (PartnerId, OrganizationId),
    actor: &Actor,
    activated: bool,
    now: Time,
) -> Result<(), Error> {
    mark(tx, partner, actor, [(organization.0, 0)], activated, now).await
}

/// All accounts of an organization, as subjects.
pub(crate) async fn subjects_of_organization(
    tx: &DatabaseTransaction,
    partner: PartnerId,
    id: OrganizationId,
) -> Result<Vec<(PartnerId, DeviceId)>, Error> {
    let ids: Vec<i64> = account::Entity::find()
        .select_only()
        .column(account::Column::Id)
        .filter(account::COLUMN.partner_id.eq(partner.0))
        .filter(account::COLUMN.organization_id.eq(id.0))
        .into_tuple()
        .all(tx)
        .await?;
    Ok(subjects(partner, ids))
}

/// All accounts of a connection, as subjects.
pub(crate) async fn subjects_of_connection(
    tx: &DatabaseTransaction,
    partner: PartnerId,
    id: ConnectionId,
) -> Result<Vec<(PartnerId, DeviceId)>, Error> {
    let ids: Vec<i64> = account::Entity::find()
        .select_only()
        .column(account::Column::Id)
        .filter(account::COLUMN.partner_id.eq(partner.0))
        .filter(account::COLUMN.connection_id.eq(id.0))
        .into_tuple()
        .all(tx)
        .await?;
    Ok(subjects(partner, ids))
}

/// All accounts whose connection follows a policy, as subjects.
pub(crate) async fn subjects_of_policy(
    tx: &DatabaseTransaction,
    partner: PartnerId,
    id: PolicyId,
) -> Result<Vec<(PartnerId, DeviceId)>, Error> {
    let ids: Vec<i64> = account::Entity::find()
        .select_only()
        .column(account::Column::Id)
        .filter(account::COLUMN.partner_id.eq(partner.0))
        .filter(
            account::Column::ConnectionId.in_subquery(
                connection::Entity::find()
                    .select_only()
                    .column(connection::Column::Id)
                    .filter(connection::COLUMN.partner_id.eq(partner.0))
                    .filter(connection::COLUMN.policy_id.eq(id.0))
                    .into_query(),
            ),
        )
        .into_tuple()
        .all(tx)
        .await?;
    Ok(subjects(partner, ids))
}

/// Slots that passed until now were not promised to these accounts.
pub(crate) async fn watch_anew(tx: &DatabaseTransaction, accounts: &[(PartnerId, DeviceId)], now: Time) -> Result<(), Error> {
    static WATCHED: Table = Table {
        name: "accounts",
        keys: &[("partner_id", Int), ("id", Int)],
        fixed: &[],
        columns: &[("watched_since", Int)],
        meet: Meet::Update,
    };
    let mut rows = Rows::default();
    for (partner, id) in accounts {
        rows.int(partner.0).int(id.0).int(now.0);
    }
    rows.write(tx, &WATCHED).await
}

/// The last changes of activation of an organization and its accounts, or of one account, newest first. At most 500.
///
/// # Errors
/// `NotFound` (organization); `Forbidden` without the right to read; `Invalid` (limit).
pub async fn history(
    store: &Store,
    actor: &Actor,
    organization: OrganizationId,
    account: Option<AccountId>,
    limit: Option<u64>,
) -> Result<Vec<ActivationRow>, Error> {
    may_see(actor)?;
    let limit = page::limit(limit)?;
    let conn = store.reads();
    let found = organizations::find(conn, actor, organization).await?;
    let of_it = || {
        activation::Entity::find()
            .filter(activation::COLUMN.partner_id.eq(found.partner_id))
            .filter(activation::COLUMN.organization_id.eq(found.id))
    };
    let wanted = match account {
        Some(account) => of_it().filter(activation::COLUMN.account_id.eq(account.0)),
        None => of_it(),
    };
    let rows = wanted.order_by_desc(activation::Column::At).order_by_asc(activation::Column::AccountId).limit(limit).all(conn).await?;
    let ids: Vec<i64> = rows.iter().map(|r| r.account_id).filter(|id| *id != 0).collect();
    let addresses: HashMap<i64, String> = if ids.is_empty() {
        HashMap::new()
    } else {
        account::Entity::find()
            .select_only()
            .columns([account::Column::Id, account::Column::Address])
            .filter(account::COLUMN.partner_id.eq(found.partner_id))
            .filter(account::COLUMN.id.is_in(ids))
            .into_tuple()
            .all(conn)
            .await?
            .into_iter()
            .collect()
    };
    let people: Vec<UserId> = rows.iter().filter_map(|row| row.who.strip_prefix("user:")?.parse().ok()).collect();
    let names: HashMap<UserId, String> = if people.is_empty() {
        HashMap::new()
    } else {
        user::Entity::find()
            .select_only()
            .columns([user::Column::Id, user::Column::Name])
            .filter(user::COLUMN.id.is_in(people.iter().map(|p| p.0)))
            .into_tuple::<(i64, String)>()
            .all(conn)
            .await?
            .into_iter()
            .map(|(id, name)| (UserId(id), name))
            .collect()
    };
    Ok(rows
        .into_iter()
        .map(|row| ActivationRow {
            name: row.who.strip_prefix("user:").and_then(|id| names.get(&id.parse().ok()?).cloned()),
            account: (row.account_id != 0).then_some(AccountId(row.account_id)),
            address: addresses.get(&row.account_id).cloned().unwrap_or_default(),
            at: Time(row.at),
            activated: row.activated,
            who: row.who,
        })
        .collect())
}
