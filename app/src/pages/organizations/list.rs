//! The list of organizations: plans and seats, and how their devices are. Filters, order and place live in the URL.

use crate::{
    api::organizations::{OrganizationLine, OrganizationsQuery, OrganizationsView, list_organizations},
    components::{
        BandsBar, ButtonKind, ClearFilters, Column, ColumnMenu, Columns, Compliance, CsvButton, CsvRow, Empty, FilterBar, Later,
        LinkButton, LiveCount, Page, Pager, SearchFilter, SelectFilter, SortHead, StateBadge, TableFrame, TableSkeleton, icon, loaded_with,
        service,
    },
    live::Live,
    me::{is_client, may},
    pages::backup::clients::{bands, devices},
    wire,
};
use domain::{
    access::Action,
    live::{CountsNow, OrganizationNow},
    text,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// For those who see health.
const WITH_HEALTH: [Column; 9] = [
    Column::fixed("organization", "Organization"),
    Column::new("status", "Status"),
    Column::hidden("partner", "Partner"),
    Column::new("devices", "Devices"),
    Column::new("compliance", "Within SLA"),
    Column::new("alerts", "Open alerts"),
    Column::new("region", "Region"),
    Column::new("plan", "Plan"),
    Column::new("seats", "Seats"),
];
/// For finance (D11).
const WITHOUT: [Column; 6] = [
    Column::fixed("organization", "Organization"),
    Column::new("status", "Status"),
    Column::hidden("partner", "Partner"),
    Column::new("region", "Region"),
    Column::new("plan", "Plan"),
    Column::new("seats", "Seats"),
];

/// The page.
#[component]
pub fn Organizations() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let query = query.read();
        let text = |key| query.get(key).unwrap_or_default();
        OrganizationsQuery {
            search: text("search"),
            status: text("status"),
            partner: text("partner"),
            sort: text("sort"),
            cursor: text("cursor"),
        }
    });
    let data = wire::resource(move || asked.get(), list_organizations);
    let columns = if may(Action::SeeDashboards) { Columns::of("organizations", &WITH_HEALTH) } else { Columns::of("plans", &WITHOUT) };
    let actions = may(Action::ManagePlans)
        .then(|| view! { <LinkButton href="/organizations/new" kind=ButtonKind::Primary>"Add an organization"</LinkButton> }.into_any());
    view! {
        <Page title="Organizations" actions=actions.unwrap_or_else(|| ().into_any())>
            {loaded_with(
                data,
                || view! { <TableSkeleton rows=12/> }.into_any(),
                move |view: OrganizationsView| view! { <List view columns is_all=asked.get_untracked().is_all()/> }.into_any(),
            )}
        </Page>
    }
}

#[component]
fn Filters(partners: Vec<(String, String)>, columns: Columns) -> impl IntoView {
    let states = vec![("activated".to_owned(), "Activated".to_owned()), ("deactivated".to_owned(), "Deactivated".to_owned())];
    let by_partner =
        (!partners.is_empty()).then(|| view! { <SelectFilter name="partner" label="Partner" all="All partners" options=partners/> });
    view! {
        <FilterBar label="Filter organizations" keep=vec!["sort"]>
            <SearchFilter label="Search organizations"/>
            {by_partner}
            <SelectFilter name="status" label="Status" all="Any status" options=states/>
            <ClearFilters keys=vec!["search", "partner", "status"]/>
            <ColumnMenu columns/>
        </FilterBar>
    }
}

#[component]
fn List(view: OrganizationsView, columns: Columns, is_all: bool) -> impl IntoView {
    let OrganizationsView { rows, next_cursor, standings, partners, may_add, sees_health } = view;
    let live = Live::get();
    let rows: Vec<(OrganizationLine, RwSignal<OrganizationNow>)> = rows
        .into_iter()
        .map(|line| {
            let now = OrganizationNow { organization: line.id, counts: line.counts, worst: None, saas: None };
            // Finance has no stream.
            let now = if sees_health { live.watch_organization(now) } else { RwSignal::new(now) };
            (line, now)
        })
        .collect();
    let shown = rows.len();
    let kept = StoredValue::new(rows.clone());
    let csv = Callback::new(move |()| kept.with_value(|rows| rows.iter().map(|(line, now)| csv_row(line, &now.get().counts)).collect()));
    view! {
        {(!is_client()).then(|| view! { <Filters partners columns/> })}
        {if shown == 0 {
            nothing(is_all, may_add)
        } else {
            view! {
                <TableFrame label="Organizations" cards=true columns=columns>
                    <thead>
                        <tr>
                            <SortHead key="name" label="Organization" default=true/>
                            <th scope="col">"Status"</th>
                            <th scope="col">"Partner"</th>
                            {sees_health.then(|| view! {
                                <SortHead key="devices" label="Devices" descending=true/>
                                <SortHead key="compliance" label="Within SLA"/>
                                <SortHead key="alerts" label="Open alerts" number=true descending=true/>
                            })}
                            <th scope="col">"Region"</th>
                            <th scope="col">"Plan"</th>
                            <SortHead key="seats" label="Seats" number=true/>
                        </tr>
                    </thead>
                    <tbody>{rows.into_iter().map(|(line, now)| view! { <Later><Row line now sees_health/></Later> }).collect_view()}</tbody>
                </TableFrame>
                <div class="table-foot">
                    <Pager next_cursor shown total=Some(standings.all) noun="organization"/>
                    <CsvButton name="organizations.csv" columns rows=csv/>
                </div>
            }
            .into_any()
        }}
    }
}

fn nothing(is_all: bool, may_add: bool) -> AnyView {
    if is_all {
        let add =
            may_add.then(|| view! { <LinkButton href="/organizations/new" kind=ButtonKind::Primary>"Add an organization"</LinkButton> });
        view! { <Empty title="No organizations yet"><p>"An organization is a client whose machines you protect."</p>{add}</Empty> }
            .into_any()
    } else {
        view! { <Empty title="No organization fits"><p>"Search for less of the name, or "<a href="/organizations">"show all of them"</a>"."</p></Empty> }
            .into_any()
    }
}

/// Devices in words: "78 healthy, 5 critical, 1 paused".
fn in_words(counts: &CountsNow) -> String {
    let words = bands(counts).map(|(band, n)| (n, text::band_label(band).to_lowercase()));
    let told = words.into_iter().chain([(counts.paused, "paused".to_owned())]).filter(|(n, _)| *n > 0);
    told.map(|(n, word)| format!("{} {word}", text::count(n))).collect::<Vec<_>>().join(", ")
}

/// Plan in words.
pub fn plan(line: &OrganizationLine) -> String {
    if line.plan_name.is_empty() { line.plan_type.clone() } else { format!("{}, {}", line.plan_name, line.plan_type) }
}

fn seats(line: &OrganizationLine) -> String {
    line.seat_limit.map_or_else(|| "no limit".to_owned(), text::count)
}

/// Whether it is served, as a shape and a word.
#[component]
pub fn Status(
    /// Served.
    activated: bool,
) -> impl IntoView {
    let (state, shape, word) = if activated { ("healthy", icon::HEALTHY, "Activated") } else { ("paused", icon::PAUSED, "Deactivated") };
    view! { <StateBadge state shape word/> }
}

#[component]
fn Row(line: OrganizationLine, now: RwSignal<OrganizationNow>, sees_health: bool) -> impl IntoView {
    let id = line.id;
    let counts: Signal<CountsNow> = Memo::new(move |_| now.with(|n| n.counts)).into();
    let total = Memo::new(move |_| devices(&counts.get()));
    let alerts = Memo::new(move |_| counts.get().open_alerts);
    let (plan, seats) = (plan(&line), seats(&line));
    view! {
        <tr>
            <th scope="row" class="cell-name"><a class="row-link" href=format!("/organizations/{id}")>{line.name}</a></th>
            <td data-label="Status"><Status activated=line.activated/></td>
            <td data-label="Partner">{line.partner.1}</td>
            {sees_health.then(|| view! {
                <td data-label="Devices" class="cell-devices">
                    {move || if total.get() > 0 {
                        view! {
                            <span class="devices-total"><LiveCount value=total/><span class="cell-aside">{move || in_words(&counts.get())}</span></span>
                            {move || (total.get() > counts.get().paused).then(|| view! { <BandsBar counts=Signal::derive(move || bands(&counts.get()))/> })}
                        }
                        .into_any()
                    } else {
                        view! { <span class="faint">"None yet"</span> }.into_any()
                    }}
                </td>
                <td data-label="Within SLA"><Compliance counts bare=true/></td>
                <td data-label="Open alerts" class="number">
                    {move || if alerts.get() > 0 {
                        view! { <a href=format!("/organizations/{id}/alerts")><LiveCount value=alerts/></a> }.into_any()
                    } else {
                        view! { <span class="faint">"0"</span> }.into_any()
                    }}
                </td>
            })}
            <td data-label="Region">{line.region}</td>
            <td data-label="Plan" class="cell-plan">{plan}</td>
            <td data-label="Seats" class="number">{seats}</td>
        </tr>
    }
}

fn csv_row(line: &OrganizationLine, counts: &CountsNow) -> CsvRow {
    vec![
        ("organization", line.name.clone()),
        ("status", if line.activated { "Activated" } else { "Deactivated" }.to_owned()),
        ("partner", line.partner.1.clone()),
        ("devices", devices(counts).to_string()),
        ("compliance", service::percent(counts).unwrap_or_default()),
        ("alerts", counts.open_alerts.to_string()),
        ("region", line.region.clone()),
        ("plan", plan(line)),
        ("seats", line.seat_limit.map(|n| n.to_string()).unwrap_or_default()),
    ]
}
