//! What a device is doing now, in a shape and a few words.

use crate::{
    components::{TimeText, icon, icon::Icon, life_badge, run_badge},
    live::use_now,
};
use domain::{
    live::DeviceNow,
    maintenance::{Quiet, quiet_until},
    policy::DeviceLife,
    run::RunState,
    time::Time,
};
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
    let shown = Memo::new(move |_| now.with(|now| (doing(now), now.facts.quiet.clone())));
    let clock = quiet_clock();
    move || {
        shown.with(|(doing, quiet)| {
            let badge = match doing {
                Doing::Life(life) => life_badge(*life),
                Doing::Run(state, words) => run_badge(*state, words),
                Doing::Nothing => view! { <span class="faint">"No run yet"</span> }.into_any(),
            };
            match until(quiet, clock) {
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

/// What time it is for those who ask whether maintenance is on: the page's own, and on the server the request's.
#[derive(Clone, Copy)]
pub struct QuietClock(Signal<Option<Time>>, Option<Time>);

/// The clock; made once where something is shown.
pub fn quiet_clock() -> QuietClock {
    #[cfg(feature = "ssr")]
    let rendered_at = crate::context::rendered_at();
    #[cfg(not(feature = "ssr"))]
    let rendered_at = None;
    QuietClock(use_now().into(), rendered_at)
}

/// End of the maintenance that is on. The clock is followed only where there is any.
pub fn until(quiet: &Quiet, clock: QuietClock) -> Option<Time> {
    if quiet.is_empty() {
        return None;
    }
    quiet_until(quiet, clock.0.get().or(clock.1)?)
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
