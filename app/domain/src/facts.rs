//! What is known of a subject, as `assess` needs it. Derived from stored runs only: the same runs give the same facts,
//! in whatever order they came.

use crate::{
    ids::JobId,
    policy::{DeviceLife, Terms},
    run::RunState,
    schedule::Slots,
    time::Time,
};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

mod history;

/// How many consecutive failures are told apart; a history with more counts only the last so many.
pub const MAX_FAILURES: u32 = 1_000;

/// How many usable runs a job remembers for the learned gap and the usual size.
pub const RECENT: usize = 8;

/// Runs of one full hour (UTC), by the time of their end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HourCount {
    /// Hours since 1970.
    pub hour: i64,
    /// Succeeded and warning.
    pub usable: u32,
    /// Failed and missed.
    pub bad: u32,
}

/// A usable run, as much as the learned gap and the usual size need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsableRun {
    /// Start of the run.
    pub started_at: Time,
    /// End of the run.
    pub ended_at: Time,
    /// Bytes it held, 0 when unknown.
    pub bytes: i64,
    /// Files it held; none: unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<i64>,
}

/// The run that is open now; with several, the one that started last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRun {
    /// Start of the run.
    pub started_at: Time,
    /// In state `retrying`.
    pub retrying: bool,
    /// Attempt, from 1.
    pub attempt: u16,
}

/// The history of a job, without its schedule: a pure function of its runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobHistory {
    /// End of the last usable run.
    pub last_usable_end: Option<Time>,
    /// Start of the last run of any kind but `missed`.
    pub last_start: Option<Time>,
    /// Slot of the last `missed` run written, if later than `last_start`.
    pub last_missed_slot: Option<Time>,
    /// End and usability of the last finished run that is usable or bad.
    pub last_finished: Option<(Time, bool)>,
    /// Failed runs (not missed ones) that ended after the last usable run.
    pub consecutive_failures: u32,
    /// End of the first of those failures.
    pub failing_since: Option<Time>,
    /// End of the last of those failures.
    pub last_failure: Option<Time>,
    /// The latest end of any run but `missed`: slots up to it passed while a run was going, so they are not missed.
    pub last_end: Option<Time>,
    /// The run that is open now.
    pub open: Option<OpenRun>,
    /// How many runs are open; more than one only when a tool broke off without a word.
    pub open_runs: u32,
    /// Set when the last of those failures was a time-out by the server (condition *run stuck*): its end.
    pub stuck_since: Option<Time>,
    /// Start of that run.
    pub stuck_started: Option<Time>,
    /// The last usable runs, latest first.
    pub recent: SmallVec<[UsableRun; RECENT]>,
    /// Counts of the last seven days and a little more, ascending by hour.
    pub week: SmallVec<[HourCount; 8]>,
}

/// One job of a subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobFacts {
    /// Which job.
    pub job: JobId,
    /// Its name, for words.
    pub name: String,
    /// First seen; S of D2 while there is no usable run.
    pub enrolled_at: Time,
    /// What its runs say.
    pub history: JobHistory,
    /// Its schedule, resolved for S and the last start.
    pub slots: Slots,
}

/// Space used at the destination. Bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storage {
    /// Used.
    pub used: i64,
    /// Allowed; none: no quota.
    pub quota: Option<i64>,
}

/// Restore tests of a subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreFacts {
    /// When the last test was, and whether it passed.
    pub last: Option<(Time, bool)>,
}

/// The portal itself was away, or behind: what agents have kept for it may still come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Away {
    /// Up to here it had decided what there was to decide.
    pub since: Time,
    /// From here on it believes in silence again.
    pub until: Time,
}

impl DeviceFacts {
    /// When the passing of a deadline is believed: at the deadline, unless the portal was away then or had just come back.
    pub fn believed(&self, deadline: Time) -> Time {
        self.away.filter(|away| away.since < deadline && deadline < away.until).map_or(deadline, |away| away.until)
    }
}

/// Everything that decides the health of a device. Shared with the browser as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceFacts {
    /// Paused and retired subjects have conditions, but no alerts.
    pub life: DeviceLife,
    /// When it was enrolled; S for a device without jobs.
    pub enrolled_at: Time,
    /// Last event or check-in.
    pub last_seen: Option<Time>,
    /// Last check-in of an agent; none: there is no agent.
    pub checked_in_at: Option<Time>,
    /// Space used.
    pub storage: Option<Storage>,
    /// Restore tests.
    pub restore: RestoreFacts,
    /// The policy's terms.
    pub terms: Terms,
    /// Slots for a device that has no job yet: its policy's schedule from the enrolment.
    pub expected: Slots,
    /// Its jobs.
    pub jobs: SmallVec<[JobFacts; 1]>,
    /// The interval of maintenance that is in force or comes next, and the one after it (D2).
    #[serde(default, skip_serializing_if = "SmallVec::is_empty")]
    pub quiet: crate::maintenance::Quiet,
    /// The portal's own absence, where it still matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away: Option<Away>,
}

/// What the history needs of a run.
///
/// The server gives a run past its longest run time the end `started_at + longest_run`, and a `missed` run the end
/// [`Slots::missed_at`]: then what `assess` said before and after it wrote them is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSummary {
    /// Start of the run; the slot, for a `missed` run.
    pub started_at: Time,
    /// End of the run; for a `missed` run the time at which its slot counted as missed.
    pub ended_at: Option<Time>,
    /// State.
    pub state: RunState,
    /// Ended by the server for its length.
    pub timed_out: bool,
    /// Attempt, from 1.
    pub attempt: u16,
    /// Bytes it held, 0 when unknown.
    pub bytes: i64,
    /// Files it held; none: unknown.
    pub items: Option<i64>,
}

/// What became of [`JobHistory::apply`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Applied {
    /// The history is what [`JobHistory::rebuild`] would give.
    Done,
    /// It can't be known from the history alone; it is unchanged. Rebuild it.
    NeedsRebuild,
}
