//! Alerts: the list, what has changed in it, one in full, and tending them.

use super::{IncidentLine, Views};
use crate::api::start::GoOn;
use crate::error::UiError;
use crate::wire::Wire;
use domain::{
    alert::{AlertKind, Severity},
    health::Reason,
    ids::{AlertId, DeviceId, IncidentId, JobId, OrganizationId, RunId},
    policy::DeviceClass,
    remedy::Remedy,
    run::RunState,
    time::Time,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Something that was done about an alert, or that became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertEvent {
    /// When.
    pub at: Time,
    /// `opened`, `raised`, `acknowledged`, `note` …
    pub what: String,
    /// Who or what.
    pub who: String,
    /// What was said.
    pub note: String,
}

/// An alert in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertLine {
    /// Which alert.
    pub id: AlertId,
    /// Its device or account, and that one's name.
    pub device: (DeviceId, String),
    /// It is an account's: `device` holds that one's id.
    pub is_account: bool,
    /// Class of that device.
    pub class: DeviceClass,
    /// Its organization and that one's name.
    pub organization: (OrganizationId, String),
    /// The job it comes from, and that one's name.
    pub job: Option<(JobId, String)>,
    /// The run behind it: the one that it comes from, else a failing one of its job or, failing that, of the device.
    pub run: Option<RunId>,
    /// Its kind.
    pub kind: AlertKind,
    /// How bad.
    pub severity: Severity,
    /// How soon it wants attention; greater is sooner.
    pub worth: i64,
    /// The fact and its number.
    pub reason: Reason,
    /// What the run behind it said at its end.
    pub message: Option<String>,
    /// Files which that run could not read; the first few.
    pub failed_items: Vec<String>,
    /// Cause and recommended action.
    pub remedy: Remedy,
    /// The incident that it belongs to.
    pub incident: Option<IncidentId>,
    /// It comes and goes since then.
    pub flapping_since: Option<Time>,
    /// Of a flapping one: its condition is gone since then.
    pub cleared_at: Option<Time>,
    /// When it was opened.
    pub opened_at: Time,
    /// When it resolved by itself.
    pub resolved_at: Option<Time>,
    /// How many times it came back.
    pub reopened: i64,
    /// Recorded but not alerted.
    pub muted: bool,
    /// When and by whom it was acknowledged.
    pub acknowledged: Option<(Time, String)>,
    /// Quiet until.
    pub snoozed_until: Option<Time>,
    /// What became of it, where it was asked for.
    pub events: Vec<AlertEvent>,
}

impl AlertLine {
    /// Until when it is quiet, if it is.
    pub fn quiet_until(&self, now: Time) -> Option<Time> {
        self.snoozed_until.filter(|until| *until > now && self.resolved_at.is_none())
    }

    /// Why, in words.
    pub fn why(&self, now: Time) -> String {
        self.why_in(None, now)
    }

    /// Why, in words, its times in a zone; none: in UTC.
    pub fn why_in(&self, local: Option<&domain::text::Local>, now: Time) -> String {
        domain::text::reason_in(&self.reason, local, now, |_| {
            self.job.as_ref().map_or_else(|| "the backup".to_owned(), |(_, name)| name.clone())
        })
    }
}

/// What the list asks for; empty texts ask for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertsQuery {
    /// `open` (default), `untended`, `acknowledged`, `snoozed`, `resolved` or `any` (with the muted ones).
    pub state: String,
    /// Word of a severity.
    pub severity: String,
    /// Word of a kind.
    pub kind: String,
    /// Id of an organization.
    pub organization: String,
    /// Id of a device or account.
    #[serde(default)]
    pub device: String,
    /// Word of a class.
    pub class: String,
    /// Part of a device's or client's name.
    pub search: String,
    /// `worth` (default) or `time`; what is resolved is always by time.
    pub sort: String,
    /// Where to go on.
    pub cursor: String,
}

/// How many open alerts the filter leaves, by state (whatever the severity) and by severity (in the chosen state).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertCounts {
    /// Open.
    pub open: i64,
    /// Nobody tends them.
    pub untended: i64,
    /// Somebody takes care of them.
    pub acknowledged: i64,
    /// Quiet for now.
    pub snoozed: i64,
    /// Of the chosen state: critical.
    pub critical: i64,
    /// Of the chosen state: warnings.
    pub warning: i64,
    /// More are there than were counted.
    pub is_more: bool,
}

/// The list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertsView {
    /// What was asked.
    pub query: AlertsQuery,
    /// The rows.
    pub lines: Vec<AlertLine>,
    /// Incidents that stand for their members on this page.
    pub incidents: Vec<IncidentLine>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// How many there are.
    pub counts: AlertCounts,
    /// Saved views.
    pub views: Views,
    /// The organization that the list is narrowed to: (id, name).
    pub organization: Option<(String, String)>,
    /// The server's time.
    pub at: Time,
}

/// What has changed since a list was loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertsNews {
    /// The alerts on the page, as they are now.
    pub shown: Vec<AlertLine>,
    /// The first rows of the list as it is now.
    pub first: Vec<AlertLine>,
    /// Incidents among those.
    pub incidents: Vec<IncidentLine>,
    /// Other incidents on the page, as they are now.
    pub incidents_shown: Vec<IncidentLine>,
    /// How many there are.
    pub counts: AlertCounts,
}

/// The run behind an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunBehind {
    /// Which run.
    pub id: RunId,
    /// Its state.
    pub state: RunState,
    /// Its start.
    pub started_at: Time,
    /// Its end.
    pub ended_at: Option<Time>,
    /// Attempts.
    pub attempt: u16,
}

/// One alert in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertView {
    /// As in the list, with what became of it.
    pub line: AlertLine,
    /// When it was raised to critical.
    pub raised_at: Option<Time>,
    /// All files that the run behind it names.
    pub failed_items: Vec<String>,
    /// The run behind it.
    pub run: Option<RunBehind>,
    /// The tool of that run.
    pub tool: Option<String>,
    /// The end of that run's log.
    pub log_tail: Option<String>,
    /// Why it is recorded and not alerted, and until when.
    pub quiet: Option<(String, Option<Time>)>,
    /// The incident that it belongs to.
    pub incident: Option<IncidentLine>,
    /// Other open alerts of the same device or account.
    pub others: Vec<(AlertId, AlertKind, Severity)>,
    /// The server's time.
    pub at: Time,
}

/// What is to be done about alerts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tend {
    /// `acknowledge`, `take_back`, `snooze`, `end_snooze` or `note`.
    pub what: String,
    /// Hours of a snooze.
    pub hours: u32,
    /// A reason, or the note.
    pub words: String,
}

/// What became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TendedView {
    /// How many were tended.
    pub done: usize,
    /// Of them, those that nobody had acknowledged, or that were not quiet, before: what can be undone. None where they are more than can
    /// be tended in one go.
    pub fresh: Vec<AlertId>,
    /// How many had resolved by themselves meanwhile.
    pub resolved: usize,
    /// How many could not be tended for another reason, and the first reason.
    pub refused: Option<(usize, String)>,
}

/// The list of alerts.
///
/// # Errors
/// Signed out, not allowed, or a cursor of another order.
#[server(prefix = "/sf", endpoint = "backup/alerts", input = Wire, output = Wire)]
pub async fn load_alerts(query: AlertsQuery) -> Result<AlertsView, UiError> {
    ssr::view(query).await
}

/// What has changed since the list was loaded: `shown` are the alerts on the page, `incidents` the incidents.
///
/// # Errors
/// Signed out, or not allowed; more than 500 alerts or 100 incidents.
#[server(prefix = "/sf", endpoint = "backup/alerts_news", input = Wire, output = Wire)]
pub async fn load_alerts_news(
    query: AlertsQuery,
    shown: Vec<AlertId>,
    #[server(default)] incidents: Vec<IncidentId>,
) -> Result<AlertsNews, UiError> {
    ssr::news(query, shown, incidents).await
}

/// One alert with what became of it and the end of its run's log.
///
/// # Errors
/// Signed out, or not within the scope.
#[server(prefix = "/sf", endpoint = "backup/alert", input = Wire, output = Wire)]
pub async fn load_alert(id: String) -> Result<AlertView, UiError> {
    ssr::one(&id).await
}

/// Tends alerts, as many of them as can be.
///
/// # Errors
/// Signed out, not allowed, none of them within the scope, or words that can't be taken.
#[server(prefix = "/sf", endpoint = "backup/tend_alerts", input = Wire, output = Wire)]
pub async fn tend_alerts(ids: Vec<AlertId>, tend: Tend) -> Result<TendedView, UiError> {
    ssr::tend(ids, tend).await
}

/// Tends one alert, by a form that works without scripts.
///
/// # Errors
/// Signed out, not allowed, not within the scope, resolved meanwhile, or words that can't be taken.
#[server(prefix = "/sf", endpoint = "backup/tend_alert", output = Wire)]
pub async fn tend_alert(
    /// Which alert.
    id: AlertId,
    /// `acknowledge`, `take_back`, `snooze`, `end_snooze` or `note`.
    what: String,
    /// Hours of a snooze.
    #[server(default)]
    hours: String,
    /// A reason, or the note.
    #[server(default)]
    words: String,
) -> Result<GoOn, UiError> {
    ssr::tend_one(id, Tend { what, hours: hours.parse().unwrap_or(24), words }).await
}

#[cfg(feature = "ssr")]
pub(in crate::api) mod ssr;
