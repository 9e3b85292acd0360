//! What the live stream carries: small idempotent states, never increments. Written by the engine, read by the browser.

use crate::{
    alert::{AlertKind, Severity},
    facts::DeviceFacts,
    health::{Band, Score},
    ids::{AlertId, DeviceId, JobId, OrganizationId, RunId},
    run::RunState,
    saas::{AccountNow, SaasNow},
    time::Time,
};
use serde::{Deserialize, Serialize};

/// A run as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunNow {
    /// Which run.
    pub run: RunId,
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

/// An open alert, in brief.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertNow {
    /// Which alert.
    pub alert: AlertId,
    /// Its kind.
    pub kind: AlertKind,
    /// Its severity.
    pub severity: Severity,
    /// When it was opened.
    pub opened_at: Time,
    /// True once somebody has acknowledged it.
    pub acknowledged: bool,
}

/// A device as it is now. The browser assesses `facts` again at each `next_change`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceNow {
    /// Which device.
    pub device: DeviceId,
    /// Of which organization.
    pub organization: OrganizationId,
    /// 0, or 40–100.
    pub score: Score,
    /// Its band.
    pub band: Band,
    /// Open runs in state running.
    pub running: u32,
    /// Open runs in state retrying.
    pub retrying: u32,
    /// End of the last usable run of any job.
    pub last_usable_at: Option<Time>,
    /// Earliest due time (grace included) of its jobs.
    pub due_at: Option<Time>,
    /// When the score changes next if nothing happens.
    pub next_change: Option<Time>,
    /// What decides its health.
    pub facts: DeviceFacts,
    /// The runs that the change touched, latest last.
    pub runs: Vec<RunNow>,
    /// Its open alerts.
    pub alerts: Vec<AlertNow>,
}

impl DeviceNow {
    /// End of the maintenance that it was in when its next change was told. Needs no clock: both ends of a window are next changes, so
    /// one that begins before the next change, and ends no sooner, is on.
    pub fn quiet_until(&self) -> Option<Time> {
        let next = self.next_change?;
        self.facts.quiet.iter().find(|(from, until)| *from < next && next <= *until).map(|(_, until)| *until)
    }
}

/// Counts of a scope, from stored state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountsNow {
    /// Devices 90–100.
    pub healthy: i64,
    /// Devices 70–89.
    pub warning: i64,
    /// Devices 40–69.
    pub critical: i64,
    /// Devices at 0.
    pub unknown: i64,
    /// Devices paused (in no band).
    pub paused: i64,
    /// Open runs in state running.
    pub running: i64,
    /// Open runs in state retrying.
    pub retrying: i64,
    /// Open alerts that are not muted.
    pub open_alerts: i64,
    /// Devices that a service level covers (D5).
    pub covered: i64,
    /// Of them in breach of it.
    pub in_breach: i64,
}

/// The device of an organization that stands worst.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorstDevice {
    /// Which device.
    pub device: DeviceId,
    /// Its name.
    pub name: String,
    /// Its score.
    pub score: Score,
    /// Its band.
    pub band: Band,
}

/// An organization as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationNow {
    /// Which organization.
    pub organization: OrganizationId,
    /// Its counts.
    pub counts: CountsNow,
    /// The one among those in use that needs a look first; none: there is none in use.
    pub worst: Option<WorstDevice>,
    /// Counts of its SaaS accounts; none: it has no connection.
    #[serde(default)]
    pub saas: Option<SaasNow>,
}

/// First message of a stream, and again after a lag. The watched devices follow, a message each: a page of them is too much for one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The server's build; a page of another build offers to reload.
    pub build: String,
    /// The server's time.
    pub at: Time,
    /// Counts of the scope.
    pub counts: CountsNow,
    /// Counts of the scope's SaaS accounts; none: there is no connection.
    #[serde(default)]
    pub saas: Option<SaasNow>,
    /// The watched accounts.
    #[serde(default)]
    pub accounts: Vec<AccountNow>,
    /// The watched organizations.
    pub organizations: Vec<OrganizationNow>,
}
