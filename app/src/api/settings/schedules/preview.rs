//! What a schedule means: in words, with its next slots, and what happens when a backup doesn't come.

use super::clocks::Times;
use crate::api::settings::policies::{Concerned, SchedulePreview, SlotView};
use domain::{
    policy::{DeviceClass, Policy},
    schedule::Schedule,
    text,
    time::{Span, Time},
    wall_clock::wall_clock,
    zones,
};

/// How many slots are shown.
const SHOWN: usize = 5;
/// How far ahead changes of the clocks are looked for, in slots.
const LOOKED_AT: usize = 800;
/// How many unusual slots are told.
const ODD: usize = 3;

/// Words, the next five slots, unusual ones ahead, warnings.
pub(in crate::api::settings) fn preview(policy: &Policy, own_zone: &str, now: Time) -> SchedulePreview {
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
        concerned: Concerned::default(),
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
