//! A run: its states with times and attempts, its figures beside what is usual, failing files, log, raw report.

mod compare;
mod timeline;

use super::{alerts::remedy::brief, row::subject_href, state::took};
use crate::{
    api::backup::{Glance, RunView, load_run},
    browser,
    components::{
        Button, ButtonKind, CopyLine, LogViewer, Page, PageZone, Progress, RunBadge, Section, TimeText, badge::run_shape, icon::Icon,
        loaded_page, use_toasts,
    },
    live::{Live, use_now},
    wire,
};
use compare::{compared, is_far};
use domain::{ids::AccountId, run::RunState, text, time::Span};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_params_map;

/// An open run is asked for again so often while nothing else tells.
const AGAIN: u32 = 1_000;

/// The page.
#[component]
pub fn RunPage() -> impl IntoView {
    let params = use_params_map();
    let data = wire::resource(move || params.read().get("id").unwrap_or_default(), load_run);
    loaded_page(data, |view| view! { <Shown view/> }.into_any())
}

#[component]
fn Shown(view: RunView) -> impl IntoView {
    let id = view.id;
    let device_id = view.device.0;
    let device = view.device.1.clone();
    let job = view.job.1.clone();
    let client = view.organization.1.clone();
    let is_account = view.is_account;
    let subject = subject_href(device_id, is_account);
    let breadcrumbs = if is_account {
        vec![
            ("/saas".to_owned(), "SaaS".to_owned()),
            (format!("/organizations/{}/saas", view.organization.0), view.organization.1.clone()),
            (subject.clone(), device.clone()),
        ]
    } else {
        vec![("/backups/devices".to_owned(), "Devices".to_owned()), (subject.clone(), device.clone())]
    };
    let jobs = format!("{subject}{}", if is_account { "#workloads" } else { "#jobs" });
    let lead = view! {
        <p class="facts">
            <a href=subject>{device.clone()}</a>
            <a href=format!("/organizations/{}", view.organization.0)>{view.organization.1.clone()}</a>
            <span>{if is_account { "Workload: " } else { "Job: " }}<a href=jobs>{job.clone()}</a></span>
            <span>"Run: "<code>{view.key.clone()}</code></span>
        </p>
    };
    let (previous, next) = (view.previous, view.next);
    PageZone::provide(view.local.clone());
    let zone = view.local.as_ref().map(|local| local.zone.clone());
    let view = RwSignal::new(view);
    let state = Memo::new(move |_| view.with(|v| v.run.state()));
    // The stream says that the scope moved; an open run may have, too.
    let live = Live::get();
    let account = is_account.then(|| live.follow_account(AccountId(device_id.0)));
    let waits = StoredValue::new(false);
    Effect::new(move |before: Option<()>| {
        live.last_change.track();
        if let Some(account) = account {
            account.track();
        }
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
    let log = Memo::new(move |_| view.with(|v| v.log.clone()));
    let failed = Memo::new(move |_| view.with(|v| v.run.head.failed_items.clone()));
    let actions = view! {
        {step(previous, "prev", "Previous run")}
        {step(next, "next", "Next run")}
    }
    .into_any();
    view! {
        <Page title=format!("Run of {job}") tab=format!("{job} run of {device} · {client}") breadcrumbs actions lead=lead.into_any()>
            <Figures view state/>
            {move || view.with(|v| v.run.head.message.clone()).map(|m| view! { <p class="notice" data-state=state.get().as_str()>{m}</p> })}
            {move || view.with(|v| v.alert.clone()).map(|alert| view! {
                <div class="run-alert">
                    <p>
                        {match alert.resolved_at {
                            None => "It gave rise to an open alert: ",
                            Some(_) => "It gave rise to an alert: ",
                        }}
                        <a href=format!("/alerts/{}", alert.id)>{text::kind_label(alert.kind)}</a>
                        {alert.resolved_at.map(|at| view! { ", resolved "<TimeText at=at/> })}
                    </p>
                    {alert.resolved_at.is_none().then(|| brief(&alert.remedy))}
                </div>
            })}
            {move || (!failed.with(Vec::is_empty)).then(|| view! { <Files files=failed.get()/> })}
            <Section title="What happened">
                <timeline::Timeline view/>
                {zone.map(|zone| view! { <p class="faint run-line-key">{format!("Times are those of {zone}.")}</p> })}
            </Section>
            <Section title="Log">{move || match log.get() {
                Some(log) => view! { <LogViewer text=log label="Log" file=format!("run-{id}.log") source=format!("/api/v1/runs/{id}/log")/> }.into_any(),
                None if state.get().is_open() => view! { <p class="faint">"The log comes with the end of the run."</p> }.into_any(),
                None => view! { <p class="faint">"No log was sent, or it is older than logs are kept."</p> }.into_any(),
            }}</Section>
            <details class="more raw-report">
                <summary>"Raw report"</summary>
                <p class="faint">"What is stored of it: the run as its events make it."</p>
                {move || {
                    let json = view.with(|v| serde_json::to_string_pretty(&v.run).unwrap_or_default());
                    view! { <CopyLine text=json label="raw report"/> }
                }}
            </details>
        </Page>
    }
}

/// The run of the job before or after this one.
fn step(run: Option<Glance>, rel: &'static str, label: &'static str) -> AnyView {
    let Some(run) = run else { return ().into_any() };
    view! {
        <a class="button" rel=rel href=format!("/runs/{}", run.id) title=run.words()>
            <span class="run-step" data-state=run.state.as_str()><Icon shape=run_shape(run.state)/></span>{label}
        </a>
    }
    .into_any()
}

/// Where each figure stands against the usual one, in words under it.
fn beside(value: Option<i64>, usual: Option<i64>, shown: fn(i64) -> String) -> AnyView {
    match (value, usual) {
        (Some(value), Some(usual)) => {
            view! { <span class="cell-sub" data-far=is_far(value, usual).then_some("")>{compared(value, usual, shown)}</span> }.into_any()
        }
        _ => ().into_any(),
    }
}

#[component]
fn Figures(view: RwSignal<RunView>, state: Memo<RunState>) -> impl IntoView {
    let now = use_now();
    let detail = Signal::derive(move || {
        view.with(|v| match v.run.state() {
            RunState::Retrying => format!("attempt {}", v.run.head.attempt),
            RunState::Failed if v.run.head.timed_out => "timed out".to_owned(),
            _ => String::new(),
        })
    });
    let number = move |n: Option<i64>| n.map_or_else(|| "–".to_owned(), text::count);
    let size = move |n: Option<i64>| n.map_or_else(|| "–".to_owned(), text::bytes);
    let span = |ms: i64| text::span(Span(ms));
    let length = move || view.with(|v| v.run.ended_at.or_else(|| now.get()).map(|end| (end - v.run.started_at).0));
    let is_usable = move || state.get().is_usable();
    let usual = move || view.with(|v| v.usual);
    let of = move || view.with(|v| v.usual.of);
    let bars = move || {
        let bars: Vec<charts::RunBar> =
            view.with(|v| v.before.iter().map(|run| charts::RunBar { state: run.state, title: run.words() }).collect());
        charts::run_bars(&bars, "Runs before this one, oldest first")
    };
    view! {
        <section class="card figures" aria-label="Figures">
            {move || state.get().is_open().then(|| {
                let percent = Signal::derive(move || view.with(|v| v.run.head.percent));
                let words = Signal::derive(move || left(view, now.get()));
                view! { <Progress label="Running now" percent detail=words/> }
            })}
            <dl class="tiles">
                <div><dt>"State"</dt><dd><span role="status"><RunBadge state detail/></span></dd></div>
                <div><dt>"Started"</dt><dd><TimeText at=Signal::derive(move || Some(view.with(|v| v.run.started_at))) focusable=true/></dd></div>
                <div><dt>"Ended"</dt><dd><TimeText at=Signal::derive(move || view.with(|v| v.run.ended_at)) none="not yet" focusable=true/></dd></div>
                <div>
                    <dt>"Took"</dt>
                    <dd>
                        {move || view.with(|v| took(v.run.started_at, v.run.ended_at.or_else(|| now.get())))}
                        {move || beside(length().filter(|_| view.with(|v| v.run.ended_at.is_some())), usual().took.map(|t| t.0), span)}
                    </dd>
                </div>
                <div><dt>"Attempts"</dt><dd>{move || view.with(|v| v.run.head.attempt)}</dd></div>
                <div><dt>"Items"</dt><dd>{move || number(view.with(|v| v.run.head.items))}{move || is_usable().then(|| beside(view.with(|v| v.run.head.items), usual().items, text::count))}</dd></div>
                <div><dt>"Size"</dt><dd>{move || size(view.with(|v| v.run.head.bytes))}{move || is_usable().then(|| beside(view.with(|v| v.run.head.bytes), usual().bytes, text::bytes))}</dd></div>
                <div><dt>"New data"</dt><dd>{move || size(view.with(|v| v.run.head.bytes_added))}{move || is_usable().then(|| beside(view.with(|v| v.run.head.bytes_added), usual().bytes_added, text::bytes))}</dd></div>
                <div><dt>"Tool"</dt><dd>{move || view.with(|v| v.run.head.tool.as_ref().map_or_else(|| "–".to_owned(), |t| format!("{} {}", t.name, t.version)))}</dd></div>
                {move || (view.with(|v| v.before.len()) > 1).then(|| view! { <div><dt>"Runs before"</dt><dd class="day-bars" inner_html=bars></dd></div> })}
            </dl>
            {move || (of() > 0).then(|| view! {
                <p class="faint">{format!("Usual: the median of the {} usable {} of this job before it.", of(), if of() == 1 { "run" } else { "runs" })}</p>
            })}
        </section>
    }
}

/// How long an open run has gone on, and how long it may still take.
fn left(view: RwSignal<RunView>, now: Option<domain::time::Time>) -> String {
    let (started, usual) = view.with(|v| (v.run.started_at, v.usual.took));
    let Some(now) = now else { return String::new() };
    let gone = now - started;
    match usual {
        Some(usual) if usual > gone => {
            format!("{} so far; usually {}, so about {} more", text::span(gone), text::span(usual), text::span(usual - gone))
        }
        Some(usual) => format!("{} so far; usually {}", text::span(gone), text::span(usual)),
        None => format!("{} so far", text::span(gone)),
    }
}

#[component]
fn Files(files: Vec<String>) -> impl IntoView {
    let toasts = use_toasts();
    let n = files.len();
    let all = StoredValue::new(files.join("\n"));
    let copy = Callback::new(move |()| {
        let said = if all.with_value(|text| browser::copy(text)) {
            "Copied."
        } else {
            "This browser gives no clipboard here: select the list by hand."
        };
        toasts.say(said);
    });
    let aside = view! { <Button kind=ButtonKind::Quiet on_press=copy>"Copy all"</Button> }.into_any();
    view! {
        <Section title=format!("Files that failed ({})", text::count(n as i64)) aside=aside>
            <ul class="files" tabindex="0" aria-label="Files that failed">{files.into_iter().map(|f| view! { <li><code>{f}</code></li> }).collect_view()}</ul>
        </Section>
    }
}
