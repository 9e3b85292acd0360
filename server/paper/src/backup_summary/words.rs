//! The words of the report: what states and columns mean, what a bar says to somebody who can't see it, and the month in one sentence.

use super::{BackupSummary, Level};
use crate::document::Day;
use std::fmt::Write;

/// The states of a day with their word and what it means, in the order of the legend.
pub(super) const fn states(level: Level) -> &'static [(Day, &'static str, &'static str)] {
    match level {
        Level::Account => &[
            (
                Day::Healthy,
                "Healthy",
                "Backups have completed successfully: everything that was due on this day, with issues made good within 24 hours.",
            ),
            (
                Day::Deactivated,
                "Deactivated",
                "Backups on these accounts are turned off, for the account or its organization, during that day.",
            ),
            (Day::Unhealthy, "Unhealthy", "Backups did not complete successfully on this day."),
            (Day::NoData, "No data", "The account did not exist yet, or no backup was due."),
        ],
        Level::Organization => &[
            (Day::VeryHealthy, "Very healthy", "Backups are completing successfully: all runs of every active account."),
            (
                Day::Healthy,
                "Healthy",
                "Minor issues occurred during backup and usually resolve within 24 hours: at least 95 % of the active accounts were healthy, or every failure was made good within 24 hours.",
            ),
            (Day::Deactivated, "Deactivated", "Backups on these accounts are turned off: no account was active on this day."),
            (Day::Unhealthy, "Unhealthy", "Backups did not complete successfully on this day."),
            (Day::NoData, "No data", "There was no account yet, or no backup was due."),
        ],
    }
}

/// What the columns hold.
pub(super) const fn columns(level: Level) -> &'static [(&'static str, &'static str)] {
    match level {
        Level::Account => &[
            ("Last backup", "End of the last successful backup that was recorded in the month."),
            ("Total objects, total size", "Messages or files, and their size, in the last successful backup of each workload, together."),
            ("Workload status", "Workloads with a solid line are backed up, those with a dotted line are not."),
        ],
        Level::Organization => &[
            ("Last backup", "End of the last successful backup of any account that was recorded in the month."),
            ("Total objects, total size", "Messages or files, and their size, in the last successful backup of each account, together."),
            ("Status", "A workload with a solid line is backed up for at least one account, one with a dotted line for none."),
        ],
    }
}

const fn word(level: Level, day: Day) -> &'static str {
    match (level, day) {
        (_, Day::NoData) => "no data",
        (_, Day::Deactivated) => "deactivated",
        (Level::Organization, Day::VeryHealthy) => "very healthy",
        (_, Day::VeryHealthy | Day::Healthy | Day::Warning) => "healthy",
        (_, Day::Missed | Day::Unhealthy) => "unhealthy",
    }
}

/// What bars say: "Healthy on 29 days, unhealthy on days 3, 12–13".
pub(super) fn told(level: Level, days: &[Day]) -> String {
    let order = [Day::VeryHealthy, Day::Healthy, Day::Unhealthy, Day::Deactivated, Day::NoData];
    let mut text = String::new();
    for of in order {
        let places: Vec<usize> = days.iter().enumerate().filter(|(_, day)| **day == of).map(|(place, _)| place + 1).collect();
        if places.is_empty() {
            continue;
        }
        if !text.is_empty() {
            text.push_str(", ");
        }
        let word = word(level, of);
        let _ = match (of, places.len()) {
            _ if places.len() == days.len() => write!(text, "{word} on every day"),
            // Where something was wrong, which days; else how many.
            (Day::Unhealthy | Day::Deactivated, 1) => write!(text, "{word} on day {}", ranges(&places)),
            (Day::Unhealthy | Day::Deactivated, _) => write!(text, "{word} on days {}", ranges(&places)),
            (_, 1) => write!(text, "{word} on 1 day"),
            (_, n) => write!(text, "{word} on {n} days"),
        };
    }
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// "3, 12–13".
fn ranges(places: &[usize]) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for place in places {
        match runs.last_mut() {
            Some(run) if run.1 + 1 == *place => run.1 = *place,
            _ => runs.push((*place, *place)),
        }
    }
    let told = |(first, last): &(usize, usize)| if first == last { first.to_string() } else { format!("{first}–{last}") };
    runs.iter().map(told).collect::<Vec<_>>().join(", ")
}

const fn is_healthy(day: Day) -> Option<bool> {
    match day {
        Day::VeryHealthy | Day::Healthy | Day::Warning => Some(true),
        Day::Unhealthy | Day::Missed => Some(false),
        Day::NoData | Day::Deactivated => None,
    }
}

/// Healthy days among those on which backups were due, in hundredths of a percent; none: there was no such day.
pub(super) fn healthy_share(report: &BackupSummary) -> Option<u32> {
    let days = || report.of_accounts.iter().chain(&report.of_devices).flat_map(|row| &row.days).filter_map(|day| is_healthy(*day));
    let (all, healthy) = (days().count() as u64, days().filter(|healthy| *healthy).count() as u64);
    // Rounded down: not every day was healthy if one was not.
    (all > 0).then(|| u32::try_from(healthy * 10_000 / all).unwrap_or(10_000))
}

/// The month in one or two sentences.
pub(super) fn in_short(report: &BackupSummary) -> String {
    let rows = report.of_accounts.iter().chain(&report.of_devices);
    let (mut judged, mut troubled) = (0_u64, 0_u64);
    for row in rows {
        let days: Vec<bool> = row.days.iter().filter_map(|day| is_healthy(*day)).collect();
        judged += u64::from(!days.is_empty());
        troubled += u64::from(days.contains(&false));
    }
    let (whom, many) = match (report.level, report.of_accounts.is_empty(), report.of_devices.is_empty()) {
        (Level::Account, _, true) => ("account", "accounts"),
        (Level::Account, true, false) => ("device", "devices"),
        (Level::Account, false, false) => ("account and device", "accounts and devices"),
        (Level::Organization, _, true) => ("workload", "workloads"),
        (Level::Organization, true, false) => ("class of devices", "classes of devices"),
        (Level::Organization, false, false) => ("workload and class of devices", "workloads and classes of devices"),
    };
    if judged == 0 {
        return format!("No backup was due for {} in {}.", report.client, report.month);
    }
    match troubled {
        0 => format!("In {} every {whom} of {} was healthy on every day on which backups were due.", report.month, report.client),
        n => format!(
            "In {}, {} of {} {} had unhealthy days; the bars show which.",
            report.month,
            super::number(n),
            super::number(judged),
            if judged == 1 { whom } else { many }
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_told_in_words_with_the_days_on_which_something_was_wrong() {
        let mut days = vec![Day::Healthy; 31];
        assert_eq!(told(Level::Account, &days), "Healthy on every day");
        for place in [2, 11, 12] {
            days[place] = Day::Unhealthy;
        }
        days[0] = Day::NoData;
        days[30] = Day::Deactivated;
        assert_eq!(told(Level::Account, &days), "Healthy on 26 days, unhealthy on days 3, 12–13, deactivated on day 31, no data on 1 day");
        days[5] = Day::VeryHealthy;
        assert!(told(Level::Organization, &days).starts_with("Very healthy on 1 day, healthy on 25 days"));
        assert_eq!(told(Level::Account, &[]), "");
    }
}
