//! The weekly health summary (D8): on which day of the week and at which hour it is due in the partner's zone, and of which week it tells.
//!
//! Pure. It tells of the seven local days before the day on which it is due: on Monday morning of Monday to Sunday.

use super::Month;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Days of a week.
pub const WEEK: i32 = 7;

/// When a summary is due, by the clock on the wall of the partner's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rhythm {
    weekday: u8,
    hour: u8,
}

/// Monday, 07:00 (D8).
impl Default for Rhythm {
    fn default() -> Self {
        Self { weekday: 1, hour: 7 }
    }
}

/// Names of the days of the week, from Monday on.
pub const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

impl Rhythm {
    /// Of a day of the week (1: Monday, 7: Sunday) and an hour (0–23); none for other numbers.
    pub fn of(weekday: i64, hour: i64) -> Option<Self> {
        let (weekday, hour) = (u8::try_from(weekday).ok()?, u8::try_from(hour).ok()?);
        ((1..=7).contains(&weekday) && hour <= 23).then_some(Self { weekday, hour })
    }

    /// 1: Monday, 7: Sunday.
    pub const fn weekday(self) -> u8 {
        self.weekday
    }

    /// 0–23.
    pub const fn hour(self) -> u8 {
        self.hour
    }

    /// The last of its days at or before a day (days since 1970-01-01).
    pub fn day_by(self, day: i32) -> i32 {
        // 1970-01-01 was a Thursday.
        let weekday = (day + 3).rem_euclid(WEEK) + 1;
        day - (weekday - i32::from(self.weekday)).rem_euclid(WEEK)
    }
}

impl fmt::Display for Rhythm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = WEEKDAYS.get(usize::from(self.weekday).saturating_sub(1)).copied().unwrap_or_default();
        write!(f, "{day}, {:02}:00", self.hour)
    }
}

/// First and last day (days since 1970-01-01) of which a summary tells that is due on this one.
pub const fn week_before(day: i32) -> (i32, i32) {
    (day - WEEK, day - 1)
}

/// Days from one to another, as people write them: `9 – 15 November 2026`, `28 September – 4 October 2026`, `28 December 2026 – 3 January 2027`.
pub fn range(first: i32, last: i32) -> String {
    let (from, to) = (Month::of_day(first), Month::of_day(last));
    let (day, end) = (first - from.first_day() + 1, last - to.first_day() + 1);
    let from_name = from.name();
    let begin = if from == to {
        day.to_string()
    } else if from.year() == to.year() {
        format!("{day} {}", from_name.split(' ').next().unwrap_or_default())
    } else {
        format!("{day} {from_name}")
    };
    format!("{begin} – {end} {}", to.name())
}

#[cfg(feature = "zones")]
mod due {
    use super::{Rhythm, WEEK};
    use crate::{time::Time, zones::Zone};
    use chrono::{Days, NaiveDate};

    impl Rhythm {
        /// The instant at which it is due on a local day. In a gap of the clock the first instant after it, in a fold the first of the two, as
        /// schedules do it.
        pub fn due(self, day: i32, zone: Zone) -> Time {
            let date = NaiveDate::from_ymd_opt(1970, 1, 1).and_then(|epoch| match u64::try_from(day) {
                Ok(days) => epoch.checked_add_days(Days::new(days)),
                Err(_) => epoch.checked_sub_days(Days::new(day.unsigned_abs().into())),
            });
            let shown = date.and_then(|date| date.and_hms_opt(self.hour.into(), 0, 0));
            shown.map_or(Time(i64::MAX), |shown| zone.first_instant(shown))
        }

        /// The latest due day at or before an instant, with the instant at which it was due.
        pub fn latest(self, now: Time, zone: Zone) -> (i32, Time) {
            let day = self.day_by(zone.day_of(now));
            let at = self.due(day, zone);
            if at <= now { (day, at) } else { (day - WEEK, self.due(day - WEEK, zone)) }
        }

        /// The next due day after an instant, with the instant at which it is due. `sent`: the day of a summary that went already; its day
        /// doesn't come again.
        pub fn next(self, after: Time, sent: Option<i32>, zone: Zone) -> (i32, Time) {
            let mut day = self.latest(after, zone).0 + WEEK;
            while sent.is_some_and(|sent| day <= sent) {
                day += WEEK;
            }
            (day, self.due(day, zone))
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_day_of_the_week_is_found_at_or_before_any_day() {
        // 2026-11-16 was a Monday.
        let monday = 20_773;
        let rhythm = |weekday| Rhythm::of(weekday, 7).unwrap();
        for (weekday, day) in [(1, monday), (2, monday - 6), (7, monday - 1)] {
            assert_eq!(rhythm(weekday).day_by(monday), day, "{weekday}");
        }
        for ahead in 0..7 {
            assert_eq!(rhythm(1).day_by(monday + ahead), monday);
        }
        // Before 1970, too: 1969-12-29 was a Monday.
        assert_eq!(rhythm(1).day_by(-1), -3);
        assert_eq!(week_before(monday), (monday - 7, monday - 1));
    }

    #[test]
    fn a_week_is_named_by_its_days_with_month_and_year_once_where_they_are_the_same() {
        for (first, words) in
            [(20_766, "9 – 15 November 2026"), (20_724, "28 September – 4 October 2026"), (20_815, "28 December 2026 – 3 January 2027")]
        {
            assert_eq!(range(first, first + 6), words);
        }
    }

    #[test]
    fn only_days_and_hours_that_exist_make_a_rhythm() {
        for (weekday, hour) in [(0, 7), (8, 7), (1, -1), (1, 24), (i64::MAX, 7)] {
            assert_eq!(Rhythm::of(weekday, hour), None, "{weekday} {hour}");
        }
        assert_eq!(Rhythm::default().to_string(), "Monday, 07:00");
        assert_eq!(Rhythm::of(7, 0).unwrap().to_string(), "Sunday, 00:00");
    }

    #[cfg(feature = "zones")]
    mod by_zone {
        use super::*;
        use crate::{
            text::{parse_rfc3339, rfc3339},
            time::{Span, Time},
            zones::Zone,
        };

        fn at(text: &str) -> Time {
            parse_rfc3339(text).unwrap()
        }

        fn next(zone: &str, weekday: i64, hour: i64, after: &str) -> String {
            rfc3339(Rhythm::of(weekday, hour).unwrap().next(at(after), None, Zone::named(zone).unwrap()).1)
        }

        #[test]
        fn it_is_due_at_the_hour_of_the_clock_on_the_wall_in_summer_and_in_winter() {
            for (zone, after, due) in [
                ("Europe/Berlin", "2026-11-18T10:00:00Z", "2026-11-23T06:00:00Z"),
                ("Europe/Berlin", "2026-07-01T10:00:00Z", "2026-07-06T05:00:00Z"),
                // The clocks change on the Sunday in between.
                ("Europe/Berlin", "2026-03-24T10:00:00Z", "2026-03-30T05:00:00Z"),
                ("Europe/Berlin", "2026-10-20T10:00:00Z", "2026-10-26T06:00:00Z"),
                ("America/New_York", "2026-11-18T10:00:00Z", "2026-11-23T12:00:00Z"),
                ("Asia/Kolkata", "2026-11-18T10:00:00Z", "2026-11-23T01:30:00Z"),
                // Monday morning there is Sunday evening in UTC.
                ("Pacific/Kiritimati", "2026-11-18T10:00:00Z", "2026-11-22T17:00:00Z"),
                ("UTC", "2026-11-23T06:59:59Z", "2026-11-23T07:00:00Z"),
                ("UTC", "2026-11-23T07:00:00Z", "2026-11-30T07:00:00Z"),
            ] {
                assert_eq!(next(zone, 1, 7, after), due, "{zone} after {after}");
            }
        }

        #[test]
        fn in_a_gap_it_is_due_right_after_it_and_in_a_fold_at_the_first_of_both() {
            // Sunday, 29 March 2026: 02:00 to 03:00 is left out; 25 October: 02:00 to 03:00 comes twice.
            assert_eq!(next("Europe/Berlin", 7, 2, "2026-03-25T00:00:00Z"), "2026-03-29T01:00:00Z");
            assert_eq!(next("Europe/Berlin", 7, 2, "2026-10-20T00:00:00Z"), "2026-10-25T00:00:00Z");
            // Between both showings of 02:00 the next is a week later.
            assert_eq!(next("Europe/Berlin", 7, 2, "2026-10-25T00:30:00Z"), "2026-11-01T01:00:00Z");
        }

        #[test]
        fn of_weeks_that_were_missed_only_the_latest_counts() {
            let (berlin, monday) = (Zone::named("Europe/Berlin").unwrap(), Rhythm::default());
            let (day, due) = monday.latest(at("2026-11-25T12:00:00Z"), berlin);
            assert_eq!((rfc3339(due).as_str(), berlin.day_of(due)), ("2026-11-23T06:00:00Z", day));
            let (earlier, _) = monday.latest(due - Span::SECOND, berlin);
            assert_eq!(earlier, day - WEEK);
        }

        #[test]
        fn a_day_that_was_told_does_not_come_again_when_the_hour_is_moved() {
            let (utc, later) = (Zone::named("UTC").unwrap(), Rhythm::of(1, 9).unwrap());
            let after = at("2026-11-23T08:00:00Z");
            let today = utc.day_of(after);
            assert_eq!(later.next(after, None, utc).0, today);
            assert_eq!(later.next(after, Some(today), utc).0, today + WEEK);
        }

        #[test]
        fn the_next_follows_the_latest_through_two_years_in_zones_that_change_their_clocks() {
            for zone in ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia"] {
                let zone = Zone::named(zone).unwrap();
                for (weekday, hour) in [(1, 7), (7, 2), (7, 0), (6, 23)] {
                    let rhythm = Rhythm::of(weekday, hour).unwrap();
                    let mut now = at("2025-12-30T12:00:00Z");
                    while now < at("2028-01-05T00:00:00Z") {
                        let (day, due) = rhythm.next(now, None, zone);
                        assert!(due > now && due - now <= Span::days(8), "{zone:?} {rhythm} {}", rfc3339(now));
                        assert_eq!(rhythm.latest(due, zone), (day, due));
                        assert_eq!(rhythm.latest(due - Span(1), zone).0, day - WEEK);
                        now = due + Span::hours(5);
                    }
                }
            }
        }
    }
}
