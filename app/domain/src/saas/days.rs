//! What a local day was for an account (D7, *State of a day*, account level): completed, not completed, turned off, or nothing
//! to tell. Judged by the runs of that day alone; a report, which reads the runs themselves, may call a day healthy that was made
//! good in the next night.

use crate::time::Time;
use serde::{Deserialize, Serialize};

/// Days that the bars of an account show.
pub const SHOWN_DAYS: usize = 31;

/// What a day was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AccountDay {
    /// Before the account existed, or nothing was due.
    #[default]
    #[serde(rename = "n")]
    NoData,
    /// Backups were off, for the account or its organization.
    #[serde(rename = "d")]
    Deactivated,
    /// Everything that was due has completed, if need be after a retry.
    #[serde(rename = "h")]
    Healthy,
    /// Something that was due has not.
    #[serde(rename = "u")]
    Unhealthy,
}

/// Runs of one job on one local day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobDay {
    /// Succeeded.
    pub succeeded: u32,
    /// Usable with issues.
    pub warning: u32,
    /// Failed.
    pub failed: u32,
    /// Missed.
    pub missed: u32,
}

impl JobDay {
    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            succeeded: self.succeeded.saturating_add(other.succeeded),
            warning: self.warning.saturating_add(other.warning),
            failed: self.failed.saturating_add(other.failed),
            missed: self.missed.saturating_add(other.missed),
        }
    }

    const fn completed(self) -> bool {
        self.succeeded > 0 || self.warning > 0
    }

    const fn was_due(self) -> bool {
        self.completed() || self.failed > 0 || self.missed > 0
    }
}

/// How much of a day backups were off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Off {
    /// Not at all.
    Never,
    /// Part of it.
    Partly,
    /// All of it.
    Whole,
}

/// When something was turned on and off, in order, and how it is now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Switch {
    /// (when, on), ascending.
    pub turns: Vec<(Time, bool)>,
    /// On now.
    pub is_on: bool,
}

impl Switch {
    /// Before the first turn it was the other way; without any turn it has always been as it is.
    fn was_on(&self, at: Time) -> bool {
        let before = self.turns.partition_point(|(turned, _)| *turned <= at);
        match (before.checked_sub(1).and_then(|last| self.turns.get(last)), self.turns.first()) {
            (Some((_, on)), _) => *on,
            (None, Some((_, first))) => !first,
            (None, None) => self.is_on,
        }
    }
}

/// How much of the time from `from` until before `until` any of the switches was off.
pub fn off(switches: [&Switch; 2], from: Time, until: Time) -> Off {
    let is_on = |at: Time| switches.iter().all(|switch| switch.was_on(at));
    let turns = switches.iter().flat_map(|s| s.turns.iter()).map(|(at, _)| *at).filter(|at| *at > from && *at < until);
    let (mut on, mut off) = (false, false);
    for at in std::iter::once(from).chain(turns) {
        if is_on(at) {
            on = true;
        } else {
            off = true;
        }
    }
    match (on, off) {
        (_, false) => Off::Never,
        (true, true) => Off::Partly,
        (false, true) => Off::Whole,
    }
}

/// A day of several jobs together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DaySum {
    /// Their runs.
    pub runs: JobDay,
    /// Jobs of which something was due: any run that counts, or a missed one.
    pub due: u32,
    /// Of them those with a usable backup.
    pub completed: u32,
}

impl DaySum {
    /// Of these jobs.
    pub fn of(jobs: impl IntoIterator<Item = JobDay>) -> Self {
        jobs.into_iter().fold(Self::default(), |sum, job| Self {
            runs: sum.runs.and(job),
            due: sum.due + u32::from(job.was_due()),
            completed: sum.completed + u32::from(job.completed()),
        })
    }
}

/// What a day was. One on which backups were off for a part is healthy if what was due has completed.
pub const fn day_state(day: &DaySum, off: Off) -> AccountDay {
    if matches!(off, Off::Whole) {
        return AccountDay::Deactivated;
    }
    match (day.due, off) {
        (1.., _) if day.due == day.completed => AccountDay::Healthy,
        (_, Off::Partly) => AccountDay::Deactivated,
        (1.., _) => AccountDay::Unhealthy,
        (0, _) => AccountDay::NoData,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(succeeded: u32, warning: u32, failed: u32, missed: u32) -> JobDay {
        JobDay { succeeded, warning, failed, missed }
    }

    fn state(jobs: impl IntoIterator<Item = JobDay>, off: Off) -> AccountDay {
        day_state(&DaySum::of(jobs), off)
    }

    #[test]
    fn a_day_is_healthy_when_every_job_that_was_due_has_a_usable_backup() {
        assert_eq!(state([runs(1, 0, 0, 0), runs(0, 1, 0, 0)], Off::Never), AccountDay::Healthy);
        assert_eq!(state([runs(1, 0, 2, 0), runs(1, 0, 0, 1)], Off::Never), AccountDay::Healthy, "issues were made good");
        assert_eq!(state([runs(1, 0, 0, 0), JobDay::default()], Off::Never), AccountDay::Healthy, "one was not due");
    }

    #[test]
    fn a_day_is_unhealthy_when_one_job_has_none() {
        assert_eq!(state([runs(1, 0, 0, 0), runs(0, 0, 1, 0)], Off::Never), AccountDay::Unhealthy);
        assert_eq!(state([runs(0, 0, 0, 1)], Off::Never), AccountDay::Unhealthy);
    }

    #[test]
    fn a_day_without_runs_tells_nothing() {
        assert_eq!(state([], Off::Never), AccountDay::NoData);
        assert_eq!(state([JobDay::default()], Off::Never), AccountDay::NoData);
    }

    #[test]
    fn a_day_off_is_deactivated_unless_its_part_has_completed() {
        assert_eq!(state([runs(0, 0, 1, 0)], Off::Partly), AccountDay::Deactivated);
        assert_eq!(state([], Off::Partly), AccountDay::Deactivated);
        assert_eq!(state([runs(1, 0, 0, 0)], Off::Partly), AccountDay::Healthy);
        assert_eq!(state([runs(1, 0, 0, 0)], Off::Whole), AccountDay::Deactivated);
    }

    #[test]
    fn off_is_told_from_the_turns_of_account_and_organization() {
        let at = |n: i64| Time(n);
        let always = Switch { turns: Vec::new(), is_on: true };
        let never = Switch { turns: Vec::new(), is_on: false };
        let late = Switch { turns: vec![(at(10), true)], is_on: true };
        let paused = Switch { turns: vec![(at(0), true), (at(20), false), (at(30), true)], is_on: true };
        assert_eq!(off([&always, &always], at(0), at(10)), Off::Never);
        assert_eq!(off([&never, &always], at(0), at(10)), Off::Whole);
        assert_eq!(off([&late, &always], at(0), at(10)), Off::Whole, "off until it was turned on");
        assert_eq!(off([&late, &always], at(5), at(15)), Off::Partly);
        assert_eq!(off([&late, &always], at(10), at(20)), Off::Never);
        assert_eq!(off([&always, &paused], at(20), at(30)), Off::Whole, "the organization was off");
        assert_eq!(off([&always, &paused], at(0), at(21)), Off::Partly);
    }
}
