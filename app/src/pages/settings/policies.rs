//! The list of policies.

use super::Settings;
use crate::{
    api::settings::policies::{PoliciesView, PolicyLine, list_policies},
    components::{ButtonKind, Empty, LinkButton, Page, TableFrame, icon, icon::Icon, loaded},
    me::may,
    wire,
};
use domain::access::Action;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Policies() -> impl IntoView {
    let view = wire::resource_blocking(|| (), |()| list_policies());
    let actions = may(Action::ManageDevices)
        .then(|| view! { <LinkButton href="/settings/policies/new" kind=ButtonKind::Primary>"Make a policy"</LinkButton> });
    let lead = view! { <p>"When backups should run, and how late is too late. A device follows one policy."</p> };
    view! {
        <Page title="Policies" lead=lead.into_any() actions=actions.into_any()>
            <Settings here="/settings/policies">
                {loaded(view, |view: PoliciesView| {
                    if view.rows.is_empty() {
                        view! { <Empty title="No policies here"><p>"Policies belong to the partner; there are none that you can see."</p></Empty> }.into_any()
                    } else {
                        view! { <List view/> }.into_any()
                    }
                })}
            </Settings>
        </Page>
    }
}

#[component]
fn List(view: PoliciesView) -> impl IntoView {
    let may_manage = view.may_manage;
    view! {
        <TableFrame label="Policies" cards=true>
            <thead>
                <tr>
                    <th scope="col">"Policy"</th>
                    <th scope="col">"Schedule"</th>
                    <th scope="col">"Grace"</th>
                    <th scope="col">"Restore tests"</th>
                    <th scope="col">"Followed by"</th>
                    {may_manage.then(|| view! { <th scope="col"><span class="hidden-words">"Actions"</span></th> })}
                </tr>
            </thead>
            <tbody>{view.rows.into_iter().map(|line| view! { <Row line may_manage/> }).collect_view()}</tbody>
        </TableFrame>
    }
}

#[component]
fn Row(line: PolicyLine, may_manage: bool) -> impl IntoView {
    let copy = format!("/settings/policies/new?copy={}", line.id);
    view! {
        <tr>
            <th scope="row" class="cell-name" data-label="Policy">
                <a class="row-link" href=format!("/settings/policies/{}", line.id)>{line.name.clone()}</a>
                {line.is_default.then(|| view! { " " <span class="tag">"Default"</span> })}
                {(!line.partner.is_empty()).then(|| view! { <span class="cell-sub">{line.partner}</span> })}
                {(!line.warnings.is_empty()).then(|| view! {
                    <span class="cell-sub policy-unkept">
                        <span class="badge" data-state="warning"><Icon shape=icon::WARNING/><span>"Service level out of reach"</span></span>
                        {line.warnings.into_iter().map(|words| view! { <span class="policy-unkept-words">{words}</span> }).collect_view()}
                    </span>
                })}
            </th>
            <td data-label="Schedule">{line.schedule}</td>
            <td data-label="Grace">{line.grace}</td>
            <td data-label="Restore tests">{line.restore_tests.unwrap_or_else(|| "not asked for".to_owned())}</td>
            <td data-label="Followed by">
                {if line.devices.1 {
                    view! { <a href=format!("/backups/devices?policy={}", line.id)>{line.devices.0}</a> }.into_any()
                } else {
                    view! { <span class="faint">{line.devices.0}</span> }.into_any()
                }}
            </td>
            {may_manage.then(|| view! {
                <td data-label=""><div class="row-actions"><a class="button button-quiet" href=copy aria-label=format!("Duplicate {}", line.name)>"Duplicate"</a></div></td>
            })}
        </tr>
    }
}
