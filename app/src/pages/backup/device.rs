//! A device: its score taken apart, what another policy would make of it, its jobs, runs, restore tests, storage and alerts.

mod act;
mod alerts;
mod connect;
mod jobs;
mod restore;
mod runs;
mod score;
mod storage;
mod what_if;

use super::{
    due::{Due, DueText},
    row::class_word,
    state::{DoingBadge, storage as storage_words},
};
use crate::{
    api::backup::{AlertLine, DeviceView, JobLine, RunLine, load_device},
    browser,
    components::{BandBadge, DayBars, Later, Page, PageZone, ScoreRing, TimeText, loaded_page},
    live::{DeviceBrief, Live},
    me, wire,
};
use domain::{
    access::Action,
    live::DeviceNow,
    policy::{DeviceLife, Policy},
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::{use_params_map, use_query_map};

/// Changes come in bursts; what the stream doesn't carry is fetched so long after the last of them.
const SETTLE: u32 = 600;

/// The page. What is asked of the server, and its answer, are read and shown in tasks of their own.
#[component]
pub fn Device() -> impl IntoView {
    wire::read_ahead::<DeviceNow>(&["Ok", "now"]);
    wire::read_ahead::<Policy>(&["Ok", "policy"]);
    wire::read_ahead::<Vec<JobLine>>(&["Ok", "jobs"]);
    wire::read_ahead::<Vec<RunLine>>(&["Ok", "runs"]);
    wire::read_ahead::<Vec<AlertLine>>(&["Ok", "alerts"]);
    view! { <Later><Asked/></Later> }
}

#[component]
fn Asked() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    // Another page of runs is fetched by its table alone.
    let data = wire::resource(move || id.get(), move |id| load_device(id, query.get_untracked().get("runs").filter(|c| !c.is_empty())));
    let shown = move || loaded_page(data, |view| view! { <Later><div class="piece"><Shown view/></div></Later> }.into_any());
    view! { <div class="piece"><Later><div class="piece">{shown()}</div></Later></div> }
}

#[component]
fn Shown(view: DeviceView) -> impl IntoView {
    let id = view.line.id;
    let now: RwSignal<DeviceNow> = Live::get().watch(view.now.clone());
    PageZone::provide(view.local.clone());
    let view = RwSignal::new(view);
    let query = use_query_map();
    // The stream moves state and score; the rest of the page is fetched again when a run ended or alerts changed.
    let turn = StoredValue::new(0_u32);
    let fetch = Callback::new(move |()| {
        let from = query.try_get_untracked().and_then(|q| q.get("runs")).filter(|c| !c.is_empty());
        spawn_local(async move {
            if let Ok(fresh) = load_device(id.to_string(), from).await {
                let _ = view.try_set(fresh);
            }
        });
    });
    let marks = Memo::new(move |_| {
        now.with(|n| {
            // Not the runs themselves: which of them the stream names depends on what it tells of.
            let ended: Vec<_> = n.facts.jobs.iter().map(|j| (j.job, j.history.last_end, j.history.last_missed_slot)).collect();
            let mut alerts: Vec<_> = n.alerts.iter().map(|a| (a.alert, a.severity, a.acknowledged)).collect();
            // The stream tells them in another order than the page.
            alerts.sort_unstable_by_key(|(alert, ..)| *alert);
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
    // Clients name their devices alike.
    let tab = Signal::derive({
        let client = organization.1.clone();
        move || format!("{} · {client}", name.get())
    });
    let may_manage = me::may(Action::ManageDevices);
    let is_client = me::me().is_none_or(|me| me.role.is_client());
    let lead = view! {
        <p class="facts">
            <a href=format!("/organizations/{}", organization.0)>{organization.1.clone()}</a>
            <span>{move || view.with(|v| class_word(v.line.class))}</span>
            <span>"Policy: "{move || policy_words(view, may_manage)}</span>
            {move || view.with(|v| v.hostname.clone()).map(|h| view! { <span>"Host "{h}</span> })}
            {move || view.with(|v| v.agent_version.clone()).map(|a| view! { <span>"Agent "{a}</span> })}
            {move || view.with(|v| v.line.tags.clone()).into_iter().map(|t| view! { <span class="tag">{t}</span> }).collect_view()}
        </p>
    };
    let breadcrumbs = vec![
        ("/backups/devices".to_owned(), "Devices".to_owned()),
        (format!("/backups/devices?organization={}", organization.0), organization.1),
    ];
    let actions = if may_manage { view! { <act::Actions view now changed=fetch/> }.into_any() } else { ().into_any() };
    let has_reported = Memo::new(move |_| now.with(|n| n.facts.life != DeviceLife::Pending));
    view! {
        <Page title=name tab breadcrumbs actions lead=lead.into_any()>
            {move || notices(view)}
            {in_maintenance(now)}
            <Later><Head view now/></Later>
            <alerts::Open view changed=fetch/>
            {move || (may_manage && !has_reported.get()).then(|| view! { <connect::Connect view/> })}
            <Later><score::Apart view now/></Later>
            {(!is_client).then(|| view! { <Later><what_if::WhatIf view now/></Later> })}
            <Later><jobs::Jobs view now changed=fetch/></Later>
            <Later><runs::Runs view now/></Later>
            <Later><restore::RestoreTests view now changed=fetch/></Later>
            <Later><storage::StorageTrend view/></Later>
            <Later><alerts::History view/></Later>
            {move || (may_manage && has_reported.get()).then(|| view! { <details class="more"><summary>"How to connect"</summary><connect::Connect view/></details> })}
        </Page>
    }
}

fn policy_words(view: RwSignal<DeviceView>, may_manage: bool) -> AnyView {
    let (policy, schedule) = view.with(|v| (v.line.policy.clone(), schedule_words(v)));
    if may_manage {
        view! { <a href=format!("/settings/policies/{}", policy.0)>{policy.1}</a>", "{schedule} }.into_any()
    } else {
        format!("{}, {schedule}", policy.1).into_any()
    }
}

/// Whose days the bars are, and whose clocks tell the times.
fn zone_words(view: &DeviceView) -> String {
    match &view.local {
        Some(local) if local.zone != view.time_zone => format!("28 days, in {}; times in {}", view.time_zone, local.zone),
        _ => format!("28 days, in {}", view.time_zone),
    }
}

/// The schedule that holds: the policy's is none where all jobs have their own.
fn schedule_words(view: &DeviceView) -> String {
    match view.jobs.as_slice() {
        [only] if only.is_own_schedule => format!("but {} runs {}", only.name, only.schedule),
        [_, ..] if view.jobs.iter().all(|job| job.is_own_schedule) => "but each job has its own schedule".to_owned(),
        _ => view.schedule.clone(),
    }
}

/// Why nothing is alerted, if that is so.
fn notices(view: RwSignal<DeviceView>) -> AnyView {
    let (deactivated, paused, life) = view.with(|v| (v.organization_deactivated, v.paused.clone(), v.now.facts.life));
    if deactivated {
        return view! { <p class="notice">"Its organization is deactivated: nothing is alerted."</p> }.into_any();
    }
    let what = match life {
        DeviceLife::Paused => "Paused: what goes wrong is recorded, not alerted.",
        DeviceLife::Retired => "Retired: kept for its history, in no list and no count.",
        DeviceLife::Pending | DeviceLife::Active => return ().into_any(),
    };
    view! {
        <p class="notice">
            {what}
            {paused.map(|p| view! {
                " Since "<TimeText at=p.at focusable=true/>", by "{p.who}
                {if p.reason.is_empty() { ".".to_owned() } else { format!(": “{}”", p.reason) }}
            })}
        </p>
    }
    .into_any()
}

/// What maintenance means, while it is on.
fn in_maintenance(now: RwSignal<DeviceNow>) -> impl IntoView {
    let until = Memo::new(move |_| now.with(DeviceNow::quiet_until));
    move || {
        until.get().map(|until| {
            view! {
                <p class="notice">
                    "In maintenance until "<TimeText at=Some(until) exact=true/>": what goes wrong is recorded, not alerted, and left out of the service level. "
                    <a href="/settings/maintenance">"Maintenance windows"</a>
                </p>
            }
        })
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
            <Later><dl class="pairs">
                <dt>"State"</dt>
                <dd><span role="status"><DoingBadge now=Signal::derive(move || now.with(|n| DeviceBrief::from(n)))/></span></dd>
                <dt>"Last usable backup"</dt>
                <dd><TimeText at=Signal::derive(move || now.with(|n| n.last_usable_at)) none="never" focusable=true/></dd>
                <dt>"Next due"</dt>
                <dd><DueText due=Memo::new(move |_| now.with(|n| Due::from(n))) focusable=true/></dd>
                <dt>"Storage"</dt>
                <dd>{move || { let words = storage_words(space(), view.with(|v| v.line.quota_bytes)); if words.is_empty() { "not reported".to_owned() } else { words } }}</dd>
                <dt>"Last heard of"</dt>
                <dd><TimeText at=Signal::derive(move || now.with(|n| n.facts.last_seen)) none="never" focusable=true/></dd>
            </dl></Later>
            <Later><div class="device-bars">
                <DayBars bars=Signal::derive(move || view.with(|v| v.line.bars.drawn()))/>
                <p class="faint">{move || view.with(zone_words)}</p>
            </div></Later>
            <nav class="device-parts" aria-label="On this page">
                <a href="#score">"Score"</a>
                <a href="#what-if">"What if"</a>
                <a href="#jobs">"Jobs"</a>
                <a href="#runs">"Runs"</a>
                <a href="#restore-tests">"Restore tests"</a>
                <a href="#storage">"Storage"</a>
                <a href="#alerts">"Alerts"</a>
            </nav>
        </section>
    }
}
