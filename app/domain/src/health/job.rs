//! One job at one time: its deadlines, failures, window and missed slots (D2). Also the instants at which any of it
//! may change. Knows nothing of bands.

use super::MAX_MISSED;
use crate::{
    facts::{Away, DeviceFacts, JobFacts, JobHistory, MAX_FAILURES},
    policy::Terms,
    schedule::Pending,
    time::{Span, Time},
};

/// A week in full hours.
const WINDOW_HOURS: i64 = 168;

/// After so long past due a job is critical (D3).
pub(super) const TWO_DAYS: Span = Span::hours(48);

/// Collects the nearest instant after `now` at which something may change.
#[derive(Clone, Copy)]
pub(super) struct Ahead {
    pub now: Time,
    /// The nearest candidate; `Time(i64::MAX)`: none.
    pub next: Time,
    /// The nearest instant at which something is sure to change.
    pub sure: Time,
    /// The last missed time of a cron list, where it is ahead.
    pub exhausted: Time,
}

impl Ahead {
    pub(super) fn new(now: Time) -> Self {
        Self { now, next: Time(i64::MAX), sure: Time(i64::MAX), exhausted: Time(i64::MAX) }
    }

    pub(super) fn at(&mut self, time: Time) {
        if time > self.now && time < self.next {
            self.next = time;
        }
    }

    /// True from `time` on.
    pub(super) fn reached(&mut self, time: Time) -> bool {
        self.at(time);
        self.now >= time
    }

    /// True once it is later than `time`.
    pub(super) fn later_than(&mut self, time: Time) -> bool {
        self.reached(time + Span(1))
    }
}

/// An offline allowance at work: deadlines after `since` wait until `until`.
#[derive(Clone, Copy)]
pub(super) struct Offline {
    pub since: Time,
    pub until: Time,
}

impl Offline {
    /// Of a workstation with an agent, from its last sign of life on.
    pub(super) fn of(facts: &DeviceFacts) -> Option<Self> {
        let checked_in = facts.checked_in_at?;
        let since = facts.last_seen.map_or(checked_in, |seen| seen.max(checked_in));
        (facts.terms.offline_allowance > Span::ZERO).then(|| Self { since, until: since + facts.terms.offline_allowance })
    }
}

/// Usable and bad runs of seven days.
#[derive(Clone, Copy, Default)]
pub(super) struct Week {
    pub usable: u32,
    pub bad: u32,
    /// When the oldest bucket leaves the window; zero: there is none.
    pub leaves: Option<Time>,
    /// The last finished run, and whether it was usable.
    pub last: Option<(Time, bool)>,
}

impl Week {
    fn leaves_with(&mut self, hour: i64) {
        let leaves = Time((hour + WINDOW_HOURS) * Span::HOUR.0);
        self.leaves = Some(self.leaves.map_or(leaves, |known| known.min(leaves)));
    }

    fn add_bad(&mut self, count: u32, oldest: Time) {
        self.bad = self.bad.saturating_add(count);
        self.leaves_with(oldest.hour());
    }
}

/// Failures since the last usable run, a stuck open run counted.
#[derive(Clone, Copy, Default)]
pub(super) struct Failures {
    pub count: u32,
    pub since: Time,
    /// The last of them was a time-out: when it was found, and the start of the run.
    pub stuck: Option<(Time, Time)>,
}

/// The deadlines and what has come of them.
pub(super) struct Deadlines {
    pub due: Time,
    pub missed: Time,
    pub overdue: Time,
    pub past_due: bool,
    pub is_missed: bool,
    pub is_overdue: bool,
}

pub(super) struct JobView<'a> {
    facts: &'a JobFacts,
    terms: &'a Terms,
    offline: Option<Offline>,
    away: Option<Away>,
    subject: &'a DeviceFacts,
    /// The open run: its start, when it has gone on for the longest run time, and when that is believed.
    open: Option<(Time, Time, Time)>,
    now: Time,
}

impl<'a> JobView<'a> {
    pub(super) fn new(subject: &'a DeviceFacts, facts: &'a JobFacts, offline: Option<Offline>, ahead: &mut Ahead) -> Self {
        let terms = &subject.terms;
        let open = facts.history.open.map(|run| {
            let limit = run.started_at + terms.longest_run;
            (run.started_at, limit, subject.believed(limit))
        });
        if let Some((.., believed)) = open {
            ahead.at(believed);
        }
        Self { facts, terms, offline, away: subject.away, subject, open, now: ahead.now }
    }

    fn history(&self) -> &JobHistory {
        &self.facts.history
    }

    /// The open run, if it has gone on for too long: start and limit.
    pub(super) fn stuck_open(&self) -> Option<(Time, Time)> {
        self.open.filter(|(.., believed)| self.now >= *believed).map(|(start, limit, _)| (start, limit))
    }

    fn held_open(&self, deadline: Time) -> bool {
        self.open.is_some_and(|(start, _, believed)| start <= deadline && self.now < believed)
    }

    fn held_offline(&self, deadline: Time) -> bool {
        self.offline.is_some_and(|offline| deadline > offline.since && self.now < offline.until)
    }

    /// D2, for S the last usable end or the enrolment.
    pub(super) fn deadlines(&self, ahead: &mut Ahead) -> Deadlines {
        let slots = &self.facts.slots;
        let since = self.history().last_usable_end.unwrap_or(self.facts.enrolled_at);
        let due = slots.due + self.terms.grace;
        let missed = since + slots.interval + slots.slack + self.terms.grace;
        let overdue = match self.terms.saas_overdue_after {
            // From the scheduled time itself: grace is no part of it.
            Some(after) => slots.due + after,
            None => (since + self.terms.overdue_after).max(due),
        };
        // Of a job without an open run, *due* is sure to make a reason when it comes.
        if self.open.is_none() && due > self.now && self.history().last_usable_end.is_some() && self.subject.believed(due) == due {
            ahead.sure = ahead.sure.min(due);
        }
        let mut passed = |deadline: Time, waits: bool| {
            ahead.reached(self.subject.believed(deadline)) && !self.held_open(deadline) && !(waits && self.held_offline(deadline))
        };
        Deadlines { due, missed, overdue, past_due: passed(due, false), is_missed: passed(missed, true), is_overdue: passed(overdue, true) }
    }

    pub(super) fn failures(&self) -> Failures {
        let history = self.history();
        let mut failures = Failures {
            count: history.consecutive_failures,
            since: history.failing_since.unwrap_or_default(),
            stuck: history.stuck_since.map(|found| (found, history.stuck_started.unwrap_or(found))),
        };
        if let Some((start, end)) = self.stuck_open().filter(|(_, end)| Some(*end) > history.last_usable_end) {
            failures.since = if failures.count == 0 { end } else { failures.since.min(end) };
            failures.count = (failures.count + 1).min(MAX_FAILURES);
            let last = history.last_failure.map(|at| (at, failures.stuck.is_some(), failures.stuck.map(|s| s.1)));
            if last <= Some((end, true, Some(start))) {
                failures.stuck = Some((end, start));
            }
        }
        failures
    }

    /// Adds this job's runs of the last seven days, its stuck open run and its missed slots.
    pub(super) fn count(&self, week: &mut Week, counts_missed: bool, ahead: &mut Ahead) {
        let gone = self.now.hour() - WINDOW_HOURS;
        let buckets = &self.history().week;
        let first = buckets.iter().position(|bucket| bucket.hour > gone).unwrap_or(buckets.len());
        if let Some(bucket) = buckets.get(first) {
            week.leaves_with(bucket.hour);
        }
        for bucket in &buckets[first..] {
            week.usable = week.usable.saturating_add(bucket.usable);
            week.bad = week.bad.saturating_add(bucket.bad);
        }
        week.last = week.last.max(self.history().last_finished);
        if let Some((_, end)) = self.stuck_open() {
            week.last = week.last.max(Some((end, false)));
            if end.hour() > gone {
                week.add_bad(1, end);
            }
        }
        if !counts_missed {
            return;
        }
        let window = Time((gone + 1) * Span::HOUR.0);
        let mut bad = 0;
        let mut oldest = None;
        let mut last = None;
        self.each_missed(ahead, |times| match times {
            Missed::One(at) => {
                last = last.max(Some(at));
                if at >= window {
                    bad += 1;
                    oldest = oldest.or(Some(at));
                }
            }
            Missed::Row { first, gap, count } => {
                last = Some(first + gap * (count - 1));
                let left = if first >= window { 0 } else { ((window - first).0 + gap.0 - 1) / gap.0 };
                if count > left {
                    bad = u32::try_from(count - left).unwrap_or(u32::MAX);
                    oldest = Some(first + gap * left);
                }
            }
        });
        if let Some(at) = last {
            week.last = week.last.max(Some((at, false)));
        }
        if let Some(at) = oldest {
            week.add_bad(bad, at);
        }
    }

    /// The slots that have been missed, oldest first, at most [`MAX_MISSED`].
    pub(super) fn missed_slots(&self, mut take: impl FnMut(Time)) {
        let grace = self.terms.grace;
        let mut ahead = Ahead::new(self.now);
        match &self.facts.slots.pending {
            Pending::Every { .. } => {
                let late = self.facts.slots.slack + grace;
                self.each_missed(&mut ahead, |times| {
                    if let Missed::Row { first, gap, count } = times {
                        (0..count).for_each(|k| take(first + gap * k - late));
                    }
                });
            }
            Pending::Listed(slots) => {
                let mut left = MAX_MISSED;
                for (slot, slack) in slots {
                    if left > 0 && self.is_missed_slot(*slot, *slot + *slack + grace) {
                        take(*slot);
                        left -= 1;
                    }
                }
            }
        }
    }

    fn is_missed_slot(&self, slot: Time, at: Time) -> bool {
        self.now >= self.subject.believed(at) && !self.held_offline(at) && self.open.is_none_or(|(_, limit, _)| slot > limit)
    }

    /// Tells the times at which slots counted as missed, and puts the next ones ahead.
    fn each_missed(&self, ahead: &mut Ahead, mut tell: impl FnMut(Missed)) {
        let grace = self.terms.grace;
        match &self.facts.slots.pending {
            Pending::Every { first, gap } => {
                let gap = Span(gap.0.max(1));
                let mut slot = *first;
                if let Some((_, limit, _)) = self.open
                    && slot <= limit
                {
                    slot += gap * ((limit - slot).0 / gap.0 + 1);
                }
                let first = slot + self.facts.slots.slack + grace;
                // What is later than this waits, the machine's or the portal's absence being no failure.
                let away = self.away.map(|away| Offline { since: away.since, until: away.until });
                let waiting = [self.offline, away].into_iter().flatten().filter(|wait| self.now < wait.until).min_by_key(|wait| wait.since);
                let reach = waiting.map_or(self.now, |wait| self.now.min(wait.since));
                let mut next = first;
                if first <= reach {
                    // What is listed is counted, no more: the server writes it, and the slots are resolved again.
                    let count = ((reach - first).0 / gap.0 + 1).min(MAX_MISSED as i64);
                    next = first + gap * count;
                    tell(Missed::Row { first, gap, count });
                    if count == MAX_MISSED as i64 {
                        return;
                    }
                }
                match waiting {
                    Some(wait) if next > wait.since => ahead.at(wait.until),
                    _ => ahead.at(next),
                }
            }
            Pending::Listed(slots) => {
                for (slot, slack) in slots {
                    let at = *slot + *slack + grace;
                    if self.is_missed_slot(*slot, at) {
                        tell(Missed::One(at));
                    } else if self.held_offline(at) {
                        ahead.at(self.offline.map_or(at, |offline| offline.until.max(at)));
                    } else {
                        ahead.at(self.subject.believed(at));
                    }
                }
            }
        }
    }

    /// A list from cron ends: the moment its last slot counts as missed it has to be resolved again.
    pub(super) fn list_ends(&self, ahead: &mut Ahead) {
        if let Pending::Listed(slots) = &self.facts.slots.pending
            && let Some((slot, slack)) = slots.last()
        {
            let end = *slot + *slack + self.terms.grace;
            if end > self.now {
                ahead.exhausted = ahead.exhausted.min(end);
            }
        }
    }
}

/// Times at which slots counted as missed.
enum Missed {
    One(Time),
    Row { first: Time, gap: Span, count: i64 },
}

/// What the last usable run lacks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shrunk {
    /// It holds less than a fifth of the median of those before it.
    Bytes { bytes: i64, usual: i64 },
    /// It holds no files, and those before it held many.
    NoFiles { usual: i64 },
}

/// So many files are many.
const MANY: i64 = 10;

/// The last usable run against up to seven before it (D4 *size anomaly*).
pub(super) fn far_less(history: &JobHistory) -> Option<Shrunk> {
    let (last, before) = history.recent.split_first()?;
    if last.items == Some(0)
        && let Some(usual) = median(before.iter().filter_map(|run| run.items).filter(|items| *items > 0))
        && usual >= MANY
    {
        return Some(Shrunk::NoFiles { usual });
    }
    let bytes = last.bytes;
    // Most runs are no anomaly by any of those before.
    if bytes <= 0 || before.iter().all(|run| run.bytes / 5 <= bytes) {
        return None;
    }
    let usual = median(before.iter().map(|run| run.bytes).filter(|size| *size > 0))?;
    (i128::from(bytes) * 5 < i128::from(usual)).then_some(Shrunk::Bytes { bytes, usual })
}

/// Of at least three.
fn median(of: impl Iterator<Item = i64>) -> Option<i64> {
    let mut of: smallvec::SmallVec<[i64; 8]> = of.collect();
    if of.len() < 3 {
        return None;
    }
    of.sort_unstable();
    let (low, high) = (of[(of.len() - 1) / 2], of[of.len() / 2]);
    Some(low + (high - low) / 2)
}
