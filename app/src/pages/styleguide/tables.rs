//! Lists, and what stands in their place.

use super::{Part, Piece};
use crate::{
    components::{
        BulkBar, Button, ChipFilter, Chips, ClearFilters, Column, ColumnMenu, Columns, CsvButton, CsvRow, DayBars, Empty, ErrorBox,
        FilterBar, LogViewer, Menu, MenuButton, MenuLink, Pager, RunBadge, ScorePill, SearchFilter, SelectAll, SelectFilter, SelectRow,
        Selection, SeverityBadge, Skeleton, SortHead, TableFrame, TableSkeleton, TilesSkeleton, icon, picture::DayBar, use_toasts,
    },
    error::UiError,
};
use domain::{
    alert::Severity,
    health::{Band, Score},
    run::RunState,
    text,
};
use leptos::prelude::*;

const COLUMNS: [Column; 7] = [
    Column::fixed("name", "Device"),
    Column::new("client", "Client"),
    Column::new("score", "Score"),
    Column::new("state", "State"),
    Column::hidden("policy", "Policy"),
    Column::new("storage", "Storage"),
    Column::new("days", "28 days"),
];

type Row = (&'static str, &'static str, u8, Band, RunState, &'static str, &'static str);

const ROWS: [Row; 4] = [
    ("sql-02.baker", "Baker & Sons", 44, Band::Critical, RunState::Failed, "Daily", "172.9 GiB of 931.3 GiB"),
    (
        "LAPTOP-6N0W",
        "Meridian Logistics Gesellschaft mit beschränkter Haftung",
        78,
        Band::Warning,
        RunState::Retrying,
        "Workdays",
        "912.6 GiB of 931.3 GiB",
    ),
    ("dc-06.northwind", "Northwind Bakery", 0, Band::Unknown, RunState::Missed, "Daily", "–"),
    ("fs-01.oak", "Oak Street Primary School", 98, Band::Healthy, RunState::Succeeded, "Daily", "788.2 GiB of 931.3 GiB"),
];

fn bars(seed: i32) -> Vec<DayBar> {
    (0..28).map(|n| if (n * seed) % 11 == 3 { DayBar::of(20_742 + n, 0, 0, 1, 0) } else { DayBar::of(20_742 + n, 1, 0, 0, 0) }).collect()
}

#[component]
pub fn Tables() -> impl IntoView {
    let columns = Columns::of("styleguide", &COLUMNS);
    let rows = Callback::new(|()| -> Vec<CsvRow> {
        let cells = |(r, seed): (&Row, i32)| {
            vec![
                ("name", r.0.to_owned()),
                ("client", r.1.to_owned()),
                ("score", r.2.to_string()),
                ("state", text::state_label(r.4).to_owned()),
                ("policy", r.5.to_owned()),
                ("storage", r.6.to_owned()),
                ("days", charts::day_bars_text(&bars(seed))),
            ]
        };
        ROWS.iter().zip(2..).map(cells).collect()
    });
    let classes = vec![("server".to_owned(), "Servers".to_owned()), ("workstation".to_owned(), "Workstations".to_owned())];
    view! {
        <Part id="tables">
            <Piece name="FilterBar, Chips, ColumnMenu, TableFrame, Pager, CsvButton">
                <FilterBar label="Filter the example" keep=vec!["sort", "band"]>
                    <SearchFilter label="Search devices"/>
                    <SelectFilter name="class" label="Class" all="All classes" options=classes/>
                    <ClearFilters keys=vec!["search", "class", "band"]/>
                    <span class="filters-end"><ColumnMenu columns/></span>
                </FilterBar>
                <Chips label="Bands of the example">
                    <ChipFilter name="band" value="critical" label="Critical" shape=icon::CRITICAL state="critical" count=11/>
                    <ChipFilter name="band" value="warning" label="Warning" shape=icon::WARNING state="warning" count=4/>
                    <ChipFilter name="band" value="healthy" label="Healthy" shape=icon::HEALTHY state="healthy" count=1_291/>
                </Chips>
                <TableFrame label="Example of a table" cards=true columns=columns>
                    <thead>
                        <tr>
                            <SortHead key="name" label="Device"/>
                            <th scope="col">"Client"</th>
                            <SortHead key="score" label="Score" default=true/>
                            <th scope="col">"State"</th>
                            <th scope="col">"Policy"</th>
                            <th scope="col" class="number">"Storage"</th>
                            <th scope="col">"28 days"</th>
                        </tr>
                    </thead>
                    <tbody>
                        {ROWS.into_iter().zip(2..).map(|((name, client, score, band, state, policy, storage), seed)| view! {
                            <tr>
                                <th scope="row" class="cell-name"><a class="row-link" href="/styleguide">{name}</a></th>
                                <td data-label="Client" class="cell-clip">{client}</td>
                                <td data-label="Score"><ScorePill score=Score(score) band/></td>
                                <td data-label="State"><RunBadge state/></td>
                                <td data-label="Policy">{policy}</td>
                                <td data-label="Storage" class="number">{storage}</td>
                                <td data-label="28 days" class="cell-bars"><DayBars bars=bars(seed)/></td>
                            </tr>
                        }).collect_view()}
                    </tbody>
                </TableFrame>
                <div class="table-foot">
                    <Pager next_cursor=Some("example".to_owned()) shown=4 total=Some(1_310) noun="device"/>
                    <CsvButton name="example.csv" columns rows/>
                </div>
                <p class="faint">"On every page but the first, the Pager has a way back to it: press Next page."</p>
            </Piece>
        </Part>
    }
}

#[component]
pub fn Choosing() -> impl IntoView {
    let selection = Selection::new();
    let toasts = use_toasts();
    let press = Callback::new(move |()| {
        toasts.say(format!("{} acknowledged.", selection.len()));
        selection.clear();
    });
    let keys = [("Agents of Baker & Sons", "3 d ago", true), ("Old script", "never", false), ("Reports to the wall", "2 min ago", true)];
    let alerts = [
        ("a", "sql-02.baker", "Job failed", Severity::Critical),
        ("b", "LAPTOP-6N0W", "Storage quota", Severity::Warning),
        ("c", "fs-01.oak", "Missed schedule", Severity::Critical),
    ];
    view! {
        <Part id="choosing">
            <Piece name="SelectAll, SelectRow, BulkBar; Menu of a row">
                <TableFrame label="Example of choosing" cards=true>
                    <thead>
                        <tr>
                            <SelectAll selection what="alerts"/>
                            <th scope="col">"Device"</th>
                            <th scope="col">"Alert"</th>
                            <th scope="col">"Severity"</th>
                            <th scope="col"><span class="hidden-words">"Actions"</span></th>
                        </tr>
                    </thead>
                    <tbody>
                        {alerts.map(|(id, device, kind, severity)| view! {
                            <tr>
                                <SelectRow selection id label=format!("{device}, {kind}")/>
                                <th scope="row" class="cell-name"><a class="row-link" href="/styleguide">{device}</a></th>
                                <td data-label="Alert">{kind}</td>
                                <td data-label="Severity"><SeverityBadge severity/></td>
                                <td class="cell-menu">
                                    <Menu label=format!("More about {device}") icon=icon::MORE compact=true end=true>
                                        <MenuLink href="/styleguide">"Open the device"</MenuLink>
                                        <MenuButton on_press=Callback::new(move |()| toasts.say("Snoozed for 4 h."))>"Snooze for 4 h"</MenuButton>
                                    </Menu>
                                </td>
                            </tr>
                        }).collect_view()}
                    </tbody>
                </TableFrame>
                <BulkBar selection noun="alert">
                    <Button on_press=press>"Acknowledge"</Button>
                    <Button on_press=press>"Snooze…"</Button>
                </BulkBar>
            </Piece>
            <Piece name="TableFrame: rows without a link">
                <TableFrame label="Example of keys" cards=true>
                    <thead><tr><th scope="col">"Key"</th><th scope="col">"Last used"</th><th scope="col"><span class="hidden-words">"Actions"</span></th></tr></thead>
                    <tbody>
                        {keys.map(|(name, used, may_revoke)| view! {
                            <tr>
                                <th scope="row" class="cell-name">{name}</th>
                                <td data-label="Last used">{used}</td>
                                <td data-label="">
                                    {may_revoke.then(|| view! {
                                        <div class="row-actions">
                                            <Button on_press=Callback::new(move |()| toasts.say("Revoked."))>"Revoke"<span class="hidden-words">{format!(" {name}")}</span></Button>
                                        </div>
                                    })}
                                </td>
                            </tr>
                        }).collect_view()}
                    </tbody>
                </TableFrame>
            </Piece>
        </Part>
    }
}

#[component]
pub fn Waiting() -> impl IntoView {
    // Not `new`: that would answer the whole page with it.
    let busy = UiError {
        code: "busy".into(),
        message: "The portal is busy. Try again in a moment. (Request 7f3a…)".into(),
        status: 503,
        field: None,
    };
    view! {
        <Part id="waiting">
            <Piece name="Empty"><Empty title="No device matches"><p>"Take a filter away, or "<a href="/backups/devices">"show all devices"</a>"."</p></Empty></Piece>
            <Piece name="ErrorBox"><ErrorBox error=busy/></Piece>
            <Piece name="Skeleton"><Skeleton lines=3/></Piece>
            <Piece name="TableSkeleton"><TableSkeleton rows=3/></Piece>
            <Piece name="TilesSkeleton"><TilesSkeleton tiles=5/></Piece>
        </Part>
    }
}

const LOG: &str = "open repository\nlock repository\nusing parent snapshot 4f8a21c9\nload index files\nscan [/srv/data]\nwarning: could not read /srv/data/tmp/lock: permission denied\nFatal: unable to create lock in backend: repository is already locked by PID 4211 on fs-01 by root (UID 0, GID 0)\nlock was created at 2026-11-12 01:12:04 (6h18m ago)\nstorage ID 9c1e7f20\nthe `unlock` command can be used to remove stale locks";

#[component]
pub fn Logs() -> impl IntoView {
    view! { <Part id="logs"><Piece name="LogViewer"><LogViewer text=LOG label="Log" file="run.log"/></Piece></Part> }
}
