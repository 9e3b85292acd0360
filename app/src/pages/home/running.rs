//! What goes on now: open runs with how far they are, moving by themselves.

use crate::{
    api::backup::LogLine,
    components::{Progress, RunBadge},
    live::use_now,
    pages::backup::{
        log::{detail, follow},
        state::took,
    },
};
use domain::run::RunState;
use leptos::prelude::*;

/// One run. When it has ended it says how, until the list is asked for again.
#[component]
pub fn RunningRun(
    /// The run.
    line: LogLine,
    /// It is one client's own Home.
    of_client: bool,
) -> impl IntoView {
    let now = use_now();
    let line = follow(line);
    let seen = line.get_untracked();
    let label = format!("{} of {}", seen.job, seen.device.1);
    let is_known = Memo::new(move |_| line.with(|l| l.state == RunState::Running && l.percent.is_some()));
    let lasted = move || line.with(|l| took(l.started_at, l.ended_at.or_else(|| now.get())));
    view! {
        <li class="going">
            <a class="quiet-link going-name" href=format!("/runs/{}", seen.id)>{seen.device.1.clone()}</a>
            <span class="going-state"><RunBadge state=Signal::derive(move || line.with(|l| l.state)) detail=Signal::derive(move || line.with(detail))/></span>
            <span class="going-sub">{if of_client { seen.job.clone() } else { format!("{} · {}", seen.job, seen.organization.1) }}</span>
            <span class="going-took">{lasted}</span>
            {move || is_known.get().then(|| view! { <div class="going-bar"><Progress label=label.clone() percent=Signal::derive(move || line.with(|l| l.percent)) bare=true/></div> })}
        </li>
    }
}
