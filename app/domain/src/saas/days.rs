//! What a local day was for an account (D7, *State of a day*, account level): completed, not completed, turned off, or nothing
//! to tell. Judged by the runs of that day, and by whether what went wrong was made good within 24 h. The bars on screen and those of
//! reports come from here.

use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};

/// Days that the bars of an account show.
pub const SHOWN_DAYS: usize = 31;

/// What went wrong is made good if a usable run of the same job ends within so long after it (D7).
pub const MADE_GOOD_WITHIN: Span = Span::hours(24);

/// Whether everything that went wrong with a job was made good. `wrong`: ends of failed runs and slots of missed ones; `usable`: ends of
/// usable runs, ascending.
pub fn made_good(wrong: &[Time], usable: &[Time]) -> bool {
    wrong.iter().all(|at| {
        let next = usable.get(usable.partition_point(|end| end < at));
        next.is_some_and(|end| *end - *at <= MADE_GOOD_WITHIN)
    })
}

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

impl AccountDay {
    /// The letter that stands for it on the wire and in frozen inputs.
    pub const fn letter(self) -> char {
        match self {
            Self::NoData => 'n',
            Self::Deactivated => 'd',
            Self::Healthy => 'h',
            Self::Unhealthy => 'u',
        }
    }

    /// Of a letter; an unknown one tells nothing.
    pub const fn of_letter(letter: char) -> Self {
        match letter {
            'd' => Self::Deactivated,
            'h' => Self::Healthy,
            'u' => Self::Unhealthy,
            _ => Self::NoData,
        }
    }
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

    /// Something went wrong: whether it was made good has to be asked of the runs themselves.
    pub const fn is_troubled(self) -> bool {
        self.failed > 0 || self.missed > 0
    }

    const fn was_due(self) -> bool {
        self.completed() || self.is_troubled()
    }

    /// All that was due succeeded at once.
    const fn is_clean(self) -> bool {
        self.succeeded > 0 && self.warning == 0 && !self.is_troubled()
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
    /// Whether it was ever on before an instant.
    pub fn was_ever_on(&self, before: Time) -> bool {
        self.turns.iter().any(|(at, on)| *on && *at < before) || self.was_on(Time(i64::MIN))
    }

    /// Before the first turn it was the other way; without any turn it has always been as it is.
    pub fn was_on(&self, at: Time) -> bool {
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
    /// Of them those with a usable backup, and with all that went wrong made good.
    pub completed: u32,
    /// Of them those whose runs all succeeded.
    pub clean: u32,
}

impl DaySum {
    /// Of these jobs; each with whether what went wrong was made good ([`made_good`]; of no matter where nothing did).
    pub fn of(jobs: impl IntoIterator<Item = (JobDay, bool)>) -> Self {
        jobs.into_iter().fold(Self::default(), |sum, (job, made_good)| sum.and(Self::of_job(job, made_good)))
    }

    /// Of one job.
    pub fn of_job(job: JobDay, made_good: bool) -> Self {
        let completed = if job.is_troubled() { made_good } else { job.completed() };
        Self { runs: job, due: u32::from(job.was_due()), completed: u32::from(completed), clean: u32::from(job.is_clean()) }
    }

    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            runs: self.runs.and(other.runs),
            due: self.due.saturating_add(other.due),
            completed: self.completed.saturating_add(other.completed),
            clean: self.clean.saturating_add(other.clean),
        }
    }

    /// Every run of every job that was due succeeded.
    pub const fn is_clean(&self) -> bool {
        self.due > 0 && self.clean == self.due
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

    const fn runs(succeeded: u32, warning: u32, failed: u32, missed: u32) -> JobDay {
        JobDay { succeeded, warning, failed, missed }
    }

    fn state(jobs: impl IntoIterator<Item = (JobDay, bool)>, off: Off) -> AccountDay {
        day_state(&DaySum::of(jobs), off)
    }

    const NONE: JobDay = runs(0, 0, 0, 0);
    const MENDED: bool = true;
    const NOT: bool = false;

    /// Jobs of a day, each with whether what went wrong was made good; how much of it was off; what it was; why.
    type Case<'a> = (&'a [(JobDay, bool)], Off, AccountDay, &'a str);

    #[test]
    fn the_table_of_cases() {
        use AccountDay::{Deactivated, Healthy, NoData, Unhealthy};
        let cases: [Case<'_>; 17] = [
            (&[(runs(1, 0, 0, 0), NOT), (runs(0, 1, 0, 0), NOT)], Off::Never, Healthy, "a warning is a usable backup"),
            (&[(runs(1, 0, 0, 0), NOT), (NONE, NOT)], Off::Never, Healthy, "one was not due"),
            (&[(runs(1, 0, 2, 0), MENDED), (runs(1, 0, 0, 1), MENDED)], Off::Never, Healthy, "issues were made good the same day"),
            (&[(runs(0, 0, 1, 0), MENDED)], Off::Never, Healthy, "a failure was made good in the next night"),
            (&[(runs(0, 0, 0, 1), MENDED)], Off::Never, Healthy, "a missed one, too"),
            (&[(runs(1, 0, 1, 0), NOT)], Off::Never, Unhealthy, "the last backup of the day failed and nothing came for a day"),
            (&[(runs(1, 0, 0, 0), NOT), (runs(0, 0, 1, 0), NOT)], Off::Never, Unhealthy, "one of two jobs has none"),
            (&[(runs(0, 0, 0, 1), NOT)], Off::Never, Unhealthy, "missed"),
            (&[(runs(0, 0, 3, 0), NOT)], Off::Never, Unhealthy, "failed"),
            (&[], Off::Never, NoData, "no jobs"),
            (&[(NONE, NOT)], Off::Never, NoData, "nothing was due"),
            (&[(runs(0, 0, 1, 0), NOT)], Off::Partly, Deactivated, "turned off before it could be made good"),
            (&[], Off::Partly, Deactivated, "turned on or off, nothing due"),
            (&[(runs(1, 0, 0, 0), NOT)], Off::Partly, Healthy, "what was due before it was turned off has completed"),
            (&[(runs(1, 0, 0, 0), NOT)], Off::Whole, Deactivated, "off all day, whatever ran"),
            (&[(runs(0, 0, 1, 0), NOT)], Off::Whole, Deactivated, "off all day"),
            (&[], Off::Whole, Deactivated, "off all day, nothing ran"),
        ];
        for (jobs, off, expected, why) in cases {
            assert_eq!(state(jobs.iter().copied(), off), expected, "{why}");
        }
    }

    #[test]
    fn what_went_wrong_is_made_good_by_a_usable_run_within_a_day() {
        let at = |hours: i64| Time(hours * 3_600_000);
        let good = |wrong: &[i64], usable: &[i64]| {
            let times = |of: &[i64]| of.iter().map(|hours| at(*hours)).collect::<Vec<_>>();
            made_good(&times(wrong), &times(usable))
        };
        assert!(good(&[], &[]), "nothing went wrong");
        assert!(good(&[2], &[3]) && good(&[2], &[26]), "the 24th hour counts");
        assert!(!good(&[2], &[27]), "the 25th doesn't");
        assert!(!good(&[2], &[1]), "a backup before it mends nothing");
        assert!(good(&[2, 14], &[1, 15]), "one backup mends all failures before it");
        assert!(!good(&[2, 14], &[27]), "the first of two waited too long");
        assert!(!good(&[2], &[]));
    }

    #[test]
    fn a_day_is_clean_when_everything_succeeded_at_once() {
        let clean = |jobs: &[JobDay]| DaySum::of(jobs.iter().map(|job| (*job, true))).is_clean();
        assert!(clean(&[runs(1, 0, 0, 0), runs(4, 0, 0, 0), JobDay::default()]));
        assert!(!clean(&[runs(1, 0, 0, 0), runs(1, 1, 0, 0)]) && !clean(&[runs(1, 0, 1, 0)]) && !clean(&[runs(1, 0, 0, 1)]) && !clean(&[]));
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
        assert!(always.was_ever_on(at(0)) && paused.was_ever_on(at(5)) && !never.was_ever_on(at(99)));
        assert!(late.was_ever_on(at(11)) && !late.was_ever_on(at(10)));
    }
}
