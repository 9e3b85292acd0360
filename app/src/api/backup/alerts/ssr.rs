//! From the engine's alerts to the pages' ones.

use super::{AlertCounts, AlertEvent, AlertLine, AlertView, AlertsNews, AlertsQuery, AlertsView, Tend, TendedView};
use crate::{context, error::UiError};
use domain::{
    access::Actor,
    ids::{AlertId, DeviceId},
    time::{Span, Time},
};
use engine::{
    Engine,
    store::{
        alerts::{self, AlertDetail, AlertFilter, AlertRow, AlertSort, AlertState, Tending},
        organizations, runs,
    },
};

/// Lines of a log's end.
const TAIL: usize = 25;

pub(in crate::api::backup) fn line(row: AlertRow) -> AlertLine {
    AlertLine {
        id: row.id,
        device: row.device,
        is_account: row.is_account,
        class: row.class,
        organization: row.organization,
        job: row.job,
        run: row.run,
        kind: row.kind,
        severity: row.severity,
        worth: row.worth,
        reason: row.reason,
        message: row.message,
        failed_items: row.failed_items,
        opened_at: row.opened_at,
        resolved_at: row.resolved_at,
        reopened: row.reopened,
        muted: row.muted,
        acknowledged: row.acknowledged_at.map(|at| (at, row.acknowledged_by.unwrap_or_default())),
        snoozed_until: row.snoozed_until,
        events: Vec::new(),
    }
}

fn full(detail: AlertDetail) -> AlertLine {
    let events = detail.events.into_iter().map(|e| AlertEvent { at: e.at, what: e.what, who: e.who, note: e.note }).collect();
    AlertLine { events, ..line(detail.row) }
}

/// The alerts of a device with what became of the open ones; open ones first.
pub(in crate::api) async fn of_device(engine: &Engine, actor: &Actor, device: DeviceId, limit: u64) -> Result<Vec<AlertLine>, UiError> {
    let filter = AlertFilter { state: AlertState::Any, device: Some(device), limit: Some(limit), ..AlertFilter::default() };
    let mut lines: Vec<AlertLine> = alerts::list(&engine.store, actor, &filter).await?.items.into_iter().map(line).collect();
    lines.sort_by_key(|a| a.resolved_at.is_some());
    for line in lines.iter_mut().filter(|a| a.resolved_at.is_none()) {
        // At most one open alert per kind, so this is a handful.
        *line = full(alerts::get(&engine.store, actor, line.id).await?);
    }
    Ok(lines)
}

fn filter(query: &AlertsQuery, now: Time) -> AlertFilter {
    let state: AlertState = query.state.parse().unwrap_or_default();
    AlertFilter {
        state,
        severity: query.severity.parse().ok(),
        device: None,
        organization: query.organization.parse().ok(),
        kind: query.kind.parse().ok(),
        class: query.class.parse().ok(),
        search: Some(query.search.clone()),
        opened_since: None,
        now,
        sort: match (state, query.sort.as_str()) {
            (AlertState::Resolved, _) => AlertSort::Resolved,
            (_, "time") => AlertSort::Opened,
            _ => AlertSort::Worth,
        },
        cursor: Some(query.cursor.clone()).filter(|c| !c.is_empty()),
        limit: None,
    }
}

async fn counts(engine: &Engine, actor: &Actor, filter: &AlertFilter) -> Result<AlertCounts, UiError> {
    use domain::alert::Severity::{Critical, Warning};
    let tally = alerts::tally(&engine.store, actor, filter).await?;
    let of = |state| tally.of(state, filter.severity);
    Ok(AlertCounts {
        open: of(AlertState::Open),
        untended: of(AlertState::Untended),
        acknowledged: of(AlertState::Acknowledged),
        snoozed: of(AlertState::Snoozed),
        critical: tally.of(filter.state, Some(Critical)),
        warning: tally.of(filter.state, Some(Warning)),
        is_more: tally.is_more,
    })
}

/// The organization of a filter: (id, name). Outside the scope it is none.
pub(in crate::api::backup) async fn chosen(engine: &Engine, actor: &Actor, id: &str) -> Option<(String, String)> {
    let row = organizations::get(&engine.store, actor, id.parse().ok()?).await.ok()?;
    Some((row.id.to_string(), row.name))
}

pub(super) async fn view(query: AlertsQuery) -> Result<AlertsView, UiError> {
    let (engine, actor) = context::actor()?;
    let now = context::now(&engine);
    let filter = filter(&query, now);
    let page = alerts::list(&engine.store, &actor, &filter).await?;
    Ok(AlertsView {
        lines: page.items.into_iter().map(line).collect(),
        next_cursor: page.next_cursor,
        counts: counts(&engine, &actor, &filter).await?,
        organization: chosen(&engine, &actor, &query.organization).await,
        at: now,
        query,
    })
}

pub(super) async fn news(query: AlertsQuery, shown: Vec<AlertId>) -> Result<AlertsNews, UiError> {
    let (engine, actor) = context::actor()?;
    if shown.len() > 500 {
        return Err(UiError::field("too_many", "shown", "Ask for at most 500 alerts."));
    }
    let filter = filter(&AlertsQuery { cursor: String::new(), ..query }, context::now(&engine));
    Ok(AlertsNews {
        shown: alerts::of_ids(&engine.store, &actor, &shown).await?.into_iter().map(line).collect(),
        first: alerts::list(&engine.store, &actor, &filter).await?.items.into_iter().map(line).collect(),
        counts: counts(&engine, &actor, &filter).await?,
    })
}

pub(super) async fn one(id: AlertId) -> Result<AlertView, UiError> {
    let (engine, actor) = context::actor()?;
    let line = full(alerts::get(&engine.store, &actor, id).await?);
    let log = match line.run {
        Some(run) => runs::log(&engine.store, &actor, run).await?,
        None => None,
    };
    let tail = |log: String| {
        let lines: Vec<&str> = log.trim_end().lines().collect();
        lines[lines.len().saturating_sub(TAIL)..].join("\n")
    };
    Ok(AlertView { line, log_tail: log.map(tail).filter(|t| !t.is_empty()) })
}

pub(super) async fn tend(ids: Vec<AlertId>, tend: Tend) -> Result<TendedView, UiError> {
    let (engine, actor) = context::actor()?;
    let now = context::now(&engine);
    let tending = match tend.what.as_str() {
        "snooze" => Tending::Snooze { until: now + Span::hours(tend.hours.clamp(1, 24 * 90).into()), reason: tend.words },
        "note" => Tending::Note { text: tend.words },
        _ => Tending::Acknowledge { reason: tend.words },
    };
    let tended = alerts::tend_all(&engine, &actor, &ids, &tending, now).await?;
    let (resolved, others): (Vec<_>, Vec<_>) = tended.refused.into_iter().partition(|(_, error)| error.public_code() == "resolved");
    let count = others.len();
    let first = others.into_iter().next().map(|(_, error)| UiError::from(error).message);
    Ok(TendedView { done: tended.done.len(), resolved: resolved.len(), refused: first.map(|why| (count, why)) })
}
