//! What a Backup Summary Report says: plain data, frozen as it was read. Documents and CSV are made from nothing else.

use crate::{error::Error, store::compliance::Brand};
use domain::{
    policy::DeviceClass,
    report::Month,
    saas::{AccountType, Service, Workload},
    time::Time,
};
use serde::{Deserialize, Serialize};

/// Everything that a Backup Summary Report says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The partner's name.
    pub partner: String,
    /// The organization's name.
    pub organization: String,
    /// The organization's IANA zone, in which days and times are told.
    pub time_zone: String,
    /// About which month.
    pub month: Month,
    /// Its first instant.
    pub from: Time,
    /// That of the next month.
    pub until: Time,
    /// When it was made.
    pub generated_at: Time,
    /// Address below which its hash can be verified, without a slash at the end; empty: none.
    pub verify_at: String,
    /// How its documents look.
    pub brand: Brand,
    /// Accounts of SaaS services.
    pub accounts: OfAccounts,
    /// Devices.
    pub devices: OfDevices,
}

/// Accounts that are, or were, backed up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfAccounts {
    /// Activated at the end of the month.
    pub activated: u64,
    /// Backed up before, deactivated then.
    pub deactivated: u64,
    /// Each of them, by address.
    pub rows: Vec<AccountLine>,
    /// Each workload over all accounts, in the order of icons.
    pub workloads: Vec<WorkloadLine>,
}

/// Devices of the organization.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfDevices {
    /// Backed up at the end of the month.
    pub active: u64,
    /// Paused or retired then.
    pub inactive: u64,
    /// Each of them, by name.
    pub rows: Vec<DeviceLine>,
    /// Each class over all devices.
    pub classes: Vec<ClassLine>,
}

/// The last successful backup in the month; of several jobs, the last of each together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    /// The end of the latest; none: there was none in the month.
    pub at: Option<Time>,
    /// Objects held, where it was said.
    pub objects: Option<i64>,
    /// Bytes held, where it was said.
    pub bytes: Option<i64>,
}

impl Last {
    /// Both together.
    pub(super) fn add(&mut self, other: &Self) {
        let sum = |a: Option<i64>, b: Option<i64>| match (a, b) {
            (None, None) => None,
            (a, b) => Some(a.unwrap_or(0).saturating_add(b.unwrap_or(0))),
        };
        self.at = self.at.max(other.at);
        self.objects = sum(self.objects, other.objects);
        self.bytes = sum(self.bytes, other.bytes);
    }
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountLine {
    /// Its address.
    pub address: String,
    /// Its name.
    pub name: String,
    /// What kind of seat it is.
    pub kind: AccountType,
    /// Of which service.
    pub service: Service,
    /// Activated at the end of the month.
    pub activated: bool,
    /// Its last successful backup, all workloads together.
    pub last: Last,
    /// Its workloads, in the order of icons, and whether each is backed up.
    pub workloads: Vec<(Workload, bool)>,
    /// One letter for each day of the month ([`domain::saas::days::AccountDay::letter`]).
    pub days: String,
}

/// A workload over all accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkloadLine {
    /// Which.
    pub workload: Workload,
    /// Accounts of which it is backed up.
    pub accounts: u64,
    /// Its last successful backups together.
    pub last: Last,
    /// One letter for each day of the month ([`domain::report::days::OrganizationDay::letter`]).
    pub days: String,
}

/// A device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceLine {
    /// Its name.
    pub name: String,
    /// Its class.
    pub class: DeviceClass,
    /// Backed up at the end of the month: neither paused nor retired.
    pub active: bool,
    /// Its last successful backup, all jobs together.
    pub last: Last,
    /// How many backup sets it has.
    pub jobs: u64,
    /// One letter for each day of the month, as of an account.
    pub days: String,
}

/// All devices of a class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassLine {
    /// Which.
    pub class: DeviceClass,
    /// Active devices.
    pub devices: u64,
    /// Their last successful backups together.
    pub last: Last,
    /// One letter for each day of the month, as of a workload.
    pub days: String,
}

impl Summary {
    /// Without accounts and devices there is nothing to report.
    pub fn is_empty(&self) -> bool {
        self.accounts.rows.is_empty() && self.devices.rows.is_empty()
    }

    /// As it is hashed.
    pub(super) fn json(&self) -> Result<Vec<u8>, Error> {
        Ok(serde_json::to_vec(self)?)
    }

    /// Of what is stored.
    pub(super) fn read(stored: &[u8]) -> Result<Self, Error> {
        let decoder = zstd::Decoder::new(stored).map_err(|e| Error::Internal(format!("stored report: {e}")))?;
        Ok(serde_json::from_reader(std::io::BufReader::new(decoder))?)
    }
}
