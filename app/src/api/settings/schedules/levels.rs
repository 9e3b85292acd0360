//! Service levels that a schedule can't keep, in words: its backups lie too far apart (D2, last rule).

use domain::{
    policy::{DeviceClass, Policy},
    text,
    time::{Span, Time},
};
use engine::store::policies::Unkept;

/// The longest gap between two slots; none: it isn't known (learned).
pub(in crate::api::settings) fn widest(policy: &Policy, now: Time) -> Option<Span> {
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
pub(in crate::api::settings) fn unkept_words(policy: &Policy, unkept: &[Unkept], now: Time) -> Vec<String> {
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
