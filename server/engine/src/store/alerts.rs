//! Alerts: listed, shown with what happened to them, acknowledged, snoozed, annotated. Opened and resolved by the reconciler only (D4).

mod critical;
mod incidents;
mod list;
mod said;
mod tend;

pub use critical::{BecameCritical, became_critical};
pub use incidents::{IncidentCause, IncidentDetail, IncidentRow, incident, incident_row, open_incidents, open_members};
pub use list::{AlertFilter, AlertSort, AlertTally, list, of_ids, place_of, tally};
pub(crate) use tend::name_of;
pub use tend::{MOST_AT_ONCE, Tended, Tending, acknowledge, end_snooze, note, snooze, take_back, tend_all};

use super::{
    Store,
    entity::{account, account_state, alert, alert_event, device, device_state, organization},
    facts::parse,
    runs::Names,
    scope,
};
use crate::error::Error;
use domain::{
    access::{Action, Actor},
    alert::{AlertKind, Severity},
    health::Reason,
    ids::{AlertId, DeviceId, IncidentId, JobId, OrganizationId, RunId},
    policy::{DeviceClass, DeviceLife},
    remedy::{Case, Remedy, remedy},
    time::Time,
};
use said::Said;
use sea_orm::{Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};

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
    /// The run that explains it: the one that it comes from, else a failing one of its job, else of another job of the same subject.
    pub behind: Option<RunId>,
    /// What that run said at its end.
    pub message: Option<String>,
    /// Files which that run could not read; the first few.
    pub failed_items: Vec<String>,
    /// The tool of that run, as it names itself.
    pub tool: Option<String>,
    /// The incident that it belongs to.
    pub incident: Option<IncidentId>,
    /// It comes and goes: it stays open until its condition has been gone for two hours.
    pub flapping_since: Option<Time>,
    /// Of a flapping one: its condition is gone since then.
    pub cleared_at: Option<Time>,
}

impl AlertRow {
    /// Cause and recommended action. `log`: the end of the log of the run behind it, where it is at hand.
    pub fn remedy(&self, log: Option<&str>) -> Remedy {
        remedy(&Case {
            kind: self.kind,
            reason: &self.reason,
            subject: &self.device.1,
            is_account: self.is_account,
            tool: self.tool.as_deref(),
            message: self.message.as_deref(),
            log,
            has_failed_items: !self.failed_items.is_empty(),
        })
    }
}

/// What happened to an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlertEventRow {
    /// When.
    pub at: Time,
    /// `opened`, `raised`, `lowered`, `reopened`, `resolved`, `acknowledged`, `unacknowledged`, `snoozed`, `unsnoozed` or `note`.
    pub what: String,
    /// Who: a name, `key:…` or `system`.
    pub who: String,
    /// What was said.
    pub note: String,
}

/// Why an alert is recorded and not alerted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quiet {
    /// Its device is paused.
    Paused,
    /// Its device is retired.
    Retired,
    /// Its account or organization is deactivated.
    Deactivated,
    /// Maintenance, until then.
    Maintenance(Time),
}

/// An alert with what happened to it, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlertDetail {
    /// As in lists.
    #[serde(flatten)]
    pub row: AlertRow,
    /// Of a muted one: why, as it is now.
    pub quiet: Option<Quiet>,
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
    let quiet = if model.muted { quiet(conn, &model).await? } else { None };
    let row = rows(conn, vec![model]).await?.pop().ok_or(Error::NotFound("alert"))?;
    Ok(AlertDetail {
        row,
        quiet,
        events: events.into_iter().map(|e| AlertEventRow { at: Time(e.at), what: e.what, who: e.who, note: e.note }).collect(),
    })
}

async fn quiet<C: ConnectionTrait>(conn: &C, alert: &alert::Model) -> Result<Option<Quiet>, Error> {
    let key = (alert.partner_id, alert.device_id);
    if let Some(device) = device::Entity::find_by_id(key).one(conn).await? {
        match parse(&device.life)? {
            DeviceLife::Paused => return Ok(Some(Quiet::Paused)),
            DeviceLife::Retired => return Ok(Some(Quiet::Retired)),
            DeviceLife::Pending | DeviceLife::Active => {}
        }
        if let Some(until) = device_state::Entity::find_by_id(key).one(conn).await?.and_then(|s| s.quiet_until) {
            return Ok(Some(Quiet::Maintenance(Time(until))));
        }
    } else if let Some(until) = account_state::Entity::find_by_id(key).one(conn).await?.and_then(|s| s.quiet_until) {
        return Ok(Some(Quiet::Maintenance(Time(until))));
    }
    let organization = organization::Entity::find_by_id((alert.partner_id, alert.organization_id)).one(conn).await?;
    let account = account::Entity::find_by_id(key).one(conn).await?;
    let is_off = organization.is_some_and(|o| o.status == "deactivated") || account.is_some_and(|a| a.status == "deactivated");
    Ok(is_off.then_some(Quiet::Deactivated))
}

/// Rows of models, with names and what their runs said: a handful of queries for any number.
async fn rows<C: ConnectionTrait>(conn: &C, models: Vec<alert::Model>) -> Result<Vec<AlertRow>, Error> {
    let names = Names::of(conn, models.iter().map(|a| (a.partner_id, a.organization_id, a.device_id, a.job_id))).await?;
    let said = Said::of(conn, &models).await?;
    models.into_iter().map(|model| row(model, &names, &said)).collect()
}

fn row(model: alert::Model, names: &Names, said: &Said) -> Result<AlertRow, Error> {
    let reason = serde_json::from_str(&model.reason)?;
    // A connection is known by its service.
    let name = match reason {
        Reason::ConsentGone { service, .. } => service.name().to_owned(),
        _ => names.device(model.device_id),
    };
    let behind = said.behind(&model);
    let told = behind.and_then(|id| said.told(id)).cloned().unwrap_or_default();
    Ok(AlertRow {
        behind: behind.map(RunId),
        message: told.message,
        failed_items: told.failed_items,
        tool: told.tool,
        incident: model.incident_id.map(IncidentId),
        flapping_since: model.flapping_since.map(Time),
        cleared_at: model.cleared_at.map(Time),
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
