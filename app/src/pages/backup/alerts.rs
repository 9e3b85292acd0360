//! The list of alerts: what is wrong, why, what to do, and what was done. Sorted by worth: what wants attention soonest stands first.
//!
//! It follows what happens without a reload and without jumping: rows change in place, one that has resolved stays until the list is
//! asked for again, and new ones are put in only while nobody reads further down; else a line above the list offers them.

pub mod alert;
mod details;
mod filters;
pub mod incident;
mod incident_row;
mod items;
pub(crate) mod remedy;
mod row;
mod table;
mod views;

pub use filters::{all_of, asked};
pub use incident_row::names as names_of_incident;
pub use table::AlertTable;

use super::{
    Console,
    soon::Soon,
    tend::{TendDialog, Whom, Wish},
};
use crate::{
    api::backup::{AlertsQuery, AlertsView, load_alerts, load_alerts_news},
    browser,
    components::{
        BulkBar, Button, Column, Columns, CsvButton, CsvRow, Empty, Later, Page, Pager, SelectAll, Selection, TableFrame, TableSkeleton,
        loaded_with, use_toasts,
    },
    live::{Live, use_now},
    me, wire,
};
use domain::{access::Action, ids::AlertId};
use filters::{Filters, csv_row};
use incident_row::{IncidentAsRow, csv_row as incident_csv_row};
use items::{Item, Waiting};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_query_map;
use row::{AlertRow, Shared};
use views::Saved;

/// Of the table, in the order of its cells. The first and the last are there for who may tend alerts.
static COLUMNS: [Column; 9] = [
    Column::fixed("choose", ""),
    Column::fixed("type", "Type"),
    Column::new("severity", "Severity"),
    Column::new("device", "Device"),
    Column::new("since", "Since"),
    Column::new("why", "Why"),
    Column::new("do", "Recommended action"),
    Column::new("done", "Done"),
    Column::fixed("more", ""),
];
/// Counts moved: ask soon. Some device moved: an alert may have changed without the counts; ask later.
const SOON: u32 = 400;
const LATER: u32 = 5_000;
/// Scrolled further than that, somebody reads.
const TOP: f64 = 120.0;

/// The page.
#[component]
pub fn Alerts() -> impl IntoView {
    let query = use_query_map();
    let data = wire::resource(move || asked(&query.read(), None), load_alerts);
    view! {
        <Page title="Alerts">
            <Console/>
            <AlertList data/>
        </Page>
    }
}

/// The list with its filters, of a resource made at the top of the page. `of_organization`: where the client is known.
#[component]
pub fn AlertList(
    /// The list.
    data: wire::Resource<Result<AlertsView, crate::UiError>>,
    /// Leaves the client out.
    #[prop(optional)]
    of_organization: bool,
) -> impl IntoView {
    let columns = Columns::of("alerts", if me::may(Action::TendAlerts) { &COLUMNS } else { &COLUMNS[1..COLUMNS.len() - 1] });
    let saved = (!of_organization).then(Saved::of_page);
    loaded_with(
        data,
        || view! { <TableSkeleton rows=12/> }.into_any(),
        move |view| view! { <List view columns saved of_organization/> }.into_any(),
    )
}

#[component]
fn List(view: AlertsView, columns: Columns, saved: Option<Saved>, of_organization: bool) -> impl IntoView {
    let AlertsView { query, lines, incidents, next_cursor, counts, views, organization, at } = view;
    if let Some(saved) = saved {
        saved.take(views);
    }
    let by_worth = query.sort != "time";
    let is_first = query.cursor.is_empty();
    let is_resolved = query.state == "resolved";
    let is_narrowed = asked_for_more(&query, of_organization);
    // All rows are of that one; without a row its name isn't known here.
    let device =
        (!query.device.is_empty()).then(|| lines.first().map_or_else(|| "one device or account".to_owned(), |l| l.device.1.clone()));
    let rows = RwSignal::new(items::rows(lines, incidents, by_worth));
    let waiting = RwSignal::new(Waiting::default());
    let counts = RwSignal::new(counts);
    let (selection, unfolded) = (Selection::new(), RwSignal::new(0_u32));
    let query = StoredValue::new(query);
    let refresh = Callback::new(move |()| {
        let (ids, incidents) = rows.with_untracked(|rows| (items::alerts(rows), items::incidents(rows)));
        spawn_local(async move {
            let Some(query) = query.try_get_value() else { return };
            let Ok(news) = load_alerts_news(query, ids, incidents).await else { return };
            if counts.try_set(news.counts).is_some() {
                return;
            }
            let reads = browser::scrolled() > TOP || !selection.is_empty() || unfolded.get_untracked() > 0;
            let fresh = items::take(rows, news);
            if !is_first || is_resolved {
                return;
            }
            if reads {
                waiting.set(fresh);
            } else {
                items::insert(rows, fresh, by_worth);
                waiting.set(Waiting::default());
            }
        });
    });
    let live = Live::get();
    let (soon, later) = (Soon::new(), Soon::new());
    let open = Memo::new(move |_| live.counts.get().map(|c| (c.open_alerts, c.critical, c.warning)));
    Effect::new(move |before: Option<Option<(i64, i64, i64)>>| {
        let now = open.get();
        if before.flatten().is_some_and(|b| Some(b) != now) {
            soon.wish(SOON, move || refresh.run(()));
        }
        now
    });
    Effect::new(move |before: Option<()>| {
        live.last_change.track();
        if before.is_some() {
            later.wish(LATER, move || refresh.run(()));
        }
    });
    let changed = Callback::new(move |()| {
        selection.clear();
        refresh.run(());
    });
    let may_tend = me::may(Action::TendAlerts);
    let shared = Shared { at, selection, wish: RwSignal::new(None), unfolded, may_tend, toasts: use_toasts(), changed };
    let tend = move |what: &'static str| {
        Callback::new(move |()| {
            let ids: Vec<AlertId> = selection.ids().iter().filter_map(|id| id.parse().ok()).collect();
            let title = if ids.len() == 1 { "1 alert".to_owned() } else { format!("{} alerts", ids.len()) };
            shared.wish.set(Some(Wish { whom: Whom::Alerts(ids), what, title }));
        })
    };
    let now = use_now();
    let csv = Callback::new(move |()| {
        let now = now.get_untracked().unwrap_or(at);
        rows.with_untracked(|rows| {
            let row = |item: &Item| match item {
                Item::Alert(row) => row.line.with_untracked(|l| csv_row(l, now)),
                Item::Incident(row) => row.line.with_untracked(incident_csv_row),
            };
            rows.iter().map(row).collect::<Vec<CsvRow>>()
        })
    });
    let is_empty = Memo::new(move |_| rows.with(Vec::is_empty));
    let shown = Signal::derive(move || {
        let state = query.with_value(|q| q.state.clone());
        rows.with(|rows| items::counted(rows, &state, counts.get()))
    });
    let next_cursor = StoredValue::new(next_cursor);
    view! {
        <Filters organization device counts columns saved of_organization/>
        {move || waiting.with(Waiting::words).map(|words| view! {
            <p class="news" role="status">
                <Button on_press=Callback::new(move |()| items::insert(rows, waiting.try_update(std::mem::take).unwrap_or_default(), by_worth))>{words}" – show"</Button>
            </p>
        })}
        {move || if is_empty.get() {
            nothing(is_resolved, is_narrowed)
        } else {
            view! {
                <TableFrame label="Alerts" cards=true columns=columns>
                    <thead>
                        <tr>
                            {may_tend.then(|| view! { <SelectAll selection what="alerts"/> })}
                            <th scope="col">"Type"</th>
                            <th scope="col">"Severity"</th>
                            <th scope="col">"Device"</th>
                            <th scope="col">"Since"</th>
                            <th scope="col">"Why"</th>
                            <th scope="col">"Recommended action"</th>
                            <th scope="col">"Done"</th>
                            {may_tend.then(|| view! { <th scope="col"><span class="hidden-words">"Tend"</span></th> })}
                        </tr>
                    </thead>
                    <tbody>
                        <For each=move || rows.get() key=Item::key let:item>
                            {match item {
                                Item::Alert(row) => view! { <Later><AlertRow row shared/></Later> }.into_any(),
                                Item::Incident(row) => view! { <Later><IncidentAsRow row may_tend/></Later> }.into_any(),
                            }}
                        </For>
                    </tbody>
                </TableFrame>
                <div class="table-foot">
                    <Pager next_cursor=next_cursor.get_value() shown=rows.with_untracked(Vec::len) noun="alert" words=shown/>
                    <CsvButton name="alerts.csv" columns rows=csv/>
                </div>
            }
            .into_any()
        }}
        {may_tend.then(|| view! {
            <BulkBar selection noun="alert">
                <Button on_press=tend("acknowledge")>"Acknowledge"</Button>
                <Button on_press=tend("snooze")>"Snooze"</Button>
                <Button on_press=tend("note")>"Note"</Button>
            </BulkBar>
            <TendDialog wish=shared.wish changed/>
        })}
    }
}

fn asked_for_more(query: &AlertsQuery, of_organization: bool) -> bool {
    [&query.severity, &query.kind, &query.device, &query.class, &query.search].iter().any(|t| !t.is_empty())
        || (!of_organization && !query.organization.is_empty())
        || !matches!(query.state.as_str(), "" | "open" | "resolved")
}

fn nothing(is_resolved: bool, is_narrowed: bool) -> AnyView {
    if is_narrowed {
        view! { <Empty title="No alert matches"><p>"Take a filter away, or "<a href="?">"show all open alerts"</a>"."</p></Empty> }
            .into_any()
    } else if is_resolved {
        view! { <Empty title="No resolved alerts"><p>"An alert resolves by itself when its cause is gone. It is then listed here."</p></Empty> }.into_any()
    } else {
        view! {
            <Empty title="Nothing is wrong">
                <p>"No alert is open. When a backup fails, is late, or a restore test fails, it is listed here by itself."</p>
            </Empty>
        }
        .into_any()
    }
}
