//! Alerts of a device: the open ones to be tended, and the history with how long each lasted.

use crate::{
    api::backup::{AlertLine, DeviceView},
    components::{Later, PageZone, Section, SeverityBadge, TableFrame, TimeText},
    pages::backup::alerts::{AlertTable, all_of},
};
use domain::text;
use leptos::prelude::*;

/// So many are shown at first.
const SHOWN: usize = 6;

/// The open ones.
#[component]
pub fn Open(
    /// The page's data.
    view: RwSignal<DeviceView>,
    /// Called after one was tended.
    changed: Callback<()>,
) -> impl IntoView {
    // The page is fetched again whenever a run ends: what is being written into a dialog of an alert stays, unless the alerts change.
    let open = Memo::new(move |_| view.with(|v| v.alerts.iter().filter(|a| a.resolved_at.is_none()).cloned().collect::<Vec<_>>()));
    move || {
        let lines = open.get();
        let at = view.with_untracked(|v| v.at);
        (!lines.is_empty())
            .then(|| view! { <Later><Section title="Open alerts"><AlertTable lines at changed of_device=true/></Section></Later> })
    }
}

/// What has resolved.
#[component]
pub fn History(
    /// The page's data.
    view: RwSignal<DeviceView>,
) -> impl IntoView {
    let resolved = Memo::new(move |_| view.with(|v| v.alerts.iter().filter(|a| a.resolved_at.is_some()).cloned().collect::<Vec<_>>()));
    let aside = all_of(view.with_untracked(|v| v.line.id));
    view! {
        <div id="alerts" class="anchor">
            <Section title="Alert history" aside>
                {move || {
                    let mut lines = resolved.get();
                    if lines.is_empty() {
                        return view! { <p class="faint">"No alert has resolved yet."</p> }.into_any();
                    }
                    let older = lines.split_off(lines.len().min(SHOWN));
                    let more = older.len();
                    view! {
                        {table(lines, view)}
                        {(more > 0).then(|| view! { <details class="older"><summary>{format!("{more} older")}</summary>{table(older, view)}</details> })}
                    }
                    .into_any()
                }}
            </Section>
        </div>
    }
}

fn table(lines: Vec<AlertLine>, view: RwSignal<DeviceView>) -> AnyView {
    view! {
        <TableFrame label="Alert history" cards=true>
            <thead>
                <tr>
                    <th scope="col">"What"</th>
                    <th scope="col">"Severity"</th>
                    <th scope="col">"Opened"</th>
                    <th scope="col" class="number">"Lasted"</th>
                    <th scope="col">"Why"</th>
                </tr>
            </thead>
            <tbody>{lines.into_iter().map(|line| row(line, view)).collect_view()}</tbody>
        </TableFrame>
    }
    .into_any()
}

fn row(line: AlertLine, view: RwSignal<DeviceView>) -> AnyView {
    let kind = text::kind_label(line.kind);
    let lasted = line.resolved_at.map(|end| text::span(end - line.opened_at));
    let opened = line.opened_at;
    // As it was when it ended, not as old as it is today.
    let ended = line.resolved_at.unwrap_or_else(|| view.with_untracked(|v| v.at));
    let why = PageZone::here().with(|local| line.why_in(local, ended));
    view! {
        <tr>
            <th scope="row" class="cell-name">{match line.run {
                Some(run) => view! { <a class="row-link" href=format!("/runs/{run}")>{kind}</a> }.into_any(),
                None => kind.into_any(),
            }}</th>
            <td data-label="Severity"><SeverityBadge severity=line.severity/></td>
            <td data-label="Opened"><TimeText at=opened/></td>
            <td data-label="Lasted" class="number">{lasted}</td>
            <td data-label="Why" class="cell-words">{why}</td>
        </tr>
    }
    .into_any()
}
