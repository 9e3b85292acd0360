//! Connecting a device: one line to copy for each way, and a place that turns green by itself.

use super::{
    first_start::Steps,
    form::{Faults, FormFault, worked},
    ways::{KEY_PLACE, Way, ways},
};
use crate::{
    api::start::{ConnectView, MakeDeviceKey, load_connect},
    components::{Button, CopyLine, LinkButton, Page, RunBadge, ScorePill, Section, Tab, Tabs, TimeText, loaded_page},
    error::UiError,
    live::Live,
    wire,
};
use domain::{
    health::Band,
    ids::DeviceId,
    live::{DeviceNow, RunNow},
    run::RunState,
    text,
};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

/// The page of a device's connection, `?way=` chosen, `?first=1` at the end of the first start.
#[component]
pub fn Connect() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|p| p.get("id").and_then(|id| id.parse::<DeviceId>().ok())));
    let make = ServerAction::<MakeDeviceKey>::new();
    let made = worked(make);
    let view = wire::resource_blocking(
        move || (id.get(), made.get()),
        |(id, _)| async move {
            match id {
                Some(id) => load_connect(id).await,
                None => Err(UiError::not_found("device")),
            }
        },
    );
    loaded_page(view, move |view: ConnectView| view! { <Connection view make/> }.into_any())
}

#[component]
fn Connection(view: ConnectView, make: ServerAction<MakeDeviceKey>) -> impl IntoView {
    let query = use_query_map();
    let first = query.with_untracked(|q| q.get("first").is_some());
    let device = view.device;
    let now = Live::get().watch(view.now.clone());
    let address = format!("/devices/{device}");
    let lead = view! { <p>"Of " {view.organization_name.clone()} ", " {view.schedule.clone()} ". Copy one line, run it on the machine, and watch it arrive."</p> };
    let way = Memo::new(move |_| query.with(|q| q.get("way").unwrap_or_else(|| "agent".to_owned())));
    let tail = if first { "first=1&" } else { "" };
    let ways = ways(&view.url, device, view.key.as_deref(), view.ping_uuid.as_deref());
    let tabs = ways.iter().map(|w| Tab::new(format!("{address}/connect?{tail}way={}", w.word), w.label)).collect::<Vec<_>>();
    let current = StoredValue::new(ways);
    let here = Signal::derive(move || current.with_value(|ways| ways.iter().position(|w| way.with(|word| w.word == *word)).unwrap_or(0)));
    let has_key = view.key.is_some();
    let breadcrumbs =
        if first { Vec::new() } else { vec![("/backups/devices".to_owned(), "Devices".to_owned()), (address.clone(), view.name.clone())] };
    view! {
        <Page title=format!("Connect {}", view.name) breadcrumbs lead=lead.into_any()>
            {first.then(|| view! { <Steps at=4/> })}
            <div class="connect">
                <div class="connect-ways stack">
                    {view.key.map(|key| view! { <FreshKey key/> })}
                    <Tabs label="Ways to connect" tabs here/>
                    {move || {
                        let word = way.get();
                        current.with_value(|ways| {
                            let chosen = ways.iter().find(|w| w.word == word).or_else(|| ways.first()).cloned();
                            chosen.map(|way| view! { <OneWay way/> })
                        })
                    }}
                    {(view.may_make_key && !has_key).then(|| view! { <AnotherKey device make/> })}
                </div>
                <Arrival now name=view.name address/>
            </div>
        </Page>
    }
}

#[component]
fn FreshKey(key: String) -> impl IntoView {
    view! {
        <div class="card fresh-key">
            <h2>"The key of this device"</h2>
            <p>"It may only send reports of this device, and is shown this once. It already stands in the lines below."</p>
            <CopyLine text=key label="key"/>
        </div>
    }
}

#[component]
fn OneWay(way: Way) -> impl IntoView {
    let needs_key = way.lines.iter().any(|line| line.text.contains(KEY_PLACE));
    view! {
        <div class="card stack">
            <p>{way.intro}</p>
            {needs_key.then(|| view! {
                <p class="notice">"Put the device's key where " <code>{KEY_PLACE}</code> " stands. It was shown when it was made; if it is lost, make a new one below."</p>
            })}
            {way
                .lines
                .into_iter()
                .map(|line| {
                    view! {
                        <div class="connect-line">
                            <h2 class="connect-label">{line.label}</h2>
                            <CopyLine text=line.text label=line.label.to_lowercase()/>
                            {(!line.note.is_empty()).then(|| view! { <p class="field-hint">{line.note}</p> })}
                        </div>
                    }
                })
                .collect_view()}
        </div>
    }
}

#[component]
fn AnotherKey(device: DeviceId, make: ServerAction<MakeDeviceKey>) -> impl IntoView {
    let faults = Faults::of(make);
    view! {
        <Section title="Another key">
            <ActionForm action=make attr:class="stack">
                <FormFault faults/>
                <input type="hidden" name="device" value=device.to_string()/>
                <p>"Keys can't be shown again. A new one works beside those there are; revoke the others in "<a href="/settings/keys">"API keys"</a>"."</p>
                <div><Button submit=true busy=make.pending()>"Make a key for this device"</Button></div>
            </ActionForm>
        </Section>
    }
}

/// How far the first report has come.
#[derive(Clone, Debug, PartialEq)]
enum Stage {
    Nothing,
    CheckedIn,
    Running(RunNow),
    Ended(RunNow),
    Known(Band),
}

fn stage(now: &DeviceNow) -> Stage {
    let last = now.runs.last();
    if let Some(run) = last.filter(|run| matches!(run.state, RunState::Running | RunState::Retrying)) {
        return Stage::Running(run.clone());
    }
    match last {
        _ if now.last_usable_at.is_some() => Stage::Known(now.band),
        Some(run) => Stage::Ended(run.clone()),
        None if now.facts.last_seen.is_some() || now.facts.checked_in_at.is_some() => Stage::CheckedIn,
        None => Stage::Nothing,
    }
}

fn progress(run: &RunNow) -> String {
    let mut parts = Vec::new();
    if let Some(percent) = run.percent {
        parts.push(format!("{percent} %"));
    }
    if run.attempt > 1 {
        parts.push(format!("attempt {}", run.attempt));
    }
    if let Some(items) = run.items.filter(|n| *n > 0) {
        parts.push(format!("{} files", text::count(items)));
    }
    if let Some(bytes) = run.bytes.filter(|n| *n > 0) {
        parts.push(text::bytes(bytes));
    }
    parts.join(", ")
}

/// The place that waits and turns green.
#[component]
fn Arrival(now: RwSignal<DeviceNow>, name: String, address: String) -> impl IntoView {
    let stage = Memo::new(move |_| now.with(stage));
    let words = Memo::new(move |_| match stage.get() {
        Stage::Nothing => ("waiting", "Waiting for the first report…"),
        Stage::CheckedIn => ("waiting", "The machine is there. Waiting for its first backup…"),
        Stage::Running(run) if run.state == RunState::Retrying => ("retrying", "It did not work at once and is being tried again."),
        Stage::Running(_) => ("running", "A backup is running."),
        Stage::Ended(_) => ("critical", "The first backup did not work."),
        Stage::Known(Band::Healthy) => ("healthy", "The first backup is in. Everything is as it should be."),
        Stage::Known(Band::Warning) => ("warning", "A backup is in, with something to look at."),
        Stage::Known(Band::Critical) => ("critical", "Backups arrive, but something is wrong."),
        Stage::Known(Band::Unknown) => ("waiting", "Nothing is known of it at the moment."),
    });
    let detail = move || match stage.get() {
        Stage::Running(run) => Some(progress(&run)),
        Stage::Ended(run) => run.message,
        _ => None,
    };
    view! {
        <aside class="arrival card" data-state=move || words.get().0 aria-label=format!("What arrives from {name}")>
            <div class="arrival-picture" aria-hidden="true"></div>
            <div class="arrival-badges">
                {move || match stage.get() {
                    Stage::Nothing | Stage::CheckedIn => ().into_any(),
                    Stage::Running(run) | Stage::Ended(run) => view! { <RunBadge state=run.state/> }.into_any(),
                    Stage::Known(_) => view! {
                        <ScorePill score=Signal::derive(move || now.with(|n| n.score)) band=Signal::derive(move || now.with(|n| n.band))/>
                    }
                    .into_any(),
                }}
            </div>
            <p class="arrival-words" role="status">{move || words.get().1}</p>
            <p class="faint">{detail}</p>
            {move || now.with(|n| n.last_usable_at).map(|at| view! { <p class="faint">"Last usable backup: " <TimeText at=Some(at)/></p> })}
            <p><LinkButton href=address.clone()>"Go to its page"</LinkButton></p>
        </aside>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        facts::{DeviceFacts, RestoreFacts},
        health::Score,
        ids::{JobId, OrganizationId, RunId},
        policy::{DeviceClass, DeviceLife, Policy},
        schedule::{Pending, Slots},
        time::{Span, Time},
    };

    fn device() -> DeviceNow {
        let slots = Slots { due: Time(1), interval: Span::DAY, slack: Span::HOUR, pending: Pending::Listed(Vec::new()), off: None };
        DeviceNow {
            device: DeviceId(1),
            organization: OrganizationId(1),
            score: Score(0),
            band: Band::Unknown,
            running: 0,
            retrying: 0,
            last_usable_at: None,
            due_at: None,
            next_change: None,
            facts: DeviceFacts {
                life: DeviceLife::Pending,
                enrolled_at: Time(0),
                last_seen: None,
                checked_in_at: None,
                storage: None,
                restore: RestoreFacts { last: None },
                terms: Policy::default().terms(DeviceClass::Server),
                expected: slots,
                jobs: Default::default(),
                quiet: Default::default(),
                away: None,
            },
            runs: Vec::new(),
            alerts: Vec::new(),
        }
    }

    fn run(state: RunState) -> RunNow {
        RunNow {
            run: RunId(1),
            job: JobId(1),
            job_name: "nightly".into(),
            state,
            started_at: Time(0),
            ended_at: None,
            attempt: 1,
            percent: Some(42),
            items: Some(1_234),
            bytes: None,
            message: None,
        }
    }

    #[test]
    fn a_device_waits_until_something_arrives() {
        assert_eq!(stage(&device()), Stage::Nothing);
        let mut seen = device();
        seen.facts.checked_in_at = Some(Time(5));
        assert_eq!(stage(&seen), Stage::CheckedIn);
    }

    #[test]
    fn a_running_backup_is_shown_with_its_progress_then_its_band() {
        let mut now = device();
        now.runs = vec![run(RunState::Running)];
        assert_eq!(stage(&now), Stage::Running(run(RunState::Running)));
        assert_eq!(progress(&run(RunState::Running)), "42 %, 1,234 files");
        now.runs = vec![run(RunState::Succeeded)];
        now.last_usable_at = Some(Time(9));
        now.band = Band::Healthy;
        assert_eq!(stage(&now), Stage::Known(Band::Healthy));
    }

    #[test]
    fn a_first_failure_is_told_as_one() {
        let mut now = device();
        now.runs = vec![run(RunState::Failed)];
        assert_eq!(stage(&now), Stage::Ended(run(RunState::Failed)));
    }
}
