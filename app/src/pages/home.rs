//! Home: the first question of the day answered above the fold. What needs attention, worst first and folded by cause, so that two
//! hundred clients fit into five minutes; how the fleet is; what goes on; what is new; how it went.
//!
//! It follows what happens without a reload: counts by the stream, the rest is asked for again when counts move.

mod attention;
mod plans;
mod running;

use crate::{
    api::backup::{AttentionLine, EndedLine, FleetHome, HomeView, IncidentLine, LogLine, NewLine, load_home},
    components::{BandsBar, Empty, Later, LinkButton, LiveCount, Page, badge::band_shape, button::ButtonKind, icon::Icon, loaded},
    live::Live,
    me,
    pages::backup::soon::Soon,
    wire,
};
use domain::{
    access::Action,
    alert::{AlertKind, Severity},
    health::Band,
    live::CountsNow,
    sla, text,
};
use leptos::{prelude::*, task::spawn_local};
use running::RunningRun;

/// Counts moved: ask again so many milliseconds later, and at most so often.
const AGAIN: u32 = 1_500;

/// The page.
#[component]
pub fn Home() -> impl IntoView {
    let is_client = me::me().is_some_and(|me| me.role.is_client());
    let title = if is_client { "Your backups" } else { "Home" };
    // Finance has another answer.
    if me::may(Action::SeeDashboards) {
        wire::read_ahead::<Vec<IncidentLine>>(&["Ok", "Fleet", "incidents"]);
        wire::read_ahead::<Vec<AttentionLine>>(&["Ok", "Fleet", "attention"]);
        wire::read_ahead::<Vec<LogLine>>(&["Ok", "Fleet", "open_runs"]);
    }
    view! { <Page title=title><Later><Asked is_client/></Later></Page> }
}

/// What is asked of the server, and its answer: read and shown in tasks of their own.
#[component]
fn Asked(is_client: bool) -> impl IntoView {
    let data = wire::resource(|| (), |()| load_home());
    let shown = move || {
        loaded(data, move |view| match view {
            HomeView::Fleet(view) => view! { <Fleet view=*view is_client/> }.into_any(),
            HomeView::Plans(view) => view! { <plans::Plans view/> }.into_any(),
        })
    };
    view! { <div class="piece"><Later><div class="piece">{shown()}</div></Later></div> }
}

const fn watched(c: &CountsNow) -> i64 {
    c.healthy + c.warning + c.critical + c.unknown
}

/// SaaS accounts that need attention, in a sentence: counts and bands are of devices. None: none of them does.
fn of_accounts(view: &FleetHome) -> Option<String> {
    let lines = || view.attention.iter().filter(|line| line.is_account && line.kind != AlertKind::ConsentExpired);
    let (sum, critical) = lines().fold((0, 0), |(sum, critical), line| {
        (sum + line.size, if line.severity == Severity::Critical { critical + line.size } else { critical })
    });
    // What no line names may be of accounts too.
    let at_least = if view.unshown > 0 || !view.incidents.is_empty() { "at least " } else { "" };
    let worse = if critical > 0 { format!(", {critical} critical") } else { String::new() };
    (sum > 0).then(|| format!("SaaS: {at_least}{sum} account{}{worse}.", if sum == 1 { "" } else { "s" }))
}

/// How the fleet is, in a sentence.
fn answer(c: &CountsNow) -> String {
    let all = watched(c);
    if c.critical + c.warning + c.unknown == 0 {
        return match all {
            0 => "No device is watched now.".to_owned(),
            1 => "The one device is healthy.".to_owned(),
            _ => format!("All {} devices are healthy.", text::count(all)),
        };
    }
    let parts = [(c.critical, "critical"), (c.warning, "in warning"), (c.unknown, "not heard of")];
    let parts: Vec<String> = parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, w)| format!("{} {w}", text::count(n))).collect();
    let sum = c.critical + c.warning + c.unknown;
    let need = if sum == 1 { "needs" } else { "need" };
    format!("{} of {} devices {need} attention: {}.", text::count(sum), text::count(all), parts.join(", "))
}

#[component]
fn Fleet(view: FleetHome, is_client: bool) -> impl IntoView {
    let first = (view.counts, view.open_of_accounts);
    let view = RwSignal::new(view);
    let live = Live::get();
    let counts = Signal::derive(move || live.counts.get().unwrap_or_else(|| view.with(|v| v.counts)));
    // Open runs of accounts are told with the counts of SaaS.
    let of_accounts = Memo::new(move |_| match live.saas.get() {
        Some(saas) => (saas.running, saas.retrying),
        None => view.with(|v| v.open_of_accounts),
    });
    let open = Memo::new(move |_| {
        let (running, retrying) = of_accounts.get();
        counts.with(|c| (c.running + running, c.retrying + retrying))
    });
    let soon = Soon::new();
    // Counts that the stream says for the first time are news where they differ from the page's own.
    Effect::new(move |before: Option<(CountsNow, (i64, i64))>| {
        let now = (live.counts.get().unwrap_or(first.0), of_accounts.get());
        if before.unwrap_or(first) != now {
            soon.wish(AGAIN, move || {
                spawn_local(async move {
                    if let Ok(HomeView::Fleet(fresh)) = load_home().await {
                        let _ = view.try_set(*fresh);
                    }
                });
            });
        }
        now
    });
    let is_empty = Memo::new(move |_| counts.with(|c| watched(c) + c.paused + c.open_alerts == 0));
    move || {
        if is_empty.get() {
            return nothing_watched();
        }
        view! {
            <div class="home">
                <Later><Now counts view/></Later>
                <Later><Needs view is_client/></Later>
                <div class="home-side">
                    <Later><Went view is_client/></Later>
                    <Later><Fresh view/></Later>
                    <Later><Going view open is_client/></Later>
                </div>
            </div>
        }
        .into_any()
    }
}

fn nothing_watched() -> AnyView {
    if me::may(Action::ManageDevices) {
        view! {
            <Empty title="Nothing is watched yet">
                <p>"Add an organization and its first device: you get one line to run on it, and see it turn green here."</p>
                <p><LinkButton kind=ButtonKind::Primary href="/devices/new">"Add a device"</LinkButton></p>
            </Empty>
        }
        .into_any()
    } else {
        view! { <Empty title="Nothing is watched yet"><p>"As soon as the first device is set up, its backups are shown here."</p></Empty> }
            .into_any()
    }
}

/// The four bands: a sentence, a bar, numbers that lead to the devices.
#[component]
fn Now(counts: Signal<CountsNow>, view: RwSignal<FleetHome>) -> impl IntoView {
    let accounts = Memo::new(move |_| view.with(of_accounts));
    let bar = Signal::derive(move || {
        let c = counts.get();
        [(Band::Critical, c.critical), (Band::Warning, c.warning), (Band::Unknown, c.unknown), (Band::Healthy, c.healthy)]
    });
    let band = move |band: Band, n: fn(&CountsNow) -> i64| {
        view! {
            <a class="band-link" data-state=band.as_str() href=format!("/backups/devices?band={band}")>
                <Icon shape=band_shape(band)/>
                <span class="band-number"><LiveCount value=Signal::derive(move || counts.with(n))/></span>
                <span class="band-word">{text::band_label(band)}</span>
            </a>
        }
    };
    view! {
        <section class="card home-now" aria-label="The fleet now">
            <p class="answer">{move || counts.with(answer)}{move || accounts.get().map(|words| format!(" {words}"))}</p>
            <BandsBar counts=bar/>
            <div class="band-links">
                {band(Band::Critical, |c| c.critical)}
                {band(Band::Warning, |c| c.warning)}
                {band(Band::Unknown, |c| c.unknown)}
                {band(Band::Healthy, |c| c.healthy)}
                {move || counts.with(|c| c.paused > 0).then(|| view! {
                    <a class="band-link" href="/backups/devices?life=paused">
                        <span class="band-number"><LiveCount value=Signal::derive(move || counts.with(|c| c.paused))/></span>
                        <span class="band-word">"Paused"</span>
                    </a>
                })}
            </div>
        </section>
    }
}

/// What needs attention.
#[component]
fn Needs(view: RwSignal<FleetHome>, is_client: bool) -> impl IntoView {
    let lines = Memo::new(move |_| view.with(|v| attention::in_order(v.incidents.clone(), v.attention.clone())));
    let rest = Memo::new(move |_| view.with(|v| (v.unshown, v.is_more, v.tended, v.attention.is_empty())));
    let at = view.with_untracked(|v| v.at);
    let tended = |n: i64| match n {
        1 => "1 more is being taken care of.".to_owned(),
        n => format!("{} more are being taken care of.", text::count(n)),
    };
    view! {
        <section class="section home-needs" aria-labelledby="needs">
            <header class="section-head">
                <h2 id="needs">"Needs attention"</h2>
                <a href="/backups/alerts">"All open alerts"</a>
            </header>
            {move || {
                let lines = lines.get();
                if lines.is_empty() {
                    view! { <div class="card calm"><p class="answer">"Nothing needs you now."</p><p class="faint">"What fails, is late or can't be restored is listed here by itself."</p></div> }.into_any()
                } else {
                    view! { <ol class="needs">{lines.into_iter().map(|line| view! { <Later>{line.item(at, is_client)}</Later> }).collect_view()}</ol> }.into_any()
                }
            }}
            {move || {
                let (unshown, is_more, cared, _) = rest.get();
                view! {
                    {(unshown > 0).then(|| view! {
                        <p class="needs-rest"><a href="/backups/alerts?state=untended">{format!("{}{} more alerts", text::count(unshown), if is_more { "+" } else { "" })}</a></p>
                    })}
                    {(cared > 0).then(|| view! { <p class="needs-rest"><a href="/backups/alerts">{tended(cared)}</a></p> })}
                }
            }}
        </section>
    }
}

/// What goes on now.
#[component]
fn Going(view: RwSignal<FleetHome>, open: Memo<(i64, i64)>, is_client: bool) -> impl IntoView {
    // The rows stay while the same runs go on: they move by themselves.
    let ids = Memo::new(move |_| view.with(|v| v.open_runs.iter().map(|r| r.id).collect::<Vec<_>>()));
    let lines = move || -> Vec<LogLine> {
        ids.with(|_| ());
        view.with_untracked(|v| v.open_runs.clone())
    };
    let number = move |state: &'static str, label: &'static str, n: fn((i64, i64)) -> i64| {
        view! {
            <a class="going-number" data-state=state href=format!("/backups/log?result={state}")>
                <strong><LiveCount value=Signal::derive(move || n(open.get()))/></strong>" "{label}
            </a>
        }
    };
    view! {
        <section class="card side-card" aria-labelledby="going">
            <header class="section-head"><h2 id="going">"Now"</h2><span>{number("running", "running", |(running, _)| running)}{number("retrying", "retrying", |(_, retrying)| retrying)}</span></header>
            {move || {
                let lines = lines();
                if lines.is_empty() {
                    view! { <p class="faint">"No backup runs at the moment."</p> }.into_any()
                } else {
                    view! { <ul class="goings" role="list">{lines.into_iter().map(|line| view! { <RunningRun line of_client=is_client/> }).collect_view()}</ul> }.into_any()
                }
            }}
        </section>
    }
}

/// `98.25 %`, of hundredths.
fn percent(hundredths: i64) -> String {
    if hundredths % 100 == 0 { format!("{} %", hundredths / 100) } else { format!("{}.{} %", hundredths / 100, hundredths % 100 / 10) }
}

fn runs_of(ended: EndedLine) -> String {
    let bad = ended.failed + ended.missed;
    let all = ended.succeeded + ended.warning + bad;
    match bad {
        0 => format!("{} runs, none failed or missed", text::count(all)),
        bad => format!("{} of {} runs failed or missed", text::count(bad), text::count(all)),
    }
}

/// How it went: compliance now, success of a day beside that of the week.
#[component]
fn Went(view: RwSignal<FleetHome>, is_client: bool) -> impl IntoView {
    let level = Memo::new(move |_| view.with(|v| (sla::compliance(v.covered, v.in_breach), v.covered, v.in_breach)));
    let ended = Memo::new(move |_| view.with(|v| (v.day, v.week)));
    let compliance = move || {
        let (kept, covered, in_breach) = level.get();
        let Some(kept) = kept else { return view! { <dd class="faint">"nothing is covered"</dd> }.into_any() };
        let words = match in_breach {
            0 => format!("all {} devices within it", text::count(covered)),
            n => format!("{} of {} devices in breach", text::count(n), text::count(covered)),
        };
        let number = view! { <strong>{percent(kept.into())}</strong> };
        if is_client {
            view! { <dd>{number}<span class="went-words">{words}</span></dd> }.into_any()
        } else {
            view! { <dd><a class="quiet-link" href="/backups/compliance">{number}</a><span class="went-words">{words}</span></dd> }
                .into_any()
        }
    };
    let success = move |of: EndedLine, than: Option<EndedLine>| match of.success() {
        None => view! { <dd class="faint">"no run ended"</dd> }.into_any(),
        Some(share) => {
            let trend = than.and_then(EndedLine::success).map(|week| match (share - week) / 10 {
                0 => "as in the week".to_owned(),
                d if d > 0 => format!("↑ {}.{} points on the week", d / 10, d % 10),
                d => format!("↓ {}.{} points on the week", -d / 10, -d % 10),
            });
            let words = [Some(runs_of(of)), trend].into_iter().flatten().collect::<Vec<_>>().join(" · ");
            view! { <dd><strong>{percent(share)}</strong><span class="went-words">{words}</span></dd> }.into_any()
        }
    };
    view! {
        <section class="card side-card" aria-label="How it went">
            <dl class="went">
                <div><dt title="Devices whose last usable backup is as recent as their service level asks">"Within the service level"</dt>{compliance}</div>
                <div><dt>"Runs of devices that succeeded, 24 hours"</dt>{move || ended.with(|(day, week)| success(*day, Some(*week)))}</div>
                <div><dt>"The same, 7 days"</dt>{move || ended.with(|(_, week)| success(*week, None))}</div>
            </dl>
        </section>
    }
}

/// What is new since yesterday.
#[component]
fn Fresh(view: RwSignal<FleetHome>) -> impl IntoView {
    let new = Memo::new(move |_| view.with(|v| v.new));
    // Only to lists that show just these, or show them first.
    let line = |n: i64, one: &'static str, many: &'static str, href: Option<&'static str>| {
        let words = move || view! { <strong>{text::count(n)}</strong>" "{if n == 1 { one } else { many }} };
        (n > 0).then(|| match href {
            Some(href) => view! { <li><a class="quiet-link" href=href>{words()}</a></li> }.into_any(),
            None => view! { <li>{words()}</li> }.into_any(),
        })
    };
    view! {
        <section class="card side-card" aria-labelledby="new">
            <header class="section-head"><h2 id="new">"Since yesterday"</h2></header>
            {move || {
                let NewLine { opened, resolved, devices, reported, waiting } = new.get();
                if opened + resolved + devices + reported + waiting == 0 {
                    return view! { <p class="faint">"Nothing new in the last 24 hours."</p> }.into_any();
                }
                view! {
                    <ul class="news-list" role="list">
                        {line(opened, "new alert", "new alerts", Some("/backups/alerts?sort=time"))}
                        {line(resolved, "alert resolved", "alerts resolved", Some("/backups/alerts?state=resolved"))}
                        {line(devices, "new device", "new devices", None)}
                        {line(reported, "first report of a device", "first reports of devices", None)}
                        {line(waiting, "unknown name in the inbox", "unknown names in the inbox", Some("/settings/inbox"))}
                    </ul>
                }
                .into_any()
            }}
        </section>
    }
}
