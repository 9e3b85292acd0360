//! An incident as one row of the list of alerts: its members are folded into it.

use super::remedy::coded;
use crate::{
    api::backup::IncidentLine,
    components::{CsvRow, SeverityBadge, TimeText},
};
use domain::{ids::IncidentId, text};
use leptos::prelude::*;

/// An incident on the page.
#[derive(Clone, Debug)]
pub struct IncidentRow {
    /// Which incident.
    pub id: IncidentId,
    /// As it is now.
    pub line: ArcRwSignal<IncidentLine>,
    /// It came while the page was open.
    pub is_new: bool,
}

impl IncidentRow {
    /// Of a line.
    pub fn of(line: IncidentLine, is_new: bool) -> Self {
        Self { id: line.id, line: ArcRwSignal::new(line), is_new }
    }
}

/// Names of some members: "fs-01, db-02 and 12 more alerts".
pub fn names(line: &IncidentLine) -> String {
    let more = line.open_members.max(line.members.min(1)) - i64::try_from(line.names.len()).unwrap_or(0);
    let more = if more > 0 { format!(" and {} more", text::count(more)) } else { String::new() };
    line.names.join(", ") + &more
}

/// The row in a file.
pub fn csv_row(line: &IncidentLine) -> CsvRow {
    let whose = line.organization.as_ref().map(|(_, name)| format!(" ({name})")).unwrap_or_default();
    let done = match (line.resolved_at, line.untended) {
        (Some(at), _) => format!("resolved {}", text::rfc3339(at)),
        (None, 0) => "somebody is on it".to_owned(),
        (None, n) => format!("nobody on {n}"),
    };
    vec![
        ("type", "Incident".to_owned()),
        ("severity", line.severity.as_str().to_owned()),
        ("device", line.counted() + &whose),
        ("since", text::rfc3339(line.opened_at)),
        ("why", format!("One cause: {}. {}", line.cause, names(line))),
        ("do", [line.told.as_deref().unwrap_or_default(), &line.advice].join(" ").trim().to_owned()),
        ("done", done),
    ]
}

/// The row; as many cells as the list has columns.
#[component]
pub fn IncidentAsRow(
    /// The incident.
    row: IncidentRow,
    /// Alerts may be tended: then the list has a column to choose them, and one for what can be done.
    may_tend: bool,
) -> impl IntoView {
    let IncidentRow { id, line, is_new } = row;
    let seen = line.get_untracked();
    let line = RwSignal::from(line);
    let is_open = move || line.with(|l| l.open_members > 0);
    view! {
        <tr class="incident-row" data-resolved=move || (!is_open()).then_some("") data-new=is_new.then_some("")>
            {may_tend.then(|| view! { <td class="cell-check"></td> })}
            <th scope="row" class="cell-name"><a class="row-link" href=format!("/incidents/{id}")>"Incident"</a></th>
            <td data-label="Severity"><SeverityBadge severity=Signal::derive(move || line.with(|l| l.severity))/></td>
            <td data-label="Device" class="cell-subject">
                <span>{move || line.with(|l| l.counted())}</span>
                {seen.organization.map(|(id, name)| view! { <a class="cell-sub quiet-link" href=format!("/organizations/{id}")>{name}</a> })}
            </td>
            <td data-label="Since"><TimeText at=seen.opened_at/></td>
            <td data-label="Why" class="cell-words">
                <p>"One cause: "<strong>{move || line.with(|l| l.cause.clone())}</strong></p>
                <p class="faint">{move || line.with(names)}</p>
            </td>
            <td data-label="Recommended action" class="cell-words">
                {move || line.with(|l| l.told.as_deref().map(|told| view! { <p class="remedy-cause">{coded(told)}</p> }))}
                <p class="remedy-do">{move || line.with(|l| coded(&l.advice))}</p>
            </td>
            <td data-label="Done" class="cell-state">
                {move || line.with(|l| match (l.resolved_at, l.untended) {
                    (Some(at), _) => view! { <span>"Resolved "<TimeText at=at/></span> }.into_any(),
                    (None, 0) => view! { <span>"Somebody is on it"</span> }.into_any(),
                    (None, n) => view! { <span class="faint">{format!("Nobody on {}", text::count(n))}</span> }.into_any(),
                })}
            </td>
            {may_tend.then(|| view! { <td class="cell-more"></td> })}
        </tr>
    }
}
