//! Cron and IANA zones: resolves a schedule into slots, and days into instants. Server side only (feature `zones`);
//! the browser gets resolved slots.
//!
//! Where clocks change: a fixed time (no `*` or `/` in minute and hour) runs once a day, in a spring gap at the first
//! instant after it, in an autumn fold at the first of the two. Every other cron follows the clock as it is shown:
//! what the gap skips does not run, what the fold repeats runs twice, so that `*/15 * * * *` keeps its real pace.

mod clock;

use crate::{
    facts::{JobHistory, UsableRun},
    schedule::{LEARNING_INTERVAL, Pending, Schedule, Slots, covered},
    time::{Span, Time},
};
use chrono::{Datelike, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use clock::Clock;
use std::fmt;

/// How many slots are listed ahead for a cron schedule.
pub const HORIZON: usize = 16;

/// A run that starts so much before a slot counts as started in it: clocks of devices differ a little.
const EARLY: Span = Span::minutes(5);

/// Why a schedule can't be used, in words that say what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleError(pub String);

impl fmt::Display for ScheduleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ScheduleError {}

/// An IANA zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Zone(chrono_tz::Tz);

impl Zone {
    /// The zone of that name, for example `Europe/Berlin`. Errors if there is none.
    pub fn named(name: &str) -> Result<Self, ScheduleError> {
        name.parse()
            .map(Self)
            .map_err(|_| ScheduleError(format!("`{name}` is not an IANA time zone: write one like `Europe/Berlin` or `UTC`")))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The local day (days since 1970-01-01) in which an instant lies.
    pub fn day_of(self, time: Time) -> i32 {
        self.local(time).date().num_days_from_ce() - EPOCH_FROM_CE
    }

    /// First instant of a local day and of the next; usually 23 to 25 hours apart.
    pub fn day_bounds(self, day: i32) -> (Time, Time) {
        let midnight = |day: i32| {
            let date = NaiveDate::from_num_days_from_ce_opt(day.saturating_add(EPOCH_FROM_CE)).unwrap_or(NaiveDate::MAX);
            self.first_instant(date.and_time(NaiveTime::MIN))
        };
        (midnight(day), midnight(day.saturating_add(1)))
    }

    /// Date and time as shown on a wall there.
    fn local(self, time: Time) -> NaiveDateTime {
        let utc = chrono::DateTime::from_timestamp_millis(time.0).unwrap_or_default();
        utc.with_timezone(&self.0).naive_local()
    }

    /// The instants at which a wall there shows this: none in a gap, two in a fold.
    fn instants(self, shown: NaiveDateTime) -> (Option<Time>, Option<Time>) {
        match self.0.from_local_datetime(&shown) {
            LocalResult::None => (None, None),
            LocalResult::Single(one) => (Some(Time(one.timestamp_millis())), None),
            LocalResult::Ambiguous(a, b) => {
                let (a, b) = (Time(a.timestamp_millis()), Time(b.timestamp_millis()));
                (Some(a.min(b)), Some(a.max(b)))
            }
        }
    }

    /// The first instant at which a wall there shows this or, in a gap, anything later.
    pub(crate) fn first_instant(self, shown: NaiveDateTime) -> Time {
        if let (Some(first), _) = self.instants(shown) {
            return first;
        }
        // In a gap. Whole seconds; the gap is between two days before and after, and there is no fold that near.
        let guess = shown.and_utc().timestamp();
        let (mut before, mut after) = (guess - 2 * 86_400, guess + 2 * 86_400);
        while after - before > 1 {
            let middle = before + (after - before) / 2;
            if self.local(Time(middle * 1_000)) >= shown {
                after = middle;
            } else {
                before = middle;
            }
        }
        Time(after * 1_000)
    }
}

const EPOCH_FROM_CE: i32 = 719_163;

/// The local day (days since 1970-01-01) in which an instant lies. Errors on an unknown zone.
pub fn day_of(time: Time, zone: &str) -> Result<i32, ScheduleError> {
    Zone::named(zone).map(|z| z.day_of(time))
}

/// First instant of a local day and of the next. Errors on an unknown zone.
pub fn day_bounds(day: i32, zone: &str) -> Result<(Time, Time), ScheduleError> {
    Zone::named(zone).map(|z| z.day_bounds(day))
}

fn never(line: &str) -> ScheduleError {
    ScheduleError(format!("`{line}` never comes round: choose a day that exists in the month"))
}

/// Whether a schedule can be used. Errors say what to write instead.
pub fn validate(schedule: &Schedule) -> Result<(), ScheduleError> {
    match schedule {
        Schedule::Every { every_minutes: 0 } => Err(ScheduleError("an interval has at least 1 minute: write 1440 for once a day".into())),
        Schedule::Every { every_minutes } if *every_minutes > 527_040 => {
            Err(ScheduleError("an interval has at most 527040 minutes (366 days)".into()))
        }
        Schedule::Every { .. } | Schedule::Learned => Ok(()),
        Schedule::Cron { cron, time_zone } => {
            let clock = Clock::new(cron, time_zone)?;
            if clock.after(Time(0), 2).len() < 2 { Err(never(cron)) } else { Ok(()) }
        }
    }
}

/// The next `n` slots after an instant (not at it). An interval is counted from `after`; a learned schedule has no
/// history here and is taken as [`LEARNING_INTERVAL`]. Errors as [`validate`].
pub fn next_slots(schedule: &Schedule, after: Time, n: usize) -> Result<Vec<Time>, ScheduleError> {
    let every = |interval: Span| (1..).take(n).map(|k| after + interval * k).collect();
    match schedule {
        Schedule::Every { every_minutes } => Ok(every(Span::minutes((*every_minutes).max(1).into()))),
        Schedule::Learned => Ok(every(LEARNING_INTERVAL)),
        Schedule::Cron { cron, time_zone } => {
            let slots = Clock::of(cron, time_zone)?.after(after, n);
            if slots.len() < n { Err(never(cron)) } else { Ok(slots) }
        }
    }
}

/// At most `n` slots of a cron line after an instant; fewer if it has no more within a lifetime. Errors as [`validate`].
pub(crate) fn next_slots_upto(cron: &str, zone: &str, after: Time, n: usize) -> Result<Vec<Time>, ScheduleError> {
    Ok(Clock::of(cron, zone)?.after(after, n))
}

/// The slots of a cron line from an instant up to another (not at it). Errors as [`validate`].
pub(crate) fn slots_between(cron: &str, zone: &str, from: Time, until: Time) -> Result<Vec<Time>, ScheduleError> {
    let clock = Clock::of(cron, zone)?;
    let last = clock.zone.local(until).date();
    // A day early: a fixed time in a gap of a whole day runs on the next.
    let mut date = clock.zone.local(from).date() - Days::new(1);
    let (mut found, mut today) = (Vec::new(), Vec::new());
    while date <= last {
        clock.slots_on(date, &mut today);
        found.extend(today.iter().filter(|slot| **slot >= from && **slot < until));
        let Some(next) = date.succ_opt() else { break };
        date = next;
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Resolves a schedule around S and the last start of a job. `horizon`: how many slots to list ([`HORIZON`]).
/// Errors as [`validate`].
pub fn resolve(schedule: &Schedule, enrolled_at: Time, history: &JobHistory, horizon: usize) -> Result<Slots, ScheduleError> {
    resolve_since(schedule, enrolled_at, history, enrolled_at, horizon)
}

/// As [`resolve`]; slots up to `watched_since` are never pending (a pause, or another schedule, ended then).
pub fn resolve_since(
    schedule: &Schedule,
    enrolled_at: Time,
    history: &JobHistory,
    watched_since: Time,
    horizon: usize,
) -> Result<Slots, ScheduleError> {
    if let Some(slots) = schedule.evenly(enrolled_at, history, watched_since) {
        return Ok(slots);
    }
    let Schedule::Cron { cron, time_zone } = schedule else {
        return Err(ScheduleError("this schedule has no slots of its own".into()));
    };
    let since = history.last_usable_end.unwrap_or(enrolled_at);
    let covered = covered(enrolled_at, history, watched_since);
    let clock = Clock::of(cron, time_zone)?;
    let [mut due, mut next, after] = clock.after(since, 3)[..] else {
        return Err(never(cron));
    };
    let mut before = clock.at_or_before(since).unwrap_or(due - (next - due));
    // By a clock that is a little behind, a run may be over before the slot that it is of: that slot is served, the next one is due.
    let last = history.recent.first().filter(|run| run.ended_at == since);
    if last.is_some_and(|run| is_early(run.started_at, due, slack(before, due, next))) {
        (before, due, next) = (due, next, after);
    }
    let off = hour_off(&clock, &history.recent, (before, due));
    Ok(Slots {
        due,
        interval: due - before,
        slack: slack(before, due, next),
        pending: Pending::Listed(pending(&clock, covered, history.last_start, horizon)),
        off,
    })
}

/// So many runs in a row, each beside another slot, tell of a wrong zone …
const BESIDE: usize = 3;
/// … if each is an hour off, give or take this, …
const NEARLY: Span = Span::minutes(5);
/// … and slots are so far apart that an hour is no matter of chance.
const APART: Span = Span::hours(3);

fn is_hour(gap: Span) -> bool {
    (gap - Span::HOUR).0.abs() <= NEARLY.0
}

/// An hour, where the last usable runs (the latest first) all started exactly so long after their slots; minus an hour where they
/// started so long before. `around`: the slots around the end of the latest, which spare most jobs the look.
fn hour_off(clock: &Clock, recent: &[UsableRun], (before, due): (Time, Time)) -> Option<Span> {
    let starts: Vec<Time> = recent.iter().take(BESIDE).map(|run| run.started_at).collect();
    let latest = *starts.first()?;
    if starts.len() < BESIDE || ![latest - before, before - latest, due - latest].into_iter().any(is_hour) {
        return None;
    }
    let (mut side, mut last_slot) = (None, None);
    for start in starts {
        let (before, after) = (clock.at_or_before(start)?, *clock.after(start, 1).first()?);
        let (off, slot) = match (is_hour(start - before), is_hour(after - start)) {
            (true, false) => (Span::HOUR, before),
            (false, true) => (Span::hours(-1), after),
            _ => return None,
        };
        if after - before < APART || side.is_some_and(|side| side != off) || last_slot == Some(slot) {
            return None;
        }
        (side, last_slot) = (Some(off), Some(slot));
    }
    side
}

/// Whether a run that started then is of the slot that comes: so shortly before it that only the clocks differ.
fn is_early(start: Time, slot: Time, slack: Span) -> bool {
    start < slot && slot - start <= EARLY.min(slack / 2)
}

/// Half of the smaller gap beside a slot.
fn slack(before: Time, slot: Time, after: Time) -> Span {
    (slot - before).min(after - slot) / 2
}

fn pending(clock: &Clock, covered: Time, last_start: Option<Time>, horizon: usize) -> Vec<(Time, Span)> {
    // One more at the front in case a run started a little early for it, one at the end for the gap after the last.
    let slots = clock.after(covered, horizon + 2);
    let mut before = clock.at_or_before(covered);
    let mut listed = Vec::with_capacity(horizon);
    for pair in slots.windows(2) {
        let [slot, after] = *pair else { continue };
        let slack = slack(before.unwrap_or(slot - (after - slot)), slot, after);
        before = Some(slot);
        let early = last_start.is_some_and(|start| is_early(start, slot, slack));
        if !early && listed.len() < horizon {
            listed.push((slot, slack));
        }
    }
    listed
}
