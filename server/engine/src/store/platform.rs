//! What is wrong with the platform itself: one row for all tenants that feel it, instead of an alert for each.

use super::{Store, entity::platform_incident as incident, facts::parse};
use crate::error::Error;
use domain::{saas::Service, time::Time};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, IntoActiveModel,
    QueryFilter, Statement,
};
use serde::{Deserialize, Serialize};

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
            Self::TokenKey => "token_key",
        }
    }
}

impl std::str::FromStr for Fault {
    type Err = &'static str;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "client_secret" => Ok(Self::ClientSecret),
            "client_request" => Ok(Self::Request),
            "token_key" => Ok(Self::TokenKey),
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
    /// What the provider says.
    pub detail: String,
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
                detail: row.detail,
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

/// Tells of a fault that is seen outside of the store.
///
/// # Errors
/// The database fails.
pub async fn report(store: &Store, fault: Fault, service: Service, detail: &str, now: Time) -> Result<(), Error> {
    let tx = store.begin().await?;
    seen(&tx, fault, service, detail, now).await?;
    tx.commit().await?;
    Ok(())
}

/// A fault is seen: begins, or goes on.
pub(super) async fn seen(tx: &DatabaseTransaction, fault: Fault, service: Service, detail: &str, now: Time) -> Result<(), Error> {
    in_turn(tx).await?;
    let open = incident::Entity::find()
        .filter(incident::COLUMN.kind.eq(fault.as_str()))
        .filter(incident::COLUMN.subject.eq(service.as_str()))
        .filter(incident::Column::ResolvedAt.is_null());
    match open.one(tx).await? {
        Some(row) => {
            let mut row = row.into_active_model();
            row.last_at = Set(now.0);
            row.detail = Set(detail.to_owned());
            row.update(tx).await?;
        }
        None => {
            tracing::error!(fault = fault.as_str(), service = service.as_str(), detail, "the platform itself is at fault");
            let row = incident::ActiveModel {
                kind: Set(fault.as_str().into()),
                subject: Set(service.as_str().into()),
                since: Set(now.0),
                last_at: Set(now.0),
                resolved_at: Set(None),
                detail: Set(detail.to_owned()),
            };
            incident::Entity::insert(row).exec_without_returning(tx).await?;
        }
    }
    Ok(())
}

/// The service has given tokens: what was wrong is over. Costs one indexed look while nothing is wrong.
pub(super) async fn over(tx: &DatabaseTransaction, service: Service, now: Time) -> Result<(), Error> {
    incident::Entity::update_many()
        .col_expr(incident::Column::ResolvedAt, now.0.into())
        .filter(incident::COLUMN.subject.eq(service.as_str()))
        .filter(incident::Column::ResolvedAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}
