//! What happens to a device.

use crate::plan::{DevicePlan, Happening};
use domain::time::Time;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Course;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape;

impl DevicePlan {
    /// What happens to it in `[from, until)`, ascending. Windows concatenate, and cost what they hold.
    pub fn happenings(&self, from: Time, until: Time) -> impl Iterator<Item = Happening> + '_ {
        let _ = (from, until);
        std::iter::empty()
    }
}
