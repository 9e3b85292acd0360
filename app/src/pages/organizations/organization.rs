//! One organization by tabs, each with an address of its own: overview, devices, alerts, job log, settings.

use super::{change::Settings, list::Status, overview::Overview};
use crate::{
    api::{
        backup::{compliance::load_compliance, load_alerts, load_devices, load_job_log},
        organizations::{OrganizationView, load_organization},
        saas::load_accounts,
    },
    components::{ButtonKind, LinkButton, Page, Tab, TableSkeleton, Tabs, TilesSkeleton, loaded_page_with},
    error::UiError,
    live::Live,
    me::may,
    pages::{
        backup::{
            alerts::{AlertList, asked as asked_alerts},
            clients::devices as count_devices,
            compliance::{ComplianceBody, asked as asked_compliance},
            devices::{DeviceTable, asked as asked_devices},
            log::{LogTable, asked as asked_log},
        },
        saas::accounts::{AccountsTable, asked as asked_accounts},
    },
    wire,
};
use domain::{access::Action, live::OrganizationNow};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

type Head = wire::Resource<Result<OrganizationView, UiError>>;

/// Which organization the address names; whatever it is, the server decides.
pub(super) fn which() -> Memo<String> {
    let params = use_params_map();
    Memo::new(move |_| params.read().get("id").unwrap_or_default())
}

fn head(id: Memo<String>, part: &'static str) -> Head {
    wire::resource(move || id.get(), move |id| load_organization(id, part.to_owned(), String::new()))
}

/// What all tabs share: name, state, tabs, and what can be done.
#[component]
pub(super) fn Frame(
    /// The organization.
    view: OrganizationView,
    /// Place of this tab's address in [`tabs`].
    here: &'static str,
    /// The tab.
    children: Children,
) -> impl IntoView {
    let now = Live::get().watch_organization(view.now.clone());
    let tabs = tabs(&view, now);
    let place = tabs.iter().position(|tab| tab.href.ends_with(here)).unwrap_or(0);
    let tab =
        tabs.get(place).filter(|_| place > 0).map_or_else(|| view.line.name.clone(), |tab| format!("{} of {}", tab.label, view.line.name));
    let add = (view.may_add_devices && view.line.activated)
        .then(|| view! {
            <LinkButton href=format!("/settings/maintenance/new?reach=organization&organization={}", view.line.id)>"Plan maintenance"</LinkButton>
            <LinkButton href=format!("/devices/new?organization={}", view.line.id) kind=ButtonKind::Primary>"Add a device"</LinkButton> });
    let zone = view.line.time_zone.replace('_', " ");
    let partner = (!view.is_own && !view.line.partner.1.is_empty()).then(|| view! { <span>{view.line.partner.1.clone()}</span> });
    let lead = view! { <p class="facts"><Status activated=view.line.activated/> {partner} <span>{zone}</span></p> };
    let above = if view.is_own { Vec::new() } else { vec![("/organizations".to_owned(), "Organizations".to_owned())] };
    view! {
        <Page title=view.line.name tab breadcrumbs=above lead=lead.into_any() actions=add.into_any()>
            <Tabs label="Organization" tabs here=Signal::stored(place)/>
            {children()}
        </Page>
    }
}

/// Only tabs that have something to show to the one who looks.
fn tabs(view: &OrganizationView, now: RwSignal<OrganizationNow>) -> Vec<Tab> {
    let address = format!("/organizations/{}", view.line.id);
    let counted = |tail: &str, label, n: fn(&OrganizationNow) -> i64| Tab {
        href: format!("{address}{tail}"),
        label,
        count: Some(Memo::new(move |_| now.with(|now| Some(n(now)))).into()),
    };
    let mut tabs = vec![Tab::new(address.clone(), "Overview")];
    if view.sees_health {
        tabs.push(counted("/devices", "Devices", |now| count_devices(&now.counts)));
    }
    if view.shows_saas {
        tabs.push(Tab::new(format!("{address}/saas"), "SaaS"));
    }
    if view.sees_health {
        tabs.push(counted("/alerts", "Alerts", |now| now.counts.open_alerts));
        tabs.push(Tab::new(format!("{address}/log"), "Job log"));
        tabs.push(Tab::new(format!("{address}/compliance"), "Compliance"));
    }
    if view.sees_reports {
        tabs.push(Tab::new(format!("{address}/reports"), "Reports"));
    }
    if may(Action::SeeSeats) {
        tabs.push(Tab::new(format!("{address}/features"), "Features"));
    }
    if view.may_change {
        tabs.push(Tab::new(format!("{address}/settings"), "Settings"));
    }
    tabs
}

fn waiting() -> AnyView {
    view! { <TableSkeleton rows=12/> }.into_any()
}

/// `/organizations/{id}`; `?window=7d`.
#[component]
pub fn Organization() -> impl IntoView {
    let id = which();
    let query = use_query_map();
    let window = Memo::new(move |_| query.read().get("window").unwrap_or_default());
    let data: Head = wire::resource(move || (id.get(), window.get()), |(id, window)| load_organization(id, "overview".to_owned(), window));
    loaded_page_with(
        data,
        || view! { <TilesSkeleton tiles=5/> }.into_any(),
        move |view| {
            let again = Callback::new(move |()| data.refetch());
            view! { <Frame view=view.clone() here=""><Overview view again/></Frame> }.into_any()
        },
    )
}

/// `/organizations/{id}/devices`
#[component]
pub fn OrganizationDevices() -> impl IntoView {
    let id = which();
    let query = use_query_map();
    let data = head(id, "devices");
    let devices = wire::resource(
        move || {
            let mut asked = asked_devices(&query.read());
            asked.organization = id.get();
            asked
        },
        load_devices,
    );
    loaded_page_with(data, waiting, move |view| {
        let now = Live::get().watch_organization(view.now.clone());
        // The list is another when its organization has more devices, or fewer.
        let count = Memo::new(move |_| now.with(|now| count_devices(&now.counts)));
        Effect::new(move |before: Option<i64>| {
            let now = count.get();
            if before.is_some_and(|before| before != now) {
                devices.refetch();
            }
            now
        });
        view! { <Frame view here="/devices"><DeviceTable data=devices of_organization=true/></Frame> }.into_any()
    })
}

/// `/organizations/{id}/saas`
#[component]
pub fn OrganizationSaas() -> impl IntoView {
    let id = which();
    let query = use_query_map();
    let data = head(id, "saas");
    let asked = Memo::new(move |_| asked_accounts(&query.read(), id.get()));
    let accounts = wire::resource(move || asked.get(), load_accounts);
    loaded_page_with(data, waiting, move |view| view! { <Frame view here="/saas"><AccountsTable data=accounts asked/></Frame> }.into_any())
}

/// `/organizations/{id}/alerts`
#[component]
pub fn OrganizationAlerts() -> impl IntoView {
    let id = which();
    let query = use_query_map();
    let data = head(id, "alerts");
    let alerts = wire::resource(move || asked_alerts(&query.read(), Some(&id.get())), load_alerts);
    loaded_page_with(data, waiting, move |view| {
        view! { <Frame view here="/alerts"><div class="of-organization"><AlertList data=alerts of_organization=true/></div></Frame> }
            .into_any()
    })
}

/// `/organizations/{id}/log`
#[component]
pub fn OrganizationLog() -> impl IntoView {
    let id = which();
    let query = use_query_map();
    let data = head(id, "log");
    let runs = wire::resource(move || asked_log(&query.read(), Some(&id.get())), load_job_log);
    loaded_page_with(data, waiting, move |view| {
        view! { <Frame view here="/log"><LogTable data=runs of_organization=true/></Frame> }.into_any()
    })
}

/// `/organizations/{id}/compliance`
#[component]
pub fn OrganizationCompliance() -> impl IntoView {
    let id = which();
    let query = use_query_map();
    let data = head(id, "compliance");
    let compliance = wire::resource(move || asked_compliance(&query.read(), Some(&id.get())), load_compliance);
    loaded_page_with(data, waiting, move |view| {
        view! { <Frame view here="/compliance"><ComplianceBody data=compliance of_organization=true/></Frame> }.into_any()
    })
}

/// `/organizations/{id}/settings`
#[component]
pub fn OrganizationSettings() -> impl IntoView {
    let id = which();
    let data = head(id, "settings");
    loaded_page_with(data, waiting, move |view| {
        let again = Callback::new(move |()| data.refetch());
        view! { <Frame view=view.clone() here="/settings"><Settings view on_change=again/></Frame> }.into_any()
    })
}
