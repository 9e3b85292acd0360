//! From the engine's devices to the pages' ones.

use super::{Bars, DeviceLine, DeviceView, DevicesQuery, DevicesView, JobLine, RestoreLine};
use crate::{context, error::UiError};
use domain::{
    access::Actor,
    ids::DeviceId,
    live::{AlertNow, DeviceNow},
    text,
};
use engine::{
    Engine,
    store::{
        devices::{self, DeviceFilter, DeviceRow, DeviceSort},
        jobs, organizations, policies, restore_tests,
    },
};
use leptos::prelude::use_context;

const RUNS: u64 = 20;
const ALERTS: u64 = 20;
const MOST_ORGANIZATIONS: u64 = 500;

pub(in crate::api::backup) fn line(row: DeviceRow) -> DeviceLine {
    let now = DeviceNow {
        device: row.id,
        organization: row.organization.0,
        score: row.score,
        band: row.band,
        running: u32::try_from(row.running).unwrap_or(0),
        retrying: u32::try_from(row.retrying).unwrap_or(0),
        last_usable_at: row.last_usable_at,
        due_at: row.due_at,
        next_change: row.next_change,
        facts: row.facts,
        runs: row.latest_run.into_iter().collect(),
        alerts: Vec::new(),
    };
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
        _ => DeviceSort::Score,
    };
    DeviceFilter {
        organization: word(&query.organization),
        band: word(&query.band),
        class: word(&query.class),
        life: word(&query.life),
        policy: None,
        search: Some(query.search.clone()),
        sort,
        descending,
        cursor: Some(query.cursor.clone()).filter(|c| !c.is_empty()),
        limit: None,
    }
}

/// Organizations to choose from.
pub(in crate::api::backup) async fn choices(engine: &Engine, actor: &Actor) -> Result<Vec<(String, String)>, UiError> {
    let filter = organizations::OrganizationFilter { limit: Some(MOST_ORGANIZATIONS), ..Default::default() };
    let page = organizations::list(&engine.store, actor, &filter).await?;
    Ok(page.items.into_iter().map(|o| (o.id.to_string(), o.name)).collect())
}

pub(super) async fn devices(query: DevicesQuery) -> Result<DevicesView, UiError> {
    let (engine, actor) = context::actor()?;
    let now = context::now(&engine);
    let page = devices::list(&engine.store, &actor, &filter(&query), now).await?;
    let counts = organizations::counts_in_scope(&engine.store, &actor).await?;
    let all = counts.healthy + counts.warning + counts.critical + counts.unknown + counts.paused;
    Ok(DevicesView {
        lines: page.items.into_iter().map(line).collect(),
        next_cursor: page.next_cursor,
        total: query.is_all().then_some(all),
        organizations: choices(&engine, &actor).await?,
        counts,
    })
}

pub(super) async fn device(id: &str) -> Result<DeviceView, UiError> {
    let (engine, actor) = context::actor()?;
    let id: DeviceId = id.parse().map_err(|_| UiError::not_found("device"))?;
    let now = context::now(&engine);
    let url = use_context::<context::PublicUrl>().unwrap_or_default().0;
    let detail = devices::get(&engine.store, &actor, id, now).await?;
    let jobs = jobs::list(&engine.store, &actor, id).await?;
    let runs = crate::api::backup::runs::ssr::of_device(&engine, &actor, id, None, RUNS).await?;
    let tests = restore_tests::list(&engine.store, &actor, id).await?;
    let alerts = crate::api::backup::alerts::ssr::of_device(&engine, &actor, id, ALERTS).await?;
    let policies = policies::list(&engine.store, &actor).await?;
    let mut line = line(detail.row);
    line.now.alerts = alerts
        .iter()
        .filter(|a| a.resolved_at.is_none())
        .map(|a| AlertNow {
            alert: a.id,
            kind: a.kind,
            severity: a.severity,
            opened_at: a.opened_at,
            acknowledged: a.acknowledged.is_some(),
        })
        .collect();
    Ok(DeviceView {
        line,
        at: now,
        hostname: detail.hostname,
        agent_version: detail.agent_version,
        time_zone: detail.time_zone,
        schedule: text::schedule(&detail.schedule),
        organization_deactivated: detail.organization_deactivated,
        jobs: jobs
            .into_iter()
            .map(|job| JobLine {
                id: job.id,
                name: job.name,
                schedule: text::schedule(&job.schedule),
                is_own_schedule: job.own_schedule.is_some(),
                ping_url: format!("{url}/ping/{}", job.ping_uuid),
            })
            .collect(),
        has_more_runs: runs.next_cursor.is_some(),
        runs: runs.runs,
        restore_tests: tests
            .into_iter()
            .map(|t| RestoreLine {
                id: t.id,
                at: t.at,
                passed: t.passed,
                scope: t.scope,
                rpo_seconds: t.rpo_seconds,
                rto_seconds: t.rto_seconds,
                note: t.note,
                made_by: t.made_by,
            })
            .collect(),
        alerts,
        policies: policies.into_iter().map(|p| (p.id.to_string(), p.name)).collect(),
        ping_uuid: detail.ping_uuid,
        url,
    })
}
