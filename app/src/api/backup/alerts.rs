//! Alerts: the list, and tending them.

use crate::error::UiError;
use crate::wire::Wire;
use domain::{
    alert::{AlertKind, Severity},
    health::Reason,
    ids::{AlertId, DeviceId, JobId, OrganizationId, RunId},
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
    /// Its device and that one's name.
    pub device: (DeviceId, String),
    /// Its organization and that one's name.
    pub organization: (OrganizationId, String),
    /// The job it comes from, and that one's name.
    pub job: Option<(JobId, String)>,
    /// The run it comes from.
    pub run: Option<RunId>,
    /// Its kind.
    pub kind: AlertKind,
    /// How bad.
    pub severity: Severity,
    /// The fact and its number.
    pub reason: Reason,
    /// What its run said at its end.
    pub message: Option<String>,
    /// Files which that run could not read; the first few.
    pub failed_items: Vec<String>,
    /// When it was opened.
    pub opened_at: Time,
    /// When it resolved by itself.
    pub resolved_at: Option<Time>,
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
    /// Why, in words.
    pub fn why(&self, now: Time) -> String {
        domain::text::reason(&self.reason, now, |_| self.job.as_ref().map_or_else(|| "the backup".to_owned(), |(_, name)| name.clone()))
    }
}

/// What the list asks for; empty texts ask for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertsQuery {
    /// `open` (default) or `resolved`.
    pub state: String,
    /// Word of a kind.
    pub kind: String,
    /// Id of an organization.
    pub organization: String,
    /// Where to go on.
    pub cursor: String,
}

/// The list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertsView {
    /// The rows.
    pub lines: Vec<AlertLine>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// Organizations to choose from: (id, name).
    pub organizations: Vec<(String, String)>,
    /// The server's time.
    pub at: Time,
}

/// The list of alerts.
///
/// # Errors
/// Signed out, not allowed, or a cursor of another order.
#[server(prefix = "/sf", endpoint = "backup/alerts", input = Wire, output = Wire)]
pub async fn load_alerts(query: AlertsQuery) -> Result<AlertsView, UiError> {
    ssr::list(query).await
}

/// Says that somebody takes care of it, and why or how.
///
/// # Errors
/// Signed out, not allowed, or not within the scope.
#[server(prefix = "/sf", endpoint = "backup/acknowledge_alert", input = Wire, output = Wire)]
pub async fn acknowledge_alert(id: AlertId, reason: String) -> Result<(), UiError> {
    let (engine, actor) = crate::context::actor()?;
    Ok(engine::store::alerts::acknowledge(&engine, &actor, id, &reason, crate::context::now(&engine)).await?)
}

/// Keeps it quiet for so many hours.
///
/// # Errors
/// Signed out, not allowed, or not within the scope.
#[server(prefix = "/sf", endpoint = "backup/snooze_alert", input = Wire, output = Wire)]
pub async fn snooze_alert(id: AlertId, hours: u32, reason: String) -> Result<(), UiError> {
    let (engine, actor) = crate::context::actor()?;
    let now = crate::context::now(&engine);
    let until = now + domain::time::Span::hours(hours.clamp(1, 24 * 90).into());
    if !reason.trim().is_empty() {
        engine::store::alerts::note(&engine, &actor, id, &reason, now).await?;
    }
    Ok(engine::store::alerts::snooze(&engine, &actor, id, until, now).await?)
}

/// Adds a note.
///
/// # Errors
/// Signed out, not allowed, or not within the scope.
#[server(prefix = "/sf", endpoint = "backup/note_alert", input = Wire, output = Wire)]
pub async fn note_alert(id: AlertId, text: String) -> Result<(), UiError> {
    let (engine, actor) = crate::context::actor()?;
    Ok(engine::store::alerts::note(&engine, &actor, id, &text, crate::context::now(&engine)).await?)
}

#[cfg(feature = "ssr")]
pub(super) mod ssr;
