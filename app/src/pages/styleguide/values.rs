//! Colours, buttons, states, numbers, words.

use super::{Part, Piece};
use crate::{
    components::{
        BandBadge, Button, ButtonKind, Compliance, CopyLine, LifeBadge, LinkButton, LiveCount, MailBadge, Pair, Pairs, PassBadge, RunBadge,
        ScorePill, SeverityBadge, StatTile, StatTiles, StateBadge, Tag, TimeText, WorkloadIcons, frame::LiveWords, icon,
    },
    live::{Pulse, use_now},
};
use domain::{
    alert::Severity,
    health::{Band, Score},
    live::CountsNow,
    mail::MailState,
    policy::DeviceLife,
    run::RunState,
    saas::{Workload, WorkloadNow},
    time::Time,
};
use leptos::prelude::*;

/// 12 Nov 2026, 07:30 UTC: the guide's instants don't move.
const AT: Time = Time(1_794_468_600_000);

#[component]
pub fn Colours() -> impl IntoView {
    let swatch =
        |name: &'static str| view! { <li class="swatch" data-colour=name><span class="swatch-colour"></span><code>{name}</code></li> };
    view! {
        <Part id="colours">
            <Piece name="Surfaces and ink"><ul class="swatches">{["paper", "surface", "surface-raised", "surface-sunk", "line", "line-strong", "ink", "ink-soft", "accent", "accent-soft"].map(swatch).collect_view()}</ul></Piece>
            <Piece name="States (Okabe–Ito)"><ul class="swatches">{["healthy", "warning", "critical", "unknown", "running", "retrying"].map(swatch).collect_view()}</ul></Piece>
            <Piece name="Type">
                <div class="stack">
                    <p class="type-title">"Title: 19 of 48 devices need attention"</p>
                    <p class="type-large">"Heading: Needs attention"</p>
                    <p>"Text: the last usable backup is from 12 Nov; the next was due at 01:12. "<strong>"Strong"</strong>", "<a href="/styleguide">"a link"</a>", "<code>"code"</code>"."</p>
                    <p class="faint">"Faint: seen only after the rest. 0123456789"</p>
                </div>
            </Piece>
        </Part>
    }
}

#[component]
pub fn Buttons() -> impl IntoView {
    view! {
        <Part id="buttons">
            <Piece name="Button">
                <div class="guide-row">
                    <Button kind=ButtonKind::Primary>"Primary"</Button>
                    <Button>"Plain"</Button>
                    <Button kind=ButtonKind::Danger>"Danger"</Button>
                    <Button kind=ButtonKind::Quiet>"Quiet"</Button>
                    <Button disabled=true>"Disabled"</Button>
                    <Button kind=ButtonKind::Primary disabled=true>"Disabled"</Button>
                    <Button kind=ButtonKind::Primary busy=true>"Busy"</Button>
                </div>
            </Piece>
            <Piece name="LinkButton"><div class="guide-row"><LinkButton href="/styleguide">"A link"</LinkButton><LinkButton href="/styleguide" kind=ButtonKind::Primary>"The link"</LinkButton></div></Piece>
        </Part>
    }
}

#[component]
pub fn Badges() -> impl IntoView {
    let runs = [
        RunState::Running,
        RunState::Retrying,
        RunState::Succeeded,
        RunState::Warning,
        RunState::Failed,
        RunState::Missed,
        RunState::Skipped,
        RunState::Cancelled,
    ];
    let workloads = vec![Workload::Email, Workload::Drive, Workload::Contacts, Workload::Calendar, Workload::Tasks, Workload::SharePoint];
    let ran = |workload, state| WorkloadNow { workload, state, at: Some(AT) };
    // One that went well, one that went wrong, one that has not run yet; the others are not backed up.
    let active = Signal::stored(vec![
        ran(Workload::Email, Some(RunState::Succeeded)),
        ran(Workload::Drive, Some(RunState::Failed)),
        WorkloadNow { workload: Workload::Calendar, state: None, at: None },
    ]);
    let now = use_now();
    let stale = Signal::derive(move || if now.get().is_some() { Pulse::Stale(AT) } else { Pulse::Starting });
    view! {
        <Part id="badges">
            <Piece name="BandBadge"><div class="guide-row">{[Band::Healthy, Band::Warning, Band::Critical, Band::Unknown].map(|band| view! { <BandBadge band/> }).collect_view()}</div></Piece>
            <Piece name="ScorePill"><div class="guide-row">{[(100, Band::Healthy), (84, Band::Warning), (44, Band::Critical), (0, Band::Unknown)].map(|(n, band)| view! { <ScorePill score=Score(n) band/> }).collect_view()}</div></Piece>
            <Piece name="RunBadge">
                <div class="guide-row">
                    {runs.map(|state| view! { <RunBadge state/> }).collect_view()}
                    <RunBadge state=RunState::Running detail="42 %".to_owned()/>
                    <RunBadge state=RunState::Retrying detail="attempt 2".to_owned()/>
                </div>
            </Piece>
            <Piece name="LifeBadge"><div class="guide-row">{[DeviceLife::Pending, DeviceLife::Active, DeviceLife::Paused, DeviceLife::Retired].map(|life| view! { <LifeBadge life/> }).collect_view()}</div></Piece>
            <Piece name="SeverityBadge, PassBadge, StateBadge">
                <div class="guide-row">
                    <SeverityBadge severity=Severity::Critical/><SeverityBadge severity=Severity::Warning/>
                    <PassBadge passed=true/><PassBadge passed=false/>
                    <StateBadge state="retired" shape=icon::RETIRED word="Deactivated".to_owned()/>
                </div>
            </Piece>
            <Piece name="MailBadge"><div class="guide-row">{MailState::ALL.iter().map(|state| view! { <MailBadge state=*state/> }).collect_view()}</div></Piece>
            <Piece name="WorkloadIcons"><div class="guide-row"><WorkloadIcons workloads active/></div></Piece>
            <Piece name="Live indicator"><div class="guide-row"><LiveWords pulse=Pulse::Live/><LiveWords pulse=Pulse::Starting/><LiveWords pulse=stale/></div></Piece>
        </Part>
    }
}

#[component]
pub fn Numbers() -> impl IntoView {
    let n = RwSignal::new(1_204_i64);
    view! {
        <Part id="numbers">
            <Piece name="StatTile">
                <StatTiles>
                    <StatTile value=11 label="Critical" href="/backups/devices?band=critical" state="critical" note="3 more than yesterday".to_owned()/>
                    <StatTile value=4 label="Warning" href="/backups/devices?band=warning" state="warning"/>
                    <StatTile value=0 label="Retrying" href="/backups/devices" state="retrying"/>
                    <StatTile value=97 unit="%" label="Compliance" note="SLA: 24 h, servers 12 h".to_owned()/>
                    <StatTile value=1_204_311 label="Runs in 30 days"/>
                </StatTiles>
            </Piece>
            <Piece name="Compliance">
                <div class="guide-row">
                    {[(25, 2), (25, 0), (0, 0)]
                        .map(|(covered, in_breach)| view! { <div><Compliance counts=Signal::stored(CountsNow { covered, in_breach, ..CountsNow::default() })/></div> })
                        .collect_view()}
                </div>
            </Piece>
            <Piece name="LiveCount"><div class="guide-row"><LiveCount value=n/><Button on_press=Callback::new(move |()| n.update(|n| *n += 1))>"One more"</Button></div></Piece>
            <Piece name="TimeText"><div class="guide-row"><TimeText at=AT exact=true focusable=true/><TimeText at=None none="never"/></div></Piece>
        </Part>
    }
}

#[component]
pub fn Words() -> impl IntoView {
    let tags = RwSignal::new(vec!["mail", "critical data"]);
    view! {
        <Part id="words">
            <Piece name="Pairs">
                <Pairs>
                    <Pair label="Organization">"Lindqvist Architects"</Pair>
                    <Pair label="Policy">"Daily, once a day"</Pair>
                    <Pair label="Last heard of"><TimeText at=AT exact=true/></Pair>
                </Pairs>
            </Piece>
            <Piece name="Pairs wide">
                <Pairs wide=true>
                    <Pair label="Took">"12 min"</Pair>
                    <Pair label="Items">"120,431"</Pair>
                    <Pair label="Size">"1.2 TiB"</Pair>
                    <Pair label="New data">"3.4 GiB"</Pair>
                </Pairs>
            </Piece>
            <Piece name="Tag">
                <div class="guide-row">
                    <Tag label="finance"/>
                    <Tag label="Server" href="/backups/devices?class=server"/>
                    {move || tags.get().into_iter().map(|tag| view! { <Tag label=tag on_remove=Callback::new(move |()| tags.update(|t| t.retain(|t| *t != tag)))/> }).collect_view()}
                </div>
            </Piece>
            <Piece name="CopyLine"><CopyLine text="curl -fsS -m 10 --retry 5 https://portal.example/ping/e2f6c79d-82d0-41ed-965b-449f7c4aba34/$?" label="line"/></Piece>
            <Piece name="Notice">
                {[("running", "A backup is going on; the score follows when it ends."), ("warning", "More than 12 h lie between two slots: the default SLA can't be met."), ("failed", "The last restore test failed."), ("succeeded", "Saved.")]
                    .map(|(state, words)| view! { <p class="notice" data-state=state>{words}</p> })
                    .collect_view()}
            </Piece>
        </Part>
    }
}
