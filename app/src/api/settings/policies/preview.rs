//! What a typed schedule means, as the form shows it beside itself: words, slots, and what saving would do.

use domain::{
    health::Band,
    ids::{DeviceId, OrganizationId},
    time::Time,
};
use serde::{Deserialize, Serialize};

/// A slot of a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotView {
    /// When.
    pub at: Time,
    /// The zone's wall clock.
    pub wall_clock: String,
    /// The same in UTC.
    pub utc: String,
    /// What is unusual about it, because the clocks are changed that day.
    pub note: Option<String>,
}

/// What saving would mean for the devices that follow the policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectView {
    /// How many follow it, in words.
    pub devices: String,
    /// What would become of them, in words.
    pub words: String,
    /// Device, organization, band now, band then: of some that would change.
    pub named: Vec<(DeviceId, String, Band, Band)>,
}

/// Organizations that something concerns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concerned {
    /// The first of them by name.
    pub named: Vec<(OrganizationId, String)>,
    /// How many more there are.
    pub more: i64,
}

/// What a typed schedule means.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchedulePreview {
    /// In words.
    pub words: String,
    /// The zone whose clock the slots are told by.
    pub zone: String,
    /// The next five slots; none for a learned schedule.
    pub slots: Vec<SlotView>,
    /// Slots further ahead that are unusual, because the clocks are changed that day.
    pub odd: Vec<SlotView>,
    /// What happens when a backup doesn't come.
    pub retries: Vec<String>,
    /// What it can't promise.
    pub warnings: Vec<String>,
    /// Organizations whose service level it can't keep.
    pub concerned: Concerned,
    /// Why it can't be used.
    pub problem: Option<String>,
    /// What saving would mean; for policies that devices follow.
    pub effect: Option<EffectView>,
}
