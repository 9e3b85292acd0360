//! What needs attention, and how the fleet is: the first question of the day answered above the fold.

use crate::{
    api::backup::{DeviceLine, HomeView, load_home},
    components::{BandsBar, Empty, LinkButton, LiveCount, Page, ScorePill, Section, TableFrame, TimeText, button::ButtonKind, loaded},
    live::{Live, use_now},
    pages::backup::{alerts::AlertTable, state::DoingBadge},
};
use domain::{
    health::{Band, assess},
    ids::JobId,
    live::{CountsNow, DeviceNow},
    text,
    time::Time,
};
use leptos::prelude::*;

/// The page.
#[component]
pub fn Home() -> impl IntoView {
    let data = Resource::new(|| (), |()| load_home());
    view! { <Page title="Home">{loaded(data, move |view| view! { <Shown view data/> }.into_any())}</Page> }
}

fn devices(c: CountsNow) -> i64 {
    c.healthy + c.warning + c.critical + c.unknown
}

#[component]
fn Shown(view: HomeView, data: Resource<Result<HomeView, crate::UiError>>) -> impl IntoView {
    let HomeView { counts, worst, alerts, at } = view;
    let live = Live::get();
    let counts = Signal::derive(move || live.counts.get().unwrap_or(counts));
    // What needs attention is another list when bands or alerts moved.
    let marks = Memo::new(move |_| {
        let c = counts.get();
        (c.critical, c.warning, c.unknown, c.open_alerts, c.paused)
    });
    Effect::new(move |before: Option<()>| {
        // Read, not only tracked: a memo that nobody reads is never computed.
        marks.with(|_| ());
        if before.is_some() && live.counts.get_untracked().is_some() {
            data.refetch();
        }
    });
    let total = Memo::new(move |_| devices(counts.get()) + counts.get().paused);
    let answer = move || {
        let c = counts.get();
        match (c.critical, c.warning, c.unknown) {
            (0, 0, 0) if devices(c) == 0 => "No device is watched yet.".to_owned(),
            (0, 0, 0) => format!("All {} devices are healthy.", text::count(devices(c))),
            (critical, warning, unknown) => {
                let parts = [(critical, "critical"), (warning, "in warning"), (unknown, "not heard of")];
                let parts: Vec<String> =
                    parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, w)| format!("{} {w}", text::count(n))).collect();
                let sum = critical + warning + unknown;
                format!(
                    "{} of {} devices {} attention: {}.",
                    text::count(sum),
                    text::count(devices(c)),
                    if sum == 1 { "needs" } else { "need" },
                    parts.join(", ")
                )
            }
        }
    };
    let tile = move |label: &'static str, href: &'static str, state: &'static str, n: fn(&CountsNow) -> i64| {
        view! {
            <a class="tile" href=href data-state=state>
                <span class="tile-number"><LiveCount value=Signal::derive(move || n(&counts.get()))/></span>
                <span class="tile-label">{label}</span>
            </a>
        }
    };
    let none = worst.is_empty();
    let changed = Callback::new(move |()| data.refetch());
    if total.get_untracked() == 0 {
        return view! {
            <Empty title="Nothing is watched yet">
                <p>"Add an organization and its first device: you get one line to run on it, and see it turn green here."</p>
                <p><LinkButton kind=ButtonKind::Primary href="/devices/new">"Add a device"</LinkButton></p>
            </Empty>
        }
        .into_any();
    }
    view! {
        <section class="card fleet" aria-label="The fleet now">
            <p class="answer">{answer}</p>
            <BandsBar counts=Signal::derive(move || { let c = counts.get(); [(Band::Critical, c.critical), (Band::Warning, c.warning), (Band::Unknown, c.unknown), (Band::Healthy, c.healthy)] })/>
            <div class="tiles-row">
                {tile("Critical", "/backups/devices?band=critical", "critical", |c| c.critical)}
                {tile("Warning", "/backups/devices?band=warning", "warning", |c| c.warning)}
                {tile("Unknown", "/backups/devices?band=unknown", "unknown", |c| c.unknown)}
                {tile("Healthy", "/backups/devices?band=healthy", "healthy", |c| c.healthy)}
                {tile("Running", "/backups/devices", "running", |c| c.running)}
                {tile("Retrying", "/backups/devices", "retrying", |c| c.retrying)}
                {tile("Open alerts", "/backups/alerts", "alerts", |c| c.open_alerts)}
                {tile("Paused", "/backups/devices?life=paused", "paused", |c| c.paused)}
            </div>
        </section>
        <Section title="Needs attention">
            {if none {
                view! { <p class="faint">"Nothing: every device is healthy or paused."</p> }.into_any()
            } else {
                view! {
                    <TableFrame label="Needs attention" cards=true>
                        <thead><tr><th scope="col">"Device"</th><th scope="col">"Score"</th><th scope="col">"Why"</th><th scope="col">"Last backup"</th><th scope="col">"State"</th></tr></thead>
                        <tbody>{worst.into_iter().map(|line| attention(line, at)).collect_view()}</tbody>
                    </TableFrame>
                }
                .into_any()
            }}
        </Section>
        {(!alerts.is_empty()).then(|| view! { <Section title="Latest open alerts"><AlertTable lines=alerts at changed/></Section> })}
    }
    .into_any()
}

fn attention(line: DeviceLine, at: Time) -> AnyView {
    let clock = use_now();
    let now: RwSignal<DeviceNow> = Live::get().watch(line.now);
    let why = move || {
        let time = clock.get().unwrap_or(at);
        now.with(|n| {
            let name = |job: JobId| n.facts.jobs.iter().find(|j| j.job == job).map_or_else(|| "the backup".to_owned(), |j| j.name.clone());
            assess(&n.facts, time).reasons.first().map(|r| text::reason(r, time, name)).unwrap_or_default()
        })
    };
    view! {
        <tr>
            <th scope="row" class="cell-name">
                <a class="row-link" href=format!("/devices/{}", line.id)>{line.name}</a>
                <span class="cell-sub">{line.organization.1}</span>
            </th>
            <td data-label="Score"><ScorePill score=Signal::derive(move || now.with(|n| n.score)) band=Signal::derive(move || now.with(|n| n.band))/></td>
            <td data-label="Why" class="cell-words">{why}</td>
            <td data-label="Last backup"><TimeText at=Signal::derive(move || now.with(|n| n.last_usable_at)) none="never"/></td>
            <td data-label="State"><DoingBadge now/></td>
        </tr>
    }
    .into_any()
}
