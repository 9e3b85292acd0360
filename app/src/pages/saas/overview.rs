//! The global dashboard of SaaS backups, a tab of the console. Totals and rows follow the stream; order, filters, place and window live
//! in the address.

use super::totals::{Leads, Totals, is_above, seats_words};
use crate::{
    api::saas::{SaasLine, SaasQuery, SaasView, load_saas},
    components::{
        ButtonKind, ClearFilters, Column, ColumnMenu, Columns, CsvButton, CsvRow, Empty, FilterBar, Later, LinkButton, LiveCount, Menu,
        MenuLink, MenuPart, Page, Pager, SearchFilter, SelectFilter, SortHead, StateBadge, TableFrame, TableSkeleton, TilesSkeleton, icon,
        loaded_with,
    },
    live::Live,
    me::{is_client, may},
    pages::{backup::Console, organizations::list::Status},
    wire,
};
use domain::{
    access::Action,
    live::{CountsNow, OrganizationNow},
    saas::{Consent, SaasNow, Service},
    text,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

const ORGANIZATION: Column = Column::fixed("organization", "Organization");
const PARTNER: Column = Column::new("partner", "Partner");
const PLAN: [Column; 6] = [
    Column::new("status", "Status"),
    Column::new("region", "Region"),
    Column::new("plan_name", "Plan name"),
    Column::new("plan_type", "Plan type"),
    Column::new("seats", "Total seat usage"),
    Column::hidden("limit", "Seat limit"),
];
const MORE: [Column; 4] = [
    Column::hidden("services", "Services"),
    Column::hidden("accounts", "Accounts"),
    Column::hidden("retrying", "Retrying"),
    Column::hidden("running", "Running"),
];

/// Of the table, in the order of its cells; places decide what is hidden, so that each kind of reader has columns of its own.
const OF_ONE: [Column; 11] = {
    let ([a, b, c, d, e, f], [g, h, i, j]) = (PLAN, MORE);
    [ORGANIZATION, a, b, c, d, e, f, g, h, i, j]
};
const OF_SEVERAL: [Column; 12] = {
    let ([a, b, c, d, e, f], [g, h, i, j]) = (PLAN, MORE);
    [ORGANIZATION, PARTNER, a, b, c, d, e, f, g, h, i, j]
};
/// For finance (D11).
const SEATS_OF_ONE: [Column; 9] = {
    let ([a, b, c, d, e, f], [g, h, ..]) = (PLAN, MORE);
    [ORGANIZATION, a, b, c, d, e, f, g, h]
};
const SEATS_OF_SEVERAL: [Column; 10] = {
    let ([a, b, c, d, e, f], [g, h, ..]) = (PLAN, MORE);
    [ORGANIZATION, PARTNER, a, b, c, d, e, f, g, h]
};
const FILTERS: [&str; 6] = ["search", "status", "region", "plan_type", "service", "partner"];

/// Services to choose from.
pub fn service_options() -> Vec<(String, String)> {
    Service::ALL.iter().map(|service| (service.as_str().to_owned(), service.name().to_owned())).collect()
}

/// The page.
#[component]
pub fn SaasOverview() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let query = query.read();
        let text = |key| query.get(key).unwrap_or_default();
        SaasQuery {
            search: text("search"),
            status: text("status"),
            region: text("region"),
            plan_type: text("plan_type"),
            service: text("service"),
            partner: text("partner"),
            sort: text("sort"),
            cursor: text("cursor"),
        }
    });
    let data = wire::resource(move || asked.get(), load_saas);
    let sees_results = may(Action::SeeDashboards);
    let (one, several) = if sees_results {
        (Columns::of("saas", &OF_ONE), Columns::of("saas_of", &OF_SEVERAL))
    } else {
        (Columns::of("saas_seats", &SEATS_OF_ONE), Columns::of("saas_seats_of", &SEATS_OF_SEVERAL))
    };
    view! {
        <Page title="SaaS overview">
            {sees_results.then(|| view! { <Console/> })}
            {loaded_with(
                data,
                || view! { <TilesSkeleton tiles=5/><TableSkeleton rows=12/> }.into_any(),
                move |view: SaasView| {
                    let columns = if view.partners.is_empty() { one } else { several };
                    view! { <Dashboard view columns is_all=asked.get_untracked().is_all()/> }.into_any()
                },
            )}
        </Page>
    }
}

#[component]
fn Dashboard(view: SaasView, columns: Columns, is_all: bool) -> impl IntoView {
    let SaasView { lines, next_cursor, total, now, regions, partners, sees_results } = view;
    let live = Live::get();
    let totals = Signal::derive(move || if sees_results { live.saas.get().unwrap_or(now) } else { now });
    let rows: Vec<(SaasLine, RwSignal<OrganizationNow>)> = lines
        .into_iter()
        .map(|line| {
            let seen = OrganizationNow { organization: line.organization, counts: CountsNow::default(), worst: None, saas: Some(line.now) };
            // Finance has no stream.
            let now = if sees_results { live.watch_organization(seen) } else { RwSignal::new(seen) };
            (line, now)
        })
        .collect();
    let shown = rows.len();
    let has_partners = !partners.is_empty();
    let kept = StoredValue::new(rows.clone());
    let csv =
        Callback::new(move |()| kept.with_value(|rows| rows.iter().map(|(line, now)| csv_row(line, &saas(&now.get(), line))).collect()));
    view! {
        <Totals now=totals sees_results leads=Leads::ToLog/>
        {(!is_client()).then(|| view! { <Filters regions partners columns/> })}
        {if shown == 0 {
            nothing(is_all)
        } else {
            view! {
                <TableFrame label="Organizations with SaaS backup" cards=true columns=columns>
                    <thead>
                        <tr>
                            <SortHead key="organization" label="Organization" default=true/>
                            {has_partners.then(|| view! { <th scope="col">"Partner"</th> })}
                            <SortHead key="status" label="Status"/>
                            <SortHead key="region" label="Region"/>
                            <SortHead key="plan_name" label="Plan name"/>
                            <SortHead key="plan_type" label="Plan type"/>
                            <SortHead key="seats" label="Total seat usage" number=true descending=true/>
                            <th scope="col" class="number">"Seat limit"</th>
                            <th scope="col">"Services"</th>
                            <th scope="col" class="number">"Accounts"</th>
                            {sees_results.then(|| view! {
                                <th scope="col" class="number">"Retrying"</th>
                                <th scope="col" class="number">"Running"</th>
                            })}
                            {(!is_client()).then(|| view! { <th scope="col" class="cell-menu"><span class="hidden-words">"Actions"</span></th> })}
                        </tr>
                    </thead>
                    <tbody>{rows.into_iter().map(|(line, now)| view! { <Later><Row line now has_partners sees_results/></Later> }).collect_view()}</tbody>
                </TableFrame>
                <div class="table-foot">
                    <Pager next_cursor shown total noun="organization"/>
                    <CsvButton name="saas-organizations.csv" columns rows=csv/>
                </div>
            }
            .into_any()
        }}
    }
}

/// Counts of a row: those of the stream, once it has told them.
fn saas(now: &OrganizationNow, line: &SaasLine) -> SaasNow {
    now.saas.unwrap_or(line.now)
}

#[component]
fn Filters(regions: Vec<String>, partners: Vec<(String, String)>, columns: Columns) -> impl IntoView {
    let states = vec![("activated".to_owned(), "Activated".to_owned()), ("deactivated".to_owned(), "Deactivated".to_owned())];
    let types = ["Backup", "Archiver"].map(|word| (word.to_owned(), word.to_owned())).to_vec();
    let regions: Vec<(String, String)> = regions.into_iter().map(|region| (region.clone(), region)).collect();
    let by_region = (!regions.is_empty()).then(|| view! { <SelectFilter name="region" label="Region" all="All regions" options=regions/> });
    let by_partner =
        (!partners.is_empty()).then(|| view! { <SelectFilter name="partner" label="Partner" all="All partners" options=partners/> });
    view! {
        <FilterBar label="Filter organizations" keep=vec!["sort", "window"]>
            <SearchFilter label="Search organizations"/>
            {by_partner}
            <SelectFilter name="status" label="Status" all="Any status" options=states/>
            {by_region}
            <SelectFilter name="plan_type" label="Plan type" all="All plan types" options=types/>
            <SelectFilter name="service" label="Service" all="All services" options=service_options()/>
            <ClearFilters keys=FILTERS.to_vec()/>
            <ColumnMenu columns/>
        </FilterBar>
    }
}

fn nothing(is_all: bool) -> AnyView {
    if !is_all {
        return view! { <Empty title="No organization fits"><p>"Search for less of the name, or "<a href="/saas">"show all of them"</a>"."</p></Empty> }.into_any();
    }
    if is_client() || !may(Action::ManageDevices) {
        return view! { <Empty title="No SaaS backup yet"><p>"As soon as Microsoft 365 or Google Workspace is connected, its seats and results are shown here."</p></Empty> }.into_any();
    }
    view! {
        <Empty title="No SaaS backup yet">
            <p>"Open an organization, go to its Features, and connect Microsoft 365 or Google Workspace. Its accounts are found then, and backed up once you activate them."</p>
            <p><LinkButton kind=ButtonKind::Primary href="/organizations">"Choose an organization"</LinkButton></p>
        </Empty>
    }
    .into_any()
}

#[component]
fn Row(line: SaasLine, now: RwSignal<OrganizationNow>, has_partners: bool, sees_results: bool) -> impl IntoView {
    let id = line.organization;
    let (limit, seen) = (line.seat_limit, line.now);
    let counts = Memo::new(move |_| now.with(|now| now.saas.unwrap_or(seen)));
    let seats = Memo::new(move |_| counts.get().seats);
    let above = Memo::new(move |_| is_above(seats.get(), limit));
    let gone: Vec<&'static str> =
        line.services.iter().filter(|(_, consent)| *consent == Some(Consent::Expired)).map(|(service, _)| service.name()).collect();
    let services = line.services.iter().map(|(service, _)| service.name()).collect::<Vec<_>>().join(", ");
    let open = move |of: fn(&SaasNow) -> i64, state: &'static str, label: &'static str| {
        let n = Memo::new(move |_| of(&counts.get()));
        view! {
            <td data-label=label class="number saas-count" data-state=move || (n.get() > 0).then_some(state)>
                <a class="quiet-link" href=format!("/organizations/{id}/saas?result={state}")><LiveCount value=n/></a>
            </td>
        }
    };
    view! {
        <tr>
            <th scope="row" class="cell-name">
                <a class="row-link" href=format!("/organizations/{id}/saas")>{line.name.clone()}</a>
                {(!gone.is_empty() && !is_client()).then(|| view! {
                    <a class="quiet-link saas-consent" href=format!("/organizations/{id}/features") title=format!("{} refuses: authorize again", gone.join(", "))>
                        <StateBadge state="critical" shape=icon::CRITICAL word="Consent expired"/>
                    </a>
                })}
            </th>
            {has_partners.then(|| view! { <td data-label="Partner" class="cell-partner">{line.partner.1}</td> })}
            <td data-label="Status"><Status activated=line.activated/></td>
            <td data-label="Region">{line.region}</td>
            <td data-label="Plan name">{line.plan_name}</td>
            <td data-label="Plan type">{line.plan_type}</td>
            <td data-label="Total seat usage" class="number saas-seats" data-above=move || above.get().then_some("")>
                <LiveCount value=seats/>
                {limit.map(|limit| view! { <span class="faint">" of "{text::count(limit)}</span> })}
                {move || above.get().then(|| view! { <span class="cell-sub saas-above">{format!("{} above", text::count(seats.get() - limit.unwrap_or(0)))}</span> })}
            </td>
            <td data-label="Seat limit" class="number">{limit.map_or_else(|| "no limit".to_owned(), text::count)}</td>
            <td data-label="Services">{services}</td>
            <td data-label="Accounts" class="number"><LiveCount value=Memo::new(move |_| counts.get().accounts)/></td>
            {sees_results.then(|| view! {
                {open(|n| n.retrying, "retrying", "Retrying")}
                {open(|n| n.running, "running", "Running")}
            })}
            {(!is_client()).then(|| view! {
                <td class="cell-menu">
                    <Menu label=format!("Actions for {}", line.name) icon=icon::MORE compact=true end=true>
                        <MenuLink href=format!("/organizations/{id}/features")>"Manage features"</MenuLink>
                        <MenuPart/>
                        <MenuLink href=format!("/organizations/{id}/saas")>"Accounts"</MenuLink>
                        <MenuLink href=format!("/organizations/{id}")>"Organization"</MenuLink>
                        {sees_results.then(|| view! { <MenuLink href=format!("/organizations/{id}/log")>"Job log"</MenuLink> })}
                    </Menu>
                </td>
            })}
        </tr>
    }
}

fn csv_row(line: &SaasLine, now: &SaasNow) -> CsvRow {
    vec![
        ("organization", line.name.clone()),
        ("partner", line.partner.1.clone()),
        ("status", if line.activated { "Activated" } else { "Deactivated" }.to_owned()),
        ("region", line.region.clone()),
        ("plan_name", line.plan_name.clone()),
        ("plan_type", line.plan_type.clone()),
        ("seats", seats_words(now.seats, line.seat_limit)),
        ("limit", line.seat_limit.map(|n| n.to_string()).unwrap_or_default()),
        ("services", line.services.iter().map(|(service, _)| service.name()).collect::<Vec<_>>().join(", ")),
        ("accounts", now.accounts.to_string()),
        ("retrying", now.retrying.to_string()),
        ("running", now.running.to_string()),
    ]
}
