//! A device in brief: what a row of a list shows. Fifty rows with all that decides their health would be four times the text to send
//! and to read; the stream brings that a moment later, a device at a time.

use domain::{
    health::{Band, Score, allowance},
    ids::DeviceId,
    live::DeviceNow,
    policy::DeviceLife,
    run::RunState,
    time::Time,
};
use serde::{Deserialize, Serialize};

/// What is shown of a device's doings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Doing {
    /// Its life says it all.
    Life(DeviceLife),
    /// A run, and words behind its state.
    Run(RunState, String),
    /// Active, and nothing was ever run.
    Nothing,
}

impl From<&DeviceNow> for Doing {
    /// An open run before everything, then the device's life, then the last run.
    fn from(now: &DeviceNow) -> Self {
        let open = now.runs.iter().rev().find(|r| r.state.is_open());
        if now.running + now.retrying > 0 {
            let retrying = now.running == 0 || open.is_some_and(|r| r.state == RunState::Retrying);
            let attempt = open.map(|r| r.attempt).or_else(|| now.facts.jobs.iter().filter_map(|j| j.history.open).map(|o| o.attempt).max());
            return if retrying {
                Self::Run(RunState::Retrying, attempt.map(|a| format!("attempt {a}")).unwrap_or_default())
            } else {
                Self::Run(RunState::Running, open.and_then(|r| r.percent).map(|p| format!("{p} %")).unwrap_or_default())
            };
        }
        match now.facts.life {
            DeviceLife::Active => match now.runs.last() {
                Some(run) => Self::Run(run.state, String::new()),
                None => Self::Nothing,
            },
            life => Self::Life(life),
        }
    }
}

/// A device as a row shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceBrief {
    /// Which device.
    pub device: DeviceId,
    /// 0, or 40–100.
    pub score: Score,
    /// Its band.
    pub band: Band,
    /// Its life, as it counts.
    pub life: DeviceLife,
    /// What it is doing.
    pub doing: Doing,
    /// End of the maintenance that it is in.
    pub quiet_until: Option<Time>,
    /// End of the last usable run of any job.
    pub last_usable_at: Option<Time>,
    /// Earliest due time (grace included) of its jobs.
    pub due_at: Option<Time>,
    /// When it counts as offline and until when it may be, where its policy allows that.
    pub offline: Option<(Time, Time)>,
    /// Bytes used at the destination.
    pub storage_used: Option<i64>,
}

impl DeviceBrief {
    /// False while it is paused, also with its client, and once it is retired: then it is in no band, and nobody looks at its score.
    pub const fn is_counted(&self) -> bool {
        matches!(self.life, DeviceLife::Pending | DeviceLife::Active)
    }
}

impl From<&DeviceNow> for DeviceBrief {
    fn from(now: &DeviceNow) -> Self {
        Self {
            device: now.device,
            score: now.score,
            band: now.band,
            life: now.facts.life,
            doing: now.into(),
            quiet_until: now.quiet_until(),
            last_usable_at: now.last_usable_at,
            due_at: now.due_at,
            offline: allowance(&now.facts),
            storage_used: now.facts.storage.map(|s| s.used),
        }
    }
}
