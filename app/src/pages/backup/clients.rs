//! The list of clients: who needs a look first. Order, filters and place live in the URL; numbers follow the stream.

use super::{
    Console,
    success::{SuccessLine, in_words},
};
use crate::{
    api::backup::{ClientLine, ClientsQuery, ClientsView, Standings, load_clients},
    components::{
        BandsBar, ButtonKind, ChipFilter, Chips, ClearFilters, Column, ColumnMenu, Columns, Compliance, CsvButton, CsvRow, Empty,
        FilterBar, Later, LinkButton, LiveCount, Page, Pager, ScorePill, SearchFilter, SelectFilter, SortHead, TableFrame, TableSkeleton,
        icon, loaded_with, service,
    },
    error::UiError,
    live::Live,
    wire,
};
use domain::{
    health::Band,
    ids::OrganizationId,
    live::{CountsNow, OrganizationNow},
    text,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Of the table, in the order of its cells. The partner's has one of its own, as places decide what is hidden.
const COLUMNS: [Column; 9] = [
    Column::fixed("client", "Client"),
    Column::new("devices", "Devices"),
    Column::new("critical", "Critical"),
    Column::new("warning", "Warning"),
    Column::new("unknown", "Unknown"),
    Column::new("healthy", "Healthy"),
    Column::new("compliance", "Within SLA"),
    Column::new("worst", "Worst device"),
    Column::new("trend", "Success, 28 days"),
];
const AND_ALERTS: Column = Column::new("alerts", "Open alerts");

const OF_ONE: [Column; 10] = {
    let [a, b, c, d, e, f, g, h, i] = COLUMNS;
    [a, b, c, d, e, f, g, h, i, AND_ALERTS]
};
const OF_SEVERAL: [Column; 11] = {
    let [a, b, c, d, e, f, g, h, i] = COLUMNS;
    [a, Column::new("partner", "Partner"), b, c, d, e, f, g, h, i, AND_ALERTS]
};

/// Bands as the bar wants them.
pub fn bands(counts: &CountsNow) -> [(Band, i64); 4] {
    [(Band::Healthy, counts.healthy), (Band::Warning, counts.warning), (Band::Critical, counts.critical), (Band::Unknown, counts.unknown)]
}

/// All devices in use, the paused ones too.
pub const fn devices(counts: &CountsNow) -> i64 {
    counts.healthy + counts.warning + counts.critical + counts.unknown + counts.paused
}

/// The page.
#[component]
pub fn Clients() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let query = query.read();
        let text = |key| query.get(key).unwrap_or_default();
        ClientsQuery {
            search: text("search"),
            partner: text("partner"),
            standing: text("standing"),
            sort: text("sort"),
            cursor: text("cursor"),
        }
    });
    let data = wire::resource(move || asked.get(), load_clients);
    let (one, several) = (Columns::of("clients", &OF_ONE), Columns::of("clients_of", &OF_SEVERAL));
    view! {
        <Page title="Clients">
            <Console/>
            {loaded_with(
                data,
                || view! { <TableSkeleton rows=12/> }.into_any(),
                move |view| {
                    let columns = if view.partners.is_empty() { one } else { several };
                    view! { <List view asked=asked.get_untracked() columns data/> }.into_any()
                },
            )}
        </Page>
    }
}

#[component]
fn List(view: ClientsView, asked: ClientsQuery, columns: Columns, data: wire::Resource<Result<ClientsView, UiError>>) -> impl IntoView {
    let ClientsView { lines, next_cursor, standings, partners, may_add, hours } = view;
    let live = Live::get();
    let rows: Vec<(ClientLine, RwSignal<OrganizationNow>)> =
        lines.into_iter().map(|line| (line.clone(), live.watch_organization(line.now))).collect();
    // The numbers of the filters move with the rows on screen, which are all of them in most portals.
    let watched: Vec<(CountsNow, RwSignal<OrganizationNow>)> = rows.iter().map(|(line, now)| (line.now.counts, *now)).collect();
    let standings = Memo::new(move |_| {
        let mut moved = standings;
        for (seen, now) in &watched {
            now.with(|now| moved.move_on(seen, &now.counts));
        }
        moved
    });
    // A client that is new in the scope belongs into a list that shows everything.
    let (is_all, is_whole) = (asked.is_all(), next_cursor.is_none());
    let known: Vec<OrganizationId> = rows.iter().map(|(line, _)| line.id).collect();
    let shown = rows.len();
    Effect::new(move |before: Option<usize>| {
        let now = live.counts.get().map_or(0, |c| usize::try_from(devices(&c)).unwrap_or(0));
        if before.is_some_and(|before| before == 0 && now > 0) && is_all && is_whole && known.is_empty() {
            data.refetch();
        }
        now
    });
    let total = standings.get_untracked().count(&asked.standing).filter(|_| asked.cursor.is_empty() || asked.standing.is_empty());
    let has_partners = !partners.is_empty();
    let kept = StoredValue::new(rows.clone());
    let csv = Callback::new(move |()| kept.with_value(|rows| rows.iter().map(|(line, now)| csv_row(line, &now.get())).collect()));
    view! {
        <Filters partners standings columns hours/>
        {if shown == 0 {
            nothing(is_all, may_add)
        } else {
            view! {
                <TableFrame label="Clients" cards=true columns=columns>
                    <thead>
                        <tr>
                            <SortHead key="name" label="Client"/>
                            {has_partners.then(|| view! { <th scope="col">"Partner"</th> })}
                            <SortHead key="devices" label="Devices" descending=true/>
                            <th scope="col" class="number">"Critical"</th>
                            <th scope="col" class="number">"Warning"</th>
                            <th scope="col" class="number">"Unknown"</th>
                            <th scope="col" class="number">"Healthy"</th>
                            <SortHead key="compliance" label="Within SLA"/>
                            <th scope="col">"Worst device"</th>
                            <th scope="col">"Success, 28 days"</th>
                            <SortHead key="alerts" label="Open alerts" number=true descending=true/>
                        </tr>
                    </thead>
                    <tbody>{rows.into_iter().map(|(line, now)| view! { <Later><Row line now has_partners/></Later> }).collect_view()}</tbody>
                </TableFrame>
                <div class="table-foot">
                    <Pager next_cursor shown total noun="client"/>
                    <CsvButton name="clients.csv" columns rows=csv/>
                </div>
                <Definitions hours/>
            }
            .into_any()
        }}
    }
}

/// What the service level asks for, in words.
fn asked_for((workstations, servers, varies): (i64, i64, bool)) -> String {
    let but = if varies { "; some clients have rules of their own" } else { "" };
    format!("{workstations} h for workstations, {servers} h for servers{but}")
}

#[component]
fn Filters(partners: Vec<(String, String)>, standings: Memo<Standings>, columns: Columns, hours: (i64, i64, bool)) -> impl IntoView {
    let orders = [
        ("name", "By name"),
        ("compliance", "Lowest compliance first"),
        ("-devices", "Most devices first"),
        ("-alerts", "Most open alerts first"),
    ];
    let orders: Vec<(String, String)> = orders.iter().map(|(value, words)| ((*value).to_owned(), (*words).to_owned())).collect();
    let by_partner =
        (!partners.is_empty()).then(|| view! { <SelectFilter name="partner" label="Partner" all="All partners" options=partners/> });
    let count = move |n: fn(&Standings) -> i64| Signal::derive(move || standings.with(n));
    view! {
        <FilterBar label="Filter clients" keep=vec!["standing"]>
            <SearchFilter label="Search clients"/>
            {by_partner}
            <SelectFilter name="sort" label="Order" all="Who needs a look first" options=orders/>
            <ClearFilters keys=vec!["search", "partner", "standing"]/>
            <ColumnMenu columns/>
        </FilterBar>
        <Chips label="Clients that have">
            <ChipFilter name="standing" value="critical" label="Critical" shape=icon::CRITICAL state="critical" count=count(|s| s.critical)/>
            <ChipFilter name="standing" value="in_breach" label="Outside the SLA" shape=icon::MISSED state="missed" count=count(|s| s.in_breach)/>
            <ChipFilter name="standing" value="warning" label="Warning" shape=icon::WARNING state="warning" count=count(|s| s.warning)/>
            <ChipFilter name="standing" value="unknown" label="Unknown" shape=icon::UNKNOWN state="unknown" count=count(|s| s.unknown)/>
            <ChipFilter name="standing" value="healthy" label="All healthy" shape=icon::HEALTHY state="healthy" count=count(|s| s.healthy)/>
        </Chips>
        <p class="clients-rule faint">
            {format!("SLA: a usable backup within {}. ", asked_for(hours))}
            <a href="#how" rel="external">"How this is counted"</a>
        </p>
    }
}

fn nothing(is_all: bool, may_add: bool) -> AnyView {
    if is_all {
        let add = may_add
            .then(|| view! { <p><LinkButton kind=ButtonKind::Primary href="/organizations/new">"Add an organization"</LinkButton></p> });
        view! { <Empty title="No clients yet"><p>"A client is an organization whose machines you protect. Add the first one, then its devices."</p>{add}</Empty> }
            .into_any()
    } else {
        view! { <Empty title="No client fits"><p>"Take a filter away, or "<a href="/backups/clients">"show all clients"</a>"."</p></Empty> }
            .into_any()
    }
}

/// How many devices of a client are in a band; leads to them.
#[component]
fn InBand(id: OrganizationId, band: Band, counts: Signal<CountsNow>) -> impl IntoView {
    let n = Memo::new(move |_| {
        let counts = counts.get();
        match band {
            Band::Critical => counts.critical,
            Band::Warning => counts.warning,
            Band::Unknown => counts.unknown,
            Band::Healthy => counts.healthy,
        }
    });
    let has_any = Memo::new(move |_| n.get() > 0);
    let label = text::band_label(band);
    view! {
        <td data-label=label class="number cell-count" data-state=move || has_any.get().then_some(band.as_str())>
            {move || if has_any.get() {
                view! {
                    <a class="quiet-link" href=format!("/organizations/{id}/devices?band={}", band.as_str())>
                        <LiveCount value=n/><span class="hidden-words">{format!(" {}", label.to_lowercase())}</span>
                    </a>
                }
                .into_any()
            } else {
                view! { <span class="faint">"0"</span> }.into_any()
            }}
        </td>
    }
}

#[component]
fn Row(line: ClientLine, now: RwSignal<OrganizationNow>, has_partners: bool) -> impl IntoView {
    let id = line.id;
    let counts: Signal<CountsNow> = Memo::new(move |_| now.with(|n| n.counts)).into();
    let worst = Memo::new(move |_| now.with(|n| n.worst.clone()));
    let alerts = Memo::new(move |_| counts.get().open_alerts);
    let total = Memo::new(move |_| devices(&counts.get()));
    view! {
        <tr>
            <th scope="row" class="cell-name">
                <a class="row-link" href=format!("/organizations/{id}")>{line.name}</a>
                {(!line.activated).then(|| view! { <span class="cell-aside">"Deactivated"</span> })}
            </th>
            {has_partners.then(|| view! { <td data-label="Partner" class="cell-partner">{line.partner.1}</td> })}
            <td data-label="Devices" class="cell-devices">
                <span class="devices-total"><LiveCount value=total/></span>
                <BandsBar counts=Signal::derive(move || bands(&counts.get()))/>
            </td>
            <InBand id band=Band::Critical counts/>
            <InBand id band=Band::Warning counts/>
            <InBand id band=Band::Unknown counts/>
            <InBand id band=Band::Healthy counts/>
            <td data-label="Within SLA" class="cell-service"><Compliance counts/></td>
            <td data-label="Worst device" class="cell-worst">
                {move || match worst.get() {
                    None => view! { <span class="faint">"–"</span> }.into_any(),
                    Some(device) => view! {
                        <a class="quiet-link worst-name" href=format!("/devices/{}", device.device)>{device.name}</a>
                        <ScorePill score=device.score band=device.band/>
                    }
                    .into_any(),
                }}
            </td>
            <td data-label="Success, 28 days" class="cell-bars"><SuccessLine days=line.days/></td>
            <td data-label="Open alerts" class="number cell-open">
                {move || if alerts.get() > 0 {
                    view! { <a href=format!("/organizations/{id}/alerts")><LiveCount value=alerts/></a> }.into_any()
                } else {
                    view! { <span class="faint">"0"</span> }.into_any()
                }}
            </td>
        </tr>
    }
}

#[component]
fn Definitions(hours: (i64, i64, bool)) -> impl IntoView {
    view! {
        <section class="definitions" id="how">
            <h2>"How this is counted"</h2>
            <dl>
                <dt>"Who needs a look first"</dt>
                <dd>"More critical devices before fewer; of equals, more devices outside the SLA, then more with a warning, then more of which nothing is known; then by name. Deactivated clients come last."</dd>
                <dt>"Within SLA"</dt>
                <dd>
                    {format!(
                        "Devices whose last usable backup is no older than the service level asks for: {}. A backup with warnings is usable. What is paused or deactivated is left out. ",
                        asked_for(hours),
                    )}
                    <a href="/backups/compliance">"Compliance"</a>
                </dd>
                <dt>"Worst device"</dt>
                <dd>"Of the devices in use the one with the lowest score, if it is critical or has a warning; without such a one a device of which nothing is known, else the healthy one with the lowest score."</dd>
                <dt>"Success, 28 days"</dt>
                <dd>"Share of usable backups among those that were due, day by day in the client's own zone; missed ones count as due. The top of the line is 100 %, its foot 75 % or less."</dd>
            </dl>
        </section>
    }
}

fn csv_row(line: &ClientLine, now: &OrganizationNow) -> CsvRow {
    let counts = &now.counts;
    let worst = now.worst.as_ref().map(|w| format!("{} ({} {})", w.name, w.score.0, text::band_label(w.band)));
    vec![
        ("client", line.name.clone()),
        ("partner", line.partner.1.clone()),
        ("devices", devices(counts).to_string()),
        ("critical", counts.critical.to_string()),
        ("warning", counts.warning.to_string()),
        ("unknown", counts.unknown.to_string()),
        ("healthy", counts.healthy.to_string()),
        ("compliance", service::percent(counts).unwrap_or_default()),
        ("worst", worst.unwrap_or_default()),
        ("trend", in_words(&line.days)),
        ("alerts", counts.open_alerts.to_string()),
    ]
}
