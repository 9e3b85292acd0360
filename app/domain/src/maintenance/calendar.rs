//! When windows occur: cron lines and zones resolved into intervals. Server side only (feature `zones`).
//!
//! A window begins where the line says, by the rules of [`crate::zones`] where clocks change, and lasts its minutes as they elapse:
//! one of four hours has four hours on every day of the year.

use super::{AHEAD, Intervals, LocalDate, Occurs, Quiet, Window, merged};
use crate::{
    time::{Span, Time},
    zones::{ScheduleError, Zone, next_slots_upto, slots_between},
};
use std::collections::HashSet;

/// The longest window, in minutes: a week.
pub const LONGEST: u32 = 7 * 1_440;

/// The longest window that happens once: a year.
const LONGEST_ONCE: Span = Span::days(366);

/// So many exclusions are kept at most.
const MOST_EXCLUSIONS: usize = 366;

/// So many slots are looked at to find what comes next.
const MOST_SLOTS: usize = 4_096;

/// Whether a window can be used. Errors say what to write instead.
pub fn validate(occurs: &Occurs) -> Result<(), ScheduleError> {
    let refuse = |why: &str| Err(ScheduleError(why.to_owned()));
    match occurs {
        Occurs::Once { from, until } if until <= from => refuse("the end is not after the beginning: choose a later end"),
        Occurs::Once { from, until } if *until - *from > LONGEST_ONCE => {
            refuse("a window lasts at most a year: choose an earlier end, or pause the device instead")
        }
        Occurs::Once { .. } => Ok(()),
        Occurs::Recurring { minutes: 0, .. } => refuse("a window lasts at least 1 minute: write how long it is"),
        Occurs::Recurring { minutes, .. } if *minutes > LONGEST => {
            refuse("a window that comes again lasts at most 7 days (10080 minutes): make it shorter, or plan it once")
        }
        Occurs::Recurring { except, .. } if except.len() > MOST_EXCLUSIONS => {
            refuse("at most 366 dates can be left out: remove those that have passed")
        }
        Occurs::Recurring { cron, zone, minutes, .. } => {
            Zone::named(zone)?;
            let slots = next_slots_upto(cron, zone, Time(0), 64)?;
            if slots.len() < 2 {
                return Err(ScheduleError(format!("`{cron}` never comes round: choose a day that exists in the month")));
            }
            let length = Span::minutes((*minutes).into());
            if merged(slots.iter().map(|slot| (*slot, *slot + length)).collect()).len() == 1 {
                return refuse("this window would never end, because it begins again before it is over: make it shorter or rarer");
            }
            Ok(())
        }
    }
}

/// Its occurrences that overlap [from, until), whole, ascending, without overlaps.
///
/// # Errors
/// As [`validate`].
pub fn occurrences(occurs: &Occurs, from: Time, until: Time) -> Result<Intervals, ScheduleError> {
    match occurs {
        Occurs::Once { from: begins, until: ends } => Ok(if *begins < until && *ends > from { vec![(*begins, *ends)] } else { Vec::new() }),
        Occurs::Recurring { cron, zone, minutes, except } => {
            let length = Span::minutes((*minutes).into());
            let slots = slots_between(cron, zone, from - length, until)?;
            let found = begun(slots, zone, except, length)?;
            Ok(merged(found.into_iter().filter(|(_, ends)| *ends > from).collect()))
        }
    }
}

/// Its next `n` occurrences that are not over at `after`, the one in force first. Fewer if there are no more.
///
/// # Errors
/// As [`validate`].
pub fn next(occurs: &Occurs, after: Time, n: usize) -> Result<Intervals, ScheduleError> {
    let Occurs::Recurring { cron, zone, minutes, except } = occurs else {
        return Ok(occurrences(occurs, after, Time(i64::MAX))?.into_iter().take(n).collect());
    };
    let length = Span::minutes((*minutes).into());
    let mut found = Intervals::new();
    let mut since = after - length;
    let mut looked_at = 0;
    // One more than is wanted: only then is the last of them known to be whole.
    while found.len() <= n && looked_at < MOST_SLOTS {
        let slots = next_slots_upto(cron, zone, since, n.max(4) * 2)?;
        let Some(last) = slots.last() else { break };
        looked_at += slots.len();
        since = *last;
        found.extend(begun(slots, zone, except, length)?);
        found = merged(found);
    }
    found.truncate(n);
    Ok(found)
}

fn begun(slots: Vec<Time>, zone: &str, except: &[LocalDate], length: Span) -> Result<Intervals, ScheduleError> {
    if except.is_empty() {
        return Ok(slots.into_iter().map(|slot| (slot, slot + length)).collect());
    }
    let zone = Zone::named(zone)?;
    let except: HashSet<i32> = except.iter().map(|date| date.0).collect();
    Ok(slots.into_iter().filter(|slot| !except.contains(&zone.day_of(*slot))).map(|slot| (slot, slot + length)).collect())
}

impl Window {
    /// The time of maintenance that it makes within [from, until): its occurrences while it held, cut to both.
    ///
    /// # Errors
    /// As [`validate`].
    pub fn within(&self, from: Time, until: Time) -> Result<Intervals, ScheduleError> {
        let (from, until) = (from.max(self.from), until.min(self.until.unwrap_or(until)));
        if until <= from {
            return Ok(Vec::new());
        }
        let found = occurrences(&self.occurs, from, until)?;
        Ok(found.into_iter().map(|(begins, ends)| (begins.max(from), ends.min(until))).collect())
    }

    /// What it makes of the time from `now` on: the interval in force and the next ones, a few.
    ///
    /// # Errors
    /// As [`validate`].
    pub fn ahead(&self, now: Time) -> Result<Intervals, ScheduleError> {
        let mut found = next(&self.occurs, now.max(self.from), AHEAD + 1)?;
        for (begins, ends) in &mut found {
            *begins = (*begins).max(self.from);
            *ends = self.until.map_or(*ends, |until| until.min(*ends));
        }
        found.retain(|(begins, ends)| begins < ends && *ends > now);
        Ok(found)
    }
}

/// What several windows make of the time ahead together. Exact up to the end of the first interval, at which it is resolved again.
pub fn quiet<'a>(ahead: impl IntoIterator<Item = &'a [(Time, Time)]>) -> Quiet {
    let all: Intervals = ahead.into_iter().flatten().copied().collect();
    merged(all).into_iter().take(AHEAD).collect()
}
