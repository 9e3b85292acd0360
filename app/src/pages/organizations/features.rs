//! Features of an organization, where *Manage features* leads: backups on or off, plan and seats, connections, accounts, and when
//! which of it was switched.

mod accounts;
pub mod import;
mod plan;
mod seats;

use super::{
    change::Activation,
    connections::Connections,
    organization::{Frame, which},
};
use crate::{
    api::organizations::features::{FeaturesQuery, FeaturesView, load_features},
    components::{Section, TableSkeleton, TilesSkeleton, loaded_page_with},
    wire,
};
use accounts::{Accounts, Desk};
use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use plan::Plan;
use seats::{History, SeatTiles, Services};

fn asked(query: &ParamsMap, organization: String) -> FeaturesQuery {
    let text = |key| query.get(key).unwrap_or_default();
    FeaturesQuery {
        organization,
        search: text("search"),
        status: text("status"),
        kind: text("type"),
        service: text("service"),
        cursor: text("cursor"),
    }
}

/// `/organizations/{id}/features`
#[component]
pub fn OrganizationFeatures() -> impl IntoView {
    let id = which();
    let query = use_query_map();
    let asked = Memo::new(move |_| asked(&query.read(), id.get()));
    let data = wire::resource(move || asked.get(), load_features);
    let again = Callback::new(move |()| data.refetch());
    let desk = Desk::new(asked, again);
    let waiting = || view! { <TilesSkeleton tiles=4/> <TableSkeleton rows=10/> }.into_any();
    loaded_page_with(data, waiting, move |view| {
        view! { <Frame view=view.organization.clone() here="/features"><Features view desk again/></Frame> }.into_any()
    })
}

#[component]
fn Features(view: FeaturesView, desk: Desk, again: Callback<()>) -> impl IntoView {
    let (line, history, connections) = (view.organization.line.clone(), view.history.clone(), view.connections.clone());
    let address = format!("/organizations/{}", line.id);
    let (may_plan, may_manage) = (view.may_plan, view.may_manage);
    let (seats, activated, id) = (view.seats.clone(), line.activated, line.id.to_string());
    let services = seats.services.clone();
    let activation =
        may_plan.then(|| view! { <Activation id=line.id.to_string() name=line.name.clone() activated=line.activated on_change=again/> });
    view! {
        {(!activated).then(|| view! {
            <p class="notice" data-state="warning">"Backups are deactivated for this organization: nobody is backed up, no seat is used, and nothing raises alerts."</p>
        })}
        <SeatTiles seats address activated/>
        <div class="features-plan">
            <Section title="Plan"><Plan line may_plan on_change=again/></Section>
            <div>
                {activation}
                <Section title="Switched on and off"><History lines=history/></Section>
            </div>
        </div>
        <Section title="Connections">
            <Connections views=connections on_change=again/>
            <Services id services may_manage/>
        </Section>
        <Accounts view desk/>
    }
}
