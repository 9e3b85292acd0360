//! A cron line on the clock of a zone.

use super::{ScheduleError, Zone};
use crate::time::Time;
use chrono::{Datelike, Days, NaiveDate};
use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};
use std::{cell::RefCell, collections::HashMap, fmt, rc::Rc};

/// So many days without a slot: there is none (29 February on a given weekday comes within 40 years).
const FARTHEST: u32 = 41 * 366;

/// A parsed cron line in its zone.
pub(super) struct Clock {
    cron: Cron,
    pub(super) zone: Zone,
    /// Minutes and hours are numbers, lists or ranges.
    fixed: bool,
    minutes: Vec<u32>,
    hours: Vec<u32>,
}

thread_local! {
    /// Parsed lines by (line, zone): thousands of devices share one, and each of their events resolves it.
    static CLOCKS: RefCell<HashMap<String, HashMap<String, Rc<Clock>>>> = RefCell::default();
}

/// So many lines are kept in a thread, before all are forgotten.
const CLOCKS_KEPT: usize = 256;

impl Clock {
    /// The clock of a line, parsed at its first use.
    pub(super) fn of(line: &str, zone: &str) -> Result<Rc<Self>, ScheduleError> {
        if let Some(known) = CLOCKS.with_borrow(|clocks| clocks.get(line)?.get(zone).cloned()) {
            return Ok(known);
        }
        let clock = Rc::new(Self::new(line, zone)?);
        CLOCKS.with_borrow_mut(|clocks| {
            if clocks.values().map(HashMap::len).sum::<usize>() >= CLOCKS_KEPT {
                clocks.clear();
            }
            clocks.entry(line.to_owned()).or_default().insert(zone.to_owned(), clock.clone());
        });
        Ok(clock)
    }

    pub(super) fn new(line: &str, zone: &str) -> Result<Self, ScheduleError> {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [minute, hour, ..] = fields[..] else {
            return Err(not_five(line));
        };
        if fields.len() != 5 {
            return Err(not_five(line));
        }
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let unreadable = |why: &dyn fmt::Display| {
            ScheduleError(format!(
                "`{line}` is not a cron schedule ({why}): write minute, hour, day of month, month and weekday, for example `30 2 * * 1-5`"
            ))
        };
        let cron = parser.parse(line).map_err(|e| unreadable(&e))?;
        let pattern = &cron.pattern;
        let mut minutes = Vec::new();
        let mut hours = Vec::new();
        for n in 0..60 {
            if pattern.minute_match(n).map_err(|e| unreadable(&e))? {
                minutes.push(n);
            }
            if n < 24 && pattern.hour_match(n).map_err(|e| unreadable(&e))? {
                hours.push(n);
            }
        }
        let fixed = ![minute, hour].iter().any(|field| field.contains(['*', '/', '?']));
        Ok(Self { zone: Zone::named(zone)?, fixed, minutes, hours, cron })
    }

    fn runs_on(&self, date: NaiveDate) -> bool {
        let pattern = &self.cron.pattern;
        pattern.month_match(date.month()).unwrap_or(false)
            && pattern.day_match(date.year(), date.month(), date.day(), to_croner(date)).unwrap_or(false)
    }

    /// The slots of a local day, ascending.
    pub(super) fn slots_on(&self, date: NaiveDate, slots: &mut Vec<Time>) {
        slots.clear();
        if !self.runs_on(date) {
            return;
        }
        for hour in &self.hours {
            for minute in &self.minutes {
                let Some(shown) = date.and_hms_opt(*hour, *minute, 0) else { continue };
                if self.fixed {
                    slots.push(self.zone.first_instant(shown));
                } else {
                    let (first, second) = self.zone.instants(shown);
                    slots.extend(first);
                    slots.extend(second);
                }
            }
        }
        slots.sort_unstable();
        slots.dedup();
    }

    /// The next `n` slots after an instant, fewer if the schedule has no more within a lifetime.
    pub(super) fn after(&self, after: Time, n: usize) -> Vec<Time> {
        // A day early: a fixed time in a gap of a whole day runs on the next.
        let mut date = self.zone.local(after).date() - Days::new(1);
        let mut found: Vec<Time> = Vec::with_capacity(n);
        let mut today = Vec::new();
        let mut empty_days = 0;
        while found.len() < n && empty_days < FARTHEST {
            self.slots_on(date, &mut today);
            empty_days = if today.is_empty() { empty_days + 1 } else { 0 };
            for slot in &today {
                if *slot > after && found.last().is_none_or(|last| slot > last) && found.len() < n {
                    found.push(*slot);
                }
            }
            let Some(next) = date.succ_opt() else { break };
            date = next;
        }
        found
    }

    /// The last slot at or before an instant.
    pub(super) fn at_or_before(&self, time: Time) -> Option<Time> {
        let mut date = self.zone.local(time).date();
        let mut today = Vec::new();
        for _ in 0..FARTHEST {
            self.slots_on(date, &mut today);
            if let Some(slot) = today.iter().rev().find(|slot| **slot <= time) {
                return Some(*slot);
            }
            date = date.pred_opt()?;
        }
        None
    }
}

fn to_croner(date: NaiveDate) -> croner::Weekday {
    match date.weekday() {
        chrono::Weekday::Mon => croner::Weekday::Monday,
        chrono::Weekday::Tue => croner::Weekday::Tuesday,
        chrono::Weekday::Wed => croner::Weekday::Wednesday,
        chrono::Weekday::Thu => croner::Weekday::Thursday,
        chrono::Weekday::Fri => croner::Weekday::Friday,
        chrono::Weekday::Sat => croner::Weekday::Saturday,
        chrono::Weekday::Sun => croner::Weekday::Sunday,
    }
}

fn not_five(line: &str) -> ScheduleError {
    ScheduleError(format!("`{line}` has not five fields: write minute, hour, day of month, month and weekday, for example `30 2 * * *`"))
}
