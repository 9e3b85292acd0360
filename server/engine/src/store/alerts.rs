//! Alerts: listed, shown with what happened to them, acknowledged, snoozed, annotated. Opened and resolved by the reconciler only (D4).

mod list;
mod tend;

pub use list::{AlertFilter, AlertSort, AlertTally, list, of_ids, tally};
pub use tend::{Tended, Tending, acknowledge, note, snooze, tend_all};

use super::{
    Store,
    entity::{alert, alert_event, run},
    facts::parse,
    runs::Names,
    scope,
};
use crate::error::Error;
use domain::{
    access::{Action, Actor},
    alert::{AlertKind, Severity},
    health::Reason,
    ids::{AlertId, DeviceId, JobId, OrganizationId, RunId},
    policy::DeviceClass,
    time::Time,
};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Failing files that an alert names; its run names all.
const SHOWN_FILES: usize = 5;

/// Which alerts. All but the last two are open ones: not resolved, not muted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    /// Not resolved, not muted.
    #[default]
    Open,
    /// Nobody has acknowledged it, and it isn't snoozed.
    Untended,
    /// Somebody takes care of it.
    Acknowledged,
    /// Quiet for now.
    Snoozed,
    /// Resolved.
    Resolved,
    /// All, with the muted ones.
    Any,
}

impl AlertState {
    /// One of those that are open.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Resolved | Self::Any)
    }
}

impl std::str::FromStr for AlertState {
    type Err = &'static str;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "open" => Ok(Self::Open),
            "untended" => Ok(Self::Untended),
            "acknowledged" => Ok(Self::Acknowledged),
            "snoozed" => Ok(Self::Snoozed),
            "resolved" => Ok(Self::Resolved),
            "any" => Ok(Self::Any),
            _ => Err("a state is `open`, `untended`, `acknowledged`, `snoozed`, `resolved` or `any`"),
        }
    }
}

/// An alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlertRow {
    /// Which alert.
    pub id: AlertId,
    /// Of which device or account, and its name or address.
    pub device: (DeviceId, String),
    /// It is an account's: `device` holds that one's id.
    pub is_account: bool,
    /// Class of that device.
    pub class: DeviceClass,
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
    /// How soon it wants attention; greater is sooner.
    pub worth: i64,
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
    let row = rows(conn, vec![model]).await?.pop().ok_or(Error::NotFound("alert"))?;
    Ok(AlertDetail {
        row,
        events: events.into_iter().map(|e| AlertEventRow { at: Time(e.at), what: e.what, who: e.who, note: e.note }).collect(),
    })
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

/// Rows of models, with names and what their runs said: four queries for any number.
async fn rows<C: ConnectionTrait>(conn: &C, models: Vec<alert::Model>) -> Result<Vec<AlertRow>, Error> {
    let names = Names::of(conn, models.iter().map(|a| (a.partner_id, a.organization_id, a.device_id, a.job_id))).await?;
    let said = said(conn, &models).await?;
    models.into_iter().map(|model| row(model, &names, &said)).collect()
}

fn row(model: alert::Model, names: &Names, said: &Said) -> Result<AlertRow, Error> {
    let reason = serde_json::from_str(&model.reason)?;
    // A connection is known by its service.
    let name = match reason {
        Reason::ConsentGone { service, .. } => service.name().to_owned(),
        _ => names.device(model.device_id),
    };
    let (message, failed_items) = model.run_id.and_then(|id| said.get(&id)).cloned().unwrap_or_default();
    Ok(AlertRow {
        message,
        failed_items,
        id: AlertId(model.id),
        device: (DeviceId(model.device_id), name),
        is_account: names.is_account(model.device_id),
        class: names.class(model.device_id)?,
        organization: (OrganizationId(model.organization_id), names.organization(model.organization_id)),
        job: model.job_id.map(|j| (JobId(j), names.job(j))),
        run: model.run_id.map(RunId),
        kind: parse(&model.kind)?,
        severity: parse(&model.severity)?,
        worth: model.worth,
        since: Time(model.since),
        opened_at: Time(model.opened_at),
        raised_at: model.raised_at.map(Time),
        resolved_at: model.resolved_at.map(Time),
        reopened: model.reopened,
        muted: model.muted,
        acknowledged_at: model.acknowledged_at.map(Time),
        acknowledged_by: model.acknowledged_by,
        snoozed_until: model.snoozed_until.map(Time),
        reason,
    })
}
