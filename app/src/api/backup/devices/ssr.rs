//! From the engine's devices to the pages' ones.

use super::{Bars, DeviceLine, DevicesQuery, DevicesView};
use crate::{context, error::UiError, live::DeviceBrief};
use domain::{access::Actor, live::DeviceNow};
use engine::{
    Engine,
    store::{
        devices::{self, DeviceFilter, DeviceRow, DeviceSort},
        organizations,
    },
};

/// A row as the live stream would say it.
pub(in crate::api) fn device_now(row: &DeviceRow) -> DeviceNow {
    let few = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
    DeviceNow {
        device: row.id,
        organization: row.organization.0,
        score: row.score,
        band: row.band,
        running: few(row.running),
        retrying: few(row.retrying),
        last_usable_at: row.last_usable_at,
        due_at: row.due_at,
        next_change: row.next_change,
        facts: row.facts.clone(),
        runs: row.latest_run.clone().into_iter().collect(),
        alerts: Vec::new(),
    }
}

pub(in crate::api::backup) fn line(row: DeviceRow) -> DeviceLine {
    let now = DeviceBrief::from(&device_now(&row));
    let bars = Bars {
        today: i32::try_from(row.today).unwrap_or(0),
        days: row.bars.iter().map(|day| day.map(|d| (d.succeeded, d.warning, d.failed, d.missed))).collect(),
    };
    DeviceLine {
        id: row.id,
        name: row.name,
        organization: row.organization,
        class: row.class,
        policy: row.policy,
        now,
        storage_used: row.storage_used,
        quota_bytes: row.quota_bytes,
        tags: row.tags,
        bars,
        open_alerts: row.open_alerts,
    }
}

/// A word of the URL; an unknown one asks for nothing.
fn word<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn filter(query: &DevicesQuery) -> DeviceFilter {
    let (descending, key) = match query.sort.strip_prefix('-') {
        Some(key) => (true, key),
        None => (false, query.sort.as_str()),
    };
    let sort = match key {
        "name" => DeviceSort::Name,
        "last" => DeviceSort::LastSuccess,
        "due" => DeviceSort::Due,
        "score" => DeviceSort::Score,
        _ => DeviceSort::Need,
    };
    DeviceFilter {
        organization: word(&query.organization),
        band: word(&query.band),
        class: word(&query.class),
        life: word(&query.life),
        policy: word(&query.policy),
        search: Some(query.search.clone()),
        sort,
        descending,
        cursor: Some(query.cursor.clone()).filter(|c| !c.is_empty()),
        limit: None,
    }
}

pub(super) async fn devices(query: DevicesQuery) -> Result<DevicesView, UiError> {
    let (engine, actor) = context::actor()?;
    devices_for(&engine, &actor, &query).await
}

/// The list, also for an organization's page.
pub(in crate::api) async fn devices_for(engine: &Engine, actor: &Actor, query: &DevicesQuery) -> Result<DevicesView, UiError> {
    let now = context::now(engine);
    let page = devices::list(&engine.store, actor, &filter(query), now).await?;
    // Outside the scope it is an organization without devices.
    let chosen = match word(&query.organization) {
        Some(id) => organizations::get(&engine.store, actor, id).await.ok(),
        None => None,
    };
    let counts = match &chosen {
        _ if !query.has_no_detail() => None,
        Some(row) => Some(row.counts),
        None if query.organization.is_empty() => Some(engine::live::counts(&engine.store, actor).await?),
        None => None,
    };
    let all = counts.filter(|_| query.band.is_empty()).map(|c| c.healthy + c.warning + c.critical + c.unknown + c.paused);
    Ok(DevicesView {
        lines: page.items.into_iter().map(line).collect(),
        next_cursor: page.next_cursor,
        total: all,
        organization: chosen.map(|row| (row.id.to_string(), row.name)),
        counts,
    })
}

/// Choices of a filter that looks up as one types.
const FOUND: u64 = 12;

pub(super) async fn find_organizations(typed: String) -> Result<Vec<(String, String)>, UiError> {
    let (engine, actor) = context::actor()?;
    let search = Some(typed).filter(|t| !t.trim().is_empty());
    let filter = organizations::OrganizationFilter { search, limit: Some(FOUND), ..Default::default() };
    let page = organizations::list(&engine.store, &actor, &filter).await?;
    Ok(page.items.into_iter().map(|row| (row.id.to_string(), row.name)).collect())
}
