//! The delivery log: each copy, where it stands, and what the other side said.

use super::Acts;
use crate::{
    api::organizations::reports::MailLine,
    components::{Button, MailBadge, Section, TableFrame, TimeText},
    pages::start::form::{Faults, FormFault},
};
use domain::mail::MailKind;
use leptos::prelude::*;

#[component]
pub(super) fn Log(log: Vec<MailLine>, may_edit: bool, acts: Acts) -> impl IntoView {
    let faults = Faults::of(acts.again);
    if log.is_empty() {
        return view! { <Section title="Delivery log"><p>"Nothing has been mailed yet."</p></Section> }.into_any();
    }
    view! {
        <Section title="Delivery log">
            <FormFault faults/>
            <TableFrame label="Delivery log" cards=true>
                <thead>
                    <tr>
                        <th scope="col">"To"</th>
                        <th scope="col">"What"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"Queued"</th>
                        <th scope="col">"The mail server said"</th>
                        {may_edit.then(|| view! { <th scope="col"><span class="hidden-words">"Actions"</span></th> })}
                    </tr>
                </thead>
                <tbody>{log.into_iter().map(|line| view! { <Row line may_edit acts/> }).collect_view()}</tbody>
            </TableFrame>
        </Section>
    }
    .into_any()
}

#[component]
fn Row(line: MailLine, may_edit: bool, acts: Acts) -> impl IntoView {
    let since = match (line.next_at, line.ended_at) {
        (Some(at), _) => view! { <span class="cell-sub">"tried again "<TimeText at=Some(at)/></span> }.into_any(),
        (None, Some(at)) => view! { <span class="cell-sub"><TimeText at=Some(at)/></span> }.into_any(),
        (None, None) => ().into_any(),
    };
    let again = (may_edit && line.state.may_send_again() && line.kind != MailKind::Test).then(|| {
        view! {
            <ActionForm action=acts.again>
                <input type="hidden" name="id" value=line.id.to_string()/>
                <Button submit=true busy=acts.again.pending()>"Send again"</Button>
            </ActionForm>
        }
    });
    view! {
        <tr>
            <th scope="row" class="cell-name" data-label="To">{line.recipient}</th>
            <td data-label="What">{line.subject}</td>
            <td data-label="State"><MailBadge state=line.state/>{since}</td>
            <td data-label="Queued"><TimeText at=Some(line.made_at)/></td>
            <td data-label="The mail server said" class="report-said">{line.said}</td>
            {may_edit.then(|| view! { <td data-label="">{again}</td> })}
        </tr>
    }
}
