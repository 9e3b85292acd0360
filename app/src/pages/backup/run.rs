//! A run: its states with times and attempts, counts, failing files, log, raw figures.

use super::state::took;
use crate::{
    api::backup::{RunView, load_run},
    browser,
    components::{
        Page, RunBadge, Section, TableFrame, TimeText,
        icon::{Icon, SEARCH},
        loaded,
    },
    live::{Live, use_now},
};
use domain::{run::RunState, text};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_params_map;

/// Most lines of a log that are drawn.
const MOST_LINES: usize = 2_000;
/// An open run is asked for again so often while nothing else tells.
const AGAIN: u32 = 1_000;

/// The page.
#[component]
pub fn RunPage() -> impl IntoView {
    let params = use_params_map();
    let data = Resource::new(move || params.read().get("id").unwrap_or_default(), load_run);
    loaded(data, |view| view! { <Shown view/> }.into_any())
}

#[component]
fn Shown(view: RunView) -> impl IntoView {
    let id = view.id;
    let device_id = view.device.0;
    let device = view.device.1.clone();
    let job = view.job.1.clone();
    let breadcrumbs = vec![("/backups/devices".to_owned(), "Devices".to_owned()), (format!("/devices/{device_id}"), device.clone())];
    let lead = view! {
        <p class="facts">
            <a href=format!("/devices/{device_id}")>{device}</a>
            <a href=format!("/organizations/{}", view.organization.0)>{view.organization.1.clone()}</a>
            <span>"Job: "{job.clone()}</span>
        </p>
    };
    let view = RwSignal::new(view);
    let state = Memo::new(move |_| view.with(|v| v.run.state()));
    // The stream says that the scope moved; an open run may have, too.
    let live = Live::get();
    let waits = StoredValue::new(false);
    Effect::new(move |before: Option<()>| {
        live.last_change.track();
        if before.is_none() || !state.get_untracked().is_open() || waits.get_value() {
            return;
        }
        waits.set_value(true);
        browser::after(AGAIN, move || {
            spawn_local(async move {
                if let Ok(fresh) = load_run(id.to_string()).await {
                    let _ = view.try_set(fresh);
                }
                let _ = waits.try_set_value(false);
            });
        });
    });
    view! {
        <Page title=format!("Run of {job}") breadcrumbs lead=lead.into_any()>
            <Figures view state/>
            {move || view.with(|v| v.run.head.message.clone()).map(|m| view! { <p class="notice" data-state=state.get().as_str()>{m}</p> })}
            {move || {
                let failed = view.with(|v| v.run.head.failed_items.clone());
                (!failed.is_empty()).then(|| view! {
                    <Section title="Files that failed">
                        <ul class="files">{failed.into_iter().map(|f| view! { <li><code>{f}</code></li> }).collect_view()}</ul>
                    </Section>
                })
            }}
            <Section title="What happened">{move || transitions(view)}</Section>
            <Section title="Log">{move || match view.with(|v| v.log.clone()) {
                Some(log) => view! { <Log log/> }.into_any(),
                None => view! { <p class="faint">"No log was sent, or it is older than logs are kept."</p> }.into_any(),
            }}</Section>
            <details class="more">
                <summary>"Raw figures"</summary>
                <pre class="raw" tabindex="0">{move || view.with(|v| serde_json::to_string_pretty(&v.run).unwrap_or_default())}</pre>
            </details>
        </Page>
    }
}

#[component]
fn Figures(view: RwSignal<RunView>, state: Memo<RunState>) -> impl IntoView {
    let now = use_now();
    let detail = Signal::derive(move || {
        view.with(|v| match v.run.state() {
            RunState::Running => v.run.head.percent.map(|p| format!("{p} %")).unwrap_or_default(),
            RunState::Retrying => format!("attempt {}", v.run.head.attempt),
            RunState::Failed if v.run.head.timed_out => "timed out".to_owned(),
            _ => String::new(),
        })
    });
    let number = move |n: Option<i64>| n.map_or_else(|| "–".to_owned(), text::count);
    let size = move |n: Option<i64>| n.map_or_else(|| "–".to_owned(), text::bytes);
    view! {
        <section class="card figures" aria-label="Figures">
            <dl class="tiles">
                <div><dt>"State"</dt><dd><span role="status"><RunBadge state detail/></span></dd></div>
                <div><dt>"Started"</dt><dd><TimeText at=Signal::derive(move || Some(view.with(|v| v.run.started_at))) focusable=true/></dd></div>
                <div><dt>"Ended"</dt><dd><TimeText at=Signal::derive(move || view.with(|v| v.run.ended_at)) none="not yet" focusable=true/></dd></div>
                <div><dt>"Took"</dt><dd>{move || view.with(|v| took(v.run.started_at, v.run.ended_at.or_else(|| now.get())))}</dd></div>
                <div><dt>"Attempt"</dt><dd>{move || view.with(|v| v.run.head.attempt)}</dd></div>
                <div><dt>"Items"</dt><dd>{move || number(view.with(|v| v.run.head.items))}</dd></div>
                <div><dt>"Size"</dt><dd>{move || size(view.with(|v| v.run.head.bytes))}</dd></div>
                <div><dt>"New data"</dt><dd>{move || size(view.with(|v| v.run.head.bytes_added))}</dd></div>
                <div><dt>"Tool"</dt><dd>{move || view.with(|v| v.run.head.tool.as_ref().map_or_else(|| "–".to_owned(), |t| format!("{} {}", t.name, t.version)))}</dd></div>
            </dl>
        </section>
    }
}

fn transitions(view: RwSignal<RunView>) -> AnyView {
    let mut steps = view.with(|v| v.run.transitions.clone());
    steps.sort_by_key(|t| (t.at, t.attempt, t.state));
    let started = view.with(|v| v.run.started_at);
    view! {
        <TableFrame label="States of the run">
            <thead><tr><th scope="col">"State"</th><th scope="col" class="number">"Attempt"</th><th scope="col">"At"</th><th scope="col" class="number">"After"</th><th scope="col">"Message"</th></tr></thead>
            <tbody>
                {steps
                    .into_iter()
                    .map(|t| view! {
                        <tr>
                            <th scope="row"><RunBadge state=t.state/></th>
                            <td class="number">{t.attempt}</td>
                            <td><TimeText at=t.at exact=true/></td>
                            <td class="number">{text::span(t.at - started)}</td>
                            <td class="cell-words">{t.message}</td>
                        </tr>
                    })
                    .collect_view()}
            </tbody>
        </TableFrame>
    }
    .into_any()
}

/// Splits a line around what was searched, without regard to case (ASCII).
fn pieces(line: &str, wanted: &str) -> Vec<(bool, String)> {
    if wanted.is_empty() {
        return vec![(false, line.to_owned())];
    }
    let (low, wanted) = (line.to_ascii_lowercase(), wanted.to_ascii_lowercase());
    let mut pieces = Vec::new();
    let mut from = 0;
    while let Some(found) = low.get(from..).and_then(|rest| rest.find(&wanted)) {
        let (start, end) = (from + found, from + found + wanted.len());
        pieces.push((false, line[from..start].to_owned()));
        pieces.push((true, line[start..end].to_owned()));
        from = end;
    }
    pieces.push((false, line[from..].to_owned()));
    pieces
}

#[component]
fn Log(log: String) -> impl IntoView {
    let wanted = RwSignal::new(String::new());
    let lines: Vec<String> = log.lines().map(str::to_owned).collect();
    let all = lines.len();
    let lines = StoredValue::new(lines);
    let text = StoredValue::new(log);
    let found = Memo::new(move |_| {
        let wanted = wanted.get().to_ascii_lowercase();
        lines.with_value(|lines| {
            lines
                .iter()
                .enumerate()
                .filter(|(_, l)| wanted.is_empty() || l.to_ascii_lowercase().contains(&wanted))
                .map(|(n, _)| n)
                .collect::<Vec<_>>()
        })
    });
    let words = move || {
        let n = found.with(Vec::len);
        if wanted.with(String::is_empty) {
            format!("{} lines", text::count(all as i64))
        } else {
            format!("{} of {} lines", text::count(n as i64), text::count(all as i64))
        }
    };
    view! {
        <div class="filters">
            <label class="search">
                <Icon shape=SEARCH/>
                <span class="hidden-words">"Search the log"</span>
                <input class="input" type="search" placeholder="Search the log" on:input=move |event| wanted.set(event_target_value(&event))/>
            </label>
            <p class="faint" role="status">{words}</p>
            <button type="button" class="button button-quiet" on:click=move |_| text.with_value(|t| browser::download("run.log", "text/plain;charset=utf-8", t))>"Download"</button>
        </div>
        <div class="log" tabindex="0" role="region" aria-label="Log">
            <ol>
                {move || {
                    let wanted = wanted.get();
                    let found = found.get();
                    // Head and tail: what is between is rarely read, and searching finds it.
                    let skip = found.len().saturating_sub(MOST_LINES);
                    let head = if skip > 0 { MOST_LINES / 2 } else { found.len() };
                    lines.with_value(|lines| {
                        found
                            .iter()
                            .enumerate()
                            .filter(|(place, _)| *place < head || *place >= head + skip)
                            .map(|(_, n)| {
                                let line = lines.get(*n).map_or("", String::as_str);
                                view! {
                                    <li value=n + 1>
                                        {pieces(line, &wanted)
                                            .into_iter()
                                            .map(|(is_hit, piece)| if is_hit { view! { <mark>{piece}</mark> }.into_any() } else { piece.into_any() })
                                            .collect_view()}
                                    </li>
                                }
                            })
                            .collect_view()
                    })
                }}
            </ol>
        </div>
    }
}
