//! The list of policies.

use super::SettingsTabs;
use crate::{
    api::settings::policies::{PoliciesView, PolicyLine, list_policies},
    components::{ButtonKind, Empty, LinkButton, Page, TableFrame, icon, icon::Icon, loaded},
    me::may,
};
use domain::access::Action;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Policies() -> impl IntoView {
    let view = Resource::new_blocking(|| (), |()| list_policies());
    let actions = may(Action::ManageDevices)
        .then(|| view! { <LinkButton href="/settings/policies/new" kind=ButtonKind::Primary>"Make a policy"</LinkButton> });
    let lead = view! { <p>"When backups should run, and how late is too late. A device follows one policy."</p> };
    view! {
        <Page title="Policies" lead=lead.into_any() actions=actions.into_any()>
            <SettingsTabs here="/settings/policies"/>
            {loaded(view, |view: PoliciesView| {
                if view.rows.is_empty() {
                    view! { <Empty title="No policies here"><p>"Policies belong to the partner; there are none that you can see."</p></Empty> }.into_any()
                } else {
                    view! {
                        <TableFrame label="Policies" cards=true>
                            <thead>
                                <tr>
                                    <th scope="col">"Policy"</th>
                                    <th scope="col">"Schedule"</th>
                                    <th scope="col">"Grace"</th>
                                    <th scope="col">"Restore tests"</th>
                                    <th scope="col">"To know"</th>
                                </tr>
                            </thead>
                            <tbody>{view.rows.into_iter().map(|line| view! { <Row line/> }).collect_view()}</tbody>
                        </TableFrame>
                    }
                    .into_any()
                }
            })}
        </Page>
    }
}

#[component]
fn Row(line: PolicyLine) -> impl IntoView {
    view! {
        <tr>
            <th scope="row" class="cell-name" data-label="Policy">
                <a class="row-link" href=format!("/settings/policies/{}", line.id)>{line.name}</a>
                {line.is_default.then(|| view! { " " <span class="tag">"Default"</span> })}
            </th>
            <td data-label="Schedule">{line.schedule}</td>
            <td data-label="Grace">{line.grace}</td>
            <td data-label="Restore tests">{line.restore_tests.unwrap_or_else(|| "not asked for".to_owned())}</td>
            <td data-label="To know" class="cell-state">
                {match line.warning {
                    Some(warning) => view! {
                        <span class="badge" data-state="warning" title=warning.clone()><Icon shape=icon::WARNING/><span>"More than 12 h apart"</span></span>
                        <span class="hidden-words">{warning}</span>
                    }
                    .into_any(),
                    None => view! { <span class="faint">"–"</span> }.into_any(),
                }}
            </td>
        </tr>
    }
}
