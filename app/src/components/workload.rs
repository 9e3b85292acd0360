//! Workloads of an account as icons: solid where one is backed up, dotted where it isn't (D7). One whose last run went wrong has a mark.

use super::icon::{self, Shape};
use domain::{
    run::RunState,
    saas::{Workload, WorkloadNow},
    text,
};
use leptos::prelude::*;

/// The picture of a workload.
pub const fn workload_shape(workload: Workload) -> Shape {
    match workload {
        Workload::Email => icon::ENVELOPE,
        Workload::Drive => icon::FOLDER,
        Workload::Contacts => icon::CONTACT_CARD,
        Workload::Calendar => icon::CALENDAR,
        Workload::Tasks => icon::CHECK_LIST,
        Workload::SharePoint => icon::SITE,
    }
}

/// "Email: last run succeeded", "Tasks: not backed up".
pub fn told(workload: Workload, now: Option<&WorkloadNow>) -> String {
    let words = match now.map(|now| now.state) {
        None => "not backed up".to_owned(),
        Some(None) => "no run yet".to_owned(),
        Some(Some(state @ (RunState::Running | RunState::Retrying))) => text::state_label(state).to_lowercase(),
        Some(Some(state)) => format!("last run {}", text::state_label(state).to_lowercase()),
    };
    format!("{}: {words}", workload.name())
}

const fn is_bad(state: Option<RunState>) -> bool {
    matches!(state, Some(RunState::Failed | RunState::Missed))
}

/// One icon. Solid or dotted, with its words for the pointer and for screen readers.
#[component]
pub fn WorkloadIcon(
    /// Which.
    workload: Workload,
    /// As it is now; none: inactive.
    #[prop(into)]
    now: Signal<Option<WorkloadNow>>,
) -> impl IntoView {
    let words = Memo::new(move |_| now.with(|now| told(workload, now.as_ref())));
    let is_active = Memo::new(move |_| now.with(Option::is_some));
    let bad = Memo::new(move |_| now.with(|now| is_bad(now.and_then(|now| now.state))));
    view! {
        <span class="workload" data-active=move || is_active.get().then_some("") title=move || words.get()>
            <svg viewBox="0 0 20 20" aria-hidden="true" focusable="false">
                <rect class="workload-edge" x="0.75" y="0.75" width="18.5" height="18.5" rx="3"></rect>
                <path class="workload-shape" fill-rule="evenodd" transform="translate(2 2)" d=workload_shape(workload)></path>
                {move || bad.get().then(|| view! { <path class="workload-mark" d="M20 10v10H10Z"></path> })}
            </svg>
            <span class="hidden-words">{move || words.get()}</span>
        </span>
    }
}

/// All workloads that an account may have, in the order of icons.
#[component]
pub fn WorkloadIcons(
    /// All it may have.
    workloads: Vec<Workload>,
    /// The active ones, as they are now.
    #[prop(into)]
    active: Signal<Vec<WorkloadNow>>,
) -> impl IntoView {
    view! {
        <span class="workloads">
            {workloads
                .into_iter()
                .map(|workload| {
                    let now = Signal::derive(move || active.with(|all| all.iter().find(|now| now.workload == workload).copied()));
                    view! { <WorkloadIcon workload now/> }
                })
                .collect_view()}
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_icon_says_what_it_is_and_how_its_last_run_ended() {
        let now = |state| WorkloadNow { workload: Workload::Email, state, at: None };
        assert_eq!(told(Workload::Email, None), "Email: not backed up");
        assert_eq!(told(Workload::Email, Some(&now(None))), "Email: no run yet");
        assert_eq!(told(Workload::Email, Some(&now(Some(RunState::Retrying)))), "Email: retrying");
        assert_eq!(told(Workload::Email, Some(&now(Some(RunState::Failed)))), "Email: last run failed");
    }
}
