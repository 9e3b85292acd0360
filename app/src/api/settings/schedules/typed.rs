//! From what is typed to a schedule or policy, and from a stored one back to what the form shows.

use crate::{api::settings::policies::PolicyInput, error::UiError};
use domain::{policy::Policy, schedule::Schedule, zones};
use engine::store::policies::PolicyRow;

/// Days of the week as the form names them, from Sunday as cron counts.
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

fn number(typed: &str, field: &'static str, what: &str) -> Result<u32, UiError> {
    typed
        .trim()
        .replace(['\u{a0}', ' ', ','], "")
        .parse()
        .map_err(|_| UiError::field("invalid_number", field, format!("Give {what} as a whole number.")))
}

fn optional(typed: &str, field: &'static str, what: &str) -> Result<Option<u32>, UiError> {
    if typed.trim().is_empty() { Ok(None) } else { number(typed, field, what).map(Some) }
}

fn or_default(typed: &str, field: &'static str, what: &str, default: u32) -> Result<u32, UiError> {
    Ok(optional(typed, field, what)?.unwrap_or(default))
}

/// Hour and minute of `02:30`.
fn clock(typed: &str) -> Result<(u32, u32), UiError> {
    let wrong = || UiError::field("invalid_clock", "clock", "Give the time as hours and minutes, for example 02:30.");
    let mut parts = typed.trim().split(':').map(|part| part.parse::<u32>().ok());
    match (parts.next().flatten(), parts.next().flatten()) {
        (Some(hour), Some(minute)) if hour < 24 && minute < 60 => Ok((hour, minute)),
        _ => Err(wrong()),
    }
}

/// The schedule that was typed.
pub(in crate::api) fn schedule(form: &PolicyInput) -> Result<Schedule, UiError> {
    let cron = |cron: String| Schedule::Cron { cron, time_zone: form.time_zone.trim().to_owned() };
    let schedule = match form.kind.as_str() {
        "every" => {
            let many = number(&form.every, "every", "the gap between two backups")?;
            let unit = match form.unit.as_str() {
                "minutes" => 1,
                "hours" => 60,
                "days" => 1_440,
                _ => return Err(UiError::field("unit_needed", "unit", "Choose minutes, hours or days.")),
            };
            let every_minutes = many
                .checked_mul(unit)
                .filter(|m| (1..=527_040).contains(m))
                .ok_or_else(|| UiError::field("out_of_range", "every", "The gap must be at least one minute and at most 366 days."))?;
            Schedule::Every { every_minutes }
        }
        "daily" => {
            let (hour, minute) = clock(&form.clock)?;
            cron(format!("{minute} {hour} * * *"))
        }
        "weekly" => {
            let (hour, minute) = clock(&form.clock)?;
            let days: Vec<String> =
                form.weekdays().into_iter().enumerate().filter(|(_, chosen)| *chosen).map(|(day, _)| day.to_string()).collect();
            if days.is_empty() {
                return Err(UiError::field("day_needed", "weekdays", "Choose at least one day of the week."));
            }
            cron(format!("{minute} {hour} * * {}", days.join(",")))
        }
        "monthly" => {
            let (hour, minute) = clock(&form.clock)?;
            let day = match form.month_day.as_str() {
                "last" => "L".to_owned(),
                typed => typed
                    .parse::<u32>()
                    .ok()
                    .filter(|day| (1..=31).contains(day))
                    .ok_or_else(|| UiError::field("day_needed", "month_day", "Choose a day of the month."))?
                    .to_string(),
            };
            cron(format!("{minute} {hour} {day} * *"))
        }
        "cron" => cron(form.cron.split_whitespace().collect::<Vec<_>>().join(" ")),
        "learned" => Schedule::Learned,
        _ => return Err(UiError::field("kind_needed", "kind", "Choose how backups are scheduled.")),
    };
    let field = match form.kind.as_str() {
        "cron" => "cron",
        "daily" | "weekly" | "monthly" => "time_zone",
        _ => "every",
    };
    zones::validate(&schedule).map_err(|e| UiError::field("invalid_schedule", field, e.to_string()))?;
    Ok(schedule)
}

/// The policy that was typed.
pub(in crate::api::settings) fn policy(form: &PolicyInput) -> Result<Policy, UiError> {
    let usual = Policy::default();
    Ok(Policy {
        schedule: schedule(form)?,
        grace_minutes: or_default(&form.grace_minutes, "grace_minutes", "the grace in minutes", usual.grace_minutes)?,
        longest_run_minutes: or_default(
            &form.longest_run_minutes,
            "longest_run_minutes",
            "the longest run in minutes",
            usual.longest_run_minutes,
        )?,
        restore_test_days: optional(&form.restore_test_days, "restore_test_days", "the days between restore tests")?,
        overdue_hours: optional(&form.overdue_hours, "overdue_hours", "the hours until overdue")?,
        offline_allowance_hours: or_default(
            &form.offline_allowance_hours,
            "offline_allowance_hours",
            "the offline allowance in hours",
            usual.offline_allowance_hours,
        )?,
        silence_days: or_default(&form.silence_days, "silence_days", "the days of silence", usual.silence_days)?,
    })
}

/// A cron line as one of the form's sentences, if it is one: kind, clock, weekdays, day of the month.
fn sentence(cron: &str) -> Option<(&'static str, String, [bool; 7], String)> {
    let fields: Vec<&str> = cron.split_whitespace().collect();
    let [minute, hour, day, "*", weekday] = fields[..] else { return None };
    let (minute, hour): (u32, u32) = (minute.parse().ok()?, hour.parse().ok()?);
    let clock = format!("{hour:02}:{minute:02}");
    match (day, weekday) {
        ("*", "*") => Some(("daily", clock, [false; 7], String::new())),
        ("*", days) => {
            let mut chosen = [false; 7];
            for part in days.split(',') {
                let (first, last) = part.split_once('-').unwrap_or((part, part));
                let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
                for day in first..=last {
                    *chosen.get_mut(day % 7)? = true;
                }
            }
            Some(("weekly", clock, chosen, String::new()))
        }
        ("L", "*") => Some(("monthly", clock, [false; 7], "last".to_owned())),
        (day, "*") => day.parse::<u32>().ok().map(|day| ("monthly", clock, [false; 7], day.to_string())),
        _ => None,
    }
}

/// What the form shows of a policy.
pub(in crate::api::settings) fn form(row: Option<&PolicyRow>, policy: &Policy, own_zone: &str) -> PolicyInput {
    let text = |n: Option<u32>| n.map(|n| n.to_string()).unwrap_or_default();
    let (kind, minutes, cron, zone) = match &policy.schedule {
        Schedule::Every { every_minutes } => ("every", *every_minutes, String::new(), own_zone.to_owned()),
        Schedule::Cron { cron, time_zone } => ("cron", 1_440, cron.clone(), time_zone.clone()),
        Schedule::Learned => ("learned", 1_440, String::new(), own_zone.to_owned()),
    };
    let (every, unit) = match minutes {
        m if m % 1_440 == 0 && m > 1_440 => (m / 1_440, "days"),
        m if m % 60 == 0 => (m / 60, "hours"),
        m => (m, "minutes"),
    };
    let said = sentence(&cron);
    let kind = said.as_ref().map_or(kind, |(kind, ..)| kind);
    let (clock, chosen, month_day) = said.map_or_else(
        || ("02:30".to_owned(), [false, true, true, true, true, true, false], "1".to_owned()),
        |(_, clock, chosen, day)| {
            let workdays = [false, true, true, true, true, true, false];
            (clock, if chosen == [false; 7] { workdays } else { chosen }, if day.is_empty() { "1".to_owned() } else { day })
        },
    );
    let mut form = PolicyInput {
        id: row.map(|r| r.id.to_string()).unwrap_or_default(),
        name: row.map(|r| r.name.clone()).unwrap_or_default(),
        kind: kind.to_owned(),
        every: every.to_string(),
        unit: unit.to_owned(),
        clock,
        month_day,
        cron,
        time_zone: zone,
        grace_minutes: policy.grace_minutes.to_string(),
        longest_run_minutes: policy.longest_run_minutes.to_string(),
        restore_test_days: text(policy.restore_test_days),
        overdue_hours: text(policy.overdue_hours),
        offline_allowance_hours: policy.offline_allowance_hours.to_string(),
        silence_days: policy.silence_days.to_string(),
        is_default: row.is_some_and(|r| r.is_default),
        ..PolicyInput::default()
    };
    for (day, chosen) in WEEKDAYS.iter().zip(chosen) {
        form.set_weekday(day, chosen);
    }
    form
}
