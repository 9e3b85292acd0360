//! The outbox: every copy that was mailed, where it stands, and in the other side's words why; look inside, send again, keep back.

use super::Settings;
use crate::{
    api::settings::outbox::{CancelMail, MailLine, MailView, OutboxView, SendMailAgain, mail, outbox},
    components::{
        Button, ButtonKind, ChipFilter, Chips, Empty, MailBadge, Page, Pager, Pair, Pairs, Section, TableFrame, TimeText, icon, loaded,
    },
    pages::start::form::{Faults, FormFault, worked},
    wire,
};
use domain::mail::{MailKind, MailState};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

/// The page.
#[component]
pub fn Outbox() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| query.with(|q| (q.get("show").unwrap_or_default(), q.get("cursor"))));
    let view = wire::resource_blocking(move || asked.get(), |(which, cursor)| outbox(which, cursor));
    let lead = view! { <p>"One row for each copy of a message. Nobody gets two: what may have arrived is not sent again by itself."</p> };
    view! {
        <Page title="Outbox" lead=lead.into_any()>
            <Settings here="/settings/outbox">
                <Chips label="Which mail">
                    <ChipFilter name="show" value="waiting" label="Waiting" shape=icon::PENDING/>
                    <ChipFilter name="show" value="trouble" label="Needs a look" shape=icon::WARNING/>
                    <ChipFilter name="show" value="sent" label="Sent" shape=icon::HEALTHY/>
                </Chips>
                {loaded(view, |view: OutboxView| view! { <List view/> }.into_any())}
            </Settings>
        </Page>
    }
}

#[component]
fn List(view: OutboxView) -> impl IntoView {
    let (shown, next_cursor) = (view.rows.len(), view.next_cursor);
    let way = match &view.server {
        Some(server) => format!("Mail comes from {} and goes by {server}.", view.sender),
        None => format!(
            "Mail comes from {} and goes to the folder outbox beside the portal's data: no mail server is set up (HOLDFAST_SMTP_URL).",
            view.sender
        ),
    };
    view! {
        <p class="faint mail-way">{way}</p>
        {if view.rows.is_empty() {
            view! { <Empty title="No mail here"><p>"Reports that are mailed, tests and codes will stand here, and what became of them."</p></Empty> }.into_any()
        } else {
            view! {
                <TableFrame label="Outbox" cards=true>
                    <thead>
                        <tr>
                            <th scope="col">"Subject"</th>
                            <th scope="col">"To"</th>
                            <th scope="col">"State"</th>
                            <th scope="col">"Queued"</th>
                            <th scope="col">"Next try"</th>
                        </tr>
                    </thead>
                    <tbody>{view.rows.into_iter().map(|line| view! { <Row line/> }).collect_view()}</tbody>
                </TableFrame>
                <Pager next_cursor shown noun="mail"/>
            }
            .into_any()
        }}
    }
}

#[component]
fn Row(line: MailLine) -> impl IntoView {
    let about = line.organization.map_or_else(|| line.kind.words().to_owned(), |(_, name)| name);
    view! {
        <tr class="row-link">
            <th scope="row" class="cell-name" data-label="Subject">
                <a href=format!("/settings/outbox/{}", line.id)>{line.subject}</a>
                <span class="cell-sub">{about}</span>
            </th>
            <td data-label="To" class="mail-address">{line.recipient}</td>
            <td data-label="State">
                <MailBadge state=line.state/>
                {(!line.said.is_empty() && line.state != MailState::Sent).then(|| view! { <span class="cell-sub mail-said">{line.said}</span> })}
            </td>
            <td data-label="Queued"><TimeText at=Some(line.made_at)/></td>
            <td data-label="Next try"><TimeText at=line.next_at/></td>
        </tr>
    }
}

/// The page of one copy.
#[component]
pub fn OutboxMail() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|p| p.get("id").unwrap_or_default()));
    let again = ServerAction::<SendMailAgain>::new();
    let cancel = ServerAction::<CancelMail>::new();
    let (sent, kept) = (worked(again), worked(cancel));
    let view = wire::resource_blocking(move || (id.get(), sent.get(), kept.get()), |(id, ..)| mail(id));
    view! {
        <Page title="Mail" breadcrumbs=vec![("/settings/outbox".to_owned(), "Outbox".to_owned())]>
            <Settings here="/settings/outbox">
                {loaded(view, move |view: MailView| view! { <One view again cancel/> }.into_any())}
            </Settings>
        </Page>
    }
}

#[component]
fn One(view: MailView, again: ServerAction<SendMailAgain>, cancel: ServerAction<CancelMail>) -> impl IntoView {
    let MailView { line, moments } = view;
    let (faults, other) = (Faults::of(again), Faults::of(cancel));
    let id = line.id;
    let about = line.organization.map(|(id, name)| view! { <a href=format!("/organizations/{id}/reports")>{name}</a> });
    let tries = line.tries;
    view! {
        <h2 class="mail-subject">{line.subject}</h2>
        <Pairs>
            <Pair label="State"><MailBadge state=line.state/></Pair>
            <Pair label="To">{line.recipient}</Pair>
            <Pair label="Kind">{line.kind.words()}</Pair>
            {about.map(|about| view! { <Pair label="About">{about}</Pair> })}
            <Pair label="Queued"><TimeText at=Some(line.made_at) focusable=true/></Pair>
            {(tries > 0).then(|| view! { <Pair label="Tries">{tries}</Pair> })}
            {line.next_at.map(|at| view! { <Pair label="Next try"><TimeText at=Some(at) focusable=true/></Pair> })}
        </Pairs>
        {if line.kind == MailKind::Code {
            view! { <p class="faint">"A code is for its recipient only: it isn't shown here."</p> }.into_any()
        } else if line.gone {
            view! { <p class="faint">"What it said is kept for 30 days, and no longer."</p> }.into_any()
        } else {
            view! {
                <p class="mail-links">
                    <a href=format!("/outbox/{id}.html") rel="external" target="_blank">"Look at it"</a>
                    <a href=format!("/outbox/{id}.txt") rel="external" target="_blank">"Its plain text"</a>
                    <a href=format!("/outbox/{id}.eml") rel="external" download="">"The message as it is sent (.eml)"</a>
                </p>
            }
            .into_any()
        }}
        <FormFault faults/>
        <FormFault faults=other/>
        {(line.state.may_send_again() && !line.gone).then(|| view! {
            <ActionForm action=again attr:class="chain">
                <input type="hidden" name="id" value=id.to_string()/>
                <Button kind=ButtonKind::Primary submit=true busy=again.pending()>"Send it again"</Button>
                {(line.state == MailState::InDoubt).then_some(
                    view! { <span class="faint">"If it has arrived already, its reader gets it twice."</span> }
                )}
            </ActionForm>
        })}
        {line.state.may_cancel().then(|| view! {
            <ActionForm action=cancel attr:class="chain">
                <input type="hidden" name="id" value=id.to_string()/>
                <Button submit=true busy=cancel.pending()>"Don't send it"</Button>
            </ActionForm>
        })}
        <Section title="What happened">
            <TableFrame label="What happened to this mail" cards=true>
                <thead>
                    <tr>
                        <th scope="col">"When"</th>
                        <th scope="col">"What"</th>
                        <th scope="col">"In the other side's words"</th>
                    </tr>
                </thead>
                <tbody>
                    {moments.into_iter().map(|moment| view! {
                        <tr>
                            <td data-label="When"><TimeText at=Some(moment.at) exact=true/></td>
                            <td data-label="What">{moment.kind.words()}</td>
                            <td data-label="Words" class="mail-said">{if moment.said.is_empty() { "–".to_owned() } else { moment.said }}</td>
                        </tr>
                    }).collect_view()}
                </tbody>
            </TableFrame>
        </Section>
    }
}
