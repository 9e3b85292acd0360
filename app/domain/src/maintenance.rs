//! Maintenance windows (D2): time in which conditions are recorded and not alerted, and which a service level leaves out.
//!
//! When a window occurs, whom it concerns, and both in words; pure. Clocks and zones are in [`calendar`] (server only); `assess` and the
//! browser get resolved intervals.

use crate::{
    ids::{DeviceId, OrganizationId},
    time::{Span, Time},
};
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use smallvec::SmallVec;
use std::{fmt, str::FromStr};

#[cfg(feature = "zones")]
pub mod calendar;

/// Intervals of maintenance, [from, until), ascending and apart from each other.
pub type Intervals = Vec<(Time, Time)>;

/// What is resolved for a subject: the interval that is in force or comes next, and the one after it.
pub type Quiet = SmallVec<[(Time, Time); 2]>;

/// So many intervals are resolved ahead.
pub const AHEAD: usize = 2;

const EPOCH_FROM_CE: i32 = 719_163;

/// A date in a calendar on the wall, days since 1970-01-01. JSON and words: `2026-12-27`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalDate(pub i32);

impl fmt::Display for LocalDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = NaiveDate::from_num_days_from_ce_opt(self.0.saturating_add(EPOCH_FROM_CE)).unwrap_or(NaiveDate::MAX);
        write!(f, "{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
    }
}

impl FromStr for LocalDate {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        let date = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").map_err(|_| NotADate(text.trim().to_owned()))?;
        Ok(Self(date.num_days_from_ce() - EPOCH_FROM_CE))
    }
}

/// A text that is no date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotADate(pub String);

impl fmt::Display for NotADate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a date: write year, month and day, for example `2026-12-27`", self.0)
    }
}

impl std::error::Error for NotADate {}

impl Serialize for LocalDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LocalDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// When a window occurs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occurs {
    /// From one instant to another.
    Once {
        /// First instant.
        from: Time,
        /// First instant after it.
        until: Time,
    },
    /// Again and again: it begins where a cron line says, and lasts so many elapsed minutes, whatever clocks do meanwhile.
    Recurring {
        /// Five fields, for example `0 2 * * SUN`.
        cron: String,
        /// IANA zone of the line, for example `Europe/Berlin`.
        zone: String,
        /// Minutes from its beginning.
        minutes: u32,
        /// Local dates on which it doesn't begin.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        except: Vec<LocalDate>,
    },
}

/// Whom a window concerns. All but `All` mean the partner's own organizations.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// One device.
    Device(DeviceId),
    /// One organization: its devices, accounts and connections.
    Organization(OrganizationId),
    /// All organizations of the partner itself.
    Partner,
    /// Devices that carry a tag.
    Tag(String),
    /// Everything of the partner and of its sub-resellers.
    All,
}

/// A window as it stood from one change to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// When it occurs.
    pub occurs: Occurs,
    /// Whom it concerns.
    pub reach: Reach,
    /// True: made by the subject's own partner; false: by one above.
    pub own: bool,
    /// It holds from here on …
    pub from: Time,
    /// … to here; none: it still does.
    pub until: Option<Time>,
}

impl Window {
    /// Whether it concerns a subject: of this organization, with this id and these tags. Accounts have no tags.
    pub fn concerns(&self, organization: OrganizationId, device: DeviceId, tags: &[String]) -> bool {
        match &self.reach {
            Reach::All => true,
            _ if !self.own => false,
            Reach::Device(id) => *id == device,
            Reach::Organization(id) => *id == organization,
            Reach::Partner => true,
            Reach::Tag(tag) => tags.iter().any(|own| own.eq_ignore_ascii_case(tag)),
        }
    }

    /// Whether it concerns all of an organization.
    pub fn concerns_organization(&self, organization: OrganizationId) -> bool {
        match &self.reach {
            Reach::All => true,
            Reach::Organization(id) => self.own && *id == organization,
            Reach::Partner => self.own,
            Reach::Device(_) | Reach::Tag(_) => false,
        }
    }
}

/// The same time, without overlaps: what touches becomes one.
pub fn merged(mut intervals: Intervals) -> Intervals {
    intervals.retain(|(from, until)| from < until);
    intervals.sort_unstable();
    let mut apart: Intervals = Vec::with_capacity(intervals.len());
    for (from, until) in intervals {
        match apart.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(until),
            _ => apart.push((from, until)),
        }
    }
    apart
}

/// End of the interval in which `now` lies.
pub fn quiet_until(quiet: &[(Time, Time)], now: Time) -> Option<Time> {
    quiet.iter().find(|(from, until)| *from <= now && now < *until).map(|(_, until)| *until)
}

/// When it occurs, in words: `Every Sunday 02:00–06:00, Europe/Berlin, not on 2026-12-27`.
pub fn words(occurs: &Occurs) -> String {
    match occurs {
        Occurs::Once { from, until } => format!("Once, {} to {}", crate::text::utc(*from), crate::text::utc(*until)),
        Occurs::Recurring { cron, zone, minutes, except } => {
            let mut words = match days_and_clock(cron) {
                Some((days, hour, minute)) if *minutes < 1_440 => {
                    let end = (u32::from(hour) * 60 + u32::from(minute) + minutes) % 1_440;
                    format!("{days} {hour:02}:{minute:02}–{:02}:{:02}, {zone}", end / 60, end % 60)
                }
                Some((days, hour, minute)) => format!("{days} from {hour:02}:{minute:02} for {}, {zone}", length(*minutes)),
                None => format!("At cron {cron} for {}, {zone}", length(*minutes)),
            };
            match except.as_slice() {
                [] => {}
                [one] => words.push_str(&format!(", not on {one}")),
                [first, second] => words.push_str(&format!(", not on {first} and {second}")),
                [first, rest @ ..] => words.push_str(&format!(", not on {first} and {} other days", rest.len())),
            }
            words
        }
    }
}

/// Minutes in words: `4 h`, `1 d 2 h`.
pub fn length(minutes: u32) -> String {
    crate::text::span(Span::minutes(minutes.into()))
}

/// The shapes most windows have: (`Every Sunday`, hour, minute).
fn days_and_clock(cron: &str) -> Option<(String, u8, u8)> {
    let fields: Vec<&str> = cron.split_whitespace().collect();
    let [minute, hour, day, "*", weekday] = fields[..] else { return None };
    let (minute, hour): (u8, u8) = (minute.parse().ok()?, hour.parse().ok()?);
    if minute > 59 || hour > 23 {
        return None;
    }
    let days = match (day, weekday) {
        ("*", "*") => "Every day".to_owned(),
        ("*", "1-5" | "MON-FRI" | "mon-fri") => "Monday to Friday".to_owned(),
        ("*", weekday) => weekdays(weekday)?,
        ("L" | "l", "*") => "On the last day of every month".to_owned(),
        (day, "*") => {
            let day: u8 = day.parse().ok().filter(|day| (1..=31).contains(day))?;
            let ending = match day {
                1 | 21 | 31 => "st",
                2 | 22 => "nd",
                3 | 23 => "rd",
                _ => "th",
            };
            format!("On the {day}{ending} of every month")
        }
        _ => return None,
    };
    Some((days, hour, minute))
}

fn weekdays(field: &str) -> Option<String> {
    if let Some((day, nth)) = field.split_once('#') {
        let nth = match nth {
            "1" => "first",
            "2" => "second",
            "3" => "third",
            "4" => "fourth",
            "5" => "fifth",
            _ => return None,
        };
        return Some(format!("Every {nth} {} of the month", weekday(day)?));
    }
    if let Some(day) = field.strip_suffix(['L', 'l']).filter(|day| !day.is_empty()) {
        return Some(format!("Every last {} of the month", weekday(day)?));
    }
    let names = field.split(',').map(weekday).collect::<Option<Vec<_>>>()?;
    match &names[..] {
        [one] => Some(format!("Every {one}")),
        [first @ .., last] => Some(format!("Every {} and {last}", first.join(", "))),
        [] => None,
    }
}

fn weekday(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_uppercase().as_str() {
        "0" | "7" | "SUN" => "Sunday",
        "1" | "MON" => "Monday",
        "2" | "TUE" => "Tuesday",
        "3" | "WED" => "Wednesday",
        "4" | "THU" => "Thursday",
        "5" | "FRI" => "Friday",
        "6" | "SAT" => "Saturday",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn recurring(cron: &str, minutes: u32, except: &[&str]) -> Occurs {
        let except = except.iter().map(|date| date.parse().unwrap()).collect();
        Occurs::Recurring { cron: cron.into(), zone: "Europe/Berlin".into(), minutes, except }
    }

    #[test]
    fn windows_are_told_in_words() {
        let table = [
            ("0 2 * * 0", 240, &["2026-12-27"][..], "Every Sunday 02:00–06:00, Europe/Berlin, not on 2026-12-27"),
            ("30 22 * * 1-5", 180, &[], "Monday to Friday 22:30–01:30, Europe/Berlin"),
            ("0 20 * * 2#2", 600, &[], "Every second Tuesday of the month 20:00–06:00, Europe/Berlin"),
            (
                "0 4 1 * *",
                60,
                &["2027-01-01", "2027-05-01"],
                "On the 1st of every month 04:00–05:00, Europe/Berlin, not on 2027-01-01 and 2027-05-01",
            ),
            ("0 4 L * *", 1_440, &[], "On the last day of every month from 04:00 for 1 d, Europe/Berlin"),
            ("0 0 * * 6,SUN", 90, &[], "Every Saturday and Sunday 00:00–01:30, Europe/Berlin"),
            ("0 */6 * * *", 30, &[], "At cron 0 */6 * * * for 30 min, Europe/Berlin"),
        ];
        for (cron, minutes, except, told) in table {
            assert_eq!(words(&recurring(cron, minutes, except)), told);
        }
    }

    #[test]
    fn a_window_is_stored_as_it_is_written() {
        let occurs = recurring("0 2 * * 0", 240, &["2026-12-27"]);
        let text = serde_json::to_string(&occurs).unwrap();
        assert_eq!(text, r#"{"recurring":{"cron":"0 2 * * 0","zone":"Europe/Berlin","minutes":240,"except":["2026-12-27"]}}"#);
        assert_eq!(serde_json::from_str::<Occurs>(&text).unwrap(), occurs);
        assert_eq!(
            serde_json::from_str::<Occurs>(r#"{"once":{"from":5,"until":9}}"#).unwrap(),
            Occurs::Once { from: Time(5), until: Time(9) }
        );
    }

    #[test]
    fn what_touches_or_overlaps_becomes_one() {
        let apart = merged(vec![(Time(50), Time(60)), (Time(1), Time(5)), (Time(5), Time(8)), (Time(2), Time(3)), (Time(9), Time(9))]);
        assert_eq!(apart, [(Time(1), Time(8)), (Time(50), Time(60))]);
        assert_eq!(quiet_until(&apart, Time(8)), None);
        assert_eq!(quiet_until(&apart, Time(50)), Some(Time(60)));
    }

    #[test]
    fn a_partner_above_reaches_down_with_all_and_with_nothing_else() {
        let window = |reach: &Reach, own| Window {
            occurs: Occurs::Once { from: Time(0), until: Time(1) },
            reach: reach.clone(),
            own,
            from: Time(0),
            until: None,
        };
        let tags = ["Lab".to_owned()];
        let table = [
            (Reach::Device(DeviceId(1)), true),
            (Reach::Device(DeviceId(2)), false),
            (Reach::Organization(OrganizationId(7)), true),
            (Reach::Organization(OrganizationId(8)), false),
            (Reach::Partner, true),
            (Reach::Tag("lab".into()), true),
            (Reach::Tag("la".into()), false),
            (Reach::All, true),
        ];
        for (reach, concerned) in table {
            assert_eq!(window(&reach, true).concerns(OrganizationId(7), DeviceId(1), &tags), concerned, "{reach:?}");
            let from_above = window(&reach, false).concerns(OrganizationId(7), DeviceId(1), &tags);
            assert_eq!(from_above, reach == Reach::All, "{reach:?} from above");
        }
    }
}
