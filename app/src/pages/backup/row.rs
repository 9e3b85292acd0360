//! One device in the list: everything that moves follows the device's signal.

use super::{
    due::{Due, DueText},
    state::{DoingBadge, storage},
};
use crate::{
    api::backup::{AlertLine, DeviceLine},
    components::{DayBars, ScorePill, Tag, TimeText},
    live::{DeviceBrief, Live},
};
use domain::{alert::AlertKind, ids::DeviceId, policy::DeviceClass, text};
use leptos::prelude::*;

/// The word for a class.
pub const fn class_word(class: DeviceClass) -> &'static str {
    match class {
        DeviceClass::Workstation => "Workstation",
        DeviceClass::Server => "Server",
    }
}

/// Where a subject of runs and alerts has its page: ids are minted once for devices and accounts.
pub fn subject_href(id: DeviceId, is_account: bool) -> String {
    if is_account { format!("/accounts/{id}") } else { format!("/devices/{id}") }
}

/// Where the subject of an alert is looked after: consent is given again among the organization's features.
pub fn alert_href(line: &AlertLine) -> String {
    if line.kind == AlertKind::ConsentExpired {
        return format!("/organizations/{}/features", line.organization.0);
    }
    subject_href(line.device.0, line.is_account)
}

/// How full a quota is, in percent; none without a quota.
fn fullness(used: Option<i64>, quota: Option<i64>) -> Option<i64> {
    let (used, quota) = used.zip(quota)?;
    (quota > 0).then(|| (i128::from(used) * 100 / i128::from(quota)).try_into().unwrap_or(i64::MAX))
}

/// The score, of a device that is in a band.
fn score(now: RwSignal<DeviceBrief>) -> impl IntoView {
    let is_counted = Memo::new(move |_| now.with(DeviceBrief::is_counted));
    let (score, band) = (Signal::derive(move || now.with(|n| n.score)), Signal::derive(move || now.with(|n| n.band)));
    move || {
        if is_counted.get() {
            view! { <ScorePill score band/> }.into_any()
        } else {
            view! { <span class="faint" title="Paused and retired devices are in no band">"–"</span> }.into_any()
        }
    }
}

/// A row of the list.
#[component]
pub fn DeviceRow(
    /// The device.
    line: DeviceLine,
) -> impl IntoView {
    let now: RwSignal<DeviceBrief> = Live::get().watch_row(line.now);
    let used = move || now.with(|n| n.storage_used).or(line.storage_used);
    let quota = line.quota_bytes;
    let bars = line.bars.drawn();
    view! {
        <tr>
            <th scope="row" class="cell-name">
                <a class="row-link" href=format!("/devices/{}", line.id)>{line.name}</a>
                <span class="cell-aside">{class_word(line.class)}</span>
            </th>
            <td data-label="Client" class="cell-clip"><a class="quiet-link" href=format!("/organizations/{}", line.organization.0)>{line.organization.1}</a></td>
            <td data-label="Class">{class_word(line.class)}</td>
            <td data-label="Score">{score(now)}</td>
            <td data-label="State"><DoingBadge now/></td>
            <td data-label="Last backup"><TimeText at=Signal::derive(move || now.with(|n| n.last_usable_at)) none="never"/></td>
            <td data-label="Next due"><DueText due=Signal::derive(move || now.with(|n| Due::from(n)))/></td>
            <td data-label="Policy" class="cell-clip">{line.policy.1}</td>
            <td data-label="Storage" class="number" data-full=move || fullness(used(), quota).filter(|f| *f > 95).map(|_| "")>
                {move || storage(used(), quota)}
            </td>
            <td data-label="28 days" class="cell-bars"><DayBars bars/></td>
            <td data-label="Open alerts" class="number">{text::count(line.open_alerts)}</td>
            <td data-label="Tags">{line.tags.into_iter().map(|tag| view! { <Tag label=tag/> }).collect_view()}</td>
        </tr>
    }
}
