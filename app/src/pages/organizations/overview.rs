//! The overview of an organization: how it does now, how it did, what needs attention, what ran last. Numbers follow the stream;
//! what is named below is fetched again when they have moved.

use super::{
    devices::{DevicesTable, NoDevices},
    list::plan,
    runs::RunsTable,
};
use crate::{
    api::{
        backup::{Bars, ClientOverview},
        organizations::{OrganizationLine, OrganizationView},
    },
    browser,
    components::{
        BandsBar, Compliance, LiveCount, Pair, Pairs, Section, StatTile, StatTiles, TimeText, TrendChart, TrendPoint, TrendUnit,
        badge::band_shape, icon, icon::Icon,
    },
    live::Live,
    pages::backup::{
        alerts::AlertTable,
        clients::{bands, devices},
        success,
    },
};
use domain::{live::CountsNow, text, time::Time};
use leptos::prelude::*;

/// Least time between two fetches of what is named, in milliseconds.
const PAUSE: u32 = 2_000;
const WINDOWS: [(&str, &str); 3] = [("24h", "24 hours"), ("7d", "7 days"), ("30d", "30 days")];

/// The tab.
#[component]
pub fn Overview(
    /// The organization.
    view: OrganizationView,
    /// Fetches it again.
    again: Callback<()>,
) -> impl IntoView {
    let line = view.line.clone();
    let about = view! { <About line=line.clone() created_at=view.created_at sees_health=view.sees_health/> };
    let Some(overview) = view.overview else { return about.into_any() };
    let now = Live::get().watch_organization(view.now);
    let counts: Signal<CountsNow> = Memo::new(move |_| now.with(|n| n.counts)).into();
    // Running and retrying: of devices and of accounts, as the log lists them.
    let open = Memo::new(move |_| {
        now.with(|n| {
            let (running, retrying) = n.saas.map_or((0, 0), |saas| (saas.running, saas.retrying));
            (n.counts.running + running, n.counts.retrying + retrying)
        })
    });
    follow(Memo::new(move |_| (counts.get(), open.get())), again);
    let (has_devices, has_accounts) = now.with_untracked(|n| (devices(&n.counts) > 0, n.saas.is_some_and(|s| s.accounts > 0)));
    if !has_devices && !has_accounts {
        return view! { <NoDevices id=line.id may_add=view.may_add_devices && line.activated/> {about} }.into_any();
    }
    let address = format!("/organizations/{}", line.id);
    let ClientOverview { window, success, warning, failed, days, alerts, devices: worst, runs, at } = overview;
    let (no_alerts, none_worse, no_runs) = (alerts.is_empty(), worst.is_empty(), runs.is_empty());
    let (alerts_open, named) = (counts.get_untracked().open_alerts, i64::try_from(alerts.len()).unwrap_or(0));
    let [all_alerts, all_devices, all_runs] = ["alerts", "devices", "log"].map(|tab| format!("{address}/{tab}"));
    view! {
        <Numbers counts open success warning failed window address=address.clone()/>
        {has_devices.then(|| view! {
            <div class="overview-health">
                <Health counts address/>
                <Trend days has_accounts/>
            </div>
        })}
        <Section title="Needs attention">
            {if no_alerts && none_worse {
                view! { <p>{if has_devices { "Nothing: no alert is open and every device is healthy." } else { "Nothing: no alert is open." }}</p> }.into_any()
            } else {
                view! {
                    {(!no_alerts).then(|| view! {
                        <div class="of-organization"><AlertTable lines=alerts at changed=again/></div>
                        {(alerts_open > named).then(|| view! { <p class="overview-more"><a href=all_alerts>{format!("All {} open alerts", text::count(alerts_open))}</a></p> })}
                    })}
                    {(!none_worse).then(|| view! {
                        <h3 class="overview-worst">"Devices that need a look first"</h3>
                        <DevicesTable devices=worst/>
                        <p class="overview-more"><a href=all_devices>"All devices"</a></p>
                    })}
                }
                .into_any()
            }}
        </Section>
        <Section title="Latest runs">
            {if no_runs {
                view! { <p>"No backup has run yet."</p> }.into_any()
            } else {
                view! { <RunsTable runs/> <p class="overview-more"><a href=all_runs>"The whole job log"</a></p> }.into_any()
            }}
        </Section>
        {about}
    }
    .into_any()
}

/// Alerts, devices and runs that are named are others when the counts have moved.
fn follow(counts: Memo<(CountsNow, (i64, i64))>, again: Callback<()>) {
    let waits = StoredValue::new(false);
    Effect::new(move |before: Option<(CountsNow, (i64, i64))>| {
        let now = counts.get();
        if before.is_some_and(|before| before != now) && !waits.get_value() {
            waits.set_value(true);
            browser::after(PAUSE, move || {
                // Gone with the page: nothing to fetch any more.
                if waits.try_set_value(false).is_none() {
                    again.run(());
                }
            });
        }
        now
    });
}

#[component]
fn Numbers(
    counts: Signal<CountsNow>,
    open: Memo<(i64, i64)>,
    success: i64,
    warning: i64,
    failed: i64,
    window: String,
    address: String,
) -> impl IntoView {
    let ended = WINDOWS.into_iter().find(|(word, _)| *word == window).map_or("24 hours", |(_, label)| label);
    let issues = if warning > 0 { format!("{ended}, {} with warnings", text::count(warning)) } else { ended.to_owned() };
    let choice = view! {
        <nav class="choice" aria-label="Time of the ended runs">
            {WINDOWS
                .into_iter()
                .map(|(word, label)| view! {
                    <a class="choice-item" href=format!("{address}?window={word}") data-noscroll="" aria-current=(word == window).then_some("true")>{label}</a>
                })
                .collect_view()}
        </nav>
    };
    let log = format!("{address}/log");
    view! {
        <Section title="Backups" aside=choice.into_any()>
            <StatTiles>
                <StatTile value=Signal::derive(move || open.get().0) label="Running" state="running" note="now" href=format!("{log}?result=running")/>
                <StatTile value=Signal::derive(move || open.get().1) label="Retrying" state="retrying" note="now" href=format!("{log}?result=retrying")/>
                <StatTile value=success label="Success" state="healthy" note=issues href=log.clone()/>
                <StatTile value=failed label="Failed or missed" state="critical" note=ended.to_owned() href=format!("{log}?result=troubled")/>
                <StatTile value=Signal::derive(move || counts.get().open_alerts) label="Open alerts" state="warning" note="now" href=format!("{address}/alerts")/>
            </StatTiles>
        </Section>
    }
}

#[component]
fn Health(counts: Signal<CountsNow>, address: String) -> impl IntoView {
    let words = bands(&CountsNow::default()).map(|(band, _)| band);
    let count = move |place: usize| Signal::derive(move || bands(&counts.get())[place].1);
    view! {
        <section class="card stack" aria-label="Devices by band">
            <BandsBar counts=Signal::derive(move || bands(&counts.get()))/>
            <ul class="band-words">
                {words
                    .into_iter()
                    .enumerate()
                    .map(|(place, band)| view! {
                        <li>
                            <a class="badge quiet-link" data-state=band.as_str() href=format!("{address}/devices?band={}", band.as_str())>
                                <Icon shape=band_shape(band)/>
                                <span><LiveCount value=count(place)/>" "{text::band_label(band).to_lowercase()}</span>
                            </a>
                        </li>
                    })
                    .collect_view()}
                {move || (counts.get().paused > 0).then(|| view! {
                    <li class="badge" data-state="paused"><Icon shape=icon::PAUSED/><span>{format!("{} paused", text::count(counts.get().paused))}</span></li>
                })}
            </ul>
            <div class="overview-service"><h3>"Within the SLA"</h3><Compliance counts/></div>
        </section>
    }
}

#[component]
fn Trend(days: Bars, has_accounts: bool) -> impl IntoView {
    // Days are kept of devices; beside accounts it has to be said.
    let title = if has_accounts { "Usable backups of devices by day" } else { "Usable backups by day" };
    let first = days.today + 1 - i32::try_from(days.days.len()).unwrap_or(0);
    let shares = success::shares(&days);
    let points: Vec<TrendPoint> = (first..).zip(shares).map(|(day, share)| TrendPoint { day, value: share.map(|s| s * 100.0) }).collect();
    view! {
        <section class="card stack">
            <h3>{title}</h3>
            <TrendChart points unit=TrendUnit::Percent label=title/>
        </section>
    }
}

#[component]
fn About(line: OrganizationLine, created_at: Time, sees_health: bool) -> impl IntoView {
    let (plan, seats) = (plan(&line), line.seat_limit.map_or_else(|| "no limit".to_owned(), text::count));
    let (region, zone) = (if line.region.is_empty() { "not set".to_owned() } else { line.region }, line.time_zone.replace('_', " "));
    view! {
        <Section title=if sees_health { "About" } else { "Plan and seats" }>
            <div class="card">
                <Pairs wide=true>
                    <Pair label="Plan">{plan}</Pair>
                    <Pair label="Seats">{seats}</Pair>
                    <Pair label="Region">{region}</Pair>
                    <Pair label="Time zone">{zone}</Pair>
                    <Pair label="Here since"><TimeText at=Some(created_at) focusable=true/></Pair>
                </Pairs>
            </div>
        </Section>
    }
}
