//! Discovery, as the store sees it: whose turn it is, how far it is, who is not met any more. Asking the provider is the server's.
//!
//! A turn is taken by putting the next one an hour away: one server at a time works on a connection, and one that dies leaves it to
//! the next hour. Whoever asks for a discovery, authorizes anew or disconnects meanwhile takes the turn away, by setting the time anew.

use super::{BATCH, connection_of, subjects, tries::Tries};
use crate::{
    Engine,
    error::Error,
    ingest::bulk::{Kind, Meet, Rows, Table},
    store::{
        Store,
        audit::{self, Entry},
        devices,
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
    /// The time that stands for the next turn while this one is held.
    claim: Time,
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

/// The organization is looked up for each connection, in the order of index `connections_discovery`: the first that fits ends it.
const WAITING: &str = " FROM connections c WHERE c.next_discovery_at IS NOT NULL AND c.consent = 'connected' AND \
     (SELECT o.status FROM organizations o WHERE o.partner_id = c.partner_id AND o.id = c.organization_id) = 'activated'";

/// When the next discovery is due; none: no connection waits for one. Writes nothing.
///
/// # Errors
/// The database fails.
pub async fn earliest(store: &Store) -> Result<Option<Time>, Error> {
    let sql = format!("SELECT c.next_discovery_at{WAITING} ORDER BY c.next_discovery_at LIMIT 1");
    let row = store.reads().query_one_raw(Statement::from_string(store.backend(), sql)).await?;
    row.map(|row| at(&row, 0).map(Time)).transpose()
}

/// Takes the turn of a connection that is due. Writes only if there is one.
///
/// # Errors
/// The database fails.
pub async fn next(store: &Store, now: Time) -> Result<Option<Turn>, Error> {
    if earliest(store).await?.is_none_or(|due| due > now) {
        return Ok(None);
    }
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
        claim: now + TURN,
    };
    connection::Entity::update_many()
        .col_expr(connection::Column::NextDiscoveryAt, turn.claim.0.into())
        .col_expr(connection::Column::DiscoveryDetail, "Asking the provider".into())
        .filter(connection::COLUMN.partner_id.eq(turn.partner.0))
        .filter(connection::COLUMN.id.eq(turn.connection.0))
        .exec(&tx)
        .await?;
    tx.commit().await?;
    Ok(Some(turn))
}

/// Tells how far it is, and keeps the turn. False: it was taken away; nothing is told, and nothing more may be put in.
///
/// # Errors
/// The database fails.
pub async fn told(store: &Store, turn: &mut Turn, detail: &str, now: Time) -> Result<bool, Error> {
    let claim = now + TURN;
    let is_held = note(store, turn, detail, claim, None).await?;
    if is_held {
        turn.claim = claim;
    }
    Ok(is_held)
}

/// It didn't come to an end; the next turn is at `again`. False: the turn was taken away, and the next one is when that says.
///
/// # Errors
/// The database fails.
pub async fn failed(store: &Store, turn: &Turn, detail: &str, again: Time) -> Result<bool, Error> {
    note(store, turn, detail, again, None).await
}

async fn note(store: &Store, turn: &Turn, detail: &str, again: Time, done: Option<Time>) -> Result<bool, Error> {
    let tx = store.begin().await?;
    let mut update = connection::Entity::update_many()
        .col_expr(connection::Column::DiscoveryDetail, detail.into())
        .col_expr(connection::Column::NextDiscoveryAt, again.0.into())
        .filter(connection::COLUMN.partner_id.eq(turn.partner.0))
        .filter(connection::COLUMN.id.eq(turn.connection.0))
        .filter(connection::COLUMN.next_discovery_at.eq(turn.claim.0));
    if let Some(done) = done {
        update = update.col_expr(connection::Column::DiscoveredAt, done.0.into());
    }
    let met = update.exec(&tx).await?.rows_affected;
    tx.commit().await?;
    Ok(met > 0)
}

/// The directory was read to its end: accounts that were not met are marked as gone there, those that were are not. Nothing is
/// deleted, nobody deactivated. Sites, groups and teams stand in no list of users and stay as they are. Gives how many are newly gone;
/// none: the turn was taken away.
///
/// # Errors
/// The database fails.
pub async fn finished(
    engine: &Engine,
    turn: &Turn,
    met: &Met,
    detail: impl FnOnce(u64) -> String,
    now: Time,
) -> Result<Option<u64>, Error> {
    let store = &engine.store;
    let mut ids: Vec<i64> =
        listed(store.reads(), turn, None).await?.into_iter().filter(|known| met.changes(known).is_some()).map(|known| known.0).collect();
    ids.sort_unstable();
    let mut gone = 0;
    for part in ids.chunks(BATCH) {
        let mut tries = Tries::default();
        loop {
            match mark(engine, turn, met, part, now).await {
                Ok(Some(marked)) => break gone += marked,
                Ok(None) => return Ok(None),
                Err(error) => tries.again(error).await?,
            }
        }
    }
    let is_held = note(store, turn, &detail(gone), now + DAILY, Some(now)).await?;
    Ok(is_held.then_some(gone))
}

/// Id, address, the provider's id, since when it is gone.
type Listed = (i64, String, Option<String>, Option<i64>);

impl Met {
    /// Whether this account is to be marked as gone (true) or as there (false); none: it stands as it should.
    fn changes(&self, (_, address, external, gone_at): &Listed) -> Option<bool> {
        let is_met = self.addresses.contains(address) || external.as_ref().is_some_and(|external| self.ids.contains(external));
        (is_met == gone_at.is_some()).then_some(!is_met)
    }
}

/// Accounts that a list of users would name; all of the connection's, or those of these ids.
async fn listed<C: ConnectionTrait>(conn: &C, turn: &Turn, ids: Option<&[i64]>) -> Result<Vec<Listed>, Error> {
    let mut find = account::Entity::find()
        .select_only()
        .columns([account::Column::Id, account::Column::AddressLower, account::Column::ExternalId, account::Column::GoneAt])
        .filter(account::COLUMN.partner_id.eq(turn.partner.0))
        .filter(account::COLUMN.connection_id.eq(turn.connection.0))
        .filter(account::Column::Type.is_in([AccountType::User, AccountType::SharedMailbox].map(AccountType::as_str)));
    if let Some(ids) = ids {
        find = find.filter(account::COLUMN.id.is_in(ids.iter().copied()));
    }
    Ok(find.into_tuple().all(conn).await?)
}

/// Marks these, and settles them: whether an account is gone is part of how it is counted. None: the turn was taken away.
async fn mark(engine: &Engine, turn: &Turn, met: &Met, ids: &[i64], now: Time) -> Result<Option<u64>, Error> {
    static GONE: Table = Table {
        name: "accounts",
        keys: &[("partner_id", Int), ("id", Int)],
        fixed: &[],
        columns: &[("gone_at", Int), ("updated_at", Int)],
        meet: Meet::Update,
    };
    let store = &engine.store;
    let tx = store.begin_for(turn.partner).await?;
    // Under the partner's lock nobody takes the turn away until the commit.
    match connection_of(&tx, &turn.actor(), turn.connection).await {
        Ok(found) if found.next_discovery_at == Some(turn.claim.0) => {}
        Ok(_) | Err(Error::NotFound(_)) => return Ok(None),
        Err(error) => return Err(error),
    }
    devices::lock(store, &tx, &subjects(turn.partner, ids.iter().copied())).await?;
    let (mut rows, mut marked, mut gone) = (Rows::default(), Vec::new(), 0);
    for known in listed(&tx, turn, Some(ids)).await? {
        let Some(is_gone) = met.changes(&known) else { continue };
        gone += u64::from(is_gone);
        marked.push(known.0);
        rows.int(turn.partner.0).int(known.0).maybe_int(is_gone.then_some(now.0)).int(now.0);
    }
    rows.write(&tx, &GONE).await?;
    let changes = devices::settle(store, &tx, &subjects(turn.partner, marked), now).await?;
    tx.commit().await?;
    engine.live.publish(changes);
    Ok(Some(gone))
}
