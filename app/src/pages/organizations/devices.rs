//! A few devices of an organization by name, moving with the stream; all of them have a tab of their own.

use crate::{
    api::backup::DeviceLine,
    components::{ButtonKind, DayBars, Empty, LinkButton, ScorePill, TableFrame, TimeText},
    live::Live,
    pages::backup::{
        due::{Due, DueText},
        row::class_word,
        state::DoingBadge,
    },
};
use domain::ids::OrganizationId;
use leptos::prelude::*;

/// A row a device, worst first.
#[component]
pub fn DevicesTable(
    /// The rows.
    devices: Vec<DeviceLine>,
) -> impl IntoView {
    view! {
        <TableFrame label="Devices with the lowest scores" cards=true>
            <thead>
                <tr>
                    <th scope="col">"Device"</th>
                    <th scope="col">"Score"</th>
                    <th scope="col">"State"</th>
                    <th scope="col">"Last backup"</th>
                    <th scope="col">"Next due"</th>
                    <th scope="col">"28 days"</th>
                </tr>
            </thead>
            <tbody>{devices.into_iter().map(|line| view! { <Row line/> }).collect_view()}</tbody>
        </TableFrame>
    }
}

#[component]
fn Row(line: DeviceLine) -> impl IntoView {
    let bars = line.bars.drawn();
    let now = Live::get().watch_row(line.now);
    view! {
        <tr>
            <th scope="row" class="cell-name" data-label="Device">
                <a class="row-link" href=format!("/devices/{}", line.id)>{line.name}</a>
                <span class="cell-aside">{class_word(line.class)}</span>
            </th>
            <td data-label="Score"><ScorePill score=Signal::derive(move || now.with(|n| n.score)) band=Signal::derive(move || now.with(|n| n.band))/></td>
            <td data-label="State"><DoingBadge now/></td>
            <td data-label="Last backup"><TimeText at=Signal::derive(move || now.with(|n| n.last_usable_at)) none="never"/></td>
            <td data-label="Next due"><DueText due=Signal::derive(move || now.with(|n| Due::from(n)))/></td>
            <td data-label="28 days" class="cell-bars"><DayBars bars/></td>
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
