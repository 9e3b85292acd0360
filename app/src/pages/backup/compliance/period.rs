//! What a period came to: figures of all, of each client, of each device with its breaches and what is left out.

mod rows;

use super::Figure;
use crate::{
    api::backup::compliance::{MakeReport, PeriodView, SumView},
    components::{Button, ButtonKind, Column, Columns, CsvButton, Empty, Later, Pager, SortHead, TableFrame, TimeText, icon, icon::Icon},
    pages::start::form::{Faults, FormFault, follow},
};
use domain::{
    sla::Cause,
    text::{self, share},
    time::Span,
};
use leptos::prelude::*;
use rows::{ClientRow, DeviceRow, client_csv, device_csv};

const CLIENTS: [Column; 9] = [
    Column::fixed("client", "Client"),
    Column::new("devices", "Devices"),
    Column::new("share", "In compliance"),
    Column::new("in_breach", "Time in breach"),
    Column::new("breaches", "Breaches"),
    Column::new("gap", "RPO achieved"),
    Column::new("left_out", "Left out"),
    Column::new("tests", "Restore tests"),
    Column::new("rto", "RTO achieved"),
];
const DEVICES: [Column; 9] = [
    Column::fixed("device", "Device"),
    Column::new("rule", "Rule (hours)"),
    Column::new("share", "In compliance"),
    Column::new("in_breach", "Time in breach"),
    Column::new("breaches", "Breaches"),
    Column::new("gap", "RPO achieved"),
    Column::new("left_out", "Left out"),
    Column::new("tests", "Restore tests"),
    Column::new("rto", "RTO achieved"),
];

/// The part of the page.
#[component]
pub(super) fn Period(view: PeriodView, organization: String, may_report: bool, made: Option<Callback<()>>) -> impl IntoView {
    let PeriodView { from, to, words, zone, going_on, until, sum, left_out, rules, clients, devices, next_cursor, total, export } = view;
    let is_one = !organization.is_empty();
    let nothing = clients.is_empty() && devices.is_empty();
    let (shown, total) = (clients.len().max(devices.len()), Some(total));
    let of_clients = Columns::of("compliance_clients", &CLIENTS);
    let of_devices = Columns::of("compliance_devices", &DEVICES);
    let (columns, noun) = if is_one { (of_devices, "device") } else { (of_clients, "client") };
    let kept = StoredValue::new((clients.clone(), devices.clone()));
    let rows = Callback::new(move |()| {
        kept.with_value(|(clients, devices)| clients.iter().map(client_csv).chain(devices.iter().map(device_csv)).collect())
    });
    let name = format!("compliance-{from}-{to}.csv");
    view! {
        <header class="compliance-head">
            <h2>{words}</h2>
            <p class="faint">
                {format!("Days of {zone}. ")}
                {if going_on { view! { "Judged up to "<TimeText at=Some(until) exact=true/>"." }.into_any() } else { ().into_any() }}
                {rules.join(" · ")}
            </p>
            <Exports export organization=organization.clone() from=from.clone() to=to.clone() may_report made/>
        </header>
        {if nothing {
            view! { <Empty title="Nothing was covered"><p>"No device was enrolled and in use in this period. Choose later days."</p></Empty> }.into_any()
        } else {
            view! {
                <Figures sum left_out/>
                {if is_one {
                    view! {
                        <TableFrame label="Devices over the period" cards=true columns=columns>
                            <DeviceHead/>
                            <tbody>{devices.into_iter().map(|line| view! { <Later><DeviceRow line until/></Later> }).collect_view()}</tbody>
                        </TableFrame>
                    }.into_any()
                } else {
                    view! {
                        <TableFrame label="Clients over the period" cards=true columns=columns>
                            <ClientHead/>
                            <tbody>{clients.into_iter().map(|line| view! { <Later><ClientRow line/></Later> }).collect_view()}</tbody>
                        </TableFrame>
                    }.into_any()
                }}
                <div class="table-foot">
                    <Pager next_cursor shown total noun/>
                    <CsvButton name columns rows/>
                </div>
            }.into_any()
        }}
        <Definitions/>
    }
}

/// The same as documents; `made`: told when a report was made.
#[component]
fn Exports(export: String, organization: String, from: String, to: String, may_report: bool, made: Option<Callback<()>>) -> impl IntoView {
    let make = ServerAction::<MakeReport>::new();
    let faults = Faults::of(make);
    follow(make, false);
    Effect::new(move |_| {
        if make.value().with(|v| matches!(v, Some(Ok(_))))
            && let Some(made) = made
        {
            made.run(());
        }
    });
    let of = if organization.is_empty() { String::new() } else { format!("&organization={organization}") };
    view! {
        <div class="compliance-exports">
            <a class="button" href=format!("/backups/compliance.csv?{export}{of}") rel="external" download=""><Icon shape=icon::DOWNLOAD/>"Export CSV"</a>
            {may_report.then(|| view! {
                <ActionForm action=make>
                    <input type="hidden" name="organization" value=organization/>
                    <input type="hidden" name="from" value=from/>
                    <input type="hidden" name="to" value=to/>
                    <Button kind=ButtonKind::Primary submit=true busy=make.pending()>"Make PDF report"</Button>
                </ActionForm>
                <FormFault faults/>
            })}
        </div>
    }
}

/// Time of many devices: `1,422 device-days`.
fn device_time(span: Span) -> String {
    let days = span.0 / Span::DAY.0;
    if days < 3 { text::span(span) } else { format!("{} device-days", text::count(days)) }
}

fn cause_words(cause: Cause) -> &'static str {
    match cause {
        Cause::Paused => "paused",
        Cause::Retired => "retired",
        Cause::Deactivated => "client deactivated",
        Cause::Maintenance => "maintenance",
    }
}

#[component]
fn Figures(sum: SumView, left_out: Vec<(Cause, Span)>) -> impl IntoView {
    let state = match sum.share {
        None => None,
        Some(10_000) => Some("healthy"),
        Some(9_900..) => Some("warning"),
        Some(_) => Some("critical"),
    };
    let (gap, of) = match &sum.gap {
        None => ("–".to_owned(), ().into_any()),
        Some((length, device, name)) => {
            (text::span(*length), view! { "of "<a href=format!("/devices/{device}")>{name.clone()}</a> }.into_any())
        }
    };
    let causes: Vec<String> = left_out.iter().map(|(cause, span)| format!("{} {}", cause_words(*cause), device_time(*span))).collect();
    let days_out = sum.left_out.0 / Span::DAY.0;
    let out = match days_out {
        _ if sum.left_out == Span::ZERO => "none".to_owned(),
        0..3 => text::span(sum.left_out),
        days => text::count(days),
    };
    let out_label = if days_out < 3 { "left out" } else { "device-days left out" };
    let tests = format!("{} passed, {} failed", text::count(sum.tests.0), text::count(sum.tests.1));
    let devices = if sum.devices == 1 { "1 device".to_owned() } else { format!("{} devices", text::count(sum.devices)) };
    let broken = format!("on {} of {devices}", text::count(sum.broken));
    let covered = format!("{} in breach of {}", device_time(sum.in_breach), device_time(sum.covered));
    view! {
        <div class="stats compliance-figures">
            <Figure value=share(sum.share) label="of the time in compliance" note=view! { {covered} }.into_any() state/>
            <Figure value=gap label="RPO achieved: longest gap" note=of/>
            <Figure value=text::count(sum.breaches) label=if sum.breaches == 1 { "breach" } else { "breaches" } note=view! { {broken} }.into_any() state=(sum.breaches > 0).then_some("warning")/>
            <Figure value=out label=out_label note=view! { {causes.join(", ")} }.into_any()/>
            <Figure value=text::count(sum.tests.0 + sum.tests.1) label="restore tests" note=view! { {tests}{(sum.untested > 0).then(|| format!("; {} never tested", text::count(sum.untested)))} }.into_any() state=(sum.tests.1 > 0).then_some("critical")/>
        </div>
    }
}

#[component]
fn ClientHead() -> impl IntoView {
    view! {
        <thead>
            <tr>
                <SortHead key="name" label="Client"/>
                <th scope="col" class="number">"Devices"</th>
                <FigureHeads numbers=true/>
            </tr>
        </thead>
    }
}

#[component]
fn DeviceHead() -> impl IntoView {
    view! {
        <thead>
            <tr>
                <SortHead key="name" label="Device"/>
                <th scope="col" class="number">"Rule"</th>
                <FigureHeads numbers=false/>
            </tr>
        </thead>
    }
}

/// The figures that both tables have; `numbers`: breaches and what is left out are numbers, not lists that open.
#[component]
fn FigureHeads(numbers: bool) -> impl IntoView {
    view! {
        <SortHead key="share" label="In compliance" default=true number=true/>
        <th scope="col" class="number">"Time in breach"</th>
        <SortHead key="breaches" label="Breaches" number=numbers/>
        <SortHead key="gap" label="RPO achieved" number=true/>
        <th scope="col" class=numbers.then_some("number")>"Left out"</th>
        <th scope="col">"Restore tests"</th>
        <th scope="col" class="number">"RTO achieved"</th>
    }
}

#[component]
fn Definitions() -> impl IntoView {
    view! {
        <section class="definitions">
            <h2>"How this is counted"</h2>
            <dl>
                <dt>"In compliance"</dt>
                <dd>"Share of the covered time in which the last usable backup was no older than the rule of that time allowed. Each time is judged by the rule that was in force then. Rounded down."</dd>
                <dt>"Covered"</dt>
                <dd>"From a device's enrolment on, without pauses, retirement, deactivated clients and maintenance: these are left out and shown. They don't move the limit."</dd>
                <dt>"RPO achieved"</dt>
                <dd>"The longest time between two usable backups that touches the period, by the clock on the wall. The one that is open at the end counts up to there. One that lies wholly in times left out doesn't count."</dd>
                <dt>"RTO achieved"</dt>
                <dd>"How long a restore took in a restore test that passed: of a device its last one, of a client the longest."</dd>
                <dt>"What comes late"</dt>
                <dd>"Backups that are heard of late count at the time they ended, so these figures may become better. A report that is made keeps its own."</dd>
            </dl>
        </section>
    }
}
