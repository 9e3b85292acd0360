//! Lists of devices: rows by keyset, then everything they show in a fixed number of queries.

use super::seen;
use crate::{
    error::Error,
    store::{
        Store,
        entity::{device, device_state, job_day},
        facts::{self, Loaded},
        page::{self, Page},
        runs::latest_of,
        scope, sql,
    },
};
use domain::{
    access::{Action, Actor},
    facts::DeviceFacts,
    health::{Band, Score},
    ids::{DeviceId, OrganizationId, PartnerId, PolicyId},
    live::RunNow,
    policy::{DeviceClass, DeviceLife},
    time::Time,
    zones::Zone,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, LikeExpr},
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Days that a row shows.
pub const BARS: usize = 28;

/// Order of a list; the id breaks ties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceSort {
    /// Worst score first.
    #[default]
    Score,
    /// By name.
    Name,
    /// Longest without a usable backup first; never at all before those.
    LastSuccess,
    /// Soonest due first; not due at all last.
    Due,
}

/// What a list of devices asks for.
#[derive(Clone, Debug, Default)]
pub struct DeviceFilter {
    /// Only this organization's.
    pub organization: Option<OrganizationId>,
    /// Only this band.
    pub band: Option<Band>,
    /// Only this class.
    pub class: Option<DeviceClass>,
    /// Only this life; none: all but retired.
    pub life: Option<DeviceLife>,
    /// Only this policy's.
    pub policy: Option<PolicyId>,
    /// Part of the name.
    pub search: Option<String>,
    /// Order.
    pub sort: DeviceSort,
    /// Turns the order round.
    pub descending: bool,
    /// Where to go on; belongs to the order.
    pub cursor: Option<String>,
    /// Rows, at most 500.
    pub limit: Option<u64>,
}

/// Runs of one local day, all jobs together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayBar {
    /// Succeeded.
    pub succeeded: u32,
    /// Usable with issues.
    pub warning: u32,
    /// Failed.
    pub failed: u32,
    /// Missed.
    pub missed: u32,
    /// Cancelled or skipped.
    pub other: u32,
}

/// A device in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeviceRow {
    /// Which device.
    pub id: DeviceId,
    /// Its name.
    pub name: String,
    /// Its organization and that one's name.
    pub organization: (OrganizationId, String),
    /// Its class.
    pub class: DeviceClass,
    /// Its life.
    pub life: DeviceLife,
    /// Its policy and that one's name.
    pub policy: (PolicyId, String),
    /// Stored score.
    pub score: Score,
    /// Stored band.
    pub band: Band,
    /// What decides its health.
    pub facts: DeviceFacts,
    /// Open runs in state running.
    pub running: i64,
    /// Open runs in state retrying.
    pub retrying: i64,
    /// End of the last usable run of any job.
    pub last_usable_at: Option<Time>,
    /// Earliest due time of its jobs, grace included.
    pub due_at: Option<Time>,
    /// When the score changes if nothing happens.
    pub next_change: Option<Time>,
    /// Bytes used at the destination.
    pub storage_used: Option<i64>,
    /// Bytes allowed there.
    pub quota_bytes: Option<i64>,
    /// Tags, sorted.
    pub tags: Vec<String>,
    /// Local day (since 1970-01-01) of the last bar: today in the organization's zone.
    pub today: i64,
    /// The last 28 local days, oldest first; none: no run.
    pub bars: [Option<DayBar>; BARS],
    /// Open alerts that are not muted.
    pub open_alerts: i64,
    /// The run that is open, else the one that started last.
    pub latest_run: Option<RunNow>,
}

#[derive(Serialize, Deserialize)]
enum Key {
    Number(i64),
    Text(String),
}

/// A page of devices.
///
/// # Errors
/// `Forbidden` without the right to read; `Invalid` (cursor, limit). An organization outside the scope has no devices.
pub async fn list(store: &Store, actor: &Actor, filter: &DeviceFilter, now: Time) -> Result<Page<DeviceRow>, Error> {
    scope::require(actor, Action::SeeDashboards, "see devices")?;
    let conn = store.reads();
    let limit = page::limit(filter.limit)?;
    let rows = sorted(filter, conditions(actor, filter))?.limit(limit + 1).all(conn).await?;
    let rows: Vec<(device::Model, device_state::Model)> = rows.into_iter().filter_map(|(d, s)| s.map(|s| (d, s))).collect();
    let page = Page::cut(rows, limit, |(d, s)| {
        let key = match filter.sort {
            DeviceSort::Score => Key::Number(s.score),
            DeviceSort::Name => Key::Text(d.name_lower.clone()),
            DeviceSort::LastSuccess => Key::Number(s.last_usable_at.unwrap_or(0)),
            DeviceSort::Due => Key::Number(s.due_at.unwrap_or(i64::MAX)),
        };
        (key, d.id)
    })?;
    let devices: Vec<device::Model> = page.items.into_iter().map(|(d, _)| d).collect();
    let ids: Vec<_> = devices.iter().map(|d| (PartnerId(d.partner_id), DeviceId(d.id))).collect();
    let mut loaded: HashMap<i64, Loaded> = facts::load(conn, &ids).await?.into_iter().map(|l| (l.device.0, l)).collect();
    let pairs = devices.into_iter().filter_map(|d| loaded.remove(&d.id).map(|l| (d, l))).collect();
    Ok(Page { items: complete(conn, pairs, now).await?, next_cursor: page.next_cursor, total: None })
}

fn conditions(actor: &Actor, filter: &DeviceFilter) -> Condition {
    // Both tables lead with the tenant: saying it of both lets either index give the order.
    let mut all = Condition::all().add(seen(actor)).add(scope::within(
        &actor.scope,
        device_state::Column::PartnerId,
        Some(device_state::Column::OrganizationId),
        Some(device_state::Column::DeviceId),
    ));
    if let Some(organization) = filter.organization {
        all = all.add(device::Column::OrganizationId.eq(organization.0)).add(device_state::Column::OrganizationId.eq(organization.0));
    }
    if let Some(band) = filter.band {
        all = all.add(device_state::Column::Band.eq(band.as_str()));
    }
    if let Some(class) = filter.class {
        all = all.add(device::Column::Class.eq(class.as_str()));
    }
    if let Some(policy) = filter.policy {
        all = all.add(device::Column::PolicyId.eq(policy.0));
    }
    all = match filter.life {
        Some(life) => all.add(device::Column::Life.eq(life.as_str())),
        None => all.add(device::Column::Life.ne(DeviceLife::Retired.as_str())),
    };
    if let Some(search) = filter.search.as_deref().filter(|s| !s.trim().is_empty()) {
        let name = Expr::col((device::Entity, device::Column::NameLower));
        all = all.add(name.like(LikeExpr::new(sql::contains(search)).escape('\\')));
    }
    all
}

fn sorted(filter: &DeviceFilter, conditions: Condition) -> Result<sea_orm::SelectTwo<device::Entity, device_state::Entity>, Error> {
    let state = |column| Expr::col((device_state::Entity, column));
    let key = match filter.sort {
        DeviceSort::Score => state(device_state::Column::Score),
        DeviceSort::Name => Expr::col((device::Entity, device::Column::NameLower)),
        DeviceSort::LastSuccess => {
            Expr::expr(sea_orm::sea_query::Func::coalesce([state(device_state::Column::LastUsableAt), Expr::val(0i64)]))
        }
        DeviceSort::Due => Expr::expr(sea_orm::sea_query::Func::coalesce([state(device_state::Column::DueAt), Expr::val(i64::MAX)])),
    };
    // Of the table that the key is in: so that one index gives the whole order.
    let id = match filter.sort {
        DeviceSort::Name => Expr::col((device::Entity, device::Column::Id)),
        _ => state(device_state::Column::DeviceId),
    };
    let mut select = device::Entity::find().find_also_related(device_state::Entity).filter(conditions);
    if let Some((last, last_id)) = page::read::<(Key, i64)>(filter.cursor.as_deref())? {
        let last = match last {
            Key::Number(number) => Expr::val(number),
            Key::Text(text) => Expr::val(text),
        };
        let (beyond, tie) = if filter.descending {
            (key.clone().lt(last.clone()), id.clone().lt(last_id))
        } else {
            (key.clone().gt(last.clone()), id.clone().gt(last_id))
        };
        select = select.filter(Condition::any().add(beyond).add(Condition::all().add(key.clone().eq(last)).add(tie)));
    }
    let order = if filter.descending { sea_orm::Order::Desc } else { sea_orm::Order::Asc };
    Ok(select.order_by(key, order.clone()).order_by(id, order))
}

/// Makes rows of devices and their facts: three queries for all of them.
pub(super) async fn complete<C: ConnectionTrait>(
    conn: &C,
    devices: Vec<(device::Model, Loaded)>,
    now: Time,
) -> Result<Vec<DeviceRow>, Error> {
    let mut days = HashMap::with_capacity(devices.len());
    for (model, loaded) in &devices {
        let zone = Zone::named(&loaded.time_zone).map_err(|e| Error::Internal(format!("stored time zone: {e}")))?;
        days.insert(model.id, i64::from(zone.day_of(now)));
    }
    let mut bars = bars_of(conn, &devices, &days).await?;
    let mut latest = latest_of(conn, devices.iter().map(|(_, l)| l)).await?;
    devices
        .into_iter()
        .map(|(model, loaded)| {
            Ok(DeviceRow {
                today: days.get(&model.id).copied().unwrap_or_default(),
                bars: bars.remove(&model.id).unwrap_or([None; BARS]),
                latest_run: latest.remove(&DeviceId(model.id)),
                id: DeviceId(model.id),
                organization: (loaded.organization, loaded.organization_name),
                class: loaded.class,
                life: loaded.life,
                policy: (loaded.policy_id, loaded.policy_name),
                score: loaded.state.score,
                band: loaded.state.band,
                running: loaded.state.running,
                retrying: loaded.state.retrying,
                last_usable_at: loaded.state.last_usable_at,
                due_at: loaded.state.due_at,
                next_change: loaded.state.next_change_at,
                storage_used: loaded.facts.storage.map(|s| s.used),
                quota_bytes: model.quota_bytes,
                tags: serde_json::from_str(&model.tags)?,
                open_alerts: loaded.state.open_alerts,
                facts: loaded.facts,
                name: model.name,
            })
        })
        .collect()
}

async fn bars_of<C: ConnectionTrait>(
    conn: &C,
    devices: &[(device::Model, Loaded)],
    days: &HashMap<i64, i64>,
) -> Result<HashMap<i64, [Option<DayBar>; BARS]>, Error> {
    let mut bars: HashMap<i64, [Option<DayBar>; BARS]> = HashMap::with_capacity(devices.len());
    let length = i64::try_from(BARS).unwrap_or(28);
    let first = days.values().min().copied().unwrap_or_default() - length + 1;
    let mut partners: HashMap<i64, Vec<i64>> = HashMap::new();
    for (model, _) in devices {
        partners.entry(model.partner_id).or_default().push(model.id);
    }
    for (partner, ids) in partners {
        let sum = |column: job_day::Column| column.sum().cast_as("BIGINT");
        let rows: Vec<(i64, i64, i64, i64, i64, i64, i64)> = job_day::Entity::find()
            .select_only()
            .column(job_day::Column::DeviceId)
            .column(job_day::Column::Day)
            .column_as(sum(job_day::Column::Succeeded), "succeeded")
            .column_as(sum(job_day::Column::Warning), "warning")
            .column_as(sum(job_day::Column::Failed), "failed")
            .column_as(sum(job_day::Column::Missed), "missed")
            .column_as(sum(job_day::Column::Other), "other")
            .filter(job_day::COLUMN.partner_id.eq(partner))
            .filter(job_day::COLUMN.device_id.is_in(ids))
            .filter(job_day::COLUMN.day.gte(first))
            .group_by(job_day::Column::DeviceId)
            .group_by(job_day::Column::Day)
            .into_tuple()
            .all(conn)
            .await?;
        for (device, day, succeeded, warning, failed, missed, other) in rows {
            let Some(today) = days.get(&device) else { continue };
            let Ok(place) = usize::try_from(day - today + length - 1) else { continue };
            let Some(bar) = bars.entry(device).or_insert([None; BARS]).get_mut(place) else { continue };
            let count = |n: i64| u32::try_from(n).unwrap_or_default();
            *bar = Some(DayBar {
                succeeded: count(succeeded),
                warning: count(warning),
                failed: count(failed),
                missed: count(missed),
                other: count(other),
            });
        }
    }
    Ok(bars)
}
