//! What a fleet consists of: plain data, as somebody would write it down who is to set it up.

use crate::{saas::plan::ConnectionPlan, story::Story};
use domain::{
    access::Role,
    policy::{DeviceClass, DeviceLife, Policy},
    run::{RunEvent, Tool},
    schedule::Schedule,
    time::Time,
};

/// A partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartnerPlan {
    /// Its name.
    pub name: String,
    /// Its IANA zone.
    pub time_zone: String,
    /// Its place in [`crate::Fleet::partners`] of the partner above it; always an earlier one.
    pub parent: Option<usize>,
    /// Its policies; the first is its default.
    pub policies: Vec<PolicyPlan>,
    /// Its rules of service level: hours within which devices of a class must have a usable backup. Without one that of the partner above holds.
    pub service_levels: Vec<(DeviceClass, i64)>,
    /// Who signs in; the first is its owner.
    pub people: Vec<PersonPlan>,
}

/// A policy of a partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyPlan {
    /// Its name, unique within the partner.
    pub name: String,
    /// What it asks.
    pub policy: Policy,
}

/// Somebody who signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonPlan {
    /// Name.
    pub name: String,
    /// Address, unique within the fleet, under a domain nobody can own.
    pub email: String,
    /// Role.
    pub role: Role,
    /// The fleet's organization a client role is bound to.
    pub organization: Option<usize>,
}

/// A client and its machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationPlan {
    /// Its place in the fleet, from 0.
    pub index: usize,
    /// Place of its partner in [`crate::Fleet::partners`].
    pub partner: usize,
    /// Its name, unique within the partner.
    pub name: String,
    /// Its IANA zone.
    pub time_zone: String,
    /// Where its backup data lives.
    pub region: String,
    /// Name of its plan.
    pub plan_name: String,
    /// What was sold.
    pub plan_type: PlanType,
    /// Seats it may use.
    pub seat_limit: Option<i64>,
    /// Since when it is no longer served; its devices are silent from then on.
    pub deactivated_from: Option<Time>,
    /// When it was made; no device of it is older.
    pub created_at: Time,
    /// Its machines.
    pub devices: Vec<DevicePlan>,
    /// Its SaaS services, each once; none: it is no SaaS customer.
    pub connections: Vec<ConnectionPlan>,
}

/// What was sold (D1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanType {
    /// Backup.
    Backup,
    /// Archiving.
    Archiver,
}

/// A machine: what it is, and what happens to it ([`DevicePlan::happenings`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevicePlan {
    /// Its name, unique within the organization.
    pub name: String,
    /// What the machine calls itself.
    pub hostname: String,
    /// Its class.
    pub class: DeviceClass,
    /// Place of its policy among those of the partner.
    pub policy: usize,
    /// Bytes it may use.
    pub quota_bytes: Option<i64>,
    /// Tags; the story's is among them, where it has one.
    pub tags: Vec<String>,
    /// Version of its agent; none: its tools report by themselves, and it never checks in.
    pub agent_version: Option<String>,
    /// When it was enrolled.
    pub enrolled_at: Time,
    /// Its life at the fleet's `until`.
    pub life: DeviceLife,
    /// Since when it is paused or retired; nothing happens to it from then on.
    pub life_from: Option<Time>,
    /// Its jobs; none before it reports.
    pub jobs: Vec<JobPlan>,
    /// What it is there to show.
    pub story: Story,
    /// What its happenings are drawn from.
    pub(crate) course: crate::course::Course,
}

/// A job of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobPlan {
    /// Its name, unique within the device.
    pub name: String,
    /// Its own schedule; none: the policy's.
    pub schedule: Option<Schedule>,
    /// Since when it exists; no run of it is older.
    pub since: Time,
    /// What makes its runs.
    pub tool: Tool,
    /// The schedule it follows, its own or the policy's.
    pub follows: Schedule,
    pub(crate) shape: crate::course::Shape,
}

/// Something that happens to a device or an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// When; for an event of a run the same as its own `at`.
    pub at: Time,
    /// What.
    pub what: What,
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// An event of a run. A run has a start, an end unless it hangs, and between them what its tool says of retries.
    Run {
        /// Place of the job among those of the device, of the workload among those of the account.
        job: usize,
        /// Key of the run, unique within the job; the same in all its events.
        key: String,
        /// The event.
        event: RunEvent,
        /// With an end: its log, where it is kept.
        log: Option<String>,
    },
    /// The agent says that it is alive.
    CheckIn {
        /// Bytes used at the destination.
        storage_used: Option<i64>,
    },
    /// A restore was verified.
    RestoreTest {
        /// Whether it passed.
        passed: bool,
        /// What was restored.
        scope: String,
        /// Achieved recovery point, in seconds.
        rpo_seconds: Option<i64>,
        /// Achieved recovery time, in seconds.
        rto_seconds: Option<i64>,
        /// Free text.
        note: String,
    },
}
