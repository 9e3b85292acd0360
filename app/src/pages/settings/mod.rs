//! Settings: policies, the inbox and its rules, keys, the audit log, the person's own page.

pub mod account;
pub mod audit;
pub mod branding;
pub mod domains;
pub mod inbox;
pub mod keys;
pub mod maintenance;
pub mod outbox;
pub mod policies;
pub mod policy;
pub mod reminders;
pub mod reports;
pub mod rules;
mod schedule;
mod signing;
pub mod sla;
pub mod window;

use crate::{
    UiError,
    components::Fold,
    me::{is_client, may},
};
use domain::access::Action;
use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};
use leptos_router::{NavigateOptions, params::ParamsMap};
use std::time::Duration;

/// Whether the address asks for a new one (`?new`). It asks once: what it said is taken out of it, so that loading the page again
/// doesn't ask again. Called from an effect.
fn asked_for_new(navigate: impl Fn(&str, NavigateOptions) + 'static, query: &ParamsMap, here: &'static str) -> bool {
    let asked = query.get("new").is_some();
    if asked {
        crate::browser::after(0, move || navigate(here, NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() }));
    }
    asked
}

/// From the last key to the question.
const PAUSE: Duration = Duration::from_millis(300);

/// What the server says of a form, asked for once typing pauses; `at_once`: of the form as it came, too, because `first` is not of it.
fn followed<T, A, F>(typed: Memo<T>, first: A, at_once: bool, ask: impl Fn(T) -> F + 'static) -> RwSignal<A>
where
    T: Clone + PartialEq + Send + Sync + 'static,
    A: Clone + Send + Sync + 'static,
    F: Future<Output = Result<A, UiError>> + 'static,
{
    let said = RwSignal::new(first);
    let waiting: StoredValue<Option<TimeoutHandle>> = StoredValue::new(None);
    let ask = leptos::prelude::Action::new_local(move |form: &T| {
        let (form, answer) = (form.clone(), ask(form.clone()));
        async move {
            let answer = answer.await;
            // A slower answer to something typed earlier is not shown.
            if typed.try_get_untracked() == Some(form)
                && let Ok(answer) = answer
            {
                let _ = said.try_set(answer);
            }
        }
    });
    on_cleanup(move || {
        if let Some(Some(waits)) = waiting.try_get_value() {
            waits.clear();
        }
    });
    Effect::new(move |before: Option<()>| {
        let form = typed.get();
        if before.is_none() && !at_once {
            return;
        }
        if let Some(earlier) = waiting.get_value() {
            earlier.clear();
        }
        let later = set_timeout_with_handle(
            move || {
                ask.dispatch(form);
            },
            PAUSE,
        );
        waiting.set_value(later.ok());
    });
    said
}

/// What a partner sets for all its clients is no place of theirs, nor of who sees no backups.
fn is_of_partner() -> bool {
    may(Action::SeeDashboards) && !is_client()
}

/// Address of the page that settings begin with.
pub fn first() -> &'static str {
    if is_of_partner() { "/settings/policies" } else { "/settings/account" }
}

/// A page of settings: the list of all of them that the role may see beside it. `here` is the address of this one.
#[component]
fn Settings(here: &'static str, children: Children) -> impl IntoView {
    let of_partner = is_of_partner();
    let places = [
        ("/settings/policies", "Policies", of_partner),
        ("/settings/sla", "Service levels", of_partner),
        ("/settings/maintenance", "Maintenance windows", may(Action::SeeDashboards)),
        ("/settings/alerts", "Alerts", of_partner),
        ("/settings/branding", "Branding", may(Action::ManageSettings)),
        ("/settings/domains", "Domains", may(Action::ManageSettings)),
        ("/settings/reports", "Reports", may(Action::ManageSettings)),
        ("/settings/outbox", "Outbox", may(Action::ManageDelivery)),
        ("/settings/inbox", "Inbox", may(Action::ManageDevices)),
        ("/settings/inbox/rules", "Inbox rules", may(Action::ManageDevices)),
        ("/settings/keys", "API keys", may(Action::ManageSettings)),
        ("/settings/audit", "Audit log", may(Action::SeeAudit)),
        ("/settings/account", "Your account", true),
    ];
    let this = places.iter().find(|(href, ..)| *href == here).map_or("Settings", |(_, words, _)| words);
    view! {
        <div class="settings">
            <nav class="settings-nav" aria-label="Settings">
                <Fold label=format!("Settings: {this}")/>
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
