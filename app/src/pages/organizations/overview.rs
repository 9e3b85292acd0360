//! The overview of an organization: bands, runs of a window, the devices that need a look.

use super::{
    devices::{DevicesTable, NoDevices},
    list::{bands, plan},
};
use crate::{
    api::organizations::{OrganizationView, WindowView},
    components::{BandsBar, Section, TimeText, badge::band_shape, icon, icon::Icon},
};
use domain::{health::Band, live::CountsNow, text};
use leptos::prelude::*;

/// The tab.
#[component]
pub fn Overview(
    /// The organization.
    view: OrganizationView,
) -> impl IntoView {
    let (line, counts) = (view.line.clone(), view.line.counts);
    let (id, may_add) = (line.id, view.may_add_devices && line.activated);
    let is_empty = view.devices.is_empty();
    let worst: Vec<_> = view.devices.into_iter().filter(|d| d.now.band != Band::Healthy).collect();
    let health = view.sees_health.then(|| {
        if is_empty {
            return view! { <NoDevices id may_add/> }.into_any();
        }
        view! {
            {view.window.map(|window| view! { <Windows window counts address=format!("/organizations/{id}")/> })}
            <Section title="Devices">
                <div class="card stack">
                    <BandsBar counts=Signal::stored(bands(&counts))/>
                    <ul class="band-words">
                        {bands(&counts).into_iter().map(|(band, n)| view! {
                            <li class="badge" data-state=band.as_str()><Icon shape=band_shape(band)/><span>{format!("{} {}", text::count(n), text::band_label(band).to_lowercase())}</span></li>
                        }).collect_view()}
                        {(counts.paused > 0).then(|| view! { <li class="badge" data-state="paused"><Icon shape=icon::PAUSED/><span>{format!("{} paused", text::count(counts.paused))}</span></li> })}
                    </ul>
                </div>
                {if worst.is_empty() {
                    view! { <p class="overview-worst">"All of them are healthy. "<a href=format!("/organizations/{id}?tab=devices")>"Look at them"</a></p> }.into_any()
                } else {
                    view! {
                        <h3 class="overview-worst">"Need a look"</h3>
                        <DevicesTable devices=worst/>
                        <p><a href=format!("/organizations/{id}?tab=devices")>"All devices"</a></p>
                    }
                    .into_any()
                }}
            </Section>
        }
        .into_any()
    });
    view! {
        {health}
        <Section title="About">
            <dl class="about card">
                <div><dt>"Plan"</dt><dd>{plan(&line)}</dd></div>
                <div><dt>"Seats"</dt><dd>{line.seat_limit.map_or_else(|| "no limit".to_owned(), text::count)}</dd></div>
                <div><dt>"Region"</dt><dd>{if line.region.is_empty() { "not set".to_owned() } else { line.region }}</dd></div>
                <div><dt>"Time zone"</dt><dd>{line.time_zone.replace('_', " ")}</dd></div>
                <div><dt>"Here since"</dt><dd><TimeText at=Some(view.created_at) focusable=true/></dd></div>
            </dl>
        </Section>
    }
}

#[component]
fn Windows(window: WindowView, counts: CountsNow, address: String) -> impl IntoView {
    const WINDOWS: [(&str, &str); 3] = [("24h", "24 hours"), ("7d", "7 days"), ("30d", "30 days")];
    let aside = view! {
        <nav class="choice" aria-label="Window">
            {WINDOWS
                .into_iter()
                .map(|(word, label)| view! {
                    <a class="choice-item" href=format!("{address}?window={word}") aria-current=(word == window.window).then_some("true")>{label}</a>
                })
                .collect_view()}
        </nav>
    };
    let ended = WINDOWS.into_iter().find(|(word, _)| *word == window.window).map_or("window", |(_, label)| label);
    let issues = if window.warning > 0 { format!("{} with issues", text::count(window.warning)) } else { format!("ended in {ended}") };
    view! {
        <Section title="Backups" aside=aside.into_any()>
            <dl class="figures">
                <Figure label="Success" number=window.success state="healthy" note=issues/>
                <Figure label="Failed" number=window.failed state="critical" note=format!("ended in {ended}")/>
                <Figure label="Running" number=counts.running state="running" note="now".to_owned()/>
                <Figure label="Retrying" number=counts.retrying state="retrying" note="now".to_owned()/>
                <Figure label="Open alerts" number=counts.open_alerts state="warning" note="now".to_owned()/>
            </dl>
        </Section>
    }
}

#[component]
fn Figure(label: &'static str, number: i64, state: &'static str, note: String) -> impl IntoView {
    view! {
        <div class="figure" data-state=(number > 0).then_some(state)>
            <dt>{label}</dt>
            <dd><span class="figure-number">{text::count(number)}</span><span class="figure-note faint">{note}</span></dd>
        </div>
    }
}
