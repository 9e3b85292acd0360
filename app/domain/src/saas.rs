//! SaaS (D1, D6): services, workloads, accounts, consent, and the counts of the dashboards.

pub mod days;

use crate::{
    ids::{AccountId, OrganizationId},
    run::RunState,
    time::{Span, Time},
};
use serde::{Deserialize, Serialize};

/// After so long past its scheduled time a backup of a workload is overdue (D2).
pub const OVERDUE_AFTER: Span = Span::hours(36);

/// What a connection leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Service {
    /// Exchange, OneDrive, SharePoint, Teams.
    #[serde(rename = "microsoft_365")]
    Microsoft365,
    /// Gmail, Drive, Calendar.
    #[serde(rename = "google_workspace")]
    GoogleWorkspace,
}

impl Service {
    /// Its name, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Microsoft365 => "Microsoft 365",
            Self::GoogleWorkspace => "Google Workspace",
        }
    }

    /// What can be backed up there, in the order of icons.
    pub const fn workloads(self) -> &'static [Workload] {
        match self {
            Self::Microsoft365 => Workload::ALL,
            Self::GoogleWorkspace => &[Workload::Email, Workload::Drive, Workload::Contacts, Workload::Calendar, Workload::Tasks],
        }
    }
}

/// What is backed up of an account. Its job is named after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Workload {
    /// Mail.
    Email,
    /// Files (OneDrive).
    Drive,
    /// Address books.
    Contacts,
    /// Calendars.
    Calendar,
    /// Task lists.
    Tasks,
    /// Sites.
    SharePoint,
}

impl Workload {
    /// Its name, for people; in lower case it is the word on the wire and the name of its job.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "Email",
            Self::Drive => "Drive",
            Self::Contacts => "Contacts",
            Self::Calendar => "Calendar",
            Self::Tasks => "Tasks",
            Self::SharePoint => "SharePoint",
        }
    }
}

/// What kind of seat it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountType {
    /// A person.
    #[default]
    User,
    /// A mailbox that several read.
    SharedMailbox,
    /// A group.
    Group,
    /// A site.
    Site,
    /// A team.
    Team,
}

impl AccountType {
    /// Its name, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::SharedMailbox => "Shared mailbox",
            Self::Group => "Group",
            Self::Site => "Site",
            Self::Team => "Team",
        }
    }

    /// What is backed up of such an account once it is activated.
    pub fn workloads(self, service: Service) -> impl Iterator<Item = Workload> {
        use Workload::{Calendar, Contacts, Drive, Email, SharePoint, Tasks};
        let own: &'static [Workload] = match self {
            Self::User => &[Email, Drive, Contacts, Calendar, Tasks],
            Self::SharedMailbox => &[Email, Contacts, Calendar],
            Self::Group => &[Email, Calendar, SharePoint],
            Self::Site => &[SharePoint],
            Self::Team => &[Drive, Calendar, SharePoint],
        };
        own.iter().copied().filter(move |workload| service.workloads().contains(workload))
    }
}

/// Whether an account is backed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountStatus {
    /// It uses a seat.
    Activated,
    /// Unprotected.
    Deactivated,
}

/// What the provider says of a connection's consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// Tokens are accepted.
    Connected,
    /// Gone: somebody has to authorize again.
    Expired,
    /// Never given.
    Unknown,
}

/// Runs that ended in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Ended succeeded or warning.
    pub success: i64,
    /// Of them with issues.
    pub warning: i64,
    /// Ended failed, or missed.
    pub failed: i64,
}

/// Counts of a dashboard (D6), from stored state: of a scope, or of one organization.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaasNow {
    /// Known accounts.
    pub accounts: i64,
    /// Activated ones, in activated organizations.
    pub seats: i64,
    /// Open runs in state running.
    pub running: i64,
    /// Open runs in state retrying.
    pub retrying: i64,
    /// The last 24 hours, full or begun.
    pub day: Ended,
    /// The last 7 × 24 hours.
    pub week: Ended,
    /// The last 30 × 24 hours.
    pub month: Ended,
}

/// A workload of an account, as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkloadNow {
    /// Which.
    pub workload: Workload,
    /// Its run that started last.
    pub state: Option<RunState>,
    /// Its end, or its start while it is open.
    pub at: Option<Time>,
}

/// An account as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountNow {
    /// Which account.
    pub account: AccountId,
    /// Of which organization.
    pub organization: OrganizationId,
    /// Open runs in state running.
    pub running: u32,
    /// Open runs in state retrying.
    pub retrying: u32,
    /// The last backup that ended, of any workload.
    pub last_result: Option<RunState>,
    /// When it ended.
    pub last_at: Option<Time>,
    /// Active workloads, in the order of icons.
    pub workloads: Vec<WorkloadNow>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_a_workload_is_its_name_in_lower_case() {
        for workload in Workload::ALL {
            assert_eq!(workload.as_str(), workload.name().to_lowercase());
        }
    }

    #[test]
    fn google_has_no_sharepoint_and_a_site_nothing_else() {
        assert!(!Service::GoogleWorkspace.workloads().contains(&Workload::SharePoint));
        assert_eq!(AccountType::Site.workloads(Service::Microsoft365).collect::<Vec<_>>(), [Workload::SharePoint]);
        assert_eq!(AccountType::Site.workloads(Service::GoogleWorkspace).count(), 0);
    }
}
