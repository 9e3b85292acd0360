//! Settings: policies, the inbox and its rules, keys, the audit log, the person's own page.

pub mod account;
pub mod audit;
pub mod inbox;
pub mod keys;
pub mod policies;
pub mod policy;
pub mod rules;
mod schedule;

use crate::me::may;
use domain::access::Action;
use leptos::prelude::*;

/// A page of settings: the list of all of them that the role may see beside it. `here` is the address of this one.
#[component]
fn Settings(here: &'static str, children: Children) -> impl IntoView {
    let places = [
        ("/settings/policies", "Policies", may(Action::SeeDashboards)),
        ("/settings/inbox", "Inbox", may(Action::ManageDevices)),
        ("/settings/inbox/rules", "Inbox rules", may(Action::ManageDevices)),
        ("/settings/keys", "API keys", may(Action::ManageSettings)),
        ("/settings/audit", "Audit log", may(Action::SeeAudit)),
        ("/settings/account", "Your account", true),
    ];
    view! {
        <div class="settings">
            <nav class="settings-nav" aria-label="Settings">
                <ul role="list">
                    {places
                        .into_iter()
                        .filter(|(.., shown)| *shown)
                        .map(|(href, words, _)| view! { <li><a href=href aria-current=(href == here).then_some("page")>{words}</a></li> })
                        .collect_view()}
                </ul>
            </nav>
            <div class="settings-body">{children()}</div>
        </div>
    }
}
