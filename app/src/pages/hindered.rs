//! Addresses of somebody's mail to which nothing goes any more: why, in words, and what can be done. For everything that is mailed by a list of
//! addresses (monthly reports, the weekly summary).

use crate::{
    api::organizations::reports::{AddressView, Hindrance},
    components::TimeText,
    pages::start::form::{Faults, FormFault},
};
use leptos::prelude::*;

/// The addresses that something hinders, as a warning; nothing where there are none.
#[component]
pub fn Hindered<R>(
    /// All addresses; those that nothing hinders are left out.
    addresses: Vec<AddressView>,
    /// Where their domain is verified, for who may.
    domains: Option<String>,
    /// The form that mails to an address again; nothing for who may not.
    resume: R,
    /// What kept an address from being mailed to again.
    faults: Faults,
) -> impl IntoView
where
    R: Fn(String) -> AnyView,
{
    let lines: Vec<_> = addresses
        .into_iter()
        .filter_map(|AddressView { address, hindrance }| {
            let words = match hindrance? {
                Hindrance::Bounced(at, said) => {
                    let again = resume(address.clone());
                    view! { <span>"Mail came back "<TimeText at=Some(at)/>": nothing is sent to it any more. "<q>{said}</q></span>{again} }
                        .into_any()
                }
                Hindrance::Unsubscribed(at) => {
                    let again = resume(address.clone());
                    view! { <span>"Unsubscribed "<TimeText at=Some(at)/>": nothing is sent to it any more."</span>{again} }.into_any()
                }
                Hindrance::Unverified => {
                    let verify = domains.clone().map(|href| view! { " "<a href=href>"Domains"</a> });
                    view! { <span>"Its domain is not verified any more: nothing is sent to it."{verify}</span> }.into_any()
                }
            };
            Some(view! { <li><strong>{address}</strong>{words}</li> })
        })
        .collect();
    if lines.is_empty() {
        return ().into_any();
    }
    view! {
        <div class="notice" data-state="warning">
            <ul class="report-hindered" role="list">{lines}</ul>
            <FormFault faults/>
        </div>
    }
    .into_any()
}
