//! Kinds and severities of conditions and alerts (D4).

use crate::{ids::JobId, time::Time};
use serde::{Deserialize, Serialize};

/// Kind of a condition. At most one open alert per subject and kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// A run ended failed.
    JobFailed,
    /// Nothing usable by S + 1.5 × I + G.
    MissedSchedule,
    /// Nothing usable by max(S + T, due).
    BackupOverdue,
    /// Above 95 % of quota.
    StorageQuota,
    /// 36 h after the scheduled time.
    SaasOverdue,
    /// The provider says that consent is gone.
    ConsentExpired,
    /// The last restore test failed.
    RestoreTestFailed,
    /// Enrolled, nothing arrived by `missed`.
    NeverReported,
    /// A run passed the longest run time.
    RunStuck,
    /// Far less data than usual.
    SizeAnomaly,
}

/// How bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Look at it today.
    Warning,
    /// Look at it now.
    Critical,
}

/// Something wrong with a subject right now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// What kind.
    pub kind: AlertKind,
    /// How bad.
    pub severity: Severity,
    /// Since when.
    pub since: Time,
    /// The job it comes from, where it comes from one.
    pub job: Option<JobId>,
    /// The fact and its number.
    pub reason: crate::health::Reason,
}
