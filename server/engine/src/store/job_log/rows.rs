//! What the log answers: a page, and a run in it.

use crate::{
    error::Error,
    store::{entity::run, facts::parse, runs::Names},
};
use domain::{
    ids::{DeviceId, JobId, OrganizationId, RunId},
    run::{Run, RunState, Tool},
    time::Time,
};
use serde::Serialize;

/// A run in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogRow {
    /// Which run.
    pub id: RunId,
    /// Of which job, and its name.
    pub job: (JobId, String),
    /// Of which device or account, and its name or address.
    pub device: (DeviceId, String),
    /// It is an account's: `device` holds that one's id.
    pub is_account: bool,
    /// Of which organization, and its name.
    pub organization: (OrganizationId, String),
    /// Its state.
    pub state: RunState,
    /// Its start.
    pub started_at: Time,
    /// Its end.
    pub ended_at: Option<Time>,
    /// Attempt, from 1.
    pub attempt: u16,
    /// True when the server ended it.
    pub timed_out: bool,
    /// How far it is.
    pub percent: Option<u8>,
    /// Files handled.
    pub items: Option<i64>,
    /// Bytes handled.
    pub bytes: Option<i64>,
    /// What made it.
    pub tool: Option<Tool>,
    /// One line for a person.
    pub message: Option<String>,
}

/// A page of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogPage {
    /// The rows.
    pub items: Vec<LogRow>,
    /// Where the next page begins; none: this is the last.
    pub next_cursor: Option<String>,
    /// Set when the page ends before it is full because enough was looked through: nothing older than this was.
    pub searched_to: Option<Time>,
}

pub(super) fn row(model: &run::Model, names: &Names) -> Result<LogRow, Error> {
    let run: Run = serde_json::from_str(&model.body)?;
    Ok(LogRow {
        id: RunId(model.id),
        job: (JobId(model.job_id), names.job(model.job_id)),
        device: (DeviceId(model.device_id), names.device(model.device_id)),
        is_account: names.is_account(model.device_id),
        organization: (OrganizationId(model.organization_id), names.organization(model.organization_id)),
        state: parse(&model.state)?,
        started_at: Time(model.started_at),
        ended_at: model.ended_at.map(Time),
        attempt: u16::try_from(model.attempt).unwrap_or(u16::MAX),
        timed_out: model.timed_out,
        percent: run.head.percent,
        items: run.head.items,
        bytes: model.bytes,
        tool: run.head.tool,
        message: run.head.message,
    })
}
