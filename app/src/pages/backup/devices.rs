//! The list of devices: filters, order and place live in the URL, so that a view can be shared.

use super::{
    Console,
    client::ClientFilter,
    row::{DeviceRow, class_word},
    state::doing_words,
};
use crate::{
    api::backup::{DeviceLine, DevicesQuery, DevicesView, load_devices},
    components::{
        ChipFilter, Chips, ClearFilters, Column, ColumnMenu, Columns, CsvButton, CsvRow, Empty, FilterBar, Later, LinkButton, Page, Pager,
        SearchFilter, SelectFilter, SortHead, TableFrame, TableSkeleton, badge::band_shape, button::ButtonKind, loaded_with,
    },
    live::{DeviceBrief, Live},
    me, wire,
};
use domain::{
    access::Action,
    health::Band,
    live::CountsNow,
    text::{self, rfc3339},
    time::Time,
};
use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};

/// Of the table, in the order of its cells.
const COLUMNS: [Column; 12] = [
    Column::fixed("device", "Device"),
    Column::new("client", "Client"),
    Column::hidden("class", "Class"),
    Column::new("score", "Score"),
    Column::new("state", "State"),
    Column::new("last", "Last backup"),
    Column::new("due", "Next due"),
    Column::new("policy", "Policy"),
    Column::new("storage", "Storage"),
    Column::new("days", "28 days"),
    Column::hidden("alerts", "Open alerts"),
    Column::hidden("tags", "Tags"),
];

/// Beside the score on screen; in a file a column of its own.
const BAND: [Column; 1] = [Column::fixed("band", "Band")];

/// The same on an organization's page; the client's cells are there, and hidden.
const OF_ORGANIZATION: [Column; 12] = {
    let mut columns = COLUMNS;
    columns[1] = Column::hidden("client", "Client");
    columns
};

/// Each as the head of its column gives it, and turned round.
const ORDERS: [(&str, &str); 8] = [
    ("score", "Lowest score first"),
    ("-score", "Highest score first"),
    ("name", "By name"),
    ("-name", "By name, from the end"),
    ("last", "Longest without a backup first"),
    ("-last", "Latest backup first"),
    ("due", "Soonest due first"),
    ("-due", "Latest due first"),
];

const FILTERS: [&str; 5] = ["search", "organization", "class", "life", "band"];

/// What the URL asks for.
pub fn asked(query: &ParamsMap) -> DevicesQuery {
    let text = |key| query.get(key).unwrap_or_default();
    DevicesQuery {
        search: text("search"),
        organization: text("organization"),
        band: text("band"),
        class: text("class"),
        life: text("life"),
        policy: text("policy"),
        sort: text("sort"),
        cursor: text("cursor"),
    }
}

/// The page.
#[component]
pub fn Devices() -> impl IntoView {
    let actions = me::may(Action::ManageDevices)
        .then(|| view! { <LinkButton kind=ButtonKind::Primary href="/devices/new">"Add a device"</LinkButton> }.into_any());
    view! {
        <Page title="Devices" actions=actions.unwrap_or_else(|| ().into_any())>
            <Later><Console/></Later>
            <Later><Asked/></Later>
        </Page>
    }
}

/// What is asked of the server, and its answer: read and shown in tasks of their own.
#[component]
fn Asked() -> impl IntoView {
    let query = use_query_map();
    let data = wire::resource(move || asked(&query.read()), load_devices);
    view! { <div class="piece"><Later><div class="piece"><DeviceTable data/></div></Later></div> }
}

/// The table with its filters.
#[component]
pub fn DeviceTable(
    /// What it shows.
    data: wire::Resource<Result<DevicesView, crate::UiError>>,
    /// On an organization's page: the client is known and left out.
    #[prop(optional)]
    of_organization: bool,
) -> impl IntoView {
    let columns = if of_organization { Columns::of("organization_devices", &OF_ORGANIZATION) } else { Columns::of("devices", &COLUMNS) };
    let again = Callback::new(move |()| data.refetch());
    loaded_with(
        data,
        || view! { <TableSkeleton rows=12/> }.into_any(),
        move |view| view! { <DeviceList view again columns of_organization/> }.into_any(),
    )
}

#[component]
fn DeviceList(view: DevicesView, again: Callback<()>, columns: Columns, of_organization: bool) -> impl IntoView {
    let DevicesView { lines, next_cursor, total, organization, counts } = view;
    let query = use_query_map();
    let is_all = asked(&query.read_untracked()).is_all();
    let shown = lines.len();
    // The chips leave these out, the list doesn't.
    let paused = counts.filter(|_| total.is_some()).map_or(0, |counts| counts.paused);
    let note = (paused > 0).then(|| format!(", {} of them paused", text::count(paused)));
    let ids: Vec<_> = lines.iter().map(|l| l.id).collect();
    // A device that is new in the scope belongs into a list that shows everything.
    let live = Live::get();
    let has_next = next_cursor.is_some();
    Effect::new(move |before: Option<()>| {
        let changed = live.last_change.get();
        if before.is_some() && is_all && !of_organization && !has_next && changed.is_some_and(|id| !ids.contains(&id)) {
            again.run(());
        }
    });
    let csv_lines = StoredValue::new(lines.clone());
    // As the rows are now: they follow the stream.
    let csv = move |line: &DeviceLine| csv_row(line, &live.row(line.id).unwrap_or_else(|| line.now.clone()));
    let rows = Callback::new(move |()| csv_lines.with_value(|lines| lines.iter().map(csv).collect()));
    view! {
        <Filters organization counts columns of_organization/>
        {if shown == 0 {
            nothing(is_all)
        } else {
            view! {
                <TableFrame label="Devices" cards=true columns=columns>
                    <Later><thead>
                        <tr>
                            <SortHead key="name" label="Device"/>
                            <th scope="col">"Client"</th>
                            <th scope="col">"Class"</th>
                            <SortHead key="score" label="Score"/>
                            <th scope="col">"State"</th>
                            <SortHead key="last" label="Last backup"/>
                            <SortHead key="due" label="Next due"/>
                            <th scope="col">"Policy"</th>
                            <th scope="col" class="number">"Storage"</th>
                            <th scope="col">"28 days"</th>
                            <th scope="col" class="number">"Open alerts"</th>
                            <th scope="col">"Tags"</th>
                        </tr>
                    </thead></Later>
                    <tbody>{lines.into_iter().map(|line| view! { <Later><DeviceRow line/></Later> }).collect_view()}</tbody>
                </TableFrame>
                <Later><div class="table-foot">
                    <Pager next_cursor shown total noun="device" note/>
                    <CsvButton name="devices.csv" columns also=&BAND rows/>
                </div></Later>
            }
            .into_any()
        }}
    }
}

fn nothing(is_all: bool) -> AnyView {
    if is_all {
        view! {
            <Empty title="No devices yet">
                <p>"Add a device to get one line that you run on it: the agent, plain curl, or the hook that borgmatic already has. It appears here and turns green with its first backup."</p>
                <p><LinkButton kind=ButtonKind::Primary href="/devices/new">"Add a device"</LinkButton></p>
            </Empty>
        }
        .into_any()
    } else {
        view! {
            <Empty title="No device matches">
                <p>"Take a filter away, or "<a href="/backups/devices">"show all devices"</a>"."</p>
            </Empty>
        }
        .into_any()
    }
}

/// `counts`: of what the list shows but for its band; none where only a count of rows could tell.
#[component]
fn Filters(organization: Option<(String, String)>, counts: Option<CountsNow>, columns: Columns, of_organization: bool) -> impl IntoView {
    let live = Live::get();
    let query = use_query_map();
    // The stream tells the counts of the whole scope.
    let is_whole = !of_organization && asked(&query.read_untracked()).is_whole();
    let counts = Signal::derive(move || if is_whole { live.counts.get().or(counts) } else { counts });
    let band = move |band: Band, label: &'static str, n: fn(&CountsNow) -> i64| match counts.get_untracked() {
        Some(_) => {
            let count = Signal::derive(move || counts.get().map_or(0, |c| n(&c)));
            view! { <ChipFilter name="band" value=band.as_str() label shape=band_shape(band) state=band.as_str() count=count/> }.into_any()
        }
        None => view! { <ChipFilter name="band" value=band.as_str() label shape=band_shape(band) state=band.as_str()/> }.into_any(),
    };
    let options =
        |words: &[(&str, &str)]| words.iter().map(|(value, label)| ((*value).to_owned(), (*label).to_owned())).collect::<Vec<_>>();
    let client = (!of_organization).then(|| view! { <ClientFilter chosen=organization/> });
    let classes = options(&[("server", "Servers"), ("workstation", "Workstations")]);
    let lives = options(&[("pending", "Waiting"), ("paused", "Paused"), ("retired", "Retired")]);
    view! {
        <Later><FilterBar label="Filter devices" keep=vec!["band", "policy"]>
            <SearchFilter label="Search devices"/>
            {client}
            <SelectFilter name="class" label="Class" all="All classes" options=classes/>
            <SelectFilter name="life" label="Life" all="In use" options=lives/>
            <SelectFilter name="sort" label="Order" all="What needs a look first" options=options(&ORDERS)/>
            <ClearFilters keys=FILTERS.to_vec()/>
            <ColumnMenu columns/>
        </FilterBar></Later>
        <Later><Chips label="Bands">
            {band(Band::Critical, "Critical", |c| c.critical)}
            {band(Band::Warning, "Warning", |c| c.warning)}
            {band(Band::Unknown, "Unknown", |c| c.unknown)}
            {band(Band::Healthy, "Healthy", |c| c.healthy)}
        </Chips></Later>
    }
}

fn csv_row(line: &DeviceLine, now: &DeviceBrief) -> CsvRow {
    let time = |t: Option<Time>| t.map(rfc3339).unwrap_or_default();
    let used = now.storage_used.or(line.storage_used);
    vec![
        ("device", line.name.clone()),
        ("client", line.organization.1.clone()),
        ("class", class_word(line.class).to_owned()),
        ("score", if now.is_counted() { now.score.0.to_string() } else { String::new() }),
        ("state", doing_words(now)),
        ("last", time(now.last_usable_at)),
        ("due", time(now.due_at)),
        ("policy", line.policy.1.clone()),
        ("storage", used.map(|n| n.to_string()).unwrap_or_default()),
        ("days", charts::day_bars_text(&line.bars.drawn())),
        ("alerts", line.open_alerts.to_string()),
        ("tags", line.tags.join(" ")),
        ("band", if now.is_counted() { text::band_label(now.band).to_owned() } else { String::new() }),
    ]
}
