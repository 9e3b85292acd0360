//! How a job's history comes out of its runs: all at once (`rebuild`), or one change at a time (`apply`) where that
//! is exact. Every field is a maximum, a count or a sorted list over the runs, so their order never matters.

use super::{Applied, HourCount, JobHistory, MAX_FAILURES, OpenRun, RECENT, RunSummary, UsableRun};
use crate::{
    run::{Outcome, RunState},
    time::Time,
};
use smallvec::SmallVec;

/// Buckets this many hours older than the newest are dropped: the window of 168 and a day of margin.
const KEPT_HOURS: i64 = 192;

impl RunSummary {
    /// End of an ended run; one without a known end counts as ended at its start.
    fn end(&self) -> Time {
        self.ended_at.unwrap_or(self.started_at)
    }

    fn as_open(&self) -> OpenRun {
        OpenRun { started_at: self.started_at, retrying: self.state == RunState::Retrying, attempt: self.attempt }
    }

    fn failure(&self) -> Failure {
        Failure { end: self.end(), timed_out: self.timed_out, started: self.started_at }
    }
}

impl OpenRun {
    /// Of several open runs the one that started last counts; the rest breaks ties.
    fn rank(&self) -> (Time, bool, u16) {
        (self.started_at, self.retrying, self.attempt)
    }
}

impl UsableRun {
    fn rank(&self) -> (Time, Time, i64, Option<i64>) {
        (self.ended_at, self.started_at, self.bytes, self.items)
    }
}

/// A failed run, ordered by its end; at the same end a time-out is the later, then the later start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Failure {
    end: Time,
    timed_out: bool,
    started: Time,
}

impl JobHistory {
    /// The history of these runs, in any order. Two runs that look alike count as two.
    ///
    /// All runs of a job may be given. These are enough: the runs that ended in the eight days before the newest end,
    /// the last [`RECENT`] usable ones, the failed ones since the last usable (at most [`MAX_FAILURES`], the latest),
    /// all open ones, and, of all that are not `missed`, the one that started last and the one that ended last.
    pub fn rebuild<'a>(runs: impl IntoIterator<Item = &'a RunSummary>) -> Self {
        let mut history = Self::default();
        let mut missed_slot = None;
        let mut failures: Vec<Failure> = Vec::new();
        let mut ends: Vec<(i64, bool)> = Vec::new();
        for run in runs {
            if run.state == RunState::Missed {
                missed_slot = missed_slot.max(Some(run.started_at));
            } else {
                history.last_start = history.last_start.max(Some(run.started_at));
            }
            let Some(outcome) = run.state.outcome() else {
                history.open_runs += 1;
                history.keep_open(run.as_open());
                continue;
            };
            let end = run.end();
            if run.state != RunState::Missed {
                history.last_end = history.last_end.max(Some(end));
            }
            match outcome {
                Outcome::Neutral => continue,
                Outcome::Usable => {
                    history.last_usable_end = history.last_usable_end.max(Some(end));
                    history.remember(run);
                }
                Outcome::Bad if run.state == RunState::Failed => failures.push(run.failure()),
                Outcome::Bad => {}
            }
            let usable = outcome == Outcome::Usable;
            history.last_finished = history.last_finished.max(Some((end, usable)));
            ends.push((end.hour(), usable));
        }
        history.last_missed_slot = missed_slot.filter(|slot| Some(*slot) > history.last_start);
        history.fail_all(failures);
        history.week = week_of(ends);
        history
    }

    /// Takes in that a run is `new` now and was `old` before (none: it is new to the job).
    ///
    /// Exact for whatever only adds (a start, progress, the end of an open run, a whole run, a slot written as
    /// missed), also out of order. A changed end, or an earlier start of the last run, can't be taken out again:
    /// [`Applied::NeedsRebuild`].
    pub fn apply(&mut self, old: Option<&RunSummary>, new: &RunSummary) -> Applied {
        if let Some(old) = old {
            if old == new {
                return Applied::Done;
            }
            let moved = old.started_at != new.started_at;
            if old.state.is_end() || new.state == RunState::Missed || (moved && self.last_start <= Some(old.started_at)) {
                return Applied::NeedsRebuild;
            }
            // The shown open run goes or shrinks while others are open: the next of them isn't known here.
            let shown = self.open.as_ref().is_some_and(|open| open.rank() <= old.as_open().rank());
            let replaced = new.state.is_open() && new.as_open().rank() >= old.as_open().rank();
            if shown && !replaced && self.open_runs > 1 {
                return Applied::NeedsRebuild;
            }
            if !self.can_end(new) {
                return Applied::NeedsRebuild;
            }
            if shown {
                self.open = None;
            }
            self.open_runs = self.open_runs.saturating_sub(1);
        } else if !self.can_end(new) {
            return Applied::NeedsRebuild;
        }
        if new.state == RunState::Missed {
            if Some(new.started_at) > self.last_start {
                self.last_missed_slot = self.last_missed_slot.max(Some(new.started_at));
            }
        } else {
            self.last_start = self.last_start.max(Some(new.started_at));
            self.last_missed_slot = self.last_missed_slot.filter(|slot| Some(*slot) > self.last_start);
        }
        if new.state.is_open() {
            self.open_runs += 1;
            self.keep_open(new.as_open());
        } else {
            self.add_end(new);
        }
        Applied::Done
    }

    /// Whether the end of this run can be added without knowing the other runs.
    fn can_end(&self, run: &RunSummary) -> bool {
        let after_usable = Some(run.end()) > self.last_usable_end;
        match run.state.outcome() {
            Some(Outcome::Usable) => !after_usable || self.last_failure <= Some(run.end()),
            Some(Outcome::Bad) => run.state != RunState::Failed || !after_usable || self.consecutive_failures < MAX_FAILURES,
            Some(Outcome::Neutral) | None => true,
        }
    }

    fn add_end(&mut self, run: &RunSummary) {
        let end = run.end();
        if run.state != RunState::Missed {
            self.last_end = self.last_end.max(Some(end));
        }
        let usable = match run.state.outcome() {
            Some(Outcome::Usable) => true,
            Some(Outcome::Bad) => false,
            Some(Outcome::Neutral) | None => return,
        };
        let after_usable = Some(end) > self.last_usable_end;
        if usable {
            self.remember(run);
            if after_usable {
                self.last_usable_end = Some(end);
                self.fail_all(Vec::new());
            }
        } else if run.state == RunState::Failed && after_usable {
            self.fail(run.failure());
        }
        self.last_finished = self.last_finished.max(Some((end, usable)));
        self.count(end.hour(), usable);
    }

    fn keep_open(&mut self, open: OpenRun) {
        if self.open.as_ref().is_none_or(|known| known.rank() < open.rank()) {
            self.open = Some(open);
        }
    }

    fn remember(&mut self, run: &RunSummary) {
        let usable = UsableRun { started_at: run.started_at, ended_at: run.end(), bytes: run.bytes, items: run.items };
        let place = self.recent.partition_point(|known| known.rank() > usable.rank());
        if place < RECENT {
            self.recent.truncate(RECENT - 1);
            self.recent.insert(place, usable);
        }
    }

    /// One failure more after the last usable run.
    fn fail(&mut self, failure: Failure) {
        let last = self.last_failure.map(|end| Failure {
            end,
            timed_out: self.stuck_since.is_some(),
            started: self.stuck_started.unwrap_or(Time(i64::MIN)),
        });
        self.consecutive_failures += 1;
        self.failing_since = Some(self.failing_since.map_or(failure.end, |since| since.min(failure.end)));
        if last.is_none_or(|last| last < failure) {
            self.last_failure = Some(failure.end);
            self.stuck_since = failure.timed_out.then_some(failure.end);
            self.stuck_started = failure.timed_out.then_some(failure.started);
        }
    }

    /// Exactly these failures, less those that the last usable run has made good.
    fn fail_all(&mut self, mut failures: Vec<Failure>) {
        self.consecutive_failures = 0;
        self.failing_since = None;
        self.last_failure = None;
        self.stuck_since = None;
        self.stuck_started = None;
        failures.retain(|failure| Some(failure.end) > self.last_usable_end);
        failures.sort_unstable_by(|a, b| b.cmp(a));
        failures.truncate(MAX_FAILURES as usize);
        for failure in failures {
            self.fail(failure);
        }
    }

    fn count(&mut self, hour: i64, usable: bool) {
        let newest = self.week.last().map_or(hour, |last| last.hour.max(hour));
        if hour <= newest - KEPT_HOURS {
            return;
        }
        let place = self.week.partition_point(|bucket| bucket.hour < hour);
        if self.week.get(place).is_none_or(|bucket| bucket.hour != hour) {
            self.week.insert(place, HourCount { hour, usable: 0, bad: 0 });
        }
        self.week[place].add(usable);
        let stale = self.week.partition_point(|bucket| bucket.hour <= newest - KEPT_HOURS);
        self.week.drain(..stale);
    }
}

impl HourCount {
    fn add(&mut self, usable: bool) {
        let count = if usable { &mut self.usable } else { &mut self.bad };
        *count = count.saturating_add(1);
    }
}

fn week_of(mut ends: Vec<(i64, bool)>) -> SmallVec<[HourCount; 8]> {
    ends.sort_unstable();
    let Some(oldest) = ends.last().map(|(newest, _)| newest - KEPT_HOURS) else {
        return SmallVec::new();
    };
    let mut week: SmallVec<[HourCount; 8]> = SmallVec::new();
    for (hour, usable) in ends.into_iter().filter(|(hour, _)| *hour > oldest) {
        if week.last().is_none_or(|bucket| bucket.hour != hour) {
            week.push(HourCount { hour, usable: 0, bad: 0 });
        }
        if let Some(bucket) = week.last_mut() {
            bucket.add(usable);
        }
    }
    week
}
