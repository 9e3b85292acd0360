//! The policy of a device: schedule, grace, longest run time, thresholds (D1, D2).

use crate::{saas, schedule::Schedule, time::Span};
use serde::{Deserialize, Serialize};

/// Class of a device; decides the default of *overdue*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceClass {
    /// Overdue after 24 h.
    Workstation,
    /// Overdue after 12 h.
    Server,
}

/// Life of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceLife {
    /// Enrolled, never reported.
    Pending,
    /// Reports.
    Active,
    /// Conditions are recorded, not alerted.
    Paused,
    /// Kept for its history only.
    Retired,
}

/// What a policy asks. Defaults: every 24 h, grace 1 h, longest run 12 h, silence 7 days, no restore tests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// When runs should start.
    pub schedule: Schedule,
    /// Minutes after a slot before it is late; 0 allowed.
    pub grace_minutes: u32,
    /// Minutes after which a run is stuck and failed.
    pub longest_run_minutes: u32,
    /// A restore test is wanted every so many days.
    pub restore_test_days: Option<u32>,
    /// Hours after the last usable run until overdue; none: 24 (workstation) or 12 (server).
    pub overdue_hours: Option<u32>,
    /// A silent workstation is offline, not missed, for so many hours.
    pub offline_allowance_hours: u32,
    /// Days of silence after which nothing is known any more.
    pub silence_days: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            schedule: Schedule::Every { every_minutes: 1440 },
            grace_minutes: 60,
            longest_run_minutes: 720,
            restore_test_days: None,
            overdue_hours: None,
            offline_allowance_hours: 0,
            silence_days: 7,
        }
    }
}

/// A policy as `assess` needs it: lengths of time, the class already applied. Small and `Copy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// G of D2.
    pub grace: Span,
    /// A run longer than this is stuck.
    pub longest_run: Span,
    /// T of D2.
    pub overdue_after: Span,
    /// Silence after which the band is Unknown.
    pub silence: Span,
    /// Interval of restore tests, if the policy asks for them.
    pub restore_test_every: Option<Span>,
    /// D2, *offline allowance*.
    pub offline_allowance: Span,
    /// Of an account: *SaaS overdue* stands for missed and overdue, so long after the scheduled time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saas_overdue_after: Option<Span>,
}

impl Policy {
    /// The terms that hold for a device of `class`.
    pub fn terms(&self, class: DeviceClass) -> Terms {
        let overdue = self.overdue_hours.unwrap_or(match class {
            DeviceClass::Workstation => 24,
            DeviceClass::Server => 12,
        });
        Terms {
            grace: Span::minutes(self.grace_minutes.into()),
            longest_run: Span::minutes(self.longest_run_minutes.into()),
            overdue_after: Span::hours(overdue.into()),
            silence: Span::days(self.silence_days.into()),
            restore_test_every: self.restore_test_days.map(|d| Span::days(d.into())),
            offline_allowance: match class {
                DeviceClass::Workstation => Span::hours(self.offline_allowance_hours.into()),
                DeviceClass::Server => Span::ZERO,
            },
            saas_overdue_after: None,
        }
    }

    /// The terms that hold for an account: there is no agent to be silent or offline, and no storage of its own.
    pub fn account_terms(&self) -> Terms {
        Terms {
            overdue_after: saas::OVERDUE_AFTER,
            offline_allowance: Span::ZERO,
            restore_test_every: None,
            saas_overdue_after: Some(saas::OVERDUE_AFTER),
            ..self.terms(DeviceClass::Workstation)
        }
    }
}
