//! One device in full: all that its page shows, in one call; and the slots of a schedule that it might have.

use super::{AlertLine, DeviceLine, Glance, RunLine};
use crate::{api::settings::policies::PolicyInput, error::UiError, wire::Wire};
use domain::{
    health::NewSlots,
    ids::{DeviceId, JobId, RestoreTestId},
    live::DeviceNow,
    policy::Policy,
    text::Local,
    time::Time,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A job of a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobLine {
    /// Which job.
    pub id: JobId,
    /// Its name.
    pub name: String,
    /// Its schedule in words.
    pub schedule: String,
    /// What the form begins with; its kind is `policy` while it has no schedule of its own.
    pub form: JobEdit,
    /// True when the schedule is its own, not the policy's.
    pub is_own_schedule: bool,
    /// Address for pings, whole; it is a secret, so only for those who may manage devices.
    pub ping_url: Option<String>,
    /// Its latest runs, oldest first.
    pub runs: Vec<Glance>,
}

/// What the form of a job holds; numbers are texts, so that nothing typed is lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobEdit {
    /// Name.
    pub name: String,
    /// `policy`, `every`, `cron` or `learned`.
    pub kind: String,
    /// Every: how many …
    pub every: String,
    /// … `minutes`, `hours` or `days`.
    pub unit: String,
    /// Cron: the expression.
    pub cron: String,
    /// Cron: the zone.
    pub time_zone: String,
}

impl JobEdit {
    /// The schedule's part, as policies type it.
    pub fn schedule(&self) -> PolicyInput {
        let Self { kind, every, unit, cron, time_zone, .. } = self.clone();
        PolicyInput { kind, every, unit, cron, time_zone, ..PolicyInput::default() }
    }
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

/// What the form of a restore test holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreEdit {
    /// When it was made.
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
}

/// Why a device is paused or retired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paused {
    /// Since when.
    pub at: Time,
    /// By whom.
    pub who: String,
    /// What was said; may be empty.
    pub reason: String,
}

/// One device in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceView {
    /// As in the list.
    pub line: DeviceLine,
    /// Everything that moves.
    pub now: DeviceNow,
    /// The server's time.
    pub at: Time,
    /// The machine's own name.
    pub hostname: Option<String>,
    /// The agent's version.
    pub agent_version: Option<String>,
    /// The organization's IANA zone.
    pub time_zone: String,
    /// What clocks show where its set times are of, or else in the organization's zone.
    pub local: Option<Local>,
    /// The policy's schedule in words.
    pub schedule: String,
    /// Its policy.
    pub policy: Policy,
    /// Devices under that policy, this one included.
    pub sharing: i64,
    /// True: there are more than that.
    pub sharing_is_least: bool,
    /// True when the organization is deactivated: nothing is alerted.
    pub organization_deactivated: bool,
    /// Why it is paused or retired, if it is.
    pub paused: Option<Paused>,
    /// Its jobs.
    pub jobs: Vec<JobLine>,
    /// A page of its runs, latest first.
    pub runs: Vec<RunLine>,
    /// Where the next page begins.
    pub next_runs: Option<String>,
    /// Its restore tests, latest first.
    pub restore_tests: Vec<RestoreLine>,
    /// Its alerts, open ones first.
    pub alerts: Vec<AlertLine>,
    /// Storage by local day, oldest first: day since 1970-01-01, used, quota.
    pub storage: Vec<(i32, i64, Option<i64>)>,
    /// Policies to choose from: (id, name).
    pub policies: Vec<(String, String)>,
    /// Address of the portal.
    pub url: String,
    /// Secret part of its ping addresses; empty for those who may not manage devices.
    pub ping_uuid: String,
}

/// One device in full; `runs`: where the page of its runs begins.
///
/// # Errors
/// Signed out, or not within the scope.
#[server(prefix = "/sf", endpoint = "backup/device", input = Wire, output = Wire)]
pub async fn load_device(id: String, runs: Option<String>) -> Result<DeviceView, UiError> {
    ssr::device(&id, runs).await
}

/// The slots that a schedule would give the device's jobs: set times need the database of zones, which the browser doesn't have.
/// Changes nothing.
///
/// # Errors
/// Signed out, or not within the scope; what is wrong with the schedule.
#[server(prefix = "/sf", endpoint = "backup/slots", input = Wire, output = Wire)]
pub async fn resolve_slots(device: DeviceId, schedule: PolicyInput) -> Result<NewSlots, UiError> {
    let (engine, actor) = crate::context::actor()?;
    let now = crate::context::now(&engine);
    // Whose device it is comes first: outside the scope nothing is told of the rest.
    engine::store::devices::loaded(&engine.store, &actor, device).await?;
    let schedule = crate::api::settings::schedule(&schedule)?;
    Ok(engine::store::devices::slots_under(&engine.store, &actor, device, &schedule, now).await?)
}

/// Renames a job, or gives it a schedule of its own, or the policy's again.
///
/// # Errors
/// Signed out, not allowed, not within the scope, or input that can't be taken.
#[server(prefix = "/sf", endpoint = "backup/edit_job", input = Wire, output = Wire)]
pub async fn edit_job(id: JobId, edit: JobEdit) -> Result<(), UiError> {
    use engine::store::jobs::{self, JobChange};
    let (engine, actor) = crate::context::actor()?;
    let stored = jobs::get(&engine.store, &actor, id).await?;
    let own = if edit.kind == "policy" { None } else { Some(crate::api::settings::schedule(&edit.schedule())?) };
    let change = JobChange { name: (edit.name != stored.name).then_some(edit.name), schedule: (own != stored.own_schedule).then_some(own) };
    Ok(jobs::edit(&engine, &actor, id, change, crate::context::now(&engine)).await?)
}

/// Records a restore test that somebody made by hand.
///
/// # Errors
/// Signed out, not allowed, not within the scope, or input that can't be taken.
#[server(prefix = "/sf", endpoint = "backup/record_restore_test", input = Wire, output = Wire)]
pub async fn record_restore_test(device: DeviceId, test: RestoreEdit) -> Result<(), UiError> {
    use engine::store::restore_tests::{NewRestoreTest, record};
    let (engine, actor) = crate::context::actor()?;
    let RestoreEdit { at, passed, scope, rpo_seconds, rto_seconds, note } = test;
    let test = NewRestoreTest { at, passed, scope, rpo_seconds, rto_seconds, note };
    record(&engine, &actor, device, test, crate::context::now(&engine)).await?;
    Ok(())
}

#[cfg(feature = "ssr")]
pub(super) mod ssr;
