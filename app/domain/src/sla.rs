//! Service level (D5): a device must have a usable backup within H hours. Says from when on it has not, now ([`breach_at`]) and over any
//! period ([`judge`]).
//!
//! The default rule stands where nobody has made another: workstations 24 h, servers 12 h. Any usable backup of the device keeps
//! it: the rule speaks of "a usable backup", not of each job's.

mod period;
mod rules;

pub use period::{Breach, Cause, Excluded, Figures, Gap, Judged, judge};
pub use rules::{LONGEST_HOURS, Rule, Rules};

use crate::{
    policy::{DeviceClass, DeviceLife},
    time::{Span, Time},
};

/// H of the default rule.
pub const fn default_hours(class: DeviceClass) -> i64 {
    match class {
        DeviceClass::Workstation => 24,
        DeviceClass::Server => 12,
    }
}

/// From when on a device is in breach if no usable backup comes: S + H, S the end of its last usable run or its enrolment.
/// None: no rule covers it, because it is paused or retired (or its organization deactivated, which counts as paused).
pub fn breach_at(life: DeviceLife, hours: i64, enrolled_at: Time, last_usable: Option<Time>) -> Option<Time> {
    match life {
        DeviceLife::Paused | DeviceLife::Retired => None,
        DeviceLife::Pending | DeviceLife::Active => Some(last_usable.unwrap_or(enrolled_at) + Span::hours(hours)),
    }
}

/// Compliance in hundredths of a percent, rounded down, so that it says 100 % only when nothing is in breach. None: nothing is covered.
pub fn compliance(covered: i64, in_breach: i64) -> Option<u32> {
    if covered <= 0 {
        return None;
    }
    let kept = (covered - in_breach).clamp(0, covered);
    u32::try_from(i128::from(kept) * 10_000 / i128::from(covered)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: Time = Time(1_780_000_000_000);

    #[test]
    fn a_device_is_in_breach_so_many_hours_after_its_last_usable_run() {
        let at = |hours| breach_at(DeviceLife::Active, hours, T - Span::days(9), Some(T));
        assert_eq!(at(default_hours(DeviceClass::Server)), Some(T + Span::hours(12)));
        assert_eq!(at(default_hours(DeviceClass::Workstation)), Some(T + Span::hours(24)));
        assert_eq!(at(4), Some(T + Span::hours(4)));
    }

    #[test]
    fn without_any_run_the_enrolment_counts() {
        assert_eq!(breach_at(DeviceLife::Pending, 12, T, None), Some(T + Span::hours(12)));
    }

    #[test]
    fn what_is_paused_or_retired_is_not_covered() {
        for life in [DeviceLife::Paused, DeviceLife::Retired] {
            assert_eq!(breach_at(life, 12, T, Some(T)), None);
        }
    }

    #[test]
    fn compliance_is_whole_only_when_nothing_is_in_breach() {
        assert_eq!(compliance(100_000, 1), Some(9_999));
        assert_eq!(compliance(3, 0), Some(10_000));
        assert_eq!(compliance(3, 1), Some(6_666));
        assert_eq!(compliance(2, 2), Some(0));
        assert_eq!(compliance(0, 0), None);
    }
}
