//! The dashboard of an organization: its totals and its accounts. A tab of the organization's page.

use super::{
    overview::service_options,
    row::{AccountRow, followed},
    totals::{Leads, Totals},
};
use crate::{
    api::saas::{AccountLine, AccountsQuery, AccountsView},
    components::{
        ButtonKind, ClearFilters, Column, ColumnMenu, Columns, CsvButton, CsvRow, Empty, FilterBar, Later, LinkButton, Pager, SearchFilter,
        SelectFilter, SortHead, TableFrame, TableSkeleton, TilesSkeleton, loaded_with,
    },
    error::UiError,
    live::Live,
    me::may,
    wire,
};
use domain::{
    access::Action,
    ids::OrganizationId,
    live::{CountsNow, OrganizationNow},
    run::RunState,
    saas::{AccountNow, AccountStatus, AccountType, Consent, Service},
    text,
};
use leptos::prelude::*;
use leptos_router::params::ParamsMap;

/// Of the table, in the order of its cells.
const COLUMNS: [Column; 11] = [
    Column::fixed("account", "Account"),
    Column::hidden("name", "Name"),
    Column::new("type", "Type"),
    Column::new("service", "Service"),
    Column::new("result", "Last backup result"),
    Column::new("last", "Last backup date"),
    Column::new("workloads", "Workloads"),
    Column::hidden("objects", "Objects"),
    Column::new("size", "Size"),
    Column::hidden("due", "Next due"),
    Column::new("days", "31 days"),
];
/// For finance (D11).
const SEATS: [Column; 4] =
    [Column::fixed("account", "Account"), Column::new("name", "Name"), Column::new("type", "Type"), Column::new("service", "Service")];
const FILTERS: [&str; 5] = ["search", "type", "service", "result", "status"];

/// What the address asks for.
pub fn asked(query: &ParamsMap, organization: String) -> AccountsQuery {
    let text = |key| query.get(key).unwrap_or_default();
    AccountsQuery {
        organization,
        search: text("search"),
        kind: text("type"),
        service: text("service"),
        result: text("result"),
        status: text("status"),
        sort: text("sort"),
        cursor: text("cursor"),
    }
}

/// The tab, of a resource made at the top of the page.
#[component]
pub fn AccountsTable(
    /// The accounts.
    data: wire::Resource<Result<AccountsView, UiError>>,
    /// What was asked.
    #[prop(into)]
    asked: Signal<AccountsQuery>,
) -> impl IntoView {
    let columns = if may(Action::SeeDashboards) { Columns::of("accounts", &COLUMNS) } else { Columns::of("account_seats", &SEATS) };
    loaded_with(
        data,
        || view! { <TilesSkeleton tiles=5/><TableSkeleton rows=12/> }.into_any(),
        move |view| view! { <Dashboard view columns is_all=asked.get_untracked().is_all() data/> }.into_any(),
    )
}

#[component]
fn Dashboard(view: AccountsView, columns: Columns, is_all: bool, data: wire::Resource<Result<AccountsView, UiError>>) -> impl IntoView {
    let AccountsView { organization, lines, next_cursor, total, now, seat_limit, services, sees_results, may_manage } = view;
    let seen = OrganizationNow { organization, counts: CountsNow::default(), worst: None, saas: Some(now) };
    let moved = if sees_results { Live::get().watch_organization(seen) } else { RwSignal::new(seen) };
    let totals = Memo::new(move |_| moved.with(|moved| moved.saas.unwrap_or(now)));
    // Accounts that came or went are another list.
    let accounts = Memo::new(move |_| totals.get().accounts);
    Effect::new(move |before: Option<i64>| {
        let now = accounts.get();
        if before.is_some_and(|before| before != now) {
            data.refetch();
        }
        now
    });
    let rows: Vec<(AccountLine, RwSignal<AccountNow>)> =
        lines.into_iter().map(|line| (line.clone(), followed(&line, sees_results))).collect();
    let shown = rows.len();
    let kept = StoredValue::new(rows.clone());
    let csv = Callback::new(move |()| kept.with_value(|rows| rows.iter().map(|(line, now)| csv_row(line, &now.get())).collect()));
    let consent = notices(organization, &services, may_manage);
    let has_connection = !services.is_empty();
    view! {
        {consent}
        <Totals now=totals seat_limit sees_results leads=Leads::ToAccounts/>
        {(shown > 0 || !is_all).then(|| view! { <Filters services columns sees_results/> })}
        {if shown == 0 {
            nothing(organization, is_all, has_connection, may_manage)
        } else {
            view! {
                <TableFrame label="Accounts" cards=true columns=columns>
                    <thead>
                        <tr>
                            <SortHead key="account" label="Account" default=true/>
                            <th scope="col">"Name"</th>
                            <th scope="col">"Type"</th>
                            <th scope="col">"Service"</th>
                            {sees_results.then(|| view! {
                                <th scope="col">"Last backup result"</th>
                                <SortHead key="last" label="Last backup date" descending=true/>
                                <th scope="col">"Workloads"</th>
                                <th scope="col" class="number">"Objects"</th>
                                <th scope="col" class="number">"Size"</th>
                                <th scope="col">"Next due"</th>
                                <th scope="col">"31 days"</th>
                            })}
                        </tr>
                    </thead>
                    <tbody>{rows.into_iter().map(|(line, now)| view! { <Later><AccountRow line now sees_results/></Later> }).collect_view()}</tbody>
                </TableFrame>
                <div class="table-foot">
                    <Pager next_cursor shown total noun="account"/>
                    <CsvButton name="accounts.csv" columns rows=csv/>
                </div>
            }
            .into_any()
        }}
    }
}

/// What stops backups of a whole service.
fn notices(organization: OrganizationId, services: &[(Service, Option<Consent>)], may_manage: bool) -> AnyView {
    services
        .iter()
        .filter_map(|(service, consent)| {
            let words = match consent {
                Some(Consent::Expired) => format!("{} refuses our access: its consent has expired, and nothing of it is backed up.", service.name()),
                Some(Consent::Unknown) => format!("{} was never authorized: nothing of it is backed up yet.", service.name()),
                Some(Consent::Connected) | None => return None,
            };
            let state = if *consent == Some(Consent::Expired) { "critical" } else { "warning" };
            Some(view! {
                <p class="notice" data-state=state role="status">
                    {words}
                    {may_manage.then(|| view! { " "<a href=format!("/organizations/{organization}/features")>"Authorize it under Features"</a>"." })}
                </p>
            })
        })
        .collect_view()
        .into_any()
}

#[component]
fn Filters(services: Vec<(Service, Option<Consent>)>, columns: Columns, sees_results: bool) -> impl IntoView {
    let pair = |value: &str, words: &str| (value.to_owned(), words.to_owned());
    let types: Vec<(String, String)> = AccountType::ALL.iter().map(|kind| pair(kind.as_str(), kind.name())).collect();
    let states = vec![pair("activated", "Activated"), pair("deactivated", "Unprotected")];
    let results: Vec<(String, String)> =
        [RunState::Succeeded, RunState::Warning, RunState::Failed, RunState::Cancelled, RunState::Running, RunState::Retrying]
            .iter()
            .map(|state| match state {
                RunState::Running | RunState::Retrying => (state.as_str().to_owned(), format!("{} now", text::state_label(*state))),
                _ => pair(state.as_str(), text::state_label(*state)),
            })
            .chain([pair("never", "Never backed up")])
            .collect();
    let by_service =
        (services.len() > 1).then(|| view! { <SelectFilter name="service" label="Service" all="All services" options=service_options()/> });
    view! {
        <FilterBar label="Filter accounts" keep=vec!["sort", "window"]>
            <SearchFilter label="Search accounts"/>
            <SelectFilter name="type" label="Type" all="All types" options=types/>
            {by_service}
            {sees_results.then(|| view! { <SelectFilter name="result" label="Last backup result" all="Any result" options=results/> })}
            <SelectFilter name="status" label="Status" all="Activated and unprotected" options=states/>
            <ClearFilters keys=FILTERS.to_vec()/>
            <ColumnMenu columns/>
        </FilterBar>
    }
}

fn nothing(organization: OrganizationId, is_all: bool, has_connection: bool, may_manage: bool) -> AnyView {
    let features = format!("/organizations/{organization}/features");
    if !is_all {
        let all = format!("/organizations/{organization}/saas");
        return view! { <Empty title="No account fits"><p>"Take a filter away, or "<a href=all>"show all accounts"</a>"."</p></Empty> }
            .into_any();
    }
    match (has_connection, may_manage) {
        (false, true) => view! {
            <Empty title="Not connected yet">
                <p>"Connect Microsoft 365 or Google Workspace: its accounts are then found by themselves, or taken from a list."</p>
                <p><LinkButton kind=ButtonKind::Primary href=features>"Manage features"</LinkButton></p>
            </Empty>
        }
        .into_any(),
        (true, true) => view! {
            <Empty title="No accounts yet">
                <p>"Discovery finds them as soon as the connection is authorized. You can also import a list (CSV)."</p>
                <p><LinkButton kind=ButtonKind::Primary href=features>"Manage features"</LinkButton></p>
            </Empty>
        }
        .into_any(),
        _ => view! { <Empty title="No accounts yet"><p>"Accounts are listed here as soon as they are known."</p></Empty> }.into_any(),
    }
}

fn csv_row(line: &AccountLine, now: &AccountNow) -> CsvRow {
    let time = |time: Option<domain::time::Time>| time.map(text::rfc3339).unwrap_or_default();
    let active: Vec<&str> = now.workloads.iter().map(|w| w.workload.name()).collect();
    let unprotected = if line.status == AccountStatus::Deactivated { " (unprotected)" } else { "" };
    vec![
        ("account", format!("{}{unprotected}", line.address)),
        ("name", line.name.clone()),
        ("type", line.kind.name().to_owned()),
        ("service", line.service.name().to_owned()),
        ("result", now.last_result.map_or("Never", text::state_label).to_owned()),
        ("last", time(now.last_at)),
        ("workloads", active.join(", ")),
        ("objects", line.objects.map(|n| n.to_string()).unwrap_or_default()),
        ("size", line.bytes.map(|n| n.to_string()).unwrap_or_default()),
        ("due", time(line.due_at)),
        ("days", line.days.as_ref().map(|days| charts::day_bars_text(&days.drawn())).unwrap_or_default()),
    ]
}
