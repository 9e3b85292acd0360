//! What becomes of a slot, by the device's story.

use super::{Kind, within};
use crate::{dice::Dice, plan::DevicePlan, policies::NIGHTLY_LONGEST, story::Story};
use domain::{
    schedule::Schedule,
    time::{Span, Time},
};

/// What becomes of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Nothing starts.
    Nothing,
    /// Succeeds, after so many attempts in vain.
    Good(u16),
    /// A usable backup with so many files missing.
    Partial(Trouble, u64),
    /// Fails, after so many attempts before the last.
    Bad(Trouble, u16),
    /// Starts and never ends.
    Hangs,
    /// The run before it is still going.
    Skipped,
    /// Somebody stops it.
    Cancelled,
}

/// Why a run is not what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Files in use by another program.
    OpenFiles,
    /// Files without permission to read.
    Denied,
    /// Sectors that can't be read.
    Disk,
    /// The line broke.
    Network,
    /// The destination refused.
    Refused,
    /// Nobody knows the passphrase.
    Passphrase,
    /// Another run's lock.
    Locked,
    /// The snapshot of the volume could not be made.
    Snapshot,
}

impl DevicePlan {
    /// What becomes of the slot. `day`: the local day it lies in.
    pub(super) fn fate(&self, place: usize, slot: Time, day: i32, dice: &mut Dice) -> Fate {
        let course = &self.course;
        if within(slot, course.away) || self.is_off(day) {
            return Fate::Nothing;
        }
        if within(slot, course.outage) {
            return Fate::Bad(Trouble::Network, 2);
        }
        if course.first_run && slot == course.starts {
            return Fate::Good(0);
        }
        let before = course.until - slot;
        let in_trouble = within(slot, course.trouble);
        match self.story {
            Story::FailingDisk if in_trouble => return failing_disk(before, slot - course.trouble.0, dice),
            Story::Flapping if in_trouble => {
                // Never three in a row: every other night, or two of five.
                let n = i64::from(day);
                let fails = if course.seed.is_multiple_of(2) { n % 2 == 0 } else { matches!(n % 5, 1 | 3) };
                if fails {
                    return Fate::Bad(if course.seed.is_multiple_of(3) { Trouble::Snapshot } else { Trouble::Network }, 1);
                }
                return Fate::Good(0);
            }
            Story::WrongPassphrase if in_trouble => return Fate::Bad(Trouble::Passphrase, 0),
            Story::LockedRepository if in_trouble => return Fate::Bad(Trouble::Locked, 0),
            Story::ServiceStopped if in_trouble => return Fate::Nothing,
            Story::Recovered if in_trouble && dice.in_10_000(7_000) => return Fate::Bad(Trouble::Refused, 1),
            Story::StuckRun if place == 0 => {
                let stuck = Span::minutes(NIGHTLY_LONGEST.into()) + Span::HOUR;
                if within(slot, (course.until - stuck - Span::DAY, course.until - stuck)) {
                    return Fate::Hangs;
                }
                if within(slot, (course.until - stuck, course.until)) {
                    return Fate::Skipped;
                }
            }
            _ => {}
        }
        if self.jobs[place].shape.kind == Kind::Sync {
            return sync(dice);
        }
        // A story's own trouble is not blurred by chance at its height.
        if self.story.band().is_some() && within(slot, (course.until - Span::days(3), course.until)) {
            return Fate::Good(0);
        }
        self.usual(place, dice)
    }

    fn usual(&self, place: usize, dice: &mut Dice) -> Fate {
        let job = &self.jobs[place];
        let often = matches!(job.follows, Schedule::Every { .. });
        let luck = job.shape.luck * if often { 40 } else { 100 } / 100;
        let drawn = dice.below(1_000_000);
        let mut sum = 0;
        let mut falls = |per_million: u64| {
            sum += per_million * luck / 100;
            drawn < sum
        };
        if falls(9_000) {
            let trouble =
                dice.of(&[Trouble::Network, Trouble::Network, Trouble::Network, Trouble::Refused, Trouble::Snapshot, Trouble::Locked]);
            Fate::Bad(trouble, dice.below(3) as u16)
        } else if falls(if self.course.mobile { 0 } else { 4_000 }) {
            Fate::Nothing
        } else if falls(16_000) {
            Fate::Good(1 + dice.below(2) as u16)
        } else if falls(15_000) {
            Fate::Partial(dice.of(&[Trouble::OpenFiles, Trouble::OpenFiles, Trouble::Denied]), 1 + dice.below(6))
        } else if falls(600) {
            Fate::Cancelled
        } else {
            Fate::Good(0)
        }
    }
}

/// Warnings with more and more unreadable files, then failures.
fn failing_disk(before: Span, since: Span, dice: &mut Dice) -> Fate {
    if before <= Span::days(4) {
        return Fate::Bad(Trouble::Disk, 1);
    }
    let days = since.0 / Span::DAY.0;
    if dice.below(70) <= days.unsigned_abs() {
        Fate::Partial(Trouble::Disk, 1 + days.unsigned_abs() / 5 + dice.below(3))
    } else {
        Fate::Good(0)
    }
}

fn sync(dice: &mut Dice) -> Fate {
    if dice.in_10_000(150) { Fate::Bad(Trouble::Network, 3) } else { Fate::Good(2 + dice.below(2) as u16) }
}
