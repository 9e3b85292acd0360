//! Typed schedules: into policies and back, in words, with their next slots. Server side only.

use super::policies::{PolicyInput, SchedulePreview, SlotView};
use crate::error::UiError;
use domain::{
    policy::{DeviceClass, Policy},
    schedule::Schedule,
    text,
    time::{Span, Time},
    wall_clock::{shown, wall_clock},
    zones,
};
use engine::store::policies::{PolicyRow, Unkept};

/// How many slots are shown.
const SHOWN: usize = 5;
/// How far ahead changes of the clocks are looked for, in slots.
const LOOKED_AT: usize = 800;
/// How many unusual slots are told.
const ODD: usize = 3;
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

/// The longest gap between two slots; none: it isn't known (learned).
pub(super) fn widest(policy: &Policy, now: Time) -> Option<Span> {
    engine::store::policies::apart(&policy.schedule, now)
}

/// What a service level of so many hours asks of a class and the schedule doesn't give (D2, last rule): for a policy that no device follows yet.
pub(in crate::api) fn unmet(policy: &Policy, class: DeviceClass, hours: i64, now: Time) -> Option<String> {
    let apart = widest(policy, now)?;
    let name = match class {
        DeviceClass::Server => "servers",
        DeviceClass::Workstation => "workstations",
    };
    // An hour more is a change of the clocks, not the schedule.
    (apart > Span::hours(hours) + Span::HOUR).then(|| {
        format!(
            "Backups lie up to {} apart, but the service level of {name} asks for one within {hours} h. This schedule can't promise that: \
             they become overdue only when a backup is late, not every day.",
            text::span(apart)
        )
    })
}

/// Service levels in force that a policy can't keep, in a sentence each: whom they concern, and how far apart its backups lie.
pub(super) fn unkept_words(policy: &Policy, unkept: &[Unkept], now: Time) -> Vec<String> {
    let words = text::schedule(&policy.schedule);
    let apart = if words.starts_with("cron ") {
        format!("this policy's backups lie up to {} apart", widest(policy, now).map(text::span).unwrap_or_default())
    } else {
        format!("this policy backs up {words}")
    };
    let many = |n: i64, one: &str| if n == 1 { format!("1 {one}") } else { format!("{} {one}s", text::count(n)) };
    unkept
        .iter()
        .map(|level| {
            let class = match level.class {
                DeviceClass::Server => "Servers",
                DeviceClass::Workstation => "Workstations",
            };
            let devices = if level.more { "more than 10,000 devices".to_owned() } else { many(level.devices, "device") };
            format!(
                "{class} of {} ({devices}) are under a service level of {} h; {apart}.",
                many(level.organizations, "client"),
                text::count(level.hours)
            )
        })
        .collect()
}

/// Words, the next five slots, unusual ones ahead, warnings.
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
    let times = match &policy.schedule {
        Schedule::Cron { cron, .. } => Some(Times::of(cron)),
        Schedule::Every { .. } | Schedule::Learned => None,
    };
    let slot = |at: &Time| SlotView {
        at: *at,
        wall_clock: wall_clock(*at, zone).unwrap_or_else(|_| text::utc(*at)),
        utc: text::utc(*at),
        note: times.as_ref().and_then(|times| times.odd(*at, zone)),
    };
    // What it means for service levels is told by whoever knows which devices follow it.
    let warnings: Vec<String> = skipped_months(&policy.schedule).into_iter().collect();
    let slots: Vec<SlotView> = listed.iter().take(SHOWN).map(slot).collect();
    let odd = listed.iter().skip(SHOWN).map(slot).filter(|slot| slot.note.is_some()).take(ODD).collect();
    SchedulePreview {
        words: text::schedule(&policy.schedule),
        zone: zone.to_owned(),
        slots,
        odd,
        retries: retry_words(policy),
        warnings,
        concerned: Vec::new(),
        problem: None,
        effect: None,
    }
}

/// What happens when a backup doesn't come, in the order of time: the plan that follows from the terms.
fn retry_words(policy: &Policy) -> Vec<String> {
    let span = |minutes: u32| text::span(Span::minutes(minutes.into()));
    let overdue = |class| text::span(policy.terms(class).overdue_after);
    let mut plan = vec![
        format!(
            "A slot counts as late {} after it.",
            if policy.grace_minutes == 0 { "at once".to_owned() } else { span(policy.grace_minutes) }
        )
        .replace("late at once after it", "late at once"),
        "Attempts that the agent makes again within the same run count as one run, shown as retrying until it ends.".to_owned(),
        format!("A run that takes longer than {} is stuck and counts as failed.", span(policy.longest_run_minutes)),
        format!(
            "Without a usable backup a server is overdue after {}, a workstation after {}, never before its slot.",
            overdue(DeviceClass::Server),
            overdue(DeviceClass::Workstation)
        ),
    ];
    if policy.offline_allowance_hours > 0 {
        plan.push(format!(
            "A workstation that is switched off is offline, not missed, for {}.",
            text::span(Span::hours(policy.offline_allowance_hours.into()))
        ));
    }
    plan
}

fn skipped_months(schedule: &Schedule) -> Option<String> {
    let Schedule::Cron { cron, .. } = schedule else { return None };
    let day = cron.split_whitespace().nth(2)?.parse::<u32>().ok()?;
    let months = match day {
        29 => "February is skipped, except in leap years.",
        30 => "February is skipped.",
        31 => "Months without a 31st are skipped.",
        _ => return None,
    };
    Some(format!("{months} Choose the last day to have one every month."))
}

/// The times of day that a cron line names.
struct Times {
    /// Neither minute nor hour has `*` or `/`: such a time runs once a day, whatever the clocks do.
    fixed: bool,
    minutes: Vec<u32>,
    hours: Vec<u32>,
}

impl Times {
    fn of(cron: &str) -> Self {
        let mut fields = cron.split_whitespace();
        let (minute, hour) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        let fixed = ![minute, hour].iter().any(|field| field.contains(['*', '/', '?']));
        Self { fixed, minutes: listed(minute), hours: listed(hour) }
    }

    /// What is unusual about a slot, because the clocks are changed that day.
    fn odd(&self, at: Time, zone: &str) -> Option<String> {
        let now = shown(at, zone).ok()?;
        let is = format!("{:02}:{:02}", now.hour, now.minute);
        if self.fixed {
            if !(self.hours.contains(&now.hour) && self.minutes.contains(&now.minute)) {
                // The last named time before what is shown is the one that the gap has taken.
                let wanted = self.hours.iter().flat_map(|h| self.minutes.iter().map(move |m| (*h, *m)));
                let (hour, minute) = wanted.filter(|(h, m)| (*h, *m) < (now.hour, now.minute)).max()?;
                return Some(format!("{hour:02}:{minute:02} doesn't exist on {}: runs at {is}", now.date));
            }
            return now.twice.then(|| format!("{is} comes twice on {}: runs the first time only", now.date));
        }
        now.twice.then(|| format!("{is} comes twice on {}: runs both times", now.date))
    }
}

/// Numbers of a cron field of numbers, lists and ranges.
fn listed(field: &str) -> Vec<u32> {
    let mut numbers = Vec::new();
    for part in field.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(first), Ok(last)) = (first.parse::<u32>(), last.parse::<u32>()) {
            numbers.extend(first..=last.min(59));
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    /// 2026-03-20T12:00:00Z.
    const MARCH: Time = Time(1_774_008_000_000);

    fn berlin(cron: &str) -> Policy {
        let schedule = Schedule::Cron { cron: cron.to_owned(), time_zone: "Europe/Berlin".to_owned() };
        Policy { schedule, ..Policy::default() }
    }

    #[test]
    fn a_time_that_the_clocks_skip_says_when_it_runs_instead() {
        let preview = preview(&berlin("30 2 * * *"), "UTC", MARCH);
        assert_eq!(preview.words, "daily at 02:30 (Europe/Berlin)");
        assert_eq!(preview.slots.len(), 5);
        assert_eq!(preview.slots[0].wall_clock, "Sat 21 Mar 2026, 02:30 CET");
        assert!(preview.slots.iter().all(|slot| slot.note.is_none()));
        let notes: Vec<_> = preview.odd.iter().map(|slot| slot.note.clone().unwrap()).collect();
        assert_eq!(notes[0], "02:30 doesn't exist on 29 March 2026: runs at 03:00");
        assert_eq!(notes[1], "02:30 comes twice on 25 October 2026: runs the first time only");
    }

    #[test]
    fn a_schedule_that_follows_the_clock_runs_twice_in_the_hour_that_comes_twice() {
        let october = Time(1_792_800_000_000);
        let preview = preview(&berlin("*/30 * * * *"), "UTC", october);
        let notes: Vec<_> = preview.slots.iter().chain(&preview.odd).filter_map(|slot| slot.note.clone()).collect();
        assert!(notes[0].ends_with("comes twice on 25 October 2026: runs both times"), "{notes:?}");
    }

    #[test]
    fn every_sentence_of_the_form_is_read_back_as_it_was_written() {
        for (cron, kind) in [("30 2 * * *", "daily"), ("5 22 * * 1,3,6", "weekly"), ("0 4 15 * *", "monthly"), ("0 4 L * *", "monthly")] {
            let policy = berlin(cron);
            let form = form(None, &policy, "UTC");
            assert_eq!(form.kind, kind);
            assert_eq!(schedule(&form).unwrap(), policy.schedule, "{cron}");
        }
        let workdays = form(None, &berlin("30 2 * * 1-5"), "UTC");
        assert_eq!(workdays.weekdays(), [false, true, true, true, true, true, false]);
        assert_eq!(form(None, &berlin("*/20 8-18 * * *"), "UTC").kind, "cron");
    }

    #[test]
    fn a_service_level_that_cannot_be_kept_is_told_with_whom_it_concerns() {
        let level = |class, hours, organizations, devices| Unkept { class, hours, organizations, devices, more: false, named: Vec::new() };
        let levels = [level(DeviceClass::Server, 4, 1, 1), level(DeviceClass::Server, 12, 4, 1_100)];
        let daily = Policy { schedule: Schedule::Every { every_minutes: 1_440 }, ..Policy::default() };
        assert_eq!(
            unkept_words(&daily, &levels, MARCH),
            [
                "Servers of 1 client (1 device) are under a service level of 4 h; this policy backs up once a day.",
                "Servers of 4 clients (1,100 devices) are under a service level of 12 h; this policy backs up once a day.",
            ]
        );
        let words = |cron: &str| unkept_words(&berlin(cron), &levels[..1], MARCH).remove(0);
        assert!(words("30 2 * * 1-5").ends_with("; this policy backs up Monday to Friday at 02:30 (Europe/Berlin)."));
        assert!(words("30 2 */3 * *").ends_with("; this policy's backups lie up to 3 d apart."), "{}", words("30 2 */3 * *"));
    }

    #[test]
    fn a_day_that_some_months_lack_is_told() {
        let warned = |cron: &str| preview(&berlin(cron), "UTC", MARCH).warnings.iter().any(|w| w.contains("skipped"));
        assert!(warned("0 4 31 * *") && !warned("0 4 28 * *") && !warned("0 4 L * *"));
    }

    #[test]
    fn a_daily_schedule_is_told_not_to_keep_the_service_level_of_servers_and_keeps_that_of_workstations() {
        let daily = berlin("30 2 * * *");
        assert!(unmet(&daily, DeviceClass::Server, 12, MARCH).is_some());
        assert!(unmet(&daily, DeviceClass::Server, 26, MARCH).is_none(), "the partner's own rule is the one that counts");
        assert!(unmet(&daily, DeviceClass::Workstation, 24, MARCH).is_none(), "25 hours once a year are the clocks' doing");
        assert!(
            unmet(&Policy { overdue_hours: Some(36), ..daily }, DeviceClass::Server, 12, MARCH).is_some(),
            "who is told later still has no backup"
        );
        assert!(unmet(&berlin("0 */12 * * *"), DeviceClass::Server, 12, MARCH).is_none());
    }
}
