//! Connections and accounts, as plain data.

use super::{
    course::AccountCourse,
    story::{AccountStory, CustomerStory},
};
use crate::plan::Happening;
use domain::{
    saas::{AccountType, Service, Workload},
    time::Time,
};

/// A customer's link to one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionPlan {
    /// To which service; once per organization.
    pub service: Service,
    /// Place of its policy among those of the partner.
    pub policy: usize,
    /// What the provider calls the customer: an id, or a domain.
    pub tenant: String,
    /// When it was made.
    pub made_at: Time,
    /// When consent was given; none: not yet.
    pub granted_at: Option<Time>,
    /// Since when consent is gone. Nothing starts from then on.
    pub expired_at: Option<Time>,
    /// What it is there to show.
    pub story: CustomerStory,
    /// Its accounts.
    pub accounts: Vec<AccountPlan>,
}

/// An account: what it is, and what happens to it ([`AccountPlan::happenings`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPlan {
    /// Mail address, or a site's URL; unique within the connection, under a domain nobody can own.
    pub address: String,
    /// Name, in any script.
    pub name: String,
    /// What it is.
    pub kind: AccountType,
    /// What the provider calls it.
    pub external_id: String,
    /// When it was discovered: unprotected from then on.
    pub seen_at: Time,
    /// When it was activated; none: never.
    pub activated_at: Option<Time>,
    /// When it was deactivated again.
    pub deactivated_at: Option<Time>,
    /// What is backed up while it is activated. A happening's job is a place in this list.
    pub workloads: Vec<Workload>,
    /// What it is there to show.
    pub story: AccountStory,
    pub(crate) course: AccountCourse,
}

impl AccountPlan {
    /// Whether it is activated at `time`, as far as its own history goes.
    pub fn is_activated(&self, time: Time) -> bool {
        self.activated_at.is_some_and(|at| at <= time) && self.deactivated_at.is_none_or(|at| at > time)
    }

    /// What happens to it in `[from, until)`, ascending: events of runs. Windows concatenate, and cost what they hold.
    pub fn happenings(&self, from: Time, until: Time) -> impl Iterator<Item = Happening> + '_ {
        super::course::happenings(self, from, until)
    }
}
