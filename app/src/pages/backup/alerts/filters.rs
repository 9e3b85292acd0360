//! What the list of alerts is asked for by its address, the bar that changes it, and a row of it as CSV.

use super::views::{Saved, SavedViews};
use crate::{
    api::backup::{AlertCounts, AlertLine, AlertsQuery},
    browser,
    components::{ChipFilter, Chips, ClearFilters, ColumnMenu, Columns, CsvRow, FilterBar, SearchFilter, SelectFilter, badge::band_shape},
    me,
    pages::backup::{client::ClientFilter, row::class_word},
};
use domain::{alert::AlertKind, health::Band, ids::DeviceId, text};
use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};

const FILTERS: [&str; 7] = ["search", "organization", "device", "kind", "class", "severity", "state"];

/// What the URL asks for. `organization`: on an organization's page, where the client is known.
pub fn asked(query: &ParamsMap, organization: Option<&str>) -> AlertsQuery {
    let text = |key| query.get(key).unwrap_or_default();
    AlertsQuery {
        state: text("state"),
        severity: text("severity"),
        kind: text("kind"),
        organization: organization.map_or_else(|| text("organization"), ToOwned::to_owned),
        device: text("device"),
        class: text("class"),
        search: text("search"),
        sort: text("sort"),
        cursor: text("cursor"),
    }
}

/// Filters and order of an address in one order, as a saved view keeps them: `?severity=critical&sort=time`, or nothing.
pub fn canonical(query: &ParamsMap) -> String {
    let keys = FILTERS.iter().chain(["sort"].iter());
    let pairs: Vec<String> =
        keys.filter_map(|key| query.get(key).filter(|v| !v.is_empty()).map(|value| format!("{key}={}", browser::escape(&value)))).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

/// The link to all alerts of a device or account, also those that are over, latest first.
pub fn all_of(device: DeviceId) -> AnyView {
    view! { <a href=format!("/backups/alerts?device={device}&state=any&sort=time")>"All its alerts"</a> }.into_any()
}

/// Numbers are those of the list but for the chip's own kind of filter; none where they are more than were counted.
#[component]
pub fn Filters(
    /// The client that the list is narrowed to.
    organization: Option<(String, String)>,
    /// The device or account that the list is narrowed to, if it is: its name.
    device: Option<String>,
    /// How many there are.
    counts: RwSignal<AlertCounts>,
    /// Which columns are shown.
    columns: Columns,
    /// Saved views; none on an organization's page.
    saved: Option<Saved>,
    /// On an organization's page.
    of_organization: bool,
) -> impl IntoView {
    let is_client = of_organization || me::me().is_some_and(|me| me.role.is_client());
    let kinds: Vec<(String, String)> =
        AlertKind::ALL.iter().map(|kind| (kind.as_str().to_owned(), text::kind_label(*kind).to_owned())).collect();
    let pair = |value: &str, words: &str| (value.to_owned(), words.to_owned());
    let is_resolved = use_query_map().with_untracked(|q| q.get("state").as_deref() == Some("resolved"));
    let is_counted = !counts.get_untracked().is_more;
    let chip = move |name: &'static str, value: &'static str, label: &'static str, n: fn(&AlertCounts) -> i64| {
        let count = Signal::derive(move || counts.with(n));
        let shape = match value {
            "critical" => Some(Band::Critical),
            "warning" => Some(Band::Warning),
            _ => None,
        };
        let (shape, state) = (shape.map(band_shape), shape.map(Band::as_str));
        match (shape.zip(state), is_counted && !(name == "severity" && is_resolved)) {
            (Some((shape, state)), true) => view! { <ChipFilter name value label shape state count/> }.into_any(),
            (Some((shape, state)), false) => view! { <ChipFilter name value label shape state/> }.into_any(),
            (None, true) => view! { <ChipFilter name value label count/> }.into_any(),
            (None, false) => view! { <ChipFilter name value label/> }.into_any(),
        }
    };
    view! {
        <div class="filter-line">
        <FilterBar label="Filter alerts" keep=vec!["device", "state", "severity"]>
            <SearchFilter label="Search device or client"/>
            {(!is_client).then(|| view! { <ClientFilter chosen=organization/> })}
            <SelectFilter name="kind" label="Type" all="All types" options=kinds/>
            <SelectFilter name="class" label="Class" all="All classes" options=vec![pair("server", "Servers"), pair("workstation", "Workstations")]/>
            <SelectFilter name="sort" label="Order" all="Most urgent first" options=vec![pair("time", "Latest first")]/>
        </FilterBar>
        // Together at the end of the line, whatever the filters need. Views have a form of their own: it can't stand inside that of the filters.
        <div class="filters-end">
            <ColumnMenu columns/>
            {saved.map(|saved| view! { <SavedViews saved/> })}
        </div>
        </div>
        <Chips label="Severity and state">
            {device.map(|name| view! {
                <ChipFilter name="device" value=use_query_map().with_untracked(|q| q.get("device")).unwrap_or_default() label=format!("Only {name}")/>
                <span class="chip-gap"></span>
            })}
            {chip("severity", "critical", "Critical", |c| c.critical)}
            {chip("severity", "warning", "Warning", |c| c.warning)}
            <span class="chip-gap"></span>
            {chip("state", "untended", "Nobody on it", |c| c.untended)}
            {chip("state", "acknowledged", "Acknowledged", |c| c.acknowledged)}
            {chip("state", "snoozed", "Snoozed", |c| c.snoozed)}
            <ChipFilter name="state" value="resolved" label="Resolved"/>
            // Here it comes and goes without moving anything: this line has room.
            <ClearFilters keys=FILTERS.to_vec()/>
        </Chips>
    }
}

/// A row of the list as it is saved.
pub fn csv_row(line: &AlertLine, now: domain::time::Time) -> CsvRow {
    let done = match (line.resolved_at, &line.acknowledged, line.quiet_until(now)) {
        (Some(at), ..) => format!("resolved {}", text::rfc3339(at)),
        (None, Some((at, who)), _) => format!("acknowledged by {who} {}", text::rfc3339(*at)),
        (None, None, Some(until)) => format!("snoozed until {}", text::rfc3339(until)),
        (None, None, None) => String::new(),
    };
    vec![
        ("type", text::kind_label(line.kind).to_owned()),
        ("severity", line.severity.as_str().to_owned()),
        ("device", format!("{} ({}, {})", line.device.1, class_word(line.class), line.organization.1)),
        ("since", text::rfc3339(line.opened_at)),
        ("why", [line.why(now), line.message.clone().unwrap_or_default()].join(" ").trim().to_owned()),
        ("do", line.remedy.text()),
        ("done", done),
    ]
}
