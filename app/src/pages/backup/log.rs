//! The job log: all runs, newest first. New ones announce themselves above the list and are put in when asked for; open ones move in place.

mod row;

use super::{Console, client::ClientFilter, soon::Soon};
use crate::{
    api::backup::{LogLine, LogQuery, LogView, load_job_log, load_job_log_news},
    components::{
        Button, ChipFilter, Chips, ClearFilters, Column, ColumnMenu, Columns, CsvButton, CsvRow, Empty, FilterBar, Later, Page, Pager,
        SearchFilter, SelectFilter, TableFrame, TableSkeleton, TimeText, badge::run_shape, icon, loaded_with,
    },
    live::Live,
    me, wire,
};
use domain::{ids::RunId, run::RunState, text, time::Time};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::params::ParamsMap;
use row::{LogRow, Shown};
pub use row::{detail, follow};

/// Of the table, in the order of its cells.
const COLUMNS: [Column; 10] = [
    Column::fixed("started", "Started"),
    Column::new("result", "Result"),
    Column::new("device", "Device or account"),
    Column::new("client", "Client"),
    Column::new("job", "Job"),
    Column::new("took", "Took"),
    Column::new("size", "Size"),
    Column::new("attempts", "Attempts"),
    Column::new("tool", "Tool"),
    Column::new("message", "Message"),
];
const FILTERS: [&str; 5] = ["result", "organization", "device", "tool", "window"];
/// Something moved: ask so many milliseconds later what is new.
const NEWS: u32 = 2_000;
/// News are counted up to here.
const MOST_NEWS: usize = 100;

/// What the URL asks for. `organization`: on an organization's page, where the client is known.
pub fn asked(query: &ParamsMap, organization: Option<&str>) -> LogQuery {
    let text = |key| query.get(key).unwrap_or_default();
    LogQuery {
        result: text("result"),
        organization: organization.map_or_else(|| text("organization"), ToOwned::to_owned),
        device: text("device"),
        tool: text("tool"),
        window: text("window"),
        cursor: text("cursor"),
    }
}

/// The page.
#[component]
pub fn JobLog() -> impl IntoView {
    let query = leptos_router::hooks::use_query_map();
    let data = wire::resource(move || asked(&query.read(), None), load_job_log);
    view! {
        <Page title="Job log">
            <Console/>
            <LogTable data/>
        </Page>
    }
}

/// The table with its filters, of a resource made at the top of the page. `of_organization`: where the client is known.
#[component]
pub fn LogTable(
    /// The log.
    data: wire::Resource<Result<LogView, crate::UiError>>,
    /// Leaves the client out.
    #[prop(optional)]
    of_organization: bool,
) -> impl IntoView {
    let columns = Columns::of("log", &COLUMNS);
    loaded_with(
        data,
        || view! { <TableSkeleton rows=14/> }.into_any(),
        move |view| view! { <List view columns of_organization/> }.into_any(),
    )
}

#[component]
fn List(view: LogView, columns: Columns, of_organization: bool) -> impl IntoView {
    let LogView { query, lines, next_cursor, searched_to, organization, .. } = view;
    let is_narrowed =
        query != LogQuery { organization: if of_organization { query.organization.clone() } else { String::new() }, ..Default::default() };
    let newest: Option<(Time, RunId)> = lines.first().map(|l| (l.started_at, l.id));
    let is_first = query.cursor.is_empty();
    // The newest first: what is put in stands above what was there.
    let lines = RwSignal::new(lines);
    let waiting = RwSignal::new(Vec::<LogLine>::new());
    let query = StoredValue::new(query);
    let live = Live::get();
    let soon = Soon::new();
    Effect::new(move |before: Option<()>| {
        live.last_change.track();
        // Runs of accounts are told by their counts.
        live.saas.track();
        if before.is_none() || !is_first {
            return;
        }
        soon.wish(NEWS, move || {
            spawn_local(async move {
                let Some(query) = query.try_get_value() else { return };
                let after = lines.with_untracked(|l| l.first().map(|l| (l.started_at, l.id))).or(newest);
                if let Ok(news) = load_job_log_news(query, after).await {
                    let _ = waiting.try_set(news);
                }
            });
        });
    });
    let show = Callback::new(move |()| {
        let fresh = waiting.try_update(std::mem::take).unwrap_or_default();
        lines.update(|lines| {
            let fresh: Vec<LogLine> = fresh.into_iter().filter(|f| lines.iter().all(|l| l.id != f.id)).collect();
            lines.splice(0..0, fresh);
        });
    });
    let news = move || {
        let words = match waiting.with(Vec::len) {
            0 => return None,
            1 => "1 new run".to_owned(),
            n if n >= MOST_NEWS => format!("{MOST_NEWS} or more new runs"),
            n => format!("{n} new runs"),
        };
        Some(view! { <p class="news" role="status"><Button on_press=show>{words}" – show"</Button></p> })
    };
    let shown = Shown::default();
    let csv = Callback::new(move |()| {
        let now = live.now.get_untracked();
        lines.with_untracked(|lines| lines.iter().map(|line| csv_row(&shown.now(line), now)).collect::<Vec<CsvRow>>())
    });
    let is_empty = Memo::new(move |_| lines.with(Vec::is_empty));
    let next_cursor = StoredValue::new(next_cursor);
    view! {
        <Filters organization columns of_organization/>
        {news}
        {move || if is_empty.get() {
            nothing(is_narrowed, searched_to.is_some())
        } else {
            view! {
                <TableFrame label="Job log" cards=true columns=columns>
                    <thead>
                        <tr>
                            <th scope="col">"Started"</th>
                            <th scope="col">"Result"</th>
                            <th scope="col">"Device or account"</th>
                            <th scope="col">"Client"</th>
                            <th scope="col">"Job"</th>
                            <th scope="col" class="number">"Took"</th>
                            <th scope="col" class="number">"Size"</th>
                            <th scope="col" class="number">"Attempts"</th>
                            <th scope="col">"Tool"</th>
                            <th scope="col">"Message"</th>
                        </tr>
                    </thead>
                    <tbody>
                        <For each=move || lines.get() key=|line| line.id let:line>
                            <Later><LogRow line shown/></Later>
                        </For>
                    </tbody>
                </TableFrame>
            }
            .into_any()
        }}
        {searched_to.map(|to| view! { <p class="searched">"Looked back to "<TimeText at=to exact=true/>". The next page goes on from there."</p> })}
        {move || (!is_empty.get() || searched_to.is_some()).then(|| view! {
            <div class="table-foot">
                <Pager next_cursor=next_cursor.get_value() shown=lines.with(Vec::len) noun="run"/>
                <CsvButton name="job-log.csv" columns rows=csv/>
            </div>
        })}
    }
}

fn nothing(is_narrowed: bool, is_partly: bool) -> AnyView {
    if is_partly {
        view! { <Empty title="No run matches so far"><p>"Not all runs were looked through yet. Go to the next page, or narrow the list by client or device."</p></Empty> }.into_any()
    } else if is_narrowed {
        view! { <Empty title="No run matches"><p>"Take a filter away, or choose a longer time."</p></Empty> }.into_any()
    } else {
        view! { <Empty title="No run yet"><p>"Every run of every backup is listed here as soon as a device reports it."</p></Empty> }
            .into_any()
    }
}

#[component]
fn Filters(organization: Option<(String, String)>, columns: Columns, of_organization: bool) -> impl IntoView {
    let is_client = me::me().is_some_and(|me| me.role.is_client());
    let pair = |value: &str, words: &str| (value.to_owned(), words.to_owned());
    let windows = vec![pair("24h", "Last 24 hours"), pair("7d", "Last 7 days"), pair("30d", "Last 30 days")];
    let state = |state: RunState| {
        view! { <ChipFilter name="result" value=state.as_str() label=text::state_label(state) shape=run_shape(state) state=state.as_str()/> }
    };
    view! {
        <FilterBar label="Filter runs" keep=vec!["result", "tab"]>
            <SearchFilter name="device" label="Search device or account"/>
            {(!is_client && !of_organization).then(|| view! { <ClientFilter chosen=organization/> })}
            <SearchFilter name="tool" label="Tool"/>
            <SelectFilter name="window" label="Time" all="All time" options=windows/>
            <ClearFilters keys=FILTERS.to_vec()/>
            <ColumnMenu columns/>
        </FilterBar>
        <Chips label="Results">
            <ChipFilter name="result" value="troubled" label="Troubled only" shape=icon::WARNING state="warning"/>
            {[
                RunState::Failed,
                RunState::Missed,
                RunState::Warning,
                RunState::Running,
                RunState::Retrying,
                RunState::Succeeded,
                RunState::Cancelled,
                RunState::Skipped,
            ]
                .map(state)
                .collect_view()}
        </Chips>
    }
}

/// `now`: an open run has lasted until then.
fn csv_row(line: &LogLine, now: Option<Time>) -> CsvRow {
    let number = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
    vec![
        ("started", text::rfc3339(line.started_at)),
        ("result", text::state_label(line.state).to_owned()),
        ("device", line.device.1.clone()),
        ("client", line.organization.1.clone()),
        ("job", line.job.clone()),
        (
            "took",
            number(
                line.ended_at
                    .or(now)
                    .filter(|_| !matches!(line.state, RunState::Missed | RunState::Skipped))
                    .map(|end| (end - line.started_at).0 / 1_000),
            ),
        ),
        ("size", number(line.bytes)),
        ("attempts", line.attempt.to_string()),
        ("tool", line.tool.clone()),
        ("message", line.message.clone().unwrap_or_default()),
    ]
}
