//! From the engine's alerts to the pages' ones.

use super::{AlertEvent, AlertLine, AlertsQuery, AlertsView};
use crate::{context, error::UiError};
use domain::{access::Actor, ids::DeviceId};
use engine::{
    Engine,
    store::alerts::{self, AlertFilter, AlertRow, AlertState},
};

fn line(row: AlertRow) -> AlertLine {
    AlertLine {
        id: row.id,
        device: row.device,
        organization: row.organization,
        job: row.job,
        run: row.run,
        kind: row.kind,
        severity: row.severity,
        reason: row.reason,
        message: row.message,
        failed_items: row.failed_items,
        opened_at: row.opened_at,
        resolved_at: row.resolved_at,
        muted: row.muted,
        acknowledged: row.acknowledged_at.map(|at| (at, row.acknowledged_by.unwrap_or_default())),
        snoozed_until: row.snoozed_until,
        events: Vec::new(),
    }
}

/// Open alerts: not resolved and not muted, critical ones first, else the latest.
pub(in crate::api::backup) async fn open(engine: &Engine, actor: &Actor, limit: u64) -> Result<Vec<AlertLine>, UiError> {
    let filter = AlertFilter { limit: Some(limit), ..AlertFilter::default() };
    let page = alerts::list(&engine.store, actor, &filter).await?;
    Ok(page.items.into_iter().map(line).collect())
}

/// The alerts of a device with what became of the open ones; open ones first.
pub(in crate::api::backup) async fn of_device(
    engine: &Engine,
    actor: &Actor,
    device: DeviceId,
    limit: u64,
) -> Result<Vec<AlertLine>, UiError> {
    let filter = AlertFilter { state: AlertState::Any, device: Some(device), limit: Some(limit), ..AlertFilter::default() };
    let mut lines: Vec<AlertLine> = alerts::list(&engine.store, actor, &filter).await?.items.into_iter().map(line).collect();
    lines.sort_by_key(|a| a.resolved_at.is_some());
    for line in lines.iter_mut().filter(|a| a.resolved_at.is_none()) {
        // At most one open alert per kind, so this is a handful.
        let detail = alerts::get(&engine.store, actor, line.id).await?;
        line.events = detail.events.into_iter().map(|e| AlertEvent { at: e.at, what: e.what, who: e.who, note: e.note }).collect();
    }
    Ok(lines)
}

pub(super) async fn list(query: AlertsQuery) -> Result<AlertsView, UiError> {
    let (engine, actor) = context::actor()?;
    let filter = AlertFilter {
        state: query.state.parse().unwrap_or_default(),
        kind: query.kind.parse().ok(),
        organization: query.organization.parse().ok(),
        cursor: Some(query.cursor).filter(|c| !c.is_empty()),
        ..AlertFilter::default()
    };
    let page = alerts::list(&engine.store, &actor, &filter).await?;
    Ok(AlertsView {
        lines: page.items.into_iter().map(line).collect(),
        next_cursor: page.next_cursor,
        organizations: crate::api::backup::devices::ssr::choices(&engine, &actor).await?,
        at: context::now(&engine),
    })
}
