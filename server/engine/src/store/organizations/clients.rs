//! Clients: what a row of the Clients view shows beside the organization's counts – its worst device, its last days (D3, D5).
//!
//! Costs the rows shown: of each, one look into the index of its devices by score, and at most 28 stored days.

use super::{OrganizationFilter, OrganizationRow, counts, find, list};
use crate::{
    error::Error,
    ingest::bulk::{Keys, Kind},
    store::{
        Store,
        devices::{BARS, DayBar},
        entity::organization_day,
        facts::{at, parse},
        page::Page,
        scope,
    },
};
use domain::{
    access::{Action, Actor},
    health::{Band, Score},
    ids::{DeviceId, OrganizationId, PartnerId},
    live::{OrganizationNow, WorstDevice},
    time::Time,
    zones::Zone,
};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter};
use serde::Serialize;
use std::collections::HashMap;

/// Runs of the last days of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LastDays {
    /// Local day (since 1970-01-01) of the last of them: today in the organization's zone.
    pub today: i64,
    /// Oldest first; none: no run.
    pub days: [Option<DayBar>; BARS],
}

/// A client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClientRow {
    /// The organization with its counts.
    #[serde(flatten)]
    pub row: OrganizationRow,
    /// The device that stands worst among those in use.
    pub worst: Option<WorstDevice>,
    /// Runs of the last 28 local days.
    pub last: LastDays,
}

/// A page of clients.
///
/// # Errors
/// `Forbidden` without the right to see dashboards; `Invalid` (cursor, limit).
pub async fn clients(store: &Store, actor: &Actor, filter: &OrganizationFilter, now: Time) -> Result<Page<ClientRow>, Error> {
    scope::require(actor, Action::SeeDashboards, "see clients")?;
    let page = list::list(store, actor, filter).await?;
    let pairs: Vec<_> = page.items.iter().map(|row| (row.partner, row.id)).collect();
    let mut worst = worst_of(store.reads(), &pairs).await?;
    let mut last = last_days(store.reads(), page.items.iter().map(|row| (row.partner, row.id, row.time_zone.as_str())), now).await?;
    page.try_map(|row| {
        let last = last.remove(&row.id).ok_or_else(|| Error::Internal("days of an organization".into()))?;
        Ok(ClientRow { worst: worst.remove(&row.id), last, row })
    })
}

/// Runs of the last 28 local days of one organization.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to see dashboards.
pub async fn days(store: &Store, actor: &Actor, id: OrganizationId, now: Time) -> Result<LastDays, Error> {
    scope::require(actor, Action::SeeDashboards, "see the days of an organization")?;
    let model = find(store.reads(), actor, id).await?;
    let of = (PartnerId(model.partner_id), id, model.time_zone.as_str());
    last_days(store.reads(), std::iter::once(of), now).await?.remove(&id).ok_or(Error::NotFound("organization"))
}

/// Organizations as they are now: stored counts, those of SaaS, and the worst device of each. Four queries.
pub(crate) async fn now_of<C: ConnectionTrait>(
    conn: &C,
    pairs: &[(PartnerId, OrganizationId)],
    now: Time,
) -> Result<Vec<OrganizationNow>, Error> {
    let counts = counts::counts_of(conn, pairs.iter().map(|(partner, id)| (partner.0, id.0))).await?;
    let mut worst = worst_of(conn, pairs).await?;
    let mut saas = crate::live::saas_of_organizations(conn, pairs, now).await?;
    let now = |pair @ (_, id): &(PartnerId, OrganizationId)| OrganizationNow {
        organization: *id,
        saas: saas.remove(pair),
        counts: counts.get(&id.0).copied().unwrap_or_default(),
        worst: worst.remove(id),
    };
    Ok(pairs.iter().map(now).collect())
}

/// Which device of an organization stands worst is told in the order of [`super::need()`]: the lowest score that is critical or a
/// warning; without one a device of which nothing is known; else the lowest of the healthy ones. The index of devices by
/// organization and score is entered twice at most for each organization.
async fn worst_of<C: ConnectionTrait>(
    conn: &C,
    pairs: &[(PartnerId, OrganizationId)],
) -> Result<HashMap<OrganizationId, WorstDevice>, Error> {
    const LOWEST: &str = "SELECT w.device_id FROM device_state w WHERE w.partner_id = x.a AND w.organization_id = x.b \
         AND w.life IN ('pending', 'active')";
    let mut keys = Keys::new(&[Kind::Int, Kind::Int]);
    for (partner, organization) in pairs {
        keys.int(partner.0).int(organization.0);
    }
    let (first, last) = (Band::Critical.range().0, Band::Warning.range().1);
    let sql = format!(
        "SELECT x.b, d.id, d.name, s.score, s.band FROM {{x}} {{join}} device_state s ON s.partner_id = x.a AND s.device_id = COALESCE(\
         ({LOWEST} AND w.score BETWEEN {first} AND {last} ORDER BY w.score, w.device_id LIMIT 1), \
         ({LOWEST} ORDER BY w.score, w.device_id LIMIT 1)) \
         {{join}} devices d ON d.partner_id = s.partner_id AND d.id = s.device_id"
    );
    let rows = keys.query(conn, &sql).await?;
    let mut worst = HashMap::with_capacity(rows.len());
    for row in rows {
        let score = u8::try_from(at::<i64>(&row, 3)?).map_err(|_| Error::Internal("stored score".into()))?;
        let device =
            WorstDevice { device: DeviceId(at(&row, 1)?), name: at(&row, 2)?, score: Score(score), band: parse(&at::<String>(&row, 4)?)? };
        worst.insert(OrganizationId(at(&row, 0)?), device);
    }
    Ok(worst)
}

async fn last_days<'z, C: ConnectionTrait>(
    conn: &C,
    of: impl Iterator<Item = (PartnerId, OrganizationId, &'z str)>,
    now: Time,
) -> Result<HashMap<OrganizationId, LastDays>, Error> {
    let mut partners: HashMap<PartnerId, Vec<i64>> = HashMap::new();
    let mut all = HashMap::new();
    for (partner, id, zone) in of {
        let zone = Zone::named(zone).map_err(|e| Error::Internal(format!("stored time zone: {e}")))?;
        partners.entry(partner).or_default().push(id.0);
        all.insert(id, LastDays { today: i64::from(zone.day_of(now)), days: [None; BARS] });
    }
    let length = i64::try_from(BARS).unwrap_or(28);
    let first = all.values().map(|last| last.today).min().unwrap_or_default() - length + 1;
    for (partner, ids) in partners {
        let rows = organization_day::Entity::find()
            .filter(organization_day::COLUMN.partner_id.eq(partner.0))
            .filter(organization_day::COLUMN.organization_id.is_in(ids))
            .filter(organization_day::COLUMN.day.gte(first))
            .all(conn)
            .await?;
        for row in rows {
            let Some(last) = all.get_mut(&OrganizationId(row.organization_id)) else { continue };
            let Ok(place) = usize::try_from(row.day - last.today + length - 1) else { continue };
            let Some(day) = last.days.get_mut(place) else { continue };
            let count = |n: i64| u32::try_from(n).unwrap_or_default();
            let runs = DayBar {
                succeeded: count(row.succeeded),
                warning: count(row.warning),
                failed: count(row.failed),
                missed: count(row.missed),
                other: 0,
            };
            // Withdrawn runs leave a row of noughts.
            *day = (runs != DayBar::default()).then_some(runs);
        }
    }
    Ok(all)
}
