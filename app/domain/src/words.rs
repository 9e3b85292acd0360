//! The words that enums have on the wire and in the database: snake_case, one list per enum, both directions from it.

use std::fmt;

/// A text that is none of an enum's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownWord {
    /// What was expected, for example `run state`.
    pub what: &'static str,
    /// The words there are.
    pub words: &'static [&'static str],
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a {}: use one of ", self.what)?;
        for (place, word) in self.words.iter().enumerate() {
            if place > 0 {
                f.write_str(", ")?;
            }
            write!(f, "`{word}`")?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownWord {}

macro_rules! words {
    ($($name:ty, $what:literal: { $($variant:ident = $word:literal),* $(,)? })*) => {$(
        impl $name {
            /// Every value, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word on the wire and in the database.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownWord;
            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(UnknownWord { what: $what, words: &[$($word),*] }),
                }
            }
        }
    )*};
}

words! {
    crate::health::Band, "band": { Unknown = "unknown", Critical = "critical", Warning = "warning", Healthy = "healthy" }
    crate::alert::AlertKind, "kind of alert": {
        JobFailed = "job_failed",
        MissedSchedule = "missed_schedule",
        BackupOverdue = "backup_overdue",
        StorageQuota = "storage_quota",
        SaasOverdue = "saas_overdue",
        ConsentExpired = "consent_expired",
        RestoreTestFailed = "restore_test_failed",
        NeverReported = "never_reported",
        RunStuck = "run_stuck",
        SizeAnomaly = "size_anomaly",
    }
    crate::alert::Severity, "severity": { Warning = "warning", Critical = "critical" }
    crate::policy::DeviceClass, "device class": { Workstation = "workstation", Server = "server" }
    crate::policy::DeviceLife, "device life": { Pending = "pending", Active = "active", Paused = "paused", Retired = "retired" }
    crate::run::RunState, "run state": {
        Running = "running",
        Retrying = "retrying",
        Missed = "missed",
        Skipped = "skipped",
        Cancelled = "cancelled",
        Failed = "failed",
        Warning = "warning",
        Succeeded = "succeeded",
    }
    crate::saas::Service, "service": { Microsoft365 = "microsoft_365", GoogleWorkspace = "google_workspace" }
    crate::saas::Workload, "workload": {
        Email = "email",
        Drive = "drive",
        Contacts = "contacts",
        Calendar = "calendar",
        Tasks = "tasks",
        SharePoint = "sharepoint",
    }
    crate::saas::AccountType, "type of account": {
        User = "user",
        SharedMailbox = "shared_mailbox",
        Group = "group",
        Site = "site",
        Team = "team",
    }
    crate::saas::AccountStatus, "status of an account": { Activated = "activated", Deactivated = "deactivated" }
    crate::saas::Consent, "state of consent": { Connected = "connected", Expired = "expired", Unknown = "unknown" }
    crate::run::Outcome, "outcome": { Usable = "usable", Bad = "bad", Neutral = "neutral" }
    crate::access::Role, "role": {
        Owner = "owner",
        Admin = "admin",
        Technician = "technician",
        Finance = "finance",
        Viewer = "viewer",
        ClientAdmin = "client_admin",
        ClientViewer = "client_viewer",
    }
    crate::access::Action, "action": {
        SeeDashboards = "see_dashboards",
        SeeSeats = "see_seats",
        TendAlerts = "tend_alerts",
        ManageDevices = "manage_devices",
        SeeReports = "see_reports",
        ManageDelivery = "manage_delivery",
        ManageSettings = "manage_settings",
        ManageUsers = "manage_users",
        ManagePlans = "manage_plans",
        SeeAudit = "see_audit",
        Ingest = "ingest",
    }
}
