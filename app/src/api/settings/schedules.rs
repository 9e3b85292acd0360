//! Typed schedules: into policies and back, in words, with their next slots. Server side only.

use super::policies::{PolicyInput, SchedulePreview, SlotView};
use crate::error::UiError;
use domain::{
    policy::{DeviceClass, Policy},
    schedule::Schedule,
    text,
    time::{Span, Time},
    wall_clock::wall_clock,
    zones,
};
use engine::store::policies::PolicyRow;

/// How many slots are shown.
const SHOWN: usize = 5;
/// How far ahead a change of the clocks is looked for, in slots and in time.
const LOOKED_AT: usize = 400;

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

fn schedule(form: &PolicyInput) -> Result<Schedule, UiError> {
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
        "cron" => {
            Schedule::Cron { cron: form.cron.split_whitespace().collect::<Vec<_>>().join(" "), time_zone: form.time_zone.trim().to_owned() }
        }
        "learned" => Schedule::Learned,
        _ => return Err(UiError::field("kind_needed", "kind", "Choose how backups are scheduled.")),
    };
    zones::validate(&schedule)
        .map_err(|e| UiError::field("invalid_schedule", if form.kind == "cron" { "cron" } else { "every" }, e.to_string()))?;
    Ok(schedule)
}

/// The policy that was typed.
pub(super) fn policy(form: &PolicyInput) -> Result<Policy, UiError> {
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

/// What the form shows of a policy.
pub(super) fn form(row: Option<&PolicyRow>, policy: &Policy, own_zone: &str) -> PolicyInput {
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
    PolicyInput {
        id: row.map(|r| r.id.to_string()).unwrap_or_default(),
        name: row.map(|r| r.name.clone()).unwrap_or_default(),
        kind: kind.to_owned(),
        every: every.to_string(),
        unit: unit.to_owned(),
        cron,
        time_zone: zone,
        grace_minutes: policy.grace_minutes.to_string(),
        longest_run_minutes: policy.longest_run_minutes.to_string(),
        restore_test_days: text(policy.restore_test_days),
        overdue_hours: text(policy.overdue_hours),
        offline_allowance_hours: policy.offline_allowance_hours.to_string(),
        silence_days: policy.silence_days.to_string(),
        is_default: row.is_some_and(|r| r.is_default),
    }
}

/// What the class's limit asks and the schedule doesn't give (D2, last rule): said once, here.
pub(in crate::api) fn unmet(policy: &Policy, class: DeviceClass, now: Time) -> Option<String> {
    let limit = policy.terms(class).overdue_after;
    let widest = match &policy.schedule {
        Schedule::Every { every_minutes } => Span::minutes((*every_minutes).into()),
        Schedule::Cron { .. } => {
            let slots = zones::next_slots(&policy.schedule, now, 64).ok()?;
            slots.windows(2).map(|pair| pair[1] - pair[0]).max()?
        }
        Schedule::Learned => return None,
    };
    let name = match class {
        DeviceClass::Server => "servers",
        DeviceClass::Workstation => "workstations",
    };
    (widest > limit).then(|| {
        format!(
            "Backups lie up to {} apart, but {name} are to have one within {}. This schedule can't promise that: they become overdue only when a backup is late, not every day.",
            text::span(widest),
            text::span(limit)
        )
    })
}

/// Words, the next five slots, the next change of the clocks, warnings.
pub(super) fn preview(policy: &Policy, own_zone: &str, now: Time) -> SchedulePreview {
    let zone = match &policy.schedule {
        Schedule::Cron { time_zone, .. } => time_zone.as_str(),
        Schedule::Every { .. } | Schedule::Learned => own_zone,
    };
    let listed = match &policy.schedule {
        Schedule::Learned => Ok(Vec::new()),
        schedule => zones::next_slots(schedule, now, LOOKED_AT),
    };
    let listed = match listed {
        Ok(listed) => listed,
        Err(problem) => return SchedulePreview { problem: Some(problem.to_string()), ..SchedulePreview::default() },
    };
    let slot = |at: &Time| SlotView { at: *at, wall_clock: wall_clock(*at, zone).unwrap_or_else(|_| text::utc(*at)) };
    let warnings = [DeviceClass::Server, DeviceClass::Workstation].into_iter().filter_map(|class| unmet(policy, class, now)).collect();
    SchedulePreview {
        words: text::schedule(&policy.schedule),
        slots: listed.iter().take(SHOWN).map(slot).collect(),
        clock_change: clock_change(&policy.schedule, zone, &listed)
            .map(|(before, after)| vec![slot(&before), slot(&after)])
            .unwrap_or_default(),
        warnings,
        problem: None,
    }
}

/// The two slots around the next change of the clocks, for cron: where its name of the zone's time changes.
fn clock_change(schedule: &Schedule, zone: &str, slots: &[Time]) -> Option<(Time, Time)> {
    if !matches!(schedule, Schedule::Cron { .. }) {
        return None;
    }
    let named = |at: Time| wall_clock(at, zone).ok().and_then(|text| text.rsplit(' ').next().map(str::to_owned));
    slots.windows(2).find(|pair| named(pair[0]) != named(pair[1])).map(|pair| (pair[0], pair[1]))
}
