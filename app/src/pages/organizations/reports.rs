//! The Reports tab of an organization: Email Delivery Settings, the monthly reports to take away, sharing with the client, the delivery log (D7).

mod delivery;
mod log;
mod months;

use super::organization::{Frame, which};
use crate::{
    api::organizations::reports::{
        MakeMonthlyReport, ReportsView, ResumeAddress, SaveDelivery, SendReportAgain, SendTestReport, ShareReports, load_reports,
    },
    components::{TableSkeleton, loaded_with, use_toasts},
};
use delivery::{Delivery, Sharing};
use leptos::prelude::*;
use log::Log;
use months::Months;

/// What is done on this tab.
#[derive(Clone, Copy)]
struct Acts {
    save: ServerAction<SaveDelivery>,
    share: ServerAction<ShareReports>,
    make: ServerAction<MakeMonthlyReport>,
    test: ServerAction<SendTestReport>,
    again: ServerAction<SendReportAgain>,
    resume: ServerAction<ResumeAddress>,
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
        }
    }

    /// Another number after each of them.
    fn versions(self) -> [usize; 6] {
        [
            self.save.version().get(),
            self.share.version().get(),
            self.make.version().get(),
            self.test.version().get(),
            self.again.version().get(),
            self.resume.version().get(),
        ]
    }

    fn tell(self) {
        let toasts = use_toasts();
        Effect::new(move |_| {
            if self.save.value().with(|v| matches!(v, Some(Ok(())))) {
                toasts.say("Email delivery settings saved.");
            }
        });
        Effect::new(move |_| {
            if self.test.value().with(|v| matches!(v, Some(Ok(())))) {
                toasts.say("A test is on its way to you.");
            }
        });
        Effect::new(move |_| {
            if let Some(Ok(month)) = self.make.value().get() {
                toasts.say(format!("The report of {} is made.", month.name()));
            }
        });
        Effect::new(move |_| {
            if self.again.value().with(|v| matches!(v, Some(Ok(())))) {
                toasts.say("Sent again.");
            }
        });
    }
}

/// `/organizations/{id}/reports`
#[component]
pub fn OrganizationReports() -> impl IntoView {
    let id = which();
    let acts = Acts::new();
    acts.tell();
    let data = Resource::new(move || (id.get(), acts.versions()), |(id, _)| load_reports(id));
    let waiting = || view! { <TableSkeleton rows=8/> }.into_any();
    loaded_with(data, waiting, move |view| {
        view! { <Frame view=view.organization.clone() here="/reports"><Reports view acts/></Frame> }.into_any()
    })
}

#[component]
fn Reports(view: ReportsView, acts: Acts) -> impl IntoView {
    let ReportsView { organization, delivery, months, next, fault, missing, log, may_edit, may_verify } = view;
    let (id, name) = (organization.line.id, organization.line.name);
    let mails = delivery.as_ref().is_some_and(|delivery| delivery.enabled);
    let shared = delivery.as_ref().map(|delivery| delivery.shared);
    view! {
        {delivery.map(|delivery| view! { <Delivery id name=name.clone() delivery may_edit may_verify acts/> })}
        <Months id months next fault missing mails acts/>
        {shared.map(|shared| view! { <Sharing id name shared may_edit acts/> <Log log may_edit acts/> })}
    }
}
