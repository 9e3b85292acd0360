//! The list of devices: filters, order and place live in the URL, so that a view can be shared.

use super::{
    Console,
    row::{DeviceRow, class_word},
};
use crate::{
    api::backup::{DeviceLine, DevicesQuery, DevicesView, load_devices},
    browser,
    components::{
        Button, Empty, LinkButton, Page, Pager, SortHead, TableFrame,
        button::ButtonKind,
        icon::{Icon, SEARCH},
        loaded, query_with,
    },
    live::Live,
    me,
};
use domain::{access::Action, health::Band, text};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
    params::ParamsMap,
};

const TYPING: u32 = 250;

fn asked(query: &ParamsMap) -> DevicesQuery {
    let text = |key| query.get(key).unwrap_or_default();
    DevicesQuery {
        search: text("search"),
        organization: text("organization"),
        band: text("band"),
        class: text("class"),
        life: text("life"),
        sort: text("sort"),
        cursor: text("cursor"),
    }
}

/// The page.
#[component]
pub fn Devices() -> impl IntoView {
    let query = use_query_map();
    let data = Resource::new(move || asked(&query.read()), load_devices);
    let actions = me::may(Action::ManageDevices)
        .then(|| view! { <LinkButton kind=ButtonKind::Primary href="/devices/new">"Add a device"</LinkButton> }.into_any());
    view! {
        <Page title="Devices" actions=actions.unwrap_or_else(|| ().into_any())>
            <Console/>
            {loaded(data, move |view| {
                view! { <List view data/> }.into_any()
            })}
        </Page>
    }
}

#[component]
fn List(view: DevicesView, data: Resource<Result<DevicesView, crate::UiError>>) -> impl IntoView {
    let DevicesView { lines, next_cursor, total, organizations, counts } = view;
    let query = use_query_map();
    let is_all = asked(&query.read_untracked()).is_all();
    let shown = lines.len();
    let ids: Vec<_> = lines.iter().map(|l| l.id).collect();
    // A device that is new in the scope belongs into a list that shows everything.
    let live = Live::get();
    let has_next = next_cursor.is_some();
    Effect::new(move |before: Option<()>| {
        let changed = live.last_change.get();
        if before.is_some() && is_all && !has_next && changed.is_some_and(|id| !ids.contains(&id)) {
            data.refetch();
        }
    });
    let counts = Signal::derive(move || live.counts.get().unwrap_or(counts));
    let csv_lines = StoredValue::new(lines.clone());
    let download = Callback::new(move |()| browser::download("devices.csv", "text/csv;charset=utf-8", &csv_lines.with_value(|l| csv(l))));
    view! {
        <Filters organizations counts/>
        {if shown == 0 {
            nothing(is_all)
        } else {
            view! {
                <TableFrame label="Devices" cards=true>
                    <thead>
                        <tr>
                            <SortHead key="name" label="Device"/>
                            <th scope="col">"Client"</th>
                            <SortHead key="score" label="Score" default=true/>
                            <th scope="col">"State"</th>
                            <SortHead key="last" label="Last backup"/>
                            <SortHead key="due" label="Next due"/>
                            <th scope="col">"Policy"</th>
                            <th scope="col" class="number">"Storage"</th>
                            <th scope="col">"28 days"</th>
                        </tr>
                    </thead>
                    <tbody>{lines.into_iter().map(|line| view! { <DeviceRow line/> }).collect_view()}</tbody>
                </TableFrame>
                <div class="table-foot">
                    <Pager next_cursor shown total noun="device"/>
                    <Button kind=ButtonKind::Quiet on_press=download>"CSV of these rows"</Button>
                </div>
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

/// A plain form, so that it works before the scripts have come; with them, each change is another address.
#[component]
fn Filters(organizations: Vec<(String, String)>, counts: Signal<domain::live::CountsNow>) -> impl IntoView {
    let query = use_query_map();
    let navigate = use_navigate();
    let go = Callback::new(move |(key, value): (&'static str, String)| {
        let target = query_with(&query.read_untracked(), &[(key, Some(&value))]);
        navigate(&format!("/backups/devices{target}"), NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() });
    });
    let turn = StoredValue::new(0_u32);
    let typed = move |text: String| {
        let mine = turn.get_value().wrapping_add(1);
        turn.set_value(mine);
        browser::after(TYPING, move || {
            if turn.try_get_value() == Some(mine) {
                go.run(("search", text));
            }
        });
    };
    let is = move |key: &'static str, value: &str| query.read_untracked().get(key).unwrap_or_default() == value;
    let band = move |word: &'static str, label: &'static str, n: fn(&domain::live::CountsNow) -> i64| {
        let href = move || {
            let query = query.read();
            let on = query.get("band").as_deref() == Some(word);
            format!("/backups/devices{}", query_with(&query, &[("band", (!on).then_some(word))]))
        };
        view! {
            <a class="chip" data-state=word href=href aria-current=move || (query.read().get("band").as_deref() == Some(word)).then_some("true")>
                <Icon shape=crate::components::badge::band_shape(word.parse().unwrap_or(Band::Unknown))/>
                {label}" "
                <crate::components::LiveCount value=Signal::derive(move || n(&counts.get()))/>
            </a>
        }
    };
    view! {
        <form class="filters" role="search" method="get" action="/backups/devices" on:submit=move |event| event.prevent_default()>
            <label class="search">
                <Icon shape=SEARCH/>
                <span class="hidden-words">"Search devices by name"</span>
                <input
                    class="input"
                    type="search"
                    name="search"
                    placeholder="Search devices"
                    autocomplete="off"
                    value=query.read_untracked().get("search").unwrap_or_default()
                    on:input=move |event| typed(event_target_value(&event))
                />
            </label>
            <label>
                <span class="hidden-words">"Client"</span>
                <select class="input" name="organization" on:change=move |event| go.run(("organization", event_target_value(&event)))>
                    <option value="">"All clients"</option>
                    {organizations
                        .into_iter()
                        .map(|(id, name)| {
                            let selected = is("organization", &id);
                            view! { <option value=id selected=selected>{name}</option> }
                        })
                        .collect_view()}
                </select>
            </label>
            <label>
                <span class="hidden-words">"Class"</span>
                <select class="input" name="class" on:change=move |event| go.run(("class", event_target_value(&event)))>
                    <option value="">"All classes"</option>
                    <option value="server" selected=is("class", "server")>"Servers"</option>
                    <option value="workstation" selected=is("class", "workstation")>"Workstations"</option>
                </select>
            </label>
            <label>
                <span class="hidden-words">"Life"</span>
                <select class="input" name="life" on:change=move |event| go.run(("life", event_target_value(&event)))>
                    <option value="">"In use"</option>
                    <option value="pending" selected=is("life", "pending")>"Waiting"</option>
                    <option value="paused" selected=is("life", "paused")>"Paused"</option>
                    <option value="retired" selected=is("life", "retired")>"Retired"</option>
                </select>
            </label>
            <noscript><button class="button" type="submit">"Show"</button></noscript>
        </form>
        <nav class="chips" aria-label="Bands">
            {band("critical", "Critical", |c| c.critical)}
            {band("warning", "Warning", |c| c.warning)}
            {band("unknown", "Unknown", |c| c.unknown)}
            {band("healthy", "Healthy", |c| c.healthy)}
        </nav>
    }
}

/// The rows as CSV. A cell that a spreadsheet would take for a formula is quoted with an apostrophe.
fn csv(lines: &[DeviceLine]) -> String {
    let cell = |value: &str| {
        let guard = if value.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
        format!("\"{guard}{}\"", value.replace('"', "\"\""))
    };
    let mut csv =
        "Device,Client,Class,Score,Band,Last usable backup,Next due,Policy,Storage used (bytes),Quota (bytes),Tags\r\n".to_owned();
    for line in lines {
        let time = |t: Option<domain::time::Time>| t.map(text::rfc3339).unwrap_or_default();
        let number = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
        let cells = [
            cell(&line.name),
            cell(&line.organization.1),
            cell(class_word(line.class)),
            line.now.score.0.to_string(),
            cell(text::band_label(line.now.band)),
            time(line.now.last_usable_at),
            time(line.now.due_at),
            cell(&line.policy.1),
            number(line.storage_used),
            number(line.quota_bytes),
            cell(&line.tags.join(" ")),
        ];
        csv.push_str(&cells.join(","));
        csv.push_str("\r\n");
    }
    csv
}
