//! The test's own reading of schedules: which instants a rhythm means, by `chrono-tz` and nothing of the engine.

use chrono::{DateTime, Datelike, Days, LocalResult, NaiveDate, NaiveDateTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use domain::{
    schedule::Schedule,
    time::{Span, Time},
};

/// On which local days.
#[derive(Clone, Copy)]
pub enum On {
    Each,
    /// Monday to Friday.
    Weekdays,
    /// 0: Monday.
    Weekday(u32),
    /// Months without it are left out.
    DayOfMonth(u32),
}

/// As a policy says it, and as this test reads it.
#[derive(Clone, Copy)]
pub enum Rhythm {
    /// Minutes.
    Every(i64),
    /// Cron line, zone, the same in days and (hour, minute); whether hours are given as `*`: then what the spring gap skips doesn't run, and what
    /// the autumn fold repeats runs twice.
    Clock(&'static str, Tz, On, &'static [(u32, u32)], bool),
}

const EVERY_HOUR: [(u32, u32); 24] = {
    let mut times = [(0, 15); 24];
    let mut hour = 0;
    while hour < 24 {
        times[hour].0 = hour as u32;
        hour += 1;
    }
    times
};

/// All rhythms of the year. Hours lie in the gaps and folds of several zones: Europe and North America at night, Cairo at midnight, Lord
/// Howe by half an hour, Sydney and Santiago the other way round.
pub const RHYTHMS: &[Rhythm] = &[
    Rhythm::Clock("30 2 * * *", Tz::Europe__Berlin, On::Each, &[(2, 30)], false),
    Rhythm::Clock("30 1 * * *", Tz::America__New_York, On::Each, &[(1, 30)], false),
    Rhythm::Clock("30 2 * * *", Tz::America__New_York, On::Each, &[(2, 30)], false),
    Rhythm::Clock("15 2 * * *", Tz::Australia__Lord_Howe, On::Each, &[(2, 15)], false),
    Rhythm::Clock("30 0 * * *", Tz::Africa__Cairo, On::Each, &[(0, 30)], false),
    Rhythm::Clock("0 12 * * *", Tz::Asia__Kolkata, On::Each, &[(12, 0)], false),
    Rhythm::Clock("0 22 * * 1-5", Tz::Europe__London, On::Weekdays, &[(22, 0)], false),
    Rhythm::Clock("0 13 * * 1-5", Tz::Europe__Berlin, On::Weekdays, &[(13, 0)], false),
    Rhythm::Clock("0 23 * * 5", Tz::Australia__Sydney, On::Weekday(4), &[(23, 0)], false),
    Rhythm::Clock("0 3 1 * *", Tz::Europe__Berlin, On::DayOfMonth(1), &[(3, 0)], false),
    Rhythm::Clock("0 4 31 * *", Tz::America__Santiago, On::DayOfMonth(31), &[(4, 0)], false),
    Rhythm::Clock("0 1 29 * *", Tz::UTC, On::DayOfMonth(29), &[(1, 0)], false),
    Rhythm::Clock("0 */6 * * *", Tz::Europe__Berlin, On::Each, &[(0, 0), (6, 0), (12, 0), (18, 0)], true),
    Rhythm::Clock("15 * * * *", Tz::America__New_York, On::Each, &EVERY_HOUR, true),
    Rhythm::Clock("0 6,18 * * *", Tz::Australia__Sydney, On::Each, &[(6, 0), (18, 0)], false),
    Rhythm::Every(1_440),
    Rhythm::Every(240),
    Rhythm::Every(720),
];

/// The slots of a rhythm, over more than the year.
pub struct Slots {
    pub rhythm: Rhythm,
    at: Vec<Time>,
}

impl Rhythm {
    pub fn schedule(self) -> Schedule {
        match self {
            Self::Every(minutes) => Schedule::Every { every_minutes: minutes as u32 },
            Self::Clock(line, zone, ..) => Schedule::Cron { cron: line.into(), time_zone: zone.name().into() },
        }
    }
}

fn utc(at: DateTime<Tz>) -> Time {
    Time(at.timestamp_millis())
}

/// The first instant at which a clock there shows this, or something later.
fn first(zone: Tz, shown: NaiveDateTime) -> Time {
    let mut shown = shown;
    loop {
        match zone.from_local_datetime(&shown) {
            LocalResult::Single(one) => return utc(one),
            LocalResult::Ambiguous(a, b) => return utc(a).min(utc(b)),
            LocalResult::None => shown += TimeDelta::minutes(1),
        }
    }
}

impl Slots {
    pub fn of(rhythm: Rhythm) -> Self {
        let mut at = Vec::new();
        if let Rhythm::Clock(_, zone, on, times, shown_hours) = rhythm {
            let mut day = NaiveDate::from_ymd_opt(2027, 9, 1).unwrap();
            while day.year() < 2030 {
                let runs = match on {
                    On::Each => true,
                    On::Weekdays => day.weekday().num_days_from_monday() < 5,
                    On::Weekday(n) => day.weekday().num_days_from_monday() == n,
                    On::DayOfMonth(n) => day.day() == n,
                };
                for (hour, minute) in times.iter().filter(|_| runs) {
                    let shown = day.and_hms_opt(*hour, *minute, 0).unwrap();
                    match zone.from_local_datetime(&shown) {
                        LocalResult::Ambiguous(a, b) if shown_hours => at.extend([utc(a), utc(b)]),
                        LocalResult::None if shown_hours => {}
                        _ => at.push(first(zone, shown)),
                    }
                }
                day = day + Days::new(1);
            }
            at.sort_unstable();
            at.dedup();
        }
        Self { rhythm, at }
    }

    /// The next slot after an instant; of an interval that was there then.
    pub fn after(&self, time: Time) -> Time {
        match self.rhythm {
            Rhythm::Every(minutes) => time + Span::minutes(minutes),
            Rhythm::Clock(..) => self.at[self.at.partition_point(|slot| *slot <= time)],
        }
    }

    /// The last slot at or before an instant, the next one, and the one after that.
    pub fn around(&self, time: Time) -> (Time, Time, Time) {
        match self.rhythm {
            Rhythm::Every(minutes) => (time, time + Span::minutes(minutes), time + Span::minutes(minutes) * 2),
            Rhythm::Clock(..) => {
                let next = self.at.partition_point(|slot| *slot <= time);
                (self.at[next - 1], self.at[next], self.at[next + 1])
            }
        }
    }

    /// Slots in a year, roughly.
    pub fn a_year(&self) -> i64 {
        match self.rhythm {
            Rhythm::Every(minutes) => 366 * 1_440 / minutes,
            Rhythm::Clock(..) => self.at.len() as i64 * 12 / 28,
        }
    }
}

/// When a clock there shows this time on this weekday (0: Monday), all year.
pub fn weekly(zone: Tz, weekday: u32, (hour, minute): (u32, u32), except: &[NaiveDate]) -> Vec<Time> {
    let mut day = NaiveDate::from_ymd_opt(2027, 12, 1).unwrap();
    let mut at = Vec::new();
    while day.year() < 2030 {
        if day.weekday().num_days_from_monday() == weekday && !except.contains(&day) {
            at.push(first(zone, day.and_hms_opt(hour, minute, 0).unwrap()));
        }
        day = day + Days::new(1);
    }
    at
}

/// An instant by the clock of Greenwich.
pub fn at(year: i32, month: u32, day: u32, hour: u32, minute: u32) -> Time {
    Time(NaiveDate::from_ymd_opt(year, month, day).unwrap().and_hms_opt(hour, minute, 0).unwrap().and_utc().timestamp_millis())
}

/// As people write it.
pub fn written(time: Time) -> String {
    DateTime::from_timestamp_millis(time.0).map_or_else(|| time.0.to_string(), |at| at.format("%Y-%m-%d %H:%M:%S").to_string())
}
