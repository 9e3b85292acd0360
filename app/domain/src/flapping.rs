//! Flapping (D4): an alert that comes and goes is damped. After three reopenings within a day it stays open until its condition has been
//! gone for two hours, so that it says one thing instead of many.

use crate::time::{Span, Time};

/// So many reopenings …
pub const REOPENINGS: usize = 3;
/// … within this time make an alert flap.
pub const WITHIN: Span = Span::DAY;
/// A flapping alert resolves when its condition has been gone for so long.
pub const CLEAR_FOR: Span = Span::hours(2);
/// Reopenings that are remembered.
pub const REMEMBERED: usize = 8;

/// Whether an alert with these reopenings flaps at `now`.
pub fn flaps(reopenings: &[Time], now: Time) -> bool {
    reopenings.iter().filter(|at| **at > now - WITHIN && **at <= now).count() >= REOPENINGS
}

/// The reopenings with one more, the oldest first, as many as are remembered.
pub fn with(reopenings: &mut Vec<Time>, now: Time) {
    reopenings.push(now);
    let surplus = reopenings.len().saturating_sub(REMEMBERED);
    reopenings.drain(..surplus);
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_795_132_800_000);

    #[test]
    fn three_reopenings_within_a_day_flap_and_two_or_older_ones_do_not() {
        let ago = |hours: &[i64]| hours.iter().map(|h| NOW - Span::hours(*h)).collect::<Vec<_>>();
        assert!(!flaps(&ago(&[2, 1]), NOW));
        assert!(flaps(&ago(&[23, 2, 1]), NOW));
        assert!(!flaps(&ago(&[24, 2, 1]), NOW));
        assert!(flaps(&ago(&[30, 24, 3, 2, 0]), NOW));
    }

    #[test]
    fn only_the_latest_are_remembered() {
        let mut reopenings = Vec::new();
        for hour in 0..20 {
            with(&mut reopenings, NOW + Span::hours(hour));
        }
        assert_eq!(reopenings.len(), REMEMBERED);
        assert_eq!(reopenings.last(), Some(&(NOW + Span::hours(19))));
    }
}
