//! Cron and IANA zones: resolves a schedule into slots. Server side only (feature `zones`).

use crate::{
    facts::JobHistory,
    schedule::{Schedule, Slots},
    time::Time,
};
use std::fmt;

/// How many slots are listed ahead for a cron schedule.
pub const HORIZON: usize = 16;

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
    /// The zone of that name, for example `Europe/Berlin`.
    pub fn named(name: &str) -> Result<Self, ScheduleError> {
        name.parse().map(Self).map_err(|_| ScheduleError(format!("`{name}` is not an IANA time zone")))
    }
    /// The local day (days since 1970-01-01) in which an instant lies.
    pub fn day_of(self, time: Time) -> i32 {
        let _ = time;
        todo!()
    }
    /// First instant of a local day and of the next; 23 to 25 hours apart.
    pub fn day_bounds(self, day: i32) -> (Time, Time) {
        let _ = day;
        todo!()
    }
}

/// The local day (days since 1970-01-01) in which an instant lies.
pub fn day_of(time: Time, zone: &str) -> Result<i32, ScheduleError> {
    Zone::named(zone).map(|z| z.day_of(time))
}

/// First instant of a local day and of the next.
pub fn day_bounds(day: i32, zone: &str) -> Result<(Time, Time), ScheduleError> {
    Zone::named(zone).map(|z| z.day_bounds(day))
}

/// Whether a schedule can be used.
pub fn validate(schedule: &Schedule) -> Result<(), ScheduleError> {
    let _ = schedule;
    todo!()
}

/// The next `n` slots after an instant (not at it). For an interval, counted from `after`.
pub fn next_slots(schedule: &Schedule, after: Time, n: usize) -> Result<Vec<Time>, ScheduleError> {
    let _ = (schedule, after, n);
    todo!()
}

/// Resolves a schedule around S and the last start. `horizon`: how many slots to list ([`HORIZON`]).
pub fn resolve(
    schedule: &Schedule,
    enrolled_at: Time,
    history: &JobHistory,
    horizon: usize,
) -> Result<Slots, ScheduleError> {
    resolve_since(schedule, enrolled_at, history, enrolled_at, horizon)
}

/// As [`resolve`]; slots before `watched_since` are never pending (a pause, or a new policy, ended then).
pub fn resolve_since(
    schedule: &Schedule,
    enrolled_at: Time,
    history: &JobHistory,
    watched_since: Time,
    horizon: usize,
) -> Result<Slots, ScheduleError> {
    let _ = (schedule, enrolled_at, history, watched_since, horizon);
    todo!()
}
