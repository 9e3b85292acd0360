//! One organization: overview, devices, settings.

use super::{
    change::Settings,
    devices::{DevicesTable, NoDevices},
    list::Status,
    overview::Overview,
    refresh_on_change,
};
use crate::{
    api::organizations::{OrganizationView, load_organization},
    components::{ButtonKind, LinkButton, Page, Pager, Tab, Tabs, loaded},
    error::UiError,
};
use domain::ids::OrganizationId;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

/// The page; `?tab=devices`, `?tab=settings`, `?window=7d`.
#[component]
pub fn Organization() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let id = Memo::new(move |_| params.with(|p| p.get("id").and_then(|id| id.parse::<OrganizationId>().ok())));
    let asked = Memo::new(move |_| query.with(|q| (q.get("tab"), q.get("window"), q.get("cursor"))));
    let view = Resource::new_blocking(
        move || (id.get(), asked.get()),
        |(id, (tab, window, cursor))| async move {
            match id {
                Some(id) => load_organization(id, tab, window, cursor).await,
                None => Err(UiError::not_found("organization")),
            }
        },
    );
    // A form that somebody is filling in must stay: settings are not fetched again by themselves.
    let follows = Memo::new(move |_| asked.with(|(tab, ..)| tab.as_deref() != Some("settings")));
    if follows.get_untracked() {
        refresh_on_change(view);
    }
    let again = Callback::new(move |()| view.refetch());
    loaded(view, move |view: OrganizationView| view! { <Whole view again/> }.into_any())
}

#[component]
fn Whole(view: OrganizationView, again: Callback<()>) -> impl IntoView {
    let address = format!("/organizations/{}", view.line.id);
    let mut tabs = vec![Tab::new(address.clone(), "Overview")];
    if view.sees_health {
        tabs.push(Tab::new(format!("{address}?tab=devices"), "Devices"));
    }
    if view.may_change {
        tabs.push(Tab::new(format!("{address}?tab=settings"), "Settings"));
    }
    let add = (view.may_add_devices && view.line.activated)
        .then(|| view! { <LinkButton href=format!("/devices/new?organization={}", view.line.id) kind=ButtonKind::Primary>"Add a device"</LinkButton> });
    let lead = view! { <p class="facts"><Status activated=view.line.activated/> <span>{view.line.time_zone.replace('_', " ")}</span></p> };
    let here = tabs.iter().position(|t| t.href.ends_with(&format!("?tab={}", view.tab))).unwrap_or(0);
    let body = match view.tab.as_str() {
        "devices" if view.devices.is_empty() => {
            view! { <NoDevices id=view.line.id may_add=view.may_add_devices && view.line.activated/> }.into_any()
        }
        "devices" => {
            let shown = view.devices.len();
            view! {
                <DevicesTable devices=view.devices/>
                <Pager next_cursor=view.next_cursor shown noun="device"/>
            }
            .into_any()
        }
        "settings" => view! { <Settings view=view.clone() on_change=again/> }.into_any(),
        _ => view! { <Overview view=view.clone()/> }.into_any(),
    };
    view! {
        <Page title=view.line.name breadcrumbs=vec![("/organizations".to_owned(), "Organizations".to_owned())] lead=lead.into_any() actions=add.into_any()>
            <Tabs label="Organization" tabs here=Signal::stored(here)/>
            {body}
        </Page>
    }
}
