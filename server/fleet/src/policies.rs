//! The policies of a partner. The same ones for each, in its own zone.

use crate::plan::PolicyPlan;
use domain::{policy::Policy, schedule::Schedule};

/// Places of the policies in [`of`].
pub(crate) const SERVERS_NIGHTLY: usize = 0;
pub(crate) const SERVERS_HOURLY: usize = 1;
pub(crate) const DATABASES: usize = 2;
pub(crate) const WORKSTATIONS: usize = 3;
pub(crate) const LAPTOPS: usize = 4;
pub(crate) const ARCHIVE: usize = 5;
pub(crate) const SAAS_NIGHT: usize = 6;
pub(crate) const SAAS_DAY: usize = 7;
pub(crate) const SAAS_OFTEN: usize = 8;

/// Minutes after which a run of [`SERVERS_NIGHTLY`] is stuck.
pub(crate) const NIGHTLY_LONGEST: u32 = 480;

/// Cron of each, without a zone; none: an interval.
pub(crate) const CRON: [Option<&str>; 9] = [
    Some("0 22 * * *"),
    None,
    None,
    Some("30 11 * * *"),
    Some("0 12 * * *"),
    Some("0 20 * * 5"),
    Some("0 21 * * *"),
    Some("0 9 * * *"),
    None,
];

pub(crate) fn cron(line: &str, zone: &str) -> Schedule {
    Schedule::Cron { cron: line.to_owned(), time_zone: zone.to_owned() }
}

pub(crate) fn of(zone: &str) -> Vec<PolicyPlan> {
    let at = |place: usize| CRON[place].map_or(Schedule::Every { every_minutes: 60 }, |line| cron(line, zone));
    let plan = |name: &str, policy| PolicyPlan { name: name.to_owned(), policy };
    let usual = Policy::default();
    vec![
        plan(
            "Servers nightly",
            Policy {
                schedule: at(SERVERS_NIGHTLY),
                longest_run_minutes: NIGHTLY_LONGEST,
                restore_test_days: Some(90),
                overdue_hours: Some(42),
                ..usual.clone()
            },
        ),
        plan(
            "Servers hourly",
            Policy { schedule: at(SERVERS_HOURLY), grace_minutes: 30, longest_run_minutes: 240, overdue_hours: Some(42), ..usual.clone() },
        ),
        plan(
            "Databases every 15 minutes",
            Policy {
                schedule: Schedule::Every { every_minutes: 15 },
                grace_minutes: 15,
                longest_run_minutes: 120,
                restore_test_days: Some(90),
                overdue_hours: Some(42),
                ..usual.clone()
            },
        ),
        plan("Workstations daily", Policy { schedule: at(WORKSTATIONS), grace_minutes: 180, overdue_hours: Some(54), ..usual.clone() }),
        plan(
            "Laptops, up to three weeks away",
            Policy { schedule: at(LAPTOPS), grace_minutes: 180, overdue_hours: Some(54), offline_allowance_hours: 504, ..usual.clone() },
        ),
        plan(
            "Archive weekly",
            Policy {
                schedule: at(ARCHIVE),
                grace_minutes: 720,
                longest_run_minutes: 1_440,
                overdue_hours: Some(192),
                silence_days: 14,
                ..usual.clone()
            },
        ),
        // Accounts take their turns for hours: late is what comes after all of them.
        plan("SaaS every night", Policy { schedule: at(SAAS_NIGHT), grace_minutes: 540, ..usual.clone() }),
        plan("SaaS during the day", Policy { schedule: at(SAAS_DAY), grace_minutes: 540, ..usual.clone() }),
        plan("SaaS every 8 hours", Policy { schedule: Schedule::Every { every_minutes: 480 }, grace_minutes: 540, ..usual }),
    ]
}
