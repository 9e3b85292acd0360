//! Alerts: listed, shown with what happened to them, acknowledged, snoozed, annotated. Opened and resolved by the reconciler only (D4).

use super::{
    Store,
    audit::{self, Entry},
    devices,
    entity::{alert, alert_event, run, user},
    facts::parse,
    input,
    page::{self, Page},
    runs::Names,
    scope,
};
use crate::{Engine, error::Error};
use domain::{
    access::{Action, Actor, Ground},
    alert::{AlertKind, Severity},
    health::Reason,
    ids::{AlertId, DeviceId, JobId, OrganizationId, PartnerId, RunId},
    time::{Span, Time},
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;

const LONGEST_SNOOZE: Span = Span::days(90);

/// Failing files that an alert names; its run names all.
const SHOWN_FILES: usize = 5;

/// Which alerts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    /// Not resolved, not muted.
    #[default]
    Open,
    /// Resolved.
    Resolved,
    /// All, with the muted ones.
    Any,
}

impl std::str::FromStr for AlertState {
    type Err = &'static str;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "open" => Ok(Self::Open),
            "resolved" => Ok(Self::Resolved),
            "any" => Ok(Self::Any),
            _ => Err("a state is `open`, `resolved` or `any`"),
        }
    }
}

/// What a list of alerts asks for. Latest opened first.
#[derive(Clone, Debug, Default)]
pub struct AlertFilter {
    /// Which.
    pub state: AlertState,
    /// Only this device's.
    pub device: Option<DeviceId>,
    /// Only this organization's.
    pub organization: Option<OrganizationId>,
    /// Only this kind.
    pub kind: Option<AlertKind>,
    /// Where to go on.
    pub cursor: Option<String>,
    /// Rows, at most 500.
    pub limit: Option<u64>,
}

/// An alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlertRow {
    /// Which alert.
    pub id: AlertId,
    /// Of which device, and its name.
    pub device: (DeviceId, String),
    /// Of which organization, and its name.
    pub organization: (OrganizationId, String),
    /// The job it comes from, and its name.
    pub job: Option<(JobId, String)>,
    /// The run it comes from.
    pub run: Option<RunId>,
    /// Its kind.
    pub kind: AlertKind,
    /// How bad.
    pub severity: Severity,
    /// Since when the condition holds.
    pub since: Time,
    /// When the alert was opened.
    pub opened_at: Time,
    /// When it was raised to critical.
    pub raised_at: Option<Time>,
    /// When it resolved by itself.
    pub resolved_at: Option<Time>,
    /// How many times it came back.
    pub reopened: i64,
    /// True while its device is paused, retired or deactivated.
    pub muted: bool,
    /// When somebody acknowledged it.
    pub acknowledged_at: Option<Time>,
    /// Who: a name, or `key:…`.
    pub acknowledged_by: Option<String>,
    /// Quiet until then.
    pub snoozed_until: Option<Time>,
    /// The fact and its number.
    pub reason: Reason,
    /// What the run that it comes from said at its end.
    pub message: Option<String>,
    /// Files which that run could not read; the first few.
    pub failed_items: Vec<String>,
}

/// What happened to an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlertEventRow {
    /// When.
    pub at: Time,
    /// `opened`, `raised`, `lowered`, `reopened`, `resolved`, `acknowledged`, `snoozed` or `note`.
    pub what: String,
    /// Who: a name, `key:…` or `system`.
    pub who: String,
    /// What was said.
    pub note: String,
}

/// An alert with what happened to it, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlertDetail {
    /// As in lists.
    #[serde(flatten)]
    pub row: AlertRow,
    /// What happened.
    pub events: Vec<AlertEventRow>,
}

fn seen(actor: &Actor) -> Condition {
    scope::within(&actor.scope, alert::Column::PartnerId, Some(alert::Column::OrganizationId), Some(alert::Column::DeviceId))
}

/// A page of alerts.
///
/// # Errors
/// `Forbidden` without the right to read; `Invalid` (cursor, limit).
pub async fn list(store: &Store, actor: &Actor, filter: &AlertFilter) -> Result<Page<AlertRow>, Error> {
    scope::require(actor, Action::SeeDashboards, "see alerts")?;
    let limit = page::limit(filter.limit)?;
    let mut all = seen(actor);
    all = match filter.state {
        AlertState::Open => all.add(alert::Column::ResolvedAt.is_null()).add(alert::Column::Muted.eq(false)),
        AlertState::Resolved => all.add(alert::Column::ResolvedAt.is_not_null()),
        AlertState::Any => all,
    };
    if let Some(device) = filter.device {
        all = all.add(alert::Column::DeviceId.eq(device.0));
    }
    if let Some(organization) = filter.organization {
        all = all.add(alert::Column::OrganizationId.eq(organization.0));
    }
    if let Some(kind) = filter.kind {
        all = all.add(alert::Column::Kind.eq(kind.as_str()));
    }
    if let Some((opened_at, id)) = page::read::<(i64, i64)>(filter.cursor.as_deref())? {
        all = all.add(page::before(alert::Column::OpenedAt, opened_at, alert::Column::Id, id));
    }
    let rows = alert::Entity::find()
        .filter(all)
        .order_by_desc(alert::Column::OpenedAt)
        .order_by_desc(alert::Column::Id)
        .limit(limit + 1)
        .all(store.reads())
        .await?;
    let page = Page::cut(rows, limit, |a| (a.opened_at, a.id))?;
    let names = Names::of(store.reads(), page.items.iter().map(|a| (a.partner_id, a.organization_id, a.device_id, a.job_id))).await?;
    let said = said(store.reads(), &page.items).await?;
    page.try_map(|a| row(a, &names, &said))
}

/// What the alerts' runs said: message and failing files, by run.
type Said = HashMap<i64, (Option<String>, Vec<String>)>;

async fn said<C: ConnectionTrait>(conn: &C, alerts: &[alert::Model]) -> Result<Said, Error> {
    let wanted: Vec<i64> = alerts.iter().filter_map(|a| a.run_id).collect();
    if wanted.is_empty() {
        return Ok(Said::new());
    }
    let mut partners: Vec<i64> = alerts.iter().map(|a| a.partner_id).collect();
    partners.sort_unstable();
    partners.dedup();
    let rows: Vec<(i64, String)> = run::Entity::find()
        .select_only()
        .column(run::Column::Id)
        .column(run::Column::Body)
        .filter(run::Column::PartnerId.is_in(partners))
        .filter(run::Column::Id.is_in(wanted))
        .into_tuple()
        .all(conn)
        .await?;
    let read = |(id, body): (i64, String)| {
        let run: domain::run::Run = serde_json::from_str(&body)?;
        let files = run.head.failed_items.into_iter().take(SHOWN_FILES).collect();
        Ok((id, (run.head.message, files)))
    };
    rows.into_iter().map(read).collect()
}

fn row(model: alert::Model, names: &Names, said: &Said) -> Result<AlertRow, Error> {
    let (message, failed_items) = model.run_id.and_then(|id| said.get(&id)).cloned().unwrap_or_default();
    Ok(AlertRow {
        message,
        failed_items,
        id: AlertId(model.id),
        device: (DeviceId(model.device_id), names.device(model.device_id)),
        organization: (OrganizationId(model.organization_id), names.organization(model.organization_id)),
        job: model.job_id.map(|j| (JobId(j), names.job(j))),
        run: model.run_id.map(RunId),
        kind: parse(&model.kind)?,
        severity: parse(&model.severity)?,
        since: Time(model.since),
        opened_at: Time(model.opened_at),
        raised_at: model.raised_at.map(Time),
        resolved_at: model.resolved_at.map(Time),
        reopened: model.reopened,
        muted: model.muted,
        acknowledged_at: model.acknowledged_at.map(Time),
        acknowledged_by: model.acknowledged_by,
        snoozed_until: model.snoozed_until.map(Time),
        reason: serde_json::from_str(&model.reason)?,
    })
}

async fn find<C: ConnectionTrait>(conn: &C, actor: &Actor, id: AlertId) -> Result<alert::Model, Error> {
    alert::Entity::find().filter(seen(actor)).filter(alert::COLUMN.id.eq(id.0)).one(conn).await?.ok_or(Error::NotFound("alert"))
}

/// One alert with what happened to it.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to read.
pub async fn get(store: &Store, actor: &Actor, id: AlertId) -> Result<AlertDetail, Error> {
    scope::require(actor, Action::SeeDashboards, "see alerts")?;
    let conn = store.reads();
    let model = find(conn, actor, id).await?;
    let events = alert_event::Entity::find()
        .filter(alert_event::COLUMN.partner_id.eq(model.partner_id))
        .filter(alert_event::COLUMN.alert_id.eq(id.0))
        .order_by_asc(alert_event::Column::Id)
        .limit(1_000)
        .all(conn)
        .await?;
    let names = Names::of(conn, std::iter::once((model.partner_id, model.organization_id, model.device_id, model.job_id))).await?;
    let said = said(conn, std::slice::from_ref(&model)).await?;
    Ok(AlertDetail {
        row: row(model, &names, &said)?,
        events: events.into_iter().map(|e| AlertEventRow { at: Time(e.at), what: e.what, who: e.who, note: e.note }).collect(),
    })
}

/// Somebody has seen it and says what is done about it. Doing it again adds another reason.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Invalid`, `Conflict` (resolved).
pub async fn acknowledge(engine: &Engine, actor: &Actor, id: AlertId, reason: &str, now: Time) -> Result<(), Error> {
    let reason = input::text("reason", reason)?;
    tend(engine, actor, id, "acknowledged", reason, now, |model, who| {
        model.acknowledged_at = Set(Some(now.0));
        model.acknowledged_by = Set(Some(who.to_owned()));
    })
    .await
}

/// Quiet until a time, at most 90 days ahead.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Invalid` (time), `Conflict` (resolved).
pub async fn snooze(engine: &Engine, actor: &Actor, id: AlertId, until: Time, now: Time) -> Result<(), Error> {
    if until <= now || until > now + LONGEST_SNOOZE {
        return Err(Error::invalid("invalid_time", "until", "Snooze until a time in the next 90 days."));
    }
    let note = format!("until {}", domain::text::rfc3339(until));
    tend(engine, actor, id, "snoozed", note, now, |model, _| model.snoozed_until = Set(Some(until.0))).await
}

/// Adds a note; also to a resolved alert.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Invalid` (empty, too long).
pub async fn note(engine: &Engine, actor: &Actor, id: AlertId, text: &str, now: Time) -> Result<(), Error> {
    let text = input::said("note", text)?;
    tend(engine, actor, id, "note", text, now, |_, _| {}).await
}

async fn tend(
    engine: &Engine,
    actor: &Actor,
    id: AlertId,
    what: &'static str,
    note: String,
    now: Time,
    change: impl FnOnce(&mut alert::ActiveModel, &str),
) -> Result<(), Error> {
    let store = &engine.store;
    let stored = find(store.reads(), actor, id).await?;
    scope::require(actor, Action::TendAlerts, "acknowledge, snooze or annotate alerts")?;
    let (partner, device) = (PartnerId(stored.partner_id), DeviceId(stored.device_id));
    let tx = store.begin_for(partner).await?;
    devices::lock(store, &tx, &[(partner, device)]).await?;
    let stored = find(&tx, actor, id).await?;
    if stored.resolved_at.is_some() && what != "note" {
        return Err(Error::conflict("resolved", "This alert has resolved by itself meanwhile. There is nothing left to do."));
    }
    let organization = OrganizationId(stored.organization_id);
    let who = name_of(&tx, actor).await?;
    let mut model = stored.into_active_model();
    change(&mut model, &who);
    let is_changed = model.is_changed();
    if is_changed {
        model.update(&tx).await?;
    }
    let event = alert_event::ActiveModel {
        partner_id: Set(partner.0),
        alert_id: Set(id.0),
        id: Set(store.id(now)),
        at: Set(now.0),
        what: Set(what.into()),
        who: Set(who),
        note: Set(note.clone()),
    };
    alert_event::Entity::insert(event).exec_without_returning(&tx).await?;
    let entry = Entry {
        partner,
        organization: Some(organization),
        what: match what {
            "acknowledged" => "alert.acknowledge",
            "snoozed" => "alert.snooze",
            _ => "alert.note",
        },
        subject: format!("alert:{id}"),
        detail: json!({ "note": note }),
    };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    let changes = if is_changed { devices::settle(store, &tx, &[(partner, device)], now).await? } else { Vec::new() };
    tx.commit().await?;
    engine.live.publish(changes);
    Ok(())
}

async fn name_of(tx: &DatabaseTransaction, actor: &Actor) -> Result<String, Error> {
    match actor.ground {
        Ground::Member(id, _) => {
            let person = user::Entity::find_by_id(id.0).one(tx).await?;
            Ok(person.map_or_else(|| audit::who(actor), |p| p.name))
        }
        _ => Ok(audit::who(actor)),
    }
}
