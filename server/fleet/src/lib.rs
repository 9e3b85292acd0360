//! A believable fleet of a managed service provider, made up from a seed: who is in it, and what happens to it.
//!
//! Pure: no clock, no I/O, the same on every machine. Feeds the demo, tests and benchmarks. It says what machines report; what that
//! means (bands, missed slots, alerts) is not decided here. Organizations are made one at a time, and what happens to a device in a
//! window costs what the window holds: a fleet of a million devices takes no more room than its largest organization.

mod course;
mod dice;
pub mod plan;
pub mod story;

pub use plan::{DevicePlan, Happening, JobPlan, OrganizationPlan, PartnerPlan, PersonPlan, PlanType, PolicyPlan, What};
pub use story::Story;

use domain::time::{Span, Time};

/// How large a fleet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Organizations, at least 4: one of each partner.
    pub organizations: u32,
    /// Devices of all of them; at least one each.
    pub devices: u32,
    /// Days of history.
    pub days: u32,
}

impl Size {
    /// The demo: 60 organizations, 1,500 devices, 400 days.
    pub const DEMO: Self = Self { organizations: 60, devices: 1_500, days: 400 };
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
    seed: u64,
}

/// The fleet of a seed. Cheap: organizations are made when they are asked for.
pub fn fleet(seed: u64, size: Size, until: Time) -> Fleet {
    Fleet { partners: Vec::new(), size, from: until - Span::days(size.days.into()), until, seed }
}

impl Fleet {
    /// Its organizations, one at a time.
    pub fn organizations(&self) -> impl Iterator<Item = OrganizationPlan> + '_ {
        (0..self.size.organizations as usize).filter_map(|index| self.organization(index))
    }

    /// The organization at that place; none beyond the last.
    pub fn organization(&self, index: usize) -> Option<OrganizationPlan> {
        let _ = (index, self.seed);
        None
    }
}
