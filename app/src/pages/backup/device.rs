//! A device: its score taken apart, its days, jobs, runs, restore tests, alerts, and how to connect it.

mod act;
mod connect;
mod runs;
mod score;

use super::{
    alerts::AlertTable,
    row::class_word,
    state::{DoingBadge, storage},
};
use crate::{
    api::backup::{DeviceView, JobLine, RestoreLine, load_device},
    browser,
    components::{BandBadge, CopyLine, DayBars, Page, ScoreRing, Section, TableFrame, TimeText, loaded},
    live::Live,
    me,
};
use domain::{access::Action, live::DeviceNow, policy::DeviceLife, text, time::Span};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_params_map;

/// Changes come in bursts; what the stream doesn't carry is fetched so long after the last of them.
const SETTLE: u32 = 600;

/// The page.
#[component]
pub fn Device() -> impl IntoView {
    let params = use_params_map();
    let data = Resource::new(move || params.read().get("id").unwrap_or_default(), load_device);
    loaded(data, |view| view! { <Shown view/> }.into_any())
}

#[component]
fn Shown(view: DeviceView) -> impl IntoView {
    let id = view.line.id;
    let now: RwSignal<DeviceNow> = Live::get().watch(view.line.now.clone());
    let view = RwSignal::new(view);
    // The stream moves state and score; the rest of the page is fetched again when a run ended or alerts changed.
    let turn = StoredValue::new(0_u32);
    let fetch = Callback::new(move |()| {
        spawn_local(async move {
            if let Ok(fresh) = load_device(id.to_string()).await {
                let _ = view.try_set(fresh);
            }
        });
    });
    let marks = Memo::new(move |_| {
        now.with(|n| {
            let ended: Vec<_> = n.runs.iter().filter(|r| r.ended_at.is_some()).map(|r| (r.run, r.state)).collect();
            let alerts: Vec<_> = n.alerts.iter().map(|a| (a.alert, a.severity, a.acknowledged)).collect();
            (ended, alerts, n.facts.life, n.facts.restore, n.facts.jobs.len())
        })
    });
    Effect::new(move |before: Option<()>| {
        // Read, not only tracked: a memo that nobody reads is never computed.
        marks.with(|_| ());
        if before.is_none() {
            return;
        }
        let mine = turn.get_value().wrapping_add(1);
        turn.set_value(mine);
        browser::after(SETTLE, move || {
            if turn.try_get_value() == Some(mine) {
                fetch.run(());
            }
        });
    });
    let name = Memo::new(move |_| view.with(|v| v.line.name.clone()));
    let organization = view.with_untracked(|v| v.line.organization.clone());
    let may_manage = me::may(Action::ManageDevices);
    let lead = view! {
        <p class="facts">
            <a href=format!("/organizations/{}", organization.0)>{organization.1.clone()}</a>
            <span>{move || view.with(|v| class_word(v.line.class))}</span>
            <span>"Policy: "{move || view.with(|v| format!("{}, {}", v.line.policy.1, v.schedule))}</span>
            {move || view.with(|v| v.hostname.clone()).map(|h| view! { <span>"Host "{h}</span> })}
            {move || view.with(|v| v.agent_version.clone()).map(|a| view! { <span>"Agent "{a}</span> })}
            {move || view.with(|v| v.line.tags.clone()).into_iter().map(|t| view! { <span class="tag">{t}</span> }).collect_view()}
        </p>
    };
    let breadcrumbs = vec![("/backups/devices".to_owned(), "Devices".to_owned())];
    let actions = if may_manage { view! { <act::Actions view now changed=fetch/> }.into_any() } else { ().into_any() };
    let has_reported = Memo::new(move |_| now.with(|n| n.facts.life != DeviceLife::Pending));
    view! {
        <Page title=name breadcrumbs actions lead=lead.into_any()>
            {move || view.with(|v| v.organization_deactivated).then(|| view! { <p class="notice">"Its organization is deactivated: nothing is alerted."</p> })}
            <div class="device-top">
                <Head view now/>
                <score::Apart view now/>
            </div>
            {move || (!has_reported.get()).then(|| view! { <connect::Connect view/> })}
            <Section title="Open alerts">{move || alerts(view, true, fetch)}</Section>
            <Section title="Jobs">{move || jobs(view, now)}</Section>
            <runs::Runs view now/>
            <Section title="Restore tests">{move || restore_tests(view.with(|v| v.restore_tests.clone()))}</Section>
            {move || view.with(|v| v.alerts.iter().any(|a| a.resolved_at.is_some())).then(|| view! { <Section title="Resolved alerts">{alerts(view, false, fetch)}</Section> })}
            {move || has_reported.get().then(|| view! { <details class="more"><summary>"How to connect"</summary><connect::Connect view/></details> })}
        </Page>
    }
}

#[component]
fn Head(view: RwSignal<DeviceView>, now: RwSignal<DeviceNow>) -> impl IntoView {
    let score = Signal::derive(move || now.with(|n| n.score));
    let band = Signal::derive(move || now.with(|n| n.band));
    let space = move || now.with(|n| n.facts.storage.map(|s| s.used)).or_else(|| view.with(|v| v.line.storage_used));
    view! {
        <section class="card device-head" aria-label="Now">
            <div class="device-score"><ScoreRing score band/><BandBadge band/></div>
            <dl class="pairs">
                <dt>"State"</dt>
                <dd><span role="status"><DoingBadge now/></span></dd>
                <dt>"Last usable backup"</dt>
                <dd><TimeText at=Signal::derive(move || now.with(|n| n.last_usable_at)) none="never" focusable=true/></dd>
                <dt>"Next due"</dt>
                <dd><TimeText at=Signal::derive(move || now.with(|n| n.due_at)) focusable=true/></dd>
                <dt>"Storage"</dt>
                <dd>{move || { let words = storage(space(), view.with(|v| v.line.quota_bytes)); if words.is_empty() { "not reported".to_owned() } else { words } }}</dd>
                <dt>"Last heard of"</dt>
                <dd><TimeText at=Signal::derive(move || now.with(|n| n.facts.last_seen)) none="never" focusable=true/></dd>
            </dl>
            <div class="device-bars">
                <DayBars bars=Signal::derive(move || view.with(|v| v.line.bars.drawn()))/>
                <p class="faint">"28 days, in "{move || view.with(|v| v.time_zone.clone())}</p>
            </div>
        </section>
    }
}

fn alerts(view: RwSignal<DeviceView>, open: bool, changed: Callback<()>) -> AnyView {
    let (lines, at) = view.with(|v| {
        let lines: Vec<_> = v.alerts.iter().filter(|a| a.resolved_at.is_none() == open).cloned().collect();
        (lines, v.at)
    });
    if lines.is_empty() {
        return view! { <p class="faint">"None."</p> }.into_any();
    }
    view! { <AlertTable lines at changed of_device=true/> }.into_any()
}

fn jobs(view: RwSignal<DeviceView>, now: RwSignal<DeviceNow>) -> AnyView {
    let jobs = view.with(|v| v.jobs.clone());
    if jobs.is_empty() {
        return view! { <p class="faint">"A job appears by itself with its first run: send it a name, such as `nightly`."</p> }.into_any();
    }
    view! {
        <TableFrame label="Jobs" cards=true>
            <thead>
                <tr>
                    <th scope="col">"Job"</th>
                    <th scope="col">"Schedule"</th>
                    <th scope="col">"Last usable"</th>
                    <th scope="col">"Next due"</th>
                    <th scope="col">"Failures in a row"</th>
                    <th scope="col">"Ping address"</th>
                </tr>
            </thead>
            <tbody>{jobs.into_iter().map(|job| job_row(job, now)).collect_view()}</tbody>
        </TableFrame>
    }
    .into_any()
}

fn job_row(job: JobLine, now: RwSignal<DeviceNow>) -> AnyView {
    let id = job.id;
    let facts = Memo::new(move |_| now.with(|n| n.facts.jobs.iter().find(|j| j.job == id).cloned()));
    let grace = move || now.with(|n| n.facts.terms.grace);
    let last = Signal::derive(move || facts.with(|f| f.as_ref().and_then(|f| f.history.last_usable_end)));
    let due = Signal::derive(move || facts.with(|f| f.as_ref().map(|f| f.slots.due + grace())));
    let failures = move || facts.with(|f| f.as_ref().map_or(0, |f| f.history.consecutive_failures));
    view! {
        <tr>
            <th scope="row" class="cell-name">{job.name}</th>
            <td data-label="Schedule">{job.schedule}{job.is_own_schedule.then(|| view! { <span class="cell-sub">"its own"</span> })}</td>
            <td data-label="Last usable"><TimeText at=last none="never"/></td>
            <td data-label="Next due"><TimeText at=due/></td>
            <td data-label="Failures in a row" class="number">{move || failures().to_string()}</td>
            <td data-label="Ping address"><CopyLine text=job.ping_url label="ping address"/></td>
        </tr>
    }
    .into_any()
}

fn restore_tests(tests: Vec<RestoreLine>) -> AnyView {
    if tests.is_empty() {
        return view! {
            <p class="faint">"None yet. Restore something and report it: "<code>"holdfast-agent verify -- <restore command>"</code></p>
        }
        .into_any();
    }
    let seconds = |s: Option<i64>| s.map_or_else(|| "–".to_owned(), |s| text::span(Span(s.saturating_mul(1_000))));
    view! {
        <TableFrame label="Restore tests" cards=true>
            <thead>
                <tr>
                    <th scope="col">"Result"</th>
                    <th scope="col">"When"</th>
                    <th scope="col">"What"</th>
                    <th scope="col">"RPO"</th>
                    <th scope="col">"RTO"</th>
                    <th scope="col">"By"</th>
                    <th scope="col">"Note"</th>
                </tr>
            </thead>
            <tbody>
                {tests
                    .into_iter()
                    .map(|t| view! {
                        <tr>
                            <th scope="row">
                                <crate::components::badge::PassBadge passed=t.passed/>
                            </th>
                            <td data-label="When"><TimeText at=t.at/></td>
                            <td data-label="What">{t.scope}</td>
                            <td data-label="RPO">{seconds(t.rpo_seconds)}</td>
                            <td data-label="RTO">{seconds(t.rto_seconds)}</td>
                            <td data-label="By">{t.made_by}</td>
                            <td data-label="Note" class="cell-words">{t.note}</td>
                        </tr>
                    })
                    .collect_view()}
            </tbody>
        </TableFrame>
    }
    .into_any()
}
