//! Reports that are kept: each with the document it was made for.

use crate::{
    api::backup::compliance::ReportLine,
    components::{Section, TableFrame, TimeText, icon, icon::Icon},
};
use leptos::prelude::*;

/// The list; nothing while there is none.
#[component]
pub(super) fn Reports(reports: Vec<ReportLine>, of_organization: bool) -> impl IntoView {
    (!reports.is_empty()).then(|| view! {
        <div id="reports">
            <Section title="Reports made">
                <TableFrame label="Reports made" cards=true>
                    <thead>
                        <tr>
                            <th scope="col">"Period"</th>
                            {(!of_organization).then(|| view! { <th scope="col">"About"</th> })}
                            <th scope="col">"Made"</th>
                            <th scope="col">"By"</th>
                            <th scope="col">"Inputs (SHA-256)"</th>
                            <th scope="col"><span class="hidden-words">"Download"</span></th>
                        </tr>
                    </thead>
                    <tbody>
                        {reports.into_iter().map(|line| {
                            let label = format!("Download the report on {}, {}", line.about, line.words);
                            view! {
                                <tr>
                                    <th scope="row" class="cell-name" data-label="Period">{line.words}</th>
                                    {(!of_organization).then(|| view! { <td data-label="About">{line.about}</td> })}
                                    <td data-label="Made"><TimeText at=Some(line.made_at)/></td>
                                    <td data-label="By">{line.made_by}</td>
                                    <td data-label="Inputs"><code>{line.hash}"…"</code></td>
                                    <td data-label=""><a class="button button-quiet" href=format!("/reports/{}.pdf", line.id) rel="external" aria-label=label><Icon shape=icon::DOWNLOAD/>"PDF"</a></td>
                                </tr>
                            }
                        }).collect_view()}
                    </tbody>
                </TableFrame>
            </Section>
        </div>
    })
}
