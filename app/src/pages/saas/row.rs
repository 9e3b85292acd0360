//! An account in the table: what moves follows the stream.

use crate::{
    api::saas::AccountLine,
    components::{DayBars, Marked, RunBadge, StateBadge, TimeText, WorkloadIcons, icon},
    live::Live,
};
use domain::{
    run::RunState,
    saas::{AccountNow, AccountStatus},
    text,
};
use leptos::prelude::*;

/// How the last backup ended, and what is open now.
#[component]
pub fn ResultBadge(
    /// The account.
    now: RwSignal<AccountNow>,
) -> impl IntoView {
    let last = Memo::new(move |_| now.with(|n| n.last_result));
    let open = Memo::new(move |_| {
        now.with(|n| match (n.retrying, n.running) {
            (1.., _) => Some(RunState::Retrying),
            (0, 1..) => Some(RunState::Running),
            (0, 0) => None,
        })
    });
    view! {
        <Marked of=Signal::derive(move || (last.get(), open.get()))>
            {move || match last.get() {
                Some(state) => view! { <RunBadge state/> }.into_any(),
                None => view! { <span class="faint">"Never"</span> }.into_any(),
            }}
            {move || open.get().map(|state| view! { <span class="saas-open"><RunBadge state/></span> })}
        </Marked>
    }
}

/// Words for what an account is not.
pub fn aside(line: &AccountLine) -> AnyView {
    let unprotected = line.status == AccountStatus::Deactivated;
    view! {
        {unprotected.then(|| view! { <span class="saas-aside"><StateBadge state="paused" shape=icon::PAUSED word="Unprotected"/></span> })}
        {line.is_gone.then(|| view! { <span class="cell-aside" title="The provider lists it no longer">"Gone at the provider"</span> })}
    }
    .into_any()
}

/// The row.
#[component]
pub fn AccountRow(
    /// The account.
    line: AccountLine,
    /// Everything that moves of it.
    now: RwSignal<AccountNow>,
    /// Else no results.
    sees_results: bool,
) -> impl IntoView {
    let href = format!("/accounts/{}", line.id);
    let beside = aside(&line);
    let name = line.name.clone();
    view! {
        <tr>
            <th scope="row" class="cell-name saas-account">
                {if sees_results {
                    view! { <a class="row-link" href=href title=line.address.clone()>{line.address.clone()}</a> }.into_any()
                } else {
                    view! { <span class="row-link" title=line.address.clone()>{line.address.clone()}</span> }.into_any()
                }}
                {beside}
            </th>
            <td data-label="Name">{name}</td>
            <td data-label="Type">{line.kind.name()}</td>
            <td data-label="Service">{line.service.name()}</td>
            {sees_results.then(|| view! {
                <td data-label="Last backup result"><ResultBadge now/></td>
                <td data-label="Last backup date"><TimeText at=Signal::derive(move || now.with(|n| n.last_at)) none="never"/></td>
                <td data-label="Workloads" class="cell-wide">
                    <WorkloadIcons workloads=line.workloads active=Signal::derive(move || now.with(|n| n.workloads.clone()))/>
                </td>
                <td data-label="Objects" class="number">{line.objects.map(text::count)}</td>
                <td data-label="Size" class="number">{line.bytes.map(text::bytes)}</td>
                <td data-label="Next due"><TimeText at=line.due_at/></td>
                <td data-label="31 days" class="cell-bars saas-bars">{line.days.map(|days| view! { <DayBars bars=days.drawn()/> })}</td>
            })}
        </tr>
    }
}

/// A signal of an account that follows the stream, where there is one.
pub fn followed(line: &AccountLine, sees_results: bool) -> RwSignal<AccountNow> {
    if sees_results { Live::get().watch_account(line.now.clone()) } else { RwSignal::new(line.now.clone()) }
}
