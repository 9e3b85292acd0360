//! Domains that mail may go to. What isn't proved yet stands first, with the record to make and the ways to prove it.

use super::{
    Settings,
    signing::{KeyActs, Signing},
};
use crate::{
    api::settings::domains::{
        AddDomain, CheckDomain, DomainLine, DomainsView, EnterDomainCode, RemoveDomain, SendDomainCode, load_domains,
    },
    components::{
        Button, ButtonKind, Confirm, CopyLine, Empty, Field, Page, Section, SelectField, StateBadge, TableFrame, TimeText, icon, loaded,
        use_toasts,
    },
    pages::start::form::{Faults, FormFault, worked},
    wire,
};
use domain::ids::MailDomainId;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// What is done on this page.
#[derive(Clone, Copy)]
struct Acts {
    add: ServerAction<AddDomain>,
    check: ServerAction<CheckDomain>,
    code: ServerAction<SendDomainCode>,
    enter: ServerAction<EnterDomainCode>,
    remove: ServerAction<RemoveDomain>,
    /// Which domain the latest code was about.
    last: RwSignal<Option<MailDomainId>>,
    keys: KeyActs,
}

/// The page; `?organization=ID`: those of one organization.
#[component]
pub fn Domains() -> impl IntoView {
    let query = use_query_map();
    let organization = Memo::new(move |_| query.read().get("organization").unwrap_or_default());
    let acts = Acts {
        add: ServerAction::new(),
        check: ServerAction::new(),
        code: ServerAction::new(),
        enter: ServerAction::new(),
        remove: ServerAction::new(),
        last: RwSignal::new(None),
        keys: KeyActs::new(),
    };
    let done = [worked(acts.add), worked(acts.check), worked(acts.code), worked(acts.enter), worked(acts.remove)];
    let signed = acts.keys.done();
    let view = wire::resource_blocking(
        move || (done.map(|n| n.get()), signed.map(|n| n.get()), organization.get()),
        |(.., organization)| load_domains(organization),
    );
    tell(acts);
    let lead = view! { <p>"Reports name people and say what is kept of them. They are mailed only to addresses of domains that are proved to be yours or your client's."</p> };
    view! {
        <Page title="Domains" lead=lead.into_any()>
            <Settings here="/settings/domains">
                {loaded(view, move |view: DomainsView| view! { <Body view acts/> }.into_any())}
            </Settings>
        </Page>
    }
}

/// What came of it, where the page itself doesn't say it.
fn tell(acts: Acts) {
    let toasts = use_toasts();
    Effect::new(move |_| {
        let sent = acts.code.input().with(|input| input.as_ref().map(|input| input.id));
        let entered = acts.enter.input().with(|input| input.as_ref().map(|input| input.id));
        if let Some(id) = sent.or(entered) {
            acts.last.set(Some(id));
        }
    });
    Effect::new(move |_| {
        if acts.check.value().with(|v| matches!(v, Some(Ok(true)))) {
            toasts.say("Verified: mail may go there.");
        }
    });
    Effect::new(move |_| {
        if let Some(Ok(to)) = acts.code.value().get() {
            toasts.say(format!("A code goes to {to}."));
        }
    });
    Effect::new(move |_| {
        if acts.enter.value().with(|v| matches!(v, Some(Ok(())))) {
            toasts.say("Verified: mail may go there.");
        }
    });
}

#[component]
fn Body(view: DomainsView, acts: Acts) -> impl IntoView {
    let DomainsView { rows, organization, partner, mailboxes, signing } = view;
    let of_all = rows.clone();
    let asked: RwSignal<Option<(MailDomainId, String)>> = RwSignal::new(None);
    let asking = RwSignal::new(false);
    Effect::new(move |before: Option<()>| {
        let worked = acts.remove.value().with(|v| matches!(v, Some(Ok(()))));
        if before.is_some() && worked {
            asking.set(false);
        }
    });
    let word = Signal::derive(move || asked.with(|a| a.as_ref().map(|(_, domain)| domain.clone()).unwrap_or_default()));
    let confirmed = Callback::new(move |()| {
        if let Some((id, _)) = asked.get_untracked() {
            acts.remove.dispatch(RemoveDomain { id });
        }
    });
    let removal = Faults::of(acts.remove);
    let checking = Faults::of(acts.check);
    let nothing = rows.is_empty();
    let (waiting, proved): (Vec<_>, Vec<_>) = rows.into_iter().partition(|line| line.proved.is_none());
    let all = organization.as_ref().map(|(id, name)| {
        let back = format!("/organizations/{id}/reports");
        view! { <p class="facts domain-of"><span>{format!("Domains that hold for {name}")}</span><a href=back>"Its reports"</a><a href="/settings/domains">"All domains"</a></p> }
    });
    let partner = if partner.is_empty() { "Your company".to_owned() } else { partner };
    view! {
        {all}
        <Add acts organization partner/>
        <FormFault faults=checking/>
        {(!waiting.is_empty()).then(|| view! {
            <Section title="Not verified yet">
                <div class="stack">
                    {waiting.into_iter().map(|line| view! { <Waiting line acts mailboxes=mailboxes.clone() asked asking/> }).collect_view()}
                </div>
            </Section>
        })}
        {if nothing {
            view! { <Empty title="No domains yet"><p>"Add the part of your addresses behind the @. Without a verified domain no report can be mailed; all of them can be downloaded."</p></Empty> }.into_any()
        } else if proved.is_empty() {
            ().into_any()
        } else {
            view! { <Section title="Verified"><Proved lines=proved asked asking/></Section> }.into_any()
        }}
        <Signing view=signing lines=of_all acts=acts.keys/>
        <Confirm open=asking title=Signal::derive(move || format!("Remove {}?", word.get()))
            body="Nothing is mailed to its addresses from now on. It can be added and verified again."
            word action="Remove" busy=acts.remove.pending() error=removal.any() on_confirm=confirmed/>
    }
}

#[component]
fn Add(acts: Acts, organization: Option<(domain::ids::OrganizationId, String)>, partner: String) -> impl IntoView {
    let faults = Faults::of(acts.add);
    let typed = RwSignal::new(String::new());
    Effect::new(move |before: Option<()>| {
        let worked = acts.add.value().with(|v| matches!(v, Some(Ok(()))));
        if before.is_some() && worked {
            typed.set(String::new());
        }
    });
    let whose = RwSignal::new(organization.as_ref().map(|(id, _)| id.to_string()).unwrap_or_default());
    let all = (String::new(), format!("{partner} (holds for all clients)"));
    let options: Vec<(String, String)> = organization.into_iter().map(|(id, name)| (id.to_string(), name)).chain([all]).collect();
    let several = options.len() > 1;
    view! {
        <ActionForm action=acts.add attr:class="domain-add">
            <Field label="Domain" name="form[domain]" value=typed required=true autocomplete="off" placeholder="example.org"
                error=faults.about("domain") hint=if several { "" } else { "Of your company. A client's own is added from the client's Reports tab." }/>
            {several.then(|| view! { <SelectField label="Of" name="form[organization]" value=whose options=options/> })}
            <div class="form-actions"><Button kind=ButtonKind::Primary submit=true busy=acts.add.pending()>"Add domain"</Button></div>
            <FormFault faults fields=&["domain"]/>
        </ActionForm>
    }
}

fn whose(line: &DomainLine) -> AnyView {
    match &line.organization {
        Some((id, name)) => view! { <a href=format!("/organizations/{id}/reports")>{name.clone()}</a> }.into_any(),
        None => view! { <span>{format!("{} and all of its clients", line.partner)}</span> }.into_any(),
    }
}

#[component]
fn Waiting(
    line: DomainLine,
    acts: Acts,
    mailboxes: Vec<String>,
    asked: RwSignal<Option<(MailDomainId, String)>>,
    asking: RwSignal<bool>,
) -> impl IntoView {
    let (id, of) = (line.id, whose(&line));
    let heading = format!("domain-{id}");
    let own = (id, line.domain.clone());
    let remove = Callback::new(move |()| {
        asked.set(Some(own.clone()));
        asking.set(true);
    });
    let busy =
        Signal::derive(move || acts.check.pending().get() && acts.check.input().with(|input| input.as_ref().is_some_and(|i| i.id == id)));
    let checked = line
        .checked
        .clone()
        .map(|(at, said)| view! { <p class="notice" data-state="warning">{said}" Looked for "<TimeText at=Some(at)/>"."</p> });
    let domain = line.domain.clone();
    view! {
        <section class="card domain" aria-labelledby=heading.clone()>
            <div class="domain-head">
                <h3 id=heading.clone()>{line.domain.clone()}</h3>
                <StateBadge state="warning" shape=Signal::stored(icon::WARNING) word=Signal::stored("Not verified".to_owned())/>
                <span class="faint">"of "{of}</span>
            </div>
            <p>"Make this TXT record where the names of "{line.domain}" are managed, then have it checked. It may be taken away after that."</p>
            <div class="domain-record">
                <div><p class="faint">"Name"</p><CopyLine text=line.record label="name of the record"/></div>
                <div><p class="faint">"Value"</p><CopyLine text=line.value label="value of the record"/></div>
            </div>
            <div role="status">{checked}</div>
            <div class="domain-acts">
                <ActionForm action=acts.check>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <Button submit=true busy>"Check now"</Button>
                </ActionForm>
                <Button kind=ButtonKind::Quiet on_press=remove>"Remove…"</Button>
            </div>
            <ByCode id domain mailboxes code_to=line.code_to acts/>
        </section>
    }
}

/// The other way: a code by mail. Its fields stand on the page once for each domain, so their ids hold the domain's.
#[component]
fn ByCode(id: MailDomainId, domain: String, mailboxes: Vec<String>, code_to: Option<String>, acts: Acts) -> impl IntoView {
    // All domains share the actions: what went wrong is said at the one it was about.
    let about = move |faults: Faults| Signal::derive(move || faults.any().get().filter(|_| acts.last.get().is_none_or(|last| last == id)));
    let (send, enter) = (about(Faults::of(acts.code)), about(Faults::of(acts.enter)));
    let (to_field, code_field) = (format!("mailbox-{id}"), format!("code-{id}"));
    let (to_fault, code_fault) = (format!("{to_field}-error"), format!("{code_field}-error"));
    let open = code_to.is_some();
    view! {
        <details class="more" open=open>
            <summary>"By a mailed code instead"<span class="hidden-words">" for "{domain.clone()}</span></summary>
            <ActionForm action=acts.code attr:class="domain-code">
                <input type="hidden" name="id" value=id.to_string()/>
                <div class="field" data-invalid=move || send.get().is_some().then_some("")>
                    <label for=to_field.clone()>"Send it to"</label>
                    <select class="input" id=to_field name="mailbox" aria-describedby=to_fault.clone()>
                        {mailboxes.into_iter().map(|name| view! { <option value=name.clone()>{format!("{name}@{domain}")}</option> }).collect_view()}
                    </select>
                    <p class="field-error" id=to_fault role="alert">{move || send.get()}</p>
                </div>
                <div class="form-actions"><Button submit=true busy=acts.code.pending()>"Send a code"</Button></div>
            </ActionForm>
            {code_to.map(|to| view! {
                <p class="domain-sent">"A code was sent to "<strong>{to}</strong>". It is good for an hour."</p>
                <ActionForm action=acts.enter attr:class="domain-code">
                    <input type="hidden" name="id" value=id.to_string()/>
                    <div class="field" data-invalid=move || enter.get().is_some().then_some("")>
                        <label for=code_field.clone()>"Code"</label>
                        <input class="input" id=code_field name="code" required inputmode="numeric" autocomplete="one-time-code"
                            aria-invalid=move || enter.get().is_some().then_some("true") aria-describedby=code_fault.clone()/>
                        <p class="field-error" id=code_fault role="alert">{move || enter.get()}</p>
                    </div>
                    <div class="form-actions"><Button submit=true busy=acts.enter.pending()>"Verify"</Button></div>
                </ActionForm>
            })}
        </details>
    }
}

#[component]
fn Proved(lines: Vec<DomainLine>, asked: RwSignal<Option<(MailDomainId, String)>>, asking: RwSignal<bool>) -> impl IntoView {
    let row = move |line: DomainLine| {
        let own = (line.id, line.domain.clone());
        let remove = Callback::new(move |()| {
            asked.set(Some(own.clone()));
            asking.set(true);
        });
        let of = whose(&line);
        let (at, by_record) = line.proved.map_or((None, true), |(at, by_record)| (Some(at), by_record));
        view! {
            <tr>
                <th scope="row" class="cell-name" data-label="Domain">{line.domain}</th>
                <td data-label="Of">{of}</td>
                <td data-label="Verified"><TimeText at/><span class="cell-sub">{if by_record { "by its TXT record" } else { "by a mailed code" }}</span></td>
                <td data-label="Added by">{line.made_by}</td>
                <td data-label=""><Button kind=ButtonKind::Quiet on_press=remove>"Remove…"</Button></td>
            </tr>
        }
    };
    view! {
        <TableFrame label="Verified domains" cards=true>
            <thead>
                <tr>
                    <th scope="col">"Domain"</th>
                    <th scope="col">"Of"</th>
                    <th scope="col">"Verified"</th>
                    <th scope="col">"Added by"</th>
                    <th scope="col"><span class="hidden-words">"Actions"</span></th>
                </tr>
            </thead>
            <tbody>{lines.into_iter().map(row).collect_view()}</tbody>
        </TableFrame>
    }
}
