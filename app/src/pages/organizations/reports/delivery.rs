//! Email Delivery Settings: a switch, up to three addresses on verified domains, the sender that is the same for all. Beside it, sharing
//! with the client's own people.

use super::{Acts, Typed};
use crate::{
    api::organizations::reports::DeliveryView,
    components::{Button, ButtonKind, Field, Pair, Pairs, Section, SwitchField, TimeText},
    pages::{
        hindered::Hindered,
        start::form::{Faults, FormFault},
    },
};
use domain::ids::OrganizationId;
use leptos::prelude::*;

/// Fields of the form, in order.
const FIELDS: [&str; 3] = ["address_1", "address_2", "address_3"];

#[component]
pub(super) fn Delivery(
    id: OrganizationId,
    name: String,
    delivery: DeliveryView,
    may_edit: bool,
    may_verify: bool,
    acts: Acts,
    typed: Typed,
) -> impl IntoView {
    let addresses = delivery.addresses.clone();
    let domains = may_verify.then(|| format!("/settings/domains?organization={id}"));
    let resume = move |address: String| {
        may_edit
            .then(|| {
                view! {
                    <ActionForm action=acts.resume>
                        <input type="hidden" name="id" value=id.to_string()/>
                        <input type="hidden" name="address" value=address/>
                        <Button submit=true busy=acts.resume.pending()>"Mail to it again"</Button>
                    </ActionForm>
                }
            })
            .into_any()
    };
    let changed = delivery
        .changed
        .clone()
        .map(|(at, who)| view! { <p class="faint report-changed">"Changed "<TimeText at=Some(at)/>" by "{who}"."</p> });
    view! {
        <Section title="Email Delivery Settings">
            <Hindered addresses domains resume faults=Faults::of(acts.resume)/>
            {if may_edit {
                view! { <Form id name delivery may_verify acts typed/> }.into_any()
            } else {
                view! { <Standing delivery/> }.into_any()
            }}
            {changed}
        </Section>
    }
}

/// For those who only look.
#[component]
fn Standing(delivery: DeliveryView) -> impl IntoView {
    let DeliveryView { enabled, addresses, sender, .. } = delivery;
    let to: Vec<String> = addresses.into_iter().map(|known| known.address).collect();
    let to = if to.is_empty() { "nobody".to_owned() } else { to.join(", ") };
    view! {
        <div class="card">
            <Pairs wide=true>
                <Pair label="Delivery by mail">{if enabled { "On" } else { "Off" }}</Pair>
                <Pair label="To">{to}</Pair>
                <Pair label="From">{sender}</Pair>
            </Pairs>
        </div>
    }
}

#[component]
fn Form(id: OrganizationId, name: String, delivery: DeliveryView, may_verify: bool, acts: Acts, typed: Typed) -> impl IntoView {
    let DeliveryView { enabled, addresses, domains, sender, own_address, .. } = delivery;
    let faults = Faults::of(acts.save);
    let test = Faults::of(acts.test);
    typed.follow((id.to_string(), enabled, addresses.into_iter().map(|known| known.address).collect()));
    let fields = FIELDS.into_iter().zip(typed.addresses).enumerate().map(|(place, (field, value))| {
        let label = format!("Address {}", place + 1);
        view! { <Field label name=format!("form[{field}]") kind="email" value plain=true autocomplete="off" error=faults.about(field)/> }
    });
    let fields = fields.collect_view();
    let verify = format!("/settings/domains?organization={id}");
    let verify = may_verify.then(|| view! { " "<a href=verify>"Verify a domain"</a> });
    let rule = if domains.is_empty() {
        view! {
            <p class="notice" data-state="warning">
                {format!("No domain of yours or of {name} is verified yet, so no address can be entered.")}
                {if may_verify { ().into_any() } else { " An owner or admin can verify one under Settings.".into_any() }}
                {verify}
            </p>
        }
        .into_any()
    } else {
        view! { <p class="faint">{format!("Addresses at {}. ", domains.join(", "))}{verify}</p> }.into_any()
    };
    let sender = (!sender.is_empty())
        .then(|| view! { <p class="faint">"From "<strong>{sender}</strong>": the same for everybody; it can't be changed."</p> });
    view! {
        <ActionForm action=acts.save attr:class="card stack report-delivery">
            <FormFault faults fields=&FIELDS/>
            <input type="hidden" name="id" value=id.to_string()/>
            <SwitchField label="Mail the monthly report" name="form[enabled]" value=typed.on
                hint="The first one comes on the 5th of the month after it is switched on. Switched off, reports are made all the same."/>
            <div class="report-addresses">{fields}</div>
            {rule}
            {sender}
            <div class="form-actions">
                <Button kind=ButtonKind::Primary submit=true busy=acts.save.pending()>"Save Email Delivery Settings"</Button>
            </div>
        </ActionForm>
        {(!own_address.is_empty()).then(|| view! {
            <ActionForm action=acts.test attr:class="report-test">
                <input type="hidden" name="id" value=id.to_string()/>
                <Button submit=true busy=acts.test.pending()>"Send me a test"</Button>
                <span class="faint">{format!("The latest report, to {own_address} only.")}</span>
                <FormFault faults=test/>
            </ActionForm>
        })}
    }
}

/// Whether the client's own people may take reports away.
#[component]
pub(super) fn Sharing(id: OrganizationId, name: String, shared: bool, may_edit: bool, acts: Acts) -> impl IntoView {
    let faults = Faults::of(acts.share);
    let words = if shared {
        format!("People of {name} who sign in see this tab and download its reports. They see neither the addresses nor the delivery log.")
    } else {
        format!("People of {name} who sign in don't see reports.")
    };
    view! {
        <Section title="Client portal">
            <p>{words}</p>
            {may_edit.then(|| view! {
                <ActionForm action=acts.share attr:class="report-share">
                    <input type="hidden" name="id" value=id.to_string()/>
                    <input type="hidden" name="shared" value=(!shared).to_string()/>
                    <Button submit=true busy=acts.share.pending()>{if shared { "Stop sharing" } else { "Share reports with the client" }}</Button>
                </ActionForm>
                <FormFault faults/>
            })}
        </Section>
    }
}
