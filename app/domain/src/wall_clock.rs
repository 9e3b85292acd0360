//! What clocks on the wall show: names of zones to choose from, and an instant as a zone's people would say it.
//! For pages that let somebody choose a zone or check a schedule; server side only (feature `zones`).

use crate::{
    text::Local,
    time::{Span, Time},
    zones::ScheduleError,
};
use chrono::{DateTime, Offset, Utc};

/// The zones people choose from: `Area/Place` names and `UTC`, in alphabetical order. Old abbreviations are left out;
/// they are still understood.
pub fn zone_names() -> Vec<&'static str> {
    let mut names: Vec<&'static str> = chrono_tz::TZ_VARIANTS
        .iter()
        .map(|zone| zone.name())
        .filter(|name| {
            *name == "UTC" || (name.contains('/') && !name.starts_with("Etc/") && !name.starts_with("US/") && !name.starts_with("SystemV/"))
        })
        .collect();
    names.sort_unstable();
    names
}

/// An instant in a zone, with its abbreviation or offset: `Sun 29 Mar 2026, 03:30 CEST`.
///
/// # Errors
/// `zone` is no IANA zone, or the instant lies beyond the calendar.
pub fn wall_clock(time: Time, zone: &str) -> Result<String, ScheduleError> {
    let zone: chrono_tz::Tz = zone.parse().map_err(|_| ScheduleError(format!("`{zone}` is not an IANA time zone")))?;
    let instant =
        DateTime::<Utc>::from_timestamp_millis(time.0).ok_or_else(|| ScheduleError("that time lies beyond the calendar".to_owned()))?;
    Ok(instant.with_timezone(&zone).format("%a %-d %b %Y, %H:%M %Z").to_string())
}

/// What the clocks of a zone show from `from` to `to`, for whoever has no database of zones.
///
/// # Errors
/// As [`wall_clock`].
pub fn local(zone: &str, from: Time, to: Time) -> Result<Local, ScheduleError> {
    let name = zone;
    let zone: chrono_tz::Tz = zone.parse().map_err(|_| ScheduleError(format!("`{zone}` is not an IANA time zone")))?;
    let at = |time: Time| {
        let instant = DateTime::<Utc>::from_timestamp_millis(time.0).unwrap_or_default().with_timezone(&zone);
        (instant.offset().fix().local_minus_utc() / 60, instant.format("%Z").to_string())
    };
    let (minutes, called) = at(from);
    let mut offsets = vec![(from, minutes, called)];
    let mut before = from;
    while before < to {
        // Changes of clocks lie weeks apart.
        let after = to.min(before + Span::days(7));
        let known = at(before);
        if at(after) != known {
            let (mut low, mut high) = (before, after);
            while high - low > Span::SECOND {
                let middle = Time(low.0 + (high - low).0 / 2);
                if at(middle) == known { low = middle } else { high = middle }
            }
            // A change comes at a full second.
            let change = Time(high.0.div_euclid(1_000) * 1_000);
            let (minutes, called) = at(change);
            offsets.push((change, minutes, called));
        }
        before = after;
    }
    Ok(Local { zone: name.to_owned(), offsets })
}

/// What a clock on the wall shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// `29 March 2026`.
    pub date: String,
    /// 0–23.
    pub hour: u32,
    /// 0–59.
    pub minute: u32,
    /// True when it shows the same time of the same day again later, or has shown it before: the clocks go back.
    pub twice: bool,
}

/// What a clock on the wall shows at an instant.
///
/// # Errors
/// As [`wall_clock`].
pub fn shown(time: Time, zone: &str) -> Result<Shown, ScheduleError> {
    use chrono::Timelike;
    let zone: chrono_tz::Tz = zone.parse().map_err(|_| ScheduleError(format!("`{zone}` is not an IANA time zone")))?;
    let instant =
        DateTime::<Utc>::from_timestamp_millis(time.0).ok_or_else(|| ScheduleError("that time lies beyond the calendar".to_owned()))?;
    let local = instant.with_timezone(&zone);
    let twice = matches!(chrono::TimeZone::from_local_datetime(&zone, &local.naive_local()), chrono::LocalResult::Ambiguous(..));
    Ok(Shown { date: local.format("%-d %B %Y").to_string(), hour: local.hour(), minute: local.minute(), twice })
}

/// The instant that somebody means by `2026-11-28T22:00` on a zone's clock, as fields for date and time send it. In a gap the first
/// instant after it, in a fold the first of the two.
///
/// # Errors
/// `text` is no date and time, or `zone` no IANA zone.
pub fn instant(text: &str, zone: &str) -> Result<Time, ScheduleError> {
    let text = text.trim();
    let shown = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"];
    let shown = shown.into_iter().find_map(|form| chrono::NaiveDateTime::parse_from_str(text, form).ok());
    let shown = shown.ok_or_else(|| ScheduleError("write a date and a time, for example 2026-11-28 22:00".to_owned()))?;
    Ok(crate::zones::Zone::named(zone)?.first_instant(shown))
}

/// An instant as such a field shows it: `2026-11-28T22:00`.
///
/// # Errors
/// As [`wall_clock`].
pub fn typed(time: Time, zone: &str) -> Result<String, ScheduleError> {
    let zone: chrono_tz::Tz = zone.parse().map_err(|_| ScheduleError(format!("`{zone}` is not an IANA time zone")))?;
    let instant =
        DateTime::<Utc>::from_timestamp_millis(time.0).ok_or_else(|| ScheduleError("that time lies beyond the calendar".to_owned()))?;
    Ok(instant.with_timezone(&zone).format("%Y-%m-%dT%H:%M").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_clock_time_is_named_apart_before_and_after_the_change() {
        let before = wall_clock(Time(1_774_659_600_000), "Europe/Berlin").unwrap_or_default();
        let after = wall_clock(Time(1_774_746_000_000), "Europe/Berlin").unwrap_or_default();
        assert_eq!(before, "Sat 28 Mar 2026, 02:00 CET");
        assert_eq!(after, "Sun 29 Mar 2026, 03:00 CEST");
    }

    #[test]
    fn the_changes_of_a_zone_are_found_to_the_second_and_told_as_by_its_database() {
        let (from, to) = (Time(1_774_659_600_123), Time(1_774_659_600_123 + 400 * Span::DAY.0));
        let local = local("Europe/Berlin", from, to).unwrap_or_else(|e| panic!("{e}"));
        let changes: Vec<i64> = local.offsets[1..].iter().map(|(at, ..)| at.0).collect();
        // 29 March and 25 October 2026, 28 March 2027, at 01:00 UTC.
        assert_eq!(changes, [1_774_746_000_000, 1_792_890_000_000, 1_806_195_600_000]);
        assert_eq!(local.day_time(Time(1_774_746_000_000 - 1)), "29 Mar 2026 01:59 CET");
        assert_eq!(local.day_time(Time(1_774_746_000_000)), "29 Mar 2026 03:00 CEST");
        assert!(super::local("Berlin", from, to).is_err());
    }

    #[test]
    fn an_hour_that_comes_twice_is_known_as_such() {
        let at = |ms| shown(Time(ms), "Europe/Berlin").map(|s| (s.date, s.hour, s.minute, s.twice)).ok();
        // 25 October 2026, 00:30 and 01:30 UTC: both show 02:30.
        assert_eq!(at(1_792_888_200_000), Some(("25 October 2026".to_owned(), 2, 30, true)));
        assert_eq!(at(1_792_891_800_000), Some(("25 October 2026".to_owned(), 2, 30, true)));
        assert_eq!(at(1_792_895_400_000), Some(("25 October 2026".to_owned(), 3, 30, false)));
    }

    #[test]
    fn the_list_holds_places_and_utc_but_no_old_abbreviations() {
        let names = zone_names();
        assert!(names.contains(&"Europe/Berlin") && names.contains(&"UTC"));
        assert!(!names.contains(&"EST5EDT"));
        assert!(names.is_sorted());
    }

    #[test]
    fn what_a_field_sends_is_the_instant_it_shows() {
        for text in ["2026-11-28T22:00", "2026-03-29T03:30", "2026-10-25T02:30"] {
            assert_eq!(instant(text, "Europe/Berlin").and_then(|at| typed(at, "Europe/Berlin")).as_deref(), Ok(text));
        }
        // What the spring gap leaves out begins after it.
        assert_eq!(
            instant("2026-03-29T02:30", "Europe/Berlin").and_then(|at| typed(at, "Europe/Berlin")).as_deref(),
            Ok("2026-03-29T03:00")
        );
        assert!(instant("tomorrow", "Europe/Berlin").is_err() && instant("2026-11-28T22:00", "Berlin").is_err());
    }
}
