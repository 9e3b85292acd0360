//! The list of organizations: search as you type, by status, with their devices' bands.

use super::refresh_on_change;
use crate::{
    api::organizations::{OrganizationLine, OrganizationsView, list_organizations},
    components::{BandsBar, ButtonKind, Empty, LinkButton, Page, Pager, TableFrame, icon, icon::Icon, loaded, query_with},
    me::may,
};
use domain::{access::Action, health::Band, live::CountsNow, text};
use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};
use std::time::Duration;

/// The page.
#[component]
pub fn Organizations() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| query.with(|q| (q.get("search"), q.get("status"), q.get("cursor"))));
    let view = Resource::new_blocking(move || asked.get(), |(search, status, cursor)| list_organizations(search, status, cursor));
    refresh_on_change(view);
    let actions = may(Action::ManagePlans)
        .then(|| view! { <LinkButton href="/organizations/new" kind=ButtonKind::Primary>"Add an organization"</LinkButton> }.into_any());
    view! {
        <Page title="Organizations" actions=actions.unwrap_or_else(|| ().into_any())>
            <Filters/>
            {loaded(view, move |view: OrganizationsView| view! { <List view asked=asked.get_untracked()/> }.into_any())}
        </Page>
    }
}

#[component]
fn Filters() -> impl IntoView {
    let query = use_query_map();
    let navigate = use_navigate();
    let go = StoredValue::new(move |key: &'static str, value: String| {
        let to = format!("/organizations{}", query.with_untracked(|q| query_with(q, &[(key, Some(&value))])));
        navigate(&to, NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() });
    });
    let waiting: StoredValue<Option<TimeoutHandle>> = StoredValue::new(None);
    on_cleanup(move || {
        if let Some(Some(waits)) = waiting.try_get_value() {
            waits.clear();
        }
    });
    let typed = move |value: String| {
        if let Some(earlier) = waiting.get_value() {
            earlier.clear();
        }
        let later = set_timeout_with_handle(move || go.with_value(|go| go("search", value)), Duration::from_millis(200));
        waiting.set_value(later.ok());
    };
    let status = move || query.with(|q| q.get("status").unwrap_or_default());
    view! {
        <form class="filters" method="get" action="/organizations" role="search" on:submit=|event| event.prevent_default()>
            <label class="filter">
                <span>"Search"</span>
                <input class="input" type="search" name="search" placeholder="Name" autocomplete="off"
                    value=query.with_untracked(|q| q.get("search").unwrap_or_default())
                    on:input=move |event| typed(event_target_value(&event))/>
            </label>
            <label class="filter">
                <span>"Status"</span>
                <select class="input" name="status" on:change=move |event| go.with_value(|go| go("status", event_target_value(&event)))>
                    <option value="" selected=move || status().is_empty()>"All"</option>
                    <option value="activated" selected=move || status() == "activated">"Activated"</option>
                    <option value="deactivated" selected=move || status() == "deactivated">"Deactivated"</option>
                </select>
            </label>
            <noscript><button class="button" type="submit">"Show"</button></noscript>
        </form>
    }
}

#[component]
fn List(view: OrganizationsView, asked: (Option<String>, Option<String>, Option<String>)) -> impl IntoView {
    let is_filtered = asked.0.is_some_and(|s| !s.is_empty()) || asked.1.is_some_and(|s| !s.is_empty()) || asked.2.is_some();
    if view.rows.is_empty() {
        return if is_filtered {
            view! { <Empty title="No organization fits"><p>"Search for less of the name, or "<a href="/organizations">"show all of them"</a>"."</p></Empty> }.into_any()
        } else {
            let add = view
                .may_add
                .then(|| view! { <LinkButton href="/organizations/new" kind=ButtonKind::Primary>"Add an organization"</LinkButton> });
            view! { <Empty title="No organizations yet"><p>"An organization is a client whose machines you protect."</p>{add}</Empty> }
                .into_any()
        };
    }
    let (shown, next_cursor, sees_health) = (view.rows.len(), view.next_cursor, view.sees_health);
    view! {
        <TableFrame label="Organizations" cards=true>
            <thead>
                <tr>
                    <th scope="col">"Organization"</th>
                    <th scope="col">"Status"</th>
                    {sees_health.then(|| view! {
                        <th scope="col">"Devices"</th>
                        <th scope="col">"Now"</th>
                        <th scope="col" class="number">"Open alerts"</th>
                    })}
                    <th scope="col">"Plan"</th>
                    {(!sees_health).then(|| view! { <th scope="col" class="number">"Seats"</th> })}
                </tr>
            </thead>
            <tbody>{view.rows.into_iter().map(|line| view! { <Row line sees_health/> }).collect_view()}</tbody>
        </TableFrame>
        <Pager next_cursor shown noun="organization"/>
    }
    .into_any()
}

/// Bands as the bar wants them.
pub fn bands(counts: &CountsNow) -> [(Band, i64); 4] {
    [(Band::Healthy, counts.healthy), (Band::Warning, counts.warning), (Band::Critical, counts.critical), (Band::Unknown, counts.unknown)]
}

/// Bands in words, those that have any.
fn in_words(counts: &CountsNow) -> String {
    let told = bands(counts)
        .into_iter()
        .filter(|(_, n)| *n > 0)
        .map(|(band, n)| format!("{} {}", text::count(n), text::band_label(band).to_lowercase()));
    told.collect::<Vec<_>>().join(", ")
}

/// Plan in words.
pub fn plan(line: &OrganizationLine) -> String {
    if line.plan_name.is_empty() { line.plan_type.clone() } else { format!("{}, {}", line.plan_name, line.plan_type) }
}

/// Whether it is served, as a shape and a word.
#[component]
pub fn Status(
    /// Served.
    activated: bool,
) -> impl IntoView {
    let (state, shape, word) = if activated { ("healthy", icon::HEALTHY, "Activated") } else { ("paused", icon::PAUSED, "Deactivated") };
    view! { <span class="badge" data-state=state><Icon shape/><span>{word}</span></span> }
}

/// What runs at the moment, in words.
pub fn at_work(counts: &CountsNow) -> String {
    let mut parts = Vec::new();
    if counts.running > 0 {
        parts.push(format!("{} running", text::count(counts.running)));
    }
    if counts.retrying > 0 {
        parts.push(format!("{} retrying", text::count(counts.retrying)));
    }
    parts.join(", ")
}

#[component]
fn Row(line: OrganizationLine, sees_health: bool) -> impl IntoView {
    let counts = line.counts;
    let devices = counts.healthy + counts.warning + counts.critical + counts.unknown;
    let work = at_work(&counts);
    let plan = plan(&line);
    let address = format!("/organizations/{}", line.id);
    view! {
        <tr>
            <th scope="row" class="cell-name" data-label="Organization"><a class="row-link" href=address.clone()>{line.name}</a></th>
            <td data-label="Status"><Status activated=line.activated/></td>
            {sees_health.then(|| view! {
                <td data-label="Devices" class="cell-bands">
                    {if devices > 0 {
                        view! { <BandsBar counts=Signal::stored(bands(&counts))/> <span class="cell-sub">{in_words(&counts)}</span> }.into_any()
                    } else {
                        view! { <span class="faint">{if counts.paused > 0 { "All paused" } else { "None yet" }}</span> }.into_any()
                    }}
                </td>
                <td data-label="Now">{if work.is_empty() { view! { <span class="faint">"–"</span> }.into_any() } else { work.into_any() }}</td>
                <td data-label="Open alerts" class="number">
                    {if counts.open_alerts > 0 {
                        view! { <a href=format!("/backups/alerts?organization={}", line.id)>{text::count(counts.open_alerts)}</a> }.into_any()
                    } else {
                        view! { <span class="faint">"0"</span> }.into_any()
                    }}
                </td>
            })}
            <td data-label="Plan">{plan}</td>
            {(!sees_health).then(|| view! { <td data-label="Seats" class="number">{line.seat_limit.map_or_else(|| "no limit".to_owned(), text::count)}</td> })}
        </tr>
    }
}
