//! The list of alerts: what is wrong, why, and what to do.

use super::{Console, tend::TendAlert};
use crate::{
    api::backup::{AlertLine, AlertsQuery, AlertsView, load_alerts},
    components::{Empty, Page, Pager, SeverityBadge, Tab, TableFrame, Tabs, TimeText, loaded, query_with},
    live::{Live, use_now},
    me,
};
use domain::{access::Action, alert::AlertKind, text};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};

/// The page.
#[component]
pub fn Alerts() -> impl IntoView {
    let query = use_query_map();
    let data = Resource::new(
        move || {
            let query = query.read();
            let text = |key| query.get(key).unwrap_or_default();
            AlertsQuery { state: text("state"), kind: text("kind"), organization: text("organization"), cursor: text("cursor") }
        },
        load_alerts,
    );
    view! {
        <Page title="Alerts">
            <Console/>
            <Tabs label="Which alerts" tabs=vec![Tab::new("/backups/alerts", "Open"), Tab::new("/backups/alerts?state=resolved", "Resolved")]/>
            {loaded(data, move |view| view! { <List view data/> }.into_any())}
        </Page>
    }
}

#[component]
fn List(view: AlertsView, data: Resource<Result<AlertsView, crate::UiError>>) -> impl IntoView {
    let AlertsView { lines, next_cursor, organizations, at } = view;
    let query = use_query_map();
    let navigate = use_navigate();
    let go = Callback::new(move |(key, value): (&'static str, String)| {
        let target = query_with(&query.read_untracked(), &[(key, Some(&value))]);
        navigate(&format!("/backups/alerts{target}"), NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() });
    });
    // An alert was opened or resolved somewhere: the count of the scope says so.
    let live = Live::get();
    let count = Memo::new(move |_| live.counts.get().map(|c| c.open_alerts));
    Effect::new(move |before: Option<Option<i64>>| {
        let now = count.get();
        if before.flatten().is_some_and(|b| Some(b) != now) {
            data.refetch();
        }
        now
    });
    let is = move |key: &'static str, value: &str| query.read_untracked().get(key).unwrap_or_default() == value;
    let is_resolved = is("state", "resolved");
    let is_narrowed = !is("kind", "") || !is("organization", "");
    let shown = lines.len();
    let changed = Callback::new(move |()| data.refetch());
    view! {
        <div class="filters">
            <label>
                <span class="hidden-words">"Kind"</span>
                <select class="input" on:change=move |event| go.run(("kind", event_target_value(&event)))>
                    <option value="">"All kinds"</option>
                    {AlertKind::ALL
                        .iter()
                        .map(|kind| view! { <option value=kind.as_str() selected=is("kind", kind.as_str())>{text::kind_label(*kind)}</option> })
                        .collect_view()}
                </select>
            </label>
            <label>
                <span class="hidden-words">"Client"</span>
                <select class="input" on:change=move |event| go.run(("organization", event_target_value(&event)))>
                    <option value="">"All clients"</option>
                    {organizations
                        .into_iter()
                        .map(|(id, name)| {
                            let selected = is("organization", &id);
                            view! { <option value=id selected=selected>{name}</option> }
                        })
                        .collect_view()}
                </select>
            </label>
        </div>
        {if shown == 0 {
            let title = if is_resolved { "No resolved alerts" } else { "Nothing is wrong" };
            view! {
                <Empty title=title>
                    {if is_narrowed {
                        view! { <p>"None of this kind and client. "<a href="/backups/alerts">"Show all open alerts"</a></p> }.into_any()
                    } else if is_resolved {
                        view! { <p>"An alert resolves by itself when its cause is gone. It is then listed here."</p> }.into_any()
                    } else {
                        view! { <p>"No alert is open. When a backup fails, is late, or a restore test fails, it is listed here by itself."</p> }.into_any()
                    }}
                </Empty>
            }
            .into_any()
        } else {
            view! {
                <AlertTable lines at changed/>
                <Pager next_cursor shown noun="alert"/>
            }
            .into_any()
        }}
    }
}

/// Alerts with why and what to do; `of_device` leaves out whose they are.
#[component]
pub fn AlertTable(
    /// The alerts.
    lines: Vec<AlertLine>,
    /// The server's time when they were read.
    at: domain::time::Time,
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

fn row(line: AlertLine, at: domain::time::Time, of_device: bool, may_tend: bool, changed: Callback<()>) -> AnyView {
    let now = use_now();
    let is_open = line.resolved_at.is_none();
    let kind = text::kind_label(line.kind);
    let why_line = line.clone();
    let target = match line.run {
        Some(run) => format!("/runs/{run}"),
        None => format!("/devices/{}", line.device.0),
    };
    view! {
        <tr data-resolved=(!is_open).then_some("")>
            <td data-label="Severity"><SeverityBadge severity=line.severity/></td>
            <th scope="row" class="cell-name"><a class="row-link" href=target>{kind}</a></th>
            {(!of_device).then(|| view! {
                <td data-label="Device">
                    <a class="quiet-link" href=format!("/devices/{}", line.device.0)>{line.device.1.clone()}</a>
                    <span class="cell-sub">{line.organization.1.clone()}</span>
                </td>
            })}
            <td data-label="Since"><TimeText at=line.opened_at/></td>
            <td data-label="Why" class="cell-words">
                <p>{move || why_line.why(now.get().unwrap_or(at))}</p>
                {line.message.clone().map(|said| view! { <p class="said">{said}</p> })}
                {(!line.failed_items.is_empty()).then(|| view! { <p class="faint">"Files: "{line.failed_items.join(", ")}</p> })}
                {is_open.then(|| view! { <p class="faint">{text::recommended_action(line.kind)}</p> })}
            </td>
            <td data-label="State" class="cell-state">
                {match (line.resolved_at, &line.acknowledged) {
                    (Some(time), _) => view! { <span>"Resolved "<TimeText at=time/></span> }.into_any(),
                    (None, Some((time, who))) => view! { <span>"Seen by "{who.clone()}", "<TimeText at=*time/></span> }.into_any(),
                    (None, None) => ().into_any(),
                }}
                {line.snoozed_until.filter(|_| is_open).map(|until| view! { <span>"Quiet until "<TimeText at=until exact=true/></span> })}
                {line.muted.then(|| view! { <span class="faint">"Recorded, not alerted"</span> })}
                {(is_open && may_tend).then(|| view! { <TendAlert line=line.clone() changed/> })}
            </td>
        </tr>
    }
    .into_any()
}
