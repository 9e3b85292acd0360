//! Devices of an organization, moving with the live stream.

use crate::{
    api::organizations::DeviceLine,
    components::{ButtonKind, Empty, LifeBadge, LinkButton, RunBadge, ScorePill, TableFrame, TimeText},
    live::Live,
};
use domain::{
    ids::OrganizationId,
    policy::{DeviceClass, DeviceLife},
    run::RunState,
};
use leptos::prelude::*;

/// A row a device, worst first.
#[component]
pub fn DevicesTable(
    /// The rows.
    devices: Vec<DeviceLine>,
) -> impl IntoView {
    view! {
        <TableFrame label="Devices" cards=true>
            <thead>
                <tr>
                    <th scope="col">"Device"</th>
                    <th scope="col">"Score"</th>
                    <th scope="col">"Now"</th>
                    <th scope="col">"Last backup"</th>
                    <th scope="col">"Next due"</th>
                    <th scope="col">"Policy"</th>
                    <th scope="col" class="number">"Open alerts"</th>
                </tr>
            </thead>
            <tbody>{devices.into_iter().map(|line| view! { <Row line/> }).collect_view()}</tbody>
        </TableFrame>
    }
}

#[component]
fn Row(line: DeviceLine) -> impl IntoView {
    let address = format!("/devices/{}", line.now.device);
    let now = Live::get().watch(line.now);
    let life = line.life;
    let class = match line.class {
        DeviceClass::Workstation => "Workstation",
        DeviceClass::Server => "Server",
    };
    let work = Memo::new(move |_| {
        now.with(|n| match (n.retrying, n.running, n.last_usable_at) {
            (1.., ..) => Some(RunState::Retrying),
            (_, 1.., _) => Some(RunState::Running),
            _ => None,
        })
    });
    view! {
        <tr>
            <th scope="row" class="cell-name" data-label="Device"><a class="row-link" href=address>{line.name}</a><span class="cell-sub">{class}</span></th>
            <td data-label="Score"><ScorePill score=Signal::derive(move || now.with(|n| n.score)) band=Signal::derive(move || now.with(|n| n.band))/></td>
            <td data-label="Now">
                {move || match work.get() {
                    Some(state) => view! { <RunBadge state/> }.into_any(),
                    None if life == DeviceLife::Active => view! { <span class="faint">"–"</span> }.into_any(),
                    None if life == DeviceLife::Pending && now.with(|n| n.last_usable_at.is_some()) => view! { <span class="faint">"–"</span> }.into_any(),
                    None => view! { <LifeBadge life/> }.into_any(),
                }}
            </td>
            <td data-label="Last backup"><TimeText at=Signal::derive(move || now.with(|n| n.last_usable_at)) none="never"/></td>
            <td data-label="Next due"><TimeText at=Signal::derive(move || now.with(|n| n.due_at))/></td>
            <td data-label="Policy">{line.policy}</td>
            <td data-label="Open alerts" class="number">{line.open_alerts}</td>
        </tr>
    }
}

/// An organization without devices.
#[component]
pub fn NoDevices(
    /// Which organization.
    id: OrganizationId,
    /// Devices can be added.
    may_add: bool,
) -> impl IntoView {
    view! {
        <Empty title="No devices yet">
            <p>"Add a machine whose backups you want to watch, and connect it with one line."</p>
            {may_add.then(|| view! { <LinkButton href=format!("/devices/new?organization={id}") kind=ButtonKind::Primary>"Add a device"</LinkButton> })}
        </Empty>
    }
}
