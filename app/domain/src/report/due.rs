//! When a month's report is due and how long it is kept, in the zone of the organization (D7). Server side only (feature `zones`).

use super::{KEPT, Month};
use crate::{time::Time, zones::Zone};
use chrono::NaiveDate;

/// The day of the next month on which a report is made …
const DAY: u32 = 5;
/// … and the hour of the clock on the wall.
const HOUR: u32 = 6;

impl Month {
    /// The month that people there are in.
    pub fn at(time: Time, zone: Zone) -> Self {
        Self::of_day(zone.day_of(time))
    }

    /// Its first instant there, and that of the next month.
    pub fn bounds(self, zone: Zone) -> (Time, Time) {
        (zone.day_bounds(self.first_day()).0, zone.day_bounds(self.plus(1).first_day()).0)
    }

    /// When its report is made: the 5th of the next month, 06:00 there. In a gap of the clock the first instant after it, in a fold the
    /// first of the two, as schedules do it.
    pub fn due(self, zone: Zone) -> Time {
        let next = self.plus(1);
        let date = NaiveDate::from_ymd_opt(next.year(), next.number().unsigned_abs(), DAY).unwrap_or(NaiveDate::MAX);
        date.and_hms_opt(HOUR, 0, 0).map_or(Time(i64::MAX), |shown| zone.first_instant(shown))
    }

    /// When its report is deleted: six are kept, so when the one six months later is made.
    pub fn expires(self, zone: Zone) -> Time {
        self.plus(KEPT).due(zone)
    }

    /// The last month whose report is due by `now`.
    fn last_due(now: Time, zone: Zone) -> Self {
        let before = Self::at(now, zone).plus(-1);
        if before.due(zone) <= now { before } else { before.plus(-1) }
    }
}

/// Months that have a report at `now`, oldest first: due, still kept, none before `first`.
pub fn wanted(now: Time, zone: Zone, first: Month) -> Vec<Month> {
    let last = Month::last_due(now, zone);
    (last.0 - KEPT + 1..=last.0).map(Month).filter(|month| *month >= first).collect()
}

/// When the next report after those of `now` is due.
pub fn next_due(now: Time, zone: Zone, first: Month) -> Time {
    Month::last_due(now, zone).plus(1).max(first).due(zone)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::{
        text::{parse_rfc3339, rfc3339},
        time::Span,
    };

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn at(text: &str) -> Time {
        parse_rfc3339(text).unwrap()
    }

    #[test]
    fn a_report_is_due_on_the_5th_at_six_by_the_clock_on_the_wall_in_summer_and_in_winter() {
        for (zone, of, due) in [
            ("Europe/Berlin", "2026-08", "2026-09-05T04:00:00Z"),
            ("Europe/Berlin", "2026-10", "2026-11-05T05:00:00Z"),
            ("Europe/Berlin", "2026-12", "2027-01-05T05:00:00Z"),
            ("America/New_York", "2026-02", "2026-03-05T11:00:00Z"),
            ("America/New_York", "2026-03", "2026-04-05T10:00:00Z"),
            ("Asia/Kolkata", "2026-08", "2026-09-05T00:30:00Z"),
            // The clocks go forward on this very night: 06:00 is 06:00 after it.
            ("Australia/Sydney", "2026-09", "2026-10-04T19:00:00Z"),
            ("Pacific/Kiritimati", "2026-08", "2026-09-04T16:00:00Z"),
            ("UTC", "2026-08", "2026-09-05T06:00:00Z"),
        ] {
            assert_eq!(rfc3339(month(of).due(Zone::named(zone).unwrap())), due, "{zone} {of}");
        }
    }

    #[test]
    fn a_month_ends_where_the_next_begins_also_when_the_clock_changes_in_it() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let hours = |of: &str| {
            let (from, until) = month(of).bounds(berlin);
            (until - from).0 / Span::HOUR.0
        };
        assert_eq!((hours("2026-03"), hours("2026-10"), hours("2026-07")), (31 * 24 - 1, 31 * 24 + 1, 31 * 24));
        assert_eq!(month("2026-03").bounds(berlin).1, month("2026-04").bounds(berlin).0);
    }

    #[test]
    fn six_months_are_kept_and_nothing_is_made_before_the_first() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let names =
            |now: &str, first: &str| -> Vec<String> { wanted(at(now), berlin, month(first)).iter().map(Month::to_string).collect() };
        // A moment before the 5th, 06:00, the last month is not due.
        assert_eq!(names("2026-11-05T04:59:59Z", "2020-01"), ["2026-04", "2026-05", "2026-06", "2026-07", "2026-08", "2026-09"]);
        assert_eq!(names("2026-11-05T05:00:00Z", "2020-01"), ["2026-05", "2026-06", "2026-07", "2026-08", "2026-09", "2026-10"]);
        assert_eq!(names("2026-11-05T05:00:00Z", "2026-09"), ["2026-09", "2026-10"]);
        assert_eq!(names("2026-11-05T05:00:00Z", "2026-11"), [""; 0]);
        // What is deleted is what is not wanted any more.
        for of in wanted(at("2026-11-05T05:00:00Z"), berlin, month("2020-01")) {
            assert!(of.expires(berlin) > at("2026-11-05T05:00:00Z"), "{of}");
        }
        assert_eq!(month("2026-04").expires(berlin), at("2026-11-05T05:00:00Z"));
    }

    #[test]
    fn the_next_is_due_after_those_that_are() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let next = |now: &str, first: &str| rfc3339(next_due(at(now), berlin, month(first)));
        assert_eq!(next("2026-08-20T10:00:00Z", "2020-01"), "2026-09-05T04:00:00Z");
        assert_eq!(next("2026-09-05T04:00:00Z", "2020-01"), "2026-10-05T04:00:00Z");
        assert_eq!(next("2026-09-02T04:00:00Z", "2020-01"), "2026-09-05T04:00:00Z");
        assert_eq!(next("2026-09-02T04:00:00Z", "2026-09"), "2026-10-05T04:00:00Z");
    }
}
