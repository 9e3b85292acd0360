//! Monthly Reports: latest first, at most six, each as two documents and as figures; when the next comes; making one of a past month.

use super::Acts;
use crate::{
    api::organizations::reports::MonthLine,
    components::{Button, Empty, Section, SelectField, TableFrame, TimeText, icon, icon::Icon},
    pages::start::form::{Faults, FormFault},
};
use domain::{ids::OrganizationId, report::Month, text, time::Time};
use leptos::prelude::*;

#[component]
pub(super) fn Months(
    id: OrganizationId,
    months: Vec<MonthLine>,
    next: (Month, Time, String),
    fault: Option<String>,
    missing: Vec<Month>,
    mails: bool,
    acts: Acts,
) -> impl IntoView {
    let (month, at, words) = next;
    let next = view! {
        <p class="faint report-next">
            {format!("Next: {}, made on ", month.name())}
            <time datetime=text::rfc3339(at) title=text::utc(at)>{words}</time>
            {if mails { ", and mailed." } else { "." }}" Reports are kept for six months."
        </p>
    };
    let fault = fault.map(|words| {
        let words = if words.is_empty() { "It is tried again.".to_owned() } else { format!("It is tried again. {words}") };
        view! { <p class="notice" data-state="failed" role="alert">"The report that is due could not be made. "{words}</p> }
    });
    view! {
        <Section title="Monthly Reports">
            {fault}
            {if months.is_empty() {
                view! { <Empty title="No reports yet">{next}<p>"A report shows for each day of a month whether backups were healthy, for every account and device."</p></Empty> }.into_any()
            } else {
                view! {
                    <TableFrame label="Monthly reports" cards=true>
                        <thead>
                            <tr>
                                <th scope="col">"Month"</th>
                                <th scope="col">"Made"</th>
                                <th scope="col">"Account level"</th>
                                <th scope="col">"Organization level"</th>
                                {mails.then(|| view! { <th scope="col">"By mail"</th> })}
                            </tr>
                        </thead>
                        <tbody>{months.into_iter().map(|line| view! { <Row id line mails/> }).collect_view()}</tbody>
                    </TableFrame>
                    {next}
                }
                .into_any()
            }}
            {(!missing.is_empty()).then(|| view! { <Make id missing acts/> })}
        </Section>
    }
}

#[component]
fn Row(id: OrganizationId, line: MonthLine, mails: bool) -> impl IntoView {
    let month = line.month;
    let by_mail = match line.copies {
        (0, 0, 0) => "not mailed".to_owned(),
        (sent, waiting, lost) => {
            let parts = [(sent, "sent"), (waiting, "on the way"), (lost, "not delivered")];
            let told: Vec<String> = parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
            told.join(", ")
        }
    };
    view! {
        <tr>
            <th scope="row" class="cell-name" data-label="Month">{month.name()}</th>
            <td data-label="Made"><TimeText at=Some(line.made_at)/>{line.by_hand.then(|| view! { <span class="cell-sub">"by hand"</span> })}</td>
            <td data-label="Account level"><Downloads id month level="account" words="account level"/></td>
            <td data-label="Organization level"><Downloads id month level="organization" words="organization level"/></td>
            {mails.then(|| view! { <td data-label="By mail">{by_mail}</td> })}
        </tr>
    }
}

#[component]
fn Downloads(id: OrganizationId, month: Month, level: &'static str, words: &'static str) -> impl IntoView {
    let file = move |end: &str| format!("/organizations/{id}/backup-summary-reports/{month}/{level}.{end}");
    let about = move |what: &str| format!("Download the {words} report of {} as {what}", month.name());
    view! {
        <span class="report-files">
            <a class="button" href=file("pdf") rel="external" download="" aria-label=about("PDF")><Icon shape=icon::DOWNLOAD/>"PDF"</a>
            <a class="button button-quiet" href=file("csv") rel="external" download="" aria-label=about("CSV")>"CSV"</a>
        </span>
    }
}

/// For months that came before anybody asked, or could not be made.
#[component]
fn Make(id: OrganizationId, missing: Vec<Month>, acts: Acts) -> impl IntoView {
    let faults = Faults::of(acts.make);
    let month = RwSignal::new(missing.first().map(ToString::to_string).unwrap_or_default());
    let options: Vec<(String, String)> = missing.into_iter().map(|month| (month.to_string(), month.name())).collect();
    view! {
        <ActionForm action=acts.make attr:class="report-make">
            <input type="hidden" name="id" value=id.to_string()/>
            <SelectField label="Make the report of a past month" name="month" value=month options=options error=faults.about("month")/>
            <div class="form-actions"><Button submit=true busy=acts.make.pending()>"Make it"</Button></div>
            <FormFault faults fields=&["month"]/>
        </ActionForm>
    }
}
