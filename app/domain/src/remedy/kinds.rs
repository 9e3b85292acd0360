//! What to do about each kind of alert when nothing particular is known.

use super::{Case, quoted};
use crate::{alert::AlertKind, health::Reason, text};

/// Steps for a kind; what an unknown tool said is repeated.
pub(super) fn steps(case: &Case<'_>) -> Vec<String> {
    let subject = case.subject;
    let said = case.message.map(quoted).filter(|words| !words.is_empty());
    match case.kind {
        AlertKind::JobFailed => vec![
            match said {
                Some(words) => format!("Find out what “{words}” means, with the end of the run's log."),
                None => "Read the end of the run's log and remove the cause it names.".to_owned(),
            },
            "Start the backup again.".to_owned(),
        ],
        AlertKind::BackupOverdue | AlertKind::SaasOverdue | AlertKind::MissedSchedule if said.is_some() => vec![
            format!("Its runs don't get through: the last one said “{}”. Remove that cause first.", said.unwrap_or_default()),
            "Start the backup again.".to_owned(),
        ],
        AlertKind::MissedSchedule if case.is_account => {
            vec![
                "Check that the backup service runs and that the account is still in its plan.".to_owned(),
                "Start it by hand if it can't wait.".to_owned(),
            ]
        }
        AlertKind::MissedSchedule => vec![
            format!("Check that {subject} was switched on, and that its backup is still scheduled there."),
            "Start the backup by hand if it can't wait for the next slot.".to_owned(),
        ],
        AlertKind::BackupOverdue if case.is_account => vec![
            "Check the connection's consent, the provider's service health, and that the backup service runs.".to_owned(),
            "Start a backup of the account now.".to_owned(),
        ],
        AlertKind::BackupOverdue => vec![
            "Start a backup now.".to_owned(),
            format!("If it doesn't start, check power, network and the backup service of {subject}."),
            "If the machine is off on purpose, pause it or announce maintenance.".to_owned(),
        ],
        AlertKind::SaasOverdue => vec![
            "Check the connection's consent and the provider's service health.".to_owned(),
            "Start a backup of the account now.".to_owned(),
        ],
        AlertKind::StorageQuota => {
            let free = match case.reason {
                Reason::StorageFull { used, quota } => {
                    let over = used.saturating_sub(quota / 20 * 19);
                    format!(
                        "Free at least {} by the retention rules to come below 95 %, or raise the quota of {}.",
                        text::bytes(over.max(1)),
                        text::bytes(*quota)
                    )
                }
                _ => "Raise the quota, or shorten how long backups are kept.".to_owned(),
            };
            vec![free, "Prune the destination afterwards, so that the space really becomes free.".to_owned()]
        }
        AlertKind::ConsentExpired => {
            vec!["Ask an administrator of the organization to give consent again, in its features.".to_owned()]
        }
        AlertKind::RestoreTestFailed => vec![
            format!("Treat the backups of {subject} as doubtful until a restore works."),
            "Find out in the test's notes and log why it failed: a missing key, a damaged repository, or the test itself.".to_owned(),
            "Repair it and test again; a test that passes clears this.".to_owned(),
        ],
        AlertKind::NeverReported => vec![
            format!("Finish the installation on {subject}: the address, the key, and that it may reach this portal."),
            "Start a first backup by hand; it shows up here within seconds.".to_owned(),
        ],
        AlertKind::RunStuck => vec![
            format!("See whether the backup still runs on {subject}. If it hangs, end it, clear its lock, and start it again."),
            "If it is only slow, raise the longest run time in the policy, or split the job.".to_owned(),
        ],
        AlertKind::SizeAnomaly => vec![
            "Check that the sources are still there and mounted, and that no exclude pattern leaves out too much.".to_owned(),
            "If data was moved on purpose, write a note: it clears with the next runs of that size.".to_owned(),
        ],
    }
}

/// What subjects with the same trouble have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Common {
    /// A SaaS connection.
    Connection,
    /// A place that backups go to.
    Destination,
    /// An organization.
    Organization,
}

/// What to do about an incident: look at what its members share before looking at any of them.
pub fn for_all(common: Common) -> &'static str {
    match common {
        Common::Connection => "Look at the connection first: its consent, and the provider's service health. One repair helps all.",
        Common::Destination => "Look at the destination first: is it up, has it space, does it accept sign-ins? One repair helps all.",
        Common::Organization => "Look first at what they share: power, the internet line, the backup server, a change made that day.",
    }
}
