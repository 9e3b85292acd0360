//! From the engine's clients to the page's ones.

use super::{ClientLine, ClientOverview, ClientsQuery, ClientsView, Standings};
use crate::{
    api::backup::{Bars, alerts, devices, log},
    context,
    error::UiError,
};
use domain::{
    access::{Action, Actor, Scope},
    health::Band,
    ids::OrganizationId,
    live::OrganizationNow,
    policy::DeviceLife,
    time::Time,
};
use engine::{
    Engine,
    store::{
        alerts::{AlertFilter, AlertSort, AlertState},
        devices::{DeviceFilter, DeviceSort},
        job_log::LogFilter,
        organizations::{self, ClientRow, LastDays, OrganizationFilter, OrganizationSort, OrganizationStatus, Window},
        partners,
    },
};

/// Alerts, and devices, that an overview names.
const NAMED: u64 = 5;
/// Runs that it names.
const RUNS: u64 = 8;

/// Days as the page draws them.
pub(in crate::api) fn bars(last: &LastDays) -> Bars {
    Bars {
        today: i32::try_from(last.today).unwrap_or(0),
        days: last.days.iter().map(|day| day.map(|d| (d.succeeded, d.warning, d.failed, d.missed))).collect(),
    }
}

fn line(client: ClientRow) -> ClientLine {
    let ClientRow { row, worst, last } = client;
    ClientLine {
        id: row.id,
        name: row.name,
        partner: (row.partner, row.partner_name),
        activated: row.status == OrganizationStatus::Activated,
        now: OrganizationNow { organization: row.id, counts: row.counts, worst, saas: None },
        days: bars(&last),
    }
}

/// An order of the URL and whether it is turned round; an unknown one is `first`.
pub(in crate::api) fn order(sort: &str, first: OrganizationSort) -> (OrganizationSort, bool) {
    let (descending, key) = sort.strip_prefix('-').map_or((false, sort), |key| (true, key));
    key.parse().map_or((first, false), |sort| (sort, descending))
}

/// Partners to choose from: none unless there are several.
pub(in crate::api) async fn partner_choices(engine: &Engine, actor: &Actor) -> Result<Vec<(String, String)>, UiError> {
    match &actor.scope {
        Scope::Partners(several) if several.len() > 1 => {
            let rows = partners::list(&engine.store, actor).await?;
            Ok(rows.into_iter().map(|p| (p.id.to_string(), p.name)).collect())
        }
        _ => Ok(Vec::new()),
    }
}

pub(in crate::api) fn standings(now: organizations::Standings) -> Standings {
    let organizations::Standings { all, critical, in_breach, warning, unknown, healthy } = now;
    Standings { all, critical, in_breach, warning, unknown, healthy }
}

pub(super) async fn clients(query: ClientsQuery) -> Result<ClientsView, UiError> {
    let (engine, actor) = context::actor()?;
    let (sort, descending) = order(&query.sort, OrganizationSort::Need);
    let filter = OrganizationFilter {
        search: Some(query.search),
        status: None,
        partner: query.partner.parse().ok(),
        standing: query.standing.parse().ok(),
        sort,
        descending,
        cursor: Some(query.cursor),
        limit: None,
    };
    let page = organizations::clients(&engine.store, &actor, &filter, context::now(&engine)).await?;
    let usual = engine::store::sla::usual(&engine.store, &actor).await?;
    Ok(ClientsView {
        hours: (usual.workstations, usual.servers, usual.varies),
        lines: page.items.into_iter().map(line).collect(),
        next_cursor: page.next_cursor,
        standings: standings(organizations::standings(&engine.store, &actor, &filter).await?),
        partners: partner_choices(&engine, &actor).await?,
        may_add: actor.may(Action::ManagePlans) && matches!(actor.scope, Scope::Partners(_)),
    })
}

/// How an organization does.
pub(in crate::api) async fn overview(
    engine: &Engine,
    actor: &Actor,
    id: OrganizationId,
    window: &str,
    now: Time,
) -> Result<ClientOverview, UiError> {
    let store = &engine.store;
    let window: Window = window.parse().unwrap_or_default();
    let ended = organizations::counts(store, actor, id, window, now).await?;
    let days = organizations::days(store, actor, id, now).await?;
    let worth = AlertFilter {
        state: AlertState::Open,
        organization: Some(id),
        now,
        sort: AlertSort::Worth,
        limit: Some(NAMED),
        ..AlertFilter::default()
    };
    let open = engine::store::alerts::list(store, actor, &worth).await?;
    let needed = DeviceFilter { organization: Some(id), sort: DeviceSort::Need, limit: Some(NAMED), ..DeviceFilter::default() };
    let worst = engine::store::devices::list(store, actor, &needed, now).await?.items;
    let latest = LogFilter { organization: Some(id), limit: Some(RUNS), ..LogFilter::default() };
    let runs = engine::store::job_log::list(store, actor, &latest, now).await?;
    Ok(ClientOverview {
        window: window.as_str().to_owned(),
        success: ended.success,
        warning: ended.warning,
        failed: ended.failed,
        days: bars(&days),
        alerts: open.items.into_iter().map(alerts::ssr::line).collect(),
        devices: worst
            .into_iter()
            .filter(|d| d.band != Band::Healthy && matches!(d.life, DeviceLife::Active | DeviceLife::Pending))
            .map(devices::ssr::line)
            .collect(),
        runs: runs.items.into_iter().map(log::ssr::line).collect(),
        at: now,
    })
}
