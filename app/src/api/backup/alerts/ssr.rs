//! From the engine's alerts to the pages' ones.

use super::{AlertCounts, AlertEvent, AlertLine, AlertView, AlertsNews, AlertsQuery, AlertsView, RunBehind, Tend, TendedView};
use crate::{
    api::{
        backup::{IncidentLine, incidents, views},
        start::{GoOn, go_on},
    },
    context,
    error::UiError,
};
use domain::{
    access::Actor,
    ids::{AlertId, DeviceId, IncidentId},
    time::{Span, Time},
};
use engine::{
    Engine,
    store::{
        alerts::{self, AlertDetail, AlertFilter, AlertRow, AlertSort, AlertState, Quiet, Tending},
        organizations, runs,
    },
};

/// Lines of a log's end.
const TAIL: usize = 20;
/// Failing files that the page of an alert names.
const FILES: usize = 200;

/// As lists show it.
pub(in crate::api::backup) fn line(row: AlertRow) -> AlertLine {
    AlertLine {
        remedy: row.remedy(None),
        id: row.id,
        device: row.device,
        is_account: row.is_account,
        class: row.class,
        organization: row.organization,
        job: row.job,
        run: row.behind,
        kind: row.kind,
        severity: row.severity,
        worth: row.worth,
        reason: row.reason,
        message: row.message,
        failed_items: row.failed_items,
        incident: row.incident,
        flapping_since: row.flapping_since,
        cleared_at: row.cleared_at,
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
    // Who looks for something in particular finds it by itself, not inside an incident.
    let is_particular = [&query.kind, &query.device, &query.class, &query.search].iter().any(|asked| !asked.trim().is_empty());
    AlertFilter {
        state,
        severity: query.severity.parse().ok(),
        device: query.device.parse().ok(),
        organization: query.organization.parse().ok(),
        kind: query.kind.parse().ok(),
        class: query.class.parse().ok(),
        search: Some(query.search.clone()),
        opened_since: None,
        incident: None,
        folded: matches!(state, AlertState::Open | AlertState::Untended) && !is_particular,
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
    // A tab says as much whichever is open: members of incidents are counted.
    let tally = alerts::tally(&engine.store, actor, &AlertFilter { folded: false, ..filter.clone() }).await?;
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

/// A page of the list with the incidents that stand on it. They are few, so each page takes those whose place lies on it.
async fn page(
    engine: &Engine,
    actor: &Actor,
    filter: &AlertFilter,
) -> Result<(Vec<AlertLine>, Vec<IncidentLine>, Option<String>), UiError> {
    let page = alerts::list(&engine.store, actor, filter).await?;
    let lines: Vec<AlertLine> = page.items.into_iter().map(line).collect();
    if !filter.folded {
        return Ok((lines, Vec::new(), page.next_cursor));
    }
    let by_worth = filter.sort == AlertSort::Worth;
    let key = |line: &AlertLine| if by_worth { line.worth } else { line.opened_at.0 };
    let least = page.next_cursor.as_ref().and(lines.last()).map(key);
    let most = alerts::place_of(filter.cursor.as_deref())?;
    let stands_here = |incident: &IncidentLine| {
        let place = if by_worth { incident.worth } else { incident.opened_at.0 };
        least.is_none_or(|least| place >= least) && most.is_none_or(|most| place < most)
    };
    let open = alerts::open_incidents(&engine.store, actor, filter).await?;
    let incidents = open.into_iter().map(incidents::ssr::line).filter(stands_here).collect();
    Ok((lines, incidents, page.next_cursor))
}

pub(super) async fn view(query: AlertsQuery) -> Result<AlertsView, UiError> {
    let (engine, actor) = context::actor()?;
    let now = context::now(&engine);
    let filter = filter(&query, now);
    let (lines, incidents, next_cursor) = page(&engine, &actor, &filter).await?;
    Ok(AlertsView {
        lines,
        incidents,
        next_cursor,
        counts: counts(&engine, &actor, &filter).await?,
        views: views::ssr::of_alerts(&engine, &actor).await?,
        organization: chosen(&engine, &actor, &query.organization).await,
        at: now,
        query,
    })
}

pub(super) async fn news(query: AlertsQuery, shown: Vec<AlertId>, incidents_shown: Vec<IncidentId>) -> Result<AlertsNews, UiError> {
    let (engine, actor) = context::actor()?;
    if shown.len() > 500 || incidents_shown.len() > 100 {
        return Err(UiError::field("too_many", "shown", "Ask for at most 500 alerts and 100 incidents."));
    }
    let now = context::now(&engine);
    let filter = filter(&AlertsQuery { cursor: String::new(), ..query }, now);
    let (first, incidents, _) = page(&engine, &actor, &filter).await?;
    let mut others = Vec::new();
    for id in incidents_shown.into_iter().filter(|id| incidents.iter().all(|known| known.id != *id)) {
        // One that is over, or that stands on another page.
        if let Ok(row) = alerts::incident_row(&engine.store, &actor, id, now).await {
            others.push(incidents::ssr::line(row));
        }
    }
    Ok(AlertsNews {
        incidents_shown: others,
        shown: alerts::of_ids(&engine.store, &actor, &shown).await?.into_iter().map(line).collect(),
        first,
        incidents,
        counts: counts(&engine, &actor, &filter).await?,
    })
}

fn told(quiet: Quiet, is_account: bool) -> (String, Option<Time>) {
    let words = match quiet {
        Quiet::Paused => "its device is paused",
        Quiet::Retired => "its device is retired",
        Quiet::Deactivated if is_account => "its account or organization is deactivated",
        Quiet::Deactivated => "its organization is deactivated",
        Quiet::Maintenance(_) => "maintenance is announced",
    };
    let until = match quiet {
        Quiet::Maintenance(until) => Some(until),
        _ => None,
    };
    (words.to_owned(), until)
}

pub(super) async fn one(id: &str) -> Result<AlertView, UiError> {
    let (engine, actor) = context::actor()?;
    let store = &engine.store;
    let now = context::now(&engine);
    let id: AlertId = id.parse().map_err(|_| UiError::not_found("alert"))?;
    let detail = alerts::get(store, &actor, id).await?;
    let row = detail.row.clone();
    let (run, log) = match row.behind {
        Some(run) => (runs::get(store, &actor, run).await.ok(), runs::log(store, &actor, run).await?),
        None => (None, None),
    };
    let tail = |log: String| {
        let lines: Vec<&str> = log.trim_end().lines().collect();
        lines[lines.len().saturating_sub(TAIL)..].join("\n")
    };
    let log_tail = log.map(tail).filter(|t| !t.is_empty());
    let incident = match row.incident {
        // One that reaches beyond an organization isn't told to its people.
        Some(incident) => alerts::incident_row(store, &actor, incident, now).await.ok().map(incidents::ssr::line),
        None => None,
    };
    let others = AlertFilter { state: AlertState::Open, device: Some(row.device.0), now, ..AlertFilter::default() };
    let others = alerts::list(store, &actor, &others).await?.items;
    Ok(AlertView {
        line: AlertLine { remedy: row.remedy(log_tail.as_deref()), ..full(detail.clone()) },
        raised_at: row.raised_at,
        failed_items: run.as_ref().map(|r| r.run.head.failed_items.iter().take(FILES).cloned().collect()).unwrap_or_default(),
        run: run.as_ref().map(|r| RunBehind {
            id: r.row.id,
            state: r.run.state(),
            started_at: r.run.started_at,
            ended_at: r.run.ended_at,
            attempt: r.run.head.attempt,
        }),
        tool: run.and_then(|r| r.run.head.tool).map(|t| format!("{} {}", t.name, t.version).trim().to_owned()),
        log_tail,
        quiet: detail.quiet.map(|quiet| told(quiet, row.is_account)),
        incident,
        others: others.into_iter().filter(|a| a.id != id).map(|a| (a.id, a.kind, a.severity)).collect(),
        at: now,
    })
}

/// Tends these, as many of them as can be.
pub(in crate::api::backup) async fn tend_these(engine: &Engine, actor: &Actor, ids: &[AlertId], tend: Tend) -> Result<TendedView, UiError> {
    let now = context::now(engine);
    let tended = alerts::tend_all(engine, actor, ids, &tending(tend, now)?, now).await?;
    let (resolved, others): (Vec<_>, Vec<_>) = tended.refused.into_iter().partition(|(_, error)| error.public_code() == "resolved");
    let count = others.len();
    let first = others.into_iter().next().map(|(_, error)| UiError::from(error).message);
    Ok(TendedView { done: tended.done.len(), fresh: tended.fresh, resolved: resolved.len(), refused: first.map(|why| (count, why)) })
}

fn tending(tend: Tend, now: Time) -> Result<Tending, UiError> {
    Ok(match tend.what.as_str() {
        "snooze" => Tending::Snooze { until: now + Span::hours(tend.hours.clamp(1, 24 * 90).into()), reason: tend.words },
        "note" => Tending::Note { text: tend.words },
        "acknowledge" => Tending::Acknowledge { reason: tend.words },
        "take_back" => Tending::TakeBack,
        "end_snooze" => Tending::EndSnooze,
        _ => return Err(UiError::field("invalid_choice", "what", "Choose what to do.")),
    })
}

pub(super) async fn tend(ids: Vec<AlertId>, tend: Tend) -> Result<TendedView, UiError> {
    let (engine, actor) = context::actor()?;
    tend_these(&engine, &actor, &ids, tend).await
}

pub(super) async fn tend_one(id: AlertId, tend: Tend) -> Result<GoOn, UiError> {
    let (engine, actor) = context::actor()?;
    let now = context::now(&engine);
    let tending = tending(tend, now)?;
    // Outside the scope it is not found; what is refused is refused with its words.
    if let Some((_, error)) = alerts::tend_all(&engine, &actor, &[id], &tending, now).await?.refused.pop() {
        return Err(error.into());
    }
    Ok(go_on(&format!("/alerts/{id}")))
}
