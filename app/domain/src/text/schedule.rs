//! Schedules as a person would say them.

use super::span;
use crate::{schedule::Schedule, time::Span};

/// More times a day than this are easier to read as they were written.
const MOST_TIMES: usize = 4;

/// A schedule in words: `every 15 min`, `daily at 02:30 (Europe/Berlin)`, `30 2 * * 1-5 (Europe/Berlin)`.
pub fn schedule(schedule: &Schedule) -> String {
    match schedule {
        Schedule::Every { every_minutes: 1 } => "every minute".to_owned(),
        Schedule::Every { every_minutes: 60 } => "every hour".to_owned(),
        Schedule::Every { every_minutes: 1_440 } => "once a day".to_owned(),
        Schedule::Every { every_minutes } => format!("every {}", span(Span::minutes((*every_minutes).into()))),
        Schedule::Cron { cron, time_zone } => match daily(cron) {
            Some(words) => format!("{words} ({time_zone})"),
            None => format!("cron {cron} ({time_zone})"),
        },
        Schedule::Learned => "learned from the last backups".to_owned(),
    }
}

/// The shapes most schedules have: daily, on weekdays, monthly, at up to four times. The rest is shown as it was written.
fn daily(cron: &str) -> Option<String> {
    let fields: Vec<&str> = cron.split_whitespace().collect();
    let [minute, hour, day, "*", weekday] = fields[..] else { return None };
    let minute: u8 = minute.parse().ok().filter(|minute| *minute < 60)?;
    let hours = hour.split(',').map(|hour| hour.parse().ok().filter(|hour: &u8| *hour < 24)).collect::<Option<Vec<_>>>()?;
    if hours.len() > MOST_TIMES {
        return None;
    }
    let times: Vec<String> = hours.iter().map(|hour| format!("{hour:02}:{minute:02}")).collect();
    let days = match (day, weekday) {
        ("*", "*") => "daily".to_owned(),
        ("*", "1-5" | "MON-FRI" | "mon-fri") => "Monday to Friday".to_owned(),
        ("*", weekdays) => listed(&weekdays.split(',').map(weekday_plural).collect::<Option<Vec<_>>>()?)?,
        ("L", "*") => "monthly on the last day".to_owned(),
        (day, "*") => {
            let day: u8 = day.parse().ok().filter(|day| (1..=31).contains(day))?;
            let ending = match day {
                1 | 21 | 31 => "st",
                2 | 22 => "nd",
                3 | 23 => "rd",
                _ => "th",
            };
            format!("monthly on the {day}{ending}")
        }
        _ => return None,
    };
    let times: Vec<&str> = times.iter().map(String::as_str).collect();
    Some(format!("{days} at {}", listed(&times)?))
}

/// `a, b and c`.
fn listed(words: &[&str]) -> Option<String> {
    match words {
        [] => None,
        [one] => Some((*one).to_owned()),
        [first @ .., last] => Some(format!("{} and {last}", first.join(", "))),
    }
}

fn weekday_plural(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_uppercase().as_str() {
        "0" | "7" | "SUN" => "Sundays",
        "1" | "MON" => "Mondays",
        "2" | "TUE" => "Tuesdays",
        "3" | "WED" => "Wednesdays",
        "4" | "THU" => "Thursdays",
        "5" | "FRI" => "Fridays",
        "6" | "SAT" => "Saturdays",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_read_as_a_person_would_say_them() {
        let cron = |cron: &str| schedule(&Schedule::Cron { cron: cron.into(), time_zone: "Europe/Berlin".into() });
        assert_eq!(cron("30 2 * * *"), "daily at 02:30 (Europe/Berlin)");
        assert_eq!(cron("0 22 * * 1-5"), "Monday to Friday at 22:00 (Europe/Berlin)");
        assert_eq!(cron("0 9,16 * * *"), "daily at 09:00 and 16:00 (Europe/Berlin)");
        assert_eq!(cron("15 0,8,16 * * 1-5"), "Monday to Friday at 00:15, 08:15 and 16:15 (Europe/Berlin)");
        assert_eq!(cron("0 9,24 * * *"), "cron 0 9,24 * * * (Europe/Berlin)");
        assert_eq!(cron("0 1,2,3,4,5 * * *"), "cron 0 1,2,3,4,5 * * * (Europe/Berlin)");
        assert_eq!(cron("*/5 8-17 * * *"), "cron */5 8-17 * * * (Europe/Berlin)");
        assert_eq!(schedule(&Schedule::Every { every_minutes: 90 }), "every 1 h 30 min");
    }
}
