//! What is wrong with the platform itself: one row for all tenants that feel it, instead of an alert for each.

use super::{
    Store,
    entity::{connection, platform_incident as incident},
    facts::parse,
};
use crate::error::Error;
use domain::{
    ids::{ConnectionId, PartnerId},
    saas::Service,
    time::{Span, Time},
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait,
    IntoActiveModel, QueryFilter, QuerySelect, Statement,
};
use serde::{Deserialize, Serialize};

/// Code of a connection whose tokens can't be opened; no provider says it.
pub const TOKEN_KEY: &str = "token_key";
/// A service that has given tokens to anybody within this time takes what the portal asks: then a refusal is one connection's own.
const WORKED: Span = Span::HOUR;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// A provider refuses our own client secret.
    ClientSecret,
    /// A provider doesn't take what we ask for.
    Request,
    /// The secrets file lacks the key that tokens were sealed with.
    TokenKey,
}

impl Fault {
    const fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecret => "client_secret",
            Self::Request => "client_request",
            Self::TokenKey => TOKEN_KEY,
        }
    }
}

impl std::str::FromStr for Fault {
    type Err = &'static str;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "client_secret" => Ok(Self::ClientSecret),
            "client_request" => Ok(Self::Request),
            TOKEN_KEY => Ok(Self::TokenKey),
            _ => Err("not a fault of the platform"),
        }
    }
}

/// A fault of the platform that lasts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Incident {
    /// What is wrong.
    pub fault: Fault,
    /// With which service.
    pub service: Service,
    /// Since when.
    pub since: Time,
    /// Last seen.
    pub last_at: Time,
    /// The provider's code. Never what it says in words: those may speak of one tenant, and an incident is shown to all.
    pub code: String,
}

/// Faults that last, of all services.
///
/// # Errors
/// The database fails.
pub async fn incidents(store: &Store) -> Result<Vec<Incident>, Error> {
    let open = incident::Entity::find().filter(incident::Column::ResolvedAt.is_null()).all(store.reads()).await?;
    open.into_iter()
        .map(|row| {
            Ok(Incident {
                fault: parse(&row.kind)?,
                service: parse(&row.subject)?,
                since: Time(row.since),
                last_at: Time(row.last_at),
                code: row.detail.split(':').next().unwrap_or_default().to_owned(),
            })
        })
        .collect()
}

/// Two servers that see it at once make one row.
async fn in_turn(tx: &DatabaseTransaction) -> Result<(), Error> {
    if tx.get_database_backend() == DbBackend::Postgres {
        let sql = "SELECT 1 FROM (SELECT pg_advisory_xact_lock(hashtext('platform_incidents'))) x";
        tx.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    }
    Ok(())
}

/// Tells of a fault that is seen outside of the store, by the provider's code.
///
/// # Errors
/// The database fails.
pub async fn report(store: &Store, fault: Fault, service: Service, code: &str, now: Time) -> Result<(), Error> {
    let tx = store.begin().await?;
    seen(&tx, fault, service, code, now).await?;
    tx.commit().await?;
    Ok(())
}

/// True when the service has given tokens to a connection not long ago.
async fn works(tx: &DatabaseTransaction, service: Service, now: Time) -> Result<bool, Error> {
    let one: Option<i64> = connection::Entity::find()
        .select_only()
        .column(connection::Column::Id)
        .filter(connection::COLUMN.service.eq(service.as_str()))
        .filter(connection::Column::RefreshedAt.gt((now - WORKED).0))
        .limit(1)
        .into_tuple()
        .one(tx)
        .await?;
    Ok(one.is_some())
}

/// A fault is seen: begins, or goes on. What a provider refuses begins only when it refuses everybody; while it lasts nobody has to be
/// looked at, because the first success ends it.
pub(super) async fn seen(tx: &DatabaseTransaction, fault: Fault, service: Service, code: &str, now: Time) -> Result<(), Error> {
    in_turn(tx).await?;
    let open = incident::Entity::find()
        .filter(incident::COLUMN.kind.eq(fault.as_str()))
        .filter(incident::COLUMN.subject.eq(service.as_str()))
        .filter(incident::Column::ResolvedAt.is_null());
    match open.one(tx).await? {
        Some(row) => {
            let mut row = row.into_active_model();
            row.last_at = Set(now.0);
            row.detail = Set(code.to_owned());
            row.update(tx).await?;
        }
        None if fault != Fault::TokenKey && works(tx, service, now).await? => {}
        None => {
            tracing::error!(fault = fault.as_str(), service = service.as_str(), code, "the platform itself is at fault");
            let row = incident::ActiveModel {
                kind: Set(fault.as_str().into()),
                subject: Set(service.as_str().into()),
                since: Set(now.0),
                last_at: Set(now.0),
                resolved_at: Set(None),
                detail: Set(code.to_owned()),
            };
            incident::Entity::insert(row).exec_without_returning(tx).await?;
        }
    }
    Ok(())
}

/// The service has given tokens to this connection, or it is gone: what was wrong is over, except a lost key that others still miss. Costs
/// one indexed look while nothing is wrong.
pub(super) async fn over(
    tx: &DatabaseTransaction,
    service: Service,
    (partner, id): (PartnerId, ConnectionId),
    now: Time,
) -> Result<(), Error> {
    let open = incident::Entity::find()
        .filter(incident::COLUMN.subject.eq(service.as_str()))
        .filter(incident::Column::ResolvedAt.is_null())
        .all(tx)
        .await?;
    for row in open {
        if row.kind == TOKEN_KEY && is_missed(tx, service, (partner, id)).await? {
            continue;
        }
        let mut row = row.into_active_model();
        row.resolved_at = Set(Some(now.0));
        row.update(tx).await?;
    }
    Ok(())
}

/// A connection is removed: if it was the last that misses a key, that is over, and nothing else is.
pub(super) async fn removed(
    tx: &DatabaseTransaction,
    service: Service,
    (partner, id): (PartnerId, ConnectionId),
    now: Time,
) -> Result<(), Error> {
    if is_missed(tx, service, (partner, id)).await? {
        return Ok(());
    }
    incident::Entity::update_many()
        .col_expr(incident::Column::ResolvedAt, now.0.into())
        .filter(incident::COLUMN.kind.eq(TOKEN_KEY))
        .filter(incident::COLUMN.subject.eq(service.as_str()))
        .filter(incident::Column::ResolvedAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// True while the tokens of another connection than this can't be opened.
async fn is_missed(tx: &DatabaseTransaction, service: Service, (partner, id): (PartnerId, ConnectionId)) -> Result<bool, Error> {
    let other = Condition::any().add(connection::COLUMN.partner_id.ne(partner.0)).add(connection::COLUMN.id.ne(id.0));
    let one: Option<i64> = connection::Entity::find()
        .select_only()
        .column(connection::Column::Id)
        .filter(connection::COLUMN.service.eq(service.as_str()))
        .filter(connection::COLUMN.consent_code.eq(TOKEN_KEY))
        .filter(other)
        .limit(1)
        .into_tuple()
        .one(tx)
        .await?;
    Ok(one.is_some())
}
