//! A believable fleet of a managed service provider, made up from a seed: who is in it, and what happens to it.
//!
//! Pure: no clock, no I/O, the same on every machine. Feeds the demo, tests and benchmarks. It says what machines report; what that
//! means (bands, missed slots, alerts) is not decided here. Organizations are made one at a time, and what happens to a device in a
//! window costs what the window holds: a fleet of a million devices takes no more room than its largest organization.

mod course;
mod cultures;
mod dice;
mod make;
mod people;
mod places;
pub mod plan;
mod policies;
mod saas;
pub mod story;
mod words;

pub use plan::{DevicePlan, Happening, JobPlan, OrganizationPlan, PartnerPlan, PersonPlan, PlanType, PolicyPlan, What};
pub use saas::{
    plan::{AccountPlan, ConnectionPlan},
    story::{AccountStory, CustomerStory},
};
pub use story::Story;

use domain::time::{Span, Time};

/// How large a fleet is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Organizations with devices, at least 4: one of each partner.
    pub organizations: u32,
    /// Devices of all of them; at least one each.
    pub devices: u32,
    /// Days of history.
    pub days: u32,
    /// SaaS customers: three of four organizations with devices, beyond them organizations without any.
    pub customers: u32,
    /// SaaS accounts of all of them.
    pub accounts: u32,
}

impl Size {
    /// The demo: 60 organizations with 1,500 devices, 120 SaaS customers with 20,000 accounts, 400 days.
    pub const DEMO: Self = Self { organizations: 60, devices: 1_500, days: 400, customers: 120, accounts: 20_000 };
}

/// A fleet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fleet {
    /// Its partners; the first is the demo owner's, the second its sub-reseller.
    pub partners: Vec<PartnerPlan>,
    /// Its size, as far as it could be made so.
    pub size: Size,
    /// Begin of its history.
    pub from: Time,
    /// End of its history: the stories are at their height. Happenings go on after it.
    pub until: Time,
    pub(crate) seed: u64,
    /// Where the devices of each organization begin, in one row of all.
    pub(crate) starts: Vec<u32>,
    pub(crate) specials: make::Specials,
    pub(crate) customers: saas::customer::Customers,
}

/// The fleet of a seed. Cheap: organizations are made when they are asked for. `until` is cut to a full second.
/// History of less than 150 days has no room for every story.
pub fn fleet(seed: u64, size: Size, until: Time) -> Fleet {
    let organizations = size.organizations.max(people::PARTNERS_OF_A_FLEET as u32);
    let size = Size { organizations, devices: size.devices.max(organizations), days: size.days.max(1), ..size };
    let until = Time(until.0 - until.0.rem_euclid(1_000));
    let starts = make::starts(seed, size.organizations, size.devices);
    let specials = make::Specials::draw(seed, &starts);
    let customers = saas::customer::Customers::draw(seed, size.organizations, size.customers, size.accounts);
    Fleet { partners: people::partners(), size, from: until - Span::days(size.days.into()), until, seed, starts, specials, customers }
}

impl Fleet {
    /// How many organizations it has, with devices or without.
    pub fn count(&self) -> usize {
        self.customers.all()
    }

    /// Its organizations, one at a time.
    pub fn organizations(&self) -> impl Iterator<Item = OrganizationPlan> + '_ {
        (0..self.count()).filter_map(|index| self.organization(index))
    }

    /// The organization at that place; none beyond the last.
    pub fn organization(&self, index: usize) -> Option<OrganizationPlan> {
        make::organization(self, index)
    }
}
