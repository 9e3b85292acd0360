//! What a device is doing now, in a shape and a few words.

use crate::components::{TimeText, icon, icon::Icon, life_badge, run_badge};
use domain::{live::DeviceNow, policy::DeviceLife, run::RunState, time::Time};
use leptos::prelude::*;

/// What is shown of a device's doings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doing {
    /// Its life says it all.
    Life(DeviceLife),
    /// A run, and words behind its state.
    Run(RunState, String),
    /// Active, and nothing was ever run.
    Nothing,
}

/// What a device is doing: an open run before everything, then its life, then the last run.
pub fn doing(now: &DeviceNow) -> Doing {
    let open = now.runs.iter().rev().find(|r| r.state.is_open());
    if now.running + now.retrying > 0 {
        let retrying = now.running == 0 || open.is_some_and(|r| r.state == RunState::Retrying);
        let attempt = open.map(|r| r.attempt).or_else(|| now.facts.jobs.iter().filter_map(|j| j.history.open).map(|o| o.attempt).max());
        return if retrying {
            Doing::Run(RunState::Retrying, attempt.map(|a| format!("attempt {a}")).unwrap_or_default())
        } else {
            Doing::Run(RunState::Running, open.and_then(|r| r.percent).map(|p| format!("{p} %")).unwrap_or_default())
        };
    }
    match now.facts.life {
        DeviceLife::Active => match now.runs.last() {
            Some(run) => Doing::Run(run.state, String::new()),
            None => Doing::Nothing,
        },
        life => Doing::Life(life),
    }
}

/// The state of a device, moving by itself.
#[component]
pub fn DoingBadge(
    /// The device.
    #[prop(into)]
    now: Signal<DeviceNow>,
) -> impl IntoView {
    let shown = Memo::new(move |_| now.with(|now| (doing(now), now.quiet_until())));
    move || {
        shown.with(|(doing, quiet_until)| {
            let badge = match doing {
                Doing::Life(life) => life_badge(*life),
                Doing::Run(state, words) => run_badge(*state, words),
                Doing::Nothing => view! { <span class="faint">"No run yet"</span> }.into_any(),
            };
            match *quiet_until {
                None => badge,
                Some(until) => view! {
                    {badge}
                    " "
                    <span class="badge" data-state="maintenance"><Icon shape=icon::MAINTENANCE/><span>"Maintenance, ends "<TimeText at=Some(until)/></span></span>
                }
                .into_any(),
            }
        })
    }
}

/// Used and allowed space in words: `1.2 TiB of 2.0 TiB`; empty when nothing is known.
pub fn storage(used: Option<i64>, quota: Option<i64>) -> String {
    use domain::text::bytes;
    match (used, quota) {
        (Some(used), Some(quota)) => format!("{} of {}", bytes(used), bytes(quota)),
        (Some(used), None) => bytes(used),
        (None, Some(quota)) => format!("– of {}", bytes(quota)),
        (None, None) => String::new(),
    }
}

/// How long something took, or takes until now.
pub fn took(from: Time, to: Option<Time>) -> String {
    to.map(|to| domain::text::span(to - from)).unwrap_or_default()
}
