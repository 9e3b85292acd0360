//! Settings: policies, the inbox and its rules, keys, the audit log, the person's own page.

pub mod account;
pub mod audit;
pub mod branding;
pub mod inbox;
pub mod keys;
pub mod maintenance;
pub mod policies;
pub mod policy;
pub mod reminders;
pub mod rules;
mod schedule;
pub mod sla;
pub mod window;

use crate::me::may;
use domain::access::Action;
use leptos::prelude::*;
use leptos_router::{NavigateOptions, params::ParamsMap};

/// Whether the address asks for a new one (`?new`). It asks once: what it said is taken out of it, so that loading the page again
/// doesn't ask again. Called from an effect.
fn asked_for_new(navigate: impl Fn(&str, NavigateOptions) + 'static, query: &ParamsMap, here: &'static str) -> bool {
    let asked = query.get("new").is_some();
    if asked {
        crate::browser::after(0, move || navigate(here, NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() }));
    }
    asked
}

/// A page of settings: the list of all of them that the role may see beside it. `here` is the address of this one.
#[component]
fn Settings(here: &'static str, children: Children) -> impl IntoView {
    let places = [
        ("/settings/policies", "Policies", may(Action::SeeDashboards)),
        ("/settings/sla", "Service levels", may(Action::SeeDashboards)),
        ("/settings/maintenance", "Maintenance windows", may(Action::SeeDashboards)),
        ("/settings/alerts", "Alerts", may(Action::SeeDashboards)),
        ("/settings/branding", "Branding", may(Action::ManageSettings)),
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
