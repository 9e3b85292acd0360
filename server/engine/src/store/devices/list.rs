//! Lists of devices: rows by keyset ([`super::order`]), then everything they show in a fixed number of queries.

use super::order;
use crate::{
    error::Error,
    store::{
        Store,
        entity::{device, job_day},
        facts::{self, Loaded},
        page::{self, Page},
        runs::latest_of,
        scope,
        sql::Sql,
    },
};
use domain::{
    access::{Action, Actor},
    facts::DeviceFacts,
    health::{Band, Score},
    ids::{DeviceId, OrganizationId, PolicyId},
    live::RunNow,
    policy::{DeviceClass, DeviceLife},
    time::Time,
    zones::Zone,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, FromQueryResult, QueryFilter, QuerySelect};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Days that a row shows.
pub const BARS: usize = 28;

/// Order of a list; the id breaks ties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceSort {
    /// Lowest score first.
    #[default]
    Score,
    /// What needs a look first ([`super::need`]).
    Need,
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
    /// Only this life, as it counts: of a deactivated client all but the retired ones are paused. None: all but retired.
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

/// A page of devices.
///
/// # Errors
/// `Forbidden` without the right to read; `Invalid` (cursor, limit). An organization outside the scope has no devices.
pub async fn list(store: &Store, actor: &Actor, filter: &DeviceFilter, now: Time) -> Result<Page<DeviceRow>, Error> {
    scope::require(actor, Action::SeeDashboards, "see devices")?;
    let conn = store.reads();
    let limit = page::limit(filter.limit)?;
    let placed = order::placed(conn, actor, filter, limit + 1).await?;
    let page = Page::cut(placed, limit, |placed| (placed.key.clone(), placed.device.0))?;
    let ids: Vec<_> = page.items.iter().map(|placed| (placed.partner, placed.device)).collect();
    let mut models = HashMap::with_capacity(ids.len());
    let mut partners: HashMap<i64, Vec<i64>> = HashMap::new();
    for (partner, device) in &ids {
        partners.entry(partner.0).or_default().push(device.0);
    }
    for (partner, devices) in partners {
        let mut query = Sql::new("SELECT * FROM devices WHERE partner_id = ");
        query.bind(partner).push(" AND id IN ").bind_list(devices);
        for row in conn.query_all_raw(query.build(store.backend())).await? {
            let model = device::Model::from_query_result(&row, "")?;
            models.insert(model.id, model);
        }
    }
    let mut loaded: HashMap<i64, Loaded> = facts::load(conn, &ids).await?.into_iter().map(|l| (l.device.0, l)).collect();
    let pairs = ids.iter().filter_map(|(_, device)| models.remove(&device.0).zip(loaded.remove(&device.0))).collect();
    Ok(Page { items: complete(conn, pairs, now).await?, next_cursor: page.next_cursor, total: None })
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
