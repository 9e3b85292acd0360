//! Kinds and severities of conditions and alerts (D4).

use crate::{ids::JobId, policy::DeviceClass, time::Time};
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

/// What an alert is worth: the greater, the sooner it deserves a look. Severity before all; then what can't be made good later
/// (backups that can't be restored, clients without any), then what stops backups, then what announces trouble; a server before a
/// workstation. 0–299.
pub const fn worth(kind: AlertKind, severity: Severity, class: DeviceClass) -> i64 {
    let severity = match severity {
        Severity::Critical => 200,
        Severity::Warning => 100,
    };
    let kind = match kind {
        AlertKind::RestoreTestFailed => 90,
        AlertKind::ConsentExpired => 80,
        AlertKind::BackupOverdue => 70,
        AlertKind::JobFailed => 60,
        AlertKind::SizeAnomaly => 50,
        AlertKind::SaasOverdue | AlertKind::RunStuck => 40,
        AlertKind::MissedSchedule => 30,
        AlertKind::StorageQuota => 20,
        AlertKind::NeverReported => 10,
    };
    let class = match class {
        DeviceClass::Server => 5,
        DeviceClass::Workstation => 0,
    };
    severity + kind + class
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severity_counts_before_kind_and_kind_before_class() {
        use DeviceClass::{Server, Workstation};
        let least_critical = worth(AlertKind::NeverReported, Severity::Critical, Workstation);
        assert!(least_critical > worth(AlertKind::RestoreTestFailed, Severity::Warning, Server));
        let overdue = worth(AlertKind::BackupOverdue, Severity::Critical, Workstation);
        assert!(overdue > worth(AlertKind::JobFailed, Severity::Critical, Server));
        assert!(worth(AlertKind::JobFailed, Severity::Warning, Server) > worth(AlertKind::JobFailed, Severity::Warning, Workstation));
    }
}
