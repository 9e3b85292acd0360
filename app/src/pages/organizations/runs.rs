//! The latest runs of an organization, in brief; the whole log has a tab of its own.

use crate::{
    api::backup::LogLine,
    components::{RunBadge, TableFrame, TimeText},
};
use domain::{run::RunState, text};
use leptos::prelude::*;

/// A row a run, latest first.
#[component]
pub fn RunsTable(
    /// The rows.
    runs: Vec<LogLine>,
) -> impl IntoView {
    view! {
        <TableFrame label="Latest runs" cards=true>
            <thead>
                <tr>
                    <th scope="col">"Device"</th>
                    <th scope="col">"State"</th>
                    <th scope="col">"Job"</th>
                    <th scope="col">"Started"</th>
                    <th scope="col">"Took"</th>
                    <th scope="col">"Said"</th>
                </tr>
            </thead>
            <tbody>{runs.into_iter().map(row).collect_view()}</tbody>
        </TableFrame>
    }
}

fn row(run: LogLine) -> AnyView {
    let took = run.ended_at.filter(|_| run.state != RunState::Missed).map(|ended| text::span(ended - run.started_at)).unwrap_or_default();
    let detail = run.percent.filter(|_| run.state.is_open()).map(|p| format!("{p} %")).unwrap_or_default();
    view! {
        <tr>
            <th scope="row" class="cell-name" data-label="Device"><a class="row-link" href=format!("/runs/{}", run.id)>{run.device.1}</a></th>
            <td data-label="State"><RunBadge state=run.state detail/></td>
            <td data-label="Job">{run.job}</td>
            <td data-label="Started"><TimeText at=Some(run.started_at)/></td>
            <td data-label="Took">{took}</td>
            <td data-label="Said" class="cell-words">{run.message.unwrap_or_default()}</td>
        </tr>
    }
    .into_any()
}
