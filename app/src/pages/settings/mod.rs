//! Settings: policies, keys, the inbox, the audit log, the person's own page.

pub mod account;
pub mod audit;
pub mod inbox;
pub mod keys;
pub mod policies;
pub mod policy;

use crate::{
    components::{Tab, Tabs},
    me::may,
};
use domain::access::Action;
use leptos::prelude::*;

/// The tabs of settings: what the role may see. `here` is the address of the current one.
#[component]
fn SettingsTabs(here: &'static str) -> impl IntoView {
    let tabs: Vec<Tab> = [
        ("/settings/policies", "Policies", may(Action::SeeDashboards)),
        ("/settings/keys", "API keys", may(Action::ManageSettings)),
        ("/settings/inbox", "Inbox", may(Action::ManageDevices)),
        ("/settings/audit", "Audit log", may(Action::SeeAudit)),
        ("/settings/account", "Your account", true),
    ]
    .into_iter()
    .filter(|(.., shown)| *shown)
    .map(|(href, label, _)| Tab::new(href, label))
    .collect();
    let place = tabs.iter().position(|t| t.href == here).unwrap_or(0);
    view! { <Tabs label="Settings" tabs here=Signal::stored(place)/> }
}
