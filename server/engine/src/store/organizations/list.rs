//! Lists of organizations: which, in what order, by keyset. Costs one pass over the scope's organizations and their stored counts
//! (or none of it, by name, within one partner), never devices or runs.

use super::{OrganizationStatus, PlanType, counts, may_see, need, seen};
use crate::{
    error::Error,
    store::{
        Store,
        entity::{organization, partner},
        facts::{at, parse},
        page::{self, Page},
        sql::{self, Sql},
    },
};
use domain::{
    access::{Action, Actor, Scope},
    ids::{OrganizationId, PartnerId},
    live::CountsNow,
    time::Time,
};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// An organization with its live counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrganizationRow {
    /// Which organization.
    pub id: OrganizationId,
    /// Whose client.
    pub partner: PartnerId,
    /// That one's name.
    pub partner_name: String,
    /// Its name.
    pub name: String,
    /// Its IANA zone.
    pub time_zone: String,
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
    /// When it was made.
    pub created_at: Time,
    /// When it was changed last.
    pub updated_at: Time,
    /// Devices by band, open runs and alerts, now. Nothing for those who don't see dashboards.
    pub counts: CountsNow,
}

/// Order of a list; name and id break ties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganizationSort {
    /// By name.
    #[default]
    Name,
    /// Who needs a look first ([`super::need()`]).
    Need,
    /// Lowest compliance with the service level first; not covered at all last.
    Compliance,
    /// Fewest devices (paused ones included) first.
    Devices,
    /// Fewest open alerts first.
    Alerts,
    /// Fewest seats first; without a limit last.
    Seats,
}

impl std::str::FromStr for OrganizationSort {
    type Err = &'static str;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "name" => Ok(Self::Name),
            "need" => Ok(Self::Need),
            "compliance" => Ok(Self::Compliance),
            "devices" => Ok(Self::Devices),
            "alerts" => Ok(Self::Alerts),
            "seats" => Ok(Self::Seats),
            _ => Err("an order is `name`, `need`, `compliance`, `devices`, `alerts` or `seats`"),
        }
    }
}

impl OrganizationSort {
    const fn tells_health(self) -> bool {
        !matches!(self, Self::Name | Self::Seats)
    }

    /// The key, least first; none: the name alone.
    fn key(self) -> Option<String> {
        Some(match self {
            Self::Name => return None,
            Self::Need => need::least_first(),
            Self::Compliance => {
                "(CASE WHEN COALESCE(c.covered, 0) > 0 THEN (c.covered - c.in_breach) * 1000000 / c.covered ELSE 1000001 END)".into()
            }
            Self::Devices => {
                "(COALESCE(c.healthy, 0) + COALESCE(c.warning, 0) + COALESCE(c.critical, 0) + COALESCE(c.unknown, 0) + COALESCE(c.paused, 0))"
                    .into()
            }
            Self::Alerts => "COALESCE(c.open_alerts, 0)".into(),
            Self::Seats => "COALESCE(o.seat_limit, 9223372036854775807)".into(),
        })
    }
}

/// How a client stands: what one looks for in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// At least one critical device.
    Critical,
    /// At least one device in breach of the service level.
    InBreach,
    /// At least one device with a warning.
    Warning,
    /// At least one device of which nothing is known.
    Unknown,
    /// Has devices, and all of them are healthy.
    Healthy,
}

impl std::str::FromStr for Standing {
    type Err = &'static str;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "critical" => Ok(Self::Critical),
            "in_breach" => Ok(Self::InBreach),
            "warning" => Ok(Self::Warning),
            "unknown" => Ok(Self::Unknown),
            "healthy" => Ok(Self::Healthy),
            _ => Err("a standing is `critical`, `in_breach`, `warning`, `unknown` or `healthy`"),
        }
    }
}

impl Standing {
    const fn condition(self) -> &'static str {
        match self {
            Self::Critical => "c.critical > 0",
            Self::InBreach => "c.in_breach > 0",
            Self::Warning => "c.warning > 0",
            Self::Unknown => "c.unknown > 0",
            Self::Healthy => "c.healthy > 0 AND c.critical = 0 AND c.warning = 0 AND c.unknown = 0",
        }
    }
}

/// What a list of organizations asks for.
#[derive(Clone, Debug, Default)]
pub struct OrganizationFilter {
    /// Part of the name.
    pub search: Option<String>,
    /// Only those served, or those not.
    pub status: Option<OrganizationStatus>,
    /// Only this partner's.
    pub partner: Option<PartnerId>,
    /// Only those that stand so.
    pub standing: Option<Standing>,
    /// Order.
    pub sort: OrganizationSort,
    /// Turns the order round.
    pub descending: bool,
    /// Where to go on; belongs to the order.
    pub cursor: Option<String>,
    /// Rows, at most 500.
    pub limit: Option<u64>,
}

/// How many organizations a list holds whatever their standing, and how many stand so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standings {
    /// All.
    pub all: i64,
    /// With a critical device.
    pub critical: i64,
    /// With a device in breach of the service level.
    pub in_breach: i64,
    /// With a device with a warning.
    pub warning: i64,
    /// With a device of which nothing is known.
    pub unknown: i64,
    /// With devices, all of them healthy.
    pub healthy: i64,
}

/// Order, whether it is turned round, key, name and id of the last row.
#[derive(Serialize, Deserialize)]
struct Place(OrganizationSort, bool, i64, String, i64);

const FROM: &str =
    " FROM organizations o LEFT JOIN organization_counts c ON c.partner_id = o.partner_id AND c.organization_id = o.id WHERE ";

fn narrowed(sql: &mut Sql, actor: &Actor, filter: &OrganizationFilter) {
    match &actor.scope {
        Scope::Partners(partners) => match &partners[..] {
            [one] => sql.push("o.partner_id = ").bind(one.0),
            several => sql.push("o.partner_id IN ").bind_list(several.iter().map(|p| p.0)),
        },
        Scope::Organization(partner, own) => sql.push("o.partner_id = ").bind(partner.0).push(" AND o.id = ").bind(own.0),
        Scope::Device(..) => sql.push("1 = 0"),
    };
    if let Some(partner) = filter.partner {
        sql.push(" AND o.partner_id = ").bind(partner.0);
    }
    if let Some(search) = filter.search.as_deref().filter(|s| !s.trim().is_empty()) {
        sql.push(" AND o.name_lower LIKE ").bind(sql::contains(search)).push(" ESCAPE '\\'");
    }
    if let Some(status) = filter.status {
        sql.push(" AND o.status = ").bind(status.as_str());
    }
}

fn in_order(sql: &mut Sql, filter: &OrganizationFilter, key: Option<&str>, last: Option<Place>) {
    let (beyond, order) = if filter.descending { (" < ", " DESC") } else { (" > ", " ASC") };
    if let (Some(key), Some(Place(_, _, at, name, id))) = (key, &last) {
        sql.push(" AND (").push(key).push(beyond).bind(*at).push(" OR (").push(key).push(" = ").bind(*at);
        sql.push(" AND (o.name_lower > ").bind(name.as_str()).push(" OR (o.name_lower = ").bind(name.as_str());
        sql.push(" AND o.id > ").bind(*id).push("))))");
    } else if let Some(Place(_, _, _, name, id)) = &last {
        sql.push(" AND (o.name_lower").push(beyond).bind(name.as_str()).push(" OR (o.name_lower = ").bind(name.as_str());
        sql.push(" AND o.id").push(beyond).bind(*id).push("))");
    }
    match key {
        Some(key) => sql.push(" ORDER BY ").push(key).push(order).push(", o.name_lower, o.id"),
        None => sql.push(" ORDER BY o.name_lower").push(order).push(", o.id").push(order),
    };
}

/// A page of organizations.
///
/// # Errors
/// `Forbidden` without the right to read, or for an order or standing that tells of health to those who see none; `Invalid`
/// (cursor, limit).
pub async fn list(store: &Store, actor: &Actor, filter: &OrganizationFilter) -> Result<Page<OrganizationRow>, Error> {
    may_see(actor)?;
    let sees_health = actor.may(Action::SeeDashboards);
    if !sees_health && (filter.sort.tells_health() || filter.standing.is_some()) {
        return Err(Error::Forbidden("see the health of organizations"));
    }
    let limit = page::limit(filter.limit)?;
    let last = page::read::<Place>(filter.cursor.as_deref())?;
    if last.as_ref().is_some_and(|last| last.0 != filter.sort || last.1 != filter.descending) {
        return Err(page::foreign());
    }
    let conn = store.reads();
    let key = filter.sort.key();
    let mut sql = Sql::new("SELECT o.partner_id, o.id, o.name_lower, ");
    sql.push(key.as_deref().unwrap_or("o.id")).push(FROM);
    narrowed(&mut sql, actor, filter);
    if let Some(standing) = filter.standing {
        sql.push(" AND ").push(standing.condition());
    }
    in_order(&mut sql, filter, key.as_deref(), last);
    sql.push(" LIMIT ").bind(i64::try_from(limit).unwrap_or(i64::MAX) + 1);
    let mut found = Vec::new();
    for row in conn.query_all_raw(sql.build(store.backend())).await? {
        found.push((at::<i64>(&row, 0)?, at::<i64>(&row, 1)?, at::<String>(&row, 2)?, at::<i64>(&row, 3)?));
    }
    let (sort, descending) = (filter.sort, filter.descending);
    let page = Page::cut(found, limit, |(_, id, name, key)| Place(sort, descending, *key, name.clone(), *id))?;
    let pairs: Vec<(i64, i64)> = page.items.iter().map(|(partner, id, ..)| (*partner, *id)).collect();
    let mut rows: HashMap<i64, OrganizationRow> =
        rows_of(conn, &pairs, sees_health).await?.into_iter().map(|row| (row.id.0, row)).collect();
    let items = pairs.iter().filter_map(|(_, id)| rows.remove(id)).collect();
    Ok(Page { items, next_cursor: page.next_cursor, total: None })
}

/// How many organizations the filter holds, its standing left out, by standing: one pass over stored counts.
///
/// # Errors
/// `Forbidden` without the right to read.
pub async fn standings(store: &Store, actor: &Actor, filter: &OrganizationFilter) -> Result<Standings, Error> {
    may_see(actor)?;
    let mut sql = Sql::new("SELECT COUNT(*)");
    for standing in [Standing::Critical, Standing::InBreach, Standing::Warning, Standing::Unknown, Standing::Healthy] {
        sql.push(", COUNT(CASE WHEN ").push(standing.condition()).push(" THEN 1 END)");
    }
    sql.push(FROM);
    narrowed(&mut sql, actor, filter);
    let Some(row) = store.reads().query_one_raw(sql.build(store.backend())).await? else { return Ok(Standings::default()) };
    let all = Standings { all: at(&row, 0)?, ..Standings::default() };
    if !actor.may(Action::SeeDashboards) {
        return Ok(all);
    }
    Ok(Standings {
        critical: at(&row, 1)?,
        in_breach: at(&row, 2)?,
        warning: at(&row, 3)?,
        unknown: at(&row, 4)?,
        healthy: at(&row, 5)?,
        ..all
    })
}

/// One organization.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to read.
pub async fn get(store: &Store, actor: &Actor, id: OrganizationId) -> Result<OrganizationRow, Error> {
    may_see(actor)?;
    let model = super::find(store.reads(), actor, id).await?;
    let rows = rows_of(store.reads(), &[(model.partner_id, model.id)], actor.may(Action::SeeDashboards)).await?;
    rows.into_iter().next().ok_or(Error::NotFound("organization"))
}

/// Organizations of the scope by name, as choices: id and name. At most 500.
///
/// # Errors
/// `Forbidden` without the right to read.
pub async fn names(store: &Store, actor: &Actor) -> Result<Vec<(OrganizationId, String)>, Error> {
    use sea_orm::QueryOrder;
    may_see(actor)?;
    let rows: Vec<(i64, String)> = organization::Entity::find()
        .select_only()
        .columns([organization::Column::Id, organization::Column::Name])
        .filter(seen(actor))
        .order_by_asc(organization::Column::NameLower)
        .order_by_asc(organization::Column::Id)
        .limit(page::MAX_LIMIT)
        .into_tuple()
        .all(store.reads())
        .await?;
    Ok(rows.into_iter().map(|(id, name)| (OrganizationId(id), name)).collect())
}

/// Rows of (partner, id), in no order: three queries.
async fn rows_of<C: ConnectionTrait>(conn: &C, pairs: &[(i64, i64)], sees_health: bool) -> Result<Vec<OrganizationRow>, Error> {
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let mut owners: Vec<i64> = pairs.iter().map(|(partner, _)| *partner).collect();
    owners.sort_unstable();
    owners.dedup();
    let models = organization::Entity::find()
        .filter(organization::COLUMN.partner_id.is_in(owners.iter().copied()))
        .filter(organization::COLUMN.id.is_in(pairs.iter().map(|(_, id)| *id)))
        .all(conn)
        .await?;
    let partners: HashMap<i64, String> = partner::Entity::find()
        .select_only()
        .columns([partner::Column::Id, partner::Column::Name])
        .filter(partner::COLUMN.id.is_in(owners))
        .into_tuple()
        .all(conn)
        .await?
        .into_iter()
        .collect();
    let counts = if sees_health { counts::counts_of(conn, pairs.iter().copied()).await? } else { HashMap::new() };
    models
        .into_iter()
        .map(|model| {
            Ok(OrganizationRow {
                counts: counts.get(&model.id).copied().unwrap_or_default(),
                id: OrganizationId(model.id),
                partner: PartnerId(model.partner_id),
                partner_name: partners.get(&model.partner_id).cloned().unwrap_or_default(),
                name: model.name,
                time_zone: model.time_zone,
                status: parse(&model.status)?,
                region: model.region,
                plan_name: model.plan_name,
                plan_type: parse(&model.plan_type)?,
                seat_limit: model.seat_limit,
                created_at: Time(model.created_at),
                updated_at: Time(model.updated_at),
            })
        })
        .collect()
}
