//! The list of alerts: what is wrong, why, what to do, and what was done. Sorted by worth: what wants attention soonest stands first.
//!
//! It follows what happens without a reload and without jumping: rows change in place, one that has resolved stays until the list is
//! asked for again, and new ones are put in only while nobody reads further down; else a line above the list offers them.

mod details;
mod row;
mod table;

pub use table::AlertTable;

use super::{
    Console,
    client::ClientFilter,
    row::class_word,
    soon::Soon,
    tend::{TendDialog, Wish},
};
use crate::{
    api::backup::{AlertCounts, AlertLine, AlertsNews, AlertsQuery, AlertsView, load_alerts, load_alerts_news},
    browser,
    components::{
        BulkBar, Button, ChipFilter, Chips, ClearFilters, Column, ColumnMenu, Columns, CsvButton, CsvRow, Empty, FilterBar, Page, Pager,
        SearchFilter, SelectAll, SelectFilter, Selection, TableFrame, TableSkeleton, badge::band_shape, loaded_with,
    },
    live::{Live, use_now},
    me,
};
use domain::{access::Action, alert::AlertKind, health::Band, ids::AlertId, text};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use row::{AlertRow, Row, Shared};

/// Of the table, in the order of its cells.
const COLUMNS: [Column; 8] = [
    Column::fixed("choose", ""),
    Column::fixed("type", "Type"),
    Column::new("severity", "Severity"),
    Column::new("device", "Device"),
    Column::new("since", "Since"),
    Column::new("why", "Why, and what to do"),
    Column::new("done", "Done"),
    Column::fixed("more", ""),
];
const FILTERS: [&str; 6] = ["search", "organization", "kind", "class", "severity", "state"];
/// Counts moved: ask soon. Some device moved: an alert may have changed without the counts; ask later.
const SOON: u32 = 400;
const LATER: u32 = 5_000;
/// Scrolled further than that, somebody reads.
const TOP: f64 = 120.0;

/// What the URL asks for. `organization`: on an organization's page, where the client is known.
pub fn asked(query: &ParamsMap, organization: Option<&str>) -> AlertsQuery {
    let text = |key| query.get(key).unwrap_or_default();
    AlertsQuery {
        state: text("state"),
        severity: text("severity"),
        kind: text("kind"),
        organization: organization.map_or_else(|| text("organization"), ToOwned::to_owned),
        class: text("class"),
        search: text("search"),
        sort: text("sort"),
        cursor: text("cursor"),
    }
}

/// The page.
#[component]
pub fn Alerts() -> impl IntoView {
    let query = use_query_map();
    let data = Resource::new(move || asked(&query.read(), None), load_alerts);
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
    data: Resource<Result<AlertsView, crate::UiError>>,
    /// Leaves the client out.
    #[prop(optional)]
    of_organization: bool,
) -> impl IntoView {
    let columns = Columns::of("alerts", &COLUMNS);
    loaded_with(
        data,
        || view! { <TableSkeleton rows=12/> }.into_any(),
        move |view| view! { <List view columns of_organization/> }.into_any(),
    )
}

/// Takes in what has changed. Gives what is new and was not put in.
fn take(rows: RwSignal<Vec<Row>>, news: AlertsNews, by_worth: bool, put_in: bool) -> Vec<AlertLine> {
    let known = rows.get_untracked();
    for line in news.shown {
        if let Some(row) = known.iter().find(|r| r.id == line.id)
            && row.line.with_untracked(|l| *l != line)
        {
            row.line.set(line);
        }
    }
    let fresh: Vec<AlertLine> = news.first.into_iter().filter(|line| known.iter().all(|r| r.id != line.id)).collect();
    if !put_in || fresh.is_empty() {
        return fresh;
    }
    insert(rows, fresh, by_worth);
    Vec::new()
}

fn insert(rows: RwSignal<Vec<Row>>, fresh: Vec<AlertLine>, by_worth: bool) {
    rows.update(|rows| {
        for line in fresh {
            if rows.iter().any(|r| r.id == line.id) {
                continue;
            }
            let before = |other: &AlertLine| if by_worth { other.worth < line.worth } else { other.opened_at <= line.opened_at };
            let place = rows.iter().position(|r| r.line.with_untracked(before)).unwrap_or(rows.len());
            rows.insert(place, Row::of(line, true));
        }
    });
}

#[component]
fn List(view: AlertsView, columns: Columns, of_organization: bool) -> impl IntoView {
    let AlertsView { query, lines, next_cursor, counts, organization, at } = view;
    let by_worth = query.sort != "time";
    let is_first = query.cursor.is_empty();
    let is_resolved = query.state == "resolved";
    let is_narrowed = asked_for_more(&query, of_organization);
    let rows = RwSignal::new(lines.into_iter().map(|line| Row::of(line, false)).collect::<Vec<_>>());
    let waiting = RwSignal::new(Vec::<AlertLine>::new());
    let counts = RwSignal::new(counts);
    let shared = Shared {
        at,
        selection: Selection::new(),
        wish: RwSignal::new(None),
        unfolded: RwSignal::new(0),
        may_tend: me::may(Action::TendAlerts),
    };
    let query = StoredValue::new(query);
    let refresh = Callback::new(move |()| {
        let ids: Vec<AlertId> = rows.with_untracked(|rows| rows.iter().map(|r| r.id).collect());
        spawn_local(async move {
            let Some(query) = query.try_get_value() else { return };
            let Ok(news) = load_alerts_news(query, ids).await else { return };
            if counts.try_set(news.counts).is_some() {
                return;
            }
            let reads = browser::scrolled() > TOP || !shared.selection.is_empty() || shared.unfolded.get_untracked() > 0;
            let fresh = take(rows, news, by_worth, is_first && !is_resolved && !reads);
            if is_first && !is_resolved {
                waiting.set(fresh);
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
        shared.selection.clear();
        refresh.run(());
    });
    let tend = move |what: &'static str| {
        Callback::new(move |()| {
            let ids: Vec<AlertId> = shared.selection.ids().iter().filter_map(|id| id.parse().ok()).collect();
            let title = if ids.len() == 1 { "1 alert".to_owned() } else { format!("{} alerts", ids.len()) };
            shared.wish.set(Some(Wish { ids, what, title }));
        })
    };
    let now = use_now();
    let csv = Callback::new(move |()| {
        let now = now.get_untracked().unwrap_or(at);
        rows.with_untracked(|rows| rows.iter().map(|r| r.line.with_untracked(|l| csv_row(l, now))).collect::<Vec<CsvRow>>())
    });
    let is_empty = Memo::new(move |_| rows.with(Vec::is_empty));
    let next_cursor = StoredValue::new(next_cursor);
    view! {
        <Filters organization counts columns of_organization/>
        {move || waiting.with(Vec::len).checked_sub(1).map(|more| {
            let words = if more == 0 { "1 new alert".to_owned() } else { format!("{} new alerts", more + 1) };
            view! {
                <p class="news" role="status">
                    <Button on_press=Callback::new(move |()| insert(rows, waiting.try_update(std::mem::take).unwrap_or_default(), by_worth))>{words}" – show"</Button>
                </p>
            }
        })}
        {move || if is_empty.get() {
            nothing(is_resolved, is_narrowed)
        } else {
            view! {
                <TableFrame label="Alerts" cards=true columns=columns>
                    <thead>
                        <tr>
                            <SelectAll selection=shared.selection what="alerts"/>
                            <th scope="col">"Type"</th>
                            <th scope="col">"Severity"</th>
                            <th scope="col">"Device"</th>
                            <th scope="col">"Since"</th>
                            <th scope="col">"Why, and what to do"</th>
                            <th scope="col">"Done"</th>
                            <th scope="col"><span class="hidden-words">"Tend"</span></th>
                        </tr>
                    </thead>
                    <tbody>
                        <For each=move || rows.get() key=|row| row.id let:row>
                            <AlertRow row shared/>
                        </For>
                    </tbody>
                </TableFrame>
                <div class="table-foot">
                    <Pager next_cursor=next_cursor.get_value() shown=rows.with(Vec::len) noun="alert"/>
                    <CsvButton name="alerts.csv" columns rows=csv/>
                </div>
            }
            .into_any()
        }}
        {shared.may_tend.then(|| view! {
            <BulkBar selection=shared.selection noun="alert">
                <Button on_press=tend("acknowledge")>"Acknowledge"</Button>
                <Button on_press=tend("snooze")>"Snooze"</Button>
                <Button on_press=tend("note")>"Note"</Button>
            </BulkBar>
            <TendDialog wish=shared.wish changed/>
        })}
    }
}

fn asked_for_more(query: &AlertsQuery, of_organization: bool) -> bool {
    [&query.severity, &query.kind, &query.class, &query.search].iter().any(|t| !t.is_empty())
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

/// Numbers are those of the list but for the chip's own kind of filter; none where they are more than were counted.
#[component]
fn Filters(
    organization: Option<(String, String)>,
    counts: RwSignal<AlertCounts>,
    columns: Columns,
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
        <FilterBar label="Filter alerts" keep=vec!["state", "severity"]>
            <SearchFilter label="Search device or client"/>
            {(!is_client).then(|| view! { <ClientFilter chosen=organization/> })}
            <SelectFilter name="kind" label="Type" all="All types" options=kinds/>
            <SelectFilter name="class" label="Class" all="All classes" options=vec![pair("server", "Servers"), pair("workstation", "Workstations")]/>
            <SelectFilter name="sort" label="Order" all="Most urgent first" options=vec![pair("time", "Latest first")]/>
            <ClearFilters keys=FILTERS.to_vec()/>
            <ColumnMenu columns/>
        </FilterBar>
        <Chips label="Severity and state">
            {chip("severity", "critical", "Critical", |c| c.critical)}
            {chip("severity", "warning", "Warning", |c| c.warning)}
            <span class="chip-gap"></span>
            {chip("state", "untended", "Nobody on it", |c| c.untended)}
            {chip("state", "acknowledged", "Acknowledged", |c| c.acknowledged)}
            {chip("state", "snoozed", "Snoozed", |c| c.snoozed)}
            <ChipFilter name="state" value="resolved" label="Resolved"/>
        </Chips>
    }
}

fn csv_row(line: &AlertLine, now: domain::time::Time) -> CsvRow {
    let done = match (line.resolved_at, &line.acknowledged, line.snoozed_until) {
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
        ("done", done),
    ]
}
