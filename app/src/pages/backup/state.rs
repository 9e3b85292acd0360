//! What a device is doing now, in a shape and a few words.

use crate::{
    components::{TimeText, badge::life_words, icon, icon::Icon, life_badge, run_badge},
    live::{DeviceBrief, Doing},
};
use domain::{text, time::Time};
use leptos::prelude::*;

/// The state of a device, moving by itself.
#[component]
pub fn DoingBadge(
    /// The device.
    #[prop(into)]
    now: Signal<DeviceBrief>,
) -> impl IntoView {
    let shown = Memo::new(move |_| now.with(|now| (now.doing.clone(), now.quiet_until)));
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

/// The state of a device in words, as its badge says it: "Retrying, attempt 2".
pub fn doing_words(now: &DeviceBrief) -> String {
    let words = match &now.doing {
        Doing::Life(life) => life_words(*life).to_owned(),
        Doing::Run(state, words) => [text::state_label(*state), words].into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>().join(", "),
        Doing::Nothing => "No run yet".to_owned(),
    };
    match now.quiet_until {
        Some(until) => format!("{words}; maintenance, ends {}", text::rfc3339(until)),
        None => words,
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
