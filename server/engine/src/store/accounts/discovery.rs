//! Discovery, as the store sees it: whose turn it is, how far it is, who is not met any more. Asking the provider is the server's.
//!
//! A turn is taken by putting the next one an hour away: one server at a time works on a connection, and one that dies leaves it to
//! the next hour.

use super::connection_of;
use crate::{
    Engine,
    error::Error,
    ingest::bulk::{Kind, Meet, Rows, Table},
    store::{
        Store,
        audit::{self, Entry},
        entity::{account, connection},
        facts::{at, parse},
        scope,
    },
};
use domain::{
    access::{Action, Actor, Scope},
    ids::{ConnectionId, OrganizationId, PartnerId},
    saas::{AccountType, Consent, Service},
    time::{Span, Time},
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QuerySelect, Statement};
use serde_json::json;
use std::collections::HashSet;

use Kind::Int;

/// A turn is another's after this long.
const TURN: Span = Span::HOUR;
/// Between two discoveries.
const DAILY: Span = Span::DAY;

/// A connection whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Its partner.
    pub partner: PartnerId,
    /// Its organization.
    pub organization: OrganizationId,
    /// Which connection.
    pub connection: ConnectionId,
    /// To which service.
    pub service: Service,
}

impl Turn {
    /// The server itself, within the organization.
    pub const fn actor(&self) -> Actor {
        Actor::system(Scope::Organization(self.partner, self.organization))
    }
}

/// Who was met in a directory.
#[derive(Clone, Debug, Default)]
pub struct Met {
    /// The provider's ids.
    pub ids: HashSet<String>,
    /// Addresses in lower case.
    pub addresses: HashSet<String>,
}

/// Asks for a discovery as soon as may be.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Conflict` (nobody has authorized it).
pub async fn discover(engine: &Engine, actor: &Actor, id: ConnectionId, now: Time) -> Result<(), Error> {
    let store = &engine.store;
    let partner = PartnerId(connection_of(store.reads(), actor, id).await?.partner_id);
    scope::require(actor, Action::ManageDevices, "discover accounts")?;
    let tx = store.begin_for(partner).await?;
    let found = connection_of(&tx, actor, id).await?;
    if found.consent != Consent::Connected.as_str() {
        return Err(Error::conflict("not_connected", "This connection isn't authorized. Authorize it first, then discover its accounts."));
    }
    connection::Entity::update_many()
        .col_expr(connection::Column::NextDiscoveryAt, now.0.into())
        .filter(connection::COLUMN.partner_id.eq(partner.0))
        .filter(connection::COLUMN.id.eq(id.0))
        .exec(&tx)
        .await?;
    let entry = Entry {
        partner,
        organization: Some(OrganizationId(found.organization_id)),
        what: "connection.discover",
        subject: format!("connection:{id}"),
        detail: json!({}),
    };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    tx.commit().await?;
    Ok(())
}

const WAITING: &str = " FROM connections c JOIN organizations o ON o.partner_id = c.partner_id AND o.id = c.organization_id \
     WHERE c.next_discovery_at IS NOT NULL AND c.consent = 'connected' AND o.status = 'activated'";

/// When the next discovery is due; none: no connection waits for one.
///
/// # Errors
/// The database fails.
pub async fn earliest(store: &Store) -> Result<Option<Time>, Error> {
    let sql = format!("SELECT MIN(c.next_discovery_at){WAITING}");
    let row = store.reads().query_one_raw(Statement::from_string(store.backend(), sql)).await?;
    Ok(row.map(|row| at::<Option<i64>>(&row, 0)).transpose()?.flatten().map(Time))
}

/// Takes the turn of a connection that is due.
///
/// # Errors
/// The database fails.
pub async fn next(store: &Store, now: Time) -> Result<Option<Turn>, Error> {
    let tx = store.begin().await?;
    let lock = if store.backend() == DbBackend::Postgres { " FOR NO KEY UPDATE OF c SKIP LOCKED" } else { "" };
    let sql = format!(
        "SELECT c.partner_id, c.organization_id, c.id, c.service{WAITING} AND c.next_discovery_at <= $1 ORDER BY c.next_discovery_at LIMIT 1{lock}"
    );
    let Some(row) = tx.query_one_raw(Statement::from_sql_and_values(store.backend(), sql, [now.0.into()])).await? else {
        return Ok(None);
    };
    let turn = Turn {
        partner: PartnerId(at(&row, 0)?),
        organization: OrganizationId(at(&row, 1)?),
        connection: ConnectionId(at(&row, 2)?),
        service: parse(&at::<String>(&row, 3)?)?,
    };
    connection::Entity::update_many()
        .col_expr(connection::Column::NextDiscoveryAt, (now + TURN).0.into())
        .col_expr(connection::Column::DiscoveryDetail, "Asking the provider".into())
        .filter(connection::COLUMN.partner_id.eq(turn.partner.0))
        .filter(connection::COLUMN.id.eq(turn.connection.0))
        .exec(&tx)
        .await?;
    tx.commit().await?;
    Ok(Some(turn))
}

/// Tells how far it is, and keeps the turn.
///
/// # Errors
/// The database fails.
pub async fn told(store: &Store, turn: &Turn, detail: &str, now: Time) -> Result<(), Error> {
    note(store, turn, detail, now + TURN, None).await
}

/// It didn't come to an end; the next turn is at `again`.
///
/// # Errors
/// The database fails.
pub async fn failed(store: &Store, turn: &Turn, detail: &str, again: Time) -> Result<(), Error> {
    note(store, turn, detail, again, None).await
}

async fn note(store: &Store, turn: &Turn, detail: &str, again: Time, done: Option<Time>) -> Result<(), Error> {
    let tx = store.begin().await?;
    let mut update = connection::Entity::update_many()
        .col_expr(connection::Column::DiscoveryDetail, detail.into())
        .col_expr(connection::Column::NextDiscoveryAt, again.0.into())
        .filter(connection::COLUMN.partner_id.eq(turn.partner.0))
        .filter(connection::COLUMN.id.eq(turn.connection.0));
    if let Some(done) = done {
        update = update.col_expr(connection::Column::DiscoveredAt, done.0.into());
    }
    update.exec(&tx).await?;
    tx.commit().await?;
    Ok(())
}

/// The directory was read to its end: accounts that were not met are marked as gone there, those that were are not. Nothing is
/// deleted, nobody deactivated. Sites, groups and teams stand in no list of users and stay as they are. Gives how many are newly gone.
///
/// # Errors
/// The database fails.
pub async fn finished(store: &Store, turn: &Turn, met: &Met, detail: impl FnOnce(u64) -> String, now: Time) -> Result<u64, Error> {
    static GONE: Table = Table {
        name: "accounts",
        keys: &[("partner_id", Int), ("id", Int)],
        fixed: &[],
        columns: &[("gone_at", Int), ("updated_at", Int)],
        meet: Meet::Update,
    };
    let known: Vec<(i64, String, Option<String>, Option<i64>)> = account::Entity::find()
        .select_only()
        .columns([account::Column::Id, account::Column::AddressLower, account::Column::ExternalId, account::Column::GoneAt])
        .filter(account::COLUMN.partner_id.eq(turn.partner.0))
        .filter(account::COLUMN.connection_id.eq(turn.connection.0))
        .filter(account::Column::Type.is_in([AccountType::User, AccountType::SharedMailbox].map(AccountType::as_str)))
        .into_tuple()
        .all(store.reads())
        .await?;
    let (mut rows, mut gone) = (Rows::default(), 0);
    for (id, address, external, gone_at) in known {
        let is_met = met.addresses.contains(&address) || external.is_some_and(|external| met.ids.contains(&external));
        if is_met == gone_at.is_some() {
            gone += u64::from(!is_met);
            rows.int(turn.partner.0).int(id).maybe_int((!is_met).then_some(now.0)).int(now.0);
        }
    }
    let tx = store.begin_for(turn.partner).await?;
    rows.write(&tx, &GONE).await?;
    tx.commit().await?;
    note(store, turn, &detail(gone), now + DAILY, Some(now)).await?;
    Ok(gone)
}
