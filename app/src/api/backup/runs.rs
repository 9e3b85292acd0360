//! Runs: a list of them, and one in full.

use crate::error::UiError;
use crate::wire::Wire;
use domain::{
    alert::{AlertKind, Severity},
    ids::{AlertId, DeviceId, JobId, OrganizationId, RunId},
    live::RunNow,
    remedy::Remedy,
    run::{Run, RunState},
    text::Local,
    time::{Span, Time},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A run in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunLine {
    /// Which run.
    pub id: RunId,
    /// Of which job.
    pub job: JobId,
    /// Its job's name.
    pub job_name: String,
    /// Its state.
    pub state: RunState,
    /// Its start.
    pub started_at: Time,
    /// Its end.
    pub ended_at: Option<Time>,
    /// Attempt, from 1.
    pub attempt: u16,
    /// How far it is.
    pub percent: Option<u8>,
    /// Files handled.
    pub items: Option<i64>,
    /// Bytes handled.
    pub bytes: Option<i64>,
    /// One line for a person.
    pub message: Option<String>,
}

impl From<RunNow> for RunLine {
    fn from(run: RunNow) -> Self {
        Self {
            id: run.run,
            job: run.job,
            job_name: run.job_name,
            state: run.state,
            started_at: run.started_at,
            ended_at: run.ended_at,
            attempt: run.attempt,
            percent: run.percent,
            items: run.items,
            bytes: run.bytes,
            message: run.message,
        }
    }
}

/// A run, without what it said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Glance {
    /// Which run.
    pub id: RunId,
    /// Its state.
    pub state: RunState,
    /// Its start.
    pub started_at: Time,
    /// Its end.
    pub ended_at: Option<Time>,
    /// Bytes handled.
    pub bytes: Option<i64>,
}

impl Glance {
    /// State, length and size in words, behind the time of its start.
    pub fn words(&self) -> String {
        use domain::text;
        let mut words = format!("{}: {}", text::day_time(self.started_at), text::state_label(self.state));
        if let Some(end) = self.ended_at.filter(|end| *end > self.started_at && self.state != RunState::Missed) {
            words = format!("{words}, {}", text::span(end - self.started_at));
        }
        if let Some(bytes) = self.bytes {
            words = format!("{words}, {}", text::bytes(bytes));
        }
        words
    }
}

/// Medians of the last usable runs of a job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usual {
    /// Of how many runs.
    pub of: usize,
    /// How long they took.
    pub took: Option<Span>,
    /// Files handled.
    pub items: Option<i64>,
    /// Bytes handled.
    pub bytes: Option<i64>,
    /// Bytes added.
    pub bytes_added: Option<i64>,
}

/// An alert that a run gave rise to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertOfRun {
    /// Which alert.
    pub id: AlertId,
    /// Its kind.
    pub kind: AlertKind,
    /// How bad.
    pub severity: Severity,
    /// Cause and recommended action.
    pub remedy: Remedy,
    /// When it resolved.
    pub resolved_at: Option<Time>,
}

/// Older runs of a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunsView {
    /// Latest first.
    pub runs: Vec<RunLine>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
}

/// One run in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunView {
    /// Which run.
    pub id: RunId,
    /// Its device or account, and that one's name.
    pub device: (DeviceId, String),
    /// It is an account's: `device` holds that one's id.
    pub is_account: bool,
    /// Its organization and that one's name.
    pub organization: (OrganizationId, String),
    /// Its job and that one's name.
    pub job: (JobId, String),
    /// The sender's own name of the run.
    pub key: String,
    /// What its events say.
    pub run: Run,
    /// The run of the job before it.
    pub previous: Option<Glance>,
    /// The run of the job after it.
    pub next: Option<Glance>,
    /// What is usual for the job, by the runs before it.
    pub usual: Usual,
    /// The runs before it, oldest first.
    pub before: Vec<Glance>,
    /// The alert it gave rise to.
    pub alert: Option<AlertOfRun>,
    /// The log, if it was sent and is still kept.
    pub log: Option<String>,
    /// What clocks show where its job's set times are of, or else in its organization's zone; none for an account.
    pub local: Option<Local>,
}

/// One run in full.
///
/// # Errors
/// Signed out, or not within the scope.
#[server(prefix = "/sf", endpoint = "backup/run", input = Wire, output = Wire)]
pub async fn load_run(id: String) -> Result<RunView, UiError> {
    let (engine, actor) = crate::context::actor()?;
    let id: RunId = id.parse().map_err(|_| UiError::not_found("run"))?;
    ssr::run(&engine, &actor, id).await
}

/// Runs of a device, latest first; the first page without a cursor.
///
/// # Errors
/// Signed out, or not within the scope.
#[server(prefix = "/sf", endpoint = "backup/runs", input = Wire, output = Wire)]
pub async fn load_runs(device: DeviceId, cursor: Option<String>) -> Result<RunsView, UiError> {
    let (engine, actor) = crate::context::actor()?;
    ssr::of_device(&engine, &actor, device, cursor, 12).await
}

#[cfg(feature = "ssr")]
pub(in crate::api) mod ssr;
