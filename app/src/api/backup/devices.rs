//! Devices: the list, and one in full.

use super::{AlertLine, RunLine};
use crate::error::UiError;
use crate::wire::Wire;
use domain::{
    ids::{DeviceId, JobId, OrganizationId, PolicyId, RestoreTestId},
    live::{CountsNow, DeviceNow},
    policy::DeviceClass,
    time::Time,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The last days of a device: day (since 1970-01-01) of the last bar, and per day succeeded, warning, failed, missed; oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bars {
    /// Local day of the last bar.
    pub today: i32,
    /// None: no run that day.
    pub days: Vec<Option<(u32, u32, u32, u32)>>,
}

impl Bars {
    /// For the drawing.
    pub fn drawn(&self) -> Vec<charts::DayBar> {
        let first = self.today + 1 - i32::try_from(self.days.len()).unwrap_or(0);
        (first..)
            .zip(&self.days)
            .map(|(day, runs)| match runs {
                Some((succeeded, warning, failed, missed)) => charts::DayBar::of(day, *succeeded, *warning, *failed, *missed),
                None => charts::DayBar::no_data(day),
            })
            .collect()
    }
}

/// A device in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceLine {
    /// Which device.
    pub id: DeviceId,
    /// Its name.
    pub name: String,
    /// Its organization and that one's name.
    pub organization: (OrganizationId, String),
    /// Its class.
    pub class: DeviceClass,
    /// Its policy and that one's name.
    pub policy: (PolicyId, String),
    /// Everything that moves.
    pub now: DeviceNow,
    /// Bytes used at the destination.
    pub storage_used: Option<i64>,
    /// Bytes allowed there.
    pub quota_bytes: Option<i64>,
    /// Tags.
    pub tags: Vec<String>,
    /// The last 28 days.
    pub bars: Bars,
    /// Open alerts.
    pub open_alerts: i64,
}

/// What the list asks for; empty texts ask for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DevicesQuery {
    /// Part of the name.
    pub search: String,
    /// Id of an organization.
    pub organization: String,
    /// Word of a band.
    pub band: String,
    /// Word of a class.
    pub class: String,
    /// Word of a life; empty: all but retired.
    pub life: String,
    /// `score`, `name`, `last`, `due`, with `-` before it for the other way round.
    pub sort: String,
    /// Where to go on.
    pub cursor: String,
}

impl DevicesQuery {
    /// True if nothing narrows the list.
    pub fn is_all(&self) -> bool {
        [&self.search, &self.organization, &self.band, &self.class, &self.life, &self.cursor].iter().all(|t| t.is_empty())
    }
}

/// The list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DevicesView {
    /// The rows.
    pub lines: Vec<DeviceLine>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// All devices of the scope, when nothing narrows the list.
    pub total: Option<i64>,
    /// Organizations to choose from: (id, name).
    pub organizations: Vec<(String, String)>,
    /// Counts of the scope.
    pub counts: CountsNow,
}

/// A job of a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobLine {
    /// Which job.
    pub id: JobId,
    /// Its name.
    pub name: String,
    /// Its schedule in words.
    pub schedule: String,
    /// True when the schedule is its own, not the policy's.
    pub is_own_schedule: bool,
    /// Address for pings, whole.
    pub ping_url: String,
}

/// A restore test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreLine {
    /// Which one.
    pub id: RestoreTestId,
    /// When.
    pub at: Time,
    /// Whether it passed.
    pub passed: bool,
    /// What was restored.
    pub scope: String,
    /// Achieved recovery point, seconds.
    pub rpo_seconds: Option<i64>,
    /// Achieved recovery time, seconds.
    pub rto_seconds: Option<i64>,
    /// Notes.
    pub note: String,
    /// Who or what did it.
    pub made_by: String,
}

/// One device in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceView {
    /// As in the list.
    pub line: DeviceLine,
    /// The server's time.
    pub at: Time,
    /// The machine's own name.
    pub hostname: Option<String>,
    /// The agent's version.
    pub agent_version: Option<String>,
    /// The organization's IANA zone.
    pub time_zone: String,
    /// The policy's schedule in words.
    pub schedule: String,
    /// True when the organization is deactivated: nothing is alerted.
    pub organization_deactivated: bool,
    /// Its jobs.
    pub jobs: Vec<JobLine>,
    /// Its latest runs, latest first.
    pub runs: Vec<RunLine>,
    /// There are older ones.
    pub has_more_runs: bool,
    /// Its restore tests, latest first.
    pub restore_tests: Vec<RestoreLine>,
    /// Its alerts, open ones first.
    pub alerts: Vec<AlertLine>,
    /// Policies to choose from: (id, name).
    pub policies: Vec<(String, String)>,
    /// Address of the portal.
    pub url: String,
    /// Secret part of its ping addresses.
    pub ping_uuid: String,
}

/// The list of devices.
///
/// # Errors
/// Signed out, not allowed, or a cursor of another order.
#[server(prefix = "/sf", endpoint = "backup/devices", input = Wire, output = Wire)]
pub async fn load_devices(query: DevicesQuery) -> Result<DevicesView, UiError> {
    ssr::devices(query).await
}

/// One device in full.
///
/// # Errors
/// Signed out, or not within the scope.
#[server(prefix = "/sf", endpoint = "backup/device", input = Wire, output = Wire)]
pub async fn load_device(id: String) -> Result<DeviceView, UiError> {
    ssr::device(&id).await
}

#[cfg(feature = "ssr")]
pub(super) mod ssr;
