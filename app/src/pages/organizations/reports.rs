//! The Reports tab of an organization: Email Delivery Settings, the monthly reports to take away, sharing with the client, the delivery log (D7).

mod delivery;
mod log;
mod months;

use super::organization::{Frame, which};
use crate::{
    api::organizations::reports::{
        MakeMonthlyReport, ReportsView, ResumeAddress, SaveDelivery, SendReportAgain, SendTestReport, ShareReports, load_reports,
    },
    browser,
    components::{TableSkeleton, loaded_page_with, use_toasts},
    pages::start::form::worked,
    wire,
};
use delivery::{Delivery, Sharing};
use leptos::prelude::*;
use log::Log;
use months::Months;

/// How long a mail usually takes to the mail server, in milliseconds: then the log is asked again.
const SENT_BY_THEN: u32 = 7_000;

/// What is done on this tab.
#[derive(Clone, Copy)]
struct Acts {
    save: ServerAction<SaveDelivery>,
    share: ServerAction<ShareReports>,
    make: ServerAction<MakeMonthlyReport>,
    test: ServerAction<SendTestReport>,
    again: ServerAction<SendReportAgain>,
    resume: ServerAction<ResumeAddress>,
    /// Counted up when a mail will have gone.
    later: RwSignal<u32>,
}

impl Acts {
    fn new() -> Self {
        Self {
            save: ServerAction::new(),
            share: ServerAction::new(),
            make: ServerAction::new(),
            test: ServerAction::new(),
            again: ServerAction::new(),
            resume: ServerAction::new(),
            later: RwSignal::new(0),
        }
    }

    /// Says what worked.
    fn tell(self) {
        let toasts = use_toasts();
        let later = self.later;
        let look_later = move || {
            browser::after(SENT_BY_THEN, move || {
                let _ = later.try_update(|n| *n += 1);
            });
        };
        Effect::new(move |_| {
            if self.save.value().with(|v| matches!(v, Some(Ok(())))) {
                toasts.say("Email delivery settings saved.");
            }
        });
        Effect::new(move |_| {
            if self.test.value().with(|v| matches!(v, Some(Ok(())))) {
                toasts.say("A test is on its way to you.");
                look_later();
            }
        });
        Effect::new(move |_| {
            if let Some(Ok(month)) = self.make.value().get() {
                toasts.say(format!("The report of {} is made.", month.name()));
            }
        });
        Effect::new(move |_| {
            if self.again.value().with(|v| matches!(v, Some(Ok(())))) {
                toasts.say("It is sent again.");
                look_later();
            }
        });
    }
}

/// What the delivery's form holds. It outlives what is fetched, and follows it only where the saved settings are others.
#[derive(Clone, Copy)]
struct Typed {
    on: RwSignal<bool>,
    addresses: [RwSignal<String>; 3],
    saved: StoredValue<Option<Saved>>,
}

/// Settings as they are saved: of which organization, on or off, to whom.
type Saved = (String, bool, Vec<String>);

impl Typed {
    fn new() -> Self {
        let empty = || RwSignal::new(String::new());
        Self { on: RwSignal::new(false), addresses: [empty(), empty(), empty()], saved: StoredValue::new(None) }
    }

    fn follow(self, now: Saved) {
        if self.saved.with_value(|saved| saved.as_ref() == Some(&now)) {
            return;
        }
        self.on.set(now.1);
        for (place, address) in self.addresses.iter().enumerate() {
            address.set(now.2.get(place).cloned().unwrap_or_default());
        }
        self.saved.set_value(Some(now));
    }
}

/// `/organizations/{id}/reports`
#[component]
pub fn OrganizationReports() -> impl IntoView {
    let id = which();
    let (acts, typed) = (Acts::new(), Typed::new());
    let done = [worked(acts.save), worked(acts.share), worked(acts.make), worked(acts.test), worked(acts.again), worked(acts.resume)];
    acts.tell();
    let data = wire::resource(move || (id.get(), done.map(|n| n.get()), acts.later.get()), |(id, ..)| load_reports(id));
    let waiting = || view! { <TableSkeleton rows=8/> }.into_any();
    loaded_page_with(data, waiting, move |view| {
        view! { <Frame view=view.organization.clone() here="/reports"><Reports view acts typed/></Frame> }.into_any()
    })
}

#[component]
fn Reports(view: ReportsView, acts: Acts, typed: Typed) -> impl IntoView {
    let ReportsView { organization, delivery, months, next, fault, missing, log, may_edit, may_verify } = view;
    let (id, name) = (organization.line.id, organization.line.name);
    let mails = delivery.as_ref().is_some_and(|delivery| delivery.enabled);
    let shared = delivery.as_ref().map(|delivery| delivery.shared);
    view! {
        {delivery.map(|delivery| view! { <Delivery id name=name.clone() delivery may_edit may_verify acts typed/> })}
        <Months id months next fault missing mails acts/>
        {shared.map(|shared| view! { <Sharing id name shared may_edit acts/> <Log log may_edit acts/> })}
    }
}
