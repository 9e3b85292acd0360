//! Alerts on a device's own page: short, with what was done about each.

use super::remedy::brief;
use crate::{
    api::backup::AlertLine,
    components::{PageZone, SeverityBadge, TableFrame, TimeText, icon, icon::Icon},
    live::use_now,
    me,
    pages::backup::{row::alert_href, tend::TendAlert},
};
use domain::{access::Action, text, time::Time};
use leptos::prelude::*;

/// Alerts with why and what to do; `of_device` leaves out whose they are.
#[component]
pub fn AlertTable(
    /// The alerts.
    lines: Vec<AlertLine>,
    /// The server's time when they were read.
    at: Time,
    /// Called after one was tended.
    changed: Callback<()>,
    /// On the device's own page.
    #[prop(optional)]
    of_device: bool,
) -> impl IntoView {
    let may_tend = me::may(Action::TendAlerts);
    view! {
        <TableFrame label="Alerts" cards=true>
            <thead>
                <tr>
                    <th scope="col">"Severity"</th>
                    <th scope="col">"What"</th>
                    {(!of_device).then(|| view! { <th scope="col">"Device"</th> })}
                    <th scope="col">"Since"</th>
                    <th scope="col">"Why, and what to do"</th>
                    <th scope="col">"State"</th>
                </tr>
            </thead>
            <tbody>{lines.into_iter().map(|line| row(line, at, of_device, may_tend, changed)).collect_view()}</tbody>
        </TableFrame>
    }
}

/// Until when an alert is quiet; none once that is over, as soon as the time is known.
pub fn quiet(line: &AlertLine) -> Option<Time> {
    let until = line.snoozed_until.filter(|_| line.resolved_at.is_none())?;
    use_now().get().is_none_or(|now| until > now).then_some(until)
}

/// What was done about an alert, or became of it.
pub fn tended(line: &AlertLine) -> AnyView {
    let is_open = line.resolved_at.is_none();
    let reopened = line.reopened;
    view! {
        {match (line.resolved_at, &line.acknowledged) {
            (Some(time), _) => view! { <span>"Resolved "<TimeText at=time/></span> }.into_any(),
            (None, Some((time, who))) => view! { <span>"Seen by "{who.clone()}", "<TimeText at=*time/></span> }.into_any(),
            (None, None) => ().into_any(),
        }}
        {quiet(line).map(|until| view! { <span>"Quiet, ends "<TimeText at=until/></span> })}
        {line.flapping_since.filter(|_| is_open).map(|_| view! { <span class="badge" data-state="warning"><Icon shape=icon::RETRYING/><span>"Flapping"</span></span> })}
        {line.incident.map(|incident| view! { <a class="quiet-link" href=format!("/incidents/{incident}")>"Part of an incident"</a> })}
        {line.muted.then(|| view! { <span class="faint">"Recorded, not alerted"</span> })}
        {(reopened > 0).then(|| view! { <span class="faint">{if reopened == 1 { "Came back once".to_owned() } else { format!("Came back {reopened} times") }}</span> })}
    }
    .into_any()
}

fn row(line: AlertLine, at: Time, of_device: bool, may_tend: bool, changed: Callback<()>) -> AnyView {
    let now = use_now();
    let is_open = line.resolved_at.is_none();
    let (why_line, done_line) = (line.clone(), line.clone());
    let zone = PageZone::here();
    let why = move |at| zone.with(|local| why_line.why_in(local, at));
    view! {
        <tr data-resolved=(!is_open).then_some("")>
            <td data-label="Severity"><SeverityBadge severity=line.severity/></td>
            <th scope="row" class="cell-name"><a class="row-link" href=format!("/alerts/{}", line.id)>{text::kind_label(line.kind)}</a></th>
            {(!of_device).then(|| view! {
                <td data-label="Device">
                    <a class="quiet-link" href=alert_href(&line)>{line.device.1.clone()}</a>
                    <span class="cell-sub">{line.organization.1.clone()}</span>
                </td>
            })}
            <td data-label="Since"><TimeText at=line.opened_at/></td>
            <td data-label="Why" class="cell-words">
                <p>{move || why(now.get().unwrap_or(at))}</p>
                {line.message.clone().map(|said| view! { <p class="said">{said}</p> })}
                {(!line.failed_items.is_empty()).then(|| view! { <p class="faint">"Files: "{line.failed_items.join(", ")}</p> })}
                {is_open.then(|| brief(&line.remedy))}
            </td>
            <td data-label="State" class="cell-state">
                {move || tended(&done_line)}
                {(is_open && may_tend).then(|| view! { <TendAlert line=line.clone() at changed/> })}
            </td>
        </tr>
    }
    .into_any()
}
