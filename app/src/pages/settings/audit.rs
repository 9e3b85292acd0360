//! The audit log: who, what, when, and whether the chain is whole.

use super::Settings;
use crate::{
    api::settings::audit::{AuditLine, AuditView, VerifyAudit, list_audit},
    components::{Button, Empty, Page, Pager, TableFrame, TimeText, icon, icon::Icon, loaded},
    pages::start::form::{Faults, FormFault},
    wire,
};
use domain::text;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The page.
#[component]
pub fn Audit() -> impl IntoView {
    let query = use_query_map();
    let cursor = Memo::new(move |_| query.with(|q| q.get("cursor")));
    let view = wire::resource_blocking(move || cursor.get(), list_audit);
    let lead = view! { <p>"Every change and every sign-in. Each entry holds the hash of the one before: nothing can be changed or taken out unseen."</p> };
    view! {
        <Page title="Audit log" lead=lead.into_any()>
            <Settings here="/settings/audit">
                {loaded(view, |view: AuditView| view! { <List view/> }.into_any())}
            </Settings>
        </Page>
    }
}

#[component]
fn List(view: AuditView) -> impl IntoView {
    if view.rows.is_empty() {
        return view! { <Empty title="Nothing yet"><p>"Changes and sign-ins will stand here."</p></Empty> }.into_any();
    }
    let (shown, next_cursor) = (view.rows.len(), view.next_cursor);
    view! {
        {view.may_verify.then(|| view! { <Chain/> })}
        <TableFrame label="Audit log" cards=true>
            <thead>
                <tr>
                    <th scope="col" class="number">"No."</th>
                    <th scope="col">"When"</th>
                    <th scope="col">"Who"</th>
                    <th scope="col">"What"</th>
                    <th scope="col">"About"</th>
                    <th scope="col">"Set"</th>
                    <th scope="col">"Hash"</th>
                </tr>
            </thead>
            <tbody>{view.rows.into_iter().map(|line| view! { <Row line/> }).collect_view()}</tbody>
        </TableFrame>
        <Pager next_cursor shown noun="record"/>
    }
    .into_any()
}

#[component]
fn Chain() -> impl IntoView {
    let action = ServerAction::<VerifyAudit>::new();
    let faults = Faults::of(action);
    view! {
        <ActionForm action attr:class="chain">
            <FormFault faults/>
            <Button submit=true busy=action.pending()>"Verify the chain"</Button>
            <span role="status">
                {move || action.value().get().and_then(Result::ok).map(|state| match state.broken_at {
                    None => view! {
                        <span class="badge" data-state="healthy"><Icon shape=icon::HEALTHY/><span>"Whole, from the first entry to the last"</span></span>
                    }
                    .into_any(),
                    Some(at) => view! {
                        <span class="badge" data-state="critical"><Icon shape=icon::CRITICAL/><span>{format!("Broken: entry {} doesn't fit. It, or one before it, was changed outside of the portal.", text::count(at))}</span></span>
                    }
                    .into_any(),
                })}
            </span>
        </ActionForm>
    }
}

#[component]
fn Row(line: AuditLine) -> impl IntoView {
    let about = match line.link {
        Some(href) => view! { <a href=href>{line.subject}</a> }.into_any(),
        None => line.subject.into_any(),
    };
    view! {
        <tr>
            <td data-label="No." class="number audit-proof">{text::count(line.seq)}</td>
            <td data-label="When"><TimeText at=Some(line.at)/></td>
            <td data-label="Who">{line.who}</td>
            <td data-label="What">{line.what}</td>
            <td data-label="About">{about}</td>
            <td data-label="Set" class="audit-set">
                {if line.detail.is_empty() {
                    view! { <span class="faint">"–"</span> }.into_any()
                } else {
                    view! {
                        <ul class="audit-pairs">
                            {line.detail.into_iter().map(|(name, value)| view! { <li><span class="faint">{name}": "</span>{value}</li> }).collect_view()}
                        </ul>
                    }
                    .into_any()
                }}
            </td>
            <td data-label="Hash" class="audit-proof"><code class="faint">{line.hash}</code></td>
        </tr>
    }
}
