//! What a device is doing now, in a shape and a few words.

use crate::components::{LifeBadge, RunBadge};
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
    let doing = Memo::new(move |_| now.with(doing));
    // Only what the badge says moves when a percentage does; the badge itself is made anew when its kind changes.
    let kind = Memo::new(move |_| {
        doing.with(|d| match d {
            Doing::Life(_) => 0,
            Doing::Run(..) => 1,
            Doing::Nothing => 2,
        })
    });
    move || {
        match kind.get() {
        0 => view! { <LifeBadge life=Signal::derive(move || doing.with(|d| match d { Doing::Life(life) => *life, _ => DeviceLife::Active }))/> }.into_any(),
        1 => view! {
            <RunBadge
                state=Signal::derive(move || doing.with(|d| match d { Doing::Run(state, _) => *state, _ => RunState::Running }))
                detail=Signal::derive(move || doing.with(|d| match d { Doing::Run(_, words) => words.clone(), _ => String::new() }))
            />
        }
        .into_any(),
        _ => view! { <span class="faint">"No run yet"</span> }.into_any(),
    }
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
