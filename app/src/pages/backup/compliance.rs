//! Compliance with the service level: who meets it now and who doesn't, and what any period came to. The period lives in the URL.

mod now;
mod period;
mod reports;

use super::Console;
use crate::{
    api::backup::compliance::{ComplianceQuery, ComplianceView, load_compliance},
    components::{Page, TableSkeleton, loaded_with, query_with},
    error::UiError,
    wire,
};
use leptos::prelude::*;
use leptos_router::{
    hooks::{use_location, use_query_map},
    params::ParamsMap,
};
use now::Now;
use period::Period;
use reports::Reports;

/// What the URL asks for; `organization`: the one that the page is about.
pub fn asked(query: &ParamsMap, organization: Option<&str>) -> ComplianceQuery {
    let text = |key| query.get(key).unwrap_or_default();
    ComplianceQuery {
        period: text("period"),
        from: text("from"),
        to: text("to"),
        organization: organization.map_or_else(|| text("organization"), str::to_owned),
        held: text("held"),
        class: text("class"),
        sort: text("sort"),
        cursor: text("cursor"),
    }
}

/// The page.
#[component]
pub fn Compliance() -> impl IntoView {
    let query = use_query_map();
    let data = wire::resource(move || asked(&query.read(), None), load_compliance);
    view! {
        <Page title="Compliance">
            <Console/>
            <ComplianceBody data/>
        </Page>
    }
}

/// What the page shows, also on an organization's page.
#[component]
pub fn ComplianceBody(
    /// What it shows.
    data: wire::Resource<Result<ComplianceView, UiError>>,
    /// On an organization's page: the client is known and left out.
    #[prop(optional)]
    of_organization: bool,
) -> impl IntoView {
    let query = use_query_map();
    loaded_with(
        data,
        || view! { <TableSkeleton rows=12/> }.into_any(),
        move |view| {
            let asked = asked(&query.read_untracked(), None);
            view! { <Body view asked of_organization data/> }.into_any()
        },
    )
}

#[component]
fn Body(
    view: ComplianceView,
    asked: ComplianceQuery,
    of_organization: bool,
    data: wire::Resource<Result<ComplianceView, UiError>>,
) -> impl IntoView {
    let ComplianceView { organization, standing, now, period, reports, may_report, may_manage } = view;
    let back = organization.clone().filter(|_| !of_organization);
    // A report of the days that are shown leads to the same address: the list is then asked for again.
    let (again, stays) = (Callback::new(move |()| data.refetch()), asked.period == "custom");
    let id = organization.map(|(id, _)| id).unwrap_or_default();
    let days = period.as_ref().map(|p| (p.from.clone(), p.to.clone())).unwrap_or_default();
    view! {
        <Choice days/>
        {back.map(|(_, name)| view! {
            <p class="compliance-of">{name}" · "<AllClients/></p>
        })}
        {now.map(|now| view! { <Now view=now standing asked=asked.clone() of_organization may_manage/> })}
        {period.map(|period| view! { <Period view=period organization=id.clone() may_report made=stays.then_some(again)/> })}
        <Reports reports of_organization/>
    }
}

/// Out of one client, back to all.
#[component]
fn AllClients() -> impl IntoView {
    let (query, path) = (use_query_map(), use_location().pathname);
    view! { <a href=move || format!("{}{}", path.get(), query_with(&query.read(), &[("organization", None), ("sort", None)]))>"All clients"</a> }
}

/// When: now, a usual period, or own days.
#[component]
fn Choice(days: (String, String)) -> impl IntoView {
    let (query, path) = (use_query_map(), use_location().pathname);
    let here = Memo::new(move |_| query.read().get("period").unwrap_or_default());
    let link = move |period: &'static str, words: &'static str| {
        let href = move || {
            let changes = [("period", Some(period)), ("from", None), ("to", None), ("held", None), ("class", None), ("sort", None)];
            format!("{}{}", path.get(), query_with(&query.read(), &changes))
        };
        view! { <a class="chip" href=href data-noscroll="" aria-current=move || (here.get() == period).then_some("true")>{words}</a> }
    };
    let of = move || query.read().get("organization").map(|id| view! { <input type="hidden" name="organization" value=id/> });
    view! {
        <div class="compliance-when">
            <nav class="chips" aria-label="When">
                {link("", "Now")}
                {link("30d", "Last 30 days")}
                {link("month", "Last month")}
                {link("quarter", "Last quarter")}
            </nav>
            <form class="compliance-days" method="get" action=move || path.get() aria-label="Own period" data-here=move || (here.get() == "custom").then_some("")>
                <input type="hidden" name="period" value="custom"/>
                {of}
                <label>"From "<input class="input" type="date" name="from" required=true value=days.0/></label>
                <label>"to "<input class="input" type="date" name="to" required=true value=days.1/></label>
                <button class="button" type="submit">"Show"</button>
            </form>
        </div>
    }
}

/// A figure that matters, its word, and a few words below.
#[component]
pub(super) fn Figure(
    /// The figure, in words.
    value: String,
    /// Its word.
    label: &'static str,
    /// A few words below.
    #[prop(optional)]
    note: Option<AnyView>,
    /// Word of the state that gives its colour.
    #[prop(optional_no_strip)]
    state: Option<&'static str>,
) -> impl IntoView {
    view! {
        <div class="stat" data-state=state>
            <span class="stat-number">{value}</span>
            <span class="stat-label">{label}</span>
            {note.map(|note| view! { <span class="stat-note">{note}</span> })}
        </div>
    }
}
