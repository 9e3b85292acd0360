//! What the table shows of an organization: its plan, its seats, its connections. Read for a whole page at once.

use crate::{
    error::Error,
    store::{
        Store,
        entity::{connection, partner},
        facts::{at, parse},
        organizations::{OrganizationStatus, PlanType},
        sql::Sql,
    },
};
use domain::{
    access::{Action, Actor},
    ids::{OrganizationId, PartnerId},
    saas::{Consent, Service},
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QuerySelect};
use serde::Serialize;
use std::collections::HashMap;

/// A service that an organization has a connection to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceOfRow {
    /// Which.
    pub service: Service,
    /// Seats in use there.
    pub seats: i64,
    /// What the provider says; none for those who see seats only.
    pub consent: Option<Consent>,
}

/// An organization of the global dashboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SaasRow {
    /// Which organization.
    pub organization: OrganizationId,
    /// Its name.
    pub name: String,
    /// Its partner and that one's name.
    pub partner: (PartnerId, String),
    /// Whether it is served.
    pub status: OrganizationStatus,
    /// Where its backup data lives.
    pub region: String,
    /// Name of its plan.
    pub plan_name: String,
    /// What was sold.
    pub plan_type: PlanType,
    /// Seats it may use.
    pub seat_limit: Option<i64>,
    /// Known accounts.
    pub accounts: i64,
    /// Seats in use.
    pub seats: i64,
    /// Open runs in state running; nought for those who see seats only.
    pub running: i64,
    /// Open runs in state retrying; nought for those who see seats only.
    pub retrying: i64,
    /// Its connections.
    pub services: Vec<ServiceOfRow>,
}

/// Rows of (partner, organization), by organization: three queries.
pub(super) async fn rows_of(store: &Store, actor: &Actor, pairs: &[(i64, i64)]) -> Result<HashMap<i64, SaasRow>, Error> {
    if pairs.is_empty() {
        return Ok(HashMap::new());
    }
    let conn = store.reads();
    let sees_results = actor.may(Action::SeeDashboards);
    let mut owners: Vec<i64> = pairs.iter().map(|(partner, _)| *partner).collect();
    owners.sort_unstable();
    owners.dedup();
    let names: HashMap<i64, String> = partner::Entity::find()
        .select_only()
        .columns([partner::Column::Id, partner::Column::Name])
        .filter(partner::Column::Id.is_in(owners.iter().copied()))
        .into_tuple()
        .all(conn)
        .await?
        .into_iter()
        .collect();
    let mut sql = Sql::new(
        "SELECT o.partner_id, o.id, o.name, o.status, o.region, o.plan_name, o.plan_type, o.seat_limit, \
         c.service, c.accounts, c.seats, c.running, c.retrying FROM organizations o",
    );
    sql.push(if store.backend() == DbBackend::Sqlite { " CROSS JOIN " } else { " JOIN " });
    sql.push("saas_counts c ON c.partner_id = o.partner_id AND c.organization_id = o.id WHERE o.partner_id IN ");
    sql.bind_list(owners.iter().copied()).push(" AND o.id IN ").bind_list(pairs.iter().map(|(_, id)| *id));
    sql.push(" ORDER BY o.id, c.service");
    let mut rows: HashMap<i64, SaasRow> = HashMap::with_capacity(pairs.len());
    for row in conn.query_all_raw(sql.build(store.backend())).await? {
        let (partner, id): (i64, i64) = (at(&row, 0)?, at(&row, 1)?);
        let service: String = at(&row, 8)?;
        let seats: i64 = at(&row, 10)?;
        if service.is_empty() {
            let open = |place| if sees_results { at::<i64>(&row, place) } else { Ok(0) };
            rows.insert(
                id,
                SaasRow {
                    organization: OrganizationId(id),
                    name: at(&row, 2)?,
                    partner: (PartnerId(partner), names.get(&partner).cloned().unwrap_or_default()),
                    status: parse(&at::<String>(&row, 3)?)?,
                    region: at(&row, 4)?,
                    plan_name: at(&row, 5)?,
                    plan_type: parse(&at::<String>(&row, 6)?)?,
                    seat_limit: at(&row, 7)?,
                    accounts: at(&row, 9)?,
                    seats,
                    running: open(11)?,
                    retrying: open(12)?,
                    services: Vec::new(),
                },
            );
        } else if let Some(own) = rows.get_mut(&id) {
            own.services.push(ServiceOfRow { service: parse(&service)?, seats, consent: None });
        }
    }
    if sees_results {
        consents(conn, &owners, pairs, &mut rows).await?;
    }
    Ok(rows)
}

async fn consents<C: ConnectionTrait>(
    conn: &C,
    owners: &[i64],
    pairs: &[(i64, i64)],
    rows: &mut HashMap<i64, SaasRow>,
) -> Result<(), Error> {
    let found: Vec<(i64, String, String)> = connection::Entity::find()
        .select_only()
        .columns([connection::Column::OrganizationId, connection::Column::Service, connection::Column::Consent])
        .filter(connection::Column::PartnerId.is_in(owners.iter().copied()))
        .filter(connection::Column::OrganizationId.is_in(pairs.iter().map(|(_, id)| *id)))
        .into_tuple()
        .all(conn)
        .await?;
    for (organization, service, consent) in found {
        let service: Service = parse(&service)?;
        let of = rows.get_mut(&organization).and_then(|row| row.services.iter_mut().find(|s| s.service == service));
        if let Some(of) = of {
            of.consent = Some(parse(&consent)?);
        }
    }
    Ok(())
}
