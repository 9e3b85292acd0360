//! Whom a window concerns: the subjects that are settled when it changes, and how many there are.

use crate::{
    error::Error,
    store::{
        Store, devices,
        entity::{account, connection, device},
        facts::at,
        organizations, scope,
        sql::Sql,
    },
};
use domain::{
    access::{Action, Actor},
    ids::{ConnectionId, DeviceId, OrganizationId, PartnerId},
    maintenance::Reach,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use serde::Serialize;

/// Where a window lives: partner, organization and device; 0 where it is for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Home {
    pub(super) partner: PartnerId,
    pub(super) organization: i64,
    pub(super) device: i64,
}

/// Where a window of this reach lives, if the actor may see whom it concerns.
pub(super) async fn home<C: ConnectionTrait>(conn: &C, actor: &Actor, partner: Option<PartnerId>, reach: &Reach) -> Result<Home, Error> {
    match reach {
        Reach::Device(id) => {
            let device = devices::find(conn, actor, *id).await?;
            Ok(Home { partner: PartnerId(device.partner_id), organization: device.organization_id, device: id.0 })
        }
        Reach::Organization(id) => {
            let organization = organizations::find(conn, actor, *id).await?;
            Ok(Home { partner: PartnerId(organization.partner_id), organization: id.0, device: 0 })
        }
        Reach::Partner | Reach::Tag(_) | Reach::All => {
            let partner = partner.map_or_else(|| scope::own_partner(actor), Ok)?;
            scope::inside(actor, "partner", partner, None, None)?;
            Ok(Home { partner, organization: 0, device: 0 })
        }
    }
}

/// The partners whose subjects a window may concern, by id: its own, and for one that reaches everything all below.
pub(super) async fn partners<C: ConnectionTrait>(conn: &C, own: PartnerId, reach: &Reach) -> Result<Vec<PartnerId>, Error> {
    if *reach != Reach::All {
        return Ok(vec![own]);
    }
    let mut below = crate::store::partners::subtree(conn, own).await?.to_vec();
    below.sort_unstable();
    Ok(below)
}

/// The devices and accounts that a window concerns.
pub(super) async fn subjects<C: ConnectionTrait>(
    conn: &C,
    partners: &[PartnerId],
    reach: &Reach,
) -> Result<Vec<(PartnerId, DeviceId)>, Error> {
    if let (Reach::Device(id), [partner, ..]) = (reach, partners) {
        return Ok(vec![(*partner, *id)]);
    }
    let mut found = Vec::new();
    let of = partners.iter().map(|partner| partner.0);
    let mut query = device::Entity::find()
        .select_only()
        .columns([device::Column::PartnerId, device::Column::Id, device::Column::Tags])
        .filter(device::Column::PartnerId.is_in(of.clone()));
    match reach {
        Reach::Organization(id) => query = query.filter(device::COLUMN.organization_id.eq(id.0)),
        Reach::Tag(_) => query = query.filter(device::COLUMN.tags.ne("[]")),
        Reach::Device(_) | Reach::Partner | Reach::All => {}
    }
    let rows: Vec<(i64, i64, String)> = query.into_tuple().all(conn).await?;
    found.extend(rows.into_iter().filter(|(_, _, tags)| carries(tags, reach)).map(|(partner, id, _)| (PartnerId(partner), DeviceId(id))));
    if matches!(reach, Reach::Tag(_)) {
        return Ok(found);
    }
    let mut query = account::Entity::find()
        .select_only()
        .columns([account::Column::PartnerId, account::Column::Id])
        .filter(account::Column::PartnerId.is_in(of));
    if let Reach::Organization(id) = reach {
        query = query.filter(account::COLUMN.organization_id.eq(id.0));
    }
    let rows: Vec<(i64, i64)> = query.into_tuple().all(conn).await?;
    found.extend(rows.into_iter().map(|(partner, id)| (PartnerId(partner), DeviceId(id))));
    Ok(found)
}

fn carries(tags: &str, reach: &Reach) -> bool {
    let Reach::Tag(wanted) = reach else { return true };
    let tags: Vec<String> = serde_json::from_str(tags).unwrap_or_default();
    tags.iter().any(|tag| tag.eq_ignore_ascii_case(wanted))
}

/// Connections without consent that a window concerns: their alerts follow it.
pub(super) async fn refused_connections<C: ConnectionTrait>(
    conn: &C,
    partners: &[PartnerId],
    reach: &Reach,
) -> Result<Vec<(PartnerId, ConnectionId)>, Error> {
    if matches!(reach, Reach::Device(_) | Reach::Tag(_)) {
        return Ok(Vec::new());
    }
    let mut query = connection::Entity::find()
        .select_only()
        .columns([connection::Column::PartnerId, connection::Column::Id])
        .filter(connection::Column::PartnerId.is_in(partners.iter().map(|partner| partner.0)))
        .filter(connection::COLUMN.consent.eq("expired"));
    if let Reach::Organization(id) = reach {
        query = query.filter(connection::COLUMN.organization_id.eq(id.0));
    }
    let rows: Vec<(i64, i64)> = query.into_tuple().all(conn).await?;
    Ok(rows.into_iter().map(|(partner, id)| (PartnerId(partner), ConnectionId(id))).collect())
}

/// How many a window concerns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Concerned {
    /// Devices, without the retired ones.
    pub devices: i64,
    /// Accounts in use.
    pub accounts: i64,
}

/// How many a window of this reach would concern.
///
/// # Errors
/// `NotFound` (device, organization, partner), `Forbidden`.
pub async fn concerned(store: &Store, actor: &Actor, partner: Option<PartnerId>, reach: &Reach) -> Result<Concerned, Error> {
    scope::require(actor, Action::SeeDashboards, "see devices")?;
    let conn = store.reads();
    let home = home(conn, actor, partner, reach).await?;
    if let Reach::Device(_) = reach {
        return Ok(Concerned { devices: 1, accounts: 0 });
    }
    let partners = partners(conn, home.partner, reach).await?;
    if let Reach::Tag(_) = reach {
        let devices = i64::try_from(subjects(conn, &partners, reach).await?.len()).unwrap_or(i64::MAX);
        return Ok(Concerned { devices, accounts: 0 });
    }
    let organization = match reach {
        Reach::Organization(OrganizationId(id)) => Some(*id),
        _ => None,
    };
    let of = |select: &str| {
        let mut sql = Sql::new(select);
        sql.push(" WHERE partner_id IN ").bind_list(partners.iter().map(|partner| partner.0));
        if let Some(id) = organization {
            sql.push(" AND organization_id = ").bind(id);
        }
        sql
    };
    // From counts: what is paused counts, too, because it may be resumed in time.
    let counts = "SELECT CAST(COALESCE(SUM(healthy + warning + critical + unknown + paused), 0) AS BIGINT) FROM organization_counts";
    let mut seats = of("SELECT CAST(COALESCE(SUM(seats), 0) AS BIGINT) FROM saas_counts");
    seats.push(if organization.is_some() { " AND service = ''" } else { " AND service = '' AND organization_id = 0" });
    let one = async |sql: Sql| -> Result<i64, Error> {
        conn.query_one_raw(sql.build(store.backend())).await?.as_ref().map_or(Ok(0), |row| at(row, 0))
    };
    Ok(Concerned { devices: one(of(counts)).await?, accounts: one(seats).await? })
}
