//! Seats of an organization: bought, used, and how much of what is known they cover. From stored counts.

use super::may_see;
use crate::{
    error::Error,
    store::{
        Store,
        entity::{connection, organization, saas_count},
        facts::parse,
        organizations,
    },
};
use domain::{
    access::Actor,
    ids::{ConnectionId, OrganizationId},
    saas::Service,
};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};

/// Seats of one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceSeats {
    /// Which connection.
    pub connection: ConnectionId,
    /// To which service.
    pub service: Service,
    /// Accounts that are known.
    pub accounts: i64,
    /// Of them activated, while the organization is.
    pub used: i64,
}

/// Seats of an organization.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seats {
    /// Seats in use: activated accounts; none while the organization is deactivated.
    pub used: i64,
    /// Seats that were bought; none: no limit.
    pub limit: Option<i64>,
    /// Accounts that are known.
    pub accounts: i64,
    /// By service, those with a connection.
    pub services: Vec<ServiceSeats>,
}

impl Seats {
    /// How many seats are used beyond the limit.
    pub fn above(&self) -> i64 {
        self.limit.map_or(0, |limit| (self.used - limit).max(0))
    }
}

/// Seats of an organization, in use and bought.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to read.
pub async fn seats(store: &Store, actor: &Actor, id: OrganizationId) -> Result<Seats, Error> {
    may_see(actor)?;
    let found = organizations::find(store.reads(), actor, id).await?;
    seats_of(store.reads(), &found).await
}

pub(super) async fn seats_of<C: ConnectionTrait>(conn: &C, organization: &organization::Model) -> Result<Seats, Error> {
    let counts = saas_count::Entity::find()
        .filter(saas_count::COLUMN.partner_id.eq(organization.partner_id))
        .filter(saas_count::COLUMN.organization_id.eq(organization.id))
        .all(conn)
        .await?;
    let connections = connection::Entity::find()
        .filter(connection::COLUMN.partner_id.eq(organization.partner_id))
        .filter(connection::COLUMN.organization_id.eq(organization.id))
        .order_by_desc(connection::Column::Service)
        .all(conn)
        .await?;
    let of = |service: &str| counts.iter().find(|c| c.service == service).map_or((0, 0), |c| (c.accounts, c.seats));
    let (accounts, used) = of("");
    let services = connections
        .iter()
        .map(|connection| {
            let (accounts, used) = of(&connection.service);
            Ok(ServiceSeats { connection: ConnectionId(connection.id), service: parse(&connection.service)?, accounts, used })
        })
        .collect::<Result<_, Error>>()?;
    Ok(Seats { used, limit: organization.seat_limit, accounts, services })
}
