//! What comes if nothing happens, and what a policy would make of it: the same facts under other terms, decided by the same
//! [`assess`]. Nothing here is stored.

use super::{Assessment, Band, MAX_MISSED, Score, assess};
use crate::{
    facts::DeviceFacts,
    ids::JobId,
    policy::Terms,
    schedule::{Pending, Schedule, Slots},
    time::{Span, Time},
};
use serde::{Deserialize, Serialize};

/// Most changes that a look ahead goes through.
const MOST_CHANGES: usize = 400;
/// A change of the score that is farther away than this is no news …
const FARTHEST: Span = Span::days(60);
/// … nor is one behind so many changes that move neither score nor band.
const MOST_UNSEEN: usize = 60;

/// Another policy, as far as it decides a device's health.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhatIf {
    /// Its terms for the device's class.
    pub terms: Terms,
    /// Its schedule, if that is another one.
    pub schedule: Option<NewSlots>,
}

/// The slots of another schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NewSlots {
    /// Even: resolved here.
    Even(Schedule),
    /// Of cron: resolved where zones are known, by job; and those of a device that has none yet.
    Given {
        /// By job.
        jobs: Vec<(JobId, Slots)>,
        /// [`DeviceFacts::expected`].
        expected: Slots,
    },
}

/// The scores to come if nothing happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// From when on a score and band hold; ascending, the first is now.
    pub points: Vec<(Time, Score, Band)>,
    /// Up to here it is sure: beyond, schedules have to be resolved again.
    pub until: Time,
}

/// The facts under another policy, from `now` on. Jobs of `own` keep their own schedules. As when a policy is saved, slots of a
/// new schedule that lie in the past were never promised.
pub fn what_if(facts: &DeviceFacts, change: &WhatIf, own: &[JobId], now: Time) -> DeviceFacts {
    let mut facts = facts.clone();
    facts.terms = change.terms;
    let Some(schedule) = &change.schedule else { return facts };
    let enrolled_at = facts.enrolled_at;
    for job in facts.jobs.iter_mut().filter(|job| !own.contains(&job.job)) {
        match schedule {
            NewSlots::Even(schedule) => {
                if let Some(slots) = schedule.evenly(job.enrolled_at, &job.history, now) {
                    job.slots = slots;
                }
            }
            NewSlots::Given { jobs, .. } => {
                if let Some((_, slots)) = jobs.iter().find(|(id, _)| *id == job.job) {
                    job.slots = slots.clone();
                }
            }
        }
    }
    match schedule {
        NewSlots::Even(schedule) => {
            if let Some(slots) = schedule.evenly(enrolled_at, &crate::facts::JobHistory::default(), now) {
                facts.expected = slots;
            }
        }
        NewSlots::Given { expected, .. } => facts.expected = expected.clone(),
    }
    facts
}

/// Scores at each next change from `now` to `until`.
pub fn outlook(facts: &DeviceFacts, now: Time, until: Time) -> Outlook {
    let mut points: Vec<(Time, Score, Band)> = Vec::new();
    let until = walk(facts, now, until, MOST_CHANGES, |at, decided| {
        if points.last().is_none_or(|(_, score, band)| (*score, *band) != (decided.score, decided.band)) {
            points.push((at, decided.score, decided.band));
        }
        true
    });
    Outlook { points, until }
}

/// The first time at which score or band is another than at `now` if nothing happens, and what they are then: many a next change moves
/// neither. None: within 60 days there is no such time, or it isn't known, because set times have to be resolved again before.
pub fn first_change(facts: &DeviceFacts, now: Time) -> Option<(Time, Score, Band)> {
    let mut known = None;
    let mut found = None;
    walk(facts, now, now + FARTHEST, MOST_UNSEEN, |at, decided| {
        let told = (decided.score, decided.band);
        if *known.get_or_insert(told) != told {
            found = Some((at, decided.score, decided.band));
        }
        // Nobody hears of what is Unknown by waiting.
        found.is_none() && decided.band != Band::Unknown
    });
    found
}

/// Decides at `now` and at each next change up to `until`, until `tell` has heard enough; gives the time up to which it is sure.
fn walk(facts: &DeviceFacts, now: Time, until: Time, most: usize, mut tell: impl FnMut(Time, &Assessment) -> bool) -> Time {
    let until = listed_until(facts).map_or(until, |end| until.min(end.max(now)));
    let mut at = now;
    for _ in 0..most {
        let decided = assess(facts, at);
        if !tell(at, &decided) || decided.missed.len() >= MAX_MISSED {
            return at;
        }
        match decided.next_change {
            Some(next) if next <= until => at = next.max(at + Span(1)),
            _ => return until,
        }
    }
    at
}

/// The end of the shortest list of cron slots.
fn listed_until(facts: &DeviceFacts) -> Option<Time> {
    let end = |slots: &Slots| match &slots.pending {
        Pending::Listed(listed) => listed.last().map(|(slot, slack)| *slot + *slack + facts.terms.grace),
        Pending::Every { .. } => None,
    };
    facts.jobs.iter().filter_map(|job| end(&job.slots)).min()
}
