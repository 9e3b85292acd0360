//! Ids of a fill: as old as what they name, unique without asking anybody. Below the milliseconds stands the number of the device or account in
//! the fleet, and of one of them each id is later than the one before.

use crate::reconcile::work::Mint;
use domain::time::Time;
use std::sync::atomic::{AtomicI64, Ordering};

/// As [`crate::store::Store::id`] has it: milliseconds since 2025 above 21 bits.
const FIRST_ID_AT: i64 = 1_735_689_600_000;
const LOW_BITS: u32 = 21;

/// So many devices and accounts together (or organizations) can be told apart.
pub(super) const MOST: usize = 1 << (LOW_BITS - 1);

/// Gives the ids of one device or account.
pub(super) struct SubjectMint {
    low: i64,
    /// Milliseconds of the last id.
    last: AtomicI64,
}

impl SubjectMint {
    /// For the subject of this number, below [`MOST`].
    pub(super) fn of(ordinal: usize) -> Self {
        let low = i64::try_from(ordinal % MOST).unwrap_or(0) << 1 | 1;
        Self { low, last: AtomicI64::new(-1) }
    }
}

impl Mint for SubjectMint {
    fn id(&self, now: Time) -> i64 {
        let since = (now.0 - FIRST_ID_AT).max(0).max(self.last.load(Ordering::Relaxed) + 1);
        self.last.store(since, Ordering::Relaxed);
        since << LOW_BITS | self.low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_two_subjects_never_meet_and_those_of_one_rise() {
        let now = Time(FIRST_ID_AT + 5_000);
        let (one, other) = (SubjectMint::of(0), SubjectMint::of(MOST - 1));
        let ids: Vec<i64> = (0..3).map(|_| one.id(now)).collect();
        assert!(ids.is_sorted() && ids[0] < ids[1] && ids[1] < ids[2]);
        assert!((0..9).all(|_| !ids.contains(&other.id(now))));
        assert!(SubjectMint::of(7).id(Time(0)) > 0);
    }
}
